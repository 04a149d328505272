/* core/ledger_alert.h and ledger_close.h: whom an alert reaches, what is tried again, how it ends. */
#include "core/ledger_alert.h"

#include <stdio.h>

#include "base/clock_trust.h"
#include "base/mem.h"
#include "core/group.h"
#include "core/ledger_close.h"
#include "core/ledger_retry.h"
#include "lib/alert_thread.h"
#include "lib/ledger_check.h"
#include "lib/test.h"

#define MINUTE (60 * US_PER_S)
#define HOUR (60 * MINUTE)

static struct alert_thread t;

static int setup(void **state)
{
    (void)state;
    alert_thread_init(&t);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    alert_thread_fini(&t);
    return 0;
}

/* --- expansion -------------------------------------------------------------------------------------------------- */

static void test_ledger_open_alert__each_address_of_its_groups_once(void **state)
{
    (void)state;
    int64_t larks = 0;
    int64_t oaks = 0;
    int64_t others = 0;
    int64_t idle = 0;
    alert_thread_person(&t, "Lärkvägen", "a@example.se", &larks);
    alert_thread_person(&t, "Ekbacken", "a@example.se", &oaks); /* the same mailbox in a second group */
    alert_thread_person(&t, "Ekbacken", "b@example.se", &oaks);
    alert_thread_person(&t, "Granen", "c@example.se", &others);
    alert_thread_person(&t, "Vilan", "d@example.se", &idle);
    store_fixture_ok(&t.f, group_set_state(t.f.db, &t.f.anna, idle, "dormant", NULL, &t.f.err));
    int64_t message = alert_thread_open_root(&t, larks, oaks);
    store_fixture_ok(&t.f, alert_rows_add_group(t.f.db, t.root, idle));
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_count(&t, message, ""), 2);
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 2);
    assert_int_equal(t.jobs[0].lane, LANE_ALERT);
    assert_int_equal(t.jobs[0].follows, 0);
    alert_thread_send_claimed(&t);
    assert_int_equal(ledger_finish(t.f.db), 1);
    ledger_check(t.f.db, message, true);
}

static void test_ledger_open_alert__part_by_part(void **state)
{
    (void)state;
    int64_t groups[3] = {0};
    char address[40];
    for (int i = 0; i < 30; i++) {
        snprintf(address, sizeof address, "%d@example.se", i);
        alert_thread_person(&t, i % 3 == 0 ? "Lärkvägen" : i % 3 == 1 ? "Ekbacken" : "Granen", address, &groups[i % 3]);
    }
    int64_t message = alert_thread_open_root(&t, groups[0], groups[1]);
    store_fixture_ok(&t.f, alert_rows_add_group(t.f.db, t.root, groups[2]));
    for (int i = 0; i < 31; i++) { /* one person at a time: within groups and over their ends */
        alert_thread_expand_some(&t, 1);
        assert_int_equal(alert_thread_count(&t, message, ""), i < 30 ? i + 1 : 30);
    }
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 30);
}

static void test_ledger_open_alert__no_to_letters_is_none_to_alerts(void **state)
{
    (void)state;
    int64_t group = 0;
    alert_thread_person(&t, "Lärkvägen", "letters-no@example.se", &group);
    alert_thread_person(&t, "Lärkvägen", "alerts-no@example.se", &group);
    store_fixture_ok(&t.f,
                     db_script(t.f.db,
                               "UPDATE contact_address SET unsubscribed_at = 1 WHERE address_key LIKE 'letters%';"
                               "UPDATE contact_address SET alerts_stopped_at = 1 WHERE address_key LIKE 'alerts%';",
                               &t.f.err));
    int64_t message = alert_thread_open_root(&t, group, 0);
    alert_thread_expand(&t);
    assert_true(alert_thread_row(&t, message, "letters-no@example.se") > 0);
    assert_int_equal(alert_thread_row(&t, message, "alerts-no@example.se"), 0);
}

