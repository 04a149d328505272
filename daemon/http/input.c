/*
 * Reading: bytes to requests to the handler. The picture is in http/conn.h.
 *
 * Invariants: (1) an exchange exists exactly from the first byte of a head to its answer; (2) input is parsed only in
 * IDLE, HEAD and BODY and never while the body is being written to its file, and `pending` is empty then; (3) so
 * on_request is never called from inside a call of the handler.
 */
#include "http/conn.h"

#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

/* --- requests ---------------------------------------------------------------------------------------------------- */

static void begin_request(struct conn *c)
{
    assert(!c->exchange);
    c->exchange = exchange_new(c);
    parse_begin(&c->parse, &c->exchange->head);
    conn_enter(c, CONN_HEAD);
}

static void dispatch(struct conn *c)
{
    struct http_server *server = c->server;
    struct exchange *x = c->exchange;
    exchange_take_body(x);
    conn_enter(c, CONN_HANDLER);
    x->state = EXCHANGE_HANDED;
    if (strcmp(x->req.path, "*") == 0) {
        respond_options(&x->req);
        return;
    }
    server->stats.requests++;
    server->on_request(server->ctx, &x->req);
}

static void send_continue(struct conn *c)
{
    struct buf bytes;
    buf_init(&bytes, 64);
    buf_adds(&bytes, "HTTP/1.1 100 Continue\r\n\r\n");
    conn_write(c, &bytes);
}

static void allow_body(struct conn *c, int64_t max)
{
    struct exchange *x = c->exchange;
    struct http_server *server = c->server;
    if (max == HTTP_BODY_SKIP) {
        c->keep_alive = false;
        dispatch(c);
        return;
    }
    if (x->head.content_length > max) {
        refuse(c, 413, "the body is larger than this address takes");
        return;
    }
    parse_allow_body(&c->parse, max);
    c->body_deadline_ms = uv_now(server->loop) + (uint64_t)server->limits.body_total_ms;
    conn_enter(c, CONN_BODY);
    if (x->head.expects_continue)
        send_continue(c);
}

static void expect_body(struct conn *c)
{
    struct http_server *server = c->server;
    int64_t max = server->max_body ? server->max_body(server->ctx, &c->exchange->req) : 0;
    if (max == HTTP_BODY_ASK) {
        c->exchange->state = EXCHANGE_ASKING;
        conn_enter(c, CONN_ASKING);
    } else {
        allow_body(c, max);
    }
}

void http_body_answer(struct http_request *req, int64_t max_body)
{
    struct exchange *x = CONTAINER_OF(req, struct exchange, req);
    struct conn *c = x->conn;
    assert(x->state == EXCHANGE_ASKING);
    x->state = EXCHANGE_ARRIVING;
    if (!c) {
        exchange_free(x);
    } else if (c->state == CONN_ASKING) { /* else it is closing, and takes the exchange along */
        allow_body(c, max_body);
        conn_resume(c);
    }
}

static void on_head(struct conn *c)
{
    struct exchange *x = c->exchange;
    exchange_take_head(x);
    c->keep_alive = x->head.keep_alive && !c->server->is_stopping;
    if (!x->req.is_unix && !server_host_is_allowed(c->server, x->head.host))
        refuse(c, 421, "this server does not answer for that host name; see [listen] in its configuration");
    else if (head_has_body(&x->head))
        expect_body(c);
}

static void on_body_flushed(struct body *body, int rc)
{
    struct exchange *x = CONTAINER_OF(body, struct exchange, body);
    struct conn *c = x->conn;
    if (c->state == CONN_CLOSING) {
        conn_handle_gone(c);
        return;
    }
    c->handles_open--;
    if (rc != 0) {
        log_warn("http", "cannot keep a request body request=%lld error=%s", (long long)x->req.id, uv_err_name(rc));
        refuse(c, rc == -ENOSPC || rc == -EDQUOT ? 507 : 500, "the body could not be kept");
    } else if (c->parse.phase == PARSE_ENDED) {
        dispatch(c);
    } else {
        conn_arm(c, c->server->limits.body_ms);
    }
    conn_resume(c);
}

