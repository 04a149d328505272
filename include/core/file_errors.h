/*
 * The errors of one file that people write (configuration, area tables): all of them, in the order of
 * the lines, so that it is mended in one pass. At most FILE_ERRORS_MAX are kept, the rest counted.
 *
 * A text is `FILE:LINE: where: what is wrong: what to write`, without a newline.
 * Ownership: embedded. Threads: one at a time.
 */
#ifndef GB_CORE_FILE_ERRORS_H
#define GB_CORE_FILE_ERRORS_H

#include <stddef.h>

enum { FILE_ERRORS_MAX = 50 };

struct file_error {
    int line; /* 0: the file as a whole */
    char *text;
};

struct file_errors {
    char *file;     /* the name in the texts */
    size_t count;   /* kept in item */
    size_t dropped; /* beyond the maximum */
    struct file_error item[FILE_ERRORS_MAX];
};

/* `file` is copied. */
void file_errors_init(struct file_errors *e, const char *file);
void file_errors_fini(struct file_errors *e);

/* Add an error at `line` (0: no line to point at, comes last). `where` is a key, a column
 * or "". */
void file_errors_add(struct file_errors *e, int line, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
