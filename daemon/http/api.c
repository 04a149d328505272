/*
 * The dispatcher, on the loop: from a request to a call of the store and from its end to the answer.
 *
 * Invariants: every request that on_request gets is answered exactly once; what a write answers is committed before the
 * answer leaves; a struct exchange lives from on_request to its answer.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/prometheus.h"
#include "core/config.h"
#include "core/register_import.h"
#include "http/api_private.h"
#include "http/feed.h"
#include "http/problem.h"
#include "http/router.h"
#include "http/server.h"
#include "store/store.h"

/* What a request's time is counted under: a large file is not to be judged as a small read. */
enum { CLASS_PAGE, CLASS_READ, CLASS_WRITE, CLASS_FILE, CLASS_COUNT };
static const char *const CLASSES[] = {"page", "read", "write", "file"};
static const int64_t BOUNDS[] = HISTOGRAM_FAST;

/* Requests that are worked on one by one. */
enum { LINE_IMPORT, LINE_PLAN, LINE_COUNT };

struct api {
    struct api_env env;
    struct http_route *routes;
    struct http_router *router;
    int pending;
    struct store_req undo; /* of an import that the process before left behind */
    bool is_undoing;
    /* Requests of API_READ_THEN_WRITE and of API_PLAN_THEN_WRITE in the order they came; the first is worked on. */
    struct ask *lines[LINE_COUNT];
    struct histogram times[CLASS_COUNT];
};

/* One request on its way. */
struct ask {
    struct api *api;
    struct http_request *req; /* until it is answered */
    struct store_req store;
    int64_t started_us; /* by the stopwatch */
    struct http_match match;
    struct api_credentials credentials;
    const char *key; /* Idempotency-Key, or NULL */
    bool is_replay;
    int op_rc;          /* what the operation gave; a failure after that is the store's */
    bool is_writing;    /* now, on the writer */
    struct ask *behind; /* the next in the line */
    struct api_call call;
};

static const struct api_route *const TABLES[] = {
    API_ROUTES_AREA,   API_ROUTES_GROUP, API_ROUTES_REGISTER, API_ROUTES_CONTACT, API_ROUTES_SERIES, API_ROUTES_MEETING,
    API_ROUTES_LETTER, API_ROUTES_ALERT, API_ROUTES_DELIVERY, API_ROUTES_WEBHOOK, API_ROUTES_STAFF,  API_ROUTES_SYSTEM,
    API_ROUTES_STORE,  API_ROUTES_FEED,  API_ROUTES_INCOMING, API_ROUTES_PAGE};

const struct api_route *api_route_at(size_t i)
{
    for (size_t t = 0; t < ARRAY_LEN(TABLES); t++)
        for (const struct api_route *r = TABLES[t]; r->pattern; r++)
            if (i-- == 0)
                return r;
    return NULL;
}

int api_new(const struct api_env *env, struct api **out, struct err *err)
{
    struct api *api = xcalloc(1, sizeof *api);
    const struct api_route *r = NULL;
    size_t count = 0;
    api->env = *env;
    api->env.feeds = feed_cache_new();
    for (int i = 0; i < CLASS_COUNT; i++)
        histogram_init(&api->times[i], BOUNDS, ARRAY_LEN(BOUNDS));
    while (api_route_at(count))
        count++;
    api->routes = xcalloc(count + 1, sizeof *api->routes);
    for (size_t i = 0; (r = api_route_at(i)) != NULL; i++)
        api->routes[i] = (struct http_route){.method = r->method, .pattern = r->pattern, .data = r};
    int rc = http_router_new(api->routes, count, &api->router, err);
    if (rc) {
        api_free(api);
        return rc;
    }
    *out = api;
    return 0;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    assert(api->pending == 0);
    feed_cache_free(api->env.feeds);
    http_router_free(api->router);
    free(api->routes);
    free(api);
}

int api_pending(const struct api *api)
{
    return api->pending;
}

static int class_of(const struct api_route *route)
{
    if (route->permission == 0)
        return CLASS_PAGE;
    return route->body == API_FILE ? CLASS_FILE : route->mode == API_READ ? CLASS_READ : CLASS_WRITE;
}

void api_metrics(const struct api *api, struct buf *out)
{
    static const char NAME[] = "grannbud_http_request_seconds";
    prometheus_head(out, NAME, "histogram", "From a request's last byte to its answer.");
    for (int i = 0; i < CLASS_COUNT; i++) {
        char labels[32];
        snprintf(labels, sizeof labels, "class=\"%s\"", CLASSES[i]);
        histogram_text(&api->times[i], out, NAME, labels);
    }
}

/* --- the request ----------------------------------------------------------------------------------------------- */

/* The token after "Bearer " (RFC 6750, 2.1), or NULL. */
static const char *bearer(const struct http_request *req)
{
    const char *value = http_header(req, "authorization");
    if (!value || strncasecmp(value, "bearer ", 7) != 0)
        return NULL;
    value += 7;
    return value + strspn(value, " ");
}

