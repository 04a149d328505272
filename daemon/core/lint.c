/* The linter's driver and report; the contract is in core/lint.h, the rules' table in lint_rules.h. */
#include "core/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/letter_source.h"
#include "core/lint_inside.h"
#include "core/lint_report.h"

enum { LIX_HARD = 50, LIX_WORDS_MIN = 20, EXCLAMATIONS_MAX = 3 };

static const struct rule {
    const char *word;
    enum lint_severity severity;
    const char *sv, *en;
} rules[] = {
#define RULE_ROW(id, word, severity, sv, en) {word, LINT_##severity, sv, en},
    LINT_RULE_MAP(RULE_ROW)
#undef RULE_ROW
};

void lint_report_init(struct lint_report *report)
{
    *report = (struct lint_report){0};
}

void lint_report_fini(struct lint_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        lint_finding_fini(&report->findings[i]);
    free(report->findings);
    lint_report_init(report);
}

void lint_finding_fini(struct lint_finding *finding)
{
    free(finding->text);
    free(finding->sv);
    free(finding->en);
}

void lint_report_add(struct lint_report *report, struct lint_finding finding)
{
    report->totals[finding.severity]++;
    if (report->count == LINT_FINDINGS_MAX) {
        lint_finding_fini(&finding);
        return;
    }
    if (!report->findings)
        report->findings = xcalloc(LINT_FINDINGS_MAX, sizeof *report->findings);
    report->findings[report->count++] = finding;
}

char *lint_sentence(const char *sentence, const char *shown)
{
    const char *gap = strstr(sentence, "%s");
    return gap ? xasprintf("%.*s%s%s", (int)(gap - sentence), sentence, shown, gap + 2) : xstrdup(sentence);
}

bool lint_blocks(const struct lint_report *report)
{
    return report->totals[LINT_BLOCK] > 0;
}

const char *lint_severity_word(enum lint_severity severity)
{
    switch (severity) {
    case LINT_NOTE:
        return "note";
    case LINT_WARN:
        return "warn";
    case LINT_BLOCK:
        return "block";
    }
    return "unknown";
}

/* What is shown of a text: at most LINT_TEXT_MAX_BYTES, slots as "...", never cut inside a character. */
static char *shown_text(const char *text, size_t len)
{
    struct buf out;
    size_t n = len < LINT_TEXT_MAX_BYTES ? len : LINT_TEXT_MAX_BYTES;
    while (n > 0 && n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    buf_init(&out, 4 * LINT_TEXT_MAX_BYTES);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < ' ')
            buf_adds(&out, text[i] == '\n' || text[i] == '\t' ? " " : "...");
        else
            buf_addc(&out, text[i]);
    }
    if (n < len)
        buf_adds(&out, "...");
    return buf_take(&out);
}

static void locate(const struct lint *l, const struct lint_block *block, size_t at, size_t len, size_t *line,
                   size_t *column)
{
    *line = *column = 0;
    if (block && block->place == LINT_IN_TITLE) {
        letter_source_locate_title(l->src, line, column);
        for (size_t i = 0; i < at; i++)
            *column += ((unsigned char)block->text[i] & 0xc0) != 0x80;
    } else if (block) {
        letter_source_locate(l->src, lint_block_input(block, l->md, at, len), line, column);
    }
}

static bool is_told(const struct lint_report *report, const char *rule, size_t line, size_t column)
{
    for (size_t i = 0; line > 0 && i < report->count; i++)
        if (report->findings[i].rule == rule && report->findings[i].line == line &&
            report->findings[i].column == column)
            return true;
    return false;
}

static void add(struct lint *l, enum lint_rule rule, size_t line, size_t column, const char *text, size_t len)
{
    if (is_told(l->report, rules[rule].word, line, column))
        return;
    char *shown = shown_text(text, len);
    lint_report_add(l->report, (struct lint_finding){
                                   .severity = rules[rule].severity,
                                   .rule = rules[rule].word,
                                   .line = line,
                                   .column = column,
                                   .text = shown,
                                   .sv = lint_sentence(rules[rule].sv, shown),
                                   .en = lint_sentence(rules[rule].en, shown),
                               });
}

