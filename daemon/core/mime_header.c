/* Whole header fields: text, addresses, URLs, ids, dates; the contract is in core/mime.h. */
#include "core/mime.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "core/mime_field.h"

enum {
    LIST_ID_MAX_BYTES = 255, /* RFC 2919, section 2 */
    OFFSET_MAX_MINUTES = 14 * 60,
};

int mime_add_text(struct buf *out, const char *name, const char *value)
{
    size_t n = strlen(value);
    int rc = mime_check_value(value, n);
    if (rc != 0)
        return rc;
    struct field f = field_begin(out, name);
    if (n == 0)
        field_space(&f, 0);
    else
        field_text(&f, value, n);
    return field_end(&f, 0);
}

/* `display` (may be NULL) and then what was already found right for the angle brackets. */
static int add_named(struct buf *out, const char *name, const char *display, const char *angle)
{
    size_t n = display ? strlen(display) : 0;
    int rc = n > 0 ? mime_check_value(display, n) : 0;
    if (rc != 0)
        return rc;
    struct field f = field_begin(out, name);
    if (n > 0)
        field_phrase(&f, display, n);
    field_space(&f, strlen(angle) + 2);
    field_angle(&f, "", angle, strlen(angle));
    return field_end(&f, 0);
}

int mime_add_mailbox(struct buf *out, const char *name, const char *display, const char *address, bool utf8_local)
{
    return mime_is_address(address, utf8_local) ? add_named(out, name, display, address) : ERR_INVALID;
}

int mime_add_address(struct buf *out, const char *name, const char *address)
{
    return mime_add_mailbox(out, name, NULL, address, false);
}

int mime_add_list_id(struct buf *out, const char *name, const char *display, const char *id)
{
    size_t n = strlen(id);
    if (n > LIST_ID_MAX_BYTES || strchr(id, '.') == NULL || !mime_is_dot_atom(id, n))
        return ERR_INVALID;
    return add_named(out, name, display, id);
}

/* --- URLs ------------------------------------------------------------------------------------------------------ */

/* Is it http or https, in characters that can stand between angle brackets? */
static int check_url(const char *url)
{
    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return ERR_INVALID;
    for (const char *p = url; *p != '\0'; p++) {
        if (*p <= ' ' || *p > '~' || mime_is_one_of(*p, "<>\"\\^`{|}"))
            return ERR_INVALID;
    }
    return strlen(url) <= MIME_TOKEN_MAX_BYTES ? 0 : ERR_TOO_LARGE;
}

/* The checked address as it stands in a mailto URL: what is special there as %XX (RFC 6068, section 2). At most three
 * times 320 bytes and the NUL. */
static size_t mailto_escape(const char *address, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = out;
    for (const char *p = address; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (mime_is_alnum(*p) || mime_is_one_of(*p, "@.+-_~")) {
            *to++ = *p;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    *to = '\0';
    return (size_t)(to - out);
}

int mime_add_uris(struct buf *out, const char *name, const char *url, const char *address)
{
    assert(url != NULL || address != NULL);
    int rc = url ? check_url(url) : 0;
    if (rc == 0 && address && !mime_is_address(address, false))
        rc = ERR_INVALID;
    if (rc != 0)
        return rc;
    struct field f = field_begin(out, name);
    if (url) {
        field_space(&f, strlen(url) + 2);
        field_angle(&f, "", url, strlen(url));
    }
    if (url && address)
        field_raw(&f, ",", 1);
    if (address) {
        char escaped[3 * 320 + 1];
        size_t n = mailto_escape(address, escaped);
        field_space(&f, n + strlen("<mailto:>"));
        field_angle(&f, "mailto:", escaped, n);
    }
    return field_end(&f, 0);
}

/* --- ids, tokens, dates ---------------------------------------------------------------------------------------- */

/* msg-id (RFC 5322, 3.6.4) without its angle brackets. */
static int check_id(const char *s, size_t n)
{
    const char *at = memchr(s, '@', n);
    if (n > MIME_TOKEN_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (at == NULL)
        return ERR_INVALID;
    size_t left = (size_t)(at - s);
    return mime_is_dot_atom(s, left) && mime_is_dot_atom(at + 1, n - left - 1) ? 0 : ERR_INVALID;
}

int mime_add_ids(struct buf *out, const char *name, const char *ids)
{
    if (strlen(ids) > MIME_VALUE_MAX_BYTES)
        return ERR_TOO_LARGE;
    struct field f = field_begin(out, name);
    for (;;) {
        size_t n = strcspn(ids, " ");
        int rc = check_id(ids, n);
        if (rc != 0)
            return field_end(&f, rc);
        field_space(&f, n + 2);
        field_angle(&f, "", ids, n);
        if (ids[n] == '\0')
            return field_end(&f, 0);
        ids += n + 1;
    }
}

int mime_add_token(struct buf *out, const char *name, const char *value)
{
    size_t n = strlen(value);
    size_t word = 0;
    if (n > MIME_VALUE_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (n == 0 || value[0] == ' ' || value[n - 1] == ' ' || strstr(value, "  ") != NULL)
        return ERR_INVALID;
    for (size_t i = 0; i < n; i++) {
        if (value[i] < ' ' || value[i] > '~')
            return ERR_INVALID;
        word = value[i] == ' ' ? 0 : word + 1;
        if (word > MIME_TOKEN_MAX_BYTES)
            return ERR_TOO_LARGE;
    }
    struct field f = field_begin(out, name);
    field_words(&f, value, n);
    return field_end(&f, 0);
}

int mime_add_date(struct buf *out, const char *name, int64_t us, int offset_minutes)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (us < 0 || offset_minutes < -OFFSET_MAX_MINUTES || offset_minutes > OFFSET_MAX_MINUTES)
        return ERR_INVALID;
    int ahead = offset_minutes < 0 ? -offset_minutes : offset_minutes;
    time_t local = (time_t)(us / US_PER_S + INT64_C(60) * offset_minutes);
    struct tm t;
    if (gmtime_r(&local, &t) == NULL || t.tm_year > 9999 - 1900)
        return ERR_INVALID;
    char text[128]; /* not strftime: it writes the names in the process' language */
    int n = snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d", days[t.tm_wday], t.tm_mday,
                     months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec, offset_minutes < 0 ? '-' : '+',
                     ahead / 60, ahead % 60);
    assert(n > 0 && (size_t)n < sizeof text);
    struct field f = field_begin(out, name);
    field_words(&f, text, (size_t)n);
    return field_end(&f, 0);
}
