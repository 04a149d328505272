/* The outbox and its ledger: durable before the next, a store that is slow, full or of another opinion. */
#include "lib/outbox_fixture.h"
#include "lib/test.h"

static struct outbox_fixture f;

static bool all_final(struct outbox_fixture *x)
{
    return outbox_fixture_count(x, 0, "pending") + outbox_fixture_count(x, 0, "claimed") == 0;
}

static bool some_queued(struct outbox_fixture *x)
{
    return outbox_status(x->outbox).queued[LANE_LETTER] > 0;
}

static bool some_dots(struct outbox_fixture *x)
{
    return outbox_fixture_all_dots(x) > 0;
}

static bool all_busy(struct outbox_fixture *x)
{
    return outbox_status(x->outbox).busy == 3;
}

static int64_t begin(const char *relay, int count)
{
    outbox_fixture_init(&f, relay);
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, count);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, some_queued, 5);
    return m;
}

static void assert_each_once(int count)
{
    for (int i = 0; i < count; i++)
        if (outbox_fixture_dots(&f, i) != 1)
            fail_msg("mail %d met %d final dots", i, outbox_fixture_dots(&f, i));
}

static void test_outbox_turn__one_a_connection_is_on_the_wire_and_not_durable(void **state)
{
    (void)state;
    begin("connections = 3\nreserved_for_alerts = 0\n", 30);
    outbox_fixture_until(&f, all_busy, 5);
    assert_int_equal(outbox_fixture_all_dots(&f), 0);
    f.store_is_slow = true;
    outbox_fixture_wait(&f, 2000);
    assert_int_equal(outbox_fixture_all_dots(&f), 3);
    f.store_is_slow = false;
    outbox_fixture_until(&f, all_final, 10);
    assert_each_once(30);
    outbox_fixture_fini(&f);
}

/* A ledger that is slow to say what was recalled is waited for. */
static void test_outbox_wake__a_slow_ledger_lets_nothing_recalled_go(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\nreserved_for_alerts = 0\nrate_per_minute = 60\n", 10);
    outbox_fixture_until(&f, some_dots, 5);
    outbox_fixture_wait(&f, 300); /* all connections are idle, the rate lets nothing go yet */
    outbox_fixture_recall(&f, m);
    int dots = outbox_fixture_all_dots(&f);
    f.store_is_slow = true;
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_all_dots(&f), dots);
    f.store_is_slow = false;
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_all_dots(&f), dots);
    outbox_fixture_fini(&f);
}

/* Whatever the last claim was like: the rest, due in 2 s, goes out then and not at the next look by habit. */
static void test_outbox_turn__what_is_due_soon_is_looked_for(void **state)
{
    (void)state;
    for (int due = 4; due <= 48; due += 4) {
        outbox_fixture_init(&f, "connections = 2\nreserved_for_alerts = 0\n");
        outbox_fixture_post(&f, LANE_LETTER, 0, due + 3);
        outbox_fixture_script(&f, "UPDATE delivery SET due_at = due_at + 2000000 WHERE id IN "
                                  "(SELECT id FROM delivery ORDER BY id DESC LIMIT 3)");
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 5);
        assert_each_once(due + 3);
        outbox_fixture_fini(&f);
    }
}

/* A large letter is entered in many steps, and each says so. */
static void test_outbox_more__holds_up_nothing(void **state)
{
    (void)state;
    begin("connections = 1\nreserved_for_alerts = 0\n", 30);
    outbox_fixture_until(&f, some_dots, 5);
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 30, 30);
    int64_t from = f.mono_ms;
    while (!all_final(&f)) {
        outbox_more(f.outbox);
        outbox_fixture_turn(&f);
        assert_true(f.mono_ms - from < 4000);
    }
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 30);
    assert_each_once(60);
    outbox_fixture_fini(&f);
}

/* A message is closed soon after its last row, also while another one keeps the outbox busy. */
static void test_outbox_turn__a_message_is_closed_at_once(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 1\nreserved_for_alerts = 0\n");
    int64_t first = outbox_fixture_post(&f, LANE_LETTER, 0, 3);
    f.real_us += 1000;
    int64_t second = outbox_fixture_post(&f, LANE_LETTER, 3, 60);
    outbox_wake(f.outbox);
    while (outbox_fixture_count(&f, first, "sent") < 3)
        outbox_fixture_turn(&f);
    outbox_fixture_wait(&f, 100);
    outbox_fixture_check(&f, first, true);
    assert_true(outbox_fixture_count(&f, second, "pending") > 0);
    outbox_fixture_fini(&f);
}

