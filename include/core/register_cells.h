/*
 * Single cells of a register: words, numbers, postal codes, mail cells. Texts are clean (base/text.h).
 * Pure; called by the register reader.
 */
#ifndef GB_CORE_REGISTER_CELLS_H
#define GB_CORE_REGISTER_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/group_words.h"

/* Is it only a way of writing nothing: signs ("-", "?"); in a name's place, "vakant" too; in a value's, a word such as
 * "saknas" or "okänt" too? */
bool register_is_dash(const char *text);
bool register_is_nobody(const char *text);
bool register_is_placeholder(const char *text);

/* Villa, Radhus, "Villa/Radhus", "Villa + lägenhet" (mixed), the words of group_words.h, … */
bool register_kind_read(const char *text, enum group_kind *out);
bool register_state_read(const char *text, enum group_state *out);
bool register_role_read(const char *text, enum contact_role *out);
/* ja, nej, x, 1, 0, a year, a date, "ja 2022". *year_out is -1 when none is told. */
bool register_trained_read(const char *text, int *trained_out, int *year_out);
/* Yes and no only. */
bool register_yes_read(const char *text, bool *out);
/* A whole number from 0 to REGISTER_NUMBER_MAX; *about_out when the cell says more than the number ("ca 30"). */
bool register_number_read(const char *text, int *out, bool *about_out);
/* "26632", "266 32", "SE-266 32" to "266 32". */
bool register_postal_read(const char *text, char out[7]);

/* The next address in a mail cell ("mailto:", "Name <a@b>", ";", ",", blanks, trailing dots) into out[cap]: true, with
 * *cursor moved on. Start with *cursor at the cell. A piece that is no address is given too; the caller checks it. One
 * that does not fit is cut. */
bool register_next_address(const char **cursor, char *out, size_t cap);

/* "Efternamn, Förnamn" turned round into out[cap]; false when `text` is not of that form. */
bool register_name_turn(const char *text, char *out, size_t cap);

#endif
