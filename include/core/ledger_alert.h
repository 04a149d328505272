/*
 * Messages of alerts: an alert, the updates that follow it, and the recall that ends it are a thread of messages.
 *
 *   alert    for everybody who represents one of its groups (alert_group) that is active when the walk comes there, at
 *            each address that has not stopped alerts
 *   update   for those who got an earlier copy of the thread or may have, and for those whose copy was still to come:
 *            they get the update in its place
 *   recall   for those who got a copy of the thread or may have, and nobody else
 *
 * "May have": the final dot left us without an answer (uncertain), or the process ended while the row was in flight, or
 * a person had an uncertain one tried again, or the store was restored from a backup that had it queued (all in_doubt).
 * What is on the wire when an update or a recall comes is noted in thread_wait and follows, or not, when it is decided.
 * delivery.follows is the first copy that the reader has or may have.
 *
 * Invariants:
 *  1. Before an update or a recall is expanded the earlier messages of its thread are closed, in the same transaction.
 *  2. Who joins a group after its walk gets nothing of the thread: no update, no recall.
 *  3. Whoever has left the register or stopped alerts meanwhile is not written to again.
 *  4. All messages of a thread are exercises, or none is (kept by triggers).
 *
 * Callers: core/alert.c, the scheduler. On the writer thread, in the transaction that changes the alert.
 */
#ifndef GB_CORE_LEDGER_ALERT_H
#define GB_CORE_LEDGER_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ledger_close.h"

struct db;

struct ledger_alert {
    int64_t alert_id; /* its row is there already */
    const char *title, *source, *hash;
    bool is_exercise;
    int64_t not_before_us; /* 0: at once */
    int64_t expires_us;    /* > 0 */
};

/* A message over alert_group of the alert, which is the root of its thread. */
int ledger_open_alert(struct db *db, const struct ledger_alert *alert, int64_t *message_id);
/* An update (takes_queued) or a recall in the thread of root_alert_id; closes the thread's earlier messages. */
int ledger_open_follow(struct db *db, const struct ledger_alert *alert, int64_t root_alert_id, bool takes_queued,
                       int64_t *message_id);
/* The store is a backup: whatever of alerts was queued may have been sent since it was made, so a recall goes to those
 * readers, too. */
int ledger_doubt_queued(struct db *db);
/* Rows that an update or a recall waits for, and that have been decided: who may have got them follows. At most
 * LEDGER_FOLLOW_MAX a call, *n of them: there may be others when it is that many. Costs what is in flight. */
enum { LEDGER_FOLLOW_MAX = 100 };
int ledger_follow_decided(struct db *db, int *n);

#endif
