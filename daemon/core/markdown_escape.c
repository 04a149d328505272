/* Text of others as Markdown; the contract is in core/markdown_escape.h. */
#include "core/markdown_escape.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* What means something anywhere in a line; and what does so only at its beginning. */
static const char ANYWHERE[] = "\\`*_[]<>&~|{}";
static const char AT_BEGIN[] = "#+-=:";

/* "1." and "1)" open a list. */
static size_t list_number(const char *line)
{
    size_t n = strspn(line, "0123456789");
    return n > 0 && (line[n] == '.' || line[n] == ')') ? n : 0;
}

static void escape_bytes(struct buf *out, const char *text, size_t n)
{
    size_t number = list_number(text);
    for (size_t i = 0; i < n; i++) {
        bool begins = i == 0 && strchr(AT_BEGIN, text[i]) != NULL;
        /* "!" before a link's bracket makes it an image. */
        bool image = text[i] == '!' && i + 1 < n && text[i + 1] == '[';
        if (begins || image || strchr(ANYWHERE, text[i]) || (number > 0 && i == number))
            buf_addc(out, '\\');
        buf_addc(out, text[i]);
    }
}

void markdown_escape(struct buf *out, const char *text)
{
    for (const char *line = text; *line;) {
        line += strspn(line, " ");
        size_t n = strcspn(line, "\n");
        const char *next = line[n] ? line + n + 1 : line + n;
        escape_bytes(out, line, n);
        bool breaks = n > 0 && *next && next[strspn(next, " ")] != '\n';
        if (breaks)
            buf_addc(out, '\\');
        if (*next)
            buf_addc(out, '\n');
        line = next;
    }
}

void markdown_escape_line(struct buf *out, const char *text)
{
    bool is_first = true;
    for (const char *line = text; *line;) {
        line += strspn(line, " \n");
        size_t n = strcspn(line, "\n");
        if (n > 0 && !is_first)
            buf_addc(out, ' ');
        escape_bytes(out, line, n);
        is_first = is_first && n == 0;
        line += n;
    }
}
