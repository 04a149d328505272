/* Signed tokens in addresses and links; the contract is in core/mail_token.h. */
#include "core/mail_token.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"

enum {
    ID_BYTES = 8,
    MAC_BYTES = 10, /* 2^80 tries for one forgery, each a mail or a request */
    RAW_BYTES = ID_BYTES + MAC_BYTES,
    TOKEN_LEN = MAIL_TOKEN_BYTES - 1,
};

_Static_assert((RAW_BYTES * 8 + 4) / 5 == TOKEN_LEN, "the token's length in base 32");

/* The MAC over purpose and id, both as they are in `raw`. */
static void sign(const uint8_t *key, enum mail_token_purpose purpose, const uint8_t *raw, uint8_t mac[SHA256_BYTES])
{
    uint8_t data[1 + ID_BYTES] = {(uint8_t)purpose};
    memcpy(data + 1, raw, ID_BYTES);
    hmac_sha256(key, MAIL_TOKEN_KEY_BYTES, data, sizeof data, mac);
}

char *mail_token_make(const uint8_t key[MAIL_TOKEN_KEY_BYTES], enum mail_token_purpose purpose, int64_t id,
                      char out[MAIL_TOKEN_BYTES])
{
    uint8_t raw[RAW_BYTES];
    uint8_t mac[SHA256_BYTES];
    for (size_t i = 0; i < ID_BYTES; i++)
        raw[i] = (uint8_t)((uint64_t)id >> (56 - 8 * i));
    sign(key, purpose, raw, mac);
    memcpy(raw + ID_BYTES, mac, MAC_BYTES);
    return base32_encode(raw, sizeof raw, out);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int mail_token_open(const uint8_t key[MAIL_TOKEN_KEY_BYTES], enum mail_token_purpose purpose, const char *text,
                    int64_t *id)
{
    char token[MAIL_TOKEN_BYTES];
    uint8_t raw[RAW_BYTES];
    uint8_t mac[SHA256_BYTES];
    if (strnlen(text, MAIL_TOKEN_BYTES) != TOKEN_LEN)
        return ERR_INVALID;
    for (size_t i = 0; i < MAIL_TOKEN_BYTES; i++)
        token[i] = lower(text[i]);
    if (base32_decode(token, raw, sizeof raw) != 0)
        return ERR_INVALID;
    sign(key, purpose, raw, mac);
    if (!mem_equal_ct(mac, raw + ID_BYTES, MAC_BYTES))
        return ERR_INVALID;
    uint64_t value = 0;
    for (size_t i = 0; i < ID_BYTES; i++)
        value = value << 8 | raw[i];
    *id = (int64_t)value;
    return 0;
}

char *mail_token_make_local(const uint8_t key[MAIL_TOKEN_KEY_BYTES], enum mail_token_purpose purpose, int64_t id,
                            char out[MAIL_TOKEN_LOCAL_BYTES])
{
    out[0] = (char)purpose;
    out[1] = '+';
    mail_token_make(key, purpose, id, out + 2);
    return out;
}

static bool is_purpose(char letter)
{
#define MAIL_TOKEN_IS(id, its_letter, text) || letter == (its_letter)
    return false MAIL_TOKEN_MAP(MAIL_TOKEN_IS);
#undef MAIL_TOKEN_IS
}

int mail_token_open_local(const uint8_t key[MAIL_TOKEN_KEY_BYTES], const char *address,
                          enum mail_token_purpose *purpose, int64_t *id)
{
    char token[MAIL_TOKEN_BYTES] = "";
    char letter = lower(address[0]);
    if (!is_purpose(letter) || address[1] != '+' || strcspn(address + 2, "@") != TOKEN_LEN)
        return ERR_INVALID;
    memcpy(token, address + 2, TOKEN_LEN);
    int rc = mail_token_open(key, (enum mail_token_purpose)letter, token, id);
    if (rc == 0)
        *purpose = (enum mail_token_purpose)letter;
    return rc;
}
