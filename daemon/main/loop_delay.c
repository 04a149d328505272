/* The loop's delay; the contract is in main/loop_delay.h. */
#include "main/loop_delay.h"

#include <stdlib.h>

#include <uv.h>

#include "base/histogram.h"
#include "base/mem.h"

static const int64_t BOUNDS[] = HISTOGRAM_FAST;

struct loop_delay {
    uv_timer_t timer;
    uint64_t expected_ns; /* when the timer should fire */
    struct histogram histogram;
};

static void wait_again(struct loop_delay *d);

/* uv's own time is in whole milliseconds and is read once a round: the clock is asked. */
static void on_timer(uv_timer_t *timer)
{
    struct loop_delay *d = timer->data;
    int64_t late_ns = (int64_t)(uv_hrtime() - d->expected_ns);
    histogram_add(&d->histogram, late_ns / 1000);
    wait_again(d);
}

static void wait_again(struct loop_delay *d)
{
    uv_update_time(d->timer.loop);
    d->expected_ns = uv_hrtime() + (uint64_t)LOOP_DELAY_EVERY_MS * 1000000;
    uv_timer_start(&d->timer, on_timer, LOOP_DELAY_EVERY_MS, 0);
}

struct loop_delay *loop_delay_new(struct uv_loop_s *loop)
{
    struct loop_delay *d = xcalloc(1, sizeof *d);
    histogram_init(&d->histogram, BOUNDS, ARRAY_LEN(BOUNDS));
    uv_timer_init(loop, &d->timer);
    d->timer.data = d;
    wait_again(d);
    return d;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void loop_delay_stop(struct loop_delay *d)
{
    if (d)
        uv_close((uv_handle_t *)&d->timer, on_closed);
}

const struct histogram *loop_delay_histogram(const struct loop_delay *d)
{
    return &d->histogram;
}
