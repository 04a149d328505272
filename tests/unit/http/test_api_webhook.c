/* Webhook endpoints through the API: who may, what is told once, what is never shown, and what is refused. */
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "core/config.h"
#include "core/mail_token.h"
#include "core/ledger.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define DELETE HTTP_METHOD_DELETE
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

/* Adds one and gives its id. */
static const char *add(const struct actor *actor, const char *body)
{
    static char id[24];
    snprintf(id, sizeof id, "%s", fixture_expect(f, actor, POST, PATH, body, 201, "id"));
    return id;
}

static const char *at(const char *id, const char *verb)
{
    static char path[4][160];
    static int turn;
    char *out = path[turn++ % 4];
    snprintf(out, sizeof path[0], PATH "/%s%s%s", id, verb[0] ? "/" : "", verb);
    return out;
}

static void refused(const struct actor *actor, const char *body, int status, const char *words)
{
    struct answer a = fixture_ask(f, actor, POST, PATH, body);
    if (a.status != status || !strstr(a.err, words))
        fail_msg("%s: %d %s", body, a.status, a.err);
    answer_fini(&a);
}

static void test_webhook__its_secret_is_told_once(void **state)
{
    char secret[100];
    (void)state;
    struct answer a = fixture_ask(f, &ACTOR_A, POST, PATH,
                                  "{\"url\":\"https://e.example/hook?key=hemlig\",\"format\":\"standard\","
                                  "\"municipality\":\"1292\",\"kinds\":[\"boat_theft\",\"letter\"],\"name\":\"Larm\"}");
    assert_int_equal(a.status, 201);
    snprintf(secret, sizeof secret, "%s", answer_text(&a, "secret"));
    assert_memory_equal(secret, "whsec_", 6);
    assert_string_equal(answer_text(&a, "url"), "https://e.example/hook?…");
    assert_string_equal(answer_text(&a, "kinds.1"), "letter");
    assert_string_equal(answer_text(&a, "state"), "enabled");
    answer_fini(&a);
    static const char *const paths[] = {PATH, PATH "/Larm", PATH "/Larm/deliveries", "/api/v1/audit"};
    for (size_t i = 0; i < 4; i++) {
        a = fixture_ask(f, &ACTOR_ADMIN, GET, paths[i], NULL);
        assert_int_equal(a.status, 200);
        assert_null(strstr(a.text, secret + 6));
        assert_null(strstr(a.text, "hemlig"));
        answer_fini(&a);
    }
}

static void test_webhook__ed25519_shows_the_public_key_only(void **state)
{
    (void)state;
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, POST, PATH,
                                  "{\"url\":\"https://e.example/\",\"format\":\"cloudevents\",\"all\":true,"
                                  "\"ed25519\":true}");
    assert_int_equal(a.status, 201);
    assert_memory_equal(answer_text(&a, "public_key"), "whpk_", 5);
    assert_null(strstr(a.text, "whsk_"));
    answer_fini(&a);
}

/* The fifth within the overlap would end the first before its time. */
static void test_webhook__rotation_cuts_no_overlap_short(void **state)
{
    (void)state;
    const char *id = add(&ACTOR_ADMIN, "{\"url\":\"https://e.example/\",\"format\":\"standard\",\"all\":true}");
    for (int i = 0; i < 3; i++)
        fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{}", 200, "secret");
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{}");
    assert_int_equal(a.status, 409);
    assert_non_null(strstr(a.err, "oldest until "));
    assert_non_null(strstr(a.err, " at ")); /* as a wall clock shows it */
    assert_non_null(strstr(a.err, "--now"));
    answer_fini(&a);
    fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{\"now\":true}", 200, "secret");
    fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{}", 200, "secret");
}

static void test_webhook__rotation_overlaps_unless_told_otherwise(void **state)
{
    (void)state;
    const char *id = add(&ACTOR_ADMIN, "{\"url\":\"https://e.example/\",\"format\":\"standard\",\"all\":true}");
    assert_memory_equal(fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{}", 200, "secret"), "whsec_", 6);
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, at(id, ""), NULL);
    assert_int_equal(json_array_size(json_object_get(a.json, "secrets")), 2);
    answer_fini(&a);
    fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{\"overlap\":\"1 week\"}", 400, NULL);
    fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{\"overlap\":\"40d\"}", 422, NULL);
    fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{\"now\":true,\"ed25519\":true}", 200, "public_key");
    a = fixture_ask(f, &ACTOR_ADMIN, GET, at(id, ""), NULL);
    assert_int_equal(json_array_size(json_object_get(a.json, "secrets")), 1);
    assert_string_equal(answer_text(&a, "secrets.0.kind"), "ed25519");
    answer_fini(&a);
    id = add(&ACTOR_ADMIN, "{\"url\":\"https://h.slack.example/services/T/B/x\",\"format\":\"slack\",\"all\":true}");
    fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "rotate"), "{}", 422, NULL);
}