/* Without any login nothing needs to be read or looked up. */
static bool lacks_login(const struct api_route *route, const struct http_request *req)
{
    return route->permission != 0 && !req->is_unix && !bearer(req);
}

int64_t api_max_body(void *ctx, struct http_request *req)
{
    struct api *api = ctx;
    struct http_match match;
    if (http_router_find(api->router, req->method, req->path, &match) != HTTP_ROUTE_FOUND)
        return HTTP_BODY_SKIP;
    const struct api_route *route = match.route->data;
    if (lacks_login(route, req))
        return HTTP_BODY_SKIP;
    return api_body_allowed(&api->env, &api->pending, req, route, bearer(req));
}

/* application/json, with or without parameters? */
static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    return content_type && strncasecmp(content_type, json, n) == 0 &&
           (!content_type[n] || strchr("; \t", content_type[n]));
}

static void refuse_login(struct http_request *req, const char *detail)
{
    static const struct http_pair headers[] = {{"WWW-Authenticate", "Bearer realm=\"grannbud\""}, {NULL, NULL}};
    char type[PROBLEM_TYPE_BYTES];
    char *text =
        problem_text(401, problem_type(ERR_UNAUTHORIZED, type), err_text(ERR_UNAUTHORIZED), detail, NULL, NULL);
    http_respond(req, 401, PROBLEM_CONTENT_TYPE, text, strlen(text), headers);
    free(text);
}

static int on_store(struct db *db, struct store_req *store)
{
    struct ask *ask = CONTAINER_OF(store, struct ask, store);
    struct api_call *call = &ask->call;
    int rc = 0;
    if (call->then) {
        rc = api_execute_then(call, db, ask->key, &ask->is_replay);
    } else {
        if (call->route->permission)
            rc = api_authenticate(db, &ask->credentials, &call->actor, &call->err);
        rc = rc ? rc : api_execute(call, db, ask->key, &ask->is_replay);
    }
    ask->op_rc = rc;
    return rc;
}

static bool has_ended_well(const struct ask *ask)
{
    return ask->op_rc == 0 || ask->op_rc == ERR_DRYRUN;
}

/* --- the answer ------------------------------------------------------------------------------------------------ */

/* Counts and other members that a failed call leaves, and its list of problems. What a COMMIT has not made durable is
 * not told of: no id of a thing that is not there. */
static void answer_problem(struct ask *ask, int rc)
{
    struct api_call *call = &ask->call;
    bool is_told = json_is_object(call->result) && !has_ended_well(ask) && err_http_status(rc) < 500;
    json_t *extra = is_told ? json_incref(call->result) : json_object();
    if (rc == ERR_UNAUTHORIZED) {
        json_decref(extra);
        refuse_login(ask->req, err_or(&call->err, rc));
        return;
    }
    if (call->problems && !has_ended_well(ask))
        json_object_set(extra, "problems", call->problems);
    struct http_pair headers[2] = {{NULL, NULL}};
    char seconds[24];
    if (call->retry_after_s > 0 && !has_ended_well(ask)) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)call->retry_after_s);
        headers[0] = (struct http_pair){"Retry-After", seconds};
    }
    problem_respond_with(ask->req, rc, &call->err, extra, headers);
    json_decref(extra);
}

static void answer(struct ask *ask)
{
    struct api_call *call = &ask->call;
    char disposition[128];
    struct http_pair headers[API_HEADERS_MAX + 3] = {{NULL, NULL}};
    int n = 0;
    for (const struct http_pair *more = call->headers; more && more->name; more++) {
        assert(n < API_HEADERS_MAX);
        headers[n++] = *more;
    }
    if (ask->is_replay)
        headers[n++] = (struct http_pair){"Idempotent-Replay", "true"};
    if (call->filename) {
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", call->filename);
        headers[n++] = (struct http_pair){"Content-Disposition", disposition};
    }
    bool has_body = call->text.len > 0;
    int status = call->status ? call->status : has_body ? 200 : 204;
    http_respond(ask->req, status, has_body ? call->content_type : NULL, has_body ? call->text.data : NULL,
                 call->text.len, headers);
}

static void run(struct ask *ask, bool is_writing)
{
    ask->is_writing = is_writing;
    if (is_writing)
        store_write(ask->api->env.store, &ask->store);
    else
        store_read(ask->api->env.store, &ask->store);
}

static void end(struct ask *ask)
{
    api_call_fini(&ask->call);
    ask->api->pending--;
    free(ask);
}

/* The line that a request stands in, or NULL. */
static struct ask **line_of(struct api *api, const struct api_route *route)
{
    if (route->mode == API_READ_THEN_WRITE)
        return &api->lines[LINE_IMPORT];
    return route->mode == API_PLAN_THEN_WRITE ? &api->lines[LINE_PLAN] : NULL;
}

/* The next of the line; who has left in the meantime, or is cut off by our stopping, is not begun with. */
static void advance_line(struct ask **line)
{
    struct ask *ask = *line;
    while (ask && http_request_is_gone(ask->req)) {
        *line = ask->behind;
        answer_problem(ask, ERR_CANCELED);
        end(ask);
        ask = *line;
    }
    if (ask)
        run(ask, false);
}

