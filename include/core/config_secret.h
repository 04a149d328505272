/*
 * Secrets: small files that only the service may read. Neither the content nor its length is ever
 * in an error text. Any thread.
 */
#ifndef GB_CORE_CONFIG_SECRET_H
#define GB_CORE_CONFIG_SECRET_H

#include "base/err.h"

/*
 * The content of the file at `path` without one closing newline; returns it in *out (caller wipes it and frees it with
 * config_secret_free). ERR_INVALID with "what is wrong: what to do" when the file cannot be read, is no regular file,
 * may be read or written by everybody, is empty, above CONFIG_SECRET_BYTES_MAX, or has control bytes in it.
 */
int config_secret_read(const char *path, char **out, struct err *err);

/* Wipes; NULL is fine. */
void config_secret_free(char *secret);

/* The path of systemd's credential NAME.password (caller frees), or NULL when there is none. */
char *config_secret_credential(const char *name);

#endif
