/* deliver/smtp_wire.h and net/curl_loop.h: configurations, and leaving before anything came about. */
#include "deliver/smtp_wire.h"

#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/curl_loop.h"
#include "deliver/outcome.h"
#include "lib/test.h"

static void test_smtp_wire_check__takes_a_relay_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum smtp_tls tls;
        const char *username, *password, *helo;
        const char *problem; /* part of the words; NULL = it is good */
    } rows[] = {
        {"smtp://relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", NULL},
        {"smtps://relay.test:465", SMTP_TLS_NONE, "u", "p", "mail.test", NULL},
        {"smtp://relay.test:587/", SMTP_TLS_OPPORTUNISTIC, "u", "p", "[192.0.2.1]", NULL},
        {"smtp://[::1]:25", SMTP_TLS_NONE, "u", "p", "mail.test", NULL},
        {"smtp://127.1.2.3:25", SMTP_TLS_NONE, "u", "p", "mail.test", NULL},
        {"smtp://localhost:25", SMTP_TLS_NONE, "u", "p", "mail.test", NULL},
        {"smtp://relay.test", SMTP_TLS_NONE, NULL, NULL, "mail.test", NULL},
        {"smtp://relay.test", SMTP_TLS_NONE, "u", "p", "mail.test", "in clear"},
        {"smtp://127.0.0.1.relay.test", SMTP_TLS_NONE, "u", "p", "mail.test", "in clear"},
        {"smtp://localhost.relay.test", SMTP_TLS_NONE, "u", "p", "mail.test", "in clear"},
        {"smtp://relay.test", SMTP_TLS_REQUIRED, "u", NULL, "mail.test", "both"},
        {"smtp://relay.test", SMTP_TLS_REQUIRED, "", "p", "mail.test", "both"},
        {"smtp://u:p@relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", "no more"},
        {"smtp://relay.test/name", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", "no more"},
        {"smtp://relay.test?x", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", "no more"},
        {"http://relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", "neither"},
        {"relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", "URL"},
        {"", SMTP_TLS_REQUIRED, NULL, NULL, "mail.test", "URL"},
        {"smtp://relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "", "EHLO"},
        {"smtp://relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "a b", "EHLO"},
        {"smtp://relay.test", SMTP_TLS_REQUIRED, NULL, NULL, "a\r\nQUIT", "EHLO"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct smtp_wire_config config = {.url = rows[i].url,
                                          .tls = rows[i].tls,
                                          .username = rows[i].username,
                                          .password = rows[i].password,
                                          .helo = rows[i].helo,
                                          .connect_ms = 1000};
        struct err err = {.text = ""};
        int rc = smtp_wire_check(&config, &err);
        assert_int_equal(rc, rows[i].problem ? ERR_CONFIG : 0);
        if (rows[i].problem && !strstr(err.text, rows[i].problem))
            fail_msg("%s: %s", rows[i].url, err.text);
        assert_null(strstr(err.text, "p@"));
    }
}

struct seen {
    uv_loop_t loop;
    int opened, failed, stopped;
    struct outcome why;
};

static void on_open(const struct smtp_caps *caps, void *ctx)
{
    (void)caps;
    ((struct seen *)ctx)->opened++;
}

static void on_fail(const struct outcome *why, void *ctx)
{
    struct seen *seen = ctx;
    seen->failed++;
    seen->why = *why;
}

static void on_io(void *ctx)
{
    (void)ctx;
    fail();
}

static void on_stopped(void *ctx)
{
    ((struct seen *)ctx)->stopped++;
}

/* Opens, lets the loop turn, closes; afterwards the loop must be empty. */
static void run_wire(struct seen *seen, const char *url, int turns)
{
    static const struct smtp_wire_events events = {.on_open = on_open, .on_fail = on_fail, .on_io = on_io};
    const struct smtp_wire_config config = {.url = url, .tls = SMTP_TLS_NONE, .helo = "mail.test", .connect_ms = 5000};
    *seen = (struct seen){.opened = 0};
    assert_int_equal(uv_loop_init(&seen->loop), 0);
    struct curl_loop *net = curl_loop_new(&seen->loop);
    struct smtp_wire *w = smtp_wire_curl()->open(net, &config, &events, seen);
    assert_int_equal(seen->failed, 0);
    for (int i = 0; i < turns && !seen->failed; i++)
        uv_run(&seen->loop, UV_RUN_ONCE);
    smtp_wire_curl()->close(w);
    assert_int_equal(curl_loop_count(net), 0);
    curl_loop_stop(net, on_stopped, seen);
    assert_int_equal(seen->stopped, 0);
    uv_run(&seen->loop, UV_RUN_DEFAULT);
    assert_int_equal(seen->stopped, 1);
    assert_int_equal(seen->opened, 0);
    assert_int_equal(uv_loop_close(&seen->loop), 0);
}

static void test_smtp_wire_open__tells_of_a_bad_url_in_the_next_turn(void **state)
{
    (void)state;
    struct seen seen;
    run_wire(&seen, "http://relay.test", 5);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(seen.why.kind, OUTCOME_OUR_FAULT);
}

static void test_smtp_wire_open__tells_that_nobody_listens(void **state)
{
    (void)state;
    struct seen seen;
    run_wire(&seen, "smtp://127.0.0.1:1", 1000);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(seen.why.kind, OUTCOME_RETRY);
    assert_string_equal(seen.why.step, "connect");
}

static void test_smtp_wire_close__works_at_any_moment(void **state)
{
    (void)state;
    for (int turns = 0; turns < 4; turns++) {
        struct seen seen;
        run_wire(&seen, "smtp://127.0.0.1:1", turns);
        run_wire(&seen, "http://relay.test", turns);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_smtp_wire_check__takes_a_relay_and_nothing_else),
    TEST(test_smtp_wire_open__tells_of_a_bad_url_in_the_next_turn),
    TEST(test_smtp_wire_open__tells_that_nobody_listens),
    TEST(test_smtp_wire_close__works_at_any_moment),
};

TEST_MAIN(tests)
