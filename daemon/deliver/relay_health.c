/*
 * A relay's circuit breaker and concurrency window; the contract and the reasons are in deliver/relay_health.h.
 *
 * Invariants (health_check):
 *  1. 1 <= window <= connections.
 *  2. The window is above a known ceiling only while a try beyond it goes on, and then by `step` at most.
 *  3. Broken: at least one pause is counted.
 */
#include "deliver/relay_health.h"

#include <assert.h>
#include <stdlib.h>

#include "deliver/backoff.h"

/* `credit` counts sessions that came about, less RELAY_TRIES_PER_REFUSAL for each that was refused. The bounds: enough
 * for a try of RELAY_GROWTH_MAX sessions, and not so deep that a bad minute is paid for all day. */
enum {
    CREDIT_MAX = RELAY_TRIES_PER_REFUSAL * RELAY_GROWTH_MAX,
    CREDIT_MIN = -3 * RELAY_TRIES_PER_REFUSAL,
};

const char *relay_state_word(enum relay_state state)
{
    switch (state) {
#define STATE_WORD(id, word) \
    case RELAY_STATE_##id:   \
        return word;
        RELAY_STATE_MAP(STATE_WORD)
#undef STATE_WORD
    }
    abort(); /* a state outside the table */
}

static void health_check(const struct relay_health *h)
{
    assert(h->connections >= 1);
    assert(h->window >= 1 && h->window <= h->connections);
    assert(h->step >= 1 && h->step <= RELAY_GROWTH_MAX);
    assert(h->ceiling >= 0 && h->ceiling <= h->connections);
    assert(h->ceiling == 0 || h->window <= h->ceiling + h->step);
    assert(!h->is_broken || h->pauses >= 1);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* --- the window ------------------------------------------------------------------------------------------------ */

/* Nothing is known about how many sessions the relay allows. */
static void forget(struct relay_health *h, int window, bool trusts_connects)
{
    h->window = smaller(window, h->connections);
    h->step = 1;
    h->trusts_connects = trusts_connects;
    h->taken = 0;
    h->ceiling = 0;
    h->refusals = 0;
    h->tries = 0;
}

/* A known ceiling may be passed after enough time, deliveries (Postfix's 1/N) and sessions that came about; a relay
 * whose sessions live long is asked once the longest wait is over. */
static bool may_pass_ceiling(const struct relay_health *h, int64_t now_ms)
{
    int64_t since = now_ms - h->refused_ms;
    bool is_cheap = h->credit >= RELAY_TRIES_PER_REFUSAL * h->step;
    return h->taken >= h->window && since >= h->wait_ms && (is_cheap || since >= RELAY_CEILING_MAX_MS);
}

static void widen(struct relay_health *h)
{
    h->window = smaller(h->window + h->step, h->connections);
    h->taken = 0;
    if (h->ceiling == 0)
        h->step = smaller(h->step * 2, RELAY_GROWTH_MAX);
}

/* A try beyond the ceiling has worked: that is the ceiling now, and more are tried next time. The wait is over already.
 */
static void raise_ceiling(struct relay_health *h)
{
    h->ceiling = h->window;
    h->step = smaller(h->step * 2, RELAY_GROWTH_MAX);
    h->tries = 0;
}

/* One session was refused while `working` others work. */
static void narrow(struct relay_health *h, int working, int64_t now_ms, uint32_t noise)
{
    int before = h->ceiling;
    h->refusals++;
    h->window = smaller(h->window, larger(larger(working, h->window - h->refusals), 1));
    h->ceiling = h->window;
    h->step = 1;
    h->trusts_connects = false;
    h->taken = 0;
    h->credit = larger(h->credit - RELAY_TRIES_PER_REFUSAL, CREDIT_MIN);
    h->tries = h->ceiling == before ? h->tries + 1 : 1;
    h->refused_ms = now_ms;
    h->wait_ms = backoff_wait(RELAY_CEILING_FIRST_MS, RELAY_CEILING_MAX_MS, h->tries, noise);
}

/* --- pauses ---------------------------------------------------------------------------------------------------- */

static bool begin_pause(struct relay_health *h, bool is_refused, int64_t now_ms, uint32_t noise)
{
    h->is_broken = true;
    h->is_refused = is_refused;
    h->pauses++;
    h->until_ms = now_ms + backoff_wait(RELAY_PAUSE_FIRST_MS, RELAY_PAUSE_MAX_MS, h->pauses, noise);
    return true;
}

/* A session had been on its way while another failed and none worked: so the relay is not away, it allows fewer. */
static void take_back_pause(struct relay_health *h, int working, int64_t now_ms)
{
    h->is_broken = false;
    h->pauses--;
    narrow(h, working, now_ms, 0);
    h->refusals = 0;
}

/* --- life ------------------------------------------------------------------------------------------------------ */

void relay_health_init(struct relay_health *h, int connections)
{
    *h = (struct relay_health){.connections = connections};
    forget(h, RELAY_WINDOW_FIRST, true);
    health_check(h);
}

void relay_health_configure(struct relay_health *h, int connections)
{
    h->connections = connections;
    if (h->is_broken)
        forget(h, 1, false);
    h->is_broken = false;
    h->pauses = 0;
    h->window = smaller(h->window, connections);
    h->ceiling = smaller(h->ceiling, connections);
    health_check(h);
}

enum relay_state relay_health_state(const struct relay_health *h, int64_t now_ms)
{
    if (!h->is_broken)
        return RELAY_STATE_READY;
    return now_ms < h->until_ms ? RELAY_STATE_PAUSED : RELAY_STATE_PROBING;
}

int relay_health_sessions(const struct relay_health *h, int64_t now_ms)
{
    switch (relay_health_state(h, now_ms)) {
    case RELAY_STATE_READY:
        return h->window;
    case RELAY_STATE_PROBING:
        return 1;
    case RELAY_STATE_PAUSED:
        break;
    }
    return 0;
}

int64_t relay_health_retry_in_ms(const struct relay_health *h, int64_t now_ms)
{
    return relay_health_state(h, now_ms) == RELAY_STATE_PAUSED ? h->until_ms - now_ms : 0;
}

/* --- what happened --------------------------------------------------------------------------------------------- */

void relay_health_connected(struct relay_health *h, int working, int64_t now_ms)
{
    enum relay_state state = relay_health_state(h, now_ms);
    h->credit = smaller(h->credit + 1, CREDIT_MAX);
    h->refusals = 0;
    if (state == RELAY_STATE_PAUSED && !h->is_refused)
        take_back_pause(h, working, now_ms);
    else if (state == RELAY_STATE_READY && h->trusts_connects && working >= h->window)
        widen(h);
    health_check(h);
}

bool relay_health_failed(struct relay_health *h, int working, int64_t now_ms, uint32_t noise)
{
    enum relay_state state = relay_health_state(h, now_ms);
    bool pauses = false;
    if (state == RELAY_STATE_PROBING || (state == RELAY_STATE_READY && working == 0))
        pauses = begin_pause(h, false, now_ms, noise);
    else if (state == RELAY_STATE_READY)
        narrow(h, working, now_ms, noise);
    health_check(h);
    return pauses;
}

bool relay_health_lost(struct relay_health *h, bool has_worked, int working, int64_t now_ms, uint32_t noise)
{
    return !has_worked && relay_health_failed(h, working, now_ms, noise);
}

void relay_health_delivered(struct relay_health *h, int working, int64_t now_ms)
{
    enum relay_state state = relay_health_state(h, now_ms);
    if (state == RELAY_STATE_PROBING) {
        h->is_broken = false;
        h->pauses = 0;
        forget(h, 1, false);
    } else if (state == RELAY_STATE_READY) {
        h->taken = smaller(h->taken + 1, h->connections);
        if (working >= h->window) { /* a window that is not in use proves nothing */
            if (h->ceiling > 0 && h->window > h->ceiling)
                raise_ceiling(h);
            if (h->ceiling == 0 || may_pass_ceiling(h, now_ms))
                widen(h);
        }
    }
    health_check(h);
}

bool relay_health_refused(struct relay_health *h, int64_t now_ms, uint32_t noise)
{
    bool pauses = relay_health_state(h, now_ms) != RELAY_STATE_PAUSED;
    if (pauses)
        begin_pause(h, true, now_ms, noise);
    health_check(h);
    return pauses;
}
