/*
 * The history of a delivery: every try that was not taken at once, with the server's answer. For `why` and
 * `delivery show`; nothing else reads it. Writer thread, in the transaction that records the outcome.
 */
#ifndef GB_CORE_LEDGER_ATTEMPT_H
#define GB_CORE_LEDGER_ATTEMPT_H

struct db;
struct ledger_result;

enum { LEDGER_ATTEMPTS_MAX = 100 }; /* kept of one delivery; older ones go */

/* Keeps what `result` says, unless it is SENT, which the delivery's own row tells. */
int ledger_attempt_keep(struct db *db, const struct ledger_result *result);

#endif
