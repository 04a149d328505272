/* base/histogram.h and base/prometheus.h: buckets, percentiles, and the text that Prometheus reads. */
#include "base/histogram.h"

#include "base/buf.h"
#include "base/prometheus.h"
#include "lib/test.h"

static const int64_t BOUNDS[] = {1000, 5000, 1500000};

static void assert_text(const struct buf *b, const char *expected)
{
    assert_true(buf_ok(b));
    assert_string_equal(buf_str(b), expected);
}

static void test_histogram_add__bounds_are_inclusive(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h, BOUNDS, 3);
    histogram_add(&h, 0);
    histogram_add(&h, 1000);
    histogram_add(&h, 1001);
    histogram_add(&h, 1500000);
    histogram_add(&h, 1500001);
    assert_int_equal(h.counts[0], 2);
    assert_int_equal(h.counts[1], 1);
    assert_int_equal(h.counts[2], 1);
    assert_int_equal(h.counts[3], 1);
    assert_int_equal(h.count, 5);
    assert_int_equal(h.max_us, 1500001);
}

static void test_histogram_add__a_clock_set_back_counts_as_nothing(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h, BOUNDS, 3);
    histogram_add(&h, -3600000000);
    assert_int_equal(h.counts[0], 1);
    assert_int_equal(h.sum_us, 0);
}

static void test_histogram_init__takes_the_most_bounds_and_the_ready_ones(void **state)
{
    (void)state;
    static const int64_t FAST[] = HISTOGRAM_FAST;
    static const int64_t SLOW[] = HISTOGRAM_SLOW;
    int64_t many[HISTOGRAM_BOUNDS_MAX];
    struct histogram h;
    for (int i = 0; i < HISTOGRAM_BOUNDS_MAX; i++)
        many[i] = i + 1;
    histogram_init(&h, many, HISTOGRAM_BOUNDS_MAX);
    histogram_add(&h, 1000);
    assert_int_equal(h.counts[HISTOGRAM_BOUNDS_MAX], 1);
    histogram_init(&h, FAST, sizeof FAST / sizeof FAST[0]);
    histogram_init(&h, SLOW, sizeof SLOW / sizeof SLOW[0]);
}

static void test_histogram_quantile__lies_in_the_right_bucket(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h, BOUNDS, 3);
    assert_int_equal(histogram_quantile(&h, 0.5), -1);
    for (int i = 0; i < 90; i++)
        histogram_add(&h, 500);
    for (int i = 0; i < 10; i++)
        histogram_add(&h, 4000);
    assert_in_range(histogram_quantile(&h, 0.5), 1, 1000);
    assert_in_range(histogram_quantile(&h, 0.9), 900, 1000);
    assert_in_range(histogram_quantile(&h, 0.99), 1001, 4000);
    assert_int_equal(histogram_quantile(&h, 1), 4000); /* not 5000: none was so large */
}

static void test_histogram_quantile__above_all_bounds_is_the_largest_seen(void **state)
{
    (void)state;
    struct histogram h;
    histogram_init(&h, BOUNDS, 3);
    histogram_add(&h, 9000000);
    assert_int_equal(histogram_quantile(&h, 1), 9000000);
    assert_in_range(histogram_quantile(&h, 0.5), 1500000, 9000000);
}

static void test_histogram_text__adds_up_and_ends_in_inf(void **state)
{
    (void)state;
    struct histogram h;
    struct buf b;
    buf_init(&b, 4096);
    histogram_init(&h, BOUNDS, 3);
    histogram_add(&h, 10);
    histogram_add(&h, 2000);
    histogram_add(&h, 2000000);
    histogram_text(&h, &b, "x_seconds", "");
    assert_text(&b, "x_seconds_bucket{le=\"0.001\"} 1\n"
                    "x_seconds_bucket{le=\"0.005\"} 2\n"
                    "x_seconds_bucket{le=\"1.5\"} 2\n"
                    "x_seconds_bucket{le=\"+Inf\"} 3\n"
                    "x_seconds_sum 2.00201\n"
                    "x_seconds_count 3\n");
    buf_reset(&b);
    histogram_init(&h, BOUNDS, 1);
    histogram_text(&h, &b, "x_seconds", "relay=\"a\"");
    assert_text(&b, "x_seconds_bucket{relay=\"a\",le=\"0.001\"} 0\n"
                    "x_seconds_bucket{relay=\"a\",le=\"+Inf\"} 0\n"
                    "x_seconds_sum{relay=\"a\"} 0\n"
                    "x_seconds_count{relay=\"a\"} 0\n");
    buf_fini(&b);
}

static void test_prometheus_label__escapes_what_would_break_the_line(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 256);
    prometheus_label(&b, "relay", "a\"b\\c\nd");
    prometheus_label(&b, "lane", "ö");
    assert_text(&b, "relay=\"a\\\"b\\\\c\\nd\",lane=\"ö\"");
    buf_fini(&b);
}

static void test_prometheus_seconds__is_exact_and_short(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {{0, "0"},       {1, "0.000001"},  {25, "0.000025"},       {100000, "0.1"},
                {1000000, "1"}, {1500000, "1.5"}, {86400000000, "86400"}, {999999, "0.999999"}};
    struct buf b;
    buf_init(&b, 64);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buf_reset(&b);
        prometheus_seconds(&b, rows[i].us);
        assert_text(&b, rows[i].text);
    }
    buf_fini(&b);
}

static void test_prometheus_sample__with_and_without_labels(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 256);
    prometheus_head(&b, "g_x", "gauge", "Help.");
    prometheus_sample(&b, "g_x", "", -1);
    prometheus_sample_us(&b, "g_x", "a=\"b\"", 1200);
    assert_text(&b, "# HELP g_x Help.\n# TYPE g_x gauge\ng_x -1\ng_x{a=\"b\"} 0.0012\n");
    buf_fini(&b);
}

static const struct CMUnitTest tests[] = {
    TEST(test_histogram_add__bounds_are_inclusive),
    TEST(test_histogram_add__a_clock_set_back_counts_as_nothing),
    TEST(test_histogram_init__takes_the_most_bounds_and_the_ready_ones),
    TEST(test_histogram_quantile__lies_in_the_right_bucket),
    TEST(test_histogram_quantile__above_all_bounds_is_the_largest_seen),
    TEST(test_histogram_text__adds_up_and_ends_in_inf),
    TEST(test_prometheus_label__escapes_what_would_break_the_line),
    TEST(test_prometheus_seconds__is_exact_and_short),
    TEST(test_prometheus_sample__with_and_without_labels),
};

TEST_MAIN(tests)
