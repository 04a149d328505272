/*
 * One connection to a relay and what is in its hands. The contract is in outbox_slot.h.
 *
 * A session may end by itself at any time (idle, the relay hangs up, a new configuration), and says so only in a later
 * turn of the loop. Therefore a slot that is said to have room is asked whether its session agrees.
 */
#include "deliver/outbox_slot.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "deliver/outbox_private.h"

/* --- room ------------------------------------------------------------------------------------------------------ */

static struct slot_hand *hand_at(struct slot *slot, int i)
{
    return &slot->hands[(slot->first + i) % SLOT_HANDS];
}

static enum slot_room room_of(struct slot *slot)
{
    if (slot->state != SLOT_OPEN || slot->count == SLOT_HANDS || !smtp_session_has_room(slot->session))
        return ROOM_NONE;
    if (slot->count == 0)
        return ROOM_IDLE;
    return hand_at(slot, 0)->parcels.first->job.lane == LANE_LETTER ? ROOM_BEHIND_LETTER : ROOM_BEHIND_OTHER;
}

static void unlist(struct slot *slot)
{
    struct slot_list *list = &slot->relay->room[slot->room];
    if (slot->prev)
        slot->prev->next = slot->next;
    else
        list->first = slot->next;
    if (slot->next)
        slot->next->prev = slot->prev;
    slot->prev = slot->next = NULL;
    list->count--;
}

/* The last used first: the others may end by being idle. */
static void relist(struct slot *slot)
{
    enum slot_room room = room_of(slot);
    struct slot_list *list = &slot->relay->room[room];
    if (room == slot->room)
        return;
    if (slot->room != ROOM_NONE)
        unlist(slot);
    slot->room = room;
    if (room == ROOM_NONE)
        return;
    slot->next = list->first;
    if (list->first)
        list->first->prev = slot;
    list->first = slot;
    list->count++;
}

struct slot *slot_with(struct relay *r, enum slot_room room)
{
    struct slot_list *list = &r->room[room];
    while (list->first && room_of(list->first) != room)
        relist(list->first);
    return list->first;
}

/* --- states and hands ------------------------------------------------------------------------------------------ */

static void enter(struct slot *slot, enum slot_state state)
{
    struct relay *r = slot->relay;
    r->active += (state != SLOT_EMPTY) - (slot->state != SLOT_EMPTY);
    r->connecting += (state == SLOT_CONNECTING) - (slot->state == SLOT_CONNECTING);
    r->working += (state == SLOT_OPEN) - (slot->state == SLOT_OPEN);
    slot->state = state;
    relist(slot);
}

static void make_recipients(struct slot_hand *hand)
{
    int n = 0;
    if (hand->to_room < hand->parcels.count) {
        hand->to_room = hand->parcels.count;
        hand->to = xreallocarray(hand->to, (size_t)hand->to_room, sizeof hand->to[0]);
    }
    for (struct parcel *p = hand->parcels.first; p; p = p->next)
        hand->to[n++] = (struct smtp_recipient){.address = p->rcpt_to, .outcome = &p->outcome};
}

static void put_in(struct slot *slot, struct parcel_list *parcels)
{
    struct relay *r = slot->relay;
    struct slot_hand *hand = hand_at(slot, slot->count);
    const struct parcel *first = parcels->first;
    assert(first);
    hand->parcels = *parcels;
    *parcels = (struct parcel_list){0};
    hand->is_permitted = false;
    hand->permitted_ms = 0;
    make_recipients(hand);
    for (struct parcel *p = hand->parcels.first; p; p = p->next) {
        p->place = PARCEL_SENDING;
        p->slot = slot;
    }
    if (slot->count++ == 0) {
        if (r->busy++ == 0)
            r->heard_ms = r->o->now_ms;
        r->letters += first->job.lane == LANE_LETTER;
    }
}

/* The oldest (0) or what is behind it (1) leaves the slot's hands. */
static struct parcel_list take_out(struct slot *slot, int i)
{
    struct relay *r = slot->relay;
    struct parcel_list parcels = hand_at(slot, i)->parcels;
    assert(i < slot->count && parcels.first && parcels.first->place == PARCEL_SENDING);
    hand_at(slot, i)->parcels = (struct parcel_list){0};
    if (i == 0)
        slot->first = (slot->first + 1) % SLOT_HANDS;
    if (--slot->count == 0) {
        r->busy--;
        r->letters -= parcels.first->job.lane == LANE_LETTER;
    }
    return parcels;
}

