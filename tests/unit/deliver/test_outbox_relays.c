/* The outbox with several relays, domains that put off or hang, messages that are refused, and lanes. */
/* run: not under tsan */
#include "base/mem.h"
#include "lib/outbox_fixture.h"
#include "lib/test.h"

static struct outbox_fixture f;

static const struct outcome AWAY = {.kind = OUTCOME_RETRY, .step = "connect", .text = "connection refused"};

/* A is [relay main]; B stands behind it. */
#define A_URL "127.0.0.1"
#define B_URL "127.0.0.2"
#define RELAY_B "[relay b]\nurl = smtp://127.0.0.2:25\ntls = none\n"

static bool all_final(struct outbox_fixture *x)
{
    return outbox_fixture_count(x, 0, "pending") + outbox_fixture_count(x, 0, "claimed") == 0;
}

static bool all_busy(struct outbox_fixture *x)
{
    struct outbox_status s = outbox_status(x->outbox);
    return s.busy > 0 && s.busy == s.relays[0].connections;
}

static bool ten_dots(struct outbox_fixture *x)
{
    return outbox_fixture_all_dots(x) >= 10;
}

static void begin(const char *relay, int count)
{
    outbox_fixture_init(&f, relay);
    if (count > 0)
        outbox_fixture_post(&f, LANE_LETTER, 0, count);
    outbox_wake(f.outbox);
}

static void assert_each_once(int count)
{
    for (int i = 0; i < count; i++)
        if (outbox_fixture_dots(&f, i) != 1)
            fail_msg("mail %d met %d final dots", i, outbox_fixture_dots(&f, i));
}

/* --- failover and choice --------------------------------------------------------------------------------------- */

static void test_outbox__the_next_relay_takes_over_at_once(void **state)
{
    (void)state;
    begin("connections = 4\nreserved_for_alerts = 0\npriority = 10\n" RELAY_B
          "priority = 20\nreserved_for_alerts = 0\n",
          60);
    outbox_fixture_until(&f, ten_dots, 5);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 0);
    f.rule = (struct farm_rule){.url = A_URL, .connect_failure = &AWAY};
    outbox_fixture_cut(&f, A_URL);
    outbox_fixture_until(&f, all_final, 3); /* no pause in between */
    struct outbox_status s = outbox_status(f.outbox);
    assert_int_equal(s.relays[0].state, OUTBOX_RELAY_PAUSED);
    assert_true(strstr(s.relays[0].problem, "refused") != NULL);
    assert_int_equal(s.relays[1].state, OUTBOX_RELAY_READY);
    assert_false(s.is_paused);
    assert_true(s.relays[0].untouched > 0);
    assert_true(outbox_fixture_count(&f, 0, "uncertain") <= 4);
    assert_int_equal(s.relays[0].sent + s.relays[1].sent + s.uncertain, 60);
    for (int i = 0; i < 60; i++)
        assert_in_range(outbox_fixture_dots(&f, i), 0, 1);
    outbox_fixture_fini(&f);
}

static void test_outbox__the_better_relay_comes_back(void **state)
{
    (void)state;
    begin("connections = 4\nreserved_for_alerts = 0\npriority = 10\n" RELAY_B "priority = 20\n", 0);
    f.rule = (struct farm_rule){.url = A_URL, .connect_failure = &AWAY};
    outbox_fixture_post(&f, LANE_LETTER, 0, 10);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 10);
    f.rule.connect_failure = NULL;
    outbox_fixture_wait(&f, 3000);
    for (int i = 10; i < 40; i += 10) { /* a probe first, then all */
        outbox_fixture_post(&f, LANE_LETTER, i, 10);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 5);
        outbox_fixture_wait(&f, 1000);
    }
    assert_true(outbox_fixture_dots_at(&f, A_URL) >= 11);
    assert_int_equal(outbox_status(f.outbox).relays[0].state, OUTBOX_RELAY_READY);
    assert_int_equal(outbox_status(f.outbox).relays[1].state, OUTBOX_RELAY_STANDBY);
    assert_each_once(40);
    outbox_fixture_fini(&f);
}

