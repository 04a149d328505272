/*
 * Markdown to accessible HTML and to equal plain text (cmark, plus pipe tables of our own).
 *
 * Called by the letter's compiler and the preview, once per letter and municipality, not per recipient: the bytes of
 * slots (core/slot.h) pass through both renderings untouched and are escaped by whoever fills them. Input comes from
 * core/letter_source.h, which refuses control characters; those that come all the same are dropped.
 * Never fetched and never shown: images (their alternative text stands instead), raw HTML, scripts, styles from
 * outside; links other than https, http, mailto and tel become text. Pure, any thread, one user of a tree at a time.
 */
#ifndef GB_CORE_MARKDOWN_H
#define GB_CORE_MARKDOWN_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct markdown;

enum {
    MARKDOWN_MAX_BYTES = 512 * 1024, /* of input */
    MARKDOWN_COLUMNS_MAX = 40,       /* a wider table stays text */
    MARKDOWN_TEXT_COLUMNS = 72,      /* a table wider than this becomes records in plain text */
};

/* 0 and *out (the caller frees), or ERR_TOO_LARGE. Any bytes are Markdown, so nothing else can fail. */
int markdown_parse(const char *text, size_t n, struct markdown **out);
void markdown_free(struct markdown *md); /* NULL is fine */

/* A line below the letter. The caller vouches for the URL, which is escaped but not judged; it may hold slot bytes. */
struct markdown_line {
    const char *text;
    const char *url; /* or NULL: no link */
};

/* The same in another language, below the first. */
struct markdown_also {
    const char *language; /* "en" */
    const char *title;    /* an h2 */
    const char *notice;   /* or NULL */
    const struct markdown *body;
};

struct markdown_page {
    const char *banner;               /* one line above the title that nobody may miss; or NULL */
    const char *title;                /* plain text, the only h1; may hold slot bytes */
    const char *notice;               /* one line under the title, such as whom the letter is for; or NULL */
    const struct markdown_also *also; /* or NULL */
    const struct markdown_line *footer;
    size_t footer_count;
    bool forwardable; /* leave the footer out: nothing personal is passed on */
};

/* All append to `out`: 0, or ERR_TOO_LARGE when its maximum was reached (what it then holds is unusable). */

/* The body alone. The headings begin at h2 whatever the letter began with, and skip no level. */
int markdown_html(const struct markdown *md, struct buf *out);
/* The body alone: LF lines, paragraphs unwrapped, emphasis marks dropped, links as "text (URL)". */
int markdown_text(const struct markdown *md, struct buf *out);
/* A whole HTML document or plain text, with banner, title, notice, what is said in another language, and footer. */
int markdown_html_document(const struct markdown *md, const struct markdown_page *page, struct buf *out);
int markdown_text_document(const struct markdown *md, const struct markdown_page *page, struct buf *out);

#endif
