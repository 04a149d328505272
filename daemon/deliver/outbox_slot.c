/*
 * One connection to a relay and the delivery in its hands.
 *
 * A session may end by itself at any time (idle, the relay hangs up, a new configuration), and says so only in a later
 * turn of the loop. Therefore a slot that is said to have room is asked whether its session agrees.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "deliver/outbox_private.h"

/* --- room ------------------------------------------------------------------------------------------------------ */

static void unlist(struct slot *slot)
{
    struct relay *r = slot->relay;
    if (!slot->is_listed)
        return;
    if (slot->prev_room)
        slot->prev_room->next_room = slot->next_room;
    else
        r->room_first = slot->next_room;
    if (slot->next_room)
        slot->next_room->prev_room = slot->prev_room;
    else
        r->room_last = slot->prev_room;
    slot->prev_room = slot->next_room = NULL;
    slot->is_listed = false;
    r->with_room--;
}

static bool has_room(const struct slot *slot)
{
    return slot->state == SLOT_OPEN && !slot->parcel && slot->unrecorded == 0 && slot->session &&
           smtp_session_is_ready(slot->session);
}

/* The last used first: the others may end by being idle. */
static void relist(struct slot *slot)
{
    struct relay *r = slot->relay;
    bool has = has_room(slot);
    if (has == slot->is_listed)
        return;
    if (!has) {
        unlist(slot);
        return;
    }
    slot->is_listed = true;
    slot->prev_room = NULL;
    slot->next_room = r->room_first;
    if (r->room_first)
        r->room_first->prev_room = slot;
    else
        r->room_last = slot;
    r->room_first = slot;
    r->with_room++;
}

struct slot *slot_with_room(struct relay *r)
{
    while (r->room_first && !has_room(r->room_first))
        unlist(r->room_first);
    return r->room_first;
}

/* --- what the session says ------------------------------------------------------------------------------------- */

static void set_parcel(struct slot *slot, struct parcel *p)
{
    struct relay *r = slot->relay;
    const struct parcel *had = slot->parcel;
    r->busy += (p != NULL) - (had != NULL);
    r->letters += (p && p->job.lane == LANE_LETTER) - (had && had->job.lane == LANE_LETTER);
    slot->parcel = p;
}

static void set_connecting(struct slot *slot, bool on)
{
    slot->relay->connecting += on - (slot->state == SLOT_CONNECTING);
}

static void on_ready(struct smtp_session *session, void *ctx)
{
    struct slot *slot = ctx;
    (void)session;
    if (slot->state == SLOT_CONNECTING) {
        set_connecting(slot, false);
        slot->state = SLOT_OPEN;
    }
    relist(slot);
    outbox_touch(slot->relay->o);
}

static void on_outcome(struct smtp_session *session, const struct smtp_job *job, const struct outcome *outcome,
                       void *ctx)
{
    struct slot *slot = ctx;
    struct relay *r = slot->relay;
    struct parcel *p = slot->parcel;
    (void)job;
    assert(p && p->place == PARCEL_SENDING);
    set_parcel(slot, NULL);
    if (smtp_session_is_ready(session))
        slot->has_worked = true;
    if (outcome->kind == OUTCOME_SENT) {
        slot->has_worked = true;
        relay_works(r);
    }
    outbox_finish(r->o, p, slot, outcome, r->name);
    if (outcome->kind == OUTCOME_OUR_FAULT)
        relay_on_our_fault(r, outcome);
    relist(slot);
}

/* Did the session end in a way that says the relay is away? One that did its work, or had none, may end as it likes. */
static bool is_away(const struct slot *slot, const struct outcome *why)
{
    if (!why || slot->relay->o->is_stopping || slot->state == SLOT_LEAVING)
        return false;
    return slot->state == SLOT_CONNECTING || (slot->has_tried && !slot->has_worked);
}

