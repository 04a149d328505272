/* deliver/smtp_session.h: transactions with several recipients, against a relay without a network (lib/fake_relay.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "deliver/smtp_session.h"
#include "lib/smtp_owner.h"
#include "lib/test.h"

enum { CROWD = 100 };

/* For what ends by itself, however slow the machine is. */
static struct owner *patient(int jobs, int each)
{
    struct owner *o = owner_new_shared(jobs, each);
    owner_set_timeouts(o, OWNER_LONG_MS);
    return o;
}

static void expect_all(const struct owner *o, int from, int to, enum outcome_kind kind, const char *step)
{
    for (int i = from; i < to; i++)
        owner_expect(o, i, kind, step);
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *p = strstr(text, part); p; p = strstr(p + 1, part))
        n++;
    return n;
}

/* --- the dialogue --------------------------------------------------------------------------------------------------
 */

static void test_shared__puts_all_recipients_into_one_write(void **state)
{
    (void)state;
    struct owner *o = patient(1, 3);
    owner_run(o);
    expect_all(o, 0, 3, OUTCOME_SENT, "final dot");
    assert_string_equal(buf_str(&o->relay.seen),
                        "MAIL FROM:<from@x> SIZE=31\r\nRCPT TO:<0@x>\r\nRCPT TO:<1@x>\r\nRCPT TO:<2@x>\r\n"
                        "DATA\r\n[body]\r\nQUIT\r\n");
    assert_int_equal(o->relay.sends, 3); /* envelope, body, QUIT */
    assert_int_equal(o->relay.bodies, 1);
    assert_int_equal(o->done, 1);
    owner_free(o);
}

static void test_shared__asks_one_by_one_without_pipelining(void **state)
{
    (void)state;
    struct owner *o = patient(2, 3);
    o->relay.caps.pipelining = false;
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[1].address = "bad1@x";
    owner_run(o); /* the fake relay asserts that nothing comes ahead of its reply */
    owner_expect(o, 1, OUTCOME_FAILED, "RCPT");
    owner_expect(o, 0, OUTCOME_SENT, NULL);
    expect_all(o, 2, 6, OUTCOME_SENT, NULL);
    assert_int_equal(count(buf_str(&o->relay.seen), "DATA"), 2);
    owner_free(o);
}

static void test_shared__a_hundred_long_addresses_fit(void **state)
{
    (void)state;
    static char long_ones[CROWD][330];
    static const size_t chunks[] = {0, 1000, 7};
    for (size_t c = 0; c < ARRAY_LEN(chunks); c++) {
        struct owner *o = patient(2, CROWD);
        for (int i = 0; i < CROWD; i++) {
            snprintf(long_ones[i], sizeof long_ones[i], "%d.%0*d@%0*d.se", i, 60, 0, 250, 0);
            o->to[i].address = long_ones[i];
        }
        o->ahead = c != 1;
        o->relay.chunk = chunks[c];
        owner_run(o);
        expect_all(o, 0, 2 * CROWD, OUTCOME_SENT, NULL);
        assert_int_equal(o->relay.most_rcpts, CROWD);
        owner_free(o);
    }
}

/* Three jobs; the next envelope goes out behind a body where there is a next one already. */
static void test_shared__sends_the_next_envelope_ahead(void **state)
{
    (void)state;
    struct owner *o = patient(3, 20);
    o->ahead = true;
    o->records = true;
    owner_run(o);
    expect_all(o, 0, 60, OUTCOME_SENT, NULL);
    assert_true(strstr(buf_str(&o->relay.seen), "[body]\r\nMAIL FROM") != NULL);
    owner_free(o);
}

/* --- refusals of some ----------------------------------------------------------------------------------------------
 */

