/* deliver/outbox.h: from the ledger to a relay and back, with everything that can happen in between. */
/* run: not under tsan */
#include "deliver/outbox.h"

#include <stdio.h>

#include "base/mem.h"
#include "lib/outbox_fixture.h"
#include "lib/test.h"

static struct outbox_fixture f;

static const struct outcome AWAY = {.kind = OUTCOME_RETRY, .step = "connect", .text = "connection refused"};

static bool all_final(struct outbox_fixture *x)
{
    return outbox_fixture_count(x, 0, "pending") + outbox_fixture_count(x, 0, "claimed") == 0;
}

static bool none_claimed(struct outbox_fixture *x)
{
    return outbox_fixture_count(x, 0, "claimed") == 0;
}

static bool some_on_the_wire(struct outbox_fixture *x)
{
    return outbox_status(x->outbox).busy > 0;
}

static bool some_queued(struct outbox_fixture *x)
{
    return outbox_status(x->outbox).queued[LANE_LETTER] > 0;
}

static bool is_paused(struct outbox_fixture *x)
{
    return outbox_status(x->outbox).is_paused;
}

static int64_t begin(const char *relay, enum lane lane, int count)
{
    outbox_fixture_init(&f, relay);
    return outbox_fixture_post(&f, lane, 0, count);
}

static void assert_each_once(int count)
{
    for (int i = 0; i < count; i++)
        if (outbox_fixture_dots(&f, i) != 1)
            fail_msg("mail %d met %d final dots", i, outbox_fixture_dots(&f, i));
}

static void test_outbox__sends_all_once(void **state)
{
    (void)state;
    int64_t m = begin("connections = 4\nreserved_for_alerts = 0\n", LANE_LETTER, 60);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 60);
    outbox_fixture_wait(&f, 100);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 60);
    assert_each_once(60);
    assert_int_equal(f.most_open, 4);
    assert_int_equal(outbox_status(f.outbox).sent, 60);
    outbox_fixture_check(&f, m, true); /* finished, too */
    outbox_fixture_fini(&f);
}

static void test_outbox__later_when_the_relay_says_later(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\n", LANE_LETTER, 5);
    f.replies[SMTP_STATE_RCPT] = "450 4.2.1 greylisted\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 5);
    f.replies[SMTP_STATE_RCPT] = NULL;
    outbox_fixture_wait(&f, 6000);
    assert_int_equal(outbox_fixture_all_dots(&f), 0);
    outbox_fixture_until(&f, all_final, 5); /* when due, not at the next look */
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 5);
    assert_each_once(5);
    outbox_fixture_fini(&f);
}

/* Three that are greylisted in a row hold back their domain's letters, and no alert to others there. */
static void test_outbox__greylisted_mailboxes_hold_up_no_alert(void **state)
{
    (void)state;
    int64_t first[3];
    outbox_fixture_init(&f, "connections = 1\n");
    for (int i = 0; i < 3; i++)
        first[i] = outbox_fixture_post(&f, LANE_ALERT, 10 * i, 1);
    f.odd = "0@";
    f.odd_replies[SMTP_STATE_RCPT] = "450 4.7.1 greylisted\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 300);
    assert_int_equal(outbox_status(f.outbox).domain_count, 1);
    int64_t letter = outbox_fixture_post(&f, LANE_LETTER, 31, 1);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 200);
    int64_t alert = outbox_fixture_post(&f, LANE_ALERT, 1, 9);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_count(&f, alert, "sent"), 9);
    assert_int_equal(outbox_fixture_count(&f, letter, "pending"), 1); /* it waits out what it was told */
    assert_int_equal(outbox_fixture_attempts(&f, first[0]), 1);       /* and so do they themselves */
    outbox_fixture_fini(&f);
}

