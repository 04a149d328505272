/* core/reminder.h: who is told what when, once. */
#include "core/reminder.h"

#include <stdio.h>

#include "core/config.h"
#include "core/letter.h"
#include "core/series.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

enum { OFFICERS = 2 }; /* anna and bertil; cecilia's area does not cover the series */
#define HOUR (3600 * US_PER_S)
#define DAY (24 * HOUR)

static const char CONF[] = "[node]\nbase_url = https://grannbud.example.se\n[store]\nurl = sqlite:/tmp/none.db\n"
                           "[sender]\nfrom = brev@example.se\n[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";

static struct store_fixture f;
static struct config *config;
static int64_t march_us; /* 1 March 00.00 in Sweden */

static int setup(void **state)
{
    (void)state;
    struct file_errors errors;
    store_fixture_init(&f);
    file_errors_init(&errors, "test");
    assert_int_equal(config_parse(CONF, strlen(CONF), &config, &errors), 0);
    file_errors_fini(&errors);
    march_us = f.now_us - 13 * HOUR;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    config_free(config);
    store_fixture_fini(&f);
    return 0;
}

static int64_t add_series(const char *name, const char *rrule, bool covers_previous)
{
    struct series_input in = {.name = name,
                              .scope = "police_area:angelholm",
                              .rrule = rrule,
                              .time = "09:00",
                              .time_zone = "Europe/Stockholm",
                              .anchor_date = "2026-01-01",
                              .covers_previous = covers_previous};
    int64_t id = 0;
    store_fixture_ok(&f, series_add(f.db, &f.anna, &in, &id, &f.err));
    return id;
}

/* How many mails there are when one looks on that day of March at that hour. */
static int look(int day, int hour)
{
    int sent = 0;
    int64_t cursor = 0;
    f.now_us = march_us + (day - 1) * DAY + hour * HOUR;
    f.err.text[0] = '\0';
    do
        store_fixture_ok(&f, reminder_run(f.db, config, f.now_us, &cursor, &sent, &f.err));
    while (cursor != 0);
    return sent;
}

static void test_reminder_run__each_moment_once(void **state)
{
    (void)state;
    add_series("Månadsbrev", "FREQ=MONTHLY;BYMONTHDAY=25", false);
    assert_int_equal(look(1, 13), 0); /* 20 February was before the series */
    assert_int_equal(look(20, 8), 0);
    assert_int_equal(look(20, 10), OFFICERS); /* day 20, for April */
    assert_int_equal(look(20, 11), 0);
    assert_int_equal(look(22, 10), OFFICERS); /* three days */
    assert_int_equal(look(24, 10), OFFICERS); /* one day */
    assert_int_equal(look(25, 8), 0);
    assert_int_equal(look(25, 10), OFFICERS); /* missed */
    assert_int_equal(look(31, 1), 0);
}

static void test_reminder_run__many_series_in_turns(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * REMINDER_SERIES_MAX; i++) {
        char name[20];
        snprintf(name, sizeof name, "Brev %d", i);
        add_series(name, "FREQ=MONTHLY;BYMONTHDAY=25", false);
    }
    int64_t cursor = 0;
    int sent = 0;
    f.now_us = march_us + 21 * DAY + 10 * HOUR;
    store_fixture_ok(&f, reminder_run(f.db, config, f.now_us, &cursor, &sent, &f.err));
    assert_int_equal(sent, REMINDER_SERIES_MAX * 2 * OFFICERS);
    assert_true(cursor != 0);
    assert_int_equal(look(22, 10), REMINDER_SERIES_MAX * 2 * OFFICERS); /* the other half */
}

static void test_reminder_run__after_downtime_only_the_latest(void **state)
{
    (void)state;
    add_series("Månadsbrev", "FREQ=MONTHLY;BYMONTHDAY=25", false);
    assert_int_equal(look(26, 10), 2 * OFFICERS); /* March is missed; day 20 for April */
    assert_int_equal(look(27, 10), 0);
}

static void test_reminder_run__the_clock_may_go_back(void **state)
{
    (void)state;
    add_series("Månadsbrev", "FREQ=MONTHLY;BYMONTHDAY=25", false);
    assert_int_equal(look(24, 10), 2 * OFFICERS);
    assert_int_equal(look(22, 10), 0); /* told already */
    assert_int_equal(look(25, 10), OFFICERS);
}

static void test_reminder_run__not_when_a_letter_is_approved(void **state)
{
    static const char source[] = "---\ntitle: Mars\nkind: monthly\nperiod: 2026-03\narea: Ängelholm\n---\nHej!\n";
    (void)state;
    struct letter_options options = {0};
    int64_t id = 0;
    add_series("Månadsbrev", "FREQ=MONTHLY;BYMONTHDAY=1", true); /* 1 April, about March */
    store_fixture_ok(&f, letter_add(f.db, &f.anna, source, &options, &id, &f.err));
    assert_int_equal(look(19, 10), 0);
    assert_int_equal(look(20, 10), OFFICERS); /* a draft is no letter yet */
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, id, NULL, &f.err));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, id, NULL, &f.err));
    assert_int_equal(look(31, 12), 0);
    assert_int_equal(look(31 + 5, 12), 0); /* nor missed */
}

static void test_reminder_run__paused_series_ask_for_nothing(void **state)
{
    (void)state;
    int64_t id = add_series("Månadsbrev", "FREQ=MONTHLY;BYMONTHDAY=25", false);
    store_fixture_ok(&f, series_pause(f.db, &f.anna, id, &f.err));
    assert_int_equal(look(26, 10), 0);
    store_fixture_ok(&f, series_resume(f.db, &f.anna, id, &f.err));
    assert_int_equal(look(26, 11), 0); /* what passed meanwhile is not made up for */
}

static void test_reminder_run__a_broken_series_silences_nobody(void **state)
{
    (void)state;
    store_fixture_ok(
        &f, db_exec(f.db, NULL, Q_SERIES_INSERT,
                    DB_ARGS(DB_INT(1), DB_TEXT("Trasig"), DB_TEXT("police_area"), DB_TEXT("angelholm"),
                            DB_TEXT("monthly"), DB_TEXT("FREQ=NEVER"), DB_TEXT("09:00"), DB_TEXT("Europe/Stockholm"),
                            DB_TEXT("2026-01-01"), DB_INT(0), DB_INT(0), DB_INT(f.now_us))));
    add_series("Månadsbrev", "FREQ=MONTHLY;BYMONTHDAY=25", false);
    assert_int_equal(look(22, 10), 2 * OFFICERS);
    assert_true(f.err.text[0] != '\0');
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_reminder_run__each_moment_once, setup, teardown),
    TEST_FIXTURE(test_reminder_run__many_series_in_turns, setup, teardown),
    TEST_FIXTURE(test_reminder_run__after_downtime_only_the_latest, setup, teardown),
    TEST_FIXTURE(test_reminder_run__the_clock_may_go_back, setup, teardown),
    TEST_FIXTURE(test_reminder_run__not_when_a_letter_is_approved, setup, teardown),
    TEST_FIXTURE(test_reminder_run__paused_series_ask_for_nothing, setup, teardown),
    TEST_FIXTURE(test_reminder_run__a_broken_series_silences_nobody, setup, teardown),
};

TEST_MAIN(tests)
