/* What SIGHUP changes; see config_diff and config_keep_running in core/config.h. */
#include "core/config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/config_table.h"

enum { NAME_BYTES = 100 };

struct diff {
    config_change_cb cb;
    void *ctx;
    size_t count;
};

static void tell(struct diff *d, bool needs_restart, const char *section, const char *relay, const char *key)
{
    char name[NAME_BYTES];

    (void)snprintf(name, sizeof(name), "[%s%s%s]%s%s", section, relay ? " " : "", relay ? relay : "", key ? " " : "",
                   key ? key : "");
    d->count++;
    d->cb(d->ctx, name, needs_restart);
}

/* The keys of one relay, or of everything but relays. */
static void diff_fields(struct diff *d, const void *running, const void *next, const char *relay)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &config_table[i];

        if ((key->section == SECTION_relay) != (relay != NULL))
            continue;
        if (!config_value_equal(key->type, config_field_const(key, running), config_field_const(key, next)))
            tell(d, key->needs_restart, config_section_name(key->section), relay, key->name);
    }
}

static bool secret_differs(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

static const struct config_relay *find_relay(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->relay_count; i++) {
        if (strcmp(c->relays[i].name, name) == 0)
            return &c->relays[i];
    }
    return NULL;
}

static void diff_relays(struct diff *d, const struct config *running, const struct config *next)
{
    for (size_t i = 0; i < next->relay_count; i++) {
        const struct config_relay *now = &next->relays[i];
        const struct config_relay *was = find_relay(running, now->name);

        if (!was) {
            tell(d, false, "relay", now->name, NULL);
            continue;
        }
        diff_fields(d, was, now, now->name);
        if (secret_differs(was->password, now->password))
            tell(d, false, "relay", now->name, "password");
    }
    for (size_t i = 0; i < running->relay_count; i++) {
        if (!find_relay(next, running->relays[i].name))
            tell(d, false, "relay", running->relays[i].name, NULL);
    }
}

size_t config_diff(const struct config *running, const struct config *next, config_change_cb cb, void *ctx)
{
    struct diff d = {.cb = cb, .ctx = ctx};

    diff_fields(&d, running, next, NULL);
    if (secret_differs(running->inbound_password, next->inbound_password))
        tell(&d, true, "inbound", NULL, "password");
    diff_relays(&d, running, next);
    return d.count;
}

static void swap_bytes(void *a, void *b, size_t n)
{
    char keep[sizeof(struct config_url) > sizeof(struct config_days) ? sizeof(struct config_url)
                                                                     : sizeof(struct config_days)];

    assert(n <= sizeof(keep));
    memcpy(keep, a, n);
    memcpy(a, b, n);
    memcpy(b, keep, n);
}

void config_keep_running(struct config *next, struct config *running)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &config_table[i];

        if (key->needs_restart && key->section != SECTION_relay)
            swap_bytes(config_field(key, next), config_field(key, running), config_value_size(key->type));
    }
    swap_bytes(&next->inbound_password, &running->inbound_password, sizeof(next->inbound_password));
}
