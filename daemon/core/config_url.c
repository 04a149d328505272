/*
 * Addresses in the configuration; see core/config_url.h.
 *
 * Every URL goes the same way: the scheme must be one of a short list and be followed by "//" (libcurl
 * guesses otherwise), libcurl takes it apart, no part may be there that the key has no use for, and the host
 * must be a name or an address by our own strict rule.
 */
#include "core/config_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"

enum { HOST_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, STORE_PATH_MAX = 1000 };

/* One scheme that a key takes. */
struct scheme {
    const char *name;
    uint16_t port;
    bool is_secure;
};

static bool label_is_valid(const char *s, size_t n)
{
    if (n == 0 || n > LABEL_BYTES_MAX || s[0] == '-' || s[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x80 || (!isalnum(c) && c != '-'))
            return false;
    }
    return true;
}

bool config_host_is_name(const char *host)
{
    const char *label = host;
    size_t n = 0;

    if (strlen(host) > HOST_BYTES_MAX)
        return false;
    for (;;) {
        n = strcspn(label, ".");
        if (!label_is_valid(label, n))
            return false;
        if (label[n] == '\0')
            break;
        label += n + 1;
    }
    /* 10.0.0.1 and 0x7f000001's relatives are addresses or nothing, never names. */
    return strspn(label, "0123456789") != n && strncmp(label, "0x", 2) != 0;
}

static bool host_is_address(const char *host)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

bool config_host_is_valid(const char *host)
{
    return config_host_is_name(host) || host_is_address(host);
}

bool config_host_is_loopback(const char *host)
{
    static const unsigned char loopback6[16] = {[15] = 1};
    unsigned char bytes[16];
    size_t n = strlen(host);

    if (strcmp(host, "localhost") == 0 || (n > 10 && strcmp(host + n - 10, ".localhost") == 0))
        return true;
    if (inet_pton(AF_INET, host, bytes) == 1)
        return bytes[0] == 127;
    return inet_pton(AF_INET6, host, bytes) == 1 && memcmp(bytes, loopback6, sizeof(loopback6)) == 0;
}

static void lower(char *s)
{
    for (; *s; s++)
        *s = (char)tolower((unsigned char)*s);
}

static const struct scheme *scheme_of(const char *text, const struct scheme *list)
{
    for (; list->name; list++) {
        size_t n = strlen(list->name);
        if (strncasecmp(text, list->name, n) == 0 && strncmp(text + n, "://", 3) == 0 && text[n + 3] != '/')
            return list;
    }
    return NULL;
}

/* A part of the URL as our own string; "" when it is not there. */
static char *part_of(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    char *copy = NULL;

    if (curl_url_get(url, part, &value, 0) != CURLUE_OK)
        return xstrdup("");
    copy = xstrdup(value);
    curl_free(value);
    return copy;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *value = part_of(url, part);
    bool is_there = value[0] != '\0';

    free(value);
    return is_there;
}

/* The host without the brackets of IPv6, lower case. */
static char *host_of(CURLU *url)
{
    char *host = part_of(url, CURLUPART_HOST);
    size_t n = strlen(host);

    if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = '\0';
    }
    lower(host);
    return host;
}

static int port_of(CURLU *url, uint16_t fallback, uint16_t *out)
{
    char *port = part_of(url, CURLUPART_PORT);
    long n = *port ? strtol(port, NULL, 10) : fallback; /* digits only: libcurl checked */

    free(port);
    if (n < 1 || n > 65535)
        return ERR_INVALID;
    *out = (uint16_t)n;
    return 0;
}

static int check_parts(CURLU *url, const struct config_url *u, struct err *err)
{
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD) || has_part(url, CURLUPART_OPTIONS))
        return err_set(err, ERR_INVALID,
                       "a login in the address: write it as username, and the password into the file that "
                       "password_file names");
    if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
        return err_set(err, ERR_INVALID, "the address has a ? or # part: leave it out");
    if (has_part(url, CURLUPART_ZONEID) || !config_host_is_valid(u->host))
        return err_set(err, ERR_INVALID,
                       "the host in the address is not valid: write a DNS name (with åäö in its xn-- form) or an IP "
                       "address");
    return 0;
}

static int take_apart(CURLU *url, const char *text, const struct scheme *s, struct config_url *out, struct err *err)
{
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        return err_set(err, ERR_INVALID, "not an address of the form %s://host:port: correct it", s->name);
    out->text = xstrdup(text);
    out->host = host_of(url);
    out->path = part_of(url, CURLUPART_PATH);
    out->is_secure = s->is_secure;
    if (port_of(url, s->port, &out->port) != 0)
        return err_set(err, ERR_INVALID, "the port is not valid: write a number from 1 to 65535");
    return check_parts(url, out, err);
}

/* `want` completes "write ..." for a text that has none of the schemes. */
static int parse(const char *text, const struct scheme *list, const char *want, struct config_url *out, struct err *err)
{
    const struct scheme *s = scheme_of(text, list);
    CURLU *url = NULL;
    int rc = 0;

    if (!s)
        return err_set(err, ERR_INVALID, "not an address that fits here: write %s", want);
    url = curl_url();
    if (!url)
        abort(); /* out of memory, the only cause */
    rc = take_apart(url, text, s, out, err);
    curl_url_cleanup(url);
    if (rc)
        config_url_fini(out);
    return rc;
}

void config_url_fini(struct config_url *u)
{
    free(u->text);
    free(u->host);
    free(u->path);
    memset(u, 0, sizeof(*u));
}

