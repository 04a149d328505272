/*
 * What adding an endpoint and changing one share: for core/webhook.c and core/webhook_edit.c only. On the writer.
 */
#ifndef GB_CORE_WEBHOOK_PARTS_H
#define GB_CORE_WEBHOOK_PARTS_H

#include "core/webhook_check.h"
#include "core/webhook_row.h"

/* For a change: the whole of its scope has to lie within the actor's. The caller ends `row`. */
int webhook_load_for_change(struct db *db, const struct actor *actor, int64_t id, struct webhook_row *row,
                            struct err *err);
/* The address to tell when it is disabled: the given one, or the acting person's; *out is the caller's, or NULL. */
int webhook_owner_email(struct db *db, const struct actor *actor, const char *given, char **out, struct err *err);
int webhook_insert_kinds(struct db *db, int64_t id, const struct webhook_checked *c);
int webhook_insert_recipients(struct db *db, int64_t id, const struct webhook_checked *c);

#endif
