/*
 * The types of configuration values: the C type of each, its parser, comparison and release.
 * Callers: core/config*.c; the structs are public since modules read them in struct config.
 * Pure, apart from ZONE (looks into the zone database) and FILE (must be readable). Any thread.
 */
#ifndef GB_CORE_CONFIG_VALUE_H
#define GB_CORE_CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

enum { CONFIG_DAYS_MAX = 8 };

/* Of url and http keys. `host` has no brackets round an IPv6 address. */
struct config_url {
    char *text;     /* as written; "" when not set or off */
    char *host;     /* lower case; NULL for a store */
    uint16_t port;  /* 0 in listen.http: any free port */
    char *path;     /* of a store: the file; of IMAP: the mailbox; else NULL */
    bool is_secure; /* smtps, imaps: TLS from the first byte */
};

/* Host names, lower case, in the order written; of CODES: municipalities (4 digits) and counties (2 digits). */
struct config_hosts {
    char **item;
    size_t count;
};

struct config_days {
    int item[CONFIG_DAYS_MAX]; /* falling, none twice */
    size_t count;
};

/* A daily stretch of wall-clock time, in minutes of the day; one that ends before it begins runs over midnight. Both 0:
 * none. */
struct config_hours {
    int from_min, to_min;
};

enum config_tls { CONFIG_TLS_REQUIRED, CONFIG_TLS_OPPORTUNISTIC, CONFIG_TLS_NONE };

/* Each type of the key tables with its C type. */
#define CONFIG_CTYPE_TEXT char *
#define CONFIG_CTYPE_ZONE char *
#define CONFIG_CTYPE_SOCKET char *
#define CONFIG_CTYPE_ADDRESS char *
#define CONFIG_CTYPE_DOMAIN char *
#define CONFIG_CTYPE_FILE char *
#define CONFIG_CTYPE_CLASSIFICATION char *
#define CONFIG_CTYPE_BASE_URL struct config_url
#define CONFIG_CTYPE_STORE_URL struct config_url
#define CONFIG_CTYPE_RELAY_URL struct config_url
#define CONFIG_CTYPE_IMAP_URL struct config_url
#define CONFIG_CTYPE_SOURCE_URL struct config_url
#define CONFIG_CTYPE_LISTEN struct config_url
#define CONFIG_CTYPE_HOSTS struct config_hosts
#define CONFIG_CTYPE_CODES struct config_hosts
#define CONFIG_CTYPE_DAYS struct config_days
#define CONFIG_CTYPE_TIME int /* minutes of the day */
#define CONFIG_CTYPE_HOURS struct config_hours
#define CONFIG_CTYPE_INT int
#define CONFIG_CTYPE_DURATION int64_t /* seconds */
#define CONFIG_CTYPE_SIZE int64_t     /* bytes */
#define CONFIG_CTYPE_YESNO bool
#define CONFIG_CTYPE_TLS enum config_tls
#define CONFIG_CTYPE_LEVEL enum log_level
#define CONFIG_CTYPE_FORMAT enum log_format

/* type, how it is held */
#define CONFIG_TYPE_MAP(X)    \
    X(TEXT, STRING)           \
    X(ZONE, STRING)           \
    X(SOCKET, STRING)         \
    X(ADDRESS, STRING)        \
    X(DOMAIN, STRING)         \
    X(FILE, STRING)           \
    X(CLASSIFICATION, STRING) \
    X(BASE_URL, URL)          \
    X(STORE_URL, URL)         \
    X(RELAY_URL, URL)         \
    X(IMAP_URL, URL)          \
    X(SOURCE_URL, URL)        \
    X(LISTEN, URL)            \
    X(HOSTS, HOSTS)           \
    X(CODES, HOSTS)           \
    X(DAYS, PLAIN)            \
    X(TIME, PLAIN)            \
    X(HOURS, PLAIN)           \
    X(INT, PLAIN)             \
    X(DURATION, PLAIN)        \
    X(SIZE, PLAIN)            \
    X(YESNO, PLAIN)           \
    X(TLS, PLAIN)             \
    X(LEVEL, PLAIN)           \
    X(FORMAT, PLAIN)

enum config_type {
#define CONFIG_TYPE_ENUM(type, hold) CONFIG_TYPE_##type,
    CONFIG_TYPE_MAP(CONFIG_TYPE_ENUM)
#undef CONFIG_TYPE_ENUM
};

/*
 * Parse `text` (trimmed, valid UTF-8) into the zeroed field at `out`. 0; or ERR_INVALID with "what is wrong: what to
 * write" in `err`, and the field still zero. `min` and `max` are those of the key; `def` says whether "" is allowed.
 */
int config_value_parse(enum config_type type, const char *text, const char *def, int64_t min, int64_t max, void *out,
                       struct err *err);
/* Free what the field holds and zero it. A zeroed field is fine. */
void config_value_fini(enum config_type type, void *field);
bool config_value_equal(enum config_type type, const void *a, const void *b);
/* sizeof the field. */
size_t config_value_size(enum config_type type);

/* Frees the items. */
void config_hosts_fini(struct config_hosts *h);

/* "localhost", a name below it, 127.0.0.0/8 or ::1? `host` without brackets. */
bool config_host_is_loopback(const char *host);

#endif
