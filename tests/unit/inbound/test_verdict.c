/* What an HTTP answer means, row by row. */
#include "inbound/verdict.h"

#include <stdio.h>

#include "base/mem.h"
#include "lib/test.h"
#include "net/http_call.h"

#define JSON "application/json; charset=utf-8"

enum { INTERVAL = 60, REFUSED = 300 };

static const struct {
    struct http_answer answer;
    enum source_outcome what;
    int64_t wait_s;
    const char *words;
    bool had, stops, stop;
} ROWS[] = {
    {.answer = {.status = 200, .content_type = JSON}, .what = SOURCE_ANSWERED, .wait_s = INTERVAL, .words = ""},
    {.answer = {.status = 200, .content_type = ""}, .what = SOURCE_ANSWERED, .wait_s = INTERVAL, .words = ""},
    {.answer = {.status = 200, .content_type = "text/json"}, .what = SOURCE_ANSWERED, .wait_s = INTERVAL, .words = ""},
    {.answer = {.status = 200, .content_type = "application/cap+json"},
     .what = SOURCE_ANSWERED,
     .wait_s = INTERVAL,
     .words = ""},
    {.answer = {.status = 200, .content_type = "text/html; charset=utf-8"},
     .what = SOURCE_FAILED,
     .wait_s = REFUSED,
     .words = "with text/html"},
    {.answer = {.status = 200, .content_type = JSON, .is_cut = true, .error = "too long"},
     .what = SOURCE_FAILED,
     .wait_s = INTERVAL,
     .words = "not whole: too"},
    {.answer = {.status = 200, .content_type = "text/h\xe5l\n"},
     .what = SOURCE_FAILED,
     .wait_s = REFUSED,
     .words = "with text/h?l? in"},
    {.answer = {.status = 304}, .what = SOURCE_NOT_MODIFIED, .wait_s = INTERVAL, .words = "", .had = true},
    {.answer = {.status = 304}, .what = SOURCE_FAILED, .wait_s = INTERVAL, .words = "(304)"},
    {.answer = {.status = 301}, .what = SOURCE_FAILED, .wait_s = REFUSED, .words = "moved (301)"},
    {.answer = {.status = 401}, .what = SOURCE_FAILED, .wait_s = REFUSED, .words = "refuses to answer us (401)"},
    {.answer = {.status = 403}, .what = SOURCE_FAILED, .wait_s = REFUSED, .words = "refuses to answer us (403)"},
    {.answer = {.status = 404}, .what = SOURCE_FAILED, .wait_s = REFUSED, .words = "(404): is it right?"},
    {.answer = {.status = 404},
     .what = SOURCE_FAILED,
     .wait_s = REFUSED,
     .words = "(404): it is not asked again",
     .stops = true,
     .stop = true},
    {.answer = {.status = 410},
     .what = SOURCE_FAILED,
     .wait_s = REFUSED,
     .words = "(410)",
     .stops = true,
     .stop = true},
    {.answer = {.status = 429}, .what = SOURCE_FAILED, .wait_s = REFUSED, .words = "too often (429)"},
    {.answer = {.status = 429, .retry_after_s = 7},
     .what = SOURCE_FAILED,
     .wait_s = INTERVAL,
     .words = "(429)"}, /* never sooner than usual */
    {.answer = {.status = 429, .retry_after_s = 1200}, .what = SOURCE_FAILED, .wait_s = 1200, .words = "(429)"},
    {.answer = {.status = 429, .retry_after_s = INT64_C(999999999)},
     .what = SOURCE_FAILED,
     .wait_s = VERDICT_WAIT_MAX_S,
     .words = "(429)"},
    {.answer = {.status = 500}, .what = SOURCE_FAILED, .wait_s = INTERVAL, .words = "fault of its own (500)"},
    {.answer = {.status = 503, .retry_after_s = 600}, .what = SOURCE_FAILED, .wait_s = 600, .words = "(503)"},
    {.answer = {.status = 204, .content_type = JSON},
     .what = SOURCE_FAILED,
     .wait_s = REFUSED,
     .words = "it answers 204"},
    {.answer = {.status = 418}, .what = SOURCE_FAILED, .wait_s = REFUSED, .words = "it answers 418"},
    {.answer = {.fault = HTTP_FAULT_TIMEOUT, .error = "no answer in time"},
     .what = SOURCE_FAILED,
     .wait_s = INTERVAL,
     .words = "no answer in time"},
    {.answer = {.fault = HTTP_FAULT_CONNECT}, .what = SOURCE_FAILED, .wait_s = INTERVAL, .words = "connect"},
};

static void test_verdict_of__each_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct verdict_rules rules = {.interval_s = INTERVAL,
                                            .refused_wait_s = REFUSED,
                                            .stops_at_404 = ROWS[i].stops,
                                            .had_validators = ROWS[i].had};
        struct http_answer answer = ROWS[i].answer;
        answer.error = answer.error ? answer.error : "";
        answer.content_type = answer.content_type ? answer.content_type : "";
        answer.retry_after_s = answer.retry_after_s ? answer.retry_after_s : -1;
        struct verdict v = verdict_of(&answer, &rules);
        if (v.what != ROWS[i].what || v.wait_s != ROWS[i].wait_s || v.stop != ROWS[i].stop ||
            !strstr(v.problem, ROWS[i].words) || (v.problem[0] != '\0') != (v.what == SOURCE_FAILED))
            fail_msg("row %zu: what=%d wait=%lld stop=%d '%s'", i, v.what, (long long)v.wait_s, v.stop, v.problem);
    }
}

static const struct CMUnitTest tests[] = {TEST(test_verdict_of__each_answer)};

TEST_MAIN(tests)
