/* Material for a letter from the police's events; the contract is in core/police_material.h. */
#include "core/police_material.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/letter_source.h"
#include "core/lint.h"
#include "core/markdown_escape.h"
#include "core/period_words.h"
#include "core/police_event.h"
#include "core/source.h"
#include "core/time_words.h"
#include "store/db.h"

enum {
    EVENTS_READ_MAX = 5000,
    TYPES_MAX = 100,
    FEW = 3,                 /* fewer than so many may point out someone */
    SUMMARY_CHARS_MAX = 300, /* a longer one is read at polisen.se */
    LINE_BYTES = 8192
};

static const char HEAD[] = "---\ntitle: T\nkind: info\n---\n\n";

/* --- the period --------------------------------------------------------------------------------------------------- */

/* Midnight where the node is. */
static int64_t midnight_us(struct date d)
{
    struct tm tm = {.tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day, .tm_isdst = -1};
    return (int64_t)mktime(&tm) * US_PER_S;
}

/* The Monday of an ISO week: that of 4 January is in week 1. */
static int monday_of(int year, int week)
{
    int fourth = date_to_days((struct date){year, 1, 4});
    return fourth - (int)days_weekday(fourth) + (week - 1) * 7;
}

static void month_range(int year, int month, struct date *from, struct date *to)
{
    *from = (struct date){year, month, 1};
    *to = month == 12 ? (struct date){year + 1, 1, 1} : (struct date){year, month + 1, 1};
}

int police_period(const char *period, int64_t *from_us, int64_t *to_us)
{
    char words[PERIOD_WORDS_BYTES];
    struct date from;
    struct date to;
    if (period_words_sv(period, words) != 0)
        return ERR_INVALID; /* so the digits below are where they belong */
    int year = (int)strtol(period, NULL, 10);
    size_t n = strlen(period);
    if (n == 4) {
        from = (struct date){year, 1, 1};
        to = (struct date){year + 1, 1, 1};
    } else if (period[5] == 'W') {
        int monday = monday_of(year, (int)strtol(period + 6, NULL, 10));
        from = date_from_days(monday);
        to = date_from_days(monday + 7);
    } else if (n == 7) {
        month_range(year, (int)strtol(period + 5, NULL, 10), &from, &to);
    } else if (date_parse(period, &from) == 0) {
        to = date_from_days(date_to_days(from) + 1);
    } else {
        return ERR_INVALID;
    }
    *from_us = midnight_us(from);
    *to_us = midnight_us(to);
    return 0;
}

/* --- what there is ------------------------------------------------------------------------------------------------ */

struct item {
    int64_t happened_us;
    char *type, *summary, *url;
};

struct material {
    char *municipality, *county, *period_words;
    struct item *items; /* of the municipality, newest first; summaries of several events too */
    size_t count, left_out;
    int64_t in_county; /* events that were placed in the county only */
    struct source_state source;
    int64_t since_us, from_us, to_us; /* since: the first event that was kept; 0: none was */
};

static void material_fini(struct material *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->items[i].type);
        free(m->items[i].summary);
        free(m->items[i].url);
    }
    free(m->items);
    free(m->municipality);
    free(m->county);
    free(m->period_words);
}

static int read_names(struct db *db, const struct scope *scope, const char *code, struct material *m, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, scope, &rows, Q_POLICE_MUNICIPALITY, DB_ARGS(DB_TEXT(code)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        m->municipality = xstrdup(db_text(rows, 0));
        m->county = xstrdup(db_text(rows, 1));
    }
    db_done(rows);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "municipality %s is not in your area", code);
    return rc < 0 ? rc : 0;
}

static void add_item(struct material *m, const struct db_rows *rows)
{
    if (m->count == POLICE_MATERIAL_EVENTS_MAX) {
        m->left_out++;
        return;
    }
    m->items[m->count++] = (struct item){.happened_us = db_int(rows, 1),
                                         .type = xstrdup(db_text(rows, 3)),
                                         .summary = xstrdup(db_text(rows, 6)),
                                         .url = xstrdup(db_text(rows, 7))};
}