/* One recipient of five gets another answer, wherever it stands; the others must get the mail. */
static void test_shared__a_refusal_is_for_that_recipient(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        enum outcome_kind kind;
    } rows[] = {
        {"550 5.1.1 Unknown\r\n", OUTCOME_FAILED},     {"550-5.1.1 Unknown\r\n550 5.1.1 really\r\n", OUTCOME_FAILED},
        {"550 5.7.1 Not you\r\n", OUTCOME_OUR_FAULT},  {"450 4.2.1 Later\r\n", OUTCOME_RETRY},
        {"452 4.2.2 Mailbox full\r\n", OUTCOME_RETRY}, {"452 4.3.1 No space\r\n", OUTCOME_RETRY},
        {"552 5.2.2 Mailbox full\r\n", OUTCOME_FAILED}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int nth = 0; nth < 2 * 5; nth++) {
            struct owner *o = patient(2, 5);
            o->relay.caps.pipelining = nth % 2 == 0;
            o->relay.replies[SMTP_STATE_RCPT] = rows[i].reply;
            o->relay.rcpt_nth = 1 + nth / 2;
            owner_run(o);
            for (int k = 0; k < 10; k++)
                owner_expect(o, k, k % 5 == nth / 2 ? rows[i].kind : OUTCOME_SENT, k % 5 == nth / 2 ? "RCPT" : NULL);
            assert_false(o->has_why);
            owner_check_promises(o, false);
            owner_free(o);
        }
    }
}

static void test_shared__all_refused_sends_no_body(void **state)
{
    (void)state;
    for (int variant = 0; variant < 8; variant++) {
        struct owner *o = patient(2, 3);
        o->relay.caps.pipelining = variant % 2 == 0;
        o->relay.data_always = variant / 2 % 2 == 0; /* 354 all the same: a lone dot */
        o->ahead = variant / 4 == 0;
        o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
        o->to[0].address = "bad0@x";
        o->to[1].address = "bad1@x";
        o->to[2].address = "bad2@x";
        owner_run(o);
        expect_all(o, 0, 3, OUTCOME_FAILED, "RCPT");
        expect_all(o, 3, 6, OUTCOME_SENT, NULL);
        assert_int_equal(o->relay.bodies, 1);
        owner_free(o);
    }
}

/* The rest is not refused, and the limit is known. */
static void test_shared__too_many_recipients_leaves_the_rest_untouched(void **state)
{
    (void)state;
    static const char *const said[] = {NULL, "452 Too many recipients\r\n", "552 too many recipients\r\n",
                                       "550 5.5.3 Too many recipients\r\n", "451 4.5.3 Recipients\r\n"};
    for (size_t i = 0; i < 2 * ARRAY_LEN(said); i++) {
        struct owner *o = patient(2, 40);
        o->relay.caps.pipelining = i % 2 == 0;
        o->relay.rcpt_limit = 15;
        o->relay.full = said[i / 2];
        owner_run(o);
        expect_all(o, 0, 15, OUTCOME_SENT, NULL);
        expect_all(o, 15, 40, OUTCOME_UNTOUCHED, "RCPT");
        expect_all(o, 40, 55, OUTCOME_SENT, NULL);
        expect_all(o, 55, 80, OUTCOME_UNTOUCHED, "RCPT");
        assert_int_equal(o->recipients_max, 15);
        assert_false(o->has_why);
        owner_free(o);
    }
}

/* Refused as the very first it is a refusal like others: nobody would ever be the first one taken. */
static void test_shared__too_many_at_the_first_is_a_refusal(void **state)
{
    (void)state;
    struct owner *o = patient(1, 1);
    o->relay.replies[SMTP_STATE_RCPT] = "452 4.5.3 Too many recipients\r\n";
    owner_run(o);
    owner_expect(o, 0, OUTCOME_RETRY, "RCPT");
    assert_int_equal(o->recipients_max, 0);
    owner_free(o);
}

