/* base/date.h: civil dates. */
#include "base/date.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

#include <time.h>

static void test_date_to_days__agrees_with_the_c_library_for_400_years(void **state)
{
    (void)state;
    for (int days = -25568; days < 120000; days++) { /* 1899 to 2298 */
        time_t t = (time_t)days * 86400;
        struct tm tm;
        gmtime_r(&t, &tm);
        struct date d = date_from_days(days);
        assert_int_equal(d.year, tm.tm_year + 1900);
        assert_int_equal(d.month, tm.tm_mon + 1);
        assert_int_equal(d.day, tm.tm_mday);
        assert_int_equal(date_year_day(d), tm.tm_yday + 1);
        assert_int_equal(days_weekday(days), (tm.tm_wday + 6) % 7);
        assert_int_equal(date_to_days(d), days);
        char text[16];
        int year;
        int week = days_week(days, MONDAY, &year);
        strftime(text, sizeof text, "%G", &tm);
        assert_int_equal(year, strtol(text, NULL, 10));
        strftime(text, sizeof text, "%V", &tm);
        assert_int_equal(week, strtol(text, NULL, 10));
    }
}

static void test_days_week__counts_from_any_weekday(void **state)
{
    (void)state;
    int year;
    /* 2027-01-01 is a Friday: week 53 of 2026 when weeks open on Monday, week 52 when on Sunday. */
    int new_year = date_to_days((struct date){2027, 1, 1});
    assert_int_equal(days_week(new_year, MONDAY, &year), 53);
    assert_int_equal(year, 2026);
    assert_int_equal(days_week(new_year, SUNDAY, &year), 52);
    assert_int_equal(year, 2026);
    assert_int_equal(days_week(new_year, FRIDAY, &year), 1);
    assert_int_equal(year, 2027);
    assert_int_equal(year_weeks(2026, MONDAY), 53);
    assert_int_equal(year_weeks(2026, SUNDAY), 52);
}

static void test_date_parse__takes_days_that_exist(void **state)
{
    (void)state;
    struct date d = {1, 2, 3};
    assert_int_equal(date_parse("2028-02-29", &d), 0);
    assert_int_equal(d.year, 2028);
    assert_int_equal(d.month, 2);
    assert_int_equal(d.day, 29);
    static const char *const bad[] = {"",           "2027-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
                                      "2026-1-1",   "2026-01-1 ", "20260101",   "2026/01/01", "2026-01-01T0",
                                      "0000-01-01", "-026-01-01", "2026-04-31", "2100-02-29"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(date_parse(bad[i], &d), ERR_INVALID);
    assert_int_equal(d.year, 2028);
}

static void test_date_format__has_ten_characters(void **state)
{
    (void)state;
    char text[DATE_ISO_BYTES];
    assert_string_equal(date_format((struct date){2026, 4, 1}, text), "2026-04-01");
    assert_string_equal(date_format((struct date){1, 12, 31}, text), "0001-12-31");
}

static const struct CMUnitTest tests[] = {
    TEST(test_date_to_days__agrees_with_the_c_library_for_400_years),
    TEST(test_days_week__counts_from_any_weekday),
    TEST(test_date_parse__takes_days_that_exist),
    TEST(test_date_format__has_ten_characters),
};
TEST_MAIN(tests)
