/* Events in the last minute; the contract is in base/rate_meter.h. */
#include "base/rate_meter.h"

#include <string.h>

static uint32_t *slot(struct rate_meter *m, int64_t second)
{
    return &m->counts[second % RATE_METER_S];
}

/* The running second, never before the newest. */
static int64_t second_of(const struct rate_meter *m, int64_t now_ms)
{
    int64_t s = now_ms / 1000;
    return s > m->newest_s ? s : m->newest_s;
}

void rate_meter_init(struct rate_meter *m, int64_t now_ms)
{
    memset(m, 0, sizeof *m);
    m->newest_s = now_ms > 0 ? now_ms / 1000 : 0;
}

void rate_meter_add(struct rate_meter *m, int64_t now_ms, uint32_t n)
{
    int64_t now_s = second_of(m, now_ms);
    if (now_s - m->newest_s >= RATE_METER_S)
        memset(m->counts, 0, sizeof m->counts);
    else
        for (int64_t s = m->newest_s + 1; s <= now_s; s++)
            *slot(m, s) = 0;
    m->newest_s = now_s;
    *slot(m, now_s) += n;
}

/* The sum over the window that ends now, and the oldest second in it that had an event (-1: none). */
static uint64_t sum(const struct rate_meter *m, int64_t now_s, int64_t *oldest_s)
{
    uint64_t total = 0;
    *oldest_s = -1;
    for (int64_t s = now_s - RATE_METER_S + 1; s <= m->newest_s; s++) {
        if (s <= m->newest_s - RATE_METER_S || s < 0)
            continue; /* older than the ring */
        uint32_t here = m->counts[s % RATE_METER_S];
        if (here > 0 && *oldest_s < 0)
            *oldest_s = s;
        total += here;
    }
    return total;
}

uint64_t rate_meter_per_minute(const struct rate_meter *m, int64_t now_ms)
{
    int64_t oldest_s;
    return sum(m, second_of(m, now_ms), &oldest_s);
}

double rate_meter_pace(const struct rate_meter *m, int64_t now_ms)
{
    int64_t oldest_s;
    int64_t now_s = second_of(m, now_ms);
    uint64_t total = sum(m, now_s, &oldest_s);
    if (total == 0)
        return 0;
    int64_t span_ms = now_ms - oldest_s * 1000;
    return (double)total * 1000 / (double)(span_ms > 1000 ? span_ms : 1000);
}
