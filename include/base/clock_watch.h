/*
 * Tells when the wall clock has jumped: set by hand, by NTP after a long time without, or gone on while the machine
 * slept. The wall clock is held against the monotonic one; a difference that has changed by more than
 * CLOCK_JUMP_MIN_US since the last look is a jump. Less is the usual slewing and is never added up.
 *
 * For the scheduler, which looks each second. Plain data, one thread, no allocation.
 */
#ifndef GB_BASE_CLOCK_WATCH_H
#define GB_BASE_CLOCK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct clock;

#define CLOCK_JUMP_MIN_US INT64_C(2000000)

/* All zero: has not looked yet. */
struct clock_watch {
    bool has_looked;
    int64_t ahead_us; /* wall minus monotonic, at the last look */
};

/* Microseconds by which the wall clock has jumped since the last look, forward above zero; 0 for no jump, and at the
 * first look. *now_us: the wall clock that this holds for. */
int64_t clock_watch_look(struct clock_watch *watch, const struct clock *clock, int64_t *now_us);

#endif
