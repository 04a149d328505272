/*
 * Unicode text on libunistring. Most of what comes in is ASCII, and a register has hundreds of
 * thousands of cells, so the functions look for a byte above 0x7f before they call the library.
 */
#include "base/text.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

static bool is_ascii(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] >= 0x80)
            return false;
    }
    return true;
}

bool text_is_utf8(const char *s, size_t n)
{
    return is_ascii(s, n) || u8_check((const uint8_t *)s, n) == NULL;
}

/* Characters that act on the text round them instead of being read. */
static bool is_control(ucs4_t c)
{
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
        return true;
    if (c == 0x2028 || c == 0x2029)
        return true;
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool text_has_control(const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s;
    while (n > 0) {
        ucs4_t c = 0;
        int used = u8_mbtouc(&c, p, n);
        if (is_control(c))
            return true;
        p += used;
        n -= (size_t)used;
    }
    return false;
}

/* What `u8_normalize` and `u8_casefold` gave, with a closing NUL. The library fails on lack of memory only
 * (the input is checked before), and lack of memory ends the process. */
static char *finish(uint8_t *bytes, size_t n)
{
    if (bytes == NULL)
        abort();
    char *s = xrealloc(bytes, n + 1);
    s[n] = '\0';
    return s;
}

/* Valid UTF-8 whose every character lies below U+0300 (lead bytes below 0xcc) is NFC as it is: nothing in it combines
 * or decomposes to something else. That is nearly all that Swedes write. */
static bool is_below_combining(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] >= 0xcc)
            return false;
    }
    return true;
}

char *text_nfc(const char *s, size_t n)
{
    if (is_ascii(s, n))
        return xstrndup(s, n);
    if (u8_check((const uint8_t *)s, n) != NULL)
        return NULL;
    if (is_below_combining(s, n))
        return xstrndup(s, n);
    size_t len = 0;
    uint8_t *out = u8_normalize(UNINORM_NFC, (const uint8_t *)s, n, NULL, &len);
    return finish(out, len);
}

static bool is_invisible(ucs4_t c)
{
    return c == 0x200b || c == 0x2060 || c == 0xfeff;
}

static bool is_white_space(ucs4_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r');
    return uc_is_property_white_space(c);
}

/* In place: the result is never longer than the input. */
static void fold_space(char *s)
{
    const uint8_t *in = (const uint8_t *)s;
    size_t left = strlen(s);
    size_t out = 0;
    bool pending = false; /* white space seen since the last character */
    while (left > 0) {
        ucs4_t c = 0;
        size_t used = (size_t)u8_mbtouc(&c, in, left);
        if (is_white_space(c)) {
            pending = out > 0;
        } else if (!is_invisible(c)) {
            if (pending)
                s[out++] = ' ';
            pending = false;
            memmove(s + out, in, used);
            out += used;
        }
        in += used;
        left -= used;
    }
    s[out] = '\0';
}

char *text_clean(const char *s)
{
    char *out = text_nfc(s, strlen(s));
    if (out != NULL)
        fold_space(out);
    return out;
}

/* Folds the letters A to Z and À to Þ in place; false, perhaps half done, when there is any other letter that only the
 * library knows (ß becomes two). Folding twice is folding once. */
static bool fold_common(char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 'A' && c <= 'Z') {
            s[i] = (char)(c - 'A' + 'a');
        } else if (c >= 0x80) {
            unsigned char low = (unsigned char)s[i + 1];
            if (c != 0xc3 || low == 0x9f)
                return false;
            if (low < 0x9f && low != 0x97) /* U+00D7 is a sign */
                s[i + 1] = (char)(low + 0x20);
            i++;
        }
    }
    return true;
}

char *text_fold(const char *s)
{
    char *clean = text_clean(s);
    if (clean == NULL)
        return NULL;
    size_t n = strlen(clean);
    if (fold_common(clean, n))
        return clean;
    size_t len = 0;
    uint8_t *folded = u8_casefold((const uint8_t *)clean, n, "", UNINORM_NFC, NULL, &len);
    free(clean);
    return finish(folded, len);
}

/* What stands for one folded letter; NULL: take its base letter. The letters after z use the three characters
 * that follow z in ASCII, as Swedish ISO 646 did; those three are therefore moved before the letters. */
