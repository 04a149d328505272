/*
 * One connection and the exchange that runs on it; shared by server.c, listen.c, connection.c, exchange.c, response.c.
 *
 *                    ┌───────────────── next request ──────────────────┐
 *   (accept) ─► IDLE ─► HEAD ─► BODY ─► HANDLER ─► ANSWER ─► LINGER ─► CLOSING
 *      │                  │      │                  ▲  ▲
 *      │                  └──────┴── refused ───────┘  │
 *      └── too many connections ───────────────────────┘       every state may go to CLOSING
 *
 * ASKING, between HEAD and BODY, is where nothing is read until max_body's answer has come (HTTP_BODY_ASK).
 *
 * One exchange at a time: reading goes on behind a running one only into `pending`, up to limits.pending_bytes, so that
 * a client that hangs up is noticed. The next request starts when the answer's last byte was taken by the kernel.
 *
 * Ownership: the server lists its connections; each is freed in the last close callback of its handles. The exchange
 * is the connection's until on_request, then the handler's; conn->exchange and exchange->conn are cut by whoever ends
 * first.
 */
#ifndef GB_DAEMON_HTTP_CONN_H
#define GB_DAEMON_HTTP_CONN_H

#include <uv.h>

#include "http/body.h"
#include "http/http_date.h"
#include "http/parse.h"
#include "http/server.h"

/* name, its time-out in ms from the limits `l` (0: the state has no clock), the states that may follow */
#define CONN_STATES(X)                                                                  \
    X(IDLE, l->idle_ms, TO(HEAD) | TO(ANSWER) | TO(CLOSING))                            \
    X(HEAD, l->head_ms, TO(ASKING) | TO(BODY) | TO(HANDLER) | TO(ANSWER) | TO(CLOSING)) \
    X(ASKING, 0, TO(BODY) | TO(HANDLER) | TO(ANSWER) | TO(CLOSING))                     \
    X(BODY, l->body_ms, TO(HANDLER) | TO(ANSWER) | TO(CLOSING))                         \
    X(HANDLER, 0, TO(ANSWER) | TO(CLOSING))                                             \
    X(ANSWER, l->write_ms, TO(IDLE) | TO(LINGER) | TO(CLOSING))                         \
    X(LINGER, l->linger_ms, TO(CLOSING))                                                \
    X(CLOSING, 0, 0)

enum conn_state {
#define CONN_ENUM(name, timeout, next) CONN_##name,
    CONN_STATES(CONN_ENUM)
#undef CONN_ENUM
};

enum { CONN_READ_BYTES = 65536 };

union stream_handle {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
};

struct listener {
    union stream_handle u; /* handle.data is the listener */
    struct http_server *server;
    struct listener *next;
    bool is_unix;
    char *path; /* the socket file we made, or NULL */
    uint64_t dev, ino;
    int64_t connections;
    int64_t refusals;
};

struct http_server {
    uv_loop_t *loop;
    const struct clock *clock;
    struct http_limits limits;
    char *spool_dir;
    char **allowed_hosts; /* lower case, ended by NULL */
    void *ctx;
    int64_t (*max_body)(void *ctx, struct http_request *req);
    void (*on_request)(void *ctx, struct http_request *req);

    struct listener *listeners;
    struct conn *conns; /* doubly linked */
    struct http_stats stats;
    int64_t next_request_id;
    int64_t spool_bytes; /* what running requests have put into files */
    char date[HTTP_DATE_BYTES];
    int64_t date_s;
    char read_buf[CONN_READ_BYTES]; /* one for all: libuv reads and calls back before the next read */

    bool is_stopping;
    int handles_open; /* listeners and the deadline timer */
    uv_timer_t deadline;
    http_stopped_cb stopped;
    void *stopped_ctx;
};

enum exchange_state { EXCHANGE_ARRIVING, EXCHANGE_ASKING, EXCHANGE_HANDED, EXCHANGE_STREAMING };

struct exchange {
    struct http_request req; /* what the handler sees */
    struct head head;
    struct body body;
    struct conn *conn; /* NULL once the connection is no more */
    enum exchange_state state;
    char remote[64];
    int64_t spooled; /* counted in server->spool_bytes */
    bool is_chunked_answer;
    bool has_no_body; /* HEAD, 204, 304: what is streamed is thrown away */
    bool waits_for_drain;
    http_drain_cb drained;
    void *drained_ctx;
};

