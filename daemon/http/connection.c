/*
 * The states of a connection, their clocks, and closing. The picture is in http/conn.h; reading is in input.c, writing
 * in output.c.
 *
 * Invariant: after uv_close nothing but close callbacks and the end of a spool write touches the connection.
 */
#include "http/conn.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

static void on_timer(uv_timer_t *timer);

/* --- states ------------------------------------------------------------------------------------------------------ */

static int64_t state_timeout_ms(const struct http_limits *l, enum conn_state state)
{
    switch (state) {
#define CONN_TIMEOUT(name, timeout, next) \
    case CONN_##name:                     \
        return timeout;
        CONN_STATES(CONN_TIMEOUT)
#undef CONN_TIMEOUT
    }
    return 0;
}

static unsigned state_successors(enum conn_state state)
{
#define TO(name) (1u << CONN_##name)
    switch (state) {
#define CONN_NEXT(name, timeout, next) \
    case CONN_##name:                  \
        return next;
        CONN_STATES(CONN_NEXT)
#undef CONN_NEXT
    }
#undef TO
    return 0;
}

void conn_arm(struct conn *c, int64_t ms)
{
    if (ms > 0)
        uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
    else
        uv_timer_stop(&c->timer);
}

void conn_arm_now(struct conn *c)
{
    uv_timer_start(&c->timer, on_timer, 0, 0);
}

void conn_enter(struct conn *c, enum conn_state state)
{
    assert(state_successors(c->state) & (1u << state));
    c->state = state;
    conn_arm(c, state_timeout_ms(&c->server->limits, state));
}

/* --- closing ----------------------------------------------------------------------------------------------------- */

static void conn_free(struct conn *c)
{
    struct http_server *server = c->server;
    struct exchange *x = c->exchange;
    *(c->prev ? &c->prev->next : &server->conns) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    server->stats.connections_open--;
    if (c->is_refusal)
        c->listener->refusals--;
    else
        c->listener->connections--;
    if (x && x->state == EXCHANGE_ARRIVING) {
        exchange_free(x);
        x = NULL;
    } else if (x) { /* the handler has it, and will still answer */
        server->spool_bytes -= x->spooled;
        x->spooled = 0;
        x->conn = NULL;
    }
    buf_fini(&c->pending);
    free(c);
    if (x && x->state == EXCHANGE_STREAMING && x->drained)
        x->drained(&x->req, x->drained_ctx);
    server_check_stopped(server);
}

void conn_handle_gone(struct conn *c)
{
    assert(c->handles_open > 0);
    if (--c->handles_open == 0)
        conn_free(c);
}

static void on_handle_closed(uv_handle_t *handle)
{
    conn_handle_gone(handle->data);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_CLOSING)
        return;
    conn_enter(c, CONN_CLOSING);
    uv_close(&c->u.handle, on_handle_closed);
    uv_close((uv_handle_t *)&c->timer, on_handle_closed);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    struct conn *c = CONTAINER_OF(req, struct conn, shutdown);
    if (status < 0)
        conn_close(c);
}

/* Closing with unread input would make the kernel send RST, which may destroy the answer on its way (RFC 9112, 9.6). */
void conn_linger(struct conn *c)
{
    conn_enter(c, CONN_LINGER);
    buf_fini(&c->pending);
    if (c->has_eof || uv_shutdown(&c->shutdown, &c->u.stream, on_shutdown) != 0) {
        conn_close(c);
        return;
    }
    conn_update_reading(c);
}

void conn_wind_down(struct conn *c)
{
    if (c->state == CONN_IDLE || c->state == CONN_HEAD || c->state == CONN_BODY)
        conn_close(c);
    else
        c->keep_alive = false;
}

/* --- clocks ------------------------------------------------------------------------------------------------------ */

/* Slow is allowed, stuck is not: the kernel must have taken something since we last looked. */
static void on_write_clock(struct conn *c)
{
    uint64_t taken = c->given_bytes - conn_queued(c);
    if (conn_queued(c) > 0 && taken == c->taken_seen) {
        c->server->stats.timeouts++;
        conn_close(c);
        return;
    }
    c->taken_seen = taken;
    conn_arm(c, c->server->limits.write_ms);
}

static void on_timer(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    switch (c->state) {
    case CONN_IDLE:
    case CONN_LINGER: /* nobody is wronged by these two */
        conn_close(c);
        break;
    case CONN_HEAD:
    case CONN_BODY:
        c->server->stats.timeouts++;
        refuse(c, 408, "the request did not arrive in time");
        break;
    case CONN_ANSWER:
        if (c->is_answered && c->writes == 0)
            conn_finish_answer(c);
        else
            on_write_clock(c);
        break;
    case CONN_ASKING:
    case CONN_HANDLER:
    case CONN_CLOSING:
        break;
    }
}

void conn_start(struct conn *c)
{
    conn_arm(c, c->server->limits.head_ms); /* shorter than IDLE's: it has come to say something */
    conn_update_reading(c);
}
