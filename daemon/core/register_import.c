/* Taking a register into the store; the contract is in core/register_import.h. */
#include "core/register_import.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/register_import_parts.h"
#include "store/audit.h"
#include "store/db.h"

enum { TEXT_MAX_BYTES = 4096, CHUNK_BYTES = 16384 };

/* --- problems -------------------------------------------------------------------------------------------------- */

static void on_problem(void *ctx, const struct register_problem *problem)
{
    struct import *im = ctx;
    im->options->on_problem(im->options->ctx, problem);
}

void import_report(struct import *im, enum register_problem_code code, long line, const char *found, const char *arg1,
                   const char *arg2)
{
    const struct wording *text = register_problem_wording(code);
    const char *const args[REGISTER_ARGS_MAX] = {arg1, arg2};
    struct buf shown, sv, en;
    struct register_problem p = {
        .code = code, .severity = register_problem_severity(code), .line = line, .header = "", .suggestion = ""};
    buf_init(&shown, TEXT_MAX_BYTES);
    buf_init(&sv, TEXT_MAX_BYTES);
    buf_init(&en, TEXT_MAX_BYTES);
    register_fill(&en, text->en, args);
    if (p.severity == REGISTER_ERROR && !im->has_errors) {
        im->has_errors = true;
        err_set(im->err, ERR_INVALID, "line %ld: %s", line,
                arg1 && code == REGISTER_PROBLEM_FILE ? arg1 : buf_str(&en));
    }
    if ((size_t)++im->result->problems[p.severity] <= im->options->max_problems) {
        register_show(&shown, found ? found : "");
        register_fill(&sv, text->sv, args);
        p.found = buf_str(&shown);
        p.text = (struct wording){buf_str(&sv), buf_str(&en)};
        on_problem(im, &p);
    }
    buf_fini(&shown);
    buf_fini(&sv);
    buf_fini(&en);
}

/* --- municipalities -------------------------------------------------------------------------------------------- */

/* By code or name; whether the actor may see it is asked when a row comes. */
static bool find_municipality(void *ctx, const char *text, char code[REGISTER_CODE_BYTES])
{
    struct import *im = ctx;
    struct err ignored;
    return area_find_municipality(im->store, text, code, &ignored) == 0;
}

/* The municipality's first row: may the actor, and if so, a copy of its register. */
static int add_area(struct import *im, const struct register_row *row)
{
    struct scope target = {.kind = SCOPE_MUNICIPALITY};
    struct err ignored;
    if (im->area_count == IMPORT_AREAS_MAX)
        return err_set(im->err, ERR_TOO_LARGE, "the file names more than %d municipalities", IMPORT_AREAS_MAX);
    snprintf(target.code, sizeof target.code, "%s", row->municipality_code);
    int rc = scope_check_covers(im->store, im->asker, &target, &ignored);
    if (rc && rc != ERR_NOT_FOUND)
        return rc;
    struct import_area *area = &im->areas[im->area_count++];
    snprintf(area->code, sizeof area->code, "%s", row->municipality_code);
    area->is_outside = rc == ERR_NOT_FOUND;
    if (!area->is_outside)
        return register_copy_take(im->copy, im->store, area->code);
    import_report(im, REGISTER_PROBLEM_MUNICIPALITY_OUTSIDE, row->line, area->code, area->code, NULL);
    return 0;
}

/* The file's record of a municipality, made at its first row. */
static int find_area(struct import *im, const struct register_row *row, struct import_area **out)
{
    size_t i = im->area_count;
    while (i > 0 && strcmp(im->areas[i - 1].code, row->municipality_code) != 0)
        i--;
    if (i == 0) {
        int rc = add_area(im, row);
        if (rc)
            return rc;
        i = im->area_count;
    }
    *out = &im->areas[i - 1];
    im->actor.scope.kind = SCOPE_MUNICIPALITY;
    snprintf(im->actor.scope.code, sizeof im->actor.scope.code, "%s", row->municipality_code);
    return 0;
}

static int on_row(void *ctx, const struct register_row *row)
{
    struct import *im = ctx;
    struct import_area *area = NULL;
    int rc = find_area(im, row, &area);
    return rc || area->is_outside ? rc : import_row(im, area, row);
}

/* --- the file -------------------------------------------------------------------------------------------------- */

