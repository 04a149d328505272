/* deliver/smtp_caps.h: what is learnt while libcurl connects. */
#include "deliver/smtp_caps.h"

#include "base/mem.h"
#include "lib/test.h"

static struct smtp_greeter *hear(const char *const *lines, size_t n)
{
    struct smtp_greeter *g = xmalloc(sizeof *g);
    smtp_greeter_init(g);
    for (size_t i = 0; i < n; i++)
        assert_true(smtp_greeter_line(g, lines[i], strlen(lines[i])));
    return g;
}

static void test_smtp_greeter__believes_only_what_was_said_after_tls(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "220 relay ESMTP\r\n",      "250-relay\r\n",       "250-PIPELINING\r\n", "250-SMTPUTF8\r\n",
        "250-AUTH=LOGIN PLAIN\r\n", "250 STARTTLS\r\n",    "220 2.0.0 Go\r\n",   "250-relay SIZE\r\n",
        "250-size 10240000\r\n",    "250-XPIPELINING\r\n", "250-AUTH PLAIN\r\n", "250 8BITMIME\r\n",
        "235 2.7.0 Welcome\r\n",
    };
    struct smtp_greeter *g = hear(lines, 6);
    assert_true(g->caps.pipelining && g->caps.smtputf8 && g->caps.auth && g->caps.starttls);
    assert_false(g->caps.tls || g->logged_in);
    free(g);
    g = hear(lines, ARRAY_LEN(lines));
    assert_true(g->caps.tls && g->caps.size && g->caps.auth && g->caps.eightbitmime && g->logged_in);
    assert_false(g->caps.pipelining || g->caps.smtputf8 || g->caps.starttls);
    assert_int_equal(g->refusal.code, 0);
    free(g);
}

static void test_smtp_greeter__keeps_the_last_refusal(void **state)
{
    (void)state;
    static const char *const lines[] = {"220-one\r\n",          "220 two\r\n",         "250 relay\r\n",
                                        "334 VXNlcm5hbWU6\r\n", "535-5.7.8 Wrong\r\n", "535 5.7.8 login\r\n"};
    struct smtp_greeter *g = hear(lines, ARRAY_LEN(lines));
    assert_int_equal(g->refusal.code, 535);
    assert_string_equal(g->refusal.text, "Wrong / login");
    assert_false(g->logged_in || g->caps.tls);
    free(g);
}

static void test_smtp_greeter__refuses_what_is_not_smtp_and_too_much_of_it(void **state)
{
    (void)state;
    struct smtp_greeter *g = xmalloc(sizeof *g);
    smtp_greeter_init(g);
    assert_false(smtp_greeter_line(g, "220 a\0b\r\n", 9));
    assert_non_null(g->problem);
    smtp_greeter_init(g);
    assert_true(smtp_greeter_line(g, "235-a\r\n", 7));
    assert_false(smtp_greeter_line(g, "550 b\r\n", 7));
    smtp_greeter_init(g);
    for (int i = 0; i < SMTP_CONNECT_LINES; i++)
        assert_true(smtp_greeter_line(g, "250 a\r\n", 7));
    assert_false(smtp_greeter_line(g, "250 a\r\n", 7));
    assert_non_null(g->problem);
    free(g);
}

static const struct CMUnitTest tests[] = {
    TEST(test_smtp_greeter__believes_only_what_was_said_after_tls),
    TEST(test_smtp_greeter__keeps_the_last_refusal),
    TEST(test_smtp_greeter__refuses_what_is_not_smtp_and_too_much_of_it),
};

TEST_MAIN(tests)
