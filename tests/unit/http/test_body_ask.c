/* Bodies that wait for permission (HTTP_BODY_ASK): nothing is read before, and nobody has to stay for it. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/http_fixture.h"
#include "lib/test.h"

#define HEAD "POST /ask HTTP/1.1\r\nHost: localhost\r\n"

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

static bool is_silent(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 100) == 0;
}

static void test_ask__a_body_sent_ahead_is_taken_when_it_may(void **state)
{
    int status = 0;
    int fd = client_tcp(*state);
    client_send(fd, HEAD "Content-Length: 5\r\n\r\nhelloGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_true(is_silent(fd));
    assert_string_equal(fixture_seen(*state), "");
    assert_true(fixture_allow_body(*state, 100));
    assert_string_equal(client_ask(fd, "", &status), "POST /ask?");
    assert_int_equal(status, 200);
    assert_string_equal(client_ask(fd, "", &status), "{\"ok\":true}"); /* and the one behind it */
    close(fd);
}

static void test_ask__a_client_that_expects_continue_gets_it_then(void **state)
{
    int status = 0;
    int fd = client_tcp(*state);
    client_send(fd, HEAD "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_true(is_silent(fd));
    assert_true(fixture_allow_body(*state, 100));
    char line[64] = "";
    assert_true(read(fd, line, sizeof line - 1) > 0);
    assert_string_equal(line, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_string_equal(client_ask(fd, "5\r\nhello\r\n0\r\n\r\n", &status), "POST /ask?");
    close(fd);
}

static void test_ask__nothing_of_a_large_body_is_read_before(void **state)
{
    static char body[1 << 20];
    int fd = client_tcp(*state);
    memset(body, 'x', sizeof body);
    client_send(fd, HEAD "Content-Length: 100000000\r\n\r\n");
    assert_true(fixture_allow_body(*state, HTTP_BODY_SKIP));
    client_send_bytes(fd, body, sizeof body);
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 200);
    assert_string_equal(reply_header(&r, "connection"), "close");
    reply_fini(&r);
    assert_true(client_is_closed(fd));
    close(fd);
}

static void test_ask__a_smaller_limit_than_announced_is_413(void **state)
{
    int fd = client_tcp(*state);
    client_send(fd, HEAD "Content-Length: 5\r\n\r\n");
    assert_true(fixture_allow_body(*state, 4));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 413);
    reply_fini(&r);
    close(fd);
}

static void test_ask__a_client_that_leaves_is_forgotten(void **state)
{
    for (int i = 0; i < 20; i++) {
        int fd = client_tcp(*state);
        client_send(fd, HEAD "Content-Length: 5\r\n\r\n");
        if (i % 2)
            client_send(fd, "hello");
        close(fd);
        assert_true(fixture_allow_body(*state, i % 3 ? 100 : HTTP_BODY_SKIP));
    }
    int status = 0;
    int fd = client_tcp(*state);
    assert_string_equal(client_ask(fd, "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n", &status), "{\"ok\":true}");
    close(fd);
}

static void test_ask__stopping_does_not_wait_for_it(void **state)
{
    (void)state;
    struct fixture *f = fixture_start(NULL, NULL);
    int fd = client_tcp(f);
    client_send(fd, HEAD "Content-Length: 5\r\n\r\n");
    assert_true(is_silent(fd));
    fixture_begin_stop(f, 50);
    assert_true(client_is_closed(fd));
    fixture_stop(f, 0); /* answers after the server is freed */
    close(fd);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ask__a_body_sent_ahead_is_taken_when_it_may, setup, teardown),
    TEST_FIXTURE(test_ask__a_client_that_expects_continue_gets_it_then, setup, teardown),
    TEST_FIXTURE(test_ask__nothing_of_a_large_body_is_read_before, setup, teardown),
    TEST_FIXTURE(test_ask__a_smaller_limit_than_announced_is_413, setup, teardown),
    TEST_FIXTURE(test_ask__a_client_that_leaves_is_forgotten, setup, teardown),
    TEST(test_ask__stopping_does_not_wait_for_it),
};

TEST_MAIN(tests)