/* The session of a relay that is only being probed is none that an alert may wait for. */
static void test_outbox__a_probe_keeps_no_alert_waiting(void **state)
{
    (void)state;
    begin("connections = 4\npriority = 10\n" RELAY_B "priority = 20\n", 0);
    f.rule = (struct farm_rule){.url = A_URL, .connect_failure = &AWAY};
    outbox_fixture_post(&f, LANE_LETTER, 0, 10);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    outbox_fixture_wait(&f, 3000); /* A's pause is over */
    f.rule = (struct farm_rule){.url = A_URL, .is_frozen = true};
    outbox_fixture_post(&f, LANE_LETTER, 10, 1);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    f.rule.is_frozen = false; /* A's probe connects too late for a letter, and B's idle sessions end */
    outbox_fixture_cut(&f, B_URL);
    outbox_fixture_wait(&f, 500);
    assert_int_equal(outbox_fixture_open_at(&f, A_URL), 1);
    assert_int_equal(outbox_fixture_open_at(&f, B_URL), 0);
    outbox_fixture_post(&f, LANE_ALERT, 11, 1);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 2);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 12);
    outbox_fixture_fini(&f);
}

static void test_outbox__one_that_refuses_us_costs_nobody_anything(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 2\npriority = 10\n" RELAY_B "priority = 20\n");
    f.rule = (struct farm_rule){.url = A_URL};
    f.rule.replies[SMTP_STATE_MAIL] = "550 5.7.1 sender refused\r\n";
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, 20);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 20);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 20);
    assert_true(strstr(outbox_status(f.outbox).problem, "sender refused") != NULL);
    outbox_fixture_fini(&f);
}

/* MAIL names nobody: 4xx there is the relay's trouble, and no recipient's. */
static void test_outbox__later_at_mail_is_about_the_relay(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 2\npriority = 10\n" RELAY_B "priority = 20\n");
    f.rule = (struct farm_rule){.url = A_URL};
    f.rule.replies[SMTP_STATE_MAIL] = "452 4.3.1 insufficient system storage\r\n";
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, 20);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 20);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 20);
    assert_true(strstr(outbox_status(f.outbox).problem, "insufficient") != NULL);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_letter_too_large_at_mail_stops_no_other(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 2\n");
    f.replies[SMTP_STATE_MAIL] = "552 5.3.4 message size exceeds limit\r\n";
    int64_t large = outbox_fixture_post(&f, LANE_LETTER, 0, 30);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 1000);
    struct outbox_status s = outbox_status(f.outbox);
    assert_int_equal(s.relays[0].state, OUTBOX_RELAY_READY);
    assert_int_equal(s.message_count, 1);
    assert_int_equal(outbox_fixture_count(&f, large, "pending"), 30);
    f.replies[SMTP_STATE_MAIL] = NULL;
    int64_t other = outbox_fixture_post(&f, LANE_LETTER, 30, 30);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 30);
    outbox_fixture_until(&f, all_final, 60);
    outbox_fixture_fini(&f);
}

/* "421 shutting down" to MAIL of a session that had taken nothing yet. */
static void test_outbox__a_relay_that_leaves_at_mail_makes_nobody_wait(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 4\npriority = 10\n" RELAY_B "priority = 20\n");
    f.rule = (struct farm_rule){.url = A_URL};
    f.rule.replies[SMTP_STATE_MAIL] = "421 4.3.2 shutting down\r\n";
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, 20);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 20);
    assert_int_equal(outbox_status(f.outbox).retried, 0);
    outbox_fixture_fini(&f);
}

