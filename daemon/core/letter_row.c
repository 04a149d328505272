/* A letter as the store has it; the contract is in letter_row.h. */
#include "core/letter_row.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/area.h"
#include "store/audit.h"
#include "store/db.h"

static const char *const STATES[] = {
#define ROW(id, word, final) [LETTER_STATE_##id] = word,
    LETTER_STATE_MAP(ROW)
#undef ROW
};

const char *letter_state_word(enum letter_state state)
{
    return STATES[state];
}

bool letter_state_parse(const char *word, enum letter_state *out)
{
    for (size_t i = 0; i < ARRAY_LEN(STATES); i++) {
        if (strcmp(word, STATES[i]) == 0) {
            *out = (enum letter_state)i;
            return true;
        }
    }
    return false;
}

void letter_row_fini(struct letter_row *row)
{
    free(row->period);
    free(row->kind);
    free(row->title);
    free(row->classification);
    free(row->source);
    free(row->author);
    free(row->content_hash);
    free(row->approved_hash);
    *row = (struct letter_row){0};
}

static int read_row(const struct db_rows *rows, struct letter_row *out)
{
    struct letter_row row = {.id = db_int(rows, 0), .series_id = db_int(rows, 1)};
    if (!scope_kind_parse(db_text(rows, 3), &row.scope.kind) || !letter_state_parse(db_text(rows, 10), &row.state))
        return ERR_CORRUPT;
    snprintf(row.scope.code, sizeof row.scope.code, "%s", db_text(rows, 4));
    row.period = xstrdup_opt(db_opt_text(rows, 2));
    row.kind = xstrdup(db_text(rows, 5));
    row.title = xstrdup(db_text(rows, 6));
    row.classification = xstrdup(db_text(rows, 7));
    row.source = xstrdup(db_text(rows, 8));
    row.version = db_int(rows, 9);
    row.author_id = db_int(rows, 11);
    row.author = xstrdup(db_text(rows, 12));
    row.editor_id = db_int(rows, 13);
    row.content_hash = xstrdup_opt(db_opt_text(rows, 14));
    row.approved_hash = xstrdup_opt(db_opt_text(rows, 15));
    row.due_at = db_int(rows, 16);
    row.holds_period = db_int(rows, 17) != 0;
    row.message_id = db_int(rows, 18);
    *out = row;
    return 0;
}

static int refuse_unknown(struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no such letter in your area: see letter list");
}

int letter_row_load(struct db *db, int64_t id, struct letter_row *out, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LETTER_GET, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        rc = read_row(rows, out);
    else if (rc == 0)
        rc = refuse_unknown(err);
    db_done(rows);
    return rc;
}

int letter_row_load_as(struct db *db, const struct actor *actor, int64_t id, struct letter_row *out, struct err *err)
{
    int64_t seen = 0;
    int64_t outside = 0;
    int rc = db_get_int_as(db, &actor->scope, &seen, Q_LETTER_VISIBLE, DB_ARGS(DB_INT(id)));
    if (rc == ERR_NOT_FOUND)
        return refuse_unknown(err);
    if (rc == 0)
        rc = db_get_int_as(db, &actor->scope, &outside, Q_LETTER_UNCOVERED, DB_ARGS(DB_INT(id)));
    if (rc == 0 && outside > 0)
        rc = err_set(err, ERR_FORBIDDEN,
                     "the letter also goes to municipalities outside your area: somebody whose area "
                     "covers all of them has to do this");
    return rc ? rc : letter_row_load(db, id, out, err);
}

int letter_row_hash(struct db *db, const struct letter_row *row, char out[SHA256_HEX_BYTES])
{
    char text[80];
    char series[ID_TEXT_BYTES] = "";
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LETTER_TARGETS, DB_ARGS(DB_INT(row->id)));
    if (rc)
        return rc;
    struct sha256 *sum = sha256_new();
    sha256_add_text(sum, row->source);
    sha256_add_text(sum, row->series_id ? id_format(ID_SERIES, row->series_id, series) : "");
    sha256_add_text(sum, row->period);
    sha256_add_text(sum, scope_format(&row->scope, text));
    while ((rc = db_next(rows)) > 0)
        sha256_add_text(sum, db_text(rows, 0));
    db_done(rows);
    sha256_end_hex(sum, out);
    return rc;
}

int letter_audit(struct db *db, const struct actor *actor, const char *action, int64_t id, const char *key,
                 const char *text)
{
    char object[ID_TEXT_BYTES];
    json_t *detail = text ? json_pack("{s:s}", key, text) : json_object();
    char *dumped = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    int rc = dumped ? audit_write(db, actor, action, id_format(ID_LETTER, id, object), dumped) : ERR_INVALID;
    free(dumped);
    json_decref(detail);
    return rc;
}
