/*
 * What only several keys together tell; see config_check in core/config_table.h.
 *
 * A key that was told as wrong already is zero and takes part in nothing here: one mistake, one text.
 */
#include "core/config_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/config_secret.h"

enum { WHERE_BYTES = 100 };

/* One section under test. */
struct check {
    struct file_errors *errors;
    const struct config_origin *origin;
    const char *relay; /* NULL: not a relay */
};

/* An error about a key, at its line or else at its section's. */
static void tell(const struct check *ck, enum config_key_id id, const char *text)
{
    const struct config_key *key = &config_table[id];
    int line = ck->origin->key[id] ? ck->origin->key[id] : ck->origin->section[key->section];
    char where[WHERE_BYTES];

    (void)snprintf(where, sizeof(where), "[%s%s%s] %s", config_section_name(key->section), ck->relay ? " " : "",
                   ck->relay ? ck->relay : "", key->name);
    file_errors_add(ck->errors, line, where, "%s", text);
}

static bool has(const char *text)
{
    return text && *text;
}

static bool is_bad(const struct check *ck, enum config_key_id id)
{
    return ck->origin->is_bad[id];
}

static void check_required(const struct check *ck)
{
    for (int i = 0; i < CONFIG_KEY_COUNT; i++) {
        const struct config_key *key = &config_table[i];
        bool is_here = (key->section == SECTION_relay) == (ck->relay != NULL);

        if (is_here && !key->def && !ck->origin->key[i]) {
            char *text = xasprintf("is missing: write %s", key->help);
            tell(ck, (enum config_key_id)i, text);
            free(text);
        }
    }
}

/* A login: which keys make it, and where its password goes. */
struct login {
    enum config_key_id username_id;
    enum config_key_id file_id;
    const char *username;
    const char *file;
    const char *credential; /* NAME of NAME.password */
    char **password;
};

static void read_password(const struct check *ck, const struct login *login, const char *path)
{
    struct err err = {.text = ""};

    if (config_secret_read(path, login->password, &err) != 0)
        tell(ck, login->file_id, err.text);
}

static void check_login(const struct check *ck, const struct login *login)
{
    char *path = NULL;

    if (is_bad(ck, login->username_id) || is_bad(ck, login->file_id))
        return;
    if (!has(login->username)) {
        if (has(login->file))
            tell(ck, login->file_id, "a password without a login name: write username too");
        return;
    }
    if (has(login->file)) {
        read_password(ck, login, login->file);
        return;
    }
    path = config_secret_credential(login->credential);
    if (path) {
        read_password(ck, login, path);
    } else {
        char *text = xasprintf("a login name without a password: write password_file, or give the service the "
                               "credential %s.password",
                               login->credential);
        tell(ck, login->username_id, text);
        free(text);
    }
    free(path);
}

static void check_relay_tls(const struct check *ck, const struct config_relay *r)
{
    if (!has(r->url.host) || is_bad(ck, KEY_relay_tls))
        return;
    if (r->url.is_secure && r->tls != CONFIG_TLS_REQUIRED)
        tell(ck, KEY_relay_tls, "smtps:// is always encrypted: write tls = required");
    else if (has(r->username) && r->tls != CONFIG_TLS_REQUIRED && !config_host_is_loopback(r->url.host))
        tell(ck, KEY_relay_tls, "the password could go out in clear: write tls = required");
}

static void check_relay_connections(const struct check *ck, struct config_relay *r)
{
    if (is_bad(ck, KEY_relay_connections) || is_bad(ck, KEY_relay_reserved_for_alerts))
        return;
    /* Unless it is asked for, the one connection of a small relay is for letters too. */
    if (!ck->origin->key[KEY_relay_reserved_for_alerts] && r->reserved_for_alerts >= r->connections)
        r->reserved_for_alerts = r->connections - 1;
    if (r->reserved_for_alerts > r->connections)
        tell(ck, KEY_relay_reserved_for_alerts,
             "more connections than the relay has: write at most the number of connections");
}

static void check_relay(struct config_relay *r, const struct config_origin *origin, struct file_errors *errors)
{
    const struct check ck = {.errors = errors, .origin = origin, .relay = r->name};
    const struct login login = {.username_id = KEY_relay_username,
                                .file_id = KEY_relay_password_file,
                                .username = r->username,
                                .file = r->password_file,
                                .credential = r->name,
                                .password = &r->password};

    check_required(&ck);
    check_login(&ck, &login);
    check_relay_tls(&ck, r);
    check_relay_connections(&ck, r);
}

