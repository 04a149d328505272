/*
 * An instant as people read it: the node's local time ($TZ, which main sets) in words. For letters, alerts, pages and
 * reminders. Pure but for the process's zone; any thread.
 */
#ifndef GB_CORE_TIME_WORDS_H
#define GB_CORE_TIME_WORDS_H

#include <stdint.h>

enum { TIME_WORDS_BYTES = 80 };

/* "20 mars 2026 kl. 13.34" into out; returns out. */
char *time_words_sv(int64_t us, char out[TIME_WORDS_BYTES]);
/* A time to come as seen from `from_us`: "i dag kl. 18.30 (söndag 22 november)", "i morgon kl. 07.00 (måndag 23
 * november)", "onsdag 25 november kl. 07.00"; the day is named all the same, for who reads it tomorrow. With the year
 * when it is another. Into out; returns out. */
char *time_words_until_sv(int64_t us, int64_t from_us, char out[TIME_WORDS_BYTES]);
/* "20 March 2026 at 13:34" into out; returns out. */
char *time_words_en(int64_t us, char out[TIME_WORDS_BYTES]);

#endif
