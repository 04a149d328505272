/* core/address.h: what is accepted, what each fault is called, and what is suggested. */
#include "core/address.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

#include <stdio.h>

static void test_address_read__accepts(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *full, *ascii, *key;
    } rows[] = {
        {"gunilla.exempelsson@example.se", "gunilla.exempelsson@example.se", "gunilla.exempelsson@example.se",
         "gunilla.exempelsson@example.se"},
        {"Anna.Prov@Example.SE", "Anna.Prov@Example.SE", "Anna.Prov@example.se", "anna.prov@example.se"},
        {"a+b!#$%&'*/=?^_`{|}~-x@example.se", "a+b!#$%&'*/=?^_`{|}~-x@example.se", "a+b!#$%&'*/=?^_`{|}~-x@example.se",
         "a+b!#$%&'*/=?^_`{|}~-x@example.se"},
        {"info@ängelholm.example", "info@ängelholm.example", "info@xn--ngelholm-zza.example",
         "info@xn--ngelholm-zza.example"},
        {"info@ÖRKELLJUNGA.example", "info@ÖRKELLJUNGA.example", "info@xn--rkelljunga-dcb.example",
         "info@xn--rkelljunga-dcb.example"},
        {"info@o\xcc\x88rkelljunga.example", "info@örkelljunga.example", "info@xn--rkelljunga-dcb.example",
         "info@xn--rkelljunga-dcb.example"},
        {"info@xn--ngelholm-zza.example", "info@xn--ngelholm-zza.example", "info@xn--ngelholm-zza.example",
         "info@xn--ngelholm-zza.example"},
        {"x@1a.b-c.example", "x@1a.b-c.example", "x@1a.b-c.example", "x@1a.b-c.example"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct address a;
        assert_int_equal(address_read(rows[i].raw, &a), ADDRESS_OK);
        assert_string_equal(a.full, rows[i].full);
        assert_string_equal(a.ascii, rows[i].ascii);
        assert_string_equal(a.key, rows[i].key);
        assert_false(a.needs_smtputf8);
        assert_string_equal(a.suggestion, "");
    }
}

static void test_address_read__names_the_fault(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        enum address_fault fault;
    } rows[] = {
        {"", ADDRESS_EMPTY},
        {"anna", ADDRESS_NO_AT},
        {"@example.se", ADDRESS_NO_LOCAL},
        {"anna@", ADDRESS_NO_DOMAIN},
        {"anna@@example.se", ADDRESS_TWO_AT},
        {"anna@prov@example.se", ADDRESS_TWO_AT},
        {"anna prov@example.se", ADDRESS_SPACE},
        {" anna@example.se", ADDRESS_SPACE},
        {"anna@exa mple.se", ADDRESS_SPACE},
        {"anna\xc2\xa0@example.se", ADDRESS_SPACE},
        {"anna@example.se\r\nRCPT TO:<x@example.se>", ADDRESS_CONTROL},
        {"anna\n@example.se", ADDRESS_CONTROL},
        {"anna\t@example.se", ADDRESS_CONTROL},
        {"anna\x7f@example.se", ADDRESS_CONTROL},
        {"an\xe2\x80\x8bna@example.se", ADDRESS_CONTROL},
        {"an\xe2\x80\xaena@example.se", ADDRESS_CONTROL},
        {"anna@exam\xc2\xadple.se", ADDRESS_CONTROL},
        {"\xe5ke@example.se", ADDRESS_UTF8},
        {".anna@example.se", ADDRESS_LOCAL_DOT},
        {"anna.@example.se", ADDRESS_LOCAL_DOT},
        {"an..na@example.se", ADDRESS_LOCAL_DOT},
        {"\"anna\"@example.se", ADDRESS_QUOTED},
        {"\"an@na\"@example.se", ADDRESS_QUOTED},
        {"<anna@example.se>", ADDRESS_LOCAL_CHAR},
        {"anna,b@example.se", ADDRESS_LOCAL_CHAR},
        {"anna(x)@example.se", ADDRESS_LOCAL_CHAR},
        {"anna@example", ADDRESS_NO_DOT},
        {"anna@localhost", ADDRESS_NO_DOT},
        {"anna@[192.0.2.1]", ADDRESS_LITERAL},
        {"anna@192.0.2.1", ADDRESS_LITERAL},
        {"anna@example.se.", ADDRESS_DOMAIN},
        {"anna@.example.se", ADDRESS_DOMAIN},
        {"anna@example..se", ADDRESS_DOMAIN},
        {"anna@-example.se", ADDRESS_DOMAIN},
        {"anna@example-.se", ADDRESS_DOMAIN},
        {"anna@exa_mple.se", ADDRESS_DOMAIN},
        {"anna@example.se>", ADDRESS_DOMAIN},
        {"anna@ex,ample.se", ADDRESS_DOMAIN},
        {"anna@xn--zzzzzz99.se", ADDRESS_DOMAIN},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct address a = {.full = "untouched"};
        if (address_read(rows[i].raw, &a) != rows[i].fault)
            fail_msg("%s: %d", rows[i].raw, address_read(rows[i].raw, &a));
        assert_string_equal(a.full, "untouched");
    }
}

