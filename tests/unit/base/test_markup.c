/* Escaping for HTML and XML: what has a meaning loses it, and what XML does not know is not written. */
#include "base/markup.h"

#include "base/buf.h"
#include "lib/test.h"

static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 1000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

static void test_markup_entity__knows_five(void **state)
{
    (void)state;
    size_t known = 0;
    for (int c = 0; c < 256; c++)
        known += markup_entity((char)c) != NULL;
    assert_int_equal(known, strlen(MARKUP_SPECIAL));
    for (const char *p = MARKUP_SPECIAL; *p; p++)
        assert_int_equal(markup_entity(*p)[0], '&');
}

static void test_markup_add__escapes_and_keeps_slots(void **state)
{
    (void)state;
    markup_add(&out, "<a href=\"x\" title='y'>å & \x01\n");
    assert_string_equal(buf_str(&out), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;å &amp; \x01\n");
}

static void test_markup_add_xml__table(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"", ""},
        {"rad 1\n\trad 2", "rad 1\n\trad 2"},
        {"a\r\nb", "a\nb"},
        {"]]>", "]]&gt;"},
        {"a\x01\x08\x0b\x0c\x1f\x7f z", "a z"},
        {"åäö 🚤", "åäö 🚤"},
        {"\xef\xbf\xbe\xef\xbf\xbf!", "!"},                         /* U+FFFE, U+FFFF */
        {"\xff", "\xef\xbf\xbd"},                                   /* never in UTF-8 */
        {"a\xc3", "a\xef\xbf\xbd"},                                 /* cut */
        {"\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx"}, /* a surrogate */
        {"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},                   /* an overlong '<' */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&out);
        markup_add_xml(&out, rows[i].in);
        assert_string_equal(buf_str(&out), rows[i].want);
    }
}

static void test_markup_add_element__leaves_out_what_is_empty(void **state)
{
    (void)state;
    markup_add_element(&out, "web", NULL);
    markup_add_element(&out, "web", "");
    markup_add_element(&out, "web", "\x01\r");
    markup_add_element(&out, "headline", "A < B");
    assert_string_equal(buf_str(&out), "<headline>A &lt; B</headline>\n");
}

static void test_markup_add_xml__a_full_buffer_is_told(void **state)
{
    (void)state;
    struct buf small;
    buf_init(&small, 3);
    markup_add_xml(&small, "a&b");
    assert_false(buf_ok(&small));
    buf_fini(&small);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_markup_entity__knows_five),
    TEST_FIXTURE(test_markup_add__escapes_and_keeps_slots, setup, teardown),
    TEST_FIXTURE(test_markup_add_xml__table, setup, teardown),
    TEST_FIXTURE(test_markup_add_element__leaves_out_what_is_empty, setup, teardown),
    TEST(test_markup_add_xml__a_full_buffer_is_told),
};

TEST_MAIN(TESTS)
