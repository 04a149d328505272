/* net/http_call.h against a server in the same loop that says what a row tells it to, byte by byte. */
#include "net/http_call.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

enum { BODY_MAX = 16, REQUEST_MAX = 4096, PATIENT_MS = 60000, BRIEF_MS = 1000 };

/* One server, one call at a time. */
struct bed {
    uv_loop_t loop;
    uv_tcp_t listener;
    struct http_client *client;
    int port;
    const char *reply; /* NULL: says nothing */
    bool closes;       /* after the reply */
    int connections, open;
    char request[REQUEST_MAX];
    bool is_done;
    struct http_answer answer; /* numbers only: its texts are gone */
    char head[200];
    char body[BODY_MAX + 1], error[HTTP_ERROR_BYTES], etag[HTTP_FIELD_BYTES], type[HTTP_FIELD_BYTES], peer[80];
};

struct peer {
    uv_tcp_t tcp;
    uv_write_t write;
    struct bed *bed;
    char in[REQUEST_MAX];
    size_t n;
};

static void on_closed(uv_handle_t *h)
{
    struct peer *p = h->data;
    p->bed->open--;
    free(p);
}

static void on_written(uv_write_t *write, int status)
{
    struct peer *p = write->data;
    (void)status;
    if (p->bed->closes && !uv_is_closing((uv_handle_t *)&p->tcp))
        uv_close((uv_handle_t *)&p->tcp, on_closed);
}

static void on_alloc(uv_handle_t *h, size_t wanted, uv_buf_t *out)
{
    struct peer *p = h->data;
    (void)wanted;
    *out = uv_buf_init(p->in + p->n, (unsigned)(sizeof p->in - p->n - 1));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    struct peer *p = stream->data;
    (void)data;
    if (n < 0) {
        if (!uv_is_closing((uv_handle_t *)stream))
            uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    p->n += (size_t)n;
    p->in[p->n] = '\0';
    const char *head = strstr(p->in, "\r\n\r\n");
    if (!head || !p->bed->reply)
        return;
    memcpy(p->bed->request, p->in, p->n + 1);
    p->n = 0;
    uv_buf_t out = uv_buf_init((char *)p->bed->reply, (unsigned)strlen(p->bed->reply));
    p->write.data = p;
    uv_write(&p->write, stream, &out, 1, on_written);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct bed *bed = listener->data;
    assert_int_equal(status, 0);
    struct peer *p = xcalloc(1, sizeof *p);
    p->bed = bed;
    p->tcp.data = p;
    uv_tcp_init(&bed->loop, &p->tcp);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&p->tcp), 0);
    uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
    bed->connections++;
    bed->open++;
}

static void on_done(const struct http_answer *a, void *ctx)
{
    struct bed *bed = ctx;
    assert_false(bed->is_done);
    bed->is_done = true;
    uv_stop(&bed->loop); /* called by a timer, it is before the turn's wait, which would have no end */
    bed->answer = *a;
    snprintf(bed->head, sizeof bed->head, "%.*s", (int)a->head_bytes, a->head ? a->head : "");
    assert_true(a->body_bytes <= BODY_MAX);
    memcpy(bed->body, a->body, a->body_bytes + 1);
    snprintf(bed->error, sizeof bed->error, "%s", a->error);
    snprintf(bed->etag, sizeof bed->etag, "%s", a->etag);
    snprintf(bed->type, sizeof bed->type, "%s", a->content_type);
    snprintf(bed->peer, sizeof bed->peer, "%s", a->peer);
}

static int set_up(void **state)
{
    struct bed *bed = xcalloc(1, sizeof *bed);
    struct sockaddr_in any;
    int n = sizeof any;
    uv_loop_init(&bed->loop);
    uv_tcp_init(&bed->loop, &bed->listener);
    bed->listener.data = bed;
    uv_ip4_addr("127.0.0.1", 0, &any);
    uv_tcp_bind(&bed->listener, (const struct sockaddr *)&any, 0);
    assert_int_equal(uv_listen((uv_stream_t *)&bed->listener, 8, on_connection), 0);
    uv_tcp_getsockname(&bed->listener, (struct sockaddr *)&any, &n);
    bed->port = ntohs(any.sin_port);
    bed->client = http_client_new(&bed->loop);
    *state = bed;
    return 0;
}

