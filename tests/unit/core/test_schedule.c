/* core/schedule.h and core/rrule.h: occurrences, their moves and labels. */
#include "core/schedule.h"

#include "base/err.h"
#include "base/mem.h"
#include "core/holiday.h"
#include "lib/test.h"

#include <stdio.h>

#define FIXTURE "tests/fixtures/schedule_expected.tsv"
#define STOCKHOLM "Europe/Stockholm"
#define WORKDAYS "BYDAY=MO,TU,WE,TH,FR"

enum { SHOWN_MAX = 20 };

static struct date day(const char *text)
{
    struct date d = {0};
    assert_int_equal(date_parse(text, &d), 0);
    return d;
}

static struct schedule *make(const char *rrule, const char *time, const char *zone, const char *anchor, unsigned flags)
{
    struct schedule *s = NULL;
    struct err err = {.text = ""};
    struct schedule_spec spec = {.rrule = rrule, .time = time, .zone = zone, .anchor = day(anchor), .flags = flags};
    if (schedule_new(&spec, &s, &err) != 0)
        fail_msg("%s: %s", rrule, err.text);
    return s;
}

/* The first occurrences from the anchor on, as "2026-04-01T09:00:00+02:00 ..." or as scheduled dates. */
struct row {
    const char *rrule, *anchor;
    const char *expected; /* as many as stand here, and "." when there must be no more */
};

static void append(char *text, size_t size, const char *more)
{
    size_t n = strlen(text);
    snprintf(text + n, size - n, "%s%s", n > 0 ? " " : "", more);
}

static void check_dates(const struct row *rows, size_t n_rows, unsigned flags)
{
    for (size_t i = 0; i < n_rows; i++) {
        struct schedule *s = make(rows[i].rrule, "09:00", STOCKHOLM, rows[i].anchor, flags);
        struct occurrence found[SHOWN_MAX];
        size_t n;
        char text[SHOWN_MAX * 12] = "";
        size_t words = 1;
        for (const char *p = rows[i].expected; *p != '\0'; p++)
            words += *p == ' ';
        assert_true(words <= SHOWN_MAX);
        schedule_next(s, day(rows[i].anchor), words, found, &n);
        for (size_t k = 0; k < n; k++) {
            char date[DATE_ISO_BYTES];
            append(text, sizeof text, date_format(found[k].scheduled, date));
        }
        if (n < words)
            append(text, sizeof text, ".");
        if (strcmp(text, rows[i].expected) != 0)
            fail_msg("%s from %s:\n  is       %s\n  expected %s", rows[i].rrule, rows[i].anchor, text,
                     rows[i].expected);
        schedule_free(s);
    }
}

/* 13 months over both clock changes, as a person would write them down. */
static void test_schedule_next__first_working_day_at_nine_in_winter_and_summer(void **state)
{
    (void)state;
    static const char *const utc[] = {"2027-01-01T08:00:00Z", "2027-02-01T08:00:00Z", "2027-03-01T08:00:00Z",
                                      "2027-04-01T07:00:00Z", "2027-05-03T07:00:00Z", "2027-06-01T07:00:00Z",
                                      "2027-07-01T07:00:00Z", "2027-08-02T07:00:00Z", "2027-09-01T07:00:00Z",
                                      "2027-10-01T07:00:00Z", "2027-11-01T08:00:00Z", "2027-12-01T08:00:00Z",
                                      "2028-01-03T08:00:00Z"};
    struct schedule *s = make("FREQ=MONTHLY;" WORKDAYS ";BYSETPOS=1", "09:00", STOCKHOLM, "2027-01-01", 0);
    struct occurrence found[13];
    size_t n;
    schedule_next(s, day("2027-01-01"), 13, found, &n);
    assert_int_equal(n, 13);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(found[i].utc, utc[i]);
        assert_non_null(strstr(found[i].local, "T09:00:00+0"));
    }
    assert_string_equal(found[3].local, "2027-04-01T09:00:00+02:00");
    assert_int_equal(found[3].utc_us, INT64_C(1806562800) * US_PER_S);
    assert_string_equal(found[3].period, "2027-04");
    schedule_free(s);
}

