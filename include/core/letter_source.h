/*
 * A letter as it is written: a Markdown file with a head of `key: value` lines.
 *
 * letter_source_parse() is the border: after it the text is valid NFC UTF-8 with LF line ends and no control
 * characters, every slot and every part for a municipality is known and closed, and positions can be told.
 * Called by the letter's rules, the linter and the preview. Pure: no store, no clock, no MIME, never logs.
 * Threads: a parsed source never changes and may be read by any. Ownership: _parse returns, the caller frees;
 * strings that accessors return live as long as the source.
 *
 * Head (between two `---` lines, any order, each key once; values may stand in quotes; blank lines and lines
 * that begin with # are skipped):
 *   title (required, may hold slots) · kind: monthly weekly info (info) · period: 2026-03, 2026-W10, 2026-03-10, 2026
 *   classification: public ombud_and_households ombud_only (ombud_only, the narrowest) · area, also lpo
 *   municipalities: ["1292", "1257"] or 1292, 1257 · series
 * Body: slots {{group}} {{name}} {{municipality}} {{area}} {{period}} (core/slot.h); parts
 * {{#municipality 1257 1292}} ... {{/municipality}}, whose tags vanish with their line when alone on it;
 * \{{ writes a literal {{. A numeric character reference to a control character is refused, for it could
 * forge a slot.
 */
#ifndef GB_CORE_LETTER_SOURCE_H
#define GB_CORE_LETTER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slot.h"

struct buf;
struct letter_source;

enum { LETTER_SOURCE_MAX_BYTES = 256 * 1024, LETTER_TITLE_MAX_CHARS = 200, LETTER_MUNICIPALITIES_MAX = 290 };

/* identifier, the word in the head */
#define LETTER_KIND_MAP(X) \
    X(MONTHLY, "monthly")  \
    X(WEEKLY, "weekly")    \
    X(INFO, "info")
#define LETTER_CLASS_MAP(X)                         \
    X(PUBLIC, "public")                             \
    X(OMBUD_AND_HOUSEHOLDS, "ombud_and_households") \
    X(OMBUD_ONLY, "ombud_only")

enum letter_kind {
#define LETTER_KIND_ENUM(id, word) LETTER_KIND_##id,
    LETTER_KIND_MAP(LETTER_KIND_ENUM)
#undef LETTER_KIND_ENUM
};
enum letter_class {
#define LETTER_CLASS_ENUM(id, word) LETTER_CLASS_##id,
    LETTER_CLASS_MAP(LETTER_CLASS_ENUM)
#undef LETTER_CLASS_ENUM
};

/* Why a letter was refused; both texts begin with the place ("rad 3, kolumn 7: ", "line 3, column 7: "). */
struct letter_problem {
    size_t line, column; /* 1-based; columns count characters; 0 when the whole file is meant */
    char sv[400], en[400];
};

/* 0 and *out, or ERR_INVALID or ERR_TOO_LARGE with `problem` filled and *out untouched. */
int letter_source_parse(const char *data, size_t n, struct letter_source **out, struct letter_problem *problem);
void letter_source_free(struct letter_source *src); /* NULL is fine */

const char *letter_source_title(const struct letter_source *src); /* slots as their SLOT_ byte */
enum letter_kind letter_source_kind(const struct letter_source *src);
enum letter_class letter_source_class(const struct letter_source *src);
const char *letter_kind_word(enum letter_kind kind);
const char *letter_class_word(enum letter_class classification);
/* false: no such word, *out untouched. */
bool letter_class_parse(const char *word, enum letter_class *out);
/* NULL when the head has none. */
const char *letter_source_period(const struct letter_source *src);
const char *letter_source_area(const struct letter_source *src);
const char *letter_source_series(const struct letter_source *src);
size_t letter_source_municipality_count(const struct letter_source *src);
const char *letter_source_municipality(const struct letter_source *src, size_t i); /* "1257"; i < count */
/* Does the title or the body, parts included, use the slot? */
bool letter_source_uses(const struct letter_source *src, enum slot slot);

/*
 * Append the body's Markdown for one municipality: the common text and its own parts, slots as their SLOT_ byte.
 * NULL means a reader of no municipality: the common text only. 0, or ERR_TOO_LARGE.
 */
int letter_source_select(const struct letter_source *src, const char *municipality, struct buf *out);
/* The same with every part, for checks; its offsets are what letter_source_locate() takes. */
int letter_source_select_all(const struct letter_source *src, struct buf *out);
/* Line and column in the file of a byte of letter_source_select_all()'s text. */
void letter_source_locate(const struct letter_source *src, size_t offset, size_t *line, size_t *column);
/* Where the title's value begins. */
void letter_source_locate_title(const struct letter_source *src, size_t *line, size_t *column);

#endif
