/* Routes of series, and the calendar of what is coming: which period has a letter, and which has none yet. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/letter.h"
#include "core/series.h"
#include "http/api.h"
#include "store/db.h"

enum {
    SHOW_NEXT = 6,      /* occurrences shown with one series */
    UPCOMING_DAYS = 60, /* when not told otherwise */
    UPCOMING_DAYS_MAX = 366,
    MISSED_DAYS = 31,         /* a period older than this is history */
    SERIES_PERIODS_MAX = 512, /* of one series: more than a year of days and what was missed */
    UPCOMING_MAX = 5000,      /* of all series; a longer window is refused */
};

static const int64_t DAY_US = 86400 * US_PER_S;
static const char SERIES_SPEC[] = "id:ser name:s scope_kind:s scope_code:s kind:s rrule:s time:s tz:s from:s "
                                  "working_day:b paused_at:t created_at:t covers_previous:b";

/* --- periods --------------------------------------------------------------------------------------------------- */

/* What there is for one period: "missing", or the state of its letter, and the letter's id (0: none). */
struct period_letter {
    char state[16];
    int64_t id;
};

static int period_letter(struct api_call *call, struct db *db, int64_t series_id, const char *period,
                         struct period_letter *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_PERIOD_LETTERS, DB_ARGS(DB_INT(series_id), DB_TEXT(period)));
    if (rc)
        return rc;
    rc = db_next(rows);
    *out = (struct period_letter){.id = rc > 0 ? db_int(rows, 0) : 0};
    if (rc >= 0)
        snprintf(out->state, sizeof out->state, "%s", rc > 0 ? db_text(rows, 1) : "missing");
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static json_t *period_json(const struct occurrence *at, const struct period_letter *letter)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "period", at->period, "local", at->local, "utc", at->utc, "state",
                     letter->state, "letter", api_id(ID_LETTER, letter->id));
}

/* --- one series ------------------------------------------------------------------------------------------------ */

static int add_next(struct api_call *call, struct db *db, int64_t id)
{
    struct series series = {0};
    struct occurrence at[SHOW_NEXT];
    struct period_letter letter;
    json_t *next = json_array();
    size_t n = 0;
    json_object_set_new(call->result, "next", next);
    int rc = series_load(db, id, &series, &call->err);
    if (rc)
        return rc;
    schedule_after(series.schedule, db_now_us(db), SHOW_NEXT, at, &n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        series_label(&series, &at[i]);
        rc = period_letter(call, db, id, at[i].period, &letter);
        if (rc == 0)
            json_array_append_new(next, period_json(&at[i], &letter));
    }
    series_fini(&series);
    return rc;
}

static int show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_SERIES_LIST, DB_ARGS(DB_INT(id), DB_TEXT("")));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, SERIES_SPEC);
    db_done(rows);
    if (rc <= 0)
        return rc ? rc : err_set(&call->err, ERR_NOT_FOUND, "there is no such series in your area: see series list");
    return add_next(call, db, id);
}

static int get_series(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = series_find(db, &call->actor, api_param(call, "id"), &id, &call->err);
    return rc ? rc : show(call, db, id);
}

static int list_series(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *items = NULL;
    /* not in pages: an area has a handful of series */
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_SERIES_LIST, DB_ARGS(DB_INT(0), DB_TEXT("")));
    if (rc == 0)
        rc = api_rows(rows, SERIES_SPEC, &items);
    if (rc == 0)
        call->result = json_pack("{s:o, s:n}", "items", items, "next");
    return rc;
}

static int add_series(struct api_call *call, struct db *db)
{
    struct series_input in = {.time_zone = NULL};
    int64_t id = 0;
    int rc = api_body_only(call, "name scope kind rrule time tz from working_day covers_previous");
    if (rc == 0)
        rc = api_body_text(call, "name", &in.name);
    if (rc == 0)
        rc = api_body_text(call, "scope", &in.scope);
    if (rc == 0)
        rc = api_body_text(call, "kind", &in.letter_kind);
    if (rc == 0)
        rc = api_body_text(call, "rrule", &in.rrule);
    if (rc == 0)
        rc = api_body_text(call, "time", &in.time);
    if (rc == 0)
        rc = api_body_text(call, "tz", &in.time_zone);
    if (rc == 0)
        rc = api_body_text(call, "from", &in.anchor_date);
    if (rc == 0)
        rc = api_body_bool(call, "working_day", false, &in.working_day);
    if (rc == 0)
        rc = api_body_bool(call, "covers_previous", false, &in.covers_previous);
    if (rc == 0 && (!in.time_zone || !in.time_zone[0]))
        in.time_zone = call->config->node.timezone;
    if (rc == 0)
        rc = series_add(db, &call->actor, &in, &id, &call->err);
    call->status = 201;
    return rc ? rc : show(call, db, id);
}

static int switch_series(struct api_call *call, struct db *db,
                         int (*act)(struct db *db, const struct actor *actor, int64_t id, struct err *err))
{
    int64_t id = 0;
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = series_find(db, &call->actor, api_param(call, "id"), &id, &call->err);
    if (rc == 0)
        rc = act(db, &call->actor, id, &call->err);
    return rc ? rc : show(call, db, id);
}

static int pause_series(struct api_call *call, struct db *db)
{
    return switch_series(call, db, series_pause);
}

static int resume_series(struct api_call *call, struct db *db)
{
    return switch_series(call, db, series_resume);
}

/* --- upcoming -------------------------------------------------------------------------------------------------- */

struct coming {
    int64_t utc_us;
    json_t *item;
};

