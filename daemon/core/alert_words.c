/* The words of alerts, all from the maps of the header; the contract is in core/alert_words.h. */
#include "core/alert_words.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

static const struct alert_kind_row KINDS[] = {
#define KIND_ROW(id, word_, sv_, en_, category_, severity_, urgency_, certainty_, hours, danger) \
    [ALERT_KIND_##id] = {.word = (word_),                                                        \
                         .sv = (sv_),                                                            \
                         .en = (en_),                                                            \
                         .category = (category_),                                                \
                         .severity = ALERT_SEVERITY_##severity_,                                 \
                         .urgency = ALERT_URGENCY_##urgency_,                                    \
                         .certainty = ALERT_CERTAINTY_##certainty_,                              \
                         .expiry_hours = (hours),                                                \
                         .life_danger = (danger)},
    ALERT_KIND_MAP(KIND_ROW)
#undef KIND_ROW
};

struct word_row {
    const char *word, *cap, *sv;
};

#define CAP_ROW(id, word_, cap_, sv_) {.word = (word_), .cap = (cap_), .sv = (sv_)},
#define STATE_ROW(id, word_, sv_) {.word = (word_), .cap = "", .sv = (sv_)},
static const struct word_row SEVERITIES[] = {ALERT_SEVERITY_MAP(CAP_ROW)};
static const struct word_row URGENCIES[] = {ALERT_URGENCY_MAP(CAP_ROW)};
static const struct word_row CERTAINTIES[] = {ALERT_CERTAINTY_MAP(CAP_ROW)};
static const struct word_row TYPES[] = {ALERT_TYPE_MAP(CAP_ROW)};
static const struct word_row STATES[] = {ALERT_STATE_MAP(STATE_ROW)};

const struct alert_kind_row *alert_kind_row(enum alert_kind kind)
{
    assert((size_t)kind < ARRAY_LEN(KINDS));
    return &KINDS[kind];
}

const char *alert_kind_word(enum alert_kind kind)
{
    return alert_kind_row(kind)->word;
}

bool alert_kind_parse(const char *word, enum alert_kind *out)
{
    for (size_t i = 0; i < ARRAY_LEN(KINDS); i++) {
        if (strcmp(word, KINDS[i].word) == 0) {
            *out = (enum alert_kind)i;
            return true;
        }
    }
    return false;
}

/* The row of `word`, or `n`. */
static size_t find(const struct word_row *rows, size_t n, const char *word)
{
    size_t i = 0;
    while (i < n && strcmp(word, rows[i].word) != 0)
        i++;
    return i;
}

/* The functions of one map. */
#define WORD_FUNCTIONS(name, ROWS)                                      \
    const char *alert_##name##_word(enum alert_##name value)            \
    {                                                                   \
        assert((size_t)value < ARRAY_LEN(ROWS));                        \
        return ROWS[value].word;                                        \
    }                                                                   \
    const char *alert_##name##_sv(enum alert_##name value)              \
    {                                                                   \
        assert((size_t)value < ARRAY_LEN(ROWS));                        \
        return ROWS[value].sv;                                          \
    }                                                                   \
    bool alert_##name##_parse(const char *word, enum alert_##name *out) \
    {                                                                   \
        size_t i = find(ROWS, ARRAY_LEN(ROWS), word);                   \
        if (i < ARRAY_LEN(ROWS))                                        \
            *out = (enum alert_##name)i;                                \
        return i < ARRAY_LEN(ROWS);                                     \
    }
#define CAP_FUNCTIONS(name, ROWS)                           \
    WORD_FUNCTIONS(name, ROWS)                              \
    const char *alert_##name##_cap(enum alert_##name value) \
    {                                                       \
        assert((size_t)value < ARRAY_LEN(ROWS));            \
        return ROWS[value].cap;                             \
    }

CAP_FUNCTIONS(severity, SEVERITIES)
CAP_FUNCTIONS(urgency, URGENCIES)
CAP_FUNCTIONS(certainty, CERTAINTIES)
CAP_FUNCTIONS(type, TYPES)
WORD_FUNCTIONS(state, STATES)
