/*
 * Telephone numbers. A number is first reduced to its digits and a sign ("international"), then judged by
 * length and first digits alone: no table of subscribers' ranges, which would be wrong within a year.
 */
#include "core/phone.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

enum {
    DIGITS_MAX = 40,        /* more than any number; beyond it the text is no number */
    E164_DIGITS_MAX = 15,   /* ITU-T E.164 6.1 */
    FOREIGN_DIGITS_MIN = 7, /* country code and subscriber */
    SWEDISH_DIGITS_MIN = 7, /* without the leading zero: 08-12 34 56 */
    SWEDISH_DIGITS_MAX = 9,
    MOBILE_DIGITS = 9,
    PIECE_MAX = 80, /* bytes of one number with its label */
};

const struct wording *phone_fault_wording(enum phone_fault fault)
{
    static const struct wording words[] = {{"numret går att använda", "the number is fine"},
#define PHONE_WORDS(name, sv, en) {sv, en},
                                           PHONE_FAULT_MAP(PHONE_WORDS)
#undef PHONE_WORDS
    };
    return &words[fault];
}

struct digits {
    char d[DIGITS_MAX + 1];
    size_t n;
    bool plus;
};

/* What people put between the digits; the number of bytes, or 0. */
static size_t separator(const char *s)
{
    static const char *const many[] = {"\xc2\xa0",     "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92",
                                       "\xe2\x80\x93", "\xe2\x80\xaf", "\xe2\x88\x92", "\xe2\x80\x89"};
    if (*s != '\0' && strchr(" -.()/\t", *s) != NULL)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        if (strncmp(s, many[i], strlen(many[i])) == 0)
            return strlen(many[i]);
    }
    return 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A word that says what kind of number it is; the number of bytes with a colon after it, or 0. */
static size_t label(const char *s)
{
    static const char *const words[] = {"telefon", "mobil",  "mob",    "tfn",  "tel",  "hemma",
                                        "hem",     "bostad", "arbete", "arb",  "jobb", "privat",
                                        "fast",    "phone",  "mobile", "home", "work"};
    size_t n = 0;
    while (is_letter(s[n]))
        n++;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strlen(words[i]) == n && strncasecmp(words[i], s, n) == 0)
            return n + (s[n] == ':' || s[n] == '.' ? 1 : 0);
    }
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "7,01E+08": digits, a comma or dot, E and a sign or digit */
static bool is_scientific(const char *s)
{
    while (*s == ' ')
        s++;
    const char *p = s;
    while (is_digit(*p) || *p == ',' || *p == '.')
        p++;
    if (p == s || !is_digit(*s) || (*p != 'E' && *p != 'e'))
        return false;
    return p[1] == '+' || p[1] == '-' || is_digit(p[1]);
}

static enum phone_fault collect(const char *s, struct digits *out)
{
    while (*s != '\0') {
        if (is_digit(*s)) {
            if (out->n == DIGITS_MAX)
                return PHONE_LONG;
            out->d[out->n++] = *s++;
            continue;
        }
        size_t skip = separator(s);
        if (skip == 0)
            skip = label(s);
        if (skip == 0 && *s == '+' && out->n == 0 && !out->plus) {
            out->plus = true;
            skip = 1;
        }
        if (skip == 0)
            return PHONE_CHARACTER;
        s += skip;
    }
    out->d[out->n] = '\0';
    return out->n == 0 ? PHONE_EMPTY : PHONE_OK;
}

/* `nsn`: the digits after the leading zero. 07x is nine digits whatever x is (mobile and 0771 alike). */
static enum phone_fault swedish(const char *nsn, struct phone *out)
{
    size_t n = strlen(nsn);
    if (nsn[0] == '7' && n != MOBILE_DIGITS)
        return PHONE_MOBILE;
    if (n < SWEDISH_DIGITS_MIN)
        return PHONE_SHORT;
    if (n > SWEDISH_DIGITS_MAX || nsn[0] == '0')
        return PHONE_LONG;
    snprintf(out->e164, sizeof out->e164, "+46%s", nsn);
    return PHONE_OK;
}

/* Digits after + or 00: country code first. */
static enum phone_fault international(const char *d, struct phone *out)
{
    if (d[0] == '4' && d[1] == '6')
        return swedish(d + 2 + (d[2] == '0' ? 1 : 0), out); /* +46 (0)70: the zero is not dialled */
    size_t n = strlen(d);
    if (n < FOREIGN_DIGITS_MIN)
        return PHONE_SHORT;
    if (n > E164_DIGITS_MAX)
        return PHONE_LONG;
    if (d[0] == '0')
        return PHONE_CHARACTER;
    snprintf(out->e164, sizeof out->e164, "+%s", d);
    return PHONE_OK;
}

