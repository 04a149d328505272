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

/* One meeting; texts are its own. */
struct meeting {
    int64_t id;
    struct scope scope;
    char *title, *place, *note;
    int64_t starts_us, ends_us;
};

static void fini(struct meeting *m)
{
    free(m->title);
    free(m->place);
    free(m->note);
}

static int take_texts(const struct meeting_input *in, struct meeting *out, struct err *err)
{
    int rc = take_text(in->title, "title", MEETING_TITLE_CHARS, &out->title, err);
    if (rc == 0 && !out->title[0])
        rc = err_set(err, ERR_INVALID, "what is the meeting called? --title TEXT");
    rc = rc ? rc : take_text(in->place, "place", MEETING_PLACE_CHARS, &out->place, err);
    return rc ? rc : take_text(in->note, "note", MEETING_NOTE_CHARS, &out->note, err);
}

static int audit(struct db *db, const struct actor *actor, const char *what, const struct meeting *m)
{
    char text[ID_TEXT_BYTES];
    char scope[80];
    return audit_writef(db, actor, what, id_format(ID_MEETING, m->id, text), "{\"scope\":\"%s\"}",
                        scope_format(&m->scope, scope));
}

int meeting_add(struct db *db, const struct actor *actor, const struct meeting_input *in, int64_t *id, struct err *err)
{
    int64_t now_us = db_now_us(db);
    struct meeting m = {.id = id_new(now_us), .starts_us = in->starts_us};
    m.ends_us = in->ends_us > 0 ? in->ends_us : in->starts_us + MEETING_HOURS * HOUR_US;
    int rc = take_texts(in, &m, err);
    rc = rc ? rc : check_times(now_us, m.starts_us, m.ends_us, err);
    rc = rc ? rc : take_scope(db, actor, in->scope, &m.scope, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MEETING_INSERT,
                     DB_ARGS(DB_INT(m.id), DB_TEXT(scope_kind_word(m.scope.kind)), DB_TEXT(m.scope.code),
                             DB_TEXT(m.title), DB_TEXT(m.place), DB_TEXT(m.note), DB_INT(m.starts_us),
                             DB_INT(m.ends_us), DB_TEXT(actor->name), DB_INT(now_us)));
    rc = rc ? rc : audit(db, actor, "meeting.add", &m);
    if (rc == 0)
        *id = m.id;
    fini(&m);
    return rc;
}

/* A meeting that the person can see; the caller ends it. */
static int find(struct db *db, const struct actor *actor, const char *text, struct meeting *out, struct err *err)
{
    struct db_rows *rows = NULL;
    struct meeting m = {.id = 0};
    int rc = id_parse(ID_MEETING, text, &m.id);
    if (rc == 0)
        rc = db_query_as(db, &actor->scope, &rows, Q_MEETING_LIST, DB_ARGS(DB_INT(m.id), DB_INT(0), DB_INT(1)));
    else
        return err_set(err, ERR_NOT_FOUND, "\"%.60s\" is no id of a meeting: see meeting list", text);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && !scope_kind_parse(db_text(rows, 6), &m.scope.kind))
        rc = ERR_CORRUPT;
    if (rc > 0) {
        snprintf(m.scope.code, sizeof m.scope.code, "%s", db_text(rows, 7));
        m.title = xstrdup(db_text(rows, 1));
        m.starts_us = db_int(rows, 2);
        m.ends_us = db_int(rows, 3);
        m.place = xstrdup(db_text(rows, 4));
        m.note = xstrdup(db_text(rows, 5));
        *out = m;
    }
    db_done(rows);
    return rc > 0   ? 0
           : rc < 0 ? rc
                    : err_set(err, ERR_NOT_FOUND, "no meeting %.60s in your area: see meeting list", text);
}

/* --- changing ------------------------------------------------------------------------------------------------------
 */

/* What it is to be: what is given, and else what it was. */
static int compose(struct db *db, const struct actor *actor, const struct meeting *was, const struct meeting_input *in,
                   struct meeting *m, struct err *err)
{
    const struct meeting_input whole = {.title = in->title ? in->title : was->title,
                                        .place = in->place ? in->place : was->place,
                                        .note = in->note ? in->note : was->note};
    m->id = was->id;
    m->scope = was->scope;
    m->starts_us = in->starts_us ? in->starts_us : was->starts_us;
    m->ends_us = in->ends_us == MEETING_ENDS_AS_USUAL ? m->starts_us + MEETING_HOURS * HOUR_US
                 : in->ends_us                        ? in->ends_us
                                                      : m->starts_us + was->ends_us - was->starts_us;
    /* What has begun may still end earlier, or be elsewhere. */
    int64_t now_us =
        m->starts_us == was->starts_us && was->starts_us <= db_now_us(db) ? was->starts_us - 1 : db_now_us(db);
    int rc = take_texts(&whole, m, err);
    rc = rc ? rc : check_times(now_us, m->starts_us, m->ends_us, err);
    return rc || !in->scope ? rc : take_scope(db, actor, in->scope, &m->scope, err);
}

static bool is_same(const struct meeting *a, const struct meeting *b)
{
    return a->scope.kind == b->scope.kind && strcmp(a->scope.code, b->scope.code) == 0 &&
           strcmp(a->title, b->title) == 0 && strcmp(a->place, b->place) == 0 && strcmp(a->note, b->note) == 0 &&
           a->starts_us == b->starts_us && a->ends_us == b->ends_us;
}

int meeting_edit(struct db *db, const struct actor *actor, const char *id, const struct meeting_input *in, int64_t *out,
                 struct err *err)
{
    struct meeting was = {.id = 0};
    struct meeting m = {.id = 0};
    int rc = find(db, actor, id, &was, err);
    rc = rc ? rc : scope_check_covers(db, actor, &was.scope, err);
    rc = rc ? rc : compose(db, actor, &was, in, &m, err);
    bool is_other = rc == 0 && !is_same(&was, &m);
    if (is_other)
        rc = db_exec(db, NULL, Q_MEETING_UPDATE,
                     DB_ARGS(DB_INT(m.id), DB_TEXT(scope_kind_word(m.scope.kind)), DB_TEXT(m.scope.code),
                             DB_TEXT(m.title), DB_TEXT(m.place), DB_TEXT(m.note), DB_INT(m.starts_us),
                             DB_INT(m.ends_us), DB_INT(db_now_us(db))));
    if (rc == 0 && is_other)
        rc = audit(db, actor, "meeting.edit", &m);
    if (rc == 0)
        *out = m.id;
    fini(&was);
    fini(&m);
    return rc;
}

int meeting_remove(struct db *db, const struct actor *actor, const char *text, struct err *err)
{
    struct meeting m = {.id = 0};
    char object[ID_TEXT_BYTES];
    int rc = find(db, actor, text, &m, err);
    rc = rc ? rc : scope_check_covers(db, actor, &m.scope, err);
    rc = rc ? rc : db_exec(db, NULL, Q_MEETING_DELETE, DB_ARGS(DB_INT(m.id)));
    rc = rc ? rc : audit_write(db, actor, "meeting.remove", id_format(ID_MEETING, m.id, object), NULL);
    fini(&m);
    return rc;
}

int meeting_forget(struct db *db, int64_t now_us)
{
    return db_exec(db, NULL, Q_MEETING_FORGET, DB_ARGS(DB_INT(now_us - MEETING_KEPT_DAYS * DAY_US)));
}
