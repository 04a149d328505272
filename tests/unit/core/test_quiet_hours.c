/* Quiet hours: both sides of each border, over midnight and not, and where clocks are changed. */
#include "core/quiet_hours.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/zone.h"
#include "lib/test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int64_t utc(const char *text)
{
    struct tm tm = {0};
    assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm));
    return (int64_t)timegm(&tm) * US_PER_S;
}

static void check(struct config_hours hours, const char *now, const char *end)
{
    struct zone *zone = NULL;
    char text[TIME_TEXT_BYTES] = "0";
    assert_int_equal(zone_open("Europe/Stockholm", &zone, NULL), 0);
    int64_t got = quiet_hours_end_us(&hours, zone, utc(now));
    if (got)
        time_format_utc(got, text);
    if (strcmp(text, end) != 0)
        fail_msg("%s: %s instead of %s", now, text, end);
    zone_free(zone);
}

static void test_end__night_over_midnight(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        /* winter: UTC+1 */
        {"2026-01-10T20:59:59Z", "0"},
        {"2026-01-10T21:00:00Z", "2026-01-11T06:00:00Z"},
        {"2026-01-10T23:30:00Z", "2026-01-11T06:00:00Z"},
        {"2026-01-11T05:59:59Z", "2026-01-11T06:00:00Z"},
        {"2026-01-11T06:00:00Z", "0"},
        /* summer: UTC+2, and over the turn of a month */
        {"2026-06-30T19:59:59Z", "0"},
        {"2026-06-30T20:00:00Z", "2026-07-01T05:00:00Z"},
        {"2026-07-01T04:59:59Z", "2026-07-01T05:00:00Z"},
        {"2026-12-31T22:30:00Z", "2027-01-01T06:00:00Z"},
        /* the nights of the changes: the morning's own offset counts */
        {"2026-03-28T21:30:00Z", "2026-03-29T05:00:00Z"},
        {"2026-10-24T20:30:00Z", "2026-10-25T06:00:00Z"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check((struct config_hours){22 * 60, 7 * 60}, rows[i][0], rows[i][1]);
}

static void test_end__within_one_day_and_none(void **state)
{
    (void)state;
    struct config_hours siesta = {12 * 60 + 30, 13 * 60};
    check(siesta, "2026-01-10T11:29:59Z", "0");
    check(siesta, "2026-01-10T11:30:00Z", "2026-01-10T12:00:00Z");
    check(siesta, "2026-01-10T12:00:00Z", "0");
    check((struct config_hours){0, 0}, "2026-01-10T02:00:00Z", "0");
    check((struct config_hours){0, 6 * 60}, "2026-01-10T00:30:00Z", "2026-01-10T05:00:00Z");
}

static void test_end__an_end_in_the_hour_of_the_change(void **state)
{
    (void)state;
    struct config_hours early = {22 * 60, 2 * 60 + 30};
    /* 02:30 on 29 March is skipped: at 03:30 by the clock before the gap, that is 01:30 UTC. */
    check(early, "2026-03-28T23:00:00Z", "2026-03-29T01:30:00Z");
    /* 02:30 on 25 October comes twice: at the first, and the second 02:10 is no night any more. */
    check(early, "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z");
    check(early, "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z");
    check(early, "2026-10-25T01:10:00Z", "0");
}

/* Minute by minute through a year: inside exactly when the wall clock says so, and the end is never inside. */
static void test_end__agrees_with_the_wall_clock_all_year(void **state)
{
    (void)state;
    const struct config_hours hours = {22 * 60, 7 * 60};
    struct zone *zone = NULL;
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    assert_int_equal(zone_open("Europe/Stockholm", &zone, NULL), 0);
    for (int64_t t = utc("2026-01-01T00:00:00Z"); t < utc("2027-01-01T00:00:00Z"); t += 7 * 60 * US_PER_S) {
        time_t s = (time_t)(t / US_PER_S);
        struct tm tm;
        localtime_r(&s, &tm);
        int64_t end = quiet_hours_end_us(&hours, zone, t);
        assert_int_equal(end != 0, tm.tm_hour >= 22 || tm.tm_hour < 7);
        if (end) {
            s = (time_t)(end / US_PER_S);
            localtime_r(&s, &tm);
            assert_int_equal(tm.tm_hour * 60 + tm.tm_min, 7 * 60);
            assert_true(end - t <= 10 * 3600 * US_PER_S);
            assert_int_equal(quiet_hours_end_us(&hours, zone, end), 0);
        }
    }
    zone_free(zone);
}

static const struct CMUnitTest tests[] = {
    TEST(test_end__night_over_midnight),
    TEST(test_end__within_one_day_and_none),
    TEST(test_end__an_end_in_the_hour_of_the_change),
    TEST(test_end__agrees_with_the_wall_clock_all_year),
};

TEST_MAIN(tests)
