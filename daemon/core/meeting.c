/* Meetings; the contract is in core/meeting.h. */
#include "core/meeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/area.h"
#include "store/audit.h"
#include "store/db.h"

static const int64_t HOUR_US = 3600 * US_PER_S;
static const int64_t DAY_US = 86400 * US_PER_S;

/* One line of text, cleaned; `what` and `max` characters for the refusal. *out is the caller's, "" when not given. */
static int take_text(const char *text, const char *what, size_t max, char **out, struct err *err)
{
    char *clean = text_clean(text ? text : "");
    if (!clean || text_length(clean) > max || text_has_control(clean, strlen(clean))) {
        free(clean);
        return err_set(err, ERR_INVALID, "the %s of a meeting is plain text of at most %zu characters", what, max);
    }
    *out = clean;
    return 0;
}

static int check_times(int64_t now_us, int64_t starts_us, int64_t ends_us, struct err *err)
{
    if (starts_us <= 0)
        return err_set(err, ERR_INVALID, "when does it begin? --starts 2026-04-15T18:00");
    if (starts_us <= now_us)
        return err_set(err, ERR_INVALID, "the beginning has passed already: the calendar is for what is coming");
    if (starts_us > now_us + MEETING_AHEAD_DAYS * DAY_US)
        return err_set(err, ERR_INVALID, "the beginning is more than %d days ahead: is the year right?",
                       MEETING_AHEAD_DAYS);
    if (ends_us <= starts_us || ends_us > starts_us + MEETING_DAYS_MAX * DAY_US)
        return err_set(err, ERR_INVALID, "the end must come after the beginning, at most %d days later",
                       MEETING_DAYS_MAX);
    return 0;
}

static int take_scope(struct db *db, const struct actor *actor, const char *text, struct scope *out, struct err *err)
{
    if (!text || !text[0])
        return err_set(err, ERR_INVALID, "whom is the meeting for? --scope police_area:NAME or municipality:CODE");
    int rc = scope_resolve(db, text, out, err);
    if (rc == 0 && out->kind != SCOPE_POLICE_AREA && out->kind != SCOPE_MUNICIPALITY)
        rc = err_set(err, ERR_INVALID, "a meeting is for a police area or a municipality: the calendar is public");
    return rc ? rc : scope_check_covers(db, actor, out, err);
}

struct texts {
    char *title, *place, *note;
};

static int take_texts(const struct meeting_input *in, struct texts *out, struct err *err)
{
    int rc = take_text(in->title, "title", MEETING_TITLE_CHARS, &out->title, err);
    if (rc == 0 && !out->title[0])
        rc = err_set(err, ERR_INVALID, "what is the meeting called? --title TEXT");
    rc = rc ? rc : take_text(in->place, "place", MEETING_PLACE_CHARS, &out->place, err);
    return rc ? rc : take_text(in->note, "note", MEETING_NOTE_CHARS, &out->note, err);
}

int meeting_add(struct db *db, const struct actor *actor, const struct meeting_input *in, int64_t *id, struct err *err)
{
    struct texts texts = {.title = NULL};
    struct scope scope = {0};
    char text[ID_TEXT_BYTES];
    char scope_text[80];
    int64_t now_us = db_now_us(db);
    int64_t new_id = id_new(now_us);
    int64_t ends_us = in->ends_us > 0 ? in->ends_us : in->starts_us + MEETING_HOURS * HOUR_US;
    int rc = take_texts(in, &texts, err);
    rc = rc ? rc : check_times(now_us, in->starts_us, ends_us, err);
    rc = rc ? rc : take_scope(db, actor, in->scope, &scope, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MEETING_INSERT,
                     DB_ARGS(DB_INT(new_id), DB_TEXT(scope_kind_word(scope.kind)), DB_TEXT(scope.code),
                             DB_TEXT(texts.title), DB_TEXT(texts.place), DB_TEXT(texts.note), DB_INT(in->starts_us),
                             DB_INT(ends_us), DB_TEXT(actor->name), DB_INT(now_us)));
    if (rc == 0)
        rc = audit_writef(db, actor, "meeting.add", id_format(ID_MEETING, new_id, text), "{\"scope\":\"%s\"}",
                          scope_format(&scope, scope_text));
    if (rc == 0)
        *id = new_id;
    free(texts.title);
    free(texts.place);
    free(texts.note);
    return rc;
}

/* The area of a meeting that the person can see. */
static int find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct scope *scope,
                struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = id_parse(ID_MEETING, text, id);
    if (rc == 0)
        rc = db_query_as(db, &actor->scope, &rows, Q_MEETING_LIST, DB_ARGS(DB_INT(*id), DB_INT(0), DB_INT(1)));
    else
        return err_set(err, ERR_NOT_FOUND, "\"%.60s\" is no id of a meeting: see meeting list", text);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && scope_kind_parse(db_text(rows, 6), &scope->kind))
        snprintf(scope->code, sizeof scope->code, "%s", db_text(rows, 7));
    db_done(rows);
    return rc > 0   ? 0
           : rc < 0 ? rc
                    : err_set(err, ERR_NOT_FOUND, "no meeting %.60s in your area: see meeting list", text);
}

int meeting_remove(struct db *db, const struct actor *actor, const char *text, struct err *err)
{
    struct scope scope = {0};
    char object[ID_TEXT_BYTES];
    int64_t id = 0;
    int rc = find(db, actor, text, &id, &scope, err);
    rc = rc ? rc : scope_check_covers(db, actor, &scope, err);
    rc = rc ? rc : db_exec(db, NULL, Q_MEETING_DELETE, DB_ARGS(DB_INT(id)));
    return rc ? rc : audit_write(db, actor, "meeting.remove", id_format(ID_MEETING, id, object), NULL);
}

int meeting_forget(struct db *db, int64_t now_us)
{
    return db_exec(db, NULL, Q_MEETING_FORGET, DB_ARGS(DB_INT(now_us - MEETING_KEPT_DAYS * DAY_US)));
}
