/*
 * The head of a letter: `key: value` lines between two lines of `---`.
 * Each key has a row in head_keys; unknown and repeated keys are refused, for a misspelt
 * classification must not pass as the default.
 */
#include "core/letter_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/period_words.h"

enum { VALUE_MAX_BYTES = 4096, WORD_MAX_BYTES = 64, SHOWN_BYTES = 40 };

/* One value: text[at .. at+len) of the source, quotes removed. */
struct value {
    size_t at, len;
};

typedef int head_reader(struct letter_source *src, struct value v, struct letter_problem *problem);

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *value_copy(const struct letter_source *src, struct value v)
{
    return xstrndup(src->text + v.at, v.len);
}

/* What of a value is shown in a message; never cut inside a character. */
static int shown(const struct letter_source *src, struct value v)
{
    size_t n = v.len > SHOWN_BYTES ? SHOWN_BYTES : v.len;
    while (n > 0 && n < v.len && ((unsigned char)src->text[v.at + n] & 0xc0) == 0x80)
        n--;
    return (int)n;
}

static int add_title_token(const struct letter_source *src, const struct letter_token *token, struct buf *title,
                           struct letter_problem *problem)
{
    if (token->kind == TOKEN_SLOT) {
        buf_addc(title, (char)token->slot);
        return 0;
    }
    if (token->kind == TOKEN_TEXT) {
        buf_add(title, src->text + token->at, token->end - token->at);
        return 0;
    }
    return letter_refuse(src, token->at, problem,
                         "en del för en kommun kan inte stå i rubriken; flytta den till brevet",
                         "a part for a municipality cannot stand in the title; move it to the letter");
}

static int read_title(struct letter_source *src, struct value v, struct letter_problem *problem)
{
    struct buf title;
    int rc = 0;
    buf_init(&title, VALUE_MAX_BYTES);
    for (size_t cursor = v.at;;) {
        struct letter_token token;
        rc = letter_next_token(src, &cursor, v.at + v.len, &token, problem);
        if (rc < 0 || token.kind == TOKEN_END)
            break;
        rc = add_title_token(src, &token, &title, problem);
        if (rc < 0)
            break;
        if (token.kind == TOKEN_SLOT)
            src->uses[token.slot] = true;
    }
    if (rc == 0 && title.len == 0)
        rc = letter_refuse(src, v.at, problem, "rubriken (title) är tom; skriv en", "the title is empty; write one");
    if (rc == 0 && text_length(buf_str(&title)) > LETTER_TITLE_MAX_CHARS)
        rc = letter_refuse(src, v.at, problem, "rubriken (title) är längre än %d tecken; korta den",
                           "the title is longer than %d characters; shorten it", LETTER_TITLE_MAX_CHARS);
    if (rc == 0) {
        src->title = buf_take(&title);
        src->title_at = v.at;
    }
    buf_fini(&title);
    return rc;
}

/* The index of the value among `words`, or a refusal that lists them. */
static int read_word(const struct letter_source *src, struct value v, const char *key, const char *const *words,
                     int *index, struct letter_problem *problem)
{
    char list[200] = "";
    size_t at = 0;
    for (int i = 0; words[i]; i++) {
        size_t n = strlen(words[i]);
        if (n == v.len && memcmp(words[i], src->text + v.at, n) == 0) {
            *index = i;
            return 0;
        }
        if (at + n + 2 < sizeof list) {
            memcpy(list + at, words[i], n);
            list[at + n] = ' ';
            at += n + 1;
            list[at] = '\0';
        }
    }
    if (at > 0)
        list[at - 1] = '\0';
    return letter_refuse(src, v.at, problem, "%s kan inte vara \"%.*s\"; välj bland: %s",
                         "%s cannot be \"%.*s\"; choose one of: %s", key, shown(src, v), src->text + v.at, list);
}

static int read_kind(struct letter_source *src, struct value v, struct letter_problem *problem)
{
#define KIND_WORD(id, word) word,
    static const char *const words[] = {LETTER_KIND_MAP(KIND_WORD) NULL};
#undef KIND_WORD
    int index = 0;
    int rc = read_word(src, v, "kind", words, &index, problem);
    if (rc == 0)
        src->kind = (enum letter_kind)index;
    return rc;
}

static int read_class(struct letter_source *src, struct value v, struct letter_problem *problem)
{
#define CLASS_WORD(id, word) word,
    static const char *const words[] = {LETTER_CLASS_MAP(CLASS_WORD) NULL};
#undef CLASS_WORD
    int index = 0;
    int rc = read_word(src, v, "classification", words, &index, problem);
    if (rc == 0)
        src->classification = (enum letter_class)index;
    return rc;
}

