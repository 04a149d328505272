/*
 * The frame of our public pages: one style for all, 18 px and more, black on white; readable on a phone and printed. No
 * script, no picture, no other host. Pure, any thread.
 */
#ifndef GB_HTTP_PAGE_HTML_H
#define GB_HTTP_PAGE_HTML_H

struct buf;

/* Black on white is 21:1, links and buttons (#123a6d) are over 10:1. */
#define PAGE_STYLE                                                                                        \
    "body{margin:0;background:#fff;color:#000;font:1.25rem/1.6 system-ui,sans-serif}\n"                   \
    "main{max-width:36rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:break-word}\n"                    \
    "h1{font-size:1.75rem;line-height:1.3}\nh2{font-size:1.375rem;line-height:1.3}\n"                     \
    "a{color:#123a6d}\na:focus-visible,button:focus-visible{outline:4px solid #000;outline-offset:4px}\n" \
    "section[lang=en]{margin-top:2rem;border-top:1px solid #000}\n"

/* Append everything up to and with <main> and the h1. `title` is plain text. */
void page_html_begin(struct buf *out, const char *title);
/* Append a link in a paragraph of its own; both are plain text. */
void page_html_link(struct buf *out, const char *url, const char *text);
void page_html_end(struct buf *out);

#endif