static void stand_in_line(struct ask *ask, struct ask **line)
{
    struct ask **last = line;
    while (*last)
        last = &(*last)->behind;
    *last = ask;
    bool must_wait = ask->api->is_undoing && line == &ask->api->lines[LINE_IMPORT];
    if (*line == ask && !must_wait)
        run(ask, false);
}

/* --- at the start ------------------------------------------------------------------------------------------------ */

static int on_undo(struct db *db, struct store_req *req)
{
    struct api *api = CONTAINER_OF(req, struct api, undo);
    bool is_done = false;
    int rc = register_import_undo(db, &is_done);
    api->is_undoing = !is_done;
    return rc;
}

static void on_undone(struct store_req *req)
{
    struct api *api = CONTAINER_OF(req, struct api, undo);
    if (req->status)
        log_error("http", "an import that was cut off cannot be undone, the next one tries again error=%s",
                  err_name(req->status));
    else if (api->is_undoing) {
        store_write(api->env.store, &api->undo);
        return;
    }
    api->is_undoing = false;
    api->pending--;
    advance_line(&api->lines[LINE_IMPORT]);
}

void api_start(struct api *api)
{
    api->undo = (struct store_req){.op = on_undo, .done = on_undone};
    api->is_undoing = true;
    api->pending++;
    store_write(api->env.store, &api->undo);
}

/* --- from the store ---------------------------------------------------------------------------------------------- */

static void on_done(struct store_req *store)
{
    struct ask *ask = CONTAINER_OF(store, struct ask, store);
    struct api_call *call = &ask->call;
    struct api *api = ask->api;
    int rc = store->status;
    if (call->then && rc == ask->op_rc) {
        run(ask, call->then_writes);
        return;
    }
    bool is_change = rc == 0 && ask->is_writing && !ask->is_replay;
    struct ask **line = line_of(api, call->route);
    assert(api);
    if (line) {
        assert(*line == ask);
        *line = ask->behind;
    }
    if (rc == ERR_DRYRUN)
        rc = 0;
    if (rc == 0 && call->finish && !ask->is_replay) {
        call->finish(call);
        rc = call->result ? api_render(call) : 0;
    }
    if (rc == 0)
        answer(ask);
    else
        answer_problem(ask, rc);
    histogram_add(&api->times[class_of(call->route)], clock_stopwatch_us() - ask->started_us);
    end(ask);
    if (line)
        advance_line(line);
    if (is_change && api->env.changed)
        api->env.changed(api->env.ctx);
}

static void submit(struct api *api, struct http_request *req, const struct http_match *match)
{
    struct ask *ask = xcalloc(1, sizeof *ask);
    const struct api_route *route = match->route->data;
    ask->api = api;
    ask->req = req;
    ask->started_us = clock_stopwatch_us();
    ask->match = *match;
    ask->credentials = (struct api_credentials){
        .is_unix = req->is_unix, .uid = req->peer_uid, .as = http_header(req, "x-grannbud-as"), .bearer = bearer(req)};
    if (route->mode != API_READ && route->method == HTTP_METHOD_POST && route->permission)
        ask->key = http_header(req, "idempotency-key");
    ask->store = (struct store_req){.op = on_store, .done = on_done};
    ask->call = (struct api_call){.env = &api->env,
                                  .config = api->env.config(api->env.ctx),
                                  .route = route,
                                  .req = req,
                                  .match = &ask->match,
                                  .query = http_query_form(req),
                                  .if_none_match = http_header(req, "if-none-match")};
    api_call_init(&ask->call);
    int rc = ask->key ? api_key_check(ask->key, &ask->call.err) : 0;
    if (rc) {
        answer_problem(ask, rc);
        free(ask);
        return;
    }
    api->pending++;
    struct ask **line = line_of(api, route);
    if (line)
        stand_in_line(ask, line);
    else
        run(ask, route->mode == API_WRITE);
}

void api_on_request(void *ctx, struct http_request *req)
{
    struct api *api = ctx;
    struct http_match match;
    struct http_pair allow[2] = {{"Allow", match.allow}, {NULL, NULL}};
    switch (http_router_find(api->router, req->method, req->path, &match)) {
    case HTTP_ROUTE_NO_PATH:
        problem_respond_status(req, 404, "there is nothing at this address: see the list of routes in the manual",
                               NULL);
        return;
    case HTTP_ROUTE_NO_METHOD:
        problem_respond_status(req, 405, "this address does not take that method", allow);
        return;
    case HTTP_ROUTE_FOUND:
        break;
    }
    const struct api_route *route = match.route->data;
    if (lacks_login(route, req)) {
        refuse_login(req, "send a token: Authorization: Bearer gbt_...");
        return;
    }
    if (route->body == API_JSON && req->body_len > 0 && !is_json(http_header(req, "content-type"))) {
        problem_respond_status(req, 415, "send JSON with Content-Type: application/json", NULL);
        return;
    }
    submit(api, req, &match);
}
