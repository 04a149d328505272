/*
 * Request smuggling: every message that two programs could read differently is refused, the connection is closed, and
 * what stands behind it is never run as a request of its own.
 */
#include "base/buf.h"
#include "base/mem.h"
#include "lib/http_fixture.h"
#include "lib/test.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BEHIND "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
#define HOST "Host: a\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct row {
    const char *what;
    const char *bytes;
    size_t len;
    int status;
};
#define ROW(what, status, text)              \
    {                                        \
        what, text, sizeof(text) - 1, status \
    }

static const struct row ROWS[] = {
    /* two lengths */
    ROW("CL and TE", 400, POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("TE and CL", 400, POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("two equal CL", 400, POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" BEHIND),
    ROW("two different CL", 400, POST "Content-Length: 3\r\nContent-Length: 0\r\n\r\nabc" BEHIND),
    ROW("a list in CL", 400, POST "Content-Length: 3, 3\r\n\r\nabc" BEHIND),
    ROW("CL with a sign", 400, POST "Content-Length: +3\r\n\r\nabc" BEHIND),
    ROW("negative CL", 400, POST "Content-Length: -3\r\n\r\nabc" BEHIND),
    ROW("hex CL", 400, POST "Content-Length: 0x3\r\n\r\nabc" BEHIND),
    ROW("empty CL", 400, POST "Content-Length:\r\n\r\nabc" BEHIND),
    ROW("CL over 64 bits", 400, POST "Content-Length: 99999999999999999999\r\n\r\nabc" BEHIND),
    ROW("blank before the colon of CL", 400, POST "Content-Length : 3\r\n\r\nabc" BEHIND),
    ROW("tab before the colon of TE", 400, POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("an unknown coding", 400, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("two codings", 501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("chunked not last", 400, POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("two TE headers", 400,
        POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("vertical tab before chunked", 400, POST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" BEHIND),
    ROW("TE in HTTP/1.0", 400, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" BEHIND),
    /* lines */
    ROW("bare LF everywhere", 400, "POST /echo HTTP/1.1\nHost: a\nContent-Length: 0\n\n" BEHIND),
    ROW("bare LF after a header", 400, "POST /echo HTTP/1.1\r\nHost: a\nX: y\r\n\r\n" BEHIND),
    ROW("bare LF before the empty line", 400, "POST /echo HTTP/1.1\r\nHost: a\n\r\n" BEHIND),
    ROW("bare CR in a value", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 9\r\n\r\n" BEHIND),
    ROW("CR CR LF", 400, "GET /echo HTTP/1.1\r\nHost: a\r\r\n\r\n" BEHIND),
    ROW("CR X as the end", 400, "GET /echo HTTP/1.1\r\nHost: a\r\n\rX" BEHIND),
    ROW("folded header", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 9\r\n\r\n" BEHIND),
    ROW("header folded by a tab", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n" BEHIND),
    ROW("blank before the first header", 400, "GET /echo HTTP/1.1\r\n Host: a\r\n\r\n" BEHIND),
    ROW("NUL in a value", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n" BEHIND),
    ROW("NUL in the target", 400, "GET /ec\0ho HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("control character in a value", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: a\001b\r\n\r\n" BEHIND),
    ROW("blank in a header's name", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n" BEHIND),
    ROW("no header's name", 400, "GET /echo HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n" BEHIND),
    ROW("no colon", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\r\n\r\n" BEHIND),
    ROW("two empty lines first", 400, "\r\n\r\n" BEHIND),
    /* the request line */
    ROW("two blanks before the target", 400, "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("two blanks after the target", 400, "GET /echo  HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("tab for a blank", 400, "GET\t/echo HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("blank after the version", 400, "GET /echo HTTP/1.1 \r\nHost: a\r\n\r\n" BEHIND),
    ROW("HTTP/0.9", 400, "GET /echo\r\n\r\n" BEHIND),
    ROW("RTSP", 400, "GET /echo RTSP/1.0\r\nHost: a\r\n\r\n" BEHIND),
    ROW("HTTP/2.0", 505, "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n" BEHIND),
    ROW("HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" BEHIND),
    ROW("HTTP/1.2", 505, "GET /echo HTTP/1.2\r\nHost: a\r\n\r\n" BEHIND),
    ROW("lower-case method", 501, "get /echo HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("unknown method", 501, "BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("CONNECT", 501, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("an answer", 400, "HTTP/1.1 200 OK\r\n\r\n" BEHIND),
    ROW("TLS on the plain port", 400, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
    /* Host */
    ROW("no Host", 400, "GET /echo HTTP/1.1\r\n\r\n" BEHIND),
    ROW("two Hosts", 400, "GET /echo HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" BEHIND),
    ROW("a blank in Host", 400, "GET /echo HTTP/1.1\r\nHost: a b\r\n\r\n" BEHIND),
    ROW("a path in Host", 400, "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n" BEHIND),
    ROW("a user in the authority", 400, "GET http://u@a/echo HTTP/1.1\r\nHost: a\r\n\r\n" BEHIND),
    ROW("two Authorizations", 400,
        "GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n" BEHIND),
    ROW("an unknown expectation", 417, POST "Expect: 200-ok\r\nContent-Length: 0\r\n\r\n" BEHIND),
    /* chunks */
    ROW("chunk size not hex", 400, CHUNKED "g\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("chunk size empty", 400, CHUNKED "\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("chunk size negative", 400, CHUNKED "-3\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("chunk size with 0x", 400, CHUNKED "0x3\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("chunk size over 64 bits", 400, CHUNKED "10000000000000003\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("blank after the chunk size", 400, CHUNKED "3 \r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("blank before the chunk size", 400, CHUNKED " 3\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("bare LF after the chunk size", 400, CHUNKED "3\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("bare LF in a chunk extension", 400, CHUNKED "3;a\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("bare CR in a chunk extension", 400, CHUNKED "3;a\rb\r\nabc\r\n0\r\n\r\n" BEHIND),
    ROW("bare LF after the chunk", 400, CHUNKED "3\r\nabc\n0\r\n\r\n" BEHIND),
    ROW("chunk longer than said", 400, CHUNKED "3\r\nabcde\r\n0\r\n\r\n" BEHIND),
    ROW("no CRLF after the chunk", 400, CHUNKED "3\r\nabc0\r\n\r\n" BEHIND),
    ROW("bare LF as the end", 400, CHUNKED "0\r\n\n" BEHIND),
    ROW("CR X as the end of chunks", 400, CHUNKED "0\r\n\rX" BEHIND),
    ROW("folded trailer", 400, CHUNKED "0\r\nX: y\r\n z\r\n\r\n" BEHIND),
    ROW("NUL in a trailer", 400, CHUNKED "0\r\nX: \0\r\n\r\n" BEHIND),
};

static int setup(void **state)
{
    *state = fixture_start(NULL, NULL);
    return 0;
}

static int teardown(void **state)
{
    fixture_stop(*state, 0);
    return 0;
}

static void check_row(struct fixture *f, const struct row *row, bool dripping)
{
    int fd = client_unix(f);
    if (dripping) {
        for (size_t i = 0; i < row->len; i++)
            client_send_bytes(fd, row->bytes + i, 1);
    } else {
        client_send_bytes(fd, row->bytes, row->len);
    }
    struct reply r = client_read(fd, false);
    if (r.status != row->status)
        print_error("%s: status %d, wanted %d\n", row->what, r.status, row->status);
    assert_int_equal(r.status, row->status);
    assert_string_equal(reply_header(&r, "content-type"), "application/problem+json");
    assert_string_equal(reply_header(&r, "connection"), "close");
    assert_non_null(strstr(r.body, "\"detail\":"));
    shutdown(fd, SHUT_WR);
    assert_true(client_is_closed(fd));
    reply_fini(&r);
    close(fd);
}

static void test_smuggling__is_refused_and_nothing_behind_it_runs(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        check_row(*state, &ROWS[i], false);
    assert_string_equal(fixture_seen(*state), "");
    assert_int_equal(fixture_stats(*state).refused, ARRAY_LEN(ROWS));
}

static void test_smuggling__is_refused_byte_by_byte_too(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++)
        check_row(*state, &ROWS[i], true);
    assert_string_equal(fixture_seen(*state), "");
}

static void test_upgrade__is_overlooked_and_does_not_hide_the_next_request(void **state)
{
    int fd = client_unix(*state);
    client_send(fd, "GET /one HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
                    "GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
    struct reply r = client_read(fd, false);
    assert_string_equal(r.body, "GET /one?");
    reply_fini(&r);
    r = client_read(fd, false);
    assert_string_equal(r.body, "GET /two?");
    reply_fini(&r);
    close(fd);
}

static void test_empty_line__one_before_a_request_is_overlooked(void **state)
{
    int fd = client_unix(*state);
    int status = 0;
    assert_string_equal(client_ask(fd, "\r\nGET /one HTTP/1.1\r\nHost: a\r\n\r\n", &status), "GET /one?");
    assert_string_equal(client_ask(fd, "\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n", &status), "GET /two?");
    close(fd);
}

#define LIVE(f) TEST_FIXTURE(f, setup, teardown)

static const struct CMUnitTest tests[] = {
    LIVE(test_smuggling__is_refused_and_nothing_behind_it_runs),
    LIVE(test_smuggling__is_refused_byte_by_byte_too),
    LIVE(test_upgrade__is_overlooked_and_does_not_hide_the_next_request),
    LIVE(test_empty_line__one_before_a_request_is_overlooked),
};

TEST_MAIN(tests)
