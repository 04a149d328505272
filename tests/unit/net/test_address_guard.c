/* net/address_guard.h: the edges of each range, and what IPv6 wraps round an IPv4 address. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include "base/mem.h"
#include "net/address_guard.h"

static const char *judge(const char *text, unsigned scope)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_scope_id = scope};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_guard_judge((const struct sockaddr *)&v4, sizeof v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return address_guard_judge((const struct sockaddr *)&v6, sizeof v6);
}

static const char *const REFUSED[] = {
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.0.0.53",
    "127.1.2.3",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "172.16.0.0",
    "172.17.0.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.1",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.1",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.0",
    "250.1.2.3",
    "255.255.255.254",
    "255.255.255.255",
    /* IPv6 of its own */
    "::",
    "::1",
    "::2",
    "::ffff",
    "100::",
    "100::1",
    "100::ffff:ffff:ffff:ffff",
    "1::",
    "200::1",
    "400::1",
    "2001::",
    "2001::1",
    "2001:0:53aa:64c:0:ffff:80ff:fffe",
    "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:2::1",
    "2001:3::1",
    "2001:10::1",
    "2001:20::1",
    "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001:db8::",
    "2001:db8::1",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
    "3fff::1",
    "3fff:fff:ffff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "fc00::",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe00::1",
    "fe80::",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fec0::",
    "fec0::1",
    "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "ff00::1",
    "ff02::1",
    "ff0e::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    /* mapped, and the same in hexadecimal */
    "::ffff:0.0.0.0",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:172.16.0.1",
    "::ffff:192.168.1.1",
    "::ffff:255.255.255.255",
    /* compatible, also with a public address inside */
    "::10.0.0.1",
    "::127.0.0.1",
    "::169.254.169.254",
    "::8.8.8.8",
    "::192.168.0.1",
    /* NAT64 */
    "64:ff9b::0.0.0.0",
    "64:ff9b::10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::192.168.0.1",
    "64:ff9b::255.255.255.255",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "64:ff9b:0:0:0:1::1",
    "64:ff9b:2::1",
    /* 6to4 */
    "2002:0a00:0001::",
    "2002:7f00:1::",
    "2002:7f00:0001::1",
    "2002:a9fe:a9fe::",
    "2002:c0a8:0101::1",
    "2002:ac10:1::1",
    "2002:6440:1::",
    "2002:e000:1::",
    "2002:ffff:ffff::",
    "2002::",
    /* ISATAP */
    "2a00:1:2:3:0:5efe:10.0.0.1",
    "2a00:1:2:3:200:5efe:127.0.0.1",
    "2a00:1:2:3:0:5efe:a9fe:a9fe",
};

static const char *const PUBLIC[] = {
    "1.0.0.0",
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "193.10.0.1",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "2000::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2001:db7::1",
    "2001:db9::1",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:400f::200e",
    "3ffe::1",
    "3fff:1000::1",
    "2a00:1:2:3:0:5efe:8.8.8.8",
    "2a00:1:2:3:100:5efe:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
};

static void test_judge__refuses_what_is_not_public(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(REFUSED); i++)
        if (!judge(REFUSED[i], 0))
            fail_msg("%s was taken for public", REFUSED[i]);
}

static void test_judge__lets_public_addresses_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(PUBLIC); i++) {
        const char *what = judge(PUBLIC[i], 0);
        if (what)
            fail_msg("%s was refused: %s", PUBLIC[i], what);
    }
}

static void test_judge__refuses_a_scope_and_other_families(void **state)
{
    (void)state;
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/x.sock"};
    struct sockaddr_in cut = {.sin_family = AF_INET};
    inet_pton(AF_INET, "8.8.8.8", &cut.sin_addr);
    assert_non_null(judge("2a00:1450:400f::200e", 2));
    assert_non_null(address_guard_judge((const struct sockaddr *)&local, sizeof local));
    assert_non_null(address_guard_judge((const struct sockaddr *)&cut, sizeof cut - 1));
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_judge__refuses_what_is_not_public),
    TEST(test_judge__lets_public_addresses_pass),
    TEST(test_judge__refuses_a_scope_and_other_families),
};

TEST_MAIN(TESTS)
