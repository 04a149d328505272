/* deliver/smtp_session.h with two jobs in hand, and permits, against a relay without a network. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/smtp_owner.h"
#include "lib/test.h"

enum { BIG_BYTES = 200000 };

static struct owner *ahead_new(int jobs)
{
    struct owner *o = owner_new(jobs);
    o->ahead = true;
    o->records = true;
    return o;
}

static char *big_body(void)
{
    char *big = xmalloc(BIG_BYTES);
    for (size_t i = 0; i < BIG_BYTES; i++)
        big[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : '.';
    return big;
}

/* --- the dialogue ------------------------------------------------------------------------------------------------- */

static void test_ahead__costs_one_write_and_one_read_a_letter(void **state)
{
    (void)state;
    enum { JOBS = 10 };
    struct owner *o = ahead_new(JOBS);
    owner_run(o);
    for (int i = 0; i < JOBS; i++)
        owner_expect(o, i, OUTCOME_SENT, "final dot");
    assert_int_equal(o->relay.sends, 1 + JOBS + 1); /* the first envelope, the bodies, QUIT */
    assert_int_equal(o->relay.recvs, 1 + JOBS + 1);
    assert_false(o->has_why);
    owner_free(o);
}

static void test_ahead__holds_a_body_back_until_its_permit(void **state)
{
    (void)state;
    for (int record_turns = 0; record_turns < 4; record_turns++) {
        struct owner *o = ahead_new(3);
        o->record_turns = record_turns;
        owner_set_timeouts(o, OWNER_LONG_MS);
        owner_run(o);
        for (int i = 0; i < 3; i++)
            owner_expect(o, i, OUTCOME_SENT, "final dot");
        assert_int_equal(o->permits, 3);
        owner_free(o);
    }
}

static void test_ahead__closes_when_no_permit_comes(void **state)
{
    (void)state;
    for (int most = 1; most <= 2; most++) {
        struct owner *o = ahead_new(4);
        o->permits_most = most;
        owner_run(o);
        for (int i = 0; i < most; i++)
            owner_expect(o, i, OUTCOME_SENT, NULL);
        owner_expect(o, most, OUTCOME_UNTOUCHED, "permit");
        owner_expect(o, most + 1, OUTCOME_UNTOUCHED, "permit");
        assert_int_equal(o->relay.bodies, most);
        assert_true(o->has_why);
        assert_int_equal(o->why.kind, OUTCOME_RETRY);
        owner_free(o);
    }
}

static void test_ahead__permits_may_come_for_both_at_once(void **state)
{
    (void)state;
    struct owner *o = ahead_new(4);
    o->records = false;
    owner_run(o);
    for (int i = 0; i < 4; i++)
        owner_expect(o, i, OUTCOME_SENT, NULL);
    owner_free(o);
}

static void test_ahead__takes_no_second_job_where_it_must_not(void **state)
{
    (void)state;
    struct owner *o = ahead_new(2);
    o->relay.caps.pipelining = false;
    owner_run(o);
    owner_expect(o, 1, OUTCOME_SENT, NULL);
    assert_int_equal(o->relay.sends, 2 * 4 + 1);
    owner_free(o);

    o = ahead_new(9);
    o->config.max_messages = 3;
    o->later = true;
    owner_run(o);
    assert_int_equal(o->next, 3);
    assert_int_equal(o->done, 3);
    assert_false(o->has_why);
    owner_free(o);
}

/* After the first refusal: one at a time, DATA by itself. */
static void test_ahead__goes_on_in_the_safe_form_after_a_refusal(void **state)
{
    (void)state;
    struct owner *o = ahead_new(3);
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[0].address = "bad0@x";
    owner_run(o);
    owner_expect(o, 0, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 1, OUTCOME_SENT, NULL);
    owner_expect(o, 2, OUTCOME_SENT, NULL);
    assert_string_equal(buf_str(&o->relay.seen),
                        "MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<bad0@x>\r\nDATA\r\n"
                        "RSET\r\nMAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<1@x>\r\nDATA\r\n[body]\r\n"
                        "MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<2@x>\r\nDATA\r\n[body]\r\nQUIT\r\n");
    assert_int_equal(o->relay.sends, 1 + 3 + 3 + 1); /* RSET to RCPT, DATA, body; MAIL and RCPT, DATA, body */
    owner_free(o);
}

