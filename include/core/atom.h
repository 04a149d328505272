/*
 * Atom feeds (RFC 4287), written piece by piece: atom_begin, atom_entry for each, atom_end.
 *
 * Called by the pages that need no login. Texts are borrowed and escaped; NULL or "" leaves out what need not be there,
 * and what must be there gets a stand-in, so that a feed is valid whatever the texts hold. Overflow is the buffer's
 * (buf_ok). Pure, any thread.
 */
#ifndef GB_CORE_ATOM_H
#define GB_CORE_ATOM_H

#include <stddef.h>
#include <stdint.h>

struct buf;

#define ATOM_CONTENT_TYPE "application/atom+xml; charset=utf-8"

struct atom_link {
    const char *rel;  /* "alternate", "self", "via" */
    const char *type; /* media type, or NULL */
    const char *href; /* absolute URL */
};

struct atom_category {
    const char *term, *label; /* label may be NULL */
    const char *scheme;       /* an IRI that says what kind of word `term` is, or NULL */
};

struct atom_feed {
    const char *id; /* an IRI that stays the same for ever */
    const char *title, *subtitle;
    const char *author; /* of all entries */
    const char *self;   /* the feed's own URL */
    int64_t updated_us; /* when an entry last changed */
};

struct atom_entry {
    const char *id; /* as the feed's */
    const char *title;
    int64_t published_us, updated_us; /* published 0: not told */
    const char *summary;              /* plain text */
    const char *content_html;         /* well-formed or not, it is escaped */
    const struct atom_link *links;    /* at least one alternate when there is no content (4.1.2) */
    size_t link_count;
    const struct atom_category *categories;
    size_t category_count;
};

void atom_begin(struct buf *out, const struct atom_feed *feed);
void atom_entry(struct buf *out, const struct atom_entry *entry);
void atom_end(struct buf *out);

#endif
