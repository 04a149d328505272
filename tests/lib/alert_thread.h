/*
 * An alert and what follows it, in a store of its own, as the ledger has them: for tests of core/ledger_alert.h and
 * core/ledger_close.h. Each function fails the test when the ledger refuses.
 */
#ifndef GB_TESTS_ALERT_THREAD_H
#define GB_TESTS_ALERT_THREAD_H

#include "core/ledger_alert.h"
#include "lib/alert_rows.h"
#include "lib/store_fixture.h"

enum { ALERT_THREAD_MAX = 8 };

struct alert_thread {
    struct store_fixture f;
    int64_t root;                       /* the alert */
    int64_t messages[ALERT_THREAD_MAX]; /* its own and those that follow, as opened */
    int message_count;
    struct job jobs[3 * CLAIM_MAX]; /* of the last claim */
    struct claim claims;
    int claimed;
};

/* A store without people. */
void alert_thread_init(struct alert_thread *t);
/* Holds the ledger's invariants against each message of the thread, and closes the store. */
void alert_thread_fini(struct alert_thread *t);

/* A person of a group in Ängelholm, which goes to *group (may be NULL); the person's id. */
int64_t alert_thread_person(struct alert_thread *t, const char *group_name, const char *address, int64_t *group);
/* 0@example.se up to n-1 in "Lärkvägen", which is returned. */
int64_t alert_thread_people(struct alert_thread *t, int n);

/* A new message of the thread, also for the groups (0: none); its id. A root begins a new thread. */
int64_t alert_thread_open(struct alert_thread *t, const struct alert_rows_input *in, int64_t group,
                          int64_t other_group);
/* The same for a plain alert; for an update, which takes over who is queued, or a recall. */
int64_t alert_thread_open_root(struct alert_thread *t, int64_t group, int64_t other_group);
int64_t alert_thread_open_follow(struct alert_thread *t, bool is_update);
/* An alert to five people of one group: sent@, uncertain@ and failed@example.se ended so, claimed@ is on the wire and
 * queued@ waits. */
int64_t alert_thread_open_mixed(struct alert_thread *t);

/* The scheduler's steps: expansion to the end, or to some people; rows of closed messages; who was on the wire. */
void alert_thread_expand(struct alert_thread *t);
void alert_thread_expand_some(struct alert_thread *t, int people);
void alert_thread_move_rows(struct alert_thread *t);
void alert_thread_settle(struct alert_thread *t);

/* Claims up to `room` alert rows into t->jobs; how many. */
int alert_thread_claim(struct alert_thread *t, int room);
/* A claimed row ends, or (pending) is due again in five minutes. */
void alert_thread_record(struct alert_thread *t, int64_t delivery_id, enum delivery_state state);
/* All of the last claim arrived. */
void alert_thread_send_claimed(struct alert_thread *t);
/* Claims what is due, ends the row of `address` and gives the others back. */
void alert_thread_end_as(struct alert_thread *t, int64_t message, const char *address, enum delivery_state state);

/* The row of an address in a message; 0: none. */
int64_t alert_thread_row(struct alert_thread *t, int64_t message, const char *address);
/* The word of its state; static. */
const char *alert_thread_state(struct alert_thread *t, int64_t delivery_id);
/* How many rows of a message are in a state; "" for any. */
int64_t alert_thread_count(struct alert_thread *t, int64_t message, const char *state);

#endif