static void test_ahead__a_refused_recipient_behind_a_body_costs_the_others_nothing(void **state)
{
    (void)state;
    for (int always = 0; always < 2; always++) {
        struct owner *o = ahead_new(4);
        o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
        o->relay.data_always = always == 1; /* 354 all the same: a lone dot, to nobody */
        o->to[1].address = "bad1@x";
        owner_run(o);
        owner_expect(o, 0, OUTCOME_SENT, NULL);
        owner_expect(o, 1, OUTCOME_FAILED, "RCPT");
        owner_expect(o, 2, OUTCOME_SENT, NULL);
        owner_expect(o, 3, OUTCOME_SENT, NULL);
        assert_int_equal(o->relay.dots[1], 0);
        owner_free(o);
    }
}

static void test_ahead__refuses_by_itself_in_turn(void **state)
{
    (void)state;
    struct owner *o = ahead_new(4);
    o->jobs[1].data = "bare\n.\nMAIL FROM:<smuggled@x>\r\n";
    o->jobs[1].len = strlen(o->jobs[1].data);
    o->to[2].address = "2@x>\r\nRCPT TO:<3@x";
    owner_run(o);
    owner_expect(o, 0, OUTCOME_SENT, NULL);
    owner_expect(o, 1, OUTCOME_OUR_FAULT, "check");
    owner_expect(o, 2, OUTCOME_FAILED, "check");
    owner_expect(o, 3, OUTCOME_SENT, NULL);
    assert_null(strstr(buf_str(&o->relay.seen), "smuggled"));
    assert_int_equal(o->permits, 2); /* what is refused needs none */
    owner_free(o);
}

static void test_ahead__puts_the_envelope_behind_a_body_of_many_blocks(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 997, 4096};
    char *big = big_body();
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct owner *o = ahead_new(3);
        for (int k = 0; k < 3; k++) {
            o->jobs[k].data = big;
            o->jobs[k].len = BIG_BYTES - (size_t)k * 50;
        }
        o->relay.chunk = chunks[i];
        owner_set_timeouts(o, OWNER_LONG_MS);
        owner_run(o);
        for (int k = 0; k < 3; k++)
            owner_expect(o, k, OUTCOME_SENT, NULL);
        assert_int_equal(o->relay.last_body, (BIG_BYTES - 100) / 50 * 51 + 3);
        owner_free(o);
    }
    free(big);
}

/* The next job comes while the final dot is out already: its envelope goes at once. */
static void test_ahead__a_job_that_comes_late_goes_out_before_the_reply(void **state)
{
    (void)state;
    struct owner *o = ahead_new(2);
    o->relay.replies[SMTP_STATE_DOT] = ""; /* no reply from here on */
    o->later = true;
    owner_run(o);
    owner_expect(o, 0, OUTCOME_UNCERTAIN, "final dot");
    owner_expect(o, 1, OUTCOME_UNTOUCHED, "final dot");
    assert_non_null(
        strstr(buf_str(&o->relay.seen), "[body]\r\nMAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<1@x>\r\nDATA\r\n"));
    owner_free(o);
}

/* And the reply to the dot counts, although the buffer has been used anew. */
static void test_ahead__a_job_that_comes_late_does_not_hide_the_reply(void **state)
{
    (void)state;
    char *big = big_body();
    struct owner *o = ahead_new(3);
    o->later = true;
    for (int i = 0; i < 3; i++) {
        o->jobs[i].data = big;
        o->jobs[i].len = 30000;
    }
    owner_run(o);
    for (int i = 0; i < 3; i++)
        owner_expect(o, i, OUTCOME_SENT, NULL);
    owner_free(o);
    free(big);
}