/* `local_len` a's, an @ and a domain that makes the whole `whole` bytes */
static void make_long(char *out, size_t local_len, size_t whole)
{
    memset(out, 'a', whole);
    out[local_len] = '@';
    for (size_t i = local_len + 50; i + 3 < whole; i += 50)
        out[i] = '.';
    memcpy(out + whole - 3, ".se", 4);
}

static void test_address_read__limits_of_length(void **state)
{
    (void)state;
    char raw[600];
    struct address a;
    make_long(raw, 64, 254);
    assert_int_equal(address_read(raw, &a), ADDRESS_OK);
    make_long(raw, 65, 254);
    assert_int_equal(address_read(raw, &a), ADDRESS_LOCAL_LONG);
    make_long(raw, 64, 255);
    assert_int_equal(address_read(raw, &a), ADDRESS_LONG);
    make_long(raw, 20, 500);
    assert_int_equal(address_read(raw, &a), ADDRESS_LONG);
    /* a label of 63 and of 64 */
    memset(raw, 'x', 100);
    memcpy(raw, "a@", 2);
    memcpy(raw + 2 + 63, ".se", 4);
    assert_int_equal(address_read(raw, &a), ADDRESS_OK);
    memset(raw + 2, 'x', 64);
    memcpy(raw + 2 + 64, ".se", 4);
    assert_int_equal(address_read(raw, &a), ADDRESS_DOMAIN);
    static const char labels[] = "ååååå.ååååå.ååååå.ååååå.ååååå.ååååå.ååååå.";
    /* short as typed, too long as A-labels */
    snprintf(raw, sizeof raw, "a@%s%s%sse", labels, labels, labels);
    assert_true(strlen(raw) <= ADDRESS_MAX);
    assert_int_equal(address_read(raw, &a), ADDRESS_LONG);
}

static void test_address_read__flags_and_suggests(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        bool utf8, typo;
        const char *suggestion;
    } rows[] = {
        {"åke.påhittad@example.se", true, false, "ake.pahittad@example.se"},
        {"Åsa.Öberg@example.se", true, false, "asa.oberg@example.se"},
        {"rené@example.se", true, false, "rene@example.se"},
        {"иван@example.se", true, false, ""},
        {"anna@gmial.com", false, true, "anna@gmail.com"},
        {"Anna@Hotnail.com", false, true, "Anna@hotmail.com"},
        {"anna@telia.con", false, true, "anna@telia.com"},
        {"anna@gmail.se", false, true, "anna@gmail.com"},
        {"anna@gmail.co", false, true, "anna@gmail.com"},
        {"åsa@gmial.com", true, true, "asa@gmail.com"},
        {"anna@gmail.com", false, false, ""},
        {"anna@ymail.com", false, false, ""},
        {"anna@mail.com", false, false, ""},
        {"anna@telia.se", false, false, ""},
        {"anna@hotmail.de", false, false, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct address a;
        assert_int_equal(address_read(rows[i].raw, &a), ADDRESS_OK);
        assert_string_equal(a.full, rows[i].raw);
        assert_int_equal(a.needs_smtputf8, rows[i].utf8);
        assert_int_equal(a.domain_typo, rows[i].typo);
        assert_string_equal(a.suggestion, rows[i].suggestion);
    }
}

static void test_address_parse__tells_what_is_wrong(void **state)
{
    (void)state;
    struct address a;
    struct err err = {.text = ""};
    assert_int_equal(address_parse("anna@example.se", &a, &err), 0);
    assert_int_equal(address_parse("anna@example", &a, &err), ERR_INVALID);
    assert_string_equal(err.text, "mail address \"anna@example\": the part after the @ has no dot, as in example.se");
    assert_int_equal(address_parse("anna\n@example.se", &a, &err), ERR_INVALID);
    assert_null(strchr(err.text, '\n'));
    assert_int_equal(address_parse("\xff@example.se", &a, NULL), ERR_INVALID);
}

static const struct CMUnitTest tests[] = {
    TEST(test_address_read__accepts),
    TEST(test_address_read__names_the_fault),
    TEST(test_address_read__limits_of_length),
    TEST(test_address_read__flags_and_suggests),
    TEST(test_address_parse__tells_what_is_wrong),
};

TEST_MAIN(tests)
