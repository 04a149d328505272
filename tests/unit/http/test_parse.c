/* http/parse.h and http/head.h without sockets: targets, hosts, and that splitting the bytes changes nothing. */
#include "http/parse.h"

#include "base/mem.h"
#include "lib/test.h"

#include <stdio.h>

static const struct http_limits *limits(void)
{
    static struct http_limits l;
    l = http_limits_default();
    return &l;
}

static int no_body(void *ctx, const char *data, size_t len)
{
    (void)ctx, (void)data, (void)len;
    return 500;
}

/* Parse one head without a body: 0 or the refusing status; *head is initialised in any case. */
static int parse_head(const char *text, struct head *head)
{
    struct parse p;
    size_t used = 0;
    head_init(head, limits());
    parse_init(&p, limits(), no_body, NULL);
    parse_begin(&p, head);
    enum parse_event event = parse_feed(&p, text, strlen(text), &used);
    if (event == PARSE_BAD)
        return p.status;
    assert_int_equal(event, PARSE_HEAD);
    assert_int_equal(used, strlen(text));
    return 0;
}

static void test_target__row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int status;
        const char *path;
        const char *query;
        const char *host;
    } rows[] = {
        {"/", 0, "/", "", "h"},
        {"/a/b", 0, "/a/b", "", "h"},
        {"/a/", 0, "/a/", "", "h"},
        {"/a?b=c?d", 0, "/a", "b=c?d", "h"},
        {"/a?", 0, "/a", "", "h"},
        {"/%C3%A5%20b", 0, "/å b", "", "h"},
        {"/100%25", 0, "/100%", "", "h"},
        {"/%252f", 0, "/%2f", "", "h"}, /* decoded once */
        {"/a?b=../%2f", 0, "/a", "b=../%2f", "h"},
        {"/...", 0, "/...", "", "h"},
        {"/.well-known/x", 0, "/.well-known/x", "", "h"},
        {"http://Other:80/a?b", 0, "/a", "b", "other:80"},
        {"https://other", 0, "/", "", "other"},
        {"http://other?q", 0, "/", "q", "other"},
        {"http://[::1]:8080/x", 0, "/x", "", "[::1]:8080"},
        {"/..", 400, NULL, NULL, NULL},
        {"/a/../b", 400, NULL, NULL, NULL},
        {"/a/%2e%2E/b", 400, NULL, NULL, NULL},
        {"/a/.", 400, NULL, NULL, NULL},
        {"/./a", 400, NULL, NULL, NULL},
        {"//a", 400, NULL, NULL, NULL},
        {"/a//b", 400, NULL, NULL, NULL},
        {"/a%2fb", 400, NULL, NULL, NULL},
        {"/a%2Fb", 400, NULL, NULL, NULL},
        {"/a%5cb", 400, NULL, NULL, NULL},
        {"/a\\b", 400, NULL, NULL, NULL},
        {"/a%00b", 400, NULL, NULL, NULL},
        {"/a%0d%0aX", 400, NULL, NULL, NULL},
        {"/a%7f", 400, NULL, NULL, NULL},
        {"/a%c3%28", 400, NULL, NULL, NULL},
        {"/a%", 400, NULL, NULL, NULL},
        {"/a%g0", 400, NULL, NULL, NULL},
        {"/a#b", 400, NULL, NULL, NULL},
        {"*", 400, NULL, NULL, NULL},
        {"a", 400, NULL, NULL, NULL},
        {"ftp://a/b", 400, NULL, NULL, NULL},
        {"http:///b", 400, NULL, NULL, NULL},
        {"http://a:b/c", 400, NULL, NULL, NULL},
        {"http://u:p@a/c", 400, NULL, NULL, NULL},
        {"http://[::1/c", 400, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct head head;
        char text[256];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", rows[i].target);
        int status = parse_head(text, &head);
        if (status != rows[i].status)
            print_error("%s: %d\n", rows[i].target, status);
        assert_int_equal(status, rows[i].status);
        if (status == 0) {
            assert_string_equal(head.path, rows[i].path);
            assert_string_equal(head.query, rows[i].query);
            assert_string_equal(head.host, rows[i].host);
        }
        head_fini(&head);
    }
}

