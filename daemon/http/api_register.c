/* Routes of whole registers: a municipality's CSV file in, and out again. */
#include <stdlib.h>

#include "base/mem.h"
#include "core/area.h"
#include "core/group_words.h"
#include "core/register_export.h"
#include "core/register_import.h"
#include "http/api.h"
#include "store/db.h"
#include "store/store.h"

enum {
    PROBLEMS_MAX = 200, /* of each severity in one answer; the rest is counted */
    TRIES_MAX = 5,      /* somebody else changes the register while the file is read */
};

/* --- in ---------------------------------------------------------------------------------------------------------- */

static void on_problem(void *ctx, const struct register_problem *p)
{
    json_t *list = ctx;
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "severity",
                                    register_severity_name(p->severity), "code", register_problem_name(p->code), "line",
                                    (json_int_t)p->line, "column", (json_int_t)p->column, "header", p->header, "value",
                                    p->found, "sv", p->text.sv, "en", p->text.en, "suggestion", p->suggestion));
}

static json_t *counts(const struct register_import_result *r, bool dry_run)
{
    return json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dry_run", dry_run, "rows", (json_int_t)r->rows,
        "groups_added", (json_int_t)r->groups_added, "groups_changed", (json_int_t)r->groups_changed,
        "groups_unchanged", (json_int_t)r->groups_unchanged, "contacts_added", (json_int_t)r->contacts_added,
        "contacts_changed", (json_int_t)r->contacts_changed, "contacts_unchanged", (json_int_t)r->contacts_unchanged,
        "addresses_added", (json_int_t)r->addresses_added, "errors", (json_int_t)r->problems[REGISTER_ERROR],
        "warnings", (json_int_t)r->problems[REGISTER_WARNING], "notes", (json_int_t)r->problems[REGISTER_NOTE]);
}

/* The municipality of rows that name none: as asked for, or the actor's only one. */
static int default_municipality(struct api_call *call, struct db *db, char code[MUNICIPALITY_CODE_BYTES])
{
    const char *typed = api_query(call, "municipality", "");
    if (!typed[0] && call->actor.scope.kind == SCOPE_MUNICIPALITY)
        typed = call->actor.scope.code;
    code[0] = '\0';
    return typed[0] ? area_find_municipality(db, typed, code, &call->err) : 0;
}

static int try_register(struct api_call *call, struct db *db);

/* An import that is under way: call->work. */
struct work {
    const struct api_env *env;
    struct store_req drop;
    struct register_import *import;
    int tries;
    int failure; /* 0, or why it is being undone */
    struct err err;
};

static int on_drop(struct db *db, struct store_req *req)
{
    struct work *work = CONTAINER_OF(req, struct work, drop);
    (void)db;
    register_import_free(work->import);
    mem_trim();
    return 0;
}

static void on_dropped(struct store_req *req)
{
    free(CONTAINER_OF(req, struct work, drop));
}

/* The copy is a large file and much memory: the loop does not wait until they are gone. */
static void work_free(void *arg)
{
    struct work *work = arg;
    work->drop = (struct store_req){.op = on_drop, .done = on_dropped};
    store_read(work->env->store, &work->drop);
}

static void go_on(struct api_call *call, int (*then)(struct api_call *, struct db *), bool writes)
{
    call->then = then;
    call->then_writes = writes;
}

static int tell_failure(struct api_call *call, struct db *db)
{
    const struct work *work = call->work;
    (void)db;
    call->err = work->err;
    return work->failure;
}

static int undo_register(struct api_call *call, struct db *db)
{
    struct work *work = call->work;
    bool is_done = false;
    int rc = register_import_undo(db, &is_done);
    if (rc == 0 && !is_done)
        go_on(call, undo_register, true);
    else if (rc == 0 && work->failure == ERR_BAD_STATE && work->tries < TRIES_MAX)
        go_on(call, try_register, false);
    else
        go_on(call, tell_failure, false); /* what could not be undone is at the next import or start */
    return rc;
}

static int write_register(struct api_call *call, struct db *db)
{
    struct work *work = call->work;
    bool is_done = false;
    int rc = register_import_write(work->import, db, &is_done, &work->err);
    work->failure = rc;
    if (rc)
        go_on(call, undo_register, true);
    else if (!is_done)
        go_on(call, write_register, true);
    return rc;
}

/* What was found out goes on to the writer. */
static void keep_work(struct api_call *call, struct register_import *import)
{
    struct work *work = call->work ? call->work : xcalloc(1, sizeof *work);
    work->env = call->env;
    register_import_free(work->import);
    work->import = import;
    work->tries++;
    call->work = work;
    call->work_free = work_free;
    go_on(call, write_register, true);
}

static int try_register(struct api_call *call, struct db *db)
{
    struct register_import_result result;
    struct register_import_options options = {.max_problems = PROBLEMS_MAX, .on_problem = on_problem};
    struct register_import *import = NULL;
    bool is_dry_run = false;
    char code[MUNICIPALITY_CODE_BYTES];
    struct api_body_state state;
    struct byte_source source;
    int rc = api_query_only(call, "municipality dry_run");
    if (rc == 0)
        rc = api_query_bool(call, "dry_run", false, &is_dry_run);
    if (rc == 0)
        rc = default_municipality(call, db, code);
    if (rc == 0)
        rc = api_body_source(call, &state, &source);
    if (rc)
        return rc;
    json_t *problems = json_array();
    options.municipality_code = code[0] ? code : NULL;
    options.ctx = problems;
    rc = register_import_try(db, &call->actor, &source, &options, &result, &import, &call->err);
    json_decref(call->result);
    call->result = counts(&result, is_dry_run);
    json_object_set_new(call->result, "problems", problems);
    if (rc == 0 && !is_dry_run)
        keep_work(call, import);
    else if (import) {
        register_import_free(import);
        mem_trim();
    }
    return rc == 0 && is_dry_run ? ERR_DRYRUN : rc;
}

