/*
 * The audit log: who did what, when, to what; append-only and hash-chained.
 *
 * Called by every store function that changes a state, in the same transaction as the change. The
 * chain shows that a row was changed or taken out of the middle; that the newest rows were cut off shows
 * against a head written down elsewhere, which is what `grannbud audit verify` prints.
 */
#ifndef GB_STORE_AUDIT_H
#define GB_STORE_AUDIT_H

#include <stdint.h>

#include "base/codec.h"

struct actor;
struct db;
struct err;

/* `object`: an outside id, or "". `detail_json`: one JSON object, or NULL for {}. */
int audit_write(struct db *db, const struct actor *actor, const char *action, const char *object,
                const char *detail_json);
/* The same with the detail as a format, whose values the caller has made safe for JSON (ids, states, numbers). */
int audit_writef(struct db *db, const struct actor *actor, const char *action, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

struct audit_head {
    int64_t rows;
    char hash[SHA256_HEX_BYTES]; /* of the newest row; 64 zeros for an empty log */
};

/* Walk the whole chain; ERR_CORRUPT with the first row that does not fit. */
int audit_verify(struct db *db, struct audit_head *out, struct err *err);

#endif
