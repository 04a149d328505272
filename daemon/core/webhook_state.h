/*
 * Disabling an endpoint, whoever does it: for core/webhook.c (a person) and core/webhook_record.c (410, five days of
 * failure). On the writer, in the caller's transaction.
 */
#ifndef GB_CORE_WEBHOOK_STATE_H
#define GB_CORE_WEBHOOK_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct actor;
struct db;

/* What waits becomes dead letters; audited; the owner is told by mail when `tells_owner` and there is an address.
 * ERR_BAD_STATE when it is disabled already. */
int webhook_state_disable(struct db *db, const struct actor *actor, int64_t id, const char *reason, bool tells_owner);
/* Audited, as "webhook.ACTION", with a reason or NULL. */
int webhook_audit(struct db *db, const struct actor *actor, const char *action, int64_t id, const char *reason);

#endif