static void test_host__row_by_row(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool is_fine;
        const char *becomes;
    } rows[] = {
        {"a", true, "a"},
        {"A.Example.SE:8080", true, "a.example.se:8080"},
        {"127.0.0.1:1", true, "127.0.0.1:1"},
        {"[::1]", true, "[::1]"},
        {"[fe80::1]:80", true, "[fe80::1]:80"},
        {"xn--4ca.se", true, "xn--4ca.se"},
        {"a:", false, NULL},
        {"a:b", false, NULL},
        {"a:123456", false, NULL},
        {":80", false, NULL},
        {"a b", false, NULL},
        {"a/b", false, NULL},
        {"a,b", false, NULL},
        {"u@a", false, NULL},
        {"[::1", false, NULL},
        {"[::1]x", false, NULL},
        {"[x]", false, NULL},
        {"a:1:2", false, NULL},
        {"\xc3\xa5.se", false, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char host[64];
        snprintf(host, sizeof host, "%s", rows[i].host);
        assert_int_equal(host_check(host), rows[i].is_fine);
        if (rows[i].is_fine)
            assert_string_equal(host, rows[i].becomes);
    }
}

static void test_head__fields_are_trimmed_and_found_in_any_case(void **state)
{
    (void)state;
    struct head head;
    assert_int_equal(
        parse_head("GET / HTTP/1.1\r\nhOsT: h\r\nX-Empty:\r\nX-Blank: \r\nX-Text: \t a b \t \r\n\r\n", &head), 0);
    assert_string_equal(head_find(&head, "host"), "h");
    assert_string_equal(head_find(&head, "x-empty"), "");
    assert_string_equal(head_find(&head, "x-blank"), "");
    assert_string_equal(head_find(&head, "x-text"), "a b");
    assert_null(head_find(&head, "x"));
    assert_true(head.keep_alive);
    head_fini(&head);
}

/* --- splitting ---------------------------------------------------------------------------------------------------- */

struct trace {
    struct buf log;
};

static int trace_body(void *ctx, const char *data, size_t len)
{
    struct trace *t = ctx;
    return buf_add(&t->log, data, len) == 0 ? 0 : 500;
}

/* Run a whole connection's bytes, `step` at a time, and note what came out. */
static void run(const char *bytes, size_t len, size_t step, struct trace *t)
{
    struct parse p;
    struct head head;
    head_init(&head, limits());
    parse_init(&p, limits(), trace_body, t);
    parse_begin(&p, &head);
    for (size_t at = 0; at < len;) {
        size_t end = at + step < len ? at + step : len;
        for (enum parse_event event = PARSE_HEAD; event != PARSE_MORE;) {
            size_t used = 0;
            event = parse_feed(&p, bytes + at, end - at, &used);
            at += used;
            if (event == PARSE_HEAD) {
                parse_allow_body(&p, 1000);
                buf_addf(&t->log, "[%s %s ", http_method_name(head.method), head.path);
            } else if (event == PARSE_DONE) {
                buf_adds(&t->log, "]");
                head_fini(&head);
                head_init(&head, limits());
                parse_begin(&p, &head);
            } else if (event == PARSE_BAD) {
                buf_addf(&t->log, "!%d", p.status);
                head_fini(&head);
                return;
            }
        }
    }
    head_fini(&head);
}

static void test_feed__splits_change_nothing(void **state)
{
    (void)state;
    static const char bytes[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                                "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                                "\r\nPOST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "4;a=\"b\"\r\nWiki\r\nA\r\n0123456789\r\n0\r\nT: x\r\n\r\n"
                                "HEAD /4 HTTP/1.0\r\n\r\n"
                                "GET /5 HTTP/1.1\r\nHost : a\r\n\r\nGET /6 HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char want[] = "[GET /1 ][POST /2 hello][POST /3 Wiki0123456789][HEAD /4 ]!400";
    for (size_t step = 1; step <= sizeof bytes; step++) {
        struct trace t;
        buf_init(&t.log, 4096);
        run(bytes, sizeof bytes - 1, step, &t);
        assert_string_equal(buf_str(&t.log), want);
        buf_fini(&t.log);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_target__row_by_row),
    TEST(test_host__row_by_row),
    TEST(test_head__fields_are_trimmed_and_found_in_any_case),
    TEST(test_feed__splits_change_nothing),
};

TEST_MAIN(tests)
