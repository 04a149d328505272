/* deliver/delivery_policy.h: what an outcome means for a row. */
#include "deliver/delivery_policy.h"

#include "base/clock.h"
#include "base/text.h"
#include "deliver/outcome.h"
#include "lib/test.h"

#define MINUTE (60 * US_PER_S)
#define HOUR (60 * MINUTE)

static const struct delivery_policy POLICY = {
    .retry_first_us = 5 * MINUTE, .retry_max_us = 67 * MINUTE, .retry_max_age_us = 72 * HOUR};

static void test_wait__doubles_to_the_maximum(void **state)
{
    (void)state;
    static const int minutes[] = {5, 10, 20, 40, 67, 67, 67};
    for (int i = 0; i < 7; i++)
        assert_int_equal(delivery_policy_wait_us(&POLICY, i + 1), minutes[i] * MINUTE);
    assert_int_equal(delivery_policy_wait_us(&POLICY, 1000000), 67 * MINUTE);
}

static struct ledger_result decide(enum outcome_kind kind, int attempts, int64_t age_us, uint32_t noise)
{
    static char gave_up[OUTCOME_TEXT_BYTES];
    static struct outcome outcome;
    struct job job = {.delivery_id = 7, .attempts = attempts, .first_at = 1000 * HOUR - age_us};
    struct ledger_result r = {0};
    outcome = (struct outcome){.kind = kind, .code = 450, .status = "4.2.0", .text = "Greylisted", .step = "RCPT"};
    delivery_policy_decide(&POLICY, &job, &outcome, 1000 * HOUR, noise, gave_up, &r);
    return r;
}

static void test_decide__final_outcomes(void **state)
{
    (void)state;
    assert_int_equal(decide(OUTCOME_SENT, 1, 0, 0).state, DELIVERY_SENT);
    assert_int_equal(decide(OUTCOME_FAILED, 1, 0, 0).state, DELIVERY_FAILED);
    assert_int_equal(decide(OUTCOME_UNCERTAIN, 1, 0, 0).state, DELIVERY_UNCERTAIN);
}

static void test_decide__retry_waits_with_at_most_a_tenth_of_jitter(void **state)
{
    (void)state;
    for (uint32_t noise = 0; noise < 5000; noise++) {
        struct ledger_result r = decide(OUTCOME_RETRY, 2, HOUR, noise);
        assert_int_equal(r.state, DELIVERY_PENDING);
        assert_false(r.give_back);
        int64_t wait = r.due_us - 1000 * HOUR;
        assert_true(wait >= 10 * MINUTE && wait <= 11 * MINUTE);
    }
}

static void test_decide__gives_up_after_the_maximum_age_and_says_so(void **state)
{
    (void)state;
    struct ledger_result r = decide(OUTCOME_RETRY, 50, 72 * HOUR, 0);
    assert_int_equal(r.state, DELIVERY_FAILED);
    assert_string_equal(r.reply, "gave up after 72 h: Greylisted");
    assert_int_equal(decide(OUTCOME_RETRY, 50, 70 * HOUR, 0).state, DELIVERY_PENDING);
}

static void test_decide__the_last_attempt_is_made_at_the_maximum_age(void **state)
{
    (void)state;
    struct ledger_result r = decide(OUTCOME_RETRY, 50, 72 * HOUR - 10 * MINUTE, 0);
    assert_int_equal(r.state, DELIVERY_PENDING);
    assert_int_equal(r.due_us, 1000 * HOUR + 10 * MINUTE);
    r = decide(OUTCOME_RETRY, 50, 72 * HOUR - 10 * MINUTE, 1023);
    assert_in_range(r.due_us - 1000 * HOUR, 10 * MINUTE + 1, 11 * MINUTE);
    assert_int_equal(decide(OUTCOME_RETRY, 51, 72 * HOUR, 0).state, DELIVERY_FAILED);
}

static void test_decide__what_we_held_up_is_not_given_up_at_the_first_refusal(void **state)
{
    (void)state;
    for (int attempts = 1; attempts < DELIVERY_ATTEMPTS_MIN; attempts++) {
        struct ledger_result r = decide(OUTCOME_RETRY, attempts, 100 * HOUR, 0);
        assert_int_equal(r.state, DELIVERY_PENDING);
        assert_int_equal(r.due_us - 1000 * HOUR, delivery_policy_wait_us(&POLICY, attempts));
    }
    assert_int_equal(decide(OUTCOME_RETRY, DELIVERY_ATTEMPTS_MIN, 100 * HOUR, 0).state, DELIVERY_FAILED);
}

