/* Writing answers: heads, whole bodies, streams, refusals; the contract is in http/request.h. */
#include "http/conn.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "http/http_date.h"
#include "http/problem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_HEAD_MAX = 16384 };

/* What every answer carries unless the handler says otherwise. */
static const struct http_pair DEFAULTS[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"}, /* links carry tokens */
};

/* What only the server may say. */
static const char *const RESERVED[] = {"content-length", "transfer-encoding", "connection", "date", "content-type"};

struct answer {
    int status;
    const char *content_type;
    const struct http_pair *extra;
    int64_t length; /* -1: not known */
    bool is_chunked;
    bool keep_alive;
    int minor;
};

const char *server_date(struct http_server *server)
{
    int64_t now_s = clock_real_us(server->clock) / US_PER_S;
    if (now_s != server->date_s) {
        http_date(now_s, server->date);
        server->date_s = now_s;
    }
    return server->date;
}

/* --- heads -------------------------------------------------------------------------------------------------------- */

static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool extra_is_fine(const struct http_pair *extra)
{
    for (; extra && extra->name; extra++) {
        if (!extra->name[0] || strpbrk(extra->name, ": \t") || !is_clean(extra->name) || !is_clean(extra->value))
            return false;
        for (size_t i = 0; i < ARRAY_LEN(RESERVED); i++)
            if (strcasecmp(extra->name, RESERVED[i]) == 0)
                return false;
    }
    return true;
}

static bool extra_has(const struct http_pair *extra, const char *name)
{
    for (; extra && extra->name; extra++)
        if (strcasecmp(extra->name, name) == 0)
            return true;
    return false;
}

static void add_pair(struct buf *out, const char *name, const char *value)
{
    buf_adds(out, name);
    buf_add(out, ": ", 2);
    buf_adds(out, value);
    buf_add(out, "\r\n", 2);
}

static void add_head(struct buf *out, struct http_server *server, const struct answer *a)
{
    buf_addf(out, "HTTP/1.1 %d %s\r\n", a->status, http_status_text(a->status));
    add_pair(out, "Date", server_date(server));
    for (size_t i = 0; i < ARRAY_LEN(DEFAULTS); i++)
        if (!extra_has(a->extra, DEFAULTS[i].name))
            add_pair(out, DEFAULTS[i].name, DEFAULTS[i].value);
    for (const struct http_pair *e = a->extra; e && e->name; e++)
        add_pair(out, e->name, e->value);
    if (a->content_type)
        add_pair(out, "Content-Type", a->content_type);
    if (a->length >= 0)
        buf_addf(out, "Content-Length: %lld\r\n", (long long)a->length);
    if (a->is_chunked)
        add_pair(out, "Transfer-Encoding", "chunked");
    if (!a->keep_alive)
        add_pair(out, "Connection", "close");
    else if (a->minor == 0)
        add_pair(out, "Connection", "keep-alive");
    buf_add(out, "\r\n", 2);
}

/* 204 and 304 have neither body nor length (RFC 9110, 8.6). */
static bool status_has_body(int status)
{
    return status != 204 && status != 304;
}

/* --- whole answers ------------------------------------------------------------------------------------------------ */

static struct exchange *exchange_of(struct http_request *req)
{
    return CONTAINER_OF(req, struct exchange, req);
}

/* The connection to answer on, or NULL when it is gone. */
static struct conn *live_conn(const struct exchange *x)
{
    return x->conn && x->conn->state != CONN_CLOSING ? x->conn : NULL;
}

/* Head and body in one buffer: one write, usually one packet. */
static void send_whole(struct conn *c, const struct answer *a, const void *body, size_t len, bool sends_body)
{
    struct buf bytes;
    buf_init(&bytes, ANSWER_HEAD_MAX + len);
    buf_reserve(&bytes, 512 + (sends_body ? len : 0));
    add_head(&bytes, c->server, a);
    if (!buf_ok(&bytes)) { /* a handler's Location of 16 kB: no half head may go out */
        log_error("http", "an answer's headers are too long status=%d", a->status);
        buf_fini(&bytes);
        conn_close(c);
        return;
    }
    if (sends_body)
        buf_add(&bytes, body, len);
    conn_enter(c, CONN_ANSWER);
    conn_write(c, &bytes);
    conn_answered(c);
}

void http_respond(struct http_request *req, int status, const char *content_type, const void *body, size_t len,
                  const struct http_pair *extra)
{
    struct exchange *x = exchange_of(req);
    assert(x->state == EXCHANGE_HANDED && status >= 200 && status <= 599);
    struct conn *c = live_conn(x);
    if (c) {
        if (!extra_is_fine(extra)) {
            log_error("http", "an answer's header is not valid request=%lld status=%d", (long long)req->id, status);
            status = 500;
            content_type = NULL;
            extra = NULL;
            len = 0;
        }
        struct answer a = {
            .status = status,
            .content_type = content_type,
            .extra = extra,
            .length = status_has_body(status) ? (int64_t)len : -1,
            .keep_alive = c->keep_alive,
            .minor = x->head.minor,
        };
        log_debug("http", "answered request=%lld method=%s path=%s status=%d", (long long)req->id,
                  http_method_name(req->method), req->path, status);
        send_whole(c, &a, body, len, len > 0 && status_has_body(status) && req->method != HTTP_METHOD_HEAD);
    }
    exchange_free(x);
}

