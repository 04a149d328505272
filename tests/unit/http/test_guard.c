/* http/guard.h alone: what llhttp would refuse too is refused here first, whatever becomes of llhttp. */
#include "http/guard.h"

#include "base/mem.h"
#include "lib/test.h"

static void test_line_guard_scan__row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        enum guard_result result;
        size_t used; /* of GUARD_EMPTY_LINE */
    } rows[] = {
        {"a\r\n\r\nb", 6, GUARD_EMPTY_LINE, 5},
        {"\r\n", 2, GUARD_EMPTY_LINE, 2},
        {"a\r\nb c\td\r\n", 10, GUARD_MORE, 0},
        {"a\r\n\r", 4, GUARD_MORE, 0},
        {"\xc3\xa5\x01\r\n", 5, GUARD_MORE, 0}, /* other bytes are llhttp's business */
        {"a\n", 2, GUARD_BAD, 0},
        {"\n", 1, GUARD_BAD, 0},
        {"a\rb", 3, GUARD_BAD, 0},
        {"a\r\r\n", 4, GUARD_BAD, 0},
        {"a\r\n\rX", 5, GUARD_BAD, 0},
        {"a\0b", 3, GUARD_BAD, 0},
        {"a\r\0", 3, GUARD_BAD, 0},
        {" a", 2, GUARD_BAD, 0},
        {"a\r\n b", 5, GUARD_BAD, 0},
        {"a\r\n\tb", 5, GUARD_BAD, 0},
        {"a\r\n \r\n", 6, GUARD_BAD, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct line_guard whole;
        const char *why = NULL;
        size_t used = 0;
        line_guard_init(&whole);
        assert_int_equal(line_guard_scan(&whole, rows[i].text, rows[i].len, &used, &why), rows[i].result);
        assert_int_equal(why != NULL, rows[i].result == GUARD_BAD);
        if (rows[i].result == GUARD_EMPTY_LINE)
            assert_int_equal(used, rows[i].used);

        struct line_guard bytes;
        enum guard_result result = GUARD_MORE;
        line_guard_init(&bytes);
        for (size_t k = 0; k < rows[i].len && result == GUARD_MORE; k++)
            result = line_guard_scan(&bytes, rows[i].text + k, 1, &used, &why);
        assert_int_equal(result, rows[i].result);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_line_guard_scan__row_by_row),
};

TEST_MAIN(tests)
