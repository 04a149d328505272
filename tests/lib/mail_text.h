/*
 * A raw mail as a person can search it: header fields unfolded and their encoded words (RFC 2047) decoded, bodies
 * without quoted-printable.
 */
#ifndef GB_TESTS_MAIL_TEXT_H
#define GB_TESTS_MAIL_TEXT_H

/* The caller frees it. */
char *mail_text(const char *raw);

#endif
