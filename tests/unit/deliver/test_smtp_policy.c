/* deliver/smtp_policy.h: what replies and failures mean, row by row. */
#include "deliver/smtp_policy.h"

#include <stdio.h>

#include "base/mem.h"
#include "deliver/smtp_reply.h"
#include "lib/test.h"

static struct smtp_reply reply(int code, const char *status)
{
    struct smtp_reply r = {.code = code};
    snprintf(r.status, sizeof r.status, "%s", status);
    snprintf(r.text, sizeof r.text, "as the server said");
    return r;
}

static void test_smtp_policy_reply__follows_the_table(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        int code;
        const char *status;
        enum outcome_kind kind;
    } rows[] = {
        {SMTP_STATE_DOT, 250, "2.0.0", OUTCOME_SENT},
        {SMTP_STATE_DOT, 250, "", OUTCOME_SENT},
        {SMTP_STATE_MAIL, 421, "4.3.2", OUTCOME_RETRY},
        {SMTP_STATE_RCPT, 450, "4.2.0", OUTCOME_RETRY},
        {SMTP_STATE_RCPT, 450, "4.7.1", OUTCOME_RETRY},
        {SMTP_STATE_DATA, 452, "", OUTCOME_RETRY},
        {SMTP_STATE_DOT, 451, "", OUTCOME_RETRY},
        {SMTP_STATE_DOT, 421, "4.3.2", OUTCOME_RETRY},
        {SMTP_STATE_RCPT, 421, "", OUTCOME_RETRY},
        {SMTP_STATE_IDLE, 421, "", OUTCOME_RETRY},
        /* this recipient */
        {SMTP_STATE_RCPT, 550, "5.1.1", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 550, "", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 551, "", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 552, "5.2.2", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 553, "5.1.3", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 501, "5.1.3", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 556, "5.1.10", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 550, "5.7.13", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 550, "5.7.133", OUTCOME_FAILED},
        {SMTP_STATE_RCPT, 554, "5.4.4", OUTCOME_FAILED},
        {SMTP_STATE_DATA, 554, "5.0.0", OUTCOME_FAILED},
        {SMTP_STATE_DOT, 554, "", OUTCOME_FAILED},
        {SMTP_STATE_DOT, 552, "5.2.2", OUTCOME_FAILED},
        /* us */
        {SMTP_STATE_MAIL, 451, "", OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, 452, "4.3.1", OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, 550, "", OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, 553, "5.1.8", OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, 552, "5.3.4", OUTCOME_OUR_FAULT},
        {SMTP_STATE_MAIL, 550, "5.7.1", OUTCOME_OUR_FAULT},
        {SMTP_STATE_RCPT, 554, "5.7.1", OUTCOME_OUR_FAULT},
        {SMTP_STATE_RCPT, 550, "5.1.8", OUTCOME_OUR_FAULT},
        {SMTP_STATE_RCPT, 550, "5.7.515", OUTCOME_OUR_FAULT},
        {SMTP_STATE_RCPT, 530, "", OUTCOME_OUR_FAULT},
        {SMTP_STATE_RCPT, 503, "", OUTCOME_OUR_FAULT},
        {SMTP_STATE_RCPT, 555, "5.5.4", OUTCOME_OUR_FAULT},
        {SMTP_STATE_DATA, 530, "5.7.0", OUTCOME_OUR_FAULT},
        {SMTP_STATE_DATA, 535, "", OUTCOME_OUR_FAULT},
        {SMTP_STATE_DOT, 550, "5.7.1", OUTCOME_OUR_FAULT},
        {SMTP_STATE_DOT, 550, "5.7.26", OUTCOME_OUR_FAULT},
        {SMTP_STATE_DOT, 552, "5.3.4", OUTCOME_OUR_FAULT},
        {SMTP_STATE_DOT, 554, "5.6.0", OUTCOME_OUR_FAULT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct smtp_reply r = reply(rows[i].code, rows[i].status);
        struct outcome out;
        smtp_policy_reply(rows[i].at, &r, &out);
        if (out.kind != rows[i].kind)
            fail_msg("%s %d %s: %s", smtp_state_word(rows[i].at), r.code, r.status, outcome_word(out.kind));
        assert_int_equal(out.code, r.code);
        assert_string_equal(out.status, r.status);
        assert_string_equal(out.text, r.text);
        assert_string_equal(out.step, smtp_state_word(rows[i].at));
    }
}

