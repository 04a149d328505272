/* The wall clock, as far as it is proven; the contract is in base/clock_trust.h. */
#include "base/clock_trust.h"

#include "base/clock.h"

int64_t clock_trust_look(struct clock_trust *trust, const struct clock *clock, int64_t *now_us)
{
    bool is_first = !trust->watch.has_looked;
    int64_t before_us = trust->watch.ahead_us;
    int64_t jump_us = clock_watch_look(&trust->watch, clock, now_us);
    int64_t ahead_us = trust->watch.ahead_us;
    int64_t now_ms = clock_mono_ms(clock);
    if (jump_us != 0)
        trust->jumped_ms = now_ms;
    else if (!is_first)
        trust->trusted_ahead_us += ahead_us - before_us; /* slewed */
    if (is_first || (jump_us == 0 && now_ms - trust->jumped_ms >= CLOCK_TRUST_S * 1000))
        trust->trusted_ahead_us = ahead_us;
    return ahead_us > trust->trusted_ahead_us ? ahead_us - trust->trusted_ahead_us : 0;
}
