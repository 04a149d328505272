/* deliver/outbox.h: alerts that share transactions ([relay] alert_recipients). */
/* run: not under tsan */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/outbox.h"
#include "deliver/outbox_private.h"
#include "lib/outbox_fixture.h"
#include "lib/test.h"

static struct outbox_fixture f;

static bool all_final(struct outbox_fixture *x)
{
    return outbox_fixture_count(x, 0, "pending") + outbox_fixture_count(x, 0, "claimed") == 0;
}

static bool some_on_the_wire(struct outbox_fixture *x)
{
    return outbox_status(x->outbox).busy > 0;
}

static int64_t begin(const char *relay, enum lane lane, int count)
{
    outbox_fixture_init(&f, relay);
    return outbox_fixture_post(&f, lane, 0, count);
}

static void run(int seconds)
{
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, all_final, seconds);
}

static void assert_each_twice_at_most(int count)
{
    for (int i = 0; i < count; i++)
        assert_in_range(outbox_fixture_dots(&f, i), 1, 2);
}

static void assert_each_once(int from, int to)
{
    for (int i = from; i < to; i++)
        if (outbox_fixture_dots(&f, i) != 1)
            fail_msg("mail %d met %d final dots", i, outbox_fixture_dots(&f, i));
}

static int bodies(void)
{
    int n = 0;
    for (int i = 0; i < f.relay_count; i++)
        n += f.relays[i]->fake.bodies;
    return n;
}

static int most_rcpts(void)
{
    int n = 0;
    for (int i = 0; i < f.relay_count; i++)
        n = f.relays[i]->fake.most_rcpts > n ? f.relays[i]->fake.most_rcpts : n;
    return n;
}

static void finish(int64_t m)
{
    outbox_fixture_wait(&f, 200);
    outbox_fixture_check(&f, m, true);
    outbox_fixture_fini(&f);
}

/* --- who shares ------------------------------------------------------------------------------------------------ */

static void test_shared__alerts_leave_together(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\nalert_recipients = 50\n", LANE_ALERT, 200);
    run(10);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 200);
    assert_each_once(0, 200);
    assert_int_equal(bodies(), 4);
    assert_int_equal(most_rcpts(), 50);
    assert_int_equal(outbox_status(f.outbox).sent, 200);
    finish(m);
}

static void test_shared__letters_and_personal_mail_never(void **state)
{
    (void)state;
    for (int lane = LANE_PERSONAL; lane <= LANE_LETTER; lane++) {
        int64_t m = begin("connections = 2\nalert_recipients = 50\n", (enum lane)lane, 60);
        run(60);
        assert_int_equal(bodies(), 60);
        assert_int_equal(most_rcpts(), 1);
        finish(m);
    }
}

static void test_shared__by_default_nobody_shares(void **state)
{
    (void)state;
    int64_t m = begin("connections = 2\n", LANE_ALERT, 60);
    run(60);
    assert_int_equal(bodies(), 60);
    finish(m);
}

static void test_shared__messages_are_not_mixed(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 30);
    int64_t other = outbox_fixture_post(&f, LANE_ALERT, 30, 20);
    run(10);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 30);
    assert_int_equal(outbox_fixture_count(&f, other, "sent"), 20);
    assert_int_equal(bodies(), 2);
    assert_int_equal(most_rcpts(), 30);
    outbox_fixture_check(&f, other, true);
    finish(m);
}

/* What could double after a crash is bounded whatever is configured. */
static void test_shared__many_connections_share_less(void **state)
{
    (void)state;
    int64_t m = begin("connections = 200\nalert_recipients = 100\n", LANE_ALERT, 100);
    run(10);
    assert_true(most_rcpts() <= RELAY_SHARED_MAX / 200);
    assert_each_once(0, 100);
    finish(m);
}

/* An address above ASCII needs SMTPUTF8, and those that do not stay apart. */
static void test_shared__smtputf8_goes_by_itself(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 20);
    outbox_fixture_script(&f, "UPDATE delivery SET address = '3åsa@example.se' WHERE address = '3@example.se'");
    outbox_fixture_script(&f, "UPDATE delivery SET address = '7åsa@example.se' WHERE address = '7@example.se'");
    run(10);
    assert_each_once(0, 20);
    assert_int_equal(bodies(), 2);
    assert_int_equal(most_rcpts(), 18);
    int utf8 = 0;
    for (int i = 0; i < f.relay_count; i++)
        utf8 += strstr(buf_str(&f.relays[i]->fake.seen), "SMTPUTF8") != NULL;
    assert_int_equal(utf8, 1);
    finish(m);
}

