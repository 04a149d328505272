/*
 * Inside of a form: shared by mail_form.c (compiling) and mail_fill.c (filling), private to them.
 */
#ifndef GB_DAEMON_CORE_MAIL_FORM_PARTS_H
#define GB_DAEMON_CORE_MAIL_FORM_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/slot.h"

struct err;
struct mail_recipient;

enum segment_kind {
    SEGMENT_FIXED,   /* bytes[at .. at + len), encoded as from the start of a line */
    SEGMENT_HEAD,    /* the fields that are this recipient's: To, Date, ... */
    SEGMENT_SUBJECT, /* the subject, when it has slots */
    SEGMENT_TEXT,    /* a slot in the text body */
    SEGMENT_HTML,    /* a slot in the HTML body */
};

struct segment {
    enum segment_kind kind;
    int slot;          /* TEXT, HTML: the placeholder's byte */
    size_t at;         /* FIXED: offset in bytes */
    size_t len;        /* FIXED: > 0 */
    size_t first_line; /* FIXED: width of the first line, without CRLF */
    size_t last_line;  /* FIXED: width of the last line, which has no CRLF; first_line when there is only one */
    bool has_line_end; /* FIXED: there is a CRLF in it */
};

/*
 * Invariants (mail_form_check):
 *  1. the first segment is FIXED, the second HEAD, the last FIXED and ends in CRLF;
 *  2. two FIXED segments never follow each other, and together they are `bytes`, in order;
 *  3. a slot is used by a segment or by the subject if and only if its flag is set.
 */
struct mail_form {
    struct buf bytes;
    struct segment *segments;
    size_t segment_count;
    bool uses[SLOT_LINK + 1];
    char *subject; /* template, with the exercise mark */
    char *domain;
    char *reply_to;
    char *feedback_id;
    char *in_reply_to;
    char *references;
};

/* One header field whose value is one string, and the words for the person who gave a wrong one. */
struct mail_field {
    const char *name;
    const char *value; /* NULL: the field is left out */
    int (*add)(struct buf *out, const char *name, const char *value);
    const char *want;
};

/* Append the fields of the table; 0, or the first failure with its words in `err`. */
int mail_fields_add(struct buf *out, const struct mail_field *fields, size_t n, struct err *err);
/* The words for field `name`; returns rc. */
int mail_field_error(struct err *err, int rc, const char *name, const char *want);

#define MAIL_WANT_TEXT "one line of UTF-8 text without control characters, at most 8192 bytes"
#define MAIL_WANT_ADDRESS "an address such as namn@example.se, in ASCII, and a name without control characters"
#define MAIL_WANT_TO                                                                              \
    "an address whose local part is ASCII unless the relay has SMTPUTF8, whose domain is ASCII, " \
    "and a name without control characters"
#define MAIL_WANT_URL "an http or https URL in ASCII, at most 900 bytes"
#define MAIL_WANT_TOKEN "printable ASCII"
#define MAIL_WANT_ID "message ids such as dlv_1@example.se, without angle brackets"

#endif
