/* Staff users and tokens through the API: who may, and what is never told twice. */
#include <stdio.h>
#include <unistd.h>

#include "core/staff.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST

/* An administrator of one municipality only. */
static const struct actor LOCAL_ADMIN = {
    .name = "local", .role = ROLE_ADMIN, .scope = {.kind = SCOPE_MUNICIPALITY, .code = "1292"}};

static const char ANNA[] = "{\"name\":\"anna\",\"full_name\":\"Anna Exempelsson\",\"email\":\"anna@example.se\","
                           "\"role\":\"officer\",\"scope\":\"police_area:angelholm\",\"uid\":4711}";

static struct api_fixture *f;

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/user", ANNA, 201, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static void test_user__is_added_shown_and_disabled(void **state)
{
    (void)state;
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/user/anna", NULL, 200, "full_name"),
                        "Anna Exempelsson");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/user", NULL, 200, "items.0.unix_uid"), "4711");
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/user", ANNA, 409, NULL);
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/user", "{\"name\":\"bo\",\"role\":\"king\"}", 422, NULL);
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/user", "{\"name\":\"bo\",\"role\":\"officer\"}", 422, NULL);
    fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/user/bo", NULL, 404, NULL);
    assert_string_not_equal(
        fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/user/anna/disable", NULL, 200, "disabled_at"), "");
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/user/anna/disable", NULL, 404, NULL);
}

static int log_in(struct db *db, void *ctx)
{
    struct actor actor;
    return token_actor(db, ctx, &actor);
}

static void test_token__is_told_once_and_can_be_revoked(void **state)
{
    (void)state;
    char secret[TOKEN_SECRET_BYTES];
    snprintf(
        secret, sizeof secret, "%s",
        fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/token", "{\"name\":\"web\",\"user\":\"anna\"}", 201, "secret"));
    assert_int_equal(strncmp(secret, "gbt_", 4), 0);
    assert_int_equal(fixture_write(f, log_in, secret), 0);
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, "/api/v1/token", NULL);
    assert_string_equal(answer_text(&a, "items.0.name"), "web");
    assert_string_equal(answer_text(&a, "items.0.user"), "anna");
    assert_null(strstr(a.text, secret));
    answer_fini(&a);
    assert_string_not_equal(fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/token/web/revoke", NULL, 200, "revoked_at"),
                            "");
    assert_int_equal(fixture_write(f, log_in, secret), ERR_UNAUTHORIZED);
}

static void test_token__is_not_wider_than_its_user(void **state)
{
    (void)state;
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/token", "{\"name\":\"x\",\"user\":\"anna\",\"role\":\"admin\"}", 403,
                   NULL);
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/token",
                   "{\"name\":\"x\",\"user\":\"anna\",\"expires_at\":\"2020-01-01T00:00:00Z\"}", 422, NULL);
}

static void ask(int fd, const char *key, const char *body, char *out, size_t size)
{
    char text[700];
    size_t n = 0;
    ssize_t got = 0;
    snprintf(text, sizeof text,
             "POST /api/v1/token HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
             "Idempotency-Key: %s\r\nContent-Length: %zu\r\n\r\n%s",
             key, strlen(body), body);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    while (n < size - 1 && (got = read(fd, out + n, size - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = '\0';
    close(fd);
}

/* A repeated request must not find the secret in the store. */
static void test_token__secret_is_not_kept_for_a_repeated_request(void **state)
{
    (void)state;
    char first[4096];
    char second[4096];
    static const char body[] = "{\"name\":\"bot\",\"role\":\"reader\",\"scope\":\"municipality:1292\"}";
    fixture_serve(f);
    ask(fixture_connect_unix(f), "k1", body, first, sizeof first);
    ask(fixture_connect_unix(f), "k1", body, second, sizeof second);
    fixture_end(f);
    assert_non_null(strstr(first, "201 Created"));
    assert_non_null(strstr(first, "\"secret\":\"gbt_"));
    assert_non_null(strstr(second, "409 Conflict"));
    assert_null(strstr(second, "gbt_"));
}

static void test_staff__is_for_administrators_of_all(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *target, *body;
    } calls[] = {{GET, "/api/v1/user", NULL},
                 {GET, "/api/v1/user/anna", NULL},
                 {POST, "/api/v1/user", "{\"name\":\"bo\",\"role\":\"admin\"}"},
                 {POST, "/api/v1/user/anna/disable", NULL},
                 {GET, "/api/v1/token", NULL},
                 {POST, "/api/v1/token", "{\"name\":\"bo\",\"role\":\"admin\"}"},
                 {POST, "/api/v1/token/bo/revoke", NULL}};
    const struct actor *const others[] = {&ACTOR_A, &ACTOR_OFFICER, &ACTOR_READER_A, &LOCAL_ADMIN};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            fixture_expect(f, others[k], calls[i].method, calls[i].target, calls[i].body, 403, NULL);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_user__is_added_shown_and_disabled, setup, teardown),
    TEST_FIXTURE(test_token__is_told_once_and_can_be_revoked, setup, teardown),
    TEST_FIXTURE(test_token__is_not_wider_than_its_user, setup, teardown),
    TEST_FIXTURE(test_token__secret_is_not_kept_for_a_repeated_request, setup, teardown),
    TEST_FIXTURE(test_staff__is_for_administrators_of_all, setup, teardown),
};

TEST_MAIN(tests)
