/*
 * Time zones from TZif files (RFC 8536); the contract is in base/zone.h.
 *
 * A TZif file holds its data twice: a version 1 block with 32-bit times, which is skipped, and a block with 64-bit
 * times, which is read, then a footer with the rule for all later years. The file comes from the system, yet
 * each count is checked against the size, since a zone may be any file that its name leads to.
 */
#include "base/zone.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/zone_rule.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, DAY_S = 86400, RULE_TEXT_BYTES = 128 };

struct change {
    int64_t at_s; /* from this instant on */
    int offset_s;
};

struct zone {
    int first_offset_s; /* before the first change */
    bool has_rule;      /* after the last change; without a rule its offset stays */
    struct zone_rule rule;
    size_t n;
    struct change changes[]; /* ascending */
};

/* The counts of one block's header (RFC 8536 section 3.1). */
struct counts {
    uint32_t isut, isstd, leap, time, type, chars;
};

static uint32_t read_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t read_i64(const uint8_t *p)
{
    return (int64_t)((uint64_t)read_u32(p) << 32 | read_u32(p + 4));
}

static bool read_header(const uint8_t *p, size_t n, struct counts *out)
{
    if (n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return false;
    *out = (struct counts){read_u32(p + 20), read_u32(p + 24), read_u32(p + 28),
                           read_u32(p + 32), read_u32(p + 36), read_u32(p + 40)};
    return true;
}

static uint64_t block_bytes(const struct counts *c, unsigned time_bytes)
{
    return (uint64_t)c->time * (time_bytes + 1) + (uint64_t)c->type * TYPE_BYTES + c->chars +
           (uint64_t)c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* The changes of the 64-bit block at `p`, whose size has been checked. */
static bool read_changes(const uint8_t *p, const struct counts *c, struct zone *z)
{
    const uint8_t *index = p + (size_t)c->time * 8;
    const uint8_t *types = index + c->time;
    z->first_offset_s = (int)(int32_t)read_u32(types);
    for (size_t i = 0; i < c->time; i++) {
        if (index[i] >= c->type)
            return false;
        struct change *change = &z->changes[i];
        change->at_s = read_i64(p + i * 8);
        change->offset_s = (int)(int32_t)read_u32(types + (size_t)index[i] * TYPE_BYTES);
        /* A day is the limit of zone_to_utc_s; real offsets stay within 16 hours. */
        if (abs(change->offset_s) >= DAY_S || (i > 0 && change->at_s <= change[-1].at_s))
            return false;
    }
    z->n = c->time;
    return abs(z->first_offset_s) < DAY_S;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; an empty line means that the last offset stays. */
static bool read_footer(const uint8_t *p, size_t n, struct zone *z)
{
    char text[RULE_TEXT_BYTES];
    if (n < 2 || p[0] != '\n')
        return false;
    const uint8_t *end = memchr(p + 1, '\n', n - 1);
    if (end == NULL || (size_t)(end - p) > sizeof text)
        return false;
    size_t len = (size_t)(end - p) - 1;
    memcpy(text, p + 1, len);
    text[len] = '\0';
    z->has_rule = len > 0;
    return len == 0 || zone_rule_parse(text, &z->rule) == 0;
}

int zone_parse(const void *tzif, size_t n, struct zone **out, struct err *err)
{
    const uint8_t *p = tzif;
    struct zone *z = NULL;
    struct counts c;
    if (!read_header(p, n, &c) || block_bytes(&c, 4) > n - HEADER_BYTES)
        goto out;
    size_t second = HEADER_BYTES + (size_t)block_bytes(&c, 4);
    p += second;
    n -= second;
    if (!read_header(p, n, &c) || block_bytes(&c, 8) > n - HEADER_BYTES || c.type == 0)
        goto out;
    if (c.leap != 0)
        return err_set(err, ERR_CORRUPT, "the zone counts leap seconds (a \"right/\" zone), which Grannbud cannot use");
    z = xcalloc(1, sizeof *z + c.time * sizeof z->changes[0]);
    size_t block = (size_t)block_bytes(&c, 8);
    if (read_changes(p + HEADER_BYTES, &c, z) && read_footer(p + HEADER_BYTES + block, n - HEADER_BYTES - block, z)) {
        *out = z;
        return 0;
    }
out:
    zone_free(z);
    return err_set(err, ERR_CORRUPT, "it is not a time zone file (TZif version 2 or later)");
}

/* Letters, digits, "+", "-", "_" between single slashes: no way out of the directory. */
static bool name_is_plain(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > ZONE_NAME_MAX || name[0] == '/' || name[n - 1] == '/' || strstr(name, "//") != NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("+-_/", name[i]) == NULL)
            return false;
    return true;
}

/* Reads the whole file into buf[ZONE_FILE_MAX_BYTES]; its length, or a negative errno (-ENOENT when not a file). */
static ssize_t read_file(const char *path, uint8_t *buf)
{
    struct stat st;
    size_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    ssize_t got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -ENOENT;
    while (got > 0 && len < ZONE_FILE_MAX_BYTES) {
        got = read(fd, buf + len, ZONE_FILE_MAX_BYTES - len);
        if (got < 0)
            got = errno == EINTR ? 1 : -errno;
        else
            len += (size_t)got;
    }
    close(fd);
    return got < 0 ? got : (ssize_t)len;
}

int zone_open(const char *name, struct zone **out, struct err *err)
{
    if (!name_is_plain(name))
        return err_set(err, ERR_INVALID,
                       "a time zone has only letters, digits and + - _ / in its name, and at most %d characters: "
                       "write an IANA name such as Europe/Stockholm",
                       ZONE_NAME_MAX);
    const char *dir = getenv("TZDIR");
    if (dir == NULL || dir[0] == '\0')
        dir = "/usr/share/zoneinfo";
    if (access(dir, R_OK | X_OK) != 0)
        return err_set(err, ERR_CONFIG, "no time zone data in %.200s (%s): install the package tzdata", dir,
                       strerror(errno));

    char *path = xasprintf("%s/%s", dir, name);
    uint8_t *buf = xmalloc(ZONE_FILE_MAX_BYTES);
    struct err why = {.text = ""};
    ssize_t n = read_file(path, buf);
    int rc;
    if (n == -ENOENT || n == -ENOTDIR)
        rc = err_set(err, ERR_INVALID, "the time zone \"%s\" is not known: write an IANA name such as Europe/Stockholm",
                     name);
    else if (n < 0)
        rc = err_set(err, ERR_IO, "cannot read %.200s: %s", path, strerror((int)-n));
    else if ((rc = zone_parse(buf, (size_t)n, out, &why)) != 0)
        rc = err_set(err, rc, "cannot use the time zone \"%s\": %.200s: %s", name, path, why.text);
    free(buf);
    free(path);
    return rc;
}

void zone_free(struct zone *z)
{
    free(z);
}

int zone_offset_s(const struct zone *z, int64_t utc_s)
{
    if (z->has_rule && (z->n == 0 || utc_s >= z->changes[z->n - 1].at_s))
        return zone_rule_offset_s(&z->rule, utc_s);
    /* The number of changes at or before the instant. */
    size_t low = 0;
    size_t high = z->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (z->changes[middle].at_s <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? z->first_offset_s : z->changes[low - 1].offset_s;
}

int64_t zone_to_utc_s(const struct zone *z, int64_t local_s)
{
    /* Offsets are below a day, so these two hold before and after any change that the wall clock may be near. */
    int before_s = zone_offset_s(z, local_s - DAY_S);
    int after_s = zone_offset_s(z, local_s + DAY_S);
    int64_t early = local_s - before_s;
    int64_t late = local_s - after_s;
    if (zone_offset_s(z, early) == before_s)
        return early; /* no change, not yet changed, or the first of two */
    if (zone_offset_s(z, late) == after_s)
        return late;
    return early; /* in a gap */
}

char *zone_format(const struct zone *z, int64_t utc_us, char out[TIME_TEXT_BYTES])
{
    int64_t utc_s = utc_us >= 0 ? utc_us / US_PER_S : -((-utc_us + US_PER_S - 1) / US_PER_S);
    int offset_s = zone_offset_s(z, utc_s);
    unsigned minutes = (unsigned)abs(offset_s) / 60;
    time_t local = (time_t)(utc_s + offset_s);
    struct tm tm;
    gmtime_r(&local, &tm);
    size_t n = strftime(out, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, TIME_TEXT_BYTES - n, "%c%02u:%02u", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return out;
}
