/*
 * Texts, names and files of the configuration; see core/config_parser.h.
 * A file key is only probed here; the daemon opens it again when it needs it.
 */
#include "core/config_parser.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/address.h"
#include "core/config_url.h"

enum { PATH_BYTES_MAX = 1000, ZONE_NAME_MAX = 64 };

#define ZONE_DIR "/usr/share/zoneinfo"

int config_shown(const char *text)
{
    size_t n = strlen(text);

    if (n <= CONFIG_SHOWN_BYTES)
        return (int)n;
    for (n = CONFIG_SHOWN_BYTES; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
        n--;
    return (int)n;
}

int config_not_a(struct err *err, const char *text, const char *what, const char *want)
{
    return err_set(err, ERR_INVALID, "'%.*s%s' is not %s: write %s", config_shown(text), text,
                   strlen(text) > CONFIG_SHOWN_BYTES ? "..." : "", what, want);
}

static void take_text(void *out, const char *text)
{
    *(char **)out = xstrdup(text);
}

int config_parse_text(const char *text, const struct config_range *range, void *out, struct err *err)
{
    if ((int64_t)strlen(text) > range->max)
        return err_set(err, ERR_INVALID, "the text is too long: write at most %d bytes", (int)range->max);
    take_text(out, text);
    return 0;
}

/* Kept as the relay gets it: with the domain in its xn-- form. */
int config_parse_address(const char *text, const struct config_range *range, void *out, struct err *err)
{
    struct address address;
    enum address_fault fault = address_read(text, &address);
    char what[200] = "a mail address that every server takes (it has a letter such as å before the @)";

    (void)range;
    if (fault == ADDRESS_OK && !address.needs_smtputf8) {
        take_text(out, address.ascii);
        return 0;
    }
    if (fault != ADDRESS_OK)
        (void)snprintf(what, sizeof(what), "a mail address (%s)", address_fault_wording(fault)->en);
    return config_not_a(err, text, what, "one address without a name, such as grannsamverkan@kommun.example");
}

int config_parse_domain(const char *text, const struct config_range *range, void *out, struct err *err)
{
    (void)range;
    if (!config_host_is_name(text))
        return config_not_a(err, text, "a domain", "a DNS name such as kommun.example (åäö in its xn-- form)");
    take_text(out, text);
    return 0;
}

static bool zone_name_is_sane(const char *s)
{
    return strlen(s) <= ZONE_NAME_MAX && isupper((unsigned char)s[0]) && !strstr(s, "..") && !strstr(s, "//") &&
           s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] == '\0';
}

/* 0, or a negative errno; ENODATA when the file is something else than a compiled zone. */
static int probe_zone(const char *path)
{
    char magic[4] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = 0;

    if (fd < 0)
        return -errno;
    n = read(fd, magic, sizeof(magic));
    close(fd);
    return n == (ssize_t)sizeof(magic) && memcmp(magic, "TZif", sizeof(magic)) == 0 ? 0 : -ENODATA;
}

int config_parse_zone(const char *text, const struct config_range *range, void *out, struct err *err)
{
    char *path = NULL;
    int rc = ERR_INVALID;

    (void)range;
    if (zone_name_is_sane(text)) {
        path = xasprintf("%s/%s", ZONE_DIR, text);
        rc = probe_zone(path);
        free(path);
    }
    if (rc && access(ZONE_DIR "/Etc/UTC", R_OK) != 0)
        return err_set(err, ERR_INVALID, "this machine has no time zones in %s: install the package tzdata", ZONE_DIR);
    if (rc)
        return config_not_a(err, text, "a time zone", "an IANA name such as Europe/Stockholm");
    take_text(out, text);
    return 0;
}

static bool path_is_clean(const char *text)
{
    size_t n = strlen(text);

    return text[0] == '/' && n > 1 && text[n - 1] != '/';
}

int config_parse_socket(const char *text, const struct config_range *range, void *out, struct err *err)
{
    const size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    (void)range;
    if (!path_is_clean(text) || strlen(text) > max)
        return err_set(err, ERR_INVALID, "not a path for a socket: write an absolute path of at most %zu bytes", max);
    take_text(out, text);
    return 0;
}

/* Only looked at: opening a device can do things. */
int config_parse_file(const char *text, const struct config_range *range, void *out, struct err *err)
{
    struct stat st;

    (void)range;
    if (!path_is_clean(text) || strlen(text) > PATH_BYTES_MAX)
        return config_not_a(err, text, "an absolute path", "one of at most 1000 bytes that begins with /");
    if (stat(text, &st) != 0 || faccessat(AT_FDCWD, text, R_OK, AT_EACCESS) != 0)
        return err_set(err, ERR_INVALID, "cannot read %s: %s: correct the path or let the service's user read it", text,
                       err_text(-errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is not a file: name a regular file", text);
    take_text(out, text);
    return 0;
}

char *config_next_item(const char **at)
{
    const char *s = *at;
    size_t n = 0;

    if (!s)
        return NULL;
    n = strcspn(s, ",");
    *at = s[n] ? s + n + 1 : NULL;
    while (n > 0 && s[0] == ' ') {
        s++;
        n--;
    }
    while (n > 0 && s[n - 1] == ' ')
        n--;
    return xstrndup(s, n);
}

void config_hosts_fini(struct config_hosts *h)
{
    for (size_t i = 0; i < h->count; i++)
        free(h->item[i]);
    free(h->item);
    *h = (struct config_hosts){0};
}

/* "1292" or "12", as SCB numbers municipalities and counties. */
static bool code_is_valid(const char *s)
{
    size_t n = strlen(s);

    return (n == 2 || n == 4) && strspn(s, "0123456789") == n;
}

static int codes_add(struct config_hosts *h, const char *code, const struct config_range *range, struct err *err)
{
    if (!code_is_valid(code))
        return config_not_a(err, code, "a municipality or a county",
                            "numbers of municipalities such as 1292, or of counties such as 12");
    if ((int64_t)h->count >= range->max)
        return err_set(err, ERR_INVALID, "too many: write at most %d, or counties in place of municipalities",
                       (int)range->max);
    h->item = xreallocarray(h->item, h->count + 1, sizeof(*h->item));
    h->item[h->count++] = xstrdup(code);
    return 0;
}

int config_parse_codes(const char *text, const struct config_range *range, void *out, struct err *err)
{
    struct config_hosts *h = out;
    const char *at = text;
    char *item = NULL;
    int rc = 0;

    while (rc == 0 && (item = config_next_item(&at)) != NULL) {
        rc = codes_add(h, item, range, err);
        free(item);
    }
    if (rc)
        config_hosts_fini(h);
    return rc;
}

static int hosts_add(struct config_hosts *h, const char *host, const struct config_range *range, struct err *err)
{
    if (!config_host_is_valid(host))
        return config_not_a(err, host, "a host name",
                            "names such as polisen.se, kommun.example (no https://, no port)");
    if ((int64_t)h->count >= range->max)
        return err_set(err, ERR_INVALID, "too many hosts: write at most %d", (int)range->max);
    h->item = xreallocarray(h->item, h->count + 1, sizeof(*h->item));
    h->item[h->count++] = xstrdup(host);
    for (char *c = h->item[h->count - 1]; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return 0;
}

int config_parse_hosts(const char *text, const struct config_range *range, void *out, struct err *err)
{
    struct config_hosts *h = out;
    const char *at = text;
    char *item = NULL;
    int rc = 0;

    while (rc == 0 && (item = config_next_item(&at)) != NULL) {
        rc = hosts_add(h, item, range, err);
        free(item);
    }
    if (rc)
        config_hosts_fini(h);
    return rc;
}
