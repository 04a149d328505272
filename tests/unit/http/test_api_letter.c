/* Letters through the API: two persons, the walls between areas, lint, preview, and the figures of the report. */
#include <stdio.h>

#include "base/clock.h"
#include "core/ledger.h"
#include "core/letter.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST
#define PUT HTTP_METHOD_PUT

/* Persons, since approval needs two of them. */
static const struct actor ANNA = {
    .user_id = 11, .name = "anna", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor BERTIL = {
    .user_id = 12, .name = "bertil", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor DAVID = {
    .user_id = 13, .name = "david", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "klippan"}};

#define SOURCE "---\\ntitle: Brev till {{municipality}}\\nkind: info\\narea: Ängelholm\\n---\\n"
static const char NEW[] =
    "{\"source\":\"" SOURCE "Hej {{name}} i {{group}}!\\n\\nRing 112 eller 114 14.\\n\",\"scope\":"
    "\"police_area:angelholm\"}";

static struct api_fixture *f;
static char id[24];

static int preview(const struct api_preview *in, struct buf *subject, struct buf *text, struct buf *html,
                   struct err *err)
{
    (void)err;
    assert_non_null(strstr(in->source, "title: Brev"));
    buf_addf(subject, "%s", in->municipality_name);
    buf_addf(text, "%s|%s|%s|%s", in->municipality_code, in->area_name, in->group_name, in->person_name);
    buf_adds(html, "<p>");
    return 0;
}

static int setup(void **state)
{
    (void)state;
    f = fixture_open();
    fixture_env(f)->preview = preview;
    snprintf(id, sizeof id, "%s", fixture_expect(f, &ANNA, POST, "/api/v1/letter", NEW, 201, "id"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_close(f);
    return 0;
}

static const char *path(const char *action)
{
    static char out[128];
    snprintf(out, sizeof out, "/api/v1/letter/%s%s", id, action);
    return out;
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

static void test_letter__needs_two_persons(void **state)
{
    (void)state;
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "state"), "draft");
    fixture_expect(f, &BERTIL, POST, path("/approve"), "{}", 409, NULL);
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/submit"), "{}", 200, "state"), "submitted");
    fixture_expect(f, &ANNA, POST, path("/approve"), "{}", 403, NULL);        /* the author */
    fixture_expect(f, &ACTOR_ADMIN, POST, path("/approve"), "{}", 403, NULL); /* no person */
    fixture_expect(f, &BERTIL, POST, path("/approve"), "{\"hash\":\"00000000\"}", 409, NULL);
    char hash[100];
    snprintf(hash, sizeof hash, "{\"hash\":\"%s\"}",
             fixture_expect(f, &BERTIL, GET, path(""), NULL, 200, "content_hash"));
    assert_string_equal(fixture_expect(f, &BERTIL, POST, path("/approve"), hash, 200, "approved_by"), "bertil");
    /* another text makes the approval void */
    assert_string_equal(
        fixture_expect(f, &BERTIL, PUT, path(""), "{\"source\":\"" SOURCE "Ny text.\\n\"}", 200, "state"), "draft");
    fixture_expect(f, &ANNA, POST, path("/send"), "{}", 409, NULL);
}

static void test_letter__reject_needs_a_reason(void **state)
{
    (void)state;
    fixture_expect(f, &ANNA, POST, path("/submit"), "{}", 200, NULL);
    fixture_expect(f, &BERTIL, POST, path("/reject"), "{}", 422, NULL);
    assert_string_equal(fixture_expect(f, &BERTIL, POST, path("/reject"), "{\"note\":\"Fel siffra\"}", 200, "state"),
                        "draft");
}

static void test_letter__refuses_what_it_does_not_know(void **state)
{
    (void)state;
    fixture_expect(f, &ANNA, POST, "/api/v1/letter", "{}", 422, NULL);
    fixture_expect(f, &ANNA, POST, "/api/v1/letter", "{\"sorce\":\"x\"}", 400, NULL);
    fixture_expect(f, &ANNA, POST, path("/send"), "{\"at\":\"imorgon\"}", 400, NULL);
    fixture_expect(f, &ANNA, GET, "/api/v1/letter?state=lost", NULL, 400, NULL);
    fixture_expect(f, &ANNA, GET, "/api/v1/letter?sort=title", NULL, 400, NULL);
    fixture_expect(f, &ANNA, GET, "/api/v1/letter/let_x", NULL, 422, NULL);
}

static void test_letter__of_another_area_is_not_there(void **state)
{
    (void)state;
    static const struct {
        enum http_method method;
        const char *action, *body;
    } calls[] = {{GET, "", NULL},
                 {GET, "/lint", NULL},
                 {GET, "/preview", NULL},
                 {GET, "/report", NULL},
                 {PUT, "", "{\"source\":\"" SOURCE "Kapad.\\n\"}"},
                 {POST, "/test", "{\"to\":\"kapad@example.se\"}"},
                 {POST, "/submit", "{}"},
                 {POST, "/approve", "{}"},
                 {POST, "/reject", "{\"note\":\"nej\"}"},
                 {POST, "/send", "{}"},
                 {POST, "/cancel", "{}"}};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        fixture_expect(f, &DAVID, calls[i].method, path(calls[i].action), calls[i].body, 404, NULL);
    fixture_expect(f, &DAVID, GET, "/api/v1/letter/latest", NULL, 404, NULL);
    assert_string_equal(fixture_expect(f, &DAVID, GET, "/api/v1/letter", NULL, 200, "items.0.id"), "");
    assert_string_equal(fixture_expect(f, &ANNA, GET, "/api/v1/letter", NULL, 200, "items.0.id"), id);
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "version"), "1");
}

