/* Reading letters: the list, one letter with its audience, what lint says, what a reader will see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/group.h"
#include "core/letter.h"
#include "core/letter_check.h"
#include "core/letter_source.h"
#include "core/lint.h"
#include "core/series.h"
#include "http/api.h"
#include "http/api_letter.h"
#include "store/db.h"

enum { PREVIEW_SUBJECT_BYTES = 16 * 1024, PREVIEW_BYTES = 4 * 1024 * 1024, LETTER_COLUMNS_SOURCE = 23 };

static int not_found(struct api_call *call)
{
    return err_set(&call->err, ERR_NOT_FOUND, "there is no such letter in your area: see letter list");
}

/* --- list ------------------------------------------------------------------------------------------------------ */

int api_letter_list(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    enum letter_state state = LETTER_STATE_DRAFT;
    const char *state_word = api_query(call, "state", "");
    const char *series = api_query(call, "series", "");
    int64_t series_id = 0;
    int rc = api_query_only(call, "state series after limit");
    if (rc == 0 && state_word[0] && !letter_state_parse(state_word, &state))
        rc = err_set(&call->err, ERR_USAGE,
                     "state=%.40s is no state of letters: write one of" LETTER_STATE_MAP(API_WORD), state_word);
    if (rc == 0 && series[0])
        rc = series_find(db, &call->actor, series, &series_id, &call->err);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_LIST,
                         DB_ARGS(DB_INT(0), DB_TEXT(state_word), DB_INT(series_id),
                                 DB_INT(page.id ? page.id : INT64_MAX), DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows,
                      "id:let title:s kind:s period:s series_id:ser series:s scope_kind:s scope_code:s "
                      "classification:s state:s version:i author:s approved_by:s due_at:t created_at:t updated_at:t",
                      -1, &page);
    api_page_fini(&page);
    return rc;
}

/* --- one ------------------------------------------------------------------------------------------------------- */

/* The group that a letter to one group is for, or 0. */
static int64_t only_group(const json_t *letter)
{
    int64_t id = 0;
    const char *code = json_string_value(json_object_get(letter, "scope_code"));
    const char *kind = json_string_value(json_object_get(letter, "scope_kind"));
    if (!kind || !code || strcmp(kind, scope_kind_word(SCOPE_GROUP)) != 0 || id_parse(ID_GROUP, code, &id) != 0)
        return 0;
    return id;
}

static int add_audience(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    json_t *list = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_AUDIENCE,
                         DB_ARGS(DB_INT(id), DB_INT(only_group(call->result))));
    if (rc == 0)
        rc = api_rows(rows, "code:s name:s groups:i contacts:i addresses:i", &list);
    if (rc == 0)
        json_object_set_new(call->result, "audience", list);
    return rc;
}

static int add_targets(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    json_t *list = NULL;
    int rc = db_query(db, &rows, Q_LETTER_TARGETS, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = api_rows(rows, "code:s name:s", &list);
    if (rc == 0)
        json_object_set_new(call->result, "targets", list);
    return rc;
}

int api_letter_show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(
            rows, "id:let title:s kind:s period:s series_id:ser series:s scope_kind:s scope_code:s classification:s "
                  "state:s version:i author:s editor:s override_reason:s content_hash:s submitted_at:t approved_by:s "
                  "approved_at:t due_at:t note:s message:msg created_at:t updated_at:t source:s");
    db_done(rows);
    if (rc <= 0)
        return rc ? rc : not_found(call);
    return add_targets(call, db, id);
}

int api_letter_get(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_letter_find(call, db, &id);
    if (rc == 0)
        rc = api_letter_show(call, db, id);
    if (rc)
        return rc;
    /* Counting takes a second for a hundred thousand, so it is done here alone, on a reader; the answers to changes go
     * without, since the writer has alerts to see to. Once the letter goes out, its report has the figures. */
    bool goes_out = !json_is_null(json_object_get(call->result, "message"));
    return goes_out ? 0 : add_audience(call, db, id);
}

/* The text of the path's letter: returns 0 and *id, *source (caller frees). */
static int read_source(struct api_call *call, struct db *db, int64_t *id, char **source)
{
    struct db_rows *rows = NULL;
    int rc = api_letter_find(call, db, id);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(*id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        *source = xstrdup(db_text(rows, LETTER_COLUMNS_SOURCE));
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : not_found(call);
}

/* --- lint ------------------------------------------------------------------------------------------------------ */

static json_t *report_json(const struct lint_report *report)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct lint_finding *f = &report->findings[i];
        json_array_append_new(findings,
                              json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "severity",
                                        lint_severity_word(f->severity), "rule", f->rule, "line", (json_int_t)f->line,
                                        "column", (json_int_t)f->column, "text", f->text, "sv", f->sv, "en", f->en));
    }
    return json_pack("{s:o, s:I, s:I, s:I, s:i}", "findings", findings, "blocks",
                     (json_int_t)report->totals[LINT_BLOCK], "warns", (json_int_t)report->totals[LINT_WARN], "notes",
                     (json_int_t)report->totals[LINT_NOTE], "lix", report->lix);
}

