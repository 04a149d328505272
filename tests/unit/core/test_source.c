/* When a source may be asked: over days, restarts and jumps of the clock, never more than its rules. */
/* run: not under tsan */
#include "core/source.h"

#include <stdio.h>

#include "base/clock.h"
#include "core/source_json.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define URL "https://example.se/api"

enum { HOUR_S = 3600 };

static const struct source_rules QUICK = {.interval_s = 10, .gap_s = 10, .per_hour = 60};
static const struct source_rules CALM = {.interval_s = 900, .gap_s = 10, .per_hour = 60};

static struct store_fixture f;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

static struct source_question ask(const struct source_rules *rules)
{
    struct source_question q;
    store_fixture_ok(&f, source_ask(f.db, SOURCE_POLICE_EVENTS, URL, "h", rules, f.now_us, &q));
    return q;
}

static void told(enum source_outcome what, int64_t wait_s, const char *problem, bool stop)
{
    const struct source_result result = {.what = what,
                                         .wait_s = wait_s,
                                         .etag = "\"e1\"",
                                         .last_modified = "then",
                                         .asked_for = "h",
                                         .problem = problem,
                                         .stop = stop};
    store_fixture_ok(&f, source_told(f.db, SOURCE_POLICE_EVENTS, &result, f.now_us));
}

static struct source_state state_now(void)
{
    struct source_state s;
    store_fixture_ok(&f, source_state(f.db, SOURCE_POLICE_EVENTS, &s));
    return s;
}

/* Somebody who forgets everything at once, asks each second, and is told that all is well. */
static void test_source_ask__never_passes_the_limits_however_often_it_starts_again(void **state)
{
    enum { HOURS = 30, SECONDS = HOURS * HOUR_S };
    static int64_t calls[SECONDS];
    int n = 0;
    (void)state;
    for (int s = 0; s < SECONDS; s++, f.now_us += US_PER_S) {
        if (!ask(&QUICK).may_ask)
            continue;
        told(SOURCE_ANSWERED, 0, NULL, false); /* nobody keeps an interval */
        if (n > 0)
            assert_true(f.now_us - calls[n - 1] >= 10 * US_PER_S);
        if (n >= 60)
            assert_true(f.now_us - calls[n - 60] >= HOUR_S * US_PER_S);
        if (n >= 1440)
            assert_true(f.now_us - calls[n - 1440] >= 24 * HOUR_S * US_PER_S);
        calls[n++] = f.now_us;
    }
    assert_int_equal(n, HOURS * 60);
}

static void test_source_ask__tells_how_long_to_wait(void **state)
{
    (void)state;
    assert_true(ask(&CALM).may_ask);
    struct source_question q = ask(&CALM);
    assert_false(q.may_ask);
    assert_int_equal(q.wait_s, 900); /* the process ended while the call was on its way: the interval holds */
    told(SOURCE_ANSWERED, 900, NULL, false);
    f.now_us += 300 * US_PER_S;
    assert_int_equal(ask(&CALM).wait_s, 600);
    f.now_us += 600 * US_PER_S;
    assert_true(ask(&CALM).may_ask);
}

static void test_source_ask__waits_as_long_after_a_clock_that_was_set_back(void **state)
{
    (void)state;
    assert_true(ask(&CALM).may_ask);
    told(SOURCE_ANSWERED, 900, NULL, false);
    f.now_us -= INT64_C(400) * 24 * HOUR_S * US_PER_S;
    assert_int_equal(ask(&CALM).wait_s, 900); /* not 400 days */
    f.now_us += 899 * US_PER_S;
    assert_false(ask(&CALM).may_ask);
    f.now_us += US_PER_S;
    assert_true(ask(&CALM).may_ask); /* and it goes on */
    /* and the calls that were noted in what is now the future still count, for an hour */
    for (int i = 0; i < 58; i++) {
        f.now_us += 60 * US_PER_S;
        told(SOURCE_ANSWERED, 0, NULL, false);
        (void)ask(&QUICK);
    }
    assert_false(ask(&QUICK).may_ask);
}