/* Nothing but a "/" after the host; drops the path. */
static int want_no_path(struct config_url *u, struct err *err)
{
    bool is_bare = strcmp(u->path, "") == 0 || strcmp(u->path, "/") == 0;

    free(u->path);
    u->path = NULL;
    return is_bare ? 0 : err_set(err, ERR_INVALID, "the address has a path after the host: leave it out");
}

int config_url_parse_base(const char *text, struct config_url *out, struct err *err)
{
    static const struct scheme schemes[] = {{"https", 443, true}, {"http", 80, false}, {0}};
    int rc = parse(text, schemes, "https://host", out, err);

    if (rc)
        return rc;
    if (!out->is_secure && !config_host_is_loopback(out->host)) {
        config_url_fini(out);
        return err_set(err, ERR_INVALID, "http:// is only for this machine itself: write https://host");
    }
    free(out->path);
    out->path = NULL;
    /* Links are made by adding "/u/...": one form, without the closing slash. */
    for (size_t n = strlen(out->text); n > 0 && out->text[n - 1] == '/'; n--)
        out->text[n - 1] = '\0';
    return 0;
}

int config_url_parse_relay(const char *text, struct config_url *out, struct err *err)
{
    static const struct scheme schemes[] = {{"smtp", 25, false}, {"smtps", 465, true}, {0}};
    int rc = parse(text, schemes, "smtp://host:port or smtps://host:port", out, err);

    if (rc == 0 && (rc = want_no_path(out, err)) != 0)
        config_url_fini(out);
    return rc;
}

int config_url_parse_imap(const char *text, struct config_url *out, struct err *err)
{
    static const struct scheme schemes[] = {{"imaps", 993, true}, {"imap", 143, false}, {0}};
    int rc = parse(text, schemes, "imaps://host/INBOX", out, err);

    if (rc)
        return rc;
    if (!out->is_secure && !config_host_is_loopback(out->host)) {
        config_url_fini(out);
        return err_set(err, ERR_INVALID, "imap:// would send the password in clear: write imaps://host/INBOX");
    }
    memmove(out->path, out->path + (out->path[0] == '/'), strlen(out->path + (out->path[0] == '/')) + 1);
    if (out->path[0] == '\0') {
        config_url_fini(out);
        return err_set(err, ERR_INVALID, "the mailbox is missing: write imaps://host/INBOX");
    }
    return 0;
}

int config_url_parse_source(const char *text, struct config_url *out, struct err *err)
{
    static const struct scheme schemes[] = {{"https", 443, true}, {"http", 80, false}, {0}};
    int rc = parse(text, schemes, "https://host/path", out, err);

    if (rc == 0 && !out->is_secure && !config_host_is_loopback(out->host)) {
        config_url_fini(out);
        return err_set(err, ERR_INVALID, "http:// could be changed on its way: write https://host/path");
    }
    return rc;
}

int config_url_parse_store(const char *text, struct config_url *out, struct err *err)
{
    static const char prefix[] = "sqlite:";
    const char *path = text + sizeof(prefix) - 1;

    if (strncmp(text, "postgresql:", 11) == 0 || strncmp(text, "postgres:", 9) == 0)
        return err_set(err, ERR_INVALID,
                       "this version can only store in SQLite: write sqlite:/var/lib/grannbud/grannbud.db");
    if (strncmp(text, prefix, sizeof(prefix) - 1) != 0 || path[0] != '/' || path[1] == '/')
        return err_set(err, ERR_INVALID, "not a store: write sqlite: and the absolute path of a file");
    if (strlen(path) > STORE_PATH_MAX || path[strlen(path) - 1] == '/' || strpbrk(path, "?#%"))
        return err_set(err, ERR_INVALID, "not the path of a file: write one of at most %d bytes, without ? # %%",
                       STORE_PATH_MAX);
    out->text = xstrdup(text);
    out->path = xstrdup(path);
    return 0;
}

/* Digits only, 0 to 65535. */
static int parse_port(const char *text, uint16_t *out)
{
    size_t n = strlen(text);
    long port = 0;

    if (n == 0 || n > 5 || strspn(text, "0123456789") != n)
        return ERR_INVALID;
    port = strtol(text, NULL, 10);
    if (port > 65535)
        return ERR_INVALID;
    *out = (uint16_t)port;
    return 0;
}

/* Cut "[::1]:8080" or "127.0.0.1:8080" in `copy` into host and port text; false when it has no such form. */
static bool cut_host_port(char *copy, char **host, char **port)
{
    char *colon = strrchr(copy, ':');

    if (!colon || colon == copy)
        return false;
    *colon = '\0';
    *port = colon + 1;
    *host = copy;
    if (copy[0] != '[')
        return strchr(copy, ':') == NULL;
    if (colon[-1] != ']')
        return false;
    colon[-1] = '\0';
    *host = copy + 1;
    return strchr(*host, ':') != NULL;
}

int config_url_parse_listen(const char *text, struct config_url *out, struct err *err)
{
    char *copy = NULL;
    char *host = NULL;
    char *port = NULL;
    int rc = 0;

    if (*text == '\0' || strcasecmp(text, "off") == 0) {
        out->text = xstrdup("");
        return 0;
    }
    copy = xstrdup(text);
    lower(copy);
    /* Names would need the resolver at start; only the one that everybody has is taken. */
    if (!cut_host_port(copy, &host, &port) || parse_port(port, &out->port) != 0 ||
        (!host_is_address(host) && strcmp(host, "localhost") != 0)) {
        memset(out, 0, sizeof(*out));
        rc = err_set(err, ERR_INVALID, "not an address to listen on: write 127.0.0.1:8080, [::1]:8080 or off");
        goto out;
    }
    out->text = xstrdup(text);
    out->host = xstrdup(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host);
out:
    free(copy);
    return rc;
}