/* A relay like Postfix, that hangs up after 20 errors: the bad ones are told apart, the good ones lose nothing. */
static void test_shared__many_bad_addresses_cost_the_good_ones_nothing(void **state)
{
    (void)state;
    static char bad[CROWD][16];
    for (int variant = 0; variant < 4; variant++) {
        struct owner *o = patient(1, CROWD);
        o->relay.caps.pipelining = variant % 2 == 0;
        o->relay.errors_max = 20;
        o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
        for (int i = variant / 2 * 3; i < CROWD; i += 5) {
            snprintf(bad[i], sizeof bad[i], "bad%d@x", i);
            o->to[i].address = bad[i];
        }
        owner_run(o);
        int refused = 0;
        for (int i = 0; i < CROWD; i++) {
            bool is_bad = i % 5 == variant / 2 * 3;
            refused += o->last[i].kind == OUTCOME_FAILED;
            assert_true(o->last[i].kind != OUTCOME_FAILED || is_bad);
            assert_int_not_equal(o->last[i].kind, OUTCOME_RETRY);
            if (variant % 2 == 0) /* all were asked in one write: hung up on, in good order */
                assert_true(o->last[i].kind == OUTCOME_FAILED || o->last[i].kind == OUTCOME_UNTOUCHED);
        }
        assert_int_equal(refused, SMTP_REFUSALS_MAX);
        assert_int_equal(o->relay.bodies, variant % 2); /* one by one: those taken before get it */
        assert_false(o->has_why);
        owner_free(o);
    }
}

static void test_shared__refuses_by_itself_who_cannot_be_sent_to(void **state)
{
    (void)state;
    struct owner *o = owner_new_shared(2, 4);
    o->ahead = true;
    o->to[0].address = "0@x>\r\nRCPT TO:<z@y";
    o->to[3].address = "";
    o->to[5].address = "5 5@x";
    owner_run(o);
    for (int i = 0; i < 8; i++)
        owner_expect(o, i, i == 0 || i == 3 || i == 5 ? OUTCOME_FAILED : OUTCOME_SENT, NULL);
    assert_int_equal(count(buf_str(&o->relay.seen), "RCPT"), 5);
    owner_free(o);
    o = owner_new_shared(2, 2);
    o->to[0].address = o->to[1].address = "\r\n";
    owner_run(o);
    expect_all(o, 0, 2, OUTCOME_FAILED, "check");
    expect_all(o, 2, 4, OUTCOME_SENT, NULL);
    owner_free(o);
}

/* --- refusals of all, and breaks -----------------------------------------------------------------------------------
 */

/* Of four recipients the second is unknown; what is said at the step is for the others. */
static void test_shared__gives_each_reply_its_outcomes(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        const char *reply;
        enum outcome_kind kind; /* of those that the reply is for */
        bool is_before;         /* the unknown one was not told apart */
        int learned;
    } rows[] = {
        {SMTP_STATE_MAIL, "450 x\r\n", OUTCOME_OUR_FAULT, true, 0},
        {SMTP_STATE_MAIL, "550 x\r\n", OUTCOME_OUR_FAULT, true, 0},
        {SMTP_STATE_MAIL, "421 x\r\n", OUTCOME_RETRY, true, 0},
        {SMTP_STATE_MAIL, "", OUTCOME_RETRY, true, 0},
        {SMTP_STATE_DATA, "554 x\r\n", OUTCOME_FAILED, false, 0},
        {SMTP_STATE_DATA, "451 x\r\n", OUTCOME_RETRY, false, 0},
        {SMTP_STATE_DATA, "421 x\r\n", OUTCOME_UNTOUCHED, false, 2},
        {SMTP_STATE_DATA, "250 x\r\n", OUTCOME_RETRY, false, 0},
        {SMTP_STATE_DATA, "!", OUTCOME_UNTOUCHED, false, 2},
        {SMTP_STATE_DATA, "", OUTCOME_RETRY, false, 0},
        {SMTP_STATE_DOT, "250 x\r\n", OUTCOME_SENT, false, 0},
        {SMTP_STATE_DOT, "451 x\r\n", OUTCOME_RETRY, false, 0},
        {SMTP_STATE_DOT, "554 x\r\n", OUTCOME_FAILED, false, 0},
        {SMTP_STATE_DOT, "554 5.7.1 x\r\n", OUTCOME_OUR_FAULT, false, 0},
        {SMTP_STATE_DOT, "421 x\r\n", OUTCOME_RETRY, false, 0},
        {SMTP_STATE_DOT, "rubbish\r\n", OUTCOME_UNCERTAIN, false, 0},
        {SMTP_STATE_DOT, "!", OUTCOME_UNCERTAIN, false, 0},
        {SMTP_STATE_DOT, "", OUTCOME_UNCERTAIN, false, 0},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        struct owner *o = rows[i / 2].reply[0] ? patient(1, 4) : owner_new_shared(1, 4);
        o->relay.caps.pipelining = i % 2 == 0;
        o->relay.replies[rows[i / 2].at] = rows[i / 2].reply;
        o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
        o->to[1].address = "bad1@x";
        owner_run(o);
        for (int k = 0; k < 4; k++)
            owner_expect(o, k, k == 1 && !rows[i / 2].is_before ? OUTCOME_FAILED : rows[i / 2].kind, NULL);
        assert_int_equal(o->recipients_max, rows[i / 2].learned);
        owner_free(o);
    }
}

