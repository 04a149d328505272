/*
 * The protocol machine of one connection, without any socket: bytes in, events out.
 *
 * It collects a head (bounded, seen whole by the line guard), lets llhttp take it apart, judges it (head.c), then lets
 * llhttp decode the body, whose chunk lines and trailers the guard sees too. It stops after each event and says how
 * much it used, so that nothing of the next request is touched before this one was answered.
 *
 *   parse_begin ─► feed* ─► PARSE_HEAD ─► parse_allow_body ─► feed* ─► PARSE_DONE ─► parse_begin ...
 *                   └──────────── PARSE_BAD: status and why; the connection is beyond repair ◄──┘
 *
 * Used by connection.c and the fuzzer only.
 */
#ifndef GB_DAEMON_HTTP_PARSE_H
#define GB_DAEMON_HTTP_PARSE_H

#include <llhttp.h>

#include "http/guard.h"
#include "http/head.h"

enum parse_event { PARSE_MORE, PARSE_HEAD, PARSE_DONE, PARSE_BAD };
enum parse_phase { PARSE_IN_HEAD, PARSE_IN_BODY, PARSE_ENDED };

/* Decoded bytes of the body: 0, or the HTTP status to refuse the rest with. */
typedef int (*parse_body_cb)(void *ctx, const char *data, size_t len);

struct parse {
    llhttp_t llhttp;
    const struct http_limits *limits;
    struct head *head; /* borrowed from parse_begin to the end of the message */
    enum parse_phase phase;
    struct line_guard guard;
    bool has_blank_line; /* the one empty line that may stand before a request */
    bool is_complete;    /* llhttp has seen the end of the message */
    const char *cursor;  /* in the data being fed: what the guard has not seen yet */
    int64_t max_body;
    int64_t body_bytes;
    int64_t framing_bytes;
    parse_body_cb on_body;
    void *ctx;
    int status; /* of PARSE_BAD */
    const char *why;
};

/* `limits` outlives the parser. */
void parse_init(struct parse *p, const struct http_limits *limits, parse_body_cb on_body, void *ctx);
/* Start on a new message, whose head goes to the initialised `head`. */
void parse_begin(struct parse *p, struct head *head);
/* Continue; *used <= len bytes were taken. After PARSE_HEAD and PARSE_DONE the rest is to be fed again by the caller.
 */
enum parse_event parse_feed(struct parse *p, const char *data, size_t len, size_t *used);
/* After PARSE_HEAD: how large the body may be (413 beyond). */
void parse_allow_body(struct parse *p, int64_t max_body);

#endif
