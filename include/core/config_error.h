/*
 * The errors of one configuration file: all of them, in the order of the lines, so that
 * a sysadmin mends a file in one pass. At most CONFIG_ERRORS_MAX are kept, the rest counted.
 *
 * A text is `FILE:LINE: [section] key: what is wrong: what to write`, without a newline.
 * Ownership: embedded. Threads: one at a time.
 */
#ifndef GB_CORE_CONFIG_ERROR_H
#define GB_CORE_CONFIG_ERROR_H

#include <stddef.h>

enum { CONFIG_ERRORS_MAX = 50 };

struct config_error {
    int line; /* 0: the file as a whole */
    char *text;
};

struct config_errors {
    char *file;     /* the name in the texts */
    size_t count;   /* kept in item */
    size_t dropped; /* beyond the maximum */
    struct config_error item[CONFIG_ERRORS_MAX];
};

/* `file` is copied. */
void config_errors_init(struct config_errors *e, const char *file);
void config_errors_fini(struct config_errors *e);

/* Add an error at `line` (0: no line to point at, comes last). `where` is "[section] key", "[section]" or "". */
void config_errors_add(struct config_errors *e, int line, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