static void on_stopped(void *ctx)
{
    ((struct bed *)ctx)->client = NULL;
}

/* The client lets go of its connections, and nothing is left in the loop. */
static int tear_down(void **state)
{
    struct bed *bed = *state;
    http_client_stop(bed->client, on_stopped, bed);
    uv_close((uv_handle_t *)&bed->listener, NULL);
    uv_run(&bed->loop, UV_RUN_DEFAULT);
    assert_null(bed->client);
    assert_int_equal(bed->open, 0);
    assert_int_equal(uv_loop_close(&bed->loop), 0);
    free(bed);
    return 0;
}

static struct http_request request_to(char *url, size_t room, const struct bed *bed)
{
    snprintf(url, room, "http://127.0.0.1:%d/hook?x=1", bed->port);
    return (struct http_request){.method = "POST",
                                 .url = url,
                                 .body = "hej",
                                 .body_bytes = 3,
                                 .connect_timeout_ms = PATIENT_MS,
                                 .timeout_ms = PATIENT_MS,
                                 .max_body_bytes = BODY_MAX,
                                 .allow_http = true,
                                 .allow_private = true};
}

static void run(struct bed *bed, const struct http_request *r)
{
    struct http_call *call = NULL;
    struct err err;
    bed->is_done = false;
    assert_int_equal(http_call_start(bed->client, r, on_done, bed, &call, &err), 0);
    assert_false(bed->is_done);
    while (!bed->is_done)
        uv_run(&bed->loop, UV_RUN_ONCE);
}

#define LONG_64 "0123456789012345678901234567890123456789012345678901234567890123"

static void test_http_call__says_what_became_of_it(void **state)
{
    struct bed *bed = *state;
    static const struct {
        const char *reply;
        bool closes;
        enum http_fault fault;
        int status;
        bool is_cut;
        int64_t retry_after_s;
        const char *body;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, HTTP_FAULT_NONE, 200, false, -1, "ok"},
        {"HTTP/1.1 204 No Content\r\n\r\n", false, HTTP_FAULT_NONE, 204, false, -1, ""},
        {"HTTP/1.0 200 OK\r\n\r\nok", true, HTTP_FAULT_NONE, 200, false, -1, "ok"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, HTTP_FAULT_NONE, 200,
         false, -1, "ok"},
        {"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", false, HTTP_FAULT_NONE, 503, false, 120,
         ""},
        {"HTTP/1.1 429 \r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n", false,
         HTTP_FAULT_NONE, 429, false, 0, ""},
        {"HTTP/1.1 503 Busy\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", false, HTTP_FAULT_NONE, 503, false, -1,
         ""},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", false, HTTP_FAULT_NONE,
         302, false, -1, ""},
        {"HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false,
         HTTP_FAULT_NONE, 200, false, -1, ""},
        /* the body is longer than what is kept, and not unpacked */
        {"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" LONG_64, false, HTTP_FAULT_NONE, 200, true, -1,
         "0123456789012345"},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", false, HTTP_FAULT_NONE, 200, false,
         -1, "ok"},
        /* broken off in the body, in the head, before it */
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true, HTTP_FAULT_NONE, 200, true, -1, "ok"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", false, HTTP_FAULT_NONE, 200, true, -1, "ok"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n", false, HTTP_FAULT_NONE, 200, true, -1,
         ""},
        {"HTTP/1.1 200 OK\r\nContent-Le", false, HTTP_FAULT_TIMEOUT, 0, true, -1, ""},
        {"", true, HTTP_FAULT_CLOSED, 0, true, -1, ""},
        {NULL, false, HTTP_FAULT_TIMEOUT, 0, true, -1, ""},
        {"SSH-2.0-OpenSSH_9.2\r\n\r\n", true, HTTP_FAULT_PROTOCOL, 0, true, -1, ""},
        {"HTTP/1.1 20x OK\r\n\r\n", true, HTTP_FAULT_PROTOCOL, 0, true, -1, ""},
        {"HTTP/9.9 200 OK\r\n\r\n", true, HTTP_FAULT_PROTOCOL, 0, true, -1, ""},
    };
    char url[100];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request r = request_to(url, sizeof url, bed);
        bed->reply = rows[i].reply;
        bed->closes = rows[i].closes;
        bool says_more = !bed->closes && bed->reply && strstr(bed->reply, "Content-Length: 9\r\n");
        if (rows[i].fault == HTTP_FAULT_TIMEOUT || says_more)
            r.timeout_ms = BRIEF_MS;
        run(bed, &r);
        const struct http_answer *a = &bed->answer;
        if (a->fault != rows[i].fault || a->status != rows[i].status || a->is_cut != rows[i].is_cut ||
            a->retry_after_s != rows[i].retry_after_s || strcmp(bed->body, rows[i].body) != 0)
            fail_msg("row %zu: %s %d cut=%d retry=%lld '%s' (%s)", i, http_fault_word(a->fault), a->status, a->is_cut,
                     (long long)a->retry_after_s, bed->body, bed->error);
        assert_int_equal(bed->error[0] != '\0', rows[i].is_cut);
        assert_true(a->is_sent);
    }
}

