/* base/clock_watch.h: what is a jump and what is none. */
#include "base/clock_watch.h"

#include "base/clock.h"
#include "lib/test.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static struct {
    int64_t real_us, mono_ms;
    int64_t pause_ms; /* the next reading of the wall clock takes so long, as when the process is stopped */
} f;

static int64_t real_us(void *ctx)
{
    (void)ctx;
    int64_t now_us = f.real_us;
    f.real_us += f.pause_ms * 1000;
    f.mono_ms += f.pause_ms;
    f.pause_ms = 0;
    return now_us;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return f.mono_ms;
}

static const struct clock CLOCK = {.real_us = real_us, .mono_ms = mono_ms};

/* A look after `ms` of time, in which the wall clock went `jump_us` further than that. */
static int64_t look(struct clock_watch *w, int64_t ms, int64_t jump_us)
{
    int64_t now_us = 0;
    f.mono_ms += ms;
    f.real_us += ms * 1000 + jump_us;
    int64_t jump = clock_watch_look(w, &CLOCK, &now_us);
    assert_int_equal(now_us, f.real_us);
    return jump;
}

static int setup(void **state)
{
    (void)state;
    f.real_us = INT64_C(1772366400) * US_PER_S;
    f.mono_ms = 5000;
    f.pause_ms = 0;
    return 0;
}

static void test_clock_watch_look__the_first_one_knows_no_jump(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    assert_int_equal(look(&w, 0, 0), 0);
    assert_int_equal(look(&w, 1000, 0), 0);
}

static void test_clock_watch_look__tells_each_jump_once(void **state)
{
    (void)state;
    static const int64_t jumps_s[] = {HOUR_S, -HOUR_S, DAY_S, -DAY_S, 40 * DAY_S, -40 * DAY_S, 3, -3};
    struct clock_watch w = {0};
    look(&w, 0, 0);
    for (size_t i = 0; i < sizeof jumps_s / sizeof jumps_s[0]; i++) {
        assert_int_equal(look(&w, 1000, jumps_s[i] * US_PER_S), jumps_s[i] * US_PER_S);
        assert_int_equal(look(&w, 1000, 0), 0);
    }
}

static void test_clock_watch_look__slewing_is_no_jump_and_never_adds_up(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    look(&w, 0, 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(look(&w, 1000, 500000), 0);
    assert_int_equal(look(&w, 1000, CLOCK_JUMP_MIN_US), 0);
    assert_int_equal(look(&w, 1000, -CLOCK_JUMP_MIN_US), 0);
}

static void test_clock_watch_look__a_long_time_between_looks_is_no_jump(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    look(&w, 0, 0);
    assert_int_equal(look(&w, INT64_C(40) * DAY_S * 1000, 0), 0);
}

static void test_clock_watch_look__a_process_stopped_between_the_clocks_sees_no_jump(void **state)
{
    (void)state;
    struct clock_watch w = {0};
    look(&w, 0, 0);
    f.pause_ms = 60000;
    assert_int_equal(look(&w, 1000, 0), 0);
    assert_int_equal(look(&w, 1000, 0), 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_clock_watch_look__the_first_one_knows_no_jump, setup, NULL),
    TEST_FIXTURE(test_clock_watch_look__tells_each_jump_once, setup, NULL),
    TEST_FIXTURE(test_clock_watch_look__slewing_is_no_jump_and_never_adds_up, setup, NULL),
    TEST_FIXTURE(test_clock_watch_look__a_long_time_between_looks_is_no_jump, setup, NULL),
    TEST_FIXTURE(test_clock_watch_look__a_process_stopped_between_the_clocks_sees_no_jump, setup, NULL),
};

TEST_MAIN(tests)