/* Where the other one does the same, a delivery goes there once and then waits: it may be the cause. */
static void test_outbox__what_ends_sessions_everywhere_waits(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 2\n" RELAY_B "connections = 2\n");
    f.replies[SMTP_STATE_MAIL] = "421 4.3.2 cannot go on\r\n";
    outbox_fixture_post(&f, LANE_LETTER, 0, 4);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 8000);
    struct outbox_status s = outbox_status(f.outbox);
    assert_in_range(s.relays[0].retried + s.relays[1].retried, 1, 4);
    assert_in_range(s.connects, 2, 12);
    f.replies[SMTP_STATE_MAIL] = NULL;
    outbox_fixture_until(&f, all_final, 60);
    assert_each_once(4);
    outbox_fixture_fini(&f);
}

/* Its sessions are open, it says nothing: no failure yet, but nobody is to wait for one. */
static void test_outbox__a_standby_takes_over_from_a_silent_relay(void **state)
{
    (void)state;
    begin("connections = 4\nreserved_for_alerts = 1\npriority = 10\n" RELAY_B "priority = 20\n", 40);
    outbox_fixture_until(&f, ten_dots, 5);
    f.rule = (struct farm_rule){.url = A_URL, .is_frozen = true};
    outbox_fixture_wait(&f, 28000);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 0);
    outbox_fixture_wait(&f, 4000);
    int64_t other = outbox_fixture_post(&f, LANE_LETTER, 40, 20); /* to the same domain */
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 20);
    struct outbox_status s = outbox_status(f.outbox);
    assert_true(strstr(s.relays[0].problem, "no answer") != NULL);
    assert_int_equal(s.relays[0].state, OUTBOX_RELAY_PAUSED);
    f.rule = (struct farm_rule){0};
    outbox_fixture_until(&f, all_final, 310); /* also what waited for its domain */
    assert_each_once(60);
    assert_int_equal(outbox_status(f.outbox).relays[0].state, OUTBOX_RELAY_READY);
    assert_string_equal(outbox_status(f.outbox).problem, "");
    outbox_fixture_fini(&f);
}

/* As long as both keep up. */
static void test_outbox__weights_share_what_comes(void **state)
{
    (void)state;
    begin("connections = 4\nreserved_for_alerts = 0\nweight = 3\n" RELAY_B
          "connections = 4\nreserved_for_alerts = 0\nweight = 1\n",
          0);
    for (int i = 0; i < 60; i += 4) {
        outbox_fixture_post(&f, LANE_LETTER, i, 4);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 5);
    }
    assert_each_once(60);
    assert_in_range(outbox_fixture_dots_at(&f, A_URL), 42, 48);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_standby_is_not_for_overflow(void **state)
{
    (void)state;
    begin("connections = 1\nreserved_for_alerts = 0\npriority = 10\n" RELAY_B "priority = 20\n", 40);
    outbox_fixture_until(&f, all_final, 20);
    assert_int_equal(outbox_fixture_dots_at(&f, A_URL), 40);
    assert_int_equal(outbox_status(f.outbox).relays[1].connects, 0);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_relay_that_hangs_delays_only_what_it_has(void **state)
{
    (void)state;
    begin("connections = 2\nreserved_for_alerts = 0\n" RELAY_B "connections = 2\nreserved_for_alerts = 0\n", 0);
    f.rule = (struct farm_rule){.url = A_URL};
    f.rule.replies[SMTP_STATE_DOT] = "";
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, 40);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 8000);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 38); /* all but one on each of its connections */
    assert_int_equal(outbox_fixture_dots_at(&f, A_URL), 2);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_relay_that_never_greets_delays_nobody(void **state)
{
    (void)state;
    begin("connections = 4\nreserved_for_alerts = 0\n" RELAY_B "connections = 4\nreserved_for_alerts = 0\n", 0);
    f.rule = (struct farm_rule){.url = A_URL, .is_frozen = true};
    outbox_fixture_post(&f, LANE_LETTER, 0, 40);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, 5);
    assert_each_once(40);
    outbox_fixture_fini(&f);
}

