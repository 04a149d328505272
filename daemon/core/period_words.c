/* Periods in Swedish words; the contract is in core/period_words.h. Years 1000 to 9999, proleptic Gregorian. */
#include "core/period_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static const char *const month_sv[] = {"januari", "februari", "mars",      "april",   "maj",      "juni",
                                       "juli",    "augusti",  "september", "oktober", "november", "december"};

/* Does `text` have the form of `mask`, where 'd' stands for a digit? */
static bool has_form(const char *text, const char *mask)
{
    if (strlen(text) != strlen(mask))
        return false;
    for (; *mask; mask++, text++)
        if (*mask == 'd' ? *text < '0' || *text > '9' : *text != *mask)
            return false;
    return true;
}

static int number(const char *digits, int count)
{
    int n = 0;
    for (int i = 0; i < count; i++)
        n = n * 10 + (digits[i] - '0');
    return n;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Day of the week of 31 December, 0 = Sunday; a year has 53 weeks when it ends on a Thursday or the year
 * before ended on a Wednesday (ISO 8601). */
static int weekday_of_last_day(int year)
{
    return (year + year / 4 - year / 100 + year / 400) % 7;
}

static int weeks_of_year(int year)
{
    return weekday_of_last_day(year) == 4 || weekday_of_last_day(year - 1) == 3 ? 53 : 52;
}

int period_words_sv(const char *period, char out[PERIOD_WORDS_BYTES])
{
    bool day = has_form(period, "dddd-dd-dd");
    bool month = has_form(period, "dddd-dd");
    bool week = has_form(period, "dddd-Wdd");
    if (!(day || month || week || has_form(period, "dddd")))
        return ERR_INVALID;
    int y = number(period, 4);
    if (y < 1000)
        return ERR_INVALID;
    if (week) {
        int w = number(period + 6, 2);
        if (w < 1 || w > weeks_of_year(y))
            return ERR_INVALID;
        snprintf(out, PERIOD_WORDS_BYTES, "vecka %d %d", w, y);
        return 0;
    }
    if (!day && !month) {
        snprintf(out, PERIOD_WORDS_BYTES, "%d", y);
        return 0;
    }
    int m = number(period + 5, 2);
    if (m < 1 || m > 12)
        return ERR_INVALID;
    if (month) {
        snprintf(out, PERIOD_WORDS_BYTES, "%s %d", month_sv[m - 1], y);
        return 0;
    }
    int d = number(period + 8, 2);
    if (d < 1 || d > days_of_month(y, m))
        return ERR_INVALID;
    snprintf(out, PERIOD_WORDS_BYTES, "%d %s %d", d, month_sv[m - 1], y);
    return 0;
}