static void test_shared__the_rate_counts_recipients(void **state)
{
    (void)state;
    begin("connections = 2\nalert_recipients = 100\nrate_per_minute = 600\n", LANE_ALERT, 100);
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 2000);
    assert_in_range(outbox_fixture_all_dots(&f), 15, 40); /* 10 a second, and what was saved up */
    outbox_fixture_until(&f, all_final, 30);
    outbox_fixture_fini(&f);
}

/* --- refusals -------------------------------------------------------------------------------------------------- */

static void test_shared__one_refused_fails_alone(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 40);
    f.odd = "37@";
    f.odd_replies[SMTP_STATE_RCPT] = "550 5.1.1 no such user\r\n";
    run(10);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 39);
    assert_int_equal(outbox_fixture_count(&f, m, "failed"), 1);
    assert_int_equal(outbox_fixture_dots(&f, 37), 0);
    assert_int_equal(bodies(), 1);
    finish(m);
}

static void test_shared__one_put_off_is_retried_alone(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 40);
    f.odd = "37@";
    f.odd_replies[SMTP_STATE_RCPT] = "450 4.2.1 greylisted\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 39);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 1);
    f.odd = NULL;
    outbox_fixture_until(&f, all_final, 20);
    assert_each_once(0, 40);
    finish(m);
}

/* The limit is found once, costs nobody an attempt, and the rest goes at once. */
static void test_shared__too_many_recipients_go_in_smaller_parts_at_once(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 200);
    f.rcpt_limit = 30;
    run(5);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 200);
    assert_each_once(0, 200);
    assert_int_equal(most_rcpts(), 30);
    assert_in_range(bodies(), 7, 9);
    assert_int_equal(outbox_fixture_attempts(&f, m), 200);
    finish(m);
}

/* A relay that only hangs up on more than 10. */
static void test_shared__a_relay_that_hangs_up_on_many_gets_fewer(void **state)
{
    (void)state;
    static const char *const said[] = {"421 4.5.3 too many\r\n", "!"};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        int64_t m = begin("connections = 2\nalert_recipients = 100\n", LANE_ALERT, 150);
        f.rcpt_limit = 10;
        f.full = said[i];
        run(200);
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), 150);
        assert_each_once(0, 150);
        assert_int_equal(outbox_fixture_attempts(&f, m), 150);
        finish(m);
    }
}

static void test_shared__twenty_bad_addresses_cost_the_good_ones_nothing(void **state)
{
    (void)state;
    int64_t m = begin("connections = 4\nalert_recipients = 100\n", LANE_ALERT, 100);
    f.odd = "5@";
    f.odd_replies[SMTP_STATE_RCPT] = "550 5.1.1 no such user\r\n";
    f.errors_max = 20;
    run(5);
    assert_int_equal(outbox_fixture_count(&f, m, "failed"), 10);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 90);
    assert_int_equal(outbox_fixture_attempts(&f, m), 100);
    finish(m);
}

/* 554 5.7.1 after the dot to ten recipients is one refusal of the message, not ten: it pauses after three. */
static void test_shared__a_refused_transaction_counts_once(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 10\n", LANE_ALERT, 40);
    f.replies[SMTP_STATE_DOT] = "554 5.7.1 spam\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 2000);
    assert_int_equal(outbox_status(f.outbox).message_count, 1);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 40);
    assert_in_range(bodies(), 3, 5);
    assert_int_equal(outbox_fixture_attempts(&f, m), 0); /* because of us */
    f.replies[SMTP_STATE_DOT] = NULL;
    outbox_fixture_until(&f, all_final, 200);
    assert_int_equal(outbox_fixture_count(&f, m, "sent"), 40);
    finish(m);
}

/* The relay takes no mail of which one recipient is part: the others must not pay for that one. */
static void test_shared__a_refusal_after_the_dot_finds_its_recipient(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        const char *state; /* of the odd one */
    } rows[] = {{"552 5.2.2 mailbox full\r\n", "failed"}, {"554 5.7.1 spam\r\n", "pending"}, {"451 x\r\n", "pending"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 60);
        f.odd = "33@";
        f.odd_replies[SMTP_STATE_DOT] = rows[i].reply;
        outbox_wake(f.outbox);
        outbox_fixture_wait(&f, i == 2 ? 60000 : 3000); /* put off: after its waits */
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), 59);
        assert_int_equal(outbox_fixture_count(&f, m, rows[i].state), 1);
        assert_int_equal(outbox_status(f.outbox).message_count, 0);
        outbox_fixture_fini(&f);
    }
}

