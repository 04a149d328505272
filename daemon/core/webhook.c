/* Webhook endpoints: made, found, rotated, removed. The contract is in core/webhook.h; what changes one is in
 * webhook_edit.c, what sends again in webhook_again.c. */
#include "core/webhook.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/address.h"
#include "core/area.h"
#include "core/time_words.h"
#include "core/webhook_parts.h"
#include "core/webhook_state.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

/* --- finding ------------------------------------------------------------------------------------------------------ */

int webhook_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err)
{
    struct db_rows *rows = NULL;
    int64_t wanted = 0;
    int64_t found = 0;
    int n = 0;
    if (id_parse(ID_WEBHOOK, text, &wanted) != 0)
        wanted = 0;
    int rc = db_query_as(db, &actor->scope, &rows, Q_WEBHOOK_FIND, DB_ARGS(DB_INT(wanted), DB_TEXT(text)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        found = db_int(rows, 0);
        n++;
    }
    db_done(rows);
    if (rc < 0)
        return rc;
    if (n == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no webhook \"%.60s\" in your area: see webhook list", text);
    if (n > 1)
        return err_set(err, ERR_INVALID, "several webhooks are called \"%.60s\": write the id (whk_...)", text);
    *id = found;
    return 0;
}

int webhook_load_for_change(struct db *db, const struct actor *actor, int64_t id, struct webhook_row *row,
                            struct err *err)
{
    struct scope scope;
    int rc = webhook_row_load(db, id, row);
    if (rc)
        return rc == ERR_NOT_FOUND ? err_set(err, rc, "there is no such webhook: see webhook list") : rc;
    scope = row->scope;
    if (scope.kind == SCOPE_ALL && actor->scope.kind != SCOPE_ALL)
        rc = ERR_NOT_FOUND;
    else
        rc = scope.kind == SCOPE_ALL ? 0 : scope_check_covers(db, actor, &scope, err);
    if (rc == ERR_NOT_FOUND)
        err_set(err, ERR_FORBIDDEN,
                "the webhook belongs to more than your area: who answers for all of it may change it");
    if (rc)
        webhook_row_fini(row);
    return rc == ERR_NOT_FOUND ? ERR_FORBIDDEN : rc;
}

static int check_covers(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    struct webhook_row row;
    int rc = webhook_load_for_change(db, actor, id, &row, err);
    if (rc == 0)
        webhook_row_fini(&row);
    return rc;
}

/* --- secrets ------------------------------------------------------------------------------------------------------ */

/* Stores the secret, and tells of it what its owner needs. */
static int put_secret(struct db *db, int64_t webhook_id, const char *given, bool is_ed25519, struct webhook_made *out,
                      struct err *err)
{
    char text[WEBHOOK_SECRET_TEXT_BYTES];
    struct webhook_secret secret;
    int64_t now = db_now_us(db);
    if (given && strlen(given) >= sizeof text)
        return err_set(err, ERR_INVALID, "the secret is too long");
    if (given)
        snprintf(text, sizeof text, "%s", given);
    else
        webhook_secret_new(is_ed25519, text);
    int rc = webhook_secret_parse(text, &secret, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_SECRET_ADD,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(webhook_id), DB_TEXT(text), DB_INT(now)));
    out->secret[0] = out->public_key[0] = '\0';
    if (rc == 0 && secret.is_ed25519)
        webhook_secret_public(&secret, out->public_key);
    else if (rc == 0)
        snprintf(out->secret, sizeof out->secret, "%s", text);
    webhook_secret_wipe(&secret);
    OPENSSL_cleanse(text, sizeof text);
    return rc;
}

