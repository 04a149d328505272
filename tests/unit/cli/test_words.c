/* cli/words.h: durations, and texts cut to columns. */
#include "cli/words.h"

#include "base/buf.h"
#include "lib/test.h"

static void assert_duration(long long s, const char *expected)
{
    struct buf b;
    buf_init(&b, 100);
    words_duration(&b, s);
    assert_string_equal(buf_str(&b), expected);
    buf_fini(&b);
}

static void test_words_duration__has_two_units_at_most(void **state)
{
    (void)state;
    assert_duration(0, "0 s");
    assert_duration(59, "59 s");
    assert_duration(60, "1 min");
    assert_duration(3725, "1 h 2 min");
    assert_duration(90000, "1 d 1 h");
}

static void assert_clip(const char *text, size_t columns, const char *expected)
{
    struct buf b;
    buf_init(&b, 200);
    buf_adds(&b, "ab ");
    words_clip(&b, text, columns);
    assert_string_equal(buf_str(&b) + 3, expected);
    buf_fini(&b);
}

static void test_words_clip__cuts_between_characters(void **state)
{
    (void)state;
    assert_clip("", 5, "");
    assert_clip("åäöåä", 5, "åäöåä");
    assert_clip("åäöåäö", 5, "åäöå…");
    assert_clip("漢字漢字", 5, "漢字…");
}

static void assert_wrap(const char *text, const char *expected)
{
    struct buf b;
    buf_init(&b, 200);
    words_wrap(&b, text, 2, 10);
    assert_string_equal(buf_str(&b), expected);
    buf_fini(&b);
}

static void test_words_wrap__breaks_between_words(void **state)
{
    (void)state;
    assert_wrap("", "");
    assert_wrap("  a  b\n", "  a b\n");
    assert_wrap("åäöå åäöå", "  åäöå\n  åäöå\n");
    assert_wrap("åäö åäöå", "  åäö åäöå\n");
    assert_wrap("a-word-that-is-long b", "  a-word-that-is-long\n  b\n");
}

static const struct CMUnitTest tests[] = {
    TEST(test_words_duration__has_two_units_at_most),
    TEST(test_words_wrap__breaks_between_words),
    TEST(test_words_clip__cuts_between_characters),
};

TEST_MAIN(tests)
