/*
 * Pipe tables (GFM's rules), which cmark does not know.
 *
 * cmark reads a table as a paragraph of several lines (or as a heading, when a line of --- follows at once), so its own
 * tree tells where tables can be, and code, lists and quotes are judged by cmark. Such a paragraph is a table from the
 * first line on that is followed by a delimiter row of as many cells. The table's lines are replaced by one paragraph
 * per cell: MARK, a blank, the cell's text. After the second parse these paragraphs are gathered into a table. So cells
 * are parsed by cmark together with the rest, and references to link definitions work in them.
 *
 * Invariants: (1) `lines` has one entry per line of the rewritten text; (2) only it tells what a paragraph means; MARK
 * merely keeps cmark from reading a cell as a list or heading; (3) a row yields at most as many cells as the header
 * has, and missing ones are not made here but by the renderers, whose output is bounded.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/markdown_tree.h"

enum { MARK = 0x06, MARK_BYTES = 2 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The input's lines: where each begins; [count] is the end. */
struct input_lines {
    size_t *at;
    size_t count;
};

static struct input_lines split_lines(const struct markdown *md)
{
    struct input_lines lines = {0};
    size_t n = 1;
    for (size_t i = 0; i < md->input_len; i++)
        n += md->input[i] == '\n';
    lines.at = xreallocarray(NULL, n + 1, sizeof *lines.at);
    lines.at[0] = 0;
    lines.count = 0;
    for (size_t i = 0; i < md->input_len; i++)
        if (md->input[i] == '\n')
            lines.at[++lines.count] = i + 1;
    if (lines.at[lines.count] < md->input_len)
        lines.at[++lines.count] = md->input_len;
    return lines;
}

/* The next cell of a row: text[*cursor..) up to a pipe that is not escaped, trimmed; false at the end. */
struct row {
    const char *text;
    size_t cursor, end;
};

static struct row row_begin(const char *text, size_t from, size_t end)
{
    while (end > from && (is_blank(text[end - 1]) || text[end - 1] == '\n'))
        end--;
    while (from < end && is_blank(text[from]))
        from++;
    if (from < end && text[from] == '|')
        from++;
    size_t slashes = 0;
    while (end - slashes > from + 1 && text[end - 2 - slashes] == '\\')
        slashes++;
    if (end > from && text[end - 1] == '|' && slashes % 2 == 0)
        end--;
    /* "a |" has one cell; "| a | |" has two. The cursor stands beyond `end` when no cell is left. */
    return (struct row){text, from, end};
}

static bool row_next(struct row *row, size_t *from, size_t *to)
{
    if (row->cursor > row->end)
        return false;
    size_t i = row->cursor;
    while (i < row->end && row->text[i] != '|')
        i += row->text[i] == '\\' && i + 1 < row->end ? 2 : 1;
    *from = row->cursor;
    *to = i;
    row->cursor = i + 1;
    while (*from < *to && is_blank(row->text[*from]))
        ++*from;
    while (*to > *from && is_blank(row->text[*to - 1]))
        --*to;
    return true;
}

static int row_cells(const char *text, size_t from, size_t end)
{
    struct row row = row_begin(text, from, end);
    size_t a, b;
    int n = 0;
    while (n <= MARKDOWN_COLUMNS_MAX && row_next(&row, &a, &b))
        n++;
    return n;
}

static bool has_pipe(const char *text, size_t from, size_t end)
{
    return memchr(text + from, '|', end - from) != NULL;
}

/* Is text[from..end) a delimiter row (|:--|--:|)? Then its cells' alignments are in `table`. */
static bool read_delimiters(const char *text, size_t from, size_t end, struct md_table *table)
{
    struct row row = row_begin(text, from, end);
    size_t a, b;
    table->columns = 0;
    if (!has_pipe(text, from, end))
        return false;
    while (row_next(&row, &a, &b)) {
        if (a == b || table->columns == MARKDOWN_COLUMNS_MAX)
            return false;
        bool left = text[a] == ':', right = b > a + 1 && text[b - 1] == ':';
        size_t dashes = 0;
        for (size_t i = a + left; i < b - right; i++, dashes++)
            if (text[i] != '-')
                return false;
        if (dashes == 0)
            return false;
        table->align[table->columns++] = left && right ? MD_ALIGN_CENTER
                                         : left        ? MD_ALIGN_LEFT
                                         : right       ? MD_ALIGN_RIGHT
                                                       : MD_ALIGN_NONE;
    }
    return table->columns > 0;
}

/* A paragraph that may hold a table: its input lines, what stands before them, and how many quotes it is in. */
struct candidate {
    size_t first, last; /* lines, from 0, both included */
    size_t column;      /* byte of the first line where the text begins */
    int quotes;
    bool underlined; /* a heading: its last line is an underline that is no row */
};

/* Where the content of a line begins, behind the marks of the containers. */
static size_t content_at(const struct markdown *md, const struct input_lines *in, const struct candidate *c,
                         size_t line)
{
    size_t i = in->at[line], end = in->at[line + 1];
    if (line == c->first)
        return i + c->column < end ? i + c->column : end;
    int quotes = c->quotes;
    while (i < end) {
        if (is_blank(md->input[i]))
            i++;
        else if (quotes > 0 && md->input[i] == '>' && quotes--)
            i++;
        else
            break;
    }
    return i;
}

