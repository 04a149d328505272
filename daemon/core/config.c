/*
 * Loading the configuration; see core/config.h.
 *
 * One pass over the lines fills the fields that the file names, a second over the table fills the others with
 * their defaults, the third (config_check.c) judges the keys against each other. A field whose value was
 * wrong stays zero and is marked, so that one mistake is told once; the struct is given away only without errors.
 */
#include "core/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/config_parser.h"
#include "core/config_reader.h"
#include "core/config_secret.h"
#include "core/config_table.h"

enum { WHERE_BYTES = 160 };

struct loader {
    struct config *c;
    struct file_errors *errors;
    struct config_origin file;
    struct config_origin relays[CONFIG_RELAYS_MAX];
    enum config_section section; /* that the lines now belong to */
    size_t relay;                /* which, when the section is SECTION_relay */
    bool is_inside;              /* a section was opened, if only a wrong one */
};

static bool in_relay(const struct loader *l)
{
    return l->section == SECTION_relay;
}

static struct config_origin *origin_of(struct loader *l)
{
    return in_relay(l) ? &l->relays[l->relay] : &l->file;
}

static void *owner_of(struct loader *l)
{
    return in_relay(l) ? (void *)&l->c->relays[l->relay] : (void *)l->c;
}

/* "[relay NAME] key" into out; a long key is cut. */
static void put_where(const struct loader *l, const char *key, char out[WHERE_BYTES])
{
    struct buf b;

    buf_init(&b, WHERE_BYTES - 1);
    buf_addf(&b, "[%s", config_section_name(l->section));
    if (in_relay(l))
        buf_addf(&b, " %s", l->c->relays[l->relay].name);
    buf_addf(&b, "] %.*s", config_shown(key), key);
    memcpy(out, buf_str(&b), b.len + 1);
    buf_fini(&b);
}

/* --- sections ---------------------------------------------------------------------------------------------------- */

static bool relay_name_is_valid(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= CONFIG_RELAY_NAME_MAX && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n &&
           strcmp(name, "inbound") != 0;
}

static void open_relay(struct loader *l, int line, const char *name)
{
    struct config *c = l->c;
    size_t i = 0;

    if (!relay_name_is_valid(name)) {
        file_errors_add(l->errors, line, "[relay]",
                        "'%s' cannot be the name of a relay: write [relay NAME] with 1 to %d of a-z 0-9 _ - and not "
                        "'inbound'",
                        name, CONFIG_RELAY_NAME_MAX);
        return;
    }
    while (i < c->relay_count && strcmp(c->relays[i].name, name) != 0)
        i++;
    if (i == CONFIG_RELAYS_MAX) {
        file_errors_add(l->errors, line, "[relay]", "too many relays: write at most %d", CONFIG_RELAYS_MAX);
        return;
    }
    if (i == c->relay_count) {
        c->relays[i].name = xstrdup(name);
        c->relay_count++;
    } else {
        file_errors_add(l->errors, line, "[relay]", "'%s' stands twice, first in line %d: give each relay its own name",
                        name, l->relays[i].section[SECTION_relay]);
    }
    l->section = SECTION_relay;
    l->relay = i;
    if (l->relays[i].section[SECTION_relay] == 0)
        l->relays[i].section[SECTION_relay] = line;
}

static void unknown_section(struct loader *l, int line, const char *name)
{
    struct buf known;

    buf_init(&known, 400);
    for (int i = 0; i < SECTION_relay; i++)
        buf_addf(&known, "[%s], ", config_section_name((enum config_section)i));
    file_errors_add(l->errors, line, "", "[%s] is no section: write one of %s[relay NAME]", name, buf_str(&known));
    buf_fini(&known);
}

static void open_section(struct loader *l, int line, const char *name)
{
    enum config_section s = config_section_find(name);

    if (s == SECTION_none || s == SECTION_relay) {
        unknown_section(l, line, name);
        return;
    }
    l->section = s;
    if (l->file.section[s])
        file_errors_add(l->errors, line, "", "[%s] stands twice, first in line %d: write its keys together", name,
                        l->file.section[s]);
    else
        l->file.section[s] = line;
}

static void on_section(void *ctx, int line, const char *name)
{
    static const char relay[] = "relay ";
    struct loader *l = ctx;

    l->section = SECTION_none;
    l->is_inside = true;
    if (!name)
        return;
    if (strcmp(name, "relay") == 0)
        open_relay(l, line, "");
    else if (strncmp(name, relay, strlen(relay)) == 0)
        open_relay(l, line, name + strlen(relay));
    else
        open_section(l, line, name);
}

/* --- keys -------------------------------------------------------------------------------------------------------- */

static void unknown_key(struct loader *l, int line, const char *where)
{
    struct buf known;

    buf_init(&known, 1000);
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if (config_table[i].section == l->section)
            buf_addf(&known, "%s%s", known.len ? ", " : "", config_table[i].name);
    }
    file_errors_add(l->errors, line, where, "there is no such key: write one of %s", buf_str(&known));
    buf_fini(&known);
}

/* A wrong value leaves its field zero and marked. */
static void set_value(struct loader *l, const struct config_key *key, int line, const char *value)
{
    struct config_origin *o = origin_of(l);
    char where[WHERE_BYTES];
    struct err err = {.text = ""};

    if (config_value_parse(key->type, value, key->def, key->min, key->max, config_field(key, owner_of(l)), &err) == 0)
        return;
    o->is_bad[key - config_table] = true;
    put_where(l, key->name, where);
    file_errors_add(l->errors, line, where, "%s", err.text);
}