static void test_outbox_configure__relays_keep_their_place_by_name(void **state)
{
    (void)state;
    begin("connections = 2\nreserved_for_alerts = 0\n" RELAY_B "priority = 20\n", 60);
    outbox_fixture_until(&f, ten_dots, 5);
    outbox_fixture_configure(&f, "connections = 3\nreserved_for_alerts = 0\npriority = 30\n[relay c]\nurl = "
                                 "smtp://127.0.0.3:25\ntls = none\npriority = 5\n");
    struct outbox_status s = outbox_status(f.outbox);
    assert_int_equal(s.relay_count, 2);
    assert_string_equal(s.relays[0].name, "main");
    assert_true(s.relays[0].sent > 0); /* the same server: what was counted stays */
    assert_string_equal(s.relays[1].name, "c");
    outbox_fixture_until(&f, all_final, 20);
    assert_each_once(60);
    assert_true(outbox_fixture_dots_at(&f, "127.0.0.3") >= 30);
    assert_int_equal(outbox_fixture_dots_at(&f, B_URL), 0);
    outbox_fixture_configure(&f, "[relay c]\nurl = smtp://127.0.0.4:25\ntls = none\npriority = 5\n");
    assert_int_equal(outbox_status(f.outbox).relays[1].sent, 0); /* another server under an old name */
    outbox_fixture_wait(&f, 1000);
    assert_int_equal(outbox_fixture_open(&f), 0);
    outbox_fixture_fini(&f);
}

/* --- domains and messages -------------------------------------------------------------------------------------- */

static void test_outbox__a_domain_that_hangs_delays_no_other(void **state)
{
    (void)state;
    static const enum smtp_state steps[] = {SMTP_STATE_RCPT, SMTP_STATE_DOT};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        outbox_fixture_init(&f, "connections = 8\nreserved_for_alerts = 0\n");
        f.odd = "@hang.example";
        f.odd_replies[steps[i]] = "";
        int64_t hangs = outbox_fixture_post_to(&f, LANE_LETTER, 0, 20, "hang.example");
        int64_t flows = outbox_fixture_post_to(&f, LANE_LETTER, 20, 40, "flows.example");
        outbox_wake(f.outbox);
        outbox_fixture_wait(&f, 10000);
        assert_int_equal(outbox_fixture_count(&f, flows, "sent"), 40);
        assert_int_equal(outbox_fixture_count(&f, hangs, "sent"), 0);
        outbox_fixture_fini(&f);
    }
}

static void test_outbox__a_domain_that_puts_off_is_left_alone(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 4\nreserved_for_alerts = 0\n");
    f.odd = "@busy.example";
    f.odd_replies[SMTP_STATE_RCPT] = "451 4.3.2 system not accepting messages\r\n";
    int64_t busy = outbox_fixture_post_to(&f, LANE_LETTER, 0, 30, "busy.example");
    int64_t other = outbox_fixture_post_to(&f, LANE_LETTER, 30, 30, "other.example");
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 5000);
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 30);
    assert_int_equal(outbox_fixture_count(&f, busy, "pending"), 30);
    struct outbox_status s = outbox_status(f.outbox);
    assert_true(s.retried < 10); /* the others were not even tried */
    assert_int_equal(s.domains_waiting, 1);
    assert_string_equal(s.domains[0].name, "busy.example");
    assert_true(strstr(s.domains[0].reply, "not accepting") != NULL);
    f.odd = NULL;
    outbox_fixture_until(&f, all_final, 120);
    assert_each_once(60);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_domains_rate_is_kept(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 4\nreserved_for_alerts = 0\n[limits]\nper_domain_per_minute = 60\n");
    int64_t slow = outbox_fixture_post_to(&f, LANE_LETTER, 0, 30, "slow.example");
    int64_t other = outbox_fixture_post_to(&f, LANE_LETTER, 30, 5, "other.example");
    outbox_wake(f.outbox);
    for (int s = 5; s <= 20; s += 5) {
        outbox_fixture_wait(&f, 5000);
        int sent = outbox_fixture_count(&f, slow, "sent");
        if (sent < s - 3 || sent > s + 3)
            fail_msg("%d sent after %d s", sent, s);
    }
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 5);
    outbox_fixture_until(&f, all_final, 30);
    assert_each_once(35);
    outbox_fixture_fini(&f);
}

