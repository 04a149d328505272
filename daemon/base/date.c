/*
 * Civil dates; the contract is in base/date.h.
 *
 * Day numbers are found by counting years from March, so that the leap day is the last of its year and
 * the lengths of the months before it never change; 400 years are one cycle of 146 097 days.
 */
#include "base/date.h"

#include "base/err.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DAYS_PER_CYCLE = 146097, YEARS_PER_CYCLE = 400, DAYS_BEFORE_1970 = 719468 };

bool year_is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int month_length(int year, int month)
{
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    assert(month >= 1 && month <= 12);
    return month == 2 && year_is_leap(year) ? 29 : length[month - 1];
}

bool date_is_valid(struct date d)
{
    return d.year >= DATE_YEAR_MIN && d.year <= DATE_YEAR_MAX && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
           d.day <= month_length(d.year, d.month);
}

static int floor_div(int a, int b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

int date_to_days(struct date d)
{
    int year = d.month <= 2 ? d.year - 1 : d.year;
    int cycle = floor_div(year, YEARS_PER_CYCLE);
    int of_cycle = year - cycle * YEARS_PER_CYCLE;
    int months_from_march = (d.month + 9) % 12;
    int of_year = (153 * months_from_march + 2) / 5 + d.day - 1;
    return cycle * DAYS_PER_CYCLE + of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year - DAYS_BEFORE_1970;
}

struct date date_from_days(int days)
{
    int from_epoch = days + DAYS_BEFORE_1970;
    int cycle = floor_div(from_epoch, DAYS_PER_CYCLE);
    int of_cycle = from_epoch - cycle * DAYS_PER_CYCLE;
    int year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / (DAYS_PER_CYCLE - 1)) / 365;
    int of_year = of_cycle - (365 * year + year / 4 - year / 100);
    int months_from_march = (5 * of_year + 2) / 153;
    int month = months_from_march < 10 ? months_from_march + 3 : months_from_march - 9;
    return (struct date){.year = cycle * YEARS_PER_CYCLE + year + (month <= 2 ? 1 : 0),
                         .month = month,
                         .day = of_year - (153 * months_from_march + 2) / 5 + 1};
}

enum weekday days_weekday(int days)
{
    /* 1970-01-01 was a Thursday. */
    int w = (days + THURSDAY) % 7;
    return (enum weekday)(w < 0 ? w + 7 : w);
}

int date_year_day(struct date d)
{
    return date_to_days(d) - date_to_days((struct date){d.year, 1, 1}) + 1;
}

int days_week(int days, enum weekday first, int *year)
{
    int into_week = ((int)days_weekday(days) - (int)first + 7) % 7;
    /* A week belongs to the year that holds its fourth day. */
    struct date fourth = date_from_days(days - into_week + 3);
    *year = fourth.year;
    return (date_year_day(fourth) - 1) / 7 + 1;
}

int year_weeks(int year, enum weekday first)
{
    /* 28 December is always in the last week, as three days at most follow it in that year. */
    int of_year;
    return days_week(date_to_days((struct date){year, 12, 28}), first, &of_year);
}

/* `n` digits as a number, or -1. */
static int digits(const char *s, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

int date_parse(const char *text, struct date *out)
{
    if (strlen(text) != DATE_ISO_BYTES - 1 || text[4] != '-' || text[7] != '-')
        return ERR_INVALID;
    struct date d = {.year = digits(text, 4), .month = digits(text + 5, 2), .day = digits(text + 8, 2)};
    if (!date_is_valid(d))
        return ERR_INVALID;
    *out = d;
    return 0;
}

char *date_format(struct date d, char out[DATE_ISO_BYTES])
{
    assert(date_is_valid(d));
    /* The remainders change no valid date; they tell the compiler that the text fits. */
    snprintf(out, DATE_ISO_BYTES, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
             (unsigned)d.day % 100);
    return out;
}