static void test_schedule_next__dates_of_rules(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"RRULE:FREQ=MONTHLY;BYMONTHDAY=15", "2026-01-01", "2026-01-15 2026-02-15 2026-03-15"},
        {"freq=monthly;bymonthday=15", "2026-01-15", "2026-01-15 2026-02-15"},
        {"FREQ=MONTHLY;BYMONTHDAY=1", "2026-04-15", "2026-05-01 2026-06-01"},
        {"FREQ=MONTHLY;BYDAY=-1FR", "2026-01-01", "2026-01-30 2026-02-27 2026-03-27"},
        {"FREQ=MONTHLY;BYMONTHDAY=29", "2027-01-01", "2027-01-29 2027-03-29 2027-04-29"},
        {"FREQ=MONTHLY;BYMONTHDAY=29", "2028-01-01", "2028-01-29 2028-02-29 2028-03-29"},
        {"FREQ=MONTHLY;BYMONTHDAY=30", "2028-01-01", "2028-01-30 2028-03-30 2028-04-30"},
        {"FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-01", "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31"},
        {"FREQ=MONTHLY;BYMONTHDAY=-1", "2028-01-01", "2028-01-31 2028-02-29 2028-03-31 2028-04-30"},
        {"FREQ=MONTHLY;BYMONTHDAY=-31", "2026-01-02", "2026-03-01 2026-05-01"},
        {"FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-01-01", "2026-01-31 2026-02-28 2026-03-31"},
        {"FREQ=MONTHLY;" WORKDAYS ";BYSETPOS=-1", "2026-01-01", "2026-01-30 2026-02-27 2026-03-31 2026-04-30"},
        {"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", "2026-02-13 2026-03-13 2026-11-13 2027-08-13"},
        {"FREQ=MONTHLY", "2026-01-31", "2026-01-31 2026-03-31 2026-05-31"},
        {"FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1", "2026-04-15", "2026-06-01 2026-08-01"},
        {"FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO", "2026-01-01", "2026-01-05 2026-03-02 2026-05-04"},
        {"FREQ=MONTHLY;BYMONTH=1,8;BYDAY=1TU", "2026-01-01", "2026-01-06 2026-08-04 2027-01-05"},
        {"FREQ=DAILY;BYMONTHDAY=-1", "2026-01-01", "2026-01-31 2026-02-28 2026-03-31"},
        {"FREQ=DAILY;INTERVAL=10;COUNT=3", "2026-12-25", "2026-12-25 2027-01-04 2027-01-14 ."},
        {"FREQ=WEEKLY", "2026-12-30", "2026-12-30 2027-01-06 2027-01-13"},
        {"FREQ=WEEKLY;BYDAY=TU,TH", "2026-12-30", "2026-12-31 2027-01-05 2027-01-07"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-03-03", "2026-03-08 2026-03-16 2026-03-22"},
        {"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", "2026-03-03", "2026-03-15 2026-03-16 2026-03-29"},
        {"FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", "2026-03-02", "2026-03-06 2026-03-13"},
        {"FREQ=WEEKLY;INTERVAL=3;BYMONTH=11;BYDAY=SU", "2027-11-04", "2027-11-07 2027-11-28 2028-11-19"},
        {"FREQ=YEARLY", "2028-02-29", "2028-02-29 2032-02-29 2036-02-29"},
        {"FREQ=YEARLY;BYMONTH=3,9", "2026-05-10", "2026-09-10 2027-03-10"},
        {"FREQ=YEARLY;BYMONTHDAY=15", "2026-11-20", "2026-12-15 2027-01-15"},
        {"FREQ=YEARLY;BYDAY=20MO", "2026-01-01", "2026-05-18 2027-05-17"},
        {"FREQ=YEARLY;BYMONTH=12;BYDAY=-1WE", "2026-01-01", "2026-12-30 2027-12-29"},
        {"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "2026-01-01", "2026-05-11 2027-05-17"},
        {"FREQ=YEARLY;BYWEEKNO=20", "2026-01-02", "2026-05-15 2027-05-21"},
        {"FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", "2026-01-01", "2026-12-28 2032-12-27"},
        {"FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", "2026-01-01", "2027-01-03 2028-01-02 2028-12-31"},
        {"FREQ=YEARLY;BYYEARDAY=-1,60", "2028-01-01", "2028-02-29 2028-12-31 2029-03-01"},
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU", "2026-01-01", "2032-02-29 2060-02-29"},
        {"FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYSETPOS=2", "2026-06-01", "2028-01-09 2030-01-13"},
    };
    check_dates(rows, ARRAY_LEN(rows), 0);
}

