/*
 * Small pieces of text that several views print: durations, and texts cut to the columns of a screen. Appends to a
 * buffer; no state; any thread.
 */
#ifndef GB_CLI_WORDS_H
#define GB_CLI_WORDS_H

#include <stddef.h>

struct buf;

/* "3 d 4 h", "2 h 5 min", "12 min", "41 s". */
void words_duration(struct buf *out, long long seconds);
/* How wide lines may be: `usual`, or as wide as the terminal at the standard output when that is narrower. */
size_t words_columns(size_t usual);
/* Breaks between words into lines of at most `columns`, each beginning with `indent` blanks; a word that is longer has
 * a line of its own. Every line ends with a line end. */
void words_wrap(struct buf *out, const char *text, size_t indent, size_t columns);
/* At most `columns` (2 or more) columns of a terminal; what is cut off shows as "…". */
void words_clip(struct buf *out, const char *text, size_t columns);

#endif
