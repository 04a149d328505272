/* Which delivery goes when: lanes in their order, the letter compiled, a session with room, the rate. */
#include <stdio.h>

#include "base/err.h"
#include "deliver/outbox_private.h"

static void fail(struct outbox *o, struct parcel *p, enum outcome_kind kind, const char *why)
{
    struct outcome outcome = {.kind = kind, .step = "render"};
    snprintf(outcome.text, sizeof outcome.text, "%s", why);
    outbox_finish(o, p, NULL, &outcome, o->relay->name);
}

/* Put the delivery on the slot, or record why it cannot be sent. */
static void start(struct outbox *o, struct slot *slot, struct parcel *p, const struct letter_mail *mail)
{
    struct err err = {{0}};
    bool smtputf8 = smtp_session_caps(slot->session)->smtputf8;
    int rc = letter_mail_fill(mail, o->env.sender, &p->job, smtputf8, &slot->envelope, &slot->data, &err);
    if (rc)
        fail(o, p, OUTCOME_FAILED, err_or(&err, rc));
    else
        slot_send(slot, p);
}

enum step { STEP_TAKEN, STEP_LATER, STEP_FULL };

/* One delivery as far as it goes: out of the queue; later, its letter is being compiled; or nobody takes one now. */
static enum step take(struct outbox *o, struct parcel *p)
{
    const struct letter_mail *mail = NULL;
    const char *why = "";
    enum form_state form = form_cache_get(o->forms, p->job.message_id, p->job.municipality_code, &mail, &why);
    if (form == FORM_LOADING)
        return STEP_LATER;
    if (form != FORM_READY) {
        outbox_unqueue(o, p);
        fail(o, p, form == FORM_BROKEN ? OUTCOME_FAILED : OUTCOME_RETRY, why);
        return STEP_TAKEN;
    }
    struct slot *slot = slot_with_room(o->relay);
    if (!slot || (p->job.lane == LANE_LETTER && relay_letter_room(o->relay) == 0) || !relay_take_token(o->relay))
        return STEP_FULL;
    outbox_unqueue(o, p);
    start(o, slot, p, mail);
    return STEP_TAKEN;
}

static void send_lane(struct outbox *o, enum lane lane)
{
    int skipped = 0;
    struct parcel *next = NULL;
    for (struct parcel *p = o->queue[lane].first; p && skipped < OUTBOX_SKIP_MAX; p = next) {
        next = p->next;
        enum step step = take(o, p);
        if (step == STEP_FULL)
            return;
        skipped += step == STEP_LATER;
    }
}

void outbox_send(struct outbox *o)
{
    o->send_ms = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        send_lane(o, (enum lane)lane);
}
