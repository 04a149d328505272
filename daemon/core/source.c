/* When a source may be asked and how that went; the contract is in core/source.h. */
#include "core/source.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/source_json.h"
#include "store/audit.h"
#include "store/db.h"

enum { HOUR_S = 3600 };

static const struct {
    const char *word, *name;
} SOURCES[SOURCE_COUNT] = {
#define SOURCE_ROW(id, word, name) {word, name},
    SOURCE_MAP(SOURCE_ROW)
#undef SOURCE_ROW
};

const char *source_word(enum source source)
{
    return SOURCES[source].word;
}

const char *source_name(enum source source)
{
    return SOURCES[source].name;
}

bool source_parse(const char *word, enum source *out)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (strcmp(SOURCES[i].word, word) == 0) {
            *out = (enum source)i;
            return true;
        }
    return false;
}

/* --- the row ------------------------------------------------------------------------------------------------------ */

int source_state(struct db *db, enum source source, struct source_state *out)
{
    struct db_rows *rows = NULL;
    *out = (struct source_state){.url = ""};
    int rc = db_query(db, &rows, Q_SOURCE_READ, DB_ARGS(DB_TEXT(source_word(source))));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        source_text_cut(out->url, sizeof out->url, db_text(rows, 1));
        out->asked_us = db_int(rows, 2);
        out->answered_us = db_int(rows, 3);
        out->next_us = db_int(rows, 4);
        source_text_cut(out->problem, sizeof out->problem, db_text(rows, 5));
        out->problem_since_us = db_int(rows, 6);
        out->is_stopped = db_int(rows, 7) != 0;
        out->faults = db_int(rows, 11);
        source_text_cut(out->fault, sizeof out->fault, db_text(rows, 12));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* The validators, when they belong to what is asked for now. */
static int read_validators(struct db *db, enum source source, const char *asked_for, struct source_question *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_SOURCE_READ, DB_ARGS(DB_TEXT(source_word(source))));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && strcmp(db_text(rows, 8), asked_for) == 0) {
        source_text_cut(out->etag, sizeof out->etag, db_text(rows, 9));
        source_text_cut(out->last_modified, sizeof out->last_modified, db_text(rows, 10));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* --- may it be asked? --------------------------------------------------------------------------------------------- */

static int64_t seconds_up(int64_t us)
{
    return us <= 0 ? 0 : (us + US_PER_S - 1) / US_PER_S;
}

/* What the calls of the last hour leave to wait; 0: nothing. */
static int wait_for_limits(struct db *db, enum source source, const struct source_rules *rules, int64_t now_us,
                           int64_t *wait_s)
{
    const char *word = source_word(source);
    struct db_rows *rows = NULL;
    *wait_s = 0;
    int rc = db_exec(db, NULL, Q_SOURCE_CALL_PULL_BACK, DB_ARGS(DB_TEXT(word), DB_INT(now_us)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SOURCE_CALL_CLEAR, DB_ARGS(DB_TEXT(word), DB_INT(now_us - HOUR_S * US_PER_S)));
    if (rc == 0)
        rc = db_query(db, &rows, Q_SOURCE_CALL_COUNT, DB_ARGS(DB_TEXT(word)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && db_int(rows, 0) > 0) {
        int64_t gap_s = seconds_up(db_int(rows, 2) + rules->gap_s * US_PER_S - now_us);
        int64_t hour_s =
            db_int(rows, 0) < rules->per_hour ? 0 : seconds_up(db_int(rows, 1) + HOUR_S * US_PER_S - now_us);
        *wait_s = gap_s > hour_s ? gap_s : hour_s;
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* What was planned after the last question. */
static int64_t wait_as_planned(const struct source_state *state, int64_t now_us)
{
    return seconds_up(state->next_us - now_us);
}

static int count_call(struct db *db, enum source source, const struct source_rules *rules, int64_t now_us)
{
    const char *word = source_word(source);
    int rc = db_exec(db, NULL, Q_SOURCE_CALL_INSERT, DB_ARGS(DB_TEXT(word), DB_INT(now_us)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SOURCE_ASKED,
                     DB_ARGS(DB_TEXT(word), DB_INT(now_us), DB_INT(now_us + rules->interval_s * US_PER_S)));
    return rc;
}

int source_ask(struct db *db, enum source source, const char *url, const char *asked_for,
               const struct source_rules *rules, int64_t now_us, struct source_question *out)
{
    struct source_state state;
    int64_t limit_s = 0;
    *out = (struct source_question){.may_ask = false};
    int rc = db_exec(db, NULL, Q_SOURCE_ENSURE, DB_ARGS(DB_TEXT(source_word(source)), DB_TEXT(url)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SOURCE_MOVE, DB_ARGS(DB_TEXT(source_word(source)), DB_TEXT(url)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SOURCE_PULL_BACK, DB_ARGS(DB_TEXT(source_word(source)), DB_INT(now_us)));
    if (rc == 0)
        rc = source_state(db, source, &state);
    if (rc == 0)
        rc = wait_for_limits(db, source, rules, now_us, &limit_s);
    if (rc)
        return rc;
    out->is_stopped = state.is_stopped;
    out->problem_since_us = state.problem_since_us;
    out->wait_s = wait_as_planned(&state, now_us);
    if (out->wait_s < limit_s)
        out->wait_s = limit_s;
    out->may_ask = !state.is_stopped && out->wait_s == 0;
    if (!out->may_ask)
        return 0;
    rc = read_validators(db, source, asked_for, out);
    return rc ? rc : count_call(db, source, rules, now_us);
}

/* --- what came of it ---------------------------------------------------------------------------------------------- */

int source_told(struct db *db, enum source source, const struct source_result *result, int64_t now_us)
{
    const struct source_faults none = {.count = 0};
    const struct source_faults *faults = result->faults ? result->faults : &none;
    const struct db_arg word = DB_TEXT(source_word(source));
    const struct db_arg now = DB_INT(now_us);
    const struct db_arg next = DB_INT(now_us + result->wait_s * US_PER_S);
    switch (result->what) {
    case SOURCE_ANSWERED:
        return db_exec(db, NULL, Q_SOURCE_ANSWERED,
                       DB_ARGS(word, now, next, DB_TEXT(result->asked_for), DB_TEXT(result->etag),
                               DB_TEXT(result->last_modified), DB_INT(faults->count), DB_TEXT(faults->first)));
    case SOURCE_NOT_MODIFIED:
        return db_exec(db, NULL, Q_SOURCE_SAME, DB_ARGS(word, now, next));
    case SOURCE_FAILED:
        break;
    }
    return db_exec(db, NULL, Q_SOURCE_FAILED, DB_ARGS(word, now, next, DB_TEXT(result->problem), DB_INT(result->stop)));
}

int source_resume(struct db *db, const struct actor *actor, enum source source, struct err *err)
{
    int64_t changed = 0;
    int rc = db_exec(db, &changed, Q_SOURCE_RESUME, DB_ARGS(DB_TEXT(source_word(source))));
    if (rc == 0 && changed == 0)
        return err_set(err, ERR_BAD_STATE, "%s is not stopped: incoming status tells how it is asked",
                       source_name(source));
    return rc ? rc : audit_write(db, actor, "source.resume", source_word(source), NULL);
}
