/* Small pieces of text; the contract is in cli/words.h. */
#include "cli/words.h"

#include <string.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/table.h"

void words_duration(struct buf *out, long long s)
{
    if (s >= 86400)
        buf_addf(out, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        buf_addf(out, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        buf_addf(out, "%lld min", s / 60);
    else
        buf_addf(out, "%lld s", s);
}

void words_clip(struct buf *out, const char *text, size_t columns)
{
    size_t start = out->len;
    if (text_columns(text) <= columns) {
        buf_adds(out, text);
        return;
    }
    for (const char *p = text; *p;) {
        size_t n = 1;
        while (((unsigned char)p[n] & 0xc0) == 0x80)
            n++;
        size_t before = out->len;
        buf_add(out, p, n);
        if (text_columns(buf_str(out) + start) > columns - 1) {
            buf_truncate(out, before);
            break;
        }
        p += n;
    }
    buf_adds(out, "…");
}

size_t words_columns(size_t usual)
{
    enum { NARROWEST = 40 }; /* less is no use to anybody */
    struct winsize size = {.ws_col = 0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_col >= usual)
        return usual;
    return size.ws_col > NARROWEST ? size.ws_col : NARROWEST;
}

void words_wrap(struct buf *out, const char *text, size_t indent, size_t columns)
{
    size_t used = 0; /* columns of the line that is being written; 0: none is */
    while (*text) {
        size_t n = strcspn(text, " \n");
        size_t before = out->len;
        buf_add(out, text, n);
        size_t width = text_columns(buf_str(out) + before);
        buf_truncate(out, before);
        if (n > 0 && used > 0 && used + 1 + width > columns) {
            buf_addc(out, '\n');
            used = 0;
        }
        if (n > 0) {
            buf_addf(out, "%*s", (int)(used > 0 ? 1 : indent), "");
            used += (used > 0 ? 1 : indent) + width;
            buf_add(out, text, n);
        }
        text += n;
        text += strspn(text, " \n");
    }
    if (used > 0)
        buf_addc(out, '\n');
}
