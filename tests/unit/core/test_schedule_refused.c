/* core/schedule.h and core/rrule.h: what is refused, in which words, and how soon. */
#include "core/schedule.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

#include <time.h>

#define STOCKHOLM "Europe/Stockholm"

static void test_schedule_new__says_what_is_wrong_and_what_to_write(void **state)
{
    (void)state;
    static const struct {
        const char *rrule, *text;
    } rows[] = {
        {"", "the rule has an empty part"},
        {"FREQ=MONTHLY;", "the rule has an empty part"},
        {"RRULE:", "the rule has an empty part"},
        {"FREQ=HOURLY", "\"FREQ=HOURLY\" in the rule is wrong: write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"},
        {"FREQ=MINUTELY", "more than one occurrence a day is not possible"},
        {"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "\"FREQ=SECONDLY\" in the rule is wrong"},
        {"FREQ=", "\"FREQ=\" in the rule is wrong"},
        {"FREQ", "\"FREQ\" in the rule is wrong"},
        {"BYDAY=MO", "the rule has no FREQ"},
        {"MONTHLY", "\"MONTHLY\" in the rule is not known: use FREQ"},
        {"FREQ=MONTHLY; BYDAY=MO", "\"?BYDAY=MO\" in the rule is not known"},
        {"FREQ=MONTHLY;BYEASTER=0", "\"BYEASTER=0\" in the rule is not known"},
        {"RSCALE=GREGORIAN;FREQ=MONTHLY", "\"RSCALE=GREGORIAN\" in the rule is not known"},
        {"FREQ=DAILY;X-A=\x1b[31m\n", "\"X-A=?[31m?\" in the rule is not known"},
        {"FREQ=MONTHLY;FREQ=DAILY", "the rule has FREQ twice"},
        {"FREQ=MONTHLY;INTERVAL=0", "\"INTERVAL=0\" in the rule is wrong: write a whole number from 1 to 9999"},
        {"FREQ=MONTHLY;INTERVAL=-1", "\"INTERVAL=-1\" in the rule is wrong"},
        {"FREQ=MONTHLY;INTERVAL=99999999999999999999", "in the rule is wrong"},
        {"FREQ=MONTHLY;COUNT=0", "\"COUNT=0\" in the rule is wrong"},
        {"FREQ=MONTHLY;COUNT=2;UNTIL=20270101", "the rule has both COUNT and UNTIL"},
        {"FREQ=MONTHLY;UNTIL=2027-01-01", "\"UNTIL=2027-01-01\" in the rule is wrong: write a day (UNTIL=20261231)"},
        {"FREQ=MONTHLY;UNTIL=20270230", "\"UNTIL=20270230\" in the rule is wrong"},
        {"FREQ=MONTHLY;UNTIL=20270101T250000Z", "\"UNTIL=20270101T250000Z\" in the rule is wrong"},
        {"FREQ=MONTHLY;UNTIL=20270101T120000X", "\"UNTIL=20270101T120000X\" in the rule is wrong"},
        {"FREQ=MONTHLY;UNTIL=20270101X120000", "\"UNTIL=20270101X120000\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYMONTH=13", "\"BYMONTH=13\" in the rule is wrong: write months from 1 to 12"},
        {"FREQ=MONTHLY;BYMONTH=-1", "\"BYMONTH=-1\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYMONTHDAY=32", "\"BYMONTHDAY=32\" in the rule is wrong: write days from 1 to 31"},
        {"FREQ=MONTHLY;BYMONTHDAY=0", "\"BYMONTHDAY=0\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYMONTHDAY=1,,2", "\"BYMONTHDAY=1,,2\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYMONTHDAY=", "\"BYMONTHDAY=\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYDAY=MON", "\"BYDAY=MON\" in the rule is wrong: write weekdays MO TU"},
        {"FREQ=MONTHLY;BYDAY=0MO", "\"BYDAY=0MO\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYDAY=54MO", "\"BYDAY=54MO\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYDAY=+-1MO", "\"BYDAY=+-1MO\" in the rule is wrong"},
        {"FREQ=WEEKLY;BYDAY=2MO", "a numbered weekday such as 2TU goes with FREQ=MONTHLY or YEARLY only"},
        {"FREQ=YEARLY;BYWEEKNO=2;BYDAY=2MO", "a numbered weekday such as 2TU does not go with BYWEEKNO"},
        {"FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"},
        {"FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY goes with FREQ=YEARLY only"},
        {"FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO goes with FREQ=YEARLY only"},
        {"FREQ=YEARLY;BYWEEKNO=54", "\"BYWEEKNO=54\" in the rule is wrong"},
        {"FREQ=YEARLY;BYYEARDAY=367", "\"BYYEARDAY=367\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among the days of another part"},
        {"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "\"BYSETPOS=367\" in the rule is wrong"},
        {"FREQ=MONTHLY;WKST=2", "\"WKST=2\" in the rule is wrong"},
        {"FREQ=MONTHLY;BYHOUR=10", "BYHOUR, BYMINUTE or BYSECOND in the rule differs from the time of day 09:00"},
        {"FREQ=MONTHLY;BYHOUR=9,10", "\"BYHOUR=9,10\" in the rule is wrong: leave it out"},
        {"FREQ=MONTHLY;BYMINUTE=30", "differs from the time of day 09:00"},
        {"FREQ=MONTHLY;BYSECOND=1", "differs from the time of day 09:00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct schedule *s = NULL;
        struct err err = {.text = ""};
        struct schedule_spec spec = {rows[i].rrule, "09:00", STOCKHOLM, {2026, 1, 1}, 0};
        int rc = schedule_new(&spec, &s, &err);
        if (rc != ERR_INVALID || s != NULL || strstr(err.text, rows[i].text) == NULL)
            fail_msg("%s: %s, \"%s\"", rows[i].rrule, rc == 0 ? "accepted" : err_name(rc), err.text);
    }
}

static void test_schedule_new__refuses_bad_time_zone_and_anchor(void **state)
{
    (void)state;
    static const struct {
        const char *time, *zone;
        struct date anchor;
        const char *text;
    } rows[] = {
        {"9:00", STOCKHOLM, {2026, 1, 1}, "the time of day is wrong: write HH:MM"},
        {"24:00", STOCKHOLM, {2026, 1, 1}, "the time of day is wrong"},
        {"09.00", STOCKHOLM, {2026, 1, 1}, "the time of day is wrong"},
        {"09:60", STOCKHOLM, {2026, 1, 1}, "the time of day is wrong"},
        {"09:00:00", STOCKHOLM, {2026, 1, 1}, "the time of day is wrong"},
        {"", STOCKHOLM, {2026, 1, 1}, "the time of day is wrong"},
        {"09:00", "Europe/Stokholm", {2026, 1, 1}, "the time zone \"Europe/Stokholm\" is not known"},
        {"09:00", "", {2026, 1, 1}, "write an IANA name such as Europe/Stockholm"},
        {"09:00", STOCKHOLM, {2026, 2, 29}, "the first day is wrong: write a day that exists"},
        {"09:00", STOCKHOLM, {1969, 12, 31}, "the first day is wrong"},
        {"09:00", STOCKHOLM, {2200, 1, 1}, "the first day is wrong"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct schedule *s = NULL;
        struct err err = {.text = ""};
        struct schedule_spec spec = {"FREQ=MONTHLY", rows[i].time, rows[i].zone, rows[i].anchor, 0};
        assert_int_equal(schedule_new(&spec, &s, &err), ERR_INVALID);
        assert_null(s);
        if (strstr(err.text, rows[i].text) == NULL)
            fail_msg("%s %s: \"%s\"", rows[i].time, rows[i].zone, err.text);
    }
}

static void test_schedule_new__missing_zone_data_is_an_error(void **state)
{
    (void)state;
    struct schedule *s = NULL;
    struct err err = {.text = ""};
    struct schedule_spec spec = {"FREQ=MONTHLY", "09:00", STOCKHOLM, {2026, 1, 1}, 0};
    setenv("TZDIR", "/nonexistent", 1);
    assert_int_equal(schedule_new(&spec, &s, &err), ERR_CONFIG);
    unsetenv("TZDIR");
    assert_null(s);
    assert_non_null(strstr(err.text, "install the package tzdata"));
}

/* Rules that make other libraries search for ever, and the dearest that are valid. Bounded by CPU time, of which a
 * rule takes milliseconds; the limit leaves room for sanitizers. */
static void test_schedule_new__rules_without_dates_are_refused_soon(void **state)
{
    (void)state;
    static const char *const never[] = {
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11",
        "FREQ=MONTHLY;BYMONTHDAY=-31;BYMONTH=4",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=40",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=DAILY;BYMONTHDAY=1;BYSETPOS=2",
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1;BYDAY=MO",
        "FREQ=DAILY;UNTIL=20251231",
        "FREQ=DAILY;UNTIL=00010101T000000Z",
        "FREQ=YEARLY;INTERVAL=9999;BYMONTH=2;BYMONTHDAY=29",
    };
    clock_t start = clock();
    for (size_t i = 0; i < ARRAY_LEN(never); i++) {
        struct schedule *s = NULL;
        struct err err = {.text = ""};
        struct schedule_spec spec = {never[i], "09:00", STOCKHOLM, {2026, 1, 1}, 0};
        if (schedule_new(&spec, &s, &err) != ERR_INVALID)
            fail_msg("%s was accepted", never[i]);
        assert_non_null(strstr(err.text, "gives no date from 2026-01-01 to 2199-12-31"));
    }
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 2.0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_schedule_new__says_what_is_wrong_and_what_to_write),
    TEST(test_schedule_new__refuses_bad_time_zone_and_anchor),
    TEST(test_schedule_new__missing_zone_data_is_an_error),
    TEST(test_schedule_new__rules_without_dates_are_refused_soon),
};
TEST_MAIN(tests)
