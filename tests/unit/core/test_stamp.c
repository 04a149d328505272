/* Times with an offset, as other systems write them. */
#include "core/stamp.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

static void test_stamp_read__is_the_same_instant_however_it_is_written(void **state)
{
    static const struct {
        const char *text;
        int64_t s;
    } rows[] = {
        {"2026-11-22T13:05:00+01:00", 1795349100}, {"2026-11-22T12:05:00Z", 1795349100},
        {"2026-11-22t12:05:00z", 1795349100},      {"2026-11-22 13:05:00 +01:00", 1795349100},
        {"2026-11-22T12:05:00-00:00", 1795349100}, {"2026-11-22T13:05+01:00", 1795349100},
        {"2026-11-22 9:05:00 +01:00", 1795334700}, {"2026-11-22 09:05:00+01:00", 1795334700},
        {"2026-12-31T23:59:60Z", 1798761600},      {"2028-02-29 00:00:00 +00:00", 1835395200},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t us = 0;
        assert_int_equal(stamp_read(rows[i].text, &us), 0);
        assert_int_equal(us, rows[i].s * US_PER_S);
    }
}

static void test_stamp_read__keeps_a_fraction_to_microseconds(void **state)
{
    int64_t us = 0;
    (void)state;
    assert_int_equal(stamp_read("2026-11-22T12:05:00.2500009Z", &us), 0);
    assert_int_equal(us, 1795349100 * US_PER_S + 250000);
}

static void test_stamp_read__refuses_what_is_no_time(void **state)
{
    static const char *const texts[] = {"",
                                        "igår",
                                        "2026-11-22",
                                        "2026-11-22T13:05:00",
                                        "2026-11-22T13:05:00 ",
                                        "2026-02-29T13:05:00Z",
                                        "2026-13-01T13:05:00Z",
                                        "2026-11-22T24:00:00Z",
                                        "2026-11-22T13:60:00Z",
                                        "2026-11-22T13:05:61Z",
                                        "2026-11-22T13:05:00+15:00",
                                        "2026-11-22T13:05:00+1:00",
                                        "2026-11-22T13:05:00+0100",
                                        "2026-11-22T13:05:00Zx",
                                        "1999-11-22T13:05:00Z",
                                        "2101-11-22T13:05:00Z",
                                        "12026-11-22T13:05:00Z",
                                        "2026-11-22T13:05:00.Z",
                                        "2026-11-22T:05:00Z",
                                        "2026-11-22T123:05:00Z",
                                        " 2026-11-22T13:05:00Z"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int64_t us = 7;
        if (stamp_read(texts[i], &us) != ERR_INVALID || us != 7)
            fail_msg("'%s' was taken", texts[i]);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_stamp_read__is_the_same_instant_however_it_is_written),
    TEST(test_stamp_read__keeps_a_fraction_to_microseconds),
    TEST(test_stamp_read__refuses_what_is_no_time),
};

TEST_MAIN(tests)
