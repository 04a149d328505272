/* http/server.h over real sockets: what a well-behaved client, and the operator, can rely on. */
#include "http/server.h"

#include "base/err.h"
#include "base/mem.h"
#include "lib/http_fixture.h"
#include "lib/test.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void start(void **state)
{
    *state = fixture_start(NULL, NULL);
}

static int setup(void **state)
{
    start(state);
    return 0;
}

static int teardown(void **state)
{
    fixture_stop(*state, 0);
    return 0;
}

static void nap_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void test_respond__carries_the_security_headers(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, GET("/hello"));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "{\"ok\":true}");
    assert_string_equal(reply_header(&r, "content-type"), "application/json");
    assert_string_equal(reply_header(&r, "x-content-type-options"), "nosniff");
    assert_string_equal(reply_header(&r, "cache-control"), "no-store");
    assert_string_equal(reply_header(&r, "content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert_string_equal(reply_header(&r, "referrer-policy"), "no-referrer");
    assert_string_equal(reply_header(&r, "server"), "");
    assert_int_equal(strlen(reply_header(&r, "date")), 29);
    assert_string_equal(reply_header(&r, "connection"), "");
    reply_fini(&r);
    close(fd);
}

static void test_respond__refuses_to_split_a_header(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, GET("/header"));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 500);
    assert_null(strstr(r.head, "Set-Cookie"));
    reply_fini(&r);
    close(fd);
}

static void test_keep_alive__many_requests_on_one_connection(void **state)
{
    int fd = client_tcp(*state);
    int status = 0;
    for (int i = 0; i < 200; i++)
        assert_string_equal(client_ask(fd, GET("/hello"), &status), "{\"ok\":true}");
    assert_int_equal(fixture_stats(*state).connections_total, 1);
    assert_int_equal(fixture_stats(*state).requests, 200);
    close(fd);
}

static void test_keep_alive__ends_when_the_client_says_close(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_string_equal(reply_header(&r, "connection"), "close");
    assert_true(client_is_closed(fd));
    reply_fini(&r);
    close(fd);
}

static void test_http_1_0__closes_unless_asked_to_keep(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_string_equal(reply_header(&r, "connection"), "keep-alive");
    reply_fini(&r);
    client_send(fd, "GET /hello HTTP/1.0\r\n\r\n");
    r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(reply_header(&r, "connection"), "close");
    assert_true(client_is_closed(fd));
    reply_fini(&r);
    close(fd);
}

static void test_pipelining__answers_come_in_the_order_asked(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, GET("/later/1") GET("/hello") GET("/later/2") GET("/four"));
    assert_true(fixture_wait_seen(*state, 1));
    nap_ms(20);
    assert_string_equal(fixture_seen(*state), "/later/1"); /* the others wait */
    assert_true(fixture_answer(*state));
    struct reply r = client_read(fd, false);
    assert_string_equal(r.body, "/later/1");
    reply_fini(&r);
    r = client_read(fd, false);
    assert_string_equal(r.body, "{\"ok\":true}");
    reply_fini(&r);
    assert_true(fixture_wait_seen(*state, 3));
    assert_true(fixture_answer(*state));
    r = client_read(fd, false);
    assert_string_equal(r.body, "/later/2");
    reply_fini(&r);
    r = client_read(fd, false);
    assert_string_equal(r.body, "GET /four?");
    reply_fini(&r);
    close(fd);
}

static void test_pipelining__a_flood_behind_a_running_request_is_not_read(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, GET("/later"));
    assert_true(fixture_wait_seen(*state, 1));
    struct timeval soon = {.tv_usec = 200000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
    char *flood = xcalloc(1, 64 << 20);
    memset(flood, 'x', 64 << 20);
    assert_false(client_send_bytes(fd, flood, 64 << 20)); /* the kernel's buffers are full and stay so */
    free(flood);
    assert_true(fixture_answer(*state));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    reply_fini(&r);
    close(fd);
}

