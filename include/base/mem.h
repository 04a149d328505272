/*
 * Memory that never fails: out of memory ends the process (as in Postfix and git).
 * Honest only because nothing driven from outside allocates without a bound: input
 * goes through `struct buf` (base/buf.h), which has a mandatory maximum.
 */
#ifndef GB_BASE_MEM_H
#define GB_BASE_MEM_H

#include <stddef.h>

/* All abort on exhaustion; the result is never NULL, the caller frees with free(). */
void *xmalloc(size_t n) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t n) __attribute__((returns_nonnull));
/* realloc for `count` elements of `size`; an overflow of the product aborts. */
void *xreallocarray(void *p, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* NULL stays NULL. */
char *xstrdup_opt(const char *s);
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/* Give freed memory back to the system, which the allocator would keep: after something large. Some ms; any thread. */
void mem_trim(void);

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* From an embedded member back to its owner. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
