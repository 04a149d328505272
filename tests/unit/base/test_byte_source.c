/* base/byte_source.h: memory and files, read twice. */
#include "base/byte_source.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/test.h"

static void check_twice(const struct byte_source *s, const char *want)
{
    for (int round = 0; round < 2; round++) {
        char out[64] = "";
        size_t n = 99;
        assert_int_equal(s->rewind(s->ctx), 0);
        assert_int_equal(byte_source_read_full(s, out, 3, &n), 0);
        assert_int_equal(n, 3);
        assert_int_equal(byte_source_read_full(s, out + 3, sizeof out - 3, &n), 0);
        assert_int_equal(n, strlen(want) - 3);
        assert_memory_equal(out, want, strlen(want));
        assert_int_equal(byte_source_read_full(s, out, sizeof out, &n), 0);
        assert_int_equal(n, 0);
    }
}

static void test_byte_source_memory__reads_twice(void **state)
{
    (void)state;
    struct byte_memory m;
    struct byte_source s = byte_source_memory(&m, "abcdefg", 7);
    check_twice(&s, "abcdefg");
}

static void test_byte_source_fd__reads_twice_and_tells_errors(void **state)
{
    (void)state;
    FILE *f = tmpfile();
    assert_non_null(f);
    fputs("abcdefg", f);
    fflush(f);
    int fd = fileno(f);
    struct byte_source s = byte_source_fd(&fd);
    check_twice(&s, "abcdefg");
    fclose(f);
    fd = -1;
    char c;
    size_t n = 0;
    assert_true(byte_source_read_full(&s, &c, 1, &n) < 0);
    assert_true(s.rewind(s.ctx) < 0);
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    assert_true(byte_source_fd(&pipe_fds[0]).rewind(&pipe_fds[0]) < 0); /* cannot seek */
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static const struct CMUnitTest tests[] = {
    TEST(test_byte_source_memory__reads_twice),
    TEST(test_byte_source_fd__reads_twice_and_tells_errors),
};

TEST_MAIN(tests)
