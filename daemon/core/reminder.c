/* Reminders; the contract is in core/reminder.h. */
#include "core/reminder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/ledger.h"
#include "core/period_words.h"
#include "core/series.h"
#include "core/time_words.h"
#include "store/db.h"

enum { LOOK_BACK_DAYS = 31, LOOK_AHEAD_MAX = 3, REMINDER_BYTES = 4096, DAY_S = 86400 };

/* One moment at which the officers are told. */
struct moment {
    int64_t at_us;
    char word[16]; /* "day20", "3d", "missed" */
};

/* Local wall clock `minute` of the day `days` before the due date. */
static int64_t local_us(struct date date, int minute)
{
    struct tm tm = {.tm_year = date.year - 1900,
                    .tm_mon = date.month - 1,
                    .tm_mday = date.day,
                    .tm_hour = minute / 60,
                    .tm_min = minute % 60,
                    .tm_isdst = -1};
    return (int64_t)mktime(&tm) * US_PER_S;
}

/* The moments of one period, in order; returns how many. */
static int moments_of(const struct config *config, const struct occurrence *o, struct moment out[CONFIG_DAYS_MAX + 2])
{
    int n = 0;
    int minute = config->letter.remind_time_min;
    if (config->letter.remind_day > 0) {
        /* Day 20 of the month before the letter is due. */
        struct date d = o->scheduled;
        d.day = config->letter.remind_day;
        d.month = d.month == 1 ? 12 : d.month - 1;
        d.year = d.month == 12 ? d.year - 1 : d.year;
        out[n].at_us = local_us(d, minute);
        snprintf(out[n++].word, sizeof out[0].word, "day%d", config->letter.remind_day);
    }
    for (size_t i = 0; i < config->letter.remind_days.count; i++) {
        int before = config->letter.remind_days.item[i];
        out[n].at_us = local_us(date_from_days(date_to_days(o->scheduled) - before), minute);
        snprintf(out[n++].word, sizeof out[0].word, "%dd", before);
    }
    out[n].at_us = o->utc_us + 60 * US_PER_S;
    snprintf(out[n++].word, sizeof out[0].word, "missed");
    return n;
}

static void compose(const struct series *s, const struct occurrence *o, bool is_missed, const char *base_url,
                    struct buf *title, struct buf *text)
{
    char words[PERIOD_WORDS_BYTES];
    char when[TIME_WORDS_BYTES];
    if (period_words_sv(o->period, words) != 0)
        snprintf(words, sizeof words, "%s", o->period);
    time_words_sv(o->utc_us, when);
    buf_addf(title, is_missed ? "Brevet för %s har inte gått ut" : "Påminnelse: brevet för %s är inte godkänt", words);
    buf_addf(text, "Hej!\n\n");
    if (is_missed)
        buf_addf(text,
                 "Brevet i serien %s för %s skulle ha gått ut %s, men inget brev var godkänt.\n"
                 "Skriv och godkänn det så snart du kan. Det går då ut en gång, för sent men helt.\n\n",
                 s->name, words, when);
    else
        buf_addf(text,
                 "Brevet i serien %s för %s ska gå ut %s, men inget brev är godkänt ännu.\n"
                 "Skriv brevet, skicka in det och be en annan person att godkänna det.\n\n",
                 s->name, words, when);
    buf_addf(text, "%s\n\n", base_url);
    buf_addf(text, "---\nIn English: the letter of the series %s for %s %s, and no letter is approved%s.\n", s->name,
             o->period, is_missed ? "was due" : "is due soon",
             is_missed ? "; approved now, it goes out late, once" : "");
    buf_addf(text, "Due: %s\n", o->local);
}

