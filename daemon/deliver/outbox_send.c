/*
 * Which delivery goes when and where: lanes in their order; the letter compiled; its domain admits it; a relay that
 * works, with a session that has room. Where the relay shares, an alert takes along what is queued of the same message
 * and may go with it; nobody waits for others to come.
 *
 * A lane that finds nobody who takes its next delivery keeps all lanes behind it waiting, so that the first session
 * that becomes free is its own. One that waits for its letter or its domain keeps nobody waiting.
 */
#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "deliver/outbox_private.h"

/* --- relays ---------------------------------------------------------------------------------------------------- */

bool outbox_has_relay(const struct outbox *o)
{
    for (int i = 0; i < o->relay_count; i++)
        if (relay_state(o->relays[i]) != RELAY_STATE_PAUSED)
            return true;
    return false;
}

static struct relay_option option(const struct relay *r, bool has_room)
{
    return (struct relay_option){
        .priority = r->config->priority, .weight = r->config->weight, .state = relay_state(r), .has_room = has_room};
}

static struct slot *pick_slot(struct outbox *o, enum lane lane)
{
    struct relay_option options[CONFIG_RELAYS_MAX];
    struct slot *slots[CONFIG_RELAYS_MAX] = {NULL};
    for (int i = 0; i < o->relay_count; i++) {
        slots[i] = relay_slot_for(o->relays[i], lane, o->queue[lane].count);
        options[i] = option(o->relays[i], slots[i] != NULL);
    }
    int i = relay_choice_pick(&o->send_choice, options, o->relay_count, lane != LANE_ALERT);
    return i < 0 ? NULL : slots[i];
}

/* The priority of the relays that share the mail now; INT_MAX when none works. */
static int best_priority(const struct outbox *o)
{
    int best = INT_MAX;
    for (int i = 0; i < o->relay_count; i++)
        if (relay_state(o->relays[i]) == RELAY_STATE_READY && o->relays[i]->config->priority < best)
            best = o->relays[i]->config->priority;
    return best;
}

/* The sessions that what is queued could use now, on all relays together. While letters wait, those kept free for
 * alerts are open as well: an alert finds them ready, and a relay's window grows only when all of it works. */
static int sessions_wanted(const struct outbox *o)
{
    int letters = 0;
    int reserve = 0;
    int coming = 0;
    int best = best_priority(o);
    for (int i = 0; i < o->relay_count; i++) {
        const struct relay *r = o->relays[i];
        /* Only those that share the mail now: a relay that is probed takes one letter and no alert while another works,
         * and one that stands by takes nothing. */
        enum relay_state state = relay_state(r);
        if (best == INT_MAX ? state != RELAY_STATE_PROBING : state != RELAY_STATE_READY || r->config->priority != best)
            continue;
        letters += relay_letter_room(r);
        reserve += relay_reserve(r);
        coming += r->connecting + r->room[ROOM_IDLE].count;
    }
    int wanted = o->ready[LANE_LETTER] <= letters ? o->ready[LANE_LETTER] : letters + reserve;
    return wanted + o->ready[LANE_ALERT] + o->ready[LANE_PERSONAL] - coming;
}

static bool has_mail(const struct outbox *o)
{
    int n = outbox_queued(o);
    for (int i = 0; i < o->relay_count; i++)
        n += o->relays[i]->busy;
    return n > 0;
}

/* A relay that is as good as those in use, or better, is tried also when they could take all there is: else it would
 * not come back before they are full. */
static void open_probes(struct outbox *o)
{
    int best = best_priority(o);
    for (int i = 0; i < o->relay_count; i++) {
        struct relay *r = o->relays[i];
        if (relay_state(r) == RELAY_STATE_PROBING && r->config->priority <= best && r->open == 0 && relay_may_open(r))
            relay_open(r);
    }
}

void outbox_open_sessions(struct outbox *o)
{
    struct relay_option options[CONFIG_RELAYS_MAX];
    if (has_mail(o))
        open_probes(o);
    for (int wanted = sessions_wanted(o); wanted > 0; wanted--) {
        for (int i = 0; i < o->relay_count; i++)
            options[i] = option(o->relays[i], relay_may_open(o->relays[i]));
        int i = relay_choice_pick(&o->open_choice, options, o->relay_count, true);
        if (i < 0)
            return;
        relay_open(o->relays[i]);
    }
}

/* --- send ------------------------------------------------------------------------------------------------------ */

static void fail(struct outbox *o, struct parcel *p, enum outcome_kind kind, const char *why)
{
    struct outcome outcome = {.kind = kind, .step = "render"};
    snprintf(outcome.text, sizeof outcome.text, "%s", why);
    outbox_finish(o, p, NULL, &outcome, NULL);
}

static void count_age(struct outbox *o, const struct job *job)
{
    if (job->attempts <= 1)
        histogram_add(&o->counters.queue_age[job->lane], clock_real_us(o->env.clock) - job->created_at);
}

static void wait_until(int64_t *at, int64_t ms)
{
    if (*at == 0 || ms < *at)
        *at = ms;
}

/* Its domain takes no more now: a short wait passes here, a long one in the ledger. */
static void put_off(struct outbox *o, struct parcel *p, int64_t wait_ms)
{
    p->was_parked = true;
    p->not_before_ms = o->now_ms + wait_ms;
    if (wait_ms <= OUTBOX_PARK_MS) {
        wait_until(&o->send_ms, p->not_before_ms);
        return;
    }
    outbox_unqueue(o, p);
    o->counters.parked++;
    outbox_give_back(o, p, clock_real_us(o->env.clock) + wait_ms * 1000);
}

