/*
 * Time, as a seam: a struct of functions, so that tests and the simulation own it.
 *
 * Wall time (`real_us`) decides what the calendar decides and what people read; it may
 * jump. Monotonic time (`mono_ms`) decides time-outs and retries; it never goes back.
 * All times are int64 microseconds (or what the name says) since the epoch, UTC.
 */
#ifndef GB_BASE_CLOCK_H
#define GB_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock {
    int64_t (*real_us)(void *ctx);
    int64_t (*mono_ms)(void *ctx);
    void *ctx;
};

/* The machine's own clocks; lives for ever. */
const struct clock *clock_system(void);

static inline int64_t clock_real_us(const struct clock *c)
{
    return c->real_us(c->ctx);
}
static inline int64_t clock_mono_ms(const struct clock *c)
{
    return c->mono_ms(c->ctx);
}

#define US_PER_S INT64_C(1000000)

/* A stopwatch, for measuring only: the machine's monotonic microseconds, which no test owns. Any thread. */
int64_t clock_stopwatch_us(void);

enum { TIME_TEXT_BYTES = 40 };

/* "2026-04-01T07:00:00Z" (whole seconds, UTC) into out[TIME_TEXT_BYTES]; returns out. */
char *time_format_utc(int64_t us, char out[TIME_TEXT_BYTES]);

enum { LOCAL_DATE_BYTES = 11 };

/* The date where the node is (TZ), "2026-04-01", into out[LOCAL_DATE_BYTES]; returns out. */
char *time_local_date(int64_t us, char out[LOCAL_DATE_BYTES]);

#endif
