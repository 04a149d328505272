/*
 * The types of configuration values; see core/config_value.h.
 *
 * One parser per type, found through a table. A parser is given a zeroed field and either fills it
 * or leaves it as it was; its error text names the value only where that cannot be a secret.
 */
#include "core/config_value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/config_parser.h"
#include "core/config_url.h"

typedef int (*value_parser)(const char *text, const struct config_range *range, void *out, struct err *err);

enum value_hold { HOLD_PLAIN, HOLD_STRING, HOLD_URL, HOLD_HOSTS };

static void take_text(void *out, const char *text)
{
    *(char **)out = xstrdup(text);
}

/* --- words -------------------------------------------------------------------------------------------------------- */

static int parse_classification(const char *text, const struct config_range *range, void *out, struct err *err)
{
    static const char *const words[] = {"public", "ombud_and_households", "ombud_only"};

    (void)range;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            take_text(out, text);
            return 0;
        }
    }
    return config_not_a(err, text, "a classification", "public, ombud_and_households or ombud_only");
}

static int parse_yesno(const char *text, const struct config_range *range, void *out, struct err *err)
{
    (void)range;
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return config_not_a(err, text, "yes or no", "yes or no");
    *(bool *)out = strcmp(text, "yes") == 0;
    return 0;
}

static int parse_tls(const char *text, const struct config_range *range, void *out, struct err *err)
{
    static const char *const words[] = {
        [CONFIG_TLS_REQUIRED] = "required", [CONFIG_TLS_OPPORTUNISTIC] = "opportunistic", [CONFIG_TLS_NONE] = "none"};

    (void)range;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            *(enum config_tls *)out = (enum config_tls)i;
            return 0;
        }
    }
    return config_not_a(err, text, "a way to use TLS", "required, opportunistic or none");
}

static int parse_level(const char *text, const struct config_range *range, void *out, struct err *err)
{
    (void)range;
    if (log_level_parse(text, out))
        return 0;
    return config_not_a(err, text, "a log level", "error, warning, notice, info or debug");
}

static int parse_format(const char *text, const struct config_range *range, void *out, struct err *err)
{
    (void)range;
    if (log_format_parse(text, out))
        return 0;
    return config_not_a(err, text, "a log format", "journal, text or json");
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

#define URL_PARSER(name)                                                                                    \
    static int parse_##name(const char *text, const struct config_range *range, void *out, struct err *err) \
    {                                                                                                       \
        (void)range;                                                                                        \
        return config_url_parse_##name(text, out, err);                                                     \
    }
URL_PARSER(base)
URL_PARSER(store)
URL_PARSER(relay)
URL_PARSER(imap)
URL_PARSER(listen)
URL_PARSER(source)

static const value_parser parsers[] = {
    [CONFIG_TYPE_TEXT] = config_parse_text,
    [CONFIG_TYPE_ZONE] = config_parse_zone,
    [CONFIG_TYPE_SOCKET] = config_parse_socket,
    [CONFIG_TYPE_ADDRESS] = config_parse_address,
    [CONFIG_TYPE_DOMAIN] = config_parse_domain,
    [CONFIG_TYPE_FILE] = config_parse_file,
    [CONFIG_TYPE_CLASSIFICATION] = parse_classification,
    [CONFIG_TYPE_BASE_URL] = parse_base,
    [CONFIG_TYPE_STORE_URL] = parse_store,
    [CONFIG_TYPE_RELAY_URL] = parse_relay,
    [CONFIG_TYPE_IMAP_URL] = parse_imap,
    [CONFIG_TYPE_SOURCE_URL] = parse_source,
    [CONFIG_TYPE_LISTEN] = parse_listen,
    [CONFIG_TYPE_HOSTS] = config_parse_hosts,
    [CONFIG_TYPE_CODES] = config_parse_codes,
    [CONFIG_TYPE_DAYS] = config_parse_days,
    [CONFIG_TYPE_TIME] = config_parse_time,
    [CONFIG_TYPE_HOURS] = config_parse_hours,
    [CONFIG_TYPE_INT] = config_parse_int,
    [CONFIG_TYPE_DURATION] = config_parse_duration,
    [CONFIG_TYPE_SIZE] = config_parse_size,
    [CONFIG_TYPE_YESNO] = parse_yesno,
    [CONFIG_TYPE_TLS] = parse_tls,
    [CONFIG_TYPE_LEVEL] = parse_level,
    [CONFIG_TYPE_FORMAT] = parse_format,
};

static enum value_hold hold_of(enum config_type type)
{
    static const enum value_hold holds[] = {
#define HOLD_ROW(type, hold) [CONFIG_TYPE_##type] = HOLD_##hold,
        CONFIG_TYPE_MAP(HOLD_ROW)
#undef HOLD_ROW
    };

    assert((size_t)type < ARRAY_LEN(holds));
    return holds[type];
}

size_t config_value_size(enum config_type type)
{
    static const size_t sizes[] = {
#define SIZE_ROW(type, hold) [CONFIG_TYPE_##type] = sizeof(CONFIG_CTYPE_##type),
        CONFIG_TYPE_MAP(SIZE_ROW)
#undef SIZE_ROW
    };

    assert((size_t)type < ARRAY_LEN(sizes));
    return sizes[type];
}

/* "" where it means "not set": texts are there but empty, a list has no items. */
static void set_nothing(enum config_type type, void *out)
{
    switch (hold_of(type)) {
    case HOLD_STRING:
        take_text(out, "");
        break;
    case HOLD_URL:
        ((struct config_url *)out)->text = xstrdup("");
        break;
    case HOLD_HOSTS:
    case HOLD_PLAIN:
        break;
    }
}

int config_value_parse(enum config_type type, const char *text, const char *def, int64_t min, int64_t max, void *out,
                       struct err *err)
{
    struct config_range range = {.min = min, .max = max};
    bool may_be_empty = (def && *def == '\0') || type == CONFIG_TYPE_LISTEN;

    if (*text == '\0' && may_be_empty) {
        set_nothing(type, out);
        return 0;
    }
    if (*text == '\0')
        return err_set(err, ERR_INVALID, "the value is empty: write one, or take the line out%s",
                       def ? " for the default" : "");
    if (strlen(text) >= 2 && text[0] == '"' && text[strlen(text) - 1] == '"')
        return err_set(err, ERR_INVALID, "the value stands in quotes: write it without them");
    return parsers[type](text, &range, out, err);
}

void config_value_fini(enum config_type type, void *field)
{
    switch (hold_of(type)) {
    case HOLD_STRING:
        free(*(char **)field);
        break;
    case HOLD_URL:
        config_url_fini(field);
        break;
    case HOLD_HOSTS:
        config_hosts_fini(field);
        break;
    case HOLD_PLAIN:
        break;
    }
    memset(field, 0, config_value_size(type));
}

static bool hosts_equal(const struct config_hosts *a, const struct config_hosts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->item[i], b->item[i]) != 0)
            return false;
    }
    return true;
}

bool config_value_equal(enum config_type type, const void *a, const void *b)
{
    switch (hold_of(type)) {
    case HOLD_STRING:
        return strcmp(*(char *const *)a, *(char *const *)b) == 0;
    case HOLD_URL:
        return strcmp(((const struct config_url *)a)->text, ((const struct config_url *)b)->text) == 0;
    case HOLD_HOSTS:
        return hosts_equal(a, b);
    case HOLD_PLAIN:
        break;
    }
    return memcmp(a, b, config_value_size(type)) == 0;
}
