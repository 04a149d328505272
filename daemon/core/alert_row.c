/* An alert as the store has it; the contract is in alert_row.h. */
#include "core/alert_row.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

void alert_row_fini(struct alert_row *row)
{
    free(row->title);
    free(row->text);
    free(row->instruction);
    free(row->title_en);
    free(row->text_en);
    free(row->sms);
    free(row->target);
    free(row->area_text);
    free(row->author);
    free(row->content_hash);
    free(row->override_reason);
    free(row->note);
    free(row->origin);
    free(row->origin_id);
    free(row->origin_url);
    *row = (struct alert_row){0};
}

int alert_row_municipalities(struct db *db, int64_t id, struct alert_municipality **out, size_t *count)
{
    struct db_rows *rows = NULL;
    struct alert_municipality *list = NULL;
    size_t n = 0;
    int rc = db_query(db, &rows, Q_ALERT_MUNICIPALITIES, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        list = xreallocarray(list, n + 1, sizeof *list);
        snprintf(list[n].code, sizeof list[n].code, "%s", db_text(rows, 0));
        snprintf(list[n].name, sizeof list[n].name, "%s", db_text(rows, 1));
        n++;
    }
    db_done(rows);
    if (rc) {
        free(list);
        return rc;
    }
    *out = list;
    *count = n;
    return 0;
}

static bool read_words(const struct db_rows *rows, struct alert_row *row)
{
    return alert_type_parse(db_text(rows, 2), &row->type) && alert_kind_parse(db_text(rows, 3), &row->kind) &&
           alert_severity_parse(db_text(rows, 4), &row->severity) &&
           alert_urgency_parse(db_text(rows, 5), &row->urgency) &&
           alert_certainty_parse(db_text(rows, 6), &row->certainty) &&
           letter_class_parse(db_text(rows, 9), &row->classification) &&
           alert_state_parse(db_text(rows, 18), &row->state);
}

static void read_texts(const struct db_rows *rows, struct alert_row *row)
{
    row->title = xstrdup(db_text(rows, 10));
    row->text = xstrdup(db_text(rows, 11));
    row->instruction = xstrdup(db_text(rows, 12));
    row->title_en = xstrdup(db_text(rows, 13));
    row->text_en = xstrdup(db_text(rows, 14));
    row->sms = xstrdup(db_text(rows, 15));
    row->target = xstrdup(db_text(rows, 16));
    row->area_text = xstrdup(db_text(rows, 17));
    row->author = xstrdup(db_text(rows, 20));
    row->content_hash = xstrdup(db_text(rows, 21));
    row->origin = xstrdup(db_text(rows, 25));
    row->origin_id = xstrdup(db_text(rows, 26));
    row->origin_url = xstrdup(db_text(rows, 27));
    row->override_reason = xstrdup_opt(db_opt_text(rows, 32));
}

static int read_row(const struct db_rows *rows, struct alert_row *out)
{
    struct alert_row row = {.id = db_int(rows, 0), .root_id = db_int(rows, 1)};
    if (!read_words(rows, &row))
        return ERR_CORRUPT;
    read_texts(rows, &row);
    row.is_exercise = db_int(rows, 7) != 0;
    row.life_danger = db_int(rows, 8) != 0;
    row.author_id = db_int(rows, 19);
    row.recipients = db_int(rows, 22);
    row.not_before_us = db_int(rows, 23);
    row.expires_us = db_int(rows, 24);
    row.message_id = db_int(rows, 28);
    row.created_us = db_int(rows, 29);
    row.sent_us = db_int(rows, 30);
    row.ended_us = db_int(rows, 31);
    *out = row;
    return 0;
}

static int refuse_unknown(struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no such alert in your area: see alert list");
}

int alert_row_load(struct db *db, int64_t id, struct alert_row *out, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ALERT_GET, DB_ARGS(DB_INT(id)));
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

/* A draft for a county, as VMA's are, can still become a warning of one's own for a part of it. */
static int refuse_uncovered(enum alert_state state, int64_t outside, struct err *err)
{
    if (state == ALERT_STATE_DRAFT || state == ALERT_STATE_SUBMITTED)
        return err_set(err, ERR_FORBIDDEN,
                       "the alert also concerns %lld municipalities outside your area: ask an administrator, or a "
                       "colleague whose area covers all of them; or warn your own area alone, with alert send and its "
                       "text, --municipality or --area",
                       (long long)outside);
    return err_set(
        err, ERR_FORBIDDEN,
        "the alert also concerns %lld municipalities outside your area: ask an administrator, or a colleague "
        "whose area covers all of them",
        (long long)outside);
}

