/* http/expected_end.h: letters that share a lane, against a sending of row after row in turns. */
#include "http/expected_end.h"

#include "lib/test.h"

/* Rows sent, in turns, until work[which] is empty. */
static int64_t play(const struct expected_work *work, int n, int which)
{
    int64_t left[8];
    int64_t sent = 0;
    for (int i = 0; i < n; i++)
        left[i] = work[i].lane == work[which].lane ? work[i].rows : 0;
    while (left[which] > 0)
        for (int i = 0; i < n; i++)
            if (left[i] > 0) {
                left[i]--;
                sent++;
            }
    return sent;
}

static void test_expected_end_s__a_letter_alone(void **state)
{
    (void)state;
    const struct expected_work work[] = {{1, 2, 1000}};
    assert_int_equal(expected_end_s(work, 1, 0, 10), 100);
    assert_int_equal(expected_end_s(work, 1, 0, 0.1), 10000);
}

static void test_expected_end_s__shares_the_lane_with_those_that_have_rows(void **state)
{
    (void)state;
    const struct expected_work work[] = {{1, 2, 1000}, {2, 2, 100}, {3, 0, 5000}, {4, 2, 0}};
    assert_int_equal(expected_end_s(work, 4, 0, 1), 1100);
    assert_int_equal(expected_end_s(work, 4, 1, 1), 200);
    assert_int_equal(expected_end_s(work, 4, 2, 1), 5000); /* another lane */
    assert_int_equal(expected_end_s(work, 4, 3, 1), 0);
    for (int i = 0; i < 4; i++) /* at most a turn apart */
        assert_true(llabs(play(work, 4, i) - expected_end_s(work, 4, i, 1)) < 4);
}

static const struct CMUnitTest tests[] = {
    TEST(test_expected_end_s__a_letter_alone),
    TEST(test_expected_end_s__shares_the_lane_with_those_that_have_rows),
};

TEST_MAIN(tests)
