/*
 * What anybody may read without a login: Atom feeds of alerts, of exercises and of letters, an alert as CAP and as a
 * page, a letter as a page, and the calendar. The table of routes is here; letters and the calendar have files of
 * their own.
 *
 * Never shown: drafts, what is not classified public, what a stranger could learn from a refusal (all look alike), any
 * person, group or number of recipients. An exercise is in the feed of exercises only, and says so.
 */
#include "http/page_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/markup.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/alert_view.h"
#include "core/atom.h"
#include "core/cap.h"
#include "core/config.h"
#include "http/alert_html.h"
#include "http/api.h"
#include "http/feed.h"
#include "http/page_html.h"
#include "store/db.h"

enum {
    SHOWN_S = 7 * 86400, /* what is over stays in the feed so long */
    ALERT_AGE_S = (ALERT_EXPIRY_MAX_S + SHOWN_S),
    ALERT_MAX_AGE_S = 10,
    KEEP_MS = 1000,
    CATEGORIES_MAX = 2 + LETTER_MUNICIPALITIES_MAX, /* as many as there are */
};

/* --- the feeds of alerts ----------------------------------------------------------------------------------- */

/* What a reader may choose by: its kind, whether it is an exercise, its municipalities. */
static size_t categories_of(const struct alert_view *a, struct atom_category out[CATEGORIES_MAX])
{
    const struct alert_kind_row *kind = alert_kind_row(a->kind);
    size_t n = 0;
    out[n++] = (struct atom_category){kind->word, kind->sv, NULL};
    if (a->is_exercise)
        out[n++] = (struct atom_category){"exercise", "Övning", NULL};
    for (size_t i = 0; i < a->municipality_count && n < CATEGORIES_MAX; i++)
        out[n++] =
            (struct atom_category){a->municipalities[i].code, a->municipalities[i].name, "urn:grannbud:municipality"};
    return n;
}

static void add_entry(struct api_call *call, const struct alert_view *a, int64_t now_us, struct buf *out)
{
    struct buf title, summary, html;
    char id[ID_TEXT_BYTES];
    struct atom_category categories[CATEGORIES_MAX];
    buf_init(&title, FEED_ENTRY_BYTES);
    buf_init(&summary, FEED_ENTRY_BYTES);
    buf_init(&html, FEED_ENTRY_BYTES);
    char *tag_name = xasprintf("alert/%s", id_format(ID_ALERT, a->root_id, id));
    char *tag = feed_tag(call, tag_name);
    char *path = xasprintf("/feed/alerts/%s", id_format(ID_ALERT, a->id, id));
    char *page = feed_url(call, path);
    char *cap = xasprintf("%s.cap", page);
    alert_public_title(a, now_us, &title);
    alert_public_summary(a, now_us, &summary);
    alert_public_html(a, now_us, config_sender_name(call->config), &html);
    const struct atom_link links[] = {{"alternate", "text/html", page}, {"alternate", CAP_CONTENT_TYPE, cap}};
    const struct atom_entry entry = {
        .id = tag,
        .title = buf_str(&title),
        .published_us = a->earlier_count > 0 ? a->earlier[0].sent_us : a->sent_us,
        .updated_us = alert_changed_us(a, now_us),
        .summary = buf_str(&summary),
        .content_html = buf_ok(&html) ? buf_str(&html) : NULL,
        .links = links,
        .link_count = ARRAY_LEN(links),
        .categories = categories,
        .category_count = categories_of(a, categories),
    };
    atom_entry(out, &entry);
    free(tag_name);
    free(tag);
    free(path);
    free(page);
    free(cap);
    buf_fini(&title);
    buf_fini(&summary);
    buf_fini(&html);
}

