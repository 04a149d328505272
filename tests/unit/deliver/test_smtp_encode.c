/* deliver/smtp_encode.h: what may go out, and dot-stuffing. */
#include "deliver/smtp_encode.h"

#include "base/mem.h"
#include "lib/test.h"

static void test_smtp_address_is_safe__refuses_what_could_break_out(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a@b\r\nRCPT TO:<c@d", "a@b>", "<a@b", "a b@c", "a@b\n", "a\x01@b", "a\x7f@b", "nobody", "@b", "a@", "", "å@b"};
    static const char *const good[] = {"a@b", "bounces+m42@watch.test", "a'b@c", "\"a@b\"@c"};
    char long_one[SMTP_ADDRESS_BYTES + 10];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(smtp_address_is_safe(bad[i], false, false));
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(smtp_address_is_safe(good[i], false, false));
    assert_true(smtp_address_is_safe("", false, true));
    assert_true(smtp_address_is_safe("åsa@watch.test", true, false));
    assert_false(smtp_address_is_safe("\xe5sa@watch.test", true, false));
    assert_false(smtp_address_is_safe("a\xe2\x80\xa8@b", true, false)); /* U+2028, a line separator */
    memset(long_one, 'a', sizeof long_one);
    memcpy(long_one, "x@", 2);
    long_one[sizeof long_one - 1] = '\0';
    assert_false(smtp_address_is_safe(long_one, false, false));
    long_one[SMTP_ADDRESS_BYTES] = '\0';
    assert_true(smtp_address_is_safe(long_one, false, false));
}

static void test_smtp_data_problem__refuses_smuggling(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t n;
        bool is_good;
    } rows[] = {
        {"", 0, false},        {"a\r\n", 3, true},    {"a", 1, true},          {"a\r\n.\r\nb", 7, true},
        {"a\n.\nb", 5, false}, {"a\r.\rb", 5, false}, {"a\r\n.\nb", 6, false}, {"a\n", 2, false},
        {"a\r", 2, false},     {"\r\r\n", 3, false},  {"a\0b", 3, false},      {"\xc3\xa5", 2, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(smtp_data_problem(rows[i].data, rows[i].n, false) == NULL, rows[i].is_good);
    assert_null(smtp_data_problem("\xc3\xa5", 2, true));
    char line[1100];
    memset(line, 'x', sizeof line);
    assert_null(smtp_data_problem(line, SMTP_LINE_BYTES, false));
    assert_non_null(smtp_data_problem(line, SMTP_LINE_BYTES + 1, false));
    memcpy(line + SMTP_LINE_BYTES, "\r\n", 2);
    assert_null(smtp_data_problem(line, sizeof line, false));
}

static void test_smtp_stuffer_next__is_right_at_every_buffer_size(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        {"a", "a\r\n.\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {".", "..\r\n.\r\n"},
        {".\r\n.\r\n", "..\r\n..\r\n.\r\n"},
        {"..\r\na.b\r\n.c\r\n", "...\r\na.b\r\n..c\r\n.\r\n"},
        {"\r\n.\r\n\r\n", "\r\n..\r\n\r\n.\r\n"},
        {"a long line that is cut.\r\n. by the room\r\n", "a long line that is cut.\r\n.. by the room\r\n.\r\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t room = 8; room < 60; room++) {
            struct smtp_stuffer s;
            char got[200] = "";
            size_t len = 0;
            smtp_stuffer_init(&s, rows[i].in, strlen(rows[i].in));
            while (!s.ended) {
                size_t n = smtp_stuffer_next(&s, got + len, room);
                assert_in_range(n, 1, room);
                len += n;
            }
            assert_int_equal(smtp_stuffer_next(&s, got + len, room), 0);
            assert_int_equal(len, strlen(rows[i].out));
            assert_memory_equal(got, rows[i].out, len);
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_smtp_address_is_safe__refuses_what_could_break_out),
    TEST(test_smtp_data_problem__refuses_smuggling),
    TEST(test_smtp_stuffer_next__is_right_at_every_buffer_size),
};

TEST_MAIN(tests)
