/* /feed/letters.atom: letters that anybody may read, the newest first; the contract is in http/page_feed.h. */
#include "http/page_feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/atom.h"
#include "http/api.h"
#include "http/feed.h"
#include "http/public_letter.h"
#include "store/db.h"

enum {
    LETTERS_MAX = 30,
    LETTER_AGE_DAYS = 400,
    SUMMARY_CHARS = 500,
    LETTER_MAX_AGE_S = 300,
    LETTER_KEEP_MS = 10 * 1000,
};

/* The text behind the title and the line that says whom it is for: each ends with an empty line. */
static const char *text_body(const char *text)
{
    for (int i = 0; i < 2; i++) {
        const char *end = strstr(text, "\n\n");
        text = end ? end + 2 : text;
    }
    return text;
}

static void add_entry(struct api_call *call, const struct public_letter *l, const struct public_shown *s,
                      struct buf *out)
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
    struct public_letter l = {0};
    struct public_shown s;
    size_t begin = entries->len;
    public_shown_init(&s);
    int rc = public_letter_read(db, rows, &l);
    rc = rc ? rc : public_letter_show(call, &l, code, &s);
    if (rc == 0) {
        add_entry(call, &l, &s, entries);
        if (!buf_ok(entries))
            buf_truncate(entries, begin);
        *updated_us = l.sent_us > *updated_us ? l.sent_us : *updated_us;
    }
    public_shown_fini(&s);
    public_letter_fini(&l);
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
