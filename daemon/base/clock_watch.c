/* Wall clock against monotonic clock; the contract is in base/clock_watch.h. */
#include "base/clock_watch.h"

#include "base/clock.h"

enum {
    US_PER_MS = 1000,
    PAUSE_MAX_MS = 100, /* between two readings of the clock; a process that was stopped there reads again */
    READS_MAX = 5,
};

/* The two clocks at one moment, as nearly as reading one after the other gives it. */
static void read_both(const struct clock *clock, int64_t *real_us, int64_t *mono_us)
{
    int64_t before_ms = clock_mono_ms(clock);
    for (int i = 0; i < READS_MAX; i++) {
        *real_us = clock_real_us(clock);
        int64_t after_ms = clock_mono_ms(clock);
        *mono_us = after_ms * US_PER_MS;
        if (after_ms - before_ms <= PAUSE_MAX_MS)
            return;
        before_ms = after_ms;
    }
}

int64_t clock_watch_look(struct clock_watch *watch, const struct clock *clock, int64_t *now_us)
{
    int64_t mono_us = 0;
    read_both(clock, now_us, &mono_us);
    int64_t ahead_us = *now_us - mono_us;
    int64_t jump_us = watch->has_looked ? ahead_us - watch->ahead_us : 0;
    watch->has_looked = true;
    watch->ahead_us = ahead_us;
    return jump_us > CLOCK_JUMP_MIN_US || jump_us < -CLOCK_JUMP_MIN_US ? jump_us : 0;
}
