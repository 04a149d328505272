/* base/buf.h: growing buffers with a mandatory maximum. */
#include "base/buf.h"

#include "base/err.h"
#include "lib/test.h"

static void test_buf_add__grows_and_ends_in_nul(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf_adds(&b, "åäö"), 0);
    assert_int_equal(b.len, 6000);
    assert_int_equal(strlen(buf_str(&b)), 6000);
    buf_fini(&b);
}

static void test_buf_add__over_the_maximum_changes_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    assert_int_equal(buf_adds(&b, "12345"), 0);
    assert_int_equal(buf_addc(&b, '6'), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "12345");
    assert_false(buf_ok(&b));
    buf_reset(&b);
    assert_true(buf_ok(&b));
    assert_int_equal(buf_addf(&b, "%d", 123456), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "");
    buf_fini(&b);
}

static void test_buf_consume__drops_from_the_front(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 50);
    buf_adds(&b, "hello world");
    buf_consume(&b, 6);
    assert_string_equal(buf_str(&b), "world");
    char *taken = buf_take(&b);
    assert_string_equal(taken, "world");
    assert_int_equal(b.len, 0);
    free(taken);
    buf_fini(&b);
}

/* An empty file: room was made, and nothing came. (What malloc gives is not zero: ASan's is not.) */
static void test_buf_reserve__without_a_commit_is_text_still(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    assert_non_null(buf_reserve(&b, 50000));
    assert_string_equal(buf_str(&b), "");
    buf_fini(&b);
}

static const struct CMUnitTest tests[] = {
    TEST(test_buf_add__grows_and_ends_in_nul),
    TEST(test_buf_add__over_the_maximum_changes_nothing),
    TEST(test_buf_consume__drops_from_the_front),
    TEST(test_buf_reserve__without_a_commit_is_text_still),
};

TEST_MAIN(tests)
