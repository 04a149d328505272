/* The frame of public pages; the contract is in http/page_html.h. */
#include "http/page_html.h"

#include "base/buf.h"
#include "base/markup.h"

void page_html_begin(struct buf *out, const char *title)
{
    buf_adds(out, "<!doctype html>\n<html lang=\"sv\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    markup_add(out, title);
    buf_adds(out,
             "</title>\n<style>\n"
             "body{margin:0;background:#fff;color:#000;font:1.25rem/1.6 system-ui,sans-serif}\n"
             "main{max-width:36rem;margin:0 auto;padding:2rem 1rem;overflow-wrap:break-word}\n"
             "h1{font-size:1.75rem;line-height:1.3}\nh2{font-size:1.375rem;line-height:1.3}\n"
             "a{color:#123a6d}\na:focus-visible{outline:4px solid #000;outline-offset:4px}\n"
             "section[lang=en]{margin-top:2rem;border-top:1px solid #000}\n</style>\n</head>\n<body>\n<main>\n<h1>");
    markup_add(out, title);
    buf_adds(out, "</h1>\n");
}

void page_html_link(struct buf *out, const char *url, const char *text)
{
    buf_adds(out, "<p><a href=\"");
    markup_add(out, url);
    buf_adds(out, "\">");
    markup_add(out, text);
    buf_adds(out, "</a></p>\n");
}

void page_html_end(struct buf *out)
{
    buf_adds(out, "</main>\n</body>\n</html>\n");
}
