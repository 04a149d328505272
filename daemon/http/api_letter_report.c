/*
 * The report of a letter: how many copies are where, how many groups were reached, and what did not arrive.
 *
 * A group counts as reached when a copy went to at least one of its contact persons. Figures are those of the acting
 * person's municipalities; mail addresses only for those who may see the ledger row by row.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "core/ledger.h"
#include "core/letter.h"
#include "http/api.h"
#include "http/api_delivery.h"
#include "http/api_letter.h"
#include "store/db.h"

enum { FAILURES_MAX = 50, REPLY_BYTES = 4096 };

struct report {
    int64_t letter_id, message_id; /* message_id 0: not sent yet */
    int64_t group_id;              /* of a letter to one group, or 0 */
    json_t *municipalities;        /* array; each with its "code" */
};

/* --- figures --------------------------------------------------------------------------------------------------- */

static json_t *municipality(const struct report *r, const char *code)
{
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(r->municipalities, i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "code")), code) == 0)
            return item;
    }
    return NULL;
}

static void add_to(json_t *object, const char *name, int64_t n)
{
    json_object_set_new(object, name, json_integer(json_integer_value(json_object_get(object, name)) + n));
}

static void append(struct report *r, const char *code, const char *name, int64_t groups_active)
{
    json_array_append_new(r->municipalities, json_pack("{s:s, s:s, s:o, s:i, s:I}", "code", code, "name", name,
                                                       "deliveries", api_delivery_zeros(), "groups_reached", 0,
                                                       "groups_active", (json_int_t)groups_active));
}

/* The municipalities that the letter is for, with their active groups of today. */
static int read_targets(struct api_call *call, struct db *db, struct report *r)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_AUDIENCE,
                         DB_ARGS(DB_INT(r->letter_id), DB_INT(r->group_id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        append(r, db_text(rows, 0), db_text(rows, 1), db_int(rows, 2));
    db_done(rows);
    return rc;
}

static int read_deliveries(struct api_call *call, struct db *db, struct report *r)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MESSAGE_COUNTS_MUNICIPALITY, DB_ARGS(DB_INT(r->message_id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        if (!municipality(r, db_text(rows, 0))) /* has left the letter's area since */
            append(r, db_text(rows, 0), db_text(rows, 1), 0);
        add_to(json_object_get(municipality(r, db_text(rows, 0)), "deliveries"), db_text(rows, 2), db_int(rows, 3));
    }
    db_done(rows);
    return rc;
}

static int read_groups(struct api_call *call, struct db *db, struct report *r)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MESSAGE_GROUPS_REACHED,
                         DB_ARGS(DB_INT(r->message_id), DB_INT(r->group_id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        json_t *item = municipality(r, db_text(rows, 0));
        if (item)
            add_to(item, "groups_reached", db_int(rows, 1));
    }
    db_done(rows);
    return rc;
}

/* Whole percent, rounded down: 100 means all. null where there is no active group. */
static void set_percent(json_t *item)
{
    int64_t active = json_integer_value(json_object_get(item, "groups_active"));
    int64_t reached = json_integer_value(json_object_get(item, "groups_reached"));
    json_object_set_new(item, "percent", active > 0 ? json_integer(reached * 100 / active) : json_null());
}

static json_t *totals(const struct report *r)
{
    json_t *sum =
        json_pack("{s:o, s:i, s:i}", "deliveries", api_delivery_zeros(), "groups_reached", 0, "groups_active", 0);
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(r->municipalities, i, item)
    {
        const char *state = NULL;
        json_t *count = NULL;
        json_object_foreach(json_object_get(item, "deliveries"), state, count)
        {
            add_to(json_object_get(sum, "deliveries"), state, json_integer_value(count));
        }
        add_to(sum, "groups_reached", json_integer_value(json_object_get(item, "groups_reached")));
        add_to(sum, "groups_active", json_integer_value(json_object_get(item, "groups_active")));
        set_percent(item);
    }
    set_percent(sum);
    return sum;
}

/* --- failures -------------------------------------------------------------------------------------------------- */

/* Relays like to repeat the address in their reply: what has an @ in it is left out. */
static json_t *without_addresses(const char *reply)
{
    static const char ends[] = " \t<>()[]\"',;";
    struct buf out;
    buf_init(&out, REPLY_BYTES);
    for (const char *p = reply; *p && buf_ok(&out);) {
        size_t n = strcspn(p, ends);
        if (memchr(p, '@', n))
            buf_adds(&out, "…");
        else
            buf_add(&out, p, n);
        p += n;
        if (*p)
            buf_addc(&out, *p++);
    }
    json_t *text = json_string(buf_str(&out));
    buf_fini(&out);
    return text ? text : json_null();
}

static json_t *failure(const struct db_rows *rows, bool may_see_address)
{
    json_t *item = api_row(rows, may_see_address ? "delivery:dlv municipality:s state:s status:s reply:s address:s"
                                                 : "delivery:dlv municipality:s state:s status:s - -");
    if (!may_see_address)
        json_object_set_new(item, "reply", db_is_null(rows, 4) ? json_null() : without_addresses(db_text(rows, 4)));
    return item;
}

static int read_failures(struct api_call *call, struct db *db, const struct report *r)
{
    bool may_see_address = actor_may(&call->actor, PERM_DELIVERY);
    struct db_rows *rows = NULL;
    json_t *failures = json_array();
    json_object_set_new(call->result, "failures", failures);
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MESSAGE_FAILURES,
                         DB_ARGS(DB_INT(r->message_id), DB_INT(FAILURES_MAX)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        json_array_append_new(failures, failure(rows, may_see_address));
    db_done(rows);
    return rc;
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static int read_letter(struct api_call *call, struct db *db, struct report *r)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(r->letter_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        enum scope_kind kind = SCOPE_ALL;
        json_t *letter = api_row(rows, "id:let title:s kind:s period:s series_id:ser series:s - - - - - - - - - - - - "
                                       "due_at:t note:s message:msg");
        call->result = json_pack("{s:o, s:s}", "letter", letter, "state", db_text(rows, 9));
        r->message_id = db_int(rows, 20);
        if (scope_kind_parse(db_text(rows, 6), &kind) && kind == SCOPE_GROUP &&
            id_parse(ID_GROUP, db_text(rows, 7), &r->group_id) != 0)
            rc = ERR_CORRUPT;
    }
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : err_set(&call->err, ERR_NOT_FOUND, "there is no such letter in your area");
}

int api_letter_report(struct api_call *call, struct db *db)
{
    struct report r = {.letter_id = 0};
    bool hold = false;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_letter_find(call, db, &r.letter_id);
    if (rc == 0)
        rc = read_letter(call, db, &r);
    if (rc)
        return rc;
    r.municipalities = json_array();
    json_object_set_new(call->result, "municipalities", r.municipalities);
    rc = read_targets(call, db, &r);
    if (rc == 0)
        rc = read_deliveries(call, db, &r);
    if (rc == 0)
        rc = read_groups(call, db, &r);
    if (rc == 0)
        rc = ledger_is_on_hold(db, &hold);
    if (rc == 0) {
        json_object_set_new(call->result, "totals", totals(&r));
        json_object_set_new(call->result, "hold", json_boolean(hold));
    }
    return rc ? rc : read_failures(call, db, &r);
}