static void test_outbox__a_refused_recipient_stops_nobody_else(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\n", LANE_LETTER, 3);
    f.replies[SMTP_STATE_RCPT] = "550 5.1.1 no such user\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 10);
    assert_int_equal(outbox_fixture_count(&f, m, "failed"), 3);
    f.replies[SMTP_STATE_RCPT] = NULL;
    int64_t other = outbox_fixture_post(&f, LANE_LETTER, 10, 3);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 10);
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 3);
    outbox_fixture_check(&f, m, true);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_relay_that_is_away_costs_no_attempt(void **state)
{
    (void)state;
    int64_t m = begin("connections = 4\n", LANE_LETTER, 10);
    f.connect_failure = &AWAY;
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, is_paused, 5);
    outbox_fixture_wait(&f, 100);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 10); /* given back while it pauses */
    outbox_fixture_wait(&f, 300000);
    assert_true(f.relay_count < 20); /* pauses grow, and one session tries first */
    assert_true(strstr(outbox_status(f.outbox).problem, "refused") != NULL);
    f.connect_failure = NULL;
    outbox_fixture_until(&f, all_final, 70);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 10);
    assert_string_equal(outbox_status(f.outbox).problem, "");
    assert_each_once(10);
    outbox_fixture_fini(&f);
}

static void test_outbox__what_is_our_fault_pauses_and_lets_others_first(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\n", LANE_LETTER, 2);
    f.replies[SMTP_STATE_MAIL] = "550 5.7.1 sender refused\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, is_paused, 5);
    outbox_fixture_until(&f, none_claimed, 5);
    f.replies[SMTP_STATE_MAIL] = NULL;
    outbox_fixture_wait(&f, 5000);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 1); /* the other one, not the refused one first again */
    outbox_fixture_until(&f, all_final, 400);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 2);
    outbox_fixture_fini(&f);
}

/* Sessions that end while nothing is on them: by their idle time-out, by the relay, in whatever turn. */
static void test_outbox__a_session_may_end_whenever_it_likes(void **state)
{
    (void)state;
    for (int wait = 0; wait < 8; wait++) {
        begin("connections = 2\nreserved_for_alerts = 0\n", LANE_LETTER, 2);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 10);
        for (int i = 0; i < f.relay_count; i++)
            fake_relay_say(&f.relays[i]->fake, wait % 2 ? "!" : "421 4.4.2 idle too long\r\n");
        for (int i = 0; i < wait / 2; i++)
            outbox_fixture_turn(&f);
        int64_t m = outbox_fixture_post(&f, LANE_LETTER, 10, 6);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 900);
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), 6);
        assert_int_equal(outbox_fixture_all_dots(&f), 8);
        outbox_fixture_fini(&f);
    }
}

static void test_outbox__quits_by_itself_and_takes_up_work_again(void **state)
{
    (void)state;
    begin("connections = 1\nmax_messages_per_connection = 1\n", LANE_LETTER, 5);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 10);
    assert_each_once(5);
    assert_int_equal(f.relay_count, 5);
    assert_int_equal(f.most_open, 1);
    outbox_fixture_fini(&f);
}

static void test_outbox__recalled_means_not_sent(void **state)
{
    (void)state;
    int64_t m = begin("connections = 8\nreserved_for_alerts = 0\n", LANE_LETTER, 50);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, some_on_the_wire, 5);
    f.is_frozen = true;
    outbox_fixture_until(&f, some_queued, 5);
    outbox_fixture_recall(&f, m);
    int before = outbox_fixture_all_dots(&f);
    int on_the_wire = outbox_status(f.outbox).busy;
    assert_true(some_queued(&f));
    outbox_wake(f.outbox);
    f.is_frozen = false;
    outbox_fixture_until(&f, all_final, 10);
    outbox_fixture_wait(&f, 1000);
    assert_true(outbox_fixture_all_dots(&f) <= before + on_the_wire);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), outbox_fixture_all_dots(&f));
    assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 50 - outbox_fixture_all_dots(&f));
    outbox_fixture_check(&f, m, true);
    outbox_fixture_fini(&f);
}

/* The queue waits for the rate, a session stands ready, and the next may go in the very moment of the wake-up. */
static void test_outbox_wake__asks_before_it_sends(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\nreserved_for_alerts = 0\nrate_per_minute = 60\n", LANE_LETTER, 10);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 2500);
    int sent = outbox_fixture_all_dots(&f);
    assert_true(sent > 0 && some_queued(&f) && !some_on_the_wire(&f));
    outbox_fixture_recall(&f, m);
    f.mono_ms += 2000;
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_all_dots(&f), sent);
    assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 10 - sent);
    outbox_fixture_fini(&f);
}

