/*
 * Documents kept for a moment; the contract is in http/feed.h. A handful of slots, looked through one by one.
 *
 * Invariant, under the lock: bytes is the sum of all lengths, at most FEED_CACHE_BYTES; a slot without a key is empty.
 */
#include "http/feed.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct slot {
    char *key;
    char *text;
    size_t len;
    int64_t updated_us;
    char etag[FEED_ETAG_BYTES];
    int64_t until_ms;
};

struct feed_cache {
    pthread_mutex_t lock;
    struct slot slots[FEED_CACHE_SLOTS];
    size_t bytes;
};

struct feed_cache *feed_cache_new(void)
{
    struct feed_cache *cache = xcalloc(1, sizeof *cache);
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void clear(struct feed_cache *cache, struct slot *slot)
{
    cache->bytes -= slot->len;
    free(slot->key);
    free(slot->text);
    *slot = (struct slot){0};
}

void feed_cache_free(struct feed_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < FEED_CACHE_SLOTS; i++)
        clear(cache, &cache->slots[i]);
    assert(cache->bytes == 0);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct slot *find(struct feed_cache *cache, const char *key)
{
    for (size_t i = 0; i < FEED_CACHE_SLOTS; i++)
        if (cache->slots[i].key && strcmp(cache->slots[i].key, key) == 0)
            return &cache->slots[i];
    return NULL;
}

bool feed_cache_get(struct feed_cache *cache, const char *key, int64_t now_ms, struct feed_doc *out)
{
    pthread_mutex_lock(&cache->lock);
    const struct slot *slot = find(cache, key);
    bool is_fresh = slot && now_ms < slot->until_ms;
    if (is_fresh) {
        buf_add(&out->text, slot->text, slot->len);
        out->updated_us = slot->updated_us;
        memcpy(out->etag, slot->etag, sizeof out->etag);
    }
    pthread_mutex_unlock(&cache->lock);
    return is_fresh;
}

/* The slot to be overwritten next: an empty one, or the one whose time is over first. */
static struct slot *oldest(struct feed_cache *cache)
{
    struct slot *found = &cache->slots[0];
    for (size_t i = 0; i < FEED_CACHE_SLOTS && found->key; i++)
        if (!cache->slots[i].key || cache->slots[i].until_ms < found->until_ms)
            found = &cache->slots[i];
    return found;
}

static struct slot *oldest_in_use(struct feed_cache *cache)
{
    struct slot *found = NULL;
    for (size_t i = 0; i < FEED_CACHE_SLOTS; i++)
        if (cache->slots[i].key && (!found || cache->slots[i].until_ms < found->until_ms))
            found = &cache->slots[i];
    return found;
}

void feed_cache_put(struct feed_cache *cache, const char *key, int64_t until_ms, const struct feed_doc *doc)
{
    if (doc->text.len > FEED_CACHE_BYTES)
        return;
    pthread_mutex_lock(&cache->lock);
    struct slot *same = find(cache, key);
    if (same)
        clear(cache, same);
    while (cache->bytes + doc->text.len > FEED_CACHE_BYTES)
        clear(cache, oldest_in_use(cache));
    struct slot *slot = oldest(cache);
    clear(cache, slot);
    *slot = (struct slot){.key = xstrdup(key),
                          .text = xstrndup(buf_str(&doc->text), doc->text.len),
                          .len = doc->text.len,
                          .updated_us = doc->updated_us,
                          .until_ms = until_ms};
    memcpy(slot->etag, doc->etag, sizeof slot->etag);
    cache->bytes += slot->len;
    pthread_mutex_unlock(&cache->lock);
}