static void test_smtp_policy_break__is_uncertain_only_in_the_dot(void **state)
{
    (void)state;
    static const enum smtp_break breaks[] = {
#define BREAK_ROW(id, words) SMTP_BREAK_##id,
        SMTP_BREAK_MAP(BREAK_ROW)
#undef BREAK_ROW
    };
    for (int at = 0; at < SMTP_STATE_COUNT; at++) {
        for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
            struct outcome out;
            smtp_policy_break((enum smtp_state)at, breaks[i], NULL, &out);
            assert_int_equal(out.kind, at == SMTP_STATE_DOT ? OUTCOME_UNCERTAIN : OUTCOME_RETRY);
            assert_int_equal(out.code, 0);
            assert_true(out.text[0] != '\0');
        }
    }
    struct outcome out;
    smtp_policy_break(SMTP_STATE_MAIL, SMTP_BREAK_PROTOCOL, "a detail\r\n", &out);
    assert_string_equal(out.text, "the server broke the protocol (a detail  )");
}

static void test_smtp_policy_connect__blames_us_for_login_and_tls(void **state)
{
    (void)state;
    static const struct {
        enum smtp_connect_failure failure;
        int code; /* 0 = no reply */
        enum outcome_kind kind;
    } rows[] = {
        {SMTP_CONNECT_NETWORK, 0, OUTCOME_RETRY},    {SMTP_CONNECT_NETWORK, 554, OUTCOME_RETRY},
        {SMTP_CONNECT_REFUSED, 421, OUTCOME_RETRY},  {SMTP_CONNECT_REFUSED, 554, OUTCOME_OUR_FAULT},
        {SMTP_CONNECT_REFUSED, 0, OUTCOME_RETRY},    {SMTP_CONNECT_LOGIN, 535, OUTCOME_OUR_FAULT},
        {SMTP_CONNECT_LOGIN, 454, OUTCOME_RETRY},    {SMTP_CONNECT_LOGIN, 0, OUTCOME_OUR_FAULT},
        {SMTP_CONNECT_TLS, 0, OUTCOME_OUR_FAULT},    {SMTP_CONNECT_TLS, 454, OUTCOME_RETRY},
        {SMTP_CONNECT_CONFIG, 0, OUTCOME_OUR_FAULT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct smtp_reply r = reply(rows[i].code, "");
        struct outcome out;
        smtp_policy_connect(rows[i].failure, rows[i].code ? &r : NULL, "our words", &out);
        assert_int_equal(out.kind, rows[i].kind);
        assert_string_equal(out.step, "connect");
        assert_string_equal(out.text, out.code ? "as the server said" : "our words");
    }
}

static void test_smtp_policy_is_untouched__before_the_body_and_by_no_fault_of_the_job(void **state)
{
    (void)state;
    static const struct {
        enum smtp_state at;
        enum smtp_break why;
        bool fresh, worked; /* on a connection that has taken nothing yet, and on one that has */
    } rows[] = {
        {SMTP_STATE_MAIL, SMTP_BREAK_CLOSED, false, true},    {SMTP_STATE_RSET, SMTP_BREAK_LOST, false, true},
        {SMTP_STATE_RCPT, SMTP_BREAK_CLOSED, false, true},    {SMTP_STATE_DATA, SMTP_BREAK_LOST, false, true},
        {SMTP_STATE_PERMIT, SMTP_BREAK_CLOSED, false, true},  {SMTP_STATE_PERMIT, SMTP_BREAK_HELD, true, true},
        {SMTP_STATE_MAIL, SMTP_BREAK_ABORTED, true, true},    {SMTP_STATE_MAIL, SMTP_BREAK_TIMEOUT, false, false},
        {SMTP_STATE_MAIL, SMTP_BREAK_PROTOCOL, false, false}, {SMTP_STATE_BODY, SMTP_BREAK_ABORTED, false, false},
        {SMTP_STATE_BODY, SMTP_BREAK_LOST, false, false},     {SMTP_STATE_DOT, SMTP_BREAK_CLOSED, false, false},
        {SMTP_STATE_DOT, SMTP_BREAK_ABORTED, false, false},   {SMTP_STATE_CANCEL, SMTP_BREAK_LOST, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(smtp_policy_is_untouched(rows[i].at, rows[i].why, false), rows[i].fresh);
        assert_int_equal(smtp_policy_is_untouched(rows[i].at, rows[i].why, true), rows[i].worked);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_smtp_policy_reply__follows_the_table),
    TEST(test_smtp_policy_break__is_uncertain_only_in_the_dot),
    TEST(test_smtp_policy_is_untouched__before_the_body_and_by_no_fault_of_the_job),
    TEST(test_smtp_policy_connect__blames_us_for_login_and_tls),
};

TEST_MAIN(tests)
