/* Claimed deliveries: lists, the queue, what became of them. The contract is in outbox_parcel.h. */
#include "deliver/outbox_parcel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "deliver/outbox_private.h"

/* --- lists ----------------------------------------------------------------------------------------------------- */

void parcel_list_push(struct parcel_list *list, struct parcel *p)
{
    p->prev = list->last;
    p->next = NULL;
    if (list->last)
        list->last->next = p;
    else
        list->first = p;
    list->last = p;
    list->count++;
}

void parcel_list_push_front(struct parcel_list *list, struct parcel *p)
{
    p->prev = NULL;
    p->next = list->first;
    if (list->first)
        list->first->prev = p;
    else
        list->last = p;
    list->first = p;
    list->count++;
}

void parcel_list_remove(struct parcel_list *list, struct parcel *p)
{
    assert(list->count > 0);
    if (p->prev)
        p->prev->next = p->next;
    else
        list->first = p->next;
    if (p->next)
        p->next->prev = p->prev;
    else
        list->last = p->prev;
    p->prev = p->next = NULL;
    list->count--;
}

struct parcel *parcel_list_shift(struct parcel_list *list)
{
    struct parcel *p = list->first;
    if (p)
        parcel_list_remove(list, p);
    return p;
}

struct parcel *parcel_list_pop(struct parcel_list *list)
{
    struct parcel *p = list->last;
    if (p)
        parcel_list_remove(list, p);
    return p;
}

const struct domain_hold *parcel_list_hold(const struct parcel_list *list, const char *domain)
{
    for (const struct parcel *p = list->first; p; p = p->next)
        if (strcmp(p->job.domain, domain) == 0)
            return &p->hold;
    return NULL;
}

void parcel_list_append(struct parcel_list *list, struct parcel_list *tail)
{
    if (!tail->first)
        return;
    if (list->last) {
        list->last->next = tail->first;
        tail->first->prev = list->last;
        list->last = tail->last;
        list->count += tail->count;
    } else {
        *list = *tail;
    }
    *tail = (struct parcel_list){0};
}

/* --- the queue ------------------------------------------------------------------------------------------------- */

void outbox_enqueue(struct outbox *o, const struct job *job)
{
    struct parcel *p = parcel_list_shift(&o->spare);
    if (!p)
        p = xmalloc(sizeof *p);
    memset(p, 0, offsetof(struct parcel, job));
    p->job = *job;
    p->was_parked = job->due_at > job->created_at;
    parcel_list_push(&o->queue[job->lane], p);
}

void outbox_requeue(struct outbox *o, struct parcel *p)
{
    p->slot = NULL;
    p->place = PARCEL_QUEUED;
    p->not_before_ms = 0;
    parcel_list_push_front(&o->queue[p->job.lane], p);
    outbox_touch(o);
}

int outbox_queued(const struct outbox *o)
{
    int n = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        n += o->queue[lane].count;
    return n;
}

void outbox_unqueue(struct outbox *o, struct parcel *p)
{
    assert(p->place == PARCEL_QUEUED);
    if (o->next_to_send == p)
        o->next_to_send = p->next;
    parcel_list_remove(&o->queue[p->job.lane], p);
}

/* --- what became of them --------------------------------------------------------------------------------------- */

static void done(struct outbox *o, struct parcel *p)
{
    p->place = PARCEL_DONE;
    parcel_list_push(&o->done, p);
    outbox_touch(o);
}

void outbox_finish(struct outbox *o, struct parcel *p, struct slot *slot, const struct outcome *outcome,
                   const char *relay)
{
    uint32_t noise = 0;
    if (outcome->kind != OUTCOME_SENT) /* the jitter of a wait */
        random_bytes(&noise, sizeof noise);
    p->slot = slot;
    if (outcome != &p->outcome)
        p->outcome = *outcome;
    p->result = (struct ledger_result){.relay = relay};
    delivery_policy_decide(&o->policy, &p->job, &p->outcome, clock_real_us(o->env.clock), noise, p->gave_up,
                           &p->result);
    if (p->result.state == DELIVERY_PENDING)
        p->mono_due_ms = outbox_mono_ms(o) + (p->result.due_us - p->result.now_us) / 1000 + 1;
    if (slot)
        slot->unrecorded++;
    done(o, p);
}

void outbox_give_back(struct outbox *o, struct parcel *p, int64_t due_us)
{
    p->slot = NULL;
    p->is_untouched = true;
    p->due_us = due_us;
    p->result = (struct ledger_result){.delivery_id = p->job.delivery_id};
    if (due_us > 0)
        p->mono_due_ms = outbox_mono_ms(o) + (due_us - clock_real_us(o->env.clock)) / 1000 + 1;
    done(o, p);
}

void outbox_give_back_queue(struct outbox *o, int64_t message_id, int64_t due_us)
{
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        struct parcel *next = NULL;
        for (struct parcel *p = o->queue[lane].first; p; p = next) {
            next = p->next;
            if (message_id != 0 && p->job.message_id != message_id)
                continue;
            outbox_unqueue(o, p);
            outbox_give_back(o, p, due_us);
        }
    }
}

/* --- memory ---------------------------------------------------------------------------------------------------- */

void outbox_spare(struct outbox *o, struct parcel *p)
{
    parcel_list_push_front(&o->spare, p);
}

static void free_list(struct parcel_list *list)
{
    struct parcel *next = NULL;
    for (struct parcel *p = list->first; p; p = next) {
        next = p->next;
        free(p);
    }
    *list = (struct parcel_list){0};
}

void outbox_free_parcels(struct outbox *o)
{
    for (int lane = 0; lane < LANE_COUNT; lane++)
        free_list(&o->queue[lane]);
    free_list(&o->done);
    free_list(&o->turn.records);
    free_list(&o->spare);
}
