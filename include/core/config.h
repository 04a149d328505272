/*
 * The configuration of grannbudd: conf/grannbud.conf explains every key to people,
 * core/config_keys.h is the table that this struct and everything else is made from.
 *
 * config_load reads a whole file and reports all errors at once. A struct config is complete
 * and checked, or it does not exist; it is read-only afterwards and any thread may read it.
 * Loading itself belongs to the main thread: inih's switches and getenv are process-wide.
 *
 * Secrets stand in files of their own (password_file, or NAME.password in
 * $CREDENTIALS_DIRECTORY); no error text and no log line ever has one in it.
 */
#ifndef GB_CORE_CONFIG_H
#define GB_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "core/file_errors.h"
#include "core/config_keys.h"
#include "core/config_value.h"

enum {
    CONFIG_FILE_BYTES_MAX = 256 * 1024,
    CONFIG_LINE_BYTES_MAX = 1000,
    CONFIG_RELAYS_MAX = 16,
    CONFIG_RELAY_NAME_MAX = 32,
    CONFIG_SECRET_BYTES_MAX = 4096,
};

/* Texts are never NULL; "" is "not set". */
#define CONFIG_FIELD(section, key, field, type, def, min, max, apply, help) CONFIG_CTYPE_##type field;
#define CONFIG_STRUCT(section, KEYS, X) \
    struct config_##section {           \
        KEYS(X)                         \
    };
CONFIG_SECTION_MAP(CONFIG_STRUCT, CONFIG_FIELD)
#undef CONFIG_STRUCT

struct config_relay {
    char *name; /* of [relay NAME] */
    CONFIG_RELAY(CONFIG_FIELD)
    char *password; /* a secret; NULL without a login */
};
#undef CONFIG_FIELD

struct config {
#define CONFIG_MEMBER(section, KEYS, X) struct config_##section section;
    CONFIG_SECTION_MAP(CONFIG_MEMBER, ~)
#undef CONFIG_MEMBER
    char *inbound_password;      /* a secret; NULL without a login */
    struct config_relay *relays; /* in the order of the file; at least one, at most CONFIG_RELAYS_MAX */
    size_t relay_count;
};

/*
 * Read and check the file at `path`. Returns 0 and *out (caller frees with config_free), or ERR_IO when
 * the file cannot be read and ERR_CONFIG when it is wrong; then `errors` (initialised by the caller) has at
 * least one text and *out is untouched.
 */
int config_load(const char *path, struct config **out, struct file_errors *errors);

/* The same for text in memory; `errors` was initialised with the name that error texts begin with. */
int config_parse(const char *text, size_t n, struct config **out, struct file_errors *errors);

/* Who speaks, in words for readers: the organisation, else the name in From, else the node's. Never empty. */
const char *config_sender_name(const struct config *c);

/* Wipes the secrets. NULL is fine. */
void config_free(struct config *c);

/* `name` is "[section] key", "[relay NAME] key" or "[relay NAME]" (added, removed); valid during the call. */
typedef void (*config_change_cb)(void *ctx, const char *name, bool needs_restart);
/* Tell every difference between two configurations; values, and so secrets, are not told. Returns how many. */
size_t config_diff(const struct config *running, const struct config *next, config_change_cb cb, void *ctx);

/*
 * For SIGHUP, after config_diff: `next` gets the running values of all keys that need a restart (and `running`
 * gets those of the file in exchange, so free it soon), so that no module sees half of such a change.
 */
void config_keep_running(struct config *next, struct config *running);

#endif
