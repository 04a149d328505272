/*
 * The body of a letter: slots and parts become pieces, in the order of the text.
 *
 * Invariants: pieces are in ascending order of `at`, never empty, and a piece of a part stands between
 * that part's tags. Limits: there are fewer pieces than bytes of text.
 */
#include "core/letter_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

enum { TAG_SHOWN_BYTES = 40, CLOSEST_MAX_BYTES = 60 };

static const char part_word[] = "municipality";

#define SLOT_WORD(id, word, byte) word,
static const char *const tag_words[] = {SLOT_MAP(SLOT_WORD) "#municipality", "/municipality", NULL};
#undef SLOT_WORD

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Levenshtein distance; both words are short. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[CLOSEST_MAX_BYTES + 1];
    assert(b_len <= CLOSEST_MAX_BYTES);
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + ((a[i - 1] | 0x20) != (b[j - 1] | 0x20));
            diagonal = row[j];
            size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = best < replaced ? best : replaced;
        }
    }
    return row[b_len];
}

const char *letter_closest(const char *word, size_t n, const char *const *words)
{
    const char *best = NULL;
    size_t best_distance = n < 8 ? 3 : 4; /* two slips of the pen, three in a long word; more are another word */
    if (n == 0 || n > CLOSEST_MAX_BYTES)
        return NULL;
    for (; *words; words++) {
        size_t len = strlen(*words);
        size_t apart = len > n ? len - n : n - len;
        if (len > CLOSEST_MAX_BYTES || apart >= best_distance) /* registers have long names, and many */
            continue;
        size_t d = distance(word, n, *words, len);
        if (d < best_distance && d < n) {
            best = *words;
            best_distance = d;
        }
    }
    return best;
}

