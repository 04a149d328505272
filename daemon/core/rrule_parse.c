/*
 * Reading the text of a recurrence rule; the contract is in core/rrule.h.
 *
 * A rule is parts between ';', a part KEY=VALUE, a value often a list between ','. One table has a row per key: its
 * reader, the range of its numbers and the words for a person who wrote it wrongly.
 */
#include "core/rrule.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { INTERVAL_MAX = 9999, COUNT_MAX = 99999, QUOTE_BYTES = 48 };

/* A piece of the rule's text. */
struct piece {
    const char *s;
    size_t n;
};

/* For messages: the piece, cut, with everything but printable ASCII as '?'. */
static const char *quote(struct piece p, char out[QUOTE_BYTES])
{
    size_t n = p.n < QUOTE_BYTES - 1 ? p.n : QUOTE_BYTES - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = p.s[i] > ' ' && p.s[i] < 0x7f ? p.s[i] : '?';
    out[n] = '\0';
    return out;
}

static bool piece_is(struct piece p, const char *word)
{
    return strlen(word) == p.n && strncasecmp(p.s, word, p.n) == 0;
}

/* Cuts the text before the first `separator` off *rest; false when nothing is left (*rest ended without a separator).
 */
static bool cut(struct piece *rest, char separator, struct piece *out)
{
    if (rest->s == NULL)
        return false;
    const char *end = memchr(rest->s, separator, rest->n);
    out->s = rest->s;
    out->n = end == NULL ? rest->n : (size_t)(end - rest->s);
    *rest = end == NULL ? (struct piece){NULL, 0} : (struct piece){end + 1, rest->n - out->n - 1};
    return true;
}

/* Only digits, at most six; -1 otherwise. */
static int read_digits(struct piece p)
{
    int value = 0;
    if (p.n == 0 || p.n > 6)
        return -1;
    for (size_t i = 0; i < p.n; i++) {
        if (!isdigit((unsigned char)p.s[i]))
            return -1;
        value = value * 10 + (p.s[i] - '0');
    }
    return value;
}

static bool read_number(struct piece p, int min, int max, int *out)
{
    int value = read_digits(p);
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

static void list_add(struct rrule_list *list, int number, bool negative)
{
    assert(number >= 1 && number <= RRULE_NUMBER_MAX);
    uint64_t *bits = negative ? list->from_end : list->from_start;
    bits[number / 64] |= UINT64_C(1) << (number % 64);
    list->given = true;
}

/* "1" or, where a sign is allowed, "+1" or "-1"; at most `max` from zero. */
static bool read_signed(struct piece p, bool sign_allowed, int max, struct rrule_list *list)
{
    int number;
    bool negative = p.n > 0 && p.s[0] == '-';
    if (p.n > 0 && (negative || p.s[0] == '+')) {
        if (!sign_allowed)
            return false;
        p.s++;
        p.n--;
    }
    if (!read_number(p, 1, max, &number))
        return false;
    list_add(list, number, negative);
    return true;
}

static bool read_list(struct piece value, bool sign_allowed, int max, struct rrule_list *list)
{
    struct piece item;
    while (cut(&value, ',', &item))
        if (!read_signed(item, sign_allowed, max, list))
            return false;
    return true;
}

static bool read_weekday(struct piece p, enum weekday *out)
{
    static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (piece_is(p, names[i])) {
            *out = (enum weekday)i;
            return true;
        }
    }
    return false;
}

/* --- one reader per key; false: the value is wrong --- */

static bool read_freq(struct piece value, struct rrule *r)
{
    static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (piece_is(value, names[i])) {
            r->freq = (enum rrule_freq)i;
            return true;
        }
    }
    return false;
}

static bool read_interval(struct piece value, struct rrule *r)
{
    return read_number(value, 1, INTERVAL_MAX, &r->interval);
}

static bool read_count(struct piece value, struct rrule *r)
{
    return read_number(value, 1, COUNT_MAX, &r->count);
}

/* "20261231", "20261231T090000" or "20261231T080000Z" */
static bool read_until(struct piece value, struct rrule *r)
{
    bool utc = value.n == 16 && toupper((unsigned char)value.s[15]) == 'Z';
    bool local = value.n == 15;
    if (value.n != 8 && ((!local && !utc) || toupper((unsigned char)value.s[8]) != 'T'))
        return false;
    struct date d;
    int hour = 0;
    int minute = 0;
    int second = 0;
    d.year = read_digits((struct piece){value.s, 4});
    d.month = read_digits((struct piece){value.s + 4, 2});
    d.day = read_digits((struct piece){value.s + 6, 2});
    if (!date_is_valid(d))
        return false;
    /* 60 is a leap second; RFC 5545 allows it. */
    if (value.n != 8 && (!read_number((struct piece){value.s + 9, 2}, 0, 23, &hour) ||
                         !read_number((struct piece){value.s + 11, 2}, 0, 59, &minute) ||
                         !read_number((struct piece){value.s + 13, 2}, 0, 60, &second)))
        return false;
    r->until = d;
    r->until_s = hour * 3600 + minute * 60 + second;
    r->until_kind = utc ? RRULE_UNTIL_UTC : local ? RRULE_UNTIL_LOCAL : RRULE_UNTIL_DATE;
    return true;
}

