/*
 * Alerts that share a transaction: which of those queued go with the first. All that is queued of the same message, up
 * to what the relay takes; nobody waits for others to come.
 *
 * Domain by domain: so few connections carry a given one, and fewer recipients wait for one that hangs, than if each
 * transaction had some of all.
 */
#include <string.h>

#include "deliver/outbox_private.h"

enum { SHRINK = 10 };

/* With how many it may go: a tenth after each attempt, so that one which the relay puts off together with all that
 * share its transaction is alone at the third. */
static int most_with(const struct relay *r, const struct parcel *p)
{
    int most = p->goes_alone || p->job.lane != LANE_ALERT ? 1 : relay_recipients(r);
    for (int i = 1; i < p->job.attempts && most > 1; i++)
        most = most > SHRINK ? most / SHRINK : 1;
    return most;
}

/* One mail for both: the same bytes. */
static bool may_go_with(const struct parcel *first, const struct parcel *p)
{
    return first->job.message_id == p->job.message_id && !p->goes_alone && p->job.attempts <= first->job.attempts;
}

/* A transaction that is being put together. */
struct together {
    struct outbox *o;
    const struct slot *slot;
    struct parcel_list *list;
    int most;
    bool needs_smtputf8;
    bool is_full;
};

/* Its domain has a say, as for one that goes alone; a session that is the domain's already is not counted again. Also
 * one that waits for its domain may go now: others do. */
static bool is_admitted(const struct together *t, struct parcel *p)
{
    const struct domain_hold *ahead = parcel_list_hold(t->list, p->job.domain);
    if (!ahead)
        ahead = slot_hold_ahead(t->slot, p->job.domain);
    return domain_limits_try(t->o->domains, p->job.domain, ahead, t->o->now_ms, &p->hold);
}

/* Takes it along if it may go, and needs SMTPUTF8 or not as the first does: a relay further on that does not know it
 * refuses those that need it, and must not refuse the others with them. */
static bool take_along(struct together *t, struct parcel *p)
{
    bool needs = false;
    struct rate_limit *rate = &t->slot->relay->rate;
    t->is_full = t->list->count >= t->most || rate_limit_wait_ms(rate, t->o->now_ms) > 0;
    if (t->is_full || !may_go_with(t->list->first, p))
        return false;
    if (letter_mail_address(&p->job, p->rcpt_to, &needs, NULL) != 0 || needs != t->needs_smtputf8)
        return false; /* its own turn shows what is wrong with it */
    if (!is_admitted(t, p))
        return false;
    rate_limit_take(rate, t->o->now_ms);
    outbox_unqueue(t->o, p);
    parcel_list_push(t->list, p);
    return true;
}

static void take_domain_along(struct together *t, const char *domain, struct parcel *p)
{
    struct parcel *next = NULL;
    for (; p && !t->is_full; p = next) {
        next = p->next;
        if (strcmp(p->job.domain, domain) == 0)
            take_along(t, p);
    }
}

void outbox_gather(struct outbox *o, const struct slot *slot, struct parcel_list *list, bool needs_smtputf8)
{
    struct together t = {o, slot, list, most_with(slot->relay, list->first), needs_smtputf8, false};
    struct parcel_list *queue = &o->queue[LANE_ALERT];
    struct parcel *next = NULL;
    take_domain_along(&t, list->first->job.domain, queue->first);
    for (struct parcel *p = queue->first; p && !t.is_full; p = next) {
        struct parcel *before = p->prev; /* stays: none but p and those behind it go */
        if (take_along(&t, p))
            take_domain_along(&t, p->job.domain, before ? before->next : queue->first);
        else
            before = p;
        next = before ? before->next : queue->first;
    }
}

int outbox_count_shared(const struct outbox *o, int waiting)
{
    int most = 1;
    int n = 0;
    int run = 0;
    const struct parcel *last = NULL;
    for (int i = 0; i < o->relay_count; i++)
        if (relay_state(o->relays[i]) != RELAY_STATE_PAUSED && relay_recipients(o->relays[i]) > most)
            most = relay_recipients(o->relays[i]);
    if (most == 1)
        return waiting;
    for (const struct parcel *p = o->queue[LANE_ALERT].first; p; p = p->next) {
        run = last && may_go_with(last, p) && run < most ? run + 1 : 1;
        n += run == 1;
        last = p;
    }
    return n < waiting ? n : waiting;
}
