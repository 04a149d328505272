/* Series; the contract is in core/series.h. */
#include "core/series.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/area.h"
#include "core/letter_source.h"
#include "store/audit.h"
#include "store/db.h"

enum { SERIES_NAME_MAX = 100, SERIES_LOOK_MAX = 8 };

static int take_name(const char *text, char **out, struct err *err)
{
    char *name = text ? text_clean(text) : NULL;
    if (!name || !name[0] || text_length(name) > SERIES_NAME_MAX || text_has_control(name, strlen(name))) {
        free(name);
        return err_set(err, ERR_INVALID, "a series needs a name of 1 to %d characters: --name TEXT", SERIES_NAME_MAX);
    }
    *out = name;
    return 0;
}

static int check_kind(const char *kind, struct err *err)
{
    for (int i = 0; i <= LETTER_KIND_INFO; i++)
        if (strcmp(kind, letter_kind_word((enum letter_kind)i)) == 0)
            return 0;
    return err_set(err, ERR_INVALID, "letter kind \"%.40s\": write monthly, weekly or info", kind);
}

static int take_scope(struct db *db, const struct actor *actor, const char *text, struct scope *scope, struct err *err)
{
    if (!text || !text[0])
        return err_set(err, ERR_INVALID,
                       "whom is the series for? --scope police_area:NAME, municipality:CODE or group:ID");
    int rc = scope_resolve(db, text, scope, err);
    if (rc == 0 && scope->kind == SCOPE_ALL)
        rc = err_set(err, ERR_INVALID, "a series goes to a police area, a municipality or a group, not to all");
    return rc ? rc : scope_check_covers(db, actor, scope, err);
}

static int insert_targets(struct db *db, int64_t id, const struct scope *scope)
{
    if (scope->kind != SCOPE_GROUP)
        return db_exec(db, NULL, Q_SERIES_TARGET_INSERT,
                       DB_ARGS(DB_INT(id), DB_TEXT(scope_kind_word(scope->kind)), DB_TEXT(scope->code)));
    struct scope all = {.kind = SCOPE_ALL};
    char code[MUNICIPALITY_CODE_BYTES] = "";
    int rc = scope_group_municipality(db, &all, scope, code);
    return rc ? rc : db_exec(db, NULL, Q_SERIES_TARGET_INSERT_ONE, DB_ARGS(DB_INT(id), DB_TEXT(code)));
}

static int make_schedule(const char *rrule, const char *time, const char *zone, const char *anchor, bool working_day,
                         struct schedule **out, struct err *err)
{
    struct schedule_spec spec = {.rrule = rrule ? rrule : "",
                                 .time = time ? time : "",
                                 .zone = zone ? zone : "",
                                 .flags = working_day ? SCHEDULE_NEXT_WORKING_DAY : 0};
    if (date_parse(anchor, &spec.anchor) != 0)
        return err_set(err, ERR_INVALID, "the first date \"%.40s\" is no date: write YYYY-MM-DD", anchor);
    return schedule_new(&spec, out, err);
}

static int check_covers_previous(const struct schedule *schedule, bool covers_previous, struct err *err)
{
    if (covers_previous && schedule_period_unit(schedule) != PERIOD_MONTH)
        return err_set(err, ERR_INVALID,
                       "only a series with one letter a month can be about the month before: leave that out");
    return 0;
}

/* What was left out, filled in; the texts live as long as `in` and `today`. */
/* The kind of letter that a rule suggests: a weekly one is found by letters of kind weekly. */
static const char *kind_of_rule(const char *rrule)
{
    if (rrule && strcasestr(rrule, "FREQ=WEEKLY"))
        return letter_kind_word(LETTER_KIND_WEEKLY);
    if (rrule && strcasestr(rrule, "FREQ=DAILY"))
        return letter_kind_word(LETTER_KIND_INFO);
    return letter_kind_word(LETTER_KIND_MONTHLY);
}

