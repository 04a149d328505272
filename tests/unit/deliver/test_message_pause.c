/* deliver/message_pause.h: messages that are refused because of us. */
#include "deliver/message_pause.h"

#include "lib/test.h"

enum { FIRST = 300000, MOST = 4020000 };

static struct message_pause p;

static int setup(void **state)
{
    (void)state;
    message_pause_init(&p, FIRST, MOST);
    return 0;
}

/* Refusals of different deliveries until it pauses; how many. */
static int refuse_until_paused(int64_t message, int64_t now)
{
    for (int i = 1; i <= 10; i++)
        if (message_pause_refused(&p, message, 1000 + i, "550 5.7.515 no", now, 0))
            return i;
    return 0;
}

static void test_refused__three_in_a_row_pause_the_message(void **state)
{
    (void)state;
    int64_t ids[MESSAGE_PAUSE_MAX];
    assert_int_equal(message_pause_next_ms(&p, 0), -1);
    assert_int_equal(refuse_until_paused(7, 0), MESSAGE_REFUSALS_MAX);
    assert_true(message_pause_has(&p, 7, 0));
    assert_false(message_pause_has(&p, 8, 0));
    assert_int_equal(message_pause_list(&p, 0, ids), 1);
    assert_int_equal(ids[0], 7);
    assert_int_equal(message_pause_next_ms(&p, 0), FIRST);
    assert_string_equal(p.entries[0].problem, "550 5.7.515 no");
    assert_int_equal(message_pause_list(&p, FIRST, ids), 0);
    assert_int_equal(message_pause_next_ms(&p, FIRST), -1);
}

static void test_refused__the_same_delivery_again_is_one(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        assert_false(message_pause_refused(&p, 7, 1, "no", i, 0));
}

static void test_refused__one_taken_in_between_forgets_them(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_false(message_pause_refused(&p, 7, 2 * i, "no", i, 0));
        assert_false(message_pause_refused(&p, 7, 2 * i + 1, "no", i, 0));
        message_pause_taken(&p, 7);
    }
    message_pause_taken(&p, 12345);
}

static void test_refused__after_the_pause_one_is_enough_and_waits_double(void **state)
{
    (void)state;
    static const int64_t minutes[] = {5, 10, 20, 40, 67, 67};
    int64_t now = 0;
    assert_int_equal(refuse_until_paused(7, now), 3);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(message_pause_next_ms(&p, now), minutes[i] * 60000);
        assert_false(message_pause_refused(&p, 7, 99, "no", now + 1, 0)); /* was on its way */
        now += minutes[i] * 60000;
        assert_false(message_pause_has(&p, 7, now));
        assert_true(message_pause_refused(&p, 7, 99, "no", now, 0));
    }
    message_pause_taken(&p, 7);
    assert_false(message_pause_has(&p, 7, now));
    assert_int_equal(refuse_until_paused(7, now), 3);
    assert_int_equal(message_pause_next_ms(&p, now), FIRST);
}

static void test_refused__the_problem_is_cut_between_letters(void **state)
{
    (void)state;
    char text[1002] = "x";
    for (size_t i = 1; i < 1001; i += 2)
        memcpy(text + i, "å", 3);
    for (int i = 0; i < 3; i++)
        message_pause_refused(&p, 7, i, text, 0, 0);
    assert_int_equal(strlen(p.entries[0].problem), MESSAGE_PROBLEM_BYTES - 1);
    message_pause_taken(&p, 7);
    for (int i = 0; i < 3; i++)
        message_pause_refused(&p, 7, i, text + 1, 0, 0);
    assert_int_equal(strlen(p.entries[0].problem), MESSAGE_PROBLEM_BYTES - 2); /* not in the middle of a letter */
}

static void test_refused__the_table_is_bounded_and_drops_the_next_to_be_tried(void **state)
{
    (void)state;
    int64_t ids[MESSAGE_PAUSE_MAX];
    for (int64_t m = 1; m <= MESSAGE_PAUSE_MAX; m++)
        assert_int_equal(refuse_until_paused(m, m * 10), 3);
    assert_int_equal(message_pause_list(&p, 1000, ids), MESSAGE_PAUSE_MAX);
    assert_int_equal(refuse_until_paused(1000, 1000), 3);
    assert_int_equal(message_pause_list(&p, 1000, ids), MESSAGE_PAUSE_MAX);
    assert_false(message_pause_has(&p, 1, 1000));
    assert_true(message_pause_has(&p, 2, 1000));
    assert_true(message_pause_has(&p, 1000, 1000));
}

static void test_configure__lets_all_be_tried_now(void **state)
{
    (void)state;
    refuse_until_paused(7, 0);
    message_pause_configure(&p, 1000, 2000);
    assert_false(message_pause_has(&p, 7, 0));
    refuse_until_paused(7, 0);
    assert_int_equal(message_pause_next_ms(&p, 0), 1000);
}

static uint32_t lcg(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void test_random_events__stay_bounded_and_nothing_pauses_for_ever(void **state)
{
    (void)state;
    int64_t ids[MESSAGE_PAUSE_MAX];
    for (uint32_t run = 1; run <= 30; run++) {
        uint32_t seed = run;
        int64_t now = 0;
        message_pause_init(&p, FIRST, MOST);
        for (int i = 0; i < 3000; i++) {
            int64_t message = 1 + lcg(&seed) % 100;
            now += lcg(&seed) % 5000;
            bool was = message_pause_has(&p, message, now);
            if (lcg(&seed) % 10 == 0) {
                message_pause_taken(&p, message);
                assert_false(message_pause_has(&p, message, now));
            } else {
                bool began = message_pause_refused(&p, message, lcg(&seed), "no", now, lcg(&seed));
                assert_false(was && began);
                assert_int_equal(was || began, message_pause_has(&p, message, now));
            }
            int n = message_pause_list(&p, now, ids);
            int64_t next = message_pause_next_ms(&p, now);
            assert_in_range(n, 0, MESSAGE_PAUSE_MAX);
            assert_true(n == 0 ? next == -1 : next > 0 && next <= MOST + MOST / 10);
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_refused__three_in_a_row_pause_the_message, setup, NULL),
    TEST_FIXTURE(test_refused__the_same_delivery_again_is_one, setup, NULL),
    TEST_FIXTURE(test_refused__one_taken_in_between_forgets_them, setup, NULL),
    TEST_FIXTURE(test_refused__after_the_pause_one_is_enough_and_waits_double, setup, NULL),
    TEST_FIXTURE(test_refused__the_problem_is_cut_between_letters, setup, NULL),
    TEST_FIXTURE(test_refused__the_table_is_bounded_and_drops_the_next_to_be_tried, setup, NULL),
    TEST_FIXTURE(test_configure__lets_all_be_tried_now, setup, NULL),
    TEST_FIXTURE(test_random_events__stay_bounded_and_nothing_pauses_for_ever, setup, NULL),
};

TEST_MAIN(tests)
