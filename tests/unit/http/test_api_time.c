/* http/api.h: times in a request's body, as RFC 3339 writes them, and what is not one. */
#include "http/api.h"

#include <jansson.h>
#include <time.h>

#include "base/err.h"
#include "lib/test.h"

enum { UNTOUCHED = 77 };

static int read_time(const char *text, int64_t *out)
{
    struct api_call call = {.body = json_pack("{s:s}", "at", text)};
    int rc = api_body_time(&call, "at", out);
    json_decref(call.body);
    if (rc)
        assert_non_null(strstr(call.err.text, "\"at\""));
    return rc;
}

static void test_api_body_time__reads_what_rfc_3339_writes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"2026-04-01T07:00:00Z", 1775026800000000},        {"2026-04-01T09:00:00+02:00", 1775026800000000},
        {"2026-04-01T00:30:00-06:30", 1775026800000000},   {"2026-04-01t07:00:00z", 1775026800000000},
        {"2026-04-01 07:00:00.25Z", 1775026800250000},     {"2026-04-01T07:00:00.123456789Z", 1775026800123456},
        {"2016-12-31T23:59:60Z", 1483228800000000},        {"2028-02-29T00:00:00Z", 1835395200000000},
        {"9999-12-31T23:59:59+00:00", 253402300799000000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = UNTOUCHED;
        if (read_time(rows[i].text, &us) != 0 || us != rows[i].us)
            fail_msg("%s: %lld", rows[i].text, (long long)us);
    }
}

static void test_api_body_time__without_a_zone_is_the_nodes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"2026-04-01T09:00:00", 1775026800000000}, /* summer time */
        {"2026-04-01 09:00", 1775026800000000},
        {"2026-12-01T08:00:00.5", 1796108400500000}, /* winter time */
    };
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = UNTOUCHED;
        if (read_time(rows[i].text, &us) != 0 || us != rows[i].us)
            fail_msg("%s: %lld", rows[i].text, (long long)us);
    }
}

static void test_api_body_time__refuses_everything_else(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "2026-04-01",
        "2026-04-01T09",
        "2026-04-01T09:0",
        "2026-04-01T09:00:00.Z",
        "2026-04-01T09:00:00+",
        "2026-04-01T09:00:00+02",
        "2026-04-01T09:00:00+0200",
        "2026-04-01T09:00:00+02:00 ",
        "2026-04-01T09:00:00+24:00",
        "2026-04-01T09:00:00+02:60",
        "2026-04-01T09:00:00 CET",
        "2026-04-01T24:00:00Z",
        "2026-04-01T09:60:00Z",
        "2026-04-01T09:00:61Z",
        "2026-02-29T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "2026-00-01T09:00:00Z",
        "2026-04-00T09:00:00Z",
        "1970-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-4-01T09:00:00Z",
        "2026-04-01X09:00:00Z",
        "+026-04-01T09:00:00Z",
        "2026--4-01T09:00:00Z",
        "2026-04-01T 9:00:00Z",
        "2026-04-01T09:00:00+-2:00",
        "2026-04-01T09:00:00Zulu",
        "tomorrow",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t us = UNTOUCHED;
        if (read_time(rows[i], &us) != ERR_USAGE || us != UNTOUCHED)
            fail_msg("'%s' was taken: %lld", rows[i], (long long)us);
    }
}

static void test_api_body_time__absent_and_null_are_0(void **state)
{
    (void)state;
    struct api_call call = {.body = json_pack("{s:n,s:i}", "null", "number", 3)};
    int64_t us = UNTOUCHED;
    assert_int_equal(api_body_time(&call, "absent", &us), 0);
    assert_int_equal(us, 0);
    us = UNTOUCHED;
    assert_int_equal(api_body_time(&call, "null", &us), 0);
    assert_int_equal(us, 0);
    us = UNTOUCHED;
    assert_int_equal(api_body_time(&call, "number", &us), ERR_USAGE);
    assert_int_equal(us, UNTOUCHED);
    json_decref(call.body);
}

static const struct CMUnitTest tests[] = {
    TEST(test_api_body_time__reads_what_rfc_3339_writes),
    TEST(test_api_body_time__without_a_zone_is_the_nodes),
    TEST(test_api_body_time__refuses_everything_else),
    TEST(test_api_body_time__absent_and_null_are_0),
};

TEST_MAIN(tests)
