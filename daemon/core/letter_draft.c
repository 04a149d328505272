/* Letters while they are written: adding, editing, submitting to lint. The contract is in core/letter.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/letter_check.h"
#include "core/letter_row.h"
#include "core/letter_source.h"
#include "core/series.h"
#include "store/db.h"

/* Where a letter belongs, worked out from its head and the options. */
struct placement {
    int64_t series_id;
    struct scope scope;
    char period[24];
};

/* The one series of this scope and kind, if there is exactly one. */
static int series_of_scope(struct db *db, const struct scope *scope, const char *kind, int64_t *id)
{
    struct db_rows *rows = NULL;
    int n = 0;
    int rc = db_query(db, &rows, Q_SERIES_FOR_SCOPE,
                      DB_ARGS(DB_TEXT(scope_kind_word(scope->kind)), DB_TEXT(scope->code), DB_TEXT(kind)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        *id = db_int(rows, 0);
        n++;
    }
    db_done(rows);
    if (n != 1)
        *id = 0;
    return rc;
}

/* The area that the head names, or its only municipality. */
static int scope_of_head(struct db *db, const struct letter_source *src, struct scope *scope, struct err *err)
{
    const char *area = letter_source_area(src);
    if (area) {
        scope->kind = SCOPE_POLICE_AREA;
        return area_find_police_area(db, area, scope->code, err);
    }
    if (letter_source_municipality_count(src) == 1) {
        char code[MUNICIPALITY_CODE_BYTES];
        int rc = area_find_municipality(db, letter_source_municipality(src, 0), code, err);
        scope->kind = SCOPE_MUNICIPALITY;
        snprintf(scope->code, sizeof scope->code, "%s", code);
        return rc;
    }
    return err_set(err, ERR_INVALID,
                   "whom is the letter for? Write \"area: NAME\" or one municipality in its head, or give "
                   "--series or --scope");
}

static int place_in_series(struct db *db, const struct actor *actor, const char *text, struct placement *p,
                           struct err *err)
{
    struct series series = {0};
    int rc = series_find(db, actor, text, &p->series_id, err);
    if (rc == 0)
        rc = series_load(db, p->series_id, &series, err);
    if (rc == 0)
        p->scope = series.scope;
    series_fini(&series);
    return rc;
}

/* A letter of a series needs a period that the series has. */
static int check_period(struct db *db, const struct letter_source *src, struct placement *p, struct err *err)
{
    struct series series = {0};
    struct occurrence at;
    const char *period = letter_source_period(src);
    if (period)
        snprintf(p->period, sizeof p->period, "%s", period);
    if (!p->series_id)
        return 0;
    int rc = series_load(db, p->series_id, &series, err);
    if (rc == 0 && !period)
        rc = err_set(err, ERR_INVALID,
                     "a letter of the series \"%.80s\" needs a period: write \"period: 2026-03\" in its head",
                     series.name);
    if (rc == 0 && series_occurrence(&series, period, &at) != 0)
        rc = err_set(err, ERR_INVALID,
                     "the series \"%.80s\" has no letter for the period %s: see series show for its dates, or give "
                     "--scope to write it outside the series",
                     series.name, period);
    series_fini(&series);
    return rc;
}

static int place(struct db *db, const struct actor *actor, const struct letter_source *src,
                 const struct letter_options *options, struct placement *p, struct err *err)
{
    const char *series = options->series ? options->series : letter_source_series(src);
    int rc = 0;
    if (series) {
        rc = place_in_series(db, actor, series, p, err);
    } else if (options->scope) {
        rc = scope_resolve(db, options->scope, &p->scope, err);
        if (rc == 0 && p->scope.kind == SCOPE_ALL)
            rc = err_set(err, ERR_INVALID, "a letter goes to a police area, a municipality or a group, not to all");
    } else {
        rc = scope_of_head(db, src, &p->scope, err);
        if (rc == 0)
            rc = series_of_scope(db, &p->scope, letter_kind_word(letter_source_kind(src)), &p->series_id);
    }
    if (rc == 0)
        rc = scope_check_covers(db, actor, &p->scope, err);
    return rc ? rc : check_period(db, src, p, err);
}

static int target_group(struct db *db, int64_t letter_id, const struct scope *scope)
{
    struct scope all = {.kind = SCOPE_ALL};
    char code[MUNICIPALITY_CODE_BYTES] = "";
    int rc = scope_group_municipality(db, &all, scope, code);
    return rc ? rc : db_exec(db, NULL, Q_LETTER_TARGET_INSERT, DB_ARGS(DB_INT(letter_id), DB_TEXT(code)));
}

/* The municipalities the letter goes to: the scope's, or those of them that the head lists. */
static int set_targets(struct db *db, int64_t letter_id, const struct letter_source *src, const struct scope *scope,
                       struct err *err)
{
    int rc = db_exec(db, NULL, Q_LETTER_TARGET_CLEAR, DB_ARGS(DB_INT(letter_id)));
    if (rc)
        return rc;
    if (scope->kind == SCOPE_GROUP)
        return target_group(db, letter_id, scope);
    if (letter_source_municipality_count(src) == 0)
        return db_exec(db, NULL, Q_LETTER_TARGET_FILL,
                       DB_ARGS(DB_INT(letter_id), DB_TEXT(scope_kind_word(scope->kind)), DB_TEXT(scope->code)));
    struct actor as_scope = {.scope = *scope};
    for (size_t i = 0; rc == 0 && i < letter_source_municipality_count(src); i++) {
        struct scope one = {.kind = SCOPE_MUNICIPALITY};
        char text[80];
        snprintf(one.code, sizeof one.code, "%s", letter_source_municipality(src, i));
        rc = scope_check_covers(db, &as_scope, &one, NULL);
        if (rc == ERR_NOT_FOUND)
            rc = err_set(err, ERR_INVALID,
                         "municipality %s in the head does not lie in %s: take it out, or choose another scope",
                         one.code, scope_format(scope, text));
        if (rc == 0)
            rc = db_exec(db, NULL, Q_LETTER_TARGET_INSERT, DB_ARGS(DB_INT(letter_id), DB_TEXT(one.code)));
    }
    return rc;
}

static int parse(const char *source, struct letter_source **out, struct err *err)
{
    struct letter_problem problem;
    int rc = letter_source_parse(source, strlen(source), out, &problem);
    if (rc) {
        err_set(err, rc, "%s", problem.en);
        err_add_swedish(err, "%s", problem.sv);
    }
    return rc;
}

int letter_add(struct db *db, const struct actor *actor, const char *source, const struct letter_options *options,
               int64_t *id, struct err *err)
{
    struct letter_source *src = NULL;
    struct placement p = {0};
    char *title = NULL;
    int64_t now = db_now_us(db);
    int64_t new_id = id_new(now);
    int rc = parse(source, &src, err);
    if (rc == 0)
        rc = place(db, actor, src, options, &p, err);
    if (rc == 0)
        title = letter_plain_title(src);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_INSERT,
                     DB_ARGS(DB_INT(new_id), p.series_id ? DB_INT(p.series_id) : DB_NULL,
                             DB_TEXT(p.period[0] ? p.period : NULL), DB_TEXT(scope_kind_word(p.scope.kind)),
                             DB_TEXT(p.scope.code), DB_TEXT(letter_kind_word(letter_source_kind(src))), DB_TEXT(title),
                             DB_TEXT(letter_class_word(letter_source_class(src))), DB_TEXT(source),
                             DB_INT(actor->user_id), DB_TEXT(actor->name), DB_INT(now)));
    if (rc == 0)
        rc = set_targets(db, new_id, src, &p.scope, err);
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.add", new_id, NULL, NULL);
    if (rc == 0)
        *id = new_id;
    free(title);
    letter_source_free(src);
    return rc;
}

