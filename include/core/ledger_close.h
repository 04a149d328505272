/*
 * Closing a message: nothing of it leaves any more.
 *
 *   message: expanding, sending, finished --ledger_close--> withdrawn or expired
 *   its rows: pending --(no claim from here on)--ledger_close_step--> withdrawn or expired
 *             claimed --(recalled)--> withdrawn or expired when given back; sent, failed, uncertain if it was on the
 * wire
 *
 * The closing itself is one short transaction however many rows there are: the message leaves lane_queue for good, its
 * expansion stops, and the few rows that are claimed are recalled. The rows that wait follow in parts of about 10 ms,
 * one for each look of the scheduler; message_closing remembers what is left over a crash.
 *
 * Callers: letters that are called off, alerts, the scheduler. On the writer thread.
 */
#ifndef GB_CORE_LEDGER_CLOSE_H
#define GB_CORE_LEDGER_CLOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ledger.h"

struct db;

/* Close it as WITHDRAWN or EXPIRED; one that is closed already stays as it is. */
int ledger_close(struct db *db, int64_t message_id, enum delivery_state state);
/* Some rows of a closed message become what it is. *more tells whether there was something to do. */
int ledger_close_step(struct db *db, bool *more);
/* Close as expired what is past its time, LEDGER_EXPIRE_MAX messages at most. *n says how many. */
enum { LEDGER_EXPIRE_MAX = 32 };
int ledger_expire(struct db *db, int64_t now_us, int *n);

#endif
