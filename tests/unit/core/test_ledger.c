/* core/ledger.h: claims, records, recalls, recovery, ends; the clock that stands, jumps and lies. */
#include "core/ledger.h"

#include <stdio.h>

#include "base/id.h"
#include "core/letter.h"
#include "core/series.h"
#include "lib/alert_rows.h"
#include "lib/ledger_check.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define DAY (86400 * US_PER_S)

static const char SOURCE[] =
    "---\ntitle: Månadsbrev mars 2026\nkind: monthly\nperiod: 2026-03\narea: Ängelholm\n---\nHej {{name}}!\n";

static struct store_fixture f;
static struct job jobs[CLAIM_MAX];
static int64_t letter, message;

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    letter = message = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (message)
        ledger_check(f.db, message, false);
    store_fixture_fini(&f);
    return 0;
}

static void expand(void)
{
    bool more = true;
    while (more)
        store_fixture_ok(&f, ledger_expand(f.db, 100, &more));
}

/* `n` people in Ängelholm, and the March letter about to be entered for them. */
static void begin_letter(int n)
{
    struct series_input in = {.name = "Månadsbrev",
                              .scope = "police_area:angelholm",
                              .rrule = "FREQ=MONTHLY;BYMONTHDAY=2",
                              .time = "09:00",
                              .time_zone = "Europe/Stockholm",
                              .anchor_date = "2026-01-01"};
    struct letter_options options = {0};
    int64_t id = 0;
    for (int i = 0; i < n; i++) {
        char address[40];
        snprintf(address, sizeof address, "%d@example.se", i);
        store_fixture_person(&f, "1292", "Lärkvägen", "Någon", address, NULL);
    }
    store_fixture_ok(&f, series_add(f.db, &f.anna, &in, &id, &f.err));
    store_fixture_ok(&f, letter_add(f.db, &f.anna, SOURCE, &options, &letter, &f.err));
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, letter, NULL, &f.err));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, letter, NULL, &f.err));
    f.now_us += 2 * DAY;
    store_fixture_ok(&f, letter_open(f.db, letter, f.now_us, 7 * DAY, &f.err));
    store_fixture_ok(&f, db_get_int(f.db, &message, Q_MESSAGE_EXPANDING, DB_NO_ARGS));
}

/* The same, and on its way to them. */
static void open_letter(int n)
{
    begin_letter(n);
    expand();
}

static int claim(int max)
{
    struct claim claims = {.room = {max, max, max}};
    int n = 0;
    claims.now_us = f.now_us;
    store_fixture_ok(&f, ledger_claim(f.db, &claims, jobs, &n));
    return n;
}

static int record(int64_t delivery_id, enum delivery_state state)
{
    struct ledger_result r = {
        .delivery_id = delivery_id, .state = state, .now_us = f.now_us, .due_us = f.now_us + DAY, .code = 250};
    return ledger_record(f.db, &r);
}

static void send_all(enum delivery_state state)
{
    int n;
    while ((n = claim(100)) > 0)
        for (int i = 0; i < n; i++)
            store_fixture_ok(&f, record(jobs[i].delivery_id, state));
    store_fixture_ok(&f, ledger_finish(f.db));
}

static const char *letter_state(void)
{
    static char out[20];
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&f, db_query_as(f.db, &all, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(letter))));
    assert_int_equal(db_next(rows), 1);
    snprintf(out, sizeof out, "%s", db_text(rows, 9));
    db_done(rows);
    return out;
}

static int count(const char *state)
{
    return (int)store_fixture_count(&f, message, state);
}

static void test_ledger_record__a_final_row_stays(void **state)
{
    (void)state;
    open_letter(1);
    assert_int_equal(claim(10), 1);
    assert_int_equal(claim(10), 0); /* nobody claims it twice */
    store_fixture_ok(&f, record(jobs[0].delivery_id, DELIVERY_SENT));
    assert_int_equal(record(jobs[0].delivery_id, DELIVERY_FAILED), ERR_BAD_STATE);
    assert_int_equal(ledger_give_back(f.db, jobs[0].delivery_id, 0), ERR_BAD_STATE);
    assert_int_equal(count("sent"), 1);
}

static void test_ledger_give_back__as_if_never_claimed(void **state)
{
    (void)state;
    open_letter(1);
    claim(1);
    assert_int_equal(jobs[0].attempts, 1);
    store_fixture_ok(&f, ledger_give_back(f.db, jobs[0].delivery_id, 0));
    assert_int_equal(count("pending"), 1);
    f.now_us -= 3600 * US_PER_S; /* it keeps its due time: not due yet on this clock */
    assert_int_equal(claim(1), 0);
    f.now_us += 3600 * US_PER_S;
    assert_int_equal(claim(1), 1);
    assert_int_equal(jobs[0].attempts, 1);
}