static void test_http_call__sends_what_it_is_given(void **state)
{
    struct bed *bed = *state;
    static const struct http_header headers[] = {{"webhook-id", "msg_1"}, {"X-Empty", ""}, {"Content-Type", "a/b"}};
    char url[100], host[60];
    struct http_request r = request_to(url, sizeof url, bed);
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", bed->port);
    r.headers = headers;
    r.header_count = ARRAY_LEN(headers);
    r.user = "anna";
    r.password = "hemligt";
    bed->reply = "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";
    run(bed, &r);
    assert_memory_equal(bed->request, "POST /hook?x=1 HTTP/1.1\r\n", 25);
    const char *const wanted[] = {host,
                                  "\r\nUser-Agent: Grannbud/" GRANNBUD_VERSION "\r\n",
                                  "\r\nwebhook-id: msg_1\r\n",
                                  "\r\nX-Empty:\r\n",
                                  "\r\nContent-Type: a/b\r\n",
                                  "\r\nContent-Length: 3\r\n",
                                  "\r\nAuthorization: Basic YW5uYTpoZW1saWd0\r\n",
                                  "\r\n\r\nhej"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!strstr(bed->request, wanted[i]))
            fail_msg("no '%s' in %s", wanted[i], bed->request);
    assert_null(strstr(bed->request, "Expect"));
    assert_null(strstr(bed->request, "Accept-Encoding"));
    assert_string_equal(bed->etag, "\"x\"");
    assert_string_equal(bed->type, "text/plain");
    assert_int_equal(bed->answer.version_tenth, 11);
    assert_non_null(strstr(bed->peer, "127.0.0.1 port "));
    /* a caller may have a name of its own */
    static const struct http_header own[] = {{"User-Agent", "grannbud.example.se (kontakt@example.se)"}};
    r.headers = own;
    r.header_count = 1;
    run(bed, &r);
    assert_non_null(strstr(bed->request, "\r\nUser-Agent: grannbud.example.se (kontakt@example.se)\r\n"));
    assert_null(strstr(bed->request, "Grannbud/"));
    /* the handle is used again, and forgets all of it */
    r = request_to(url, sizeof url, bed);
    r.method = "GET";
    r.body = NULL;
    run(bed, &r);
    assert_memory_equal(bed->request, "GET /hook?x=1 HTTP/1.1\r\n", 24);
    assert_null(strstr(bed->request, "Authorization"));
    assert_null(strstr(bed->request, "webhook-id"));
    assert_null(strstr(bed->request, "Content-"));
    assert_int_equal(bed->connections, 1);
    assert_int_equal(http_client_counts(bed->client).sockets, 1);
    r.method = "PUT";
    r.body = "hej";
    r.body_bytes = 3;
    run(bed, &r);
    assert_memory_equal(bed->request, "PUT /hook?x=1 HTTP/1.1\r\n", 24);
    assert_non_null(strstr(bed->request, "\r\n\r\nhej"));
}

