/* base/zone.h: offsets and wall-clock times, held against the C library's own reading of the same zone files. */
#include "base/zone.h"

#include "base/date.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/zone_rule.h"
#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum { DAY_S = 86400 };

/* Half-hour shifts, no shifts, shifts at midnight, negative DST, southern summers, and rules beyond 24 hours. */
static const char *const zones[] = {"Europe/Stockholm",
                                    "America/New_York",
                                    "Australia/Lord_Howe",
                                    "Europe/Dublin",
                                    "America/St_Johns",
                                    "Africa/Casablanca",
                                    "Asia/Jerusalem",
                                    "Asia/Gaza",
                                    "America/Santiago",
                                    "Pacific/Chatham",
                                    "Asia/Kathmandu",
                                    "America/Sao_Paulo",
                                    "Antarctica/Troll",
                                    "America/Havana",
                                    "Pacific/Apia",
                                    "Africa/Cairo",
                                    "Asia/Tehran",
                                    "America/Nuuk",
                                    "UTC",
                                    "Etc/GMT+12"};

static struct zone *open_zone(const char *name)
{
    struct zone *z = NULL;
    struct err err = {.text = ""};
    if (zone_open(name, &z, &err) != 0)
        fail_msg("%s", err.text);
    return z;
}

static void use_libc_zone(const char *name)
{
    setenv("TZ", name, 1);
    tzset();
}

static void test_zone_offset_s__agrees_with_the_c_library_until_2199(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        struct zone *z = open_zone(zones[i]);
        use_libc_zone(zones[i]);
        for (time_t t = 0; t < INT64_C(230) * 365 * DAY_S; t += 40007) {
            struct tm tm;
            localtime_r(&t, &tm);
            if (zone_offset_s(z, t) != tm.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", zones[i], (long long)t, zone_offset_s(z, t), tm.tm_gmtoff);
        }
        zone_free(z);
    }
}

static long libc_offset_s(int64_t utc_s)
{
    time_t t = (time_t)utc_s;
    struct tm tm;
    localtime_r(&t, &tm);
    return tm.tm_gmtoff;
}

/*
 * A wall-clock time that exists must be shown at our instant, and mktime's must not be earlier. In a gap mktime
 * does what it likes (an hour back in Casablanca), so there the offset of the day before is asked of the C library.
 */
static void check_wall_clock(const struct zone *z, const char *name, int day, int minute)
{
    struct date d = date_from_days(day);
    struct tm tm = {
        .tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day, .tm_min = minute, .tm_isdst = -1};
    int64_t local_s = (int64_t)day * DAY_S + minute * 60;
    int64_t ours = zone_to_utc_s(z, local_s);
    int64_t libc = mktime(&tm);
    bool exists = libc + libc_offset_s(libc) == local_s;
    bool right = exists ? ours + libc_offset_s(ours) == local_s && ours <= libc
                        : ours == local_s - libc_offset_s(local_s - DAY_S);
    if (!right)
        fail_msg("%s %d-%d-%d +%d min: %lld, mktime %lld", name, d.year, d.month, d.day, minute, (long long)ours,
                 (long long)libc);
}

/* Five times of each day, 2020 to 2045. */
static void test_zone_to_utc_s__agrees_with_mktime_every_day(void **state)
{
    (void)state;
    static const int minutes[] = {0, 2 * 60 + 15, 2 * 60 + 30, 9 * 60, 23 * 60 + 45};
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        struct zone *z = open_zone(zones[i]);
        use_libc_zone(zones[i]);
        for (int day = date_to_days((struct date){2020, 1, 1}); day < date_to_days((struct date){2046, 1, 1}); day++)
            for (size_t m = 0; m < ARRAY_LEN(minutes); m++)
                check_wall_clock(z, zones[i], day, minutes[m]);
        zone_free(z);
    }
}

