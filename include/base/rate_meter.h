/*
 * How many events in the last minute: a ring of one counter per second.
 *
 * For status ("so many in the last minute") and for the expected end of a letter. Monotonic milliseconds are passed in,
 * so that a wall clock that is set does nothing here; a time before the last one counts as the last one.
 * A plain value: nothing is allocated. One thread at a time.
 */
#ifndef GB_BASE_RATE_METER_H
#define GB_BASE_RATE_METER_H

#include <stdint.h>

enum { RATE_METER_S = 60 };

struct rate_meter {
    uint32_t counts[RATE_METER_S]; /* by second modulo the size; only those of (newest_s - 60, newest_s] */
    int64_t newest_s;
};

void rate_meter_init(struct rate_meter *m, int64_t now_ms);
/* `n` events now. */
void rate_meter_add(struct rate_meter *m, int64_t now_ms, uint32_t n);
/* Events in the last 60 s, the running second included. */
uint64_t rate_meter_per_minute(const struct rate_meter *m, int64_t now_ms);
/* Events per second since the oldest one in the last minute: right also in the first seconds of a letter. 0 when there
 * were none. */
double rate_meter_pace(const struct rate_meter *m, int64_t now_ms);

#endif
