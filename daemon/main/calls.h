/*
 * The parts of the daemon that call others over HTTP, and the client that they share: made, reconfigured and taken down
 * together, since the client outlives those who use it. Part of main, on the loop's thread.
 */
#ifndef GB_MAIN_CALLS_H
#define GB_MAIN_CALLS_H

#include <stdint.h>

struct clock;
struct config;
struct incoming;
struct main_calls;
struct store;
struct uv_loop_s;
struct webhooks;

struct main_calls_env {
    struct store *store;
    const struct clock *clock;
    /* The configuration in force. Any thread; stays valid until main_calls_free. */
    const struct config *(*config)(void *ctx);
    /* Something came in that may be due to be sent. */
    void (*on_work)(void *ctx);
    void *ctx;
};

struct main_calls *main_calls_new(struct uv_loop_s *loop, const struct main_calls_env *env);
void main_calls_configure(struct main_calls *c, const struct config *config);
/* Something may have become due. */
void main_calls_wake(struct main_calls *c);
/* Once a second. */
void main_calls_tick(struct main_calls *c);

typedef void (*main_calls_stopped_cb)(void *ctx);
/* What is in flight may finish for `deadline_ms`. `stopped` comes once, when every connection is closed. */
void main_calls_stop(struct main_calls *c, int64_t deadline_ms, main_calls_stopped_cb stopped, void *ctx);
/* Only after `stopped`. NULL is fine. */
void main_calls_free(struct main_calls *c);

/* For status and metrics, until main_calls_free. */
const struct webhooks *main_calls_webhooks(const struct main_calls *c);
const struct incoming *main_calls_incoming(const struct main_calls *c);

#endif
