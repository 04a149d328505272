/* Areas in the store; the contract is in core/area.h. */
#include "core/area.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/db.h"

/* Run an upsert and count whether it changed anything. */
static int put(struct db *db, int *changed, enum query q, size_t n, const struct db_arg *args)
{
    int64_t rows = 0;
    int rc = db_exec(db, &rows, q, n, args);
    if (rc == 0 && rows > 0)
        (*changed)++;
    return rc;
}

int area_put_county(struct db *db, const char *code, const char *name, int *changed)
{
    return put(db, changed, Q_COUNTY_PUT, DB_ARGS(DB_TEXT(code), DB_TEXT(name)));
}

int area_put_municipality(struct db *db, const char *code, const char *name, const char *county_code, int *changed)
{
    char *key = text_fold(name);
    if (!key)
        return ERR_INVALID;
    int rc =
        put(db, changed, Q_MUNICIPALITY_PUT, DB_ARGS(DB_TEXT(code), DB_TEXT(name), DB_TEXT(key), DB_TEXT(county_code)));
    free(key);
    return rc;
}

int area_put_police_region(struct db *db, const char *code, const char *name, int *changed)
{
    return put(db, changed, Q_POLICE_REGION_PUT, DB_ARGS(DB_TEXT(code), DB_TEXT(name)));
}

int area_put_police_area(struct db *db, const struct police_area_row *row, int *changed)
{
    char *key = text_fold(row->name);
    if (!key)
        return ERR_INVALID;
    int rc = put(db, changed, Q_POLICE_AREA_PUT,
                 DB_ARGS(DB_TEXT(row->code), DB_TEXT(row->name), DB_TEXT(key), DB_TEXT(row->division),
                         DB_TEXT(row->region_code), DB_TEXT(row->valid_from), DB_TEXT(row->valid_to)));
    free(key);
    return rc;
}

int area_put_police_area_municipality(struct db *db, const char *police_area, const char *municipality,
                                      const char *valid_from, const char *valid_to, int *changed)
{
    return put(db, changed, Q_POLICE_AREA_MUNICIPALITY_PUT,
               DB_ARGS(DB_TEXT(police_area), DB_TEXT(municipality), DB_TEXT(valid_from), DB_TEXT(valid_to)));
}

int area_refresh_scopes(struct db *db, const char *today)
{
    int rc = db_exec(db, NULL, Q_SCOPE_CLEAR, DB_NO_ARGS);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SCOPE_FILL_ALL, DB_NO_ARGS);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SCOPE_FILL_MUNICIPALITY, DB_NO_ARGS);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SCOPE_FILL_POLICE_AREA, DB_ARGS(DB_TEXT(today)));
    return rc;
}

/* A code as typed, with the zero that spreadsheets eat put back; "" when it is no code. */
static void pad_code(const char *text, char out[MUNICIPALITY_CODE_BYTES])
{
    size_t n = strlen(text);
    out[0] = '\0';
    if ((n == 3 || n == 4) && strspn(text, "0123456789") == n) {
        out[0] = '0';
        memcpy(out + (4 - n), text, n + 1);
    }
}

/* A row's code by the typed code or the folded name. */
static int find_code(struct db *db, enum query q, const char *code, const char *name, char *out, size_t room)
{
    char *key = text_fold(name);
    char *found = NULL;
    if (!key)
        return ERR_NOT_FOUND;
    int rc = db_get_text(db, &found, q, DB_ARGS(DB_TEXT(code), DB_TEXT(key)));
    if (rc == 0)
        snprintf(out, room, "%s", found);
    free(found);
    free(key);
    return rc;
}

int area_find_municipality(struct db *db, const char *text, char code[MUNICIPALITY_CODE_BYTES], struct err *err)
{
    char padded[MUNICIPALITY_CODE_BYTES];
    pad_code(text, padded);
    int rc = find_code(db, Q_MUNICIPALITY_FIND, padded, text, code, MUNICIPALITY_CODE_BYTES);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc,
                       "no municipality \"%.60s\": write its code (1292) or name (Ängelholm), see municipality list",
                       text);
    return rc;
}

int area_find_police_area(struct db *db, const char *text, char code[SCOPE_CODE_BYTES], struct err *err)
{
    int rc = find_code(db, Q_POLICE_AREA_FIND, text, text, code, SCOPE_CODE_BYTES);
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "no local police area \"%.60s\": see area list, or add it with area import", text);
    return rc;
}

