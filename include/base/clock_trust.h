/*
 * What the wall clock shows and has proof of. A clock that jumps ahead (an error of NTP, a hand that slipped) must not
 * end for good what only time may end; so a jump ahead counts for nothing until the clock has stood by it for
 * CLOCK_TRUST_S, as the monotonic clock tells. Until then time passes as if there had been none. A clock that goes back
 * is followed at once: nothing ends by that.
 *
 * For what ends alerts or throws away what is old: each writing store has one, and the dispatcher of webhooks. Plain
 * data, one thread, no allocation. The first look is believed: over a restart there is no proof, neither way.
 */
#ifndef GB_BASE_CLOCK_TRUST_H
#define GB_BASE_CLOCK_TRUST_H

#include <stdint.h>

#include "base/clock_watch.h"

enum { CLOCK_TRUST_S = 600 };

/* All zero: has not looked yet. */
struct clock_trust {
    struct clock_watch watch;
    int64_t trusted_ahead_us; /* wall minus monotonic, as last believed */
    int64_t jumped_ms;        /* monotonic: the last jump */
};

/* How far the wall clock is ahead of what is proven, in microseconds; 0 when it is believed. *now_us: what it shows.
 * Look often: a jump is known by the look before it. */
int64_t clock_trust_look(struct clock_trust *trust, const struct clock *clock, int64_t *now_us);

#endif