bool letter_is_code(const char *s, size_t n)
{
    if (n != LETTER_CODE_BYTES - 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

bool letter_takes_code(const struct letter_source *src, const char *code)
{
    for (size_t i = 0; i < src->municipality_count; i++)
        if (strcmp(src->municipalities[i], code) == 0)
            return true;
    return src->municipality_count == 0;
}

/* Is the brace pair at `at` written as \{{? (\\{{ is a backslash and a slot.) */
static bool is_escaped(const char *text, size_t at)
{
    size_t slashes = 0;
    while (at > slashes && text[at - slashes - 1] == '\\')
        slashes++;
    return slashes % 2 == 1;
}

static int refuse_tag(const struct letter_source *src, size_t at, const char *word, size_t n,
                      struct letter_problem *problem)
{
    size_t first = 0; /* of "#municipalitet 1257" the first word was meant as a tag */
    while (first < n && !is_blank(word[first]))
        first++;
    const char *closest = letter_closest(word, first, tag_words);
    int shown = n > TAG_SHOWN_BYTES ? TAG_SHOWN_BYTES : (int)n;
    while (shown > 0 && (size_t)shown < n && ((unsigned char)word[shown] & 0xc0) == 0x80)
        shown--;
    if (closest)
        return letter_refuse(src, at, problem, "okänd lucka {{%.*s}}; menade du {{%s}}?",
                             "unknown slot {{%.*s}}; did you mean {{%s}}?", shown, word, closest);
    return letter_refuse(src, at, problem,
                         "okänd lucka {{%.*s}}; de som finns är {{group}} {{name}} {{municipality}} {{area}} {{period}}"
                         " och delar {{#municipality KOD}} ... {{/municipality}}",
                         "unknown slot {{%.*s}}; there are {{group}} {{name}} {{municipality}} {{area}} {{period}}"
                         " and parts {{#municipality CODE}} ... {{/municipality}}",
                         shown, word);
}

/* What stands between the braces: word[0..n), without blanks at its ends. */
static int read_tag(const struct letter_source *src, const char *word, size_t n, struct letter_token *token,
                    struct letter_problem *problem)
{
    const size_t part_len = sizeof part_word - 1;
    size_t after = 1;
    while (after < n && is_blank(word[after]))
        after++;
    bool is_part = n >= after + part_len && memcmp(word + after, part_word, part_len) == 0;
    size_t rest = after + part_len;
    if (n > 0 && word[0] == '#' && is_part && (rest == n || is_blank(word[rest]))) {
        token->kind = TOKEN_OPEN;
        token->codes_at = (size_t)(word - src->text) + rest;
        token->codes_n = n - rest;
        return 0;
    }
    if (n > 0 && word[0] == '/' && is_part && rest == n) {
        token->kind = TOKEN_CLOSE;
        return 0;
    }
    token->kind = TOKEN_SLOT;
#define SLOT_READ(id, slot_word, byte)                               \
    if (n == strlen(slot_word) && memcmp(word, slot_word, n) == 0) { \
        token->slot = (byte);                                        \
        return 0;                                                    \
    }
    SLOT_MAP(SLOT_READ)
#undef SLOT_READ
    return refuse_tag(src, token->at, word, n, problem);
}

int letter_next_token(const struct letter_source *src, size_t *cursor, size_t end, struct letter_token *token,
                      struct letter_problem *problem)
{
    const char *text = src->text;
    *token = (struct letter_token){.kind = TOKEN_END, .at = *cursor, .end = end};
    if (*cursor >= end)
        return 0;
    const char *open = memmem(text + *cursor, end - *cursor, "{{", 2);
    size_t at = open ? (size_t)(open - text) : end;
    bool escaped = open && is_escaped(text, at);
    if (!open || at > *cursor) { /* may be empty when it was only the backslash that escapes */
        token->kind = TOKEN_TEXT;
        token->end = escaped ? at - 1 : at;
        *cursor = at;
        return 0;
    }
    if (escaped) {
        token->kind = TOKEN_TEXT;
        token->end = *cursor = at + 2;
        return 0;
    }
    const char *line_end = memchr(open, '\n', end - at);
    size_t limit = line_end ? (size_t)(line_end - text) : end;
    const char *close = memmem(open, limit - at, "}}", 2);
    if (!close)
        return letter_refuse(src, at, problem,
                             "{{ utan }} på samma rad; avsluta luckan, eller skriv \\{{ om klamrarna ska synas",
                             "{{ without }} on the same line; close the slot, or write \\{{ to show the braces");
    size_t from = at + 2, to = (size_t)(close - text);
    while (from < to && is_blank(text[from]))
        from++;
    while (to > from && is_blank(text[to - 1]))
        to--;
    token->end = *cursor = (size_t)(close - text) + 2;
    return read_tag(src, text + from, to - from, token, problem);
}

static void add_piece(struct letter_source *src, struct letter_piece piece)
{
    if (piece.len == 0)
        return;
    if (src->piece_count == src->piece_cap) {
        src->piece_cap = src->piece_cap ? src->piece_cap * 2 : 16;
        src->pieces = xreallocarray(src->pieces, src->piece_cap, sizeof *src->pieces);
    }
    src->pieces[src->piece_count++] = piece;
}

/* " 1257 1292 " from what stands after #municipality. */
static int read_codes(const struct letter_source *src, const struct letter_token *token, char **out,
                      struct letter_problem *problem)
{
    char *codes = xmalloc(token->codes_n + 3);
    size_t len = 0;
    codes[len++] = ' ';
    size_t i = token->codes_at, end = token->codes_at + token->codes_n;
    while (i < end) {
        size_t from = i;
        while (i < end && !is_blank(src->text[i]) && src->text[i] != ',')
            i++;
        if (i > from) {
            char code[LETTER_CODE_BYTES] = "";
            bool ok = letter_is_code(src->text + from, i - from);
            if (ok)
                memcpy(code, src->text + from, LETTER_CODE_BYTES - 1);
            if (!ok || !letter_takes_code(src, code)) {
                free(codes);
                return ok ? letter_refuse(src, from, problem,
                                          "kommunen %s finns inte i huvudets municipalities; lägg till den där",
                                          "municipality %s is not in the head's municipalities; add it there", code)
                          : letter_refuse(src, from, problem, "en kommunkod har fyra siffror, som 1257",
                                          "a municipality code has four digits, like 1257");
            }
            memcpy(codes + len, code, LETTER_CODE_BYTES - 1);
            len += LETTER_CODE_BYTES - 1;
            codes[len++] = ' ';
        }
        if (i < end)
            i++;
    }
    codes[len] = '\0';
    if (len == 1) {
        free(codes);
        return letter_refuse(src, token->at, problem, "delen saknar kommunkod; skriv {{#municipality 1257}}",
                             "the part names no municipality; write {{#municipality 1257}}");
    }
    *out = codes;
    return 0;
}

static int open_part(struct letter_source *src, const struct letter_token *token, int *part,
                     struct letter_problem *problem)
{
    size_t line, column;
    if (*part >= 0) {
        letter_position(src->text, src->parts[*part].at, &line, &column);
        return letter_refuse(src, token->at, problem,
                             "en del kan inte stå i en annan; avsluta den från rad %zu med {{/municipality}} först",
                             "a part cannot stand inside another; close the one from line %zu with"
                             " {{/municipality}} first",
                             line);
    }
    char *codes = NULL;
    int rc = read_codes(src, token, &codes, problem);
    if (rc < 0)
        return rc;
    if (src->part_count == src->part_cap) {
        src->part_cap = src->part_cap ? src->part_cap * 2 : 8;
        src->parts = xreallocarray(src->parts, src->part_cap, sizeof *src->parts);
    }
    src->parts[src->part_count] = (struct letter_part){.at = token->at, .codes = codes};
    *part = (int)src->part_count++;
    return 0;
}

/* A tag alone on its line takes the line with it: `last` piece loses its leading blanks, the cursor skips the LF. */
static void swallow_line(struct letter_source *src, const struct letter_token *token, size_t *cursor)
{
    const char *text = src->text;
    size_t from = token->at, to = token->end;
    while (from > src->body_at && is_blank(text[from - 1]))
        from--;
    while (to < src->len && is_blank(text[to]))
        to++;
    bool alone = (from == src->body_at || text[from - 1] == '\n') && (to == src->len || text[to] == '\n');
    if (!alone)
        return;
    *cursor = to < src->len ? to + 1 : to;
    if (from < token->at) {
        struct letter_piece *last = &src->pieces[src->piece_count - 1];
        assert(last->slot == 0 && last->at + last->len == token->at);
        last->len -= token->at - from;
        if (last->len == 0)
            src->piece_count--;
    }
}

static int take_tag(struct letter_source *src, const struct letter_token *token, int *part,
                    struct letter_problem *problem)
{
    if (token->kind == TOKEN_OPEN)
        return open_part(src, token, part, problem);
    if (*part < 0)
        return letter_refuse(src, token->at, problem, "{{/municipality}} avslutar en del som aldrig började",
                             "{{/municipality}} closes a part that never began");
    *part = -1;
    return 0;
}

int letter_body(struct letter_source *src, struct letter_problem *problem)
{
    int part = -1;
    size_t cursor = src->body_at;
    for (;;) {
        struct letter_token token;
        int rc = letter_next_token(src, &cursor, src->len, &token, problem);
        if (rc < 0)
            return rc;
        if (token.kind == TOKEN_END)
            break;
        if (token.kind == TOKEN_TEXT) {
            add_piece(src, (struct letter_piece){.at = token.at, .len = token.end - token.at, .part = part});
        } else if (token.kind == TOKEN_SLOT) {
            src->uses[token.slot] = true;
            add_piece(src, (struct letter_piece){.at = token.at, .len = 1, .slot = token.slot, .part = part});
        } else {
            rc = take_tag(src, &token, &part, problem);
            if (rc < 0)
                return rc;
            swallow_line(src, &token, &cursor);
        }
    }
    if (part >= 0)
        return letter_refuse(src, src->parts[part].at, problem,
                             "delen avslutas aldrig; skriv {{/municipality}} där den tar slut",
                             "the part is never closed; write {{/municipality}} where it ends");
    return 0;
}
