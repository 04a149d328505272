/* The dispatcher behind a real server: who may come in, which answer belongs to which mistake, repeated requests. */
#include <stdio.h>
#include <unistd.h>

#include "core/staff.h"
#include "lib/api_fixture.h"
#include "lib/http_fixture.h"
#include "lib/test.h"
#include "store/db.h"

static struct api_fixture *f;
static char token_a[TOKEN_SECRET_BYTES], token_reader[TOKEN_SECRET_BYTES], token_old[TOKEN_SECRET_BYTES];

static int add_staff(struct db *db, void *ctx)
{
    (void)ctx;
    struct actor admin = actor_daemon();
    struct err err = {.text = ""};
    int64_t id = 0;
    int rc = staff_add(
        db, &admin,
        &(struct staff_input){.name = "anna", .role = "coordinator", .scope = "municipality:1292", .unix_uid = -1}, &id,
        &err);
    rc = rc ? rc : token_add(db, &admin, &(struct token_input){.name = "a", .user = "anna"}, &id, token_a, &err);
    rc = rc ? rc
            : token_add(db, &admin, &(struct token_input){.name = "r", .role = "reader", .scope = "municipality:1292"},
                        &id, token_reader, &err);
    rc = rc ? rc : token_add(db, &admin, &(struct token_input){.name = "old", .user = "anna"}, &id, token_old, &err);
    return rc ? rc : token_revoke(db, &admin, "old", &err);
}

/* COMMIT fails whenever a group came in: a broken foreign key that is looked at only then. */
static int break_commit(struct db *db, void *ctx)
{
    struct err err = {.text = ""};
    (void)ctx;
    return db_script(db,
                     "CREATE TABLE broken (x INTEGER REFERENCES municipality (code) DEFERRABLE INITIALLY DEFERRED);"
                     "CREATE TRIGGER breaks AFTER INSERT ON watch_group BEGIN INSERT INTO broken VALUES (-1); END",
                     &err);
}

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    assert_int_equal(fixture_write(f, add_staff, NULL), 0);
    fixture_serve(f);
    return 0;
}

static int setup_broken(void **state)
{
    (void)state;
    f = fixture_open();
    assert_int_equal(fixture_write(f, add_staff, NULL), 0);
    assert_int_equal(fixture_write(f, break_commit, NULL), 0);
    fixture_serve(f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_end(f);
    fixture_close(f);
    return 0;
}

/* One request on a connection of its own; `headers` are whole lines. Free with reply_fini. */
static struct reply ask(bool is_unix, const char *line, const char *headers, const char *body)
{
    char text[4096];
    int fd = is_unix ? fixture_connect_unix(f) : fixture_connect_tcp(f);
    snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", line, headers);
    client_send(fd, text);
    if (body)
        snprintf(text, sizeof text, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    else
        snprintf(text, sizeof text, "\r\n");
    client_send(fd, text);
    struct reply r = client_read(fd, strncmp(line, "HEAD", 4) == 0);
    close(fd);
    return r;
}

static void expect(bool is_unix, const char *line, const char *headers, const char *body, int status, const char *word)
{
    struct reply r = ask(is_unix, line, headers, body);
    if (r.status != status || (word && (!r.body || !strstr(r.body, word))))
        fail_msg("%s: status %d, not %d: %s", line, r.status, status, r.body ? r.body : "");
    if (status >= 400)
        assert_string_equal(reply_header(&r, "Content-Type"), "application/problem+json");
    reply_fini(&r);
}

/* "Authorization: Bearer TOKEN" and more lines. Static. */
static const char *with(const char *token, const char *more)
{
    static char out[512];
    snprintf(out, sizeof out, "Authorization: Bearer %s\r\n%s", token, more);
    return out;
}

#define JSON "Content-Type: application/json\r\n"

static void test_login__tcp_wants_a_good_token(void **state)
{
    (void)state;
    struct reply r = ask(false, "GET /api/v1/group", "", NULL);
    assert_int_equal(r.status, 401);
    assert_non_null(strstr(reply_header(&r, "WWW-Authenticate"), "Bearer"));
    reply_fini(&r);
    expect(false, "GET /api/v1/group", "Authorization: Basic YTpi\r\n", NULL, 401, "Bearer");
    expect(false, "GET /api/v1/group", with("gbt_0000000000", ""), NULL, 401, "token");
    r = ask(false, "GET /api/v1/group", with(token_old, ""), NULL);
    assert_int_equal(r.status, 401);
    assert_non_null(strstr(reply_header(&r, "WWW-Authenticate"), "Bearer"));
    reply_fini(&r);
    expect(false, "GET /api/v1/group", with(token_a, ""), NULL, 200, "\"items\":[]");
    expect(false, "GET /api/v1/group", with(token_a, "X-Grannbud-As: anna\r\n"), NULL, 403, "Unix socket");
    /* an unread body of somebody unknown */
    expect(false, "POST /api/v1/group", JSON, "{\"municipality\":\"1292\",\"name\":\"X\"}", 401, NULL);
}

static void test_login__the_socket_knows_the_uid(void **state)
{
    (void)state;
    expect(true, "GET /api/v1/municipality", "", NULL, 200, "1277");
    struct reply r = ask(true, "GET /api/v1/municipality", "X-Grannbud-As: anna\r\n", NULL);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "1292"));
    assert_null(strstr(r.body, "1277"));
    reply_fini(&r);
    expect(true, "GET /api/v1/municipality", "X-Grannbud-As: nobody\r\n", NULL, 403, "nobody");
}