/* Is the present secret one of ed25519? */
static int present_kind(struct db *db, int64_t id, bool *is_ed25519)
{
    char *text = NULL;
    int rc = db_get_text(db, &text, Q_WEBHOOK_SECRETS, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db)), DB_INT(1)));
    *is_ed25519 = text && strncmp(text, "whsk_", 5) == 0;
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* A delivery has room for so many signatures: one more would end the oldest secret before the time that was told. */
static int check_room(struct db *db, int64_t id, int64_t now, struct err *err)
{
    char text[TIME_WORDS_BYTES];
    struct db_rows *rows = NULL;
    int64_t valid = 0;
    int64_t ends_us = 0;
    int rc = db_query(db, &rows, Q_WEBHOOK_SECRET_VALID, DB_ARGS(DB_INT(id), DB_INT(now)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        valid = db_int(rows, 0);
        ends_us = db_opt_int(rows, 1);
    }
    db_done(rows);
    if (rc < 0 || valid < WEBHOOK_SIGNATURES_MAX)
        return rc < 0 ? rc : 0;
    return err_set(
        err, ERR_BAD_STATE,
        "%d secrets are valid already, as many as a delivery is signed with, and the oldest until %s: rotate "
        "after that, or say --now, which ends all of them at once",
        WEBHOOK_SIGNATURES_MAX, time_words_en(ends_us, text));
}

int webhook_rotate(struct db *db, const struct actor *actor, int64_t id, int64_t overlap_s, char kind,
                   const char *secret, struct webhook_made *out, struct err *err)
{
    struct webhook_row row;
    bool is_ed25519 = kind == 'e';
    int64_t now = db_now_us(db);
    if (overlap_s < 0 || overlap_s > WEBHOOK_OVERLAP_MAX_S)
        return err_set(err, ERR_INVALID, "the overlap is 0 to %d seconds", WEBHOOK_OVERLAP_MAX_S);
    int rc = webhook_load_for_change(db, actor, id, &row, err);
    if (rc)
        return rc;
    if (!webhook_format_is_signed(row.format))
        rc = err_set(err, ERR_INVALID, "the format %s is not signed: there is no secret to rotate",
                     webhook_format_word(row.format));
    webhook_row_fini(&row);
    if (rc == 0 && overlap_s > 0)
        rc = check_room(db, id, now, err);
    if (rc == 0 && kind == 0)
        rc = present_kind(db, id, &is_ed25519);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_SECRET_RETIRE, DB_ARGS(DB_INT(id), DB_INT(now + overlap_s * US_PER_S)));
    if (rc == 0)
        rc = put_secret(db, id, secret, is_ed25519, out, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_SECRET_TRIM, DB_ARGS(DB_INT(id), DB_INT(now)));
    out->id = id;
    return rc ? rc : webhook_audit(db, actor, "rotate", id, NULL);
}

/* --- adding ------------------------------------------------------------------------------------------------------- */

static int resolve_scope(struct db *db, const struct actor *actor, const char *text, struct scope *scope,
                         int64_t *group_id, struct err *err)
{
    *group_id = 0;
    if (!text || !text[0])
        return err_set(err, ERR_INVALID, "whose is it? Give a scope: group, municipality, police area, or all");
    int rc = scope_resolve(db, text, scope, err);
    if (rc)
        return rc;
    if (scope->kind == SCOPE_ALL)
        return actor->scope.kind == SCOPE_ALL
                   ? 0
                   : err_set(err, ERR_FORBIDDEN, "a webhook for all alerts is an administrator's to add");
    rc = scope_check_covers(db, actor, scope, err);
    if (rc == 0 && scope->kind == SCOPE_GROUP)
        rc = id_parse(ID_GROUP, scope->code, group_id);
    return rc;
}

int webhook_owner_email(struct db *db, const struct actor *actor, const char *given, char **out, struct err *err)
{
    struct address address;
    int rc = 0;
    *out = NULL;
    if (given && given[0]) {
        rc = address_parse(given, &address, err);
        *out = rc == 0 ? xstrdup(address.full) : NULL;
        return rc;
    }
    rc = db_get_text(db, out, Q_WEBHOOK_OWNER_EMAIL, DB_ARGS(DB_INT(actor->user_id)));
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int insert_municipalities(struct db *db, const struct actor *actor, int64_t id, const struct scope *scope)
{
    char municipality[MUNICIPALITY_CODE_BYTES];
    const char *kind = scope_kind_word(scope->kind);
    const char *code = scope->code;
    if (scope->kind == SCOPE_ALL)
        return 0;
    if (scope->kind == SCOPE_GROUP) {
        int rc = scope_group_municipality(db, &actor->scope, scope, municipality);
        if (rc)
            return rc;
        kind = scope_kind_word(SCOPE_MUNICIPALITY);
        code = municipality;
    }
    return db_exec(db, NULL, Q_WEBHOOK_MUNICIPALITY_ADD, DB_ARGS(DB_INT(id), DB_TEXT(kind), DB_TEXT(code)));
}

int webhook_insert_kinds(struct db *db, int64_t id, const struct webhook_checked *c)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->kind_count; i++)
        rc = db_exec(db, NULL, Q_WEBHOOK_KIND_ADD, DB_ARGS(DB_INT(id), DB_TEXT(c->kinds[i])));
    return rc;
}

int webhook_insert_recipients(struct db *db, int64_t id, const struct webhook_checked *c)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < c->recipient_count; i++)
        rc = db_exec(db, NULL, Q_WEBHOOK_RECIPIENT_ADD, DB_ARGS(DB_INT(id), DB_TEXT(c->recipients[i])));
    return rc;
}

static int insert_parts(struct db *db, int64_t id, const struct webhook_checked *c)
{
    int rc = db_exec(db, NULL, Q_WEBHOOK_LANE_ADD, DB_ARGS(DB_INT(id)));
    rc = rc ? rc : webhook_insert_kinds(db, id, c);
    return rc ? rc : webhook_insert_recipients(db, id, c);
}

