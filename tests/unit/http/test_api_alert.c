/* Alerts through the API: what is answered, what is refused with which status, the walls, and the thread. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/alert.h"
#include "lib/api_fixture.h"
#include "lib/test.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define ALERT "/api/v1/alert"

static const struct actor ANNA = {
    .user_id = 11, .name = "anna", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor BERTIL = {
    .user_id = 12, .name = "bertil", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor DAVID = {
    .user_id = 13, .name = "david", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "klippan"}};

#define TEXTS "\"kind\":\"boat_theft\",\"title\":\"Båtmotorer stjäls\",\"text\":\"Ring 112 om du ser något.\""
#define HERE "\"target\":{\"municipalities\":[\"1292\"]}"
#define WIDE "\"target\":{\"areas\":[\"angelholm\"]}"

static struct api_fixture *f;

static int setup(void **state)
{
    char group[24];
    char contact[24];
    (void)state;
    f = fixture_open();
    fixture_group(f, "1292", "Lärkvägen", group, contact, "gunilla@example.se");
    fixture_group(f, "1257", "Ekbacken", group, contact, "gunilla@other.example.se");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

/* The id of an alert to `target`. Static. */
static const char *send_alert(const char *body)
{
    static char id[24];
    snprintf(id, sizeof id, "%s", fixture_expect(f, &ANNA, POST, ALERT, body, 201, "id"));
    return id;
}

static const char *path(const char *id, const char *action)
{
    static char out[128];
    snprintf(out, sizeof out, ALERT "/%s%s", id, action);
    return out;
}

static void test_alert__is_answered_whole(void **state)
{
    (void)state;
    struct answer a = fixture_ask(f, &ANNA, POST, ALERT, "{" TEXTS "," HERE ",\"expires_in\":\"2h\"}");
    static const char *const EXPECTED[][2] = {
        {"type", "alert"},
        {"state", "active"},
        {"kind", "boat_theft"},
        {"severity", "moderate"},
        {"exercise", "false"},
        {"recipients", "1"},
        {"groups", "1"},
        {"author", "anna"},
        {"sms.encoding", "GSM-7"},
        {"municipalities.0.code", "1292"},
        {"sample.0.name", "Gunilla Exempelsson"},
        {"sample.0.group", "Lärkvägen"},
        {"thread.0.type", "alert"},
        {"deliveries.sent", "0"},
        {"deferred_until", ""},
        {"classification", "public"},
        {"hold", "false"},
    };
    assert_int_equal(a.status, 201);
    for (size_t i = 0; i < sizeof EXPECTED / sizeof EXPECTED[0]; i++)
        if (strcmp(answer_text(&a, EXPECTED[i][0]), EXPECTED[i][1]) != 0)
            fail_msg("%s is \"%s\"", EXPECTED[i][0], answer_text(&a, EXPECTED[i][0]));
    assert_true(json_is_array(json_object_get(a.json, "findings")));
    assert_string_equal(fixture_expect(f, &BERTIL, GET, path("latest", ""), NULL, 200, "id"), answer_text(&a, "id"));
    assert_string_equal(fixture_expect(f, &BERTIL, GET, "/api/v1/status", NULL, 200, "alerts.0.id"),
                        answer_text(&a, "id"));
    answer_fini(&a);
}

static void test_alert__a_dry_run_leaves_nothing(void **state)
{
    (void)state;
    struct answer a = fixture_ask(f, &ANNA, POST, ALERT "?dry_run=true", "{" TEXTS "," WIDE ",\"exercise\":true}");
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_text(&a, "dry_run"), "true");
    assert_string_equal(answer_text(&a, "exercise"), "true");
    assert_string_equal(answer_text(&a, "recipients"), "2");
    assert_string_equal(answer_text(&a, "urgency"), "expected");
    assert_string_equal(answer_text(&a, "target.areas.0"), "angelholm");
    answer_fini(&a);
    assert_string_equal(fixture_expect(f, &ANNA, GET, ALERT, NULL, 200, "items.0.id"), "");
}

/* What another source suggests: a draft for 1292. */
static int add_draft(struct db *db, void *ctx)
{
    char code[] = "1292";
    char *codes[] = {code};
    struct alert_input in = ALERT_INPUT_INIT;
    struct actor daemon = actor_daemon();
    struct api_env *env = fixture_env(f);
    struct err err = {.text = ""};
    in.kind = "vma_relay";
    in.title = "Brand i en lagerlokal";
    in.text = "Gå inomhus.";
    in.origin = "vma";
    in.origin_id = "SRVMA1";
    in.target = (struct alert_target){.municipalities = codes, .municipality_count = 1};
    return alert_add_draft(db, &daemon, env->config(env->ctx), &in, ctx, &err);
}

