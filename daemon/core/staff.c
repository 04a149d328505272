/* Staff users and API tokens; the contract is in core/staff.h. */
#include "core/staff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "core/address.h"
#include "core/area.h"
#include "store/audit.h"
#include "store/db.h"

/* The kernel shows every account that it cannot name as UID_NOBODY. */
enum { UID_NOBODY = 65534, STAFF_NAME_MAX = 40, TOKEN_RANDOM_BYTES = 30 };

static const char TOKEN_PREFIX[] = "gbt_";

static int check_name(const char *what, const char *name, struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t n = name ? strlen(name) : 0;
    if (n == 0 || n > STAFF_NAME_MAX || strspn(name, allowed) != n)
        return err_set(err, ERR_INVALID, "%s name \"%.60s\": write 1 to %d of the characters a-z 0-9 . _ -", what,
                       name ? name : "", STAFF_NAME_MAX);
    return 0;
}

static int check_role(const char *word, enum role *role, struct err *err)
{
    if (!word || !role_parse(word, role))
        return err_set(err, ERR_INVALID, "role \"%.40s\": write admin, officer, coordinator or reader",
                       word ? word : "");
    return 0;
}

/* Only administrators see everything; nobody is tied to one group. */
static int check_scope(struct db *db, enum role role, const char *text, struct scope *scope, struct err *err)
{
    int rc = scope_resolve(db, text ? text : "all", scope, err);
    if (rc)
        return rc;
    if (scope->kind == SCOPE_GROUP)
        return err_set(err, ERR_INVALID, "a person's scope is a police area or a municipality, not a group");
    if (scope->kind == SCOPE_ALL && role != ROLE_ADMIN)
        return err_set(err, ERR_INVALID, "role %s needs a scope: write --scope police_area:NAME or municipality:CODE",
                       role_word(role));
    return 0;
}

static int check_email(const char *email, struct err *err)
{
    struct address address;
    return email ? address_parse(email, &address, err) : 0;
}

int staff_add(struct db *db, const struct actor *actor, const struct staff_input *in, int64_t *id, struct err *err)
{
    enum role role = ROLE_READER;
    struct scope scope = {0};
    char text[ID_TEXT_BYTES];
    char scope_text[80];
    int rc = check_name("user", in->name, err);
    if (rc == 0)
        rc = check_role(in->role, &role, err);
    if (rc == 0)
        rc = check_scope(db, role, in->scope, &scope, err);
    if (rc == 0)
        rc = check_email(in->email, err);
    if (rc == 0 && (in->unix_uid == UID_NOBODY || in->unix_uid > UINT32_MAX))
        rc = err_set(err, ERR_INVALID, "uid %lld is nobody's: write the number that `id -u` gives",
                     (long long)in->unix_uid);
    if (rc)
        return rc;
    char *full_name = text_clean(in->full_name && in->full_name[0] ? in->full_name : in->name);
    if (!full_name || text_has_control(full_name, strlen(full_name))) {
        free(full_name);
        return err_set(err, ERR_INVALID, "the full name holds characters that cannot be shown");
    }
    int64_t new_id = id_new(db_now_us(db));
    rc = db_exec(db, NULL, Q_STAFF_INSERT,
                 DB_ARGS(DB_INT(new_id), DB_TEXT(in->name), DB_TEXT(full_name), DB_TEXT(in->email),
                         DB_TEXT(role_word(role)), DB_TEXT(scope_kind_word(scope.kind)), DB_TEXT(scope.code),
                         DB_OPT_INT(in->unix_uid), DB_INT(db_now_us(db))));
    free(full_name);
    if (rc == ERR_EXISTS)
        return err_set(err, rc, "there is already a user \"%s\"%s", in->name,
                       in->unix_uid >= 0 ? " or one with that uid" : "");
    if (rc == 0)
        rc = audit_writef(db, actor, "user.add", id_format(ID_USER, new_id, text),
                          "{\"name\":\"%s\",\"role\":\"%s\",\"scope\":\"%s\"}", in->name, role_word(role),
                          scope_format(&scope, scope_text));
    if (rc == 0)
        *id = new_id;
    return rc;
}

