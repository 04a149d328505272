/*
 * Trying a delivery again by hand: the one way out of a final state, and only a person takes it.
 *
 *   failed, uncertain --ledger_retry--> pending, due now
 *
 * An uncertain one may then arrive twice, which is why it is never done by the daemon itself. Refused when the letter
 * was called off, and when its reader has meanwhile said no, left the register, or the group is not active any more:
 * what withdraws a pending delivery also keeps a final one from coming back.
 *
 * On the writer thread; the change is audited.
 */
#ifndef GB_CORE_LEDGER_RETRY_H
#define GB_CORE_LEDGER_RETRY_H

#include <stdint.h>

struct actor;
struct db;
struct err;

/* 0; ERR_NOT_FOUND outside the actor's scope, ERR_BAD_STATE with words when it may not be tried again. The caller has
 * checked PERM_DELIVERY. */
int ledger_retry(struct db *db, const struct actor *actor, int64_t id, struct err *err);

#endif
