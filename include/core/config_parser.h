/*
 * One parser per type of configuration value; called by config_value_parse alone, through its table.
 *
 * Each is given a non-empty text and a zeroed field; it fills the field and returns 0, or leaves it as
 * it was and returns ERR_INVALID with "what is wrong: what to write". Any thread.
 */
#ifndef GB_CORE_CONFIG_PARSER_H
#define GB_CORE_CONFIG_PARSER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/config_value.h"

enum { CONFIG_SHOWN_BYTES = 60 }; /* of a wrong value in an error text */

/* What the key allows; see core/config_keys.h. */
struct config_range {
    int64_t min;
    int64_t max;
};

#define CONFIG_PARSER(name) \
    int config_parse_##name(const char *text, const struct config_range *range, void *out, struct err *err)
/* config_text.c */
CONFIG_PARSER(text);
CONFIG_PARSER(address);
CONFIG_PARSER(domain);
CONFIG_PARSER(zone);
CONFIG_PARSER(socket);
CONFIG_PARSER(file);
CONFIG_PARSER(hosts);
CONFIG_PARSER(codes);
/* config_number.c */
CONFIG_PARSER(int);
CONFIG_PARSER(duration);
CONFIG_PARSER(size);
CONFIG_PARSER(time);
CONFIG_PARSER(hours);
CONFIG_PARSER(days);

/* How many bytes of a wrong value an error text shows: at most CONFIG_SHOWN_BYTES, whole characters. For "%.*s". */
int config_shown(const char *text);
/* "'text' is not WHAT: write WANT", with a long value cut; returns ERR_INVALID. */
int config_not_a(struct err *err, const char *text, const char *what, const char *want);
/* The next item of a comma list, trimmed, on the heap; NULL at the end; an empty item is "". */
char *config_next_item(const char **at);

#endif
