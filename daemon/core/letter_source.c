/* A letter as it is written: life cycle, accessors, selection; the contract is in core/letter_source.h. */
#include "core/letter_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

int letter_source_parse(const char *data, size_t n, struct letter_source **out, struct letter_problem *problem)
{
    struct letter_source *src = xcalloc(1, sizeof *src);
    src->kind = LETTER_KIND_INFO;
    src->classification = LETTER_CLASS_OMBUD_ONLY;
    int rc = letter_border(data, n, src, problem);
    if (rc == 0)
        rc = letter_head(src, problem);
    if (rc == 0)
        rc = letter_body(src, problem);
    if (rc < 0) {
        letter_source_free(src);
        return rc;
    }
    *out = src;
    return 0;
}

void letter_source_free(struct letter_source *src)
{
    if (!src)
        return;
    for (size_t i = 0; i < src->part_count; i++)
        free(src->parts[i].codes);
    free(src->parts);
    free(src->pieces);
    free(src->municipalities);
    free(src->period);
    free(src->area);
    free(src->series);
    free(src->title);
    free(src->text);
    free(src);
}

const char *letter_source_title(const struct letter_source *src)
{
    return src->title;
}

enum letter_kind letter_source_kind(const struct letter_source *src)
{
    return src->kind;
}

enum letter_class letter_source_class(const struct letter_source *src)
{
    return src->classification;
}

const char *letter_kind_word(enum letter_kind kind)
{
    switch (kind) {
#define KIND_CASE(id, word) \
    case LETTER_KIND_##id:  \
        return word;
        LETTER_KIND_MAP(KIND_CASE)
#undef KIND_CASE
    }
    return "unknown";
}

const char *letter_class_word(enum letter_class classification)
{
    switch (classification) {
#define CLASS_CASE(id, word) \
    case LETTER_CLASS_##id:  \
        return word;
        LETTER_CLASS_MAP(CLASS_CASE)
#undef CLASS_CASE
    }
    return "unknown";
}

bool letter_class_parse(const char *word, enum letter_class *out)
{
#define CLASS_IF(id, name)         \
    if (strcmp(word, name) == 0) { \
        *out = LETTER_CLASS_##id;  \
        return true;               \
    }
    LETTER_CLASS_MAP(CLASS_IF)
#undef CLASS_IF
    return false;
}

const char *letter_source_period(const struct letter_source *src)
{
    return src->period;
}

const char *letter_source_area(const struct letter_source *src)
{
    return src->area;
}

const char *letter_source_series(const struct letter_source *src)
{
    return src->series;
}

size_t letter_source_municipality_count(const struct letter_source *src)
{
    return src->municipality_count;
}

const char *letter_source_municipality(const struct letter_source *src, size_t i)
{
    assert(i < src->municipality_count);
    return src->municipalities[i];
}

bool letter_source_uses(const struct letter_source *src, enum slot slot)
{
    return src->uses[slot];
}

/* Does the reader of `municipality` (four digits, or anything that matches no part) see this piece? */
static bool is_for(const struct letter_source *src, const struct letter_piece *piece, const char *municipality)
{
    if (piece->part < 0)
        return true;
    return municipality && letter_is_code(municipality, strlen(municipality)) &&
           strstr(src->parts[piece->part].codes, municipality) != NULL;
}

static int add_piece(const struct letter_source *src, const struct letter_piece *piece, struct buf *out)
{
    return piece->slot ? buf_addc(out, (char)piece->slot) : buf_add(out, src->text + piece->at, piece->len);
}

int letter_source_select(const struct letter_source *src, const char *municipality, struct buf *out)
{
    int rc = 0;
    for (size_t i = 0; i < src->piece_count && rc == 0; i++)
        if (is_for(src, &src->pieces[i], municipality))
            rc = add_piece(src, &src->pieces[i], out);
    return rc;
}

int letter_source_select_all(const struct letter_source *src, struct buf *out)
{
    int rc = 0;
    for (size_t i = 0; i < src->piece_count && rc == 0; i++)
        rc = add_piece(src, &src->pieces[i], out);
    return rc;
}

void letter_source_locate(const struct letter_source *src, size_t offset, size_t *line, size_t *column)
{
    size_t at = src->len;
    size_t passed = 0;
    for (size_t i = 0; i < src->piece_count; i++) {
        const struct letter_piece *piece = &src->pieces[i];
        if (offset < passed + piece->len) {
            at = piece->at + (piece->slot ? 0 : offset - passed);
            break;
        }
        passed += piece->len;
    }
    letter_position(src->text, at, line, column);
}

void letter_source_locate_title(const struct letter_source *src, size_t *line, size_t *column)
{
    letter_position(src->text, src->title_at, line, column);
}
