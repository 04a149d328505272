/*
 * The rows of watch groups: reading, checking, writing them. Shared by group.c (one group at a time, by staff) and
 * register_import.c (many, from a file); nobody else includes it. No audit, and scope in group_row_load only: the rest
 * is the callers' part.
 */
#ifndef GB_CORE_GROUP_ROW_H
#define GB_CORE_GROUP_ROW_H

#include <stdint.h>

#include "core/area.h"
#include "core/geo.h"
#include "core/group.h"

/* A group's columns as they will stand; texts owned. */
struct group_row {
    char *name, *name_key, *district, *district_key, *postal_code, *activated_on, *last_meeting_on;
    enum group_kind kind;
    enum group_state state;
    int64_t household_count, households_joined, sign_count; /* -1: not known */
    bool has_point;
    struct geo_point point;
};

/* What a new group begins as. */
#define GROUP_ROW_INIT                                                                                         \
    {                                                                                                          \
        .kind = GROUP_KIND_OTHER, .state = GROUP_STATE_ACTIVE, .household_count = -1, .households_joined = -1, \
        .sign_count = -1                                                                                       \
    }

void group_row_fini(struct group_row *f);
/* Lay what is asked for over what is there, checked. */
int group_row_merge(struct group_row *f, const struct group_input *in, struct err *err);
/* Within the actor's scope; ERR_NOT_FOUND with words. */
int group_row_load(struct db *db, const struct actor *actor, int64_t id, struct group_row *f,
                   char municipality[MUNICIPALITY_CODE_BYTES], struct err *err);
/* ERR_EXISTS when the municipality has the name in that district. */
int group_row_insert(struct db *db, int64_t id, const char *municipality, const struct group_row *f);
/* All but the state. *changed (may be NULL): 1 or 0, when everything was so already and nothing was written. */
int group_row_update(struct db *db, int64_t id, const struct group_row *f, int64_t *changed);
/* An entry in the group's history; `from` NULL: it was registered. */
int group_row_note(struct db *db, const struct actor *actor, int64_t id, const char *from, const char *to,
                   const char *note);
/* The new state (an allowed move) with its entry in the history; of a closed group what was not yet sent is withdrawn.
 */
int group_row_move(struct db *db, const struct actor *actor, int64_t id, enum group_state from, enum group_state to,
                   const char *note);

#endif
