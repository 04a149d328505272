/* base/rate_meter.h: the last minute, second by second, against a list of all events. */
#include "base/rate_meter.h"

#include "lib/test.h"

static void test_rate_meter__counts_the_last_sixty_seconds(void **state)
{
    (void)state;
    struct rate_meter m;
    rate_meter_init(&m, 5000);
    assert_int_equal(rate_meter_per_minute(&m, 5000), 0);
    rate_meter_add(&m, 5000, 3);
    rate_meter_add(&m, 6500, 4);
    assert_int_equal(rate_meter_per_minute(&m, 6500), 7);
    assert_int_equal(rate_meter_per_minute(&m, 64999), 7);
    assert_int_equal(rate_meter_per_minute(&m, 65000), 4);
    assert_int_equal(rate_meter_per_minute(&m, 66000), 0);
    assert_int_equal(rate_meter_per_minute(&m, 10000000), 0);
}

static void test_rate_meter__forgets_when_it_goes_round(void **state)
{
    (void)state;
    struct rate_meter m;
    rate_meter_init(&m, 0);
    rate_meter_add(&m, 1000, 9);
    rate_meter_add(&m, 61000, 1); /* the same slot */
    assert_int_equal(rate_meter_per_minute(&m, 61000), 1);
    rate_meter_add(&m, 1000000, 2);
    assert_int_equal(rate_meter_per_minute(&m, 1000000), 2);
}

static void test_rate_meter__agrees_with_a_list_of_events(void **state)
{
    (void)state;
    enum { EVENTS = 3000 };
    static int64_t at[EVENTS];
    struct rate_meter m;
    int64_t now = 123456;
    uint32_t seed = 7;
    rate_meter_init(&m, now);
    for (int i = 0; i < EVENTS; i++) {
        seed = seed * 1664525U + 1013904223U;
        now += seed % 16 == 0 ? seed / 65536 : seed / 65536 % 400;
        at[i] = now;
        rate_meter_add(&m, now, 1);
        uint64_t expected = 0;
        for (int j = 0; j <= i; j++)
            expected += at[j] / 1000 > now / 1000 - RATE_METER_S;
        assert_int_equal(rate_meter_per_minute(&m, now), expected);
    }
}

static void test_rate_meter__a_time_that_goes_back_is_the_last_one(void **state)
{
    (void)state;
    struct rate_meter m;
    rate_meter_init(&m, 100000);
    rate_meter_add(&m, 100000, 1);
    rate_meter_add(&m, 3000, 1);
    assert_int_equal(rate_meter_per_minute(&m, 100000), 2);
    assert_int_equal(rate_meter_per_minute(&m, 50), 2);
}

static void test_rate_meter_pace__is_right_from_the_first_seconds(void **state)
{
    (void)state;
    struct rate_meter m;
    rate_meter_init(&m, 0);
    assert_true(rate_meter_pace(&m, 500) == 0.0);
    for (int i = 0; i < 5; i++)
        rate_meter_add(&m, 10000 + i * 1000, 100);
    assert_true(rate_meter_pace(&m, 15000) == 100.0);
    assert_true(rate_meter_pace(&m, 20000) == 50.0); /* it stands still, and that shows */
    assert_true(rate_meter_pace(&m, 80000) == 0.0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_rate_meter__counts_the_last_sixty_seconds),
    TEST(test_rate_meter__forgets_when_it_goes_round),
    TEST(test_rate_meter__agrees_with_a_list_of_events),
    TEST(test_rate_meter__a_time_that_goes_back_is_the_last_one),
    TEST(test_rate_meter_pace__is_right_from_the_first_seconds),
};

TEST_MAIN(tests)
