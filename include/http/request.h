/*
 * One HTTP request and its answer, as handlers see them.
 *
 * The server hands a whole, checked request to `on_request` (http/server.h) on the loop thread. The handler keeps the
 * pointer and answers exactly once, now or later, always on the loop thread: either http_respond(), or
 * http_respond_start(), any number of http_respond_chunk(), and http_respond_end() or http_respond_abort(). With the
 * answer the request is gone: nobody may touch it or its strings afterwards.
 *
 * The client may leave, and the server may stop, in the meantime: answering stays legal and harmless, and is still the
 * handler's duty, since the answer frees the request.
 *
 * What it never does: authentication, content negotiation, compression, TLS.
 */
#ifndef GB_HTTP_REQUEST_H
#define GB_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/form.h"

/* The methods we know; others get 501. */
#define HTTP_METHODS(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE) X(OPTIONS)

enum http_method {
#define HTTP_METHOD_ENUM(name) HTTP_METHOD_##name,
    HTTP_METHODS(HTTP_METHOD_ENUM)
#undef HTTP_METHOD_ENUM
};

struct http_request {
    int64_t id; /* counts up from 1 in each server; for the log */
    enum http_method method;
    const char *path;  /* decoded UTF-8, starts with '/'; no control character, backslash, "//", "." or ".." segment */
    const char *query; /* raw, without '?'; "" when none */
    const char *host;  /* lower case, with its port if sent; "" when none */
    const void *body;  /* body_len bytes and a NUL; NULL when spooled */
    int64_t body_len;
    int body_fd;        /* the spool file, to be read with pread() from 0, or -1; closed with the request */
    bool is_unix;       /* came over the Unix socket: then peer_uid is the kernel's word */
    uint32_t peer_uid;  /* UINT32_MAX on TCP */
    const char *remote; /* "127.0.0.1:4711", "[::1]:4711" or "unix" */
    void *user;         /* the handler's own; the server never looks */
};

const char *http_method_name(enum http_method method);
/* The first decoded value of a query parameter, or NULL. */
const char *http_query(const struct http_request *req, const char *name);
/* All parameters, for handlers that refuse unknown ones. */
const struct http_form *http_query_form(const struct http_request *req);
/* The first value of a header, its name in any case, or NULL. Of Authorization, Content-Type, Cookie, Origin and
 * the other fields that may stand only once there is never a second. */
const char *http_header(const struct http_request *req, const char *name);
/* A cookie's value copied into out[size]; false when it is missing or does not fit (RFC 6265, 5.4). */
bool http_cookie(const struct http_request *req, const char *name, char *out, size_t size);
/* Has the connection been lost? A client that only closed its sending side still gets its answer. */
bool http_request_is_gone(const struct http_request *req);

/*
 * Answer and end the request. `status` 200..599; `content_type` may be NULL when there is no body; `body` (NULL when
 * `len` is 0) is copied. `extra`, ended by a NULL name, or NULL: more headers, none with a NULL value; Cache-Control,
 * Content-Security-Policy and Referrer-Policy given here replace the defaults (no-store; default-src 'none';
 * no-referrer). A header with a control character in it is a bug of the caller: the answer becomes an empty 500 and the
 * log says so.
 */
void http_respond(struct http_request *req, int status, const char *content_type, const void *body, size_t len,
                  const struct http_pair *extra);

/* Room again in a streamed answer's queue, or the client is gone (ask http_request_is_gone). Called from the loop. */
typedef void (*http_drain_cb)(struct http_request *req, void *ctx);

/* Begin an answer of unknown length; `drained` may be NULL. */
void http_respond_start(struct http_request *req, int status, const char *content_type, const struct http_pair *extra,
                        http_drain_cb drained, void *ctx);
/* Send `len` more bytes (copied). Returns the bytes that wait to be sent: above limits.stream_mark_bytes wait for
 * `drained` before the next. Beyond limits.stream_queue_bytes the client is cut off. 0 when it is gone. */
size_t http_respond_chunk(struct http_request *req, const void *data, size_t len);
/* The answer is whole; the request is gone. */
void http_respond_end(struct http_request *req);
/* The answer cannot be completed: cut the connection so that the client sees it; the request is gone. */
void http_respond_abort(struct http_request *req);

#endif
