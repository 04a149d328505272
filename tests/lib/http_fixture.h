/*
 * An HTTP server in a thread of its own, with a handler that shows what arrived, and a small blocking client: the test
 * is the client and may assert. What the handler does is chosen by the path:
 *
 *   /hello   a small JSON answer            /echo    the body back, X-Spooled says whether it came as a file
 *   /later   kept until fixture_answer()    /size?n= n bytes
 *   /who     the peer                       /stream?n=&size= n chunks, minding back-pressure
 *   /header  a header with CR LF            /skip    answered without its body
 *   /ask     its body waits for fixture_allow_body(), one at a time; then as others
 *   others   their path and query back
 */
#ifndef GB_TESTS_HTTP_FIXTURE_H
#define GB_TESTS_HTTP_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/server.h"

struct fixture;

/* Default limits unless `limits`; listens on a Unix socket and on 127.0.0.1. `hosts` as in the configuration. */
struct fixture *fixture_start(const struct http_limits *limits, const char *const *hosts);
/* Stops the server with this deadline, joins its thread, answers what is still kept, frees all. */
void fixture_stop(struct fixture *f, int deadline_ms);
/* Only begin to stop; fixture_stop is still needed. */
void fixture_begin_stop(struct fixture *f, int deadline_ms);
bool fixture_has_stopped(struct fixture *f);

const char *fixture_socket(const struct fixture *f);
int fixture_port(const struct fixture *f);
/* The paths handled so far, with blanks between: "/hello /later". Static. */
const char *fixture_seen(struct fixture *f);
/* Wait until `n` requests were handled, at most 5 s. */
bool fixture_wait_seen(struct fixture *f, int n);
/* Answer the oldest kept request with its path. False when there is none. */
bool fixture_answer(struct fixture *f);
/* Is the client of the oldest kept request gone? */
bool fixture_kept_is_gone(struct fixture *f);
/* Wait until the body of a request to /ask is asked for, and answer. False when nobody asks within 5 s. */
bool fixture_allow_body(struct fixture *f, int64_t max);
struct http_stats fixture_stats(struct fixture *f);

/* --- the client --------------------------------------------------------------------------------------------------- */

struct reply {
    int status; /* 0: the connection was closed without an answer */
    char head[4096];
    char *body;
    size_t len;
    bool is_cut; /* closed before the announced end */
};

int client_unix(const struct fixture *f);
int client_tcp(const struct fixture *f);
void client_send(int fd, const char *text);
/* Returns false when the server does not take it all. */
bool client_send_bytes(int fd, const void *data, size_t len);
/* One answer (Content-Length, chunked, or to the end), waiting at most 10 s; free with reply_fini. */
struct reply client_read(int fd, bool is_head);
void reply_fini(struct reply *r);
/* The value of a header in r->head, "" when missing. Static. */
const char *reply_header(const struct reply *r, const char *name);
/* Send, read one answer, check its status and give its body. Static. */
const char *client_ask(int fd, const char *text, int *status);
/* Has the server closed this connection within 5 s? Discards what comes. */
bool client_is_closed(int fd);

#endif
