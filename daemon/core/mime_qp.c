/*
 * Quoted-printable (RFC 2045, 6.7); the contract is in core/mime.h.
 *
 * One call encodes one piece. A piece's end is treated as a possible line end (what follows is not known
 * here), which costs two bytes for a space there and makes pieces independent of their neighbours.
 */
#include "core/mime.h"

#include <assert.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/err.h"

enum {
    QP_COLUMN_MAX = MIME_LINE_BYTES - 1, /* the last column is the soft break's "=" */
    /* Output per input byte: 3, and a soft break (3) per line of at least 64; 4 covers both. */
    QP_GROWTH = 4,
    QP_SLACK = 8,
};

/* Could this be the start of "From ", as far as the piece goes? (mbox programs put a ">" before it.) */
static bool may_be_from(const char *s, size_t n)
{
    static const char from[] = "From ";
    size_t len = sizeof from - 1;
    return memcmp(s, from, n < len ? n : len) == 0;
}

/* Must the character at s[0], with `n` bytes left in the piece, be written as =XX? */
static bool must_escape(const char *s, size_t n, size_t column)
{
    switch (s[0]) {
    case '=':
        return true;
    case ' ':
    case '\t':
        return n == 1 || s[1] == '\n';
    case '.':
        return column == 0;
    case 'F':
        return column == 0 && may_be_from(s, n);
    default:
        return (unsigned char)s[0] >= 0x80;
    }
}

static char *put_escaped(char *to, const char *s, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        *to++ = '=';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    return to;
}

/* One character of `len` bytes, not LF, with `n` bytes left; after a soft break when the line is full. */
static char *put_character(struct mime_qp *q, char *to, const char *s, size_t len, size_t n)
{
    bool escape = must_escape(s, n, q->column);
    if (q->column + (escape ? 3 * len : 1) > QP_COLUMN_MAX) {
        memcpy(to, "=\r\n", 3);
        to += 3;
        q->column = 0;
        escape = must_escape(s, n, 0);
    }
    if (escape) {
        q->column += 3 * len;
        return put_escaped(to, s, len);
    }
    q->column++;
    *to = *s;
    return to + 1;
}

int mime_qp_add(struct mime_qp *q, const char *s, size_t n, struct buf *out)
{
    assert(q->column <= QP_COLUMN_MAX && n < SIZE_MAX / (QP_GROWTH + 1));
    char *start = buf_reserve(out, n * QP_GROWTH + QP_SLACK);
    if (start == NULL)
        return ERR_TOO_LARGE;
    char *to = start;
    for (size_t i = 0; i < n;) {
        if (s[i] == '\n') {
            memcpy(to, "\r\n", 2);
            to += 2;
            q->column = 0;
            i++;
            continue;
        }
        int len = (unsigned char)s[i] < 0x80 ? 1 : u8_mblen((const uint8_t *)s + i, n - i);
        assert(len > 0);
        to = put_character(q, to, s + i, (size_t)len, n - i);
        i += (size_t)len;
    }
    buf_commit(out, (size_t)(to - start));
    return 0;
}

int mime_qp_soft_break(struct mime_qp *q, struct buf *out)
{
    if (q->column == 0)
        return 0;
    int rc = buf_add(out, "=\r\n", 3);
    if (rc == 0)
        q->column = 0;
    return rc;
}
