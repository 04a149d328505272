/* Signatures of Standard Webhooks; the contract is in core/webhook_sign.h. The ciphers are OpenSSL's. */
#include "core/webhook_sign.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"

enum { SEED_BYTES = 32, NEW_BYTES = 32, SIGNATURE_BYTES = 64, HEAD_BYTES = 128 };

static const char SYMMETRIC[] = "whsec_";
static const char ASYMMETRIC[] = "whsk_";
static const char PUBLIC[] = "whpk_";

/* --- base 64 (RFC 4648, section 4) ------------------------------------------------------------------------------- */

/* With its prefix, into out[WEBHOOK_SECRET_TEXT_BYTES]. */
static char *encode(const char *prefix, const uint8_t *bytes, size_t n, char *out)
{
    size_t length = strlen(prefix);
    assert(n <= WEBHOOK_SECRET_MAX_BYTES);
    memcpy(out, prefix, length);
    EVP_EncodeBlock((unsigned char *)out + length, bytes, (int)n);
    return out;
}

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* The bytes of `text`, with or without its "=", at most `room`; how many, or -1 when it is not base 64. */
static int decode(const char *text, uint8_t *out, size_t room)
{
    size_t digits = strcspn(text, "=");
    size_t n = digits * 3 / 4;
    uint32_t bits = 0;
    size_t made = 0;
    size_t pads = strspn(text + digits, "=");
    if (text[digits + pads] || pads > 2 || digits % 4 == 1 || n > room || (pads && (digits + pads) % 4))
        return -1;
    for (size_t i = 0; i < digits; i++) {
        int value = digit(text[i]);
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 > 0)
            out[made++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    assert(made == n);
    return (int)n;
}

/* --- secrets --------------------------------------------------------------------------------------------------- */

char *webhook_secret_new(bool is_ed25519, char out[WEBHOOK_SECRET_TEXT_BYTES])
{
    uint8_t bytes[NEW_BYTES];
    random_bytes(bytes, sizeof bytes);
    encode(is_ed25519 ? ASYMMETRIC : SYMMETRIC, bytes, sizeof bytes, out);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return out;
}

int webhook_secret_parse(const char *text, struct webhook_secret *out, struct err *err)
{
    struct webhook_secret secret = {.n = 0};
    const char *digits = NULL;
    int rc = 0;
    if (strncmp(text, SYMMETRIC, sizeof SYMMETRIC - 1) == 0)
        digits = text + sizeof SYMMETRIC - 1;
    else if (strncmp(text, ASYMMETRIC, sizeof ASYMMETRIC - 1) == 0)
        digits = text + sizeof ASYMMETRIC - 1;
    if (!digits)
        return err_set(err, ERR_INVALID,
                       "the secret does not begin with whsec_ (or whsk_ for ed25519): leave it out, "
                       "and one is made");
    secret.is_ed25519 = digits == text + sizeof ASYMMETRIC - 1;
    int n = decode(digits, secret.bytes, sizeof secret.bytes);
    if (n < 0)
        rc = err_set(err, ERR_INVALID, "what follows %s in the secret is not base 64, or more than %d bytes",
                     secret.is_ed25519 ? ASYMMETRIC : SYMMETRIC, WEBHOOK_SECRET_MAX_BYTES);
    else if (secret.is_ed25519 && n != SEED_BYTES && n != 2 * SEED_BYTES)
        rc = err_set(err, ERR_INVALID, "an ed25519 secret has %d bytes, this one has %d", SEED_BYTES, n);
    else if (!secret.is_ed25519 && n < WEBHOOK_SECRET_MIN_BYTES)
        rc = err_set(err, ERR_INVALID, "the secret has %d bytes: use %d to %d random ones", n, WEBHOOK_SECRET_MIN_BYTES,
                     WEBHOOK_SECRET_MAX_BYTES);
    if (rc == 0) {
        secret.n = secret.is_ed25519 ? SEED_BYTES : (size_t)n;
        *out = secret;
    }
    webhook_secret_wipe(&secret);
    return rc;
}

/* OpenSSL fails here only without memory or without ed25519. */
static EVP_PKEY *key_of(const struct webhook_secret *secret)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret->bytes, SEED_BYTES);
    if (!key)
        abort();
    return key;
}

char *webhook_secret_public(const struct webhook_secret *secret, char out[WEBHOOK_SECRET_TEXT_BYTES])
{
    uint8_t bytes[SEED_BYTES];
    size_t n = sizeof bytes;
    assert(secret->is_ed25519);
    EVP_PKEY *key = key_of(secret);
    if (EVP_PKEY_get_raw_public_key(key, bytes, &n) != 1)
        abort();
    EVP_PKEY_free(key);
    return encode(PUBLIC, bytes, n, out);
}

void webhook_secret_wipe(struct webhook_secret *secret)
{
    OPENSSL_cleanse(secret, sizeof *secret);
}

/* --- signing --------------------------------------------------------------------------------------------------- */

static size_t sign_ed25519(const struct webhook_secret *secret, const uint8_t *data, size_t n,
                           uint8_t out[SIGNATURE_BYTES])
{
    size_t length = SIGNATURE_BYTES;
    EVP_PKEY *key = key_of(secret);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 || EVP_DigestSign(ctx, out, &length, data, n) != 1)
        abort();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return length;
}

/* OpenSSL's: it hashes a body three times as fast as hmac_sha256, which is quicker to begin. */
static void sign_hmac(const struct webhook_secret *secret, const uint8_t *data, size_t n, uint8_t out[SHA256_BYTES])
{
    if (!HMAC(EVP_sha256(), secret->bytes, (int)secret->n, data, n, out, NULL))
        abort();
}

void webhook_sign(const struct webhook_secret *secret, const char *id, int64_t timestamp_s, const void *body, size_t n,
                  struct buf *out)
{
    char head[HEAD_BYTES];
    char text[WEBHOOK_SECRET_TEXT_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    size_t length = SHA256_BYTES;
    int head_n = snprintf(head, sizeof head, "%s.%" PRId64 ".", id, timestamp_s);
    assert(head_n > 0 && (size_t)head_n < sizeof head && !strchr(id, '.'));
    uint8_t *signed_bytes = xmalloc((size_t)head_n + n + 1);
    memcpy(signed_bytes, head, (size_t)head_n);
    if (n)
        memcpy(signed_bytes + head_n, body, n);
    if (secret->is_ed25519)
        length = sign_ed25519(secret, signed_bytes, (size_t)head_n + n, signature);
    else
        sign_hmac(secret, signed_bytes, (size_t)head_n + n, signature);
    free(signed_bytes);
    buf_adds(out, encode(secret->is_ed25519 ? "v1a," : "v1,", signature, length, text));
}
