/*
 * A form: a letter compiled once, filled per recipient.
 *
 * mail_form_compile() turns headers and templates into segments: bytes already encoded, and places to fill.
 * mail_form_fill() writes the segments into the caller's buffer, encoding only what is this recipient's; it
 * allocates nothing once that buffer has grown. The result is a complete RFC 5322 message in CRLF lines of at
 * most 998 bytes, 7-bit, not dot-stuffed: text/plain alone, or multipart/alternative with text/html after it.
 * Equal input gives equal bytes, so what is sent again after a crash is the same letter with the same Message-ID.
 *
 * Templates carry slots as their SLOT_ byte (core/slot.h): all of them in the bodies, SLOT_LINK in the bodies
 * only. What fills a slot in the HTML body is escaped for HTML (text and quoted attribute values). Which characters
 * are refused is said in core/mime.h; a body that does not end in LF gets one.
 *
 * Callers: deliver/render, core (preview). Threads: a form is read-only after compiling and may be filled by any
 * number at once. Never: the network, the store, the clock, a recipient other than the one.
 */
#ifndef GB_CORE_MAIL_FORM_H
#define GB_CORE_MAIL_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slot.h"

struct buf;
struct err;
struct mail_form;

enum {
    MAIL_TEMPLATE_MAX_BYTES = 512 * 1024,      /* of each body */
    MAIL_SLOTS_MAX = 2000,                     /* places to fill, in both bodies together */
    MAIL_MESSAGE_MAX_BYTES = 16 * 1024 * 1024, /* a bound for the buffer filled into, when no smaller one is set */
};

/* Strings are borrowed for the call. NULL leaves the field out where it says "or NULL". Addresses, URLs and ids are
 * bare: without angle brackets and without "mailto:". */
struct mail_form_input {
    const char *from_name;    /* display name, or NULL */
    const char *from_address; /* ASCII */
    const char *reply_to;     /* address for recipients that have none of their own, or NULL */
    const char *subject;      /* template */
    const char *text;         /* template */
    const char *html;         /* template, or NULL: a plain personal mail, text/plain only */
    const char *list_id;    /* "nacka.grannsam.example.se", or NULL: no mailing list, no List- field but Unsubscribe */
    const char *list_name;  /* display name of list_id, or NULL */
    const char *list_help;  /* URL, or NULL */
    const char *list_owner; /* address, or NULL */
    const char *list_archive; /* URL, or NULL */
    const char *organisation; /* or NULL */
    const char *feedback_id;  /* "letter:area:tenant:sender", for recipients that have none of their own, or NULL */
    const char *precedence;   /* "list", "bulk", or NULL */
    const char *in_reply_to;  /* message id, for recipients that have none of their own, or NULL */
    const char *references;   /* message ids with a space between, or NULL: as In-Reply-To */
    const char *language;     /* "sv" (RFC 5646), or NULL */
    const char *domain;       /* of our Message-IDs */
    bool exercise;            /* "[ÖVNING] " before the subject */
    bool auto_submitted;      /* Auto-Submitted (RFC 3834) and X-Auto-Response-Suppress (Exchange) */
};

struct mail_recipient {
    const char *to_name;             /* display name, or NULL */
    const char *to_address;          /* as delivered: the domain in ASCII; NULL: a copy for many, who are not named */
    bool smtputf8;                   /* the session has SMTPUTF8: a non-ASCII local part may go out, raw */
    const struct slot_values *slots; /* what the form uses is not NULL; may be NULL when it uses none */
    const char *message_id;          /* local part: the delivery's id; the domain is the form's */
    const char *reply_to;            /* address with this delivery's token, or NULL: the form's */
    const char *unsubscribe_url;     /* opaque https URL that takes a POST (RFC 8058), or NULL */
    const char *unsubscribe_mailto;  /* address, or NULL */
    const char *link;                /* what SLOT_LINK becomes, or NULL: unsubscribe_url */
    const char *feedback_id;         /* or NULL: the form's */
    const char *in_reply_to;         /* this recipient's first message, or NULL: the form's */
    const char *references;          /* or NULL: that one, or the form's */
    int64_t date_us;                 /* when it was rendered first; kept for a retry */
    int date_offset_minutes;         /* of the local zone at that moment */
};

/* Compile. 0 and *out, which the caller frees; or ERR_INVALID or ERR_TOO_LARGE and in `err` (may be NULL) the
 * field and what it should be. `err` never holds a value of the input. */
int mail_form_compile(const struct mail_form_input *in, struct mail_form **out, struct err *err);
/* NULL is fine. */
void mail_form_free(struct mail_form *form);

/*
 * Replace what is in `out` by the letter to one recipient. 0; or ERR_INVALID or ERR_TOO_LARGE with `out` empty,
 * so that nothing half-built can be sent, and in `err` (may be NULL) the field, without its value.
 */
int mail_form_fill(const struct mail_form *form, const struct mail_recipient *r, struct buf *out, struct err *err);

/* Does the form have this placeholder (SLOT_GROUP ... SLOT_LINK) anywhere, so that the recipient must bring it? */
bool mail_form_uses(const struct mail_form *form, int slot);
/* Asserts the form's invariants; every fill calls it. */
void mail_form_check(const struct mail_form *form);

#endif