static bool read_week_start(struct piece value, struct rrule *r)
{
    return read_weekday(value, &r->week_start);
}

static bool read_by_month(struct piece value, struct rrule *r)
{
    return read_list(value, false, 12, &r->by_month);
}

static bool read_by_month_day(struct piece value, struct rrule *r)
{
    return read_list(value, true, 31, &r->by_month_day);
}

static bool read_by_year_day(struct piece value, struct rrule *r)
{
    return read_list(value, true, 366, &r->by_year_day);
}

static bool read_by_week(struct piece value, struct rrule *r)
{
    return read_list(value, true, 53, &r->by_week);
}

static bool read_by_set_pos(struct piece value, struct rrule *r)
{
    return read_list(value, true, 366, &r->by_set_pos);
}

static bool read_by_day(struct piece value, struct rrule *r)
{
    struct piece item;
    enum weekday w;
    while (cut(&value, ',', &item)) {
        if (item.n < 2 || !read_weekday((struct piece){item.s + item.n - 2, 2}, &w))
            return false;
        if (item.n == 2)
            r->every[w] = true;
        else if (!read_signed((struct piece){item.s, item.n - 2}, true, 53, &r->nth[w]))
            return false;
    }
    r->by_day = true;
    return true;
}

static bool read_by_hour(struct piece value, struct rrule *r)
{
    return read_number(value, 0, 23, &r->by_hour);
}

static bool read_by_minute(struct piece value, struct rrule *r)
{
    return read_number(value, 0, 59, &r->by_minute);
}

static bool read_by_second(struct piece value, struct rrule *r)
{
    return read_number(value, 0, 59, &r->by_second);
}

/* enumerator, key, reader, what to write */
#define KEY_MAP(X)                                                                                             \
    X(FREQ, "FREQ", read_freq,                                                                                 \
      "write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY (more than one occurrence a day is not possible)")          \
    X(INTERVAL, "INTERVAL", read_interval, "write a whole number from 1 to 9999, such as INTERVAL=2")          \
    X(COUNT, "COUNT", read_count, "write a whole number from 1 to 99999, such as COUNT=12")                    \
    X(UNTIL, "UNTIL", read_until,                                                                              \
      "write a day (UNTIL=20261231), or with a local time (20261231T090000) or one in UTC (20261231T080000Z)") \
    X(WKST, "WKST", read_week_start, "write one of MO TU WE TH FR SA SU")                                      \
    X(BYMONTH, "BYMONTH", read_by_month, "write months from 1 to 12, such as BYMONTH=1,8")                     \
    X(BYMONTHDAY, "BYMONTHDAY", read_by_month_day,                                                             \
      "write days from 1 to 31, or from -1 (the last) to -31, such as BYMONTHDAY=15 or BYMONTHDAY=-1")         \
    X(BYYEARDAY, "BYYEARDAY", read_by_year_day, "write days of the year from 1 to 366, or from -1 to -366")    \
    X(BYWEEKNO, "BYWEEKNO", read_by_week, "write weeks from 1 to 53, or from -1 to -53")                       \
    X(BYDAY, "BYDAY", read_by_day,                                                                             \
      "write weekdays MO TU WE TH FR SA SU, such as BYDAY=MO,TH, or numbered ones such as 2TU or -1FR")        \
    X(BYSETPOS, "BYSETPOS", read_by_set_pos, "write positions from 1 to 366, or from -1 (the last) to -366")   \
    X(BYHOUR, "BYHOUR", read_by_hour, "leave it out: the time of day is given beside the rule")                \
    X(BYMINUTE, "BYMINUTE", read_by_minute, "leave it out: the time of day is given beside the rule")          \
    X(BYSECOND, "BYSECOND", read_by_second, "leave it out: the time of day is given beside the rule")

enum key {
#define KEY_ENUM(name, text, reader, advice) KEY_##name,
    KEY_MAP(KEY_ENUM)
#undef KEY_ENUM
        KEY_MAX
};

