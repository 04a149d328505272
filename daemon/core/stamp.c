/* Times with their offset, as other systems write them; the contract is in core/stamp.h. */
#include "core/stamp.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/err.h"

enum { OFFSET_HOURS_MAX = 14, MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

/* From `min` to `max` digits; *p moves behind them. */
static bool read_number(const char **p, int min, int max, int *out)
{
    int n = 0;
    int number = 0;
    for (; n < max && **p >= '0' && **p <= '9'; n++, (*p)++)
        number = number * 10 + (**p - '0');
    *out = number;
    return n >= min && (**p < '0' || **p > '9');
}

static bool read_mark(const char **p, char mark)
{
    if (**p != mark)
        return false;
    (*p)++;
    return true;
}

static bool read_date(const char **p, struct date *out)
{
    return read_number(p, 4, 4, &out->year) && read_mark(p, '-') && read_number(p, 2, 2, &out->month) &&
           read_mark(p, '-') && read_number(p, 2, 2, &out->day) && out->year >= STAMP_YEAR_MIN &&
           out->year <= STAMP_YEAR_MAX && date_is_valid(*out);
}

/* ".123", to microseconds; further digits are dropped. */
static bool read_fraction(const char **p, int64_t *us)
{
    int64_t unit = US_PER_S / 10;
    *us = 0;
    if (!read_mark(p, '.'))
        return true;
    const char *first = *p;
    for (; **p >= '0' && **p <= '9'; (*p)++, unit /= 10)
        *us += unit * (**p - '0');
    return *p > first;
}

static bool read_clock(const char **p, int64_t *us)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    int64_t fraction = 0;
    if (!read_number(p, 1, 2, &hour) || !read_mark(p, ':') || !read_number(p, 2, 2, &minute))
        return false;
    if (read_mark(p, ':') && (!read_number(p, 2, 2, &second) || !read_fraction(p, &fraction)))
        return false;
    *us = (int64_t)(hour * HOUR_S + minute * MINUTE_S + second) * US_PER_S + fraction;
    return hour <= 23 && minute <= 59 && second <= 60;
}

/* "+02:00", "-00:00", "Z", with blanks before. */
static bool read_offset(const char **p, int *seconds)
{
    int hours = 0;
    int minutes = 0;
    *p += strspn(*p, " ");
    *seconds = 0;
    if (read_mark(p, 'Z') || read_mark(p, 'z'))
        return true;
    int sign = **p == '-' ? -1 : 1;
    if (!read_mark(p, '+') && !read_mark(p, '-'))
        return false;
    if (!read_number(p, 2, 2, &hours) || !read_mark(p, ':') || !read_number(p, 2, 2, &minutes))
        return false;
    *seconds = sign * (hours * HOUR_S + minutes * MINUTE_S);
    return hours <= OFFSET_HOURS_MAX && minutes <= 59;
}

int stamp_read(const char *text, int64_t *out_us)
{
    struct date date;
    int64_t us = 0;
    int offset_s = 0;
    const char *p = text;
    if (!read_date(&p, &date) || !(read_mark(&p, 'T') || read_mark(&p, 't') || read_mark(&p, ' ')))
        return ERR_INVALID;
    if (!read_clock(&p, &us) || !read_offset(&p, &offset_s) || *p)
        return ERR_INVALID;
    *out_us = ((int64_t)date_to_days(date) * DAY_S - offset_s) * US_PER_S + us;
    return 0;
}
