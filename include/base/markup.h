/*
 * Anybody's text put into HTML and XML: the one place where & < > " ' are escaped.
 *
 * What comes out is good between tags and between quotation marks. Used by all that writes HTML (letters, pages) or
 * XML (CAP, Atom). Overflow is the buffer's (buf_ok). Pure functions, any thread.
 */
#ifndef GB_BASE_MARKUP_H
#define GB_BASE_MARKUP_H

#include <stddef.h>

struct buf;

/* The characters that markup gives a meaning. */
#define MARKUP_SPECIAL "&<>\"'"

/* The reference that stands for one of MARKUP_SPECIAL; NULL for any other character. Static. */
const char *markup_entity(char c);
/* Append `text` escaped, every other byte as it is: for HTML, whose writers keep control bytes out at the border or
 * use them as slots (core/slot.h). */
void markup_add(struct buf *out, const char *text);
/* The same for XML 1.0, whose documents are void with a character that section 2.2 does not know: control characters
 * but tab and line feed, U+FFFE and U+FFFF are left out, and a byte that is no UTF-8 becomes U+FFFD. */
void markup_add_xml(struct buf *out, const char *text);
/* <name>text</name> and a line feed, the text as markup_add_xml does it; nothing at all when `text` is NULL or nothing
 * of it is left. */
void markup_add_element(struct buf *out, const char *name, const char *text);

#endif
