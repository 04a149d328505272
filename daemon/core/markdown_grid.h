/*
 * A table as plain text: aligned columns when it is narrow enough, else one record per row. For markdown_text.c only.
 * Ownership: _new returns, the caller frees with _free; _set copies. At most MARKDOWN_COLUMNS_MAX columns.
 */
#ifndef GB_DAEMON_CORE_MARKDOWN_GRID_H
#define GB_DAEMON_CORE_MARKDOWN_GRID_H

#include <stddef.h>

#include "core/markdown_tree.h"

struct buf;
struct md_grid;

/* All cells empty; row 0 is the header. */
struct md_grid *md_grid_new(size_t rows, size_t columns);
void md_grid_free(struct md_grid *g);
void md_grid_set(struct md_grid *g, size_t row, size_t column, const char *text);
/* Append LF-ended lines; overflow is left in `out`. `width` is what the columns may take. */
void md_grid_write(const struct md_grid *g, const enum md_align *align, size_t width, struct buf *out);

#endif
