/* The frame of public pages; the contract is in http/page_html.h. */
#include "http/page_html.h"

#include "base/buf.h"
#include "base/markup.h"

void page_html_begin(struct buf *out, const char *title)
{
    buf_adds(out, "<!doctype html>\n<html lang=\"sv\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    markup_add(out, title);
    buf_adds(out, "</title>\n<style>\n" PAGE_STYLE "</style>\n</head>\n<body>\n<main>\n<h1>");
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