/* The connection ends at the n-th of four RCPTs: nobody is blamed who was not refused, and fewer are tried next. */
static void test_shared__gone_at_a_recipient_touches_nobody(void **state)
{
    (void)state;
    static const char *const said[] = {"421 4.5.3 Too many\r\n", "!"};
    for (int variant = 0; variant < 16; variant++) {
        int nth = 1 + variant / 4;
        struct owner *o = patient(2, 4);
        o->relay.caps.pipelining = variant % 2 == 0;
        o->relay.replies[SMTP_STATE_RCPT] = said[variant / 2 % 2];
        o->relay.rcpt_nth = nth;
        o->relay.rcpt_refusal = "450 4.2.1 Later\r\n";
        o->to[0].address = nth > 1 ? "bad0@x" : "0@x";
        o->ahead = true;
        owner_run(o);
        owner_expect(o, 0, nth > 1 ? OUTCOME_RETRY : OUTCOME_UNTOUCHED, "RCPT");
        expect_all(o, 1, 4, OUTCOME_UNTOUCHED, "RCPT");
        assert_int_equal(o->recipients_max, 2);
        assert_true(o->has_why);
        owner_free(o);
    }
}

/* At MAIL it is the same where the recipients were named in the same write. */
static void test_shared__gone_at_mail_touches_nobody_when_all_were_named(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct owner *o = patient(1, 4);
        o->relay.caps.pipelining = i == 0;
        o->relay.replies[SMTP_STATE_MAIL] = "!";
        owner_run(o);
        expect_all(o, 0, 4, i == 0 ? OUTCOME_UNTOUCHED : OUTCOME_RETRY, "MAIL");
        assert_int_equal(o->recipients_max, i == 0 ? 2 : 0);
        owner_free(o);
    }
}

static void test_shared__a_relay_that_hangs_at_a_recipient_is_tried_later(void **state)
{
    (void)state;
    struct owner *o = owner_new_shared(1, 4);
    o->relay.replies[SMTP_STATE_RCPT] = "";
    o->relay.rcpt_nth = 3;
    owner_run(o);
    expect_all(o, 0, 4, OUTCOME_RETRY, "RCPT");
    owner_free(o);
}