static void test_schedule_next__count_and_until_end_it(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"FREQ=MONTHLY;BYMONTHDAY=15;COUNT=2", "2026-01-16", "2026-02-15 2026-03-15 ."},
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260315", "2026-01-16", "2026-02-15 2026-03-15 ."},
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260315T090000", "2026-01-16", "2026-02-15 2026-03-15 ."},
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260315T085959", "2026-01-16", "2026-02-15 ."},
        /* 09:00 in Stockholm is 08:00 UTC in winter, 07:00 in summer. */
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260315T080000Z", "2026-01-16", "2026-02-15 2026-03-15 ."},
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260315T075959Z", "2026-01-16", "2026-02-15 ."},
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260415T070000Z", "2026-03-01", "2026-03-15 2026-04-15 ."},
        {"FREQ=MONTHLY;BYMONTHDAY=15;UNTIL=20260415T065959Z", "2026-03-01", "2026-03-15 ."},
    };
    check_dates(rows, ARRAY_LEN(rows), 0);
}

/* The local date of UNTIL=...Z may be the day before or after its date in UTC. */
static void test_schedule_next__until_in_utc_is_held_against_the_local_day(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *time, *until;
        size_t n;
    } rows[] = {
        {"Pacific/Kiritimati", "09:00", "20260104T185959Z", 4}, /* 09:00+14:00 on the 5th is 19:00Z on the 4th */
        {"Pacific/Kiritimati", "09:00", "20260104T190000Z", 5},
        {"Pacific/Pago_Pago", "20:00", "20260106T065959Z", 4}, /* 20:00-11:00 on the 5th is 07:00Z on the 6th */
        {"Pacific/Pago_Pago", "20:00", "20260106T070000Z", 5},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char rrule[64];
        struct occurrence found[10];
        size_t n;
        snprintf(rrule, sizeof rrule, "FREQ=DAILY;UNTIL=%s", rows[i].until);
        struct schedule *s = make(rrule, rows[i].time, rows[i].zone, "2026-01-01", 0);
        schedule_next(s, day("2026-01-01"), ARRAY_LEN(found), found, &n);
        assert_int_equal(n, rows[i].n);
        schedule_free(s);
    }
}

static void test_schedule_next__clock_changes(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *time, *date, *local, *utc;
    } rows[] = {
        {STOCKHOLM, "02:30", "2027-03-27", "2027-03-27T02:30:00+01:00", "2027-03-27T01:30:00Z"},
        {STOCKHOLM, "02:30", "2027-03-28", "2027-03-28T03:30:00+02:00", "2027-03-28T01:30:00Z"},
        {STOCKHOLM, "02:30", "2027-03-29", "2027-03-29T02:30:00+02:00", "2027-03-29T00:30:00Z"},
        {STOCKHOLM, "02:30", "2027-10-31", "2027-10-31T02:30:00+02:00", "2027-10-31T00:30:00Z"},
        {STOCKHOLM, "02:30", "2027-11-01", "2027-11-01T02:30:00+01:00", "2027-11-01T01:30:00Z"},
        {"America/New_York", "02:30", "2027-03-14", "2027-03-14T03:30:00-04:00", "2027-03-14T07:30:00Z"},
        {"America/New_York", "01:30", "2027-11-07", "2027-11-07T01:30:00-04:00", "2027-11-07T05:30:00Z"},
        {"Australia/Lord_Howe", "02:15", "2027-10-03", "2027-10-03T02:45:00+11:00", "2027-10-02T15:45:00Z"},
        {"Australia/Lord_Howe", "01:45", "2027-04-04", "2027-04-04T01:45:00+11:00", "2027-04-03T14:45:00Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct schedule *s = make("FREQ=DAILY", rows[i].time, rows[i].zone, "2027-01-01", 0);
        struct occurrence o;
        size_t n;
        schedule_next(s, day(rows[i].date), 1, &o, &n);
        assert_int_equal(n, 1);
        assert_string_equal(o.local, rows[i].local);
        assert_string_equal(o.utc, rows[i].utc);
        schedule_free(s);
    }
}

