/* http/limits.h: what a client that sends too much, too many or too slowly meets. */
#include "base/buf.h"
#include "base/mem.h"
#include "lib/http_fixture.h"
#include "lib/test.h"

#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void nap_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A request made of `n` times `piece` between two texts. */
static int ask_long(struct fixture *f, const char *before, char piece, size_t n, const char *after, struct reply *r)
{
    int fd = client_unix(f);
    char *middle = xmalloc(n + 1);
    memset(middle, piece, n);
    client_send(fd, before);
    client_send_bytes(fd, middle, n);
    client_send(fd, after);
    free(middle);
    *r = client_read(fd, false);
    int status = r->status;
    close(fd);
    return status;
}

static void test_head__too_long_is_414_or_431(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    static const struct {
        const char *before;
        size_t n;
        const char *after;
        int status;
    } rows[] = {
        {"GET /", 8000, " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"GET /", 8191, " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
        {"GET /", 8192, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"GET /", 100000, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: ", 16000, "\r\n\r\n", 200},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: ", 16384, "\r\n\r\n", 431},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: ", 1000000, "\r\n\r\n", 431},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct reply r;
        assert_int_equal(ask_long(f, rows[i].before, 'a', rows[i].n, rows[i].after, &r), rows[i].status);
        reply_fini(&r);
    }
    fixture_stop(f, 0);
}

static void test_head__too_many_fields_are_431(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    for (int extra = 99; extra <= 100; extra++) { /* and Host */
        struct buf b;
        int status = 0;
        int fd = client_unix(f);
        buf_init(&b, 8192);
        buf_adds(&b, "GET /hello HTTP/1.1\r\nHost: a\r\n");
        for (int i = 0; i < extra; i++)
            buf_addf(&b, "X-%d: y\r\n", i);
        buf_adds(&b, "\r\n");
        client_ask(fd, buf_str(&b), &status);
        assert_int_equal(status, extra == 99 ? 200 : 431);
        buf_fini(&b);
        close(fd);
    }
    fixture_stop(f, 0);
}

static void test_body__over_the_route_s_maximum_is_413_without_upload(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    int fd = client_tcp(f);
    int status = 0;
    /* Nothing of the body is sent: the answer must come all the same. */
    client_ask(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n", &status);
    assert_int_equal(status, 413);
    close(fd);
    fd = client_tcp(f); /* a client that uploads without looking still reads the answer */
    char *body = xcalloc(1, 5 << 20);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5242880\r\n\r\n");
    client_send_bytes(fd, body, 200000);
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 413);
    reply_fini(&r);
    close(fd);
    fd = client_unix(f); /* and when the length is not told */
    client_send(fd, "POST /other HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
    client_send_bytes(fd, body, 1001);
    r = client_read(fd, false);
    assert_int_equal(r.status, 413);
    reply_fini(&r);
    close(fd);
    free(body);
    assert_string_equal(fixture_seen(f), "");
    fixture_stop(f, 0);
}

static void test_chunks__long_extensions_and_trailers_are_refused(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    static const char before[] = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct reply r;
    char text[256];
    snprintf(text, sizeof text, "%s3;a=", before);
    assert_int_equal(ask_long(f, text, 'b', 1000, "\r\nabc\r\n0\r\n\r\n", &r), 200);
    reply_fini(&r);
    assert_int_equal(ask_long(f, text, 'b', 5000, "\r\nabc\r\n0\r\n\r\n", &r), 400);
    reply_fini(&r);
    snprintf(text, sizeof text, "%s0\r\nX: ", before);
    assert_int_equal(ask_long(f, text, 'b', 5000, "\r\n\r\n", &r), 400);
    reply_fini(&r);
    fixture_stop(f, 0);
}

static void test_chunks__of_one_byte_are_fine(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    struct buf b;
    int status = 0;
    int fd = client_unix(f);
    buf_init(&b, 1 << 20);
    buf_adds(&b, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5000; i++)
        buf_adds(&b, "1\r\nx\r\n");
    buf_adds(&b, "0\r\n\r\n");
    assert_int_equal(strlen(client_ask(fd, buf_str(&b), &status)), 5000);
    buf_fini(&b);
    close(fd);
    fixture_stop(f, 0);
}

static void test_query__too_many_parameters_or_bad_ones_are_400(void **state)
{
    (void)state;
    static const char *const bad[] = {GET("/hello?a=%"), GET("/hello?a=%zz"), GET("/hello?a=%00"), GET("/hello?%ff=1")};
    struct fixture *f = fixture_start(NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int status = 0;
        int fd = client_unix(f);
        client_ask(fd, bad[i], &status);
        assert_int_equal(status, 400);
        close(fd);
    }
    for (size_t n = 64; n <= 65; n++) {
        struct reply r;
        struct buf b;
        buf_init(&b, 1024);
        buf_adds(&b, "GET /hello?");
        for (size_t i = 0; i < n; i++)
            buf_addf(&b, "a=%zu&", i);
        assert_int_equal(ask_long(f, buf_str(&b), '&', 3, " HTTP/1.1\r\nHost: a\r\n\r\n", &r), n == 64 ? 200 : 400);
        buf_fini(&b);
        reply_fini(&r);
    }
    fixture_stop(f, 0);
}

/* --- time --------------------------------------------------------------------------------------------------------- */

/* Each test shortens what it is about, and nothing else: on a busy machine the client, too, is late now and then. */
enum { SHORT_MS = 300, GUARD_MS = 60000 };

/* Until the server has no connection any more, but not for ever. */
static void wait_empty(struct fixture *f)
{
    int64_t from = now_ms();
    while (fixture_stats(f).connections_open > 0 && now_ms() - from < GUARD_MS)
        nap_ms(5);
    assert_int_equal(fixture_stats(f).connections_open, 0);
}

static void test_time__a_head_that_drips_is_408(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.head_ms = SHORT_MS;
    struct fixture *f = fixture_start(&limits, NULL);
    int fd = client_unix(f);
    static const char text[] = "GET /hello HTTP/1.1\r\nHost: localhost\r\nX: yyyyyyyyyyyyyyyyy";
    int64_t from = now_ms();
    for (size_t i = 0; i < sizeof text - 1 && client_send_bytes(fd, text + i, 1) && now_ms() - from < 2 * SHORT_MS; i++)
        nap_ms(20);
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 408);
    assert_int_equal(fixture_stats(f).timeouts, 1);
    reply_fini(&r);
    close(fd);
    fixture_stop(f, 0);
}

static void test_time__a_silent_connection_is_closed_without_a_word(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.head_ms = limits.idle_ms = 1000; /* the request of the second comes before that */
    struct fixture *f = fixture_start(&limits, NULL);
    int fresh = client_unix(f);
    struct reply r = client_read(fresh, false);
    assert_int_equal(r.status, 0);
    reply_fini(&r);
    int used = client_unix(f);
    int status = 0;
    int64_t from = now_ms();
    client_ask(used, GET("/hello"), &status);
    assert_int_equal(status, 200);
    r = client_read(used, false);
    assert_int_equal(r.status, 0);
    assert_true(now_ms() - from >= limits.idle_ms - 50);
    reply_fini(&r);
    close(fresh);
    close(used);
    fixture_stop(f, 0);
}

static void test_time__a_body_must_progress_and_end(void **state)
{
    (void)state;
    static const char head[] = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome";
    struct http_limits limits = http_limits_default();
    limits.body_ms = SHORT_MS;
    struct fixture *f = fixture_start(&limits, NULL);
    int stuck = client_unix(f);
    int status = 0;
    client_ask(stuck, head, &status);
    assert_int_equal(status, 408);
    assert_int_equal(fixture_stats(f).timeouts, 1);
    close(stuck);
    fixture_stop(f, 0);

    limits = http_limits_default();
    limits.body_total_ms = 2 * SHORT_MS;
    f = fixture_start(&limits, NULL);
    int drip = client_unix(f); /* never long without a byte, but too long in all */
    int64_t from = now_ms();
    client_send(drip, head);
    while (now_ms() - from < GUARD_MS && client_send_bytes(drip, "x", 1))
        nap_ms(30);
    assert_true(now_ms() - from >= limits.body_total_ms - 50);
    struct reply r = client_read(drip, false);
    assert_int_equal(r.status, 408);
    assert_int_equal(fixture_stats(f).timeouts, 1);
    reply_fini(&r);
    close(drip);
    fixture_stop(f, 0);
}

static void test_time__a_client_that_does_not_read_is_dropped_a_slow_one_is_not(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.write_ms = 1000; /* many of the slow one's pauses */
    struct fixture *f = fixture_start(&limits, NULL);
    int deaf = client_unix(f);
    client_send(deaf, GET("/size?n=20000000"));
    int slow = client_unix(f);
    client_send(slow, GET("/size?n=4000000"));
    char *buf = xmalloc(200000);
    size_t got = 0;
    for (ssize_t n = 1; n > 0 && got<4000000; got += n> 0 ? (size_t)n : 0) {
        n = recv(slow, buf, 200000, 0);
        nap_ms(25);
    }
    assert_true(got >= 4000000);
    for (int64_t from = now_ms(); fixture_stats(f).timeouts == 0 && now_ms() - from < GUARD_MS;)
        nap_ms(5);
    assert_int_equal(fixture_stats(f).timeouts, 1); /* the deaf one */
    free(buf);
    close(deaf);
    close(slow);
    fixture_stop(f, 0);
}

static void test_time__a_running_handler_may_take_as_long_as_it_needs(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.head_ms = limits.body_ms = limits.body_total_ms = limits.idle_ms = limits.write_ms = 500;
    struct fixture *f = fixture_start(&limits, NULL);
    int fd = client_unix(f);
    client_send(fd, GET("/later"));
    assert_true(fixture_wait_seen(f, 1));
    nap_ms(1000);
    assert_true(fixture_answer(f));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    reply_fini(&r);
    close(fd);
    fixture_stop(f, 0);
}

static void test_time__linger_ends_when_the_client_never_closes(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.linger_ms = SHORT_MS;
    struct fixture *f = fixture_start(&limits, NULL);
    int fd = client_unix(f);
    int status = 0;
    client_ask(fd, "nonsense\r\n\r\n", &status);
    assert_int_equal(status, 400);
    wait_empty(f);
    close(fd);
    fixture_stop(f, 0);
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

static void test_connections__beyond_the_limit_are_503_and_the_other_listener_still_answers(void **state)
{
    (void)state;
    enum { LIMIT = 20, TRIED = 100 };
    struct http_limits limits = http_limits_default();
    limits.connections = LIMIT;
    limits.refusals = 10;
    struct fixture *f = fixture_start(&limits, NULL);
    int fds[TRIED];
    int refused = 0;
    int closed = 0;
    for (int i = 0; i < TRIED; i++)
        fds[i] = client_tcp(f);
    for (int i = LIMIT; i < TRIED; i++) {
        struct reply r = client_read(fds[i], false);
        refused += r.status == 503 && strcmp(reply_header(&r, "retry-after"), "10") == 0;
        closed += r.status == 0;
        reply_fini(&r);
    }
    assert_int_equal(refused + closed, TRIED - LIMIT);
    assert_in_range(refused, 10, TRIED - LIMIT);
    int status = 0;
    client_ask(fds[0], GET("/hello"), &status);
    assert_int_equal(status, 200);
    int other = client_unix(f);
    client_ask(other, GET("/hello"), &status);
    assert_int_equal(status, 200);
    assert_int_equal(fixture_stats(f).connections_refused, TRIED - LIMIT);
    close(other);
    for (int i = 0; i < TRIED; i++)
        close(fds[i]);
    wait_empty(f);
    int again = client_tcp(f);
    client_ask(again, GET("/hello"), &status);
    assert_int_equal(status, 200); /* room again */
    close(again);
    fixture_stop(f, 0);
}

static void test_connections__a_thousand_come_and_go(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    enum { N = 450 };
    int fds[N];
    int status = 0;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++)
            fds[i] = i % 2 ? client_unix(f) : client_tcp(f);
        for (int i = 0; i < N; i++) {
            client_ask(fds[i], GET("/hello"), &status);
            assert_int_equal(status, 200);
        }
        for (int i = 0; i < N; i++)
            close(fds[i]);
        wait_empty(f);
    }
    fixture_stop(f, 0);
}