/* A person in two groups, two persons with one mailbox, an unsubscribed one's stead, a group that rests. */
static void test_letter__audience_counts_each_once(void **state)
{
    (void)state;
    char first[24], second[24], resting[24], person[24], other[24], unused[24];
    char body[300];
    fixture_group(f, "1292", "Ekbackens brf", first, person, "gunilla.exempelsson@example.se");
    fixture_group(f, "1292", "Lärkvägen m.fl.", second, other, "yasmin@example.com");
    fixture_group(f, "1292", "Vilande", resting, unused, "vilar@example.com");
    snprintf(body, sizeof body, "/api/v1/group/%s/state", resting);
    fixture_expect(f, &ACTOR_A, POST, body, "{\"state\":\"dormant\"}", 200, NULL);
    snprintf(body, sizeof body,
             "{\"group\":\"%s\",\"name\":\"Bo Exempel\",\"addresses\":[\"Gunilla.Exempelsson@example.se\"]}", second);
    fixture_expect(f, &ACTOR_A, POST, "/api/v1/contact", body, 201, NULL);
    struct answer a = fixture_ask(f, &ACTOR_A, GET, path(""), NULL);
    json_t *row = json_array_get(json_object_get(a.json, "audience"), 0);
    assert_int_equal(json_integer_value(json_object_get(row, "groups")), 2);
    assert_int_equal(json_integer_value(json_object_get(row, "contacts")), 3);
    assert_int_equal(json_integer_value(json_object_get(row, "addresses")), 2);
    answer_fini(&a);
    /* The answer to a change does not count. */
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/submit"), "{}", 200, "audience.0.code"), "");
}

/* One municipality of the letter's area may read it, and change nothing of it. */
static void test_letter__of_the_area_is_read_by_its_municipality(void **state)
{
    (void)state;
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, path(""), NULL, 200, "targets.1.code"), "1292");
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, path(""), NULL, 200, "audience.0.code"), "1292");
    assert_string_equal(fixture_expect(f, &ACTOR_A, GET, path(""), NULL, 200, "audience.1.code"), "");
    struct answer a = fixture_ask(f, &ACTOR_A, POST, path("/submit"), "{}");
    assert_true(a.status == 403 || a.status == 404);
    answer_fini(&a);
}

static void test_letter__a_reader_only_reads(void **state)
{
    (void)state;
    static const char *const actions[] = {"/test", "/submit", "/approve", "/reject", "/send", "/cancel"};
    fixture_expect(f, &ACTOR_READER_A, GET, path(""), NULL, 200, NULL);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        fixture_expect(f, &ACTOR_READER_A, POST, path(actions[i]), "{}", 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, PUT, path(""), "{\"source\":\"x\"}", 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, POST, "/api/v1/letter", NEW, 403, NULL);
}

static void test_letter__list_goes_on_after_the_cursor(void **state)
{
    (void)state;
    char target[200];
    fixture_expect(f, &ANNA, POST, "/api/v1/letter", NEW, 201, NULL);
    snprintf(target, sizeof target, "/api/v1/letter?limit=1&after=%s",
             fixture_expect(f, &ANNA, GET, "/api/v1/letter?limit=1", NULL, 200, "next"));
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.id"), id);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "next"), "");
}

/* --- lint, preview ------------------------------------------------------------------------------------------------ */

