/* deliver/rate_limit.h: messages a minute. */
#include "deliver/rate_limit.h"

#include "lib/test.h"

static void test_take__without_a_limit_never_waits(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 0, 5);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(rate_limit_take(&r, 5), 0);
    assert_int_equal(rate_limit_interval_ms(&r), 0);
    rate_limit_put_back(&r);
    assert_int_equal(rate_limit_wait_ms(&r, 0), 0);
}

static void test_take__sixty_a_minute_is_one_a_second(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 60, 1000);
    assert_int_equal(rate_limit_interval_ms(&r), 1000);
    for (int i = 0; i < 100; i++) {
        int64_t now = 1000 + i * 1000;
        assert_int_equal(rate_limit_wait_ms(&r, now), 0);
        assert_int_equal(rate_limit_take(&r, now), 0);
        assert_int_equal(rate_limit_take(&r, now), 1000);
        assert_int_equal(rate_limit_take(&r, now + 999), 1);
    }
}

static void test_take__saves_up_a_seconds_worth_and_no_more(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 6000, 0);
    for (int k = 0; k < 3; k++) {
        int64_t now = k * INT64_C(3600000);
        int n = 0;
        while (rate_limit_take(&r, now) == 0)
            n++;
        assert_int_equal(n, 100);
    }
}

static void test_put_back__gives_the_message_back(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 60, 0);
    assert_int_equal(rate_limit_take(&r, 0), 0);
    rate_limit_put_back(&r);
    assert_int_equal(rate_limit_take(&r, 0), 0);
    assert_int_not_equal(rate_limit_take(&r, 0), 0);
    rate_limit_put_back(&r);
    rate_limit_put_back(&r);
    assert_int_equal(rate_limit_take(&r, 0), 0);
    assert_int_not_equal(rate_limit_take(&r, 0), 0);
}

static void test_set__another_rate_counts_at_once(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 1, 0);
    assert_int_equal(rate_limit_take(&r, 0), 0);
    assert_int_equal(rate_limit_take(&r, 0), 60000);
    rate_limit_set(&r, 60, 30000); /* half a message is there */
    assert_int_equal(rate_limit_take(&r, 30000), 500);
    rate_limit_set(&r, 0, 30000);
    assert_int_equal(rate_limit_take(&r, 30000), 0);
    rate_limit_set(&r, 60, 40000);
    assert_int_equal(rate_limit_take(&r, 40000), 0);
    assert_int_equal(rate_limit_take(&r, 40000), 1000);
}

static void test_set__a_lower_rate_keeps_no_burst_of_the_old(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 600000, 0);
    rate_limit_set(&r, 60, 0);
    assert_int_equal(rate_limit_take(&r, 0), 0);
    assert_int_equal(rate_limit_take(&r, 0), 1000);
}

static void test_take__a_clock_that_stands_or_jumps_is_harmless(void **state)
{
    (void)state;
    struct rate_limit r;
    rate_limit_init(&r, 60, 10000);
    assert_int_equal(rate_limit_take(&r, 10000), 0);
    assert_int_equal(rate_limit_take(&r, 5000), 1000); /* before: nothing comes in, nothing goes */
    assert_int_equal(rate_limit_take(&r, INT64_MAX / 2), 0);
    assert_int_equal(rate_limit_take(&r, INT64_MAX / 2), 1000);
}

static uint32_t lcg(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

enum { WINDOW_MS = 60000, RUN_MS = 300000 };

/* Whoever comes whenever it likes, or as soon as it was told: no 60 seconds see more than the limit, and one who always
 * wants gets nearly all of it. */
static void test_take__no_minute_sees_more_than_the_limit(void **state)
{
    (void)state;
    static const int rates[] = {1, 2, 7, 59, 60, 61, 100, 119, 120, 121, 600, 6000, 60000};
    static int taken[RUN_MS];
    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
        for (uint32_t pace = 0; pace < 2; pace++) {
            uint32_t seed = 1 + (uint32_t)k;
            struct rate_limit r;
            memset(taken, 0, sizeof taken);
            rate_limit_init(&r, rates[k], 0);
            int64_t all = 0;
            for (int64_t now = 0; now < RUN_MS;) {
                int64_t wait = rate_limit_take(&r, now);
                assert_int_equal(wait > 0, rate_limit_wait_ms(&r, now) > 0 && wait > 0);
                taken[now] += wait == 0;
                all += wait == 0;
                now += pace == 0 ? wait : wait + (lcg(&seed) % 20 == 0 ? lcg(&seed) % 3000 : 0);
            }
            int window = 0;
            for (int t = 0; t < RUN_MS; t++) {
                window += taken[t] - (t >= WINDOW_MS ? taken[t - WINDOW_MS] : 0);
                assert_true(window <= rates[k]);
            }
            if (pace == 0)
                assert_true((double)all >= 0.98 * rates[k] * RUN_MS / WINDOW_MS);
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_take__without_a_limit_never_waits),
    TEST(test_take__sixty_a_minute_is_one_a_second),
    TEST(test_take__saves_up_a_seconds_worth_and_no_more),
    TEST(test_put_back__gives_the_message_back),
    TEST(test_set__another_rate_counts_at_once),
    TEST(test_set__a_lower_rate_keeps_no_burst_of_the_old),
    TEST(test_take__a_clock_that_stands_or_jumps_is_harmless),
    TEST(test_take__no_minute_sees_more_than_the_limit),
};

TEST_MAIN(tests)
