/*
 * The head of one request: its raw bytes, the fields found in them, and what they mean.
 *
 * Life: head_init; parse.c collects the bytes and lets llhttp mark the pieces; head_check (in head.c) judges them and
 * turns the pieces into C strings inside `raw`; head_fini. All strings live as long as the head.
 * Not thread-safe; owned by one exchange.
 */
#ifndef GB_DAEMON_HTTP_HEAD_H
#define GB_DAEMON_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/limits.h"
#include "http/request.h"

struct head_field {
    char *name; /* lower case after head_check */
    size_t name_len;
    char *value; /* trimmed after head_check */
    size_t value_len;
};

struct head {
    struct buf raw;
    /* marked by llhttp */
    char *target;
    size_t target_len;
    struct head_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
    bool too_many_fields;
    bool keep_alive;
    bool is_chunked;
    int minor; /* HTTP/1.minor */
    /* judged by head_check */
    enum http_method method;
    const char *path;  /* "*" for OPTIONS * */
    const char *query; /* raw */
    const char *host;  /* NULL when there is none */
    struct http_form form;
    bool expects_continue;
    int64_t content_length; /* -1: none was sent */
};

/* `limits` outlives the head. */
void head_init(struct head *head, const struct http_limits *limits);
void head_fini(struct head *head);

/* Judge a head that llhttp has taken: 0, or the HTTP status to refuse it with and *why. */
int head_check(struct head *head, const struct http_limits *limits, const char **why);
/* The value of a field by its lower-case name, or NULL. */
const char *head_find(const struct head *head, const char *name);
/* Does the head announce a body? */
bool head_has_body(const struct head *head);

/* Split and decode head->target in place (target.c): 0, or a status and *why. */
int target_check(struct head *head, const char **why);
/* Normalise a Host value in place to lower case: true when it is a name or address with an optional port. */
bool host_check(char *host);

#endif
