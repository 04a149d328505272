/*
 * Unicode text: validation, normalisation, comparison keys.
 *
 * Everything that people type passes through here once, at the border: invalid UTF-8 and
 * control characters are refused, names become NFC. Case is folded in C and never in SQL,
 * since the engines differ ("Å"). Pure functions (libunistring), any thread.
 */
#ifndef GB_BASE_TEXT_H
#define GB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Strictly valid UTF-8 (no surrogates, no overlong forms)? */
bool text_is_utf8(const char *s, size_t n);
/* Any byte below 0x20 or 0x7f, or a C1 control, a line or paragraph separator or a bidi override
 * (which would let a name rewrite the line it stands on)? `s` is valid UTF-8. */
bool text_has_control(const char *s, size_t n);
/* NFC, white space (also NBSP and line ends) trimmed at both ends and folded to one space inside; the invisible
 * zero-width space, word joiner and byte order mark dropped. Returns, caller frees. NULL when `s` is not valid UTF-8.
 */
char *text_clean(const char *s);
/* NFC only. Returns, caller frees; NULL when `s` is not valid UTF-8. */
char *text_nfc(const char *s, size_t n);
/* The key for "the same name": cleaned, case-folded, NFC; diacritics are kept (Åsa is not Asa). Returns, caller frees;
 * NULL when `s` is not valid UTF-8. */
char *text_fold(const char *s);
/* The key for Swedish sorting with memcmp: folded, with å, ä, ö (and æ as ä, ø as ö) after z, ü as y and other letters
 * without their marks. Returns, caller frees; NULL when `s` is not valid UTF-8. */
char *text_sort_key(const char *s);
/* Folded and without marks: Åsa Öberg → asa oberg; ø → o, æ → ae, ß → ss. For tolerant look-up of words and for
 * suggestions, never for telling people apart. Returns ASCII, caller frees; NULL when `s` has letters of another
 * script or is not valid UTF-8. */
char *text_ascii(const char *s);
/* The number of characters (code points) in valid UTF-8. */
size_t text_length(const char *s);
/* How many bytes the first `chars` characters take; strlen(s) when there are fewer. A byte that is no UTF-8 counts as a
 * character. */
size_t text_prefix(const char *s, size_t chars);

/* Copy `s` into out[room] with every mail address replaced by "<address>", cut between characters: for what other
 * programs said, before it reaches a log. Returns out. room > 0. */
char *text_mask_addresses(const char *s, char *out, size_t room);

#endif
