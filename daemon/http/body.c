/* Bodies in memory and in spool files; the contract is in http/body.h. */
#include "http/body.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int spool_open(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR) /* file systems without O_TMPFILE say one of these */
        return -errno;
    char *path = xasprintf("%s/grannbud-body-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    int rc = fd >= 0 ? fd : -errno;
    if (fd >= 0)
        unlink(path);
    free(path);
    return rc;
}

void body_init(struct body *body, size_t max_in_memory, size_t max_feed)
{
    *body = (struct body){.max_in_memory = max_in_memory, .fd = -1};
    buf_init(&body->staged, max_in_memory + max_feed);
}

void body_fini(struct body *body)
{
    assert(!body->is_writing);
    buf_fini(&body->staged);
    if (body->fd >= 0)
        close(body->fd);
    body->fd = -1;
}

bool body_is_full(const struct body *body)
{
    return body->fd >= 0 && body->staged.len > 0;
}

int body_add(struct body *body, const char *spool_dir, const char *data, size_t len)
{
    assert(!body->is_writing);
    int rc = buf_add(&body->staged, data, len);
    if (rc != 0 || body->fd >= 0 || body->staged.len <= body->max_in_memory)
        return rc;
    int fd = spool_open(spool_dir);
    if (fd < 0)
        return fd;
    body->fd = fd;
    return 0;
}

static void on_written(uv_fs_t *req)
{
    struct body *body = CONTAINER_OF(req, struct body, write);
    ssize_t n = req->result;
    uv_loop_t *loop = req->loop;
    uv_fs_req_cleanup(req);
    body->is_writing = false;
    int rc = n > 0 ? 0 : n < 0 ? (int)n : UV_EIO;
    if (rc == 0) {
        body->stored += n;
        buf_consume(&body->staged, (size_t)n);
        if (body->staged.len > 0) { /* a short write: the next one tells why */
            body_flush(body, loop, body->flushed);
            return;
        }
    }
    body->flushed(body, rc);
}

void body_flush(struct body *body, uv_loop_t *loop, body_flushed_cb flushed)
{
    assert(body_is_full(body) && !body->is_writing);
    body->flushed = flushed;
    body->is_writing = true;
    uv_buf_t bytes = uv_buf_init(body->staged.data, (unsigned)body->staged.len);
    int rc = uv_fs_write(loop, &body->write, body->fd, &bytes, 1, body->stored, on_written);
    assert(rc == 0); /* fails only without a callback */
}