static void test_head__has_the_length_but_no_body(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" GET("/after"));
    struct reply r = client_read(fd, true);
    assert_int_equal(r.status, 200);
    assert_string_equal(reply_header(&r, "content-length"), "11");
    reply_fini(&r);
    r = client_read(fd, false);
    assert_string_equal(r.body, "GET /after?");
    reply_fini(&r);
    close(fd);
}

static void test_body__small_stays_in_memory_and_large_is_spooled(void **state)
{
    static const struct {
        size_t n;
        const char *spooled;
    } rows[] = {{0, "no"}, {1, "no"}, {262144, "no"}, {262145, "yes"}, {3000000, "yes"}, {4194304, "yes"}};
    int fd = client_unix(*state);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char head[128];
        char *body = xmalloc(rows[i].n + 1);
        for (size_t k = 0; k < rows[i].n; k++)
            body[k] = (char)(k * 31 + i);
        snprintf(head, sizeof head, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", rows[i].n);
        client_send(fd, head);
        assert_true(client_send_bytes(fd, body, rows[i].n));
        struct reply r = client_read(fd, false);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.len, rows[i].n);
        assert_memory_equal(r.body, body, rows[i].n);
        assert_string_equal(reply_header(&r, "x-spooled"), rows[i].spooled);
        reply_fini(&r);
        free(body);
    }
    close(fd);
}

static void test_body__chunks_are_put_together(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;name=value\r\nWiki\r\n");
    nap_ms(20);
    client_send(fd, "5\r\npedia\r\n0\r\nTrailer: thrown away\r\n\r\n" GET("/after"));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "Wikipedia");
    reply_fini(&r);
    r = client_read(fd, false);
    assert_string_equal(r.body, "GET /after?");
    reply_fini(&r);
    close(fd);
}

static void test_body__many_chunks_are_spooled_whole(void **state)
{
    enum { CHUNKS = 600, SIZE = 1000 };
    int fd = client_unix(*state);
    char chunk[SIZE + 16];
    int n = snprintf(chunk, sizeof chunk, "%x\r\n", SIZE);
    memset(chunk + n, 'z', SIZE);
    memcpy(chunk + n + SIZE, "\r\n", 2);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < CHUNKS; i++)
        assert_true(client_send_bytes(fd, chunk, (size_t)n + SIZE + 2));
    client_send(fd, "0\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, CHUNKS * SIZE);
    assert_string_equal(reply_header(&r, "x-spooled"), "yes");
    reply_fini(&r);
    close(fd);
}

static void test_expect__is_met_only_when_the_body_may_come(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 100);
    reply_fini(&r);
    client_send(fd, "abc");
    r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "abc");
    reply_fini(&r);
    client_send(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n");
    r = client_read(fd, false);
    assert_int_equal(r.status, 413);
    reply_fini(&r);
    close(fd);
}

static void test_skip__is_answered_before_its_body_and_then_closed(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, "POST /skip HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/smuggled"));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(reply_header(&r, "connection"), "close");
    assert_true(client_is_closed(fd));
    assert_string_equal(fixture_seen(*state), "/skip");
    reply_fini(&r);
    close(fd);
}

static void test_stream__chunks_arrive_whole_under_back_pressure(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, GET("/stream?n=300&size=40000"));
    nap_ms(50); /* let the queue fill before anything is read */
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.len, 300 * 40000);
    assert_string_equal(reply_header(&r, "transfer-encoding"), "chunked");
    reply_fini(&r);
    int status = 0;
    assert_string_equal(client_ask(fd, GET("/after"), &status), "GET /after?");
    close(fd);
}

static void test_stream__http_1_0_ends_with_the_connection_and_head_is_empty(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, "GET /stream?n=3&size=10 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_int_equal(r.len, 30);
    assert_string_equal(reply_header(&r, "transfer-encoding"), "");
    assert_string_equal(reply_header(&r, "connection"), "close");
    reply_fini(&r);
    close(fd);
    fd = client_unix(*state);
    int status = 0;
    client_ask(fd, "HEAD /stream?n=3&size=10 HTTP/1.1\r\nHost: a\r\n\r\n", &status);
    assert_int_equal(status, 200);
    assert_string_equal(client_ask(fd, GET("/after"), &status), "GET /after?");
    close(fd);
}

