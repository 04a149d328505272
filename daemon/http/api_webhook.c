/*
 * Routes of webhook endpoints: list, show, add, edit, remove. URLs are shown without what may be secret in them; a
 * secret is in the answer that made it, and in none after.
 */
#include "http/api_webhook.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/group.h"
#include "core/webhook.h"
#include "core/webhook_format.h"
#include "http/api.h"
#include "http/api_webhook_again.h"
#include "store/db.h"

#define LIST_SPEC                                                                                                 \
    "id:whk name:s scope_kind:s scope_code:s url:s format:s exercises:b state:s disabled_reason:s disabled_at:t " \
    "failing:b failing_since:t paused_until:t last_success_at:t last_error_at:t last_error:s pending:i dead:i "   \
    "owner:s "                                                                                                    \
    "created_at:t"
static const char SHOW_SPEC[] = LIST_SPEC " email:s user:s has_credential:b settings:j updated_at:t";

int api_webhook_find(struct api_call *call, struct db *db, int64_t *id)
{
    return webhook_find(db, &call->actor, api_param(call, "id"), id, &call->err);
}

/* --- showing ------------------------------------------------------------------------------------------------------ */

/* One endpoint as api_row made it, without what may be secret. */
static void mask(json_t *webhook)
{
    enum webhook_format format = WEBHOOK_FORMAT_STANDARD;
    const char *url = json_string_value(json_object_get(webhook, "url"));
    const char *word = json_string_value(json_object_get(webhook, "format"));
    if (!url || !word || !webhook_format_parse(word, &format))
        return;
    char *shown = webhook_url_shown(format, url);
    json_object_set_new(webhook, "url", json_string(shown));
    free(shown);
}

/* The first column of a query by the endpoint, as an array. */
static int add_texts(struct db *db, enum query q, int64_t id, json_t *webhook, const char *name)
{
    struct db_rows *rows = NULL;
    json_t *list = json_array();
    int rc = db_query(db, &rows, q, DB_ARGS(DB_INT(id)));
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        json_array_append_new(list, json_string(db_text(rows, 0)));
        rc = 0;
    }
    if (rows)
        db_done(rows);
    json_object_set_new(webhook, name, list);
    return rc;
}

static int add_secrets(struct db *db, int64_t id, json_t *webhook)
{
    struct db_rows *rows = NULL;
    json_t *list = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_SECRET_LIST, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = api_rows(rows, "created_at:t retires_at:t kind:s", &list);
    if (rc == 0)
        json_object_set_new(webhook, "secrets", list);
    return rc;
}

int api_webhook_show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, SHOW_SPEC);
    db_done(rows);
    if (rc <= 0)
        return rc < 0 ? rc : err_set(&call->err, ERR_NOT_FOUND, "there is no such webhook: see webhook list");
    mask(call->result);
    rc = add_texts(db, Q_WEBHOOK_KINDS, id, call->result, "kinds");
    if (rc == 0)
        rc = add_texts(db, Q_WEBHOOK_RECIPIENTS, id, call->result, "to");
    return rc ? rc : add_secrets(db, id, call->result);
}

void api_webhook_tell(struct api_call *call, const struct webhook_made *made)
{
    call->is_secret = true;
    if (made->secret[0])
        json_object_set_new(call->result, "secret", json_string(made->secret));
    if (made->public_key[0])
        json_object_set_new(call->result, "public_key", json_string(made->public_key));
}

static int get_webhook(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    return rc ? rc : api_webhook_show(call, db, id);
}

static int list_webhooks(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    size_t i;
    json_t *webhook;
    int rc = api_query_only(call, "after limit");
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_WEBHOOK_LIST,
                         DB_ARGS(DB_TEXT(page.key), DB_INT(page.id), DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows, LIST_SPEC, 1, &page);
    api_page_fini(&page);
    json_array_foreach(rc == 0 ? json_object_get(call->result, "items") : NULL, i, webhook)
    {
        int64_t id = 0;
        mask(webhook);
        if (rc == 0)
            rc = id_parse(ID_WEBHOOK, json_string_value(json_object_get(webhook, "id")), &id);
        if (rc == 0)
            rc = add_texts(db, Q_WEBHOOK_KINDS, id, webhook, "kinds");
    }
    return rc;
}

/* --- adding ------------------------------------------------------------------------------------------------------- */

/* A list of texts in the body, or one text; *out is freed by the caller, its texts are the body's. */
static int body_texts(struct api_call *call, const char *name, size_t max, const char ***out, size_t *n)
{
    const json_t *value = json_object_get(call->body, name);
    size_t count = json_is_array(value) ? json_array_size(value) : value && !json_is_null(value) ? 1 : 0;
    *out = NULL;
    *n = 0;
    if (count == 0)
        return 0;
    if (count > max)
        return err_set(&call->err, ERR_INVALID, "\"%s\" has more than %zu entries", name, max);
    *out = xcalloc(count, sizeof **out);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_is_array(value) ? json_array_get(value, i) : value);
        if (!text)
            return err_set(&call->err, ERR_USAGE, "\"%s\" must be a list of texts", name);
        (*out)[(*n)++] = text;
    }
    return 0;
}

