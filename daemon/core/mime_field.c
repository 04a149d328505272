/*
 * Words of a header field; the contract is in core/mime_field.h.
 *
 * A value is encoded as a whole or not at all: readers drop the white space between two encoded words and keep
 * that between an encoded and a plain one, and enough of them get this wrong.
 */
#include "core/mime_field.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>
#include <unistr.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/mime.h"

enum {
    PLAIN_WORD_MAX = 48,   /* with quotes it fits beside any field name; a value with a longer word is encoded */
    ENCODED_WORD_MAX = 75, /* RFC 2047, section 2 */
    ENCODED_WORD_FRAME = sizeof("=?utf-8?Q?"
                                "?=") -
                         1,                     /* in two pieces: together they hold a trigraph */
    ENCODED_WORD_MIN = ENCODED_WORD_FRAME + 12, /* room for a character of four bytes in either encoding */
    NAME_MAX_BYTES = 25,
};

struct field field_begin(struct buf *out, const char *name)
{
    size_t n = strlen(name);
    assert(n > 0 && n <= NAME_MAX_BYTES);
    struct field f = {.out = out, .start = out->len, .empty = true};
    field_raw(&f, name, n);
    field_raw(&f, ":", 1);
    return f;
}

void field_raw(struct field *f, const char *s, size_t n)
{
    buf_add(f->out, s, n);
    f->column += n;
}

static void field_fold(struct field *f)
{
    buf_add(f->out, "\r\n", 2);
    f->column = 0;
}

void field_space(struct field *f, size_t n)
{
    if (!f->empty && f->column + 1 + n > MIME_LINE_BYTES)
        field_fold(f);
    f->empty = false;
    field_raw(f, " ", 1);
}

void field_word(struct field *f, const char *s, size_t n)
{
    field_space(f, n);
    field_raw(f, s, n);
}

void field_words(struct field *f, const char *s, size_t n)
{
    while (n > 0) {
        const char *space = memchr(s, ' ', n);
        size_t len = space ? (size_t)(space - s) : n;
        field_word(f, s, len);
        len += space ? 1 : 0;
        s += len;
        n -= len;
    }
}

void field_angle(struct field *f, const char *scheme, const char *s, size_t n)
{
    field_raw(f, "<", 1);
    field_raw(f, scheme, strlen(scheme));
    field_raw(f, s, n);
    field_raw(f, ">", 1);
}

int field_end(struct field *f, int rc)
{
    buf_add(f->out, "\r\n", 2);
    if (rc == 0 && !buf_ok(f->out))
        rc = ERR_TOO_LARGE;
    if (rc != 0)
        buf_truncate(f->out, f->start);
    return rc;
}

/* --- encoded words --------------------------------------------------------------------------------------------- */

/* The strictest set, that of a phrase (RFC 2047, 5 (3)), so that one encoding serves everywhere. */
static bool is_q_literal(char c)
{
    return mime_is_alnum(c) || mime_is_one_of(c, "!*+-/");
}

static size_t q_width(const char *s, size_t n)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        width += is_q_literal(s[i]) || s[i] == ' ' ? 1 : 3;
    return width;
}

static size_t b_width(size_t n)
{
    return (n + 2) / 3 * 4;
}

static size_t character_bytes(const char *s, size_t n)
{
    int len = u8_mblen((const uint8_t *)s, n);
    assert(len > 0); /* checked to be UTF-8 before it came here */
    return (size_t)len;
}

static void add_q(struct field *f, const char *s, size_t n)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        char escaped[3] = {'=', digits[c >> 4], digits[c & 15]};
        if (c == ' ')
            field_raw(f, "_", 1);
        else if (is_q_literal(s[i]))
            field_raw(f, s + i, 1);
        else
            field_raw(f, escaped, sizeof escaped);
    }
}

static void add_b(struct field *f, const char *s, size_t n)
{
    unsigned char text[ENCODED_WORD_MAX + 1];
    assert(b_width(n) < sizeof text);
    int len = EVP_EncodeBlock(text, (const unsigned char *)s, (int)n);
    field_raw(f, (const char *)text, (size_t)len);
}

