/*
 * Addresses in the configuration: URLs, host:port and host names. libcurl's URL parser does the
 * reading; what it lets pass and Grannbud has no use for (logins, queries, odd hosts) is refused here.
 * Texts of errors never repeat a URL that might have a password in it. Pure, any thread.
 */
#ifndef GB_CORE_CONFIG_URL_H
#define GB_CORE_CONFIG_URL_H

#include <stdbool.h>

#include "base/err.h"
#include "core/config_value.h"

/* All: 0 and the zeroed *out filled, or ERR_INVALID with "what is wrong: what to write" and *out zero. The
 * text of a base (the public address) has no closing slash, so that a path can be put behind it. */
int config_url_parse_base(const char *text, struct config_url *out, struct err *err);
int config_url_parse_store(const char *text, struct config_url *out, struct err *err);
int config_url_parse_relay(const char *text, struct config_url *out, struct err *err);
int config_url_parse_imap(const char *text, struct config_url *out, struct err *err);
/* What is fetched from others: https, with a path; http on this machine only. */
int config_url_parse_source(const char *text, struct config_url *out, struct err *err);
/* host:port, [IPv6]:port, or off. */
int config_url_parse_listen(const char *text, struct config_url *out, struct err *err);
void config_url_fini(struct config_url *u);

/* A DNS name: ASCII letters, digits and hyphens in labels of 1 to 63 bytes, 253 bytes at most, last label not a number.
 */
bool config_host_is_name(const char *host);
/* A DNS name or an IP address (without brackets)? */
bool config_host_is_valid(const char *host);

#endif
