/* One relay: sessions, health, rate. The contract is in outbox_relay.h. */
#include "deliver/outbox_relay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "deliver/outbox_private.h"

/* --- life ------------------------------------------------------------------------------------------------------ */

static void start_anew(struct relay *r)
{
    static const int64_t bounds[] = HISTOGRAM_FAST;
    relay_health_init(&r->health, r->connections);
    rate_meter_init(&r->meter, outbox_mono_ms(r->o));
    r->answer_ms = 0;
    r->recipients_max = 0;
    r->heard_ms = outbox_mono_ms(r->o);
    r->is_silent = r->is_aside = false;
    r->problem[0] = '\0';
    r->counters = (struct outbox_relay_status){0};
    histogram_init(&r->counters.hand_off, bounds, (int)ARRAY_LEN(bounds));
}

struct relay *relay_new(struct outbox *o, const char *name)
{
    struct relay *r = xcalloc(1, sizeof *r);
    r->o = o;
    snprintf(r->name, sizeof r->name, "%s", name);
    return r;
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    for (int i = 0; i < RELAY_SLOTS_MAX; i++)
        slot_free(r->slots[i]);
    free(r->url);
    free(r);
}

void relay_configure(struct relay *r, const struct config_relay *config)
{
    int64_t now = outbox_mono_ms(r->o);
    bool is_other = config && (!r->url || strcmp(r->url, config->url.text) != 0);
    r->config = config;
    relay_quit_all(r, false);
    if (!config)
        return;
    r->connections = config->connections < RELAY_SLOTS_MAX ? config->connections : RELAY_SLOTS_MAX;
    if (is_other) {
        rate_limit_init(&r->rate, config->rate_per_minute, now);
        start_anew(r);
        free(r->url);
        r->url = xstrdup(config->url.text);
        return;
    }
    rate_limit_set(&r->rate, config->rate_per_minute, now);
    relay_health_configure(&r->health, r->connections);
    r->problem[0] = '\0';
}

enum relay_state relay_state(const struct relay *r)
{
    return r->is_aside ? RELAY_STATE_PAUSED : relay_health_state(&r->health, r->o->now_ms);
}

/* --- what its slots tell --------------------------------------------------------------------------------------- */

static uint32_t noise(void)
{
    uint32_t n = 0;
    random_bytes(&n, sizeof n);
    return n;
}

static void tell_problem(struct relay *r, const struct outcome *why)
{
    char text[OUTCOME_TEXT_BYTES];
    text_mask_addresses(why->text, text, sizeof text);
    const char *step = why->step ? why->step : "relay";
    if (why->code)
        snprintf(r->problem, sizeof r->problem, "%s: %d %s%s%.150s", step, why->code, why->status,
                 why->status[0] ? " " : "", text);
    else
        snprintf(r->problem, sizeof r->problem, "%s: %.150s", step, text);
}

static void tell_pause(struct relay *r, const struct outcome *why)
{
    int64_t now = outbox_mono_ms(r->o);
    tell_problem(r, why);
    log_warn("outbox", "relay=%s pauses ms=%lld problem=%s", r->name,
             (long long)relay_health_retry_in_ms(&r->health, now), r->problem);
    outbox_touch(r->o);
}

void relay_listen(struct relay *r)
{
    bool was_silent = r->is_silent;
    bool is_ready = relay_health_state(&r->health, r->o->now_ms) == RELAY_STATE_READY;
    r->is_silent = is_ready && r->busy > 0 && r->o->now_ms - r->heard_ms >= RELAY_SILENCE_MS;
    if (was_silent || !r->is_silent)
        return;
    snprintf(r->problem, sizeof r->problem, "no answer on any of %d connections for %d s", r->busy,
             RELAY_SILENCE_MS / 1000);
    log_warn("outbox", "relay=%s is silent connections=%d", r->name, r->busy);
}

void relay_put_aside(struct relay *r, bool is_aside)
{
    const struct config_limits *limits = &r->o->config->limits;
    bool begins = is_aside && !r->is_aside && limits->per_domain_connections == 0 && limits->per_domain_per_minute == 0;
    r->is_aside = is_aside;
    for (int i = 0; begins && i < RELAY_SLOTS_MAX; i++)
        if (r->slots[i])
            slot_leave_domains(r->slots[i]);
}

void relay_connected(struct relay *r)
{
    r->heard_ms = outbox_mono_ms(r->o);
    relay_health_connected(&r->health, r->working, outbox_mono_ms(r->o));
}

void relay_not_connected(struct relay *r, const struct outcome *why)
{
    int64_t now = outbox_mono_ms(r->o);
    r->counters.connect_failures++;
    if (r->o->is_stopping)
        return;
    bool pauses = why->kind == OUTCOME_OUR_FAULT ? relay_health_refused(&r->health, now, noise())
                                                 : relay_health_failed(&r->health, r->working, now, noise());
    if (pauses)
        tell_pause(r, why);
}