static void test_schedule_next__moves_to_the_next_working_day(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"FREQ=MONTHLY;BYMONTHDAY=1", "2026-01-01",
         "2026-01-02 2026-02-02 2026-03-02 2026-04-01 2026-05-04 2026-06-01 2026-07-01 2026-08-03"},
        {"FREQ=MONTHLY;BYMONTHDAY=3", "2026-04-01", "2026-04-07 2026-05-04"},
        {"FREQ=MONTHLY;BYMONTHDAY=25", "2026-11-01", "2026-11-25 2026-12-28 2027-01-25"},
        {"FREQ=MONTHLY;BYMONTHDAY=14", "2026-05-01", "2026-05-15 2026-06-15"},
        {"FREQ=MONTHLY;BYMONTHDAY=-1", "2026-05-01",
         "2026-06-01 2026-06-30 2026-07-31 2026-08-31 2026-09-30 2026-11-02"},
        {"FREQ=MONTHLY;BYMONTHDAY=24,31", "2026-12-01", "2026-12-24 2026-12-31 2027-01-25"},
        {"FREQ=MONTHLY;" WORKDAYS ";BYSETPOS=1", "2027-01-01", "2027-01-04 2027-02-01 2027-03-01 2027-04-01"},
        {"FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=6,20", "2026-01-01", "2026-06-08 2026-06-22 2027-06-07 2027-06-21"},
    };
    check_dates(rows, ARRAY_LEN(rows), SCHEDULE_NEXT_WORKING_DAY);
}

static void test_schedule_next__moved_over_the_border_is_not_lost(void **state)
{
    (void)state;
    struct schedule *s =
        make("FREQ=MONTHLY;BYMONTHDAY=31", "09:00", STOCKHOLM, "2026-01-01", SCHEDULE_NEXT_WORKING_DAY);
    struct occurrence o;
    size_t n;
    /* 31 May 2026 is a Sunday. */
    schedule_next(s, day("2026-06-01"), 1, &o, &n);
    assert_int_equal(n, 1);
    assert_string_equal(o.local, "2026-06-01T09:00:00+02:00");
    assert_int_equal(o.nominal.day, 31);
    assert_int_equal(o.nominal.month, 5);
    assert_string_equal(o.period, "2026-05");
    schedule_next(s, day("2026-06-02"), 1, &o, &n);
    assert_string_equal(o.local, "2026-07-31T09:00:00+02:00");
    schedule_free(s);
}

static void test_schedule_next__two_dates_moved_to_one_day_stay_two(void **state)
{
    (void)state;
    struct schedule *s = make("FREQ=DAILY", "09:00", STOCKHOLM, "2026-04-01", SCHEDULE_NEXT_WORKING_DAY);
    struct occurrence found[8];
    size_t n;
    schedule_next(s, day("2026-04-01"), 8, found, &n);
    static const char *const periods[] = {"2026-04-01", "2026-04-02", "2026-04-03", "2026-04-04",
                                          "2026-04-05", "2026-04-06", "2026-04-07", "2026-04-08"};
    static const int days[] = {1, 2, 7, 7, 7, 7, 7, 8};
    assert_int_equal(n, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(found[i].period, periods[i]);
        assert_int_equal(found[i].scheduled.day, days[i]);
    }
    schedule_free(s);
}

static void check_after(const char *time, const char *zone)
{
    struct schedule *s = make("FREQ=MONTHLY;BYMONTHDAY=1,3", time, zone, "2026-01-01", SCHEDULE_NEXT_WORKING_DAY);
    struct occurrence all[200];
    struct occurrence o;
    size_t n_all;
    size_t n;
    schedule_next(s, day("1999-01-01"), ARRAY_LEN(all), all, &n_all);
    assert_int_equal(n_all, ARRAY_LEN(all));
    schedule_after(s, 0, 1, &o, &n);
    assert_int_equal(o.utc_us, all[0].utc_us);
    schedule_after(s, -INT64_C(62135596800) * US_PER_S, 1, &o, &n);
    assert_int_equal(o.utc_us, all[0].utc_us);
    for (size_t i = 0; i + 1 < n_all; i++) {
        if (all[i].utc_us == all[i + 1].utc_us)
            continue;
        schedule_after(s, all[i].utc_us - 1, 1, &o, &n);
        assert_int_equal(o.utc_us, all[i].utc_us);
        schedule_after(s, all[i].utc_us, 1, &o, &n);
        assert_int_equal(o.utc_us, all[i + 1].utc_us);
        assert_string_equal(o.period, all[i + 1].period);
    }
    schedule_after(s, INT64_C(7289568000) * US_PER_S, 1, &o, &n); /* year 2201 */
    assert_int_equal(n, 0);
    schedule_after(s, INT64_MAX, 1, &o, &n);
    assert_int_equal(n, 0);
    schedule_free(s);
}