static void add_line(struct markdown *md, struct md_line line)
{
    if (md->line_count == md->line_cap) {
        md->line_cap = md->line_cap ? md->line_cap * 2 : 64;
        md->lines = xreallocarray(md->lines, md->line_cap, sizeof *md->lines);
    }
    md->lines[md->line_count++] = line;
}

static void copy_lines(struct markdown *md, const struct input_lines *in, size_t from, size_t to, struct buf *out)
{
    if (from >= to)
        return;
    buf_add(out, md->input + in->at[from], in->at[to] - in->at[from]);
    for (size_t i = from; i < to; i++)
        add_line(md, (struct md_line){.kind = MD_LINE_PLAIN, .input = in->at[i]});
    if (md->input[in->at[to] - 1] != '\n')
        buf_addc(out, '\n');
}

/* What keeps a new line inside the same containers: the first line's marks with list markers blanked. */
static size_t add_prefix(const struct markdown *md, const struct input_lines *in, const struct candidate *c,
                         struct buf *out)
{
    const char *first = md->input + in->at[c->first];
    for (size_t i = 0; i < c->column; i++)
        buf_addc(out, first[i] == '>' || first[i] == '\t' ? first[i] : ' ');
    return c->column;
}

static void add_blank(struct markdown *md, const struct input_lines *in, const struct candidate *c, size_t input,
                      struct buf *out)
{
    size_t prefix = add_prefix(md, in, c, out);
    buf_addc(out, '\n');
    add_line(md, (struct md_line){.kind = MD_LINE_PLAIN, .input = input, .prefix = prefix});
}

/* One cell as a paragraph; \| becomes a pipe, as it would in code too. The first line's own marks are kept when the
 * table opens its container (a list item), since the marks are what opens it. */
static void add_cell(struct markdown *md, const struct input_lines *in, const struct candidate *c, struct md_line line,
                     size_t to, bool opens, struct buf *out)
{
    if (opens)
        buf_add(out, md->input + in->at[c->first], c->column);
    else
        add_prefix(md, in, c, out);
    buf_addc(out, MARK);
    buf_addc(out, ' ');
    for (size_t i = line.input; i < to; i++)
        if (!(md->input[i] == '\\' && i + 1 < to && md->input[i + 1] == '|'))
            buf_addc(out, md->input[i]);
    buf_addc(out, '\n');
    line.prefix = c->column + MARK_BYTES;
    add_line(md, line);
    add_blank(md, in, c, to, out);
}

static void add_row(struct markdown *md, const struct input_lines *in, const struct candidate *c, size_t line,
                    bool head, struct buf *out)
{
    struct md_table *table = md->tables[md->table_count - 1];
    struct row row = row_begin(md->input, content_at(md, in, c, line), in->at[line + 1]);
    size_t from, to;
    for (int i = 0; row_next(&row, &from, &to); i++) {
        if (i == table->columns) {
            if (!table->has_excess)
                table->excess_offset = from;
            table->has_excess = true;
            break;
        }
        struct md_line cell = {.kind = i > 0 ? MD_LINE_CELL : (head ? MD_LINE_HEAD : MD_LINE_ROW),
                               .input = from,
                               .table = md->table_count - 1};
        add_cell(md, in, c, cell, to, head && i == 0 && line == c->first, out);
    }
}

/* The line at which a table begins in the paragraph, with its shape, or c->last + 1. */
static size_t find_table(const struct markdown *md, const struct input_lines *in, const struct candidate *c,
                         struct md_table *table)
{
    size_t rows_end = c->underlined ? c->last : c->last + 1;
    for (size_t line = c->first; line + 1 < rows_end; line++) {
        size_t next = content_at(md, in, c, line + 1);
        if (read_delimiters(md->input, next, in->at[line + 2], table) &&
            row_cells(md->input, content_at(md, in, c, line), in->at[line + 1]) == table->columns)
            return line;
    }
    return c->last + 1;
}

/* Rewrite the candidate's lines from `done` on; returns the first line not written. */
static size_t rewrite_one(struct markdown *md, const struct input_lines *in, const struct candidate *c, size_t done,
                          struct buf *out)
{
    struct md_table table = {0};
    size_t head = find_table(md, in, c, &table);
    if (c->first < done || head > c->last)
        return done;
    copy_lines(md, in, done, head, out);
    if (head > c->first)
        add_blank(md, in, c, in->at[head], out);
    if (md->table_count == md->table_cap) {
        md->table_cap = md->table_cap ? md->table_cap * 2 : 8;
        md->tables = xreallocarray(md->tables, md->table_cap, sizeof(struct md_table *));
    }
    md->tables[md->table_count] = xcalloc(1, sizeof table);
    *md->tables[md->table_count++] = table;
    size_t rows_end = c->underlined ? c->last : c->last + 1;
    add_row(md, in, c, head, true, out);
    for (size_t line = head + 2; line < rows_end; line++)
        add_row(md, in, c, line, false, out);
    return rows_end;
}