static void test_ledger_open_alert__expands_before_letters_and_waits_for_its_hour(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t due = 0;
    alert_thread_person(&t, "Lärkvägen", "a@example.se", &group);
    store_fixture_ok(&t.f, db_exec(t.f.db, NULL, Q_MESSAGE_INSERT,
                                   DB_ARGS(DB_INT(1), DB_TEXT("letter"), DB_INT(LANE_LETTER), DB_NULL,
                                           DB_TEXT("expanding"), DB_TEXT(""), DB_TEXT(""), DB_TEXT(""), DB_TEXT("all"),
                                           DB_TEXT(""), DB_NULL, DB_INT(0), DB_INT(1))));
    const struct alert_rows_input in = {.not_before_us = t.f.now_us + 9 * HOUR};
    int64_t message = alert_thread_open(&t, &in, group, 0);
    alert_thread_expand_some(&t, 100);
    assert_int_equal(alert_thread_count(&t, message, "pending"), 1);
    assert_int_equal(alert_thread_claim(&t, 9), 0);
    store_fixture_ok(&t.f, ledger_next_due(t.f.db, t.f.now_us, &due));
    assert_int_equal(due, in.not_before_us);
    /* Neither a clock that jumps nor the look for dates that no retry explains moves an hour of the day. */
    int64_t n = 0;
    store_fixture_ok(&t.f, ledger_pull_back(t.f.db, t.f.now_us, t.f.now_us + HOUR, &n));
    store_fixture_ok(&t.f, ledger_shift_due(t.f.db, HOUR, t.f.now_us, &n));
    assert_int_equal(n, 0);
    t.f.now_us = in.not_before_us - 1;
    assert_int_equal(alert_thread_claim(&t, 9), 0);
    t.f.now_us++;
    assert_int_equal(alert_thread_claim(&t, 9), 1);
}

/* --- retry by hand ---------------------------------------------------------------------------------------------- */

static void test_ledger_retry__refused_when_the_alert_was_recalled(void **state)
{
    (void)state;
    int64_t first = alert_thread_open_mixed(&t);
    alert_thread_open_follow(&t, false);
    assert_int_equal(ledger_retry(t.f.db, &t.f.anna, alert_thread_row(&t, first, "failed@example.se"), &t.f.err),
                     ERR_BAD_STATE);
    assert_non_null(strstr(t.f.err.text, "recalled"));
}

static void test_ledger_retry__an_uncertain_one_stays_in_doubt(void **state)
{
    (void)state;
    int64_t first = alert_thread_open_mixed(&t);
    store_fixture_ok(&t.f,
                     ledger_retry(t.f.db, &t.f.anna, alert_thread_row(&t, first, "uncertain@example.se"), &t.f.err));
    alert_thread_end_as(&t, first, "uncertain@example.se", DELIVERY_FAILED);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    assert_true(alert_thread_row(&t, recall, "uncertain@example.se") > 0);
}

/* --- close, expire ---------------------------------------------------------------------------------------------- */

static void test_ledger_expire__nothing_leaves_after_it(void **state)
{
    (void)state;
    int n = 0;
    int64_t first = alert_thread_open_mixed(&t);
    t.f.now_us += 24 * HOUR - MINUTE;
    store_fixture_ok(&t.f, ledger_expire(t.f.db, t.f.now_us, &n));
    assert_int_equal(n, 0);
    t.f.now_us += MINUTE;
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 0); /* though nobody has closed it yet */
    store_fixture_ok(&t.f, ledger_expire(t.f.db, t.f.now_us, &n));
    assert_int_equal(n, 1);
    store_fixture_ok(&t.f, ledger_expire(t.f.db, t.f.now_us, &n));
    assert_int_equal(n, 0);
    alert_thread_move_rows(&t);
    assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "queued@example.se")), "expired");
    int64_t id = alert_thread_row(&t, first, "claimed@example.se");
    bool recalled = false;
    store_fixture_ok(&t.f, ledger_recalled(t.f.db, &id, 1, &recalled));
    assert_true(recalled);
    store_fixture_ok(&t.f, ledger_give_back(t.f.db, id, 0));
    assert_string_equal(alert_thread_state(&t, id), "expired");
    assert_int_equal(ledger_retry(t.f.db, &t.f.anna, alert_thread_row(&t, first, "failed@example.se"), &t.f.err),
                     ERR_BAD_STATE);
    assert_non_null(strstr(t.f.err.text, "over"));
    ledger_check(t.f.db, first, true);
}

