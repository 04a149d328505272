/*
 * At most N messages a minute, evenly: a token bucket over monotonic time, in whole numbers. Pure; any one thread.
 *
 * The bucket holds a second's worth, at least one message, so that a pause does not become a burst. It fills at N less
 * what the burst adds, so that no 60 seconds, wherever they begin, see more than N: the limit is often somebody else's,
 * who counts so. For N = 600 that costs 1.5 %; below 120 nothing.
 */
#ifndef GB_DELIVER_RATE_LIMIT_H
#define GB_DELIVER_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Owned by the caller; the members are rate_limit.c's. */
struct rate_limit {
    int per_minute; /* 0: no limit */
    int64_t level;  /* in 1/60000 of a message */
    int64_t at_ms;  /* of `level` */
};

/* Starts full. per_minute 0 to 1 000 000; 0 is no limit. */
void rate_limit_init(struct rate_limit *r, int per_minute, int64_t now_ms);
/* Another rate from now on; what has been saved up stays, within the new second's worth. */
void rate_limit_set(struct rate_limit *r, int per_minute, int64_t now_ms);
/* 0: a message may go now. Else the milliseconds until one may; taking nothing. */
int64_t rate_limit_wait_ms(const struct rate_limit *r, int64_t now_ms);
/* Take one message out: 0. Else nothing is taken and the milliseconds to wait are returned. */
int64_t rate_limit_take(struct rate_limit *r, int64_t now_ms);
/* The message that was taken last did not go after all. */
void rate_limit_put_back(struct rate_limit *r);
/* The milliseconds between two messages at this rate, rounded up; 0 without a limit. */
int64_t rate_limit_interval_ms(const struct rate_limit *r);

#endif
