/*
 * How the audience of a message becomes ledger rows, part by part: the walks behind ledger_expand (core/ledger.h).
 *
 *   audience   contact persons of a letter's municipalities          ledger_expand.c
 *   groups     memberships of an alert's groups                      ledger_expand_alert.c
 *   got        the rows of the earlier messages of a thread ...      ledger_expand_thread.c
 *   queued     ... with those that were still to be sent; then what is left of the groups
 *
 * Each walk takes one part: `room` of what it counts, in the order of its cursor, and moves the cursor behind it. The
 * caller keeps the cursor in the same transaction, so that after a crash no part is lost or told twice; the ledger's
 * UNIQUE takes care of who comes up again.
 */
#ifndef GB_CORE_LEDGER_EXPAND_H
#define GB_CORE_LEDGER_EXPAND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/address.h"
#include "core/ledger.h"

struct db;

/* word in message.walk, function */
#define EXPAND_WALK_MAP(X)             \
    X(AUDIENCE, "", expand_audience)   \
    X(GROUPS, "groups", expand_groups) \
    X(GOT, "got", expand_thread)       \
    X(QUEUED, "queued", expand_thread)

enum expand_walk {
#define EXPAND_WALK_ENUM(id, word, run) EXPAND_##id,
    EXPAND_WALK_MAP(EXPAND_WALK_ENUM)
#undef EXPAND_WALK_ENUM
};

bool expand_walk_parse(const char *word, enum expand_walk *out);

/* A message that is being expanded, and how far it is. */
struct expansion {
    int64_t message_id;
    enum lane lane;
    enum expand_walk walk;
    int64_t due_us;                /* of its rows */
    int64_t letter_id, group_id;   /* of a letter; group 0: all */
    int64_t thread_id, thread_pos; /* of an alert */
    int64_t cursor, cursor_person;
    char cursor_key[ADDRESS_KEY_BYTES];
};

/* One part; *is_walked: nobody was left. */
int expand_audience(struct db *db, struct expansion *e, int room, bool *is_walked);
int expand_groups(struct db *db, struct expansion *e, int room, bool *is_walked);
int expand_thread(struct db *db, struct expansion *e, int room, bool *is_walked);

#endif
