/*
 * The parser of SMTP replies; the contract is in deliver/smtp_reply.h.
 *
 * Strict where laxness would let us mistake one reply for another (three digits, the same code on every line, '-' or
 * space after it, no NUL), lax where servers differ harmlessly (bare LF, no text, control characters in the text).
 */
#include "deliver/smtp_reply.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

void smtp_reply_init(struct smtp_reply_parser *p)
{
    p->problem = NULL;
    p->lines = 0;
    p->text_len = 0;
    p->line_len = 0;
    p->reply = (struct smtp_reply){.code = 0};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* C0, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing. */
static bool is_unwanted(ucs4_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
}

void smtp_reply_clean(char *out, size_t room, size_t *len, const char *text, size_t n)
{
    assert(room > 0 && *len < room);
    const uint8_t *s = (const uint8_t *)text;
    while (n > 0) {
        ucs4_t c = 0;
        int got = u8_mbtoucr(&c, s, n);
        const char *piece = (const char *)s;
        size_t size = got > 0 ? (size_t)got : 1;
        size_t put = size;
        if (got <= 0 || is_unwanted(c)) {
            piece = got <= 0 ? "?" : " ";
            put = 1;
        }
        if (put >= room - *len)
            break;
        memcpy(out + *len, piece, put);
        *len += put;
        s += size;
        n -= size;
    }
    out[*len] = '\0';
}

/* The length of an enhanced status code of class `class` at the front of the text ("5.1.1", then a space or the end),
 * or 0. */
static size_t status_length(const char *s, size_t n, char class)
{
    size_t i = 1;
    if (n < 5 || s[0] != class)
        return 0;
    for (int part = 0; part < 2; part++) {
        if (i >= n || s[i] != '.')
            return 0;
        size_t digits = 0;
        for (i++; i < n && is_digit(s[i]); i++)
            digits++;
        if (digits < 1 || digits > 3)
            return 0;
    }
    return i == n || s[i] == ' ' ? i : 0;
}

static enum smtp_reply_result bad(struct smtp_reply_parser *p, const char *problem)
{
    p->problem = problem;
    return SMTP_REPLY_BAD;
}

static void add_text(struct smtp_reply_parser *p, const char *s, size_t n)
{
    struct smtp_reply *r = &p->reply;
    size_t status = status_length(s, n, p->line[0]);
    if (status > 0 && r->status[0] == '\0') {
        memcpy(r->status, s, status);
        r->status[status] = '\0';
    }
    /* Repeated on every line by most servers; one that differs is part of the message. */
    if (status > 0 && strlen(r->status) == status && memcmp(r->status, s, status) == 0) {
        s += status;
        n -= status;
    }
    while (n > 0 && *s == ' ') {
        s++;
        n--;
    }
    if (n > 0 && p->text_len > 0)
        smtp_reply_clean(r->text, sizeof r->text, &p->text_len, " / ", 3);
    smtp_reply_clean(r->text, sizeof r->text, &p->text_len, s, n);
}

/* One complete line, without its line end, is in p->line. */
static enum smtp_reply_result take_line(struct smtp_reply_parser *p)
{
    const char *s = p->line;
    size_t n = p->line_len;
    if (n < 3 || s[0] < '2' || s[0] > '5' || !is_digit(s[1]) || !is_digit(s[2]))
        return bad(p, "the reply does not begin with a code");
    if (n > 3 && s[3] != ' ' && s[3] != '-')
        return bad(p, "the reply code is not followed by a space or '-'");
    int code = (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
    if (p->lines > 0 && code != p->reply.code)
        return bad(p, "the lines of one reply have different codes");
    p->reply.code = code;
    if (++p->lines > SMTP_REPLY_LINES)
        return bad(p, "the reply has more than 100 lines");
    if (n > 4)
        add_text(p, s + 4, n - 4);
    return n > 3 && s[3] == '-' ? SMTP_REPLY_MORE : SMTP_REPLY_DONE;
}

/* The line without its CRLF or LF is appended to what an earlier chunk began. */
static enum smtp_reply_result gather(struct smtp_reply_parser *p, const char *data, size_t n)
{
    if (n > sizeof p->line - p->line_len)
        return bad(p, "a reply line is longer than 4096 bytes");
    if (memchr(data, '\0', n))
        return bad(p, "the reply has a NUL byte");
    memcpy(p->line + p->line_len, data, n);
    p->line_len += n;
    return SMTP_REPLY_MORE;
}

enum smtp_reply_result smtp_reply_feed(struct smtp_reply_parser *p, const char *data, size_t n, size_t *used)
{
    assert(!p->problem);
    if (p->lines == 0 && p->line_len == 0)
        smtp_reply_init(p);
    *used = 0;
    while (*used < n) {
        const char *from = data + *used;
        const char *end = memchr(from, '\n', n - *used);
        size_t len = end ? (size_t)(end - from) : n - *used;
        *used += end ? len + 1 : len;
        if (gather(p, from, len) == SMTP_REPLY_BAD)
            return SMTP_REPLY_BAD;
        if (!end)
            return SMTP_REPLY_MORE;
        if (p->line_len > 0 && p->line[p->line_len - 1] == '\r')
            p->line_len--;
        enum smtp_reply_result result = take_line(p);
        p->line_len = 0;
        if (result == SMTP_REPLY_DONE)
            p->lines = 0;
        if (result != SMTP_REPLY_MORE)
            return result;
    }
    return SMTP_REPLY_MORE;
}
