/*
 * The signatures of Standard Webhooks: secrets, and what they make of an attempt.
 *
 * A symmetric secret is "whsec_" and the base 64 of 24 to 64 bytes (HMAC-SHA-256, `v1`); an asymmetric one is "whsk_"
 * and the base 64 of an ed25519 key's 32-byte seed (`v1a`), whose receiver holds the public key, "whpk_". Signed are
 * id, ".", Unix time of this attempt, ".", the body as it goes out.
 *
 * Used by core/webhook.c (making, reading) and the queue (signing). Pure but for random bytes; any thread. No error
 * text ever repeats a secret.
 */
#ifndef GB_CORE_WEBHOOK_SIGN_H
#define GB_CORE_WEBHOOK_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

enum {
    WEBHOOK_SECRET_MIN_BYTES = 24, /* of a symmetric secret, decoded */
    WEBHOOK_SECRET_MAX_BYTES = 64,
    WEBHOOK_SECRET_TEXT_BYTES = 96, /* "whsec_", 88 characters and a NUL */
    WEBHOOK_SIGNATURES_MAX = 4,     /* the present secret and former ones that have not retired */
};

struct webhook_secret {
    bool is_ed25519;
    uint8_t bytes[WEBHOOK_SECRET_MAX_BYTES]; /* the key, or the seed */
    size_t n;
};

/* A new secret of 32 random bytes as text into out; returns out. */
char *webhook_secret_new(bool is_ed25519, char out[WEBHOOK_SECRET_TEXT_BYTES]);
/* From its text: 0, or ERR_INVALID with what is wrong. A whsk_ secret may also be seed and public key together. */
int webhook_secret_parse(const char *text, struct webhook_secret *out, struct err *err);
/* The public key of an ed25519 secret, "whpk_...", into out; returns out. */
char *webhook_secret_public(const struct webhook_secret *secret, char out[WEBHOOK_SECRET_TEXT_BYTES]);
void webhook_secret_wipe(struct webhook_secret *secret);

/* Append one signature, "v1,BASE64" or "v1a,BASE64", to `out`. */
void webhook_sign(const struct webhook_secret *secret, const char *id, int64_t timestamp_s, const void *body, size_t n,
                  struct buf *out);

#endif