static void test_outbox__hold_stops_what_is_queued_too(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\nreserved_for_alerts = 0\n", LANE_LETTER, 20);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, some_queued, 5);
    outbox_fixture_hold(&f, true);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, none_claimed, 10);
    outbox_fixture_wait(&f, 20000);
    int sent = outbox_fixture_count(&f, m, "sent");
    assert_true(sent <= 4);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 20 - sent);
    outbox_fixture_hold(&f, false); /* without a word: it looks every second */
    outbox_fixture_until(&f, all_final, 10);
    assert_each_once(20);
    outbox_fixture_fini(&f);
}

static void test_outbox__an_alert_overtakes_a_paced_letter(void **state)
{
    (void)state;
    begin("connections = 8\nrate_per_minute = 60\n", LANE_LETTER, 40);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 5000);
    int64_t alert = outbox_fixture_post(&f, LANE_ALERT, 50, 2);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3500);
    assert_int_equal(outbox_fixture_count(&f, alert, "sent"), 2);
    outbox_fixture_fini(&f);
}

static void test_outbox__keeps_the_rate_evenly(void **state)
{
    (void)state;
    int64_t m = begin("connections = 8\nrate_per_minute = 120\n", LANE_LETTER, 60);
    outbox_wake(f.outbox);
    for (int s = 1; s <= 25; s++) {
        outbox_fixture_wait(&f, 1000);
        int sent = outbox_fixture_count(&f, m, "sent");
        if (sent < 2 * s - 3 || sent > 2 * s + 3)
            fail_msg("%d sent after %d s", sent, s);
    }
    outbox_fixture_fini(&f);
}

static void test_outbox__connections_for_alerts_stay_free(void **state)
{
    (void)state;
    begin("connections = 4\nreserved_for_alerts = 2\n", LANE_LETTER, 40);
    f.replies[SMTP_STATE_DOT] = ""; /* every letter hangs */
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 2000);
    assert_int_equal(outbox_status(f.outbox).busy, 2);
    f.replies[SMTP_STATE_DOT] = NULL;
    int64_t alert = outbox_fixture_post(&f, LANE_ALERT, 50, 2);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 1000);
    assert_int_equal(outbox_fixture_count(&f, alert, "sent"), 2);
    outbox_fixture_fini(&f);
}

static void test_outbox_configure__fewer_connections_while_all_are_busy(void **state)
{
    (void)state;
    for (int turns = 0; turns < 25; turns++) {
        int64_t m = begin("connections = 6\nreserved_for_alerts = 0\n", LANE_LETTER, 40);
        outbox_wake(f.outbox);
        for (int i = 0; i < turns; i++)
            outbox_fixture_turn(&f);
        outbox_fixture_configure(&f, "connections = 2\n");
        f.most_open = 0; /* of those opened from now on */
        outbox_fixture_until(&f, all_final, 60);
        assert_false(is_paused(&f));
        assert_string_equal(outbox_status(f.outbox).problem, "");
        assert_each_once(40);
        assert_true(f.most_open <= 2);
        outbox_fixture_wait(&f, 100);
        outbox_fixture_check(&f, m, true);
        outbox_fixture_fini(&f);
    }
}

/* In every phase: nothing stays claimed, nothing is sent twice, the rest waits for the next start. */
static void test_outbox_stop__leaves_nothing_claimed(void **state)
{
    (void)state;
    for (int turns = 0; turns < 40; turns++) {
        int64_t m = begin("connections = 3\nreserved_for_alerts = 0\n", LANE_LETTER, 30);
        outbox_wake(f.outbox);
        for (int i = 0; i < turns; i++)
            outbox_fixture_turn(&f);
        outbox_fixture_stop(&f, 8000);
        assert_int_equal(outbox_fixture_count(&f, m, "claimed"), 0);
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), outbox_fixture_all_dots(&f));
        assert_int_equal(outbox_fixture_count(&f, m, "pending"), 30 - outbox_fixture_all_dots(&f));
        outbox_fixture_fini(&f);
    }
}

