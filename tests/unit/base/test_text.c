/* Unicode helpers: rows of input and what must come out. */
#include "lib/test.h"

#include "base/mem.h"
#include "base/text.h"

struct row {
    const char *in;
    const char *out;
};

static void check_rows(const struct row *rows, size_t n, char *(*f)(const char *))
{
    for (size_t i = 0; i < n; i++) {
        char *got = f(rows[i].in);
        if (rows[i].out == NULL) {
            assert_null(got);
            continue;
        }
        assert_non_null(got);
        assert_string_equal(got, rows[i].out);
        free(got);
    }
}

static void test_text_is_utf8__strict(void **state)
{
    (void)state;
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("Lärkvägen", strlen("Lärkvägen")));
    assert_true(text_is_utf8("\xf0\x9f\x8f\xa0", 4));
    assert_false(text_is_utf8("L\xe4rk", 4));          /* Windows-1252 */
    assert_false(text_is_utf8("\xc0\xaf", 2));         /* overlong */
    assert_false(text_is_utf8("\xed\xa0\x80", 3));     /* surrogate */
    assert_false(text_is_utf8("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
    assert_false(text_is_utf8("a\xc3", 2));            /* cut */
}

static void test_text_has_control__finds_what_rewrites_a_line(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\nb", "a\tb", "\x7f", "\xc2\x85", "\u2028", "x\u202ey", "\u2066"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_true(text_has_control(bad[i], strlen(bad[i])));
    assert_true(text_has_control("a\0b", 3));
    const char *good = "Åke Påhittad – 2\xc2\xa0st ☂";
    assert_false(text_has_control(good, strlen(good)));
    assert_false(text_has_control("", 0));
}

static void test_text_clean__normalises_and_trims(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", ""},
        {"   ", ""},
        {" Munka  Ljungby ", "Munka Ljungby"},
        {"\xc2\xa0"
         "Åke\xc2\xa0\xc2\xa0Påhittad\t\r\n",
         "Åke Påhittad"},
        {"A\xcc\x8ake", "Åke"}, /* NFD of macOS */
        {"\xef\xbb\xbfOmråde", "Område"},
        {"a\xe2\x80\x8b"
         "b",
         "ab"},
        {"L\xe4rk", NULL},
    };
    check_rows(rows, ARRAY_LEN(rows), text_clean);
}

static void test_text_nfc__keeps_space_and_takes_a_length(void **state)
{
    (void)state;
    char *s = text_nfc("A\xcc\x8a  x", 4);
    assert_string_equal(s, "Å ");
    free(s);
    s = text_nfc("", 0);
    assert_string_equal(s, "");
    free(s);
    assert_null(text_nfc("\xff", 1));
}

static void test_text_fold__same_name_same_key(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"LÄRKVÄGEN  m.fl.", "lärkvägen m.fl."},
        {"Ekbackens BRF ", "ekbackens brf"},
        {"Åsa", "åsa"},
        {"Asa", "asa"},
        {"A\xcc\x8asa", "åsa"},
        {"Straße", "strasse"},
        {"ÅÄÖÉÞ×÷ÿ", "åäöéþ×÷ÿ"},
        {"ÅÉŒ ÅÄÖ", "åéœ åäö"},
        {"µ", "μ"}, /* the sign of micro is the letter */
        {"\xff", NULL},
    };
    check_rows(rows, ARRAY_LEN(rows), text_fold);
}

static void test_text_sort_key__swedish_order(void **state)
{
    (void)state;
    static const char *const sorted[] = {"{klammer}", "Alm", "apa",     "Linden",    "Lindénvägen",
                                         "Zäta",      "Åby", "Älmhult", "Ängelholm", "Ölycke"};
    for (size_t i = 0; i + 1 < ARRAY_LEN(sorted); i++) {
        char *a = text_sort_key(sorted[i]);
        char *b = text_sort_key(sorted[i + 1]);
        assert_true(strcmp(a, b) < 0);
        free(a);
        free(b);
    }
    static const struct row rows[] = {{"Müller", "myller"}, {"Møller", "m}ller"}, {"Ærø", "|r}"}, {"\xff", NULL}};
    check_rows(rows, ARRAY_LEN(rows), text_sort_key);
}

static void test_text_ascii__suggests_or_says_no(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"åsa.öberg", "asa.oberg"},
        {"ÉLISE", "elise"},
        {"Bjørn Ærø", "bjorn aero"},
        {"Иван", NULL},
        {"ñandú", "nandu"},
        {"\xe1\xba\xa5", "a"}, /* two marks */
        {"\xff", NULL},
    };
    check_rows(rows, ARRAY_LEN(rows), text_ascii);
}

static void test_text_length__counts_characters(void **state)
{
    (void)state;
    assert_int_equal(text_length(""), 0);
    assert_int_equal(text_length("Åke"), 3);
    assert_int_equal(text_length("\xf0\x9f\x8f\xa0!"), 2);
}

static void test_text_mask_addresses__leaves_no_address(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"550 5.1.1 <asa@example.se>: User unknown", "550 5.1.1 <address>: User unknown"},
        {"<a@b> and c@d, \"e@f\"", "<address> and <address>, \"<address>\""},
        {"nothing here", "nothing here"},
        {"", ""},
        {"åsa.öberg@ängelholm.example", "<address>"},
        {"at @ alone", "at <address> alone"},
    };
    char out[100];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(text_mask_addresses(rows[i][0], out, sizeof out), rows[i][1]);
    assert_string_equal(text_mask_addresses("åäö", out, 4), "å"); /* not half a character */
    assert_string_equal(text_mask_addresses("åäö", out, 1), "");
}

static void test_text_prefix__cuts_between_characters(void **state)
{
    (void)state;
    assert_int_equal(text_prefix("åäö", 2), 4);
    assert_int_equal(text_prefix("åäö", 3), 6);
    assert_int_equal(text_prefix("åäö", 9), 6);
    assert_int_equal(text_prefix("åäö", 0), 0);
    assert_int_equal(text_prefix("\xff\xc3!", 2), 2);
}

static const struct CMUnitTest tests[] = {
    TEST(test_text_is_utf8__strict),
    TEST(test_text_has_control__finds_what_rewrites_a_line),
    TEST(test_text_clean__normalises_and_trims),
    TEST(test_text_nfc__keeps_space_and_takes_a_length),
    TEST(test_text_fold__same_name_same_key),
    TEST(test_text_sort_key__swedish_order),
    TEST(test_text_ascii__suggests_or_says_no),
    TEST(test_text_length__counts_characters),
    TEST(test_text_prefix__cuts_between_characters),
    TEST(test_text_mask_addresses__leaves_no_address),
};

TEST_MAIN(tests)
