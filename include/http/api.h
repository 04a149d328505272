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

#include "http/api_call.h"
#include "http/request.h"
#include "store/actor.h"

struct api;
struct clock;
struct config;
struct db;
struct feed_cache;
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
    /* Will this URL do for a webhook? The layer that calls receivers is beside this one. Store thread; 0, or words in
     * `err`. NULL: any will. */
    int (*check_url)(const char *url, const struct config *config, struct err *err);
    /* Stop in order and start again in the same process: a staged restore takes the store's place. Loop thread. */
    void (*restart)(void *ctx);
    /* Documents that were just made (http/feed.h); set by api_new, NULL: each is made when it is asked for. */
    struct feed_cache *feeds;
    void *ctx;
};

typedef int (*api_handler)(struct api_call *call, struct db *db);

enum api_mode {
    API_READ,  /* on a read-only connection */
    API_WRITE, /* on the writer, in a transaction */
    /* On a reader, one such request at a time; call->then goes on on the writer. For what takes seconds to find out and
     * little time to write. */
    API_READ_THEN_WRITE,
    /* The same for alerts, which wait for each other and never for an import. */
    API_PLAN_THEN_WRITE,
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

/* The tables of the parts; api.c joins them. Each ends with a NULL pattern. */
extern const struct api_route API_ROUTES_AREA[];
extern const struct api_route API_ROUTES_GROUP[];
extern const struct api_route API_ROUTES_REGISTER[];
extern const struct api_route API_ROUTES_CONTACT[];
extern const struct api_route API_ROUTES_SERIES[];
extern const struct api_route API_ROUTES_MEETING[];
extern const struct api_route API_ROUTES_LETTER[];
extern const struct api_route API_ROUTES_ALERT[];
extern const struct api_route API_ROUTES_DELIVERY[];
extern const struct api_route API_ROUTES_WEBHOOK[];
extern const struct api_route API_ROUTES_STAFF[];
extern const struct api_route API_ROUTES_SYSTEM[];
extern const struct api_route API_ROUTES_STORE[];
extern const struct api_route API_ROUTES_INCOMING[];
extern const struct api_route API_ROUTES_FEED[]; /* what anybody may read: /feed */
extern const struct api_route API_ROUTES_PAGE[]; /* what is not under /api and no login is needed for */

/* Makes the dispatcher; its functions below go into http_server_config. */
int api_new(const struct api_env *env, struct api **out, struct err *err);
void api_free(struct api *api);
int64_t api_max_body(void *api, struct http_request *req);
void api_on_request(void *api, struct http_request *req);
/* Once, when the store is ready: undoes an import that ended with the process before; imports wait for it. */
void api_start(struct api *api);
/* All routes, one after the other; NULL after the last. */
const struct api_route *api_route_at(size_t i);
/* Requests that the store still works on. */
int api_pending(const struct api *api);
/* For /metrics: how long requests took, from their last byte to the answer, by class (page, read, write, file). */
void api_metrics(const struct api *api, struct buf *out);

#endif