/* A reply too many, at any place: nobody may be taken for sent whom the server has not acknowledged. */
static void test_shared__a_spare_reply_is_no_delivery(void **state)
{
    (void)state;
    for (int nth = 1; nth <= 4; nth++) {
        for (int spare = 1; spare <= 7; spare++) {
            struct buf text;
            struct owner *o = owner_new_shared(1, 4);
            buf_init(&text, 1000);
            for (int i = 0; i <= spare; i++)
                buf_adds(&text, i == spare && spare % 2 ? "354 spare\r\n" : "250 spare\r\n");
            o->relay.replies[SMTP_STATE_RCPT] = buf_str(&text);
            o->relay.rcpt_nth = nth;
            owner_run(o);
            owner_check_promises(o, true);
            owner_free(o);
            buf_fini(&text);
        }
    }
}

/* --- faults --------------------------------------------------------------------------------------------------------
 */

static struct owner *fault_scenario(int variant)
{
    struct owner *o = owner_new_shared(3, 4);
    owner_vary(o, variant);
    o->relay.caps.pipelining = variant < OWNER_VARIANTS;
    o->ahead = o->records = true;
    o->relay.rcpt_refusal = "550 5.1.1 Unknown\r\n";
    o->to[1].address = "bad1@x";
    o->to[6].address = "bad6@x";
    return o;
}

static void expect_whole(const struct owner *o)
{
    for (int i = 0; i < 12; i++)
        owner_expect(o, i, i == 1 || i == 6 ? OUTCOME_FAILED : OUTCOME_SENT, NULL);
}

static void test_shared__keeps_its_promises_when_the_nth_operation_fails(void **state)
{
    (void)state;
    owner_fail_each(fault_scenario, 2 * OWNER_VARIANTS, 5, expect_whole);
}

static void test_shared__keeps_its_promises_when_aborted_at_any_moment(void **state)
{
    (void)state;
    owner_abort_each(fault_scenario, 2 * OWNER_VARIANTS, 7, NULL);
}

static void test_shared__a_job_that_is_taken_back_has_no_outcomes(void **state)
{
    (void)state;
    int taken = 0;
    for (int turn = 2; turn < 60; turn++) {
        struct owner *o = owner_new_shared(4, 5);
        o->ahead = o->records = true;
        o->take_back_after = turn;
        o->record_turns = 2;
        o->relay.chunk = turn % 2 ? 7 : 0;
        owner_set_timeouts(o, OWNER_LONG_MS);
        owner_run(o);
        owner_check_promises(o, false);
        expect_all(o, 0, 5 * o->done, OUTCOME_SENT, NULL);
        taken += o->took_back;
        owner_free(o);
    }
    assert_true(taken > 5);
}

static const struct CMUnitTest tests[] = {
    TEST(test_shared__puts_all_recipients_into_one_write),
    TEST(test_shared__asks_one_by_one_without_pipelining),
    TEST(test_shared__a_hundred_long_addresses_fit),
    TEST(test_shared__sends_the_next_envelope_ahead),
    TEST(test_shared__a_refusal_is_for_that_recipient),
    TEST(test_shared__all_refused_sends_no_body),
    TEST(test_shared__too_many_recipients_leaves_the_rest_untouched),
    TEST(test_shared__too_many_at_the_first_is_a_refusal),
    TEST(test_shared__many_bad_addresses_cost_the_good_ones_nothing),
    TEST(test_shared__refuses_by_itself_who_cannot_be_sent_to),
    TEST(test_shared__gives_each_reply_its_outcomes),
    TEST(test_shared__gone_at_a_recipient_touches_nobody),
    TEST(test_shared__gone_at_mail_touches_nobody_when_all_were_named),
    TEST(test_shared__a_relay_that_hangs_at_a_recipient_is_tried_later),
    TEST(test_shared__a_spare_reply_is_no_delivery),
    TEST(test_shared__keeps_its_promises_when_the_nth_operation_fails),
    TEST(test_shared__keeps_its_promises_when_aborted_at_any_moment),
    TEST(test_shared__a_job_that_is_taken_back_has_no_outcomes),
};

TEST_MAIN(tests)
