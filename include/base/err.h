/*
 * Error codes and error texts.
 *
 * A function that can fail returns int: 0, or a negative code from ERR_MAP. The
 * codes lie beyond errno and beyond libuv's own, so that any negative errno (and
 * therefore any libuv code) may travel in the same int and err_name() prints all.
 * Where a person must be told more than a code, a `struct err` travels last.
 *
 * Threads: any; nothing here is shared. The failure of a *delivery* is not an
 * error but an outcome (deliver/outcome.h).
 */
#ifndef GB_BASE_ERR_H
#define GB_BASE_ERR_H

#include <stddef.h>

/* name, value, HTTP status it becomes, exit code it becomes (sysexits), words */
#define ERR_MAP(X)                                                                                              \
    X(INVALID, -20001, 422, 65, "the input is not valid")                                                       \
    X(NOT_FOUND, -20002, 404, 66, "there is no such thing, or it is outside your area")                         \
    X(EXISTS, -20003, 409, 73, "it exists already")                                                             \
    X(BAD_STATE, -20004, 409, 65, "not possible in the present state")                                          \
    X(FORBIDDEN, -20005, 403, 77, "you may not do this")                                                        \
    X(UNAUTHORIZED, -20006, 401, 77, "a valid login is needed")                                                 \
    X(TOO_LARGE, -20007, 413, 65, "it is larger than the limit")                                                \
    X(STORE, -20008, 500, 74, "the store failed")                                                               \
    X(CORRUPT, -20009, 500, 65, "stored data is damaged")                                                       \
    X(BUSY, -20010, 503, 75, "too much is going on; try again later")                                           \
    X(PROTOCOL, -20011, 502, 76, "the other side broke the protocol")                                           \
    X(TLS, -20012, 502, 76, "no secure connection could be made")                                               \
    X(AUTH, -20013, 502, 77, "the relay refused the login")                                                     \
    X(TIMEOUT, -20014, 504, 75, "no answer in time")                                                            \
    X(CANCELED, -20015, 503, 75, "it was cancelled")                                                            \
    X(CONFIG, -20016, 500, 78, "the configuration is not valid")                                                \
    X(IO, -20017, 500, 74, "reading or writing failed")                                                         \
    X(USAGE, -20018, 400, 64, "the call is wrong")                                                              \
    X(FULL, -20019, 507, 74, "the disk is full and nothing was stored: free space there; no restart is needed") \
    X(DRYRUN, -20020, 200, 0, "a dry run, rolled back")                                                         \
    X(LIMIT, -20021, 429, 75, "too many in a short time; wait a while")

enum err_code {
#define ERR_ENUM(name, value, http, exit, text) ERR_##name = (value),
    ERR_MAP(ERR_ENUM)
#undef ERR_ENUM
};

/* What went wrong, in words for a person: what, where, and what to do. */
struct err {
    char text[600];
    char sv[600]; /* the same in Swedish, for officers; "" when there is none */
};

/* "INVALID", "ENOENT", ...; never NULL. */
const char *err_name(int code);
/* One sentence without a full stop; never NULL. */
const char *err_text(int code);
/* The HTTP status and the sysexits(3) code that a negative code becomes. */
int err_http_status(int code);
int err_exit_code(int code);

/*
 * Store a formatted text in `err` (may be NULL; too long is cut at a UTF-8 border)
 * and return `code`, so that a failing function ends in `return err_set(...)`.
 */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* `make lint` looks at one file at a time: show it that `code` comes back */
#define err_set(err, code, ...) ((void)(err_set)(err, code, __VA_ARGS__), (code))
#endif

/* Adds the Swedish to what was just set, where base/err_swedish.h cannot have it: other arguments, or a text that is in
 * both languages already. NULL is fine. */
void err_add_swedish(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text that was set, or else err_text(code); for the caller that has to show something. */
const char *err_or(const struct err *err, int code);

#endif