static void test_ledger_recalled__cancelled_while_claimed(void **state)
{
    (void)state;
    bool recalled[3] = {false, false, true};
    open_letter(5);
    assert_int_equal(claim(3), 3);
    int64_t ids[] = {jobs[0].delivery_id, jobs[1].delivery_id, jobs[2].delivery_id};
    store_fixture_ok(&f, ledger_recalled(f.db, ids, 3, recalled));
    assert_false(recalled[0] || recalled[1] || recalled[2]);
    store_fixture_ok(&f, letter_cancel(f.db, &f.anna, letter, "fel", &f.err));
    store_fixture_ok(&f, ledger_recalled(f.db, ids, 3, recalled));
    assert_true(recalled[0] && recalled[1] && recalled[2]);
    store_fixture_ok(&f, ledger_give_back(f.db, ids[0], 0));
    store_fixture_ok(&f, record(ids[1], DELIVERY_PENDING)); /* a 4xx */
    store_fixture_ok(&f, record(ids[2], DELIVERY_SENT));    /* was on the wire */
    assert_int_equal(count("withdrawn"), 4);
    assert_int_equal(count("sent"), 1);
    ledger_check(f.db, message, true);
}

static void test_ledger_recover__what_was_cancelled_is_not_sent_after_a_crash(void **state)
{
    (void)state;
    int64_t n = 0;
    open_letter(5);
    claim(2);
    store_fixture_ok(&f, letter_cancel(f.db, &f.anna, letter, "fel", &f.err));
    store_fixture_ok(&f, ledger_recover(f.db, &n));
    assert_int_equal(n, 2);
    assert_int_equal(count("withdrawn"), 5);
    assert_int_equal(claim(10), 0);
}

static void test_ledger__a_period_is_free_again_when_no_copy_left(void **state)
{
    (void)state;
    struct letter_options options = {0};
    int64_t again = 0;
    open_letter(2);
    claim(2);
    int64_t ids[] = {jobs[0].delivery_id, jobs[1].delivery_id};
    store_fixture_ok(&f, letter_cancel(f.db, &f.anna, letter, "fel", &f.err));
    store_fixture_ok(&f, letter_add(f.db, &f.anna, SOURCE, &options, &again, &f.err));
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, again, NULL, &f.err));
    assert_int_equal(letter_approve(f.db, &f.bertil, again, NULL, &f.err), ERR_EXISTS); /* two may be on the wire */
    store_fixture_ok(&f, ledger_give_back(f.db, ids[0], 0));
    assert_int_equal(letter_approve(f.db, &f.bertil, again, NULL, &f.err), ERR_EXISTS);
    store_fixture_ok(&f, ledger_give_back(f.db, ids[1], 0));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, again, NULL, &f.err));
}

static void test_ledger_finish__a_test_copy_does_not_end_the_letter(void **state)
{
    (void)state;
    int64_t copy = 0;
    open_letter(2);
    store_fixture_ok(&f, letter_test(f.db, &f.anna, letter, "anna@example.se", NULL, &copy, &f.err));
    assert_int_equal(claim(1), 2); /* one of each lane */
    for (int i = 0; i < 2; i++)
        if (jobs[i].message_id == copy)
            store_fixture_ok(&f, record(jobs[i].delivery_id, DELIVERY_SENT));
        else
            store_fixture_ok(&f, ledger_give_back(f.db, jobs[i].delivery_id, 0));
    store_fixture_ok(&f, ledger_finish(f.db));
    ledger_check(f.db, copy, true);
    assert_string_equal(letter_state(), "sending");
    send_all(DELIVERY_SENT);
    assert_string_equal(letter_state(), "sent");
}

static void test_ledger_finish__a_letter_to_nobody_ends(void **state)
{
    (void)state;
    open_letter(0);
    store_fixture_ok(&f, ledger_finish(f.db));
    assert_string_equal(letter_state(), "sent");
}

static void test_ledger_finish__failed_and_uncertain_are_ends_too(void **state)
{
    (void)state;
    open_letter(3);
    claim(3);
    store_fixture_ok(&f, record(jobs[0].delivery_id, DELIVERY_FAILED));
    store_fixture_ok(&f, record(jobs[1].delivery_id, DELIVERY_UNCERTAIN));
    store_fixture_ok(&f, ledger_finish(f.db));
    assert_string_equal(letter_state(), "sending");
    store_fixture_ok(&f, record(jobs[2].delivery_id, DELIVERY_SENT));
    store_fixture_ok(&f, ledger_finish(f.db));
    assert_string_equal(letter_state(), "sent");
    ledger_check(f.db, message, true);
}