/* The ids that the feed has, newest first; *n of FEED_ENTRIES_MAX. */
static int list(struct db *db, const struct scope *scope, bool exercises, int64_t ids[FEED_ENTRIES_MAX], size_t *n)
{
    struct db_rows *rows = NULL;
    int64_t now_us = db_now_us(db);
    int rc = db_query_as(db, scope, &rows, Q_FEED_ALERTS,
                         DB_ARGS(DB_INT(exercises), DB_INT(now_us - ALERT_AGE_S * US_PER_S),
                                 DB_INT(now_us - SHOWN_S * US_PER_S), DB_INT(FEED_ENTRIES_MAX)));
    if (rc)
        return rc;
    *n = 0;
    while (*n < FEED_ENTRIES_MAX && (rc = db_next(rows)) > 0)
        ids[(*n)++] = db_int(rows, 0);
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* The entries into `out`, as many as there is room for; *updated_us becomes the newest change. */
static int add_entries(struct api_call *call, struct db *db, const int64_t *ids, size_t n, struct buf *out,
                       int64_t *updated_us)
{
    int64_t now_us = db_now_us(db);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n && buf_ok(out); i++) {
        struct alert_view a = {0};
        size_t begin = out->len;
        rc = alert_view_load(db, ids[i], &a);
        if (rc == 0) {
            int64_t changed_us = alert_changed_us(&a, now_us);
            *updated_us = changed_us > *updated_us ? changed_us : *updated_us;
            add_entry(call, &a, now_us, out);
            if (!buf_ok(out))
                buf_truncate(out, begin);
        }
        alert_view_fini(&a);
    }
    return rc;
}

static int make_alerts(struct api_call *call, struct db *db, const struct scope *scope, bool exercises,
                       struct feed_doc *out)
{
    int64_t ids[FEED_ENTRIES_MAX];
    size_t n = 0;
    struct buf entries;
    buf_init(&entries, FEED_MAX_BYTES - FEED_HEAD_BYTES);
    int rc = list(db, scope, exercises, ids, &n);
    rc = rc ? rc : add_entries(call, db, ids, n, &entries, &out->updated_us);
    if (rc == 0) {
        const struct feed_words words = {
            .name = exercises ? "exercises" : "alerts",
            .title = exercises ? "ÖVNINGAR i grannsamverkan" : "Varningar till grannsamverkan",
            .subtitle = exercises ? "Bara övningar: inget här har hänt på riktigt."
                                  : "Varningar från polis och kommun som får spridas fritt.",
        };
        feed_atom(call, scope, &words, &entries, out);
    }
    buf_fini(&entries);
    return rc;
}

static int make_real(struct api_call *call, struct db *db, const struct scope *scope, struct feed_doc *out)
{
    return make_alerts(call, db, scope, false, out);
}

static int make_exercises(struct api_call *call, struct db *db, const struct scope *scope, struct feed_doc *out)
{
    return make_alerts(call, db, scope, true, out);
}

static int alert_feed(struct api_call *call, struct db *db)
{
    static const struct feed_kind kind = {
        .name = "alerts", ATOM_CONTENT_TYPE, ALERT_MAX_AGE_S, KEEP_MS, NULL, make_real};
    int rc = api_query_only(call, "municipality area");
    return rc ? rc : feed_serve(call, db, &kind);
}

static int exercise_feed(struct api_call *call, struct db *db)
{
    static const struct feed_kind kind = {
        .name = "exercises", ATOM_CONTENT_TYPE, ALERT_MAX_AGE_S, KEEP_MS, NULL, make_exercises};
    int rc = api_query_only(call, "municipality area");
    return rc ? rc : feed_serve(call, db, &kind);
}

const struct api_route API_ROUTES_FEED[] = {
    {HTTP_METHOD_GET, "/feed/alerts.atom", API_READ, 0, API_NO_BODY, alert_feed,
     "Public alerts as an Atom feed: those that are valid, and for a week those that are over."},
    {HTTP_METHOD_GET, "/feed/exercises.atom", API_READ, 0, API_NO_BODY, exercise_feed,
     "Exercises as an Atom feed of their own; nothing in it is real."},
    {HTTP_METHOD_GET, "/feed/alerts/{id}", API_READ, 0, API_NO_BODY, page_alert,
     "A public alert as a page to read; with .cap behind the id as a document of CAP 1.2."},
    {HTTP_METHOD_GET, "/feed/letters.atom", API_READ, 0, API_NO_BODY, page_letter_feed,
     "Letters that may be read by anybody, as an Atom feed."},
    {HTTP_METHOD_GET, "/feed/letters/{id}", API_READ, 0, API_NO_BODY, page_letter,
     "A public letter as a page to read, as it may be passed on."},
    {HTTP_METHOD_GET, "/feed/calendar.ics", API_READ, 0, API_NO_BODY, page_calendar,
     "Letters and meetings to come, as iCalendar."},
    {.pattern = NULL},
};