/* Also where the local date is a day ahead of that in UTC, and a day behind. */
static void test_schedule_after__is_strict_and_misses_none(void **state)
{
    (void)state;
    check_after("09:00", STOCKHOLM);
    check_after("00:30", "Pacific/Kiritimati");
    check_after("23:30", "Pacific/Pago_Pago");
}

static void test_schedule_period_unit__is_the_widest_that_stays_unique(void **state)
{
    (void)state;
    static const struct {
        const char *rrule;
        enum period_unit unit;
        const char *first;
    } rows[] = {
        {"FREQ=MONTHLY;" WORKDAYS ";BYSETPOS=1", PERIOD_MONTH, "2026-03"},
        {"FREQ=MONTHLY;BYMONTHDAY=15", PERIOD_MONTH, "2026-03"},
        {"FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=10", PERIOD_MONTH, "2026-03"},
        {"FREQ=YEARLY;BYYEARDAY=31,32", PERIOD_MONTH, "2027-01"}, /* 31 January, 1 February */
        {"FREQ=WEEKLY;INTERVAL=5", PERIOD_MONTH, "2026-03"},
        {"FREQ=WEEKLY", PERIOD_WEEK, "2026-W09"},
        {"FREQ=WEEKLY;INTERVAL=4", PERIOD_WEEK, "2026-W09"},
        {"FREQ=MONTHLY;BYMONTHDAY=1,15", PERIOD_WEEK, "2026-W09"},
        {"FREQ=DAILY;INTERVAL=7", PERIOD_WEEK, "2026-W09"},
        {"FREQ=WEEKLY;BYDAY=SU,MO;WKST=SU", PERIOD_DAY, "2026-03-01"},
        {"FREQ=MONTHLY;BYMONTHDAY=10,11", PERIOD_DAY, "2026-03-10"},
        {"FREQ=DAILY", PERIOD_DAY, "2026-03-01"},
        {"FREQ=DAILY;COUNT=1", PERIOD_MONTH, "2026-03"},
        {"FREQ=DAILY;UNTIL=20260302", PERIOD_WEEK, "2026-W09"}, /* a Sunday and a Monday */
        /* Two in one month for the first time in 2028. */
        {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1,29", PERIOD_WEEK, "2027-W05"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct schedule *s = make(rows[i].rrule, "09:00", STOCKHOLM, "2026-03-01", 0);
        struct occurrence o;
        size_t n;
        schedule_next(s, day("2026-03-01"), 1, &o, &n);
        assert_int_equal(n, 1);
        if (schedule_period_unit(s) != rows[i].unit || strcmp(o.period, rows[i].first) != 0)
            fail_msg("%s: unit %d, %s", rows[i].rrule, (int)schedule_period_unit(s), o.period);
        schedule_free(s);
    }
}

static void test_schedule_next__periods_are_unique_and_ordered(void **state)
{
    (void)state;
    static const char *const rules[] = {"FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY;BYMONTHDAY=1,15",
                                        "FREQ=WEEKLY;INTERVAL=5", "FREQ=DAILY;INTERVAL=8"};
    enum { MANY = 4000 };
    struct occurrence *found = xcalloc(MANY, sizeof *found);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct schedule *s = make(rules[i], "09:00", STOCKHOLM, "2026-01-01", SCHEDULE_NEXT_WORKING_DAY);
        size_t n;
        schedule_next(s, day("2026-01-01"), MANY, found, &n);
        for (size_t k = 1; k < n; k++) {
            assert_true(strcmp(found[k - 1].period, found[k].period) < 0);
            assert_true(found[k - 1].utc_us <= found[k].utc_us);
            assert_true(is_working_day(found[k].scheduled));
        }
        schedule_free(s);
    }
    free(found);
}

static void test_schedule_new__accepts_the_time_of_day_said_twice(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9", "2026-01-01", "2026-01-01 2026-02-01"},
        {"FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=09;BYMINUTE=0;BYSECOND=00", "2026-01-01", "2026-01-01 2026-02-01"},
    };
    check_dates(rows, ARRAY_LEN(rows), 0);
}

/* --- against python3-dateutil and zoneinfo --- */

