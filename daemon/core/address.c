/*
 * Checking of mail addresses. The order of the checks is the order in which a person would notice the
 * faults, so that the one reported is the one to correct.
 */
#include "core/address.h"

#include <assert.h>
#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum { DOMAIN_MAX = 255, LABEL_MAX = 63, ALABEL_PREFIX_LEN = 4 };

const struct wording *address_fault_wording(enum address_fault fault)
{
    static const struct wording words[] = {{"adressen går att använda", "the address is fine"},
#define ADDRESS_WORDS(name, sv, en) {sv, en},
                                           ADDRESS_FAULT_MAP(ADDRESS_WORDS)
#undef ADDRESS_WORDS
    };
    return &words[fault];
}

static bool is_ascii(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s >= 0x80)
            return false;
    }
    return true;
}

/* Characters that cannot be seen or told from nothing: controls, formats, separators, unassigned, private. */
static enum address_fault check_characters(const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    while (*p != '\0') {
        ucs4_t c = 0;
        p += u8_mbtouc(&c, p, strlen((const char *)p));
        if (c == ' ')
            return ADDRESS_SPACE;
        if (c < 0x20 || c == 0x7f)
            return ADDRESS_CONTROL;
        if (c < 0x80)
            continue;
        if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Z))
            return ADDRESS_SPACE;
        if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_C))
            return ADDRESS_CONTROL;
    }
    return ADDRESS_OK;
}

/* atext of RFC 5322 3.2.3, and any byte of UTF-8 by RFC 6531 3.3 */
static bool is_atext(char c)
{
    if ((unsigned char)c >= 0x80)
        return true;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL;
}

