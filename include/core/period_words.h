/*
 * The period of a letter, in the Swedish words that readers see ({{period}}).
 *
 * Called by the letter's parser (to refuse a period that is none) and by whoever fills slots.
 * Pure, any thread.
 */
#ifndef GB_CORE_PERIOD_WORDS_H
#define GB_CORE_PERIOD_WORDS_H

enum { PERIOD_WORDS_BYTES = 32 };

/*
 * "2026" -> "2026", "2026-03" -> "mars 2026", "2026-W10" -> "vecka 10 2026" (ISO 8601 week),
 * "2026-03-10" -> "10 mars 2026". 0, or ERR_INVALID with `out` untouched when it is none of these or
 * no such day or week exists.
 */
int period_words_sv(const char *period, char out[PERIOD_WORDS_BYTES]);

#endif
