/* Personal identity numbers: a scan for rows of digits of the right lengths, then date and check digit. */
#include "core/personnummer.h"

#include <string.h>

#include "base/mem.h"

enum { SHORT_DATE = 6, LONG_DATE = 8, SUFFIX = 4, COORDINATION_DAY = 60 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_at(const char *s)
{
    size_t n = 0;
    while (is_digit(s[n]))
        n++;
    return n;
}

/* Between date and the last four: the number of bytes, or 0. */
static size_t dash(const char *s)
{
    static const char *const many[] = {"\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x88\x92"};
    if (*s == '-' || *s == '+')
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        if (strncmp(s, many[i], strlen(many[i])) == 0)
            return strlen(many[i]);
    }
    return 0;
}

static int number(const char *d, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (d[i] - '0');
    return v;
}

/* `d`: YYMMDD; `century`: 18, 19, 20, or -1 when not told (then every fourth year may have a 29 February). */
static bool is_date(const char *d, int century)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = number(d, 2);
    int month = number(d + 2, 2);
    int day = number(d + 4, 2);
    if (month < 1 || month > 12)
        return false;
    if (day > COORDINATION_DAY)
        day -= COORDINATION_DAY;
    bool leap = year % 4 == 0 && (year != 0 || century == -1 || century == 20);
    return day >= 1 && day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Luhn over YYMMDD and NNNN (Skatteverket): 2, 1, 2, 1 …; the sum of all ends in 0. */
static bool is_checked(const char *date, const char *suffix)
{
    int sum = 0;
    for (int i = 0; i < SHORT_DATE + SUFFIX; i++) {
        int v = (i < SHORT_DATE ? date[i] : suffix[i - SHORT_DATE]) - '0';
        v *= i % 2 == 0 ? 2 : 1;
        sum += v > 9 ? v - 9 : v;
    }
    return sum % 10 == 0;
}

static bool is_number(const char *date, size_t date_len, const char *suffix)
{
    int century = -1;
    if (date_len == LONG_DATE) {
        century = number(date, 2);
        if (century < 18 || century > 20)
            return false;
        date += 2;
    }
    return is_date(date, century) && is_checked(date, suffix);
}

/* 070 1 74 06 05 read as 1 January 2007 + 60 days … : a mobile number, not a person. */
static bool is_mobile(const char *ten)
{
    return strncmp(ten, "070", 3) == 0 && number(ten + 4, 2) > COORDINATION_DAY;
}

/* --- written in parts ---------------------------------------------------------------------------------------------
 */

enum { PARTS_MAX = 5, BLANKS_MAX = 2, YEAR_FROM = 20, YEAR_TO = 29 };

/* One blank, also one that does not break a line: its bytes, or 0. */
static size_t blank(const char *s)
{
    return *s == ' ' ? 1 : strncmp(s, "\xc2\xa0", 2) == 0 ? 2 : strncmp(s, "\xe2\x80\xaf", 3) == 0 ? 3 : 0;
}

static size_t blanks(const char *s)
{
    size_t n = 0;
    for (int i = 0; i < BLANKS_MAX && blank(s + n) > 0; i++)
        n += blank(s + n);
    return n;
}

/* Blanks, a dash, blanks: the bytes, and whether there is a dash. */
static size_t gap_at(const char *s, bool *has_dash)
{
    size_t before = blanks(s);
    size_t line = dash(s + before);
    *has_dash = line > 0;
    return before + line + (line > 0 ? blanks(s + before + line) : 0);
}

/* Digits in parts: how many each has, all of them in a row, and where the last begins. */
struct parts {
    size_t digits[PARTS_MAX];
    size_t n;
    char row[LONG_DATE + SUFFIX + 1];
    size_t len;    /* of all */
    bool has_dash; /* before the last */
};

/* Takes one more part; false when there is none, or too much. */
static bool take_part(const char *s, struct parts *p, size_t total)
{
    bool has_dash = false;
    size_t gap = p->n > 0 ? gap_at(s + p->len, &has_dash) : 0;
    size_t n = digits_at(s + p->len + gap);
    if ((p->n > 0 && gap == 0) || n == 0 || total + n > LONG_DATE + SUFFIX || p->n == PARTS_MAX)
        return false;
    memcpy(p->row + total, s + p->len + gap, n);
    p->digits[p->n++] = n;
    p->len += gap + n;
    p->has_dash = has_dash;
    return true;
}

/* The ways in which people write the date before the last four digits. */
static bool is_usual(const struct parts *p)
{
    static const struct {
        size_t digits[PARTS_MAX];
        bool needs_dash;
    } usual[] = {{{6, 4}, false},      {{8, 4}, false},       {{2, 6, 4}, false},     {{4, 4, 4}, false},
                 {{2, 2, 2, 4}, true}, {{4, 2, 2, 4}, false}, {{2, 2, 2, 2, 4}, true}};
    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        size_t n = 0;
        while (n < PARTS_MAX && usual[i].digits[n] > 0)
            n++;
        if (n == p->n && memcmp(usual[i].digits, p->digits, n * sizeof *p->digits) == 0)
            return p->has_dash || !usual[i].needs_dash;
    }
    return false;
}

/* A day of these years and a time: "260415 1800", "2026-04-15 0900". */
static bool is_day_and_time(const struct parts *p, size_t date_len)
{
    const char *year = p->row + date_len - SHORT_DATE;
    const char *time = p->row + date_len;
    bool is_now =
        number(year, 2) >= YEAR_FROM && number(year, 2) <= YEAR_TO && (date_len == SHORT_DATE || p->row[0] == '2');
    return !p->has_dash && is_now && number(time, 2) < 24 && number(time + 2, 2) < 60;
}

/* The length of a number in parts at `s`, or 0. */
static size_t match_parts(const char *s)
{
    struct parts p = {.n = 0};
    size_t total = 0;
    while (take_part(s, &p, total)) {
        total += p.digits[p.n - 1];
        if (total != SHORT_DATE + SUFFIX && total != LONG_DATE + SUFFIX)
            continue;
        size_t date_len = total - SUFFIX;
        if (is_usual(&p) && is_number(p.row, date_len, p.row + date_len) && !is_day_and_time(&p, date_len))
            return p.len;
    }
    return 0;
}

/* The length of the number that starts at `s` with a row of `n` digits, or 0. */
static size_t match(const char *s, size_t n)
{
    if (n == LONG_DATE + SUFFIX)
        return is_number(s, LONG_DATE, s + LONG_DATE) ? n : 0;
    if (n == SHORT_DATE + SUFFIX)
        return !is_mobile(s) && is_number(s, SHORT_DATE, s + SHORT_DATE) ? n : 0;
    return match_parts(s);
}

bool personnummer_find(const char *text, size_t from, size_t *start_out, size_t *len_out)
{
    /* Never start in the middle of a row of digits. */
    while (from > 0 && is_digit(text[from - 1]) && is_digit(text[from]))
        from++;
    for (const char *s = text + from; *s != '\0';) {
        size_t n = digits_at(s);
        if (n == 0) {
            s++;
            continue;
        }
        size_t len = match(s, n);
        if (len > 0) {
            *start_out = (size_t)(s - text);
            *len_out = len;
            return true;
        }
        s += n;
    }
    return false;
}
