/* deliver/relay_choice.h: priority, weight, failover, probes. */
#include "deliver/relay_choice.h"

#include "lib/test.h"

#define READY RELAY_STATE_READY
#define PAUSED RELAY_STATE_PAUSED
#define PROBING RELAY_STATE_PROBING

static void count_picks(const struct relay_option *options, int n, int times, int *counts)
{
    struct relay_choice c = {0};
    for (int i = 0; i < times; i++) {
        int picked = relay_choice_pick(&c, options, n, true);
        assert_in_range(picked, 0, n - 1);
        counts[picked]++;
    }
}

static void test_pick__shares_by_weight_within_one_percent(void **state)
{
    (void)state;
    const struct relay_option options[] = {
        {10, 3, READY, true}, {10, 1, READY, true}, {10, 100, READY, true}, {20, 100, READY, true}};
    int counts[4] = {0};
    count_picks(options, 4, 104000, counts);
    assert_in_range(counts[0], 2970, 3030);
    assert_in_range(counts[1], 990, 1010);
    assert_in_range(counts[2], 99000, 101000);
    assert_int_equal(counts[3], 0);
}

static void test_pick__is_smooth(void **state)
{
    (void)state;
    const struct relay_option options[] = {{10, 3, READY, true}, {10, 1, READY, true}};
    struct relay_choice c = {0};
    static const int expected[] = {0, 0, 1, 0, 0, 0, 1, 0};
    for (int i = 0; i < 8; i++)
        assert_int_equal(relay_choice_pick(&c, options, 2, true), expected[i]);
}

static void test_pick__the_next_class_only_when_none_of_the_best_works(void **state)
{
    (void)state;
    struct relay_option options[] = {{20, 1, READY, true}, {10, 1, READY, false}, {10, 1, PAUSED, true}};
    struct relay_choice c = {0};
    assert_int_equal(relay_choice_pick(&c, options, 3, true), -1); /* busy is no reason */
    options[1].has_room = true;
    assert_int_equal(relay_choice_pick(&c, options, 3, true), 1);
    options[1].state = PAUSED;
    assert_int_equal(relay_choice_pick(&c, options, 3, true), 0);
    options[2].state = READY;
    assert_int_equal(relay_choice_pick(&c, options, 3, true), 2);
}

static void test_pick__none_works(void **state)
{
    (void)state;
    const struct relay_option options[] = {{10, 1, PAUSED, true}, {20, 1, PAUSED, true}};
    struct relay_choice c = {0};
    assert_int_equal(relay_choice_pick(&c, options, 2, true), -1);
    assert_int_equal(relay_choice_pick(&c, options, 0, true), -1);
}

static void test_pick__a_probe_takes_one_and_carries_nothing(void **state)
{
    (void)state;
    struct relay_option options[] = {{10, 1, PROBING, true}, {20, 1, READY, true}, {30, 1, PROBING, true}};
    struct relay_choice c = {0};
    assert_int_equal(relay_choice_pick(&c, options, 3, false), 1); /* an alert is not risked */
    assert_int_equal(relay_choice_pick(&c, options, 3, true), 0);
    options[0].has_room = false;
    assert_int_equal(relay_choice_pick(&c, options, 3, true), 1); /* not the worse one either: nobody needs it */
    options[1].state = PAUSED;
    assert_int_equal(relay_choice_pick(&c, options, 3, false), 2); /* now somebody does */
    options[2].has_room = false;
    assert_int_equal(relay_choice_pick(&c, options, 3, false), -1);
    options[0].has_room = true;
    options[2].has_room = true;
    assert_int_equal(relay_choice_pick(&c, options, 3, false), 0);
}

static void test_pick__after_failover_the_best_comes_back(void **state)
{
    (void)state;
    struct relay_option options[] = {{10, 2, READY, true}, {20, 1, READY, true}};
    struct relay_choice c = {0};
    assert_int_equal(relay_choice_pick(&c, options, 2, true), 0);
    options[0].state = PAUSED;
    for (int i = 0; i < 100; i++)
        assert_int_equal(relay_choice_pick(&c, options, 2, true), 1);
    options[0].state = READY;
    for (int i = 0; i < 100; i++)
        assert_int_equal(relay_choice_pick(&c, options, 2, true), 0);
}

static uint32_t lcg(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Relays fail and return at random: the pick is always one that may be picked, credits stay small, and whoever can take
 * something gets it before the weights of the others have gone round twice. */
static void test_pick__random_states_never_starve_a_relay(void **state)
{
    (void)state;
    for (uint32_t run = 1; run <= 50; run++) {
        uint32_t seed = run;
        int n = 1 + (int)(lcg(&seed) % CONFIG_RELAYS_MAX);
        struct relay_option options[CONFIG_RELAYS_MAX];
        struct relay_choice c = {0};
        int waits[CONFIG_RELAYS_MAX] = {0};
        int sum = 0;
        for (int i = 0; i < n; i++) {
            int weight = 1 + (int)(lcg(&seed) % 100);
            options[i] = (struct relay_option){10 * (int)(lcg(&seed) % 2), weight, READY, true};
            sum += weight;
        }
        for (int k = 0; k < 5000; k++) {
            struct relay_option *o = &options[lcg(&seed) % (unsigned)n];
            if (lcg(&seed) % 50 == 0)
                o->state = (enum relay_state)(lcg(&seed) % 3);
            o->has_room = lcg(&seed) % 8 != 0;
            int picked = relay_choice_pick(&c, options, n, lcg(&seed) & 1);
            int best = 100;
            for (int i = 0; i < n; i++)
                best = options[i].state == READY && options[i].priority < best ? options[i].priority : best;
            if (picked >= 0) {
                assert_true(options[picked].has_room && options[picked].state != PAUSED);
                assert_true(options[picked].state == PROBING || options[picked].priority == best);
            }
            for (int i = 0; i < n; i++) {
                bool could = options[i].state == READY && options[i].has_room && options[i].priority == best;
                waits[i] = i == picked ? 0 : waits[i] + could;
                assert_true(waits[i] <= 4 * sum);
                assert_in_range(c.credit[i] + 2 * sum, 0, 4 * sum);
            }
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_pick__shares_by_weight_within_one_percent),
    TEST(test_pick__is_smooth),
    TEST(test_pick__the_next_class_only_when_none_of_the_best_works),
    TEST(test_pick__none_works),
    TEST(test_pick__a_probe_takes_one_and_carries_nothing),
    TEST(test_pick__after_failover_the_best_comes_back),
    TEST(test_pick__random_states_never_starve_a_relay),
};

TEST_MAIN(tests)