static enum address_fault check_local(const char *local, size_t n)
{
    if (n == 0)
        return ADDRESS_NO_LOCAL;
    if (local[0] == '"')
        return ADDRESS_QUOTED;
    if (n > ADDRESS_LOCAL_MAX)
        return ADDRESS_LOCAL_LONG;
    if (local[0] == '.' || local[n - 1] == '.')
        return ADDRESS_LOCAL_DOT;
    for (size_t i = 0; i < n; i++) {
        if (local[i] == '.' && local[i + 1] == '.')
            return ADDRESS_LOCAL_DOT;
        if (local[i] != '.' && !is_atext(local[i]))
            return ADDRESS_LOCAL_CHAR;
    }
    return ADDRESS_OK;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters, digits and hyphens in labels of 1 to 63 (RFC 1123 2.1), and a last label that is no number. libidn2
 * lets junk in ASCII through, so this is needed after it too. `domain` is lower-case. */
static enum address_fault check_ldh(const char *domain)
{
    size_t label = 0;
    size_t labels = 0;
    bool is_number = true;
    if (strlen(domain) > DOMAIN_MAX)
        return ADDRESS_LONG;
    for (const char *p = domain;; p++) {
        if (*p == '.' || *p == '\0') {
            if (label == 0 || label > LABEL_MAX || p[-1] == '-')
                return ADDRESS_DOMAIN;
            labels++;
            if (*p == '\0')
                break;
            label = 0;
            is_number = true;
            continue;
        }
        if (!is_alnum(*p) && !(*p == '-' && label > 0))
            return ADDRESS_DOMAIN;
        is_number = is_number && *p >= '0' && *p <= '9';
        label++;
    }
    if (labels < 2)
        return ADDRESS_NO_DOT;
    return is_number ? ADDRESS_LITERAL : ADDRESS_OK;
}

static bool has_alabel(const char *domain)
{
    for (const char *p = domain; p != NULL; p = strchr(p, '.')) {
        p += *p == '.';
        if (strncmp(p, "xn--", ALABEL_PREFIX_LEN) == 0)
            return true;
    }
    return false;
}

/* The domain as lower-case A-labels into out[ADDRESS_BYTES]. */
static enum address_fault read_domain(const char *domain, char *out)
{
    if (domain[0] == '\0')
        return ADDRESS_NO_DOMAIN;
    if (domain[0] == '[')
        return ADDRESS_LITERAL;
    char ascii[ADDRESS_BYTES] = "";
    size_t n = strlen(domain);
    assert(n < sizeof ascii);
    for (size_t i = 0; i < n; i++)
        ascii[i] = domain[i] >= 'A' && domain[i] <= 'Z' ? (char)(domain[i] - 'A' + 'a') : domain[i];
    if (!is_ascii(ascii) || has_alabel(ascii)) {
        char *converted = NULL;
        int rc = idn2_to_ascii_8z(ascii, &converted, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
        if (rc == IDN2_MALLOC)
            abort();
        if (rc == IDN2_TOO_BIG_DOMAIN)
            return ADDRESS_LONG;
        if (rc != IDN2_OK)
            return ADDRESS_DOMAIN;
        bool fits = strlen(converted) < sizeof ascii;
        if (fits)
            memcpy(ascii, converted, strlen(converted) + 1);
        idn2_free(converted);
        if (!fits)
            return ADDRESS_LONG;
    }
    enum address_fault fault = check_ldh(ascii);
    if (fault == ADDRESS_OK)
        memcpy(out, ascii, strlen(ascii) + 1);
    return fault;
}

/* "local@domain" into out[size]; false when it does not fit. */
static bool join(char *out, size_t size, const char *local, size_t local_len, const char *domain)
{
    int n = snprintf(out, size, "%.*s@%s", (int)local_len, local, domain);
    return n >= 0 && (size_t)n < size;
}

/* Flags, and the guess at what was meant. */
static void suggest(struct address *a, const char *local, size_t local_len, const char *domain)
{
    char *local_text = xstrndup(local, local_len);
    char *local_ascii = NULL;
    const char *meant = address_domain_meant(domain);
    a->needs_smtputf8 = !is_ascii(local_text);
    a->domain_typo = meant != NULL;
    if (a->needs_smtputf8)
        local_ascii = text_ascii(local_text);
    /* A local part in another script has no guess; then only the domain could be put right, which is no use alone. */
    const char *guess = a->needs_smtputf8 ? local_ascii : local_text;
    if ((a->needs_smtputf8 || a->domain_typo) && guess != NULL && guess[0] != '\0' &&
        check_local(guess, strlen(guess)) == ADDRESS_OK) {
        if (!join(a->suggestion, sizeof a->suggestion, guess, strlen(guess), meant != NULL ? meant : domain))
            a->suggestion[0] = '\0';
    }
    free(local_ascii);
    free(local_text);
}

/* `text` is NFC, at most ADDRESS_MAX bytes and free of odd characters. */
static enum address_fault read_parts(const char *text, struct address *a)
{
    const char *at = strrchr(text, '@');
    if (at == NULL)
        return ADDRESS_NO_AT;
    size_t local_len = (size_t)(at - text);
    if (text[0] != '"' && memchr(text, '@', local_len) != NULL)
        return ADDRESS_TWO_AT;
    enum address_fault fault = check_local(text, local_len);
    if (fault != ADDRESS_OK)
        return fault;
    char domain[ADDRESS_BYTES];
    fault = read_domain(at + 1, domain);
    if (fault != ADDRESS_OK)
        return fault;
    if (!join(a->ascii, ADDRESS_MAX + 1, text, local_len, domain))
        return ADDRESS_LONG;
    memcpy(a->full, text, strlen(text) + 1);
    char *local = xstrndup(text, local_len);
    char *folded = text_fold(local);
    bool fits = folded != NULL && join(a->key, sizeof a->key, folded, strlen(folded), domain);
    free(folded);
    free(local);
    if (!fits)
        return ADDRESS_LONG;
    suggest(a, text, local_len, domain);
    return ADDRESS_OK;
}

enum address_fault address_read(const char *raw, struct address *out)
{
    size_t n = strlen(raw);
    if (n == 0)
        return ADDRESS_EMPTY;
    char *text = text_nfc(raw, n);
    if (text == NULL)
        return ADDRESS_UTF8;
    struct address a = {.full = ""};
    enum address_fault fault = check_characters(text);
    if (fault == ADDRESS_OK && strlen(text) > ADDRESS_MAX)
        fault = ADDRESS_LONG;
    if (fault == ADDRESS_OK)
        fault = read_parts(text, &a);
    free(text);
    if (fault == ADDRESS_OK)
        *out = a;
    return fault;
}

int address_parse(const char *raw, struct address *out, struct err *err)
{
    enum address_fault fault = address_read(raw, out);
    if (fault == ADDRESS_OK)
        return 0;
    const char *shown = text_is_utf8(raw, strlen(raw)) && !text_has_control(raw, strlen(raw)) ? raw : "?";
    return err_set(err, ERR_INVALID, "mail address \"%.100s\": %s", shown, address_fault_wording(fault)->en);
}
