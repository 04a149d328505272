/* deliver/webhook_policy.h: what each answer means. */
#include "deliver/webhook_policy.h"

#include "base/clock.h"
#include "base/mem.h"
#include "lib/test.h"

#define NOW_S INT64_C(1800000000)

static struct webhook_verdict judge(enum http_fault fault, int status, int64_t retry_after_s, int attempts,
                                    int64_t age_s, uint32_t chance)
{
    struct webhook_case c = {.fault = fault,
                             .status = status,
                             .retry_after_s = retry_after_s,
                             .attempts = attempts,
                             .first_at_us = (NOW_S - age_s) * US_PER_S,
                             .now_us = NOW_S * US_PER_S,
                             .chance = chance};
    return webhook_policy(&c);
}

static int64_t wait_s(const struct webhook_verdict *v)
{
    return v->due_us / US_PER_S - NOW_S;
}

static int64_t pause_s(const struct webhook_verdict *v)
{
    return v->pause_until_us ? v->pause_until_us / US_PER_S - NOW_S : 0;
}

static void test_webhook_policy__gives_each_answer_its_meaning(void **state)
{
    (void)state;
    static const struct {
        enum http_fault fault;
        int status;
        int64_t retry_after_s;
        enum webhook_outcome outcome;
        int64_t wait_s, pause_s;
        bool disable, is_receiver_failing;
    } rows[] = {
        {HTTP_FAULT_NONE, 200, -1, WEBHOOK_DELIVERED, 0, 0, false, false},
        {HTTP_FAULT_NONE, 201, 9, WEBHOOK_DELIVERED, 0, 0, false, false},
        {HTTP_FAULT_NONE, 204, -1, WEBHOOK_DELIVERED, 0, 0, false, false},
        {HTTP_FAULT_NONE, 299, -1, WEBHOOK_DELIVERED, 0, 0, false, false},
        {HTTP_FAULT_NONE, 300, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 301, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 302, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 307, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 308, 60, WEBHOOK_RETRY, 60, 60, false, false},
        {HTTP_FAULT_NONE, 400, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 401, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 404, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 413, -1, WEBHOOK_RETRY, 5, 0, false, false},
        {HTTP_FAULT_NONE, 408, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_NONE, 410, -1, WEBHOOK_DEAD, 0, 0, true, true},
        {HTTP_FAULT_NONE, 410, 60, WEBHOOK_DEAD, 0, 0, true, true},
        {HTTP_FAULT_NONE, 429, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_NONE, 429, 0, WEBHOOK_RETRY, 1, 1, false, true},
        {HTTP_FAULT_NONE, 429, 1, WEBHOOK_RETRY, 1, 1, false, true},
        {HTTP_FAULT_NONE, 429, 120, WEBHOOK_RETRY, 120, 120, false, true},
        {HTTP_FAULT_NONE, 500, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_NONE, 502, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_NONE, 503, 3600, WEBHOOK_RETRY, 3600, 3600, false, true},
        {HTTP_FAULT_NONE, 503, 86400, WEBHOOK_RETRY, 86400, 86400, false, true},
        {HTTP_FAULT_NONE, 503, 86401, WEBHOOK_RETRY, 86400, 86400, false, true},
        {HTTP_FAULT_NONE, 503, 315360000, WEBHOOK_RETRY, 86400, 86400, false, true},
        {HTTP_FAULT_NONE, 999, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_FORBIDDEN, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_RESOLVE, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_CONNECT, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_TLS, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_TIMEOUT, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_CLOSED, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_PROTOCOL, 0, -1, WEBHOOK_RETRY, 5, 5, false, true},
        {HTTP_FAULT_LOCAL, 0, -1, WEBHOOK_GIVEN_BACK, 30, 0, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct webhook_verdict v = judge(rows[i].fault, rows[i].status, rows[i].retry_after_s, 1, 0, 0);
        if (v.outcome != rows[i].outcome || (v.due_us ? wait_s(&v) : 0) != rows[i].wait_s ||
            pause_s(&v) != rows[i].pause_s || v.disable != rows[i].disable ||
            v.is_receiver_failing != rows[i].is_receiver_failing)
            fail_msg("row %zu: outcome %d wait %lld pause %lld", i, (int)v.outcome, (long long)wait_s(&v),
                     (long long)pause_s(&v));
    }
}

static void test_webhook_policy__follows_the_schedule_with_jitter(void **state)
{
    (void)state;
    static const int64_t waits_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    int64_t age_s = 0;
    for (int tries = 1; tries < WEBHOOK_TRIES; tries++) {
        int64_t wait = waits_s[tries - 1];
        struct webhook_verdict soonest = judge(HTTP_FAULT_NONE, 500, -1, tries, age_s, 0);
        struct webhook_verdict latest = judge(HTTP_FAULT_NONE, 500, -1, tries, age_s, 1000);
        assert_int_equal(soonest.due_us, (NOW_S + wait) * US_PER_S);
        assert_int_equal(latest.due_us, NOW_S * US_PER_S + wait * US_PER_S / 5 * 6);
        for (uint32_t chance = 1; chance < 100; chance++) {
            struct webhook_verdict v = judge(HTTP_FAULT_NONE, 500, -1, tries, age_s, chance * 40000003U);
            assert_in_range(v.due_us, soonest.due_us, latest.due_us);
        }
        age_s += wait;
    }
    assert_int_equal(age_s, WEBHOOK_SPAN_S);
    assert_int_equal(judge(HTTP_FAULT_NONE, 500, -1, WEBHOOK_TRIES, age_s, 0).outcome, WEBHOOK_DEAD);
}

/* Who asks for a second ten times is not given up after ten seconds, but after the same three days. */
static void test_webhook_policy__gives_those_who_ask_the_same_time(void **state)
{
    (void)state;
    struct webhook_verdict v = judge(HTTP_FAULT_NONE, 429, 1, 30, 30, 0);
    assert_int_equal(v.outcome, WEBHOOK_RETRY);
    assert_int_equal(wait_s(&v), 60);
    v = judge(HTTP_FAULT_NONE, 500, -1, 30, 30, 0);
    assert_int_equal(v.outcome, WEBHOOK_RETRY);
    assert_int_equal(wait_s(&v), 300);
    v = judge(HTTP_FAULT_NONE, 500, -1, 30, WEBHOOK_SPAN_S - 1, 0);
    assert_int_equal(v.outcome, WEBHOOK_RETRY);
    assert_int_equal(wait_s(&v), 86400);
    assert_int_equal(judge(HTTP_FAULT_NONE, 429, 1, 30, WEBHOOK_SPAN_S, 0).outcome, WEBHOOK_DEAD);
    assert_int_equal(judge(HTTP_FAULT_NONE, 429, 1, 2, WEBHOOK_SPAN_S, 0).outcome, WEBHOOK_RETRY);
}

static void test_webhook_policy__sends_nothing_late(void **state)
{
    (void)state;
    struct webhook_case c = {.fault = HTTP_FAULT_TIMEOUT,
                             .retry_after_s = -1,
                             .attempts = 2,
                             .first_at_us = NOW_S * US_PER_S,
                             .now_us = NOW_S * US_PER_S,
                             .expires_us = (NOW_S + 300) * US_PER_S};
    struct webhook_verdict v = webhook_policy(&c);
    assert_int_equal(v.outcome, WEBHOOK_EXPIRED);
    assert_int_equal(v.due_us, 0);
    assert_true(v.is_receiver_failing);
    c.expires_us++;
    assert_int_equal(webhook_policy(&c).outcome, WEBHOOK_RETRY);
}

static void test_webhook_policy__tries_a_test_once(void **state)
{
    (void)state;
    struct webhook_case c = {
        .fault = HTTP_FAULT_NONE, .status = 503, .retry_after_s = 5, .attempts = 1, .now_us = 1, .is_test = true};
    assert_int_equal(webhook_policy(&c).outcome, WEBHOOK_DEAD);
    c.status = 204;
    assert_int_equal(webhook_policy(&c).outcome, WEBHOOK_DELIVERED);
    c.status = 0;
    c.fault = HTTP_FAULT_LOCAL;
    assert_int_equal(webhook_policy(&c).outcome, WEBHOOK_DEAD);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_webhook_policy__gives_each_answer_its_meaning),
    TEST(test_webhook_policy__follows_the_schedule_with_jitter),
    TEST(test_webhook_policy__gives_those_who_ask_the_same_time),
    TEST(test_webhook_policy__sends_nothing_late),
    TEST(test_webhook_policy__tries_a_test_once),
};

TEST_MAIN(TESTS)
