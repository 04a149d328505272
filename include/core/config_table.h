/*
 * The tables of core/config_keys.h as data, and where in a file each key stands.
 * Callers: core/config*.c and the test of conf/grannbud.conf. Any thread; all is constant.
 */
#ifndef GB_CORE_CONFIG_TABLE_H
#define GB_CORE_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

/* SECTION_node, ... and SECTION_relay, in the order of the manual. */
enum config_section {
#define CONFIG_SECTION_ENUM(section, KEYS, X) SECTION_##section,
    CONFIG_SECTION_MAP(CONFIG_SECTION_ENUM, ~)
#undef CONFIG_SECTION_ENUM
        SECTION_relay,
    CONFIG_SECTION_COUNT,
    SECTION_none = CONFIG_SECTION_COUNT /* outside, or one whose keys are passed over */
};

/* KEY_node_timezone, ...; the index into config_table. */
enum config_key_id {
#define CONFIG_KEY_ENUM(section, key, field, type, def, min, max, apply, help) KEY_##section##_##key,
#define CONFIG_KEYS_OF(section, KEYS, X) KEYS(X)
    CONFIG_SECTION_MAP(CONFIG_KEYS_OF, CONFIG_KEY_ENUM) CONFIG_RELAY(CONFIG_KEY_ENUM)
#undef CONFIG_KEY_ENUM
        CONFIG_KEY_COUNT
};

struct config_key {
    const char *name;
    enum config_section section;
    enum config_type type;
    size_t offset; /* in struct config, for a relay's key in struct config_relay */
    const char *def;
    int64_t min;
    int64_t max;
    bool needs_restart;
    const char *help;
};

/* CONFIG_KEY_COUNT rows. */
extern const struct config_key config_table[];

/* "node", ..., "relay". */
const char *config_section_name(enum config_section section);
/* SECTION_none when there is none of this name. */
enum config_section config_section_find(const char *name);
/* CONFIG_KEY_COUNT when the section has no such key. */
enum config_key_id config_key_find(enum config_section section, const char *name);
/* The field of `key` in its struct. */
void *config_field(const struct config_key *key, void *owner);
const void *config_field_const(const struct config_key *key, const void *owner);

/* Where sections and keys stand: one for the file and one per relay. 0: nowhere. */
struct config_origin {
    int section[CONFIG_SECTION_COUNT];
    int key[CONFIG_KEY_COUNT];
    bool is_bad[CONFIG_KEY_COUNT]; /* an error is told already; the field is zero */
};

/*
 * What only several keys together tell: logins, what must not be missing, limits against each other; then fill in the
 * defaults that follow from other keys. `relays` has one entry per relay of `c`. Errors go to `errors`.
 */
void config_check(struct config *c, const struct config_origin *file, const struct config_origin *relays,
                  struct file_errors *errors);

#endif
