/* Area files into the store; the contract is in core/area_load.h. */
#include "core/area_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/area_file.h"
#include "core/file_errors.h"
#include "store/audit.h"
#include "store/db.h"

struct load {
    struct db *db;
    struct area_load_result result;
};

static int on_row(void *ctx, const struct area_row *row, struct err *err)
{
    struct load *load = ctx;
    struct db *db = load->db;
    struct police_area_row area = {row->code, row->name, row->division, row->region, row->valid_from, row->valid_to};
    int rc = 0;
    load->result.rows++;
    switch (row->table) {
    case AREA_TABLE_REGION:
        rc = area_put_police_region(db, row->code, row->name, &load->result.changed);
        break;
    case AREA_TABLE_COUNTY:
        rc = area_put_county(db, row->code, row->name, &load->result.changed);
        break;
    case AREA_TABLE_MUNICIPALITY:
        rc = area_put_municipality(db, row->code, row->name, row->county, &load->result.changed);
        break;
    case AREA_TABLE_POLICE_AREA:
        rc = area_put_police_area(db, &area, &load->result.changed);
        break;
    case AREA_TABLE_MEMBER:
        rc = area_put_police_area_municipality(db, row->code, row->municipality, row->valid_from, row->valid_to,
                                               &load->result.changed);
        break;
    case AREA_TABLE_COUNT:
        rc = ERR_INVALID;
    }
    return rc ? err_set(err, rc, "line %d: %s: %s", row->line, row->code, err_text(rc)) : 0;
}

/* What the store has may be referred to. */
static int know_store(struct db *db, struct area_book *book)
{
    static const struct {
        enum area_table table;
        enum query query;
    } lists[] = {{AREA_TABLE_REGION, Q_POLICE_REGION_CODES},
                 {AREA_TABLE_COUNTY, Q_COUNTY_CODES},
                 {AREA_TABLE_MUNICIPALITY, Q_MUNICIPALITY_CODES},
                 {AREA_TABLE_POLICE_AREA, Q_POLICE_AREA_CODES}};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct db_rows *rows = NULL;
        int rc = db_query(db, &rows, lists[i].query, DB_NO_ARGS);
        if (rc)
            return rc;
        while ((rc = db_next(rows)) > 0)
            area_book_know(book, lists[i].table, db_text(rows, 0));
        db_done(rows);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Scopes anew, and one line in the audit log when anything changed. */
static int finish(struct db *db, const struct actor *actor, const char *today, const struct load *load)
{
    int rc = area_refresh_scopes(db, today);
    if (rc == 0 && load->result.changed > 0)
        rc = audit_writef(db, actor, "area.import", "", "{\"rows\":%d,\"changed\":%d}", load->result.rows,
                          load->result.changed);
    return rc;
}

int area_load_text(struct db *db, const struct actor *actor, const char *text, size_t n, const char *today,
                   struct area_load_result *out, struct file_errors *errors, struct err *err)
{
    struct load load = {.db = db};
    struct area_book *book = area_book_new();
    int rc = know_store(db, book);
    if (rc == 0)
        rc = area_file_read(book, text, n, on_row, &load, errors, err);
    if (rc == 0)
        rc = finish(db, actor, today, &load);
    if (rc == 0)
        *out = load.result;
    area_book_free(book);
    return rc;
}

int area_load_dir(struct db *db, const struct actor *actor, const char *dir, const char *today,
                  struct area_load_result *out, struct err *err)
{
    struct load load = {.db = db};
    struct area_book *book = area_book_new();
    int rc = 0;
    for (int table = 0; rc == 0 && table < AREA_TABLE_COUNT; table++) {
        struct file_errors errors;
        char *path = xasprintf("%s/%s", dir, area_table_file((enum area_table)table));
        file_errors_init(&errors, path);
        rc = area_file_load(book, path, on_row, &load, &errors, err);
        if (rc && errors.count > 0)
            err_set(err, rc, "%s", errors.item[0].text);
        file_errors_fini(&errors);
        free(path);
    }
    if (rc == 0)
        rc = finish(db, actor, today, &load);
    if (rc == 0)
        *out = load.result;
    area_book_free(book);
    return rc;
}

int area_is_empty(struct db *db, int *out)
{
    int64_t n = 0;
    int rc = db_get_int(db, &n, Q_MUNICIPALITY_COUNT, DB_NO_ARGS);
    if (rc == 0)
        *out = n == 0;
    return rc;
}
