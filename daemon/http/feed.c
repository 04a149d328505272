/* What the feeds share; the contract is in http/feed.h. */
#include "http/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/area.h"
#include "core/atom.h"
#include "core/config.h"
#include "http/api.h"
#include "http/http_date.h"

const char FEED_PAGE_CSP[] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
                             "frame-ancestors 'none'";

enum { TAG_HEX = 32, SCOPE_TEXT_BYTES = 80 };

/* --- names ------------------------------------------------------------------------------------------------- */

char *feed_tag(const struct api_call *call, const char *what)
{
    return xasprintf("tag:%s,2026:grannbud/%s", call->config->node.base_url.host, what);
}

char *feed_url(const struct api_call *call, const char *path)
{
    return xasprintf("%s%s", call->config->node.base_url.text, path);
}

/* --- one document ------------------------------------------------------------------------------------------ */

/* The headers of an answer, which have to live until it is written. */
struct answer_headers {
    char etag[FEED_ETAG_BYTES];
    char cache[40];
    char modified[HTTP_DATE_BYTES];
    struct http_pair pairs[API_HEADERS_MAX + 1];
};

/* Does If-None-Match name this version? Weak comparison (RFC 9110, 13.1.2), and proxies make weak ones of ours. */
static bool has_it(const struct api_call *call, const char *etag)
{
    const char *list = call->status == 0 ? call->if_none_match : NULL; /* nothing to have of what is not there */
    return list && (strcmp(list, "*") == 0 || strstr(list, etag));
}

void feed_doc_seal(struct feed_doc *doc)
{
    char sum[SHA256_HEX_BYTES];
    if (!doc->etag[0])
        snprintf(doc->etag, sizeof doc->etag, "\"%.*s\"", TAG_HEX, sha256_hex(buf_str(&doc->text), doc->text.len, sum));
}

int feed_send(struct api_call *call, struct feed_doc *doc, const char *content_type, int max_age_s, const char *csp)
{
    struct answer_headers *h = xcalloc(1, sizeof *h);
    size_t n = 0;
    if (!buf_ok(&doc->text)) {
        buf_fini(&doc->text);
        free(h);
        return err_set(&call->err, ERR_TOO_LARGE, "the document is above %zu bytes", doc->text.max);
    }
    feed_doc_seal(doc);
    memcpy(h->etag, doc->etag, sizeof h->etag);
    snprintf(h->cache, sizeof h->cache, "public, max-age=%d", max_age_s);
    h->pairs[n++] = (struct http_pair){"ETag", h->etag};
    h->pairs[n++] = (struct http_pair){"Cache-Control", h->cache};
    if (doc->updated_us > 0)
        h->pairs[n++] = (struct http_pair){"Last-Modified", http_date(doc->updated_us / US_PER_S, h->modified)};
    if (csp)
        h->pairs[n++] = (struct http_pair){"Content-Security-Policy", csp};
    call->headers = h->pairs;
    call->work = h;
    call->work_free = free;
    if (has_it(call, h->etag)) {
        call->status = 304;
    } else {
        call->content_type = content_type;
        buf_add(&call->text, buf_str(&doc->text), doc->text.len);
    }
    buf_fini(&doc->text);
    return 0;
}

/* --- Atom -------------------------------------------------------------------------------------------------- */

/* "?municipality=1292": what makes this document out of the feed's address. Codes need no escaping. */
static char *scope_query(const struct scope *scope)
{
    switch (scope->kind) {
    case SCOPE_MUNICIPALITY:
        return xasprintf("?municipality=%s", scope->code);
    case SCOPE_POLICE_AREA:
        return xasprintf("?area=%s", scope->code);
    case SCOPE_ALL:
    case SCOPE_GROUP:
        break;
    }
    return xstrdup("");
}

void feed_atom(const struct api_call *call, const struct scope *scope, const struct feed_words *words,
               const struct buf *entries, struct feed_doc *out)
{
    char *query = scope_query(scope);
    char *path = xasprintf("/feed/%s.atom%s", words->name, query);
    char *name = xasprintf("%s%s", words->name, query);
    char *id = feed_tag(call, name);
    char *self = feed_url(call, path);
    const struct atom_feed feed = {.id = id,
                                   .title = words->title,
                                   .subtitle = words->subtitle,
                                   .author = config_sender_name(call->config),
                                   .self = self,
                                   .updated_us = out->updated_us};
    atom_begin(&out->text, &feed);
    if (entries->len > 0)
        buf_add(&out->text, entries->data, entries->len);
    atom_end(&out->text);
    free(query);
    free(path);
    free(name);
    free(id);
    free(self);
}

/* --- feeds ------------------------------------------------------------------------------------------------- */

static int read_scope(struct api_call *call, struct db *db, struct scope *out)
{
    const char *municipality = api_query(call, "municipality", NULL);
    const char *area = api_query(call, "area", NULL);
    *out = (struct scope){.kind = SCOPE_ALL};
    if (municipality && area)
        return err_set(&call->err, ERR_USAGE, "municipality or area, not both");
    if (municipality) {
        out->kind = SCOPE_MUNICIPALITY;
        return area_find_municipality(db, municipality, out->code, &call->err);
    }
    if (area) {
        out->kind = SCOPE_POLICE_AREA;
        return area_find_police_area(db, area, out->code, &call->err);
    }
    return 0;
}

int feed_serve(struct api_call *call, struct db *db, const struct feed_kind *kind)
{
    struct feed_cache *cache = call->env->feeds;
    struct feed_doc doc = {.updated_us = 0};
    struct scope scope;
    char text[SCOPE_TEXT_BYTES];
    int rc = read_scope(call, db, &scope);
    if (rc)
        return rc;
    int64_t now_ms = clock_mono_ms(call->env->clock);
    const char *also = kind->also ? api_query(call, kind->also, "") : "";
    char *key = xasprintf("%s %s %s", kind->name, scope_format(&scope, text), also);
    buf_init(&doc.text, FEED_MAX_BYTES);
    if (!cache || !feed_cache_get(cache, key, now_ms, &doc)) {
        rc = kind->make(call, db, &scope, &doc);
        if (rc == 0 && cache && buf_ok(&doc.text)) {
            feed_doc_seal(&doc);
            feed_cache_put(cache, key, now_ms + kind->keep_ms, &doc);
        }
    }
    free(key);
    if (rc == 0)
        return feed_send(call, &doc, kind->content_type, kind->max_age_s, NULL);
    buf_fini(&doc.text);
    return rc;
}
