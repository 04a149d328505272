/*
 * Virtual time, chance, the queue of events and the trace. libuv, clock_system and the log ask libc's clock_gettime;
 * this program has its own, and libuv finds that one, as it is looked up in the program first. The kernel's answer is
 * given as long as no run has begun.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/random.h"
#include "sim/sim.h"

enum { EVENTS_FIRST = 256 };

/* 2026-03-01T12:00:00Z */
#define START_WALL_US (INT64_C(1772366400) * US_PER_S)
#define START_MONO_US (INT64_C(1000) * US_PER_S)

/* The run of this process: libc's and the engine's calls know nothing of it. */
static struct sim *running;

int clock_gettime(clockid_t id, struct timespec *ts)
{
    if (!running)
        return (int)syscall(SYS_clock_gettime, id, ts);
    bool is_wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
    int64_t us = is_wall ? sim_wall_us(running) : running->mono_us;
    ts->tv_sec = (time_t)(us / US_PER_S);
    ts->tv_nsec = (long)(us % US_PER_S) * 1000;
    return 0;
}

uint64_t sim_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t draw(struct sim_chance *c)
{
    c->state += UINT64_C(0x9e3779b97f4a7c15);
    return sim_mix(c->state);
}

/* The engine's noise, keys and ids. */
void random_bytes(void *out, size_t n)
{
    unsigned char *to = out;
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)draw(&running->engine);
}

static int64_t real_us(void *ctx)
{
    return sim_wall_us(ctx);
}

static int64_t mono_ms(void *ctx)
{
    return ((struct sim *)ctx)->mono_us / 1000;
}

int64_t sim_wall_us(const struct sim *s)
{
    return START_WALL_US + s->mono_us - START_MONO_US + s->wall_ahead_us;
}

void sim_time_start(struct sim *s)
{
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    s->mono_us = START_MONO_US;
    s->world.state = sim_mix(s->options.seed);
    s->engine.state = sim_mix(s->options.seed ^ UINT64_C(0x5eed));
    s->hash = UINT64_C(0xcbf29ce484222325);
    s->clock = (struct clock){.real_us = real_us, .mono_ms = mono_ms, .ctx = s};
    s->kept = xcalloc(SIM_KEPT_LINES, sizeof *s->kept);
    running = s;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

void sim_at(struct sim *s, int64_t at_us, sim_fire fire, void *who, int64_t arg)
{
    struct sim_queue *q = &s->queue;
    struct sim_event event = {.at_us = at_us, .number = q->number++, .fire = fire, .who = who, .arg = arg};
    if (q->count == q->room) {
        q->room = q->room > 0 ? q->room * 2 : EVENTS_FIRST;
        q->events = xreallocarray(q->events, (size_t)q->room, sizeof *q->events);
    }
    int i = q->count++;
    while (i > 0 && is_before(&event, &q->events[(i - 1) / 2])) {
        q->events[i] = q->events[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    q->events[i] = event;
}

void sim_in(struct sim *s, int64_t in_us, sim_fire fire, void *who, int64_t arg)
{
    sim_at(s, s->mono_us + (in_us > 0 ? in_us : 0), fire, who, arg);
}

int64_t sim_next_event_us(const struct sim *s)
{
    return s->queue.count > 0 ? s->queue.events[0].at_us : INT64_MAX;
}

bool sim_take_event(struct sim *s, struct sim_event *out)
{
    struct sim_queue *q = &s->queue;
    if (q->count == 0 || q->events[0].at_us > s->mono_us)
        return false;
    *out = q->events[0];
    struct sim_event last = q->events[--q->count];
    int i = 0;
    for (;;) {
        int child = 2 * i + 1;
        if (child >= q->count)
            break;
        if (child + 1 < q->count && is_before(&q->events[child + 1], &q->events[child]))
            child++;
        if (!is_before(&q->events[child], &last))
            break;
        q->events[i] = q->events[child];
        i = child;
    }
    q->events[i] = last;
    return true;
}

/* --- chance ------------------------------------------------------------------------------------------------------ */

int64_t sim_pick(struct sim *s, int64_t n)
{
    return (int64_t)(draw(&s->world) % (uint64_t)n);
}

int64_t sim_between(struct sim *s, int64_t low, int64_t high)
{
    return low + sim_pick(s, high - low + 1);
}

bool sim_happens(struct sim *s, int parts)
{
    return sim_pick(s, 1000) < parts;
}

int64_t sim_wait(struct sim *s, int64_t mean_us)
{
    double u = (double)(sim_pick(s, INT64_C(1) << 52) + 1) / (double)(INT64_C(1) << 52);
    return (int64_t)(-log(u) * (double)mean_us) + 1;
}

/* --- trace ------------------------------------------------------------------------------------------------------- */

void sim_trace(struct sim *s, const char *fmt, ...)
{
    char *line = s->kept[s->kept_count++ % SIM_KEPT_LINES];
    int64_t t = s->mono_us - START_MONO_US;
    int n = snprintf(line, SIM_LINE_BYTES, "%3lld:%02d:%02d.%06d ", (long long)(t / SIM_HOUR), (int)(t / SIM_MIN % 60),
                     (int)(t / SIM_S % 60), (int)(t % SIM_S));
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line + n, SIM_LINE_BYTES - (size_t)n, fmt, ap);
    va_end(ap);
    for (const char *p = line; *p; p++)
        s->hash = (s->hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    if (s->options.has_trace)
        puts(line);
}

void sim_print_trace(const struct sim *s)
{
    uint64_t from = s->kept_count > SIM_KEPT_LINES ? s->kept_count - SIM_KEPT_LINES : 0;
    if (s->options.has_trace)
        return;
    for (uint64_t i = from; i < s->kept_count; i++)
        fprintf(stderr, "  %s\n", s->kept[i % SIM_KEPT_LINES]);
}

void sim_fail(struct sim *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->result->failure, sizeof s->result->failure, fmt, ap);
    va_end(ap);
    sim_trace(s, "BROKEN: %s", s->result->failure);
    sim_print_trace(s);
    s->result->has_failed = true;
    s->result->virtual_us = s->mono_us - START_MONO_US;
    fflush(NULL);
    _exit(1);
}