/* What is said of all of them together is no fault of one's domain. */
static void test_shared__a_shared_refusal_holds_back_no_domain(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 50\n", LANE_ALERT, 50);
    f.replies[SMTP_STATE_DOT] = "451 4.3.0 later\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 1000);
    assert_int_equal(outbox_fixture_count(&f, m, "pending"), 50);
    assert_int_equal(outbox_status(f.outbox).domain_count, 0);
    f.replies[SMTP_STATE_DOT] = NULL;
    outbox_fixture_until(&f, all_final, 30);
    assert_each_twice_at_most(50);
    finish(m);
}

/* A domain that takes most of them is not one that takes no mail now: neither when the session ends because of the ten,
 * and the others were accepted and not sent (attempt 0), nor when all is sent in one go (1). */
static void test_shared__some_put_off_hold_back_no_domain(void **state)
{
    (void)state;
    for (int attempt = 0; attempt < 2; attempt++) {
        int count = attempt == 0 ? 100 : 60;
        int odd = count / 10;
        int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, count);
        f.odd = "5@";
        f.odd_replies[SMTP_STATE_RCPT] = "451 4.7.1 greylisted\r\n";
        outbox_wake(f.outbox);
        outbox_fixture_wait(&f, 3000);
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), count - odd);
        assert_int_equal(outbox_fixture_count(&f, m, "pending"), odd);
        assert_int_equal(outbox_status(f.outbox).domain_count, 0);
        f.odd = NULL;
        outbox_fixture_until(&f, all_final, 60);
        assert_each_once(0, count);
        finish(m);
    }
}

/* A domain that takes none of them is let be. */
static void test_shared__all_put_off_hold_back_their_domain(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 60);
    f.replies[SMTP_STATE_RCPT] = "451 4.7.1 greylisted\r\n";
    outbox_wake(f.outbox);
    outbox_fixture_wait(&f, 3000);
    assert_int_equal(outbox_status(f.outbox).domain_count, 1);
    f.replies[SMTP_STATE_RCPT] = NULL;
    outbox_fixture_until(&f, all_final, 200);
    assert_each_once(0, 60);
    finish(m);
}

/* Every way in which a transaction of 20 can end, once; then the relay behaves. */
static void test_shared__each_break_has_its_outcome(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        const char *reply;
        int uncertain, failed;
    } rows[] = {
        {SMTP_STATE_MAIL, "550 5.7.1 x\r\n", 0, 0},
        {SMTP_STATE_MAIL, "421 x\r\n", 0, 0},
        {SMTP_STATE_MAIL, "!", 0, 0},
        {SMTP_STATE_RCPT, "421 x\r\n", 0, 0},
        {SMTP_STATE_RCPT, "!", 0, 0},
        {SMTP_STATE_RCPT, "550 5.1.1 x\r\n", 0, 20},
        {SMTP_STATE_RCPT, "450 4.1.1 x\r\n", 0, 0},
        {SMTP_STATE_DATA, "554 5.6.0 x\r\n", 0, 0},
        {SMTP_STATE_DATA, "451 x\r\n", 0, 0},
        {SMTP_STATE_DATA, "!", 0, 0},
        {SMTP_STATE_DOT, "552 5.2.2 x\r\n", 0, 20},
        {SMTP_STATE_DOT, "451 x\r\n", 0, 0},
        {SMTP_STATE_DOT, "!", 20, 0},
        {SMTP_STATE_DOT, "rubbish\r\n", 20, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 20);
        f.replies[rows[i].at] = rows[i].reply;
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, some_on_the_wire, 5);
        outbox_fixture_wait(&f, 200);
        if (rows[i].failed == 0)
            f.replies[rows[i].at] = NULL;
        outbox_fixture_until(&f, all_final, 600);
        assert_int_equal(outbox_fixture_count(&f, m, "uncertain"), rows[i].uncertain);
        assert_int_equal(outbox_fixture_count(&f, m, "failed"), rows[i].failed);
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), 20 - rows[i].uncertain - rows[i].failed);
        finish(m);
    }
}

/* --- permits, recall, stop ------------------------------------------------------------------------------------- */

