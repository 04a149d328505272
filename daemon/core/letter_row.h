/*
 * A letter as the store has it, for the files that change letters (letter_draft.c, letter_flow.c).
 * Private to core; texts are owned, letter_row_fini frees.
 */
#ifndef GB_CORE_LETTER_ROW_H
#define GB_CORE_LETTER_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/codec.h"
#include "core/letter.h"
#include "store/actor.h"

struct db;
struct err;

struct letter_row {
    int64_t id, series_id; /* series_id 0: none */
    char *period;          /* NULL: none */
    struct scope scope;
    char *kind, *title, *classification, *source;
    int64_t version;
    enum letter_state state;
    int64_t author_id, editor_id;
    char *author;
    char *content_hash, *approved_hash; /* NULL: none */
    int64_t due_at;                     /* 0: none */
    bool holds_period;
    int64_t message_id; /* 0: none */
};

/* Within no scope: the caller has checked, or is the scheduler. ERR_NOT_FOUND. */
int letter_row_load(struct db *db, int64_t id, struct letter_row *out, struct err *err);
/* For a change by `actor`: the letter is visible, and the actor's scope covers all of its municipalities. */
int letter_row_load_as(struct db *db, const struct actor *actor, int64_t id, struct letter_row *out, struct err *err);
void letter_row_fini(struct letter_row *row);
/* The hash of what is approved: content and audience. */
int letter_row_hash(struct db *db, const struct letter_row *row, char out[SHA256_HEX_BYTES]);
/* Audit `action` on the letter with an optional text written by a person (made safe for JSON). */
int letter_audit(struct db *db, const struct actor *actor, const char *action, int64_t id, const char *key,
                 const char *text);

#endif
