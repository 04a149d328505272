/*
 * Watch groups and their contact persons: the rules for registering and looking after them.
 *
 * Called on a store thread, inside a transaction that the caller commits. Every function takes the acting
 * person and sees only that person's scope; every change writes the audit log. Errors: ERR_INVALID,
 * ERR_NOT_FOUND, ERR_EXISTS, ERR_BAD_STATE, ERR_FORBIDDEN with words in `err`.
 */
#ifndef GB_CORE_GROUP_H
#define GB_CORE_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/group_words.h"

struct actor;
struct db;
struct err;

/* What is asked for. NULL (texts) or -2 (numbers): leave as it is; "" or -1: clear. */
struct group_input {
    const char *name;
    const char *kind;  /* word */
    const char *state; /* word; group_add only (group_set_state afterwards) */
    const char *district;
    const char *postal_code;
    const char *activated_on;
    const char *last_meeting_on;
    const char *position; /* "56.242, 12.862" */
    int household_count, households_joined, sign_count;
};
#define GROUP_INPUT_INIT                                                 \
    {                                                                    \
        .household_count = -2, .households_joined = -2, .sign_count = -2 \
    }

int group_add(struct db *db, const struct actor *actor, const char *municipality_code, const struct group_input *in,
              int64_t *id, struct err *err);
int group_set(struct db *db, const struct actor *actor, int64_t id, const struct group_input *in, struct err *err);
/* Moves along an arrow of GROUP_STATE_MAP; `note` may be NULL. The same state again is ERR_BAD_STATE. */
int group_set_state(struct db *db, const struct actor *actor, int64_t id, const char *state, const char *note,
                    struct err *err);
/* By id ("grp_...") or by a name that only one group within the scope has. */
int group_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err);

enum { CONTACT_ADDRESSES_MAX = 5 };

struct contact_input {
    const char *name;
    const char *addresses[CONTACT_ADDRESSES_MAX]; /* as typed */
    int address_count;                            /* -1: leave as they are */
    const char *phone, *phone_alt;                /* as typed or E.164 */
    int trained;                                  /* 1, 0, -1 not known, -2 leave */
    int trained_year;                             /* -1 not known, -2 leave */
    int is_protected;                             /* 1, 0, -2 leave */
};
#define CONTACT_INPUT_INIT                                                         \
    {                                                                              \
        .address_count = -1, .trained = -2, .trained_year = -2, .is_protected = -2 \
    }

/* Adds the person to the group; the same person (name and an address or phone in common) already in the municipality
 * is used again (what is new of them is added), and already in the group is ERR_EXISTS. `role`: "lead_rep" or
 * "contact_rep". */
int contact_add(struct db *db, const struct actor *actor, int64_t group_id, const char *role,
                const struct contact_input *in, int64_t *id, struct err *err);
int contact_set(struct db *db, const struct actor *actor, int64_t id, const struct contact_input *in, struct err *err);
/* What the person is to one of their groups. ERR_NOT_FOUND when it is none of theirs. */
int contact_set_role(struct db *db, const struct actor *actor, int64_t id, int64_t group_id, const char *role,
                     struct err *err);
/* Takes the person out of one group, or of all (group_id 0) and then out of the register; letters not yet handed over
 * to a relay are withdrawn. */
int contact_remove(struct db *db, const struct actor *actor, int64_t id, int64_t group_id, struct err *err);
/* Stop letters to one address (from a link in a letter; no actor but the address itself). Doing it twice is fine. */
int contact_unsubscribe(struct db *db, const struct actor *actor, int64_t address_id, struct err *err);
/* The same for alerts; letters go on. */
int contact_stop_alerts(struct db *db, const struct actor *actor, int64_t address_id, struct err *err);

#endif