static void test_source_ask__sends_validators_only_along_with_the_same_question(void **state)
{
    struct source_question q = ask(&CALM);
    (void)state;
    assert_string_equal(q.etag, "");
    told(SOURCE_ANSWERED, 0, NULL, false);
    f.now_us += 900 * US_PER_S;
    q = ask(&CALM);
    assert_string_equal(q.etag, "\"e1\"");
    assert_string_equal(q.last_modified, "then");
    told(SOURCE_NOT_MODIFIED, 0, NULL, false);
    f.now_us += 900 * US_PER_S;
    assert_string_equal(ask(&CALM).etag, "\"e1\"");
    f.now_us += 900 * US_PER_S;
    store_fixture_ok(&f, source_ask(f.db, SOURCE_POLICE_EVENTS, URL, "other places", &CALM, f.now_us, &q));
    assert_true(q.may_ask);
    assert_string_equal(q.etag, "");
}

static void test_source_told__keeps_since_when_there_is_no_answer(void **state)
{
    int64_t first_us = f.now_us;
    (void)state;
    assert_true(ask(&CALM).may_ask);
    told(SOURCE_FAILED, 60, "no answer in time", false);
    f.now_us += 60 * US_PER_S;
    struct source_question q = ask(&CALM);
    assert_true(q.may_ask);
    assert_int_equal(q.problem_since_us, first_us);
    told(SOURCE_FAILED, 60, "it has a fault of its own (500)", false);
    struct source_state s = state_now();
    assert_string_equal(s.problem, "it has a fault of its own (500)");
    assert_int_equal(s.problem_since_us, first_us);
    assert_int_equal(s.answered_us, 0);
    f.now_us += 60 * US_PER_S;
    assert_true(ask(&CALM).may_ask);
    told(SOURCE_NOT_MODIFIED, 900, NULL, false);
    s = state_now();
    assert_string_equal(s.problem, "");
    assert_int_equal(s.problem_since_us, 0);
    assert_int_equal(s.answered_us, f.now_us);
}

static void test_source_resume__asks_again_what_was_stopped(void **state)
{
    struct source_question q;
    (void)state;
    assert_int_equal(source_resume(f.db, &f.admin, SOURCE_POLICE_EVENTS, &f.err), ERR_BAD_STATE);
    assert_true(ask(&CALM).may_ask);
    told(SOURCE_FAILED, 3600, "there is nothing at this address (404)", true);
    f.now_us += INT64_C(1000) * HOUR_S * US_PER_S;
    q = ask(&CALM);
    assert_true(q.is_stopped);
    assert_false(q.may_ask);
    store_fixture_ok(&f, source_resume(f.db, &f.admin, SOURCE_POLICE_EVENTS, &f.err));
    assert_true(ask(&CALM).may_ask);
}

static void test_source_ask__begins_anew_at_another_address(void **state)
{
    struct source_question q;
    (void)state;
    assert_true(ask(&CALM).may_ask);
    told(SOURCE_FAILED, 3600, "there is nothing at this address (404)", true);
    f.now_us += 5 * US_PER_S;
    store_fixture_ok(&f, source_ask(f.db, SOURCE_POLICE_EVENTS, URL "/v2", "h2", &CALM, f.now_us, &q));
    assert_false(q.is_stopped);
    assert_int_equal(q.wait_s, 5); /* the gap holds all the same */
    assert_string_equal(state_now().problem, "");
}

#define FIXED(t) TEST_FIXTURE(t, setup, teardown)
static const struct CMUnitTest tests[] = {
    FIXED(test_source_ask__never_passes_the_limits_however_often_it_starts_again),
    FIXED(test_source_ask__tells_how_long_to_wait),
    FIXED(test_source_ask__waits_as_long_after_a_clock_that_was_set_back),
    FIXED(test_source_ask__sends_validators_only_along_with_the_same_question),
    FIXED(test_source_told__keeps_since_when_there_is_no_answer),
    FIXED(test_source_resume__asks_again_what_was_stopped),
    FIXED(test_source_ask__begins_anew_at_another_address),
};

TEST_MAIN(tests)
