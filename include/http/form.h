/*
 * application/x-www-form-urlencoded: queries and posted forms (WHATWG URL, section 5).
 *
 * Strict where the standard guesses: a broken %XX, a NUL and text that is not UTF-8 are
 * refused, so that what a handler reads is what the user typed. Pure, any thread.
 * Ownership: embedded; the form owns all its strings.
 */
#ifndef GB_HTTP_FORM_H
#define GB_HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>

struct http_pair {
    const char *name;
    const char *value;
};

struct http_form {
    char *text;              /* the decoded strings, one after the other */
    struct http_pair *pairs; /* in the order sent; names may repeat */
    size_t count;
};

/* An empty form, which http_form_fini accepts. */
void http_form_init(struct http_form *form);
/* Decode `len` bytes into an initialised, empty form of at most `max_pairs` pairs. 0; ERR_INVALID (bad %XX, NUL, not
 * UTF-8) or ERR_TOO_LARGE (too many pairs), with the form left empty. */
int http_form_parse(struct http_form *form, const char *data, size_t len, size_t max_pairs);
void http_form_fini(struct http_form *form);

/* The first value of `name`, or NULL. Valid as long as the form. */
const char *http_form_get(const struct http_form *form, const char *name);

/* Decode %XX (and '+' as space when `plus_is_space`) from `in` to `out`, which may be the same; returns the length
 * without the NUL that is added, or -1 for a broken %XX or %00. `out` holds len + 1 bytes. */
long http_percent_decode(const char *in, size_t len, char *out, bool plus_is_space);

#endif
