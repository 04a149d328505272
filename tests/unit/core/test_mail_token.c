/* core/mail_token.h: signed tokens. */
#include "core/mail_token.h"

#include <ctype.h>

#include "base/err.h"
#include "lib/test.h"

static const uint8_t key[MAIL_TOKEN_KEY_BYTES] = "01234567890123456789012345678901";
static const uint8_t other_key[MAIL_TOKEN_KEY_BYTES] = "11234567890123456789012345678901";

static const int64_t ids[] = {0, 1, 42, INT64_C(0x0123456789abcdef), INT64_MAX, -1, INT64_MIN};

static void test_mail_token_make__opens_again_and_is_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char token[MAIL_TOKEN_BYTES];
        int64_t id = 7;
        mail_token_make(key, MAIL_TOKEN_BOUNCE, ids[i], token);
        assert_int_equal(strlen(token), 29);
        assert_int_equal(strspn(token, "0123456789abcdefghjkmnpqrstvwxyz"), 29);
        assert_int_equal(mail_token_open(key, MAIL_TOKEN_BOUNCE, token, &id), 0);
        assert_int_equal(id, ids[i]);
    }
}

/* Letters that are in people's mailboxes must open after every later release. */
static void test_mail_token_make__keeps_its_form(void **state)
{
    (void)state;
    char token[MAIL_TOKEN_BYTES];
    assert_string_equal(mail_token_make(key, MAIL_TOKEN_UNSUBSCRIBE, 42, token), "000000000002nk8wpjf5rb1av3km2");
}

static void test_mail_token_open__ignores_case(void **state)
{
    (void)state;
    char token[MAIL_TOKEN_BYTES];
    int64_t id = 0;
    mail_token_make(key, MAIL_TOKEN_REPLY, 123456789, token);
    for (char *p = token; *p; p++)
        *p = (char)toupper(*p);
    assert_int_equal(mail_token_open(key, MAIL_TOKEN_REPLY, token, &id), 0);
    assert_int_equal(id, 123456789);
}

static void test_mail_token_open__refuses_other_purposes_and_keys(void **state)
{
    (void)state;
    static const enum mail_token_purpose all[] = {MAIL_TOKEN_BOUNCE,      MAIL_TOKEN_REPLY,
                                                  MAIL_TOKEN_UNSUBSCRIBE, MAIL_TOKEN_UNSUBSCRIBE_ALERTS,
                                                  MAIL_TOKEN_SHARED,      MAIL_TOKEN_SMS_REPORT};
    for (size_t made = 0; made < 6; made++) {
        for (size_t opened = 0; opened < 6; opened++) {
            char token[MAIL_TOKEN_BYTES];
            int64_t id = 7;
            mail_token_make(key, all[made], 42, token);
            assert_int_equal(mail_token_open(key, all[opened], token, &id), made == opened ? 0 : ERR_INVALID);
            assert_int_equal(mail_token_open(other_key, all[opened], token, &id), ERR_INVALID);
            assert_int_equal(id, made == opened ? 42 : 7);
        }
    }
}

static void test_mail_token_open__refuses_every_changed_character(void **state)
{
    (void)state;
    char token[MAIL_TOKEN_BYTES];
    int64_t id = 7;
    mail_token_make(key, MAIL_TOKEN_BOUNCE, 42, token);
    for (size_t i = 0; token[i]; i++) {
        char was = token[i];
        for (int c = 1; c < 256; c++) {
            if (tolower(c) == was)
                continue;
            token[i] = (char)c;
            assert_int_equal(mail_token_open(key, MAIL_TOKEN_BOUNCE, token, &id), ERR_INVALID);
        }
        token[i] = was;
    }
    assert_int_equal(id, 7);
}

static void test_mail_token_open__refuses_other_lengths(void **state)
{
    (void)state;
    char token[MAIL_TOKEN_BYTES + 1] = {0};
    int64_t id = 7;
    mail_token_make(key, MAIL_TOKEN_BOUNCE, 42, token);
    token[29] = '0';
    assert_int_equal(mail_token_open(key, MAIL_TOKEN_BOUNCE, token, &id), ERR_INVALID);
    token[28] = '\0';
    assert_int_equal(mail_token_open(key, MAIL_TOKEN_BOUNCE, token, &id), ERR_INVALID);
    assert_int_equal(mail_token_open(key, MAIL_TOKEN_BOUNCE, "", &id), ERR_INVALID);
    assert_int_equal(id, 7);
}

static void test_mail_token_open_local__reads_a_return_path(void **state)
{
    (void)state;
    char address[80];
    enum mail_token_purpose purpose = MAIL_TOKEN_REPLY;
    int64_t id = 0;
    mail_token_make_local(key, MAIL_TOKEN_BOUNCE, 42, address);
    assert_int_equal(strlen(address), 31);
    assert_memory_equal(address, "b+", 2);
    assert_int_equal(mail_token_open_local(key, address, &purpose, &id), 0);
    memcpy(address + 31, "@bounce.example.se", sizeof "@bounce.example.se");
    address[0] = 'B';
    assert_int_equal(mail_token_open_local(key, address, &purpose, &id), 0);
    assert_int_equal(purpose, MAIL_TOKEN_BOUNCE);
    assert_int_equal(id, 42);
    address[0] = 'u';
    assert_int_equal(mail_token_open_local(key, address, &purpose, &id), ERR_INVALID);
    static const char *const bad[] = {"", "b", "b+", "b+@x", "+", "x+00000000000000000000000000000", "b-0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(mail_token_open_local(key, bad[i], &purpose, &id), ERR_INVALID);
}

static const struct CMUnitTest tests[] = {
    TEST(test_mail_token_make__opens_again_and_is_short),
    TEST(test_mail_token_make__keeps_its_form),
    TEST(test_mail_token_open__ignores_case),
    TEST(test_mail_token_open__refuses_other_purposes_and_keys),
    TEST(test_mail_token_open__refuses_every_changed_character),
    TEST(test_mail_token_open__refuses_other_lengths),
    TEST(test_mail_token_open_local__reads_a_return_path),
};

TEST_MAIN(tests)
