/* Tables for a terminal (see cli/table.h). Widths come from libunistring, which knows combining and wide letters. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

#include <unistr.h>
#include <uniwidth.h>

#include "base/mem.h"
#include "base/text.h"

enum { GAP = 2 };

static bool is_control(ucs4_t c)
{
    bool steers = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || steers;
}

void print_clean(FILE *out, const char *text, bool keep_lines)
{
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + strlen(text);
    while (p < end) {
        ucs4_t c;
        int n = u8_mbtoucr(&c, p, (size_t)(end - p));
        if (n <= 0 || (is_control(c) && !(keep_lines && (c == '\n' || c == '\t')))) {
            fputc('?', out);
            p += n > 0 ? n : 1;
            continue;
        }
        fwrite(p, 1, (size_t)n, out);
        p += n;
    }
}

size_t text_columns(const char *text)
{
    size_t width = 0;
    const uint8_t *p = (const uint8_t *)text;
    const uint8_t *end = p + strlen(text);
    while (p < end) {
        ucs4_t c;
        int n = u8_mbtoucr(&c, p, (size_t)(end - p));
        int w = n > 0 && !is_control(c) ? uc_width(c, "UTF-8") : 1; /* shown as "?" */
        width += w > 0 ? (size_t)w : 0;
        p += n > 0 ? n : 1;
    }
    return width;
}

void table_init(struct table *t)
{
    memset(t, 0, sizeof *t);
}

void table_fini(struct table *t)
{
    for (size_t i = 0; i < t->cell_count; i++)
        free(t->cells[i]);
    free(t->cells);
    table_init(t);
}

void table_cell(struct table *t, const char *text)
{
    if (t->column_count == 0)
        return;
    if (t->cell_count == t->cell_cap) {
        t->cell_cap = t->cell_cap ? 2 * t->cell_cap : 64;
        t->cells = xreallocarray(t->cells, t->cell_cap, sizeof *t->cells);
    }
    size_t column = t->cell_count % t->column_count;
    size_t width = text_columns(text ? text : "");
    if (width > t->width[column])
        t->width[column] = width;
    t->cells[t->cell_count++] = xstrdup(text ? text : "");
}

void table_column(struct table *t, const char *title, bool is_right)
{
    if (t->column_count == TABLE_COLUMNS_MAX)
        return;
    t->is_right[t->column_count++] = is_right;
    table_cell(t, title);
}

static void print_cell(const struct table *t, size_t i, FILE *out)
{
    size_t column = i % t->column_count;
    bool is_last = column + 1 == t->column_count;
    const char *cell = t->cells[i];
    size_t pad = t->width[column] - text_columns(cell);
    if (t->is_right[column])
        fprintf(out, "%*s", (int)pad, "");
    print_clean(out, cell, false);
    if (!is_last)
        fprintf(out, "%*s", (int)((t->is_right[column] ? 0 : pad) + GAP), "");
}

void table_print(const struct table *t, FILE *out)
{
    for (size_t i = 0; i < t->cell_count; i++) {
        print_cell(t, i, out);
        if ((i + 1) % t->column_count == 0)
            fputc('\n', out);
    }
}