static int resolve_group(const char *text, struct scope *out, struct err *err)
{
    int64_t id = 0;
    if (id_parse(ID_GROUP, text, &id) != 0)
        return err_set(err, ERR_INVALID, "\"%.60s\" is no group: write group:grp_..., see group list", text);
    out->kind = SCOPE_GROUP;
    snprintf(out->code, sizeof out->code, "%s", text);
    return 0;
}

static int resolve_bare(struct db *db, const char *text, struct scope *out, struct err *err)
{
    char code[MUNICIPALITY_CODE_BYTES];
    struct err ignored;
    if (strncmp(text, "grp_", 4) == 0)
        return resolve_group(text, out, err);
    bool is_area = area_find_police_area(db, text, out->code, &ignored) == 0;
    if (area_find_municipality(db, text, code, &ignored) == 0) {
        if (is_area)
            return err_set(
                err, ERR_INVALID,
                "\"%.60s\" is both a municipality and a police area: write municipality:%s or police_area:%s", text,
                code, out->code);
        out->kind = SCOPE_MUNICIPALITY;
        snprintf(out->code, sizeof out->code, "%s", code);
        return 0;
    }
    out->kind = SCOPE_POLICE_AREA;
    return is_area ? 0
                   : err_set(err, ERR_NOT_FOUND,
                             "no area \"%.60s\": write police_area:NAME, municipality:CODE, group:ID or all", text);
}

int scope_resolve(struct db *db, const char *text, struct scope *out, struct err *err)
{
    struct scope scope = {.kind = SCOPE_ALL};
    char code[MUNICIPALITY_CODE_BYTES];
    int rc = 0;
    if (strcmp(text, "all") == 0) {
        *out = scope;
        return 0;
    }
    const char *colon = strchr(text, ':');
    size_t kind = colon ? (size_t)(colon - text) : 0;
    if (!colon) {
        rc = resolve_bare(db, text, &scope, err);
    } else if ((kind == 11 && strncmp(text, "police_area", kind) == 0) ||
               (kind == 3 && strncmp(text, "lpo", kind) == 0)) {
        scope.kind = SCOPE_POLICE_AREA;
        rc = area_find_police_area(db, colon + 1, scope.code, err);
    } else if (kind == 12 && strncmp(text, "municipality", kind) == 0) {
        scope.kind = SCOPE_MUNICIPALITY;
        rc = area_find_municipality(db, colon + 1, code, err);
        if (rc == 0)
            snprintf(scope.code, sizeof scope.code, "%s", code);
    } else if (kind == 5 && strncmp(text, "group", kind) == 0) {
        rc = resolve_group(colon + 1, &scope, err);
    } else {
        rc = err_set(err, ERR_INVALID,
                     "\"%.60s\" is no scope: write police_area:NAME, municipality:CODE, group:ID or all", text);
    }
    if (rc == 0)
        *out = scope;
    return rc;
}

char *scope_format(const struct scope *scope, char out[80])
{
    if (scope->kind == SCOPE_ALL)
        snprintf(out, 80, "all");
    else
        snprintf(out, 80, "%s:%s", scope_kind_word(scope->kind), scope->code);
    return out;
}

int scope_group_municipality(struct db *db, const struct scope *within, const struct scope *group,
                             char code[MUNICIPALITY_CODE_BYTES])
{
    struct db_rows *rows = NULL;
    int64_t id = 0;
    int rc = id_parse(ID_GROUP, group->code, &id);
    if (rc == 0)
        rc = db_query_as(db, within, &rows, Q_GROUP_MUNICIPALITY, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        snprintf(code, MUNICIPALITY_CODE_BYTES, "%s", db_text(rows, 0));
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

int scope_check_covers(struct db *db, const struct actor *actor, const struct scope *target, struct err *err)
{
    char text[80];
    int64_t outside = 0;
    int64_t size = 0;
    int rc = 0;
    if (target->kind == SCOPE_GROUP) {
        char municipality[MUNICIPALITY_CODE_BYTES];
        rc = scope_group_municipality(db, &actor->scope, target, municipality);
    } else {
        struct db_arg kind = DB_TEXT(scope_kind_word(target->kind));
        struct db_arg code = DB_TEXT(target->code);
        rc = db_get_int(db, &size, Q_SCOPE_SIZE, DB_ARGS(kind, code));
        if (rc == 0)
            rc = db_get_int_as(db, &actor->scope, &outside, Q_SCOPE_UNCOVERED, DB_ARGS(kind, code));
        if (rc == 0 && (size == 0 || outside > 0))
            rc = ERR_NOT_FOUND;
    }
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "%s does not exist, is no longer valid, or is outside your area",
                       scope_format(target, text));
    return rc;
}
