/*
 * URLs of outbound calls; the contract is in net/http_url.h.
 *
 * The host goes through percent-decoding (libcurl), UTS 46 with NFKC (libidn2, as browsers do it; this is where
 * full-width digits and the ideographic full stop become ASCII), and then the rule of the WHATWG: a host whose last
 * label is a number is an IPv4 address or nothing.
 */
#include "net/http_url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <idn2.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "net/address_guard.h"

enum { HOST_BYTES_MAX = 253, LABEL_BYTES_MAX = 63 };

static int bad(struct err *err, const char *text)
{
    return err_set(err, ERR_INVALID, "%s", text);
}

/* --- hosts ------------------------------------------------------------------------------------------------------- */

static bool label_is_valid(const char *s, size_t n)
{
    if (n == 0 || n > LABEL_BYTES_MAX || s[0] == '-' || s[n - 1] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && s[i] != '-' && s[i] != '_')
            return false;
    return true;
}

static bool name_is_valid(const char *host)
{
    if (strlen(host) > HOST_BYTES_MAX)
        return false;
    for (const char *label = host;; label++) {
        size_t n = strcspn(label, ".");
        if (!label_is_valid(label, n))
            return false;
        label += n;
        if (*label == '\0')
            return true;
    }
}

/* Digits, or 0x and hexadecimal digits: then the host can only be meant as an IPv4 address. */
static bool ends_in_number(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *last = dot ? dot + 1 : host;
    if (last[strspn(last, "0123456789")] == '\0')
        return true;
    return last[0] == '0' && last[1] == 'x' && last[2 + strspn(last + 2, "0123456789abcdef")] == '\0';
}

static bool is_localhost(const char *host)
{
    size_t n = strlen(host);
    return strcmp(host, "localhost") == 0 || (n > 10 && strcmp(host + n - 10, ".localhost") == 0);
}

static int refused(struct err *err, const char *shown, const char *what)
{
    return err_set(err, ERR_INVALID,
                   "%s is no public address (%s): write one that is reached over the internet, or allow private ones "
                   "([webhook] allow_private)",
                   shown, what);
}

static int judge_v4(char **host, const struct http_url_rule *rule, struct err *err)
{
    struct in_addr address;
    char text[INET_ADDRSTRLEN];
    if (!inet_aton(*host, &address))
        return bad(err, "the host is a number but no IPv4 address: write a name, or four numbers like 192.0.2.1");
    inet_ntop(AF_INET, &address, text, sizeof text);
    const char *what = rule->allow_private ? NULL : address_guard_v4((const uint8_t *)&address);
    if (what)
        return refused(err, text, what);
    free(*host);
    *host = xstrdup(text);
    return 0;
}

/* "[...]"; libcurl has checked some of it. */
static int judge_v6(char **host, const struct http_url_rule *rule, struct err *err)
{
    uint8_t address[16];
    char text[INET6_ADDRSTRLEN];
    size_t n = strlen(*host);
    char *inner = xstrndup(*host + 1, n - 2);
    int ok = (*host)[n - 1] == ']' && inet_pton(AF_INET6, inner, address) == 1;
    free(inner);
    if (!ok)
        return bad(err, "the host in brackets is no IPv6 address: write one like [2001:db8::1], without a zone");
    inet_ntop(AF_INET6, address, text, sizeof text);
    const char *what = rule->allow_private ? NULL : address_guard_v6(address);
    if (what)
        return refused(err, text, what);
    free(*host);
    *host = xasprintf("[%s]", text);
    return 0;
}

/* What the mapping below would leave as it is, which most hosts are. */
static bool is_plain(const char *host)
{
    return host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._")] == '\0' && !strstr(host, "--");
}

