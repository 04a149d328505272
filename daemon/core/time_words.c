/* Local times in words; the contract is in core/time_words.h. No strftime: its names of months hang on the locale. */
#include "core/time_words.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static const char *const MONTHS_SV[] = {"januari", "februari", "mars",      "april",   "maj",      "juni",
                                        "juli",    "augusti",  "september", "oktober", "november", "december"};
static const char *const MONTHS_EN[] = {"January", "February", "March",     "April",   "May",      "June",
                                        "July",    "August",   "September", "October", "November", "December"};

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

char *time_words_en(int64_t us, char out[TIME_WORDS_BYTES])
{
    struct tm tm = local(us);
    snprintf(out, TIME_WORDS_BYTES, "%d %s %d at %02d:%02d", tm.tm_mday, MONTHS_EN[tm.tm_mon], tm.tm_year + 1900,
             tm.tm_hour, tm.tm_min);
    return out;
}