static void test_stream__aborted_is_seen_as_cut_by_the_client(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, GET("/stream?n=3&size=10&abort=1"));
    struct reply r = client_read(fd, false);
    assert_true(r.is_cut || r.status == 0);
    reply_fini(&r);
    close(fd);
}

static void test_stream__ends_when_the_client_leaves(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, GET("/stream?n=100000&size=40000"));
    char some[1000];
    assert_true(recv(fd, some, sizeof some, 0) > 0);
    close(fd); /* the fixture's stop would hang or leak if the stream went on */
    fd = client_unix(*state);
    int status = 0;
    assert_string_equal(client_ask(fd, GET("/after"), &status), "GET /after?");
    close(fd);
}

static void test_respond__after_the_client_left_is_harmless(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, GET("/later"));
    assert_true(fixture_wait_seen(*state, 1));
    assert_false(fixture_kept_is_gone(*state));
    close(fd);
    for (int i = 0; i < 12000 && !fixture_kept_is_gone(*state); i++)
        nap_ms(5);
    assert_true(fixture_kept_is_gone(*state));
    assert_true(fixture_answer(*state));
    assert_int_equal(fixture_stats(*state).connections_open, 0);
}

static void test_respond__reaches_a_client_that_only_stopped_sending(void **state)
{
    int fds[] = {client_unix(*state), client_tcp(*state)};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        client_send(fds[i], GET("/later") GET("/second"));
        assert_int_equal(shutdown(fds[i], SHUT_WR), 0);
        assert_true(fixture_wait_seen(*state, (int)i * 2 + 1));
        nap_ms(20);
        assert_false(fixture_kept_is_gone(*state));
        assert_true(fixture_answer(*state));
        struct reply r = client_read(fds[i], false);
        assert_string_equal(r.body, "/later");
        reply_fini(&r);
        r = client_read(fds[i], false);
        assert_string_equal(r.body, "GET /second?");
        reply_fini(&r);
        assert_true(client_is_closed(fds[i]));
        close(fds[i]);
    }
}

static void test_peer__is_known_on_both_kinds_of_socket(void **state)
{
    int fd = client_unix(*state);
    int status = 0;
    char want[64];
    snprintf(want, sizeof want, "unix=1 uid=%ld remote=unix host=localhost", (long)getuid());
    assert_string_equal(client_ask(fd, GET("/who"), &status), want);
    close(fd);
    fd = client_tcp(*state);
    const char *who = client_ask(fd, GET("/who"), &status);
    assert_non_null(strstr(who, "unix=0 uid=-1 remote=127.0.0.1:"));
    close(fd);
}

static void test_options_star__tells_the_methods(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 204);
    assert_string_equal(reply_header(&r, "allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    assert_string_equal(reply_header(&r, "content-length"), "");
    reply_fini(&r);
    close(fd);
}

static void test_hosts__other_names_are_refused_on_tcp_only(void **state)
{
    (void)state;
    static const char *const hosts[] = {"grannbud.example.se", "localhost:8080", "[::1]", NULL};
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        {"grannbud.example.se", 200},
        {"GRANNBUD.Example.SE:443", 200},
        {"localhost:8080", 200},
        {"localhost", 421},
        {"evil.example", 421},
        {"[::1]:9", 200},
        {"", 421},
        {"localhost:80800", 421},
    };
    struct fixture *f = fixture_start(NULL, hosts);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        int status = 0;
        int fd = client_tcp(f);
        snprintf(text, sizeof text, "GET /hello HTTP/1.1\r\nHost: %s\r\n\r\n", rows[i].host);
        client_ask(fd, text, &status);
        assert_int_equal(status, rows[i].status);
        close(fd);
    }
    int status = 0;
    int fd = client_unix(f);
    client_ask(fd, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", &status);
    assert_int_equal(status, 200);
    close(fd);
    fd = client_tcp(f);
    client_ask(fd, "GET http://evil.example/hello HTTP/1.1\r\nHost: [::1]\r\n\r\n", &status);
    assert_int_equal(status, 421);
    close(fd);
    fixture_stop(f, 0);
}

