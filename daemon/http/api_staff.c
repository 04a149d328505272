/*
 * Routes of staff users and API tokens. Whoever gives rights sees all of the installation: an administrator whose own
 * scope is narrower could otherwise make a wider one.
 */
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/staff.h"
#include "http/api.h"
#include "http/api_scope.h"
#include "store/db.h"

static const char USER_SPEC[] = "id:usr name:s full_name:s email:s role:s scope_kind:s scope_code:s unix_uid:i "
                                "created_at:t disabled_at:t";
static const char TOKEN_SPEC[] =
    "id:tok name:s user:s role:s scope_kind:s scope_code:s created_at:t expires_at:t revoked_at:t";

/* An absent and an empty text are the same here. */
static int optional_text(struct api_call *call, const char *name, const char **out)
{
    int rc = api_body_text(call, name, out);
    if (rc == 0 && *out && !(*out)[0])
        *out = NULL;
    return rc;
}

/* --- users ----------------------------------------------------------------------------------------------------- */

static int show_user(struct api_call *call, struct db *db, const char *name)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_STAFF_LIST, DB_ARGS(DB_TEXT(name)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, USER_SPEC);
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : err_set(&call->err, ERR_NOT_FOUND, "no user \"%.60s\": see user list", name);
}

static int add_user(struct api_call *call, struct db *db)
{
    struct staff_input in = {.unix_uid = -1};
    int64_t id = 0;
    int rc = api_body_only(call, "name full_name email role scope uid");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = optional_text(call, "name", &in.name);
    if (rc == 0)
        rc = optional_text(call, "full_name", &in.full_name);
    if (rc == 0)
        rc = optional_text(call, "email", &in.email);
    if (rc == 0)
        rc = optional_text(call, "role", &in.role);
    if (rc == 0)
        rc = optional_text(call, "scope", &in.scope);
    if (rc == 0)
        rc = api_body_int(call, "uid", -1, &in.unix_uid);
    if (rc == 0 && (in.unix_uid < -1 || in.unix_uid >= UINT32_MAX))
        rc = err_set(&call->err, ERR_INVALID, "\"uid\" must be a uid of this machine");
    if (rc == 0)
        rc = staff_add(db, &call->actor, &in, &id, &call->err);
    call->status = 201;
    return rc ? rc : show_user(call, db, in.name);
}

static int list_users(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *items = NULL;
    /* not in pages: an installation has some dozens */
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = db_query(db, &rows, Q_STAFF_LIST, DB_ARGS(DB_TEXT("")));
    if (rc == 0)
        rc = api_rows(rows, USER_SPEC, &items);
    if (rc == 0)
        call->result = json_pack("{s:o, s:n}", "items", items, "next");
    return rc;
}

static int get_user(struct api_call *call, struct db *db)
{
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    return rc ? rc : show_user(call, db, api_param(call, "name"));
}

static int disable_user(struct api_call *call, struct db *db)
{
    const char *name = api_param(call, "name");
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = staff_disable(db, &call->actor, name, &call->err);
    return rc ? rc : show_user(call, db, name);
}

/* --- tokens ---------------------------------------------------------------------------------------------------- */

static int list_tokens(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *items = NULL;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = db_query(db, &rows, Q_TOKEN_LIST, DB_NO_ARGS);
    if (rc == 0)
        rc = api_rows(rows, TOKEN_SPEC, &items);
    if (rc == 0)
        call->result = json_pack("{s:o, s:n}", "items", items, "next");
    return rc;
}

static int show_token(struct api_call *call, struct db *db, const char *name)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_TOKEN_LIST, DB_NO_ARGS);
    if (rc)
        return rc;
    while (!call->result && (rc = db_next(rows)) > 0)
        if (strcmp(db_text(rows, 1), name) == 0)
            call->result = api_row(rows, TOKEN_SPEC);
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int read_token(struct api_call *call, struct token_input *in)
{
    int rc = api_body_only(call, "name user role scope expires_at");
    if (rc == 0)
        rc = optional_text(call, "name", &in->name);
    if (rc == 0)
        rc = optional_text(call, "user", &in->user);
    if (rc == 0)
        rc = optional_text(call, "role", &in->role);
    if (rc == 0)
        rc = optional_text(call, "scope", &in->scope);
    return rc ? rc : api_body_time(call, "expires_at", &in->expires_at);
}

static int add_token(struct api_call *call, struct db *db)
{
    struct token_input in = {.name = NULL};
    char secret[TOKEN_SECRET_BYTES];
    int64_t id = 0;
    call->is_secret = true; /* the answer has what the store keeps as a hash only */
    call->status = 201;
    int rc = read_token(call, &in);
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = token_add(db, &call->actor, &in, &id, secret, &call->err);
    if (rc == 0)
        rc = show_token(call, db, in.name);
    if (rc == 0)
        json_object_set_new(call->result, "secret", json_string(secret));
    return rc;
}

static int revoke_token(struct api_call *call, struct db *db)
{
    const char *name = api_param(call, "name");
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = token_revoke(db, &call->actor, name, &call->err);
    return rc ? rc : show_token(call, db, name);
}

const struct api_route API_ROUTES_STAFF[] = {
    {HTTP_METHOD_GET, "/api/v1/user", API_READ, PERM_STAFF, API_NO_BODY, list_users, "List staff users."},
    {HTTP_METHOD_POST, "/api/v1/user", API_WRITE, PERM_STAFF, API_JSON, add_user,
     "Add a staff user with a role and a scope."},
    {HTTP_METHOD_GET, "/api/v1/user/{name}", API_READ, PERM_STAFF, API_NO_BODY, get_user, "Show a staff user."},
    {HTTP_METHOD_POST, "/api/v1/user/{name}/disable", API_WRITE, PERM_STAFF, API_JSON, disable_user,
     "Disable a staff user; what the person did stays."},
    {HTTP_METHOD_GET, "/api/v1/token", API_READ, PERM_STAFF, API_NO_BODY, list_tokens, "List API tokens."},
    {HTTP_METHOD_POST, "/api/v1/token", API_WRITE, PERM_STAFF, API_JSON, add_token,
     "Make an API token; its secret is told once."},
    {HTTP_METHOD_POST, "/api/v1/token/{name}/revoke", API_WRITE, PERM_STAFF, API_JSON, revoke_token,
     "Revoke an API token."},
    {.pattern = NULL},
};