/* How many bytes of whole characters fit into `room` characters of Q text; at least one character. */
static size_t q_bytes(const char *s, size_t n, size_t room)
{
    size_t used = 0;
    size_t width = 0;
    while (used < n) {
        size_t len = character_bytes(s + used, n - used);
        width += q_width(s + used, len);
        if (width > room)
            break;
        used += len;
    }
    assert(used > 0);
    return used;
}

/*
 * The same for B text. GMime and its kind join the text of adjacent words before decoding it and stop at the
 * first padding, so only the last word may have any: all others have a multiple of three bytes, perhaps none.
 */
static size_t b_bytes(const char *s, size_t n, size_t room)
{
    size_t used = 0;
    size_t even = 0;
    if (b_width(n) <= room)
        return n;
    while (used < n && b_width(used) <= room) {
        even = used % 3 == 0 ? used : even;
        used += character_bytes(s + used, n - used);
    }
    return even;
}

static size_t add_encoded_word(struct field *f, const char *s, size_t n, bool prefer_b)
{
    size_t room = MIME_LINE_BYTES - f->column;
    assert(room >= ENCODED_WORD_MIN && room <= ENCODED_WORD_MAX);
    size_t q = q_bytes(s, n, room - ENCODED_WORD_FRAME);
    size_t b = prefer_b ? b_bytes(s, n, room - ENCODED_WORD_FRAME) : 0;
    field_raw(f, b >= q ? "=?utf-8?B?" : "=?utf-8?Q?", ENCODED_WORD_FRAME - 2);
    if (b >= q)
        add_b(f, s, b);
    else
        add_q(f, s, q);
    field_raw(f, "?=", 2);
    return b >= q ? b : q;
}

void field_encoded(struct field *f, const char *s, size_t n)
{
    bool prefer_b = b_width(n) < q_width(s, n);
    while (n > 0) {
        field_space(f, ENCODED_WORD_MIN);
        size_t used = add_encoded_word(f, s, n, prefer_b);
        s += used;
        n -= used;
    }
}

/* --- text and phrases ------------------------------------------------------------------------------------------ */

/* Can it be written in printable ASCII, folded at single spaces, without being taken for an encoded word? */
static bool is_plain(const char *s, size_t n)
{
    size_t word = 0;
    for (size_t i = 0; i < n; i++) {
        bool space = s[i] == ' ';
        if (s[i] < ' ' || s[i] > '~') /* also what is above ASCII, whether char is signed or not */
            return false;
        if (s[i] == '=' && i + 1 < n && s[i + 1] == '?')
            return false;
        if (space && (i == 0 || i + 1 == n || s[i - 1] == ' '))
            return false;
        word = space ? 0 : word + 1;
        if (word > PLAIN_WORD_MAX)
            return false;
    }
    return true;
}

void field_text(struct field *f, const char *s, size_t n)
{
    if (is_plain(s, n))
        field_words(f, s, n);
    else
        field_encoded(f, s, n);
}

static void add_quoted(struct field *f, const char *s, size_t n)
{
    char quoted[2 * PLAIN_WORD_MAX + 2];
    size_t len = 0;
    assert(n <= PLAIN_WORD_MAX);
    quoted[len++] = '"';
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '"' || s[i] == '\\')
            quoted[len++] = '\\';
        quoted[len++] = s[i];
    }
    quoted[len++] = '"';
    field_word(f, quoted, len);
}

static bool is_atoms(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] != ' ' && !mime_is_atext(s[i]))
            return false;
    }
    return true;
}

/* Neither atoms nor a quoted string are folded: readers differ in what they make of that (GMime keeps the line
 * end in the name). What is too long for one line is encoded instead. */
void field_phrase(struct field *f, const char *s, size_t n)
{
    bool plain = n <= PLAIN_WORD_MAX && is_plain(s, n);
    if (plain && is_atoms(s, n))
        field_word(f, s, n);
    else if (plain)
        add_quoted(f, s, n);
    else
        field_encoded(f, s, n);
}
