/* core/ledger_alert.h: whom an update and a recall follow. */
#include "core/ledger_alert.h"

#include "base/mem.h"
#include "core/group.h"
#include "lib/alert_thread.h"
#include "lib/ledger_check.h"
#include "lib/test.h"

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

/* --- recall ----------------------------------------------------------------------------------------------------- */

static void test_ledger_open_follow__a_recall_goes_to_who_got_it_or_may_have(void **state)
{
    (void)state;
    int64_t first = alert_thread_open_mixed(&t);
    int64_t recall = alert_thread_open_follow(&t, false);
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 0); /* nothing of the first leaves any more */
    alert_thread_person(&t, "Lärkvägen", "newcomer@example.se", NULL);
    alert_thread_expand(&t);
    alert_thread_move_rows(&t);
    assert_int_equal(alert_thread_count(&t, recall, ""), 2);
    assert_true(alert_thread_row(&t, recall, "sent@example.se") > 0);
    assert_true(alert_thread_row(&t, recall, "uncertain@example.se") > 0);
    assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "queued@example.se")), "withdrawn");
    alert_thread_claim(&t, CLAIM_MAX);
    assert_int_equal(t.claimed, 2);
    for (int i = 0; i < t.claimed; i++) {
        assert_int_equal(t.jobs[i].follows, alert_thread_row(&t, first, t.jobs[i].address));
        alert_thread_record(&t, t.jobs[i].delivery_id, DELIVERY_SENT);
    }
    /* The one on the wire keeps the recall from ending, and follows when it got there. */
    assert_true(ledger_finish(t.f.db) >= 0);
    alert_thread_settle(&t);
    assert_int_equal(alert_thread_count(&t, recall, ""), 2);
    alert_thread_record(&t, alert_thread_row(&t, first, "claimed@example.se"), DELIVERY_SENT);
    alert_thread_settle(&t);
    assert_int_equal(alert_thread_count(&t, recall, "pending"), 1);
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 1);
    assert_string_equal(t.jobs[0].address, "claimed@example.se");
    alert_thread_record(&t, t.jobs[0].delivery_id, DELIVERY_SENT);
    while (ledger_finish(t.f.db) > 0)
        continue;
    ledger_check(t.f.db, recall, true);
    ledger_check(t.f.db, first, true);
}

static void test_ledger_open_follow__what_was_on_the_wire_and_did_not_arrive(void **state)
{
    (void)state;
    static const enum delivery_state ends[] = {DELIVERY_FAILED, DELIVERY_PENDING};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (i > 0) {
            teardown(state);
            setup(state);
        }
        int64_t first = alert_thread_open_mixed(&t);
        int64_t recall = alert_thread_open_follow(&t, false);
        alert_thread_expand(&t);
        alert_thread_record(&t, alert_thread_row(&t, first, "claimed@example.se"), ends[i]);
        alert_thread_settle(&t);
        alert_thread_move_rows(&t);
        assert_int_equal(alert_thread_row(&t, recall, "claimed@example.se"), 0);
        assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "claimed@example.se")),
                            i == 0 ? "failed" : "withdrawn");
    }
}

static void test_ledger_recover__who_was_in_flight_may_have_it(void **state)
{
    (void)state;
    int64_t n = 0;
    int64_t first = alert_thread_open_mixed(&t);
    store_fixture_ok(&t.f, ledger_recover(t.f.db, &n));
    assert_int_equal(n, 1);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    alert_thread_move_rows(&t);
    assert_int_equal(alert_thread_count(&t, recall, ""), 3);
    assert_true(alert_thread_row(&t, recall, "claimed@example.se") > 0);
    assert_string_equal(alert_thread_state(&t, alert_thread_row(&t, first, "claimed@example.se")), "withdrawn");
}

static void test_ledger_recover__the_process_ends_while_a_recall_waits(void **state)
{
    (void)state;
    int64_t n = 0;
    alert_thread_open_mixed(&t);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    store_fixture_ok(&t.f, ledger_recover(t.f.db, &n));
    alert_thread_settle(&t);
    assert_true(alert_thread_row(&t, recall, "claimed@example.se") > 0);
    assert_int_equal(alert_thread_count(&t, recall, ""), 3);
}

static void test_ledger_doubt_queued__a_backup_does_not_know_who_got_it_since(void **state)
{
    (void)state;
    alert_thread_open_mixed(&t);
    store_fixture_ok(&t.f, ledger_doubt_queued(t.f.db));
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_count(&t, recall, ""), 3);
    assert_true(alert_thread_row(&t, recall, "queued@example.se") > 0);
    assert_int_equal(alert_thread_row(&t, recall, "failed@example.se"), 0);
}

static void test_ledger_open_follow__a_recall_in_the_middle_of_the_expansion(void **state)
{
    (void)state;
    int64_t group = alert_thread_people(&t, 10);
    int64_t first = alert_thread_open_root(&t, group, 0);
    alert_thread_expand_some(&t, 4);
    alert_thread_claim(&t, 1);
    alert_thread_record(&t, t.jobs[0].delivery_id, DELIVERY_SENT);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    alert_thread_move_rows(&t);
    assert_int_equal(alert_thread_count(&t, first, ""), 4);
    assert_int_equal(alert_thread_count(&t, recall, ""), 1);
}

