/*
 * One call of the API as its handler sees it: what was asked, what is answered, and how rows become JSON.
 *
 * Used by the handlers (api_*.c) on a store thread. A handler reads the request through the accessors here, fills the
 * answer, and touches nothing else of the connection. Errors are negative codes with words in call->err. Ownership:
 * what the accessors give belongs to the call and lives as long.
 */
#ifndef GB_HTTP_API_CALL_H
#define GB_HTTP_API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "store/actor.h"

struct api_env;
struct api_route;
struct config;
struct db;
struct db_rows;
struct http_form;
struct http_match;
struct http_request;

struct api_call {
    const struct api_env *env;
    const struct config *config; /* as it was when the request came */
    const struct api_route *route;
    const struct http_request *req;
    const struct http_match *match; /* the pattern's parameters */
    const struct http_form *query;
    const char *if_none_match; /* the header, or NULL */
    struct actor actor;        /* who acts; set before the handler runs */
    json_t *body;              /* borrowed; an object for API_JSON, else NULL */

    /* The answer. */
    int status;               /* 0: 200 */
    json_t *result;           /* or NULL; taken. On failure an object's members are added to the problem document */
    struct buf text;          /* instead of `result`: the body as it is, at most API_ANSWER_BYTES */
    const char *content_type; /* of `text`; static */
    const char *filename;     /* Content-Disposition of `text`, or NULL; static, no quotation marks in it */
    const struct http_pair *headers; /* more of them, or NULL: ended by a NULL name, at most API_HEADERS_MAX; static */
    bool is_secret;                  /* the answer holds a secret: never kept for a repeated request */
    /* Set by a handler that needs what only the loop knows (env->status, env->metrics): runs on the loop after the
     * store is done, and completes `result` or `text`. */
    void (*finish)(struct api_call *call);
    /* Set by a handler that leaves something to do: run in a store operation of its own, on the writer or on a reader,
     * after the handler's; and so on until none is set, then comes the answer. Also set when an operation failed: what
     * it wrote is undone, and it goes on all the same. */
    int (*then)(struct api_call *call, struct db *db);
    bool then_writes;
    void *work; /* what they share, or NULL; freed with work_free */
    void (*work_free)(void *work);
    int64_t retry_after_s; /* of a refusal: Retry-After (RFC 9110, 10.2.3); 0: none */
    struct err err;
    json_t *problems; /* extra member "problems" of a problem document, or NULL; taken */
};

enum {
    API_HEADERS_MAX = 4,
    API_ANSWER_BYTES = 64 * 1024 * 1024, /* one answer; beyond: 413, ask for less */
    API_PAGE_DEFAULT = 100,
    API_PAGE_MAX = 1000,
};

/* A {name} of the pattern; never NULL. */
const char *api_param(const struct api_call *call, const char *name);
/* A query parameter, or `fallback`. */
const char *api_query(const struct api_call *call, const char *name, const char *fallback);
/* For a refusal: the words of an X-macro table, "write one of" ALERT_STATE_MAP(API_WORD). */
#define API_WORD(id, word, ...) " " word
/* Refuse query parameters that are not in `known` (space-separated), naming them. */
int api_query_only(struct api_call *call, const char *known);
/* A whole number from the query; ERR_USAGE with words when it is none or outside. */
int api_query_int(struct api_call *call, const char *name, int64_t fallback, int64_t min, int64_t max, int64_t *out);
/* yes/no from the query: 1, true, yes; 0, false, no. */
int api_query_bool(struct api_call *call, const char *name, bool fallback, bool *out);
/* Members of the body. Absent: NULL, `fallback`. null is "" for a text and -1 for a number, which is how core clears a
 * field. A wrong type is ERR_USAGE with words. */
int api_body_text(struct api_call *call, const char *name, const char **out);
int api_body_int(struct api_call *call, const char *name, int64_t fallback, int64_t *out);
int api_body_bool(struct api_call *call, const char *name, bool fallback, bool *out);
/* A time (RFC 3339) as microseconds, 0 when absent. */
int api_body_time(struct api_call *call, const char *name, int64_t *out);
/* Refuse members that are not in `known` (space-separated), naming them: a typing error must not be silent. */
int api_body_only(struct api_call *call, const char *known);

/* The raw body from its beginning; `state` must outlive the source. */
struct api_body_state {
    struct byte_memory memory;
    int fd;
};
int api_body_source(struct api_call *call, struct api_body_state *state, struct byte_source *out);

/* ?after=CURSOR&limit=N: where a list goes on. Statements ask for page.limit + 1 rows after (page.key, page.id). */
struct api_page {
    int64_t limit;
    char *key; /* of the last row before this page, "" at the beginning; freed with api_page_fini */
    int64_t id;
};
int api_page_init(struct api_call *call, struct api_page *out);
void api_page_fini(struct api_page *page);
/* The rows of a started query as {"items": [...], "next": CURSOR or null} in call->result; ends the query. The id is in
 * column 0, the key in `key_column` (-1: the list is by id alone). */
int api_list(struct api_call *call, struct db_rows *rows, const char *spec, int key_column,
             const struct api_page *page);

/*
 * One row as a JSON object. `spec`: "name:type ..." in the order of the columns; types: s text, i number, b yes/no,
 * t time (RFC 3339 in the node's zone), j text that is JSON, l the lane's word, - left out, and ids by their
 * prefix: grp con ser let msg dlv usr tok. NULL becomes null. Returns a new reference.
 */
json_t *api_row(const struct db_rows *rows, const char *spec);
/* All rows of a started query as an array, which ends it (db_done). 0 and *out, or the store's error. */
int api_rows(struct db_rows *rows, const char *spec, json_t **out);
/* A time as RFC 3339 text in the node's zone; 0 or less: null. */
json_t *api_time(int64_t us);
/* An id in its outside form; 0: null. `kind` is an enum id_kind. */
json_t *api_id(int kind, int64_t id);

#endif