/* Ten years ahead for a second: no row ends by that, and none is tried without a wait. */
static void test_ledger_expire__not_by_a_clock_that_has_jumped_ahead(void **state)
{
    (void)state;
    const int64_t years = INT64_C(10) * 365 * 24 * HOUR;
    int64_t first = alert_thread_open_mixed(&t);
    int64_t id = alert_thread_row(&t, first, "claimed@example.se");
    int64_t due = 0;
    t.f.now_us += years;
    t.f.jumped_us += years;
    struct ledger_result later = {
        .delivery_id = id, .state = DELIVERY_PENDING, .now_us = t.f.now_us, .due_us = t.f.now_us + 5 * MINUTE};
    store_fixture_ok(&t.f, ledger_record(t.f.db, &later));
    assert_string_equal(alert_thread_state(&t, id), "pending");
    store_fixture_ok(&t.f, db_get_int(t.f.db, &due, Q_DELIVERY_DUE_AT, DB_ARGS(DB_INT(id))));
    assert_int_equal(due, later.due_us);
    assert_true(alert_thread_claim(&t, 9) > 0);
    id = alert_thread_row(&t, first, "queued@example.se");
    assert_string_equal(alert_thread_state(&t, id), "claimed");
    store_fixture_ok(&t.f, ledger_give_back(t.f.db, id, 0));
    assert_string_equal(alert_thread_state(&t, id), "pending");
}

static void test_ledger_expire__by_a_clock_that_has_stood_where_it_jumped(void **state)
{
    (void)state;
    int64_t first = alert_thread_open_mixed(&t);
    t.f.now_us += 25 * HOUR;
    t.f.jumped_us += 25 * HOUR;
    alert_thread_record(&t, alert_thread_row(&t, first, "claimed@example.se"), DELIVERY_PENDING);
    t.f.now_us += CLOCK_TRUST_S * US_PER_S;
    assert_int_equal(alert_thread_claim(&t, 9), 0);
    assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "claimed@example.se")), "pending");
}

static void test_ledger_expire__what_is_on_the_wire_ends_as_it_ends(void **state)
{
    (void)state;
    static const enum delivery_state ends[][2] = {{DELIVERY_SENT, DELIVERY_SENT},
                                                  {DELIVERY_FAILED, DELIVERY_FAILED},
                                                  {DELIVERY_UNCERTAIN, DELIVERY_UNCERTAIN},
                                                  {DELIVERY_PENDING, DELIVERY_EXPIRED}};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        for (int is_closed = 0; is_closed < 2; is_closed++) {
            int n = 0;
            teardown(state);
            setup(state);
            int64_t first = alert_thread_open_mixed(&t);
            t.f.now_us += 24 * HOUR;
            if (is_closed)
                store_fixture_ok(&t.f, ledger_expire(t.f.db, t.f.now_us, &n));
            alert_thread_record(&t, alert_thread_row(&t, first, "claimed@example.se"), ends[i][0]);
            assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "claimed@example.se")),
                                delivery_state_word(ends[i][1]));
        }
    }
}

static void test_ledger_recover__after_the_time_is_over(void **state)
{
    (void)state;
    int64_t n = 0;
    int expired = 0;
    int64_t first = alert_thread_open_mixed(&t);
    t.f.now_us += 24 * HOUR;
    store_fixture_ok(&t.f, ledger_expire(t.f.db, t.f.now_us, &expired));
    store_fixture_ok(&t.f, ledger_recover(t.f.db, &n));
    assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "claimed@example.se")), "expired");
}

static int64_t due_after(int64_t row, int64_t due_us)
{
    int64_t due = 0;
    struct ledger_result r = {.delivery_id = row, .state = DELIVERY_PENDING, .now_us = t.f.now_us, .due_us = due_us};
    assert_int_equal(alert_thread_claim(&t, 9), 1);
    store_fixture_ok(&t.f, ledger_record(t.f.db, &r));
    store_fixture_ok(&t.f, db_get_int(t.f.db, &due, Q_DELIVERY_DUE_AT, DB_ARGS(DB_INT(row))));
    t.f.now_us = due;
    return due;
}

static void test_ledger_record__the_last_try_is_before_the_end(void **state)
{
    (void)state;
    int64_t group = 0;
    alert_thread_person(&t, "Lärkvägen", "a@example.se", &group);
    int64_t end = t.f.now_us + HOUR;
    const struct alert_rows_input in = {.expires_us = end};
    int64_t row = 0;
    int64_t message = alert_thread_open(&t, &in, group, 0);
    alert_thread_expand(&t);
    row = alert_thread_row(&t, message, "a@example.se");
    assert_int_equal(due_after(row, t.f.now_us + 5 * MINUTE), end - 55 * MINUTE);
    assert_int_equal(due_after(row, t.f.now_us + 4 * HOUR), end - LEDGER_LAST_TRY_S * US_PER_S);
    assert_int_equal(due_after(row, t.f.now_us + 4 * HOUR), end); /* no try is made then */
    assert_int_equal(alert_thread_claim(&t, 9), 0);
}

/* --- a restored store ------------------------------------------------------------------------------------------- */

