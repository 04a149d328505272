/*
 * A source of bytes that can be read twice: what an import reads, without knowing whether it lies in memory or
 * in a file. An import reads once to learn what it has before it (its encoding) and once to take it in.
 *
 * Ownership: the struct borrows what it reads from. Threads: one at a time.
 */
#ifndef GB_BASE_BYTE_SOURCE_H
#define GB_BASE_BYTE_SOURCE_H

#include <stddef.h>

struct byte_source {
    /* Up to `cap` bytes into `buf`; 0 with *n_out (0: the end), or a negative code. */
    int (*read)(void *ctx, void *buf, size_t cap, size_t *n_out);
    /* Back to the first byte; 0 or a negative code. */
    int (*rewind)(void *ctx);
    void *ctx;
};

/* `cap` bytes, fewer only at the end, however small the pieces that come; 0 with *n_out, or a negative code. */
int byte_source_read_full(const struct byte_source *s, void *buf, size_t cap, size_t *n_out);

struct byte_memory {
    const char *data;
    size_t n;
    size_t pos;
};

/* A source over `n` bytes; `m` is filled, and it and the bytes must outlive the source. */
struct byte_source byte_source_memory(struct byte_memory *m, const void *data, size_t n);

/* A source over an open file that can seek; *fd must outlive the source and is not closed. */
struct byte_source byte_source_fd(int *fd);

#endif