int staff_disable(struct db *db, const struct actor *actor, const char *name, struct err *err)
{
    int64_t changed = 0;
    int rc = check_name("user", name, err);
    if (rc == 0)
        rc = db_exec(db, &changed, Q_STAFF_DISABLE, DB_ARGS(DB_TEXT(name), DB_INT(db_now_us(db))));
    if (rc == 0 && changed == 0)
        return err_set(err, ERR_NOT_FOUND, "no user \"%s\", or already disabled", name);
    return rc ? rc : audit_writef(db, actor, "user.disable", "", "{\"name\":\"%s\"}", name);
}

static int read_actor(struct db *db, enum query q, struct db_arg key, struct actor *out)
{
    struct db_rows *rows = NULL;
    struct actor actor = {0};
    int rc = db_query(db, &rows, q, DB_ARGS(key));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        actor.user_id = db_int(rows, 0);
        snprintf(actor.name, sizeof actor.name, "%s", db_text(rows, 1));
        snprintf(actor.scope.code, sizeof actor.scope.code, "%s", db_text(rows, 4));
        if (role_parse(db_text(rows, 2), &actor.role) && scope_kind_parse(db_text(rows, 3), &actor.scope.kind))
            *out = actor;
        else
            rc = ERR_CORRUPT;
    }
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

int staff_actor_by_name(struct db *db, const char *name, struct actor *out, struct err *err)
{
    int rc = read_actor(db, Q_STAFF_BY_NAME, DB_TEXT(name), out);
    return rc == ERR_NOT_FOUND ? err_set(err, rc, "no user \"%.60s\": see user list", name) : rc;
}

int staff_actor_by_uid(struct db *db, int64_t uid, struct actor *out, struct err *err)
{
    int rc = read_actor(db, Q_STAFF_BY_UID, DB_INT(uid), out);
    return rc == ERR_NOT_FOUND
               ? err_set(err, ERR_FORBIDDEN, "uid %lld has no user: an administrator can add one with user add --uid",
                         (long long)uid)
               : rc;
}

/* A token is never wider than the person it acts for. */
static int narrow(struct db *db, const struct actor *user, enum role role, const struct scope *scope, struct err *err)
{
    struct actor as_role = {.role = role};
    for (unsigned bit = 1; bit <= PERM_OPERATE; bit <<= 1) {
        if (actor_may(&as_role, (enum permission)bit) && !actor_may(user, (enum permission)bit))
            return err_set(err, ERR_FORBIDDEN, "role %s may do more than %s (%s): choose a narrower role",
                           role_word(role), user->name, role_word(user->role));
    }
    return scope_check_covers(db, user, scope, err);
}

/* Role and scope of the new token, from the request and the person. */
static int token_reach(struct db *db, const struct token_input *in, struct actor *user, struct err *err)
{
    int rc = 0;
    if (in->user) {
        rc = staff_actor_by_name(db, in->user, user, err);
        enum role role = user->role;
        struct scope scope = user->scope;
        if (rc == 0 && in->role)
            rc = check_role(in->role, &role, err);
        if (rc == 0 && in->scope)
            rc = check_scope(db, role, in->scope, &scope, err);
        if (rc == 0)
            rc = narrow(db, user, role, &scope, err);
        user->role = role;
        user->scope = scope;
        return rc;
    }
    rc = check_role(in->role, &user->role, err);
    return rc ? rc : check_scope(db, user->role, in->scope, &user->scope, err);
}

