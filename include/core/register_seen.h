/*
 * What a register reader remembers of the rows before: for each group and each contact 16 bytes under a
 * 64-bit keyed hash (SipHash, a new key each time), so that memory stays small and no file can be made to collide. Two
 * things that meet by chance (2^-64 for a pair) get a wrong remark, never wrong data.
 *
 * Ownership: embedded. Threads: one at a time.
 */
#ifndef GB_CORE_REGISTER_SEEN_H
#define GB_CORE_REGISTER_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { SEEN_SECRET_BYTES = 16 };

struct seen_entry {
    uint64_t hash;  /* 0: free */
    uint32_t line;  /* where it first stood */
    uint32_t value; /* the caller's; 0 when new */
};

struct seen {
    struct seen_entry *entries;
    size_t cap; /* a power of two, or 0 */
    size_t count;
    unsigned char secret[SEEN_SECRET_BYTES];
    struct buf key; /* what is being hashed */
};

void seen_init(struct seen *s);
void seen_fini(struct seen *s);
/* A hash (never 0) of `n` texts, told apart from any other division of the same letters. */
uint64_t seen_hash(struct seen *s, const char *const *texts, size_t n);
/* The record under `hash`, made with `line` (of 1 to UINT32_MAX) when it is new. Valid until the next call. */
struct seen_entry *seen_get(struct seen *s, uint64_t hash, long line, bool *is_new_out);

#endif
