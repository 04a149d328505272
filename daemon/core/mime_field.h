/*
 * One header field while it is written: words, folding, encoded words, phrases.
 *
 * Private to the MIME writer (mime_header.c, mime_field.c, mime_check.c). Values have been checked before they
 * come here; a full buffer is noticed by field_end(), so the single steps return nothing.
 */
#ifndef GB_DAEMON_CORE_MIME_FIELD_H
#define GB_DAEMON_CORE_MIME_FIELD_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct field {
    struct buf *out;
    size_t start;  /* out->len before the field */
    size_t column; /* on the current line */
    bool empty;    /* nothing after the colon yet: the first word stays beside the name */
};

/* Writes the name and the colon. */
struct field field_begin(struct buf *out, const char *name);
void field_raw(struct field *f, const char *s, size_t n);
/* A space; on a new line when it and `n` more characters do not fit on this one. */
void field_space(struct field *f, size_t n);
/* Space and word; and all words of `s`, which has single spaces. */
void field_word(struct field *f, const char *s, size_t n);
void field_words(struct field *f, const char *s, size_t n);
/* `s` as encoded words (RFC 2047), n > 0. */
void field_encoded(struct field *f, const char *s, size_t n);
/* Free text, and a display name (RFC 5322 phrase), in the simplest form that keeps them exactly. */
void field_text(struct field *f, const char *s, size_t n);
void field_phrase(struct field *f, const char *s, size_t n);
/* `<scheme s>` without the space. */
void field_angle(struct field *f, const char *scheme, const char *s, size_t n);
/* The CRLF. With rc < 0, or a buffer that ran full, all of the field is taken back. Returns rc or ERR_TOO_LARGE. */
int field_end(struct field *f, int rc);

/* Character classes that the writer's files share (mime_check.c). */
bool mime_is_alnum(char c);
bool mime_is_atext(char c);
bool mime_is_one_of(char c, const char *set);

#endif