/* The staged bytes go to the file; until then nothing is read and no clock runs. */
static void flush_body(struct conn *c)
{
    uv_timer_stop(&c->timer);
    c->handles_open++;
    body_flush(&c->exchange->body, c->server->loop, on_body_flushed);
}

static void on_message(struct conn *c)
{
    if (body_is_full(&c->exchange->body))
        flush_body(c);
    else
        dispatch(c);
}

/* More of the body may come: as long as it does, and as long as the whole takes not too long. */
static void on_body_progress(struct conn *c)
{
    if (body_is_full(&c->exchange->body)) {
        flush_body(c);
        return;
    }
    int64_t left = (int64_t)c->body_deadline_ms - (int64_t)uv_now(c->server->loop);
    int64_t pause = c->server->limits.body_ms;
    conn_arm(c, left > pause ? pause : left > 0 ? left : 1);
}

static bool wants_input(const struct conn *c)
{
    if (c->state == CONN_BODY)
        return !c->exchange->body.is_writing;
    return c->state == CONN_IDLE || c->state == CONN_HEAD;
}

/* Parse until the data ends or a request is in the way; returns what was used. */
static size_t feed(struct conn *c, const char *data, size_t len)
{
    size_t at = 0;
    while (wants_input(c) && (at < len || c->state == CONN_HEAD)) {
        if (c->state == CONN_IDLE)
            begin_request(c);
        size_t used = 0;
        enum parse_event event = parse_feed(&c->parse, data + at, len - at, &used);
        at += used;
        switch (event) {
        case PARSE_HEAD:
            on_head(c);
            break;
        case PARSE_DONE:
            on_message(c);
            break;
        case PARSE_BAD:
            refuse(c, c->parse.status, c->parse.why);
            break;
        case PARSE_MORE:
            if (c->state == CONN_BODY)
                on_body_progress(c);
            return at;
        }
    }
    return at;
}

void conn_resume(struct conn *c)
{
    if (wants_input(c) && c->pending.len > 0) {
        size_t used = feed(c, c->pending.data, c->pending.len);
        buf_consume(&c->pending, used < c->pending.len ? used : c->pending.len);
    }
    if (wants_input(c) && c->has_eof)
        conn_close(c);
    else
        conn_update_reading(c);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    (void)suggested;
    struct conn *c = handle->data;
    *out = uv_buf_init(c->server->read_buf, sizeof c->server->read_buf);
}

static void on_bytes(struct conn *c, const char *data, size_t len)
{
    if (c->state == CONN_LINGER) {
        c->lingered_bytes += (int64_t)len;
        if (c->lingered_bytes > c->server->limits.linger_bytes)
            conn_close(c);
        return;
    }
    size_t used = c->pending.len == 0 ? feed(c, data, len) : 0;
    if (used < len && c->state != CONN_CLOSING && c->state != CONN_LINGER)
        buf_add(&c->pending, data + used, len - used); /* fits: reading stops beyond pending_bytes */
    conn_update_reading(c);
}

/* The peer has closed at least its sending side. A Unix socket tells when it is closed wholly; TCP will at our first
 * write. */
static bool has_hung_up(struct conn *c)
{
    uv_os_fd_t fd = -1;
    if (uv_fileno(&c->u.handle, &fd) != 0)
        return true;
    struct pollfd p = {.fd = fd};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct conn *c = stream->data;
    if (n > 0) {
        on_bytes(c, b->base, (size_t)n);
    } else if (n < 0) {
        c->has_eof = true;
        c->is_reading = false;
        if (n != UV_EOF || wants_input(c) || c->state == CONN_LINGER || has_hung_up(c))
            conn_close(c);
        else
            uv_read_stop(stream);
    }
}

void conn_update_reading(struct conn *c)
{
    bool wants = wants_input(c) || c->state == CONN_LINGER ||
                 ((c->state == CONN_HANDLER || c->state == CONN_ANSWER) &&
                  c->pending.len <= (size_t)c->server->limits.pending_bytes);
    wants = wants && !c->has_eof && c->state != CONN_CLOSING;
    if (wants && !c->is_reading && uv_read_start(&c->u.stream, on_alloc, on_read) != 0) {
        conn_close(c);
        return;
    }
    if (!wants && c->is_reading && c->state != CONN_CLOSING)
        uv_read_stop(&c->u.stream);
    c->is_reading = wants;
}
