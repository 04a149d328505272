/* The unsubscribe page: only POST acts, twice is fine, and nobody learns anything from a link that does not open. */
#include <stdio.h>
#include <unistd.h>

#include "base/id.h"
#include "core/ledger.h"
#include "core/mail_token.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST

static const struct actor NOBODY = {.name = ""};
static struct api_fixture *f;
static char contact[24], path[80], alerts_path[80];

static int make_link(struct db *db, void *ctx)
{
    uint8_t key[MAIL_TOKEN_KEY_BYTES];
    char token[MAIL_TOKEN_BYTES];
    struct db_rows *rows = NULL;
    int64_t contact_id = 0;
    int64_t address = 0;
    (void)ctx;
    int rc = id_parse(ID_CONTACT, contact, &contact_id);
    rc = rc ? rc : ledger_token_key(db, key);
    rc = rc ? rc : db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact_id)));
    if (rc)
        return rc;
    if (db_next(rows) > 0)
        address = db_int(rows, 0);
    db_done(rows);
    snprintf(path, sizeof path, "/u/%s", mail_token_make(key, MAIL_TOKEN_UNSUBSCRIBE, address, token));
    snprintf(alerts_path, sizeof alerts_path, "/u/%s",
             mail_token_make(key, MAIL_TOKEN_UNSUBSCRIBE_ALERTS, address, token));
    return 0;
}

static int setup(void **state)
{
    (void)state;
    char group[24];
    f = fixture_open();
    fixture_group(f, "1292", "Lärkvägen", group, contact, "gunilla@example.com");
    assert_int_equal(fixture_write(f, make_link, NULL), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static const char *registered(const char *field)
{
    return fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/why?address=gunilla@example.com", NULL, 200, field);
}

static const char *unsubscribed(void)
{
    return registered("registrations.0.unsubscribed_at");
}

static const char *alerts_stopped(void)
{
    return registered("registrations.0.alerts_stopped_at");
}

/* The page, which must tell nothing of the person. */
static struct answer load(enum http_method method, const char *target, const char *body)
{
    struct answer a = fixture_ask(f, &NOBODY, method, target, body);
    assert_non_null(strstr(a.text, "<html lang=\"sv\">"));
    assert_non_null(strstr(a.text, "<h1>"));
    assert_null(strstr(a.text, "example.com"));
    assert_null(strstr(a.text, "Exempelsson"));
    assert_null(strstr(a.text, "rkvägen"));
    assert_null(strstr(a.text, "<script"));
    return a;
}

static void test_get__changes_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct answer a = load(GET, path, NULL);
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(a.text, "<form method=\"post\">"));
        answer_fini(&a);
    }
    assert_string_equal(unsubscribed(), "");
    assert_int_equal(fixture_changes(f), 0);
}

static void test_post__ends_the_letters(void **state)
{
    (void)state;
    struct answer a = load(POST, path, "");
    assert_int_equal(a.status, 200);
    assert_null(strstr(a.text, "<form"));
    answer_fini(&a);
    assert_string_not_equal(unsubscribed(), "");
    assert_string_equal(alerts_stopped(), "");
}

/* A page of its own, which says that the letters go on; and they do. */
static void test_post__ends_the_alerts_alone(void **state)
{
    (void)state;
    struct answer a = load(GET, alerts_path, NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.text, "Vill du sluta få varningar"));
    assert_non_null(strstr(a.text, "Breven fortsätter att komma."));
    assert_non_null(strstr(a.text, "Letters go on"));
    assert_non_null(strstr(a.text, "<form method=\"post\">"));
    answer_fini(&a);
    assert_string_equal(alerts_stopped(), "");
    for (int i = 0; i < 2; i++) {
        a = load(POST, alerts_path, "List-Unsubscribe=One-Click");
        assert_int_equal(a.status, 200);
        assert_non_null(strstr(a.text, "Du får inga fler varningar."));
        answer_fini(&a);
    }
    assert_string_not_equal(alerts_stopped(), "");
    assert_string_equal(unsubscribed(), "");
    assert_string_not_equal(registered("registrations.0.groups.0.id"), "");
}

