/*
 * The body of one request: in memory up to limits.body_memory_bytes, then in an unlinked file.
 *
 * body_add only stages bytes; body_flush writes what is staged through libuv's pool, so that a slow disk never stops
 * the loop. The connection stops reading while body_is_full, which bounds the staged bytes to the memory limit plus
 * one feeding (`max_feed`). Owned by one exchange; loop thread.
 */
#ifndef GB_DAEMON_HTTP_BODY_H
#define GB_DAEMON_HTTP_BODY_H

#include <uv.h>

#include "base/buf.h"

struct body;
/* 0 or a negative code (UV_ENOSPC, ...). */
typedef void (*body_flushed_cb)(struct body *body, int rc);

struct body {
    struct buf staged; /* the whole body, or what is not yet in the file */
    size_t max_in_memory;
    int fd;         /* -1 while in memory */
    int64_t stored; /* bytes in the file */
    uv_fs_t write;
    bool is_writing;
    body_flushed_cb flushed;
};

void body_init(struct body *body, size_t max_in_memory, size_t max_feed);
/* Not while is_writing. */
void body_fini(struct body *body);
/* 0, ERR_TOO_LARGE (the caller did not flush) or a negative errno of opening the file in `spool_dir`. */
int body_add(struct body *body, const char *spool_dir, const char *data, size_t len);
/* Is there something that must go to the file before more is added or the body is used? */
bool body_is_full(const struct body *body);
/* Write all that is staged, then call `flushed` from the loop. */
void body_flush(struct body *body, uv_loop_t *loop, body_flushed_cb flushed);

/* An unlinked temporary file in `dir`: a descriptor, or a negative errno. */
int spool_open(const char *dir);

#endif
