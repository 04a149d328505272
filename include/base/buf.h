/*
 * A growing byte buffer with a mandatory maximum (after curl's dynbuf).
 *
 * The bytes are always followed by a NUL that does not count, so `data` can be used
 * as a C string when the content has none of its own. An append that would pass the
 * maximum changes nothing, sets `overflow` and returns ERR_TOO_LARGE; a writer of many
 * pieces may ignore the single results and ask buf_ok() once at the end.
 *
 * Ownership: embedded (buf_init/buf_fini). Threads: one at a time.
 */
#ifndef GB_BASE_BUF_H
#define GB_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;    /* NULL until the first append */
    size_t len;    /* bytes in use, without the closing NUL */
    size_t cap;    /* bytes allocated */
    size_t max;    /* len never passes this */
    bool overflow; /* an append was refused since the last reset */
};

/* `max_bytes` > 0. Allocates nothing yet. */
void buf_init(struct buf *b, size_t max_bytes);
/* Frees the bytes; the struct may be initialised again. Harmless when repeated. */
void buf_fini(struct buf *b);
/* Empty, keeping the memory. */
void buf_reset(struct buf *b);
/* Cut to `len` bytes; len <= b->len. */
void buf_truncate(struct buf *b, size_t len);
/* Drop the first `n` bytes; n <= b->len. */
void buf_consume(struct buf *b, size_t n);

/* 0, or ERR_TOO_LARGE with the buffer unchanged. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_adds(struct buf *b, const char *s);
int buf_addc(struct buf *b, char c);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vaddf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Make room for `n` more bytes and return where to write them (then add n to len through buf_commit);
 * NULL when that would pass the maximum. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

static inline bool buf_ok(const struct buf *b)
{
    return !b->overflow;
}
/* The content as a C string; "" when empty. Valid until the next change. */
const char *buf_str(const struct buf *b);
/* Hand the bytes over (the caller frees); never NULL; the buffer is empty afterwards. */
char *buf_take(struct buf *b);

#endif
