/*
 * /feed/calendar.ics: what is coming, for everybody's calendar program: meetings, the letters of series for a year
 * ahead, and for a month what has been. A series is told by its name and period; what the letter says, and whether it
 * is written, is not. Series of single groups are left out. `series` chooses one (id) and no meetings, `municipality`
 * or `area` what concerns it.
 */
#include "http/page_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/icalendar.h"
#include "core/meeting.h"
#include "core/period_words.h"
#include "core/series.h"
#include "http/api.h"
#include "http/feed.h"
#include "store/db.h"

enum {
    SERIES_MAX = 500,
    PERIODS_MAX = 420, /* of one series: a year and a month of days */
    DAYS_AHEAD = 366,
    DAYS_BACK = 31,
    CALENDAR_MAX_AGE_S = 600,
    CALENDAR_KEEP_MS = 60 * 1000,
};

static const int64_t DAY_US = 86400 * US_PER_S;

static void add_period(struct api_call *call, const struct series *series, int64_t created_us,
                       const struct occurrence *at, struct buf *out)
{
    char id[ID_TEXT_BYTES];
    char words[PERIOD_WORDS_BYTES] = "";
    if (period_words_sv(at->period, words) != 0)
        snprintf(words, sizeof words, "%s", at->period);
    char *uid =
        xasprintf("%s-%s@%s", id_format(ID_SERIES, series->id, id), at->period, call->config->node.base_url.host);
    char *summary = xasprintf("%s, %s", series->name, words);
    const struct icalendar_event event = {.uid = uid,
                                          .summary = summary,
                                          .description = "Brevet ska gå ut då.",
                                          .stamp_us = created_us,
                                          .start_us = at->utc_us,
                                          .is_transparent = true};
    icalendar_event(out, &event);
    free(uid);
    free(summary);
}

/* One series, from a row of feed_series. `at` has room for PERIODS_MAX. */
static int add_series(struct api_call *call, struct db *db, const struct db_rows *rows, struct occurrence *at,
                      struct buf *events)
{
    struct series series = {0};
    size_t n = 0;
    int64_t until_us = db_now_us(db) + DAYS_AHEAD * DAY_US;
    int rc = series_load(db, db_int(rows, 0), &series, &call->err);
    if (rc)
        return rc;
    schedule_after(series.schedule, db_now_us(db) - DAYS_BACK * DAY_US, PERIODS_MAX, at, &n);
    for (size_t i = 0; i < n && at[i].utc_us <= until_us && buf_ok(events); i++) {
        size_t begin = events->len;
        series_label(&series, &at[i]);
        add_period(call, &series, db_int(rows, 1), &at[i], events);
        if (!buf_ok(events))
            buf_truncate(events, begin);
    }
    series_fini(&series);
    return 0;
}

static int add_letters(struct api_call *call, struct db *db, const struct scope *scope, int64_t series,
                       struct buf *events)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, scope, &rows, Q_FEED_SERIES, DB_ARGS(DB_INT(series), DB_INT(SERIES_MAX)));
    if (rc)
        return rc;
    struct occurrence *at = xcalloc(PERIODS_MAX, sizeof *at);
    int seen = 0;
    for (; rc >= 0 && buf_ok(events) && (rc = db_next(rows)) > 0; seen++)
        rc = add_series(call, db, rows, at, events);
    db_done(rows);
    free(at);
    if (rc >= 0 && seen == 0 && series)
        return err_set(&call->err, ERR_NOT_FOUND, "there is no such series");
    return rc < 0 ? rc : 0;
}

/* From a row of meeting_list. */
static void add_meeting(struct api_call *call, const struct db_rows *rows, struct buf *events)
{
    char id[ID_TEXT_BYTES];
    size_t begin = events->len;
    int64_t modified_us = db_opt_int(rows, 10);
    char *uid = xasprintf("%s@%s", id_format(ID_MEETING, db_int(rows, 0), id), call->config->node.base_url.host);
    const struct icalendar_event event = {.uid = uid,
                                          .summary = db_text(rows, 1),
                                          .description = db_text(rows, 5),
                                          .location = db_text(rows, 4),
                                          .stamp_us = modified_us > 0 ? modified_us : db_int(rows, 9),
                                          .modified_us = modified_us,
                                          .sequence = db_int(rows, 11),
                                          .start_us = db_int(rows, 2),
                                          .end_us = db_int(rows, 3)};
    icalendar_event(events, &event);
    if (!buf_ok(events))
        buf_truncate(events, begin);
    free(uid);
}

static int add_meetings(struct api_call *call, struct db *db, const struct scope *scope, struct buf *events)
{
    struct db_rows *rows = NULL;
    int64_t after_us = db_now_us(db) - DAYS_BACK * DAY_US;
    int rc =
        db_query_as(db, scope, &rows, Q_MEETING_LIST, DB_ARGS(DB_INT(0), DB_INT(after_us), DB_INT(MEETING_LIST_MAX)));
    if (rc)
        return rc;
    while (buf_ok(events) && (rc = db_next(rows)) > 0)
        add_meeting(call, rows, events);
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* Without a time of its last change: what is told changes with the calendar itself. */
static int make_calendar(struct api_call *call, struct db *db, const struct scope *scope, struct feed_doc *out)
{
    const char *series = api_query(call, "series", NULL);
    struct buf events;
    int64_t id = 0;
    if (series && id_parse(ID_SERIES, series, &id) != 0)
        return err_set(&call->err, ERR_NOT_FOUND, "there is no such series: write its id, ser_...");
    buf_init(&events, FEED_MAX_BYTES - FEED_HEAD_BYTES);
    int rc = id ? 0 : add_meetings(call, db, scope, &events);
    rc = rc ? rc : add_letters(call, db, scope, id, &events);
    if (rc == 0) {
        icalendar_begin(&out->text, "Grannsamverkan");
        buf_adds(&out->text, buf_str(&events));
        icalendar_end(&out->text);
    }
    buf_fini(&events);
    return rc;
}

int page_calendar(struct api_call *call, struct db *db)
{
    static const struct feed_kind kind = {
        .name = "calendar", ICALENDAR_CONTENT_TYPE, CALENDAR_MAX_AGE_S, CALENDAR_KEEP_MS, "series", make_calendar};
    int rc = api_query_only(call, "series municipality area");
    return rc ? rc : feed_serve(call, db, &kind);
}