int alert_row_load_as(struct db *db, const struct actor *actor, int64_t id, struct alert_row *out, struct err *err)
{
    int64_t seen = 0;
    int64_t outside = 0;
    int rc = db_get_int_as(db, &actor->scope, &seen, Q_ALERT_VISIBLE, DB_ARGS(DB_INT(id)));
    if (rc == ERR_NOT_FOUND)
        return refuse_unknown(err);
    if (rc == 0)
        rc = db_get_int_as(db, &actor->scope, &outside, Q_ALERT_UNCOVERED, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = alert_row_load(db, id, out, err);
    if (rc || outside == 0)
        return rc;
    rc = refuse_uncovered(out->state, outside, err);
    alert_row_fini(out);
    return rc;
}

char *alert_row_hash(const struct alert_row *row, char out[SHA256_HEX_BYTES])
{
    char numbers[120];
    struct sha256 *sum = sha256_new();
    const char *const texts[] = {
        alert_type_word(row->type),
        alert_kind_word(row->kind),
        alert_severity_word(row->severity),
        alert_urgency_word(row->urgency),
        alert_certainty_word(row->certainty),
        letter_class_word(row->classification),
        row->title,
        row->text,
        row->instruction,
        row->title_en,
        row->text_en,
        row->sms,
        row->target,
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        sha256_add_text(sum, texts[i]);
    snprintf(numbers, sizeof numbers, "%d %d %lld", row->is_exercise, row->life_danger, (long long)row->expires_us);
    sha256_add_text(sum, numbers);
    return sha256_end_hex(sum, out);
}

int alert_row_insert(struct db *db, const struct actor *actor, const struct alert_row *row)
{
    return db_exec(
        db, NULL, Q_ALERT_ADD,
        DB_ARGS(DB_INT(row->id), DB_INT(row->root_id), DB_TEXT(alert_type_word(row->type)),
                DB_TEXT(alert_kind_word(row->kind)), DB_TEXT(alert_severity_word(row->severity)),
                DB_TEXT(alert_urgency_word(row->urgency)), DB_TEXT(alert_certainty_word(row->certainty)),
                DB_INT(row->is_exercise), DB_INT(row->life_danger), DB_TEXT(letter_class_word(row->classification)),
                DB_TEXT(row->title), DB_TEXT(row->text), DB_TEXT(row->instruction), DB_TEXT(row->title_en),
                DB_TEXT(row->text_en), DB_TEXT(row->sms), DB_TEXT(row->target), DB_TEXT(row->area_text),
                DB_TEXT(alert_state_word(row->state)), DB_INT(actor->user_id), DB_TEXT(actor->name),
                DB_TEXT(row->content_hash), DB_TEXT(row->override_reason), DB_TEXT(row->note), DB_INT(row->recipients),
                DB_INT(row->not_before_us), DB_INT(row->expires_us), DB_TEXT(row->origin), DB_TEXT(row->origin_id),
                DB_TEXT(row->origin_url), DB_INT(row->created_us), row->sent_us ? DB_INT(row->sent_us) : DB_NULL,
                row->ended_us ? DB_INT(row->ended_us) : DB_NULL));
}

int alert_audit(struct db *db, const struct actor *actor, const char *action, const struct alert_row *row,
                const char *key, const char *text)
{
    char object[ID_TEXT_BYTES];
    json_t *detail = json_pack("{s:s, s:b, s:s}", "kind", alert_kind_word(row->kind), "exercise", row->is_exercise,
                               "hash", row->content_hash);
    if (detail && row->recipients > 0)
        json_object_set_new(detail, "recipients", json_integer(row->recipients));
    if (detail && text)
        json_object_set_new(detail, key, json_string(text));
    char *dumped = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    int rc = dumped ? audit_write(db, actor, action, id_format(ID_ALERT, row->id, object), dumped) : ERR_INVALID;
    free(dumped);
    json_decref(detail);
    return rc;
}