/* The next field of a line, cut at TAB. */
static char *field(char **rest)
{
    char *start = strsep(rest, "\t\n");
    assert_non_null(start);
    return start;
}

static size_t count_words(const char *text)
{
    size_t n = *text != '\0';
    for (; *text != '\0'; text++)
        n += *text == ' ';
    return n;
}

static size_t check_instants(char *rest)
{
    const char *rrule = field(&rest);
    const char *time = field(&rest);
    const char *zone = field(&rest);
    const char *anchor = field(&rest);
    char *expected = field(&rest);
    size_t n_expected = count_words(expected);
    struct schedule *s = make(rrule, time, zone, anchor, 0);
    struct occurrence *found = xcalloc(n_expected, sizeof *found);
    size_t n;
    schedule_next(s, day(anchor), n_expected, found, &n);
    assert_int_equal(n, n_expected);
    for (size_t i = 0; i < n; i++) {
        const char *word = strsep(&expected, " ");
        char text[24];
        /* "2026-04-01T07:00:00Z" as "20260401T0700" */
        snprintf(text, sizeof text, "%.4s%.2s%.5s%.2s", found[i].utc, found[i].utc + 5, found[i].utc + 8,
                 found[i].utc + 14);
        if (strcmp(text, word) != 0)
            fail_msg("%s %s %s from %s: %s, not %s", rrule, time, zone, anchor, text, word);
    }
    free(found);
    schedule_free(s);
    return n_expected;
}

static size_t check_random(char *rest)
{
    const char *rrule = field(&rest);
    const char *anchor = field(&rest);
    char *expected = field(&rest);
    size_t n_expected = count_words(expected);
    struct occurrence found[16];
    size_t n;
    assert_true(n_expected < ARRAY_LEN(found));
    struct schedule *s = make(rrule, "09:00", "UTC", anchor, 0);
    bool ends = strstr(rrule, "COUNT") != NULL || strstr(rrule, "UNTIL") != NULL;
    schedule_next(s, day(anchor), n_expected < 15 && ends ? n_expected + 1 : n_expected, found, &n);
    if (n != n_expected)
        fail_msg("%s from %s: %zu dates, not %zu", rrule, anchor, n, n_expected);
    int expected_day = date_to_days(day(anchor));
    for (size_t i = 0; i < n; i++) {
        expected_day += (int)strtol(strsep(&expected, " "), NULL, 10);
        if (date_to_days(found[i].scheduled) != expected_day)
            fail_msg("%s from %s: date %zu is %s", rrule, anchor, i, found[i].local);
    }
    schedule_free(s);
    return n_expected;
}

static void test_schedule_next__agrees_with_dateutil(void **state)
{
    (void)state;
    size_t instants = 0;
    size_t dates = 0;
    char *line = NULL;
    size_t size = 0;
    FILE *f = fopen(FIXTURE, "r");
    if (f == NULL)
        fail_msg("cannot read " FIXTURE ": run the tests from the root of the repository");
    while (getline(&line, &size, f) > 0) {
        char *rest = line;
        if (line[0] == '#')
            continue;
        const char *kind = field(&rest);
        if (strcmp(kind, "instants") == 0)
            instants += check_instants(rest);
        else
            dates += check_random(rest);
    }
    free(line);
    fclose(f);
    assert_true(instants > 3700);
    assert_true(dates > 7000);
}

static const struct CMUnitTest tests[] = {
    TEST(test_schedule_next__first_working_day_at_nine_in_winter_and_summer),
    TEST(test_schedule_next__dates_of_rules),
    TEST(test_schedule_next__count_and_until_end_it),
    TEST(test_schedule_next__until_in_utc_is_held_against_the_local_day),
    TEST(test_schedule_next__clock_changes),
    TEST(test_schedule_next__moves_to_the_next_working_day),
    TEST(test_schedule_next__moved_over_the_border_is_not_lost),
    TEST(test_schedule_next__two_dates_moved_to_one_day_stay_two),
    TEST(test_schedule_after__is_strict_and_misses_none),
    TEST(test_schedule_period_unit__is_the_widest_that_stays_unique),
    TEST(test_schedule_next__periods_are_unique_and_ordered),
    TEST(test_schedule_new__accepts_the_time_of_day_said_twice),
    TEST(test_schedule_next__agrees_with_dateutil),
};
TEST_MAIN(tests)
