/* Which addresses are public; the contract is in net/address_guard.h. */
#include "net/address_guard.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

struct range4 {
    uint8_t net[4];
    int bits;
    const char *what;
};

static const struct range4 V4[] = {
    {{0, 0, 0, 0}, 8, "this network"},
    {{10, 0, 0, 0}, 8, "private"},
    {{100, 64, 0, 0}, 10, "shared by a carrier (CGNAT)"},
    {{127, 0, 0, 0}, 8, "loopback"},
    {{169, 254, 0, 0}, 16, "link-local"},
    {{172, 16, 0, 0}, 12, "private"},
    {{192, 0, 0, 0}, 24, "reserved for protocols"},
    {{192, 0, 2, 0}, 24, "for documentation"},
    {{192, 88, 99, 0}, 24, "a 6to4 relay"},
    {{192, 168, 0, 0}, 16, "private"},
    {{198, 18, 0, 0}, 15, "for benchmarks"},
    {{198, 51, 100, 0}, 24, "for documentation"},
    {{203, 0, 113, 0}, 24, "for documentation"},
    {{224, 0, 0, 0}, 4, "multicast"},
    {{240, 0, 0, 0}, 4, "reserved"},
};

/* Where an IPv6 range keeps the IPv4 address that a packet to it ends at; -1: refused whatever is inside. */
enum { INNER_NONE = -1 };

struct range6 {
    uint8_t net[16];
    int bits;
    int inner_at;
    const char *what;
};

static const struct range6 V6[] = {
    {{0}, 128, INNER_NONE, "unspecified"},
    {{[15] = 1}, 128, INNER_NONE, "loopback"},
    {{[10] = 0xff, [11] = 0xff}, 96, 12, "mapped"},                               /* ::ffff:a.b.c.d, RFC 4291 */
    {{0}, 96, INNER_NONE, "IPv4-compatible"},                                     /* ::a.b.c.d, deprecated */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12, "translated (NAT64)"},                     /* RFC 6052 */
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, INNER_NONE, "translated (local NAT64)"}, /* RFC 8215 */
    {{0x01, 0x00}, 64, INNER_NONE, "discarded"},                                  /* RFC 6666 */
    {{0x20, 0x01, 0x00, 0x00}, 32, INNER_NONE, "a Teredo tunnel"},                /* within the next */
    {{0x20, 0x01, 0x00}, 23, INNER_NONE, "reserved for protocols"},               /* RFC 2928 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32, INNER_NONE, "for documentation"},
    {{0x20, 0x02}, 16, 2, "6to4"},                          /* RFC 3056 */
    {{0x3f, 0xff}, 20, INNER_NONE, "for documentation"},    /* RFC 9637 */
    {{0xfc}, 7, INNER_NONE, "private (unique local)"},      /* RFC 4193 */
    {{0xfe, 0x80}, 10, INNER_NONE, "link-local"},           /* RFC 4291 */
    {{0xfe, 0xc0}, 10, INNER_NONE, "private (site-local)"}, /* RFC 3879 */
    {{0xff}, 8, INNER_NONE, "multicast"},
};

static bool is_within(const uint8_t *address, const uint8_t *net, int bits)
{
    size_t whole = (size_t)bits / 8;
    int rest = bits % 8;
    if (memcmp(address, net, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ net[whole]) >> (8 - rest)) == 0;
}

const char *address_guard_v4(const uint8_t address[4])
{
    for (size_t i = 0; i < ARRAY_LEN(V4); i++)
        if (is_within(address, V4[i].net, V4[i].bits))
            return V4[i].what;
    return NULL;
}

/* An interface identifier 0000:5efe or 0200:5efe ends in the IPv4 address of the tunnel's far end (RFC 5214). */
static bool is_isatap(const uint8_t address[16])
{
    return (address[8] & 0xfd) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

const char *address_guard_v6(const uint8_t address[16])
{
    for (size_t i = 0; i < ARRAY_LEN(V6); i++) {
        if (!is_within(address, V6[i].net, V6[i].bits))
            continue;
        return V6[i].inner_at == INNER_NONE ? V6[i].what : address_guard_v4(address + V6[i].inner_at);
    }
    if ((address[0] & 0xe0) != 0x20) /* 2000::/3 is all that is given out (IANA) */
        return "not given out";
    return is_isatap(address) ? address_guard_v4(address + 12) : NULL;
}

const char *address_guard_judge(const struct sockaddr *address, unsigned length_bytes)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->sa_family == AF_INET && length_bytes >= sizeof v4) {
        memcpy(&v4, address, sizeof v4);
        return address_guard_v4((const uint8_t *)&v4.sin_addr);
    }
    if (address->sa_family == AF_INET6 && length_bytes >= sizeof v6) {
        memcpy(&v6, address, sizeof v6);
        if (v6.sin6_scope_id != 0)
            return "bound to an interface";
        return address_guard_v6((const uint8_t *)&v6.sin6_addr);
    }
    return "no internet address";
}