/* The envelope is stuck behind the dot: the reply to the dot is read all the same, one to the envelope is too early. */
static void test_ahead__reads_the_reply_to_a_dot_with_the_envelope_stuck_behind(void **state)
{
    (void)state;
    const size_t envelope = strlen("MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<0@x>\r\nDATA\r\n");
    for (int spare = 0; spare < 2; spare++) {
        struct owner *o = ahead_new(2);
        o->relay.room = envelope + o->jobs[0].len + 1 + 3 + 5;
        if (spare == 1)
            o->relay.replies[SMTP_STATE_DOT] = "250 2.0.0 Queued\r\n250 Ok\r\n";
        owner_run(o);
        owner_expect(o, 0, OUTCOME_SENT, NULL);
        owner_expect(o, 1, OUTCOME_RETRY, "MAIL");
        const char *why =
            spare == 1 ? "the server broke the protocol (a reply before its command)" : "no answer in time";
        assert_string_equal(o->last[1].text, why);
        owner_free(o);
    }
}

/* A limit of messages per connection: 421 in the same breath as the last 250. */
static void test_ahead__a_421_right_behind_a_250_costs_the_next_no_attempt(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 1, 20};
    for (size_t i = 0; i < 2 * ARRAY_LEN(chunks); i++) {
        struct owner *o = ahead_new(2);
        o->ahead = i % 2 == 0;
        o->relay.chunk = chunks[i / 2];
        o->relay.replies[SMTP_STATE_DOT] = "250 2.0.0 Queued\r\n421 4.7.0 Too many messages\r\n";
        owner_run(o);
        owner_expect(o, 0, OUTCOME_SENT, NULL);
        owner_expect(o, 1, OUTCOME_UNTOUCHED, NULL);
        assert_int_equal(o->last[1].code, 421);
        owner_free(o);
    }
}

static void test_ahead__reads_what_the_wire_hides(void **state)
{
    (void)state;
    static const size_t chunks[] = {1, 5, 0};
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct owner *o = ahead_new(6);
        o->relay.caps.tls = true;
        o->relay.hides = true;
        o->relay.chunk = chunks[i];
        owner_set_timeouts(o, 2000);
        owner_run(o);
        for (int k = 0; k < 6; k++)
            owner_expect(o, k, OUTCOME_SENT, NULL);
        owner_free(o);
    }
}

/* --- what the server may say, with a second job in hand ------------------------------------------------------------
 */

/* The first job on a connection and the one behind it; then the second, when the first was sent. */
static void test_ahead__gives_each_reply_its_outcomes(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        const char *reply;
        enum outcome_kind first, behind;
    } rows[] = {
        {SMTP_STATE_MAIL, "450 x\r\n", OUTCOME_OUR_FAULT, OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, "550 x\r\n", OUTCOME_OUR_FAULT, OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, "421 x\r\n", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_MAIL, "!", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_MAIL, "", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_MAIL, "rubbish\r\n", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_RCPT, "550 5.1.1 x\r\n", OUTCOME_FAILED, OUTCOME_FAILED},
        {SMTP_STATE_RCPT, "421 x\r\n", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_RCPT, "!", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_RCPT, "", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DATA, "554 x\r\n", OUTCOME_FAILED, OUTCOME_FAILED},
        {SMTP_STATE_DATA, "250 x\r\n", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DATA, "!", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DATA, "", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DOT, "250 x\r\n", OUTCOME_SENT, OUTCOME_SENT},
        {SMTP_STATE_DOT, "451 x\r\n", OUTCOME_RETRY, OUTCOME_RETRY},
        {SMTP_STATE_DOT, "554 x\r\n", OUTCOME_FAILED, OUTCOME_FAILED},
        {SMTP_STATE_DOT, "421 x\r\n", OUTCOME_RETRY, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DOT, "354 x\r\n", OUTCOME_UNCERTAIN, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DOT, "rubbish\r\n", OUTCOME_UNCERTAIN, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DOT, "!", OUTCOME_UNCERTAIN, OUTCOME_UNTOUCHED},
        {SMTP_STATE_DOT, "", OUTCOME_UNCERTAIN, OUTCOME_UNTOUCHED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct owner *o = ahead_new(2);
        o->relay.replies[rows[i].at] = rows[i].reply;
        owner_run(o);
        owner_expect(o, 0, rows[i].first, NULL);
        owner_expect(o, 1, rows[i].behind, NULL);
        assert_true(o->relay.dots[1] == 0 || rows[i].at == SMTP_STATE_DOT);
        owner_free(o);
    }
}

