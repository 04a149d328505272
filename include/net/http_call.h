/*
 * One outbound HTTP request at a time, many at once: webhooks, and what is fetched from others.
 *
 * Callers: deliver/webhooks.c, inbound/. A call goes to exactly the URL it is given: no redirect is followed, no proxy,
 * netrc, cookie, HSTS or Alt-Svc has a say, nothing is unpacked, and nothing but http and https is spoken. Connections
 * are kept and reused, HTTP/2 is used over TLS where the other side offers it.
 *
 * With `allow_private` off the address is judged when the socket opens (net/address_guard.h). Calls with and without
 * it have a pool of connections each, so a connection is never reused under a stricter rule than it was opened under.
 *
 * An answer is bounded: HTTP_HEAD_BYTES_MAX of heads, `max_body_bytes` of body; the rest is dropped and told. Nothing
 * takes longer than `timeout_ms`. The caller bounds the number of its calls; idle connections are at most
 * HTTP_IDLE_CONNECTIONS_MAX per pool.
 *
 * Threads: the loop's only. `done` comes once per call, from the loop, never from inside http_call_start. Never
 * retries, but for libcurl's own second try where a kept connection turns out to be closed before any of the answer.
 */
#ifndef GB_NET_HTTP_CALL_H
#define GB_NET_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct http_call;
struct http_client;
struct uv_loop_s;

enum {
    HTTP_HEAD_BYTES_MAX = 64 * 1024,   /* of all heads of an answer, interim ones (1xx) included */
    HTTP_DRAIN_BYTES_MAX = 256 * 1024, /* of body read beyond max_body_bytes so that the connection can be kept */
    HTTP_IDLE_CONNECTIONS_MAX = 256,
    HTTP_FIELD_BYTES = 256, /* of a header field that is kept: longer ones are left out */
    HTTP_ERROR_BYTES = 300,
};

/* What came of a call. word, text for people */
#define HTTP_FAULT_MAP(X)                                                     \
    X(NONE, "none", "answered")                                               \
    X(FORBIDDEN, "forbidden", "the address is not public")                    \
    X(RESOLVE, "resolve", "the name cannot be resolved")                      \
    X(CONNECT, "connect", "no connection")                                    \
    X(TLS, "tls", "no secure connection")                                     \
    X(TIMEOUT, "timeout", "no answer in time")                                \
    X(CLOSED, "closed", "the connection was closed before the answer's head") \
    X(PROTOCOL, "protocol", "the answer is not HTTP")                         \
    X(LOCAL, "local", "this machine could not make the call")

enum http_fault {
#define HTTP_FAULT_ENUM(id, word, text) HTTP_FAULT_##id,
    HTTP_FAULT_MAP(HTTP_FAULT_ENUM)
#undef HTTP_FAULT_ENUM
};
const char *http_fault_word(enum http_fault fault);

struct http_header {
    const char *name, *value; /* no control characters */
};

struct http_request {
    const char *method;                /* "GET", "POST", ... */
    const char *url;                   /* goes through http_url_normalize */
    const struct http_header *headers; /* Content-Length is made here, User-Agent unless it is among them */
    size_t header_count;
    const void *body; /* borrowed until `done` or cancelled; NULL: none */
    size_t body_bytes;
    const char *user, *password; /* Basic; NULL: no login */
    int64_t connect_timeout_ms;  /* names, TCP and TLS */
    int64_t timeout_ms;          /* everything */
    size_t max_body_bytes;       /* of the answer's body that are kept; > 0 */
    size_t max_head_bytes;       /* of the answer's header lines that are kept; 0: none */
    const char *ca_file;         /* PEM; NULL or "": the system's */
    bool allow_private, allow_http;
};

/* Valid during `done`. */
struct http_answer {
    enum http_fault fault; /* NONE: a whole head came, and status is set */
    int status;            /* 200 to 999, or 0 */
    bool is_cut;           /* the body is not whole: too long, too slow, or broken off */
    int64_t retry_after_s; /* -1: none, or not readable; at most HTTP_RETRY_AFTER_S_MAX */
    const char *error;     /* one line for a person: the fault, or why the body is cut; else "" */
    const char *etag, *last_modified, *content_type; /* "" when there is none */
    const char *head; /* the first whole header lines, as they came (NUL, CR and all), or NULL */
    size_t head_bytes;
    bool is_head_cut; /* there were more */
    const char *body; /* never NULL; a NUL follows */
    size_t body_bytes;
    const char *peer;  /* "192.0.2.1 port 443", or "" when nothing was connected */
    int version_tenth; /* 10, 11, 20; 0 without an answer */
    int64_t duration_ms;
    bool is_sent; /* the whole request had left: the other side may have acted on it, whatever came back */
};

typedef void (*http_done_cb)(const struct http_answer *answer, void *ctx);

/* `loop` is borrowed until stopped. Aborts when libcurl cannot start. */
struct http_client *http_client_new(struct uv_loop_s *loop);
/* 0 and *out (freed by itself after `done`), or ERR_INVALID when the request itself will not do, and ERR_IO when
 * libcurl refuses it; then `done` never comes. */
int http_call_start(struct http_client *c, const struct http_request *request, http_done_cb done, void *ctx,
                    struct http_call **out, struct err *err);
/* Ends a call whose `done` has not come; it comes no more. */
void http_call_cancel(struct http_call *call);

struct http_client_counts {
    int64_t sockets; /* opened */
    int64_t refused; /* not opened: the address was not public */
    int in_flight;   /* calls */
};
struct http_client_counts http_client_counts(const struct http_client *c);

/* Every call must have ended. Frees everything; `stopped` is the last thing called. */
typedef void (*http_stopped_cb)(void *ctx);
void http_client_stop(struct http_client *c, http_stopped_cb stopped, void *ctx);

/* Seconds from now_s on that a Retry-After asks for (RFC 9110, section 10.2.3: a number or a date), 0 for a time that
 * is past; -1 when it is neither. */
enum { HTTP_RETRY_AFTER_S_MAX = 10 * 365 * 86400 };
int64_t http_retry_after_s(const char *value, int64_t now_s);

#endif