static void test_http_call__breaks_off_an_endless_head_and_body(void **state)
{
    struct bed *bed = *state;
    const size_t size = 2 * HTTP_DRAIN_BYTES_MAX;
    char *endless = xmalloc(size + 1);
    char url[100];
    memset(endless, 'x', size);
    endless[size] = '\0';
    memcpy(endless, "HTTP/1.1 200 OK\r\n\r\n", 19);
    bed->reply = endless;
    struct http_request r = request_to(url, sizeof url, bed);
    run(bed, &r);
    assert_int_equal(bed->answer.status, 200);
    assert_true(bed->answer.is_cut);
    assert_int_equal(bed->answer.body_bytes, BODY_MAX);
    for (size_t i = 17; i + 6 < size; i += 6)
        memcpy(endless + i, "A: b\r\n", 6);
    run(bed, &r);
    assert_int_equal(bed->answer.fault, HTTP_FAULT_PROTOCOL);
    assert_non_null(strstr(bed->error, "too large"));
    free(endless);
}

static void test_http_call__tells_that_nothing_left(void **state)
{
    struct bed *bed = *state;
    char url[100];
    struct http_request r = request_to(url, sizeof url, bed);
    r.url = "http://127.0.0.1:1/";
    run(bed, &r);
    assert_int_equal(bed->answer.fault, HTTP_FAULT_CONNECT);
    assert_false(bed->answer.is_sent);
    assert_string_equal(bed->peer, "");
    r.url = "http://nosuch.invalid/";
    run(bed, &r);
    assert_true(bed->answer.fault == HTTP_FAULT_RESOLVE || bed->answer.fault == HTTP_FAULT_TIMEOUT);
    assert_false(bed->answer.is_sent);
}

static void test_http_call_start__refuses_a_bad_request(void **state)
{
    struct bed *bed = *state;
    static const struct http_header bad[] = {
        {"A", "b\r\nC: d"}, {"A\n", "b"}, {"A: b", "c"}, {"", "x"}, {"A", "b\x7f"}};
    char url[100];
    struct err err;
    struct http_call *call = NULL;
    struct http_request r = request_to(url, sizeof url, bed);
    r.header_count = 1;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        r.headers = &bad[i];
        assert_int_equal(http_call_start(bed->client, &r, on_done, bed, &call, &err), ERR_INVALID);
    }
    r.header_count = 0;
    r.allow_private = false;
    assert_int_equal(http_call_start(bed->client, &r, on_done, bed, &call, &err), ERR_INVALID);
    r.allow_private = true;
    r.allow_http = false;
    assert_int_equal(http_call_start(bed->client, &r, on_done, bed, &call, &err), ERR_INVALID);
    assert_null(call);
    assert_int_equal(http_client_counts(bed->client).in_flight, 0);
}

/* In any turn: before the connection, with the request out, with half an answer in. */
static void test_http_call_cancel__works_at_any_moment(void **state)
{
    struct bed *bed = *state;
    char url[100];
    struct http_request r = request_to(url, sizeof url, bed);
    bed->reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";
    for (int turns = 0; turns < 12; turns++) {
        struct http_call *call = NULL;
        struct err err;
        bed->is_done = false;
        assert_int_equal(http_call_start(bed->client, &r, on_done, bed, &call, &err), 0);
        for (int i = 0; i < turns; i++)
            uv_run(&bed->loop, UV_RUN_NOWAIT);
        assert_false(bed->is_done);
        http_call_cancel(call);
        assert_int_equal(http_client_counts(bed->client).in_flight, 0);
    }
}

/* A listener whose queue is full, so that who connects to it waits; fds[0] is the listener's. Its port. */
static int deafen(int fds[4])
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof any;
    for (int i = 0; i < 4; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fds[0], (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(fds[0], 0), 0);
    assert_int_equal(getsockname(fds[0], (struct sockaddr *)&any, &n), 0);
    for (int i = 1; i < 4; i++)
        (void)connect(fds[i], (const struct sockaddr *)&any, sizeof any);
    return ntohs(any.sin_port);
}