/* In these zones mktime reads gaps and folds as RFC 5545 does: every half hour is the same. */
static void test_zone_to_utc_s__is_mktime_in_stockholm_and_new_york(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Stockholm", "America/New_York"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct zone *z = open_zone(names[i]);
        use_libc_zone(names[i]);
        int64_t end_s = (int64_t)date_to_days((struct date){2046, 1, 1}) * DAY_S;
        for (int64_t s = (int64_t)date_to_days((struct date){2020, 1, 1}) * DAY_S; s < end_s; s += 1800) {
            struct date d = date_from_days((int)(s / DAY_S));
            struct tm tm = {.tm_year = d.year - 1900,
                            .tm_mon = d.month - 1,
                            .tm_mday = d.day,
                            .tm_hour = (int)(s % DAY_S / 3600),
                            .tm_min = (int)(s % 3600 / 60),
                            .tm_isdst = -1};
            assert_int_equal(zone_to_utc_s(z, s), mktime(&tm));
        }
        zone_free(z);
    }
}

static void test_zone_to_utc_s__gap_has_the_offset_before_and_fold_is_the_first(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        struct date date;
        int minute;
        const char *expected;
    } rows[] = {
        {"Europe/Stockholm", {2027, 3, 28}, 90, "2027-03-28T01:30:00+01:00"},
        {"Europe/Stockholm", {2027, 3, 28}, 120, "2027-03-28T03:00:00+02:00"},
        {"Europe/Stockholm", {2027, 3, 28}, 150, "2027-03-28T03:30:00+02:00"},
        {"Europe/Stockholm", {2027, 3, 28}, 180, "2027-03-28T03:00:00+02:00"},
        {"Europe/Stockholm", {2027, 10, 31}, 120, "2027-10-31T02:00:00+02:00"},
        {"Europe/Stockholm", {2027, 10, 31}, 150, "2027-10-31T02:30:00+02:00"},
        {"Europe/Stockholm", {2027, 10, 31}, 180, "2027-10-31T03:00:00+01:00"},
        {"America/New_York", {2027, 3, 14}, 150, "2027-03-14T03:30:00-04:00"},
        {"America/New_York", {2027, 11, 7}, 90, "2027-11-07T01:30:00-04:00"},
        {"Australia/Lord_Howe", {2027, 10, 3}, 135, "2027-10-03T02:45:00+11:00"},
        {"Australia/Lord_Howe", {2027, 4, 4}, 105, "2027-04-04T01:45:00+11:00"},
        {"Australia/Lord_Howe", {2027, 4, 4}, 120, "2027-04-04T02:00:00+10:30"},
        {"Pacific/Apia", {2011, 12, 30}, 540, "2011-12-31T09:00:00+14:00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[TIME_TEXT_BYTES];
        struct zone *z = open_zone(rows[i].zone);
        int64_t utc_s = zone_to_utc_s(z, (int64_t)date_to_days(rows[i].date) * DAY_S + rows[i].minute * 60);
        assert_string_equal(zone_format(z, utc_s * US_PER_S, text), rows[i].expected);
        zone_free(z);
    }
}

static void test_zone_open__refuses_what_is_no_zone(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "Europe/Stokholm",
                                      "../../../etc/passwd",
                                      "/etc/localtime",
                                      "Europe",
                                      "zone.tab",
                                      "Europe//Stockholm",
                                      "Europe/",
                                      "tzdata.zi",
                                      "CET-1CEST",
                                      "a\nb",
                                      "Europe/Stockholm/x",
                                      "leapseconds"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct zone *z = NULL;
        struct err err = {.text = ""};
        int rc = zone_open(bad[i], &z, &err);
        assert_true(rc == ERR_INVALID || rc == ERR_CORRUPT);
        assert_null(z);
        assert_true(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
    }
}

static void test_zone_open__missing_zone_data_is_an_error_and_never_utc(void **state)
{
    (void)state;
    struct zone *z = NULL;
    struct err err;
    setenv("TZDIR", "/nonexistent", 1);
    assert_int_equal(zone_open("Europe/Stockholm", &z, &err), ERR_CONFIG);
    assert_string_equal(err.text,
                        "no time zone data in /nonexistent (No such file or directory): install the package tzdata");
    assert_int_equal(zone_open("UTC", &z, &err), ERR_CONFIG);
    unsetenv("TZDIR");
    assert_null(z);
}

