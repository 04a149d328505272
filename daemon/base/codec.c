/* Small encodings and keyed hashes; the contract is in base/codec.h. */
#include "base/codec.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/err.h"
#include "base/mem.h"

struct sha256 {
    EVP_MD_CTX *ctx;
};

/* OpenSSL only fails here when it is out of memory or built without SHA-256; neither can be gone on from. */
static void must(int ok)
{
    if (ok != 1)
        abort();
}

char *hex_encode(const void *data, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
    return out;
}

int hex_decode(const char *text, void *out, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = out;
    if (strlen(text) != 2 * n)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i++) {
        const char *high = strchr(digits, text[2 * i]);
        const char *low = strchr(digits, text[2 * i + 1]);
        if (!high || !low)
            return ERR_INVALID;
        to[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return 0;
}

struct sha256 *sha256_new(void)
{
    struct sha256 *s = xcalloc(1, sizeof *s);
    s->ctx = EVP_MD_CTX_new();
    must(s->ctx != NULL);
    must(EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL));
    return s;
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
    must(EVP_DigestUpdate(s->ctx, data, n));
}

void sha256_add_text(struct sha256 *s, const char *text)
{
    if (!text)
        text = "";
    uint64_t n = strlen(text);
    uint8_t len[8];
    for (int i = 0; i < 8; i++)
        len[i] = (uint8_t)(n >> (56 - 8 * i));
    sha256_add(s, len, sizeof len);
    sha256_add(s, text, (size_t)n);
}

char *sha256_end_hex(struct sha256 *s, char out[SHA256_HEX_BYTES])
{
    uint8_t sum[SHA256_BYTES];
    must(EVP_DigestFinal_ex(s->ctx, sum, NULL));
    EVP_MD_CTX_free(s->ctx);
    free(s);
    return hex_encode(sum, sizeof sum, out);
}

char *sha256_hex(const void *data, size_t n, char out[SHA256_HEX_BYTES])
{
    uint8_t sum[SHA256_BYTES];
    must(EVP_Digest(data, n, sum, NULL, EVP_sha256(), NULL));
    return hex_encode(sum, sizeof sum, out);
}

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t n, uint8_t out[SHA256_BYTES])
{
    crypto_auth_hmacsha256_state state; /* OpenSSL's HMAC looks its digest up anew each time: four times as slow */
    crypto_auth_hmacsha256_init(&state, key, key_len);
    crypto_auth_hmacsha256_update(&state, data, n);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

int mem_equal_ct(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

static const char DIGITS[] = "0123456789abcdefghjkmnpqrstvwxyz";

char *base32_encode(const void *data, size_t n, char *out)
{
    const uint8_t *p = data;
    uint32_t acc = 0;
    unsigned bits = 0;
    char *to = out;
    for (size_t i = 0; i < n; i++) {
        acc = (acc << 8) | p[i];
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            *to++ = DIGITS[(acc >> bits) & 31];
        }
    }
    if (bits > 0)
        *to++ = DIGITS[(acc << (5 - bits)) & 31];
    *to = '\0';
    return out;
}

int base32_decode(const char *text, void *out, size_t n)
{
    uint8_t *to = out;
    uint32_t acc = 0;
    unsigned bits = 0;
    size_t done = 0;
    if (strlen(text) != (n * 8 + 4) / 5)
        return ERR_INVALID;
    for (; *text; text++) {
        const char *at = strchr(DIGITS, *text);
        if (!at)
            return ERR_INVALID;
        acc = (acc << 5) | (uint32_t)(at - DIGITS);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            to[done++] = (uint8_t)(acc >> bits);
        }
    }
    return done == n && (acc & ((1U << bits) - 1)) == 0 ? 0 : ERR_INVALID;
}
