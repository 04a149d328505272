/* The outbox as people see it. The contract is in deliver/outbox_status.h. */
#include "deliver/outbox_status.h"

#include <stdio.h>

#include "deliver/outbox_private.h"

const char *outbox_relay_state_word(enum outbox_relay_state state)
{
    static const char *const words[] = {[OUTBOX_RELAY_READY] = "ready",
                                        [OUTBOX_RELAY_PROBING] = "probing",
                                        [OUTBOX_RELAY_PAUSED] = "paused",
                                        [OUTBOX_RELAY_STANDBY] = "standby"};
    return words[state];
}

/* The best priority of a relay that works; those behind it stand by. */
static int best_priority(const struct outbox *o, int64_t now_ms)
{
    int best = INT32_MAX;
    for (int i = 0; i < o->relay_count; i++)
        if (relay_health_state(&o->relays[i]->health, now_ms) == RELAY_STATE_READY && !o->relays[i]->is_aside &&
            o->relays[i]->config->priority < best)
            best = o->relays[i]->config->priority;
    return best;
}

static enum outbox_relay_state state_of(const struct relay *r, int best, int64_t now_ms)
{
    switch (r->is_aside ? RELAY_STATE_PAUSED : relay_health_state(&r->health, now_ms)) {
    case RELAY_STATE_PAUSED:
        return OUTBOX_RELAY_PAUSED;
    case RELAY_STATE_PROBING:
        return OUTBOX_RELAY_PROBING;
    case RELAY_STATE_READY:
        break;
    }
    return r->config->priority > best ? OUTBOX_RELAY_STANDBY : OUTBOX_RELAY_READY;
}

static void tell_relay(const struct relay *r, int best, int64_t now_ms, struct outbox_relay_status *s)
{
    *s = r->counters;
    s->name = r->name;
    s->state = state_of(r, best, now_ms);
    s->priority = r->config->priority;
    s->weight = r->config->weight;
    s->connections = r->connections;
    s->window = relay_health_sessions(&r->health, now_ms);
    s->sessions = r->open;
    s->busy = r->busy;
    s->retry_in_ms = relay_health_retry_in_ms(&r->health, now_ms);
    s->problem = r->problem;
    s->per_minute = rate_meter_per_minute(&r->meter, now_ms);
}

/* All relays in one: the problem of the first that has one. */
static void sum_up(struct outbox_status *s)
{
    s->is_paused = true;
    s->problem = "";
    s->relay = s->relay_count > 0 ? s->relays[0].name : "";
    for (int i = 0; i < s->relay_count; i++) {
        const struct outbox_relay_status *r = &s->relays[i];
        s->sessions += r->sessions;
        s->busy += r->busy;
        s->connects += r->connects;
        s->connect_failures += r->connect_failures;
        s->is_paused = s->is_paused && r->state == OUTBOX_RELAY_PAUSED;
        if (i == 0 || r->retry_in_ms < s->retry_in_ms)
            s->retry_in_ms = r->retry_in_ms;
        if (r->problem[0] && !s->problem[0]) {
            s->problem = r->problem;
            s->relay = r->name;
        }
    }
    if (!s->is_paused)
        s->retry_in_ms = 0;
}

static void tell_domains(const struct outbox *o, int64_t now_ms, struct outbox_status *s)
{
    struct domain_trouble troubles[OUTBOX_STATUS_DOMAINS];
    s->domains_waiting = domain_limits_troubles(o->domains, now_ms, troubles, OUTBOX_STATUS_DOMAINS);
    s->domain_count = s->domains_waiting < OUTBOX_STATUS_DOMAINS ? s->domains_waiting : OUTBOX_STATUS_DOMAINS;
    for (int i = 0; i < s->domain_count; i++) {
        snprintf(s->domains[i].name, sizeof s->domains[i].name, "%s", troubles[i].domain);
        snprintf(s->domains[i].reply, sizeof s->domains[i].reply, "%.199s", troubles[i].reply);
        s->domains[i].retry_in_ms = troubles[i].retry_in_ms;
    }
}

static void tell_messages(const struct outbox *o, int64_t now_ms, struct outbox_status *s)
{
    for (int i = 0; i < MESSAGE_PAUSE_MAX && s->message_count < OUTBOX_STATUS_MESSAGES; i++) {
        const struct message_pause_entry *e = &o->messages.entries[i];
        if (e->message_id == 0 || !message_pause_has(&o->messages, e->message_id, now_ms))
            continue;
        struct outbox_message_status *m = &s->messages[s->message_count++];
        m->message_id = e->message_id;
        m->retry_in_ms = e->until_ms - now_ms;
        snprintf(m->reason, sizeof m->reason, "%.199s", e->problem);
    }
}

struct outbox_status outbox_status(const struct outbox *o)
{
    struct outbox_status s = o->counters;
    int64_t now_ms = outbox_mono_ms(o);
    int best = best_priority(o, now_ms);
    s.relay_count = o->relay_count;
    for (int i = 0; i < o->relay_count; i++)
        tell_relay(o->relays[i], best, now_ms, &s.relays[i]);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        s.queued[lane] = o->queue[lane].count;
        s.per_minute[lane] = rate_meter_per_minute(&o->meters[lane], now_ms);
        s.pace[lane] = rate_meter_pace(&o->meters[lane], now_ms);
    }
    sum_up(&s);
    tell_domains(o, now_ms, &s);
    tell_messages(o, now_ms, &s);
    return s;
}
