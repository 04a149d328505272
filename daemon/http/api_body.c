/*
 * How large a body may be, asked when its head is in: a stranger on TCP with a made-up token can fill neither memory
 * nor disk, as nothing beyond some kilobytes is read before the store knows the token.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/config.h"
#include "core/staff.h"
#include "http/api_private.h"
#include "http/server.h"
#include "store/store.h"

enum { UNASKED_BYTES = 16384 };

struct body_ask {
    struct store_req store;
    const struct api_env *env;
    int *pending;
    struct http_request *req;
    const struct api_route *route;
    const char *bearer; /* the request's */
    struct actor actor;
};

static int64_t max_body(const struct api_env *env, const struct api_route *route)
{
    const struct config *config = env->config(env->ctx);
    if (route->body == API_NO_BODY)
        return 0;
    if (route->permission == 0)
        return UNASKED_BYTES;
    return route->body == API_FILE ? config->limits.import_bytes : config->limits.http_body_bytes;
}

static int on_ask(struct db *db, struct store_req *store)
{
    struct body_ask *ask = CONTAINER_OF(store, struct body_ask, store);
    return token_actor(db, ask->bearer, &ask->actor);
}

/* Who may not gets the answer that says so, without the body. */
static void on_asked(struct store_req *store)
{
    struct body_ask *ask = CONTAINER_OF(store, struct body_ask, store);
    bool may = store->status == 0 && actor_may(&ask->actor, (enum permission)ask->route->permission);
    (*ask->pending)--;
    http_body_answer(ask->req, may ? max_body(ask->env, ask->route) : HTTP_BODY_SKIP);
    free(ask);
}

static bool is_small(const struct http_request *req)
{
    const char *length = http_header(req, "content-length");
    return length && strtoll(length, NULL, 10) <= UNASKED_BYTES;
}

int64_t api_body_allowed(const struct api_env *env, int *pending, struct http_request *req,
                         const struct api_route *route, const char *bearer)
{
    int64_t max = max_body(env, route);
    if (req->is_unix || max <= UNASKED_BYTES || is_small(req))
        return max;
    struct body_ask *ask = xcalloc(1, sizeof *ask);
    *ask = (struct body_ask){.store = {.op = on_ask, .done = on_asked},
                             .env = env,
                             .pending = pending,
                             .req = req,
                             .route = route,
                             .bearer = bearer};
    (*pending)++;
    store_read(env->store, &ask->store);
    return HTTP_BODY_ASK;
}
