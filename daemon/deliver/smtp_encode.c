/* Checks and dot-stuffing of what goes out; the contract is in deliver/smtp_encode.h. */
#include "deliver/smtp_encode.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

bool smtp_address_is_safe(const char *a, bool utf8, bool empty)
{
    size_t n = strlen(a);
    if (n == 0)
        return empty;
    if (n > SMTP_ADDRESS_BYTES)
        return false;
    bool is_high = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)a[i];
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>')
            return false;
        is_high = is_high || c >= 0x80;
    }
    if (is_high && (!utf8 || !text_is_utf8(a, n) || text_has_control(a, n)))
        return false;
    const char *at = strrchr(a, '@');
    return at && at != a && at[1] != '\0';
}

/* Eight bytes at a time, since every letter passes here: is there one above ASCII? */
static bool has_high(const char *data, size_t len)
{
    uint64_t bits = 0;
    size_t i = 0;
    for (; i + sizeof bits <= len; i += sizeof bits) {
        uint64_t word;
        memcpy(&word, data + i, sizeof word);
        bits |= word;
    }
    for (; i < len; i++)
        bits |= (unsigned char)data[i];
    return (bits & UINT64_C(0x8080808080808080)) != 0;
}

/* The first thing wrong, byte by byte; only for a message that is refused. */
static const char *name_problem(const char *data, size_t len, bool utf8)
{
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
    abort(); /* is_sound found one of these */
}

/* CR and LF only as CRLF, and no line too long: one look for the LF of each line and one for its first CR. */
static bool has_sound_lines(const char *data, size_t len)
{
    const char *end = data + len;
    while (data < end) {
        size_t left = (size_t)(end - data);
        const char *lf = memchr(data, '\n', left);
        const char *cr = memchr(data, '\r', lf ? (size_t)(lf - data) : left);
        size_t line = cr ? (size_t)(cr - data) : left;
        if ((lf ? !cr || cr + 1 != lf : cr != NULL) || line > SMTP_LINE_BYTES)
            return false;
        data = lf ? lf + 1 : end;
    }
    return true;
}

static bool is_sound(const char *data, size_t len, bool utf8)
{
    return !memchr(data, '\0', len) && (utf8 || !has_high(data, len)) && has_sound_lines(data, len);
}

const char *smtp_data_problem(const char *data, size_t len, bool utf8)
{
    if (len == 0)
        return "the message is empty";
    return is_sound(data, len, utf8) ? NULL : name_problem(data, len, utf8);
}

void smtp_stuffer_init(struct smtp_stuffer *s, const char *data, size_t len)
{
    *s = (struct smtp_stuffer){.data = data, .len = len, .line_begins = true};
}

/* A run without stuffing: up to the next dot that begins a line, or what fits. Its own first byte is no such dot, or
 * has been doubled already. */
static size_t copy_run(struct smtp_stuffer *s, char *out, size_t room)
{
    const char *from = s->data + s->pos;
    size_t n = s->len - s->pos;
    if (n > room)
        n = room;
    for (const char *at = from, *lf; (lf = memchr(at, '\n', (size_t)(from + n - at))) != NULL; at = lf + 1) {
        if (lf + 1 < from + n && lf[1] == '.') {
            n = (size_t)(lf - from) + 1;
            break;
        }
    }
    memcpy(out, from, n);
    s->pos += n;
    s->line_begins = from[n - 1] == '\n';
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
