/* Escaping for HTML and XML; the contract is in base/markup.h. */
#include "base/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <unistr.h>

#include "base/buf.h"

const char *markup_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;"; /* &apos; is XML's alone */
    default:
        return NULL;
    }
}

void markup_add(struct buf *out, const char *text)
{
    while (*text) {
        size_t plain = strcspn(text, MARKUP_SPECIAL);
        buf_add(out, text, plain);
        text += plain;
        if (*text)
            buf_adds(out, markup_entity(*text++));
    }
}

/* Char of XML 1.0, 2.2, without the carriage return, which parsers turn into a line feed anyway. */
static bool is_xml_char(ucs4_t c)
{
    return c == '\t' || c == '\n' || (c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff);
}

void markup_add_xml(struct buf *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ucs4_t c = 0;
        int n = u8_mbtoucr(&c, (const uint8_t *)text, left);
        const char *entity = markup_entity(*text);
        if (n < 1)
            buf_adds(out, "\xef\xbf\xbd");
        else if (entity)
            buf_adds(out, entity);
        else if (is_xml_char(c))
            buf_add(out, text, (size_t)n);
        text += n < 1 ? 1 : n;
        left -= n < 1 ? 1 : (size_t)n;
    }
}

void markup_add_element(struct buf *out, const char *name, const char *text)
{
    size_t begin = out->len;
    buf_addf(out, "<%s>", name);
    size_t inside = out->len;
    if (text)
        markup_add_xml(out, text);
    if (out->len == inside && buf_ok(out))
        buf_truncate(out, begin);
    else
        buf_addf(out, "</%s>\n", name);
}
