/* deliver/smtp_session.h against a relay without a network (lib/fake_relay.h). */
#include "deliver/smtp_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/smtp_owner.h"
#include "lib/test.h"

/* --- the dialogue --------------------------------------------------------------------------------------------------
 */

static void test_session__pipelines_a_message_in_two_writes(void **state)
{
    (void)state;
    struct owner *o = owner_new(2);
    owner_run(o);
    owner_expect(o, 0, OUTCOME_SENT, "final dot");
    owner_expect(o, 1, OUTCOME_SENT, "final dot");
    assert_int_equal(o->last[0].code, 250);
    assert_string_equal(o->last[0].text, "Queued");
    assert_string_equal(buf_str(&o->relay.seen),
                        "MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<0@x>\r\nDATA\r\n[body]\r\n"
                        "MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<1@x>\r\nDATA\r\n[body]\r\nQUIT\r\n");
    assert_int_equal(o->relay.last_body, o->jobs[1].len + 1 + 3);
    assert_int_equal(o->ready, 1);
    assert_false(o->has_why);
    owner_free(o);
}

static void test_session__waits_for_each_reply_without_pipelining(void **state)
{
    (void)state;
    struct owner *o = owner_new(2);
    o->relay.caps = (struct smtp_caps){.smtputf8 = true};
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[0].address = "bad0@x";
    o->jobs[1].smtputf8 = true;
    owner_run(o);
    owner_expect(o, 0, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 1, OUTCOME_SENT, NULL);
    assert_string_equal(buf_str(&o->relay.seen),
                        "MAIL FROM:<from@x>\r\nRCPT TO:<bad0@x>\r\nRSET\r\n"
                        "MAIL FROM:<from@x> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<1@x>\r\nDATA\r\n[body]\r\nQUIT\r\n");
    owner_free(o);
}

static void test_session__holds_data_back_after_the_first_refusal(void **state)
{
    (void)state;
    struct owner *o = owner_new(3);
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[0].address = "bad0@x";
    o->to[1].address = "bad1@x";
    owner_run(o);
    owner_expect(o, 0, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 1, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 2, OUTCOME_SENT, NULL);
    assert_string_equal(buf_str(&o->relay.seen),
                        "MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<bad0@x>\r\nDATA\r\n"
                        "RSET\r\nMAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<bad1@x>\r\n"
                        "RSET\r\nMAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<2@x>\r\nDATA\r\n[body]\r\nQUIT\r\n");
    owner_free(o);
}

static void test_session__answers_354_after_a_refusal_with_a_lone_dot(void **state)
{
    (void)state;
    struct owner *o = owner_new(2);
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->relay.data_always = true;
    o->to[0].address = "bad0@x";
    owner_run(o);
    owner_expect(o, 0, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 1, OUTCOME_SENT, NULL);
    assert_int_equal(o->relay.dots[0], 0);
    assert_non_null(strstr(buf_str(&o->relay.seen), "RCPT TO:<bad0@x>\r\nDATA\r\n.\r\nMAIL"));
    owner_free(o);
}

/* An empty message would go out, were the dot sent. */
static void test_session__sends_no_dot_when_mail_is_refused_but_rcpt_taken(void **state)
{
    (void)state;
    struct owner *o = owner_new(1);
    o->relay.replies[SMTP_STATE_MAIL] = "550 5.7.1 You?\r\n";
    o->relay.replies[SMTP_STATE_RCPT] = "250 Why not\r\n";
    o->relay.data_always = true;
    owner_run(o);
    owner_expect(o, 0, OUTCOME_OUR_FAULT, "MAIL");
    assert_null(strstr(buf_str(&o->relay.seen), "\n.\r\n"));
    assert_true(o->has_why);
    owner_free(o);
}

static void test_session__leaves_after_eight_refusals(void **state)
{
    (void)state;
    struct owner *o = owner_new(OWNER_JOBS_MAX);
    o->relay.replies[SMTP_STATE_RCPT] = "450 4.2.0 Later\r\n";
    owner_run(o);
    int done = 0;
    for (int i = 0; i < OWNER_JOBS_MAX; i++)
        done += o->outcomes[i];
    assert_int_equal(done, 7); /* the first costs two: DATA was behind it */
    assert_false(o->has_why);
    assert_non_null(strstr(buf_str(&o->relay.seen), "QUIT"));
    owner_free(o);
}

