/* The log; the contract is in base/log.h. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_LINE_BYTES = 2048 };

static _Atomic int g_level = LOG_INFO;
static _Atomic int g_format = LOG_TEXT;

void log_setup(enum log_level level, enum log_format format)
{
    g_level = (int)level;
    g_format = (int)format;
}

bool log_level_parse(const char *text, enum log_level *out)
{
#define LOG_PARSE(name, prio, word) \
    if (strcmp(text, word) == 0) {  \
        *out = LOG_##name;          \
        return true;                \
    }
    LOG_LEVEL_MAP(LOG_PARSE)
#undef LOG_PARSE
    return false;
}

bool log_format_parse(const char *text, enum log_format *out)
{
    static const char *const names[] = {"journal", "text", "json"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum log_format)i;
            return true;
        }
    }
    return false;
}

bool log_is_on(enum log_level level)
{
    return (int)level <= g_level;
}

static const char *level_word(enum log_level level)
{
    switch (level) {
#define LOG_WORD(name, prio, word) \
    case LOG_##name:               \
        return word;
        LOG_LEVEL_MAP(LOG_WORD)
#undef LOG_WORD
    }
    return "?";
}

/* Copy with control characters as \xNN; with `json` also quotes and backslashes escaped. */
static size_t escape(char *out, size_t room, const char *in, bool json)
{
    size_t n = 0;
    for (; *in && n + 7 < room; in++) {
        unsigned char c = (unsigned char)*in;
        if (c < 0x20 || c == 0x7f)
            n += (size_t)snprintf(out + n, room - n, json ? "\\u%04x" : "\\x%02x", c);
        else if (json && (c == '"' || c == '\\')) {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else
            out[n++] = (char)c;
    }
    out[n] = '\0';
    return n;
}

static void now_text(char *out, size_t room)
{
    struct timespec ts;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    size_t n = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, room - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
    if (!log_is_on(level))
        return;
    char raw[LOG_LINE_BYTES];
    char safe[LOG_LINE_BYTES + 64];
    char line[LOG_LINE_BYTES + 256];
    char when[48];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    enum log_format format = (enum log_format)g_format;
    escape(safe, sizeof safe, raw, format == LOG_JSON);
    int n = 0;
    if (format == LOG_JOURNAL) {
        n = snprintf(line, sizeof line, "<%d>%s: %s\n", (int)level, module, safe);
    } else {
        now_text(when, sizeof when);
        const char *shape = format == LOG_JSON
                                ? "{\"time\":\"%s\",\"level\":\"%s\",\"module\":\"%s\",\"message\":\"%s\"}\n"
                                : "%s %-7s %s: %s\n";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        n = snprintf(line, sizeof line, shape, when, level_word(level), module, safe);
#pragma GCC diagnostic pop
    }
    if (n > 0) {
        size_t len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
        /* One write: lines of several threads never mix. A full or closed stderr must not stop the daemon. */
        if (write(STDERR_FILENO, line, len) < 0)
            return;
    }
}
