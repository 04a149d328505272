/*
 * The HTTP API: every route of /api/v1 in one table, and the way from a request to its answer.
 *
 * The dispatcher (api.c) runs on the loop: it matches the route, reads the body and hands an api_call to the store.
 * On the store's thread, inside one transaction, the acting person is found (peer uid or bearer token), their
 * permission for the route checked, an Idempotency-Key looked up, and the handler run: a plain synchronous
 * function that calls core and fills `result`. Back on the loop the answer is written: only after COMMIT.
 *
 * A handler returns 0, or a negative code with words in call->err, which becomes a problem document (RFC 9457).
 * It reads the request through the accessors here and touches nothing else of the connection.
 */
#ifndef GB_HTTP_API_H
#define GB_HTTP_API_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "http/request.h"
#include "store/actor.h"

struct api;
struct api_call;
struct clock;
struct config;
struct db;
struct db_rows;
struct http_form;
struct http_match;
struct http_request;
struct http_stats;
struct outbox;
struct store;

/* The letter of `source` as one reader will see it; texts borrowed. */
struct api_preview {
    const char *source;
    const char *municipality_code, *municipality_name, *area_name, *group_name, *person_name;
};

/* What handlers may use besides the store. Filled by main; outlives every call. */
struct api_env {
    struct store *store;
    const struct clock *clock;
    /* The configuration in force; a replaced one stays valid until the process ends. Any thread. */
    const struct config *(*config)(void *ctx);
    /* Something was written that the scheduler or the outbox may wait for. Loop thread. */
    void (*changed)(void *ctx);
    /* What only the loop knows (sessions, problems, uptime), added to GET /status and /metrics. Loop thread. */
    json_t *(*status)(void *ctx);
    void (*metrics)(void *ctx, struct buf *out);
    /* The mail writer's rendering, which is in a layer beside this one. Store thread; 0, or words in `err`. */
    int (*preview)(const struct api_preview *in, struct buf *subject, struct buf *text, struct buf *html,
                   struct err *err);
    void *ctx;
};

typedef int (*api_handler)(struct api_call *call, struct db *db);

enum api_mode {
    API_READ,  /* on a read-only connection */
    API_WRITE, /* on the writer, in a transaction */
};
enum api_body {
    API_NO_BODY,
    API_JSON, /* one JSON object, at most [limits] http_body_bytes; absent counts as {} */
    API_FILE, /* raw bytes, at most [limits] import_bytes (http_body_bytes without a login): see api_body_source */
};

struct api_route {
    enum http_method method;
    const char *pattern; /* "/api/v1/group/{id}/state" */
    enum api_mode mode;
    unsigned permission; /* a PERM_ bit, or 0: anybody, also without a login (call->actor is then empty) */
    enum api_body body;
    api_handler handler;
    const char *summary; /* one English sentence; also in the OpenAPI file, which a test holds against this table */
};

struct api_call {
    const struct api_env *env;
    const struct config *config; /* as it was when the request came */
    const struct api_route *route;
    const struct http_request *req;
    const struct http_match *match; /* the pattern's parameters */
    const struct http_form *query;
    struct actor actor; /* who acts; set before the handler runs */
    json_t *body;       /* borrowed; an object for API_JSON, else NULL */

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

/* The tables of the parts; api.c joins them. Each ends with a NULL pattern. */
extern const struct api_route API_ROUTES_AREA[];
extern const struct api_route API_ROUTES_GROUP[];
extern const struct api_route API_ROUTES_REGISTER[];
extern const struct api_route API_ROUTES_CONTACT[];
extern const struct api_route API_ROUTES_SERIES[];
extern const struct api_route API_ROUTES_LETTER[];
extern const struct api_route API_ROUTES_DELIVERY[];
extern const struct api_route API_ROUTES_STAFF[];
extern const struct api_route API_ROUTES_SYSTEM[];
extern const struct api_route API_ROUTES_PAGE[]; /* what is not under /api and no login is needed for */

/* Makes the dispatcher; its functions below go into http_server_config. */
int api_new(const struct api_env *env, struct api **out, struct err *err);
void api_free(struct api *api);
int64_t api_max_body(void *api, const struct http_request *req);
void api_on_request(void *api, struct http_request *req);
/* All routes, one after the other; NULL after the last. */
const struct api_route *api_route_at(size_t i);
/* Requests that the store still works on. */
int api_pending(const struct api *api);

#endif
