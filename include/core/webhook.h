/*
 * Webhook endpoints: who is told of alerts and letters besides people's mailboxes, in which form, and how they fare.
 *
 *   enabled --410, five days of failure, a person--> disabled --a person--> enabled
 *
 * An endpoint belongs to a group, a municipality or a police area, or (for those who see all) to all; that decides what
 * it is told of and who may touch it. Its secret is told once, when it is made or rotated; passwords, tokens and the
 * secret paths of chat services are never shown again: no list, log, audit entry or error text has them.
 *
 * Acting person, scope and audit as in core/group.h: a change needs a scope that covers the endpoint's, seeing it one
 * that touches it. Called on the writer, inside a transaction that the caller commits; _find also on a reader. Errors
 * have words in `err`.
 */
#ifndef GB_CORE_WEBHOOK_H
#define GB_CORE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/webhook_sign.h"

struct actor;
struct config;
struct db;
struct err;

enum {
    WEBHOOK_NAME_CHARS = 80,
    WEBHOOK_KINDS_MAX = 32,
    WEBHOOK_RECIPIENTS_MAX = 100,
    WEBHOOK_URL_BYTES = 2048,
    WEBHOOK_SETTING_BYTES = 255,
    WEBHOOK_OVERLAP_S = 86400, /* of a rotation, when nothing else is said */
    WEBHOOK_OVERLAP_MAX_S = 30 * 86400,
};

/* What decides whether an address will do: the configuration, and the judgement of the layer that calls it (which core
 * does not know): 0 or ERR_INVALID with words. */
struct webhook_rules {
    const struct config *config;
    int (*check_url)(const char *url, const struct config *config, struct err *err);
};

/* Texts as typed; NULL: not given. */
struct webhook_input {
    const char *url; /* may be left out for 46elks */
    const char *format;
    const char *scope; /* as scope_resolve takes it */
    const char *name;  /* NULL: the host's */
    const char *email; /* who is told when it is disabled; NULL: the acting person's */
    const char *const *kinds;
    size_t kind_count; /* 0: all kinds of alerts */
    bool no_exercises;
    const char *secret; /* NULL: one is made */
    bool is_ed25519;
    const char *room, *topic, *token, *from, *user, *password;
    const char *const *to;
    size_t to_count;
    const char *body, *content_type; /* of a template */
};

/* What is told once. */
struct webhook_made {
    int64_t id;
    char secret[WEBHOOK_SECRET_TEXT_BYTES];     /* whsec_...; "" for ed25519 and for formats that are not signed */
    char public_key[WEBHOOK_SECRET_TEXT_BYTES]; /* whpk_...; "" unless ed25519 */
};

int webhook_add(struct db *db, const struct actor *actor, const struct webhook_rules *rules,
                const struct webhook_input *in, struct webhook_made *out, struct err *err);
/* What is to be other than it was. Texts of `given`: NULL: as it is; "": none (name, email: as for a new one). Its
 * format, scope and secret stay: `format`, `scope`, `secret`, `is_ed25519`, `no_exercises` are not looked at. */
struct webhook_change {
    struct webhook_input given;
    bool has_kinds, has_to;
    int exercises; /* 1, 0; -1: as it is */
};
/* Checked as a new one would be. Deliveries that wait go to the new address; telephones that are no longer among `to`
 * get nothing more. A stored password or token is not sent to another host: ERR_INVALID unless it is given again. */
int webhook_edit(struct db *db, const struct actor *actor, const struct webhook_rules *rules, int64_t id,
                 const struct webhook_change *change, struct err *err);
/* By id ("whk_...") or by its name, if one alone has it. */
int webhook_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err);
/* A new secret; the present one is valid for overlap_s more (0: not at all). ERR_BAD_STATE when so many are valid that
 * this one would cut an overlap short. `kind`: 'e' ed25519, 'h' HMAC, 0 as it
 * was; `secret` NULL: one is made. */
int webhook_rotate(struct db *db, const struct actor *actor, int64_t id, int64_t overlap_s, char kind,
                   const char *secret, struct webhook_made *out, struct err *err);
int webhook_disable(struct db *db, const struct actor *actor, int64_t id, const char *reason, struct err *err);
int webhook_enable(struct db *db, const struct actor *actor, int64_t id, struct err *err);
/* With everything that is known of its deliveries; what is in flight may still arrive. */
int webhook_remove(struct db *db, const struct actor *actor, int64_t id, struct err *err);
/* A made-up warning at once, to a disabled endpoint too; for text messages to the first number. */
int webhook_test(struct db *db, const struct actor *actor, int64_t id, int64_t *delivery_id, struct err *err);

struct webhook_replay {
    int64_t delivery_id; /* this one, whatever became of it; 0: all dead letters */
    int64_t since_us;    /* of events from then on */
    bool with_expired;   /* also what is over: expired, recalled, updated since */
};
/* Sends again under the same webhook-id; *n says how many. The endpoint is enabled. */
int webhook_replay(struct db *db, const struct actor *actor, int64_t id, const struct webhook_replay *replay,
                   int64_t *n, struct err *err);

/* What the gateway says of a text message later. `status` is its word. ERR_NOT_FOUND when there is no such delivery. */
int webhook_report(struct db *db, int64_t delivery_id, const char *status);

/* For the scheduler, once a day: scopes of police areas follow their municipalities, retired secrets are forgotten. */
int webhook_refresh(struct db *db);

#endif