static void test_lint__tells_where_and_stops_the_letter(void **state)
{
    (void)state;
    fixture_expect(f, &ANNA, PUT, path(""), "{\"source\":\"" SOURCE "Hon heter 19121212-1212.\\n\"}", 200, NULL);
    assert_string_equal(fixture_expect(f, &ANNA, GET, path("/lint"), NULL, 200, "findings.0.rule"), "personnummer");
    assert_string_equal(fixture_expect(f, &ANNA, GET, path("/lint"), NULL, 200, "findings.0.line"), "6");
    assert_string_not_equal(fixture_expect(f, &ANNA, GET, path("/lint"), NULL, 200, "blocks"), "0");
    fixture_expect(f, &ANNA, POST, path("/submit"), "{}", 422, NULL);
    fixture_expect(f, &ANNA, POST, path("/submit"), "{\"override_reason\":\"kort\"}", 422, NULL);
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/submit"),
                                       "{\"override_reason\":\"Påhittat nummer ur en broschyr\"}", 200,
                                       "override_reason"),
                        "Påhittat nummer ur en broschyr");
}

static void test_preview__as_a_group_sees_it(void **state)
{
    (void)state;
    char group[24];
    char contact[24];
    char target[128];
    fixture_group(f, "1257", "Skogsbrynet", group, contact, "gunilla.exempelsson@example.com");
    assert_string_equal(fixture_expect(f, &ANNA, GET, path("/preview"), NULL, 200, "text"),
                        "1257|Ängelholm|Gruppens namn|Förnamn Efternamn");
    snprintf(target, sizeof target, "/api/v1/letter/%s/preview?group=%s", id, group);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "text"),
                        "1257|Ängelholm|Skogsbrynet|Förnamn Efternamn");
    fixture_expect(f, &ACTOR_A, GET, target, NULL, 404, NULL); /* a group of another municipality */
    snprintf(target, sizeof target, "/api/v1/letter/%s/preview?municipality=1292", id);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "subject"), "Ängelholm");
    snprintf(target, sizeof target, "/api/v1/letter/%s/preview?municipality=1277", id);
    fixture_expect(f, &ANNA, GET, target, NULL, 422, NULL); /* does not get the letter */
}

/* --- the report --------------------------------------------------------------------------------------------------- */

/* Opens the letter, expands it, and lets the first copy fail and the others arrive. */
static int send_all(struct db *db, void *ctx)
{
    static struct job jobs[CLAIM_MAX];
    struct claim claims = {.room = {0, 0, 100}};
    int64_t letter = 0;
    struct err err = {.text = ""};
    bool more = true;
    int n = 0;
    (void)ctx;
    int rc = letter_next_due(db, db_now_us(db), &letter);
    if (rc == 0)
        rc = letter_open(db, letter, db_now_us(db), US_PER_S * 3600, &err);
    while (rc == 0 && more)
        rc = ledger_expand(db, 100, &more);
    claims.now_us = db_now_us(db);
    if (rc == 0)
        rc = ledger_claim(db, &claims, jobs, &n);
    for (int i = 0; rc == 0 && i < n; i++) {
        bool fails = strstr(jobs[i].address, "borta") != NULL;
        struct ledger_result result = {.delivery_id = jobs[i].delivery_id,
                                       .state = fails ? DELIVERY_FAILED : DELIVERY_SENT,
                                       .now_us = db_now_us(db),
                                       .code = fails ? 550 : 250,
                                       .status = fails ? "5.1.1" : "2.0.0",
                                       .reply = fails ? "5.1.1 <borta@example.se>: no such user" : "2.0.0 ok"};
        rc = ledger_record(db, &result);
    }
    if (rc == 0)
        rc = ledger_finish(db);
    return rc < 0 ? rc : 0;
}

static void send_letter(void)
{
    static const char *const groups[][3] = {{"1292", "Lärkvägen", "lars@example.se"},
                                            {"1292", "Sjövägen", "borta@example.se"},
                                            {"1257", "Skogsbrynet", "gunilla@example.com"}};
    char group[24];
    char contact[24];
    char target[128];
    for (size_t i = 0; i < 3; i++) {
        fixture_group(f, groups[i][0], groups[i][1], group, contact, groups[i][2]);
        snprintf(target, sizeof target, "/api/v1/group/%s", group);
        if (strcmp(fixture_expect(f, &ACTOR_ADMIN, GET, target, NULL, 200, "state"), "active") != 0) {
            snprintf(target, sizeof target, "/api/v1/group/%s/state", group);
            fixture_expect(f, &ACTOR_ADMIN, POST, target, "{\"state\":\"active\"}", 200, NULL);
        }
    }
    fixture_expect(f, &ANNA, POST, path("/submit"), "{}", 200, NULL);
    fixture_expect(f, &BERTIL, POST, path("/approve"), "{}", 200, NULL);
    fixture_expect(f, &ANNA, POST, path("/send"), "{}", 200, NULL);
    assert_int_equal(fixture_write(f, send_all, NULL), 0);
}

static void expect_report(const struct actor *actor, const char *member, const char *value)
{
    const char *is = fixture_expect(f, actor, GET, path("/report"), NULL, 200, member);
    if (strcmp(is, value) != 0)
        fail_msg("%s is \"%s\", not \"%s\"", member, is, value);
}