/* The same on a connection that has worked: the fault begins with the second mail, and a third is behind it. */
static void test_ahead__a_connection_that_worked_leaves_its_job_untouched(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        const char *reply;
        enum outcome_kind kind;
    } rows[] = {
        {SMTP_STATE_MAIL, "421 4.7.0 Too many messages\r\n", OUTCOME_UNTOUCHED},
        {SMTP_STATE_MAIL, "!", OUTCOME_UNTOUCHED},
        {SMTP_STATE_MAIL, "451 x\r\n", OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, "", OUTCOME_RETRY}, /* a relay that hangs is tried later */
        {SMTP_STATE_MAIL, "rubbish\r\n", OUTCOME_RETRY},
        {SMTP_STATE_RCPT, "421 x\r\n", OUTCOME_UNTOUCHED},
        {SMTP_STATE_RCPT, "!", OUTCOME_UNTOUCHED},
        {SMTP_STATE_DATA, "421 x\r\n", OUTCOME_UNTOUCHED},
        {SMTP_STATE_DATA, "!", OUTCOME_UNTOUCHED},
        {SMTP_STATE_DOT, "421 x\r\n", OUTCOME_RETRY},
        {SMTP_STATE_DOT, "!", OUTCOME_UNCERTAIN},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        struct owner *o = ahead_new(3);
        o->ahead = i % 2 == 0;
        o->relay.usual_first = 1;
        o->relay.replies[rows[i / 2].at] = rows[i / 2].reply;
        owner_run(o);
        owner_expect(o, 0, OUTCOME_SENT, NULL);
        owner_expect(o, 1, rows[i / 2].kind, NULL);
        if (o->outcomes[2] > 0 && o->has_why)
            owner_expect(o, 2, OUTCOME_UNTOUCHED, NULL);
        owner_free(o);
    }
}

/* What the server says while we hold the body back. */
static void test_ahead__hears_the_server_while_it_waits_for_a_permit(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum outcome_kind kind;
    } rows[] = {{"354 Go\r\n451 4.4.2 Too slow\r\n", OUTCOME_RETRY},
                {"354 Go\r\n552 5.2.2 Full\r\n", OUTCOME_FAILED},
                {"354 Go\r\n421 4.4.2 Too slow\r\n", OUTCOME_UNTOUCHED},
                {"354 Go\r\n250 Ok\r\n", OUTCOME_RETRY}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct owner *o = ahead_new(3);
        o->permits_most = 1;
        o->relay.usual_first = 1;
        o->relay.replies[SMTP_STATE_DATA] = rows[i].reply;
        owner_run(o);
        owner_expect(o, 0, OUTCOME_SENT, NULL);
        owner_expect(o, 1, rows[i].kind, "permit");
        owner_expect(o, 2, OUTCOME_UNTOUCHED, "permit");
        assert_int_equal(o->relay.bodies, 1);
        owner_free(o);
    }
}

