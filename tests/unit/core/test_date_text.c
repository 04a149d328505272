/* core/date_text.h: what registers hold in their date columns. */
#include "core/date_text.h"

#include "base/mem.h"
#include "lib/test.h"

#include <stdio.h>

static void test_date_text_read__forms(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
        enum date_form form;
    } rows[] = {
        {"2024-01-31", "2024-01-31", DATE_FORM_ISO},
        {"2024-1-3", "2024-01-03", DATE_FORM_ISO},
        {"2024/01/31", "2024-01-31", DATE_FORM_ISO},
        {"2024.01.31", "2024-01-31", DATE_FORM_ISO},
        {"2024 01 31", "2024-01-31", DATE_FORM_ISO},
        {"2024-01-31 00:00:00", "2024-01-31", DATE_FORM_ISO},
        {"2024-01-31T09:30", "2024-01-31", DATE_FORM_ISO},
        {"20240131", "2024-01-31", DATE_FORM_COMPACT},
        {"24-01-31", "2024-01-31", DATE_FORM_SHORT_YEAR},
        {"240131", "2024-01-31", DATE_FORM_SHORT_YEAR},
        {"98-12-01", "1998-12-01", DATE_FORM_SHORT_YEAR},
        {"31/1 2024", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"3/6 2022", "2022-06-03", DATE_FORM_DAY_FIRST},
        {"31/1-2024", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"31/1-24", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"31/1/2024", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"31.1.2024", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"31.01.24", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"31-01-2024", "2024-01-31", DATE_FORM_DAY_FIRST},
        {"31 jan 2024", "2024-01-31", DATE_FORM_MONTH_NAME},
        {"31 januari 2024", "2024-01-31", DATE_FORM_MONTH_NAME},
        {"1 Okt. 2024", "2024-10-01", DATE_FORM_MONTH_NAME},
        {"5-maj-24", "2024-05-05", DATE_FORM_MONTH_NAME},
        {"5 may 2024", "2024-05-05", DATE_FORM_MONTH_NAME},
        {"januari 2024", "2024-01", DATE_FORM_MONTH},
        {"MARS 2024", "2024-03", DATE_FORM_MONTH},
        {"jan-24", "2024-01", DATE_FORM_MONTH},
        {"2024 maj", "2024-05", DATE_FORM_MONTH},
        {"2022-05", "2022-05", DATE_FORM_MONTH},
        {"05/2022", "2022-05", DATE_FORM_MONTH},
        {"2021", "2021", DATE_FORM_YEAR},
        {"2021.0", "2021", DATE_FORM_YEAR},
        {"45322", "2024-01-31", DATE_FORM_SERIAL},
        {"45322,0", "2024-01-31", DATE_FORM_SERIAL},
        {"45351", "2024-02-29", DATE_FORM_SERIAL},
        {"36526", "2000-01-01", DATE_FORM_SERIAL},
        {"25569", "1970-01-01", DATE_FORM_SERIAL},
        {"73415", "2100-12-31", DATE_FORM_SERIAL},
        {"29 feb 2024", "2024-02-29", DATE_FORM_MONTH_NAME},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct date_text d;
        if (date_text_read(rows[i].in, &d) != DATE_OK)
            fail_msg("%s: %d", rows[i].in, date_text_read(rows[i].in, &d));
        assert_string_equal(d.text, rows[i].out);
        assert_int_equal(d.form, rows[i].form);
    }
}

static void test_date_text_read__faults(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum date_fault fault;
    } rows[] = {
        {"", DATE_EMPTY},
        {"2024-02-30", DATE_IMPOSSIBLE},
        {"2023-02-29", DATE_IMPOSSIBLE},
        {"2024-00-10", DATE_IMPOSSIBLE},
        {"2024-10-00", DATE_IMPOSSIBLE},
        {"31/4 2024", DATE_IMPOSSIBLE},
        {"32 jan 2024", DATE_IMPOSSIBLE},
        {"1/31/2024", DATE_SWAPPED},
        {"2024-13", DATE_IMPOSSIBLE},
        {"20241301", DATE_SWAPPED},
        {"1812-01-01", DATE_RANGE},
        {"3000", DATE_RANGE},
        {"9999-12-31", DATE_RANGE},
        {"12345", DATE_FORM},
        {"99999", DATE_FORM},
        {"31/1", DATE_FORM},
        {"våren 2021", DATE_FORM},
        {"-2021", DATE_FORM},
        {"2021?", DATE_FORM},
        {"1 2 3 4", DATE_FORM},
        {"januari", DATE_FORM},
        {"31 foo 2024", DATE_FORM},
        {"123456789012", DATE_FORM},
        {"2024-01-31-05", DATE_FORM},
        {"4,53E+04", DATE_FORM},
        {":", DATE_FORM},
        {"T10:00", DATE_FORM},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct date_text d = {.text = "x"};
        if (date_text_read(rows[i].in, &d) != rows[i].fault)
            fail_msg("%s: %d", rows[i].in, date_text_read(rows[i].in, &d));
        assert_string_equal(d.text, "x");
    }
}

static void test_date_text_read__every_serial_is_the_next_day(void **state)
{
    (void)state;
    char before[DATE_TEXT_BYTES] = "";
    for (int serial = 20000; serial <= 73415; serial++) {
        char text[16];
        struct date_text d;
        snprintf(text, sizeof text, "%d", serial);
        assert_int_equal(date_text_read(text, &d), DATE_OK);
        assert_true(strcmp(d.text, before) > 0);
        memcpy(before, d.text, sizeof before);
    }
    assert_string_equal(before, "2100-12-31");
}

static void test_date_form_is_a_guess__when_it_could_be_another_day(void **state)
{
    (void)state;
    assert_true(date_form_is_a_guess(DATE_FORM_SERIAL));
    assert_true(date_form_is_a_guess(DATE_FORM_DAY_FIRST));
    assert_false(date_form_is_a_guess(DATE_FORM_ISO));
    assert_string_equal(date_form_wording(DATE_FORM_YEAR)->sv, "bara år");
    assert_non_null(strstr(date_fault_wording(DATE_FORM)->en, "2024-01-31"));
}

static const struct CMUnitTest tests[] = {
    TEST(test_date_text_read__forms),
    TEST(test_date_text_read__faults),
    TEST(test_date_text_read__every_serial_is_the_next_day),
    TEST(test_date_form_is_a_guess__when_it_could_be_another_day),
};

TEST_MAIN(tests)