/* A newcomer in the very microsecond of the walk, and one under a clock that was set back. */
static void test_ledger__newcomers_whatever_the_clock_does(void **state)
{
    (void)state;
    open_letter(2);
    store_fixture_person(&f, "1257", "Ekbacken", "Ny", "ny@example.se", NULL);
    expand();
    assert_int_equal(count("pending"), 3);
    send_all(DELIVERY_SENT);
    f.now_us -= DAY;
    store_fixture_person(&f, "1278", "Hamngatan", "Nyare", "nyare@example.se", NULL);
    expand();
    assert_int_equal(count("pending"), 1);
    send_all(DELIVERY_SENT);
    assert_int_equal(count("sent"), 4);
    ledger_check(f.db, message, true);
}

static void test_ledger_pull_back__the_clock_was_ahead(void **state)
{
    (void)state;
    int64_t n = 0;
    int64_t due = 0;
    open_letter(2);
    assert_int_equal(claim(10), 2);
    store_fixture_ok(&f, record(jobs[1].delivery_id, DELIVERY_SENT));
    f.now_us += DAY;
    store_fixture_ok(&f, record(jobs[0].delivery_id, DELIVERY_PENDING)); /* due two days ahead of the right time */
    f.now_us -= DAY;
    store_fixture_ok(&f, ledger_next_due(f.db, f.now_us, &due));
    assert_int_equal(due, f.now_us + 2 * DAY);
    store_fixture_ok(&f, ledger_pull_back(f.db, f.now_us, f.now_us + 3 * DAY, &n));
    assert_int_equal(n, 0);
    store_fixture_ok(&f, ledger_pull_back(f.db, f.now_us, f.now_us + DAY, &n));
    assert_int_equal(n, 1);
    assert_int_equal(ledger_next_due(f.db, f.now_us, &due), ERR_NOT_FOUND);
    assert_int_equal(claim(10), 1);
}

static void test_ledger_expand__a_letter_gives_way_to_an_alert(void **state)
{
    (void)state;
    const struct alert_rows_input in = {0};
    bool more = true;
    int64_t group = 0;
    int64_t alert = 0;
    int64_t warning = 0;
    begin_letter(450);
    store_fixture_person(&f, "1292", "Ekbacken", "Någon", "ek@example.se", &group);
    store_fixture_ok(&f, alert_rows_add(f.db, &in, &alert));
    store_fixture_ok(&f, alert_rows_add_group(f.db, alert, group));
    store_fixture_ok(&f, alert_rows_open(f.db, &in, alert, &warning));
    while (store_fixture_count(&f, warning, "pending") == 0)
        store_fixture_ok(&f, ledger_expand(f.db, 2000, &more));
    assert_int_equal(count("pending"), 0);
    while (count("pending") == 0)
        store_fixture_ok(&f, ledger_expand(f.db, 2000, &more));
    assert_int_equal(count("pending"), 200);
    assert_false(more); /* it waits for a connection: later */
    assert_true(claim(1) > 0);
    assert_int_equal(jobs[0].message_id, warning);
    int64_t row = jobs[0].delivery_id;
    claim(1); /* finds that none is left */
    store_fixture_ok(&f, ledger_expand(f.db, 2000, &more));
    assert_int_equal(count("pending") + count("claimed"), 400);
    assert_true(more); /* it is on its way */
    store_fixture_ok(&f, record(row, DELIVERY_SENT));
    while (more)
        store_fixture_ok(&f, ledger_expand(f.db, 2000, &more));
    assert_int_equal(count("pending") + count("claimed"), 451);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ledger_record__a_final_row_stays, setup, teardown),
    TEST_FIXTURE(test_ledger_give_back__as_if_never_claimed, setup, teardown),
    TEST_FIXTURE(test_ledger_recalled__cancelled_while_claimed, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__what_was_cancelled_is_not_sent_after_a_crash, setup, teardown),
    TEST_FIXTURE(test_ledger__a_period_is_free_again_when_no_copy_left, setup, teardown),
    TEST_FIXTURE(test_ledger_finish__a_test_copy_does_not_end_the_letter, setup, teardown),
    TEST_FIXTURE(test_ledger_finish__a_letter_to_nobody_ends, setup, teardown),
    TEST_FIXTURE(test_ledger_finish__failed_and_uncertain_are_ends_too, setup, teardown),
    TEST_FIXTURE(test_ledger__newcomers_whatever_the_clock_does, setup, teardown),
    TEST_FIXTURE(test_ledger_pull_back__the_clock_was_ahead, setup, teardown),
    TEST_FIXTURE(test_ledger_expand__a_letter_gives_way_to_an_alert, setup, teardown),
};

TEST_MAIN(tests)
