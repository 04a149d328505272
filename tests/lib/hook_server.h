/*
 * A receiver of webhooks in the test's own loop: says what its rules tell it to, and counts what came. Paths are
 * "/hook/N", N from 0 to HOOKS_MAX - 1. One loop, one thread.
 */
#ifndef GB_TESTS_HOOK_SERVER_H
#define GB_TESTS_HOOK_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum { HOOKS_MAX = 64, HOOK_REQUEST_MAX = 16384 };

#define HOOK_OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

struct hook {
    const char *reply; /* NULL: HOOK_OK; "": none comes */
    int hits;
    int open, most_open; /* requests without an answer yet */
    char id[64];         /* of the last: webhook-id */
    char request[HOOK_REQUEST_MAX];
};

struct hook_server {
    uv_loop_t *loop;
    uv_tcp_t listener;
    int port;
    int connections, open; /* ever, and now */
    struct hook hooks[HOOKS_MAX];
};

/* Listens on a free port of 127.0.0.1. */
void hook_server_init(struct hook_server *s, uv_loop_t *loop);
/* Closes; the loop has to run until it is empty, when the callers have let go of their connections. */
void hook_server_close(struct hook_server *s);

#endif
