/*
 * Claimed deliveries of the outbox: each is a parcel, and each parcel is in one list (a lane of the queue, what is
 * done, a turn's records) or in one slot's hands. Private to the outbox.
 *
 * The memory of one that is recorded serves the next, so that a letter to a million allocates as much as one to a
 * thousand. There are at most as many as `ahead` claims for each lane and the hands of all slots (RELAY_SHARED_MAX of a
 * relay that shares), twice: once while their records are on the way.
 */
#ifndef GB_DELIVER_OUTBOX_PARCEL_H
#define GB_DELIVER_OUTBOX_PARCEL_H

#include "core/ledger.h"
#include "deliver/domain_limits.h"
#include "deliver/outcome.h"

struct outbox;
struct slot;

enum parcel_place {
    PARCEL_QUEUED,
    PARCEL_SENDING, /* in a slot's hands */
    PARCEL_DONE,    /* on its way to the ledger */
};

struct parcel {
    struct parcel *prev, *next; /* of the list it is in */
    enum parcel_place place;
    struct slot *slot;     /* sending: whose hands; done: that waits for the record; or NULL */
    int64_t not_before_ms; /* queued: its domain does not admit it earlier; 0: no matter */
    bool was_parked;       /* has waited for its domain before */
    bool is_recalled;      /* goes back, should it come back */
    bool was_dropped;      /* a relay has hung up on it before */
    bool goes_alone;       /* what it shared a transaction with was refused together with it */
    bool was_taken;        /* the relay took its address, in the transaction that has just ended ... */
    bool is_put_off_alone; /* ... or not, but those of others in its domain */
    struct domain_hold hold;
    /* --- done --- */
    bool is_untouched;   /* given back without an attempt ... */
    int64_t due_us;      /* ... and parked until then; 0: as it was */
    int64_t mono_due_ms; /* when it is due again; 0: it is not this outbox's to know */
    int status;          /* what the ledger answered */
    struct ledger_result result;
    struct job job;
    struct outcome outcome;
    char gave_up[OUTCOME_TEXT_BYTES];
    char rcpt_to[JOB_ADDRESS_BYTES]; /* sending */
};

struct parcel_list {
    struct parcel *first, *last;
    int count;
};

void parcel_list_push(struct parcel_list *list, struct parcel *p);
void parcel_list_push_front(struct parcel_list *list, struct parcel *p);
void parcel_list_remove(struct parcel_list *list, struct parcel *p);
/* The first, or the last, taken out; NULL when there is none. */
struct parcel *parcel_list_shift(struct parcel_list *list);
struct parcel *parcel_list_pop(struct parcel_list *list);
/* The domain hold of the first that goes to this domain, or NULL. */
const struct domain_hold *parcel_list_hold(const struct parcel_list *list, const char *domain);
/* `tail` is empty afterwards. */
void parcel_list_append(struct parcel_list *list, struct parcel_list *tail);

/* --- the queue --- */

/* Queue a job that was just claimed. */
void outbox_enqueue(struct outbox *o, const struct job *job);
/* Back to the head of its lane: it was not tried. */
void outbox_requeue(struct outbox *o, struct parcel *p);
/* Take it out of the queue: the caller puts it somewhere. */
void outbox_unqueue(struct outbox *o, struct parcel *p);
int outbox_queued(const struct outbox *o);

/* --- what became of one that is in no list and in nobody's hands --- */

/* An attempt has ended. `outcome` may be the parcel's own. `slot` (or NULL) waits for the record; `relay` (or NULL)
 * lives until then. */
void outbox_finish(struct outbox *o, struct parcel *p, struct slot *slot, const struct outcome *outcome,
                   const char *relay);
/* It goes back as it came; due_us 0, or parked until then. */
void outbox_give_back(struct outbox *o, struct parcel *p, int64_t due_us);
/* All that is queued, or (message_id not 0) of one message, goes back. */
void outbox_give_back_queue(struct outbox *o, int64_t message_id, int64_t due_us);
/* Recorded: its memory serves the next. */
void outbox_spare(struct outbox *o, struct parcel *p);
void outbox_free_parcels(struct outbox *o);

#endif