static void fill_in(struct series_input *in, const char *today)
{
    if (!in->letter_kind)
        in->letter_kind = kind_of_rule(in->rrule);
    if (!in->time_zone)
        in->time_zone = getenv("TZ");
    if (!in->anchor_date)
        in->anchor_date = today;
}

static int insert(struct db *db, int64_t id, const char *name, const struct scope *scope, const struct series_input *in,
                  struct err *err)
{
    int rc = db_exec(db, NULL, Q_SERIES_INSERT,
                     DB_ARGS(DB_INT(id), DB_TEXT(name), DB_TEXT(scope_kind_word(scope->kind)), DB_TEXT(scope->code),
                             DB_TEXT(in->letter_kind), DB_TEXT(in->rrule), DB_TEXT(in->time), DB_TEXT(in->time_zone),
                             DB_TEXT(in->anchor_date), DB_INT(in->working_day), DB_INT(in->covers_previous),
                             DB_INT(db_now_us(db))));
    if (rc == ERR_EXISTS)
        err_set(err, rc, "there is already a series \"%s\"", name);
    return rc ? rc : insert_targets(db, id, scope);
}

int series_add(struct db *db, const struct actor *actor, const struct series_input *input, int64_t *id, struct err *err)
{
    struct series_input in = *input;
    struct schedule *schedule = NULL;
    struct scope scope = {0};
    char *name = NULL;
    char text[ID_TEXT_BYTES];
    char scope_text[80];
    char today[TIME_TEXT_BYTES];
    int64_t new_id = id_new(db_now_us(db));
    time_local_date(db_now_us(db), today);
    fill_in(&in, today);
    int rc = take_name(in.name, &name, err);
    if (rc == 0)
        rc = check_kind(in.letter_kind, err);
    if (rc == 0)
        rc = take_scope(db, actor, in.scope, &scope, err);
    if (rc == 0)
        rc = make_schedule(in.rrule, in.time, in.time_zone, in.anchor_date, in.working_day, &schedule, err);
    if (rc == 0)
        rc = check_covers_previous(schedule, in.covers_previous, err);
    if (rc == 0)
        rc = insert(db, new_id, name, &scope, &in, err);
    if (rc == 0)
        rc = audit_writef(db, actor, "series.add", id_format(ID_SERIES, new_id, text), "{\"scope\":\"%s\"}",
                          scope_format(&scope, scope_text));
    if (rc == 0)
        *id = new_id;
    schedule_free(schedule);
    free(name);
    return rc;
}

/* A change needs an area that covers the whole series. */
static int check_covers(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    int64_t outside = 0;
    int rc = db_get_int_as(db, &actor->scope, &outside, Q_SERIES_UNCOVERED, DB_ARGS(DB_INT(id)));
    if (rc == 0 && outside > 0)
        rc =
            err_set(err, ERR_FORBIDDEN,
                    "the series also concerns municipalities outside your area: somebody whose area covers all of them "
                    "has to do this");
    return rc;
}

static int switch_state(struct db *db, const struct actor *actor, int64_t id, enum query q, const char *action,
                        const char *already, struct err *err)
{
    char text[ID_TEXT_BYTES];
    int64_t changed = 0;
    int rc = check_covers(db, actor, id, err);
    if (rc == 0)
        rc = db_exec(db, &changed, q, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    if (rc == 0 && changed == 0)
        rc = err_set(err, ERR_BAD_STATE, "%s", already);
    return rc ? rc : audit_write(db, actor, action, id_format(ID_SERIES, id, text), NULL);
}

int series_pause(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    return switch_state(db, actor, id, Q_SERIES_PAUSE, "series.pause", "the series is paused already", err);
}

int series_resume(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    return switch_state(db, actor, id, Q_SERIES_RESUME, "series.resume", "the series is not paused", err);
}

int series_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err)
{
    int64_t wanted = 0;
    bool by_id = id_parse(ID_SERIES, text, &wanted) == 0;
    int rc = db_get_int_as(db, &actor->scope, id, Q_SERIES_LIST, DB_ARGS(DB_INT(wanted), DB_TEXT(by_id ? "" : text)));
    if (rc == ERR_NOT_FOUND)
        return err_set(err, rc, "no series \"%.80s\" in your area: see series list", text);
    return rc;
}