static void test_outbox_turn__a_full_store_loses_and_doubles_nothing(void **state)
{
    (void)state;
    int64_t m = begin("connections = 3\nreserved_for_alerts = 0\n", 30);
    outbox_fixture_until(&f, some_dots, 5);
    outbox_fixture_break_store(&f, true);
    outbox_fixture_wait(&f, 1000);
    int dots = outbox_fixture_all_dots(&f);
    assert_in_range(dots, 1, 6); /* one recorded before and one after, on each connection */
    outbox_fixture_wait(&f, 30000);
    assert_int_equal(outbox_fixture_all_dots(&f), dots); /* nothing that cannot be recorded */
    outbox_fixture_break_store(&f, false);
    outbox_fixture_until(&f, all_final, 5); /* by itself */
    outbox_fixture_wait(&f, 100);
    assert_each_once(30);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 30);
    assert_int_equal(outbox_status(f.outbox).sent, 30);
    outbox_fixture_check(&f, m, true);
    outbox_fixture_fini(&f);
}

/* Also where connections stand idle that have nothing to be recorded. */
static void test_outbox_turn__nothing_is_sent_that_cannot_be_recorded(void **state)
{
    (void)state;
    begin("connections = 8\nreserved_for_alerts = 0\nrate_per_minute = 300\n", 60);
    outbox_fixture_wait(&f, 3000);
    outbox_fixture_break_store(&f, true);
    outbox_fixture_wait(&f, 1000);
    int dots = outbox_fixture_all_dots(&f);
    outbox_fixture_wait(&f, 10000);
    assert_int_equal(outbox_fixture_all_dots(&f), dots);
    outbox_fixture_break_store(&f, false);
    outbox_fixture_until(&f, all_final, 15);
    assert_each_once(60);
    outbox_fixture_fini(&f);
}

/* What could not be recorded stays claimed, as after a crash. */
static void test_outbox_turn__a_full_store_does_not_hold_up_the_stop(void **state)
{
    (void)state;
    int64_t m = begin("connections = 3\nreserved_for_alerts = 0\n", 30);
    outbox_fixture_until(&f, some_dots, 5);
    outbox_fixture_break_store(&f, true);
    outbox_fixture_wait(&f, 1000);
    int64_t from = f.mono_ms;
    outbox_fixture_stop(&f, 8000);
    assert_in_range(f.mono_ms - from, 8000, 8500);
    outbox_fixture_break_store(&f, false);
    assert_true(outbox_fixture_count(&f, m, "claimed") > 0);
    assert_int_equal(outbox_fixture_count(&f, m, "uncertain"), 0);
    outbox_fixture_fini(&f);
}

static void test_outbox_turn__a_store_that_recovers_during_the_stop_gets_it_all(void **state)
{
    (void)state;
    int64_t m = begin("connections = 3\nreserved_for_alerts = 0\n", 30);
    outbox_fixture_until(&f, some_dots, 5);
    outbox_fixture_break_store(&f, true);
    outbox_fixture_wait(&f, 1000);
    outbox_stop(f.outbox, 8000, outbox_fixture_on_stopped, &f);
    outbox_fixture_wait(&f, 3000);
    assert_false(f.stopped);
    outbox_fixture_break_store(&f, false);
    outbox_fixture_until(&f, outbox_fixture_is_stopped, 3);
    assert_int_equal(outbox_fixture_count(&f, m, "claimed"), 0);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), outbox_fixture_all_dots(&f));
    outbox_fixture_fini(&f);
}

static void test_outbox_turn__a_row_that_is_not_ours_undoes_no_other(void **state)
{
    (void)state;
    int64_t m = begin("connections = 4\nreserved_for_alerts = 0\n", 4);
    f.is_frozen = true;
    outbox_fixture_wait(&f, 100);
    outbox_fixture_script(&f, "UPDATE delivery SET state = 'withdrawn' WHERE address_key LIKE '1@%'");
    f.is_frozen = false;
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 3);
    assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 1);
    outbox_fixture_fini(&f);
}

static const struct CMUnitTest tests[] = {
    TEST(test_outbox_turn__one_a_connection_is_on_the_wire_and_not_durable),
    TEST(test_outbox_wake__a_slow_ledger_lets_nothing_recalled_go),
    TEST(test_outbox_turn__what_is_due_soon_is_looked_for),
    TEST(test_outbox_more__holds_up_nothing),
    TEST(test_outbox_turn__a_message_is_closed_at_once),
    TEST(test_outbox_turn__a_full_store_loses_and_doubles_nothing),
    TEST(test_outbox_turn__nothing_is_sent_that_cannot_be_recorded),
    TEST(test_outbox_turn__a_full_store_does_not_hold_up_the_stop),
    TEST(test_outbox_turn__a_store_that_recovers_during_the_stop_gets_it_all),
    TEST(test_outbox_turn__a_row_that_is_not_ours_undoes_no_other),
};

TEST_MAIN(tests)