/* Open rows of the message as a restored store tells of them; -1: not told of. */
static int told_rows(int64_t message)
{
    struct db_rows *rows = NULL;
    int n = -1;
    store_fixture_ok(&t.f, db_query(t.f.db, &rows, Q_RESTORE_MESSAGES, DB_ARGS(DB_INT(t.f.now_us))));
    while (db_next(rows) > 0)
        if (db_int(rows, 0) == message)
            n = (int)db_int(rows, 6);
    db_done(rows);
    return n;
}

static void test_restore_messages__also_what_has_only_begun(void **state)
{
    (void)state;
    int64_t group = 0;
    alert_thread_person(&t, "Lärkvägen", "a@example.se", &group);
    const struct alert_rows_input in = {.expires_us = t.f.now_us + HOUR};
    int64_t first = alert_thread_open(&t, &in, group, 0);
    assert_int_equal(told_rows(first), 0);
    alert_thread_expand(&t);
    assert_int_equal(told_rows(first), 1);
    assert_int_equal(alert_thread_claim(&t, 9), 1);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    assert_int_equal(told_rows(recall), 0); /* it waits for how that one ends */
    alert_thread_record(&t, alert_thread_row(&t, first, "a@example.se"), DELIVERY_SENT);
    assert_int_equal(told_rows(first), -1);
}

static void test_ledger_close__claims_stop_at_once_and_rows_follow(void **state)
{
    (void)state;
    int64_t n = 0;
    int64_t group = alert_thread_people(&t, 450);
    int64_t message = alert_thread_open_root(&t, group, 0);
    alert_thread_expand(&t);
    alert_thread_claim(&t, 5);
    store_fixture_ok(&t.f, ledger_close(t.f.db, message, DELIVERY_WITHDRAWN));
    assert_int_equal(alert_thread_count(&t, message, "pending"), 445);
    assert_int_equal(alert_thread_claim(&t, 9), 0);
    /* Nothing brings it back into the queue. */
    store_fixture_ok(&t.f, ledger_pull_back(t.f.db, t.f.now_us, t.f.now_us - HOUR, &n));
    store_fixture_ok(&t.f, ledger_shift_due(t.f.db, -HOUR, t.f.now_us, &n));
    assert_int_equal(n, 0);
    store_fixture_ok(&t.f,
                     db_script(t.f.db, "UPDATE delivery SET due_at = due_at - 1 WHERE state = 'pending';", &t.f.err));
    assert_int_equal(alert_thread_claim(&t, 9), 0);
    ledger_check(t.f.db, message, false);
    alert_thread_move_rows(&t);
    assert_int_equal(alert_thread_count(&t, message, "withdrawn"), 445);
    assert_int_equal(alert_thread_count(&t, message, "claimed"), 5);
    /* Closed once is closed: its time being over changes nothing. */
    store_fixture_ok(&t.f, ledger_close(t.f.db, message, DELIVERY_EXPIRED));
    store_fixture_ok(&t.f, ledger_recover(t.f.db, &n));
    assert_int_equal(alert_thread_count(&t, message, "withdrawn"), 450);
    ledger_check(t.f.db, message, true);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ledger_open_alert__each_address_of_its_groups_once, setup, teardown),
    TEST_FIXTURE(test_ledger_open_alert__part_by_part, setup, teardown),
    TEST_FIXTURE(test_ledger_open_alert__no_to_letters_is_none_to_alerts, setup, teardown),
    TEST_FIXTURE(test_ledger_open_alert__expands_before_letters_and_waits_for_its_hour, setup, teardown),
    TEST_FIXTURE(test_ledger_retry__refused_when_the_alert_was_recalled, setup, teardown),
    TEST_FIXTURE(test_ledger_retry__an_uncertain_one_stays_in_doubt, setup, teardown),
    TEST_FIXTURE(test_ledger_expire__nothing_leaves_after_it, setup, teardown),
    TEST_FIXTURE(test_ledger_expire__not_by_a_clock_that_has_jumped_ahead, setup, teardown),
    TEST_FIXTURE(test_ledger_expire__by_a_clock_that_has_stood_where_it_jumped, setup, teardown),
    TEST_FIXTURE(test_ledger_expire__what_is_on_the_wire_ends_as_it_ends, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__after_the_time_is_over, setup, teardown),
    TEST_FIXTURE(test_ledger_record__the_last_try_is_before_the_end, setup, teardown),
    TEST_FIXTURE(test_restore_messages__also_what_has_only_begun, setup, teardown),
    TEST_FIXTURE(test_ledger_close__claims_stop_at_once_and_rows_follow, setup, teardown),
};

TEST_MAIN(tests)
