/*
 * The log: one event, one line on stderr, `module: what key=value ...`.
 *
 * With LOG_JOURNAL a line opens with "<N>", the priority that journald reads, and has
 * no time (journald adds it); LOG_TEXT has an RFC 3339 time; LOG_JSON is one object a
 * line. Control characters in values are escaped, so that a reply from a relay can
 * never forge a line. No mail address and no token in a line above debug: ids only.
 *
 * Who logs: core, deliver, http and main. base, store and the parsers return errors.
 * Threads: any. The level and the format are the only globals, set once at start and at SIGHUP.
 */
#ifndef GB_BASE_LOG_H
#define GB_BASE_LOG_H

#include <stdbool.h>

/* name, syslog priority */
#define LOG_LEVEL_MAP(X)   \
    X(ERROR, 3, "error")   \
    X(WARN, 4, "warning")  \
    X(NOTICE, 5, "notice") \
    X(INFO, 6, "info")     \
    X(DEBUG, 7, "debug")

enum log_level {
#define LOG_ENUM(name, prio, text) LOG_##name = (prio),
    LOG_LEVEL_MAP(LOG_ENUM)
#undef LOG_ENUM
};

enum log_format { LOG_JOURNAL, LOG_TEXT, LOG_JSON };

/* Lines above `level` are dropped. */
void log_setup(enum log_level level, enum log_format format);
bool log_level_parse(const char *text, enum log_level *out);
bool log_format_parse(const char *text, enum log_format *out);
bool log_is_on(enum log_level level);

/* `module` without colon; the rest printf-like, without newline. At most 2 kB, longer is cut. */
void log_write(enum log_level level, const char *module, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_notice(...) log_write(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
