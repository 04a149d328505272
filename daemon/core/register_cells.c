/* Numbers, postal codes, names and mail cells of registers. */
#include "core/register_cells.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/register.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Words that may stand before or after a number; *about when they make it less exact. */
static const char *skip_about(const char *s, bool *about)
{
    static const char *const words[] = {"ca",      "c:a",  "cirka", "circa",  "ungefär", "ungefar",
                                        "omkring", "runt", "about", "approx", "minst",   "~"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = strlen(words[i]);
        if (strncasecmp(s, words[i], n) != 0 || (!is_digit(s[n]) && s[n] != ' ' && s[n] != '.'))
            continue;
        s += n;
        s += *s == '.';
        s += strspn(s, " ");
        *about = true;
        break;
    }
    return s;
}

static bool is_unit(const char *s)
{
    static const char *const words[] = {"",       "st",  "st.",        "stycken", "hushåll",    "hus",
                                        "villor", "lgh", "lägenheter", "skyltar", "households", "signs"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcasecmp(words[i], s) == 0)
            return true;
    }
    return false;
}

bool register_number_read(const char *text, int *out, bool *about_out)
{
    bool about = false;
    const char *s = skip_about(text, &about);
    long value = 0;
    int group = 0; /* digits since the last blank */
    bool is_grouped = false;
    if (!is_digit(*s))
        return false;
    for (; is_digit(*s) || (*s == ' ' && is_digit(s[1])); s++) {
        if (*s == ' ') { /* a thousands blank: "1 234" */
            if (group == 0 || group > 3 || (is_grouped && group != 3))
                return false;
            is_grouped = true;
            group = 0;
            continue;
        }
        value = value * 10 + (*s - '0');
        group++;
        if (value > REGISTER_NUMBER_MAX)
            return false;
    }
    if (is_grouped && group != 3)
        return false;
    if ((*s == ',' || *s == '.') && s[1] == '0') { /* "34,0": a whole number all the same */
        s += 2 + (s[2] == '0' ? 1 : 0);
        if (is_digit(*s))
            return false;
    }
    s += strspn(s, " ");
    if (*s == '+' && s[1] == '\0') {
        about = true;
        s++;
    }
    if (!is_unit(s))
        return false;
    *out = (int)value;
    *about_out = about;
    return true;
}

bool register_postal_read(const char *text, char out[7])
{
    char digits[5] = {0};
    size_t n = 0;
    if (strncasecmp(text, "SE", 2) == 0)
        text += 2;
    else if (strncasecmp(text, "S-", 2) == 0)
        text += 1;
    text += *text == '-';
    for (const char *s = text + strspn(text, " "); *s != '\0'; s++) {
        if (*s == ' ' && n == 3)
            continue;
        if (!is_digit(*s) || n == sizeof digits)
            return false;
        digits[n++] = *s;
    }
    if (n != sizeof digits || digits[0] == '0')
        return false;
    snprintf(out, 7, "%.3s %.2s", digits, digits + 3);
    return true;
}

/* Copies s[0..n) without "mailto:", what follows "?" after it, quotes and dots at the ends. */
static void trim_address(const char *s, size_t n, char *out, size_t cap)
{
    if (n > 7 && strncasecmp(s, "mailto:", 7) == 0) {
        s += 7;
        n -= 7;
        const char *query = memchr(s, '?', n);
        if (query != NULL)
            n = (size_t)(query - s);
    }
    /* An apostrophe may begin an address of its own; one at its end can only close a quotation. */
    bool is_quoted = n > 2 && s[0] == '\'' && s[n - 1] == '\'';
    while (n > 0 && (*s == '"' || *s == '(' || *s == ' ' || (*s == '\'' && is_quoted))) {
        s++;
        n--;
    }
    while (n > 0 && strchr(".'\") :", s[n - 1]) != NULL)
        n--;
    if (n >= cap)
        n = cap - 1;
    memcpy(out, s, n);
    out[n] = '\0';
}

/* Is s[0..n) only a comment in parentheses? */
static bool is_comment(const char *s, size_t n)
{
    return n >= 2 && s[0] == '(' && s[n - 1] == ')' && memchr(s, '@', n) == NULL;
}

/* "Name <a@b>": the place of the next "<" with its ">" behind it. */
static const char *angle(const char *s, size_t *n_out)
{
    const char *open = strchr(s, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    if (close == NULL)
        return NULL;
    *n_out = (size_t)(close - open) - 1;
    return open + 1;
}

/* The end of the word at `s`. "/" and "|" may stand before the @ of an address, but not after. */
static size_t word_len(const char *s)
{
    size_t n = strcspn(s, " ;,\n");
    const char *at = memchr(s, '@', n);
    size_t local = at != NULL ? (size_t)(at - s) : 0;
    size_t border = local + strcspn(s + local, "/|");
    return border < n ? border : n;
}

bool register_next_address(const char **cursor, char *out, size_t cap)
{
    for (;;) {
        const char *s = *cursor + strspn(*cursor, " ;,/|\n");
        size_t n = word_len(s);
        if (n == 0) {
            *cursor = s;
            return false;
        }
        size_t inner_len = 0;
        const char *inner = angle(s, &inner_len);
        if (inner != NULL && inner - s <= (ptrdiff_t)n) { /* the bracket opens within this word */
            s = inner;
            n = inner_len;
            *cursor = inner + inner_len + 1;
        } else {
            *cursor = s + n;
            /* words before a bracket are a name, unless they are an address of their own */
            if ((inner != NULL && memchr(s, '@', n) == NULL) || is_comment(s, n))
                continue;
        }
        trim_address(s, n, out, cap);
        if (out[0] != '\0')
            return true;
    }
}

bool register_name_turn(const char *text, char *out, size_t cap)
{
    const char *comma = strchr(text, ',');
    if (comma == NULL || strchr(comma + 1, ',') != NULL)
        return false;
    const char *first = comma + 1 + strspn(comma + 1, " ");
    size_t last_len = (size_t)(comma - text);
    while (last_len > 0 && text[last_len - 1] == ' ')
        last_len--;
    if (last_len == 0 || *first == '\0')
        return false;
    int n = snprintf(out, cap, "%s %.*s", first, (int)last_len, text);
    return n >= 0 && (size_t)n < cap;
}