static void on_closed(struct smtp_session *session, const struct outcome *why, void *ctx)
{
    struct slot *slot = ctx;
    struct relay *r = slot->relay;
    bool away = is_away(slot, why);
    (void)session;
    assert(slot->state != SLOT_EMPTY && !slot->parcel);
    set_connecting(slot, false);
    r->open--;
    slot->session = NULL;
    slot->state = slot->unrecorded > 0 ? SLOT_LEAVING : SLOT_EMPTY;
    relist(slot);
    if (away) {
        r->o->counters.connect_failures++;
        relay_pause(r, why);
    }
    outbox_touch(r->o);
}

static const struct smtp_session_events EVENTS = {
    .on_ready = on_ready, .on_outcome = on_outcome, .on_closed = on_closed};

/* --- what it is told ------------------------------------------------------------------------------------------- */

static const char *set_or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

static void configure(struct slot *slot)
{
    const struct config_relay *r = slot->relay->config;
    static const enum smtp_tls tls[] = {[CONFIG_TLS_REQUIRED] = SMTP_TLS_REQUIRED,
                                        [CONFIG_TLS_OPPORTUNISTIC] = SMTP_TLS_OPPORTUNISTIC,
                                        [CONFIG_TLS_NONE] = SMTP_TLS_NONE};
    const struct letter_sender *sender = slot->relay->o->env.sender;
    struct smtp_session_config *c = &slot->config;
    *c = (struct smtp_session_config){.wire = {.url = r->url.text,
                                               .tls = tls[r->tls],
                                               .ca_file = set_or_null(r->ca_file),
                                               .username = set_or_null(r->username),
                                               .password = r->password,
                                               .helo = r->helo[0] ? r->helo : sender->envelope_domain,
                                               .connect_ms = r->connect_timeout_s * 1000},
                                      .max_messages = r->max_messages_per_connection};
    c->timeout_ms[SMTP_STATE_CONNECT] = r->connect_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_MAIL] = r->reply_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_RCPT] = r->reply_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_DATA] = r->reply_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_DOT] = r->final_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_IDLE] = r->idle_timeout_s * 1000;
}

struct slot *slot_new(struct relay *r)
{
    struct slot *slot = xcalloc(1, sizeof *slot);
    slot->relay = r;
    buf_init(&slot->data, OUTBOX_MAIL_BYTES);
    return slot;
}

void slot_free(struct slot *slot)
{
    if (!slot)
        return;
    assert(!slot->session && !slot->parcel);
    buf_fini(&slot->data);
    free(slot);
}

void slot_open(struct slot *slot)
{
    struct relay *r = slot->relay;
    const struct outbox_env *env = &r->o->env;
    assert(slot->state == SLOT_EMPTY);
    configure(slot);
    set_connecting(slot, true);
    slot->state = SLOT_CONNECTING;
    slot->has_tried = slot->has_worked = false;
    r->open++;
    r->o->counters.connects++;
    slot->session = smtp_session_start(env->loop, env->wire, env->curl, &slot->config, &EVENTS, slot);
}

void slot_send(struct slot *slot, struct parcel *p)
{
    assert(has_room(slot));
    p->place = PARCEL_SENDING;
    p->slot = slot;
    set_parcel(slot, p);
    slot->has_tried = true;
    slot->smtp = (struct smtp_job){.mail_from = slot->envelope.mail_from,
                                   .rcpt_to = slot->envelope.rcpt_to,
                                   .smtputf8 = slot->envelope.needs_smtputf8,
                                   .data = slot->data.data,
                                   .len = slot->data.len,
                                   .owner = slot};
    smtp_session_send(slot->session, &slot->smtp);
    smtp_session_permit(slot->session);
    relist(slot);
}

void slot_recorded(struct slot *slot)
{
    assert(slot->unrecorded > 0);
    slot->unrecorded--;
    if (!slot->session && slot->unrecorded == 0)
        slot->state = SLOT_EMPTY;
    relist(slot);
}

void slot_quit(struct slot *slot, bool now)
{
    if (!slot->session)
        return;
    set_connecting(slot, false);
    slot->state = SLOT_LEAVING;
    relist(slot);
    if (now)
        smtp_session_abort(slot->session);
    else
        smtp_session_quit(slot->session);
}