static void test_session__leaves_after_max_messages(void **state)
{
    (void)state;
    struct owner *o = owner_new(5);
    o->config.max_messages = 3;
    o->later = true;
    owner_run(o);
    assert_int_equal(o->next, 3);
    assert_false(o->has_why);
    owner_free(o);
}

static void test_session__refuses_by_itself_what_must_not_be_sent(void **state)
{
    (void)state;
    struct owner *o = owner_new(6);
    o->config.max_messages = 5;
    o->jobs[0].data = "bare\n.\nMAIL FROM:<smuggled@x>\r\n";
    o->jobs[0].len = strlen(o->jobs[0].data);
    o->to[1].address = "x@y>\r\nRCPT TO:<z@y";
    o->jobs[2].mail_from = "no address";
    o->relay.caps.smtputf8 = false;
    o->jobs[3].smtputf8 = true;
    o->jobs[4].len = 0;
    owner_run(o);
    owner_expect(o, 0, OUTCOME_OUR_FAULT, "check");
    owner_expect(o, 1, OUTCOME_FAILED, "check");
    owner_expect(o, 2, OUTCOME_OUR_FAULT, "check");
    owner_expect(o, 3, OUTCOME_FAILED, "check");
    assert_non_null(strstr(o->last[3].text, "SMTPUTF8"));
    owner_expect(o, 4, OUTCOME_OUR_FAULT, "check");
    assert_int_equal(o->outcomes[5], 0);
    assert_string_equal(buf_str(&o->relay.seen), "QUIT\r\n");
    assert_false(o->has_why);
    owner_free(o);
}

/* --- what the server may say, step by step -------------------------------------------------------------------------
 */

