/* The outbox: its life, the pump and the timer. The contract is in deliver/outbox.h, the map of its files in
 * outbox_private.h. */
#include "deliver/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
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

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool outbox_may_send(const struct outbox *o)
{
    if (o->is_failing || o->is_stopping)
        return false;
    return o->gate_ms == 0 || (o->gate_is_chained && o->now_ms - o->gate_ms >= o->gate_left_ms);
}

/* Wake-ups that chase each other would hold up everything for ever: each takes its time from a purse that fills
 * slowly. A ledger that is merely slow with its first answer opens nothing: what was recalled stays here. */
static void close_gate(struct outbox *o)
{
    if (o->gate_ms > 0)
        return;
    o->gate_ms = outbox_mono_ms(o);
    o->gate_is_chained = false;
    o->gate_left_ms = earlier(o->gate_left_ms + (o->gate_ms - o->gate_end_ms) / OUTBOX_GATE_PART, OUTBOX_GATE_MS);
    for (struct relay *r = o->all_relays; r; r = r->next)
        relay_forbid_all(r);
}

void outbox_open_gate(struct outbox *o)
{
    if (o->gate_ms == 0)
        return;
    o->gate_left_ms -= earlier(o->gate_left_ms, o->now_ms - o->gate_ms);
    o->gate_end_ms = o->now_ms;
    o->gate_ms = 0;
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
        for (struct relay *r = o->all_relays; r; r = r->next)
            relay_quit_all(r, true);
    }
    outbox_turn(o);
    if (!outbox_turns_ended(o) || form_cache_loading(o->forms) > 0 || uv_is_closing((uv_handle_t *)&o->timer))
        return;
    for (struct relay *r = o->all_relays; r; r = r->next)
        if (r->open > 0)
            return;
    assert(outbox_queued(o) == 0);
    uv_close((uv_handle_t *)&o->timer, on_closed);
    uv_close((uv_handle_t *)&o->prepare, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    outbox_touch(timer->data);
}

/* The end of the first pause of a relay. */
static int64_t relays_ms(const struct outbox *o)
{
    int64_t at = INT64_MAX;
    for (int i = 0; i < o->relay_count; i++)
        if (relay_health_retry_in_ms(&o->relays[i]->health, o->now_ms) > 0)
            at = earlier(at, o->now_ms + relay_health_retry_in_ms(&o->relays[i]->health, o->now_ms));
    return at;
}

/* For the first of all that is waited for. */
static void set_timer(struct outbox *o)
{
    int64_t at = outbox_turn_ms(o);
    if (o->is_stopping) {
        at = o->is_cut_off ? INT64_MAX : o->is_failing ? earlier(at, o->stop_by_ms) : o->stop_by_ms;
    } else {
        at = earlier(at, relays_ms(o));
        const int64_t others[] = {o->send_ms, o->rescue_ms, o->messages_ms,
                                  o->is_gated && o->gate_is_chained && !o->is_failing ? o->gate_ms + o->gate_left_ms
                                                                                      : 0};
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
            if (others[i] > 0)
                at = earlier(at, others[i]);
    }
    if (at == INT64_MAX)
        uv_timer_stop(&o->timer); /* what is under way wakes us */
    else
        uv_timer_start(&o->timer, on_timer, at > o->now_ms ? (uint64_t)(at - o->now_ms) : 0, 0);
}

/* The hands are asked each second (see_to_hands), so this is seen in time. */
static void see_to_silence(struct outbox *o)
{
    int heard = 0;
    for (int i = 0; i < o->relay_count; i++) {
        struct relay *r = o->relays[i];
        relay_listen(r);
        heard += !r->is_silent && relay_health_state(&r->health, o->now_ms) == RELAY_STATE_READY;
    }
    for (int i = 0; i < o->relay_count; i++)
        relay_put_aside(o->relays[i], o->relays[i]->is_silent && heard > 0);
}

/* Without any relay what is queued waits in the ledger; when there is one again it is asked for. */
static void see_to_relays(struct outbox *o)
{
    bool has_relay = outbox_has_relay(o);
    if (has_relay && !o->had_relay)
        o->look_ms = o->now_ms;
    if (!has_relay)
        outbox_give_back_queue(o, 0, 0);
    o->had_relay = has_relay;
}

static void see_to_messages(struct outbox *o)
{
    if (o->messages_ms == 0 || o->now_ms < o->messages_ms)
        return;
    int64_t next = message_pause_next_ms(&o->messages, o->now_ms);
    o->messages_ms = next < 0 ? 0 : o->now_ms + next;
    o->look_ms = o->now_ms;
}

static void see_to_gate(struct outbox *o)
{
    bool is_gated = !outbox_may_send(o);
    if (o->is_gated && !is_gated)
        for (struct relay *r = o->all_relays; r; r = r->next)
            relay_permit_all(r);
    o->is_gated = is_gated;
}

static void see_to_hands(struct outbox *o)
{
    bool is_due = o->rescue_ms > 0 && o->now_ms >= o->rescue_ms;
    bool is_busy = false;
    for (struct relay *r = o->all_relays; r; r = r->next) {
        if (is_due)
            relay_rescue_all(r);
        is_busy = is_busy || r->busy > 0;
    }
    if (is_due || o->rescue_ms == 0)
        o->rescue_ms = is_busy ? o->now_ms + OUTBOX_RESCUE_MS : 0;
}

static void free_left_relays(struct outbox *o)
{
    struct relay **at = &o->all_relays;
    while (*at) {
        struct relay *r = *at;
        if (r->config || r->active > 0) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        relay_free(r);
    }
}

