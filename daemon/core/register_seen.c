/* An open-addressing table with linear probing, at most four fifths full. */
#include "core/register_seen.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

enum { CAP_MIN = 64, KEY_MAX_BYTES = 1 << 17 };

static_assert(SEEN_SECRET_BYTES == crypto_shorthash_KEYBYTES, "the secret is SipHash's key");

void seen_init(struct seen *s)
{
    *s = (struct seen){.entries = NULL};
    random_bytes(s->secret, sizeof s->secret);
    buf_init(&s->key, KEY_MAX_BYTES);
}

void seen_fini(struct seen *s)
{
    buf_fini(&s->key);
    free(s->entries);
    s->entries = NULL;
    s->cap = 0;
    s->count = 0;
}

uint64_t seen_hash(struct seen *s, const char *const *texts, size_t n)
{
    uint64_t hash = 0;
    buf_reset(&s->key);
    for (size_t i = 0; i < n; i++)
        buf_add(&s->key, texts[i], strlen(texts[i]) + 1);
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)buf_str(&s->key), s->key.len, s->secret);
    return hash != 0 ? hash : 1;
}

static struct seen_entry *find_slot(struct seen_entry *entries, size_t cap, uint64_t hash)
{
    size_t i = (size_t)hash & (cap - 1);
    while (entries[i].hash != 0 && entries[i].hash != hash)
        i = (i + 1) & (cap - 1);
    return &entries[i];
}

static void grow(struct seen *s)
{
    size_t cap = s->cap == 0 ? CAP_MIN : 2 * s->cap;
    struct seen_entry *entries = xcalloc(cap, sizeof *entries);
    for (size_t i = 0; i < s->cap; i++) {
        if (s->entries[i].hash != 0)
            *find_slot(entries, cap, s->entries[i].hash) = s->entries[i];
    }
    free(s->entries);
    s->entries = entries;
    s->cap = cap;
}

struct seen_entry *seen_get(struct seen *s, uint64_t hash, long line, bool *is_new_out)
{
    assert(line >= 0 && line <= (long)UINT32_MAX);
    if (5 * (s->count + 1) > 4 * s->cap)
        grow(s);
    struct seen_entry *e = find_slot(s->entries, s->cap, hash);
    *is_new_out = e->hash == 0;
    if (*is_new_out) {
        e->hash = hash;
        e->line = (uint32_t)line;
        s->count++;
    }
    return e;
}
