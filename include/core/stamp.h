/*
 * Times as other systems' interfaces write them, with their offset: "2026-11-22T13:05:00+01:00" (RFC 3339, CAP 1.2) and
 * "2026-04-29 9:28:38 +02:00" (the police's events).
 *
 * Strict in what is a time (it exists, its year is 2000 to 2100, its offset is at most 14 hours), tolerant in how it is
 * set: "T", "t" or a blank between, an hour of one digit, seconds and their fraction may be missing, "Z" for +00:00.
 * A time without an offset is none. Pure, any thread.
 */
#ifndef GB_CORE_STAMP_H
#define GB_CORE_STAMP_H

#include <stdint.h>

enum { STAMP_YEAR_MIN = 2000, STAMP_YEAR_MAX = 2100 };

/* 0 and microseconds since the epoch, or ERR_INVALID with *out_us untouched. A leap second is the second after. */
int stamp_read(const char *text, int64_t *out_us);

#endif