/* Once the report is full, places are no longer looked up: counting is all that is left. */
static bool is_full(const struct lint *l)
{
    return l->report->count == LINT_FINDINGS_MAX;
}

void lint_add(struct lint *l, const struct lint_block *block, size_t at, size_t len, enum lint_rule rule)
{
    size_t line = 0, column = 0;
    if (!is_full(l))
        locate(l, block, at, len, &line, &column);
    add(l, rule, line, column, block->text + at, len);
}

void lint_add_shown(struct lint *l, const struct lint_block *block, size_t at, enum lint_rule rule, const char *shown)
{
    size_t line = 0, column = 0;
    if (!is_full(l))
        locate(l, block, at, 0, &line, &column);
    add(l, rule, line, column, shown, strlen(shown));
}

static void add_at_input(struct lint *l, size_t input, enum lint_rule rule, const char *shown, size_t len)
{
    size_t line = 0, column = 0;
    if (!is_full(l))
        letter_source_locate(l->src, input, &line, &column);
    add(l, rule, line, column, shown, len);
}

/* A finding at a node that has no text of its own: an image, HTML. */
static void add_at_node(struct lint *l, cmark_node *node, enum lint_rule rule, const char *shown)
{
    size_t len = strlen(shown);
    while (len > 0 && shown[len - 1] == '\n')
        len--;
    add_at_input(l, md_offset(l->md, cmark_node_get_start_line(node), cmark_node_get_start_column(node)), rule, shown,
                 len);
}

static void check_block(struct lint *l, struct lint_block *block)
{
    lint_numbers(l, block);
    lint_links(l, block);
    lint_words(l, block);
    if (block->place != LINT_IN_TITLE)
        l->has_text = l->has_text || block->word_count > 0 || strpbrk(block->text, "\1\2\3\4\5") != NULL;
}

static void check_image(struct lint *l, cmark_node *image)
{
    struct buf alt;
    buf_init(&alt, 4 * LINT_TEXT_MAX_BYTES);
    md_plain(image, &alt);
    bool empty = strspn(buf_str(&alt), " ") == alt.len && buf_ok(&alt);
    add_at_node(l, image, empty ? LINT_RULE_IMAGE_ALT : LINT_RULE_IMAGE, buf_str(&alt));
    buf_fini(&alt);
}

static void check_html(struct lint *l, cmark_node *node)
{
    const char *literal = cmark_node_get_literal(node);
    bool comment = strncmp(literal, "<!--", 4) == 0;
    const char *end = comment ? strstr(literal, "-->") : NULL;
    bool only_comment = end && strspn(end + 3, " \t\n") == strlen(end + 3);
    bool block = cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK;
    enum lint_rule rule = block ? LINT_RULE_RAW_HTML : LINT_RULE_HTML_TAG;
    add_at_node(l, node, only_comment ? LINT_RULE_HTML_COMMENT : rule, literal);
}

static void check_leaf(struct lint *l, cmark_node *node, enum lint_place place)
{
    struct lint_block block;
    lint_block_read(&block, l->md, node, place);
    check_block(l, &block);
    lint_block_fini(&block);
}

static void check_node(struct lint *l, cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_PARAGRAPH:
        check_leaf(l, node, md_is_cell(node) ? LINT_IN_CELL : LINT_IN_PROSE);
        break;
    case CMARK_NODE_HEADING:
        check_leaf(l, node, LINT_IN_HEADING);
        break;
    case CMARK_NODE_CODE_BLOCK:
        check_leaf(l, node, LINT_IN_CODE);
        break;
    case CMARK_NODE_CUSTOM_BLOCK:
        if (md_table_of(node))
            lint_table(l, node);
        break;
    case CMARK_NODE_IMAGE:
        check_image(l, node);
        break;
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_HTML_INLINE:
        check_html(l, node);
        break;
    default:
        break;
    }
}

