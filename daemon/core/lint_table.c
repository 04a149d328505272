/*
 * Counts of 1 and 2 in tables, where they may point out a household, and hidden counts that a total gives away.
 *
 * A row is about a place when its table has a column of places (Kommun, Ort, ...), when the row names a known place or
 * carries a municipality code "(1257)"; when neither is known and the row begins with a capitalised word, it may be.
 * Rows of totals are not places; columns of ordinals (Vecka, Nr, ...) hold no counts.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/lint_inside.h"

enum place_doubt { NO_PLACE, MAY_BE_PLACE, IS_PLACE };

struct column {
    struct lint_block head;
    bool place, other, ordinal, total, to_date;
    size_t hidden, shown;         /* cells below: "färre än 3", or a number */
    struct lint_block hidden_one; /* the first hidden one */
    bool has_total;               /* a row of totals has a number here */
};

struct table {
    struct lint *l;
    int columns;
    struct column column[MARKDOWN_COLUMNS_MAX];
    bool has_place, has_other;
    bool told_to_date;
};

static bool begins_with(const struct lint_block *block, const char *const *words)
{
    return block->word_count > 0 && lint_word_in(block->words[0].low, words);
}

static void read_head(struct table *t, struct column *c)
{
    static const char *const places[] = {"kommun*",
                                         "ort*",
                                         "tätort*",
                                         "område*",
                                         "plats*",
                                         "stadsdel*",
                                         "stad",
                                         "by",
                                         "byar",
                                         "distrikt*",
                                         "gata*",
                                         "adress*",
                                         "grannsamverkansområde*",
                                         "lokalpolisområde*",
                                         "lpo",
                                         "var",
                                         "del",
                                         "bostadsområde*",
                                         NULL};
    static const char *const others[] = {"brott*", "typ*", "händelse*", "månad*",    "vecka*", "år*",    "period*",
                                         "datum*", "tid*", "slag*",     "kategori*", "dag*",   "fråga*", NULL};
    static const char *const ordinals[] = {"vecka*",  "v",  "nr",     "nummer*", "dag*",   "datum*", "tid*",
                                           "klockan", "kl", "månad*", "sida*",   "punkt*", "plats",  NULL};
    static const char *const totals[] = {"totalt*", "summa*", "sammanlagt*", "alla", NULL};
    static const char *const to_date[] = {"hittills*", "ackumulerat*", "sedan", NULL};
    c->place = begins_with(&c->head, places);
    c->other = begins_with(&c->head, others);
    c->ordinal = begins_with(&c->head, ordinals);
    c->total = begins_with(&c->head, totals);
    c->to_date = begins_with(&c->head, to_date);
    t->has_place = t->has_place || c->place;
    t->has_other = t->has_other || c->other;
}

/* "4", "4 st": what a cell says without its unit; the value, or -1. */
static long cell_number(const struct lint_block *cell)
{
    static const char *const small[] = {"en", "ett", "två"};
    bool unit = cell->word_count == 2 && strcmp(cell->words[1].low, "st") == 0;
    if (cell->word_count != 1 && !unit)
        return -1;
    const char *word = cell->words[0].low;
    for (size_t i = 0; i < ARRAY_LEN(small); i++)
        if (strcmp(word, small[i]) == 0)
            return i < 2 ? 1 : 2;
    /* "-1", "<2" and "2 %" are no counts. */
    if (cell->words[0].letters > 0 || cell->words[0].digits > 9 || strpbrk(cell->text, "<>-%.,:/+"))
        return -1;
    return strtol(word, NULL, 10);
}