/* --- what the session says ------------------------------------------------------------------------------------- */

static void on_ready(struct smtp_session *session, void *ctx)
{
    struct slot *slot = ctx;
    (void)session;
    if (slot->state == SLOT_CONNECTING) {
        enter(slot, SLOT_OPEN);
        relay_connected(slot->relay);
    }
    outbox_touch(slot->relay->o);
}

static void learn_pace(struct relay *r, const struct slot_hand *hand)
{
    int64_t ms = outbox_mono_ms(r->o) - hand->permitted_ms;
    int capped = ms > 1000 * RELAY_SLOW_MS ? 1000 * RELAY_SLOW_MS : (int)ms;
    r->answer_ms += (capped - r->answer_ms) / 8;
    histogram_add(&r->counters.hand_off, ms * 1000);
}

static void on_outcome(struct smtp_session *session, const struct smtp_job *job, void *ctx)
{
    struct slot *slot = ctx;
    struct relay *r = slot->relay;
    struct slot_hand *hand = hand_at(slot, 0);
    assert(slot->count > 0 && job == &hand->smtp);
    struct parcel_list done = take_out(slot, 0);
    bool is_tried = false;
    for (int i = 0; i < job->to_count; i++)
        CONTAINER_OF(job->to[i].outcome, struct parcel, outcome)->was_taken = job->to[i].is_taken;
    for (struct parcel *p = done.first; p; p = p->next) {
        if (p->outcome.code > 0)
            r->heard_ms = outbox_mono_ms(r->o);
        is_tried = is_tried || p->outcome.kind != OUTCOME_UNTOUCHED;
        slot->has_worked = slot->has_worked || p->outcome.kind == OUTCOME_SENT;
    }
    if (is_tried && hand->is_permitted)
        learn_pace(r, hand);
    relay_learn_recipients(r, smtp_session_recipients_max(session));
    outbox_outcome(r->o, &done, slot->count > 0 ? &hand_at(slot, 0)->parcels : NULL, slot);
    slot_permit(slot); /* where all go again there is no record to wait for */
    relist(slot);
    outbox_touch(r->o);
}

static void on_closed(struct smtp_session *session, const struct outcome *why, void *ctx)
{
    struct slot *slot = ctx;
    struct relay *r = slot->relay;
    enum slot_state was = slot->state;
    (void)session;
    assert(was != SLOT_EMPTY && slot->count == 0);
    r->open--;
    slot->session = NULL;
    enter(slot, slot->unrecorded > 0 ? SLOT_LEAVING : SLOT_EMPTY);
    if (why && was == SLOT_CONNECTING)
        relay_not_connected(r, why);
    else if (why && was == SLOT_OPEN && slot->has_tried)
        relay_lost(r, slot->has_worked, why);
    outbox_touch(r->o);
}

static const struct smtp_session_events EVENTS = {
    .on_ready = on_ready, .on_outcome = on_outcome, .on_closed = on_closed};

/* --- life ------------------------------------------------------------------------------------------------------ */

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
    for (int i = 0; i < SLOT_HANDS; i++)
        buf_init(&slot->hands[i].data, OUTBOX_MAIL_BYTES);
    return slot;
}

void slot_free(struct slot *slot)
{
    if (!slot)
        return;
    assert(!slot->session && slot->count == 0);
    for (int i = 0; i < SLOT_HANDS; i++) {
        buf_fini(&slot->hands[i].data);
        free(slot->hands[i].to);
    }
    free(slot);
}

void slot_open(struct slot *slot)
{
    struct relay *r = slot->relay;
    const struct outbox_env *env = &r->o->env;
    assert(slot->state == SLOT_EMPTY);
    configure(slot);
    enter(slot, SLOT_CONNECTING);
    slot->has_tried = slot->has_worked = false;
    r->open++;
    r->counters.connects++;
    slot->session = smtp_session_start(env->loop, env->wire, env->curl, &slot->config, &EVENTS, slot);
}

