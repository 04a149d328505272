/*
 * The lines of an INI file, by inih, with what inih 55 passes over made an error: lines that are
 * too long (it cuts them and reads the rest as a line of its own), text after "]", a section name
 * above 49 bytes (it cuts), more than one line without "=" (it tells the first). There are no continuation
 * lines and no comments behind a value.
 *
 * Main thread only: inih's switches are process-wide.
 */
#ifndef GB_CORE_CONFIG_READER_H
#define GB_CORE_CONFIG_READER_H

#include <stddef.h>

#include "core/file_errors.h"

struct config_reader {
    void *ctx;
    /* A line [name]; NULL when the line is malformed (and told as an error): pass over the keys that follow. */
    void (*section)(void *ctx, int line, const char *name);
    /* A line key = value; trimmed; the value may be "". Valid UTF-8 without control characters. */
    void (*entry)(void *ctx, int line, const char *key, const char *value);
};

/* Go through `n` bytes of text; faults of the lines themselves go to `errors`, each with its line. */
void config_read(const char *text, size_t n, const struct config_reader *reader, struct file_errors *errors);

#endif
