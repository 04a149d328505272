/* Files of tests/fixtures; the contract is in lib/fixture_file.h. */
#include "lib/fixture_file.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "lib/test.h"

enum { FIXTURE_BYTES_MAX = 4 * 1024 * 1024 };

char *fixture_file(const char *name, size_t *n)
{
    char *path = xasprintf("tests/fixtures/%s", name);
    char *text = xmalloc(FIXTURE_BYTES_MAX + 1);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be read: run the test in the tree's root", path);
    size_t len = fread(text, 1, FIXTURE_BYTES_MAX, file);
    text[len] = '\0';
    fclose(file);
    free(path);
    if (n)
        *n = len;
    return text;
}

char *text_replaced(const char *text, const char *from, const char *to)
{
    struct buf out;
    size_t found = 0;
    buf_init(&out, FIXTURE_BYTES_MAX);
    for (const char *p = text; *p;) {
        const char *at = strstr(p, from);
        size_t n = at ? (size_t)(at - p) : strlen(p);
        buf_add(&out, p, n);
        p += n;
        if (!at)
            break;
        buf_adds(&out, to);
        p += strlen(from);
        found++;
    }
    if (found == 0)
        fail_msg("there is no %s to replace", from);
    return buf_take(&out);
}
