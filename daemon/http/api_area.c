/*
 * Routes of areas: local police areas, municipalities, and taking in tables of them. Areas themselves are public; the
 * figures of groups are within the scope.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/area_file.h"
#include "core/area_load.h"
#include "core/date_text.h"
#include "core/file_errors.h"
#include "http/api.h"
#include "http/api_scope.h"
#include "store/db.h"

static const char AREA_SPEC[] = "code:s name:s division:s region:s valid_from:s valid_to:s municipalities:i";
static const char MUNICIPALITY_SPEC[] =
    "code:s name:s county:s police_area:s police_area_name:s groups:i active_groups:i";

/* At most some hundred rows: one page. */
static int whole_list(struct api_call *call, struct db_rows *rows, const char *spec)
{
    json_t *items = NULL;
    int rc = api_rows(rows, spec, &items);
    if (rc == 0)
        call->result = json_pack("{s:o, s:n}", "items", items, "next");
    return rc;
}

static int list_areas(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = db_query(db, &rows, Q_POLICE_AREA_LIST, DB_ARGS(DB_TEXT("")));
    return rc ? rc : whole_list(call, rows, AREA_SPEC);
}

static int get_area(struct api_call *call, struct db *db)
{
    char code[SCOPE_CODE_BYTES];
    struct db_rows *rows = NULL;
    json_t *members = NULL;
    int rc = area_find_police_area(db, api_param(call, "code"), code, &call->err);
    if (rc == 0)
        rc = db_query(db, &rows, Q_POLICE_AREA_LIST, DB_ARGS(DB_TEXT(code)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, AREA_SPEC);
    db_done(rows);
    if (rc <= 0)
        return rc ? rc : ERR_NOT_FOUND;
    rc = db_query(db, &rows, Q_POLICE_AREA_HISTORY, DB_ARGS(DB_TEXT(code)));
    if (rc == 0)
        rc = api_rows(rows, "code:s name:s valid_from:s valid_to:s", &members);
    if (rc == 0)
        json_object_set_new(call->result, "members", members);
    return rc;
}

static int list_municipalities(struct api_call *call, struct db *db)
{
    char area[SCOPE_CODE_BYTES] = "";
    struct db_rows *rows = NULL;
    const char *county = api_query(call, "county", "");
    const char *typed = api_query(call, "area", "");
    int rc = api_query_only(call, "county area");
    if (rc == 0 && typed[0])
        rc = area_find_police_area(db, typed, area, &call->err);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_MUNICIPALITY_LIST,
                         DB_ARGS(DB_TEXT(""), DB_TEXT(area), DB_TEXT(county)));
    return rc ? rc : whole_list(call, rows, MUNICIPALITY_SPEC);
}

static int get_municipality(struct api_call *call, struct db *db)
{
    char code[MUNICIPALITY_CODE_BYTES];
    struct db_rows *rows = NULL;
    int rc = area_find_municipality(db, api_param(call, "code"), code, &call->err);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_MUNICIPALITY_LIST,
                         DB_ARGS(DB_TEXT(code), DB_TEXT(""), DB_TEXT("")));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, MUNICIPALITY_SPEC);
    db_done(rows);
    if (rc == 0)
        return err_set(&call->err, ERR_NOT_FOUND, "municipality %s is outside your area", code);
    return rc < 0 ? rc : 0;
}

/* The whole body, which api_max_body has bounded. */
static int read_file(struct api_call *call, struct buf *out)
{
    struct api_body_state state;
    struct byte_source source;
    char chunk[8192];
    size_t n = 0;
    int rc = api_body_source(call, &state, &source);
    while (rc == 0 && (rc = source.read(source.ctx, chunk, sizeof chunk, &n)) == 0 && n > 0)
        rc = buf_add(out, chunk, n);
    if (rc == ERR_TOO_LARGE)
        err_set(&call->err, rc, "the file is larger than %d bytes: area tables are small; is it the right one?",
                AREA_FILE_BYTES_MAX);
    return rc;
}

static json_t *error_list(const struct file_errors *errors)
{
    json_t *list = json_array();
    for (size_t i = 0; i < errors->count; i++)
        json_array_append_new(list, json_pack("{s:s, s:i, s:s}", "severity", "error", "line", errors->item[i].line,
                                              "en", errors->item[i].text));
    return list;
}

static int import_areas(struct api_call *call, struct db *db)
{
    struct area_load_result result = {0};
    struct file_errors errors;
    struct buf text;
    char today[DATE_TEXT_BYTES];
    struct tm tm;
    time_t now = (time_t)(db_now_us(db) / US_PER_S);
    localtime_r(&now, &tm);
    strftime(today, sizeof today, "%Y-%m-%d", &tm);
    file_errors_init(&errors, "file");
    buf_init(&text, AREA_FILE_BYTES_MAX);
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call); /* scopes are made of these tables: a part could take in another */
    if (rc == 0)
        rc = read_file(call, &text);
    if (rc == 0)
        rc = area_load_text(db, &call->actor, buf_str(&text), text.len, today, &result, &errors, &call->err);
    if (rc == 0)
        call->result = json_pack("{s:i, s:i}", "rows", result.rows, "changed", result.changed);
    else if (errors.count > 0)
        call->problems = error_list(&errors);
    buf_fini(&text);
    file_errors_fini(&errors);
    return rc;
}

const struct api_route API_ROUTES_AREA[] = {
    {HTTP_METHOD_GET, "/api/v1/area", API_READ, PERM_READ, API_NO_BODY, list_areas, "List the local police areas."},
    {HTTP_METHOD_GET, "/api/v1/area/{code}", API_READ, PERM_READ, API_NO_BODY, get_area,
     "Show a local police area and its municipalities over time."},
    {HTTP_METHOD_POST, "/api/v1/area/import", API_WRITE, PERM_AREA, API_FILE, import_areas,
     "Take in one table of areas (CSV)."},
    {HTTP_METHOD_GET, "/api/v1/municipality", API_READ, PERM_READ, API_NO_BODY, list_municipalities,
     "List the municipalities within the scope, by county or police area."},
    {HTTP_METHOD_GET, "/api/v1/municipality/{code}", API_READ, PERM_READ, API_NO_BODY, get_municipality,
     "Show one municipality."},
    {.pattern = NULL},
};
