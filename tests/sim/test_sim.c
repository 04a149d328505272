/* The simulation in `make check`: some seeds, those that once failed, and that a seed is one run and no other. */
#include <stdio.h>

#include "lib/test.h"
#include "sim/sim.h"

enum { SEEDS = 16, HOURS = 12 };

static void run(uint64_t seed, double hours, struct sim_result *result)
{
    struct sim_options options = {.seed = seed, .hours = hours};
    if (!sim_run(&options, result))
        fail_msg("seed %llu: %s\nmake sim SEED=%llu HOURS=%g shows it", (unsigned long long)seed, result->failure,
                 (unsigned long long)seed, hours);
}

static void test_sim__some_days_of_faults(void **state)
{
    struct sim_result r;
    uint64_t taken = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(seed, HOURS, &r);
        taken += r.taken;
    }
    assert_true(taken > SEEDS * 100); /* it does send */
}

static void test_sim__same_seed_same_run(void **state)
{
    struct sim_result a;
    struct sim_result b;
    struct sim_result other;
    (void)state;
    run(7, 6, &a);
    run(7, 6, &b);
    run(8, 6, &other);
    assert_true(a.hash == b.hash && a.steps == b.steps);
    assert_true(a.hash != other.hash);
}

static const struct CMUnitTest tests[] = {
    TEST(test_sim__some_days_of_faults),
    TEST(test_sim__same_seed_same_run),
};

TEST_MAIN(tests)
