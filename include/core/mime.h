/*
 * Writing MIME: header fields (RFC 5322, 2047, 2369, 2919) and quoted-printable bodies (RFC 2045).
 *
 * Callers: core/mail_form and whatever writes a single field. Pure functions on the caller's buffer: any
 * thread, no allocation but the buffer's own growth. The output is 7-bit (one exception: utf8_local), lines end
 * in CRLF and are at most 76 characters wide where the content can be folded, never above 998.
 *
 * What is refused, and what is kept:
 *   in a header value (names, subject, what fills a slot): refused are invalid UTF-8 and everything that
 *     text_has_control() names: U+0000-001F (CR, LF and TAB among them), U+007F-009F, U+2028, U+2029, the bidi
 *     overrides and isolates U+202A-202E and U+2066-2069. All else is kept to the character: double spaces,
 *     NBSP, quotes, things that look like encoded words, lone combining marks.
 *   in a body: refused are invalid UTF-8, U+0000-001F but TAB and LF, and U+007F-009F. All else is kept.
 *     A line ends in LF; CR is refused.
 * So no value ever becomes a header or a command of its own. This never reads MIME (the inbound layer does,
 * with GMime) and never cleans a value: that is done once at the border (base/text.h).
 */
#ifndef GB_CORE_MIME_H
#define GB_CORE_MIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
    MIME_LINE_BYTES = 76,        /* the width we fold to */
    MIME_VALUE_MAX_BYTES = 8192, /* of one header value */
    MIME_TOKEN_MAX_BYTES = 900,  /* of what cannot be folded: a URL, a message id (its line stays below 998) */
};

/* 0; ERR_INVALID for what is refused in a header value; ERR_TOO_LARGE above MIME_VALUE_MAX_BYTES. */
int mime_check_value(const char *s, size_t n);
/* 0, or ERR_INVALID for what is refused in a body. */
int mime_check_body(const char *s, size_t n);
/* dot-atom in ASCII (RFC 5322, 3.2.3): message ids, list ids? */
bool mime_is_dot_atom(const char *s, size_t n);
/* Host name in ASCII (A-labels), at most 255 bytes? */
bool mime_is_domain(const char *s);
/* local@domain with a dot-atom of at most 64 bytes as local part? With `utf8_local` that may have UTF-8 (RFC 6531,
 * 3.3). Quoted local parts and address literals are not taken. */
bool mime_is_address(const char *address, bool utf8_local);

/*
 * One whole field with its CRLF each; `name` is the field's name without the colon, at most 25 characters.
 * 0, ERR_INVALID, or ERR_TOO_LARGE (a bound here, or the buffer's); on failure the buffer's content is as it was.
 */

/* Free text (Subject, Organization): as it is when it is plain ASCII, else encoded words (RFC 2047) of at most
 * 75 characters, Q or B whichever is shorter, which never split a character. */
int mime_add_text(struct buf *out, const char *name, const char *value);
/* `Display Name <local@domain>`; the display name (NULL or "" for none) becomes atoms, a quoted string or
 * encoded words. A non-ASCII local part needs `utf8_local` and goes out raw. */
int mime_add_mailbox(struct buf *out, const char *name, const char *display, const char *address, bool utf8_local);
/* `<local@domain>`; ASCII only. */
int mime_add_address(struct buf *out, const char *name, const char *address);
/* `Display Name <label.domain>` for List-Id (RFC 2919); `id` is a dot-atom with at least one dot, <= 255 bytes. */
int mime_add_list_id(struct buf *out, const char *name, const char *display, const char *id);
/* `<url>, <mailto:address>` (RFC 2369); either may be NULL, not both. The URL is http or https, ASCII, without
 * spaces and angle brackets; what is special in a mailto URL is percent-encoded (RFC 6068). */
int mime_add_uris(struct buf *out, const char *name, const char *url, const char *address);
/* `<a@b> <c@d>` from "a@b c@d" (Message-ID, In-Reply-To, References); folded between the ids. */
int mime_add_ids(struct buf *out, const char *name, const char *ids);
/* Printable ASCII, folded at its single spaces only (Feedback-ID, Precedence). */
int mime_add_token(struct buf *out, const char *name, const char *value);
/* `Date: Tue, 01 Sep 2026 09:00:00 +0200`; the moment in microseconds since the epoch, and the zone's offset
 * from UTC in minutes at that moment (0 is written +0000). ERR_INVALID outside the years 1970-9999 or +-14 h. */
int mime_add_date(struct buf *out, const char *name, int64_t us, int offset_minutes);

/* Quoted-printable, piece by piece; the state is the column reached on the current line ({0} at its start). */
struct mime_qp {
    size_t column;
};
/*
 * Append `n` bytes of body text, encoded. LF becomes CRLF. White space before a line's or the piece's end, a dot
 * or "From " at the start of a line and each "=" are encoded, so that pieces can be joined in any order and no
 * mail program on the way has a reason to change a byte. Afterwards q->column <= 75, so a soft break always fits.
 * The piece has whole characters and has passed mime_check_body(). 0 or ERR_TOO_LARGE (nothing changed).
 */
int mime_qp_add(struct mime_qp *q, const char *s, size_t n, struct buf *out);
/* Append "=\r\n", which decodes to nothing, unless the line is empty. 0 or ERR_TOO_LARGE. */
int mime_qp_soft_break(struct mime_qp *q, struct buf *out);

#endif