/* --- what it is told ------------------------------------------------------------------------------------------- */

struct slot_hand *slot_free_hand(struct slot *slot)
{
    assert(slot->count < SLOT_HANDS);
    return hand_at(slot, slot->count);
}

const struct domain_hold *slot_hold_ahead(const struct slot *slot, const char *domain)
{
    return slot->count > 0 ? parcel_list_hold(&slot->hands[slot->first].parcels, domain) : NULL;
}

void slot_send(struct slot *slot, struct parcel_list *parcels)
{
    struct slot_hand *hand = slot_free_hand(slot);
    put_in(slot, parcels);
    slot->has_tried = true;
    hand->smtp = (struct smtp_job){.mail_from = hand->envelope.mail_from,
                                   .to = hand->to,
                                   .to_count = hand->parcels.count,
                                   .smtputf8 = hand->envelope.needs_smtputf8,
                                   .data = hand->data.data,
                                   .len = hand->data.len};
    smtp_session_send(slot->session, &hand->smtp);
    slot_permit(slot);
    relist(slot);
}

void slot_permit(struct slot *slot)
{
    struct slot_hand *hand = hand_at(slot, 0);
    if (slot->count == 0 || hand->is_permitted || slot->unrecorded > 0 || !slot->session ||
        !outbox_may_send(slot->relay->o))
        return;
    hand->is_permitted = true;
    if (hand->permitted_ms == 0) /* a permit that was taken back meanwhile makes the relay's answer no faster */
        hand->permitted_ms = slot->relay->o->now_ms;
    smtp_session_permit(slot->session);
}

void slot_forbid(struct slot *slot)
{
    struct slot_hand *hand = hand_at(slot, 0);
    if (slot->count > 0 && hand->is_permitted && slot->session && smtp_session_forbid(slot->session))
        hand->is_permitted = false;
}

void slot_leave_domains(struct slot *slot)
{
    const struct outbox *o = slot->relay->o;
    for (int i = 0; i < slot->count; i++)
        for (struct parcel *p = hand_at(slot, i)->parcels.first; p; p = p->next)
            domain_limits_end(o->domains, &p->hold, NULL, NULL, o->now_ms, 0);
}

void slot_recorded(struct slot *slot)
{
    assert(slot->unrecorded > 0);
    slot->unrecorded--;
    if (!slot->session && slot->unrecorded == 0)
        enter(slot, SLOT_EMPTY);
    slot_permit(slot);
}

/* The one behind comes back, if there is one that was not permitted. The session leaves. */
static void take_back(struct slot *slot)
{
    if (slot->count < SLOT_HANDS || !slot->session || !smtp_session_take_back(slot->session))
        return;
    struct parcel_list parcels = take_out(slot, 1);
    slot->relay->counters.untouched += (uint64_t)parcels.count;
    outbox_untouched(slot->relay->o, &parcels, NULL);
    if (slot->state == SLOT_OPEN)
        enter(slot, SLOT_LEAVING);
}

void slot_recall(struct slot *slot, struct parcel *p)
{
    bool is_first = false;
    for (struct parcel *q = hand_at(slot, 0)->parcels.first; q && !is_first; q = q->next)
        is_first = q == p;
    p->is_recalled = true;
    if (!slot->session || (is_first && hand_at(slot, 0)->is_permitted))
        return;
    if (!is_first) {
        take_back(slot);
        return;
    }
    enter(slot, SLOT_LEAVING);
    smtp_session_abort(slot->session);
}

void slot_rescue(struct slot *slot, int64_t now_ms)
{
    const struct slot_hand *hand = hand_at(slot, 0);
    if (slot->count == SLOT_HANDS && hand->is_permitted && now_ms - hand->permitted_ms >= SLOT_PATIENCE_MS)
        take_back(slot);
}

void slot_quit(struct slot *slot, bool now)
{
    if (!slot->session)
        return;
    enter(slot, SLOT_LEAVING);
    take_back(slot);
    if (now || (slot->count > 0 && !hand_at(slot, 0)->is_permitted))
        smtp_session_abort(slot->session);
    else
        smtp_session_quit(slot->session);
}
