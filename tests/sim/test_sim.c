/* The simulation in `make check`: some seeds, those that once failed, and that a seed is one run and no other. */
/* run: not under tsan */
#include <stdio.h>

#include "lib/test.h"
#include "sim/sim.h"

enum { SEEDS = 14, HOURS = 12 };

/* Seeds that once failed. The engine's own noise has a stream of its own, so a seed stays near the weather in which it
 * found the fault, not more. */
static const struct {
    uint64_t seed;
    double hours;
    const char *only, *what;
} KEPT[] = {
    {2, 12, NULL, "while a slow disk kept the gate shut the timer was due all the time"},
    {7, 6, NULL, "after a reload the ledger named the relay of before"},
    {7002, 48, "r", "an alert waited for a session of a relay that was only being probed"},
    {34, 24, NULL, "a slow disk opened the gate to what was held"},
    {12, 12, NULL, "a permit given before a hold outlasted it while a long envelope went out"},
    {4, 12, NULL, "a stop on a full disk: in doubt as after a crash, and no more"},
};

static void run_only(uint64_t seed, double hours, const char *only, struct sim_result *result)
{
    struct sim_options options = {.seed = seed, .hours = hours, .only = only};
    if (!sim_run(&options, result))
        fail_msg("seed %llu: %s\nmake sim SEED=%llu HOURS=%g%s%s shows it", (unsigned long long)seed, result->failure,
                 (unsigned long long)seed, hours, only ? " ONLY=" : "", only ? only : "");
}

static void run(uint64_t seed, double hours, struct sim_result *result)
{
    run_only(seed, hours, NULL, result);
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

static void test_sim__seeds_that_once_failed(void **state)
{
    struct sim_result r;
    (void)state;
    for (size_t i = 0; i < sizeof KEPT / sizeof KEPT[0]; i++) {
        print_message("%s\n", KEPT[i].what);
        run_only(KEPT[i].seed, KEPT[i].hours, KEPT[i].only, &r);
    }
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
    TEST(test_sim__seeds_that_once_failed),
    TEST(test_sim__same_seed_same_run),
};

TEST_MAIN(tests)