enum phone_fault phone_read(const char *text, struct phone *out)
{
    struct digits x = {.n = 0};
    struct phone p = {.e164 = ""};
    if (is_scientific(text))
        return PHONE_SCIENTIFIC;
    enum phone_fault fault = collect(text, &x);
    if (fault != PHONE_OK)
        return fault;
    if (x.plus)
        fault = international(x.d, &p);
    else if (x.d[0] == '0' && x.d[1] == '0')
        fault = international(x.d + 2, &p);
    else if (x.d[0] == '0')
        fault = swedish(x.d + 1, &p);
    else if (x.n == MOBILE_DIGITS + 2 && strncmp(x.d, "467", 3) == 0)
        fault = international(x.d, &p);
    else if (x.n >= SWEDISH_DIGITS_MAX - 1 && x.n <= SWEDISH_DIGITS_MAX) {
        fault = swedish(x.d, &p);
        p.zero_added = true;
    } else {
        fault = x.n < SWEDISH_DIGITS_MAX ? PHONE_NO_AREA : PHONE_LONG;
    }
    if (fault == PHONE_OK)
        *out = p;
    return fault;
}

/* The end of the first number in `s`, and in *next the start of the one after it. A slash after two to four
 * digits stands between area code and number. */
static size_t piece_end(const char *s, const char **next)
{
    size_t digits = 0;
    for (const char *p = s; *p != '\0'; p++) {
        if (is_digit(*p))
            digits++;
        bool is_border = *p == ';' || *p == ',' || *p == '\n' || *p == '|' || (*p == '/' && digits > 4) ||
                         (*p == '/' && digits == 0);
        size_t word = 0;
        if (*p == ' ' && strncasecmp(p, " eller ", 7) == 0)
            word = 7;
        else if (*p == ' ' && strncasecmp(p, " och ", 5) == 0)
            word = 5;
        if (is_border || word > 0) {
            *next = p + (word > 0 ? word : 1);
            return (size_t)(p - s);
        }
    }
    *next = s + strlen(s);
    return strlen(s);
}

enum phone_fault phone_read_cell(const char *cell, struct phone out[PHONE_CELL_MAX], size_t *n_out)
{
    struct phone found[PHONE_CELL_MAX];
    size_t n = 0;
    bool too_many = false;
    if (is_scientific(cell)) /* its comma is no border */
        return PHONE_SCIENTIFIC;
    for (const char *s = cell; *s != '\0';) {
        const char *next = NULL;
        size_t len = piece_end(s, &next);
        char piece[PIECE_MAX];
        if (len >= sizeof piece)
            return PHONE_LONG;
        memcpy(piece, s, len);
        piece[len] = '\0';
        s = next;
        struct phone p;
        enum phone_fault fault = phone_read(piece, &p);
        if (fault == PHONE_EMPTY)
            continue;
        if (fault != PHONE_OK)
            return fault;
        if (n == PHONE_CELL_MAX)
            too_many = true;
        else if (n == 0 || strcmp(found[0].e164, p.e164) != 0)
            found[n++] = p;
    }
    if (n == 0)
        return PHONE_EMPTY;
    memcpy(out, found, n * sizeof *out);
    *n_out = n;
    return too_many ? PHONE_TOO_MANY : PHONE_OK;
}

int phone_parse(const char *text, struct phone *out, struct err *err)
{
    enum phone_fault fault = phone_read(text, out);
    if (fault == PHONE_OK)
        return 0;
    return err_set(err, ERR_INVALID, "telephone number: %s", phone_fault_wording(fault)->en);
}

/* The digits of the area code after its zero. Most have three; these have fewer. */
static size_t area_len(const char *nsn)
{
    static const char two[][3] = {"10", "11", "13", "16", "18", "19", "20", "21", "23", "26", "31", "33", "35", "36",
                                  "40", "42", "44", "46", "54", "60", "63", "70", "72", "73", "74", "76", "79", "90"};
    if (nsn[0] == '8')
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(two); i++) {
        if (strncmp(two[i], nsn, 2) == 0)
            return 2;
    }
    return 3;
}

char *phone_national(const char *e164, char out[PHONE_TEXT_BYTES])
{
    size_t n = strlen(e164);
    if (strncmp(e164, "+46", 3) != 0 || n < 3 + SWEDISH_DIGITS_MIN || n > 3 + SWEDISH_DIGITS_MAX) {
        snprintf(out, PHONE_TEXT_BYTES, "%s", e164);
        return out;
    }
    const char *nsn = e164 + 3;
    int area = (int)area_len(nsn);
    const char *s = nsn + area;
    switch (strlen(s)) {
    case 5:
        snprintf(out, PHONE_TEXT_BYTES, "0%.*s-%.3s %s", area, nsn, s, s + 3);
        break;
    case 6:
        snprintf(out, PHONE_TEXT_BYTES, "0%.*s-%.2s %.2s %s", area, nsn, s, s + 2, s + 4);
        break;
    case 7:
        snprintf(out, PHONE_TEXT_BYTES, "0%.*s-%.3s %.2s %s", area, nsn, s, s + 3, s + 5);
        break;
    case 8:
        snprintf(out, PHONE_TEXT_BYTES, "0%.*s-%.3s %.3s %s", area, nsn, s, s + 3, s + 6);
        break;
    default:
        snprintf(out, PHONE_TEXT_BYTES, "0%.*s-%s", area, nsn, s);
        break;
    }
    return out;
}
