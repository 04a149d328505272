/*
 * /feed/alerts/{id}: one public alert for people (a page, Swedish first) and for programs (CAP 1.2, with ".cap").
 *
 * A draft, an alert that is not public and one that does not exist look the same. What has been changed or taken back
 * keeps its address and says so first.
 */
#include "http/page_feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert_view.h"
#include "core/cap.h"
#include "core/config.h"
#include "http/alert_html.h"
#include "http/api.h"
#include "http/feed.h"
#include "http/page_html.h"
#include "store/db.h"

enum { PAGE_MAX_AGE_S = 10, CAP_MAX_AGE_S = 60 };

static const char CAP_ENDING[] = ".cap";

/* --- CAP --------------------------------------------------------------------------------------------------- */

static int send_cap(struct api_call *call, const struct alert_view *a)
{
    struct cap_sender sender = {0};
    struct feed_doc doc = {.updated_us = a->sent_us};
    int rc = cap_sender_init(&sender, call->config, &call->err);
    if (rc)
        return rc;
    buf_init(&doc.text, CAP_MAX_BYTES);
    rc = cap_write(a, &sender, &doc.text);
    cap_sender_fini(&sender);
    if (rc == 0)
        return feed_send(call, &doc, CAP_CONTENT_TYPE, CAP_MAX_AGE_S, NULL);
    buf_fini(&doc.text);
    return err_set(&call->err, rc, "the alert cannot be written as CAP");
}

/* --- the page ---------------------------------------------------------------------------------------------- */

/* Where to go on: to the newest of its thread, to what it relays, to the document for programs. */
static void add_links(struct api_call *call, const struct alert_view *a, int64_t latest, struct buf *out)
{
    char id[ID_TEXT_BYTES];
    if (latest != a->id) {
        char *path = xasprintf("/feed/alerts/%s", id_format(ID_ALERT, latest, id));
        char *url = feed_url(call, path);
        page_html_link(out, url, "Läs den senaste (the latest)");
        free(path);
        free(url);
    }
    if (strncmp(a->origin_url, "https://", 8) == 0)
        page_html_link(out, a->origin_url, "Det ursprungliga meddelandet (the original)");
    char *path = xasprintf("/feed/alerts/%s%s", id_format(ID_ALERT, a->id, id), CAP_ENDING);
    char *url = feed_url(call, path);
    page_html_link(out, url, "För datorprogram: CAP 1.2");
    free(path);
    free(url);
}

static int write_page(struct api_call *call, struct db *db, const struct alert_view *a, struct buf *out)
{
    struct buf title;
    int64_t now_us = db_now_us(db);
    int64_t latest = a->id;
    int rc = db_get_int(db, &latest, Q_FEED_ALERT_LATEST, DB_ARGS(DB_INT(a->root_id)));
    if (rc)
        return rc;
    buf_init(&title, FEED_ENTRY_BYTES);
    alert_public_title(a, now_us, &title);
    page_html_begin(out, buf_str(&title));
    buf_fini(&title);
    rc = alert_public_html(a, now_us, config_sender_name(call->config), out);
    buf_adds(out, "<section lang=\"en\">\n<h2>In English</h2>\n");
    rc = rc ? rc : alert_public_html_en(a, now_us, out);
    buf_adds(out, "</section>\n");
    add_links(call, a, latest, out);
    page_html_end(out);
    return rc;
}

static int send_page(struct api_call *call, struct db *db, const struct alert_view *a)
{
    struct feed_doc doc = {.updated_us = alert_changed_us(a, db_now_us(db))};
    buf_init(&doc.text, FEED_MAX_BYTES);
    int rc = write_page(call, db, a, &doc.text);
    if (rc == 0)
        return feed_send(call, &doc, "text/html; charset=utf-8", PAGE_MAX_AGE_S, FEED_PAGE_CSP);
    buf_fini(&doc.text);
    return rc;
}

static int not_there(struct api_call *call, bool is_cap)
{
    static const char why[] = "there is no public alert at this address";
    struct feed_doc doc = {.updated_us = 0};
    if (is_cap)
        return err_set(&call->err, ERR_NOT_FOUND, why);
    buf_init(&doc.text, FEED_MAX_BYTES);
    page_html_begin(&doc.text, "Här finns ingen varning");
    buf_adds(&doc.text, "<p>Adressen kan vara avskuren eller gammal.</p>\n"
                        "<section lang=\"en\">\n<h2>No warning here</h2>\n<p>The address may be cut short or "
                        "old.</p>\n</section>\n");
    page_html_end(&doc.text);
    call->status = 404;
    return feed_send(call, &doc, "text/html; charset=utf-8", PAGE_MAX_AGE_S, FEED_PAGE_CSP);
}

/* "alr_..." or "alr_....cap" */
static bool read_name(const char *name, int64_t *id, bool *is_cap)
{
    char text[ID_TEXT_BYTES];
    size_t n = strlen(name);
    size_t ending = strlen(CAP_ENDING);
    *is_cap = n > ending && strcmp(name + n - ending, CAP_ENDING) == 0;
    n -= *is_cap ? ending : 0;
    if (n >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)n, name);
    return id_parse(ID_ALERT, text, id) == 0;
}

int page_alert(struct api_call *call, struct db *db)
{
    struct alert_view a = {0};
    int64_t id = 0;
    bool is_cap = false;
    int rc = api_query_only(call, "");
    if (rc)
        return rc;
    rc = read_name(api_param(call, "id"), &id, &is_cap) ? alert_view_load(db, id, &a) : ERR_NOT_FOUND;
    if (rc == 0 && (a.sent_us <= 0 || a.classification != LETTER_CLASS_PUBLIC))
        rc = ERR_NOT_FOUND;
    if (rc == 0)
        rc = is_cap ? send_cap(call, &a) : send_page(call, db, &a);
    else if (rc == ERR_NOT_FOUND)
        rc = not_there(call, is_cap);
    alert_view_fini(&a);
    return rc;
}
