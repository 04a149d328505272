/* The outbox: its life, the pump and the timer. The contract is in deliver/outbox.h, the map of its files in
 * outbox_private.h. */
#include "deliver/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/outbox_private.h"

int64_t outbox_mono_ms(const struct outbox *o)
{
    return clock_mono_ms(o->env.clock);
}

/* --- pump ------------------------------------------------------------------------------------------------------ */

void outbox_touch(struct outbox *o)
{
    o->is_dirty = true;
}

/* Nothing goes out between a wake-up and the turn that follows, in case it was recalled; but where one wake-up chases
 * the other, sending goes on after OUTBOX_GATE_MS. Nor does anything that could not be recorded. */
static bool gate_is_open(struct outbox *o)
{
    bool is_asking = o->woken || (o->turn.is_running && o->turn.asked > 0);
    if (o->is_failing)
        return false;
    if (!is_asking || outbox_queued(o) == 0)
        o->gate_ms = 0;
    else if (o->gate_ms == 0)
        o->gate_ms = o->now_ms;
    return o->gate_ms == 0 || o->now_ms - o->gate_ms >= OUTBOX_GATE_MS;
}

static void on_closed(uv_handle_t *handle)
{
    struct outbox *o = handle->data;
    if (--o->handles == 0)
        o->stopped(o->stopped_ctx);
}

static void stop_further(struct outbox *o)
{
    if (!o->is_cut_off && o->now_ms >= o->stop_by_ms) {
        o->is_cut_off = true;
        relay_quit_all(o->relay, true);
    }
    outbox_turn(o);
    if (!outbox_turns_ended(o) || o->relay->open > 0 || form_cache_loading(o->forms) > 0 ||
        uv_is_closing((uv_handle_t *)&o->timer))
        return;
    assert(outbox_queued(o) == 0);
    uv_close((uv_handle_t *)&o->timer, on_closed);
    uv_close((uv_handle_t *)&o->prepare, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    outbox_touch(timer->data);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* For the first of all that is waited for. */
static void set_timer(struct outbox *o)
{
    int64_t at = outbox_turn_ms(o);
    if (o->is_stopping) {
        at = o->is_cut_off ? INT64_MAX : o->is_failing ? earlier(at, o->stop_by_ms) : o->stop_by_ms;
    } else {
        if (relay_is_paused(o->relay))
            at = earlier(at, o->relay->paused_until_ms);
        if (o->send_ms > 0)
            at = earlier(at, o->send_ms);
        if (o->gate_ms > 0)
            at = earlier(at, o->gate_ms + OUTBOX_GATE_MS);
    }
    if (at == INT64_MAX)
        uv_timer_stop(&o->timer); /* what is under way wakes us */
    else
        uv_timer_start(&o->timer, on_timer, at > o->now_ms ? (uint64_t)(at - o->now_ms) : 0, 0);
}

void outbox_pump(struct outbox *o)
{
    o->is_dirty = false;
    o->now_ms = outbox_mono_ms(o);
    if (o->is_stopping) {
        stop_further(o);
    } else {
        if (gate_is_open(o))
            outbox_send(o);
        relay_open_sessions(o->relay);
        outbox_turn(o);
    }
    if (!uv_is_closing((uv_handle_t *)&o->timer))
        set_timer(o);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct outbox *o = prepare->data;
    if (o->is_dirty)
        outbox_pump(o);
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static void on_form_ready(void *ctx)
{
    outbox_touch(ctx);
}

static const struct config_relay *first_relay(const struct config *config)
{
    const struct config_relay *best = &config->relays[0];
    for (size_t i = 1; i < config->relay_count; i++)
        if (config->relays[i].priority < best->priority)
            best = &config->relays[i];
    return best;
}

static void configure(struct outbox *o, const struct config *config)
{
    const struct config_relay *relay = first_relay(config);
    o->config = config;
    o->policy = (struct delivery_policy){.retry_first_us = config->letter.retry_first_s * US_PER_S,
                                         .retry_max_us = config->letter.retry_max_s * US_PER_S,
                                         .retry_max_age_us = config->letter.retry_max_age_s * US_PER_S};
    if (!o->relay)
        o->relay = relay_new(o, relay->name);
    relay_configure(o->relay, relay);
    o->ahead = 2 * o->relay->connections;
    o->ahead = o->ahead < OUTBOX_AHEAD_MIN ? OUTBOX_AHEAD_MIN : o->ahead;
    o->ahead = o->ahead > OUTBOX_AHEAD_MAX ? OUTBOX_AHEAD_MAX : o->ahead;
}

struct outbox *outbox_new(const struct outbox_env *env, const struct config *config)
{
    struct outbox *o = xcalloc(1, sizeof *o);
    o->env = *env;
    o->now_ms = outbox_mono_ms(o);
    o->forms = form_cache_new(env->store, env->sender, on_form_ready, o);
    uv_timer_init(env->loop, &o->timer);
    o->timer.data = o;
    uv_prepare_init(env->loop, &o->prepare);
    o->prepare.data = o;
    uv_prepare_start(&o->prepare, on_prepare);
    o->handles = 2;
    o->look_ms = o->now_ms + OUTBOX_LOOK_MS;
    configure(o, config);
    return o;
}

void outbox_configure(struct outbox *o, const struct config *config)
{
    if (o->is_stopping)
        return;
    configure(o, config);
    relay_quit_all(o->relay, false);
    outbox_wake(o);
}

void outbox_wake(struct outbox *o)
{
    o->woken = true;
    outbox_touch(o);
}

void outbox_stop(struct outbox *o, int64_t deadline_ms, outbox_stopped_cb stopped, void *ctx)
{
    assert(!o->is_stopping);
    o->is_stopping = true;
    o->stopped = stopped;
    o->stopped_ctx = ctx;
    o->stop_by_ms = outbox_mono_ms(o) + deadline_ms;
    outbox_give_back_queue(o);
    relay_quit_all(o->relay, false);
    outbox_touch(o);
}

void outbox_free(struct outbox *o)
{
    if (!o)
        return;
    assert(o->handles == 0);
    relay_free(o->relay);
    outbox_free_parcels(o);
    outbox_free_turn(o);
    form_cache_free(o->forms);
    free(o);
}
