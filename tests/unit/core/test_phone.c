/* core/phone.h: every form that a Swedish spreadsheet has been seen to hold. */
#include "core/phone.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

static void test_phone_read__forms(void **state)
{
    (void)state;
    static const struct {
        const char *text, *e164;
        bool zero_added;
    } rows[] = {
        {"070-174 06 05", "+46701740605", false},
        {"0701-74 06 06", "+46701740606", false},
        {"0701740606", "+46701740606", false},
        {"+46 (0)70-174 06 08", "+46701740608", false},
        {"+46(0)701740608", "+46701740608", false},
        {"+46 70 174 06 08", "+46701740608", false},
        {"+460701740608", "+46701740608", false},
        {"0046 70-174 06 08", "+46701740608", false},
        {"0046 (0)70-174 06 08", "+46701740608", false},
        {"46701740608", "+46701740608", false},
        {"701740607", "+46701740607", true},
        {"70-174 06 07", "+46701740607", true},
        {"431000000", "+46431000000", true},
        {"87654321", "+4687654321", true},
        {"0431-00 00 00", "+46431000000", false},
        {"08-765 43 21", "+4687654321", false},
        {"08/765 43 21", "+4687654321", false},
        {"(0431) 123 45", "+4643112345", false},
        {"070.174.06.05", "+46701740605", false},
        {"070\xc2\xa0"
         "174\xc2\xa0"
         "06 05",
         "+46701740605", false},
        {"070\xe2\x80\x93"
         "1740605",
         "+46701740605", false},
        {"mobil: 070-1740605", "+46701740605", false},
        {"070-1740605 (hem)", "+46701740605", false},
        {"Tel. 0431-123456", "+46431123456", false},
        {"+45 12 34 56 78", "+4512345678", false},
        {"004512345678", "+4512345678", false},
        {"+1 (555) 010-9999", "+15550109999", false},
        {"0771-41 43 00", "+46771414300", false},
        {"010-456 70 00", "+46104567000", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct phone p;
        if (phone_read(rows[i].text, &p) != PHONE_OK)
            fail_msg("%s: %s", rows[i].text, phone_fault_wording(phone_read(rows[i].text, &p))->en);
        assert_string_equal(p.e164, rows[i].e164);
        assert_int_equal(p.zero_added, rows[i].zero_added);
    }
}

static void test_phone_read__faults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum phone_fault fault;
    } rows[] = {
        {"", PHONE_EMPTY},
        {" - ", PHONE_EMPTY},
        {"7,01E+08", PHONE_SCIENTIFIC},
        {"7.01741e8", PHONE_SCIENTIFIC},
        {"4,67E+10", PHONE_SCIENTIFIC},
        {"ring Anna", PHONE_CHARACTER},
        {"070-174 06 0x", PHONE_CHARACTER},
        {"070+1740605", PHONE_CHARACTER},
        {"123 45", PHONE_NO_AREA},
        {"765 43 21", PHONE_NO_AREA},
        {"112", PHONE_NO_AREA},
        {"0431-1", PHONE_SHORT},
        {"070-174 06 0", PHONE_MOBILE},
        {"070-174 06 055", PHONE_MOBILE},
        {"70174060", PHONE_MOBILE},
        {"08-765 43 21 99", PHONE_LONG},
        {"+45 1", PHONE_SHORT},
        {"+4512345678901234", PHONE_LONG},
        {"+012345678", PHONE_CHARACTER},
        {"123456789012345678901234567890123456789012345678", PHONE_LONG},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct phone p = {.e164 = "x"};
        if (phone_read(rows[i].text, &p) != rows[i].fault)
            fail_msg("%s: %d", rows[i].text, phone_read(rows[i].text, &p));
        assert_string_equal(p.e164, "x");
    }
}

static void test_phone_read_cell__several_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *cell;
        enum phone_fault fault;
        size_t n;
        const char *first, *second;
    } rows[] = {
        {"070-174 06 09 / 0431-00 00 00", PHONE_OK, 2, "+46701740609", "+46431000000"},
        {"070-174 06 09/0431-00 00 00", PHONE_OK, 2, "+46701740609", "+46431000000"},
        {"0701740609, 0431000000", PHONE_OK, 2, "+46701740609", "+46431000000"},
        {"0701740609; 0431/00 00 00", PHONE_OK, 2, "+46701740609", "+46431000000"},
        {"0701740609 eller 0431000000", PHONE_OK, 2, "+46701740609", "+46431000000"},
        {"08/765 43 21", PHONE_OK, 1, "+4687654321", NULL},
        {"0701740609 /", PHONE_OK, 1, "+46701740609", NULL},
        {"0701740609 / 070-174 06 09", PHONE_OK, 1, "+46701740609", NULL},
        {"0701740609/0701740610/0701740611", PHONE_TOO_MANY, 2, "+46701740609", "+46701740610"},
        {"  ", PHONE_EMPTY, 0, NULL, NULL},
        {"7,01E+08", PHONE_SCIENTIFIC, 0, NULL, NULL},
        {"0701740609 / ring inte", PHONE_CHARACTER, 0, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct phone p[PHONE_CELL_MAX];
        size_t n = 0;
        if (phone_read_cell(rows[i].cell, p, &n) != rows[i].fault)
            fail_msg("%s: %d", rows[i].cell, phone_read_cell(rows[i].cell, p, &n));
        assert_int_equal(n, rows[i].n);
        if (n > 0)
            assert_string_equal(p[0].e164, rows[i].first);
        if (n > 1)
            assert_string_equal(p[1].e164, rows[i].second);
    }
}

static void test_phone_national__reads_back(void **state)
{
    (void)state;
    static const struct {
        const char *e164, *text;
    } rows[] = {
        {"+46701740605", "070-174 06 05"}, {"+46431000000", "0431-00 00 00"}, {"+4687654321", "08-765 43 21"},
        {"+468765432", "08-76 54 32"},     {"+46812345678", "08-123 456 78"}, {"+4643112345", "0431-123 45"},
        {"+46104567000", "010-456 70 00"}, {"+46771414300", "0771-41 43 00"}, {"+4512345678", "+4512345678"},
        {"+4643112345", "0431-123 45"},    {"+464311234", "0431-1234"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[PHONE_TEXT_BYTES];
        assert_string_equal(phone_national(rows[i].e164, text), rows[i].text);
        struct phone p;
        assert_int_equal(phone_read(text, &p), PHONE_OK);
        assert_string_equal(p.e164, rows[i].e164);
    }
}

static void test_phone_parse__says_why(void **state)
{
    (void)state;
    struct phone p;
    struct err err = {.text = ""};
    assert_int_equal(phone_parse("0701740605", &p, &err), 0);
    assert_int_equal(phone_parse("123", &p, &err), ERR_INVALID);
    assert_non_null(strstr(err.text, "area code"));
}

static const struct CMUnitTest tests[] = {
    TEST(test_phone_read__forms),
    TEST(test_phone_read__faults),
    TEST(test_phone_read_cell__several_numbers),
    TEST(test_phone_national__reads_back),
    TEST(test_phone_parse__says_why),
};

TEST_MAIN(tests)
