/*
 * Which delivery goes when and where: lanes in their order; the letter compiled; its domain admits it; a relay that
 * works, with a session that has room. And what an outcome means for others: its domain, its message, its relay.
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
    int n = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        n += o->queue[lane].count;
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

/* Into the slot's hands; or why it cannot be sent. */
static void start(struct outbox *o, struct slot *slot, struct parcel *p, const struct letter_mail *mail)
{
    struct err err = {{0}};
    struct slot_hand *hand = slot_free_hand(slot);
    bool smtputf8 = smtp_session_caps(slot->session)->smtputf8;
    int rc = letter_mail_fill(mail, o->env.sender, &p->job, smtputf8, &hand->envelope, &hand->data, &err);
    if (rc) {
        domain_limits_end(o->domains, &p->hold, NULL, NULL, o->now_ms, 0);
        fail(o, p, OUTCOME_FAILED, err_or(&err, rc));
        return;
    }
    rate_limit_take(&slot->relay->rate, o->now_ms);
    count_age(o, &p->job);
    slot_send(slot, p);
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

enum step {
    STEP_GONE,  /* out of the queue */
    STEP_WAITS, /* for something of its own */
    STEP_FULL,  /* nobody takes one of this lane now */
};

static enum step take(struct outbox *o, struct parcel *p)
{
    const struct letter_mail *mail = NULL;
    const char *why = "";
    if (p->not_before_ms > o->now_ms) {
        wait_until(&o->send_ms, p->not_before_ms);
        return STEP_WAITS;
    }
    enum form_state form = form_cache_get(o->forms, p->job.message_id, p->job.municipality_code, &mail, &why);
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
    bool in_front = p->was_parked || p->job.lane != LANE_LETTER;
    int64_t wait = domain_limits_admit(o->domains, p->job.domain, in_front, slot_hold_ahead(slot), o->now_ms, &p->hold);
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
    struct parcel *next = NULL;
    o->ready[lane] = 0;
    for (struct parcel *p = o->queue[lane].first; p; p = next) {
        next = p->next;
        enum step step = take(o, p);
        if (step == STEP_FULL) {
            o->ready[lane] = o->queue[lane].count - waiting;
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

/* --- outcomes -------------------------------------------------------------------------------------------------- */

static bool is_at_mail(const struct outcome *outcome)
{
    return outcome->step && strcmp(outcome->step, smtp_state_word(SMTP_STATE_MAIL)) == 0;
}

/* MAIL names no recipient: what is refused there is our sender, or the relay is in trouble. But a letter that is too
 * large (RFC 1870 6.1) is no reason to stop others. */
static bool is_about_relay(const struct outcome *outcome)
{
    bool is_size = outcome->code == 552 || strcmp(outcome->status, "5.3.4") == 0;
    return outcome->kind == OUTCOME_OUR_FAULT && is_at_mail(outcome) && !is_size;
}

static bool has_other_relay(const struct outbox *o, const struct relay *r)
{
    for (int i = 0; i < o->relay_count; i++)
        if (o->relays[i] != r && relay_state(o->relays[i]) == RELAY_STATE_READY)
            return true;
    return false;
}

/* 421 before the body, or a new session that is gone before it answers MAIL, speaks of the relay: where there is
 * another one, nobody waits for that. But a delivery that ends session after session must not end them all: so once. */
static bool goes_elsewhere(const struct outbox *o, const struct parcel *p, const struct slot *slot,
                           const struct outcome *outcome)
{
    bool has_begun = outcome->step && strcmp(outcome->step, smtp_state_word(SMTP_STATE_DOT)) == 0;
    bool is_gone = outcome->code == 421 || (outcome->code == 0 && is_at_mail(outcome) && !slot->has_worked);
    return outcome->kind == OUTCOME_RETRY && is_gone && !has_begun && !p->was_dropped &&
           has_other_relay(o, slot->relay);
}

static void tell_domain(struct outbox *o, struct parcel *p, struct parcel *behind, const struct outcome *outcome)
{
    uint32_t noise = 0;
    if (outcome && outcome->kind != OUTCOME_SENT)
        random_bytes(&noise, sizeof noise);
    bool begins =
        domain_limits_end(o->domains, &p->hold, behind ? &behind->hold : NULL, outcome, outbox_mono_ms(o), noise);
    if (begins && outcome)
        log_notice("outbox",
                   "a recipient domain puts off our mail: nothing is sent there for a while code=%d status=%s",
                   outcome->code, outcome->status);
}

/* A refusal of a recipient or of a letter may be about that one; several in a row say that it is about the message. */
static void tell_message(struct outbox *o, const struct parcel *p, const struct outcome *outcome)
{
    char text[OUTCOME_TEXT_BYTES];
    uint32_t noise;
    int64_t now = outbox_mono_ms(o);
    random_bytes(&noise, sizeof noise);
    text_mask_addresses(outcome->text, text, sizeof text);
    o->has_refusals = true;
    if (!message_pause_refused(&o->messages, p->job.message_id, p->job.delivery_id, text, now, noise)) {
        log_warn("outbox", "a letter is refused because of us step=%s code=%d reply=%.200s",
                 outcome->step ? outcome->step : "-", outcome->code, text);
        return;
    }
    int64_t wait = message_pause_next_ms(&o->messages, now);
    o->messages_ms = now + wait;
    log_warn("outbox", "a message is refused because of us and pauses step=%s code=%d reply=%.200s",
             outcome->step ? outcome->step : "-", outcome->code, text);
    outbox_give_back_queue(o, p->job.message_id,
                           p->job.lane == LANE_PERSONAL ? clock_real_us(o->env.clock) + wait * 1000 : 0);
}

/* Not judged: to be sent again, unless it was recalled or there is no time left. */
static void back_to_queue(struct outbox *o, struct parcel *p)
{
    if (p->is_recalled || o->is_stopping)
        outbox_give_back(o, p, 0);
    else
        outbox_requeue(o, p);
}

/* A session that has worked may have had its number of letters: the next one tells. */
static void tell_relay(struct relay *r, struct slot *slot, const struct outcome *outcome)
{
    r->counters.our_fault++;
    if (!slot->has_worked || outcome->code >= 500)
        relay_refused(r, outcome);
    slot_quit(slot, false);
}

void outbox_outcome(struct outbox *o, struct parcel *p, struct parcel *behind, struct slot *slot,
                    const struct outcome *outcome)
{
    struct relay *r = slot->relay;
    if (goes_elsewhere(o, p, slot, outcome)) {
        p->was_dropped = true;
        r->counters.untouched++;
        outbox_untouched(o, p, behind);
        return;
    }
    tell_domain(o, p, behind, outcome);
    if (outcome->kind == OUTCOME_SENT) {
        relay_delivered(r);
        if (o->has_refusals)
            message_pause_taken(&o->messages, p->job.message_id);
    } else if (is_about_relay(outcome)) {
        tell_relay(r, slot, outcome);
        if (outbox_has_relay(o)) { /* another one may want us */
            back_to_queue(o, p);
            return;
        }
    } else if (outcome->kind == OUTCOME_OUR_FAULT) {
        r->counters.our_fault++;
        tell_message(o, p, outcome);
    }
    outbox_finish(o, p, slot, outcome, r->name);
}

void outbox_untouched(struct outbox *o, struct parcel *p, struct parcel *behind)
{
    tell_domain(o, p, behind, NULL);
    back_to_queue(o, p);
}
