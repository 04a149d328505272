/* The list of errors of a file; see core/file_errors.h. */
#include "core/file_errors.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum { ERROR_TEXT_MAX = 8192 };

void file_errors_init(struct file_errors *e, const char *file)
{
    memset(e, 0, sizeof(*e));
    e->file = xstrdup(file);
}

void file_errors_fini(struct file_errors *e)
{
    for (size_t i = 0; i < e->count; i++)
        free(e->item[i].text);
    free(e->file);
    memset(e, 0, sizeof(*e));
}

/* Lines first, in order; what has no line comes last; equal ones stay in the order of arrival. */
static size_t place_of(const struct file_errors *e, int line)
{
    size_t at = e->count;

    if (line == 0)
        return at;
    while (at > 0 && (e->item[at - 1].line == 0 || e->item[at - 1].line > line))
        at--;
    return at;
}

void file_errors_add(struct file_errors *e, int line, const char *where, const char *fmt, ...)
{
    struct buf text;
    size_t at = place_of(e, line);
    va_list ap;

    if (e->count == FILE_ERRORS_MAX) {
        e->dropped++;
        return;
    }
    buf_init(&text, ERROR_TEXT_MAX);
    buf_adds(&text, e->file);
    if (line > 0)
        buf_addf(&text, ":%d", line);
    buf_addf(&text, ": %s%s", where, *where ? ": " : "");
    va_start(ap, fmt);
    buf_vaddf(&text, fmt, ap);
    va_end(ap);
    memmove(&e->item[at + 1], &e->item[at], (e->count - at) * sizeof(e->item[0]));
    e->item[at].line = line;
    e->item[at].text = buf_take(&text);
    e->count++;
}
