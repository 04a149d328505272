/*
 * Changing a webhook endpoint; the contract is in core/webhook.h.
 *
 * What is given and what stays are put together as if somebody typed all of it anew, so that no change passes what
 * adding refuses.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/webhook.h"
#include "core/webhook_parts.h"
#include "core/webhook_state.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

/* Texts that the endpoint has now, read from a query's first column. */
struct texts {
    char *text[WEBHOOK_RECIPIENTS_MAX];
    size_t n;
};

static void texts_fini(struct texts *t)
{
    while (t->n > 0)
        free(t->text[--t->n]);
}

static int texts_load(struct db *db, enum query q, int64_t id, struct texts *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, q, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    while (out->n < ARRAY_LEN(out->text) && (rc = db_next(rows)) > 0)
        out->text[out->n++] = xstrdup(db_text(rows, 0));
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* NULL: as it was; "": none. */
static const char *merge(const char *given, const char *was)
{
    const char *text = given ? given : was;
    return text && text[0] ? text : NULL;
}

static const char *setting(const struct webhook_row *row, const char *name)
{
    return json_string_value(json_object_get(row->settings, name));
}

/* --- login ---------------------------------------------------------------------------------------------------------
 */

/* Scheme, host and port. */
static size_t origin_bytes(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?#") : strlen(url);
}

static bool is_same_origin(const char *a, const char *b)
{
    size_t n = origin_bytes(a);
    return n == origin_bytes(b) && strncasecmp(a, b, n) == 0;
}

/* A password stays with its user, a token with none; the one way to log in ends the other. */
static void merge_login(const struct webhook_input *given, const struct webhook_row *row, struct webhook_input *whole)
{
    bool takes_token = given->token && given->token[0] && !given->user;
    whole->user = takes_token ? NULL : merge(given->user, row->user);
    whole->password = whole->user ? merge(given->password, row->user ? row->credential : NULL) : given->password;
    bool had_token = !row->user && !(given->user && given->user[0]);
    whole->token = merge(given->token, had_token ? row->credential : NULL);
}

/* What is stored and shown to nobody does not leave for a host of somebody's choice. */
static int check_credential(const struct webhook_input *given, const struct webhook_row *row,
                            const struct webhook_input *whole, struct err *err)
{
    const char *kept = whole->password && !given->password ? "password"
                       : whole->token && !given->token     ? "token"
                                                           : NULL;
    if (!kept || is_same_origin(row->url, whole->url))
        return 0;
    return err_set(err, ERR_INVALID,
                   "the new address is another host, to which the stored %s is not sent: give \"%s\" again, or \"\"",
                   kept, kept);
}

/* --- the whole -----------------------------------------------------------------------------------------------------
 */

/* ntfy: the topic at the end of a new address counts. */
static bool has_topic(const char *url)
{
    return url && url[origin_bytes(url)] == '/' && url[origin_bytes(url) + 1];
}

static void put_together(const struct webhook_change *change, const struct webhook_row *row, const struct texts *kinds,
                         const struct texts *to, struct webhook_input *whole)
{
    const struct webhook_input *given = &change->given;
    bool is_text = row->format == WEBHOOK_FORMAT_TEMPLATE;
    *whole = (struct webhook_input){
        .url = given->url ? given->url : row->url,
        .format = webhook_format_word(row->format),
        .name = given->name ? given->name : row->name,
        .kinds = change->has_kinds ? given->kinds : (const char *const *)kinds->text,
        .kind_count = change->has_kinds ? given->kind_count : kinds->n,
        .room = merge(given->room, setting(row, "room")),
        .topic = merge(given->topic, has_topic(given->url) ? NULL : setting(row, "topic")),
        .from = merge(given->from, setting(row, "from")),
        .to = change->has_to ? given->to : (const char *const *)to->text,
        .to_count = change->has_to ? given->to_count : to->n,
        .body = merge(given->body, is_text ? setting(row, "body") : NULL),
        .content_type = merge(given->content_type, is_text ? setting(row, "content_type") : NULL),
    };
    merge_login(given, row, whole);
}

static int write_lists(struct db *db, const struct webhook_change *change, int64_t id, const struct webhook_checked *c)
{
    int rc = 0;
    if (change->has_kinds)
        rc = db_exec(db, NULL, Q_WEBHOOK_KINDS_CLEAR, DB_ARGS(DB_INT(id)));
    if (rc == 0 && change->has_kinds)
        rc = webhook_insert_kinds(db, id, c);
    if (rc || !change->has_to)
        return rc;
    rc = db_exec(db, NULL, Q_WEBHOOK_RECIPIENTS_CLEAR, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = webhook_insert_recipients(db, id, c);
    /* Whoever is not among them any more is not rung, whatever waits. */
    return rc ? rc : db_exec(db, NULL, Q_WEBHOOK_STRANGERS_WITHDRAW, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
}

static int write(struct db *db, const struct webhook_change *change, const struct webhook_row *row,
                 const struct webhook_checked *c, const char *email)
{
    char *settings = json_dumps(c->settings, JSON_COMPACT);
    bool exercises = change->exercises < 0 ? row->exercises : change->exercises > 0;
    bool is_elsewhere = strcmp(row->url, c->url) != 0 || change->given.token || change->given.password;
    int rc = db_exec(db, NULL, Q_WEBHOOK_UPDATE,
                     DB_ARGS(DB_INT(row->id), DB_TEXT(c->name), DB_TEXT(c->url), DB_INT(exercises ? 1 : 0),
                             DB_TEXT(settings), DB_TEXT(c->user), DB_TEXT(c->credential), DB_TEXT(email),
                             DB_INT(db_now_us(db))));
    free(settings);
    if (rc == 0)
        rc = write_lists(db, change, row->id, c);
    return rc || !is_elsewhere ? rc : db_exec(db, NULL, Q_WEBHOOK_LANE_RENEW, DB_ARGS(DB_INT(row->id)));
}

/* What was given, by name; of the values only what is no secret. */
static int audit(struct db *db, const struct actor *actor, const struct webhook_change *change, int64_t id,
                 const struct webhook_checked *c)
{
    const struct {
        const char *name;
        bool is_given;
    } fields[] = {{"name", change->given.name},
                  {"url", change->given.url},
                  {"email", change->given.email},
                  {"kinds", change->has_kinds},
                  {"exercises", change->exercises >= 0},
                  {"to", change->has_to},
                  {"login", change->given.user || change->given.password || change->given.token},
                  {"settings", change->given.room || change->given.topic || change->given.from || change->given.body ||
                                   change->given.content_type}};
    char object[ID_TEXT_BYTES];
    char *shown = webhook_url_shown(c->format, c->url);
    json_t *changed = json_array();
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].is_given)
            json_array_append_new(changed, json_string(fields[i].name));
    json_t *detail = json_pack("{s:o, s:s, s:s}", "changed", changed, "name", c->name, "url", shown);
    char *text = json_dumps(detail, JSON_COMPACT);
    int rc = audit_write(db, actor, "webhook.edit", id_format(ID_WEBHOOK, id, object), text);
    free(text);
    json_decref(detail);
    free(shown);
    return rc;
}

/* `row` is the endpoint as it was. */
static int change_row(struct db *db, const struct actor *actor, const struct webhook_rules *rules,
                      const struct webhook_change *change, const struct webhook_row *row, struct err *err)
{
    struct webhook_checked checked = {.format = row->format};
    struct webhook_input whole;
    struct texts kinds = {.n = 0};
    struct texts to = {.n = 0};
    char *email = NULL;
    int rc = texts_load(db, Q_WEBHOOK_KINDS, row->id, &kinds);
    if (rc == 0)
        rc = texts_load(db, Q_WEBHOOK_RECIPIENTS, row->id, &to);
    put_together(change, row, &kinds, &to, &whole);
    if (rc == 0)
        rc = check_credential(&change->given, row, &whole, err);
    if (rc == 0)
        rc = webhook_check(rules, &whole, &checked, err);
    if (rc == 0 && change->given.email)
        rc = webhook_owner_email(db, actor, change->given.email, &email, err);
    if (rc == 0)
        rc = write(db, change, row, &checked, change->given.email ? email : row->owner_email);
    if (rc == 0)
        rc = audit(db, actor, change, row->id, &checked);
    free(email);
    webhook_checked_fini(&checked);
    texts_fini(&kinds);
    texts_fini(&to);
    return rc;
}

int webhook_edit(struct db *db, const struct actor *actor, const struct webhook_rules *rules, int64_t id,
                 const struct webhook_change *change, struct err *err)
{
    struct webhook_row row;
    int rc = webhook_load_for_change(db, actor, id, &row, err);
    if (rc)
        return rc;
    rc = change_row(db, actor, rules, change, &row, err);
    webhook_row_fini(&row);
    return rc;
}