static void test_ledger_open_follow__who_left_or_stopped_gets_nothing_more(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t gone = alert_thread_person(&t, "Lärkvägen", "gone@example.se", &group);
    alert_thread_person(&t, "Lärkvägen", "stopped@example.se", &group);
    alert_thread_person(&t, "Lärkvägen", "stays@example.se", &group);
    int64_t shares = alert_thread_person(&t, "Lärkvägen", "shared@example.se", &group);
    int64_t first = alert_thread_open_root(&t, group, 0);
    alert_thread_expand(&t);
    alert_thread_claim(&t, CLAIM_MAX);
    alert_thread_send_claimed(&t);
    assert_int_equal(t.claimed, 4);
    store_fixture_ok(&t.f, contact_remove(t.f.db, &t.f.anna, gone, 0, &t.f.err));
    store_fixture_ok(
        &t.f, db_script(t.f.db, "UPDATE contact_address SET alerts_stopped_at = 1 WHERE address_key LIKE 'stopped%';",
                        &t.f.err));
    /* A second person gave the same mailbox: it is still in the register when the first has left. */
    store_fixture_person(&t.f, "1292", "Lärkvägen", "Någon annan", "shared@example.se", &group);
    store_fixture_ok(&t.f, contact_remove(t.f.db, &t.f.anna, shares, 0, &t.f.err));
    store_fixture_ok(&t.f, group_set_state(t.f.db, &t.f.anna, group, "dormant", NULL, &t.f.err));
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_count(&t, recall, ""), 2);
    assert_true(alert_thread_row(&t, recall, "stays@example.se") > 0);
    assert_true(alert_thread_row(&t, recall, "shared@example.se") > 0);
    /* A group that is closed while the recall goes out does not keep it from them. */
    store_fixture_ok(&t.f, group_set_state(t.f.db, &t.f.anna, group, "closed", NULL, &t.f.err));
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 2);
    assert_int_equal(t.jobs[0].follows, alert_thread_row(&t, first, t.jobs[0].address));
}

/* --- update ----------------------------------------------------------------------------------------------------- */

static void test_ledger_open_follow__an_update_takes_over_what_was_queued(void **state)
{
    (void)state;
    int64_t first = alert_thread_open_mixed(&t);
    int64_t update = alert_thread_open_follow(&t, true);
    alert_thread_move_rows(&t); /* before the walk comes there, or after it: the same */
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_count(&t, update, ""), 3);
    alert_thread_claim(&t, CLAIM_MAX);
    for (int i = 0; i < t.claimed; i++)
        assert_int_equal(t.jobs[i].follows, strcmp(t.jobs[i].address, "queued@example.se") == 0
                                                ? 0
                                                : alert_thread_row(&t, first, t.jobs[i].address));
    assert_int_equal(t.claimed, 3);
    assert_int_equal(alert_thread_row(&t, update, "failed@example.se"), 0);
    /* What was t.claimed and comes back gets the update in its place. */
    store_fixture_ok(&t.f, ledger_give_back(t.f.db, alert_thread_row(&t, first, "claimed@example.se"), 0));
    alert_thread_settle(&t);
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 1);
    assert_string_equal(t.jobs[0].address, "claimed@example.se");
    assert_int_equal(t.jobs[0].follows, 0);
}

static void test_ledger_open_follow__an_update_leaves_out_whom_the_first_was_withdrawn_from(void **state)
{
    (void)state;
    int64_t group = 0;
    int64_t idle = 0;
    alert_thread_person(&t, "Lärkvägen", "a@example.se", &group);
    int64_t gone = alert_thread_person(&t, "Lärkvägen", "gone@example.se", &group);
    alert_thread_person(&t, "Vilan", "b@example.se", &idle);
    alert_thread_open_root(&t, group, idle);
    alert_thread_expand(&t);
    store_fixture_ok(&t.f, contact_remove(t.f.db, &t.f.anna, gone, 0, &t.f.err));
    store_fixture_ok(&t.f, group_set_state(t.f.db, &t.f.anna, idle, "dormant", NULL, &t.f.err));
    int64_t update = alert_thread_open_follow(&t, true);
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_count(&t, update, ""), 1);
    assert_true(alert_thread_row(&t, update, "a@example.se") > 0);
}

