/*
 * What an outcome means: for its delivery (to the ledger, or back in the queue), its domain, its message and its relay.
 *
 * Of a transaction with several recipients each has its own outcome, but what it says of the message and the relay was
 * said once and counts once; and what was said of all of them together (at DATA, at the final dot) says nothing about
 * one's domain. Where that is a final refusal it may be for one odd recipient, so each goes again at once, alone, and
 * has its own answer.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "deliver/outbox_private.h"

static bool is_at(const struct outcome *outcome, enum smtp_state state)
{
    return outcome->step && strcmp(outcome->step, smtp_state_word(state)) == 0;
}

/* --- whose it is ----------------------------------------------------------------------------------------------- */

/* MAIL names no recipient: what is refused there is our sender, or the relay is in trouble. But a letter that is too
 * large (RFC 1870 6.1) is no reason to stop others. */
static bool is_about_relay(const struct outcome *outcome)
{
    bool is_size = outcome->code == 552 || strcmp(outcome->status, "5.3.4") == 0;
    return outcome->kind == OUTCOME_OUR_FAULT && is_at(outcome, SMTP_STATE_MAIL) && !is_size;
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
static bool goes_elsewhere(const struct outbox *o, const struct parcel *p, const struct slot *slot)
{
    const struct outcome *outcome = &p->outcome;
    bool is_gone = outcome->code == 421 || (outcome->code == 0 && is_at(outcome, SMTP_STATE_MAIL) && !slot->has_worked);
    return outcome->kind == OUTCOME_RETRY && is_gone && !is_at(outcome, SMTP_STATE_DOT) && !p->was_dropped &&
           has_other_relay(o, slot->relay);
}

/* Refused together with others, after RCPT. */
static bool is_refused_with_others(const struct outcome *outcome, bool is_shared)
{
    bool is_refused = outcome->kind == OUTCOME_FAILED || outcome->kind == OUTCOME_OUR_FAULT;
    return is_shared && is_refused && outcome->code >= 500 && !is_at(outcome, SMTP_STATE_MAIL) &&
           !is_at(outcome, SMTP_STATE_RCPT);
}

/* --- who learns of it ------------------------------------------------------------------------------------------ */

/* The first of those behind that goes to the same domain takes over its session. */
static struct domain_hold *heir(const struct parcel *p, const struct parcel_list *behind)
{
    for (struct parcel *q = behind && p->hold.has_session ? behind->first : NULL; q; q = q->next)
        if (q->hold.entry == p->hold.entry)
            return &q->hold;
    return NULL;
}

static void tell_domain(struct outbox *o, struct parcel *p, const struct parcel_list *behind,
                        const struct outcome *outcome)
{
    uint32_t noise = 0;
    if (outcome && outcome->kind != OUTCOME_SENT)
        random_bytes(&noise, sizeof noise);
    bool begins = domain_limits_end(o->domains, &p->hold, heir(p, behind), outcome, outbox_mono_ms(o), noise);
    if (begins && outcome)
        log_notice("outbox",
                   "a recipient domain puts off our mail: it waits for a while, and alerts try one at a time code=%d "
                   "status=%s",
                   outcome->code, outcome->status);
}

/* A refusal of a recipient or of a letter may be about that one; several in a row say that it is about the message. */
static void tell_message(struct outbox *o, const struct parcel *p)
{
    const struct outcome *outcome = &p->outcome;
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

/* A session that has worked may have had its number of letters: the next one tells. */
static void tell_relay(struct relay *r, struct slot *slot, const struct outcome *outcome)
{
    if (!slot->has_worked || outcome->code >= 500)
        relay_refused(r, outcome);
    slot_quit(slot, false);
}

/* What the transaction says, once: the relay takes mail, or wants none of ours; the message was taken, or refused. */
static void tell_once(struct outbox *o, const struct parcel_list *done, struct slot *slot)
{
    const struct parcel *taken = NULL;
    const struct parcel *refused = NULL;
    for (const struct parcel *p = done->first; p; p = p->next) {
        if (p->outcome.kind == OUTCOME_SENT)
            taken = p;
        if (p->outcome.kind == OUTCOME_OUR_FAULT && !refused)
            refused = p;
    }
    if (taken) {
        relay_delivered(slot->relay);
        if (o->has_refusals)
            message_pause_taken(&o->messages, taken->job.message_id);
    } else if (refused && is_about_relay(&refused->outcome)) {
        tell_relay(slot->relay, slot, &refused->outcome);
    } else if (refused) {
        tell_message(o, refused);
    }
}

/* --- what becomes of it ---------------------------------------------------------------------------------------- */

/* Not judged: to be sent again, unless it was recalled or there is no time left. */
static void back_to_queue(struct outbox *o, struct parcel *p)
{
    if (p->is_recalled || o->is_stopping)
        outbox_give_back(o, p, 0);
    else
        outbox_requeue(o, p);
}

/* Was it put off beside others that its domain takes? Then that says nothing about the domain. */
static bool is_put_off_alone(const struct parcel_list *done, const struct parcel *p)
{
    if (p->outcome.kind != OUTCOME_RETRY || !is_at(&p->outcome, SMTP_STATE_RCPT))
        return false;
    for (const struct parcel *q = done->first; q; q = q->next)
        if (q->was_taken && q->hold.entry == p->hold.entry)
            return true;
    return false;
}

static void settle(struct outbox *o, struct parcel *p, const struct parcel_list *behind, struct slot *slot,
                   bool is_shared)
{
    static const struct outcome nothing = {.kind = OUTCOME_RETRY};
    struct relay *r = slot->relay;
    const struct outcome *outcome = &p->outcome;
    bool is_gone = goes_elsewhere(o, p, slot);
    bool goes_alone = is_refused_with_others(outcome, is_shared);
    p->was_dropped = p->was_dropped || is_gone;
    p->goes_alone = p->goes_alone || goes_alone;
    if (is_gone || goes_alone || outcome->kind == OUTCOME_UNTOUCHED) {
        r->counters.untouched++;
        tell_domain(o, p, behind, NULL);
        back_to_queue(o, p);
        return;
    }
    bool is_its_own =
        !is_shared || outcome->kind == OUTCOME_SENT || (is_at(outcome, SMTP_STATE_RCPT) && !p->is_put_off_alone);
    tell_domain(o, p, behind, is_its_own ? outcome : &nothing);
    r->counters.our_fault += outcome->kind == OUTCOME_OUR_FAULT;
    if (is_about_relay(outcome) && outbox_has_relay(o)) /* another one may want us */
        back_to_queue(o, p);
    else
        outbox_finish(o, p, slot, outcome, r->name);
}

/* What is behind has its turn now. */
static void move_up(const struct parcel_list *behind, int64_t now_ms)
{
    for (struct parcel *p = behind ? behind->first : NULL; p; p = p->next)
        p->hold.began_ms = now_ms;
}

/* The last first: so the one that holds its domain's session for the others ends after them, and the queue gets its
 * first ones back in front. */
void outbox_outcome(struct outbox *o, struct parcel_list *done, const struct parcel_list *behind, struct slot *slot)
{
    struct parcel *p = NULL;
    bool is_shared = done->count > 1;
    tell_once(o, done, slot);
    move_up(behind, outbox_mono_ms(o));
    for (p = done->first; p; p = p->next)
        p->is_put_off_alone = is_shared && is_put_off_alone(done, p);
    while ((p = parcel_list_pop(done)) != NULL)
        settle(o, p, behind, slot, is_shared);
}

void outbox_untouched(struct outbox *o, struct parcel_list *list, const struct parcel_list *behind)
{
    struct parcel *p = NULL;
    move_up(behind, outbox_mono_ms(o));
    while ((p = parcel_list_pop(list)) != NULL) {
        tell_domain(o, p, behind, NULL);
        back_to_queue(o, p);
    }
}