static void test_decide__a_long_last_answer_is_cut_between_letters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        static char gave_up[OUTCOME_TEXT_BYTES];
        struct outcome outcome = {.kind = OUTCOME_RETRY, .code = 450, .step = "RCPT"};
        struct job job = {.attempts = 50};
        struct ledger_result r = {0};
        memcpy(outcome.text, "xx", shift);
        for (size_t i = shift; i + 2 < OUTCOME_TEXT_BYTES; i += 2)
            memcpy(outcome.text + i, "å", 3);
        delivery_policy_decide(&POLICY, &job, &outcome, 100 * HOUR, 0, gave_up, &r);
        assert_true(strlen(r.reply) >= OUTCOME_TEXT_BYTES - 3);
        assert_true(text_is_utf8(r.reply, strlen(r.reply)));
    }
}

/* A row that is always put off: when is it tried, and when given up? */
static void test_decide__a_whole_life_of_refusals(void **state)
{
    (void)state;
    static char gave_up[OUTCOME_TEXT_BYTES];
    static const int minutes[] = {0, 5, 15, 35, 75, 142, 209};
    const struct outcome outcome = {.kind = OUTCOME_RETRY, .code = 450, .text = "later", .step = "RCPT"};
    struct job job = {.delivery_id = 7, .first_at = 1000 * HOUR};
    struct ledger_result r = {.state = DELIVERY_PENDING};
    int64_t now = job.first_at;
    while (r.state == DELIVERY_PENDING && job.attempts < 1000) {
        if (job.attempts < 7)
            assert_int_equal((now - job.first_at) / MINUTE, minutes[job.attempts]);
        job.attempts++;
        delivery_policy_decide(&POLICY, &job, &outcome, now, 0, gave_up, &r);
        now = r.state == DELIVERY_PENDING ? r.due_us : now;
    }
    assert_int_equal(r.state, DELIVERY_FAILED);
    assert_int_equal(now - job.first_at, 72 * HOUR);
    assert_string_equal(r.reply, "gave up after 72 h: later");
    assert_in_range(job.attempts, 66, 70);
}

static void test_decide__untouched_goes_back_as_it_was(void **state)
{
    (void)state;
    struct ledger_result r = decide(OUTCOME_UNTOUCHED, 1, 1000 * HOUR, 77);
    assert_int_equal(r.state, DELIVERY_PENDING);
    assert_true(r.give_back);
    assert_int_equal(r.due_us, 1000 * HOUR);
}

static void test_decide__our_fault_costs_no_attempt_but_waits(void **state)
{
    (void)state;
    struct ledger_result r = decide(OUTCOME_OUR_FAULT, 3, 50 * HOUR, 0);
    assert_int_equal(r.state, DELIVERY_PENDING);
    assert_true(r.give_back);
    assert_int_equal(r.due_us, 1000 * HOUR + 5 * MINUTE);
}

static void test_decide__our_fault_ends_after_the_maximum_age(void **state)
{
    (void)state;
    struct ledger_result r = decide(OUTCOME_OUR_FAULT, 3, 100 * HOUR, 0);
    assert_int_equal(r.state, DELIVERY_FAILED);
    assert_false(r.give_back);
}

static const struct CMUnitTest tests[] = {
    TEST(test_wait__doubles_to_the_maximum),
    TEST(test_decide__final_outcomes),
    TEST(test_decide__retry_waits_with_at_most_a_tenth_of_jitter),
    TEST(test_decide__gives_up_after_the_maximum_age_and_says_so),
    TEST(test_decide__the_last_attempt_is_made_at_the_maximum_age),
    TEST(test_decide__what_we_held_up_is_not_given_up_at_the_first_refusal),
    TEST(test_decide__a_long_last_answer_is_cut_between_letters),
    TEST(test_decide__a_whole_life_of_refusals),
    TEST(test_decide__untouched_goes_back_as_it_was),
    TEST(test_decide__our_fault_costs_no_attempt_but_waits),
    TEST(test_decide__our_fault_ends_after_the_maximum_age),
};

TEST_MAIN(tests)
