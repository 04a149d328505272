/*
 * /feed/letters/{id}: a letter that anybody may read, as a page.
 *
 * It is shown once it has begun to go out, exactly as it was approved, in the form that may be passed on: without
 * footer and personal links, its slots filled with words that fit everybody. Parts for one municipality are shown for
 * that municipality (?municipality=CODE), or when the letter is for one only.
 */
#include "http/page_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/markup.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/letter_source.h"
#include "core/time_words.h"
#include "http/api.h"
#include "http/feed.h"
#include "http/page_html.h"
#include "http/public_letter.h"
#include "store/db.h"

enum { LETTER_MAX_AGE_S = 300 };

/* Has the letter parts that only one municipality's readers see? */
static bool has_parts(const char *source)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    struct buf common, all;
    if (letter_source_parse(source, strlen(source), &src, &problem) != 0)
        return false;
    buf_init(&common, LETTER_SOURCE_MAX_BYTES);
    buf_init(&all, LETTER_SOURCE_MAX_BYTES);
    letter_source_select(src, NULL, &common);
    letter_source_select_all(src, &all);
    bool differs = common.len != all.len;
    buf_fini(&common);
    buf_fini(&all);
    letter_source_free(src);
    return differs;
}

/* What stands below the letter: who sent it when, and the other municipalities' versions. */
static void add_below(struct api_call *call, const struct public_letter *l, const char *code, struct buf *out)
{
    char when[TIME_WORDS_BYTES];
    char id[ID_TEXT_BYTES];
    buf_adds(out, "<p>Från ");
    markup_add(out, config_sender_name(call->config));
    buf_addf(out, ", skickat %s. Pågående brott: ring 112. Tips: 114 14 eller polisen.se/tips.</p>\n",
             time_words_sv(l->sent_us, when));
    if (l->target_count < 2 || !has_parts(l->source))
        return;
    const struct public_target *now = public_letter_whose(l, code);
    for (size_t i = 0; i < l->target_count; i++) {
        if (&l->targets[i] == now)
            continue;
        char *path = xasprintf("/feed/letters/%s?municipality=%s", id_format(ID_LETTER, l->id, id), l->targets[i].code);
        char *url = feed_url(call, path);
        char *text = xasprintf("Brevet för %s", l->targets[i].name);
        page_html_link(out, url, text);
        free(path);
        free(url);
        free(text);
    }
}

/* The letter's own document, with what stands below put in at its end. Its text cannot have the tag: < is escaped. */
static void add_document(struct api_call *call, const struct public_letter *l, const char *code, const char *html,
                         struct buf *out)
{
    const char *end = strstr(html, "</main>");
    size_t body = end ? (size_t)(end - html) : strlen(html);
    buf_add(out, html, body);
    add_below(call, l, code, out);
    buf_adds(out, html + body);
}

static int not_there(struct api_call *call)
{
    struct feed_doc doc = {.updated_us = 0};
    buf_init(&doc.text, FEED_MAX_BYTES);
    page_html_begin(&doc.text, "Här finns inget brev");
    buf_adds(&doc.text, "<p>Adressen kan vara avskuren eller gammal.</p>\n"
                        "<section lang=\"en\">\n<h2>No letter here</h2>\n<p>The address may be cut short or "
                        "old.</p>\n</section>\n");
    page_html_end(&doc.text);
    call->status = 404;
    return feed_send(call, &doc, "text/html; charset=utf-8", LETTER_MAX_AGE_S, FEED_PAGE_CSP);
}

static int find_letter(struct api_call *call, struct db *db, struct public_letter *out)
{
    struct db_rows *rows = NULL;
    int64_t id = 0;
    if (id_parse(ID_LETTER, api_param(call, "id"), &id) != 0)
        return ERR_NOT_FOUND;
    int rc = db_query(db, &rows, Q_FEED_LETTER, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        rc = public_letter_read(db, rows, out);
    else if (rc == 0)
        rc = ERR_NOT_FOUND;
    db_done(rows);
    return rc;
}

int page_letter(struct api_call *call, struct db *db)
{
    struct public_letter l = {0};
    struct public_shown s;
    struct feed_doc doc = {.updated_us = 0};
    int rc = api_query_only(call, "municipality");
    if (rc)
        return rc;
    const char *code = api_query(call, "municipality", "");
    public_shown_init(&s);
    buf_init(&doc.text, FEED_MAX_BYTES);
    rc = find_letter(call, db, &l);
    if (rc == 0 && code[0] && !public_letter_target(&l, code))
        rc = ERR_NOT_FOUND;
    rc = rc ? rc : public_letter_show(call, &l, code, &s);
    if (rc == 0) {
        doc.updated_us = l.sent_us;
        add_document(call, &l, code, buf_str(&s.html), &doc.text);
        rc = feed_send(call, &doc, "text/html; charset=utf-8", LETTER_MAX_AGE_S, FEED_PAGE_CSP);
    } else if (rc == ERR_NOT_FOUND) {
        rc = not_there(call);
    }
    buf_fini(&doc.text);
    public_shown_fini(&s);
    public_letter_fini(&l);
    return rc;
}