int token_add(struct db *db, const struct actor *actor, const struct token_input *in, int64_t *id,
              char secret[TOKEN_SECRET_BYTES], struct err *err)
{
    struct actor reach = {0};
    unsigned char random[TOKEN_RANDOM_BYTES];
    char sum[SHA256_HEX_BYTES];
    char text[ID_TEXT_BYTES];
    char scope_text[80];
    int rc = check_name("token", in->name, err);
    if (rc == 0)
        rc = token_reach(db, in, &reach, err);
    if (rc == 0 && in->expires_at && in->expires_at <= db_now_us(db))
        rc = err_set(err, ERR_INVALID, "the token would have expired already: give a later time");
    if (rc)
        return rc;
    random_bytes(random, sizeof random);
    memcpy(secret, TOKEN_PREFIX, sizeof TOKEN_PREFIX);
    base32_encode(random, sizeof random, secret + strlen(TOKEN_PREFIX));
    int64_t new_id = id_new(db_now_us(db));
    rc = db_exec(db, NULL, Q_TOKEN_INSERT,
                 DB_ARGS(DB_INT(new_id), DB_TEXT(in->name), DB_TEXT(sha256_hex(secret, strlen(secret), sum)),
                         reach.user_id ? DB_INT(reach.user_id) : DB_NULL, DB_TEXT(role_word(reach.role)),
                         DB_TEXT(scope_kind_word(reach.scope.kind)), DB_TEXT(reach.scope.code), DB_INT(db_now_us(db)),
                         in->expires_at ? DB_INT(in->expires_at) : DB_NULL));
    if (rc == ERR_EXISTS)
        return err_set(err, rc, "there is already a token \"%s\"", in->name);
    if (rc == 0)
        rc = audit_writef(db, actor, "token.add", id_format(ID_TOKEN, new_id, text),
                          "{\"name\":\"%s\",\"role\":\"%s\",\"scope\":\"%s\"}", in->name, role_word(reach.role),
                          scope_format(&reach.scope, scope_text));
    if (rc == 0)
        *id = new_id;
    return rc;
}

int token_revoke(struct db *db, const struct actor *actor, const char *name, struct err *err)
{
    int64_t changed = 0;
    int rc = check_name("token", name, err);
    if (rc == 0)
        rc = db_exec(db, &changed, Q_TOKEN_REVOKE, DB_ARGS(DB_TEXT(name), DB_INT(db_now_us(db))));
    if (rc == 0 && changed == 0)
        return err_set(err, ERR_NOT_FOUND, "no token \"%s\", or already revoked", name);
    return rc ? rc : audit_writef(db, actor, "token.revoke", "", "{\"name\":\"%s\"}", name);
}

/* Fill `out` from a token_by_hash row; ERR_UNAUTHORIZED when it is no longer good. */
static int token_row(const struct db_rows *rows, int64_t now_us, struct actor *out)
{
    struct actor actor = {0};
    if (!db_is_null(rows, 6) && db_int(rows, 6) <= now_us)
        return ERR_UNAUTHORIZED;
    if (!db_is_null(rows, 8))
        return ERR_UNAUTHORIZED;
    char name[ACTOR_NAME_BYTES];
    snprintf(name, sizeof name, "token:%s", db_text(rows, 1));
    bool is_person = !db_is_null(rows, 2);
    actor.user_id = db_int(rows, 2);
    snprintf(actor.name, sizeof actor.name, "%s", is_person ? db_text(rows, 7) : name);
    if (is_person)
        snprintf(actor.via, sizeof actor.via, "%s", name);
    snprintf(actor.scope.code, sizeof actor.scope.code, "%s", db_text(rows, 5));
    if (!role_parse(db_text(rows, 3), &actor.role) || !scope_kind_parse(db_text(rows, 4), &actor.scope.kind))
        return ERR_CORRUPT;
    *out = actor;
    return 0;
}

int token_actor(struct db *db, const char *secret, struct actor *out)
{
    char sum[SHA256_HEX_BYTES];
    struct db_rows *rows = NULL;
    if (strncmp(secret, TOKEN_PREFIX, strlen(TOKEN_PREFIX)) != 0)
        return ERR_UNAUTHORIZED;
    int rc = db_query(db, &rows, Q_TOKEN_BY_HASH, DB_ARGS(DB_TEXT(sha256_hex(secret, strlen(secret), sum))));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        rc = token_row(rows, db_now_us(db), out);
    else if (rc == 0)
        rc = ERR_UNAUTHORIZED;
    db_done(rows);
    return rc;
}
