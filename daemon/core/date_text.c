/*
 * Reading of dates. The text is cut into tokens (numbers with their digit counts, month names) and the row of
 * tokens decides; what stands between them hardly matters, as people write it in every way.
 */
#include "core/date_text.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum {
    TOKENS_MAX = 3,
    YEAR_MIN = 1900,
    YEAR_MAX = 2100,
    YEAR_PIVOT = 70, /* 70 … 99 are 19xx */
    SERIAL_DIGITS = 5,
    SERIAL_LAST = 73415,  /* 2100-12-31 */
    SERIAL_UNIX = 25569,  /* 1970-01-01 in Excel's 1900 system (after its false 29 February 1900) */
    SERIAL_FIRST = 20000, /* 1954; below it a number of five digits is something else */
};

const struct wording *date_fault_wording(enum date_fault fault)
{
    static const struct wording words[] = {{"datumet går att använda", "the date is fine"},
#define DATE_WORDS(name, sv, en) {sv, en},
                                           DATE_FAULT_MAP(DATE_WORDS)
#undef DATE_WORDS
    };
    return &words[fault];
}

const struct wording *date_form_wording(enum date_form form)
{
    static const struct wording words[] = {
#define DATE_WORDS(name, sv, en) {sv, en},
        DATE_FORM_MAP(DATE_WORDS)
#undef DATE_WORDS
    };
    return &words[form];
}

bool date_form_is_a_guess(enum date_form form)
{
    return form == DATE_FORM_SHORT_YEAR || form == DATE_FORM_DAY_FIRST || form == DATE_FORM_SERIAL;
}

struct token {
    int value;
    size_t digits; /* 0: a month's name */
};

