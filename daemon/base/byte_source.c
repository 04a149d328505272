/* Sources over memory and over a file; the contract is in base/byte_source.h. */
#include "base/byte_source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int byte_source_read_full(const struct byte_source *s, void *buf, size_t cap, size_t *n_out)
{
    size_t n = 0;
    while (n < cap) {
        size_t got = 0;
        int rc = s->read(s->ctx, (char *)buf + n, cap - n, &got);
        if (rc != 0)
            return rc;
        if (got == 0)
            break;
        n += got;
    }
    *n_out = n;
    return 0;
}

static int memory_read(void *ctx, void *buf, size_t cap, size_t *n_out)
{
    struct byte_memory *m = ctx;
    size_t n = m->n - m->pos < cap ? m->n - m->pos : cap;
    if (n > 0)
        memcpy(buf, m->data + m->pos, n);
    m->pos += n;
    *n_out = n;
    return 0;
}

static int memory_rewind(void *ctx)
{
    struct byte_memory *m = ctx;
    m->pos = 0;
    return 0;
}

struct byte_source byte_source_memory(struct byte_memory *m, const void *data, size_t n)
{
    *m = (struct byte_memory){.data = data, .n = n};
    return (struct byte_source){.read = memory_read, .rewind = memory_rewind, .ctx = m};
}

static int fd_read(void *ctx, void *buf, size_t cap, size_t *n_out)
{
    const int *fd = ctx;
    ssize_t n;
    do {
        n = read(*fd, buf, cap);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    *n_out = (size_t)n;
    return 0;
}

static int fd_rewind(void *ctx)
{
    const int *fd = ctx;
    return lseek(*fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

struct byte_source byte_source_fd(int *fd)
{
    return (struct byte_source){.read = fd_read, .rewind = fd_rewind, .ctx = fd};
}
