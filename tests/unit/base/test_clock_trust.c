/* base/clock_trust.h: what a jump proves, and when it is believed. */
#include "base/clock_trust.h"

#include "base/clock.h"
#include "lib/test.h"

enum { MINUTE_MS = 60000, TRUST_MS = CLOCK_TRUST_S * 1000 };
#define HOUR_US (INT64_C(3600) * US_PER_S)
#define YEARS_US (INT64_C(10) * 365 * 24 * HOUR_US)

static struct {
    int64_t real_us, mono_ms;
} f;

static int64_t real_us(void *ctx)
{
    (void)ctx;
    return f.real_us;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return f.mono_ms;
}

static const struct clock CLOCK = {.real_us = real_us, .mono_ms = mono_ms};

/* How far the clock is ahead of proof after `ms`, in which it went `jump_us` further than that. */
static int64_t look(struct clock_trust *t, int64_t ms, int64_t jump_us)
{
    int64_t now_us = 0;
    f.mono_ms += ms;
    f.real_us += ms * 1000 + jump_us;
    int64_t ahead = clock_trust_look(t, &CLOCK, &now_us);
    assert_int_equal(now_us, f.real_us);
    return ahead;
}

static int setup(void **state)
{
    (void)state;
    f.real_us = INT64_C(1772366400) * US_PER_S;
    f.mono_ms = 5000;
    return 0;
}

static void test_clock_trust_look__a_clock_that_goes_on_is_believed(void **state)
{
    (void)state;
    struct clock_trust t = {0};
    assert_int_equal(look(&t, 0, 0), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(look(&t, MINUTE_MS, 1000000), 0); /* slewed */
    assert_int_equal(look(&t, INT64_C(30) * 24 * 60 * MINUTE_MS, 0), 0);
}

static void test_clock_trust_look__a_jump_ahead_is_believed_when_it_has_stood(void **state)
{
    (void)state;
    struct clock_trust t = {0};
    look(&t, 0, 0);
    assert_int_equal(look(&t, 1000, HOUR_US), HOUR_US);
    assert_int_equal(look(&t, TRUST_MS - 1, 0), HOUR_US);
    assert_int_equal(look(&t, 1, 0), 0);
    assert_int_equal(look(&t, 1000, 0), 0);
}

static void test_clock_trust_look__ten_years_for_a_second(void **state)
{
    (void)state;
    struct clock_trust t = {0};
    look(&t, 0, 0);
    assert_int_equal(look(&t, 1000, YEARS_US), YEARS_US);
    assert_int_equal(look(&t, 1000, -YEARS_US), 0);
    assert_int_equal(look(&t, TRUST_MS, 0), 0);
}

static void test_clock_trust_look__each_jump_begins_the_wait_anew(void **state)
{
    (void)state;
    struct clock_trust t = {0};
    look(&t, 0, 0);
    for (int i = 1; i < 20; i++)
        assert_int_equal(look(&t, TRUST_MS - 1000, HOUR_US), i * HOUR_US);
    assert_int_equal(look(&t, TRUST_MS, 0), 0);
}

static void test_clock_trust_look__back_is_followed_at_once_and_forth_again_needs_no_proof(void **state)
{
    (void)state;
    struct clock_trust t = {0};
    look(&t, 0, 0);
    assert_int_equal(look(&t, 1000, -HOUR_US), 0);
    assert_int_equal(look(&t, 1000, HOUR_US), 0);
    assert_int_equal(look(&t, 1000, -HOUR_US), 0);
    assert_int_equal(look(&t, TRUST_MS, 0), 0); /* it stays there */
    assert_int_equal(look(&t, 1000, HOUR_US), HOUR_US);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_clock_trust_look__a_clock_that_goes_on_is_believed, setup, NULL),
    TEST_FIXTURE(test_clock_trust_look__a_jump_ahead_is_believed_when_it_has_stood, setup, NULL),
    TEST_FIXTURE(test_clock_trust_look__ten_years_for_a_second, setup, NULL),
    TEST_FIXTURE(test_clock_trust_look__each_jump_begins_the_wait_anew, setup, NULL),
    TEST_FIXTURE(test_clock_trust_look__back_is_followed_at_once_and_forth_again_needs_no_proof, setup, NULL),
};

TEST_MAIN(tests)