/* May others in the loop watch a descriptor that is opened now? */
static void assert_next_descriptor_is_free(struct bed *bed)
{
    uv_poll_t poll;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(uv_poll_init(&bed->loop, &poll, fd), 0);
    uv_close((uv_handle_t *)&poll, NULL);
    uv_run(&bed->loop, UV_RUN_NOWAIT);
    close(fd);
}

/* libcurl closes such a socket without a word, and its number is anybody's. */
static void test_http_call__lets_go_of_a_socket_that_never_connected(void **state)
{
    struct bed *bed = *state;
    struct http_call *call = NULL;
    struct err err;
    char url[100];
    int fds[4];
    int port = deafen(fds);
    struct http_request r = request_to(url, sizeof url, bed);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    r.connect_timeout_ms = 100;
    run(bed, &r);
    assert_int_equal(bed->answer.fault, HTTP_FAULT_TIMEOUT);
    assert_next_descriptor_is_free(bed);
    r.connect_timeout_ms = PATIENT_MS;
    bed->is_done = false;
    assert_int_equal(http_call_start(bed->client, &r, on_done, bed, &call, &err), 0);
    for (int i = 0; i < 4; i++)
        uv_run(&bed->loop, UV_RUN_NOWAIT);
    assert_false(bed->is_done);
    http_call_cancel(call);
    assert_next_descriptor_is_free(bed);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}

static void test_http_retry_after_s__reads_numbers_and_dates(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t s;
    } rows[] = {
        {"0", 0},
        {"120", 120},
        {"86400", 86400},
        {"99999999999999999999999999", HTTP_RETRY_AFTER_S_MAX},
        {"Thu, 01 Jan 1970 00:20:00 GMT", 200},
        {"Thu Jan  1 00:20:00 1970", 200},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", HTTP_RETRY_AFTER_S_MAX},
        {"-1", -1},
        {"1.5", -1},
        {"12 s", -1},
        {"soon", -1},
        {"", -1},
        {"0x10", -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (http_retry_after_s(rows[i].value, 1000) != rows[i].s)
            fail_msg("'%s': %lld", rows[i].value, (long long)http_retry_after_s(rows[i].value, 1000));
}

static void test_http_call__keeps_header_lines_that_are_asked_for(void **state)
{
    struct bed *bed = *state;
    char url[80];
    struct http_request r = request_to(url, sizeof url, bed);
    bed->reply =
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 0\r\n\r\n";
    run(bed, &r);
    assert_string_equal(bed->head, "");
    r.max_head_bytes = 100;
    run(bed, &r);
    assert_string_equal(bed->head, "Server: x\r\nContent-Length: 0\r\n");
    assert_false(bed->answer.is_head_cut);
    r.max_head_bytes = 20;
    run(bed, &r);
    assert_string_equal(bed->head, "Server: x\r\n");
    assert_true(bed->answer.is_head_cut);
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_http_call__says_what_became_of_it, set_up, tear_down),
    TEST_FIXTURE(test_http_call__sends_what_it_is_given, set_up, tear_down),
    TEST_FIXTURE(test_http_call__keeps_header_lines_that_are_asked_for, set_up, tear_down),
    TEST_FIXTURE(test_http_call__breaks_off_an_endless_head_and_body, set_up, tear_down),
    TEST_FIXTURE(test_http_call__tells_that_nothing_left, set_up, tear_down),
    TEST_FIXTURE(test_http_call_start__refuses_a_bad_request, set_up, tear_down),
    TEST_FIXTURE(test_http_call_cancel__works_at_any_moment, set_up, tear_down),
    TEST_FIXTURE(test_http_call__lets_go_of_a_socket_that_never_connected, set_up, tear_down),
    TEST(test_http_retry_after_s__reads_numbers_and_dates),
};

TEST_MAIN(TESTS)