static int read_events(struct db *db, const struct scope *scope, const char *code, struct material *m)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, scope, &rows, Q_POLICE_EVENT_LIST,
                         DB_ARGS(DB_TEXT(code), DB_INT(m->from_us), DB_INT(m->to_us), DB_INT(INT64_MAX), DB_INT(0),
                                 DB_INT(EVENTS_READ_MAX)));
    if (rc)
        return rc;
    m->items = xcalloc(POLICE_MATERIAL_EVENTS_MAX, sizeof m->items[0]);
    while ((rc = db_next(rows)) > 0) {
        if (db_is_null(rows, 8))
            m->in_county++;
        else
            add_item(m, rows);
    }
    db_done(rows);
    return rc;
}

static int read_source(struct db *db, struct material *m)
{
    int rc = source_state(db, SOURCE_POLICE_EVENTS, &m->source);
    if (rc == 0)
        rc = db_get_int(db, &m->since_us, Q_POLICE_EVENT_SINCE, DB_NO_ARGS);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* --- what is written ---------------------------------------------------------------------------------------------- */

/* Would the letter's checks stop it? */
static bool would_block(const char *markdown)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    struct lint_report report;
    char *text = xasprintf("%s%s\n", HEAD, markdown);
    bool blocks = true;
    if (letter_source_parse(text, strlen(text), &src, &problem) == 0) {
        lint_report_init(&report);
        lint_letter(src, NULL, &report);
        blocks = lint_blocks(&report);
        lint_report_fini(&report);
    }
    letter_source_free(src);
    free(text);
    return blocks;
}

static void add_origin(const struct material *m, struct buf *out)
{
    char when[TIME_WORDS_BYTES];
    buf_adds(out, "Källa: polisens händelser på polisen.se");
    if (m->source.answered_us)
        buf_addf(out, ", hämtade %s", time_words_sv(m->source.answered_us, when));
    buf_adds(out, ". Polisen väljer vad som publiceras och kan ändra det i efterhand: det är ingen statistik över "
                  "anmälda brott.\n");
    if (m->source.problem[0])
        buf_addf(out, "\nListan har inte gått att hämta sedan %s. Händelser kan saknas.\n",
                 time_words_sv(m->source.problem_since_us, when));
    else if (m->source.answered_us == 0)
        buf_adds(out, "\nInga händelser har hämtats. Händelser kan saknas.\n");
    if (m->since_us > m->from_us)
        buf_addf(out, "\nHändelser har hämtats sedan %s. Tidigare händelser kan saknas.\n",
                 time_words_sv(m->since_us, when));
}

struct tally {
    const char *type;
    int count;
};

static int compare_tallies(const void *pa, const void *pb)
{
    const struct tally *a = pa;
    const struct tally *b = pb;
    return a->count != b->count ? b->count - a->count : strcmp(a->type, b->type);
}

static size_t count_types(const struct material *m, struct tally *out)
{
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t j = 0;
        if (police_event_is_summary(m->items[i].type))
            continue;
        while (j < n && strcmp(out[j].type, m->items[i].type) != 0)
            j++;
        if (j == TYPES_MAX)
            continue; /* the police have about sixty */
        if (j == n)
            out[n++] = (struct tally){.type = m->items[i].type};
        out[j].count++;
    }
    qsort(out, n, sizeof out[0], compare_tallies);
    return n;
}

/* No row of totals: it would tell what "färre än 3" does not. */
static void add_counts(const struct material *m, struct buf *out)
{
    struct tally tallies[TYPES_MAX];
    size_t n = count_types(m, tallies);
    if (n == 0 || m->left_out > 0)
        return;
    buf_adds(out, "\n| Typ av händelse | Antal |\n|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, "| ");
        markdown_escape_line(out, tallies[i].type);
        if (tallies[i].count < FEW)
            buf_addf(out, " | färre än %d |\n", FEW);
        else
            buf_addf(out, " | %d |\n", tallies[i].count);
    }
}