static void test_status__each_mistake_has_its_own(void **state)
{
    (void)state;
    static const char group[] = "{\"municipality\":\"1292\",\"name\":\"X\"}";
    expect(true, "GET /api/v1/nothing", "", NULL, 404, NULL);
    struct reply r = ask(true, "PUT /api/v1/group", "", NULL);
    assert_int_equal(r.status, 405);
    assert_string_equal(reply_header(&r, "Allow"), "GET, HEAD, POST");
    reply_fini(&r);
    expect(true, "POST /api/v1/group", "Content-Type: text/plain\r\n", group, 415, "application/json");
    expect(true, "POST /api/v1/group", "", group, 415, NULL);
    expect(true, "POST /api/v1/group", "Content-Type: application/jsonx\r\n", group, 415, NULL);
    expect(true, "POST /api/v1/group", JSON, "{\"a\": }", 400, "line 1, column");
    expect(true, "POST /api/v1/group", JSON, "{}", 422, "municipality");
    expect(false, "POST /api/v1/group", with(token_reader, JSON), group, 403, "reader");
    expect(true, "GET /api/v1/group/grp_0000000000000", "", NULL, 404, NULL);
    expect(true, "POST /api/v1/group", "Content-Type: application/json; charset=utf-8\r\n", group, 201, "\"grp_");
    r = ask(true, "HEAD /api/v1/group", "", NULL);
    assert_int_equal(r.status, 200);
    reply_fini(&r);
    assert_int_equal(fixture_changes(f), 1); /* of all these only one wrote something */
}

static void test_key__the_same_request_is_answered_again(void **state)
{
    (void)state;
    static const char body[] = "{\"municipality\":\"1292\",\"name\":\"Lärkvägen\"}";
    struct reply first = ask(true, "POST /api/v1/group", JSON "Idempotency-Key: k1\r\n", body);
    struct reply again = ask(true, "POST /api/v1/group", JSON "Idempotency-Key: k1\r\n", body);
    assert_int_equal(first.status, 201);
    assert_int_equal(again.status, 201);
    assert_string_equal(first.body, again.body);
    assert_string_equal(reply_header(&first, "Idempotent-Replay"), "");
    assert_string_equal(reply_header(&again, "Idempotent-Replay"), "true");
    assert_int_equal(fixture_changes(f), 1);
    reply_fini(&first);
    reply_fini(&again);
    expect(true, "POST /api/v1/group", JSON "Idempotency-Key: k1\r\n", "{\"municipality\":\"1292\",\"name\":\"Y\"}",
           422, "another request");
    expect(true, "POST /api/v1/group?x=1", JSON "Idempotency-Key: k1\r\n", body, 422, "another request");
    /* another person's key of the same name is another key */
    expect(true, "POST /api/v1/group", JSON "Idempotency-Key: k1\r\nX-Grannbud-As: anna\r\n", body, 409, NULL);
    /* a failed request is not kept: the next may do better */
    expect(true, "POST /api/v1/group", JSON "Idempotency-Key: k2\r\n", "{\"municipality\":\"1292\"}", 422, "name");
    expect(true, "POST /api/v1/group", JSON "Idempotency-Key: k2\r\n", "{\"municipality\":\"1292\",\"name\":\"Z\"}",
           201, NULL);
    expect(true, "POST /api/v1/group", JSON "Idempotency-Key: a b\r\n", body, 400, "Idempotency-Key");
}

static void test_answer__what_was_not_committed_is_not_told(void **state)
{
    (void)state;
    struct reply r =
        ask(false, "POST /api/v1/group", with(token_a, JSON), "{\"municipality\":\"1292\",\"name\":\"Solbacken\"}");
    assert_true(r.status >= 400);
    assert_string_equal(reply_header(&r, "Content-Type"), "application/problem+json");
    assert_null(strstr(r.body, "\"id\""));
    assert_null(strstr(r.body, "Solbacken"));
    reply_fini(&r);
    expect(false, "GET /api/v1/group", with(token_a, ""), NULL, 200, "\"items\":[]");
}

static void test_body__a_spooled_one_is_read_too(void **state)
{
    (void)state;
    size_t pad = 400000; /* more than stays in memory */
    char *text = malloc(pad + 200);
    int n = snprintf(text, pad,
                     "POST /api/v1/group HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" JSON
                     "Idempotency-Key: big\r\nContent-Length: %zu\r\n\r\n",
                     pad);
    static const char body[] = "{\"municipality\":\"1292\",\"name\":\"Stor\"}";
    memset(text + n, ' ', pad);
    memcpy(text + n + pad - sizeof body + 1, body, sizeof body - 1);
    int fd = fixture_connect_unix(f);
    assert_true(client_send_bytes(fd, text, (size_t)n + pad));
    struct reply r = client_read(fd, false);
    assert_int_equal(r.status, 201);
    reply_fini(&r);
    close(fd);
    free(text);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_login__tcp_wants_a_good_token, setup, teardown),
    TEST_FIXTURE(test_login__the_socket_knows_the_uid, setup, teardown),
    TEST_FIXTURE(test_status__each_mistake_has_its_own, setup, teardown),
    TEST_FIXTURE(test_key__the_same_request_is_answered_again, setup, teardown),
    TEST_FIXTURE(test_body__a_spooled_one_is_read_too, setup, teardown),
    TEST_FIXTURE(test_answer__what_was_not_committed_is_not_told, setup_broken, teardown),
};

TEST_MAIN(tests)