int api_letter_lint(struct api_call *call, struct db *db)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    struct lint_report report;
    char *source = NULL;
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = read_source(call, db, &id, &source);
    if (rc)
        return rc;
    lint_report_init(&report);
    rc = letter_source_parse(source, strlen(source), &src, &problem);
    if (rc)
        err_set(&call->err, rc, "%s", problem.en);
    else
        rc = letter_lint(db, call->config, src, &report);
    if (rc == 0)
        call->result = report_json(&report);
    lint_report_fini(&report);
    letter_source_free(src);
    free(source);
    return rc;
}

/* --- preview --------------------------------------------------------------------------------------------------- */

/* Names copied out of rows; long ones are cut, as in a mail. */
struct reader {
    char code[MUNICIPALITY_CODE_BYTES];
    char municipality[128], area[128], group[512];
};

static void copy(char *out, size_t room, const char *text)
{
    size_t n = strlen(text);
    if (n >= room)
        for (n = room - 1; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--; /* between characters */
    memcpy(out, text, n);
    out[n] = '\0';
}

static int of_group(struct api_call *call, struct db *db, const char *text, struct reader *out)
{
    struct db_rows *rows = NULL;
    int64_t id = 0;
    int rc = group_find(db, &call->actor, text, &id, &call->err);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_GROUP_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        copy(out->group, sizeof out->group, db_text(rows, 1));
        copy(out->code, sizeof out->code, db_text(rows, 2));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* The municipality must be one that the letter goes to; the first when none is asked for. */
static int of_municipality(struct api_call *call, struct db *db, int64_t letter_id, struct reader *out)
{
    struct db_rows *rows = NULL;
    bool found = false;
    int rc = db_query(db, &rows, Q_LETTER_TARGETS, DB_ARGS(DB_INT(letter_id)));
    if (rc)
        return rc;
    while (!found && (rc = db_next(rows)) > 0) {
        found = !out->code[0] || strcmp(out->code, db_text(rows, 0)) == 0;
        if (found) {
            copy(out->code, sizeof out->code, db_text(rows, 0));
            copy(out->municipality, sizeof out->municipality, db_text(rows, 1));
        }
    }
    db_done(rows);
    if (rc < 0)
        return rc;
    return found ? 0
                 : err_set(&call->err, ERR_INVALID, "the letter does not go to municipality %s: see its targets",
                           out->code);
}

static int of_area(struct db *db, struct reader *out)
{
    struct scope all = {.kind = SCOPE_ALL}; /* the division is public */
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &all, &rows, Q_MUNICIPALITY_LIST, DB_ARGS(DB_TEXT(out->code), DB_TEXT(""), DB_TEXT("")));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        copy(out->area, sizeof out->area, db_text(rows, 4));
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int find_reader(struct api_call *call, struct db *db, int64_t letter_id, struct reader *out)
{
    const char *group = api_query(call, "group", NULL);
    const char *municipality = api_query(call, "municipality", NULL);
    int rc = api_query_only(call, "group municipality");
    copy(out->group, sizeof out->group, "Gruppens namn");
    if (rc == 0 && group && municipality)
        rc = err_set(&call->err, ERR_USAGE, "give group or municipality: a group lies in one municipality");
    if (rc == 0 && group)
        rc = of_group(call, db, group, out);
    if (rc == 0 && municipality)
        rc = area_find_municipality(db, municipality, out->code, &call->err);
    if (rc == 0)
        rc = of_municipality(call, db, letter_id, out);
    return rc ? rc : of_area(db, out);
}

int api_letter_preview(struct api_call *call, struct db *db)
{
    struct reader reader = {.code = ""};
    struct buf subject;
    struct buf text;
    struct buf html;
    char *source = NULL;
    int64_t id = 0;
    int rc = read_source(call, db, &id, &source);
    if (rc == 0)
        rc = find_reader(call, db, id, &reader);
    buf_init(&subject, PREVIEW_SUBJECT_BYTES);
    buf_init(&text, PREVIEW_BYTES);
    buf_init(&html, PREVIEW_BYTES);
    struct api_preview in = {.source = source,
                             .municipality_code = reader.code,
                             .municipality_name = reader.municipality,
                             .area_name = reader.area,
                             .group_name = reader.group,
                             .person_name = "Förnamn Efternamn"};
    if (rc == 0)
        rc = call->env->preview(&in, &subject, &text, &html, &call->err);
    if (rc == 0)
        call->result = json_pack("{s:s, s:s, s:s, s:s}", "municipality", reader.code, "subject", buf_str(&subject),
                                 "text", buf_str(&text), "html", buf_str(&html));
    buf_fini(&subject);
    buf_fini(&text);
    buf_fini(&html);
    free(source);
    return rc;
}