static const char *sort_letter(ucs4_t c)
{
    switch (c) {
    case 0xe5: /* å */
        return "{";
    case 0xe4: /* ä */
    case 0xe6: /* æ */
        return "|";
    case 0xf6: /* ö */
    case 0xf8: /* ø */
        return "}";
    case 0xfc: /* ü */
        return "y";
    case '{':
        return "(";
    case '|':
        return "!";
    case '}':
        return ")";
    default:
        return NULL;
    }
}

static const char *ascii_letter(ucs4_t c)
{
    switch (c) {
    case 0xe6: /* æ */
        return "ae";
    case 0xf8: /* ø */
        return "o";
    case 0xfe: /* þ */
        return "th";
    case 0xf0:  /* ð */
    case 0x111: /* đ */
        return "d";
    case 0x142: /* ł */
        return "l";
    case 0x131: /* ı */
        return "i";
    case 0x153: /* œ */
        return "oe";
    case 0x2010: /* hyphen */
    case 0x2011: /* hyphen that does not break */
    case 0x2013: /* en dash */
        return "-";
    case 0x2019: /* apostrophe */
        return "'";
    default:
        return NULL;
    }
}

/* The letter under the marks: é → e. Takes canonical decomposition only. */
static ucs4_t base_letter(ucs4_t c)
{
    ucs4_t parts[UC_DECOMPOSITION_MAX_LENGTH];
    while (c >= 0x80) {
        int n = uc_canonical_decomposition(c, parts);
        if (n < 1)
            break;
        c = parts[0];
    }
    return c;
}

/* Fold `s` and write each letter as `map` says, or without its marks. */
static char *map_letters(const char *s, const char *(*map)(ucs4_t))
{
    char *folded = text_fold(s);
    if (folded == NULL)
        return NULL;
    const uint8_t *in = (const uint8_t *)folded;
    size_t left = strlen(folded);
    char *out = xmalloc(left + 1); /* no letter's stand-in is longer than the letter in UTF-8 */
    size_t len = 0;
    while (left > 0) {
        ucs4_t c = 0;
        size_t used = (size_t)u8_mbtouc(&c, in, left);
        const char *stand_in = map(c);
        if (stand_in != NULL) {
            size_t n = strlen(stand_in);
            memcpy(out + len, stand_in, n);
            len += n;
        } else if (uc_combining_class(c) == 0) {
            int n = u8_uctomb((uint8_t *)out + len, base_letter(c), (ptrdiff_t)used);
            if (n > 0)
                len += (size_t)n;
        }
        in += used;
        left -= used;
    }
    out[len] = '\0';
    free(folded);
    return out;
}

char *text_sort_key(const char *s)
{
    return map_letters(s, sort_letter);
}

char *text_ascii(const char *s)
{
    char *out = map_letters(s, ascii_letter);
    if (out != NULL && !is_ascii(out, strlen(out))) {
        free(out);
        return NULL;
    }
    return out;
}

size_t text_length(const char *s)
{
    return u8_mbsnlen((const uint8_t *)s, strlen(s));
}

size_t text_prefix(const char *s, size_t chars)
{
    size_t left = strlen(s), used = 0;
    for (; left > 0 && chars > 0; chars--) {
        ucs4_t c = 0;
        int n = u8_mbtoucr(&c, (const uint8_t *)s + used, left);
        size_t step = n > 0 ? (size_t)n : 1;
        used += step;
        left -= step;
    }
    return used;
}

static bool is_address_byte(char c)
{
    return c != '\0' && !strchr(" \t<>(),;:\"'[]", c);
}

char *text_mask_addresses(const char *s, char *out, size_t room)
{
    static const char mask[] = "<address>";
    size_t n = 0;
    while (*s && n + 1 < room) {
        size_t word = 0;
        while (is_address_byte(s[word]))
            word++;
        bool is_address = word > 0 && memchr(s, '@', word) != NULL;
        const char *piece = is_address ? mask : s;
        size_t len = is_address ? strlen(mask) : word > 0 ? word : 1;
        if (is_address && n > 0 && out[n - 1] == '<' && s[word] == '>') { /* "<a@b>" stays one pair of brackets */
            n--;
            word++;
        }
        if (n + len >= room)
            len = room - 1 - n;
        while (len > 0 && ((unsigned char)piece[len] & 0xc0) == 0x80)
            len--;
        memcpy(out + n, piece, len);
        n += len;
        s += word > 0 ? word : 1;
    }
    out[n] = '\0';
    return out;
}
