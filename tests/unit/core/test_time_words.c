/* Times in words: local, in summer and winter, in both languages. */
#include "core/time_words.h"

#include <time.h>

#include "lib/test.h"

static void test_time_words__local_in_summer_and_winter(void **state)
{
    (void)state;
    char out[TIME_WORDS_BYTES];
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    assert_string_equal(time_words_sv(INT64_C(1774010096000000), out), "20 mars 2026 kl. 13.34");
    assert_string_equal(time_words_en(INT64_C(1774010096000000), out), "20 March 2026 at 13:34");
    assert_string_equal(time_words_sv(INT64_C(1782856800999999), out), "1 juli 2026 kl. 00.00");
    assert_string_equal(time_words_en(INT64_C(1782856800999999), out), "1 July 2026 at 00:00");
}

static void test_time_words_until_sv__as_a_neighbour_says_it(void **state)
{
    (void)state;
    static const struct {
        int64_t from_s, s;
        const char *want;
    } rows[] = {
        {1795363200, 1795368600, "i dag kl. 18.30 (söndag 22 november)"},
        {1795363200, 1795381140, "i dag kl. 21.59 (söndag 22 november)"},
        {1795363200, 1795388400, "i morgon kl. 00.00 (måndag 23 november)"},
        {1795363200, 1795586400, "onsdag 25 november kl. 07.00"},
        {1798754400, 1798758000, "i morgon kl. 00.00 (fredag 1 januari)"},
        {1798668000, 1798844400, "lördag 2 januari 2027 kl. 00.00"},
        {1792882800, 1792969200, "i morgon kl. 00.00 (måndag 26 oktober)"}, /* 25 hours long */
    };
    char out[TIME_WORDS_BYTES];
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(time_words_until_sv(rows[i].s * 1000000, rows[i].from_s * 1000000, out), rows[i].want);
}

static const struct CMUnitTest TESTS[] = {TEST(test_time_words__local_in_summer_and_winter),
                                          TEST(test_time_words_until_sv__as_a_neighbour_says_it)};

TEST_MAIN(TESTS)