static int read_series(const struct db_rows *rows, struct series *out, struct err *err)
{
    struct series s = {.id = db_int(rows, 0),
                       .is_paused = !db_is_null(rows, 10),
                       .watched_from_us = db_int(rows, 11),
                       .covers_previous = db_int(rows, 12) != 0};
    if (!scope_kind_parse(db_text(rows, 2), &s.scope.kind))
        return ERR_CORRUPT;
    snprintf(s.scope.code, sizeof s.scope.code, "%s", db_text(rows, 3));
    int rc = make_schedule(db_text(rows, 5), db_text(rows, 6), db_text(rows, 7), db_text(rows, 8), db_int(rows, 9) != 0,
                           &s.schedule, err);
    if (rc)
        return rc;
    s.name = xstrdup(db_text(rows, 1));
    s.letter_kind = xstrdup(db_text(rows, 4));
    *out = s;
    return 0;
}

int series_load(struct db *db, int64_t id, struct series *out, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_SERIES_GET, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        rc = read_series(rows, out, err);
    else if (rc == 0)
        rc = ERR_NOT_FOUND;
    db_done(rows);
    return rc;
}

void series_fini(struct series *s)
{
    free(s->name);
    free(s->letter_kind);
    schedule_free(s->schedule);
    *s = (struct series){0};
}

/* `n` digits at `text` as a number, or -1. */
static int digits(const char *text, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* The first local date of a period label: of the month, of the ISO week (its Monday), or the day itself. */
static bool period_start(const char *period, struct date *out)
{
    size_t len = strlen(period);
    if (len < 7 || digits(period, 4) < 0 || period[4] != '-')
        return false;
    struct date d = {.year = digits(period, 4), .month = 1, .day = 1};
    if (len == 8 && period[5] == 'W') {
        int week = digits(period + 6, 2);
        if (week < 1 || week > year_weeks(d.year, MONDAY))
            return false;
        d.day = 4; /* 4 January always lies in week 1 */
        int monday = date_to_days(d) - (int)days_weekday(date_to_days(d));
        *out = date_from_days(monday + (week - 1) * 7);
        return true;
    }
    d.month = digits(period + 5, 2);
    if (len == 10)
        d.day = digits(period + 8, 2);
    if ((len != 7 && len != 10) || !date_is_valid(d))
        return false;
    *out = d;
    return true;
}

/* The calendar month `by` months after the first day of one. */
static struct date month_after(struct date d, int by)
{
    int month = d.year * 12 + (d.month - 1) + by;
    return (struct date){.year = month / 12, .month = month % 12 + 1, .day = 1};
}

char *series_period_of(const struct series *s, const struct occurrence *o, char *out)
{
    struct date month;
    if (s->covers_previous && strlen(o->period) == 7 && period_start(o->period, &month)) {
        month = month_after(month, -1);
        snprintf(out, PERIOD_TEXT_BYTES, "%04u-%02u", (unsigned)month.year % 10000, (unsigned)month.month % 100);
    } else {
        snprintf(out, PERIOD_TEXT_BYTES, "%s", o->period);
    }
    return out;
}

void series_label(const struct series *s, struct occurrence *o)
{
    char label[PERIOD_TEXT_BYTES];
    memcpy(o->period, series_period_of(s, o, label), sizeof label);
}

int series_occurrence(const struct series *s, const char *period, struct occurrence *out)
{
    struct occurrence found[SERIES_LOOK_MAX];
    struct date from;
    size_t n = 0;
    if (!period_start(period, &from))
        return ERR_NOT_FOUND;
    if (s->covers_previous)
        from = month_after(from, 1);
    schedule_next(s->schedule, from, SERIES_LOOK_MAX, found, &n);
    for (size_t i = 0; i < n; i++) {
        series_label(s, &found[i]);
        if (strcmp(found[i].period, period) == 0) {
            *out = found[i];
            return 0;
        }
    }
    return ERR_NOT_FOUND;
}
