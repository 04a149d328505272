/* deliver/backoff.h: waits that double. */
#include "deliver/backoff.h"

#include "lib/test.h"

static void test_backoff_wait__doubles_to_the_most(void **state)
{
    (void)state;
    static const int64_t waits[] = {5, 10, 20, 40, 67, 67};
    for (int i = 0; i < 6; i++)
        assert_int_equal(backoff_wait(5, 67, i + 1, 0), waits[i]);
    assert_int_equal(backoff_wait(5, 67, INT32_MAX, 0), 67);
    assert_int_equal(backoff_wait(5, 80, 5, 0), 80);
}

static void test_backoff_wait__is_the_first_when_the_most_is_less(void **state)
{
    (void)state;
    assert_int_equal(backoff_wait(60, 5, 1, 0), 60);
    assert_int_equal(backoff_wait(60, 5, 9, 0), 60);
}

static void test_backoff_wait__does_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(backoff_wait(1, INT64_MAX / 2, 1000, 0), INT64_MAX / 2);
    assert_int_equal(backoff_wait(3, INT64_MAX, 1000, 0), INT64_MAX);
}

static void test_backoff_wait__jitter_lengthens_by_up_to_a_tenth(void **state)
{
    (void)state;
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (uint32_t noise = 0; noise < 4096; noise++) {
        int64_t wait = backoff_wait(1000, 64000, 3, noise);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    assert_int_equal(least, 4000);
    assert_in_range(most, 4390, 4400);
    assert_in_range(backoff_wait(1000, 64000, 3, UINT32_MAX), 4000, 4400);
}

static const struct CMUnitTest tests[] = {
    TEST(test_backoff_wait__doubles_to_the_most),
    TEST(test_backoff_wait__is_the_first_when_the_most_is_less),
    TEST(test_backoff_wait__does_not_overflow),
    TEST(test_backoff_wait__jitter_lengthens_by_up_to_a_tenth),
};

TEST_MAIN(tests)