static void test_post__twice_is_fine(void **state)
{
    (void)state;
    char first[64];
    for (int i = 0; i < 2; i++) {
        struct answer a = load(POST, path, "List-Unsubscribe=One-Click");
        assert_int_equal(a.status, 200);
        answer_fini(&a);
        if (i == 0)
            snprintf(first, sizeof first, "%s", unsubscribed());
    }
    assert_string_equal(unsubscribed(), first);
}

static void test_bad_links__look_all_the_same(void **state)
{
    (void)state;
    char other[80];
    char *texts[6] = {NULL};
    size_t n = 0;
    snprintf(other, sizeof other, "%s", path);
    other[10] = other[10] == 'a' ? 'b' : 'a'; /* another id, so a wrong signature */
    const char *const bad[] = {other, "/u/x", "/u/aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < 3; i++) {
        for (int post = 0; post < 2; post++) {
            struct answer a = load(post ? POST : GET, bad[i], post ? "" : NULL);
            assert_int_equal(a.status, 404);
            texts[n++] = a.text;
            a.text = NULL;
            answer_fini(&a);
        }
    }
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(texts[i], texts[0]);
        if (i > 0)
            free(texts[i]);
    }
    free(texts[0]);
    assert_string_equal(unsubscribed(), "");
}

static void test_gone_person__looks_like_a_bad_link(void **state)
{
    (void)state;
    char target[80];
    snprintf(target, sizeof target, "/api/v1/contact/%s", contact);
    struct answer removed = fixture_ask(f, &ACTOR_ADMIN, HTTP_METHOD_DELETE, target, NULL);
    assert_true(removed.status == 200 || removed.status == 204);
    answer_fini(&removed);
    struct answer a = load(GET, path, NULL);
    struct answer b = load(GET, "/u/x", NULL);
    assert_int_equal(a.status, 404);
    assert_string_equal(a.text, b.text);
    answer_fini(&a);
    answer_fini(&b);
}

/* Over the wire, as a mail program does it: no login, a form's body, no redirect, and the headers. */
static void test_one_click__over_tcp(void **state)
{
    (void)state;
    char text[400];
    char out[8192];
    size_t n = 0;
    ssize_t got = 0;
    fixture_serve(f);
    int fd = fixture_connect_tcp(f);
    snprintf(text, sizeof text,
             "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
             "Content-Length: 26\r\n\r\nList-Unsubscribe=One-Click",
             path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    while (n < sizeof out - 1 && (got = read(fd, out + n, sizeof out - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = '\0';
    close(fd);
    fixture_end(f);
    assert_int_equal(strncmp(out, "HTTP/1.1 200 ", 13), 0);
    assert_null(strstr(out, "\r\nLocation:"));
    assert_null(strstr(out, "\r\nSet-Cookie:"));
    assert_non_null(strstr(out, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(out, "X-Robots-Tag: noindex"));
    assert_non_null(strstr(out, "style-src 'unsafe-inline'; form-action 'self'"));
    assert_string_not_equal(unsubscribed(), "");
    assert_int_equal(fixture_changes(f), 1); /* who waits for the ledger is woken */
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_get__changes_nothing, setup, teardown),
    TEST_FIXTURE(test_post__ends_the_letters, setup, teardown),
    TEST_FIXTURE(test_post__ends_the_alerts_alone, setup, teardown),
    TEST_FIXTURE(test_post__twice_is_fine, setup, teardown),
    TEST_FIXTURE(test_bad_links__look_all_the_same, setup, teardown),
    TEST_FIXTURE(test_gone_person__looks_like_a_bad_link, setup, teardown),
    TEST_FIXTURE(test_one_click__over_tcp, setup, teardown),
};

TEST_MAIN(tests)