static void test_session__gives_each_reply_its_outcome(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        const char *reply;
        enum outcome_kind kind;
        bool stays; /* the connection survives */
    } rows[] = {
        {SMTP_STATE_MAIL, "451 x\r\n", OUTCOME_OUR_FAULT, true},
        {SMTP_STATE_MAIL, "550 x\r\n", OUTCOME_OUR_FAULT, true},
        {SMTP_STATE_MAIL, "421 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_MAIL, "354 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_MAIL, "rubbish\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_MAIL, "250-a\r\n550 b\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_MAIL, "!", OUTCOME_RETRY, false},
        {SMTP_STATE_MAIL, "", OUTCOME_RETRY, false},
        {SMTP_STATE_RCPT, "251 will forward\r\n", OUTCOME_SENT, true},
        {SMTP_STATE_RCPT, "450 x\r\n", OUTCOME_RETRY, true},
        {SMTP_STATE_RCPT, "550 5.1.1 x\r\n", OUTCOME_FAILED, true},
        {SMTP_STATE_RCPT, "554 5.7.1 Relay access denied\r\n", OUTCOME_OUR_FAULT, true},
        {SMTP_STATE_RCPT, "421 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_RCPT, "354 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_RCPT, "!", OUTCOME_RETRY, false},
        {SMTP_STATE_RCPT, "", OUTCOME_RETRY, false},
        {SMTP_STATE_DATA, "250 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_DATA, "451 x\r\n", OUTCOME_RETRY, true},
        {SMTP_STATE_DATA, "554 x\r\n", OUTCOME_FAILED, true},
        {SMTP_STATE_DATA, "530 x\r\n", OUTCOME_OUR_FAULT, true},
        {SMTP_STATE_DATA, "421 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_DATA, "!", OUTCOME_RETRY, false},
        {SMTP_STATE_DATA, "", OUTCOME_RETRY, false},
        {SMTP_STATE_DOT, "250 x\r\n", OUTCOME_SENT, true},
        {SMTP_STATE_DOT, "451 x\r\n", OUTCOME_RETRY, true},
        {SMTP_STATE_DOT, "554 x\r\n", OUTCOME_FAILED, true},
        {SMTP_STATE_DOT, "550 5.7.1 spam\r\n", OUTCOME_OUR_FAULT, true},
        {SMTP_STATE_DOT, "421 x\r\n", OUTCOME_RETRY, false},
        {SMTP_STATE_DOT, "354 x\r\n", OUTCOME_UNCERTAIN, false},
        {SMTP_STATE_DOT, "rubbish\r\n", OUTCOME_UNCERTAIN, false},
        {SMTP_STATE_DOT, "!", OUTCOME_UNCERTAIN, false},
        {SMTP_STATE_DOT, "", OUTCOME_UNCERTAIN, false},
        {SMTP_STATE_QUIT, "", OUTCOME_SENT, true},
        {SMTP_STATE_QUIT, "!", OUTCOME_SENT, true},
        {SMTP_STATE_QUIT, "rubbish\r\n", OUTCOME_SENT, true},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        struct owner *o = owner_new(1);
        o->relay.caps.pipelining = i % 2 == 0;
        o->relay.replies[rows[i / 2].at] = rows[i / 2].reply;
        owner_run(o);
        owner_expect(o, 0, rows[i / 2].kind, NULL);
        assert_int_equal(o->has_why, !rows[i / 2].stays);
        owner_free(o);
    }
}

/* A server that says too much could pass its spare reply off as the answer to what we say next. */
static void test_session__takes_no_reply_that_came_before_its_command(void **state)
{
    (void)state;
    struct owner *o = owner_new(2);
    o->relay.replies[SMTP_STATE_DOT] = "250 2.0.0 Queued\r\n250 spare\r\n250 spare\r\n354 spare\r\n250 spare\r\n";
    owner_run(o);
    owner_expect(o, 0, OUTCOME_SENT, NULL);
    owner_expect(o, 1, OUTCOME_RETRY, "MAIL");
    assert_string_equal(o->last[1].text, "the server broke the protocol (a reply before its command)");
    owner_free(o);
}

static void test_session__stops_a_body_that_is_refused_half_way(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum outcome_kind kind;
    } rows[] = {{"552 5.2.2 Full\r\n", OUTCOME_FAILED},
                {"451 4.3.1 Later\r\n", OUTCOME_RETRY},
                {"421 4.3.2 Bye\r\n", OUTCOME_RETRY},
                {"250 2.0.0 Already\r\n", OUTCOME_RETRY}};
    enum { SIZE = 200000 };
    char *big = xmalloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        big[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : '.';
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct owner *o = owner_new(1);
        o->jobs[0].data = big;
        o->jobs[0].len = SIZE;
        o->relay.body_reply = rows[i].reply;
        o->relay.body_room = 1000;
        owner_run(o);
        owner_expect(o, 0, rows[i].kind, NULL);
        assert_int_equal(o->relay.dots[0], 0);
        owner_free(o);
    }
    free(big);
}

/* --- idle, time-outs, leaving ---------------------------------------------------------------------------------------
 */

static void test_session__says_quit_when_idle_too_long(void **state)
{
    (void)state;
    struct owner *o = owner_new(1);
    o->quit_when_done = false;
    owner_run(o);
    owner_expect(o, 0, OUTCOME_SENT, NULL);
    assert_false(o->has_why);
    assert_non_null(strstr(buf_str(&o->relay.seen), "QUIT"));
    owner_free(o);
}

static void test_session__closes_when_the_server_does_while_idle(void **state)
{
    (void)state;
    static const char *const said[] = {"421 4.4.2 Idle\r\n", "!", "250 what\r\n", "rubbish\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        struct owner *o = owner_new(0);
        o->quit_when_done = false;
        o->config.timeout_ms[SMTP_STATE_IDLE] = 100000;
        fake_relay_say(&o->relay, said[i]);
        owner_run(o);
        assert_true(o->has_why);
        assert_int_equal(o->why.kind, OUTCOME_RETRY);
        assert_string_equal(o->why.step, "idle");
        owner_free(o);
    }
}

static void test_session__passes_on_why_it_could_not_connect(void **state)
{
    (void)state;
    const struct outcome why = {.kind = OUTCOME_OUR_FAULT, .code = 535, .text = "wrong login", .step = "connect"};
    struct owner *o = owner_new(1);
    o->relay.connect_failure = &why;
    owner_run(o);
    assert_int_equal(o->ready, 0);
    assert_int_equal(o->outcomes[0], 0);
    assert_memory_equal(&o->why, &why, sizeof why);
    owner_free(o);
}