/* The path of a chat service's URL is its secret. */
static void test_webhook__urls_of_chat_services_are_masked(void **state)
{
    (void)state;
    const char *id = add(&ACTOR_ADMIN, "{\"url\":\"https://hooks.slack.example/services/T0/B0/hemlig\","
                                       "\"format\":\"slack\",\"all\":true}");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, ""), NULL, 200, "url"),
                        "https://hooks.slack.example/…");
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, "/api/v1/audit", NULL);
    assert_null(strstr(a.text, "hemlig"));
    answer_fini(&a);
}

static void test_webhook__walls(void **state)
{
    char of_a[24];
    char of_area[24];
    (void)state;
    snprintf(of_a, sizeof of_a, "%s",
             add(&ACTOR_A, "{\"url\":\"https://a.example/\",\"format\":\"standard\",\"municipality\":\"1292\"}"));
    snprintf(of_area, sizeof of_area, "%s",
             add(&ACTOR_OFFICER, "{\"url\":\"https://l.example/\",\"format\":\"standard\",\"area\":\"angelholm\"}"));
    refused(&ACTOR_A, "{\"url\":\"https://x.example/\",\"format\":\"standard\",\"municipality\":\"1257\"}", 404,
            "outside");
    refused(&ACTOR_A, "{\"url\":\"https://x.example/\",\"format\":\"standard\",\"area\":\"angelholm\"}", 404,
            "outside");
    refused(&ACTOR_A, "{\"url\":\"https://x.example/\",\"format\":\"standard\",\"all\":true}", 403, "administrator");
    refused(&ACTOR_A, "{\"url\":\"https://x.example/\",\"format\":\"standard\"}", 400, "whose");
    fixture_expect(f, &ACTOR_READER_A, GET, PATH, NULL, 403, NULL);
    fixture_expect(f, &ACTOR_B, GET, at(of_a, ""), NULL, 404, NULL);
    fixture_expect(f, &ACTOR_B, POST, at(of_a, "test"), "{}", 404, NULL);
    fixture_expect(f, &ACTOR_B, DELETE, at(of_a, ""), NULL, 404, NULL);
    fixture_expect(f, &ACTOR_B, GET, at(of_a, "deliveries"), NULL, 404, NULL);
    struct answer a = fixture_ask(f, &ACTOR_B, GET, PATH, NULL); /* the area's touches it, and is not its to change */
    assert_int_equal(json_array_size(json_object_get(a.json, "items")), 1);
    answer_fini(&a);
    fixture_expect(f, &ACTOR_B, GET, at(of_area, ""), NULL, 200, NULL);
    static const char *const verbs[] = {"test", "rotate", "disable", "enable", "replay"};
    for (size_t i = 0; i < 5; i++)
        fixture_expect(f, &ACTOR_B, POST, at(of_area, verbs[i]), "{}", 403, NULL);
    fixture_expect(f, &ACTOR_B, DELETE, at(of_area, ""), NULL, 403, NULL);
    fixture_expect(f, &ACTOR_OFFICER, POST, at(of_a, "disable"), "{\"reason\":\"flyttar\"}", 200, NULL);
    fixture_expect(f, &ACTOR_OFFICER, POST, at(of_a, "disable"), "{}", 409, NULL);
    fixture_expect(f, &ACTOR_OFFICER, POST, at(of_a, "replay"), "{}", 409, NULL);
    fixture_expect(f, &ACTOR_OFFICER, POST, at(of_a, "enable"), "{}", 200, NULL);
    fixture_expect(f, &ACTOR_OFFICER, DELETE, at(of_a, ""), NULL, 204, NULL);
    fixture_expect(f, &ACTOR_OFFICER, GET, at(of_a, ""), NULL, 404, NULL);
}

