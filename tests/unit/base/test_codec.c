/* base/codec.h: keyed hashes against the vectors of RFC 4231. */
#include "base/codec.h"

#include "lib/test.h"

static void assert_hmac(const void *key, size_t key_len, const char *data, const char *expected)
{
    uint8_t mac[SHA256_BYTES];
    char hex[SHA256_HEX_BYTES];
    hmac_sha256(key, key_len, data, strlen(data), mac);
    assert_string_equal(hex_encode(mac, sizeof mac, hex), expected);
}

static void test_hmac_sha256__is_rfc_4231(void **state)
{
    (void)state;
    uint8_t key[131];
    memset(key, 0x0b, 20);
    assert_hmac(key, 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_hmac("Jefe", 4, "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key); /* longer than a block: hashed first */
    assert_hmac(key, sizeof key, "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static const struct CMUnitTest tests[] = {
    TEST(test_hmac_sha256__is_rfc_4231),
};

TEST_MAIN(tests)