static void test_draft__a_dry_run_sends_nothing(void **state)
{
    (void)state;
    int64_t id = 0;
    char draft[ID_TEXT_BYTES];
    assert_int_equal(fixture_write(f, add_draft, &id), 0);
    id_format(ID_ALERT, id, draft);
    struct answer a = fixture_ask(f, &ANNA, POST, path(draft, "/send?dry_run=1"), NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_text(&a, "dry_run"), "true");
    assert_string_equal(answer_text(&a, "recipients"), "1");
    answer_fini(&a);
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(draft, ""), NULL, 200, "state"), "draft");
    fixture_expect(f, &ANNA, POST, path(draft, "/send?dryrun=1"), NULL, 400, "");
    fixture_expect(f, &ANNA, POST, path(draft, "/discard?dry_run=1"), "{\"note\":\"nej\"}", 400, "");
    assert_string_equal(fixture_expect(f, &ANNA, POST, path(draft, "/send"), NULL, 200, "state"), "active");
    /* What knows no dry run says so, and does not do it. */
    fixture_expect(f, &ANNA, POST, path(draft, "/update?dry_run=1"), "{\"text\":\"Stäng fönster.\"}", 400, "");
    fixture_expect(f, &ANNA, POST, path(draft, "/recall?dry_run=1"), NULL, 400, "");
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(draft, ""), NULL, 200, "state"), "active");
}

static void test_alert__refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body;
        int status;
    } rows[] = {
        {ALERT, "{}", 422},
        {ALERT, "{" TEXTS "}", 422},
        {ALERT, "{" TEXTS "," HERE ",\"titel\":\"x\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"exercise\":\"yes\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"expires\":\"i morgon\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"expires_in\":\"2 h\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"expires_in\":\"0h\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"expires_in\":\"99999999999999999999d\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"expires_in\":\"2h\",\"expires\":\"2036-01-01T00:00:00Z\"}", 400},
        {ALERT, "{" TEXTS "," HERE ",\"severity\":\"awful\"}", 422},
        {ALERT, "{" TEXTS ",\"target\":[]}", 422},
        {ALERT, "{" TEXTS ",\"target\":{\"municipalities\":[\"9999\"]}}", 422},
        {ALERT, "{\"kind\":\"bomb\",\"title\":\"x\",\"text\":\"y\"," HERE "}", 422},
        {ALERT "?dryrun=1", "{" TEXTS "," HERE "}", 400},
        {ALERT "?dry_run=perhaps", "{" TEXTS "," HERE "}", 400},
        {ALERT "/alr_x/recall", "{}", 422},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer a = fixture_ask(f, &ANNA, POST, rows[i].target, rows[i].body);
        if (a.status != rows[i].status || !a.err[0])
            fail_msg("row %zu: status %d: %s", i, a.status, a.err);
        answer_fini(&a);
    }
    struct answer lost = fixture_ask(f, &ANNA, GET, ALERT "?state=lost", NULL);
    assert_int_equal(lost.status, 400);
    assert_string_equal(lost.err,
                        "state=lost is no state of alerts: write one of draft submitted active updated recalled "
                        "expired discarded");
    answer_fini(&lost);
    assert_string_equal(fixture_expect(f, &ANNA, GET, ALERT, NULL, 200, "items.0.id"), "");
}

static void test_alert__a_thread_is_one_in_every_answer(void **state)
{
    (void)state;
    char id[24];
    snprintf(id, sizeof id, "%s", send_alert("{" TEXTS "," HERE "}"));
    fixture_expect(f, &ANNA, POST, path(id, "/update"), "{}", 422, NULL);
    fixture_expect(f, &ANNA, POST, path(id, "/update"), "{\"title\":\"Ny\",\"text\":\"Ny.\",\"exercise\":true}", 400,
                   NULL);
    struct answer a = fixture_ask(f, &BERTIL, POST, path(id, "/update"), "{\"title\":\"Ny\",\"text\":\"Ny text.\"}");
    assert_int_equal(a.status, 201);
    assert_string_equal(answer_text(&a, "type"), "update");
    assert_string_equal(answer_text(&a, "root"), id);
    assert_string_equal(answer_text(&a, "thread.1.title"), "Ny");
    answer_fini(&a);
    a = fixture_ask(f, &ANNA, POST, path(id, "/recall"), "{\"note\":\"lugnt\"}");
    assert_int_equal(a.status, 201);
    assert_string_equal(answer_text(&a, "type"), "recall");
    assert_string_equal(answer_text(&a, "thread.2.type"), "recall");
    answer_fini(&a);
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(id, ""), NULL, 200, "state"), "recalled");
    fixture_expect(f, &ANNA, POST, path(id, "/recall"), "{}", 409, NULL);
    fixture_expect(f, &ANNA, POST, path(id, "/update"), "{\"title\":\"Ny\",\"text\":\"Ny.\"}", 409, NULL);
    assert_string_equal(fixture_expect(f, &ANNA, GET, ALERT "?state=recalled", NULL, 200, "items.0.kind"),
                        "boat_theft");
}

