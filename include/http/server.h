/*
 * The HTTP/1.1 server (RFC 9110, 9112): a thin, strict layer over libuv and llhttp.
 *
 * main makes one server, gives it its listeners and stops it. Everything runs on the loop's thread; nothing blocks it
 * (bodies that go to disk are written by libuv's pool). Handlers: http/request.h. TLS is a reverse proxy's work.
 *
 * Strict: what two programs could read differently is refused with 400 and the connection closed - bare LF or CR,
 * NUL, folded headers, blanks in or after header names, Content-Length with Transfer-Encoding or twice, chunk lines
 * that are not exactly as written in the RFC. One request per connection runs at a time; pipelined ones wait.
 *
 * Bounds: http/limits.h. Failures of clients are counted in http_stats and logged at debug level only.
 */
#ifndef GB_HTTP_SERVER_H
#define GB_HTTP_SERVER_H

#include <stdint.h>

#include "http/limits.h"
#include "http/request.h"

struct clock;
struct err;
struct http_server;
struct uv_loop_s;

enum {
    /* max_body's word for "call the handler at once, without the body, and close afterwards" (no such route, no login)
     */
    HTTP_BODY_SKIP = -1,
    /* "I have to ask": nothing of the body is read until http_body_answer, which is to come exactly once */
    HTTP_BODY_ASK = -2,
};

struct http_server_config {
    struct uv_loop_s *loop;    /* outlives the server */
    const struct clock *clock; /* for the Date header; NULL: the machine's */
    struct http_limits limits;
    const char *spool_dir;            /* for large bodies; must be writable. Copied */
    const char *const *allowed_hosts; /* "name" or "name:port", ended by NULL: other Host names on TCP get 421, against
                                       * DNS rebinding. NULL or empty: any. Copied */
    void *ctx;
    /* Once per request with a body, when its head is in: how many bytes it may have (beyond: 413, unread), or
     * HTTP_BODY_SKIP, or HTTP_BODY_ASK. Only reads the request. NULL: no request may have a body. */
    int64_t (*max_body)(void *ctx, struct http_request *req);
    /* The whole request is in; see http/request.h. */
    void (*on_request)(void *ctx, struct http_request *req);
};

struct http_stats {
    int64_t connections_open;
    int64_t connections_total;
    int64_t connections_refused; /* over the limit */
    int64_t requests;            /* handed to on_request */
    int64_t refused;             /* answered 4xx or 5xx by the server itself */
    int64_t timeouts;            /* heads, bodies and answers that got stuck */
};

/* 0, or ERR_CONFIG with the reason (spool_dir). Sets SIGPIPE to ignored, which libuv's writes need. */
int http_server_new(const struct http_server_config *config, struct http_server **out, struct err *err);
/* Only when no listen function was called yet, or once `stopped` was called. NULL is fine. */
void http_server_free(struct http_server *server);

/* Listen on a Unix socket, mode 0660. A socket file that nobody answers on is replaced; ERR_EXISTS when somebody does,
 * ERR_IO for everything else. The file is removed at stop. */
int http_server_listen_unix(struct http_server *server, const char *path, struct err *err);
/* `address` is "127.0.0.1:8080", "[::1]:8080", "name:8080" or ":8080" (all); port 0 picks one. Resolving a name blocks,
 * so call it at start only. The chosen port goes to *port unless NULL. ERR_CONFIG, ERR_IO. */
int http_server_listen_tcp(struct http_server *server, const char *address, int *port, struct err *err);
/* Take over an open listening (or bound) stream socket from the service manager; owns fd in all cases. ERR_CONFIG,
 * ERR_IO. */
int http_server_listen_fd(struct http_server *server, int fd, struct err *err);

typedef void (*http_stopped_cb)(void *ctx);
/* Stop listening, close idle connections, give running requests `deadline_ms` to be answered, then cut them off.
 * `stopped` comes once, from the loop, when every handle is closed; it may free the server. Call once. */
void http_server_stop(struct http_server *server, int64_t deadline_ms, http_stopped_cb stopped, void *ctx);

/* What max_body had to ask for: bytes, or HTTP_BODY_SKIP. The request may be gone afterwards: nobody touches it but in
 * on_request. Fine when the client has left meanwhile. */
void http_body_answer(struct http_request *req, int64_t max_body);

struct http_stats http_server_stats(const struct http_server *server);

#endif