/* --- faults ---------------------------------------------------------------------------------------------------------
 */

/* One job at a time and permits at once: what owner_vary says of recording is pipelining here. */
static struct owner *fault_scenario(int variant)
{
    struct owner *o = owner_new(4);
    owner_vary(o, variant);
    o->relay.caps.pipelining = o->record_turns > 0;
    o->record_turns = 0;
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[1].address = "bad1@x";
    o->jobs[2].mail_from = "";
    return o;
}

static void expect_whole(const struct owner *o)
{
    owner_expect(o, 1, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 3, OUTCOME_SENT, NULL);
}

static void test_session__keeps_its_promises_when_the_nth_operation_fails(void **state)
{
    (void)state;
    owner_fail_each(fault_scenario, OWNER_VARIANTS, 1, expect_whole);
}

static void test_session__keeps_its_promises_when_aborted_at_any_moment(void **state)
{
    (void)state;
    owner_abort_each(fault_scenario, 12, 3, NULL);
}

/* Whatever was said last is heard, though nothing can be sent any more, and in whatever pieces it comes. */
static void test_session__hears_the_farewell_of_a_server_that_hung_up(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 1, 5};
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct owner *o = owner_new(1);
        o->relay.chunk = chunks[i];
        fake_relay_say(&o->relay, "421-4.3.2 Going\r\n421 4.3.2 Bye\r\n");
        fake_relay_say(&o->relay, "!");
        owner_run(o);
        owner_expect(o, 0, OUTCOME_RETRY, "MAIL");
        assert_int_equal(o->last[0].code, 421);
        owner_free(o);
    }
}

/* The command is stuck half way out. */
static void test_session__takes_no_reply_to_a_command_that_has_not_left(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 1};
    for (size_t i = 0; i < ARRAY_LEN(chunks); i++) {
        struct owner *o = owner_new(1);
        o->relay.room = 10;
        o->relay.chunk = chunks[i];
        fake_relay_say(&o->relay, "250 Ok\r\n250 Ok\r\n354 Go\r\n");
        owner_run(o);
        owner_expect(o, 0, OUTCOME_RETRY, "MAIL");
        assert_string_equal(o->last[0].text, "the server broke the protocol (a reply before its command)");
        owner_free(o);
    }
}

static void test_session__notices_that_nothing_can_be_sent(void **state)
{
    (void)state;
    struct owner *o = owner_new(1);
    o->relay.countdown = 1;
    o->relay.fault = FAKE_DEAF;
    owner_set_timeouts(o, OWNER_LONG_MS);
    owner_run(o);
    owner_expect(o, 0, OUTCOME_RETRY, "MAIL");
    assert_string_equal(o->last[0].text, "the connection was lost");
    owner_free(o);
}

static const struct CMUnitTest tests[] = {
    TEST(test_session__pipelines_a_message_in_two_writes),
    TEST(test_session__waits_for_each_reply_without_pipelining),
    TEST(test_session__holds_data_back_after_the_first_refusal),
    TEST(test_session__answers_354_after_a_refusal_with_a_lone_dot),
    TEST(test_session__sends_no_dot_when_mail_is_refused_but_rcpt_taken),
    TEST(test_session__leaves_after_eight_refusals),
    TEST(test_session__leaves_after_max_messages),
    TEST(test_session__refuses_by_itself_what_must_not_be_sent),
    TEST(test_session__gives_each_reply_its_outcome),
    TEST(test_session__takes_no_reply_that_came_before_its_command),
    TEST(test_session__stops_a_body_that_is_refused_half_way),
    TEST(test_session__says_quit_when_idle_too_long),
    TEST(test_session__closes_when_the_server_does_while_idle),
    TEST(test_session__passes_on_why_it_could_not_connect),
    TEST(test_session__hears_the_farewell_of_a_server_that_hung_up),
    TEST(test_session__takes_no_reply_to_a_command_that_has_not_left),
    TEST(test_session__notices_that_nothing_can_be_sent),
    TEST(test_session__keeps_its_promises_when_the_nth_operation_fails),
    TEST(test_session__keeps_its_promises_when_aborted_at_any_moment),
};

TEST_MAIN(tests)