/* Whose it is: one of scope, group, municipality, area, all. *owned is the caller's. */
static int read_scope(struct api_call *call, struct db *db, char **owned)
{
    const char *scope = NULL;
    const char *group = NULL;
    const char *municipality = NULL;
    const char *area = NULL;
    bool all = false;
    char id_text[ID_TEXT_BYTES];
    int64_t id = 0;
    int rc = api_body_text(call, "scope", &scope);
    if (rc == 0)
        rc = api_body_text(call, "group", &group);
    if (rc == 0)
        rc = api_body_text(call, "municipality", &municipality);
    if (rc == 0)
        rc = api_body_text(call, "area", &area);
    if (rc == 0)
        rc = api_body_bool(call, "all", false, &all);
    if (rc)
        return rc;
    if ((scope != NULL) + (group != NULL) + (municipality != NULL) + (area != NULL) + all != 1)
        return err_set(&call->err, ERR_USAGE,
                       "whose is it? Give one of \"group\", \"municipality\", \"area\" and \"all\"");
    if (group)
        rc = group_find(db, &call->actor, group, &id, &call->err);
    *owned = group          ? xasprintf("group:%s", id_format(ID_GROUP, id > 0 ? id : 1, id_text))
             : municipality ? xasprintf("municipality:%s", municipality)
             : area         ? xasprintf("police_area:%s", area)
                            : xstrdup(all ? "all" : scope);
    return rc;
}

/* `keeps_empty`: "" and null are something other than nothing. */
static int read_texts(struct api_call *call, bool keeps_empty, struct webhook_input *in)
{
    const struct {
        const char *name;
        const char **out;
    } texts[] = {{"url", &in->url},
                 {"format", &in->format},
                 {"name", &in->name},
                 {"email", &in->email},
                 {"secret", &in->secret},
                 {"room", &in->room},
                 {"topic", &in->topic},
                 {"token", &in->token},
                 {"from", &in->from},
                 {"user", &in->user},
                 {"password", &in->password},
                 {"template", &in->body},
                 {"content_type", &in->content_type}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(texts); i++) {
        rc = api_body_text(call, texts[i].name, texts[i].out);
        if (!keeps_empty && *texts[i].out && !(*texts[i].out)[0])
            *texts[i].out = NULL;
    }
    return rc;
}

/* What the layer that calls receivers says of the URL; it is beside this one. */
static struct webhook_rules rules_of(const struct api_call *call)
{
    return (struct webhook_rules){.config = call->config, .check_url = call->env->check_url};
}

static int add_webhook(struct api_call *call, struct db *db)
{
    struct webhook_input in = {.url = NULL};
    struct webhook_rules rules = rules_of(call);
    struct webhook_made made;
    const char **kinds = NULL;
    const char **to = NULL;
    char *scope = NULL;
    bool exercises = true;
    call->is_secret = true; /* the answer has what is told once */
    int rc =
        api_body_only(call, "url format scope group municipality area all name email kinds exercises secret ed25519 "
                            "room topic token from to user password template content_type");
    if (rc == 0)
        rc = read_texts(call, false, &in);
    if (rc == 0)
        rc = api_body_bool(call, "exercises", true, &exercises);
    if (rc == 0)
        rc = api_body_bool(call, "ed25519", false, &in.is_ed25519);
    if (rc == 0)
        rc = body_texts(call, "kinds", WEBHOOK_KINDS_MAX, &kinds, &in.kind_count);
    if (rc == 0)
        rc = body_texts(call, "to", WEBHOOK_RECIPIENTS_MAX, &to, &in.to_count);
    if (rc == 0)
        rc = read_scope(call, db, &scope);
    in.kinds = kinds;
    in.to = to;
    in.scope = scope;
    in.no_exercises = !exercises;
    if (rc == 0)
        rc = webhook_add(db, &call->actor, &rules, &in, &made, &call->err);
    free(kinds);
    free(to);
    free(scope);
    if (rc == 0)
        rc = api_webhook_show(call, db, made.id);
    if (rc == 0)
        api_webhook_tell(call, &made);
    call->status = 201;
    return rc;
}

/* --- changing ------------------------------------------------------------------------------------------------------
 */

/* What stays, with the way round it. */
static int check_stays(struct api_call *call)
{
    static const struct {
        const char *name, *words;
    } stays[] = {{"secret", "the secret is not changed but rotated, so that the receiver can follow: webhook rotate"},
                 {"ed25519", "how it is signed changes with its secret: webhook rotate"},
                 {"format", "an endpoint keeps its format: add another one, and remove this"},
                 {"scope", "an endpoint keeps its area: add another one, and remove this"}};
    for (size_t i = 0; i < ARRAY_LEN(stays); i++)
        if (json_object_get(call->body, stays[i].name))
            return err_set(&call->err, ERR_USAGE, "\"%s\": %s", stays[i].name, stays[i].words);
    return api_body_only(call, "url name email kinds exercises room topic token from to user password template "
                               "content_type");
}

