/*
 * What the words of a sentence say together: small counts at a place, a suspect's name, origin beside a description;
 * and how the letter sounds and reads (capitals, exclamation marks, LIX, the numbers to call).
 */
#include <string.h>

#include "core/lint_inside.h"

enum { LONG_WORD_LETTERS = 6, ORIGIN_REACH = 6, COUNT_REACH = 3, CAPITALS_IN_ROW = 3, CAPITALS_ALONE = 8 };

static const char *const prepositions[] = {"i",       "på",    "vid",    "från", "till", "kring", "nära",
                                           "utanför", "genom", "mellan", "mot",  "av",   "inom",  NULL};

static bool same_sentence(const struct lint_block *block, size_t a, size_t b)
{
    return block->words[a].sentence == block->words[b].sentence;
}

/* The word behind the last of the sentence that begins with `w`. */
static size_t sentence_end(const struct lint_block *block, size_t w)
{
    size_t end = w + 1;
    while (end < block->word_count && same_sentence(block, w, end))
        end++;
    return end;
}

bool lint_is_crime(const char *low_word)
{
    static const char *const stems[] = {
        "inbrott*",    "stöld*",    "stulen*",         "stulna*",       "bedrägeri*",     "rån",
        "rånet*",      "brott",     "brotten*",        "skadegörelse*", "misshandel*",    "våldt*",
        "anmälning*",  "anmälan*",  "bostadsinbrott*", "villainbrott*", "källarinbrott*", "förrådsinbrott*",
        "bilinbrott*", "båtstöld*", "cykelstöld*",     "bilstöld*",     "villor",         "mord*",
        "skjutning*",  NULL};
    return lint_word_in(low_word, stems);
}

static bool is_small_count(const struct lint_word *word)
{
    static const char *const counts[] = {"1", "2", "ett", "en", "två", "båda", NULL};
    return lint_word_in(word->low, counts);
}

/* A capitalised word behind a preposition among the words: "i Munka-Ljungby". */
static bool names_place(const struct lint_block *block, size_t from, size_t end)
{
    for (size_t i = from; i + 1 < end; i++)
        if (lint_word_in(block->words[i].low, prepositions) && block->words[i + 1].capital &&
            block->words[i + 1].letters > 1 && lint_is_adjacent(block, i))
            return true;
    return false;
}

static void find_small_counts(struct lint *l, const struct lint_block *block, size_t from, size_t end)
{
    bool place = names_place(block, from, end);
    for (size_t w = from; place && w < end; w++) {
        if (!is_small_count(&block->words[w]))
            continue;
        size_t crime = w + 1;
        while (crime < end && crime <= w + COUNT_REACH && !lint_is_crime(block->words[crime].low))
            crime++;
        if (crime == end || crime > w + COUNT_REACH)
            continue;
        size_t at = block->words[w].at;
        lint_add(l, block, at, block->words[crime].at + block->words[crime].len - at, LINT_RULE_COUNT_TEXT);
    }
}

/* A capitalised word that is no name of a person. */
static bool is_known_name(const struct lint_word *word)
{
    static const char *const known[] = {
        "polis*", "region*", "lokalpolis*", "lpo",       "kommun*", "sverige*", "tack",    "grann*", "tips*",  "brott*",
        "säker*", "svensk*", "europa*",     "hälsning*", "stads*",  "facebook", "blocket", "swish",  "bankid", NULL};
    return lint_word_in(word->low, known) || lint_word_in(word->low, prepositions) || word->letters < 2;
}

static bool may_be_name(const struct lint_block *block, size_t w)
{
    return block->words[w].capital && !block->words[w].capitals && !is_known_name(&block->words[w]);
}

static bool is_suspect(const struct lint_word *word)
{
    static const char *const stems[] = {"misstänkt*", "gripen",  "gripne", "gripna",  "anhållen",     "anhållne",
                                        "häktad",     "häktade", "åtalad", "åtalade", "gärningsman*", NULL};
    return lint_word_in(word->low, stems);
}

/* Two capitalised words, or one directly behind "misstänkte", in a sentence that speaks of a suspect. */
static void find_suspects(struct lint *l, const struct lint_block *block, size_t from, size_t end)
{
    bool any = false;
    for (size_t w = from; w < end; w++)
        any = any || is_suspect(&block->words[w]);
    for (size_t w = from; any && w < end; w++) {
        if (!may_be_name(block, w))
            continue;
        bool pair = w + 1 < end && lint_is_adjacent(block, w) && may_be_name(block, w + 1);
        bool place = w > from && lint_word_in(block->words[w - 1].low, prepositions);
        bool told = w > from && lint_is_adjacent(block, w - 1) && is_suspect(&block->words[w - 1]);
        if ((pair && !place) || told) {
            size_t last = pair ? w + 1 : w, at = block->words[w].at;
            lint_add(l, block, at, block->words[last].at + block->words[last].len - at, LINT_RULE_SUSPECT_NAME);
            w = last;
        }
    }
}

