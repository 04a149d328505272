/* POSIX TZ rules; the contract is in base/zone_rule.h. */
#include "base/zone_rule.h"

#include "base/date.h"
#include "base/err.h"

#include <ctype.h>
#include <stddef.h>

enum { DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60 };

/* Each reader takes what it understands from *s and moves it on, or returns false. */

static bool take_char(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static bool take_number(const char **s, int min, int max, int *out)
{
    int value = 0;
    const char *p = *s;
    for (; isdigit((unsigned char)*p) && value <= max; p++)
        value = value * 10 + (*p - '0');
    if (p == *s || value < min || value > max)
        return false;
    *s = p;
    *out = value;
    return true;
}

/* "[+-]hh[:mm[:ss]]" */
static bool take_time(const char **s, int max_hours, int *out_s)
{
    int sign = 1;
    int hours;
    int minutes = 0;
    int seconds = 0;
    if (take_char(s, '-'))
        sign = -1;
    else
        (void)take_char(s, '+');
    if (!take_number(s, 0, max_hours, &hours))
        return false;
    if (take_char(s, ':')) {
        if (!take_number(s, 0, 59, &minutes))
            return false;
        if (take_char(s, ':') && !take_number(s, 0, 59, &seconds))
            return false;
    }
    *out_s = sign * (hours * HOUR_S + minutes * MINUTE_S + seconds);
    return true;
}

/* "CEST" or "<+0330>"; the name itself is of no use here. */
static bool take_name(const char **s)
{
    const char *start = *s;
    bool quoted = take_char(s, '<');
    while (isalpha((unsigned char)**s) || (quoted && (isdigit((unsigned char)**s) || **s == '+' || **s == '-')))
        (*s)++;
    bool long_enough = *s - start >= 3;
    return long_enough && (!quoted || take_char(s, '>'));
}

/* ",M3.5.0/2" */
static bool take_change(const char **s, struct zone_change *out)
{
    bool ok;
    *out = (struct zone_change){.time_s = 2 * HOUR_S};
    if (!take_char(s, ','))
        return false;
    if (take_char(s, 'J')) {
        out->kind = ZONE_CHANGE_JULIAN;
        ok = take_number(s, 1, 365, &out->day);
    } else if (take_char(s, 'M')) {
        out->kind = ZONE_CHANGE_WEEKDAY;
        ok = take_number(s, 1, 12, &out->month) && take_char(s, '.') && take_number(s, 1, 5, &out->week) &&
             take_char(s, '.') && take_number(s, 0, 6, &out->weekday);
    } else {
        out->kind = ZONE_CHANGE_DAY;
        ok = take_number(s, 0, 365, &out->day);
    }
    if (ok && take_char(s, '/'))
        ok = take_time(s, 167, &out->time_s);
    return ok;
}

int zone_rule_parse(const char *text, struct zone_rule *out)
{
    struct zone_rule r = {.has_dst = false};
    int west_s;
    if (!take_name(&text) || !take_time(&text, 24, &west_s))
        return ERR_INVALID;
    /* POSIX counts westwards. */
    r.std_offset_s = -west_s;
    if (*text != '\0') {
        r.has_dst = true;
        r.dst_offset_s = r.std_offset_s + HOUR_S;
        if (!take_name(&text))
            return ERR_INVALID;
        if (*text != ',') {
            if (!take_time(&text, 24, &west_s))
                return ERR_INVALID;
            r.dst_offset_s = -west_s;
        }
        if (!take_change(&text, &r.to_dst) || !take_change(&text, &r.to_std) || *text != '\0')
            return ERR_INVALID;
    }
    *out = r;
    return 0;
}

/* The day number of the change in that year. */
static int change_day(const struct zone_change *c, int year)
{
    int new_year = date_to_days((struct date){year, 1, 1});
    if (c->kind == ZONE_CHANGE_JULIAN)
        return new_year + c->day - 1 + (year_is_leap(year) && c->day >= 60 ? 1 : 0);
    if (c->kind == ZONE_CHANGE_DAY)
        return new_year + c->day;
    int first = date_to_days((struct date){year, c->month, 1});
    int monday_based = (c->weekday + 6) % 7;
    int day = first + (monday_based - (int)days_weekday(first) + 7) % 7 + 7 * (c->week - 1);
    /* Week 5 means the last, which is often the fourth. */
    return day < first + month_length(year, c->month) ? day : day - 7;
}

static int64_t change_utc_s(const struct zone_change *c, int year, int offset_before_s)
{
    return (int64_t)change_day(c, year) * DAY_S + c->time_s - offset_before_s;
}

int zone_rule_offset_s(const struct zone_rule *r, int64_t utc_s)
{
    if (!r->has_dst)
        return r->std_offset_s;
    int64_t std_s = utc_s + r->std_offset_s;
    int64_t days = std_s >= 0 ? std_s / DAY_S : -((-std_s + DAY_S - 1) / DAY_S);
    int year = date_from_days((int)days).year;
    int64_t to_dst = change_utc_s(&r->to_dst, year, r->std_offset_s);
    int64_t to_std = change_utc_s(&r->to_std, year, r->dst_offset_s);
    /* South of the equator the summer spans New Year. */
    bool dst = to_dst < to_std ? utc_s >= to_dst && utc_s < to_std : utc_s >= to_dst || utc_s < to_std;
    return dst ? r->dst_offset_s : r->std_offset_s;
}
