/* The table of recipient domains; the contract is in domain_table.h. */
#include "deliver/domain_table.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static_assert(DOMAIN_KEY_BYTES == crypto_shorthash_KEYBYTES, "the key is SipHash's");
static_assert((DOMAIN_BUCKETS & (DOMAIN_BUCKETS - 1)) == 0, "a hash is cut to a bucket by a mask");

static void entry_clear(struct domain_entry *e)
{
    free(e->name);
    free(e->reply);
    *e = (struct domain_entry){0};
}

void domain_table_init(struct domain_table *t, const uint8_t key[DOMAIN_KEY_BYTES])
{
    memcpy(t->key, key, sizeof t->key);
    for (int i = 0; i < DOMAIN_BUCKETS; i++)
        t->buckets[i] = DOMAIN_NONE;
    t->count = 0;
    t->newest = t->oldest = DOMAIN_NONE;
}

void domain_table_fini(struct domain_table *t)
{
    for (int i = 0; i < t->count; i++)
        entry_clear(&t->entries[i]);
    t->count = 0;
}

/* --- idle entries ---------------------------------------------------------------------------------------------- */

void domain_table_busy(struct domain_table *t, int i)
{
    struct domain_entry *e = &t->entries[i];
    *(e->newer == DOMAIN_NONE ? &t->newest : &t->entries[e->newer].older) = e->older;
    *(e->older == DOMAIN_NONE ? &t->oldest : &t->entries[e->older].newer) = e->newer;
}

void domain_table_idle(struct domain_table *t, int i)
{
    struct domain_entry *e = &t->entries[i];
    e->newer = DOMAIN_NONE;
    e->older = t->newest;
    *(t->newest == DOMAIN_NONE ? &t->oldest : &t->entries[t->newest].newer) = i;
    t->newest = i;
}

void domain_table_touch(struct domain_table *t, int i)
{
    domain_table_busy(t, i);
    domain_table_idle(t, i);
}

/* --- look up --------------------------------------------------------------------------------------------------- */

static int bucket_of(const struct domain_table *t, const char *domain)
{
    uint64_t hash = 0;
    uint8_t bytes[crypto_shorthash_BYTES];
    static_assert(sizeof hash == sizeof bytes, "a hash is 64 bits");
    crypto_shorthash(bytes, (const unsigned char *)domain, strlen(domain), t->key);
    memcpy(&hash, bytes, sizeof hash);
    return (int)(hash & (DOMAIN_BUCKETS - 1));
}

static int find_in(const struct domain_table *t, int bucket, const char *domain)
{
    int i = t->buckets[bucket];
    while (i != DOMAIN_NONE && strcmp(t->entries[i].name, domain) != 0)
        i = t->entries[i].next;
    return i;
}

static void forget(struct domain_table *t, int i)
{
    int *at = &t->buckets[t->entries[i].bucket];
    while (*at != i)
        at = &t->entries[*at].next;
    *at = t->entries[i].next;
    domain_table_busy(t, i);
    entry_clear(&t->entries[i]);
}

/* An unused entry, else the one idle for longest that may go; those that may not are not looked at again soon. */
static int make_room(struct domain_table *t, int64_t now_ms)
{
    if (t->count < DOMAIN_LIMITS_MAX)
        return t->count++;
    for (int k = 0; k < DOMAIN_LOOKS_MAX && t->oldest != DOMAIN_NONE; k++) {
        int i = t->oldest;
        if (t->entries[i].keep_until_ms <= now_ms) {
            forget(t, i);
            return i;
        }
        domain_table_touch(t, i);
    }
    return DOMAIN_NONE;
}

int domain_table_find(const struct domain_table *t, const char *domain)
{
    return find_in(t, bucket_of(t, domain), domain);
}

int domain_table_get(struct domain_table *t, const char *domain, int64_t now_ms, bool *is_new)
{
    int bucket = bucket_of(t, domain);
    int i = find_in(t, bucket, domain);
    *is_new = false;
    if (i != DOMAIN_NONE || (i = make_room(t, now_ms)) == DOMAIN_NONE)
        return i;
    t->entries[i] = (struct domain_entry){.name = xstrdup(domain), .bucket = bucket, .next = t->buckets[bucket]};
    t->buckets[bucket] = i;
    domain_table_idle(t, i);
    *is_new = true;
    return i;
}