static void test_problem__hides_internals_from_tcp_only(void **state)
{
    int status = 0;
    int tcp = client_tcp(*state);
    const char *body = client_ask(tcp, GET("/fail"), &status);
    assert_int_equal(status, 500);
    assert_null(strstr(body, "x.db"));
    assert_non_null(strstr(body, "request=1"));
    assert_non_null(strstr(body, "urn:grannbud:problem:store"));
    int local = client_unix(*state);
    assert_non_null(strstr(client_ask(local, GET("/fail"), &status), "no table in /var/lib/x.db"));
    close(tcp);
    close(local);
}

static void test_cookie__row_by_row(void **state)
{
    static const struct {
        const char *header;
        const char *want;
    } rows[] = {
        {"X: y", "none"},          {"Cookie: sid=abc", "abc"},         {"Cookie: a=b; sid=abc ; c=d", "abc"},
        {"Cookie: sid=", ""},      {"Cookie: xsid=a;sid=b", "b"},      {"Cookie: sid", "none"},
        {"Cookie: SID=a", "none"}, {"Cookie: sid=1234567", "1234567"}, {"Cookie: sid=12345678", "none"},
    };
    int fd = client_unix(*state);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[256];
        int status = 0;
        snprintf(text, sizeof text, "GET /cookie HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", rows[i].header);
        assert_string_equal(client_ask(fd, text, &status), rows[i].want);
    }
    close(fd);
}

/* --- stopping ----------------------------------------------------------------------------------------------------- */

static void test_stop__lets_a_running_request_finish(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    int idle = client_unix(f);
    int running = client_unix(f);
    client_send(running, GET("/later") GET("/never"));
    assert_true(fixture_wait_seen(f, 1));
    fixture_begin_stop(f, 60000);
    assert_true(client_is_closed(idle));
    assert_int_equal(access(fixture_socket(f), F_OK), -1);
    assert_false(fixture_has_stopped(f));
    assert_true(fixture_answer(f));
    struct reply r = client_read(running, false);
    assert_string_equal(r.body, "/later");
    assert_string_equal(reply_header(&r, "connection"), "close");
    assert_true(client_is_closed(running));
    assert_string_equal(fixture_seen(f), "/later");
    reply_fini(&r);
    close(idle);
    close(running);
    fixture_stop(f, 0);
}

static void test_stop__cuts_off_at_the_deadline(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    int fd = client_unix(f);
    client_send(fd, GET("/later"));
    assert_true(fixture_wait_seen(f, 1));
    fixture_begin_stop(f, 50);
    assert_true(client_is_closed(fd));
    fixture_stop(f, 0); /* answers the kept request after the server is freed */
    close(fd);
}

/* --- listening ---------------------------------------------------------------------------------------------------- */

