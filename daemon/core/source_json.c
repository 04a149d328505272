/* JSON from outside, bounded; the contract is in core/source_json.h. */
#include "core/source_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum { FAULT_ROOM_BYTES = 2048 }; /* no fault is so long: only the copy below cuts */

void source_text_cut(char *out, size_t room, const char *text)
{
    size_t n = strlen(text);
    if (n >= room)
        n = room - 1;
    while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    memcpy(out, text, n);
    out[n] = '\0';
}

void source_fault(struct source_faults *faults, const char *fmt, ...)
{
    char text[FAULT_ROOM_BYTES];
    va_list ap;
    if (faults->count++ > 0)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    source_text_cut(faults->first, sizeof faults->first, text);
}

/* Behind the string that begins at data[i]; n when it does not end. */
static size_t skip_string(const char *data, size_t n, size_t i)
{
    for (i++; i < n && data[i] != '"'; i++)
        if (data[i] == '\\')
            i++;
    return i;
}

/* Before the parser takes memory for it: a small text can be a great many values. */
static int check_size(const char *data, size_t n, struct err *err)
{
    size_t depth = 0;
    size_t values = 0;
    if (n > SOURCE_BYTES_MAX)
        return err_set(err, ERR_TOO_LARGE, "the answer is larger than %d MB", SOURCE_BYTES_MAX / 1024 / 1024);
    for (size_t i = 0; i < n; i++) {
        char c = data[i];
        if (c == '"')
            i = skip_string(data, n, i);
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth > 0)
            depth--;
        values += c == ',' || c == '[' || c == '{';
        if (depth > SOURCE_DEPTH_MAX)
            return err_set(err, ERR_TOO_LARGE, "the answer has more than %d brackets within each other",
                           SOURCE_DEPTH_MAX);
        if (values > SOURCE_VALUES_MAX)
            return err_set(err, ERR_TOO_LARGE, "the answer has more than %d values", SOURCE_VALUES_MAX);
    }
    return 0;
}

/* The parser quotes what it stumbled over, which may be anything. */
static bool is_readable(const char *text)
{
    return text_is_utf8(text, strlen(text)) && !text_has_control(text, strlen(text));
}

int source_json_load(const char *data, size_t n, json_t **out, struct err *err)
{
    json_error_t error;
    int rc = check_size(data, n, err);
    if (rc)
        return rc;
    json_t *root = json_loadb(data, n, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return err_set(err, ERR_PROTOCOL, "the answer is not valid JSON: line %d, column %d%s%s", error.line,
                       error.column, is_readable(error.text) ? ": " : "", is_readable(error.text) ? error.text : "");
    *out = root;
    return 0;
}

/* The bytes of the character at p: valid UTF-8. */
static size_t character_len(const char *p)
{
    unsigned char c = (unsigned char)*p;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Blanks and line ends at the end of what has been written. */
static void trim_end(struct buf *out, const char *which)
{
    size_t n = out->len;
    while (n > 0 && strchr(which, out->data[n - 1]))
        n--;
    buf_truncate(out, n);
}

/* The lines of `text`, without what cannot be seen. */
static char *clean_lines(const char *text)
{
    struct buf out;
    buf_init(&out, SOURCE_BYTES_MAX);
    for (const char *p = text; *p;) {
        size_t n = character_len(p);
        bool is_end = *p == '\n' || (*p == '\r' && p[1] != '\n');
        if (is_end) {
            trim_end(&out, " ");
            buf_addc(&out, '\n');
        } else if (*p == '\t') {
            buf_addc(&out, ' ');
        } else if (!text_has_control(p, n)) {
            buf_add(&out, p, n);
        }
        p += n;
    }
    trim_end(&out, " \n");
    buf_consume(&out, strspn(buf_str(&out), "\n"));
    return buf_take(&out);
}

static const char *text_of(const json_t *object, const char *name, size_t max_bytes, bool *is_wrong)
{
    const json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value))
        return NULL;
    if (!json_is_string(value) || json_string_length(value) > max_bytes) {
        *is_wrong = true;
        return NULL;
    }
    return json_string_value(value);
}

char *source_json_text(const json_t *object, const char *name, size_t max_bytes, bool *is_wrong)
{
    const char *text = text_of(object, name, max_bytes, is_wrong);
    return text ? clean_lines(text) : NULL;
}

char *source_json_line(const json_t *object, const char *name, size_t max_bytes, bool *is_wrong)
{
    const char *text = text_of(object, name, max_bytes, is_wrong);
    if (!text)
        return NULL;
    char *lines = clean_lines(text);
    char *line = text_clean(lines);
    free(lines);
    return line;
}