static void work(struct outbox *o)
{
    see_to_silence(o);
    see_to_relays(o);
    see_to_messages(o);
    see_to_gate(o);
    see_to_hands(o);
    o->send_ms = 0;
    if (!o->is_gated)
        outbox_send(o);
    outbox_open_sessions(o);
    outbox_turn(o);
    free_left_relays(o);
}

void outbox_pump(struct outbox *o)
{
    o->is_dirty = false;
    o->now_ms = outbox_mono_ms(o);
    if (o->is_stopping)
        stop_further(o);
    else
        work(o);
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

static struct relay *find_relay(struct outbox *o, const char *name)
{
    for (struct relay *r = o->all_relays; r; r = r->next)
        if (strcmp(r->name, name) == 0)
            return r;
    struct relay *r = relay_new(o, name);
    r->next = o->all_relays;
    o->all_relays = r;
    return r;
}

/* Whole transactions of the relay that has the largest: what is left over would go as a small one. */
static int alerts_ahead(const struct outbox *o, int least)
{
    int largest = 1;
    int all = 0;
    for (int i = 0; i < o->relay_count; i++) {
        int most = relay_recipients(o->relays[i]);
        largest = most > largest ? most : largest;
        all += most * o->relays[i]->connections;
    }
    if (largest == 1)
        return least;
    all = all > CLAIM_MAX ? CLAIM_MAX : all < least ? least : all;
    return all - all % largest;
}

static void configure_ahead(struct outbox *o, int connections)
{
    int ahead = 4 * connections;
    ahead = ahead < OUTBOX_AHEAD_MIN ? OUTBOX_AHEAD_MIN : ahead;
    ahead = ahead > OUTBOX_AHEAD_MAX ? OUTBOX_AHEAD_MAX : ahead;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        o->ahead[lane] = lane == LANE_ALERT ? alerts_ahead(o, ahead) : ahead;
}

/* Relays keep their place in life by their names; those that are gone let their sessions end. */
static void configure_relays(struct outbox *o, const struct config *config)
{
    int connections = 0;
    for (struct relay *r = o->all_relays; r; r = r->next)
        relay_configure(r, NULL);
    o->relay_count = (int)config->relay_count;
    for (int i = 0; i < o->relay_count; i++) {
        o->relays[i] = find_relay(o, config->relays[i].name);
        relay_configure(o->relays[i], &config->relays[i]);
        connections += o->relays[i]->connections;
    }
    o->send_choice = o->open_choice = (struct relay_choice){{0}};
    configure_ahead(o, connections);
}

static void configure_limits(struct outbox *o, const struct config *config)
{
    int64_t first_ms = config->letter.retry_first_s * 1000;
    int64_t most_ms = config->letter.retry_max_s * 1000;
    struct domain_limits_config limits = {.connections = config->limits.per_domain_connections,
                                          .per_minute = config->limits.per_domain_per_minute,
                                          .retry_first_ms = first_ms,
                                          .retry_max_ms = most_ms};
    uint8_t key[16];
    if (o->domains) {
        domain_limits_configure(o->domains, &limits);
        message_pause_configure(&o->messages, first_ms, most_ms);
        return;
    }
    random_bytes(key, sizeof key);
    o->domains = domain_limits_new(&limits, key);
    message_pause_init(&o->messages, first_ms, most_ms);
}

static void configure(struct outbox *o, const struct config *config)
{
    o->config = config;
    o->policy = (struct delivery_policy){.retry_first_us = config->letter.retry_first_s * US_PER_S,
                                         .retry_max_us = config->letter.retry_max_s * US_PER_S,
                                         .retry_max_age_us = config->letter.retry_max_age_s * US_PER_S};
    configure_limits(o, config);
    configure_relays(o, config);
}

struct outbox *outbox_new(const struct outbox_env *env, const struct config *config)
{
    static const int64_t bounds[] = HISTOGRAM_SLOW;
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
    o->gate_left_ms = OUTBOX_GATE_MS;
    o->gate_end_ms = o->now_ms;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        histogram_init(&o->counters.queue_age[lane], bounds, (int)ARRAY_LEN(bounds));
        rate_meter_init(&o->meters[lane], o->now_ms);
    }
    configure(o, config);
    return o;
}

void outbox_configure(struct outbox *o, const struct config *config)
{
    if (o->is_stopping)
        return;
    configure(o, config);
    outbox_wake(o);
}

void outbox_wake(struct outbox *o)
{
    o->woken = true;
    close_gate(o);
    outbox_touch(o);
}

void outbox_more(struct outbox *o)
{
    o->has_more = true;
    outbox_touch(o);
}

void outbox_stop(struct outbox *o, int64_t deadline_ms, outbox_stopped_cb stopped, void *ctx)
{
    assert(!o->is_stopping);
    o->is_stopping = true;
    o->stopped = stopped;
    o->stopped_ctx = ctx;
    o->stop_by_ms = outbox_mono_ms(o) + deadline_ms;
    outbox_give_back_queue(o, 0, 0);
    for (struct relay *r = o->all_relays; r; r = r->next)
        relay_quit_all(r, false);
    outbox_touch(o);
}

void outbox_free(struct outbox *o)
{
    if (!o)
        return;
    assert(o->handles == 0);
    while (o->all_relays) {
        struct relay *r = o->all_relays;
        o->all_relays = r->next;
        relay_free(r);
    }
    domain_limits_free(o->domains);
    outbox_free_parcels(o);
    outbox_free_turn(o);
    form_cache_free(o->forms);
    free(o);
}