struct conn {
    union stream_handle u; /* handle.data is the conn */
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    struct http_server *server;
    struct listener *listener;
    struct conn *prev, *next;
    enum conn_state state;
    struct parse parse;
    struct exchange *exchange;
    struct buf pending; /* input behind the running exchange */
    uint32_t peer_uid;
    char remote[64];
    bool is_refusal; /* over the limit: told 503, never parsed */
    bool is_reading;
    bool has_eof;     /* the client has closed its sending side */
    bool keep_alive;  /* after the running answer */
    bool is_answered; /* the last byte of the answer was given to libuv */
    int writes;       /* uv_write requests under way */
    int handles_open; /* stream, timer, and a spool write when there is one */
    int64_t lingered_bytes;
    uint64_t body_deadline_ms; /* loop time by which the whole body is in */
    uint64_t given_bytes;      /* to libuv, in all */
    uint64_t taken_seen;       /* bytes the kernel had taken when the write clock was last looked at */
};

/* The most that can be fed to the parser at once: what waited, and the read that passed the mark. */
static inline size_t conn_input_max(const struct http_server *server)
{
    return (size_t)server->limits.pending_bytes + CONN_READ_BYTES;
}

/* accept.c: the birth of connections */
/* Accept from a listener with something to accept. */
void conn_accept(struct listener *listener);

/* connection.c: states, clocks, closing */
/* Begin to read; the connection waits for its first request. */
void conn_start(struct conn *c);
/* The one way from state to state: checks the table and sets the new state's clock. */
void conn_enter(struct conn *c, enum conn_state state);
/* Set the clock to `ms` from now, 0: stop it. */
void conn_arm(struct conn *c, int64_t ms);
/* Let the clock run out in the next turn of the loop. */
void conn_arm_now(struct conn *c);
/* Close at once, from any state; repeated calls are harmless. */
void conn_close(struct conn *c);
/* The last answer is out: let the client close first, then close. */
void conn_linger(struct conn *c);
/* The server stops: close unless a request is running, which becomes the last. */
void conn_wind_down(struct conn *c);
/* One of handles_open is closed; frees the connection with the last. */
void conn_handle_gone(struct conn *c);

/* input.c: reading */
/* Read or do not, as the state wants. */
void conn_update_reading(struct conn *c);
/* Go on with the input that waited, if there is any and the state wants it. */
void conn_resume(struct conn *c);

/* output.c: writing */
/* Take the bytes of `bytes` (left empty) and send them. */
void conn_write(struct conn *c, struct buf *bytes);
/* Bytes given to conn_write that the kernel has not taken. */
size_t conn_queued(const struct conn *c);
/* The exchange has given its last bytes to conn_write: go on to the next request, or close, when they are sent. */
void conn_answered(struct conn *c);
/* They are sent. */
void conn_finish_answer(struct conn *c);

/* exchange.c */
struct exchange *exchange_new(struct conn *c);
/* Also takes it off its connection. NULL is fine. */
void exchange_free(struct exchange *x);
/* The head is checked: fill in what the handler sees of it. */
void exchange_take_head(struct exchange *x);
/* The body is in: show it. */
void exchange_take_body(struct exchange *x);
/* Add decoded bytes: 0 or the HTTP status to refuse with. */
int exchange_add_body(struct exchange *x, const char *data, size_t len);

/* response.c */
/* Answer a request that no handler has seen with a problem document, and close. */
void refuse(struct conn *c, int status, const char *why);
/* Answer OPTIONS * (RFC 9110, 9.3.7). */
void respond_options(struct http_request *req);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), made once a second. */
const char *server_date(struct http_server *server);

/* server.c */
/* A connection is gone, or a handle is closed: was it the last of a stopping server? */
void server_check_stopped(struct http_server *server);
/* Is this Host name one of ours? */
bool server_host_is_allowed(const struct http_server *server, const char *host);

/* listen.c */
/* Close it; the last step of its life. */
void listener_close(struct listener *listener);

#endif
