/* Those who call others over HTTP; the contract is in main/calls.h. */
#include "main/calls.h"

#include <stdlib.h>

#include "base/mem.h"
#include "deliver/webhooks.h"
#include "inbound/incoming.h"
#include "net/http_call.h"

struct main_calls {
    struct http_client *http;
    struct webhooks *webhooks;
    struct incoming *incoming;
    main_calls_stopped_cb stopped;
    void *stopped_ctx;
};

struct main_calls *main_calls_new(struct uv_loop_s *loop, const struct main_calls_env *env)
{
    struct main_calls *c = xcalloc(1, sizeof *c);
    c->http = http_client_new(loop);
    struct webhooks_env webhooks = {.loop = loop, .http = c->http, .store = env->store, .clock = env->clock};
    c->webhooks = webhooks_new(&webhooks, env->config(env->ctx));
    struct incoming_env incoming = {.store = env->store,
                                    .clock = env->clock,
                                    .http = c->http,
                                    .config = env->config,
                                    .on_work = env->on_work,
                                    .ctx = env->ctx};
    c->incoming = incoming_new(&incoming);
    return c;
}

void main_calls_configure(struct main_calls *c, const struct config *config)
{
    webhooks_configure(c->webhooks, config);
}

void main_calls_wake(struct main_calls *c)
{
    webhooks_wake(c->webhooks);
}

void main_calls_tick(struct main_calls *c)
{
    incoming_tick(c->incoming);
}

static void on_http_stopped(void *ctx)
{
    struct main_calls *c = ctx;
    c->http = NULL;
    c->stopped(c->stopped_ctx);
}

static void on_webhooks_stopped(void *ctx)
{
    struct main_calls *c = ctx;
    http_client_stop(c->http, on_http_stopped, c);
}

void main_calls_stop(struct main_calls *c, int64_t deadline_ms, main_calls_stopped_cb stopped, void *ctx)
{
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    incoming_stop(c->incoming); /* what it has at the store main waits for */
    webhooks_stop(c->webhooks, deadline_ms, on_webhooks_stopped, c);
}

void main_calls_free(struct main_calls *c)
{
    if (!c)
        return;
    incoming_free(c->incoming);
    webhooks_free(c->webhooks);
    free(c);
}

const struct webhooks *main_calls_webhooks(const struct main_calls *c)
{
    return c->webhooks;
}

const struct incoming *main_calls_incoming(const struct main_calls *c)
{
    return c->incoming;
}
