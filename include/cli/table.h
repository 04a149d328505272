/*
 * Tables for a terminal: columns as wide as their widest cell, counted in columns of the terminal and not in bytes.
 *
 * Cells come from the daemon, and so from what people typed: control characters are shown as "?", so that no name can
 * move the cursor. The last column is not padded. Ownership: embedded (_init, _fini); cells are copied.
 */
#ifndef GB_CLI_TABLE_H
#define GB_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 24 };

struct table {
    size_t column_count;
    bool is_right[TABLE_COLUMNS_MAX];
    size_t width[TABLE_COLUMNS_MAX];
    char **cells; /* row by row; the first row is the titles */
    size_t cell_count, cell_cap;
};

void table_init(struct table *t);
void table_fini(struct table *t);
/* Before any row; a column beyond TABLE_COLUMNS_MAX is left out. */
void table_column(struct table *t, const char *title, bool is_right);
/* The next cell; rows are complete when they have as many as there are columns. NULL is "". */
void table_cell(struct table *t, const char *text);
void table_print(const struct table *t, FILE *out);

/* How many columns of a terminal the text takes (åäö one, combining marks none). */
size_t text_columns(const char *text);
/* Print with control characters as "?"; line ends stay when `keep_lines`. */
void print_clean(FILE *out, const char *text, bool keep_lines);

#endif
