/* core/holiday.h: Swedish public holidays, act 1989:253. */
#include "core/holiday.h"

#include "base/mem.h"
#include "lib/test.h"

struct row {
    struct date date;
    const char *name; /* NULL: no holiday */
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = holiday_name(rows[i].date);
        char text[DATE_ISO_BYTES];
        if ((name == NULL) != (rows[i].name == NULL) || (name != NULL && strcmp(name, rows[i].name) != 0))
            fail_msg("%s: %s, not %s", date_format(rows[i].date, text), name == NULL ? "no holiday" : name,
                     rows[i].name == NULL ? "no holiday" : rows[i].name);
    }
}

static void test_holiday_name__all_of_2026(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{2026, 1, 1}, "nyårsdagen"},
        {{2026, 1, 6}, "trettondedag jul"},
        {{2026, 4, 3}, "långfredagen"},
        {{2026, 4, 5}, "påskdagen"},
        {{2026, 4, 6}, "annandag påsk"},
        {{2026, 5, 1}, "första maj"},
        {{2026, 5, 14}, "Kristi himmelsfärdsdag"},
        {{2026, 5, 24}, "pingstdagen"},
        {{2026, 6, 6}, "nationaldagen"},
        {{2026, 6, 20}, "midsommardagen"},
        {{2026, 10, 31}, "alla helgons dag"},
        {{2026, 12, 25}, "juldagen"},
        {{2026, 12, 26}, "annandag jul"},
    };
    check(rows, ARRAY_LEN(rows));
    int named = 0;
    for (int day = date_to_days((struct date){2026, 1, 1}); day <= date_to_days((struct date){2026, 12, 31}); day++)
        named += holiday_name(date_from_days(day)) != NULL;
    assert_int_equal(named, ARRAY_LEN(rows));
}

static void test_holiday_name__eves_and_ordinary_sundays_have_none(void **state)
{
    (void)state;
    static const struct row rows[] = {{{2026, 12, 24}, NULL}, {{2026, 12, 31}, NULL}, {{2026, 6, 19}, NULL},
                                      {{2026, 4, 4}, NULL},   {{2026, 3, 1}, NULL},   {{2026, 10, 30}, NULL},
                                      {{2026, 5, 25}, NULL}};
    check(rows, ARRAY_LEN(rows));
}

static void test_holiday_name__laws_changed_in_2005(void **state)
{
    (void)state;
    static const struct row rows[] = {{{2004, 5, 31}, "annandag pingst"},
                                      {{2005, 5, 16}, NULL},
                                      {{2004, 6, 6}, NULL},
                                      {{2005, 6, 6}, "nationaldagen"},
                                      {{2003, 6, 9}, "annandag pingst"}};
    check(rows, ARRAY_LEN(rows));
}

static void test_holiday_name__saturdays_of_midsummer_and_all_saints_at_their_borders(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {{2026, 6, 20}, "midsommardagen"},
        {{2027, 6, 26}, "midsommardagen"},
        {{2028, 6, 24}, "midsommardagen"},
        {{2026, 10, 31}, "alla helgons dag"},
        {{2027, 11, 6}, "alla helgons dag"},
        {{2028, 11, 4}, "alla helgons dag"},
        {{2026, 6, 27}, NULL},
        {{2026, 11, 7}, NULL},
        {{2027, 6, 19}, NULL},
        {{2027, 10, 30}, NULL},
    };
    check(rows, ARRAY_LEN(rows));
    /* One of each in every year. */
    for (int year = 1900; year < 2200; year++) {
        int midsummer = 0;
        int saints = 0;
        for (int day = 0; day < 365; day++) {
            const char *name = holiday_name(date_from_days(date_to_days((struct date){year, 1, 1}) + day));
            midsummer += name != NULL && strcmp(name, "midsommardagen") == 0;
            saints += name != NULL && strcmp(name, "alla helgons dag") == 0;
        }
        assert_int_equal(midsummer, 1);
        assert_int_equal(saints, 1);
    }
}

static void test_holiday_name__fixed_date_is_named_when_two_meet(void **state)
{
    (void)state;
    static const struct row rows[] = {{{2008, 5, 1}, "första maj"}, {{2049, 6, 6}, "nationaldagen"}};
    check(rows, ARRAY_LEN(rows));
}

/* Published dates, the earliest (22 March 1818/2285 lies outside) and latest possible ones, and both exceptions of the
 * Gregorian table (19 April 1981, 18 April 1954 and 2049). */
static void test_holiday_easter__published_dates(void **state)
{
    (void)state;
    static const struct date rows[] = {
        {1900, 4, 15}, {1913, 3, 23}, {1943, 4, 25}, {1954, 4, 18}, {1961, 4, 2},  {1981, 4, 19},
        {2000, 4, 23}, {2008, 3, 23}, {2011, 4, 24}, {2019, 4, 21}, {2020, 4, 12}, {2024, 3, 31},
        {2025, 4, 20}, {2026, 4, 5},  {2027, 3, 28}, {2028, 4, 16}, {2029, 4, 1},  {2030, 4, 21},
        {2038, 4, 25}, {2049, 4, 18}, {2076, 4, 19}, {2100, 3, 28}, {2160, 3, 23}, {2199, 4, 14},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct date easter = holiday_easter(rows[i].year);
        assert_int_equal(date_to_days(easter), date_to_days(rows[i]));
    }
    for (int year = 1900; year < 2200; year++)
        assert_int_equal(days_weekday(date_to_days(holiday_easter(year))), SUNDAY);
}

static void test_next_working_day__passes_over_long_weekends(void **state)
{
    (void)state;
    static const struct {
        struct date from, to;
    } rows[] = {
        {{2026, 4, 2}, {2026, 4, 2}},     {{2026, 4, 3}, {2026, 4, 7}},     {{2026, 4, 4}, {2026, 4, 7}},
        {{2026, 5, 1}, {2026, 5, 4}},     {{2026, 5, 14}, {2026, 5, 15}},   {{2026, 12, 24}, {2026, 12, 24}},
        {{2026, 12, 25}, {2026, 12, 28}}, {{2025, 12, 25}, {2025, 12, 29}}, {{2027, 1, 1}, {2027, 1, 4}},
        {{2026, 6, 19}, {2026, 6, 19}},   {{2026, 6, 20}, {2026, 6, 22}},   {{2026, 1, 6}, {2026, 1, 7}},
        {{2004, 5, 30}, {2004, 6, 1}},    {{2199, 12, 31}, {2199, 12, 31}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(date_to_days(next_working_day(rows[i].from)), date_to_days(rows[i].to));
}

static void test_next_working_day__never_far_and_never_out_of_order(void **state)
{
    (void)state;
    int before = 0;
    for (int day = date_to_days((struct date){1970, 1, 1}); day <= date_to_days((struct date){2199, 12, 31}); day++) {
        int moved = date_to_days(next_working_day(date_from_days(day)));
        assert_true(moved >= day && moved - day <= HOLIDAY_MOVE_MAX_DAYS && moved >= before);
        before = moved;
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_holiday_name__all_of_2026),
    TEST(test_holiday_name__eves_and_ordinary_sundays_have_none),
    TEST(test_holiday_name__laws_changed_in_2005),
    TEST(test_holiday_name__saturdays_of_midsummer_and_all_saints_at_their_borders),
    TEST(test_holiday_name__fixed_date_is_named_when_two_meet),
    TEST(test_holiday_easter__published_dates),
    TEST(test_next_working_day__passes_over_long_weekends),
    TEST(test_next_working_day__never_far_and_never_out_of_order),
};
TEST_MAIN(tests)
