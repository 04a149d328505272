/* The tables of core/config_keys.h as data; see core/config_table.h. */
#include "core/config_table.h"

#include <assert.h>
#include <string.h>

enum { NEEDS_LIVE = false, NEEDS_RESTART = true };

#define ROW(section, key, field, type, def, min, max, apply, help) \
    {                                                              \
        #key,                                                      \
        SECTION_##section,                                         \
        CONFIG_TYPE_##type,                                        \
        offsetof(struct config, section.field),                    \
        def,                                                       \
        min,                                                       \
        max,                                                       \
        NEEDS_##apply,                                             \
        help},
#define RELAY_ROW(section, key, field, type, def, min, max, apply, help)                                              \
    {#key, SECTION_##section, CONFIG_TYPE_##type, offsetof(struct config_relay, field), def, min, max, NEEDS_##apply, \
     help},

const struct config_key config_table[] = {CONFIG_SECTION_MAP(CONFIG_KEYS_OF, ROW) CONFIG_RELAY(RELAY_ROW)};

_Static_assert(sizeof(config_table) / sizeof(config_table[0]) == CONFIG_KEY_COUNT, "one row per key");

const char *config_section_name(enum config_section section)
{
    static const char *const names[] = {
#define NAME_ROW(section, KEYS, X) [SECTION_##section] = #section,
        CONFIG_SECTION_MAP(NAME_ROW, ~)
#undef NAME_ROW
            [SECTION_relay] = "relay"};

    assert(section < CONFIG_SECTION_COUNT);
    return names[section];
}

enum config_section config_section_find(const char *name)
{
    int i = 0;

    while (i < CONFIG_SECTION_COUNT && strcmp(config_section_name((enum config_section)i), name) != 0)
        i++;
    return (enum config_section)i;
}

enum config_key_id config_key_find(enum config_section section, const char *name)
{
    int i = 0;

    while (i < CONFIG_KEY_COUNT && (config_table[i].section != section || strcmp(config_table[i].name, name) != 0))
        i++;
    return (enum config_key_id)i;
}

void *config_field(const struct config_key *key, void *owner)
{
    return (char *)owner + key->offset;
}

const void *config_field_const(const struct config_key *key, const void *owner)
{
    return (const char *)owner + key->offset;
}