static int read_period(struct letter_source *src, struct value v, struct letter_problem *problem)
{
    char words[PERIOD_WORDS_BYTES];
    char *period = value_copy(src, v);
    if (period_words_sv(period, words) < 0) {
        free(period);
        return letter_refuse(src, v.at, problem,
                             "\"%.*s\" är ingen period; skriv som 2026-03, 2026-W10, 2026-03-10 eller 2026",
                             "\"%.*s\" is no period; write it like 2026-03, 2026-W10, 2026-03-10 or 2026",
                             shown(src, v), src->text + v.at);
    }
    src->period = period;
    return 0;
}

static int read_area(struct letter_source *src, struct value v, struct letter_problem *problem)
{
    (void)problem;
    src->area = value_copy(src, v);
    return 0;
}

static int read_series(struct letter_source *src, struct value v, struct letter_problem *problem)
{
    (void)problem;
    src->series = value_copy(src, v);
    return 0;
}

static int add_municipality(struct letter_source *src, size_t at, size_t n, struct letter_problem *problem)
{
    struct value v = {at, n};
    if (!letter_is_code(src->text + at, n))
        return letter_refuse(src, at, problem, "\"%.*s\" är ingen kommunkod; den har fyra siffror, som 1257",
                             "\"%.*s\" is no municipality code; it has four digits, like 1257", shown(src, v),
                             src->text + at);
    char code[LETTER_CODE_BYTES] = "";
    memcpy(code, src->text + at, LETTER_CODE_BYTES - 1);
    if (src->municipality_count > 0 && letter_takes_code(src, code))
        return letter_refuse(src, at, problem, "kommunen %s står två gånger; ta bort den ena",
                             "municipality %s stands twice; remove one", code);
    if (src->municipality_count == LETTER_MUNICIPALITIES_MAX)
        return letter_refuse(src, at, problem, "fler än %d kommuner; så många finns inte",
                             "more than %d municipalities; there are no more", LETTER_MUNICIPALITIES_MAX);
    src->municipalities = xreallocarray(src->municipalities, src->municipality_count + 1, sizeof *src->municipalities);
    memcpy(src->municipalities[src->municipality_count++], code, LETTER_CODE_BYTES);
    return 0;
}

/* A JSON-like list ["1292", "1257"], or codes with commas or blanks between. */
static int read_municipalities(struct letter_source *src, struct value v, struct letter_problem *problem)
{
    const char *text = src->text;
    size_t i = v.at, end = v.at + v.len;
    bool opened = text[i] == '[';
    if (opened != (text[end - 1] == ']'))
        return letter_refuse(src, v.at, problem,
                             "listan börjar eller slutar inte med hakparentes; skriv [\"1292\", \"1257\"]",
                             "the list has only one of its brackets; write [\"1292\", \"1257\"]");
    if (opened) {
        i++;
        end--;
    }
    while (i < end) {
        while (i < end && (is_blank(text[i]) || text[i] == ','))
            i++;
        size_t from = i;
        while (i < end && !is_blank(text[i]) && text[i] != ',')
            i++;
        size_t to = i;
        bool quoted = to - from >= 2 && (text[from] == '"' || text[from] == '\'') && text[to - 1] == text[from];
        if (quoted) {
            from++;
            to--;
        }
        if (to == from && !quoted)
            continue;
        int rc = add_municipality(src, from, to - from, problem);
        if (rc < 0)
            return rc;
    }
    if (src->municipality_count == 0)
        return letter_refuse(src, v.at, problem, "listan över kommuner är tom; fyll i den eller ta bort raden",
                             "the list of municipalities is empty; fill it or remove the line");
    return 0;
}

/* key, its reader, the key that it is another name for */
static const struct head_key {
    const char *word;
    head_reader *read;
    int same_as; /* index in this table */
} head_keys[] = {
    {"title", read_title, 0},
    {"kind", read_kind, 1},
    {"period", read_period, 2},
    {"classification", read_class, 3},
    {"area", read_area, 4},
    {"lpo", read_area, 4},
    {"municipalities", read_municipalities, 6},
    {"series", read_series, 7},
};

#define HEAD_KEYS "title, kind, period, classification, area (or lpo), municipalities, series"

static int unknown_key(const struct letter_source *src, struct value key, struct letter_problem *problem)
{
    const char *words[ARRAY_LEN(head_keys) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(head_keys); i++)
        words[i] = head_keys[i].word;
    const char *closest = letter_closest(src->text + key.at, key.len, words);
    if (closest)
        return letter_refuse(src, key.at, problem,
                             "okänd uppgift \"%.*s\" i huvudet; menade du %s? De som finns är " HEAD_KEYS,
                             "unknown key \"%.*s\" in the head; did you mean %s? There are " HEAD_KEYS, shown(src, key),
                             src->text + key.at, closest);
    return letter_refuse(src, key.at, problem, "okänd uppgift \"%.*s\" i huvudet; de som finns är " HEAD_KEYS,
                         "unknown key \"%.*s\" in the head; there are " HEAD_KEYS, shown(src, key), src->text + key.at);
}

