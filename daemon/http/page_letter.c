/*
 * Letters that anybody may read: a feed and a page each.
 *
 * A letter is shown once it has begun to go out, exactly as it was approved, in the form that may be passed on: without
 * footer and personal links, its slots filled with words that fit everybody. Parts for one municipality are shown for
 * that municipality (?municipality=CODE), or when the letter is for one only.
 */
#include "http/page_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/area.h"
#include "core/atom.h"
#include "core/letter_source.h"
#include "core/time_words.h"
#include "http/api.h"
#include "http/feed.h"
#include "http/page_html.h"
#include "store/db.h"

enum {
    LETTERS_MAX = 30,
    LETTER_AGE_DAYS = 400,
    SUMMARY_CHARS = 500,
    LETTER_MAX_AGE_S = 300,
    LETTER_KEEP_MS = 10 * 1000,
    TARGETS_MAX = LETTER_MUNICIPALITIES_MAX,
};

struct target {
    char code[MUNICIPALITY_CODE_BYTES];
    char *name;
};

struct letter {
    int64_t id, sent_us;
    char *kind, *source, *area;
    struct target *targets; /* TARGETS_MAX */
    size_t target_count;
};

static void letter_fini(struct letter *l)
{
    free(l->kind);
    free(l->source);
    free(l->area);
    for (size_t i = 0; i < l->target_count; i++)
        free(l->targets[i].name);
    free(l->targets);
}

/* --- reading -------------------------------------------------------------------------------------------------------
 */