/* --- out --------------------------------------------------------------------------------------------------------- */

enum {
    COLUMN_MUNICIPALITY,
    COLUMN_NAME,
    COLUMN_KIND,
    COLUMN_DISTRICT,
    COLUMN_POSTAL_CODE,
    COLUMN_ACTIVATED_ON,
    COLUMN_STATE,
    COLUMN_HOUSEHOLD_COUNT,
    COLUMN_HOUSEHOLDS_JOINED,
    COLUMN_SIGN_COUNT,
    COLUMN_LAST_MEETING_ON,
    COLUMN_ROLE,
    COLUMN_CONTACT_NAME,
    COLUMN_PHONE,
    COLUMN_PHONE_ALT,
    COLUMN_TRAINED,
    COLUMN_TRAINED_YEAR,
    COLUMN_CONTACT_ID,
    COLUMN_LATITUDE,
    COLUMN_LONGITUDE
};

static int read_group(const struct db_rows *rows, struct register_export_row *out, char position[GEO_POINT_TEXT_BYTES])
{
    struct geo_point point = {db_int(rows, COLUMN_LATITUDE), db_int(rows, COLUMN_LONGITUDE)};
    *out = (struct register_export_row){
        .municipality_code = db_text(rows, COLUMN_MUNICIPALITY),
        .group_name = db_text(rows, COLUMN_NAME),
        .district = db_text(rows, COLUMN_DISTRICT),
        .postal_code = db_opt_text(rows, COLUMN_POSTAL_CODE),
        .activated_on = db_opt_text(rows, COLUMN_ACTIVATED_ON),
        .last_meeting_on = db_opt_text(rows, COLUMN_LAST_MEETING_ON),
        .household_count = (int)db_opt_int(rows, COLUMN_HOUSEHOLD_COUNT),
        .households_joined = (int)db_opt_int(rows, COLUMN_HOUSEHOLDS_JOINED),
        .sign_count = (int)db_opt_int(rows, COLUMN_SIGN_COUNT),
        .position = db_is_null(rows, COLUMN_LATITUDE) ? NULL : geo_format_point(point, position),
        .has_contact = !db_is_null(rows, COLUMN_CONTACT_ID),
        .contact_name = db_text(rows, COLUMN_CONTACT_NAME),
        .phones = {db_opt_text(rows, COLUMN_PHONE), db_opt_text(rows, COLUMN_PHONE_ALT)},
        .trained = (int)db_opt_int(rows, COLUMN_TRAINED),
        .trained_year = (int)db_opt_int(rows, COLUMN_TRAINED_YEAR),
    };
    if (!out->phones[0]) { /* no gap before the last */
        out->phones[0] = out->phones[1];
        out->phones[1] = NULL;
    }
    bool is_known = group_kind_parse(db_text(rows, COLUMN_KIND), &out->kind) &&
                    group_state_parse(db_text(rows, COLUMN_STATE), &out->state) &&
                    (!out->has_contact || contact_role_parse(db_text(rows, COLUMN_ROLE), &out->role));
    return is_known ? 0 : ERR_CORRUPT;
}

/* The addresses are copied, as their texts end with their rows. */
static int write_row(struct api_call *call, struct db *db, const struct db_rows *rows)
{
    struct register_export_row row;
    struct db_rows *addresses = NULL;
    char position[GEO_POINT_TEXT_BYTES];
    size_t n = 0;
    int rc = read_group(rows, &row, position);
    if (rc == 0 && row.has_contact)
        rc = db_query(db, &addresses, Q_ADDRESS_LIST, DB_ARGS(DB_INT(db_int(rows, COLUMN_CONTACT_ID))));
    if (rc == 0 && addresses) {
        while ((rc = db_next(addresses)) > 0 && n < REGISTER_ADDRESSES_MAX)
            row.addresses[n++] = xstrdup(db_text(addresses, 1));
        db_done(addresses);
        rc = rc < 0 ? rc : 0;
    }
    if (rc == 0)
        rc = register_export_row(&call->text, &row);
    while (n > 0)
        free((char *)row.addresses[--n]);
    return rc;
}

static int export_register(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    char code[MUNICIPALITY_CODE_BYTES] = "";
    const char *typed = api_query(call, "municipality", "");
    int rc = api_query_only(call, "municipality");
    if (rc == 0 && typed[0])
        rc = area_find_municipality(db, typed, code, &call->err);
    if (rc == 0)
        rc = register_export_header(&call->text);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_REGISTER_EXPORT, DB_ARGS(DB_TEXT(code)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0 && (rc = write_row(call, db, rows)) == 0)
        continue;
    db_done(rows);
    call->content_type = "text/csv; charset=utf-8";
    call->filename = "register.csv";
    return rc;
}

const struct api_route API_ROUTES_REGISTER[] = {
    {HTTP_METHOD_POST, "/api/v1/group/import", API_READ_THEN_WRITE, PERM_GROUP, API_FILE, try_register,
     "Take in a municipality's register (CSV), whole or not at all."},
    {HTTP_METHOD_GET, "/api/v1/group/export", API_READ, PERM_GROUP, API_NO_BODY, export_register,
     "Give out the register as CSV; protected persons are not in it."},
    {.pattern = NULL},
};