/* "21 november kl. 06.40": the year is in the heading. */
static void add_when(int64_t us, struct buf *out)
{
    char words[TIME_WORDS_BYTES];
    time_words_sv(us, words);
    char *year = strstr(words, " 20");
    char *clock = strstr(words, " kl.");
    if (year && clock)
        buf_addf(out, "%.*s%s", (int)(year - words), words, clock);
    else
        buf_adds(out, words);
}

static void add_item_line(const struct item *item, struct buf *out)
{
    struct buf summary;
    buf_init(&summary, LINE_BYTES);
    buf_adds(out, "* ");
    add_when(item->happened_us, out);
    buf_adds(out, ": ");
    if (item->url[0])
        buf_adds(out, "[");
    markdown_escape_line(out, item->type);
    if (item->url[0])
        buf_addf(out, "](%s)", item->url);
    buf_adds(out, ".");
    if (item->summary[0] && text_length(item->summary) <= SUMMARY_CHARS_MAX) {
        markdown_escape_line(&summary, item->summary);
        if (buf_ok(&summary) && !would_block(buf_str(&summary)))
            buf_addf(out, " %s", buf_str(&summary));
    }
    buf_addc(out, '\n');
    buf_fini(&summary);
}

static void add_items(const struct material *m, bool summaries, const char *heading, struct buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < m->count; i++) {
        if (police_event_is_summary(m->items[i].type) != summaries)
            continue;
        if (is_first)
            buf_addf(out, "\n### %s\n\n", heading);
        is_first = false;
        add_item_line(&m->items[i], out);
    }
}

static void add_rest(const struct material *m, struct buf *out)
{
    if (m->left_out > 0)
        buf_addf(out, "\nDet finns fler händelser än de %zu som visas här.\n", m->count);
    if (m->in_county >= FEW)
        buf_addf(out, "\nDärutöver har polisen placerat %lld händelser i %s utan att ange kommun. De ingår inte här.\n",
                 (long long)m->in_county, m->county);
    else if (m->in_county > 0)
        buf_addf(out,
                 "\nDärutöver har polisen placerat enstaka händelser i %s utan att ange kommun. De ingår inte här.\n",
                 m->county);
}

static void write_material(const struct material *m, struct buf *out)
{
    buf_addf(out, "## Polisens händelser i %s, %s\n\n", m->municipality, m->period_words);
    if (m->count == 0)
        buf_addf(out, "Inga händelser med %s som plats finns hämtade för %s. Det betyder inte att inget har hänt.\n\n",
                 m->municipality, m->period_words);
    add_origin(m, out);
    add_counts(m, out);
    add_items(m, false, "Händelserna", out);
    add_items(m, true, "Polisens sammanfattningar, som var och en kan gälla flera händelser", out);
    add_rest(m, out);
}

int police_material(struct db *db, const struct scope *scope, const char *municipality, const char *period,
                    struct buf *out, struct err *err)
{
    struct material m = {.count = 0};
    char words[PERIOD_WORDS_BYTES];
    if (police_period(period, &m.from_us, &m.to_us) != 0 || period_words_sv(period, words) != 0)
        return err_set(err, ERR_INVALID,
                       "'%.40s' is no period: write a month (2026-11), a week (2026-W47), a day or a year", period);
    m.period_words = xstrdup(words);
    int rc = read_names(db, scope, municipality, &m, err);
    if (rc == 0)
        rc = read_events(db, scope, municipality, &m);
    if (rc == 0)
        rc = read_source(db, &m);
    if (rc == 0)
        write_material(&m, out);
    material_fini(&m);
    return rc || buf_ok(out) ? rc : err_set(err, ERR_TOO_LARGE, "the material is too long: ask for a shorter period");
}
