/* The outbox as people see it. */
#include "deliver/outbox_private.h"

const char *outbox_relay_state_word(enum outbox_relay_state state)
{
    static const char *const words[] = {[OUTBOX_RELAY_READY] = "ready",
                                        [OUTBOX_RELAY_PROBING] = "probing",
                                        [OUTBOX_RELAY_PAUSED] = "paused",
                                        [OUTBOX_RELAY_STANDBY] = "standby"};
    return words[state];
}

/* The one relay in use, as the first of the list. */
static void tell_relay(const struct relay *r, struct outbox_status *s)
{
    s->relay_count = 1;
    s->relays[0] = (struct outbox_relay_status){.name = r->name,
                                                .state = s->is_paused    ? OUTBOX_RELAY_PAUSED
                                                         : r->pauses > 0 ? OUTBOX_RELAY_PROBING
                                                                         : OUTBOX_RELAY_READY,
                                                .priority = r->config->priority,
                                                .weight = 1,
                                                .connections = r->connections,
                                                .window = r->pauses > 0 ? 1 : r->connections,
                                                .sessions = s->sessions,
                                                .busy = s->busy,
                                                .retry_in_ms = s->retry_in_ms,
                                                .problem = s->problem,
                                                .sent = s->sent,
                                                .failed = s->failed,
                                                .retried = s->retried,
                                                .uncertain = s->uncertain,
                                                .connects = s->connects,
                                                .connect_failures = s->connect_failures};
}

struct outbox_status outbox_status(const struct outbox *o)
{
    struct outbox_status s = o->counters;
    const struct relay *r = o->relay;
    s.relay = r->name;
    s.sessions = r->open;
    s.busy = r->busy;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        s.queued[lane] = o->queue[lane].count;
    s.is_paused = relay_is_paused(r);
    s.retry_in_ms = s.is_paused ? r->paused_until_ms - outbox_mono_ms(o) : 0;
    s.problem = r->problem;
    tell_relay(r, &s);
    return s;
}
