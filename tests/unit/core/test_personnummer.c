/* core/personnummer.h. The numbers are of the Tax Agency's kind for tests: made up, with right check digits. */
#include "core/personnummer.h"

#include "base/mem.h"
#include "lib/test.h"

static void test_personnummer_find__finds_each_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t start, len;
    } rows[] = {
        {"19811228-9874", 0, 13},
        {"811228-9874", 0, 11},
        {"811228+9874", 0, 11},
        {"198112289874", 0, 12},
        {"8112289874", 0, 10},
        {"811288-9871", 0, 11}, /* day 28 + 60 */
        {"Anna 811228-9874, Storgatan", 5, 11},
        {"(811228\xe2\x80\x93"
         "9874)",
         1, 13},
        {"000229-0005", 0, 11},
        {"551212-0006", 0, 11}, /* a doubled five */
        {"20000229-0005", 0, 13},
        {"12-34 8112289874", 6, 10},
        {"811228 - 9874", 0, 13},
        {"19 811228 9874", 0, 14},
        {"112 19811228\xc2\xa0"
         "9874",
         4, 14},
        {"1981-12-28-9874", 0, 15},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t start = 99;
        size_t len = 99;
        if (!personnummer_find(rows[i].text, 0, &start, &len))
            fail_msg("%s", rows[i].text);
        assert_int_equal(start, rows[i].start);
        assert_int_equal(len, rows[i].len);
    }
}

static void test_personnummer_find__leaves_other_numbers(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "811228-9873",   /* check digit */
        "811328-9873",   /* month 13 */
        "811232-9878",   /* day 32 */
        "19000229-0005", /* no leap year */
        "17811228-9874", /* century */
        "556036-0793",   /* an organisation */
        "1811228-9874",  /* within longer digits */
        "811228-98745",
        "260415 1809", /* a day and a time, whose digits would do */
        "2026-04-15 1809",
        "81 12 28 9874", /* any four numbers */
        "811228 98 74",
        "20 811228",
        "0701740605", /* mobile */
        "+46701740605",
        "070-174 06 05",
        "2026-04-01",
        "20260401",
        "4556123456781234",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t start = 0;
        size_t len = 0;
        if (personnummer_find(rows[i], 0, &start, &len))
            fail_msg("%s", rows[i]);
    }
    /* No mobile number of the fictional series is taken for a person. */
    for (int i = 0; i < 100; i++) {
        char text[] = "0701740600";
        text[8] = (char)('0' + i / 10);
        text[9] = (char)('0' + i % 10);
        size_t start = 0;
        size_t len = 0;
        assert_false(personnummer_find(text, 0, &start, &len));
    }
}

static void test_personnummer_find__goes_on_from_an_offset(void **state)
{
    (void)state;
    const char *text = "811228-9874 och 19811228-9874";
    size_t start = 0;
    size_t len = 0;
    assert_true(personnummer_find(text, 0, &start, &len));
    assert_true(personnummer_find(text, start + len, &start, &len));
    assert_int_equal(start, 16);
    assert_false(personnummer_find(text, start + len, &start, &len));
    assert_false(personnummer_find("18112289874", 1, &start, &len)); /* not inside a row */
}

static const struct CMUnitTest tests[] = {
    TEST(test_personnummer_find__finds_each_form),
    TEST(test_personnummer_find__leaves_other_numbers),
    TEST(test_personnummer_find__goes_on_from_an_offset),
};

TEST_MAIN(tests)