#define BASE "{\"url\":\"https://e.example/\",\"all\":true,"
static void test_webhook__what_is_refused(void **state)
{
    static const struct {
        const char *body, *words;
    } rows[] = {
        {BASE "\"format\":\"telegram\"}", "standard, cloudevents"},
        {"{\"all\":true,\"format\":\"standard\"}", "url"},
        {BASE "\"format\":\"standard\",\"kinds\":[\"boat_thef\"]}", "boat_theft"},
        {BASE "\"format\":\"cap\",\"kinds\":[\"letter\"]}", "CAP"},
        {BASE "\"format\":\"slack\",\"secret\":\"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"}", "not signed"},
        {BASE "\"format\":\"standard\",\"secret\":\"hemlig\"}", "whsec_"},
        {BASE "\"format\":\"standard\",\"topic\":\"x\"}", "topic"},
        {BASE "\"format\":\"standard\",\"password\":\"x\"}", "user"},
        {BASE "\"format\":\"standard\",\"user\":\"a:b\",\"password\":\"x\"}", "colon"},
        {BASE "\"format\":\"standard\",\"user\":\"a\\r\\nX: y\"}", "printable"},
        {BASE "\"format\":\"matrix\",\"token\":\"t\"}", "room"},
        {BASE "\"format\":\"matrix\",\"token\":\"t\",\"room\":\"#larm:example.se\"}", "!"},
        {BASE "\"format\":\"matrix\",\"token\":\"t\\nX\",\"room\":\"!a:b\"}", "token"},
        {BASE "\"format\":\"ntfy\"}", "topic"},
        {BASE "\"format\":\"ntfy\",\"topic\":\"å\"}", "topic"},
        {BASE
         "\"format\":\"46elks\",\"from\":\"Grannsamverkan\",\"to\":[\"0701740605\"],\"user\":\"u\",\"password\":\"p\"}",
         "11"},
        {BASE "\"format\":\"46elks\",\"from\":\"Grann\",\"to\":[\"123\"],\"user\":\"u\",\"password\":\"p\"}", "number"},
        {BASE "\"format\":\"46elks\",\"from\":\"Grann\",\"to\":[\"0701740605\"]}", "user"},
        {BASE "\"format\":\"template\"}", "template"},
        {BASE "\"format\":\"template\",\"template\":\"{\\\"t\\\":\\\"{{titel}}\\\"}\"}", "{{title}}"},
        {BASE "\"format\":\"template\",\"template\":\"{\\\"t\\\":{{title}}}\"}", "JSON"},
        {BASE "\"format\":\"template\",\"template\":\"{\\\"t\\\":\\\"{{kind}}\\\"}\"}", "exercise"},
        {BASE "\"format\":\"template\",\"template\":\"{{title}}\",\"content_type\":\"image/png\"}", "content type"},
        {BASE "\"format\":\"template\",\"template\":\"{{title\",\"content_type\":\"text/plain\"}", "}}"},
        {BASE "\"format\":\"standard\",\"email\":\"nobody\"}", "@"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refused(&ACTOR_ADMIN, rows[i].body, 422, rows[i].words);
    refused(&ACTOR_ADMIN, BASE "\"format\":\"standard\",\"colour\":1}", 400, "colour");
}

static int no_url(const char *url, const struct config *config, struct err *err)
{
    (void)url;
    (void)config;
    return err_set(err, ERR_INVALID, "the address is loopback");
}

static void test_webhook__the_url_is_judged_by_who_calls_it(void **state)
{
    (void)state;
    fixture_env(f)->check_url = no_url;
    refused(&ACTOR_ADMIN, BASE "\"format\":\"standard\"}", 422, "loopback");
}

static void test_webhook__formats_are_taken(void **state)
{
    (void)state;
    add(&ACTOR_ADMIN, BASE "\"format\":\"ntfy\",\"topic\":\"larm\",\"token\":\"tk_hemlig\"}");
    const char *id =
        add(&ACTOR_ADMIN, "{\"url\":\"https://ntfy.example/sub/larm-2\",\"format\":\"ntfy\",\"all\":true}");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, ""), NULL, 200, "settings.topic"), "larm-2");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, ""), NULL, 200, "url"),
                        "https://ntfy.example/sub/");
    add(&ACTOR_ADMIN, BASE "\"format\":\"matrix\",\"token\":\"syt_hemlig\",\"room\":\"!a:example.se\"}");
    id = add(&ACTOR_ADMIN,
             "{\"format\":\"46elks\",\"all\":true,\"from\":\"Grannar\",\"user\":\"u1\",\"password\":\"hemlig\","
             "\"to\":[\"070-174 06 05\",\"+46701740605\",\"070-174 06 06\"]}");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, ""), NULL, 200, "url"),
                        "https://api.46elks.com/a1/sms");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, ""), NULL, 200, "to.1"), "+46701740606");
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, ""), NULL, 200, "to.2"), "");
    add(&ACTOR_ADMIN,
        BASE "\"format\":\"template\",\"template\":\"{\\\"t\\\":\\\"{{title}}\\\",\\\"e\\\":{{exercise}}}\"}");
    struct answer a = fixture_ask(f, &ACTOR_ADMIN, GET, PATH, NULL);
    assert_null(strstr(a.text, "hemlig"));
    assert_int_equal(json_array_size(json_object_get(a.json, "items")), 5);
    answer_fini(&a);
    a = fixture_ask(f, &ACTOR_ADMIN, GET, at(id, ""), NULL);
    assert_null(strstr(a.text, "hemlig"));
    answer_fini(&a);
}

