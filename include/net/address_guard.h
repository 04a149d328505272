/*
 * Which addresses a call that other people steer may reach: the public internet and nothing else (server-side request
 * forgery). Judges the address itself, so it is asked when a socket is about to be opened, after all names are
 * resolved: then neither the spelling of a URL nor a name server that changes its answer matters.
 *
 * Refused are all ranges of the IANA special-purpose registries that are not globally reachable (RFC 6890 and its
 * successors), multicast, and IPv6 addresses that carry a refused IPv4 address: mapped, compatible, translated
 * (NAT64, RFC 6052), 6to4, ISATAP. The list is in daemon/net/address_guard.c, a row each.
 *
 * Not covered: a public address that the network itself routes inwards. Pure, any thread.
 */
#ifndef GB_NET_ADDRESS_GUARD_H
#define GB_NET_ADDRESS_GUARD_H

#include <stdint.h>

struct sockaddr;

/* NULL: public. Else what the address is, for a person: "loopback", "private", ... Bytes in network order. */
const char *address_guard_v4(const uint8_t address[4]);
const char *address_guard_v6(const uint8_t address[16]);
/* The same for a socket's address; everything that is not IPv4 or IPv6, or has a scope, is refused. */
const char *address_guard_judge(const struct sockaddr *address, unsigned length_bytes);

#endif