/* Nothing is durable: a connection has one transaction past its dot, not two. */
static void test_shared__a_second_body_waits_for_the_record_of_the_first(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 10\n", LANE_ALERT, 40);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, some_on_the_wire, 5);
    f.store_is_slow = true;
    outbox_fixture_wait(&f, 500);
    assert_int_equal(bodies(), 1);
    assert_int_equal(outbox_fixture_all_dots(&f), 10);
    f.store_is_slow = false;
    outbox_fixture_until(&f, all_final, 5);
    assert_each_once(0, 40);
    finish(m);
}

static void test_shared__recalled_means_not_sent(void **state)
{
    (void)state;
    for (int turns = 0; turns < 12; turns++) {
        int64_t m = begin("connections = 2\nalert_recipients = 10\n", LANE_ALERT, 100);
        int64_t other = outbox_fixture_post(&f, LANE_ALERT, 100, 30);
        outbox_wake(f.outbox);
        for (int i = 0; i < turns; i++)
            outbox_fixture_turn(&f);
        outbox_fixture_recall(&f, m);
        int before = outbox_fixture_dots_between(&f, 0, 100);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 10);
        outbox_fixture_wait(&f, 500);
        int sent = outbox_fixture_dots_between(&f, 0, 100);
        assert_true(sent <= before + 2 * 10); /* what was past recall: one transaction a connection */
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), sent);
        assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 100 - sent);
        assert_int_equal(outbox_fixture_count(&f, other, "sent"), 30);
        assert_each_once(100, 130);
        finish(m);
    }
}

/* Recalled while it is on the wire, and comes back from there: it must not go again. */
static void test_shared__what_comes_back_from_the_wire_was_recalled_all_the_same(void **state)
{
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        int64_t m = begin("connections = 1\nalert_recipients = 100\n", variant ? LANE_LETTER : LANE_ALERT, 1);
        run(5); /* the connection has worked */
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), 1);
        m = outbox_fixture_post(&f, variant ? LANE_LETTER : LANE_ALERT, 1, 10);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, some_on_the_wire, 5);
        f.is_frozen = true;
        outbox_fixture_wait(&f, 100);
        outbox_fixture_recall(&f, m);
        outbox_wake(f.outbox);
        outbox_fixture_wait(&f, 100);
        outbox_fixture_cut(&f, "");
        f.is_frozen = false;
        outbox_fixture_until(&f, all_final, 10);
        assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 10);
        assert_int_equal(outbox_fixture_all_dots(&f), 1);
        finish(m);
    }
}

/* An envelope takes long where many share it: a permit that was given at its beginning is taken back. */
static void test_shared__held_during_the_envelope_means_no_body(void **state)
{
    (void)state;
    for (int count = 1; count <= 10; count += 9) {
        int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, count);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, some_on_the_wire, 5);
        f.is_frozen = true; /* the relay has not said a word about it */
        outbox_fixture_wait(&f, 100);
        outbox_fixture_hold(&f, true);
        outbox_wake(f.outbox);
        f.is_frozen = false;
        outbox_fixture_wait(&f, 2000);
        assert_int_equal(bodies(), 0);
        assert_int_equal(outbox_fixture_count(&f, m, "pending"), count);
        outbox_fixture_hold(&f, false);
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 5);
        assert_each_once(0, count);
        finish(m);
    }
}

/* What nobody recalled goes on where it stood: a wake-up costs it no connection and no second envelope. */
static void test_shared__a_wake_up_during_the_envelope_costs_nothing(void **state)
{
    (void)state;
    int64_t m = begin("connections = 1\nalert_recipients = 100\n", LANE_ALERT, 10);
    outbox_wake(f.outbox);
    outbox_fixture_until(&f, some_on_the_wire, 5);
    f.is_frozen = true;
    outbox_fixture_wait(&f, 100);
    outbox_wake(f.outbox);
    f.is_frozen = false;
    outbox_fixture_until(&f, all_final, 5);
    assert_each_once(0, 10);
    assert_int_equal(f.relay_count, 1);
    assert_int_equal(outbox_fixture_attempts(&f, m), 10);
    finish(m);
}

