/*
 * The parsed letter: cmark's tree, in which pipe tables stand as custom blocks. Shared by the renderers
 * (markdown_html.c, markdown_text.c), the linter and the parser (markdown.c, markdown_table.c); cmark goes no further.
 *
 * A table is a CUSTOM_BLOCK whose user data is its struct md_table; its children are rows (CUSTOM_BLOCK without
 * user data), the first being the header; their children are cells: paragraphs, at most `columns` of them, and
 * fewer when the row was written short.
 */
#ifndef GB_DAEMON_CORE_MARKDOWN_TREE_H
#define GB_DAEMON_CORE_MARKDOWN_TREE_H

#include <cmark.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/markdown.h"

struct buf;

/* Control bytes that are neither slots nor white space: they are never written out. */
#define MD_CONTROL_BYTES \
    "\x06\x07\x08\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"

enum md_align { MD_ALIGN_NONE, MD_ALIGN_LEFT, MD_ALIGN_CENTER, MD_ALIGN_RIGHT };

struct md_table {
    int columns;
    enum md_align align[MARKDOWN_COLUMNS_MAX];
    bool has_excess;      /* a row had more cells than the header: they are not shown */
    size_t excess_offset; /* where in the input the first such cell stands */
};

/* What a line of the text given to cmark stems from. */
enum md_line_kind { MD_LINE_PLAIN, MD_LINE_HEAD, MD_LINE_ROW, MD_LINE_CELL };
struct md_line {
    enum md_line_kind kind;
    size_t input;  /* offset in the input of what stands at byte `prefix` of the line */
    size_t prefix; /* bytes that were put before it */
    size_t table;  /* MD_LINE_HEAD: index into tables */
};

struct markdown {
    char *input; /* as given */
    size_t input_len;
    cmark_node *doc;
    struct md_line *lines;
    size_t line_count, line_cap;
    struct md_table **tables; /* each on its own, for the tree points at them */
    size_t table_count, table_cap;
};

/* Rewrite `input` for cmark: each table cell becomes a paragraph of its own. Fills lines and tables; returns the
 * text in `out` (its maximum must allow 8 times the input). `probe` is the tree of the input itself. */
void md_tables_rewrite(struct markdown *md, cmark_node *probe, struct buf *out);
/* Gather those paragraphs into tables again. */
void md_tables_gather(struct markdown *md);

/* The table of a node, or NULL. */
const struct md_table *md_table_of(cmark_node *node);
/* A row of a table? A cell? */
bool md_is_row(cmark_node *node);
bool md_is_cell(cmark_node *node);
/* May the link be shown as a link: https, http, mailto or tel, without control bytes and blanks? */
bool md_is_link(const char *url);
/* The smallest heading level of the letter, which becomes h2; 6 when it has no heading. */
int md_top_level(const struct markdown *md);
/* The offset in the input of a position that cmark tells; the nearest when there is none. */
size_t md_offset(const struct markdown *md, int line, int column);
/* Append the text of an inline subtree without any markup: what an image or a row header is called. */
void md_plain(cmark_node *node, struct buf *out);

#endif
