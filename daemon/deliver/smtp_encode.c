/* Checks and dot-stuffing of what goes out; the contract is in deliver/smtp_encode.h. */
#include "deliver/smtp_encode.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

bool smtp_address_is_safe(const char *a, bool utf8, bool empty)
{
    size_t n = strlen(a);
    if (n == 0)
        return empty;
    if (n > SMTP_ADDRESS_BYTES)
        return false;
    bool has_high = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)a[i];
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
            return false;
        has_high = has_high || c >= 0x80;
    }
    if (has_high && (!utf8 || !text_is_utf8(a, n) || text_has_control(a, n)))
        return false;
    const char *at = strrchr(a, '@');
    return at && at != a && at[1] != '\0';
}

const char *smtp_data_problem(const char *data, size_t len, bool utf8)
{
    if (len == 0)
        return "the message is empty";
    size_t line = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '\r' && i + 1 < len && data[i + 1] == '\n') {
            line = 0;
            i++;
            continue;
        }
        if (c == '\r' || c == '\n')
            return "the message has a bare CR or LF";
        if (c == '\0')
            return "the message has a NUL byte";
        if (c >= 0x80 && !utf8)
            return "the message has bytes above ASCII without SMTPUTF8";
        if (++line > SMTP_LINE_BYTES)
            return "the message has a line longer than 998 bytes";
    }
    return NULL;
}

void smtp_stuffer_init(struct smtp_stuffer *s, const char *data, size_t len)
{
    *s = (struct smtp_stuffer){.data = data, .len = len, .line_begins = true};
}

/* A run without stuffing: to the end of this line, or what fits. */
static size_t copy_run(struct smtp_stuffer *s, char *out, size_t room)
{
    const char *from = s->data + s->pos;
    size_t n = s->len - s->pos;
    if (n > room)
        n = room;
    const char *lf = memchr(from, '\n', n);
    if (lf)
        n = (size_t)(lf - from) + 1;
    memcpy(out, from, n);
    s->pos += n;
    s->line_begins = lf != NULL;
    return n;
}

size_t smtp_stuffer_next(struct smtp_stuffer *s, char *out, size_t room)
{
    assert(room >= 8);
    size_t n = 0;
    if (s->ended)
        return 0;
    while (s->pos < s->len && n + 2 <= room) {
        if (s->line_begins && s->data[s->pos] == '.')
            out[n++] = '.';
        n += copy_run(s, out + n, room - n);
    }
    if (s->pos < s->len)
        return n;
    const char *tail = s->line_begins ? ".\r\n" : "\r\n.\r\n";
    size_t tail_len = strlen(tail);
    if (tail_len > room - n)
        return n;
    memcpy(out + n, tail, tail_len);
    s->ended = true;
    return n + tail_len;
}