/* Blanks at both ends and one pair of quotes round the value go. */
static int trim_value(const struct letter_source *src, struct value *v, struct letter_problem *problem)
{
    const char *text = src->text;
    while (v->len > 0 && is_blank(text[v->at])) {
        v->at++;
        v->len--;
    }
    while (v->len > 0 && is_blank(text[v->at + v->len - 1]))
        v->len--;
    char quote = v->len > 0 ? text[v->at] : '\0';
    if (quote == '"' || quote == '\'') {
        if (v->len < 2 || text[v->at + v->len - 1] != quote)
            return letter_refuse(src, v->at, problem, "citattecknet avslutas inte; lägg till ett sist på raden",
                                 "the quotation mark is not closed; add one at the end of the line");
        v->at++;
        v->len -= 2;
    }
    return 0;
}

static int read_line(struct letter_source *src, size_t at, size_t end, size_t *seen, struct letter_problem *problem)
{
    const char *text = src->text;
    const char *colon = memchr(text + at, ':', end - at);
    if (!colon)
        return letter_refuse(src, at, problem, "raden i huvudet saknar kolon; skriv \"uppgift: värde\"",
                             "the line in the head has no colon; write \"key: value\"");
    struct value key = {at, (size_t)(colon - text) - at};
    while (key.len > 0 && is_blank(text[key.at + key.len - 1]))
        key.len--;
    size_t k = 0;
    while (k < ARRAY_LEN(head_keys) &&
           (strlen(head_keys[k].word) != key.len || memcmp(head_keys[k].word, text + at, key.len) != 0))
        k++;
    if (k == ARRAY_LEN(head_keys))
        return unknown_key(src, key, problem);
    size_t *seen_at = &seen[head_keys[k].same_as];
    if (*seen_at) {
        size_t line, column;
        letter_position(text, *seen_at, &line, &column);
        return letter_refuse(src, at, problem, "%s står redan på rad %zu; behåll en av dem",
                             "%s stands on line %zu already; keep one of them", head_keys[k].word, line);
    }
    *seen_at = at;
    struct value v = {(size_t)(colon - text) + 1, end - (size_t)(colon - text) - 1};
    int rc = trim_value(src, &v, problem);
    if (rc < 0)
        return rc;
    if (v.len == 0)
        return letter_refuse(src, at, problem, "%s saknar värde; fyll i det eller ta bort raden",
                             "%s has no value; fill it in or remove the line", head_keys[k].word);
    if (v.len > VALUE_MAX_BYTES)
        return letter_refuse(src, v.at, problem, "%s är längre än %d byte; korta värdet",
                             "%s is longer than %d bytes; shorten it", head_keys[k].word, VALUE_MAX_BYTES);
    for (size_t i = v.at; i < v.at + v.len; i++)
        if (src->text[i] == '\t') /* values end in mail headers */
            src->text[i] = ' ';
    return head_keys[k].read(src, v, problem);
}

/* Is text[at..end) the line "---"? Blanks after it are forgiven. */
static bool is_rule(const char *text, size_t at, size_t end)
{
    while (end > at && is_blank(text[end - 1]))
        end--;
    return end - at == 3 && memcmp(text + at, "---", 3) == 0;
}

static size_t line_end(const struct letter_source *src, size_t at)
{
    const char *lf = memchr(src->text + at, '\n', src->len - at);
    return lf ? (size_t)(lf - src->text) : src->len;
}

int letter_head(struct letter_source *src, struct letter_problem *problem)
{
    size_t seen[ARRAY_LEN(head_keys)] = {0};
    size_t at = line_end(src, 0);
    if (!is_rule(src->text, 0, at))
        return letter_refuse(src, 0, problem,
                             "brevet ska börja med ett huvud: en rad ---, rader som \"title: Månadsbrev\", en rad ---",
                             "the letter must begin with a head: a line ---, lines like \"title: Letter\", a line ---");
    for (at++; at <= src->len;) {
        size_t end = line_end(src, at);
        if (is_rule(src->text, at, end)) {
            src->body_at = end < src->len ? end + 1 : end;
            if (!src->title)
                return letter_refuse(src, 0, problem, "huvudet saknar rubrik; lägg till en rad \"title: ...\"",
                                     "the head has no title; add a line \"title: ...\"");
            return 0;
        }
        size_t from = at;
        while (from < end && is_blank(src->text[from]))
            from++;
        if (from < end && src->text[from] != '#') {
            int rc = read_line(src, from, end, seen, problem);
            if (rc < 0)
                return rc;
        }
        at = end + 1;
    }
    return letter_refuse(src, 0, problem, "huvudet avslutas aldrig; lägg till en rad --- efter dess sista rad",
                         "the head is never closed; add a line --- after its last line");
}
