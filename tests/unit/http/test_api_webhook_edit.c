/* Changing webhook endpoints through the API: what is kept, what is checked anew, what leaves for no other host. */
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "lib/api_fixture.h"
#include "lib/test.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define PATCH HTTP_METHOD_PATCH
#define PATH "/api/v1/webhook"

static struct api_fixture *f;

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

/* Adds one and gives its path. */
static const char *add(const struct actor *actor, const char *body)
{
    static char path[4][80];
    static int turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], PATH "/%s", fixture_expect(f, actor, POST, PATH, body, 201, "id"));
    return out;
}

static void becomes(const char *path, const char *body, const char *member, const char *value)
{
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, PATCH, path, body);
    if (a.status != 200 || strcmp(answer_text(&a, member), value) != 0)
        fail_msg("%s: %d %s, %s", body, a.status, a.err, a.status == 200 ? answer_text(&a, member) : "");
    answer_fini(&a);
}

static void refused(const char *path, const char *body, int status, const char *words)
{
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, PATCH, path, body);
    if (a.status != status || !strstr(a.err, words))
        fail_msg("%s: %d %s", body, a.status, a.err);
    answer_fini(&a);
}

static void test_webhook_edit__changes_what_is_given(void **state)
{
    (void)state;
    const char *path = add(&ACTOR_ADMIN, "{\"url\":\"https://e.example/a\",\"format\":\"standard\",\"all\":true,"
                                         "\"kinds\":[\"boat_theft\"],\"email\":\"drift@e.example\"}");
    becomes(path, "{\"name\":\"Larm\"}", "name", "Larm");
    becomes(path, "{\"url\":\"https://e.example/b\"}", "url", "https://e.example/b");
    becomes(path, "{\"kinds\":[\"letter\",\"alert\"]}", "kinds.1", "letter");
    becomes(path, "{\"exercises\":false}", "kinds.0", "alert");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, path, NULL, 200, "email"), "drift@e.example");
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, path, NULL);
    assert_true(json_is_false(json_object_get(a.json, "exercises")));
    assert_int_equal(json_array_size(json_object_get(a.json, "kinds")), 2);
    assert_int_equal(json_array_size(json_object_get(a.json, "secrets")), 1);
    answer_fini(&a);
    becomes(path, "{\"name\":null,\"kinds\":null,\"exercises\":null}", "name", "standard e.example");
    a = fixture_ask(f, &ACTOR_ADMIN, GET, path, NULL);
    assert_true(json_is_true(json_object_get(a.json, "exercises")));
    assert_int_equal(json_array_size(json_object_get(a.json, "kinds")), 1);
    answer_fini(&a);
}

static int no_private(const char *url, const struct config *config, struct err *err)
{
    (void)config;
    return strstr(url, "127.0.0.1") ? err_set(err, ERR_INVALID, "not public") : 0;
}

static void test_webhook_edit__checks_what_adding_checks(void **state)
{
    (void)state;
    fixture_env(f)->check_url = no_private;
    const char *path = add(&ACTOR_ADMIN, "{\"url\":\"https://e.example/\",\"format\":\"standard\",\"all\":true}");
    refused(path, "{\"url\":\"https://127.0.0.1/\"}", 422, "not public");
    refused(path, "{\"url\":\"\"}", 422, "url");
    refused(path, "{\"url\":7}", 400, "text");
    refused(path, "{\"kinds\":[\"boat_thef\"]}", 422, "boat_theft");
    refused(path, "{\"room\":\"!a:b\"}", 422, "room");
    refused(path, "{\"password\":\"x\"}", 422, "user");
    refused(path, "{\"email\":\"ingen\"}", 422, "");
    refused(path, "{\"exercises\":\"ja\"}", 400, "exercises");
    refused(path, "{\"secret\":\"x\"}", 400, "rotate");
    refused(path, "{\"format\":\"slack\"}", 400, "format");
    refused(path, "{\"scope\":\"all\"}", 400, "area");
    refused(path, "{\"url\":\"https://b.example/\",\"urll\":\"x\"}", 400, "urll");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, path, NULL, 200, "url"), "https://e.example/");
}