/* One mail to everybody who may write the letter. */
static int post_all(struct db *db, const struct config *config, const struct series *s, const struct occurrence *o,
                    bool is_missed, int *sent)
{
    enum { PEOPLE_MAX = 50 };
    char *address[PEOPLE_MAX];
    char *name[PEOPLE_MAX];
    int n = 0;
    struct buf title;
    struct buf text;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_STAFF_TO_REMIND,
                      DB_ARGS(DB_TEXT(scope_kind_word(s->scope.kind)), DB_TEXT(s->scope.code)));
    if (rc)
        return rc;
    while (n < PEOPLE_MAX && (rc = db_next(rows)) > 0) {
        name[n] = xstrdup(db_text(rows, 2));
        address[n++] = xstrdup(db_text(rows, 3));
    }
    db_done(rows);
    buf_init(&title, REMINDER_BYTES);
    buf_init(&text, REMINDER_BYTES);
    compose(s, o, is_missed, config->node.base_url.text, &title, &text);
    rc = rc < 0 ? rc : 0;
    for (int i = 0; i < n; i++) {
        int64_t message = 0;
        if (rc == 0)
            rc = ledger_post(db, "reminder", buf_str(&title), buf_str(&text), address[i], name[i], &message);
        if (rc == 0)
            (*sent)++;
        free(name[i]);
        free(address[i]);
    }
    buf_fini(&title);
    buf_fini(&text);
    return rc;
}

/* Mark a reminder as given; *is_new when it was not before. */
static int mark(struct db *db, int64_t series_id, const char *period, const char *word, int64_t now_us, bool *is_new)
{
    int64_t changed = 0;
    int rc = db_exec(db, &changed, Q_REMINDER_INSERT,
                     DB_ARGS(DB_INT(series_id), DB_TEXT(period), DB_TEXT(word), DB_INT(now_us)));
    *is_new = changed > 0;
    return rc;
}

/* All moments that have passed are marked; the latest of the new ones is told. */
static int remind_period(struct db *db, const struct config *config, const struct series *s, const struct occurrence *o,
                         int64_t now_us, int *sent)
{
    struct moment moments[CONFIG_DAYS_MAX + 2];
    int n = moments_of(config, o, moments);
    int latest = -1;
    int64_t taken = 0;
    int rc = db_get_int(db, &taken, Q_PERIOD_TAKEN, DB_ARGS(DB_INT(s->id), DB_TEXT(o->period)));
    for (int i = 0; rc == 0 && taken == 0 && i < n; i++) {
        bool is_new = false;
        if (moments[i].at_us > now_us)
            continue;
        rc = mark(db, s->id, o->period, moments[i].word, now_us, &is_new);
        /* A moment from before the series was watched is nobody's neglect. */
        if (is_new && moments[i].at_us >= s->watched_from_us &&
            (latest < 0 || moments[i].at_us >= moments[latest].at_us))
            latest = i;
    }
    if (rc == 0 && latest >= 0)
        rc = post_all(db, config, s, o, latest == n - 1, sent);
    return rc;
}

static int remind_series(struct db *db, const struct config *config, int64_t id, int64_t now_us, int *sent,
                         struct err *err)
{
    struct series s = {0};
    struct occurrence found[LOOK_BACK_DAYS + LOOK_AHEAD_MAX];
    size_t n = 0;
    int ahead = 0;
    int64_t from_us = now_us - (int64_t)LOOK_BACK_DAYS * DAY_S * US_PER_S;
    int rc = series_load(db, id, &s, err);
    if (rc == 0) {
        if (from_us < s.watched_from_us)
            from_us = s.watched_from_us;
        schedule_after(s.schedule, from_us, ARRAY_LEN(found), found, &n);
    }
    for (size_t i = 0; rc == 0 && i < n && ahead < LOOK_AHEAD_MAX; i++) {
        series_label(&s, &found[i]);
        rc = remind_period(db, config, &s, &found[i], now_us, sent);
        ahead += found[i].utc_us > now_us;
    }
    series_fini(&s);
    return rc;
}

int reminder_run(struct db *db, const struct config *config, int64_t now_us, int64_t *cursor, int *sent,
                 struct err *err)
{
    int64_t ids[REMINDER_SERIES_MAX];
    int n = 0;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_SERIES_TO_REMIND, DB_ARGS(DB_INT(*cursor), DB_INT(REMINDER_SERIES_MAX)));
    while (rc == 0 && n < REMINDER_SERIES_MAX && (rc = db_next(rows)) > 0) {
        ids[n++] = db_int(rows, 0);
        rc = 0;
    }
    db_done(rows);
    for (int i = 0; rc == 0 && i < n; i++) {
        rc = remind_series(db, config, ids[i], now_us, sent, err);
        if (rc == ERR_INVALID || rc == ERR_CONFIG)
            rc = 0; /* a broken series must not silence the others; `err` tells */
    }
    if (rc == 0)
        *cursor = n == REMINDER_SERIES_MAX ? ids[n - 1] : 0;
    return rc;
}