static void test_outbox__a_message_that_is_refused_because_of_us_pauses_alone(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 2\nreserved_for_alerts = 0\n");
    f.odd = "@picky.example";
    f.odd_replies[SMTP_STATE_DOT] = "550 5.7.515 sender not authenticated\r\n";
    int64_t picky = outbox_fixture_post_to(&f, LANE_LETTER, 0, 30, "picky.example");
    int64_t other = outbox_fixture_post_to(&f, LANE_LETTER, 30, 30, "other.example");
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 5000);
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 30);
    assert_int_equal(outbox_fixture_count(&f, picky, "pending"), 30); /* nobody is blamed */
    struct outbox_status s = outbox_status(f.outbox);
    assert_true(s.relays[0].our_fault < 8);
    assert_int_equal(s.message_count, 1);
    assert_true(s.messages[0].message_id == picky && strstr(s.messages[0].reason, "authenticated"));
    assert_int_equal(s.relays[0].state, OUTBOX_RELAY_READY);
    f.odd = NULL;
    outbox_fixture_until(&f, all_final, 120);
    outbox_fixture_fini(&f);
}

/* --- lanes and hands ------------------------------------------------------------------------------------------- */

static void test_outbox__an_alert_is_out_at_once_beside_a_letter_at_full_speed(void **state)
{
    (void)state;
    static const char *const relays[] = {"connections = 4\n", "connections = 4\nreserved_for_alerts = 0\n",
                                         "connections = 1\nreserved_for_alerts = 0\n"};
    for (size_t i = 0; i < ARRAY_LEN(relays); i++) {
        begin(relays[i], 60);
        outbox_fixture_until(&f, ten_dots, 5);
        outbox_fixture_post(&f, LANE_ALERT, 60, 1);
        outbox_wake(f.outbox);
        int64_t from = f.mono_ms;
        while (outbox_fixture_dots(&f, 60) == 0) {
            outbox_fixture_turn(&f);
            assert_true(f.mono_ms - from <= 200);
        }
        outbox_fixture_until(&f, all_final, 20);
        assert_each_once(61);
        outbox_fixture_fini(&f);
    }
}

static void test_outbox__two_letters_share_the_relay(void **state)
{
    (void)state;
    begin("connections = 1\nreserved_for_alerts = 0\n", 30);
    outbox_fixture_until(&f, ten_dots, 5);
    int64_t second = outbox_fixture_post(&f, LANE_LETTER, 30, 30);
    outbox_wake(f.outbox);
    while (outbox_fixture_all_dots(&f) < 40)
        outbox_fixture_turn(&f);
    assert_in_range(outbox_fixture_count(&f, second, "sent"), 4, 16);
    outbox_fixture_until(&f, all_final, 20);
    outbox_fixture_fini(&f);
}

/* One is at its final dot, the envelope of the next has gone ahead. */
static int64_t begin_with_two_in_hand(void)
{
    outbox_fixture_init(&f, "connections = 1\nreserved_for_alerts = 0\n");
    f.replies[SMTP_STATE_DOT] = ""; /* from now on; a fake relay is mute then */
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, 2);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_busy, 5);
    outbox_fixture_wait(&f, 500);
    assert_int_equal(outbox_status(f.outbox).queued[LANE_LETTER], 0);
    assert_int_equal(outbox_fixture_count(&f, m, "claimed"), 2);
    assert_int_equal(outbox_fixture_all_dots(&f), 1);
    return m;
}

static void answer(const char *reply)
{
    for (int i = 0; i < f.relay_count; i++) {
        f.relays[i]->fake.mute = false;
        if (!f.relays[i]->fake.closed)
            fake_relay_say(&f.relays[i]->fake, reply);
    }
    f.replies[SMTP_STATE_DOT] = NULL;
}