/* A body that is refused half way: the one behind it was not asked about. */
static void test_ahead__a_body_refused_half_way_leaves_the_next_untouched(void **state)
{
    (void)state;
    char *big = big_body();
    static const struct {
        const char *reply;
        enum outcome_kind kind;
    } rows[] = {{"552 5.2.2 Full\r\n", OUTCOME_FAILED},
                {"451 4.3.1 Later\r\n", OUTCOME_RETRY},
                {"421 4.3.2 Bye\r\n", OUTCOME_RETRY},
                {"250 2.0.0 Already\r\n", OUTCOME_RETRY},
                {"!", OUTCOME_RETRY}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct owner *o = ahead_new(2);
        o->jobs[0].data = big;
        o->jobs[0].len = BIG_BYTES;
        o->relay.body_reply = rows[i].reply;
        o->relay.body_room = 1000;
        owner_run(o);
        owner_expect(o, 0, rows[i].kind, NULL);
        owner_expect(o, 1, OUTCOME_UNTOUCHED, NULL);
        assert_int_equal(o->relay.dots[0], 0);
        owner_free(o);
    }
    free(big);
}

/* 250 to a dot of which the wire has taken everything but the last byte. */
static void test_ahead__believes_no_reply_to_a_dot_that_has_not_left(void **state)
{
    (void)state;
    struct owner *o = ahead_new(2);
    o->relay.body_reply = "250 2.0.0 Queued\r\n";
    o->relay.chunk = o->jobs[0].len + 1 + 2; /* stuffed, and without the dot's LF */
    o->relay.body_room = 1;
    owner_run(o);
    owner_expect(o, 0, OUTCOME_RETRY, "body");
    owner_expect(o, 1, OUTCOME_UNTOUCHED, "body");
    assert_int_equal(o->relay.dots[0], 0);
    owner_free(o);
}

/* A spare reply shifts all that follow: the second mail must end in a broken protocol, never as sent. */
static void test_ahead__a_spare_reply_is_no_delivery(void **state)
{
    (void)state;
    static const char *const said[] = {"250 2.0.0 Queued\r\n250 spare\r\n",
                                       "250 2.0.0 Queued\r\n250 spare\r\n250 spare\r\n",
                                       "250 2.0.0 Queued\r\n250 spare\r\n250 spare\r\n354 spare\r\n",
                                       "250 2.0.0 Queued\r\n250 spare\r\n250 spare\r\n354 spare\r\n250 spare\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        struct owner *o = ahead_new(2);
        o->relay.replies[SMTP_STATE_DOT] = said[i];
        owner_run(o);
        owner_expect(o, 0, OUTCOME_SENT, NULL);
        assert_int_equal(o->outcomes[1], 1);
        assert_int_not_equal(o->last[1].kind, OUTCOME_SENT);
        owner_free(o);
    }
}

/* --- leaving -------------------------------------------------------------------------------------------------------
 */

static void test_ahead__quit_finishes_what_is_in_hand(void **state)
{
    (void)state;
    for (int turn = 1; turn < 12; turn++) {
        struct owner *o = ahead_new(6);
        o->quit_after = turn;
        o->record_turns = 1;
        owner_set_timeouts(o, OWNER_LONG_MS);
        owner_run(o);
        assert_int_equal(o->done, o->next);
        for (int i = 0; i < o->done; i++)
            owner_expect(o, i, OUTCOME_SENT, NULL);
        assert_false(o->has_why);
        owner_free(o);
    }
}