/* How many connections letters may use; `is_known` falls when a wrong value hides it. */
static int for_letters(const struct config_relay *r, const struct config_origin *origin, bool *is_known)
{
    int free_ones = r->connections - r->reserved_for_alerts;

    if (origin->is_bad[KEY_relay_connections] || origin->is_bad[KEY_relay_reserved_for_alerts] || free_ones < 0)
        *is_known = false;
    return free_ones;
}

static void check_relays(struct config *c, const struct config_origin *origins, struct file_errors *errors)
{
    int sum = 0;
    bool is_known = true;

    if (c->relay_count == 0) {
        file_errors_add(errors, 0, "[relay NAME]", "is missing: write a section such as [relay main] with its url");
        return;
    }
    for (size_t i = 0; i < c->relay_count; i++) {
        check_relay(&c->relays[i], &origins[i], errors);
        sum += for_letters(&c->relays[i], &origins[i], &is_known);
    }
    if (is_known && sum == 0)
        file_errors_add(errors, origins[0].section[SECTION_relay], "[relay]",
                        "every connection is reserved for alerts: leave at least one for letters");
}

static void check_inbound(struct config *c, const struct check *ck)
{
    const struct login login = {.username_id = KEY_inbound_username,
                                .file_id = KEY_inbound_password_file,
                                .username = c->inbound.username,
                                .file = c->inbound.password_file,
                                .credential = "inbound",
                                .password = &c->inbound_password};
    bool has_url = has(c->inbound.imap_url.host);

    if (is_bad(ck, KEY_inbound_imap_url) || is_bad(ck, KEY_inbound_username))
        return;
    if (has_url && !has(c->inbound.username))
        tell(ck, KEY_inbound_username, "is missing: write the login name of the mailbox");
    else if (!has_url && (has(c->inbound.username) || has(c->inbound.password_file)))
        tell(ck, KEY_inbound_imap_url, "is missing: write the mailbox, or take username and password_file out");
    else
        check_login(ck, &login);
}

static void check_letter(const struct config *c, const struct check *ck)
{
    if (is_bad(ck, KEY_letter_retry_first) || is_bad(ck, KEY_letter_retry_max) || is_bad(ck, KEY_letter_retry_max_age))
        return;
    if (c->letter.retry_first_s > c->letter.retry_max_s)
        tell(ck, KEY_letter_retry_max, "shorter than retry_first: write at least as much");
    else if (c->letter.retry_max_s > c->letter.retry_max_age_s)
        tell(ck, KEY_letter_retry_max_age, "shorter than retry_max: write at least as much");
}

/* Who asks the police must say who it is, in a header: no control characters, no line end. */
static void check_police_events(const struct config *c, const struct check *ck)
{
    const char *contact = c->police_events.contact;

    if (is_bad(ck, KEY_police_events_url) || is_bad(ck, KEY_police_events_contact))
        return;
    if (has(c->police_events.url.text) && !has(contact))
        tell(ck, KEY_police_events_contact,
             "is missing: write whom the police can reach about the calls, such as a mail address");
    for (const char *p = contact ? contact : ""; *p; p++) {
        if ((unsigned char)*p >= ' ' && (unsigned char)*p < 0x7f && *p != '(' && *p != ')')
            continue;
        tell(ck, KEY_police_events_contact, "has a character that cannot stand there: write ASCII without brackets");
        return;
    }
}

/* "" becomes the domain of the sender's address. */
static void derive_domain(char **domain, const char *from)
{
    const char *at = from ? strrchr(from, '@') : NULL;

    if (has(*domain) || !at)
        return;
    free(*domain);
    *domain = xstrdup(at + 1);
}

static void derive_hosts(struct config *c)
{
    const char *const hosts[] = {c->node.base_url.host, "localhost", "127.0.0.1", "::1"};
    struct config_hosts *h = &c->listen.allowed_hosts;

    if (h->count > 0 || !c->node.base_url.host)
        return;
    h->item = xcalloc(ARRAY_LEN(hosts), sizeof(*h->item));
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
        h->item[h->count++] = xstrdup(hosts[i]);
}

void config_check(struct config *c, const struct config_origin *file, const struct config_origin *relays,
                  struct file_errors *errors)
{
    const struct check ck = {.errors = errors, .origin = file};

    check_required(&ck);
    check_relays(c, relays, errors);
    check_inbound(c, &ck);
    check_letter(c, &ck);
    check_police_events(c, &ck);
    derive_domain(&c->sender.envelope_domain, c->sender.from);
    derive_domain(&c->sender.list_domain, c->sender.from);
    if (!file->is_bad[KEY_listen_allowed_hosts])
        derive_hosts(c);
}