/* Only = or only -, and blanks after it: what turns the lines above it into a heading. */
static bool is_underline(const char *text, size_t from, size_t end)
{
    while (end > from && (is_blank(text[end - 1]) || text[end - 1] == '\n'))
        end--;
    for (size_t i = from; i < end; i++)
        if (text[i] != text[from])
            return false;
    return end > from && (text[from] == '=' || text[from] == '-');
}

/* cmark 0.30 tells the end of an underlined heading a line too late or not, so the underline is looked for: it is
 * the first one, since that ended the paragraph. */
static bool find_underline(const struct markdown *md, const struct input_lines *in, struct candidate *c)
{
    for (size_t line = c->first + 1; line <= c->last; line++) {
        if (is_underline(md->input, content_at(md, in, c, line), in->at[line + 1])) {
            c->last = line;
            return true;
        }
    }
    return false;
}

static bool is_candidate(const struct markdown *md, const struct input_lines *in, cmark_node *node, int quotes,
                         struct candidate *c)
{
    cmark_node_type type = cmark_node_get_type(node);
    int first = cmark_node_get_start_line(node), last = cmark_node_get_end_line(node);
    if ((type != CMARK_NODE_PARAGRAPH && type != CMARK_NODE_HEADING) || first < 1 || last <= first ||
        (size_t)last > in->count)
        return false;
    *c = (struct candidate){.first = (size_t)first - 1,
                            .last = (size_t)last - 1,
                            .column = (size_t)cmark_node_get_start_column(node) - 1,
                            .quotes = quotes,
                            .underlined = type == CMARK_NODE_HEADING};
    return !c->underlined || find_underline(md, in, c);
}

void md_tables_rewrite(struct markdown *md, cmark_node *probe, struct buf *out)
{
    struct input_lines in = split_lines(md);
    cmark_iter *iter = cmark_iter_new(probe);
    cmark_event_type event;
    size_t done = 0;
    int quotes = 0;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        struct candidate c;
        if (cmark_node_get_type(node) == CMARK_NODE_BLOCK_QUOTE)
            quotes += event == CMARK_EVENT_ENTER ? 1 : -1;
        if (event == CMARK_EVENT_ENTER && is_candidate(md, &in, node, quotes, &c))
            done = rewrite_one(md, &in, &c, done, out);
    }
    cmark_iter_free(iter);
    copy_lines(md, &in, done, in.count, out);
    free(in.at);
}

static cmark_node *new_block(const char *name, struct md_table *table)
{
    cmark_node *node = cmark_node_new(CMARK_NODE_CUSTOM_BLOCK);
    assert(node);
    cmark_node_set_on_enter(node, name);
    cmark_node_set_user_data(node, table);
    return node;
}

/* Take MARK and its blank away from the first text of a cell; a cell that was empty is left without text. */
static void strip_mark(cmark_node *cell)
{
    cmark_node *text = cmark_node_first_child(cell);
    const char *literal = text ? cmark_node_get_literal(text) : NULL;
    if (!literal || literal[0] != MARK)
        return;
    char *rest = xstrdup(literal + (literal[1] == ' ' ? MARK_BYTES : 1));
    cmark_node_set_literal(text, rest);
    free(rest);
}

/* Put one paragraph of a table's line where it belongs; one that lost its table stays a paragraph. */
static void gather_one(struct markdown *md, cmark_node *cell, const struct md_line *line)
{
    strip_mark(cell);
    cmark_node *before = cmark_node_previous(cell);
    cmark_node *table = before && md_table_of(before) ? before : NULL;
    if (line->kind == MD_LINE_HEAD) {
        table = new_block("table", md->tables[line->table]);
        cmark_node_insert_before(cell, table);
    }
    if (!table)
        return;
    cmark_node *row = line->kind == MD_LINE_CELL ? cmark_node_last_child(table) : new_block("row", NULL);
    if (line->kind != MD_LINE_CELL)
        cmark_node_append_child(table, row);
    cmark_node_unlink(cell);
    cmark_node_append_child(row, cell);
}

void md_tables_gather(struct markdown *md)
{
    if (md->table_count == 0)
        return;
    /* The tree must not change under an iterator: list the paragraphs first. */
    cmark_node **cells = xreallocarray(NULL, md->line_count, sizeof *cells);
    size_t n = 0;
    cmark_iter *iter = cmark_iter_new(md->doc);
    cmark_event_type event;
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(iter);
        if (event != CMARK_EVENT_ENTER || cmark_node_get_type(node) != CMARK_NODE_PARAGRAPH)
            continue;
        int line = cmark_node_get_start_line(node);
        if (line >= 1 && (size_t)line <= md->line_count && md->lines[line - 1].kind != MD_LINE_PLAIN &&
            n < md->line_count)
            cells[n++] = node;
    }
    cmark_iter_free(iter);
    for (size_t i = 0; i < n; i++) {
        const struct md_line *line = &md->lines[cmark_node_get_start_line(cells[i]) - 1];
        gather_one(md, cells[i], line);
    }
    free(cells);
}