static void test_report__has_figures_before_it_is_sent(void **state)
{
    (void)state;
    expect_report(&ANNA, "state", "draft");
    expect_report(&ANNA, "totals.deliveries.sent", "0");
    expect_report(&ANNA, "municipalities.0.code", "1257");
    expect_report(&ANNA, "municipalities.0.percent", ""); /* no active group */
}

static void test_report__counts_copies_and_groups(void **state)
{
    (void)state;
    send_letter();
    expect_report(&ANNA, "state", "sent");
    expect_report(&ANNA, "municipalities.1.code", "1292");
    expect_report(&ANNA, "municipalities.1.deliveries.sent", "1");
    expect_report(&ANNA, "municipalities.1.deliveries.failed", "1");
    expect_report(&ANNA, "municipalities.1.groups_reached", "1");
    expect_report(&ANNA, "municipalities.1.groups_active", "2");
    expect_report(&ANNA, "municipalities.1.percent", "50");
    expect_report(&ANNA, "hold", "false");
    expect_report(&ANNA, "totals.deliveries.sent", "2");
    expect_report(&ANNA, "totals.groups_active", "3");
    expect_report(&ANNA, "totals.percent", "66");
    expect_report(&ANNA, "failures.0.address", "borta@example.se");
    expect_report(&ANNA, "failures.0.status", "5.1.1");
}

static void test_report__shows_a_municipality_its_own(void **state)
{
    (void)state;
    send_letter();
    expect_report(&ACTOR_B, "municipalities.0.code", "1257");
    expect_report(&ACTOR_B, "municipalities.1.code", "");
    expect_report(&ACTOR_B, "totals.deliveries.failed", "0");
    expect_report(&ACTOR_B, "failures.0.delivery", "");
}

static void test_report__hides_addresses_from_readers(void **state)
{
    (void)state;
    send_letter();
    expect_report(&ACTOR_READER_A, "failures.0.address", "");
    expect_report(&ACTOR_READER_A, "failures.0.reply", "5.1.1 <…>: no such user");
    struct answer a = fixture_ask(f, &ACTOR_READER_A, GET, path("/report"), NULL);
    assert_null(strchr(a.text, '@'));
    answer_fini(&a);
}

static void test_test__goes_to_the_ledger(void **state)
{
    (void)state;
    char target[128];
    fixture_expect(f, &ANNA, POST, path("/test"), "{}", 422, NULL);
    snprintf(target, sizeof target, "/api/v1/delivery?message=%s",
             fixture_expect(f, &ANNA, POST, path("/test"),
                            "{\"to\":\"prov@example.se\",\"municipality\":\"Ängelholm\"}", 202, "message"));
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.address"), "prov@example.se");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.municipality_code"), "1292");
    assert_string_equal(fixture_expect(f, &DAVID, GET, target, NULL, 200, "items.0.address"), "");
}

static void test_cancel__calls_it_off(void **state)
{
    (void)state;
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/cancel"), "{\"note\":\"Inställt\"}", 200, "state"),
                        "cancelled");
    fixture_expect(f, &ANNA, POST, path("/cancel"), "{}", 409, NULL);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_letter__needs_two_persons, setup, teardown),
    TEST_FIXTURE(test_letter__reject_needs_a_reason, setup, teardown),
    TEST_FIXTURE(test_letter__refuses_what_it_does_not_know, setup, teardown),
    TEST_FIXTURE(test_letter__of_another_area_is_not_there, setup, teardown),
    TEST_FIXTURE(test_letter__of_the_area_is_read_by_its_municipality, setup, teardown),
    TEST_FIXTURE(test_letter__audience_counts_each_once, setup, teardown),
    TEST_FIXTURE(test_letter__a_reader_only_reads, setup, teardown),
    TEST_FIXTURE(test_letter__list_goes_on_after_the_cursor, setup, teardown),
    TEST_FIXTURE(test_lint__tells_where_and_stops_the_letter, setup, teardown),
    TEST_FIXTURE(test_preview__as_a_group_sees_it, setup, teardown),
    TEST_FIXTURE(test_report__has_figures_before_it_is_sent, setup, teardown),
    TEST_FIXTURE(test_report__counts_copies_and_groups, setup, teardown),
    TEST_FIXTURE(test_report__shows_a_municipality_its_own, setup, teardown),
    TEST_FIXTURE(test_report__hides_addresses_from_readers, setup, teardown),
    TEST_FIXTURE(test_test__goes_to_the_ledger, setup, teardown),
    TEST_FIXTURE(test_cancel__calls_it_off, setup, teardown),
};

TEST_MAIN(tests)
