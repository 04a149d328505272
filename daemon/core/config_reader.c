/*
 * The lines of an INI file; see core/config_reader.h.
 *
 * inih asks feed_line for one line at a time, so the number of the line that it works on is known when it
 * calls on_entry (it does not tell). A line that is wrong as such is told and handed on as an empty one. Lines
 * reach inih trimmed, so that none can continue the one before.
 */
#include "core/config_reader.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/config.h"

enum { SECTION_BYTES_MAX = 45, LINE_BUFFER_BYTES = CONFIG_LINE_BYTES_MAX + 3 };

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

struct lines {
    const char *at;
    const char *end;
    int number;       /* of the line that inih has now */
    bool wants_entry; /* inih must make an entry of that line */
    const struct config_reader *reader;
    struct file_errors *errors;
};

/* Cut the next line off, without its end; false at the end of the text. */
static bool next_line(struct lines *l, const char **line, size_t *n)
{
    const char *newline = NULL;

    if (l->at == l->end)
        return false;
    newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
    *line = l->at;
    *n = (size_t)((newline ? newline : l->end) - l->at);
    l->at = newline ? newline + 1 : l->end;
    if (*n > 0 && (*line)[*n - 1] == '\r')
        (*n)--;
    l->number++;
    return true;
}

static bool has_control(const char *line, size_t n)
{
    char *copy = NULL;
    bool is_there = memchr(line, '\0', n) != NULL;

    if (is_there)
        return true;
    /* A tab may stand where a space may: it is white space to inih. */
    copy = xstrndup(line, n);
    for (char *c = copy; *c; c++)
        *c = *c == '\t' ? ' ' : *c;
    is_there = text_has_control(copy, n);
    free(copy);
    return is_there;
}

static bool has_mark(const char *line, size_t n)
{
    return memmem(line, n, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) != NULL;
}

/* The bytes of a line, before anything is understood. */
static bool check_bytes(struct lines *l, const char *line, size_t n)
{
    const char *fault = NULL;

    if (n > CONFIG_LINE_BYTES_MAX) {
        file_errors_add(l->errors, l->number, "", "the line has %zu bytes: write at most %d", n, CONFIG_LINE_BYTES_MAX);
        return false;
    }
    if (!text_is_utf8(line, n))
        fault = "the line is not UTF-8: save the file as UTF-8";
    else if (has_control(line, n))
        fault = "a control character in the line: take it out";
    else if (has_mark(line, n))
        fault = "an invisible byte order mark in the line: write the line anew";
    if (fault)
        file_errors_add(l->errors, l->number, "", "%s", fault);
    return !fault;
}

/* `line` begins with '['. */
static void take_section(struct lines *l, const char *line, size_t n)
{
    char name[SECTION_BYTES_MAX + 1] = "";
    const char *close = memchr(line, ']', n);
    size_t len = close ? (size_t)(close - line) - 1 : 0;
    const char *fault = NULL;

    if (!close)
        fault = "the closing bracket is missing: write [section]";
    else if (close != line + n - 1)
        fault = "text after the section: write it on a line of its own";
    else if (len > SECTION_BYTES_MAX)
        fault = "the name of the section is too long: write a shorter one";
    if (fault) {
        file_errors_add(l->errors, l->number, "", "%s", fault);
        l->reader->section(l->reader->ctx, l->number, NULL);
        return;
    }
    memcpy(name, line + 1, len);
    l->reader->section(l->reader->ctx, l->number, name);
}

/* The line before this one, of which inih made nothing. */
static void settle(struct lines *l)
{
    if (l->wants_entry)
        file_errors_add(l->errors, l->number, "", "neither a [section] nor a setting: write key = value");
    l->wants_entry = false;
}

/* ini_reader: the next line into str, or NULL at the end. */
static char *feed_line(char *str, int size, void *stream)
{
    struct lines *l = stream;
    const char *line = NULL;
    size_t n = 0;

    settle(l);
    if (!next_line(l, &line, &n))
        return NULL;
    str[0] = '\0';
    if (!check_bytes(l, line, n)) {
        if (n > 0 && line[0] == '[')
            l->reader->section(l->reader->ctx, l->number, NULL);
        return str;
    }
    while (n > 0 && isspace((unsigned char)line[0])) {
        line++;
        n--;
    }
    while (n > 0 && isspace((unsigned char)line[n - 1]))
        n--;
    if (n == 0 || line[0] == '#' || line[0] == ';')
        return str;
    assert(n < (size_t)size);
    memcpy(str, line, n);
    str[n] = '\0';
    for (char *tab = str; (tab = strchr(tab, '\t')) != NULL;)
        *tab = ' ';
    if (str[0] == '[') {
        take_section(l, str, n);
        str[0] = '\0';
    } else {
        l->wants_entry = true;
    }
    return str;
}

/* ini_handler. inih never saw a section, so its own idea of it is empty and unused. */
static int on_entry(void *user, const char *section, const char *name, const char *value)
{
    struct lines *l = user;

    (void)section;
    if (name[0] == '\0')
        return 1; /* "= value": settle() tells */
    l->wants_entry = false;
    l->reader->entry(l->reader->ctx, l->number, name, value ? value : "");
    return 1;
}

void config_read(const char *text, size_t n, const struct config_reader *reader, struct file_errors *errors)
{
    struct lines l = {.at = text, .end = text + n, .reader = reader, .errors = errors};

    if (n >= strlen(BYTE_ORDER_MARK) && memcmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
        l.at += strlen(BYTE_ORDER_MARK);
    ini_allow_inline_comments = false;
    /* On the heap, inih 55 takes the first allocation, and not ini_max_line, as the length of a line. */
    ini_use_stack = false;
    ini_initial_alloc = LINE_BUFFER_BYTES;
    if (ini_parse_stream(feed_line, &l, on_entry, &l) == -2)
        abort(); /* out of memory */
}