/* One of those that wait together is recalled: the others get it. */
static void test_shared__one_recalled_costs_the_others_nothing(void **state)
{
    (void)state;
    int withdrawn = 0;
    for (int turns = 0; turns < 10; turns++) {
        int64_t m = begin("connections = 1\nalert_recipients = 10\n", LANE_ALERT, 20);
        outbox_wake(f.outbox);
        for (int i = 0; i < turns; i++)
            outbox_fixture_turn(&f);
        outbox_fixture_script(&f,
                              "UPDATE delivery SET recalled = 1 WHERE address = '13@example.se' AND state = 'claimed'");
        outbox_wake(f.outbox);
        outbox_fixture_until(&f, all_final, 10);
        for (int i = 0; i < 20; i++)
            assert_true(i == 13 || outbox_fixture_dots(&f, i) == 1);
        withdrawn += outbox_fixture_count(&f, m, "withdrawn");
        assert_int_equal(outbox_fixture_count(&f, m, "withdrawn"), 1 - outbox_fixture_dots(&f, 13));
        finish(m);
    }
    assert_true(withdrawn > 0);
}

static void test_shared__stopping_gives_back_what_has_not_left(void **state)
{
    (void)state;
    for (int turns = 1; turns < 10; turns++) {
        int64_t m = begin("connections = 2\nalert_recipients = 10\n", LANE_ALERT, 100);
        outbox_wake(f.outbox);
        for (int i = 0; i < turns; i++)
            outbox_fixture_turn(&f);
        outbox_fixture_stop(&f, 1000);
        assert_int_equal(outbox_fixture_count(&f, m, "claimed"), 0);
        assert_int_equal(outbox_fixture_count(&f, m, "sent"), outbox_fixture_all_dots(&f));
        outbox_fixture_check(&f, m, false);
        outbox_fixture_fini(&f);
    }
}

/* --- faults ---------------------------------------------------------------------------------------------------- */

static bool is_over(struct outbox_fixture *x)
{
    return all_final(x);
}

/* The n-th operation of all connections fails: no alert is lost, none is sent twice, all are accounted for. */
static void test_shared__survives_a_fault_at_every_operation(void **state)
{
    (void)state;
    for (int fault = FAKE_RESET; fault <= FAKE_DEAF; fault++) {
        bool fired = true;
        for (int n = 1; fired && n < 400; n++) {
            int64_t m = begin("connections = 2\nalert_recipients = 10\n", LANE_ALERT, 50);
            f.odd = "49@";
            f.odd_replies[SMTP_STATE_RCPT] = "550 5.1.1 no such user\r\n";
            f.countdown = n;
            f.fault = (enum fake_fault)fault;
            outbox_wake(f.outbox);
            outbox_fixture_until(&f, is_over, 2000);
            fired = f.fired;
            assert_int_equal(outbox_fixture_count(&f, m, "failed"), 1);
            int uncertain = outbox_fixture_count(&f, m, "uncertain");
            assert_true(uncertain <= 10);
            assert_int_equal(outbox_fixture_count(&f, m, "sent"), 49 - uncertain);
            for (int i = 0; i < 50; i++)
                assert_true(outbox_fixture_dots(&f, i) <= 1);
            finish(m);
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_shared__alerts_leave_together),
    TEST(test_shared__letters_and_personal_mail_never),
    TEST(test_shared__by_default_nobody_shares),
    TEST(test_shared__messages_are_not_mixed),
    TEST(test_shared__many_connections_share_less),
    TEST(test_shared__smtputf8_goes_by_itself),
    TEST(test_shared__the_rate_counts_recipients),
    TEST(test_shared__one_refused_fails_alone),
    TEST(test_shared__one_put_off_is_retried_alone),
    TEST(test_shared__too_many_recipients_go_in_smaller_parts_at_once),
    TEST(test_shared__a_relay_that_hangs_up_on_many_gets_fewer),
    TEST(test_shared__twenty_bad_addresses_cost_the_good_ones_nothing),
    TEST(test_shared__a_refused_transaction_counts_once),
    TEST(test_shared__a_refusal_after_the_dot_finds_its_recipient),
    TEST(test_shared__a_shared_refusal_holds_back_no_domain),
    TEST(test_shared__some_put_off_hold_back_no_domain),
    TEST(test_shared__all_put_off_hold_back_their_domain),
    TEST(test_shared__each_break_has_its_outcome),
    TEST(test_shared__a_second_body_waits_for_the_record_of_the_first),
    TEST(test_shared__recalled_means_not_sent),
    TEST(test_shared__what_comes_back_from_the_wire_was_recalled_all_the_same),
    TEST(test_shared__held_during_the_envelope_means_no_body),
    TEST(test_shared__a_wake_up_during_the_envelope_costs_nothing),
    TEST(test_shared__one_recalled_costs_the_others_nothing),
    TEST(test_shared__stopping_gives_back_what_has_not_left),
    TEST(test_shared__survives_a_fault_at_every_operation),
};

TEST_MAIN(tests)
