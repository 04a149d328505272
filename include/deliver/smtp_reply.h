/*
 * Replies of an SMTP server, read incrementally (RFC 5321 4.2, enhanced status codes of RFC 2034/3463).
 *
 * Called by the session for each chunk that arrives, and by the wire for the lines that libcurl shows while it
 * connects. Pure: no I/O, no clock, no log; one thread at a time. Embedded in its owner; allocates nothing. Limits: a
 * line of 4 kB, 100 lines a reply, the text of an outcome; beyond the first two the reply is refused, beyond the third
 * it is cut. The text that comes out is valid UTF-8 without control characters, whatever came in.
 */
#ifndef GB_DELIVER_SMTP_REPLY_H
#define GB_DELIVER_SMTP_REPLY_H

#include <stddef.h>

#include "deliver/outcome.h"

enum { SMTP_REPLY_LINE_BYTES = 4096, SMTP_REPLY_LINES = 100 };

struct smtp_reply {
    int code;                          /* 200..599 */
    char status[OUTCOME_STATUS_BYTES]; /* "5.1.1", or "" */
    char text[OUTCOME_TEXT_BYTES];     /* lines joined by " / ", without code and status; may be "" */
};

enum smtp_reply_result {
    SMTP_REPLY_MORE, /* all bytes were taken, the reply is not complete */
    SMTP_REPLY_DONE, /* parser->reply is complete until the next feed */
    SMTP_REPLY_BAD   /* not SMTP: parser->problem says why; the stream is lost, feed no more */
};

struct smtp_reply_parser {
    struct smtp_reply reply;
    const char *problem; /* static text once BAD, else NULL */
    int lines;           /* complete lines of the reply so far */
    size_t text_len;
    size_t line_len;
    char line[SMTP_REPLY_LINE_BYTES];
};

/* Ready for the first reply. Also after BAD, for a caller that can resynchronise. */
void smtp_reply_init(struct smtp_reply_parser *p);
/* Takes bytes up to the end of one reply at most; `*used` (never NULL) gets how many. After DONE the next call begins a
 * new reply by itself. */
enum smtp_reply_result smtp_reply_feed(struct smtp_reply_parser *p, const char *data, size_t n, size_t *used);

/* Append `n` bytes of foreign text to `out` (room bytes, *len in use), as valid UTF-8 without control characters, cut
 * at a character's border; always NUL-terminated. Used for every text that comes from outside. */
void smtp_reply_clean(char *out, size_t room, size_t *len, const char *text, size_t n);

#endif