static void test_alert__a_second_person_decides(void **state)
{
    (void)state;
    char id[24];
    snprintf(id, sizeof id, "%s", send_alert("{" TEXTS "," HERE ",\"second_person\":true}"));
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(id, ""), NULL, 200, "state"), "submitted");
    fixture_expect(f, &ANNA, POST, path(id, "/approve"), "{}", 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, POST, path(id, "/approve"), "{}", 403, NULL);
    fixture_expect(f, &BERTIL, POST, path(id, "/approve"), "{\"hash\":\"00000000\"}", 409, NULL);
    char hash[100];
    snprintf(hash, sizeof hash, "{\"hash\":\"%s\"}",
             fixture_expect(f, &BERTIL, GET, path(id, ""), NULL, 200, "content_hash"));
    struct answer a = fixture_ask(f, &BERTIL, POST, path(id, "/approve"), hash);
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_text(&a, "state"), "active");
    assert_string_equal(answer_text(&a, "approved_by"), "bertil");
    answer_fini(&a);
    snprintf(id, sizeof id, "%s", send_alert("{" TEXTS "," HERE ",\"second_person\":true}"));
    fixture_expect(f, &BERTIL, POST, path(id, "/reject"), "{}", 422, NULL);
    assert_string_equal(fixture_expect(f, &BERTIL, POST, path(id, "/reject"), "{\"note\":\"fel\"}", 200, "state"),
                        "discarded");
}

static void test_alert__its_walls(void **state)
{
    (void)state;
    char id[24];
    snprintf(id, sizeof id, "%s", send_alert("{" TEXTS "," HERE "}"));
    static const char *const ACTIONS[] = {"/update", "/recall", "/approve", "/reject", "/send", "/discard"};
    static const char *const BODIES[] = {
        "{\"title\":\"x\",\"text\":\"y\"}", "{}", "{}", "{\"note\":\"x\"}", "{}", "{}"};
    for (size_t i = 0; i < sizeof ACTIONS / sizeof ACTIONS[0]; i++) {
        fixture_expect(f, &DAVID, POST, path(id, ACTIONS[i]), BODIES[i], 404, NULL);
        fixture_expect(f, &ACTOR_READER_A, POST, path(id, ACTIONS[i]), BODIES[i], 403, NULL);
    }
    fixture_expect(f, &DAVID, GET, path(id, ""), NULL, 404, NULL);
    assert_string_equal(fixture_expect(f, &DAVID, GET, ALERT, NULL, 200, "items.0.id"), "");
    assert_string_equal(fixture_expect(f, &DAVID, GET, "/api/v1/status", NULL, 200, "alerts.0.id"), "");
    fixture_expect(f, &ACTOR_READER_A, POST, ALERT, "{" TEXTS "," HERE "}", 403, NULL);
}

static void test_alert__who_sees_a_part_sees_the_figures_of_that_part(void **state)
{
    (void)state;
    char id[24];
    snprintf(id, sizeof id, "%s", send_alert("{" TEXTS "," WIDE "}"));
    struct answer whole = fixture_ask(f, &ANNA, GET, path(id, ""), NULL);
    assert_string_equal(answer_text(&whole, "recipients"), "2");
    assert_string_equal(answer_text(&whole, "groups"), "2");
    answer_fini(&whole);
    struct answer part = fixture_ask(f, &ACTOR_A, GET, path(id, ""), NULL);
    assert_int_equal(part.status, 200);
    assert_true(json_is_null(json_object_get(part.json, "recipients")));
    assert_true(json_is_null(json_object_get(part.json, "target")));
    assert_string_equal(answer_text(&part, "groups"), "1");
    answer_fini(&part);
    struct answer list = fixture_ask(f, &ACTOR_A, GET, ALERT, NULL);
    assert_true(json_is_null(json_object_get(json_array_get(json_object_get(list.json, "items"), 0), "recipients")));
    answer_fini(&list);
    fixture_expect(f, &ACTOR_A, POST, path(id, "/recall"), "{}", 403, NULL);
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_alert__is_answered_whole, setup, teardown),
    TEST_FIXTURE(test_alert__a_dry_run_leaves_nothing, setup, teardown),
    TEST_FIXTURE(test_draft__a_dry_run_sends_nothing, setup, teardown),
    TEST_FIXTURE(test_alert__refuses_what_it_does_not_know, setup, teardown),
    TEST_FIXTURE(test_alert__a_thread_is_one_in_every_answer, setup, teardown),
    TEST_FIXTURE(test_alert__a_second_person_decides, setup, teardown),
    TEST_FIXTURE(test_alert__its_walls, setup, teardown),
    TEST_FIXTURE(test_alert__who_sees_a_part_sees_the_figures_of_that_part, setup, teardown),
};
TEST_MAIN(TESTS)
