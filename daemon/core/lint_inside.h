/*
 * What the linter's files share: lint.c (driver, report), lint_text.c (text of a block, words),
 * lint_numbers.c, lint_words.c, lint_table.c, lint_link.c (rules).
 */
#ifndef GB_DAEMON_CORE_LINT_INSIDE_H
#define GB_DAEMON_CORE_LINT_INSIDE_H

#include "core/lint.h"
#include "core/lint_rules.h"
#include "core/markdown_tree.h"

enum lint_place { LINT_IN_TITLE, LINT_IN_PROSE, LINT_IN_HEADING, LINT_IN_CELL, LINT_IN_CODE };

/* From byte `at` of the text on, the text stems from byte `input` of the letter's Markdown. */
struct lint_anchor {
    size_t at, input;
};

struct lint_link {
    size_t at, end; /* its text */
    const char *url;
};

enum { LINT_WORD_BYTES = 40 };

/* A run of letters and digits, with inner hyphens between letters. */
struct lint_word {
    size_t at, len;
    char low[LINT_WORD_BYTES]; /* lower case, cut when longer */
    size_t letters;            /* characters that are letters */
    size_t digits;
    bool capital;    /* begins with a capital */
    bool capitals;   /* all letters are capitals */
    size_t sentence; /* number of its sentence in the block */
};

/* A block as readers see it: one line, dashes, quotes and blanks made plain, invisible characters gone. */
struct lint_block {
    enum lint_place place;
    char *text;
    size_t len;
    struct lint_anchor *anchors;
    size_t anchor_count, anchor_cap;
    struct lint_link *links;
    size_t link_count, link_cap;
    struct lint_word *words;
    size_t word_count;
    size_t sentences;
};

struct lint {
    const struct letter_source *src;
    const struct lint_options *options;
    struct lint_report *report;
    struct markdown *md;
    char **places;                       /* the options' places, folded for comparison */
    size_t words, long_words, sentences; /* of prose, for LIX */
    size_t exclamations;
    bool has_112, has_11414, has_text, told_capitals;
};

/* --- lint.c --- */

/* Report block->text[at..at+len); NULL block: the whole letter, `text` alone is shown. */
void lint_add(struct lint *l, const struct lint_block *block, size_t at, size_t len, enum lint_rule rule);
/* The same with another text to show than what stands there. */
void lint_add_shown(struct lint *l, const struct lint_block *block, size_t at, enum lint_rule rule, const char *shown);

/* --- lint_text.c --- */

void lint_block_read(struct lint_block *block, const struct markdown *md, cmark_node *node, enum lint_place place);
/* The same of text without Markdown, which stems from `input` on. */
void lint_block_plain(struct lint_block *block, enum lint_place place, const char *text, size_t input);
void lint_block_fini(struct lint_block *block);
/* The byte of the Markdown that block->text[at] stems from. */
size_t lint_block_input(const struct lint_block *block, const struct markdown *md, size_t at, size_t len);
/* Part of a word: an ASCII letter or digit, or any byte of a longer character? */
bool lint_is_word_byte(char c);
/* Nothing but one blank between the word and the next? */
bool lint_is_adjacent(const struct lint_block *block, size_t word);
/* Is `word` among the NULL-ended words? One that ends in * stands for all that begin so. */
bool lint_word_in(const char *word, const char *const *words);

/* --- rules --- */

void lint_numbers(struct lint *l, struct lint_block *block); /* masks personnummer in the block's text; goes first */
void lint_words(struct lint *l, const struct lint_block *block);
void lint_table(struct lint *l, cmark_node *table);
void lint_links(struct lint *l, const struct lint_block *block);
void lint_address(struct lint *l, const struct lint_block *block, size_t at, const char *address, size_t len);
/* Is the target of a tel: link a number that everyone may call? */
bool lint_is_public_number(const char *target);
bool lint_is_crime(const char *low_word);

#endif
