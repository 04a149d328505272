/* The machine's clocks; the contract is in base/clock.h. */
#include "base/clock.h"

#include <time.h>

static int64_t real_us(void *ctx)
{
    (void)ctx;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = {.real_us = real_us, .mono_ms = mono_ms};
    return &system_clock;
}

int64_t clock_stopwatch_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

char *time_format_utc(int64_t us, char out[TIME_TEXT_BYTES])
{
    /* Floor, so that times before 1970 do not round up. */
    time_t t = (time_t)(us >= 0 ? us / US_PER_S : -((-us + US_PER_S - 1) / US_PER_S));
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(out, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return out;
}

char *time_local_date(int64_t us, char out[LOCAL_DATE_BYTES])
{
    time_t t = (time_t)(us / US_PER_S);
    struct tm tm;
    localtime_r(&t, &tm);
    strftime(out, LOCAL_DATE_BYTES, "%Y-%m-%d", &tm);
    return out;
}
