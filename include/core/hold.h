/*
 * All sending stopped by hand (or by a restore): who did it, when and why. That nothing is claimed meanwhile is the
 * ledger's (ledger_is_on_hold). Whoever changes it writes the audit row. On a store thread.
 */
#ifndef GB_CORE_HOLD_H
#define GB_CORE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "store/actor.h"

struct db;

enum { HOLD_REASON_BYTES = 500 };

struct hold {
    bool is_on;
    int64_t since_us; /* of the state it is in; 0: it was never changed */
    char by[ACTOR_NAME_BYTES];
    char reason[HOLD_REASON_BYTES]; /* or "" */
};

/* Twice is fine: `since` stays, who and why become the latest. `reason` may be NULL. */
int hold_set(struct db *db, const struct actor *actor, bool on, const char *reason);
int hold_read(struct db *db, struct hold *out);

#endif