static bool is_origin(const struct lint_word *word)
{
    static const char *const stems[] = {
        "utländsk*", "utlänning*", "invandrar*", "invandrad*", "romer",         "romerna",   "romsk*",
        "zigenar*",  "rumän*",     "bulgar*",    "polsk*",     "polack*",       "litau*",    "lettisk*",
        "estnisk*",  "rysk",       "ryska",      "ryskt",      "ukrain*",       "georgisk*", "alban*",
        "serbisk*",  "jugoslav*",  "balkan*",    "östeurop*",  "nordafrik*",    "afrik*",    "arab*",
        "somali*",   "syrisk*",    "syrier*",    "irakisk*",   "irakier*",      "iransk*",   "iranier*",
        "afghan*",   "turkisk*",   "turkar*",    "kurd*",      "mellanöstern*", "etnisk*",   "härkomst",
        "ursprung",  "ursprunget", "brytning",   "hudfärg*",   "mörkhy*",       "ljushy*",   "svartmuskig*",
        "muslim*",   "judisk*",    "chilen*",    "marock*",    "kines*",        "asiat*",    "latinamerik*",
        NULL};
    return lint_word_in(word->low, stems);
}

static bool is_description(const struct lint_word *word)
{
    static const char *const stems[] = {
        "man",     "mannen*", "män",     "männen*",     "kvinna*",      "kvinno*",    "person*",      "kille*",
        "killar*", "tjej*",   "pojk*",   "flick*",      "gärnings*",    "misstänkt*", "signalement*", "liga",
        "ligor*",  "ligan",   "ligist*", "tjuv*",       "ungdom*",      "utseende*",  "talar",        "talade",
        "pratar*", "pratade", "gäng*",   "försäljare*", "hantverkare*", NULL};
    return lint_word_in(word->low, stems) || strstr(word->low, "årig") || strstr(word->low, "åring");
}

static void find_origin(struct lint *l, const struct lint_block *block)
{
    for (size_t w = 0; w < block->word_count; w++) {
        if (!is_origin(&block->words[w]))
            continue;
        size_t from = w > ORIGIN_REACH ? w - ORIGIN_REACH : 0;
        for (size_t i = from; i < block->word_count && i <= w + ORIGIN_REACH; i++) {
            if (i != w && same_sentence(block, i, w) && is_description(&block->words[i])) {
                lint_add(l, block, block->words[w].at, block->words[w].len, LINT_RULE_ORIGIN);
                break;
            }
        }
    }
}

/* Three words in capitals in a row, or a long one; told once. */
static void find_capitals(struct lint *l, const struct lint_block *block)
{
    size_t row = 0;
    for (size_t w = 0; w < block->word_count && !l->told_capitals; w++) {
        const struct lint_word *word = &block->words[w];
        row = word->capitals && word->letters > 1 && word->digits == 0 ? row + 1 : 0;
        size_t words = row > 0 && word->letters >= CAPITALS_ALONE ? 1 : row;
        if (row < CAPITALS_IN_ROW && (row == 0 || word->letters < CAPITALS_ALONE))
            continue;
        size_t at = block->words[w + 1 - words].at;
        lint_add(l, block, at, word->at + word->len - at, LINT_RULE_CAPITALS);
        l->told_capitals = true;
    }
}

static void count(struct lint *l, const struct lint_block *block)
{
    for (const char *p = block->text; (p = strchr(p, '!')) != NULL; p++)
        l->exclamations++;
    for (size_t w = 0; w < block->word_count; w++) {
        const char *low = block->words[w].low;
        l->has_112 = l->has_112 || strcmp(low, "112") == 0;
        l->has_11414 =
            l->has_11414 || strcmp(low, "11414") == 0 ||
            (strcmp(low, "114") == 0 && lint_is_adjacent(block, w) && strcmp(block->words[w + 1].low, "14") == 0);
        if (block->place != LINT_IN_PROSE || block->words[w].letters == 0)
            continue;
        l->words++;
        l->long_words += block->words[w].letters > LONG_WORD_LETTERS;
    }
    if (block->place == LINT_IN_PROSE)
        l->sentences += block->sentences;
}

void lint_words(struct lint *l, const struct lint_block *block)
{
    for (size_t from = 0, end; from < block->word_count; from = end) {
        end = sentence_end(block, from);
        if (block->place != LINT_IN_CELL)
            find_small_counts(l, block, from, end);
        find_suspects(l, block, from, end);
    }
    find_origin(l, block);
    find_capitals(l, block);
    count(l, block);
}
