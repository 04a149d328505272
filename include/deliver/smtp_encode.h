/*
 * What may be put on an SMTP connection, and how: checks of addresses and messages, and dot-stuffing (RFC 5321 4.5.2).
 *
 * Everything was checked before it came here; it is checked again because a slip would be command injection or message
 * smuggling (CR or LF in an address, a bare CR or LF before a dot). Pure; any thread. Limits: an address of 320 bytes,
 * a line of 998 bytes without CRLF.
 */
#ifndef GB_DELIVER_SMTP_ENCODE_H
#define GB_DELIVER_SMTP_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

enum { SMTP_ADDRESS_BYTES = 320, SMTP_LINE_BYTES = 998 };

/* May `a` stand between < and >? `utf8` allows bytes above ASCII (valid UTF-8). `empty` allows the null sender. */
bool smtp_address_is_safe(const char *a, bool utf8, bool empty);
/* NULL when the message may be sent, else what is wrong with it (static text): empty, bare CR or LF, NUL, a line over
 * 998 bytes, or bytes above ASCII without `utf8`. */
const char *smtp_data_problem(const char *data, size_t len, bool utf8);

/* A message on its way through dot-stuffing; `data` is borrowed. */
struct smtp_stuffer {
    const char *data;
    size_t len;
    size_t pos;
    bool line_begins;
    bool ended; /* the final dot has been written out */
};

void smtp_stuffer_init(struct smtp_stuffer *s, const char *data, size_t len);
/* Writes the next bytes, at most `room` (at least 8), into `out` and returns how many. After the message comes a CRLF
 * if it had none at its end, and the final ".\r\n", always in one piece with `ended` set. 0 once ended. */
size_t smtp_stuffer_next(struct smtp_stuffer *s, char *out, size_t room);

#endif