/* In an INI file of ours a comment has a line of its own; behind a value it would become part of it. */
static bool has_comment(const char *value)
{
    return strstr(value, " #") || strstr(value, " ;");
}

static void take_entry(struct loader *l, int line, const char *name, const char *value)
{
    struct config_origin *o = origin_of(l);
    enum config_key_id id = config_key_find(l->section, name);
    char where[WHERE_BYTES];

    put_where(l, name, where);
    if (id == CONFIG_KEY_COUNT && strcmp(name, "password") == 0) {
        file_errors_add(l->errors, line, where,
                        "a password does not belong here: write it into a file and name that with password_file");
        return;
    }
    if (id == CONFIG_KEY_COUNT) {
        unknown_key(l, line, where);
        return;
    }
    if (o->key[id]) {
        file_errors_add(l->errors, line, where, "stands twice, first in line %d: take one out", o->key[id]);
        return;
    }
    o->key[id] = line;
    if (has_comment(value)) {
        o->is_bad[id] = true;
        file_errors_add(l->errors, line, where, "a comment behind the value: write it on a line of its own");
        return;
    }
    set_value(l, &config_table[id], line, value);
}

static void on_entry(void *ctx, int line, const char *key, const char *value)
{
    struct loader *l = ctx;

    if (l->section != SECTION_none)
        take_entry(l, line, key, value);
    else if (!l->is_inside)
        file_errors_add(l->errors, line, "", "a key before the first section: write a line such as [node] above it");
}

/* The keys of one section kind (or, without relays, of all others) that the file does not name. */
static void fill_defaults(struct loader *l)
{
    const struct config_origin *o = origin_of(l);
    const enum config_section was = l->section;

    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &config_table[i];
        bool is_here = (key->section == SECTION_relay) == (was == SECTION_relay);

        if (!is_here || o->key[i] || !key->def)
            continue;
        l->section = key->section;
        set_value(l, key, o->section[key->section], key->def);
        l->section = was;
    }
}

static void fill_all_defaults(struct loader *l)
{
    l->section = SECTION_none;
    fill_defaults(l);
    l->section = SECTION_relay;
    for (l->relay = 0; l->relay < l->c->relay_count; l->relay++)
        fill_defaults(l);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

int config_parse(const char *text, size_t n, struct config **out, struct file_errors *errors)
{
    struct loader *l = xcalloc(1, sizeof(*l));
    const struct config_reader reader = {.ctx = l, .section = on_section, .entry = on_entry};
    int rc = 0;

    l->c = xcalloc(1, sizeof(*l->c));
    l->c->relays = xcalloc(CONFIG_RELAYS_MAX, sizeof(*l->c->relays));
    l->errors = errors;
    l->section = SECTION_none;
    config_read(text, n, &reader, errors);
    fill_all_defaults(l);
    config_check(l->c, &l->file, l->relays, errors);
    if (errors->count > 0) {
        config_free(l->c);
        rc = ERR_CONFIG;
    } else {
        *out = l->c;
    }
    free(l);
    return rc;
}

/* The whole file into `text`; 0, a negative errno, or ERR_TOO_LARGE. */
static int read_file(const char *path, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = 0;
    int rc = 0;

    if (fd < 0)
        return -errno;
    do {
        char chunk[8192];
        got = read(fd, chunk, sizeof(chunk));
        if (got > 0)
            rc = buf_add(text, chunk, (size_t)got);
        else if (got < 0 && errno != EINTR)
            rc = -errno;
    } while (rc == 0 && got != 0);
    close(fd);
    return rc;
}

int config_load(const char *path, struct config **out, struct file_errors *errors)
{
    struct buf text;
    int rc = 0;

    buf_init(&text, CONFIG_FILE_BYTES_MAX);
    rc = read_file(path, &text);
    if (rc == ERR_TOO_LARGE)
        file_errors_add(errors, 0, "", "the file has more than %d bytes: is it the right one?", CONFIG_FILE_BYTES_MAX);
    else if (rc)
        file_errors_add(errors, 0, "", "cannot read the configuration: %s: name the right file with -c", err_text(rc));
    if (rc)
        rc = ERR_IO;
    else
        rc = config_parse(buf_str(&text), text.len, out, errors);
    buf_fini(&text);
    return rc;
}

static void free_fields(void *owner, bool is_relay)
{
    for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
        if ((config_table[i].section == SECTION_relay) == is_relay)
            config_value_fini(config_table[i].type, config_field(&config_table[i], owner));
    }
}

const char *config_sender_name(const struct config *c)
{
    return c->sender.organisation[0] ? c->sender.organisation
           : c->sender.from_name[0]  ? c->sender.from_name
                                     : c->node.name;
}

void config_free(struct config *c)
{
    if (!c)
        return;
    free_fields(c, false);
    config_secret_free(c->inbound_password);
    for (size_t i = 0; i < c->relay_count; i++) {
        free_fields(&c->relays[i], true);
        free(c->relays[i].name);
        config_secret_free(c->relays[i].password);
    }
    free(c->relays);
    free(c);
}
