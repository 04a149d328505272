/*
 * The frame of our public pages: one style for all, 18 px and more, black on white; readable on a phone and printed. No
 * script, no picture, no other host. Pure, any thread.
 */
#ifndef GB_HTTP_PAGE_HTML_H
#define GB_HTTP_PAGE_HTML_H

struct buf;

/* Append everything up to and with <main> and the h1. `title` is plain text. */
void page_html_begin(struct buf *out, const char *title);
/* Append a link in a paragraph of its own; both are plain text. */
void page_html_link(struct buf *out, const char *url, const char *text);
void page_html_end(struct buf *out);

#endif