static int read_targets(struct db *db, struct letter *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LETTER_TARGETS, DB_ARGS(DB_INT(out->id)));
    if (rc)
        return rc;
    out->targets = xcalloc(TARGETS_MAX, sizeof *out->targets);
    while (out->target_count < TARGETS_MAX && (rc = db_next(rows)) > 0) {
        struct target *t = &out->targets[out->target_count++];
        snprintf(t->code, sizeof t->code, "%s", db_text(rows, 0));
        t->name = xstrdup(db_text(rows, 1));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* From a row of feed_letters or feed_letter. */
static int read_letter(struct db *db, const struct db_rows *rows, struct letter *out)
{
    *out = (struct letter){.id = db_int(rows, 0),
                           .kind = xstrdup(db_text(rows, 1)),
                           .source = xstrdup(db_text(rows, 4)),
                           .sent_us = db_int(rows, 5)};
    if (strcmp(db_text(rows, 2), scope_kind_word(SCOPE_POLICE_AREA)) == 0) {
        int rc = db_get_text(db, &out->area, Q_POLICE_AREA_NAME, DB_ARGS(DB_TEXT(db_text(rows, 3))));
        if (rc && rc != ERR_NOT_FOUND)
            return rc;
    }
    return read_targets(db, out);
}

static const struct target *find_target(const struct letter *l, const char *code)
{
    for (size_t i = 0; i < l->target_count; i++)
        if (strcmp(l->targets[i].code, code) == 0)
            return &l->targets[i];
    return NULL;
}

/* Whose parts are shown: as asked for, or the only one's; NULL: those for all. */
static const struct target *whose(const struct letter *l, const char *code)
{
    if (code && code[0])
        return find_target(l, code);
    return l->target_count == 1 ? &l->targets[0] : NULL;
}

struct shown {
    struct buf subject, text, html;
};

static void shown_init(struct shown *s)
{
    buf_init(&s->subject, FEED_HEAD_BYTES);
    buf_init(&s->text, FEED_MAX_BYTES);
    buf_init(&s->html, FEED_MAX_BYTES);
}

static void shown_fini(struct shown *s)
{
    buf_fini(&s->subject);
    buf_fini(&s->text);
    buf_fini(&s->html);
}

static int show(struct api_call *call, const struct letter *l, const char *code, struct shown *out)
{
    const struct target *t = whose(l, code);
    const struct api_preview reader = {.source = l->source,
                                       .municipality_code = t ? t->code : "",
                                       .municipality_name = t ? t->name : "din kommun",
                                       .area_name = l->area ? l->area : "ditt område",
                                       .group_name = "din grupp",
                                       .person_name = "granne"};
    return call->env->preview(&reader, &out->subject, &out->text, &out->html, &call->err);
}

/* The text behind the title and the line that says whom it is for: each ends with an empty line. */
static const char *text_body(const char *text)
{
    for (int i = 0; i < 2; i++) {
        const char *end = strstr(text, "\n\n");
        text = end ? end + 2 : text;
    }
    return text;
}

/* --- the feed ------------------------------------------------------------------------------------------------------
 */

static void add_entry(struct api_call *call, const struct letter *l, const struct shown *s, struct buf *out)
{
    char id[ID_TEXT_BYTES];
    char *tag_name = xasprintf("letter/%s", id_format(ID_LETTER, l->id, id));
    char *tag = feed_tag(call, tag_name);
    char *path = xasprintf("/feed/letters/%s", id);
    char *page = feed_url(call, path);
    const char *body = text_body(buf_str(&s->text));
    size_t keep = text_prefix(body, SUMMARY_CHARS);
    char *summary = xasprintf("%.*s%s", (int)keep, body, body[keep] ? "…" : "");
    const struct atom_link link = {"alternate", "text/html", page};
    const struct atom_category category = {l->kind, NULL, NULL};
    const struct atom_entry entry = {.id = tag,
                                     .title = buf_str(&s->subject),
                                     .published_us = l->sent_us,
                                     .updated_us = l->sent_us,
                                     .summary = summary,
                                     .links = &link,
                                     .link_count = 1,
                                     .categories = &category,
                                     .category_count = 1};
    atom_entry(out, &entry);
    free(summary);
    free(tag_name);
    free(tag);
    free(path);
    free(page);
}

static int add_letter(struct api_call *call, struct db *db, const struct db_rows *rows, const char *code,
                      struct buf *entries, int64_t *updated_us)
{
    struct letter l = {0};
    struct shown s;
    size_t begin = entries->len;
    shown_init(&s);
    int rc = read_letter(db, rows, &l);
    rc = rc ? rc : show(call, &l, code, &s);
    if (rc == 0) {
        add_entry(call, &l, &s, entries);
        if (!buf_ok(entries))
            buf_truncate(entries, begin);
        *updated_us = l.sent_us > *updated_us ? l.sent_us : *updated_us;
    }
    shown_fini(&s);
    letter_fini(&l);
    return rc;
}

static int make_letters(struct api_call *call, struct db *db, const struct scope *scope, struct feed_doc *out)
{
    static const struct feed_words words = {.name = "letters",
                                            .title = "Brev från grannsamverkan",
                                            .subtitle = "Brev från polis och kommun som får spridas fritt."};
    const char *code = scope->kind == SCOPE_MUNICIPALITY ? scope->code : "";
    struct db_rows *rows = NULL;
    struct buf entries;
    int64_t oldest_us = db_now_us(db) - LETTER_AGE_DAYS * INT64_C(86400) * US_PER_S;
    int rc = db_query_as(db, scope, &rows, Q_FEED_LETTERS, DB_ARGS(DB_INT(oldest_us), DB_INT(LETTERS_MAX)));
    if (rc)
        return rc;
    buf_init(&entries, FEED_MAX_BYTES - FEED_HEAD_BYTES);
    while (rc >= 0 && buf_ok(&entries) && (rc = db_next(rows)) > 0)
        rc = add_letter(call, db, rows, code, &entries, &out->updated_us);
    db_done(rows);
    if (rc >= 0)
        feed_atom(call, scope, &words, &entries, out);
    buf_fini(&entries);
    return rc < 0 ? rc : 0;
}

int page_letter_feed(struct api_call *call, struct db *db)
{
    static const struct feed_kind kind = {
        .name = "letters", ATOM_CONTENT_TYPE, LETTER_MAX_AGE_S, LETTER_KEEP_MS, NULL, make_letters};
    int rc = api_query_only(call, "municipality area");
    return rc ? rc : feed_serve(call, db, &kind);
}

/* --- the page ------------------------------------------------------------------------------------------------------
 */

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
static void add_below(struct api_call *call, const struct letter *l, const char *code, struct buf *out)
{
    char when[TIME_WORDS_BYTES];
    char id[ID_TEXT_BYTES];
    buf_adds(out, "<p>Från ");
    markup_add(out, feed_author(call));
    buf_addf(out, ", skickat %s. Pågående brott: ring 112. Tips: 114 14 eller polisen.se/tips.</p>\n",
             time_words_sv(l->sent_us, when));
    if (l->target_count < 2 || !has_parts(l->source))
        return;
    const struct target *now = whose(l, code);
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
static void add_document(struct api_call *call, const struct letter *l, const char *code, const char *html,
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

static int find_letter(struct api_call *call, struct db *db, struct letter *out)
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
        rc = read_letter(db, rows, out);
    else if (rc == 0)
        rc = ERR_NOT_FOUND;
    db_done(rows);
    return rc;
}

int page_letter(struct api_call *call, struct db *db)
{
    struct letter l = {0};
    struct shown s;
    struct feed_doc doc = {.updated_us = 0};
    int rc = api_query_only(call, "municipality");
    if (rc)
        return rc;
    const char *code = api_query(call, "municipality", "");
    shown_init(&s);
    buf_init(&doc.text, FEED_MAX_BYTES);
    rc = find_letter(call, db, &l);
    if (rc == 0 && code[0] && !find_target(&l, code))
        rc = ERR_NOT_FOUND;
    rc = rc ? rc : show(call, &l, code, &s);
    if (rc == 0) {
        doc.updated_us = l.sent_us;
        add_document(call, &l, code, buf_str(&s.html), &doc.text);
        rc = feed_send(call, &doc, "text/html; charset=utf-8", LETTER_MAX_AGE_S, FEED_PAGE_CSP);
    } else if (rc == ERR_NOT_FOUND) {
        rc = not_there(call);
    }
    buf_fini(&doc.text);
    shown_fini(&s);
    letter_fini(&l);
    return rc;
}