static void test_zone_parse__refuses_every_cut_and_survives_every_changed_byte(void **state)
{
    (void)state;
    uint8_t file[8192];
    FILE *f = fopen("/usr/share/zoneinfo/Europe/Stockholm", "rb");
    assert_non_null(f);
    size_t n = fread(file, 1, sizeof file, f);
    fclose(f);
    for (size_t len = 0; len < n; len++) {
        struct zone *z = NULL;
        uint8_t *cut = xmalloc(len + 1);
        memcpy(cut, file, len);
        assert_int_equal(zone_parse(cut, len, &z, NULL), ERR_CORRUPT);
        free(cut);
    }
    for (size_t i = 0; i < n; i++) {
        struct zone *z = NULL;
        uint8_t kept = file[i];
        file[i] ^= 0xff;
        if (zone_parse(file, n, &z, NULL) == 0)
            (void)zone_to_utc_s(z, 1800000000);
        zone_free(z);
        file[i] = kept;
    }
}

static void test_zone_rule_parse__refuses_what_is_no_rule(void **state)
{
    (void)state;
    static const char *const good[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "UTC0", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "XXX3YYY2,J60/0,J300",        "XXX3YYY,0/0,365/25:00:01"};
    static const char *const bad[] = {"",
                                      "CET",
                                      "CE-1",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-25",
                                      "<CET-1",
                                      "CET-1CEST,M13.1.0,M1.1.0",
                                      "CET-1CEST,M3.6.0,M1.1.0",
                                      "CET-1CEST,M3.5.7,M1.1.0",
                                      "CET-1CEST,J0,J5",
                                      "CET-1CEST,366,5",
                                      "CET-1CEST,M3.5.0/168,M10.5.0",
                                      "CET-1CEST,M3.5.0,M10.5.0x",
                                      "CET-1:60",
                                      "CET-99999999999999999999"};
    struct zone_rule r;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_int_equal(zone_rule_parse(good[i], &r), 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(zone_rule_parse(bad[i], &r), ERR_INVALID);
}

/* The three ways to name a day of change; 2028 is a leap year. */
static void test_zone_rule_offset_s__counts_leap_days_as_posix_says(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        int change_2027, change_2028; /* March days */
    } rows[] = {{"AAA0BBB,J60/0,J300", 1, 1}, {"AAA0BBB,60/0,300", 2, 1}, {"AAA0BBB,M3.5.0/0,M10.5.0", 28, 26}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct zone_rule r;
        assert_int_equal(zone_rule_parse(rows[i].rule, &r), 0);
        int64_t a = (int64_t)date_to_days((struct date){2027, 3, rows[i].change_2027}) * DAY_S;
        int64_t b = (int64_t)date_to_days((struct date){2028, 3, rows[i].change_2028}) * DAY_S;
        assert_int_equal(zone_rule_offset_s(&r, a - 1), 0);
        assert_int_equal(zone_rule_offset_s(&r, a), 3600);
        assert_int_equal(zone_rule_offset_s(&r, b - 1), 0);
        assert_int_equal(zone_rule_offset_s(&r, b), 3600);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_zone_offset_s__agrees_with_the_c_library_until_2199),
    TEST(test_zone_to_utc_s__agrees_with_mktime_every_day),
    TEST(test_zone_to_utc_s__is_mktime_in_stockholm_and_new_york),
    TEST(test_zone_to_utc_s__gap_has_the_offset_before_and_fold_is_the_first),
    TEST(test_zone_open__refuses_what_is_no_zone),
    TEST(test_zone_open__missing_zone_data_is_an_error_and_never_utc),
    TEST(test_zone_parse__refuses_every_cut_and_survives_every_changed_byte),
    TEST(test_zone_rule_parse__refuses_what_is_no_rule),
    TEST(test_zone_rule_offset_s__counts_leap_days_as_posix_says),
};
TEST_MAIN(tests)
