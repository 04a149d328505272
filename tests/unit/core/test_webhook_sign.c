/* core/webhook_sign.h against the published vectors of Standard Webhooks, and what is refused as a secret. */
#include "core/webhook_sign.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/test.h"

static const char ID[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char BODY[] = "{\"test\": 2432232314}";
enum { AT_S = 1614265330 };

/* A signature that the specification's libraries publish in their tests. */
struct vector {
    const char *secret, *id;
    int64_t at_s;
    const char *body, *signature;
};

static void test_webhook_sign__published_vectors(void **state)
{
    static const struct vector rows[] = {
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ID, AT_S, BODY, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
         "{\"email\":\"test@example.com\",\"username\":\"test_user\"}",
         "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="},
        {"whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=", ID, AT_S, BODY,
         "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag=="},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct webhook_secret secret;
        struct err err = {.text = ""};
        struct buf out;
        buf_init(&out, 400);
        assert_int_equal(webhook_secret_parse(rows[i].secret, &secret, &err), 0);
        webhook_sign(&secret, rows[i].id, rows[i].at_s, rows[i].body, strlen(rows[i].body), &out);
        assert_string_equal(buf_str(&out), rows[i].signature);
        buf_fini(&out);
    }
}

static void test_webhook_sign__an_empty_body(void **state)
{
    struct webhook_secret secret;
    struct buf out;
    (void)state;
    buf_init(&out, 400);
    assert_int_equal(webhook_secret_parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &secret, NULL), 0);
    webhook_sign(&secret, ID, AT_S, NULL, 0, &out);
    assert_int_equal(out.len, strlen("v1,") + 44);
    buf_fini(&out);
}

/* What the receiver does with the public key that it was given. */
static void test_webhook_secret_public__verifies(void **state)
{
    char text[WEBHOOK_SECRET_TEXT_BYTES];
    char public_text[WEBHOOK_SECRET_TEXT_BYTES];
    unsigned char public_key[36];
    unsigned char signature[68];
    char signed_text[200];
    struct webhook_secret secret;
    struct buf out;
    (void)state;
    buf_init(&out, 400);
    assert_int_equal(webhook_secret_parse(webhook_secret_new(true, text), &secret, NULL), 0);
    webhook_secret_public(&secret, public_text);
    assert_memory_equal(public_text, "whpk_", 5);
    assert_int_equal(EVP_DecodeBlock(public_key, (unsigned char *)public_text + 5, 44), 33);
    webhook_sign(&secret, ID, AT_S, BODY, sizeof BODY - 1, &out);
    assert_int_equal(EVP_DecodeBlock(signature, (unsigned char *)out.data + 4, 88), 66);
    int n = snprintf(signed_text, sizeof signed_text, "%s.%d.%s", ID, AT_S, BODY);
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(ctx, signature, 64, (unsigned char *)signed_text, (size_t)n), 1);
    signed_text[3] ^= 1;
    assert_int_not_equal(EVP_DigestVerify(ctx, signature, 64, (unsigned char *)signed_text, (size_t)n), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    buf_fini(&out);
}

static void test_webhook_secret_new__random_and_readable(void **state)
{
    char a[WEBHOOK_SECRET_TEXT_BYTES];
    char b[WEBHOOK_SECRET_TEXT_BYTES];
    struct webhook_secret secret;
    (void)state;
    for (int i = 0; i < 2; i++) {
        webhook_secret_new(i == 1, a);
        webhook_secret_new(i == 1, b);
        assert_string_not_equal(a, b);
        assert_int_equal(webhook_secret_parse(a, &secret, NULL), 0);
        assert_int_equal(secret.n, 32);
        assert_int_equal(secret.is_ed25519, i == 1);
    }
}

static void test_webhook_secret_parse__refused(void **state)
{
    static const char *const texts[] = {
        "",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS*",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwM",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw x",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whpk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct webhook_secret secret;
        struct err err = {.text = ""};
        if (webhook_secret_parse(texts[i], &secret, &err) != ERR_INVALID)
            fail_msg("taken: %s", texts[i]);
        assert_true(err.text[0]);
        if (strlen(texts[i]) > 12)
            assert_null(strstr(err.text, texts[i] + 6)); /* no error text repeats a secret */
    }
}

static void test_webhook_secret_parse__lengths(void **state)
{
    unsigned char bytes[66] = {7};
    char text[120] = "whsec_";
    struct webhook_secret secret;
    (void)state;
    for (int n = 20; n <= 66; n++) {
        EVP_EncodeBlock((unsigned char *)text + 6, bytes, n);
        assert_int_equal(webhook_secret_parse(text, &secret, NULL) == 0, n >= 24 && n <= 64);
        if (n >= 24 && n <= 64) {
            assert_int_equal(secret.n, n);
            assert_memory_equal(secret.bytes, bytes, (size_t)n);
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_webhook_sign__published_vectors), TEST(test_webhook_sign__an_empty_body),
    TEST(test_webhook_secret_public__verifies), TEST(test_webhook_secret_new__random_and_readable),
    TEST(test_webhook_secret_parse__refused),   TEST(test_webhook_secret_parse__lengths),
};

TEST_MAIN(tests)
