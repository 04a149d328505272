/*
 * One HTTP client of the daemon's API: over its Unix socket, or over TCP with a token from a file.
 *
 * Wraps libcurl. Blocking; one call at a time. Never follows a redirect, never uses a proxy for the Unix socket, never
 * sends a token in clear to another machine. An answer is at most CLIENT_ANSWER_BYTES.
 */
#ifndef GB_CLI_CLIENT_H
#define GB_CLI_CLIENT_H

#include "base/buf.h"

#include <stddef.h>

struct client;
struct err;

enum {
    CLIENT_ANSWER_BYTES = 65 * 1024 * 1024,
    CLIENT_CONNECT_TIMEOUT_S = 10,
    CLIENT_SILENCE_S = 300, /* no byte for so long: given up */
    CLIENT_TOKEN_MAX_BYTES = 1024,
};

struct client_options {
    const char *socket;     /* of the Unix socket, when `url` is NULL */
    const char *url;        /* "https://grannbud.example.se" */
    const char *token_file; /* with `url` */
    const char *as;         /* X-Grannbud-As, or NULL */
    const char *key;        /* Idempotency-Key of every request, or NULL */
};

struct client_answer {
    int status;
    struct buf body; /* the caller's: client_answer_fini */
};

/* 0 and *out, or ERR_USAGE, ERR_IO (the token's file) with words. The options' texts are copied. */
int client_new(const struct client_options *options, struct client **out, struct err *err);
void client_free(struct client *client); /* NULL is fine */

/*
 * One request. `path` begins with /api and has its query; `body` may be NULL, else `type` is its media type. 0 with the
 * answer, whatever its status; ERR_BUSY when nobody answers there; ERR_IO, ERR_TIMEOUT, ERR_TOO_LARGE when the
 * connection broke afterwards, so that nobody knows whether it was done.
 */
int client_call(struct client *client, const char *method, const char *path, const char *type, const void *body,
                size_t n, struct client_answer *out, struct err *err);
void client_answer_fini(struct client_answer *answer);

#endif