/* RFC 7396: null is what a new endpoint would have. */
static int read_exercises(struct api_call *call, int *out)
{
    const json_t *value = json_object_get(call->body, "exercises");
    bool is_on = true;
    int rc = json_is_null(value) ? 0 : api_body_bool(call, "exercises", true, &is_on);
    *out = value ? is_on : -1;
    return rc;
}

static int edit_webhook(struct api_call *call, struct db *db)
{
    struct webhook_change change = {.has_kinds = json_object_get(call->body, "kinds") != NULL,
                                    .has_to = json_object_get(call->body, "to") != NULL};
    struct webhook_rules rules = rules_of(call);
    const char **kinds = NULL;
    const char **to = NULL;
    int64_t id = 0;
    int rc = check_stays(call);
    if (rc == 0)
        rc = read_texts(call, true, &change.given);
    if (rc == 0)
        rc = read_exercises(call, &change.exercises);
    if (rc == 0)
        rc = body_texts(call, "kinds", WEBHOOK_KINDS_MAX, &kinds, &change.given.kind_count);
    if (rc == 0)
        rc = body_texts(call, "to", WEBHOOK_RECIPIENTS_MAX, &to, &change.given.to_count);
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    change.given.kinds = kinds;
    change.given.to = to;
    if (rc == 0)
        rc = webhook_edit(db, &call->actor, &rules, id, &change, &call->err);
    free(kinds);
    free(to);
    return rc ? rc : api_webhook_show(call, db, id);
}

static int remove_webhook(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_webhook_find(call, db, &id);
    return rc ? rc : webhook_remove(db, &call->actor, id, &call->err);
}

const struct api_route API_ROUTES_WEBHOOK[] = {
    {HTTP_METHOD_GET, "/api/v1/webhook", API_READ, PERM_WEBHOOK, API_NO_BODY, list_webhooks,
     "List webhook endpoints and how they fare."},
    {HTTP_METHOD_POST, "/api/v1/webhook", API_WRITE, PERM_WEBHOOK, API_JSON, add_webhook,
     "Add a webhook endpoint; its secret is told once."},
    {HTTP_METHOD_GET, "/api/v1/webhook/{id}", API_READ, PERM_WEBHOOK, API_NO_BODY, get_webhook,
     "Show a webhook endpoint."},
    {HTTP_METHOD_PATCH, "/api/v1/webhook/{id}", API_WRITE, PERM_WEBHOOK, API_JSON, edit_webhook,
     "Change a webhook endpoint (JSON merge patch); its format, scope and secret stay."},
    {HTTP_METHOD_DELETE, "/api/v1/webhook/{id}", API_WRITE, PERM_WEBHOOK, API_NO_BODY, remove_webhook,
     "Remove a webhook endpoint and what is known of its deliveries."},
    {HTTP_METHOD_POST, "/api/v1/webhook/{id}/test", API_WRITE, PERM_WEBHOOK, API_JSON, api_webhook_test,
     "Send a made-up warning to a webhook endpoint at once; the delivery tells request and answer."},
    {HTTP_METHOD_POST, "/api/v1/webhook/{id}/rotate", API_WRITE, PERM_WEBHOOK, API_JSON, api_webhook_rotate,
     "Give a webhook endpoint a new secret, which is told once; the old one is valid for a while."},
    {HTTP_METHOD_POST, "/api/v1/webhook/{id}/enable", API_WRITE, PERM_WEBHOOK, API_JSON, api_webhook_enable,
     "Enable a webhook endpoint that was disabled."},
    {HTTP_METHOD_POST, "/api/v1/webhook/{id}/disable", API_WRITE, PERM_WEBHOOK, API_JSON, api_webhook_disable,
     "Disable a webhook endpoint; what waits becomes dead letters."},
    {HTTP_METHOD_POST, "/api/v1/webhook/{id}/replay", API_WRITE, PERM_WEBHOOK, API_JSON, api_webhook_replay,
     "Send dead letters of a webhook endpoint again, or one delivery, under the same webhook-id."},
    {HTTP_METHOD_GET, "/api/v1/webhook/{id}/deliveries", API_READ, PERM_WEBHOOK, API_NO_BODY, api_webhook_deliveries,
     "List a webhook endpoint's deliveries, newest first, by state."},
    {HTTP_METHOD_GET, "/api/v1/webhook/{id}/deliveries/{delivery}", API_READ, PERM_WEBHOOK, API_NO_BODY,
     api_webhook_delivery, "Show one webhook delivery and the receiver's answer."},
    {.pattern = NULL},
};