static void test_ledger_open_follow__an_update_in_the_middle_of_the_expansion_reaches_all(void **state)
{
    (void)state;
    int64_t group = alert_thread_people(&t, 10);
    int64_t first = alert_thread_open_root(&t, group, 0);
    alert_thread_expand_some(&t, 4);
    alert_thread_claim(&t, 1);
    alert_thread_record(&t, t.jobs[0].delivery_id, DELIVERY_SENT);
    alert_thread_open_follow(&t, true);
    alert_thread_expand_some(&t, 2);
    alert_thread_expand_some(&t, 2);
    int64_t second = alert_thread_open_follow(&t, true); /* before the first update had come to the rest */
    alert_thread_expand(&t);
    alert_thread_move_rows(&t);
    assert_int_equal(alert_thread_count(&t, first, ""), 4);
    assert_int_equal(alert_thread_count(&t, second, ""), 10);
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 10);
    alert_thread_send_claimed(&t);
    int64_t third = alert_thread_open_follow(&t, true); /* and one after it had come to all: nobody new */
    alert_thread_person(&t, "Lärkvägen", "newcomer@example.se", NULL);
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_count(&t, third, ""), 10);
    assert_int_equal(alert_thread_row(&t, third, "newcomer@example.se"), 0);
}

static void test_ledger_open_follow__follows_the_earliest_copy(void **state)
{
    (void)state;
    int64_t group = 0;
    alert_thread_person(&t, "Lärkvägen", "both@example.se", &group);
    alert_thread_person(&t, "Lärkvägen", "second@example.se", &group);
    int64_t first = alert_thread_open_root(&t, group, 0);
    alert_thread_expand(&t);
    alert_thread_end_as(&t, first, "both@example.se", DELIVERY_SENT);
    int64_t update = alert_thread_open_follow(&t, true);
    alert_thread_expand(&t);
    alert_thread_end_as(&t, update, "both@example.se", DELIVERY_FAILED);
    alert_thread_end_as(&t, update, "second@example.se", DELIVERY_SENT);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_claim(&t, CLAIM_MAX), 2);
    for (int i = 0; i < t.claimed; i++)
        assert_int_equal(t.jobs[i].follows, t.jobs[i].address[0] == 'b'
                                                ? alert_thread_row(&t, first, "both@example.se")
                                                : alert_thread_row(&t, update, "second@example.se"));
    assert_int_equal(alert_thread_count(&t, recall, ""), 2);
}

static void test_ledger_open_follow__a_recall_takes_over_what_an_update_waits_for(void **state)
{
    (void)state;
    int64_t first = alert_thread_open_mixed(&t);
    alert_thread_open_follow(&t, true);
    alert_thread_expand(&t);
    int64_t recall = alert_thread_open_follow(&t, false);
    alert_thread_expand(&t);
    assert_int_equal(alert_thread_row(&t, recall, "claimed@example.se"), 0);
    alert_thread_record(&t, alert_thread_row(&t, first, "claimed@example.se"), DELIVERY_UNCERTAIN);
    alert_thread_settle(&t);
    assert_true(alert_thread_row(&t, recall, "claimed@example.se") > 0);
    assert_int_equal(alert_thread_row(&t, t.messages[1], "claimed@example.se"), 0);
}

static void test_ledger_open_follow__nothing_to_follow(void **state)
{
    (void)state;
    const struct alert_rows_input in = {0};
    int64_t message = 0;
    store_fixture_ok(&t.f, alert_rows_add(t.f.db, &in, &t.root));
    struct ledger_alert a = {.alert_id = t.root, .title = "", .source = "", .hash = "", .expires_us = t.f.now_us + 1};
    assert_int_equal(ledger_open_follow(t.f.db, &a, t.root, false, &message), ERR_NOT_FOUND);
}

static void test_ledger_open_follow__an_exercise_is_followed_by_exercises(void **state)
{
    (void)state;
    const struct alert_rows_input exercise = {.is_exercise = true};
    alert_thread_open(&t, &exercise, 0, 0);
    struct alert_rows_input real = {.type = "recall", .root_id = t.root};
    int64_t id = 0;
    assert_true(alert_rows_add(t.f.db, &real, &id) != 0);
    real.is_exercise = true;
    store_fixture_ok(&t.f, alert_rows_add(t.f.db, &real, &id));
    struct ledger_alert a = {
        .alert_id = id, .title = "", .source = "", .hash = "", .is_exercise = false, .expires_us = t.f.now_us + 1};
    assert_true(ledger_open_follow(t.f.db, &a, t.root, false, &id) != 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ledger_open_follow__a_recall_goes_to_who_got_it_or_may_have, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__what_was_on_the_wire_and_did_not_arrive, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__who_was_in_flight_may_have_it, setup, teardown),
    TEST_FIXTURE(test_ledger_recover__the_process_ends_while_a_recall_waits, setup, teardown),
    TEST_FIXTURE(test_ledger_doubt_queued__a_backup_does_not_know_who_got_it_since, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__a_recall_in_the_middle_of_the_expansion, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__who_left_or_stopped_gets_nothing_more, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_update_takes_over_what_was_queued, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_update_leaves_out_whom_the_first_was_withdrawn_from, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_update_in_the_middle_of_the_expansion_reaches_all, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__follows_the_earliest_copy, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__a_recall_takes_over_what_an_update_waits_for, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__nothing_to_follow, setup, teardown),
    TEST_FIXTURE(test_ledger_open_follow__an_exercise_is_followed_by_exercises, setup, teardown),
};

TEST_MAIN(tests)