struct calendar {
    struct coming *items; /* UPCOMING_MAX */
    size_t count;
    int64_t now_us, until_us;
    struct occurrence *at; /* SERIES_PERIODS_MAX */
};

static bool is_taken(const char *state)
{
    return strcmp(state, letter_state_word(LETTER_STATE_APPROVED)) == 0 ||
           strcmp(state, letter_state_word(LETTER_STATE_SENDING)) == 0 ||
           strcmp(state, letter_state_word(LETTER_STATE_SENT)) == 0;
}

/* red: missed, held, or due within a day and not approved; amber: within a week and not approved; green: the rest. */
static const char *colour(const char *state, int64_t left_us)
{
    if (is_taken(state))
        return "green";
    if (left_us <= DAY_US || strcmp(state, letter_state_word(LETTER_STATE_HELD)) == 0)
        return "red";
    return left_us <= 7 * DAY_US ? "amber" : "green";
}

static int add_period(struct api_call *call, struct db *db, struct calendar *c, const struct series *series,
                      const struct occurrence *at)
{
    struct period_letter letter;
    int rc = period_letter(call, db, series->id, at->period, &letter);
    bool is_done = strcmp(letter.state, "sending") == 0 || strcmp(letter.state, "sent") == 0;
    if (rc || (is_done && at->utc_us < c->now_us))
        return rc; /* what went out in time is no news */
    if (c->count == UPCOMING_MAX)
        return err_set(&call->err, ERR_TOO_LARGE, "more than %d periods: ask for fewer days", UPCOMING_MAX);
    json_t *item = period_json(at, &letter);
    json_object_set_new(item, "series", api_id(ID_SERIES, series->id));
    json_object_set_new(item, "series_name", json_string(series->name));
    json_object_set_new(item, "colour", json_string(colour(letter.state, at->utc_us - c->now_us)));
    c->items[c->count++] = (struct coming){at->utc_us, item};
    return 0;
}

static int add_one_series(struct api_call *call, struct db *db, struct calendar *c, int64_t id)
{
    struct series series = {0};
    size_t n = 0;
    int rc = series_load(db, id, &series, &call->err);
    if (rc)
        return rc;
    int64_t from_us = c->now_us - MISSED_DAYS * DAY_US;
    if (from_us < series.watched_from_us)
        from_us = series.watched_from_us - 1; /* schedule_after is strict */
    schedule_after(series.schedule, from_us, SERIES_PERIODS_MAX, c->at, &n);
    for (size_t i = 0; i < n; i++)
        series_label(&series, &c->at[i]);
    for (size_t i = 0; rc == 0 && i < n && c->at[i].utc_us <= c->until_us; i++)
        rc = add_period(call, db, c, &series, &c->at[i]);
    series_fini(&series);
    return rc;
}

static int compare_coming(const void *a, const void *b)
{
    int64_t x = ((const struct coming *)a)->utc_us;
    int64_t y = ((const struct coming *)b)->utc_us;
    return (x > y) - (x < y);
}

static json_t *calendar_end(struct calendar *c)
{
    json_t *items = json_array();
    qsort(c->items, c->count, sizeof c->items[0], compare_coming);
    for (size_t i = 0; i < c->count; i++)
        json_array_append_new(items, c->items[i].item);
    free(c->items);
    free(c->at);
    return items;
}

static int upcoming(struct api_call *call, struct db *db)
{
    struct calendar c = {.now_us = db_now_us(db)};
    struct db_rows *rows = NULL;
    int64_t days = 0;
    int rc = api_query_only(call, "days");
    if (rc == 0)
        rc = api_query_int(call, "days", UPCOMING_DAYS, 1, UPCOMING_DAYS_MAX, &days);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_SERIES_LIST, DB_ARGS(DB_INT(0), DB_TEXT("")));
    if (rc)
        return rc;
    c.until_us = c.now_us + days * DAY_US;
    c.items = xcalloc(UPCOMING_MAX, sizeof *c.items);
    c.at = xcalloc(SERIES_PERIODS_MAX, sizeof *c.at);
    while (rc == 0 && (rc = db_next(rows)) > 0)
        rc = db_is_null(rows, 10) ? add_one_series(call, db, &c, db_int(rows, 0)) : 0; /* paused: asks for nothing */
    db_done(rows);
    json_t *items = calendar_end(&c);
    if (rc == 0)
        call->result = json_pack("{s:o, s:n}", "items", items, "next");
    else
        json_decref(items);
    return rc;
}

const struct api_route API_ROUTES_SERIES[] = {
    {HTTP_METHOD_GET, "/api/v1/series", API_READ, PERM_READ, API_NO_BODY, list_series, "List series of letters."},
    {HTTP_METHOD_POST, "/api/v1/series", API_WRITE, PERM_SERIES, API_JSON, add_series,
     "Set up a series: letters that recur by the calendar."},
    {HTTP_METHOD_GET, "/api/v1/series/{id}", API_READ, PERM_READ, API_NO_BODY, get_series,
     "Show a series, by id or name, and its next six periods."},
    {HTTP_METHOD_POST, "/api/v1/series/{id}/pause", API_WRITE, PERM_SERIES, API_JSON, pause_series,
     "Pause a series: it asks for nothing and sends nothing."},
    {HTTP_METHOD_POST, "/api/v1/series/{id}/resume", API_WRITE, PERM_SERIES, API_JSON, resume_series,
     "Let a paused series go on."},
    {HTTP_METHOD_GET, "/api/v1/schedule/upcoming", API_READ, PERM_READ, API_NO_BODY, upcoming,
     "What is coming, and what was missed in the last month: every period with its letter and a colour."},
    {.pattern = NULL},
};
