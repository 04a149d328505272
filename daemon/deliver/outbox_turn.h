/*
 * The outbox and the ledger: turns. One request to the store at a time records all outcomes that came since the last
 * one, asks what was recalled, closes messages and claims more: one step, one hop between threads, one commit.
 *
 * A turn runs on the store's writer, so it sees every write that was done before it. After a wake-up nothing that was
 * queued before is sent until a turn has said that it was not recalled: what is cancelled stays here.
 *
 * A turn that fails (disk full) is kept whole and tried again each second; nothing is sent meanwhile, since it could
 * not be recorded. When there is no time left the rows stay claimed, as after a crash: the next start makes them
 * pending again. Private to the outbox.
 */
#ifndef GB_DELIVER_OUTBOX_TURN_H
#define GB_DELIVER_OUTBOX_TURN_H

#include "deliver/message_pause.h"
#include "deliver/outbox_parcel.h"
#include "store/store.h"

/* The store's while is_running. */
struct turn {
    struct store_req req;
    struct outbox *o;
    bool is_running;
    struct parcel_list records;
    bool asks;             /* which deliveries in hand were recalled, is sending on hold, what is due next */
    bool claims, finishes; /* take more; close messages */

    int asked, asked_room;
    int64_t *asked_id;
    struct parcel **asked_parcel; /* none of them is freed while the turn runs */
    bool *recalled;

    int64_t now_us;
    int room[LANE_COUNT];
    int64_t after_message[LANE_COUNT]; /* whose turn it was last */
    int64_t paused[MESSAGE_PAUSE_MAX];
    int paused_count;
    int n, jobs_room;
    struct job *jobs;
    int64_t next_due_us; /* 0: nothing is pending later */
    bool is_on_hold;
};

/* Begin a turn, if there is a reason to and none is running. */
void outbox_turn(struct outbox *o);
/* When a turn is due by itself; INT64_MAX: what is under way brings it. */
int64_t outbox_turn_ms(const struct outbox *o);
/* Nothing is on its way to the ledger, nor waits to go there. */
bool outbox_turns_ended(const struct outbox *o);
void outbox_free_turn(struct outbox *o);

#endif
