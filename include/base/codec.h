/*
 * Small encodings and keyed hashes: hex, base32 (tokens in addresses and links),
 * SHA-256 and HMAC-SHA-256 (both OpenSSL's).
 * Pure functions, any thread.
 */
#ifndef GB_BASE_CODEC_H
#define GB_BASE_CODEC_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32, SHA256_HEX_BYTES = 65 };

/* Lower-case hex of n bytes and a NUL into out[2 * n + 1]; returns out. */
char *hex_encode(const void *data, size_t n, char *out);

/* Decodes exactly `n` bytes from 2 * n lower-case digits; 0 or ERR_INVALID. */
int hex_decode(const char *text, void *out, size_t n);

/* SHA-256 of `n` bytes as lower-case hex; returns out. */
char *sha256_hex(const void *data, size_t n, char out[SHA256_HEX_BYTES]);
/* SHA-256 over several pieces, for what is not one string: new, add, add, ..., end (frees). */
struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *s, const void *data, size_t n);
/* Adds the length (8 bytes, big-endian) and then the text, so that two texts never run together; NULL counts as "". */
void sha256_add_text(struct sha256 *s, const char *text);
char *sha256_end_hex(struct sha256 *s, char out[SHA256_HEX_BYTES]);

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t n, uint8_t out[SHA256_BYTES]);

/* Equal in constant time? 1 or 0. */
int mem_equal_ct(const void *a, const void *b, size_t n);

/* Crockford base 32, lower case, most significant bits first: (n * 8 + 4) / 5 digits and a NUL; returns out. */
char *base32_encode(const void *data, size_t n, char *out);
/* Decodes exactly `n` bytes; 0, or ERR_INVALID (wrong length, wrong digit, set padding bits). */
int base32_decode(const char *text, void *out, size_t n);

#endif