static void check_body(struct lint *l)
{
    cmark_iter *iter = cmark_iter_new(l->md->doc);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
        if (event == CMARK_EVENT_ENTER)
            check_node(l, cmark_iter_get_node(iter));
    cmark_iter_free(iter);
    for (size_t i = 0; i < l->md->table_count; i++)
        if (l->md->tables[i]->has_excess)
            add_at_input(l, l->md->tables[i]->excess_offset, LINT_RULE_TABLE_CELLS, "", 0);
}

static void check_title(struct lint *l)
{
    struct lint_block block;
    lint_block_plain(&block, LINT_IN_TITLE, letter_source_title(l->src), 0);
    check_block(l, &block);
    lint_block_fini(&block);
}

/* A municipality whose parts are all that it could have got, and it has none. */
static void check_empty(struct lint *l)
{
    struct buf body;
    if (!l->has_text) {
        add(l, LINT_RULE_EMPTY, 0, 0, "", 0);
        return;
    }
    buf_init(&body, MARKDOWN_MAX_BYTES);
    for (size_t i = 0; i < letter_source_municipality_count(l->src); i++) {
        const char *code = letter_source_municipality(l->src, i);
        buf_reset(&body);
        letter_source_select(l->src, code, &body);
        if (strspn(buf_str(&body), " \t\n") == body.len)
            add(l, LINT_RULE_EMPTY_FOR, 0, 0, code, strlen(code));
    }
    buf_fini(&body);
}

static void check_readability(struct lint *l)
{
    char number[16];
    if (l->words < LIX_WORDS_MIN || l->sentences == 0)
        return;
    size_t lix = (l->words + l->sentences / 2) / l->sentences + (100 * l->long_words + l->words / 2) / l->words;
    l->report->lix = lix > 999 ? 999 : (int)lix;
    snprintf(number, sizeof number, "%d", l->report->lix);
    add(l, l->report->lix > LIX_HARD ? LINT_RULE_LIX_HARD : LINT_RULE_LIX, 0, 0, number, strlen(number));
}

static void check_whole(struct lint *l)
{
    check_empty(l);
    check_readability(l);
    if (l->exclamations > EXCLAMATIONS_MAX)
        add(l, LINT_RULE_EXCLAMATION, 0, 0, "", 0);
    if (!l->has_112 || !l->has_11414) {
        const char *missing = l->has_112 ? "114 14" : l->has_11414 ? "112" : "112, 114 14";
        add(l, LINT_RULE_NO_NUMBERS, 0, 0, missing, strlen(missing));
    }
    if (letter_source_uses(l->src, SLOT_PERIOD) && !letter_source_period(l->src) && !letter_source_series(l->src))
        add(l, LINT_RULE_PERIOD, 0, 0, "", 0);
}

static int by_place(const void *a, const void *b)
{
    const struct lint_finding *x = a, *y = b;
    if ((x->line == 0) != (y->line == 0))
        return x->line == 0 ? 1 : -1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    return strcmp(x->rule, y->rule);
}

void lint_letter(const struct letter_source *src, const struct lint_options *options, struct lint_report *report)
{
    static const struct lint_options none = {0};
    struct lint l = {.src = src, .options = options ? options : &none, .report = report};
    struct buf body;
    l.places = xcalloc(l.options->place_count + 1, sizeof *l.places);
    for (size_t i = 0; i < l.options->place_count; i++)
        l.places[i] = text_fold(l.options->places[i]);
    buf_init(&body, MARKDOWN_MAX_BYTES);
    int rc = letter_source_select_all(src, &body);
    if (rc == 0)
        rc = markdown_parse(buf_str(&body), body.len, &l.md);
    check_title(&l);
    if (rc == 0) {
        check_body(&l);
        check_whole(&l);
    } else {
        add(&l, LINT_RULE_COMPLEX, 0, 0, "", 0);
    }
    if (report->count > 1)
        qsort(report->findings, report->count, sizeof *report->findings, by_place);
    for (size_t i = 0; i < l.options->place_count; i++)
        free(l.places[i]);
    free(l.places);
    markdown_free(l.md);
    buf_fini(&body);
}