/* A letter is stopped: what is in hand behind another and has no permit stays here, whatever went ahead of it. */
static void test_ahead__a_job_that_is_taken_back_has_no_outcome_and_no_body(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 7};
    int taken = 0;
    int farewells = 0;
    for (int turn = 2; turn < 80; turn++) {
        struct owner *o = ahead_new(6);
        o->take_back_after = turn;
        o->record_turns = 2;
        o->later = turn % 3 == 0;
        o->relay.chunk = chunks[turn % 2];
        owner_set_timeouts(o, OWNER_LONG_MS);
        owner_run(o);
        owner_check_promises(o, false);
        assert_int_equal(o->done, o->next);
        for (int i = 0; i < o->done; i++)
            owner_expect(o, i, OUTCOME_SENT, NULL);
        assert_int_equal(o->relay.bodies, o->done);
        assert_false(o->has_why);
        taken += o->took_back;
        farewells += o->took_back && strstr(buf_str(&o->relay.seen), "QUIT");
        owner_free(o);
    }
    assert_true(taken > 10);
    assert_in_range(farewells, 1, taken - 1); /* no QUIT behind an envelope that has gone ahead */
}

/* --- faults --------------------------------------------------------------------------------------------------------
 */

static struct owner *fault_scenario(int variant)
{
    struct owner *o = ahead_new(5);
    owner_vary(o, variant);
    o->records = variant < OWNER_VARIANTS;
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[3].address = "bad3@x";
    o->jobs[1].mail_from = "";
    return o;
}

static void expect_whole(const struct owner *o)
{
    owner_expect(o, 2, OUTCOME_SENT, NULL);
    owner_expect(o, 3, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 4, OUTCOME_SENT, NULL);
}

static void test_ahead__keeps_its_promises_when_the_nth_operation_fails(void **state)
{
    (void)state;
    owner_fail_each(fault_scenario, 2 * OWNER_VARIANTS, 3, expect_whole);
}

/* All that our own side ends, before a byte of a body, is untouched. */
static void expect_untouched(const struct owner *o)
{
    for (int i = 0; i < o->next; i++)
        assert_true(o->last[i].kind != OUTCOME_RETRY || o->relay.bodies > 0);
}

static void test_ahead__keeps_its_promises_when_aborted_at_any_moment(void **state)
{
    (void)state;
    owner_abort_each(fault_scenario, 12, 1, expect_untouched);
}

static const struct CMUnitTest tests[] = {
    TEST(test_ahead__costs_one_write_and_one_read_a_letter),
    TEST(test_ahead__holds_a_body_back_until_its_permit),
    TEST(test_ahead__closes_when_no_permit_comes),
    TEST(test_ahead__permits_may_come_for_both_at_once),
    TEST(test_ahead__takes_no_second_job_where_it_must_not),
    TEST(test_ahead__goes_on_in_the_safe_form_after_a_refusal),
    TEST(test_ahead__a_refused_recipient_behind_a_body_costs_the_others_nothing),
    TEST(test_ahead__refuses_by_itself_in_turn),
    TEST(test_ahead__puts_the_envelope_behind_a_body_of_many_blocks),
    TEST(test_ahead__a_job_that_comes_late_goes_out_before_the_reply),
    TEST(test_ahead__a_job_that_comes_late_does_not_hide_the_reply),
    TEST(test_ahead__reads_the_reply_to_a_dot_with_the_envelope_stuck_behind),
    TEST(test_ahead__a_421_right_behind_a_250_costs_the_next_no_attempt),
    TEST(test_ahead__reads_what_the_wire_hides),
    TEST(test_ahead__gives_each_reply_its_outcomes),
    TEST(test_ahead__a_connection_that_worked_leaves_its_job_untouched),
    TEST(test_ahead__hears_the_server_while_it_waits_for_a_permit),
    TEST(test_ahead__a_body_refused_half_way_leaves_the_next_untouched),
    TEST(test_ahead__believes_no_reply_to_a_dot_that_has_not_left),
    TEST(test_ahead__a_spare_reply_is_no_delivery),
    TEST(test_ahead__quit_finishes_what_is_in_hand),
    TEST(test_ahead__a_job_that_is_taken_back_has_no_outcome_and_no_body),
    TEST(test_ahead__keeps_its_promises_when_the_nth_operation_fails),
    TEST(test_ahead__keeps_its_promises_when_aborted_at_any_moment),
};

TEST_MAIN(tests)
