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

/* --- against naive readings ----------------------------------------------------------------------------------------
 */

enum { MIXTURES = 40000, MIXTURE_BYTES = 2600 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

/* Short and long runs of what matters: line ends whole and broken, dots, NUL, bytes above ASCII; most are sound. */
static size_t make_mixture(uint32_t *seed, char *out)
{
    static const char *const sound[] = {"\r\n", "\r\n.", "\r\n..", ".", "a", "ordinary words. And more", "\r\n.\r\n"};
    static const char *const other[] = {"\r", "\n", "\xc3\xa5", "\n.", "\r.", ".\n", "\r\r\n", "\n\r"};
    uint32_t odds = next_random(seed) % 3 == 0 ? 8 : 400;
    size_t want = next_random(seed) % (next_random(seed) % 4 == 0 ? MIXTURE_BYTES : 60);
    size_t n = 0;
    while (n < want) {
        uint32_t pick = next_random(seed) % odds;
        const char *piece = sound[next_random(seed) % ARRAY_LEN(sound)];
        size_t len = 1;
        if (pick == 0)
            piece = other[next_random(seed) % ARRAY_LEN(other)];
        if (pick == 1)
            out[n] = '\0';
        else if (pick == 2)
            memset(out + n, 'x', len = 990 + next_random(seed) % 12);
        else
            memcpy(out + n, piece, len = strlen(piece));
        n += len;
    }
    return n;
}

static const char *naive_problem(const char *d, size_t n, bool utf8)
{
    size_t line = 0;
    if (n == 0)
        return "empty";
    for (size_t i = 0; i < n; i++) {
        bool is_end = i + 1 < n && d[i] == '\r' && d[i + 1] == '\n';
        if (is_end) {
            line = 0;
            i++;
        } else if (d[i] == '\r' || d[i] == '\n') {
            return "bare CR or LF";
        } else if (d[i] == '\0') {
            return "NUL";
        } else if ((unsigned char)d[i] > 0x7f && !utf8) {
            return "above ASCII";
        } else if (++line > SMTP_LINE_BYTES) {
            return "longer than 998";
        }
    }
    return NULL;
}

static void test_smtp_data_problem__agrees_with_a_naive_reading(void **state)
{
    (void)state;
    uint32_t seed = 1;
    int refused = 0;
    for (int i = 0; i < MIXTURES; i++) {
        char data[MIXTURE_BYTES + 1100];
        size_t n = make_mixture(&seed, data);
        char *exact = xmalloc(n + 1); /* so that reading past the end is seen */
        memcpy(exact, data, n);
        const char *want = naive_problem(exact, n, i % 2 == 0);
        const char *got = smtp_data_problem(exact, n, i % 2 == 0);
        assert_int_equal(want == NULL, got == NULL);
        assert_true(!want || (got && strstr(got, want)));
        refused += want != NULL;
        free(exact);
    }
    assert_in_range(refused, MIXTURES / 10, MIXTURES * 9 / 10);
}

static size_t naive_stuff(const char *d, size_t n, char *out)
{
    size_t len = 0;
    bool begins = true;
    for (size_t i = 0; i < n; i++) {
        if (begins && d[i] == '.')
            out[len++] = '.';
        out[len++] = d[i];
        begins = d[i] == '\n';
    }
    for (const char *tail = begins ? ".\r\n" : "\r\n.\r\n"; *tail; tail++)
        out[len++] = *tail;
    return len;
}

/* Where does a receiver end the mail that takes `end` for its end? */
static size_t mail_ends(const char *d, size_t n, const char *end)
{
    const char *at = memmem(d, n, end, strlen(end));
    return at ? (size_t)(at - d) + strlen(end) : 0;
}

static void test_smtp_stuffer_next__sends_every_mixture_as_one_mail(void **state)
{
    (void)state;
    static const char *const lenient[] = {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\n.\r", "\r.\n"};
    uint32_t seed = 2;
    int sent = 0;
    for (int i = 0; i < MIXTURES; i++) {
        char data[MIXTURE_BYTES + 1100];
        char want[2 * sizeof data];
        char got[2 * sizeof data];
        size_t n = make_mixture(&seed, data);
        size_t want_len = naive_stuff(data, n, want);
        size_t len = 0;
        size_t room = i % 3 == 0 ? sizeof got : 8 + next_random(&seed) % 100;
        struct smtp_stuffer s;
        smtp_stuffer_init(&s, data, n);
        while (!s.ended)
            len += smtp_stuffer_next(&s, got + len, room < sizeof got - len ? room : sizeof got - len);
        assert_int_equal(len, want_len);
        assert_memory_equal(got, want, len);
        if (smtp_data_problem(data, n, true))
            continue;
        sent++;
        /* Only the dot that we put there ends it, also for receivers that take less than CRLF for a line end. */
        if (len > 3) {
            assert_int_equal(mail_ends(got, len, "\r\n.\r\n"), len);
            for (size_t k = 0; k < ARRAY_LEN(lenient); k++) {
                size_t end = mail_ends(got, len, lenient[k]);
                assert_true(end == 0 || end >= len - 1);
            }
        }
    }
    assert_true(sent > MIXTURES / 10);
}

static const struct CMUnitTest tests[] = {
    TEST(test_smtp_address_is_safe__refuses_what_could_break_out),
    TEST(test_smtp_data_problem__refuses_smuggling),
    TEST(test_smtp_stuffer_next__is_right_at_every_buffer_size),
    TEST(test_smtp_data_problem__agrees_with_a_naive_reading),
    TEST(test_smtp_stuffer_next__sends_every_mixture_as_one_mail),
};

TEST_MAIN(tests)