void respond_options(struct http_request *req)
{
#define OPTION_NAME(name) ", " #name
    static const char methods[] = HTTP_METHODS(OPTION_NAME);
#undef OPTION_NAME
    const struct http_pair allow[] = {{"Allow", methods + 2}, {NULL, NULL}};
    http_respond(req, 204, NULL, NULL, 0, allow);
}

void refuse(struct conn *c, int status, const char *why)
{
    struct exchange *x = c->exchange;
    bool is_head = x && x->head.method == HTTP_METHOD_HEAD;
    c->server->stats.refused++;
    log_debug("http", "refused remote=%s status=%d reason=%s", c->remote, status, why ? why : "");
    if (x)
        exchange_free(x);
    c->keep_alive = false;
    char *text = problem_text(status, NULL, NULL, why, NULL, NULL);
    const struct http_pair retry[] = {{"Retry-After", "10"}, {NULL, NULL}};
    struct answer a = {
        .status = status,
        .content_type = PROBLEM_CONTENT_TYPE,
        .extra = status == 503 ? retry : NULL,
        .length = (int64_t)strlen(text),
        .minor = 1,
    };
    send_whole(c, &a, text, strlen(text), !is_head);
    free(text);
}

/* --- streamed answers --------------------------------------------------------------------------------------------- */

void http_respond_start(struct http_request *req, int status, const char *content_type, const struct http_pair *extra,
                        http_drain_cb drained, void *ctx)
{
    struct exchange *x = exchange_of(req);
    assert(x->state == EXCHANGE_HANDED && status >= 200 && status <= 599 && status_has_body(status));
    x->state = EXCHANGE_STREAMING;
    x->drained = drained;
    x->drained_ctx = ctx;
    x->has_no_body = req->method == HTTP_METHOD_HEAD;
    struct conn *c = live_conn(x);
    if (!c)
        return;
    x->is_chunked_answer = x->head.minor == 1;
    if (!x->is_chunked_answer) /* HTTP/1.0: the end of the connection is the end of the body */
        c->keep_alive = false;
    struct answer a = {
        .status = status,
        .content_type = content_type,
        .extra = extra,
        .length = -1,
        .is_chunked = x->is_chunked_answer,
        .keep_alive = c->keep_alive,
        .minor = x->head.minor,
    };
    struct buf bytes;
    buf_init(&bytes, ANSWER_HEAD_MAX);
    add_head(&bytes, c->server, &a);
    conn_enter(c, CONN_ANSWER);
    if (buf_ok(&bytes) && extra_is_fine(extra)) {
        conn_write(c, &bytes);
        return;
    }
    log_error("http", "a streamed answer's header is not valid request=%lld", (long long)req->id);
    buf_fini(&bytes);
    conn_close(c);
}

size_t http_respond_chunk(struct http_request *req, const void *data, size_t len)
{
    struct exchange *x = exchange_of(req);
    assert(x->state == EXCHANGE_STREAMING);
    struct conn *c = live_conn(x);
    if (!c)
        return 0;
    if (len > 0 && !x->has_no_body) { /* an empty chunk would be the last one */
        struct buf bytes;
        buf_init(&bytes, len + 32);
        buf_reserve(&bytes, len + 32);
        if (x->is_chunked_answer)
            buf_addf(&bytes, "%zx\r\n", len);
        buf_add(&bytes, data, len);
        if (x->is_chunked_answer)
            buf_add(&bytes, "\r\n", 2);
        conn_write(c, &bytes);
    }
    if (c->state == CONN_CLOSING)
        return 0;
    size_t queue = conn_queued(c);
    if (queue > (size_t)c->server->limits.stream_queue_bytes) {
        log_warn("http", "a streamed answer ran over its queue request=%lld", (long long)req->id);
        conn_close(c);
        return 0;
    }
    x->waits_for_drain = x->drained && queue > (size_t)c->server->limits.stream_mark_bytes;
    return queue;
}

void http_respond_end(struct http_request *req)
{
    struct exchange *x = exchange_of(req);
    assert(x->state == EXCHANGE_STREAMING);
    struct conn *c = live_conn(x);
    if (c && x->is_chunked_answer && !x->has_no_body) {
        struct buf bytes;
        buf_init(&bytes, 16);
        buf_adds(&bytes, "0\r\n\r\n");
        conn_write(c, &bytes);
    }
    exchange_free(x);
    if (c)
        conn_answered(c);
}

void http_respond_abort(struct http_request *req)
{
    struct exchange *x = exchange_of(req);
    assert(x->state == EXCHANGE_STREAMING);
    struct conn *c = live_conn(x);
    exchange_free(x);
    if (c)
        conn_close(c);
}