/* Who may change an address could else have what is stored sent to a host of their own. */
static void test_webhook_edit__a_credential_stays_with_its_host(void **state)
{
    (void)state;
    const char *path = add(&ACTOR_ADMIN, "{\"url\":\"https://m.example/\",\"format\":\"matrix\",\"all\":true,"
                                         "\"room\":\"!a:b\",\"token\":\"syt_hemlig\"}");
    becomes(path, "{\"url\":\"https://M.example/x\"}", "url", "https://M.example/x");
    refused(path, "{\"url\":\"https://m.example.evil.example/x\"}", 422, "token");
    refused(path, "{\"url\":\"http://m.example/x\"}", 422, "token");
    refused(path, "{\"url\":\"https://m.example:444/x\"}", 422, "token");
    refused(path, "{\"token\":null}", 422, "token"); /* the format needs one */
    becomes(path, "{\"url\":\"https://n.example/\",\"token\":\"syt_ny\"}", "url", "https://n.example/");
    path = add(&ACTOR_ADMIN, "{\"url\":\"https://e.example/\",\"format\":\"standard\",\"all\":true,\"user\":\"larm\","
                             "\"password\":\"tyst\"}");
    refused(path, "{\"url\":\"https://evil.example/\"}", 422, "password");
    refused(path, "{\"url\":\"https://evil.example/\",\"user\":\"annan\"}", 422, "password");
    becomes(path, "{\"url\":\"https://evil.example/\",\"user\":null}", "url", "https://evil.example/");
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, path, NULL);
    assert_true(json_is_false(json_object_get(a.json, "has_credential")));
    answer_fini(&a);
    a = fixture_ask(f, &ACTOR_ADMIN, GET, "/api/v1/audit", NULL);
    assert_non_null(strstr(a.text, "webhook.edit"));
    assert_null(strstr(a.text, "syt_"));
    assert_null(strstr(a.text, "tyst"));
    answer_fini(&a);
}

static void test_webhook_edit__by_whom_it_is_added(void **state)
{
    (void)state;
    const char *of_area =
        add(&ACTOR_OFFICER, "{\"url\":\"https://l.example/\",\"format\":\"standard\",\"area\":\"angelholm\"}");
    const char *of_a =
        add(&ACTOR_A, "{\"url\":\"https://a.example/\",\"format\":\"standard\",\"municipality\":\"1292\"}");
    fixture_expect(f, &ACTOR_B, PATCH, of_a, "{\"name\":\"Min\"}", 404, NULL);
    fixture_expect(f, &ACTOR_B, PATCH, of_area, "{\"name\":\"Min\"}", 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, PATCH, of_a, "{\"name\":\"Min\"}", 403, NULL);
    fixture_expect(f, &ACTOR_A, PATCH, of_a, "{\"name\":\"Min\"}", 200, NULL);
    fixture_expect(f, &ACTOR_OFFICER, PATCH, of_a, "{\"name\":\"Vår\"}", 200, NULL);
}

static void test_webhook_edit__settings_of_formats(void **state)
{
    (void)state;
    const char *path = add(&ACTOR_ADMIN, "{\"url\":\"https://ntfy.example/tips\",\"format\":\"ntfy\",\"all\":true}");
    becomes(path, "{\"name\":\"n\"}", "settings.topic", "tips");
    becomes(path, "{\"topic\":\"larm\"}", "settings.topic", "larm");
    becomes(path, "{\"url\":\"https://ntfy.example/nytt\"}", "settings.topic", "nytt");
    becomes(path, "{\"url\":\"https://annan.example\"}", "settings.topic", "nytt");
    path = add(&ACTOR_ADMIN, "{\"url\":\"https://t.example/\",\"format\":\"template\",\"all\":true,"
                             "\"template\":\"{\\\"a\\\":\\\"{{title}}\\\"}\"}");
    becomes(path, "{\"name\":\"t\"}", "settings.content_type", "application/json");
    refused(path, "{\"template\":\"{{titel}}\"}", 422, "titel");
    becomes(path, "{\"template\":\"{{title}}\",\"content_type\":\"text/plain\"}", "settings.body", "{{title}}");
}

static void test_webhook_edit__telephones(void **state)
{
    (void)state;
    const char *path = add(&ACTOR_ADMIN, "{\"format\":\"46elks\",\"all\":true,\"from\":\"Grannbud\",\"user\":\"u\","
                                         "\"password\":\"p\",\"to\":[\"070-174 06 05\",\"070-174 06 06\"]}");
    becomes(path, "{\"from\":\"Polisen\"}", "to.1", "+46701740606");
    becomes(path, "{\"to\":[\"0701740606\",\"0701740607\"]}", "to.1", "+46701740607");
    refused(path, "{\"to\":null}", 422, "to");
    refused(path, "{\"to\":[\"12\"]}", 422, "");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, path, NULL, 200, "settings.from"), "Polisen");
}

#define ROW(name) TEST_FIXTURE(name, setup, teardown)
static const struct CMUnitTest TESTS[] = {
    ROW(test_webhook_edit__changes_what_is_given),
    ROW(test_webhook_edit__checks_what_adding_checks),
    ROW(test_webhook_edit__a_credential_stays_with_its_host),
    ROW(test_webhook_edit__by_whom_it_is_added),
    ROW(test_webhook_edit__settings_of_formats),
    ROW(test_webhook_edit__telephones),
};

TEST_MAIN(TESTS)