static bool is_hidden(const struct lint_block *cell)
{
    static const char *const begins[] = {"färre än", "mindre än", "under 3", "högst 2", "<", "1-2", "enstaka"};
    const char *text = cell->text + strspn(cell->text, " ");
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (strncasecmp(text, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

/* "(1257)" */
static bool has_code(const struct lint_block *cell)
{
    for (const char *p = cell->text; (p = strchr(p, '(')) != NULL; p++)
        if (strspn(p + 1, "0123456789") == 4 && p[5] == ')')
            return true;
    return false;
}

static bool is_known_place(const struct table *t, const struct lint_block *cell)
{
    if (t->l->options->place_count == 0)
        return false;
    char *key = text_fold(cell->text);
    bool known = false;
    for (size_t i = 0; key && i < t->l->options->place_count && !known; i++)
        known = t->l->places[i] && strcmp(t->l->places[i], key) == 0;
    free(key);
    return known;
}

static bool is_total(const struct lint_block *cell)
{
    static const char *const words[] = {"totalt*", "summa*", "sammanlagt*", "alla", "hela", "tillsammans", NULL};
    return begins_with(cell, words);
}

static enum place_doubt judge_row(const struct table *t, const struct lint_block *cells, int n)
{
    enum place_doubt doubt = NO_PLACE;
    if (is_total(&cells[0]))
        return NO_PLACE;
    for (int i = 0; i < n; i++) {
        if (has_code(&cells[i]) || is_known_place(t, &cells[i]) ||
            (t->column[i].place && cells[i].word_count > 0 && cells[i].words[0].letters > 0))
            return IS_PLACE;
        if (i == 0 && !t->has_other && cells[0].word_count > 0 && cells[0].words[0].capital)
            doubt = MAY_BE_PLACE;
    }
    return doubt;
}

/* A hidden number beside a total of its own row, when nothing else in the row is hidden. */
static void check_row_total(struct table *t, const struct lint_block *cells, int n)
{
    int hidden = -1, hidden_count = 0, numbers = 0;
    bool has_total = false;
    for (int i = 0; i < n; i++) {
        bool number = cell_number(&cells[i]) >= 0;
        if (is_hidden(&cells[i])) {
            hidden = i;
            hidden_count++;
        }
        has_total = has_total || (t->column[i].total && number);
        numbers += number && !t->column[i].total;
    }
    if (has_total && hidden_count == 1 && numbers > 0)
        lint_add(t->l, &cells[hidden], 0, cells[hidden].len, LINT_RULE_SUPPRESSED_SUM);
}

static void check_to_date(struct table *t, const struct lint_block *cells, int n)
{
    bool to_date = false;
    for (int i = 0; i < n; i++)
        to_date = to_date || (t->column[i].to_date && cell_number(&cells[i]) >= 0);
    for (int i = 0; to_date && !t->told_to_date && i < n; i++) {
        if (!is_hidden(&cells[i]) || t->column[i].to_date)
            continue;
        lint_add(t->l, &cells[i], 0, cells[i].len, LINT_RULE_SUPPRESSED_YTD);
        t->told_to_date = true;
    }
}

static void check_cells(struct table *t, struct lint_block *cells, int n)
{
    enum place_doubt doubt = judge_row(t, cells, n);
    bool total = is_total(&cells[0]);
    for (int i = 0; i < n; i++) {
        struct column *c = &t->column[i];
        long number = cell_number(&cells[i]);
        if ((number == 1 || number == 2) && doubt != NO_PLACE && !c->ordinal)
            lint_add(t->l, &cells[i], 0, cells[i].len,
                     doubt == IS_PLACE ? LINT_RULE_COUNT_CELL : LINT_RULE_COUNT_CELL_LIKE);
        c->has_total = c->has_total || (total && number >= 0);
        c->shown += !total && number >= 0;
        if (!total && is_hidden(&cells[i]) && c->hidden++ == 0) {
            c->hidden_one = cells[i]; /* kept until the last row has been seen */
            cells[i] = (struct lint_block){0};
        }
    }
}

static void check_row(struct table *t, cmark_node *row)
{
    struct lint_block cells[MARKDOWN_COLUMNS_MAX] = {0};
    int n = 0;
    for (cmark_node *cell = cmark_node_first_child(row); cell && n < t->columns; cell = cmark_node_next(cell))
        lint_block_read(&cells[n++], t->l->md, cell, LINT_IN_CELL);
    if (n > 0) {
        check_row_total(t, cells, n);
        check_to_date(t, cells, n);
        check_cells(t, cells, n);
    }
    for (int i = 0; i < n; i++)
        lint_block_fini(&cells[i]);
}

void lint_table(struct lint *l, cmark_node *table)
{
    struct table *t = xcalloc(1, sizeof *t);
    cmark_node *head = cmark_node_first_child(table);
    t->l = l;
    t->columns = md_table_of(table)->columns;
    int n = 0;
    for (cmark_node *cell = cmark_node_first_child(head); cell && n < t->columns; cell = cmark_node_next(cell)) {
        lint_block_read(&t->column[n].head, l->md, cell, LINT_IN_CELL);
        read_head(t, &t->column[n++]);
    }
    for (cmark_node *row = cmark_node_next(head); row; row = cmark_node_next(row))
        check_row(t, row);
    for (int i = 0; i < t->columns; i++) {
        struct column *c = &t->column[i];
        if (c->hidden == 1 && c->has_total && c->shown > 0)
            lint_add(l, &c->hidden_one, 0, c->hidden_one.len, LINT_RULE_SUPPRESSED_SUM);
        lint_block_fini(&c->hidden_one);
        lint_block_fini(&c->head);
    }
    free(t);
}