static void test_outbox__recalled_behind_another_means_not_sent(void **state)
{
    (void)state;
    int64_t m = begin_with_two_in_hand();
    outbox_fixture_recall(&f, m);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 100);
    assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 1);
    answer("250 2.0.0 Queued\r\n");
    outbox_fixture_until(&f, all_final, 5);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 1);
    assert_int_equal(outbox_fixture_all_dots(&f), 1);
    outbox_fixture_fini(&f);
}

static void test_outbox__hold_reaches_what_stands_behind_another(void **state)
{
    (void)state;
    int64_t m = begin_with_two_in_hand();
    outbox_fixture_hold(&f, true);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 100);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 1);
    answer("250 2.0.0 Queued\r\n");
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_all_dots(&f), 1);
    outbox_fixture_hold(&f, false);
    outbox_fixture_until(&f, all_final, 5);
    assert_each_once(2);
    outbox_fixture_fini(&f);
}

static void test_outbox_stop__with_two_in_hand(void **state)
{
    (void)state;
    int64_t m = begin_with_two_in_hand();
    outbox_stop(f.outbox, 8000, outbox_fixture_on_stopped, &f);
    outbox_fixture_wait(&f, 1000);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 1);
    answer("250 2.0.0 Queued\r\n");
    outbox_fixture_until(&f, outbox_fixture_is_stopped, 1);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 1);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 1);
    outbox_fixture_fini(&f);
}

static void test_outbox__what_stands_behind_one_that_hangs_goes_elsewhere(void **state)
{
    (void)state;
    outbox_fixture_init(&f, "connections = 2\nreserved_for_alerts = 0\n");
    f.odd = "0@";
    f.odd_replies[SMTP_STATE_DOT] = "";
    int64_t m = outbox_fixture_post(&f, LANE_LETTER, 0, 8);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 6000);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 7);
    assert_int_equal(outbox_fixture_count(&f, m, "claimed"), 1);
    assert_each_once(8);
    outbox_fixture_fini(&f);
}

static const struct CMUnitTest tests[] = {
    TEST(test_outbox__the_next_relay_takes_over_at_once),
    TEST(test_outbox__the_better_relay_comes_back),
    TEST(test_outbox__a_probe_keeps_no_alert_waiting),
    TEST(test_outbox__one_that_refuses_us_costs_nobody_anything),
    TEST(test_outbox__later_at_mail_is_about_the_relay),
    TEST(test_outbox__a_letter_too_large_at_mail_stops_no_other),
    TEST(test_outbox__a_relay_that_leaves_at_mail_makes_nobody_wait),
    TEST(test_outbox__what_ends_sessions_everywhere_waits),
    TEST(test_outbox__a_standby_takes_over_from_a_silent_relay),
    TEST(test_outbox__weights_share_what_comes),
    TEST(test_outbox__a_standby_is_not_for_overflow),
    TEST(test_outbox__a_relay_that_hangs_delays_only_what_it_has),
    TEST(test_outbox__a_relay_that_never_greets_delays_nobody),
    TEST(test_outbox_configure__relays_keep_their_place_by_name),
    TEST(test_outbox__a_domain_that_hangs_delays_no_other),
    TEST(test_outbox__a_domain_that_puts_off_is_left_alone),
    TEST(test_outbox__a_domains_rate_is_kept),
    TEST(test_outbox__a_message_that_is_refused_because_of_us_pauses_alone),
    TEST(test_outbox__an_alert_is_out_at_once_beside_a_letter_at_full_speed),
    TEST(test_outbox__two_letters_share_the_relay),
    TEST(test_outbox__recalled_behind_another_means_not_sent),
    TEST(test_outbox__hold_reaches_what_stands_behind_another),
    TEST(test_outbox_stop__with_two_in_hand),
    TEST(test_outbox__what_stands_behind_one_that_hangs_goes_elsewhere),
};

TEST_MAIN(tests)