static void test_webhook__a_test_is_a_delivery(void **state)
{
    char delivery[24];
    char path[100];
    (void)state;
    const char *id = add(&ACTOR_ADMIN, BASE "\"format\":\"standard\"}");
    snprintf(delivery, sizeof delivery, "%s",
             fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "test"), "{}", 202, "delivery"));
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, "deliveries"), NULL, 200, "items.0.id"), delivery);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, "deliveries?state=sent"), NULL, 200, "items.0.id"),
                        "");
    snprintf(path, sizeof path, "deliveries/%s", delivery);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, path), NULL, 200, "type"), "webhook.test");
    fixture_expect(f, &ACTOR_ADMIN, GET, at(id, "deliveries/dlv_0000000000000"), NULL, 422, NULL);
    fixture_expect(f, &ACTOR_ADMIN, GET, at(id, "deliveries?state=dead"), NULL, 400, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "replay"), "{}", 200, "replayed"), "0");
}

/* --- the gateway's report -------------------------------------------------------------------------------------------
 */

struct report_token {
    int64_t delivery_id;
    char text[MAIL_TOKEN_BYTES];
};

static int make_token(struct db *db, void *ctx)
{
    uint8_t key[MAIL_TOKEN_KEY_BYTES];
    struct report_token *t = ctx;
    int rc = ledger_token_key(db, key);
    mail_token_make(key, MAIL_TOKEN_SMS_REPORT, t->delivery_id, t->text);
    return rc;
}

static void test_webhook_report__is_kept_with_the_delivery(void **state)
{
    static const struct actor nobody = {.name = ""};
    struct report_token token;
    char path[80];
    (void)state;
    const char *id = add(&ACTOR_ADMIN, "{\"format\":\"46elks\",\"all\":true,\"from\":\"Grannar\",\"user\":\"u1\","
                                       "\"password\":\"p\",\"to\":[\"070-174 06 05\"]}");
    assert_int_equal(id_parse(ID_DELIVERY, fixture_expect(f, &ACTOR_ADMIN, POST, at(id, "test"), "{}", 202, "delivery"),
                              &token.delivery_id),
                     0);
    assert_int_equal(fixture_write(f, make_token, &token), 0);
    snprintf(path, sizeof path, "/webhook/46elks/%s", token.text);
    fixture_expect(f, &nobody, POST, path, "id=s1&status=delivered&delivered=2026-03-01T12%3A00%3A00", 204, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, "deliveries"), NULL, 200, "items.0.report"),
                        "delivered");
    fixture_expect(f, &nobody, POST, path, "id=s1", 422, NULL);
    fixture_expect(f, &nobody, POST, path, "status=%zz", 400, NULL);
    fixture_expect(f, &nobody, POST, path, "status=<b>", 422, NULL);
    path[strlen(path) - 1] ^= 1;
    fixture_expect(f, &nobody, POST, path, "id=s1&status=failed", 404, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, at(id, "deliveries"), NULL, 200, "items.0.report"),
                        "delivered");
}

#define ROW(name) TEST_FIXTURE(name, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(test_webhook__its_secret_is_told_once),
    ROW(test_webhook__ed25519_shows_the_public_key_only),
    ROW(test_webhook__rotation_overlaps_unless_told_otherwise),
    ROW(test_webhook__rotation_cuts_no_overlap_short),
    ROW(test_webhook__urls_of_chat_services_are_masked),
    ROW(test_webhook__walls),
    ROW(test_webhook__what_is_refused),
    ROW(test_webhook__the_url_is_judged_by_who_calls_it),
    ROW(test_webhook__formats_are_taken),
    ROW(test_webhook__a_test_is_a_delivery),
    ROW(test_webhook_report__is_kept_with_the_delivery),
};

TEST_MAIN(tests)
