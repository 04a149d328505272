/*
 * Staff users and API tokens: who may do what, and where. Called on a store thread; changes are audited.
 */
#ifndef GB_CORE_STAFF_H
#define GB_CORE_STAFF_H

#include <stdint.h>

#include "store/actor.h"

struct db;
struct err;

struct staff_input {
    const char *name;      /* [a-z0-9._-]{1,40}, what is typed */
    const char *full_name; /* NULL: as `name` */
    const char *email;     /* NULL: none; reminders need one */
    const char *role;      /* word */
    const char *scope;     /* as scope_resolve takes it; NULL or "all": all, for administrators only */
    int64_t unix_uid;      /* -1: none */
};

int staff_add(struct db *db, const struct actor *actor, const struct staff_input *in, int64_t *id, struct err *err);
/* The person can no longer log in or be acted for; what they did stays. */
int staff_disable(struct db *db, const struct actor *actor, const char *name, struct err *err);
/* The actor for a name, or for a uid of this machine. ERR_NOT_FOUND also when disabled. */
int staff_actor_by_name(struct db *db, const char *name, struct actor *out, struct err *err);
int staff_actor_by_uid(struct db *db, int64_t uid, struct actor *out, struct err *err);

enum { TOKEN_SECRET_BYTES = 64 };

struct token_input {
    const char *name;   /* unique */
    const char *user;   /* acts for this staff user, or NULL: a program of its own */
    const char *role;   /* NULL with `user`: the user's own */
    const char *scope;  /* NULL with `user`: the user's own; never wider than it */
    int64_t expires_at; /* microseconds; 0: never */
};

/* Makes a token and gives its secret ("gbt_...") once; the store keeps only its SHA-256. */
int token_add(struct db *db, const struct actor *actor, const struct token_input *in, int64_t *id,
              char secret[TOKEN_SECRET_BYTES], struct err *err);
int token_revoke(struct db *db, const struct actor *actor, const char *name, struct err *err);
/* ERR_UNAUTHORIZED when unknown, revoked, expired, or its user disabled. */
int token_actor(struct db *db, const char *secret, struct actor *out);

#endif
