/* http/form.h: queries and posted forms. */
#include "http/form.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

static void test_form_parse__row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        const char *want; /* name=value pairs, decoded, each followed by '|' */
    } rows[] = {
        {"", 0, ""},
        {"a=1", 0, "a=1|"},
        {"a=1&b=2&a=3", 0, "a=1|b=2|a=3|"},
        {"a", 0, "a=|"},
        {"=", 0, "=|"},
        {"&&a=1&&", 0, "a=1|"},
        {"a==b", 0, "a==b|"},
        {"namn=%C3%85sa+Ek%2BB", 0, "namn=Åsa Ek+B|"},
        {"%61=%26%3D", 0, "a=&=|"},
        {"a=%", ERR_INVALID, ""},
        {"a=%4", ERR_INVALID, ""},
        {"a=%4g", ERR_INVALID, ""},
        {"a=1&%00=2", ERR_INVALID, ""},
        {"a=%c3%28", ERR_INVALID, ""},
        {"a=\xff", ERR_INVALID, ""},
        {"a=1&b=2&c=3&d=4", ERR_TOO_LARGE, ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_form form;
        struct buf got;
        buf_init(&got, 256);
        http_form_init(&form);
        assert_int_equal(http_form_parse(&form, rows[i].text, strlen(rows[i].text), 3), rows[i].rc);
        for (size_t k = 0; k < form.count; k++)
            buf_addf(&got, "%s=%s|", form.pairs[k].name, form.pairs[k].value);
        assert_string_equal(buf_str(&got), rows[i].want);
        buf_fini(&got);
        http_form_fini(&form);
    }
}

static void test_form_parse__refuses_a_raw_nul(void **state)
{
    (void)state;
    struct http_form form;
    http_form_init(&form);
    assert_int_equal(http_form_parse(&form, "a=b\0c", 5, 3), ERR_INVALID);
    assert_int_equal(form.count, 0);
    http_form_fini(&form);
}

static void test_form_get__gives_the_first_or_null(void **state)
{
    (void)state;
    struct http_form form;
    http_form_init(&form);
    assert_null(http_form_get(&form, "a"));
    assert_int_equal(http_form_parse(&form, "b=0&a=1&a=2", 11, 10), 0);
    assert_string_equal(http_form_get(&form, "a"), "1");
    assert_null(http_form_get(&form, "A"));
    http_form_fini(&form);
}

static const struct CMUnitTest tests[] = {
    TEST(test_form_parse__row_by_row),
    TEST(test_form_parse__refuses_a_raw_nul),
    TEST(test_form_get__gives_the_first_or_null),
};

TEST_MAIN(tests)
