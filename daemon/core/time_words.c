/* Local times in words; the contract is in core/time_words.h. No strftime: its names of months hang on the locale. */
#include "core/time_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static const char *const MONTHS_SV[] = {"januari", "februari", "mars",      "april",   "maj",      "juni",
                                        "juli",    "augusti",  "september", "oktober", "november", "december"};
static const char *const MONTHS_EN[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

static const char *const DAYS_SV[] = {"söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"};

static struct tm local(int64_t us)
{
    time_t t = (time_t)(us / US_PER_S);
    struct tm tm;
    localtime_r(&t, &tm);
    return tm;
}

char *time_words_sv(int64_t us, char out[TIME_WORDS_BYTES])
{
    struct tm tm = local(us);
    snprintf(out, TIME_WORDS_BYTES, "%d %s %d kl. %02d.%02d", tm.tm_mday, MONTHS_SV[tm.tm_mon], tm.tm_year + 1900,
             tm.tm_hour, tm.tm_min);
    return out;
}

static bool is_same_day(const struct tm *a, const struct tm *b)
{
    return a->tm_year == b->tm_year && a->tm_yday == b->tm_yday;
}

/* Noon of the day after, by the calendar: a day may have 23 hours. */
static struct tm next_day(const struct tm *day)
{
    struct tm next = *day;
    next.tm_mday++;
    next.tm_hour = 12;
    next.tm_min = next.tm_sec = 0;
    next.tm_isdst = -1;
    mktime(&next);
    return next;
}

char *time_words_until_sv(int64_t us, int64_t from_us, char out[TIME_WORDS_BYTES])
{
    struct tm tm = local(us);
    struct tm from = local(from_us);
    struct tm tomorrow = next_day(&from);
    char day[48];
    snprintf(day, sizeof day, "%s %d %s", DAYS_SV[tm.tm_wday], tm.tm_mday, MONTHS_SV[tm.tm_mon]);
    if (is_same_day(&tm, &from) || is_same_day(&tm, &tomorrow))
        snprintf(out, TIME_WORDS_BYTES, "%s kl. %02d.%02d (%s)", is_same_day(&tm, &from) ? "i dag" : "i morgon",
                 tm.tm_hour, tm.tm_min, day);
    else if (tm.tm_year == from.tm_year)
        snprintf(out, TIME_WORDS_BYTES, "%s kl. %02d.%02d", day, tm.tm_hour, tm.tm_min);
    else
        snprintf(out, TIME_WORDS_BYTES, "%s %d kl. %02d.%02d", day, tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
    return out;
}

char *time_words_en(int64_t us, char out[TIME_WORDS_BYTES])
{
    struct tm tm = local(us);
    snprintf(out, TIME_WORDS_BYTES, "%d %s %d at %02d:%02d", tm.tm_mday, MONTHS_EN[tm.tm_mon], tm.tm_year + 1900,
             tm.tm_hour, tm.tm_min);
    return out;
}