static void test_spool__the_sum_of_all_files_is_bounded_and_given_back(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.body_memory_bytes = 1000;
    limits.spool_total_bytes = 100000;
    struct fixture *f = fixture_start(&limits, NULL);
    for (int i = 0; i < 5; i++) {
        struct reply r;
        const char *head = i % 2 ? "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 150000\r\n\r\n"
                                 : "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n";
        assert_int_equal(ask_long(f, head, 'x', i % 2 ? 150000 : 90000, "", &r), i % 2 ? 503 : 200);
        reply_fini(&r);
    }
    fixture_stop(f, 0);
}

static void test_spool__is_given_back_when_the_client_leaves_first(void **state)
{
    (void)state;
    struct http_limits limits = http_limits_default();
    limits.body_memory_bytes = 100;
    limits.spool_total_bytes = 1000;
    struct fixture *f = fixture_start(&limits, NULL);
    for (int i = 1; i <= 3; i++) {
        char body[900];
        int fd = client_unix(f);
        memset(body, 'x', sizeof body);
        client_send(fd, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
        client_send_bytes(fd, body, sizeof body);
        assert_true(fixture_wait_seen(f, i));
        close(fd);
        wait_empty(f);
    }
    fixture_stop(f, 0);
}

static void test_spool__takes_all_that_waited_behind_a_running_request(void **state)
{
    (void)state;
    enum { BODY = 78000 }; /* more than one read: pending_bytes less one byte, and then a whole read */
    struct http_limits limits = http_limits_default();
    limits.body_memory_bytes = 1000;
    struct fixture *f = fixture_start(&limits, NULL);
    int fd = client_unix(f);
    char *body = xcalloc(1, BODY);
    client_send(fd, GET("/later"));
    assert_true(fixture_wait_seen(f, 1));
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 78000\r\n\r\n");
    client_send_bytes(fd, body, 16000);
    nap_ms(50);
    client_send_bytes(fd, body, BODY - 16000);
    nap_ms(50);
    assert_true(fixture_answer(f));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    reply_fini(&r);
    r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, BODY);
    reply_fini(&r);
    free(body);
    close(fd);
    fixture_stop(f, 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_head__too_long_is_414_or_431),
    TEST(test_head__too_many_fields_are_431),
    TEST(test_body__over_the_route_s_maximum_is_413_without_upload),
    TEST(test_chunks__long_extensions_and_trailers_are_refused),
    TEST(test_chunks__of_one_byte_are_fine),
    TEST(test_query__too_many_parameters_or_bad_ones_are_400),
    TEST(test_time__a_head_that_drips_is_408),
    TEST(test_time__a_silent_connection_is_closed_without_a_word),
    TEST(test_time__a_body_must_progress_and_end),
    TEST(test_time__a_client_that_does_not_read_is_dropped_a_slow_one_is_not),
    TEST(test_time__a_running_handler_may_take_as_long_as_it_needs),
    TEST(test_time__linger_ends_when_the_client_never_closes),
    TEST(test_connections__beyond_the_limit_are_503_and_the_other_listener_still_answers),
    TEST(test_connections__a_thousand_come_and_go),
    TEST(test_spool__the_sum_of_all_files_is_bounded_and_given_back),
    TEST(test_spool__is_given_back_when_the_client_leaves_first),
    TEST(test_spool__takes_all_that_waited_behind_a_running_request),
};

TEST_MAIN(tests)