/* --- one after the other --------------------------------------------------------------------------------------- */

static int fill(struct outbox *o, struct slot *slot, struct parcel *p, const struct letter_mail *mail, bool is_shared,
                struct err *err)
{
    struct slot_hand *hand = slot_free_hand(slot);
    struct letter_envelope *envelope = &hand->envelope;
    bool smtputf8 = smtp_session_caps(slot->session)->smtputf8;
    int rc = 0;
    if (!is_shared)
        rc = letter_mail_fill(mail, o->env.sender, &p->job, smtputf8, envelope, &hand->data, err);
    else
        rc = letter_mail_address(&p->job, envelope->rcpt_to, &envelope->needs_smtputf8, err);
    if (rc == 0 && is_shared)
        rc = letter_mail_fill_shared(mail, o->env.sender, &p->job, envelope, &hand->data, err);
    if (rc == 0)
        memcpy(p->rcpt_to, envelope->rcpt_to, sizeof p->rcpt_to);
    return rc;
}

/* Into the slot's hands, with those that may share; or why it cannot be sent. */
static void start(struct outbox *o, struct slot *slot, struct parcel *p, const struct letter_mail *mail)
{
    struct err err = {.text = ""};
    struct parcel_list list = {0};
    bool is_shared = relay_recipients(slot->relay) > 1 && p->job.lane == LANE_ALERT && letter_mail_is_shared(mail);
    int rc = fill(o, slot, p, mail, is_shared, &err);
    if (rc) {
        domain_limits_end(o->domains, &p->hold, NULL, NULL, o->now_ms, 0);
        fail(o, p, OUTCOME_FAILED, err_or(&err, rc));
        return;
    }
    rate_limit_take(&slot->relay->rate, o->now_ms);
    parcel_list_push(&list, p);
    if (is_shared)
        outbox_gather(o, slot, &list, slot_free_hand(slot)->envelope.needs_smtputf8);
    for (const struct parcel *q = list.first; q; q = q->next)
        count_age(o, &q->job);
    slot_send(slot, &list);
}

enum step {
    STEP_GONE,  /* out of the queue */
    STEP_WAITS, /* for something of its own */
    STEP_FULL,  /* nobody takes one of this lane now */
};

static enum domain_rank rank_of(const struct parcel *p)
{
    if (p->job.lane == LANE_ALERT)
        return DOMAIN_ALERT;
    return p->was_parked || p->job.lane != LANE_LETTER ? DOMAIN_FRONT : DOMAIN_LAST;
}

static enum step take(struct outbox *o, struct parcel *p)
{
    const struct letter_mail *mail = NULL;
    const char *why = "";
    if (p->not_before_ms > o->now_ms) {
        wait_until(&o->send_ms, p->not_before_ms);
        return STEP_WAITS;
    }
    enum form_state form = form_cache_get(o->forms, p->job.message_id, letter_mail_municipality(&p->job), &mail, &why);
    if (form == FORM_LOADING)
        return STEP_WAITS;
    if (form != FORM_READY) {
        outbox_unqueue(o, p);
        fail(o, p, form == FORM_BROKEN ? OUTCOME_FAILED : OUTCOME_RETRY, why);
        return STEP_GONE;
    }
    struct slot *slot = pick_slot(o, p->job.lane);
    if (!slot)
        return STEP_FULL;
    int64_t wait = domain_limits_admit(o->domains, p->job.domain, rank_of(p), slot_hold_ahead(slot, p->job.domain),
                                       o->now_ms, &p->hold);
    if (wait > 0) {
        put_off(o, p, wait);
        return STEP_WAITS;
    }
    outbox_unqueue(o, p);
    start(o, slot, p, mail);
    return STEP_GONE;
}

/* False when somebody of this lane waits for a session. */
static bool send_lane(struct outbox *o, enum lane lane)
{
    int waiting = 0;
    o->ready[lane] = 0;
    for (struct parcel *p = o->queue[lane].first; p; p = o->next_to_send) {
        o->next_to_send = p->next;
        enum step step = take(o, p);
        if (step == STEP_FULL) {
            int ready = o->queue[lane].count - waiting;
            o->ready[lane] = lane == LANE_ALERT ? outbox_count_shared(o, ready) : ready;
            return false;
        }
        waiting += step == STEP_WAITS && p->place == PARCEL_QUEUED;
    }
    return true;
}

/* Of the relays that share the mail now: one that stands by has no sessions that a domain could leave free. */
static void tell_sessions(struct outbox *o)
{
    int sessions = 0;
    int best = best_priority(o);
    for (int i = 0; i < o->relay_count; i++) {
        const struct relay *r = o->relays[i];
        if (relay_state(r) == RELAY_STATE_READY && r->config->priority == best)
            sessions += relay_health_sessions(&r->health, o->now_ms);
    }
    if (sessions == o->domain_sessions)
        return;
    o->domain_sessions = sessions;
    domain_limits_set_sessions(o->domains, sessions > 0 ? sessions : 1);
}

/* The next that a relay's rate lets go. */
static void wait_for_rates(struct outbox *o)
{
    for (int i = 0; i < o->relay_count; i++) {
        int64_t wait = rate_limit_wait_ms(&o->relays[i]->rate, o->now_ms);
        if (wait > 0)
            wait_until(&o->send_ms, o->now_ms + wait);
    }
}

void outbox_send(struct outbox *o)
{
    bool goes_on = true;
    tell_sessions(o);
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        o->ready[lane] = 0;
        goes_on = goes_on && send_lane(o, (enum lane)lane);
    }
    if (!goes_on)
        wait_for_rates(o);
}
