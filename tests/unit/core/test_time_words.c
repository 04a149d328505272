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

static const struct CMUnitTest TESTS[] = {TEST(test_time_words__local_in_summer_and_winter)};

TEST_MAIN(TESTS)
