/*
 * Finding Swedish personal identity numbers (personnummer, samordningsnummer) in text, so that no register
 * and no letter carries one.
 *
 * Found: YYYYMMDD-NNNN, YYMMDD-NNNN, YYMMDD+NNNN, YYYYMMDDNNNN and YYMMDDNNNN (any of the dashes that word
 * processors put), also with blanks and with the date in parts (19 811218 9876, 1981-12-18 - 9876), with a date that
 * exists (day + 60 in a samordningsnummer) and the right check digit. Numbers of organisations (third digit 2 or more)
 * and digits within a longer row of digits are none. Ten digits in a row that only a mobile number would be (070…, read
 * as day 61 to 91) are taken for one, and a day of the twenties with a blank and a time (260415 1800) for just that.
 *
 * Pure, any thread. Callers: register import, lint of letters.
 */
#ifndef GB_CORE_PERSONNUMMER_H
#define GB_CORE_PERSONNUMMER_H

#include <stdbool.h>
#include <stddef.h>

/* The first number in `text` at or after byte `from` (at most strlen(text)): true with its place in bytes. */
bool personnummer_find(const char *text, size_t from, size_t *start_out, size_t *len_out);

#endif