static const struct {
    const char *text;
    bool (*read)(struct piece value, struct rrule *r);
    const char *advice;
} keys[] = {
#define KEY_ROW(name, text, reader, advice) {text, reader, advice},
    KEY_MAP(KEY_ROW)
#undef KEY_ROW
};

static int parse_part(struct piece part, struct rrule *r, bool seen[KEY_MAX], struct err *err)
{
    char quoted[QUOTE_BYTES];
    struct piece value = part;
    struct piece name;
    if (part.n == 0)
        return err_set(err, ERR_INVALID,
                       "the rule has an empty part: write FREQ=... and the other parts with one ';' between them");
    (void)cut(&value, '=', &name);
    for (size_t i = 0; i < KEY_MAX; i++) {
        if (!piece_is(name, keys[i].text))
            continue;
        if (seen[i])
            return err_set(err, ERR_INVALID, "the rule has %s twice: write it once, with ',' between the values",
                           keys[i].text);
        seen[i] = true;
        if (value.s == NULL || !keys[i].read(value, r))
            return err_set(err, ERR_INVALID, "\"%s\" in the rule is wrong: %s", quote(part, quoted), keys[i].advice);
        return 0;
    }
    return err_set(err, ERR_INVALID,
                   "\"%s\" in the rule is not known: use FREQ INTERVAL COUNT UNTIL WKST BYMONTH BYMONTHDAY BYYEARDAY "
                   "BYWEEKNO BYDAY BYSETPOS, as KEY=VALUE with ';' between them",
                   quote(part, quoted));
}

static bool has_nth(const struct rrule *r)
{
    for (size_t i = 0; i < ARRAY_LEN(r->nth); i++)
        if (r->nth[i].given)
            return true;
    return false;
}

/* What RFC 5545 says of parts together; NULL when it is right, otherwise what is wrong and what to do. */
static const char *check_together(const struct rrule *r, const bool seen[KEY_MAX])
{
    if (!seen[KEY_FREQ])
        return "the rule has no FREQ: begin it with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY";
    if (seen[KEY_COUNT] && seen[KEY_UNTIL])
        return "the rule has both COUNT and UNTIL: keep one of them";
    if (r->freq == RRULE_WEEKLY && seen[KEY_BYMONTHDAY])
        return "BYMONTHDAY does not go with FREQ=WEEKLY: write FREQ=MONTHLY, or BYDAY instead of BYMONTHDAY";
    if (r->freq != RRULE_YEARLY && seen[KEY_BYYEARDAY])
        return "BYYEARDAY goes with FREQ=YEARLY only: write BYMONTHDAY, or FREQ=YEARLY";
    if (r->freq != RRULE_YEARLY && seen[KEY_BYWEEKNO])
        return "BYWEEKNO goes with FREQ=YEARLY only: write FREQ=YEARLY, or INTERVAL for every second week";
    if (r->freq < RRULE_MONTHLY && has_nth(r))
        return "a numbered weekday such as 2TU goes with FREQ=MONTHLY or YEARLY only: leave out the number";
    if (seen[KEY_BYWEEKNO] && has_nth(r))
        return "a numbered weekday such as 2TU does not go with BYWEEKNO: leave out the number";
    if (seen[KEY_BYSETPOS] && !seen[KEY_BYDAY] && !seen[KEY_BYMONTHDAY] && !seen[KEY_BYMONTH] && !seen[KEY_BYYEARDAY] &&
        !seen[KEY_BYWEEKNO])
        return "BYSETPOS chooses among the days of another part: add BYDAY or BYMONTHDAY, such as "
               "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1";
    return NULL;
}

int rrule_parse(const char *text, struct rrule *out, struct err *err)
{
    bool seen[KEY_MAX] = {false};
    struct rrule r = {
        .interval = 1, .week_start = MONDAY, .by_hour = -1, .by_minute = -1, .by_second = -1, .freq = RRULE_DAILY};
    struct piece rest = {text, strnlen(text, RRULE_TEXT_MAX + 1)};
    struct piece part;

    if (rest.n > RRULE_TEXT_MAX)
        return err_set(err, ERR_INVALID, "the rule is longer than %d characters: write it shorter", RRULE_TEXT_MAX);
    if (strncasecmp(text, "RRULE:", strlen("RRULE:")) == 0) {
        rest.s += strlen("RRULE:");
        rest.n -= strlen("RRULE:");
    }
    while (cut(&rest, ';', &part)) {
        int rc = parse_part(part, &r, seen, err);
        if (rc != 0)
            return rc;
    }
    const char *wrong = check_together(&r, seen);
    if (wrong != NULL)
        return err_set(err, ERR_INVALID, "%s", wrong);
    *out = r;
    return 0;
}