/* International names become xn--; compatibility characters become what they stand for. */
static int to_ascii(char **host, struct err *err)
{
    char *ascii = NULL;
    for (const char *c = *host; *c; c++)
        if (iscntrl((unsigned char)*c) || *c == ' ')
            return bad(err, "the host has a space or a control character in it: take it out");
    if (is_plain(*host))
        return 0;
    if (idn2_to_ascii_8z(*host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
        return bad(err, "the host is no possible name: check its spelling");
    free(*host);
    *host = xstrdup(ascii);
    idn2_free(ascii);
    for (char *c = *host; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return 0;
}

static int check_host(char **host, const struct http_url_rule *rule, struct err *err)
{
    if ((*host)[0] == '[')
        return judge_v6(host, rule, err);
    int rc = to_ascii(host, err);
    if (rc)
        return rc;
    size_t n = strlen(*host);
    if (n > 0 && (*host)[n - 1] == '.')
        (*host)[n - 1] = '\0'; /* the root; what more dots there are make an empty label */
    if (ends_in_number(*host))
        return judge_v4(host, rule, err);
    if (!name_is_valid(*host))
        return bad(err, "the host is no name that a server can have: use letters, digits, hyphens and dots");
    if (!rule->allow_private && is_localhost(*host))
        return refused(err, *host, "this machine");
    return 0;
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

static int check_text(const char *url, const struct http_url_rule *rule, struct err *err)
{
    size_t n = strlen(url);
    if (n > HTTP_URL_BYTES_MAX)
        return err_set(err, ERR_INVALID, "the URL has %zu bytes: at most %d", n, HTTP_URL_BYTES_MAX);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)url[i];
        if (c <= 0x20 || c == 0x7f || c == '\\')
            return bad(err,
                       "the URL has a space, a backslash or a control character in it: write it as %20 and the like");
    }
    bool is_https = strncasecmp(url, "https://", 8) == 0;
    bool is_http = strncasecmp(url, "http://", 7) == 0;
    if (!is_https && !is_http)
        return bad(err, "the URL does not begin with https://: write it whole");
    if (is_http && !rule->allow_http)
        return bad(err, "the URL is http, which anybody on the way can read: write https, or allow http ([webhook] "
                        "allow_http)");
    const char *authority = strchr(url, ':') + 3;
    size_t end = strcspn(authority, "/?#");
    if (end == 0 || authority[0] == ':')
        return bad(err, "the URL has no host: write https://HOST/PATH");
    if (memchr(authority, '@', end))
        return bad(err, "the URL has a login (or @) in front of the host: give it apart from the URL");
    if (strchr(url, '#'))
        return bad(err, "the URL has a fragment (#...), which is never sent: take it out");
    return 0;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    if (curl_url_get(url, part, &value, 0) != CURLUE_OK)
        return false;
    curl_free(value);
    return true;
}

static int check_port(CURLU *url, struct err *err)
{
    char *value = NULL;
    if (curl_url_get(url, CURLUPART_PORT, &value, 0) != CURLUE_OK)
        return 0;
    long port = strtol(value, NULL, 10); /* digits and at most 65535: libcurl checked */
    curl_free(value);
    return port == 0 ? bad(err, "the URL's port is 0: write 1 to 65535, or none") : 0;
}

static int normalize_host(CURLU *url, const struct http_url_rule *rule, struct err *err)
{
    char *part = NULL;
    if (curl_url_get(url, CURLUPART_HOST, &part, CURLU_URLDECODE) != CURLUE_OK)
        return bad(err, "the URL has no host: write https://HOST/PATH");
    char *host = xstrdup(part);
    curl_free(part);
    /* Again, so that a host escaped twice is no way round. */
    int rc = strchr(host, '%') ? bad(err, "the host has an escape or a zone (%) in it: write it plainly")
                               : check_host(&host, rule, err);
    if (rc == 0 && curl_url_set(url, CURLUPART_HOST, host, 0) != CURLUE_OK)
        rc = bad(err, "the host is no possible name: check its spelling");
    free(host);
    return rc;
}

int http_url_normalize(const char *text, const struct http_url_rule *rule, char **out, struct err *err)
{
    int rc = check_text(text, rule, err);
    if (rc)
        return rc;
    char *whole = NULL;
    CURLU *url = curl_url();
    if (!url)
        abort();
    if (curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_URLENCODE) != CURLUE_OK)
        rc = bad(err, "the URL cannot be read: write https://HOST/PATH");
    if (rc == 0 && (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)))
        rc = bad(err, "the URL has a login in front of the host: give it apart from the URL");
    if (rc == 0 && has_part(url, CURLUPART_ZONEID))
        rc = bad(err, "the host has an escape or a zone (%) in it: write it plainly");
    if (rc == 0)
        rc = check_port(url, err);
    if (rc == 0)
        rc = normalize_host(url, rule, err);
    if (rc == 0 && curl_url_get(url, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        rc = bad(err, "the URL cannot be read: write https://HOST/PATH");
    if (rc == 0) {
        *out = xstrdup(whole);
        curl_free(whole);
    }
    curl_url_cleanup(url);
    return rc;
}

int http_url_check(const char *url, const struct http_url_rule *rule, struct err *err)
{
    char *one = NULL;
    int rc = http_url_normalize(url, rule, &one, err);
    if (rc == 0)
        free(one);
    return rc;
}
