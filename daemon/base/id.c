/* Identifiers; the contract is in base/id.h. */
#include "base/id.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/random.h"

enum { ID_RANDOM_BITS = 21, ID_DIGITS = 13 };

#define ID_EPOCH_MS INT64_C(1735689600000) /* 2025-01-01T00:00:00Z */

/* Crockford's base 32: no letters that are mistaken for digits when read aloud. */
static const char DIGITS[] = "0123456789abcdefghjkmnpqrstvwxyz";

static const char *const PREFIX[] = {
#define ID_PREFIX(name, prefix) [ID_##name] = prefix,
    ID_KIND_MAP(ID_PREFIX)
#undef ID_PREFIX
};

int64_t id_new(int64_t real_us)
{
    return id_new_range(real_us, 1);
}

int64_t id_new_range(int64_t real_us, int64_t n)
{
    assert(n > 0);
    static _Atomic int64_t last;
    int64_t ms = real_us / 1000 - ID_EPOCH_MS;
    if (ms < 1)
        ms = 1; /* a clock before 2025 still yields usable numbers */
    uint32_t noise;
    random_bytes(&noise, sizeof noise);
    int64_t id = (ms << ID_RANDOM_BITS) | (noise & ((1U << ID_RANDOM_BITS) - 1));
    int64_t seen = last;
    do {
        if (id <= seen)
            id = seen + 1;
    } while (!atomic_compare_exchange_weak(&last, &seen, id + n - 1));
    return id;
}

char *id_format(enum id_kind kind, int64_t id, char out[ID_TEXT_BYTES])
{
    assert(id > 0);
    char digits[ID_DIGITS + 1] = {0};
    for (int i = ID_DIGITS - 1; i >= 0; i--) {
        digits[i] = DIGITS[id & 31];
        id >>= 5;
    }
    snprintf(out, ID_TEXT_BYTES, "%s_%s", PREFIX[kind], digits);
    return out;
}

int id_parse(enum id_kind kind, const char *text, int64_t *out)
{
    size_t prefix_len = strlen(PREFIX[kind]);
    if (strncmp(text, PREFIX[kind], prefix_len) != 0 || text[prefix_len] != '_')
        return ERR_INVALID;
    const char *digits = text + prefix_len + 1;
    if (strlen(digits) != ID_DIGITS || digits[0] > '7')
        return ERR_INVALID;
    int64_t id = 0;
    for (const char *p = digits; *p; p++) {
        const char *at = strchr(DIGITS, *p);
        if (!at)
            return ERR_INVALID;
        id = (id << 5) | (int64_t)(at - DIGITS);
    }
    if (id <= 0)
        return ERR_INVALID;
    *out = id;
    return 0;
}
