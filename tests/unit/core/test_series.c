/* core/series.h: which occurrence carries which period, and what a series is made of when little is said. */
#include "core/series.h"

#include <stdio.h>

#include "lib/store_fixture.h"
#include "lib/test.h"

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

static struct series_input input(const char *rrule, bool working_day)
{
    return (struct series_input){.name = "Brev",
                                 .scope = "police_area:angelholm",
                                 .rrule = rrule,
                                 .time = "09:00",
                                 .time_zone = "Europe/Stockholm",
                                 .anchor_date = "2020-01-01",
                                 .working_day = working_day};
}

static void add(const struct series_input *in, struct series *out)
{
    int64_t id = 0;
    store_fixture_ok(&f, series_add(f.db, &f.anna, in, &id, &f.err));
    store_fixture_ok(&f, series_load(f.db, id, out, &f.err));
}

static void test_series_occurrence__finds_each_label(void **state)
{
    static const struct {
        const char *rrule;
        bool working_day, covers_previous;
        const char *period, *local; /* NULL: none */
    } rows[] = {
        {"FREQ=MONTHLY;BYMONTHDAY=25", false, false, "2026-03", "2026-03-25T09:00:00+01:00"},
        {"FREQ=MONTHLY;BYMONTHDAY=31", true, false, "2026-01", "2026-02-02T09:00:00+01:00"}, /* a Saturday, moved */
        {"FREQ=MONTHLY;BYMONTHDAY=31", true, false, "2027-12", "2027-12-31T09:00:00+01:00"},
        {"FREQ=MONTHLY;BYMONTHDAY=31", false, false, "2026-02", NULL},
        {"FREQ=MONTHLY;BYMONTHDAY=1", true, true, "2026-03", "2026-04-01T09:00:00+02:00"},
        {"FREQ=MONTHLY;BYMONTHDAY=1", true, true, "2025-12", "2026-01-02T09:00:00+01:00"}, /* over the year's border */
        {"FREQ=WEEKLY;BYDAY=TH", false, false, "2026-W53", "2026-12-31T09:00:00+01:00"},
        {"FREQ=WEEKLY;BYDAY=SU", false, false, "2026-W53", "2027-01-03T09:00:00+01:00"},
        {"FREQ=WEEKLY;BYDAY=MO", false, false, "2026-W01", "2025-12-29T09:00:00+01:00"},
        {"FREQ=WEEKLY;BYDAY=MO", false, false, "2027-W53", NULL}, /* 2027 has 52 */
        {"FREQ=WEEKLY;BYDAY=MO", false, false, "2026-W00", NULL},
        {"FREQ=DAILY", false, false, "2026-12-31", "2026-12-31T09:00:00+01:00"},
        {"FREQ=DAILY", false, false, "2026-02-29", NULL},
        {"FREQ=DAILY", false, false, "2026-12-3", NULL},
        {"FREQ=DAILY", false, false, "", NULL},
        {"FREQ=MONTHLY;BYMONTHDAY=25", false, false, "2026-13", NULL},
        {"FREQ=MONTHLY;BYMONTHDAY=25", false, false, "2026-3x", NULL},
        {"FREQ=MONTHLY;BYMONTHDAY=25", false, false, "2026-W10", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct series s = {0};
        struct occurrence o = {0};
        struct series_input in = input(rows[i].rrule, rows[i].working_day);
        char name[20];
        snprintf(name, sizeof name, "Brev %zu", i);
        in.name = name;
        in.covers_previous = rows[i].covers_previous;
        add(&in, &s);
        int rc = series_occurrence(&s, rows[i].period, &o);
        if ((rc == 0) != (rows[i].local != NULL) || (rc == 0 && strcmp(o.local, rows[i].local) != 0)) {
            fail_msg("%s %s: %d %s", rows[i].rrule, rows[i].period, rc, o.local);
        }
        if (rc == 0)
            assert_string_equal(o.period, rows[i].period);
        series_fini(&s);
    }
}

/* Every day of a year with long holidays is found, though several move to one day. */
static void test_series_occurrence__every_moved_day_is_found(void **state)
{
    (void)state;
    struct series s = {0};
    struct series_input in = input("FREQ=DAILY", true);
    add(&in, &s);
    int32_t first = date_to_days((struct date){2026, 1, 1});
    for (int32_t day = first; day < first + 366; day++) {
        struct date d = date_from_days(day);
        struct occurrence o = {0};
        char period[PERIOD_TEXT_BYTES];
        snprintf(period, sizeof period, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
                 (unsigned)d.day % 100);
        if (series_occurrence(&s, period, &o) != 0)
            fail_msg("%s", period);
    }
    series_fini(&s);
}

static void test_series_add__begins_today_where_the_node_is(void **state)
{
    (void)state;
    struct series s = {0};
    struct occurrence o;
    size_t n = 0;
    f.now_us = INT64_C(1772407800) * US_PER_S; /* 1 March 23.30 UTC: 2 March 00.30 in Sweden */
    struct series_input in = input("FREQ=MONTHLY", false);
    in.anchor_date = NULL;
    in.time_zone = NULL;
    add(&in, &s);
    schedule_after(s.schedule, f.now_us, 1, &o, &n);
    assert_int_equal(n, 1);
    assert_string_equal(o.local, "2026-03-02T09:00:00+01:00");
    series_fini(&s);
}

static void test_series_add__only_months_cover_the_one_before(void **state)
{
    (void)state;
    int64_t id = 0;
    struct series_input in = input("FREQ=WEEKLY;BYDAY=MO", false);
    in.covers_previous = true;
    assert_int_equal(series_add(f.db, &f.anna, &in, &id, &f.err), ERR_INVALID);
    assert_non_null(strstr(f.err.text, "month"));
}

static void test_series_add__takes_the_kind_from_the_rule(void **state)
{
    (void)state;
    static const char *const rows[][3] = {{"FREQ=WEEKLY;BYDAY=FR", NULL, "weekly"},
                                          {"freq=daily", NULL, "info"},
                                          {"FREQ=MONTHLY;BYMONTHDAY=1", NULL, "monthly"},
                                          {"FREQ=WEEKLY;BYDAY=FR", "info", "info"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct series_input in = input(rows[i][0], false);
        struct series s = {0};
        char name[20];
        snprintf(name, sizeof name, "Brev %zu", i);
        in.name = name;
        in.letter_kind = rows[i][1];
        add(&in, &s);
        assert_string_equal(s.letter_kind, rows[i][2]);
        series_fini(&s);
    }
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_series_occurrence__finds_each_label, setup, teardown),
    TEST_FIXTURE(test_series_occurrence__every_moved_day_is_found, setup, teardown),
    TEST_FIXTURE(test_series_add__begins_today_where_the_node_is, setup, teardown),
    TEST_FIXTURE(test_series_add__takes_the_kind_from_the_rule, setup, teardown),
    TEST_FIXTURE(test_series_add__only_months_cover_the_one_before, setup, teardown),
};

TEST_MAIN(tests)
