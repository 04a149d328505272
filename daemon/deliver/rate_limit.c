/*
 * At most N messages a minute; the contract is in deliver/rate_limit.h.
 *
 * The level counts in 1/60000 of a message, so that a millisecond adds exactly the messages a minute, whatever they
 * are, and nothing is ever rounded. With a bucket of B messages, B and what comes in during a minute must not be more
 * than N: hence N - B + 1 a minute (the first of them is among the B).
 */
#include "deliver/rate_limit.h"

#include <assert.h>

enum { MESSAGE = 60000, MINUTE_MS = 60000, PER_MINUTE_MAX = 1000000 };

static int64_t burst(int per_minute)
{
    return per_minute < 120 ? 1 : per_minute / 60;
}

/* What a millisecond adds. */
static int64_t inflow(int per_minute)
{
    return per_minute - burst(per_minute) + 1;
}

static int64_t level_at(const struct rate_limit *r, int64_t now_ms)
{
    int64_t elapsed = now_ms - r->at_ms;
    int64_t most = burst(r->per_minute) * MESSAGE;
    if (elapsed <= 0)
        return r->level < most ? r->level : most;
    if (elapsed > MINUTE_MS)
        elapsed = MINUTE_MS; /* fills any bucket */
    int64_t level = r->level + elapsed * inflow(r->per_minute);
    return level < most ? level : most;
}

static int64_t wait_for(const struct rate_limit *r, int64_t level)
{
    int64_t rate = inflow(r->per_minute);
    return level >= MESSAGE ? 0 : (MESSAGE - level + rate - 1) / rate;
}

void rate_limit_init(struct rate_limit *r, int per_minute, int64_t now_ms)
{
    assert(per_minute >= 0 && per_minute <= PER_MINUTE_MAX);
    *r = (struct rate_limit){.per_minute = per_minute, .at_ms = now_ms};
    r->level = burst(per_minute) * MESSAGE;
}

void rate_limit_set(struct rate_limit *r, int per_minute, int64_t now_ms)
{
    assert(per_minute >= 0 && per_minute <= PER_MINUTE_MAX);
    if (r->per_minute == 0) { /* nothing was counted: as at the start */
        rate_limit_init(r, per_minute, now_ms);
        return;
    }
    r->level = level_at(r, now_ms);
    r->at_ms = now_ms;
    r->per_minute = per_minute;
}

int64_t rate_limit_wait_ms(const struct rate_limit *r, int64_t now_ms)
{
    return r->per_minute == 0 ? 0 : wait_for(r, level_at(r, now_ms));
}

int64_t rate_limit_take(struct rate_limit *r, int64_t now_ms)
{
    if (r->per_minute == 0)
        return 0;
    int64_t level = level_at(r, now_ms);
    int64_t wait = wait_for(r, level);
    if (wait == 0) {
        r->level = level - MESSAGE;
        r->at_ms = now_ms > r->at_ms ? now_ms : r->at_ms;
    }
    return wait;
}

void rate_limit_put_back(struct rate_limit *r)
{
    int64_t most = burst(r->per_minute) * MESSAGE;
    r->level = r->level + MESSAGE < most ? r->level + MESSAGE : most;
}

int64_t rate_limit_interval_ms(const struct rate_limit *r)
{
    if (r->per_minute == 0)
        return 0;
    int64_t rate = inflow(r->per_minute);
    return (MESSAGE + rate - 1) / rate;
}
