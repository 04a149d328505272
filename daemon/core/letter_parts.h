/*
 * The inside of a letter source, shared by its four files only:
 * letter_border.c (bytes to clean text), letter_head.c, letter_body.c, letter_source.c (the rest).
 */
#ifndef GB_DAEMON_CORE_LETTER_PARTS_H
#define GB_DAEMON_CORE_LETTER_PARTS_H

#include "core/letter_source.h"

enum { LETTER_CODE_BYTES = 5 };

/* A stretch of the body: bytes of the text, or one slot. Every piece stems from at least one byte of text. */
struct letter_piece {
    size_t at;  /* offset in text */
    size_t len; /* bytes that it yields: len of text, or 1 for a slot */
    int slot;   /* 0: text; else the SLOT_ byte */
    int part;   /* index into parts, or -1: common to all */
};

/* {{#municipality ...}}: which codes see it. */
struct letter_part {
    size_t at;   /* offset of its opening tag */
    char *codes; /* " 1257 1292 " */
};

struct letter_source {
    char *text; /* the whole file, cleaned */
    size_t len;
    size_t body_at;
    char *title;
    size_t title_at;
    enum letter_kind kind;
    enum letter_class classification;
    char *period, *area, *series;
    char (*municipalities)[LETTER_CODE_BYTES];
    size_t municipality_count;
    struct letter_piece *pieces;
    size_t piece_count, piece_cap;
    struct letter_part *parts;
    size_t part_count, part_cap;
    bool uses[SLOT_MAX + 1];
};

/* One token of text with slots: plain text, a slot, or a tag of a part. */
enum letter_token_kind { TOKEN_END, TOKEN_TEXT, TOKEN_SLOT, TOKEN_OPEN, TOKEN_CLOSE };
struct letter_token {
    enum letter_token_kind kind;
    size_t at, end;           /* the token's bytes in text */
    size_t codes_at, codes_n; /* TOKEN_OPEN: what stands after #municipality */
    int slot;                 /* TOKEN_SLOT */
};

/* Line and column (1-based, in characters) of an offset. */
void letter_position(const char *text, size_t offset, size_t *line, size_t *column);
/* Fill `problem` for that offset of src->text and return ERR_INVALID. Both formats take the same arguments. */
int letter_refuse(const struct letter_source *src, size_t at, struct letter_problem *problem, const char *sv,
                  const char *en, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
/* The word of `words` (NULL-ended, of any length) that was probably meant by text[0..n), or NULL. */
const char *letter_closest(const char *word, size_t n, const char *const *words);
/* Four digits? */
bool letter_is_code(const char *s, size_t n);
/* In the head's list, or the head has none? */
bool letter_takes_code(const struct letter_source *src, const char *code);

int letter_border(const char *data, size_t n, struct letter_source *src, struct letter_problem *problem);
int letter_head(struct letter_source *src, struct letter_problem *problem);
int letter_body(struct letter_source *src, struct letter_problem *problem);
/* The token at *cursor of text[..end), and *cursor beyond it. 0 or ERR_INVALID. */
int letter_next_token(const struct letter_source *src, size_t *cursor, size_t end, struct letter_token *token,
                      struct letter_problem *problem);

#endif
