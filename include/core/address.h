/*
 * Mail addresses, as far as a relay can deliver them.
 *
 * Stricter than RFC 5321 where its liberty is only ever a typing error: dot-atom local parts (no quoted
 * strings), at least one dot in the domain, no address literals. What passes can be put between < and > in
 * an SMTP command without escaping: no space, no control or invisible character, no angle bracket.
 *
 * Letters such as å in the domain are normal (IDNA2008: sent as A-labels). In the local part they need
 * SMTPUTF8 at every server on the way and are mostly a typing error: they are accepted and flagged, with a
 * suggestion, and never changed silently.
 *
 * Pure, any thread. Callers: register import, forms, API, CLI.
 */
#ifndef GB_CORE_ADDRESS_H
#define GB_CORE_ADDRESS_H

#include <stdbool.h>

#include "core/wording.h"

struct err;

enum {
    ADDRESS_LOCAL_MAX = 64,  /* RFC 5321 4.5.3.1.1 */
    ADDRESS_MAX = 254,       /* RFC 5321 4.5.3.1.3: a path of 256 with its brackets */
    ADDRESS_BYTES = 256,     /* room for an address and its NUL */
    ADDRESS_KEY_BYTES = 512, /* a key may grow when its case is folded */
};

/* name, Swedish, English: what is wrong, to follow on "the address ..." or stand alone */
#define ADDRESS_FAULT_MAP(X)                                                                                        \
    X(EMPTY, "adressen är tom", "the address is empty")                                                             \
    X(UTF8, "den innehåller tecken som inte går att läsa", "it is not valid UTF-8")                                 \
    X(CONTROL, "den innehåller ett osynligt tecken eller styrtecken", "it has an invisible or control character")   \
    X(SPACE, "den innehåller ett mellanslag", "it has a space")                                                     \
    X(NO_AT, "den saknar @", "it has no @")                                                                         \
    X(TWO_AT, "den har fler än ett @", "it has more than one @")                                                    \
    X(NO_LOCAL, "det står inget före @", "nothing stands before the @")                                             \
    X(LONG, "den är längre än 254 tecken", "it is longer than 254 characters")                                      \
    X(LOCAL_LONG, "delen före @ är längre än 64 tecken", "the part before the @ is longer than 64 characters")      \
    X(LOCAL_DOT, "delen före @ börjar eller slutar med punkt eller har två punkter i rad",                          \
      "the part before the @ starts or ends with a dot or has two dots in a row")                                   \
    X(QUOTED, "delen före @ står inom citattecken, och sådana adresser kan inte användas här",                      \
      "the part before the @ is a quoted string, which is not supported here")                                      \
    X(LOCAL_CHAR, "delen före @ har ett tecken som inte får stå i en e-postadress",                                 \
      "the part before the @ has a character that no address may have")                                             \
    X(NO_DOMAIN, "det står inget efter @", "nothing stands after the @")                                            \
    X(NO_DOT, "det saknas en punkt efter @, som i example.se", "the part after the @ has no dot, as in example.se") \
    X(LITERAL, "efter @ står en nätadress i stället för ett domännamn",                                             \
      "the part after the @ is a network address and not a domain name")                                            \
    X(DOMAIN, "delen efter @ är inte ett giltigt domännamn", "the part after the @ is not a valid domain name")

enum address_fault {
    ADDRESS_OK,
#define ADDRESS_ENUM(name, sv, en) ADDRESS_##name,
    ADDRESS_FAULT_MAP(ADDRESS_ENUM)
#undef ADDRESS_ENUM
};

struct address {
    char full[ADDRESS_BYTES];       /* as typed, NFC; what people see and what is stored */
    char ascii[ADDRESS_BYTES];      /* what the relay gets: domain as lower-case A-labels, local part as in `full`
                                     * (ASCII as a whole unless needs_smtputf8) */
    char key[ADDRESS_KEY_BYTES];    /* equal for "the same address": case-folded local part, domain as A-labels */
    bool needs_smtputf8;            /* the local part has letters outside ASCII (RFC 6531) */
    bool domain_typo;               /* the domain looks like a misspelt well-known one (gmial.com) */
    char suggestion[ADDRESS_BYTES]; /* what was probably meant, when a flag is set and there is a guess; or "" */
};

/* Checks `raw` (no white space round it) and fills *out; *out is untouched unless ADDRESS_OK. */
enum address_fault address_read(const char *raw, struct address *out);
/* The same for callers with a struct err: 0, or ERR_INVALID with an English text that names the address. */
int address_parse(const char *raw, struct address *out, struct err *err);
/* The words for a fault other than ADDRESS_OK; never NULL. */
const struct wording *address_fault_wording(enum address_fault fault);

/* The well-known domain that `domain` (lower-case ASCII) probably was meant to be, or NULL. Static. */
const char *address_domain_meant(const char *domain);

#endif
