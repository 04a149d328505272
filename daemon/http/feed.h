/*
 * What the public feeds share: whose municipalities are shown, documents that are kept for a moment, and answers that a
 * reader who has them already need not fetch again (ETag, RFC 9110, 8.8.3 and 13.1.2).
 *
 * Anybody may ask, and many ask all the time: a feed is made at most once in its `keep_ms`, whoever asks, and is at
 * most FEED_MAX_BYTES long. Handlers run on store threads; the cache is the only thing they share, and locks itself.
 */
#ifndef GB_HTTP_FEED_H
#define GB_HTTP_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/actor.h"

struct api_call;
struct db;

enum {
    FEED_MAX_BYTES = 1024 * 1024, /* of a document; entries beyond are left out, the oldest first */
    FEED_HEAD_BYTES = 8 * 1024,   /* kept free of them for the rest of a feed */
    FEED_ENTRY_BYTES = 256 * 1024,
    FEED_ENTRIES_MAX = 50,
    FEED_CACHE_SLOTS = 64,
    FEED_CACHE_BYTES = 8 * 1024 * 1024,
    FEED_ETAG_BYTES = 40,
};

/* A document in the making. */
struct feed_doc {
    struct buf text;
    int64_t updated_us;         /* when what it tells last changed; 0: nothing to tell */
    char etag[FEED_ETAG_BYTES]; /* of the text, with its quotation marks; "": not reckoned yet */
};

struct feed_kind {
    const char *name; /* what it is kept under */
    const char *content_type;
    int max_age_s;    /* how long readers and proxies may keep it */
    int keep_ms;      /* how long we do */
    const char *also; /* a query parameter of its own that makes another document, or NULL */
    /* Fill `out`, which is initialised: what concerns the municipalities of `scope`. Returns 0, or a negative code with
     * words in call->err. */
    int (*make)(struct api_call *call, struct db *db, const struct scope *scope, struct feed_doc *out);
};

/* Answer with a feed. Takes the query parameters municipality and area (a code or a name; not both). */
int feed_serve(struct api_call *call, struct db *db, const struct feed_kind *kind);
/* Reckon the ETag, once the text is whole; a second time it is kept. */
void feed_doc_seal(struct feed_doc *doc);
/* Answer with one document (taken: ended). `csp` is its Content-Security-Policy, or NULL: the usual one. */
int feed_send(struct api_call *call, struct feed_doc *doc, const char *content_type, int max_age_s, const char *csp);
/* What a HTML page of ours may do: show itself. */
extern const char FEED_PAGE_CSP[];

/* A whole Atom feed round `entries`, into out->text. */
struct feed_words {
    const char *name; /* "alerts": part of its id, and of its path /feed/NAME.atom */
    const char *title, *subtitle;
};
void feed_atom(const struct api_call *call, const struct scope *scope, const struct feed_words *words,
               const struct buf *entries, struct feed_doc *out);

/* An IRI for ever (RFC 4151): "tag:HOST,2026:WHAT". The caller frees. */
char *feed_tag(const struct api_call *call, const char *what);
/* The node's public address with `path` behind it. The caller frees. */
char *feed_url(const struct api_call *call, const char *path);

/* --- the cache ------------------------------------------------------------------------------------------------- */

struct feed_cache *feed_cache_new(void);
void feed_cache_free(struct feed_cache *cache); /* NULL is fine */
/* Append the document kept under `key` to out->text; false when there is none that is fresh. */
bool feed_cache_get(struct feed_cache *cache, const char *key, int64_t now_ms, struct feed_doc *out);
/* Keep a copy until `until_ms`; what was kept longest gives way. */
void feed_cache_put(struct feed_cache *cache, const char *key, int64_t until_ms, const struct feed_doc *doc);

#endif