static void test_outbox_stop__cuts_off_a_silent_relay(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\nreserved_for_alerts = 0\n", LANE_LETTER, 5);
    f.replies[SMTP_STATE_DOT] = "";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 1000);
    int64_t from = f.mono_ms;
    outbox_fixture_stop(&f, 8000);
    assert_in_range(f.mono_ms - from, 8000, 8200);
    assert_int_equal(outbox_fixture_count(&f, m, "uncertain"), 2);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 3);
    outbox_fixture_fini(&f);
}

static void test_outbox__the_wall_clock_may_jump(void **state)
{
    (void)state;
    begin("connections = 2\n", LANE_LETTER, 5);
    f.real_us -= 86400 * US_PER_S; /* the rows are due tomorrow, and the clock is set right again later */
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 5000);
    assert_int_equal(outbox_fixture_all_dots(&f), 0);
    f.real_us += 86400 * US_PER_S;
    outbox_fixture_until(&f, all_final, 20); /* found without a word */
    assert_each_once(5);
    outbox_fixture_fini(&f);
}

/* Fail the n-th operation on the wire, for every n until a run passes untouched. */
static bool run_with_fault(int n, enum fake_fault fault)
{
    int64_t m = begin("connections = 2\nreserved_for_alerts = 0\nmax_messages_per_connection = 3\n", LANE_LETTER, 8);
    f.countdown = n;
    f.fault = fault;
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 1000);
    outbox_fixture_wait(&f, 2000); /* a pause comes before the last look */
    bool fired = f.fired;
    int sent = outbox_fixture_count(&f, m, "sent");
    int uncertain = outbox_fixture_count(&f, m, "uncertain");
    if (sent + uncertain != 8 || uncertain > 1 || (!fired && uncertain > 0))
        fail_msg("fault %d at %d: %d sent, %d uncertain", (int)fault, n, sent, uncertain);
    for (int i = 0; i < 8; i++)
        if (outbox_fixture_dots(&f, i) > 1)
            fail_msg("fault %d at %d: mail %d was sent %d times", (int)fault, n, i, outbox_fixture_dots(&f, i));
    outbox_fixture_check(&f, m, true);
    outbox_fixture_fini(&f);
    return fired;
}

static void test_outbox__survives_a_fault_at_every_operation(void **state)
{
    (void)state;
    static const enum fake_fault faults[] = {FAKE_RESET, FAKE_EOF, FAKE_AGAIN};
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        int n = 1;
        while (run_with_fault(n, faults[i]))
            assert_true(++n < 1000);
        assert_true(n > 20);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_outbox__sends_all_once),
    TEST(test_outbox__later_when_the_relay_says_later),
    TEST(test_outbox__greylisted_mailboxes_hold_up_no_alert),
    TEST(test_outbox__a_refused_recipient_stops_nobody_else),
    TEST(test_outbox__a_relay_that_is_away_costs_no_attempt),
    TEST(test_outbox__what_is_our_fault_pauses_and_lets_others_first),
    TEST(test_outbox__a_session_may_end_whenever_it_likes),
    TEST(test_outbox__quits_by_itself_and_takes_up_work_again),
    TEST(test_outbox__recalled_means_not_sent),
    TEST(test_outbox_wake__asks_before_it_sends),
    TEST(test_outbox__hold_stops_what_is_queued_too),
    TEST(test_outbox__an_alert_overtakes_a_paced_letter),
    TEST(test_outbox__keeps_the_rate_evenly),
    TEST(test_outbox__connections_for_alerts_stay_free),
    TEST(test_outbox_configure__fewer_connections_while_all_are_busy),
    TEST(test_outbox_stop__leaves_nothing_claimed),
    TEST(test_outbox_stop__cuts_off_a_silent_relay),
    TEST(test_outbox__the_wall_clock_may_jump),
    TEST(test_outbox__survives_a_fault_at_every_operation),
};

TEST_MAIN(tests)