static int hash_file(const struct byte_source *source, char out[SHA256_HEX_BYTES])
{
    char chunk[CHUNK_BYTES];
    size_t n = 0;
    int rc = 0;
    struct sha256 *sum = sha256_new();
    while ((rc = source->read(source->ctx, chunk, sizeof chunk, &n)) == 0 && n > 0)
        sha256_add(sum, chunk, n);
    sha256_end_hex(sum, out);
    return rc ? rc : source->rewind(source->ctx);
}

static void count(const struct seen *seen, long *added, long *changed, long *unchanged)
{
    for (size_t i = 0; i < seen->cap; i++) {
        if (seen->entries[i].hash == 0)
            continue;
        uint32_t mark = seen->entries[i].value;
        long *slot = mark == IMPORT_ADDED ? added : mark == IMPORT_CHANGED ? changed : unchanged;
        (*slot)++;
    }
}

static int read_file(struct import *im, const struct byte_source *source)
{
    struct register_summary summary;
    struct register_options options = {.municipality_code = im->options->municipality_code,
                                       .municipality = find_municipality,
                                       .max_problems = im->options->max_problems};
    struct register_callbacks callbacks = {.on_row = on_row, .on_problem = on_problem, .ctx = im};
    int rc = register_read(source, &options, &callbacks, &summary, im->err);
    im->result->rows = summary.rows;
    for (int i = 0; i <= REGISTER_ERROR; i++)
        im->result->problems[i] += summary.problems[i];
    return rc == 0 && im->has_errors ? ERR_INVALID : rc;
}

/* How many groups and persons come in each municipality, for the tally. */
static int count_new(struct import *im)
{
    struct db_rows *rows = NULL;
    int rc = db_query(im->db, &rows, Q_REGISTER_NEW_COUNTS, DB_NO_ARGS);
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        rc = 0;
        for (size_t i = 0; i < im->area_count; i++) {
            if (strcmp(im->areas[i].code, db_text(rows, 0)) != 0)
                continue;
            im->areas[i].groups_added = db_int(rows, 1);
            im->areas[i].active_added = db_int(rows, 2);
            im->areas[i].contacts_added = db_int(rows, 3);
        }
    }
    db_done(rows);
    return rc;
}

static struct register_import *keep(struct import *im, int64_t edit_head, int64_t first_id, const char *sha256)
{
    struct register_import *kept = xcalloc(1, sizeof *kept);
    kept->copy = im->copy;
    im->copy = NULL;
    kept->edit_head = edit_head;
    kept->first_id = first_id;
    kept->last_id = id_new(register_copy_stamp(kept->copy));
    kept->actor = *im->asker;
    kept->result = *im->result;
    kept->areas = xcalloc(im->area_count, sizeof *kept->areas);
    kept->area_count = im->area_count;
    for (size_t i = 0; i < im->area_count; i++)
        kept->areas[i] = im->areas[i];
    snprintf(kept->sha256, sizeof kept->sha256, "%s", sha256);
    return kept;
}

int register_import_try(struct db *db, const struct actor *actor, const struct byte_source *source,
                        const struct register_import_options *options, struct register_import_result *out,
                        struct register_import **import_out, struct err *err)
{
    struct import im = {.store = db, .asker = actor, .actor = *actor, .options = options, .result = out, .err = err};
    char sha256[SHA256_HEX_BYTES];
    int64_t edit_head = 0;
    int64_t first_id = 0;
    *out = (struct register_import_result){0};
    seen_init(&im.groups);
    seen_init(&im.contacts);
    int rc = db_get_int(db, &edit_head, Q_REGISTER_EDIT_HEAD, DB_NO_ARGS);
    if (rc == 0)
        rc = hash_file(source, sha256);
    if (rc == 0)
        rc = register_copy_new(db, &im.copy, err);
    if (rc == 0) {
        first_id = id_new(register_copy_stamp(im.copy));
        im.db = register_copy_db(im.copy);
        rc = read_file(&im, source);
    }
    count(&im.groups, &out->groups_added, &out->groups_changed, &out->groups_unchanged);
    count(&im.contacts, &out->contacts_added, &out->contacts_changed, &out->contacts_unchanged);
    seen_fini(&im.groups);
    seen_fini(&im.contacts);
    if (rc == 0)
        rc = count_new(&im);
    if (rc == 0)
        *import_out = keep(&im, edit_head, first_id, sha256);
    register_copy_free(im.copy);
    return rc;
}