/* What is not secret. */
static int audit_add(struct db *db, const struct actor *actor, int64_t id, const struct webhook_checked *c,
                     const struct scope *scope)
{
    char scope_text[80];
    char object[ID_TEXT_BYTES];
    char *shown = webhook_url_shown(c->format, c->url);
    json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "name", c->name, "format", webhook_format_word(c->format), "url",
                               shown, "scope", scope_format(scope, scope_text));
    char *text = json_dumps(detail, JSON_COMPACT);
    int rc = audit_write(db, actor, "webhook.add", id_format(ID_WEBHOOK, id, object), text);
    free(text);
    json_decref(detail);
    free(shown);
    return rc;
}

static int insert(struct db *db, const struct actor *actor, const struct webhook_input *in,
                  const struct webhook_checked *c, const struct scope *scope, int64_t group_id, const char *email,
                  int64_t id)
{
    char *settings = json_dumps(c->settings, JSON_COMPACT);
    int64_t now = db_now_us(db);
    int rc =
        db_exec(db, NULL, Q_WEBHOOK_INSERT,
                DB_ARGS(DB_INT(id), DB_TEXT(c->name), DB_TEXT(scope_kind_word(scope->kind)), DB_TEXT(scope->code),
                        group_id ? DB_INT(group_id) : DB_NULL, DB_TEXT(c->url), DB_TEXT(webhook_format_word(c->format)),
                        DB_INT(in->no_exercises ? 0 : 1), DB_TEXT(settings), DB_TEXT(c->user), DB_TEXT(c->credential),
                        DB_INT(actor->user_id), DB_TEXT(actor->name), DB_TEXT(email), DB_INT(now)));
    free(settings);
    if (rc == 0)
        rc = insert_municipalities(db, actor, id, scope);
    if (rc == 0)
        rc = insert_parts(db, id, c);
    return rc ? rc : audit_add(db, actor, id, c, scope);
}

int webhook_add(struct db *db, const struct actor *actor, const struct webhook_rules *rules,
                const struct webhook_input *in, struct webhook_made *out, struct err *err)
{
    struct webhook_checked checked;
    struct scope scope = {0};
    char *email = NULL;
    int64_t group_id = 0;
    int64_t id = id_new(db_now_us(db));
    *out = (struct webhook_made){.id = id};
    int rc = webhook_check(rules, in, &checked, err);
    if (rc == 0)
        rc = resolve_scope(db, actor, in->scope, &scope, &group_id, err);
    if (rc == 0)
        rc = webhook_owner_email(db, actor, in->email, &email, err);
    if (rc == 0)
        rc = insert(db, actor, in, &checked, &scope, group_id, email, id);
    if (rc == 0 && webhook_format_is_signed(checked.format))
        rc = put_secret(db, id, in->secret, in->is_ed25519, out, err);
    free(email);
    webhook_checked_fini(&checked);
    return rc;
}

/* --- states ------------------------------------------------------------------------------------------------------- */

int webhook_disable(struct db *db, const struct actor *actor, int64_t id, const char *reason, struct err *err)
{
    int rc = check_covers(db, actor, id, err);
    if (rc == 0)
        rc = webhook_state_disable(db, actor, id, reason && reason[0] ? reason : "by hand", false);
    return rc == ERR_BAD_STATE ? err_set(err, rc, "the webhook is disabled already") : rc;
}

int webhook_enable(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    int64_t changed = 0;
    int rc = check_covers(db, actor, id, err);
    if (rc == 0)
        rc = db_exec(db, &changed, Q_WEBHOOK_ENABLE, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    if (rc == 0 && changed == 0)
        return err_set(err, ERR_BAD_STATE, "the webhook is enabled already");
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_LANE_RENEW, DB_ARGS(DB_INT(id)));
    return rc ? rc : webhook_audit(db, actor, "enable", id, NULL);
}

int webhook_remove(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    int rc = check_covers(db, actor, id, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_DELIVERIES_REMOVE, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_REMOVE, DB_ARGS(DB_INT(id)));
    return rc ? rc : webhook_audit(db, actor, "remove", id, NULL);
}

/* --- once a day ----------------------------------------------------------------------------------------------------
 */

int webhook_refresh(struct db *db)
{
    int rc = db_exec(db, NULL, Q_WEBHOOK_MUNICIPALITY_CLEAR_AREAS, DB_NO_ARGS);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_MUNICIPALITY_FILL_AREAS, DB_NO_ARGS);
    return rc ? rc : db_exec(db, NULL, Q_WEBHOOK_SECRETS_FORGET, DB_ARGS(DB_INT(db_now_us(db))));
}