int letter_edit(struct db *db, const struct actor *actor, int64_t id, const char *source, struct err *err)
{
    struct letter_row row = {0};
    struct letter_source *src = NULL;
    struct placement p = {0};
    char series[ID_TEXT_BYTES];
    char scope[80];
    char *title = NULL;
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0 &&
        (row.state == LETTER_STATE_SENDING || row.state == LETTER_STATE_SENT || row.state == LETTER_STATE_CANCELLED))
        rc = err_set(err, ERR_BAD_STATE, "the letter is %s and cannot be edited: write a new one",
                     letter_state_word(row.state));
    if (rc == 0)
        rc = parse(source, &src, err);
    if (rc == 0) {
        /* It stays where it was put, unless its head now says otherwise. */
        struct letter_options options = {0};
        if (row.series_id && !letter_source_series(src))
            options.series = id_format(ID_SERIES, row.series_id, series);
        else if (!row.series_id)
            options.scope = scope_format(&row.scope, scope);
        rc = place(db, actor, src, &options, &p, err);
    }
    if (rc == 0)
        title = letter_plain_title(src);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_EDIT,
                     DB_ARGS(DB_INT(id), p.series_id ? DB_INT(p.series_id) : DB_NULL,
                             DB_TEXT(p.period[0] ? p.period : NULL), DB_TEXT(scope_kind_word(p.scope.kind)),
                             DB_TEXT(p.scope.code), DB_TEXT(letter_kind_word(letter_source_kind(src))), DB_TEXT(title),
                             DB_TEXT(letter_class_word(letter_source_class(src))), DB_TEXT(source),
                             DB_INT(actor->user_id), DB_TEXT(actor->name), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = set_targets(db, id, src, &p.scope, err);
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.edit", id, "was", letter_state_word(row.state));
    free(title);
    letter_source_free(src);
    letter_row_fini(&row);
    return rc;
}

int letter_submit(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                  const char *override_reason, struct err *err)
{
    struct letter_row row = {0};
    char hash[SHA256_HEX_BYTES];
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && row.state != LETTER_STATE_DRAFT)
        rc = err_set(err, ERR_BAD_STATE, "the letter is %s: only a draft is submitted", letter_state_word(row.state));
    if (rc == 0)
        rc = letter_check(db, config, row.source, override_reason, err);
    if (rc == 0)
        rc = letter_row_hash(db, &row, hash);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_SUBMIT,
                     DB_ARGS(DB_INT(id), DB_TEXT(hash), DB_TEXT(override_reason), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.submit", id, "override_reason", override_reason);
    letter_row_fini(&row);
    return rc;
}