void relay_lost(struct relay *r, bool has_worked, const struct outcome *why)
{
    if (!has_worked)
        r->counters.connect_failures++;
    if (!r->o->is_stopping && relay_health_lost(&r->health, has_worked, r->working, outbox_mono_ms(r->o), noise()))
        tell_pause(r, why);
}

void relay_delivered(struct relay *r)
{
    r->heard_ms = outbox_mono_ms(r->o);
    relay_health_delivered(&r->health, r->working, r->heard_ms);
    r->problem[0] = '\0';
}

void relay_refused(struct relay *r, const struct outcome *why)
{
    if (relay_health_refused(&r->health, outbox_mono_ms(r->o), noise()))
        tell_pause(r, why);
}

/* --- room ------------------------------------------------------------------------------------------------------ */

int relay_recipients(const struct relay *r)
{
    int most = r->config ? r->config->alert_recipients : 1;
    if (most > RELAY_SHARED_MAX / r->connections)
        most = RELAY_SHARED_MAX / r->connections;
    if (r->recipients_max > 0 && r->o->now_ms < r->crowd_ms && r->recipients_max < most)
        most = r->recipients_max;
    return most;
}

void relay_learn_recipients(struct relay *r, int most)
{
    int64_t now = outbox_mono_ms(r->o);
    if (most == 0 || most >= relay_recipients(r))
        return;
    log_notice("outbox", "relay=%s takes fewer recipients at a time: max=%d", r->name, most);
    r->recipients_max = most;
    r->crowd_ms = now + RELAY_CROWD_MS;
}

/* One may always carry letters. */
int relay_reserve(const struct relay *r)
{
    int rest = relay_health_sessions(&r->health, r->o->now_ms) - 1;
    return rest < 0 ? 0 : r->config->reserved_for_alerts < rest ? r->config->reserved_for_alerts : rest;
}

int relay_letter_room(const struct relay *r)
{
    int most = relay_health_sessions(&r->health, r->o->now_ms) - relay_reserve(r);
    return r->letters < most ? most - r->letters : 0;
}

/* An envelope is sent ahead where it saves a round trip: not on a relay that is slow anyway, or tried out, nor when
 * those that connect just now could take what is waiting. */
static bool may_send_ahead(const struct relay *r, int waiting)
{
    return r->answer_ms < RELAY_SLOW_MS && waiting > r->connecting && relay_state(r) == RELAY_STATE_READY;
}

struct slot *relay_slot_for(struct relay *r, enum lane lane, int waiting)
{
    if (rate_limit_wait_ms(&r->rate, r->o->now_ms) > 0)
        return NULL;
    bool is_letter = lane == LANE_LETTER;
    if (lane == LANE_ALERT)
        waiting = (waiting + relay_recipients(r) - 1) / relay_recipients(r);
    bool may_take_idle =
        (!is_letter || relay_letter_room(r) > 0) && (relay_state(r) == RELAY_STATE_READY || r->busy == 0);
    struct slot *slot = may_take_idle ? slot_with(r, ROOM_IDLE) : NULL;
    if (!slot && may_send_ahead(r, waiting))
        slot = slot_with(r, is_letter ? ROOM_BEHIND_LETTER : ROOM_BEHIND_OTHER);
    return slot;
}

/* A paced relay needs no more sessions than a second's worth. */
bool relay_may_open(const struct relay *r)
{
    int most = relay_health_sessions(&r->health, r->o->now_ms);
    int pace = 1 + r->config->rate_per_minute / 60;
    if (r->config->rate_per_minute > 0 && pace < most)
        most = pace;
    return r->open < most && r->active < r->connections;
}

void relay_open(struct relay *r)
{
    for (int i = 0; i < r->connections; i++) {
        if (!r->slots[i])
            r->slots[i] = slot_new(r);
        if (r->slots[i]->state != SLOT_EMPTY)
            continue;
        slot_open(r->slots[i]);
        return;
    }
}

/* --- all slots ------------------------------------------------------------------------------------------------- */

void relay_permit_all(struct relay *r)
{
    for (int i = 0; r->busy > 0 && i < RELAY_SLOTS_MAX; i++)
        if (r->slots[i])
            slot_permit(r->slots[i]);
}

void relay_forbid_all(struct relay *r)
{
    for (int i = 0; r->busy > 0 && i < RELAY_SLOTS_MAX; i++)
        if (r->slots[i])
            slot_forbid(r->slots[i]);
}

void relay_rescue_all(struct relay *r)
{
    for (int i = 0; r->busy > 0 && i < RELAY_SLOTS_MAX; i++)
        if (r->slots[i])
            slot_rescue(r->slots[i], r->o->now_ms);
}

void relay_quit_all(struct relay *r, bool now)
{
    for (int i = 0; r->open > 0 && i < RELAY_SLOTS_MAX; i++)
        if (r->slots[i])
            slot_quit(r->slots[i], now);
}
