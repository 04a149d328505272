/* Error codes and texts; the contract is in base/err.h. */
#include "base/err.h"

#include "base/err_swedish.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *err_name(int code)
{
    switch (code) {
    case 0:
        return "OK";
#define ERR_NAME(name, value, http, exit, text) \
    case value:                                 \
        return #name;
        ERR_MAP(ERR_NAME)
#undef ERR_NAME
    default: {
        const char *name = code < 0 ? strerrorname_np(-code) : NULL;
        return name ? name : "UNKNOWN";
    }
    }
}

const char *err_text(int code)
{
    switch (code) {
    case 0:
        return "done";
#define ERR_TEXT(name, value, http, exit, text) \
    case value:                                 \
        return text;
        ERR_MAP(ERR_TEXT)
#undef ERR_TEXT
    default: {
        const char *text = code < 0 ? strerrordesc_np(-code) : NULL;
        return text ? text : "unknown error";
    }
    }
}

int err_http_status(int code)
{
    switch (code) {
    case 0:
        return 200;
#define ERR_HTTP(name, value, http, exit, text) \
    case value:                                 \
        return http;
        ERR_MAP(ERR_HTTP)
#undef ERR_HTTP
    default:
        return 500;
    }
}

int err_exit_code(int code)
{
    switch (code) {
    case 0:
        return 0;
#define ERR_EXIT(name, value, http, exit, text) \
    case value:                                 \
        return exit;
        ERR_MAP(ERR_EXIT)
#undef ERR_EXIT
    default:
        return 70; /* EX_SOFTWARE */
    }
}

/* A cut text must not end in half a character: the JSON writer would refuse it. */
static void trim_utf8(char *text)
{
    size_t n = strlen(text);
    size_t back = 0;
    while (back < n && back < 4 && ((unsigned char)text[n - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back < n) {
        unsigned char lead = (unsigned char)text[n - 1 - back];
        size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
        if (back < want)
            text[n - 1 - back] = '\0';
    }
}

static void write_text(char *out, size_t room, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
static void write_text(char *out, size_t room, const char *fmt, va_list ap)
{
    if (vsnprintf(out, room, fmt, ap) >= (int)room)
        trim_utf8(out);
}

#undef err_set /* the analyzer's view of it */
int err_set(struct err *err, int code, const char *fmt, ...)
{
    if (err) {
        va_list ap, again;
        bool has_swedish = err_swedish(fmt) != NULL;
        va_start(ap, fmt);
        va_copy(again, ap);
        write_text(err->text, sizeof err->text, fmt, ap);
        err->sv[0] = '\0';
        if (has_swedish)
            write_text(err->sv, sizeof err->sv, err_swedish(fmt), again);
        va_end(again);
        va_end(ap);
    }
    return code;
}

void err_add_swedish(struct err *err, const char *fmt, ...)
{
    va_list ap;
    if (!err)
        return;
    va_start(ap, fmt);
    write_text(err->sv, sizeof err->sv, fmt, ap);
    va_end(ap);
}

const char *err_or(const struct err *err, int code)
{
    return err && err->text[0] ? err->text : err_text(code);
}
