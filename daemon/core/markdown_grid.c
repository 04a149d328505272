/*
 * A table as plain text; the contract is in core/markdown_grid.h.
 *
 * Columns are aligned when the whole table fits and no cell has a slot (whose width nobody knows yet) or a line break.
 * Otherwise each row becomes a record of "Column: value" lines with an empty line between records: that reads better
 * aloud and on a telephone than columns that wrap.
 */
#include "core/markdown_grid.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/slot.h"

enum { COLUMN_GAP = 2 };

struct md_grid {
    char **cells; /* rows x columns, owned; NULL is empty */
    size_t rows, columns;
    size_t width[MARKDOWN_COLUMNS_MAX];
    bool ragged; /* a cell's width is unknown, or it has several lines */
};

struct md_grid *md_grid_new(size_t rows, size_t columns)
{
    assert(columns > 0 && columns <= MARKDOWN_COLUMNS_MAX);
    struct md_grid *g = xcalloc(1, sizeof *g);
    g->rows = rows;
    g->columns = columns;
    g->cells = xcalloc(rows * columns, sizeof *g->cells);
    return g;
}

void md_grid_free(struct md_grid *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->rows * g->columns; i++)
        free(g->cells[i]);
    free(g->cells);
    free(g);
}

static const char *cell(const struct md_grid *g, size_t row, size_t column)
{
    const char *text = g->cells[row * g->columns + column];
    return text ? text : "";
}

void md_grid_set(struct md_grid *g, size_t row, size_t column, const char *text)
{
    assert(row < g->rows && column < g->columns);
    size_t width = text_length(text);
    if (width > g->width[column])
        g->width[column] = width;
    for (const char *p = text; *p; p++)
        g->ragged = g->ragged || *p == '\n' || (*p >= 1 && *p <= SLOT_MAX);
    char **at = &g->cells[row * g->columns + column];
    free(*at);
    *at = xstrdup(text);
}

static bool fits(const struct md_grid *g, size_t width)
{
    size_t needed = (g->columns - 1) * COLUMN_GAP;
    for (size_t c = 0; c < g->columns; c++)
        needed += g->width[c];
    return needed <= width && !g->ragged;
}

static void add_repeated(struct buf *out, char c, size_t n)
{
    while (n-- > 0)
        buf_addc(out, c);
}

static void write_aligned(struct buf *out, const char *text, size_t width, enum md_align align)
{
    size_t space = width - text_length(text);
    size_t before = align == MD_ALIGN_RIGHT ? space : align == MD_ALIGN_CENTER ? space / 2 : 0;
    add_repeated(out, ' ', before);
    buf_adds(out, text);
    add_repeated(out, ' ', space - before);
}

static void write_columns(const struct md_grid *g, const enum md_align *align, struct buf *out)
{
    for (size_t r = 0; r < g->rows && buf_ok(out); r++) {
        for (size_t c = 0; c < g->columns; c++) {
            add_repeated(out, ' ', c > 0 ? COLUMN_GAP : 0);
            write_aligned(out, cell(g, r, c), g->width[c], align[c]);
        }
        buf_addc(out, '\n');
        for (size_t c = 0; r == 0 && c < g->columns; c++) {
            add_repeated(out, ' ', c > 0 ? COLUMN_GAP : 0);
            add_repeated(out, '-', g->width[c]);
        }
        if (r == 0)
            buf_addc(out, '\n');
    }
}

/* The value on one line: a break inside a cell becomes a blank. */
static void write_value(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_addc(out, *text == '\n' ? ' ' : *text);
}

static void write_records(const struct md_grid *g, struct buf *out)
{
    bool head_only = g->rows == 1;
    for (size_t r = head_only ? 0 : 1; r < g->rows && buf_ok(out); r++) {
        if (r > 1)
            buf_addc(out, '\n');
        for (size_t c = 0; c < g->columns; c++) {
            if (!*cell(g, r, c))
                continue;
            if (!head_only && *cell(g, 0, c)) {
                write_value(out, cell(g, 0, c));
                buf_adds(out, ": ");
            }
            write_value(out, cell(g, r, c));
            buf_addc(out, '\n');
        }
    }
}

void md_grid_write(const struct md_grid *g, const enum md_align *align, size_t width, struct buf *out)
{
    if (fits(g, width))
        write_columns(g, align, out);
    else
        write_records(g, out);
}
