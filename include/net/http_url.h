/*
 * URLs of outbound calls: what may be registered and called, in one spelling.
 *
 * libcurl takes a URL apart, here as well as when it calls; what comes out is strict: http or https, a host that is a
 * DNS name in ASCII (international ones become their xn-- form) or an IP address in its one usual form, a path, a
 * query. Refused: a login, a fragment, an empty host, control characters, spaces, backslashes, port 0, zones of IPv6,
 * names that no server can have. Every spelling of an IPv4 address (2130706433, 0x7f.1, 0177.0.0.1, full-width digits,
 * percent escapes, trailing dots) becomes the address, and is judged at once where private addresses are refused.
 * A name's address is judged when the socket opens (net/address_guard.h), never here: it may change.
 *
 * Pure, any thread. Texts of errors never repeat a URL: it may have a secret in its path.
 */
#ifndef GB_NET_HTTP_URL_H
#define GB_NET_HTTP_URL_H

#include <stdbool.h>

struct err;

enum { HTTP_URL_BYTES_MAX = 2048 };

/* Which doors are open. */
struct http_url_rule {
    bool allow_http;    /* else https only */
    bool allow_private; /* else addresses that are not public, and localhost, are refused */
};

/* 0 and the URL in its one spelling in *out (caller frees), or ERR_INVALID with "what is wrong: what to write". */
int http_url_normalize(const char *url, const struct http_url_rule *rule, char **out, struct err *err);
/* Only whether it would do. */
int http_url_check(const char *url, const struct http_url_rule *rule, struct err *err);

#endif