static void test_listen_unix__has_mode_0660_and_refuses_a_taken_path(void **state)
{
    struct stat st;
    assert_int_equal(stat(fixture_socket(*state), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);

    uv_loop_t loop;
    uv_loop_init(&loop);
    struct http_server *server = NULL;
    struct err err = {0};
    struct http_server_config config = {.loop = &loop, .limits = http_limits_default(), .spool_dir = "/tmp"};
    assert_int_equal(http_server_new(&config, &server, &err), 0);
    assert_int_equal(http_server_listen_unix(server, fixture_socket(*state), &err), ERR_EXISTS);
    assert_non_null(strstr(err.text, "another process listens"));
    assert_int_equal(http_server_listen_unix(server, "/tmp", &err), ERR_EXISTS);
    assert_int_equal(http_server_listen_tcp(server, "8080", NULL, &err), ERR_CONFIG);
    assert_int_equal(http_server_listen_tcp(server, "::1:8080", NULL, &err), ERR_CONFIG);
    assert_int_equal(http_server_listen_tcp(server, "127.0.0.1:http8", NULL, &err), ERR_CONFIG);
    assert_int_equal(http_server_listen_tcp(server, "192.0.2.1:0", NULL, &err), ERR_IO);
    http_server_free(server);
    config.spool_dir = "/nonexistent";
    assert_int_equal(http_server_new(&config, &server, &err), ERR_CONFIG);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void note_stopped(void *ctx)
{
    *(bool *)ctx = true;
}

static void test_listen__replaces_a_stale_socket_and_takes_open_ones(void **state)
{
    (void)state;
    char dir[] = "/tmp/grannbud-http-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s/s", dir);
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(stale, (struct sockaddr *)&addr, sizeof addr), 0);
    close(stale);

    uv_loop_t loop;
    uv_loop_init(&loop);
    struct http_server *server = NULL;
    struct err err = {0};
    struct http_server_config config = {.loop = &loop, .limits = http_limits_default(), .spool_dir = dir};
    assert_int_equal(http_server_new(&config, &server, &err), 0);
    assert_int_equal(http_server_listen_unix(server, addr.sun_path, &err), 0);
    int open = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(http_server_listen_fd(server, open, &err), 0);
    int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(http_server_listen_fd(server, datagram, &err), ERR_CONFIG);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&addr, sizeof addr), 0);
    bool stopped = false;
    http_server_stop(server, 0, note_stopped, &stopped);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(stopped);
    http_server_free(server);
    close(client);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(rmdir(dir), 0);
}

#define LIVE(f) TEST_FIXTURE(f, setup, teardown)

static const struct CMUnitTest tests[] = {
    LIVE(test_respond__carries_the_security_headers),
    LIVE(test_respond__refuses_to_split_a_header),
    LIVE(test_keep_alive__many_requests_on_one_connection),
    LIVE(test_keep_alive__ends_when_the_client_says_close),
    LIVE(test_http_1_0__closes_unless_asked_to_keep),
    LIVE(test_pipelining__answers_come_in_the_order_asked),
    LIVE(test_pipelining__a_flood_behind_a_running_request_is_not_read),
    LIVE(test_head__has_the_length_but_no_body),
    LIVE(test_body__small_stays_in_memory_and_large_is_spooled),
    LIVE(test_body__chunks_are_put_together),
    LIVE(test_body__many_chunks_are_spooled_whole),
    LIVE(test_expect__is_met_only_when_the_body_may_come),
    LIVE(test_skip__is_answered_before_its_body_and_then_closed),
    LIVE(test_stream__chunks_arrive_whole_under_back_pressure),
    LIVE(test_stream__http_1_0_ends_with_the_connection_and_head_is_empty),
    LIVE(test_stream__aborted_is_seen_as_cut_by_the_client),
    LIVE(test_stream__ends_when_the_client_leaves),
    LIVE(test_respond__after_the_client_left_is_harmless),
    LIVE(test_respond__reaches_a_client_that_only_stopped_sending),
    LIVE(test_peer__is_known_on_both_kinds_of_socket),
    LIVE(test_options_star__tells_the_methods),
    LIVE(test_problem__hides_internals_from_tcp_only),
    LIVE(test_cookie__row_by_row),
    TEST(test_hosts__other_names_are_refused_on_tcp_only),
    TEST(test_stop__lets_a_running_request_finish),
    TEST(test_stop__cuts_off_at_the_deadline),
    LIVE(test_listen_unix__has_mode_0660_and_refuses_a_taken_path),
    TEST(test_listen__replaces_a_stale_socket_and_takes_open_ones),
};

TEST_MAIN(tests)