struct tokens {
    struct token t[TOKENS_MAX];
    size_t n;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* 1 to 12 for a Swedish or English month of `n` letters (three or more, or the whole name); 0 for none. */
static int month_named(const char *s, size_t n)
{
    static const struct {
        const char *name;
        int month;
    } names[] = {
        {"januari", 1},  {"january", 1},   {"februari", 2},  {"february", 2},  {"mars", 3}, {"march", 3},
        {"april", 4},    {"maj", 5},       {"may", 5},       {"juni", 6},      {"june", 6}, {"juli", 7},
        {"july", 7},     {"augusti", 8},   {"august", 8},    {"september", 9}, {"sept", 9}, {"oktober", 10},
        {"october", 10}, {"november", 11}, {"december", 12},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        size_t whole = strlen(names[i].name);
        if ((n == 3 || n == whole) && n <= whole && strncasecmp(names[i].name, s, n) == 0)
            return names[i].month;
    }
    return 0;
}

/* Cuts a time of day ("2024-01-31 00:00:00", "2024-01-31T09:30") or a decimal zero ("45322.0") off the end. */
static size_t useful_len(const char *s)
{
    size_t n = strlen(s);
    const char *colon = strchr(s, ':');
    if (colon != NULL) {
        const char *p = colon;
        while (p > s && is_digit(p[-1]))
            p--;
        if (p > s && (p[-1] == ' ' || p[-1] == 'T'))
            return (size_t)(p - s) - 1;
    }
    size_t digits = strspn(s, "0123456789");
    if (digits >= 4 && digits + 2 == n && (s[digits] == '.' || s[digits] == ',') && s[digits + 1] == '0')
        return digits;
    return n;
}

/* False when there is something that belongs in no date. */
static bool tokenize(const char *s, size_t n, struct tokens *out)
{
    size_t i = 0;
    bool has_gap = true; /* something between this token and the one before */
    while (i < n) {
        if (strchr(" -/.,'", s[i]) != NULL) {
            has_gap = true;
            i++;
            continue;
        }
        if (out->n == TOKENS_MAX || (!has_gap && out->t[out->n - 1].digits > 0 && is_digit(s[i])))
            return false;
        struct token t = {.value = 0};
        size_t start = i;
        if (is_digit(s[i])) {
            while (i < n && is_digit(s[i]) && i - start < 8)
                t.value = t.value * 10 + (s[i++] - '0');
            t.digits = i - start;
            if (i < n && is_digit(s[i]))
                return false;
        } else {
            while (i < n && is_letter(s[i]))
                i++;
            t.value = month_named(s + start, i - start);
            if (t.value == 0)
                return false;
        }
        out->t[out->n++] = t;
        has_gap = false;
    }
    return true;
}

static int full_year(struct token t)
{
    if (t.digits != 2)
        return t.value;
    return t.value >= YEAR_PIVOT ? 1900 + t.value : 2000 + t.value;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* `day` 0: none was written; `month` 0 likewise. */
static enum date_fault finish(int year, int month, int day, enum date_form form, struct date_text *out)
{
    struct date_text d = {.form = form};
    if (year < YEAR_MIN || year > YEAR_MAX)
        return DATE_RANGE;
    if (month > 12)
        return day >= 1 && day <= 12 && month <= 31 ? DATE_SWAPPED : DATE_IMPOSSIBLE;
    if (month > 0 && day > days_in(year, month))
        return DATE_IMPOSSIBLE;
    if (month == 0)
        snprintf(d.text, sizeof d.text, "%04u", (unsigned)year % 10000);
    else if (day == 0)
        snprintf(d.text, sizeof d.text, "%04u-%02u", (unsigned)year % 10000, (unsigned)month % 100);
    else
        snprintf(d.text, sizeof d.text, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
                 (unsigned)day % 100);
    *out = d;
    return DATE_OK;
}

/* As finish(), for forms in which month and day were written: zero is no month and no day. */
static enum date_fault finish_day(int year, int month, int day, enum date_form form, struct date_text *out)
{
    if (month == 0 || day == 0)
        return DATE_IMPOSSIBLE;
    return finish(year, month, day, form, out);
}

/* Days since 1970 to a date of the proleptic Gregorian calendar (after Howard Hinnant's civil_from_days). */
static enum date_fault from_serial(int serial, struct date_text *out)
{
    int z = serial - SERIAL_UNIX + 719468;
    int era = z / 146097;
    int doe = z - era * 146097;
    int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (5 * doy + 2) / 153;
    int day = doy - (153 * mp + 2) / 5 + 1;
    int month = mp < 10 ? mp + 3 : mp - 9;
    return finish(yoe + era * 400 + (month <= 2 ? 1 : 0), month, day, DATE_FORM_SERIAL, out);
}

static enum date_fault read_one(struct token a, struct date_text *out)
{
    switch (a.digits) {
    case 4:
        return finish(a.value, 0, 0, DATE_FORM_YEAR, out);
    case 8:
        return finish_day(a.value / 10000, a.value / 100 % 100, a.value % 100, DATE_FORM_COMPACT, out);
    case 6: {
        struct token year = {.value = a.value / 10000, .digits = 2};
        return finish_day(full_year(year), a.value / 100 % 100, a.value % 100, DATE_FORM_SHORT_YEAR, out);
    }
    case SERIAL_DIGITS:
        if (a.value >= SERIAL_FIRST && a.value <= SERIAL_LAST)
            return from_serial(a.value, out);
        return DATE_FORM;
    default:
        return DATE_FORM;
    }
}

static bool is_year(struct token t)
{
    return t.digits == 4 || t.digits == 2;
}

static enum date_fault read_two(struct token a, struct token b, struct date_text *out)
{
    if (a.digits == 0 && is_year(b)) /* januari 2024, jan-24 */
        return finish(full_year(b), a.value, 0, DATE_FORM_MONTH, out);
    if (a.digits == 4 && b.digits == 0) /* 2024 januari */
        return finish(a.value, b.value, 0, DATE_FORM_MONTH, out);
    if (a.digits == 4 && b.digits > 0 && b.digits <= 2) /* 2022-05 */
        return b.value == 0 ? DATE_IMPOSSIBLE : finish(a.value, b.value, 0, DATE_FORM_MONTH, out);
    if (a.digits > 0 && a.digits <= 2 && b.digits == 4) /* 05/2022 */
        return a.value == 0 ? DATE_IMPOSSIBLE : finish(b.value, a.value, 0, DATE_FORM_MONTH, out);
    return DATE_FORM;
}

static enum date_fault read_three(const struct token *t, bool is_dashed, struct date_text *out)
{
    if (t[0].digits == 4 && t[2].digits > 0 && t[2].digits <= 2 && t[1].digits <= 2) /* 2024-01-31, 2024 jan 31 */
        return finish_day(t[0].value, t[1].value, t[2].value, t[1].digits == 0 ? DATE_FORM_MONTH_NAME : DATE_FORM_ISO,
                          out);
    if (t[0].digits == 0 || t[0].digits > 2 || t[1].digits > 2 || !is_year(t[2]))
        return DATE_FORM;
    if (t[1].digits == 0) /* 31 jan 2024 */
        return finish_day(full_year(t[2]), t[1].value, t[0].value, DATE_FORM_MONTH_NAME, out);
    if (t[2].digits == 2 && is_dashed && t[0].digits == 2) /* 24-01-31 */
        return finish_day(full_year(t[0]), t[1].value, t[2].value, DATE_FORM_SHORT_YEAR, out);
    return finish_day(full_year(t[2]), t[1].value, t[0].value, DATE_FORM_DAY_FIRST, out); /* 31/1 2024 */
}

enum date_fault date_text_read(const char *text, struct date_text *out)
{
    struct tokens t = {.n = 0};
    size_t n = useful_len(text);
    if (text[0] == '\0')
        return DATE_EMPTY;
    /* A sign, or anything else than a date's own beginning, is no date. */
    if ((!is_digit(text[0]) && !is_letter(text[0])) || !tokenize(text, n, &t))
        return DATE_FORM;
    if (t.n == 1)
        return t.t[0].digits == 0 ? DATE_FORM : read_one(t.t[0], out);
    if (t.n == 2)
        return read_two(t.t[0], t.t[1], out);
    bool is_dashed = memchr(text, '/', n) == NULL && memchr(text, '.', n) == NULL && memchr(text, ' ', n) == NULL;
    return read_three(t.t, is_dashed, out);
}
