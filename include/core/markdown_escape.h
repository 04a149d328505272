/*
 * Text of others as Markdown that shows it letter by letter: nothing in it becomes a heading, a list, a link or a slot.
 * Pure, any thread. Callers: core/vma_text.c, core/police_material.c.
 */
#ifndef GB_CORE_MARKDOWN_ESCAPE_H
#define GB_CORE_MARKDOWN_ESCAPE_H

struct buf;

/* Append `text` (UTF-8, LF lines): each line stays one (hard breaks), an empty line parts paragraphs, blanks at the
 * beginning of a line are dropped. What the buffer cannot take shows in buf_ok. */
void markdown_escape(struct buf *out, const char *text);
/* The same on one line, as for a cell or an item of a list: line ends become blanks. */
void markdown_escape_line(struct buf *out, const char *text);

#endif
