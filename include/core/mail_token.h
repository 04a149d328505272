/*
 * Signed tokens in mail addresses and links: which delivery or person a bounce, a reply or an unsubscription is about.
 *
 * A token is 64 bits of id and 80 bits of HMAC-SHA-256 over purpose and id, in base 32: 29 characters, so that
 * `b+TOKEN` stays far below the 64 of a local part. Nobody without the key can make one (and so suspend a neighbour
 * by forging a bounce), and one of a purpose never opens as another. The id is not secret.
 * Mail systems may change the case of a local part, so reading ignores it.
 *
 * Callers: deliver/render (making), inbound and http (opening). Pure, any thread, no allocation. Never tells why a
 * token was refused, and compares in constant time.
 */
#ifndef GB_CORE_MAIL_TOKEN_H
#define GB_CORE_MAIL_TOKEN_H

#include <stdint.h>

/* purpose, its letter (also before the "+" of a local part), what the id is */
#define MAIL_TOKEN_MAP(X)                                             \
    X(BOUNCE, 'b', "the return path: a delivery")                     \
    X(SHARED, 'm', "the return path of one mail to many: a message")  \
    X(REPLY, 'r', "an answer: a delivery")                            \
    X(UNSUBSCRIBE, 'u', "no more letters: a contact's address")       \
    X(UNSUBSCRIBE_ALERTS, 'a', "no more alerts: a contact's address") \
    X(SMS_REPORT, 's', "a gateway's report: a webhook delivery")

enum mail_token_purpose {
#define MAIL_TOKEN_ENUM(id, letter, text) MAIL_TOKEN_##id = (letter),
    MAIL_TOKEN_MAP(MAIL_TOKEN_ENUM)
#undef MAIL_TOKEN_ENUM
};

enum {
    MAIL_TOKEN_KEY_BYTES = 32,
    MAIL_TOKEN_BYTES = 30,       /* 29 characters and a NUL */
    MAIL_TOKEN_LOCAL_BYTES = 32, /* "b+", the token and a NUL */
};

/* The token into out; returns out. */
char *mail_token_make(const uint8_t key[MAIL_TOKEN_KEY_BYTES], enum mail_token_purpose purpose, int64_t id,
                      char out[MAIL_TOKEN_BYTES]);
/* 0 and *id; or ERR_INVALID when `text` is no token of this key and purpose. */
int mail_token_open(const uint8_t key[MAIL_TOKEN_KEY_BYTES], enum mail_token_purpose purpose, const char *text,
                    int64_t *id);

/* The local part "b+TOKEN" of a return path (VERP), reply or unsubscription address; returns out. */
char *mail_token_make_local(const uint8_t key[MAIL_TOKEN_KEY_BYTES], enum mail_token_purpose purpose, int64_t id,
                            char out[MAIL_TOKEN_LOCAL_BYTES]);
/* From such a local part, alone or with "@domain" behind it (which is not looked at): 0, the purpose and the id; or
 * ERR_INVALID. */
int mail_token_open_local(const uint8_t key[MAIL_TOKEN_KEY_BYTES], const char *address,
                          enum mail_token_purpose *purpose, int64_t *id);

#endif
