/* The ledger through the API: lists and walls, trying again, and all that happened for one address. */
#include <stdio.h>

#include "base/clock.h"
#include "base/id.h"
#include "core/group.h"
#include "core/ledger.h"
#include "core/ledger_attempt.h"
#include "core/letter.h"
#include "lib/api_fixture.h"
#include "lib/test.h"
#include "store/db.h"

#define GET HTTP_METHOD_GET
#define POST HTTP_METHOD_POST

static const struct actor ANNA = {
    .user_id = 11, .name = "anna", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor BERTIL = {
    .user_id = 12, .name = "bertil", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "angelholm"}};
static const struct actor DAVID = {
    .user_id = 13, .name = "david", .role = ROLE_OFFICER, .scope = {.kind = SCOPE_POLICE_AREA, .code = "klippan"}};

static struct api_fixture *f;
static char letter[24], id[24];
static json_t *loop_says; /* what env->status gives */

/* A test copy of a letter is the shortest way to a row of a municipality. */
static int setup(void **state)
{
    (void)state;
    char target[128];
    f = fixture_open();
    snprintf(letter, sizeof letter, "%s",
             fixture_expect(f, &ANNA, POST, "/api/v1/letter",
                            "{\"source\":\"---\\ntitle: Brev\\nkind: info\\narea: Ängelholm\\n---\\nRing 112.\\n\","
                            "\"scope\":\"police_area:angelholm\"}",
                            201, "id"));
    snprintf(target, sizeof target, "/api/v1/letter/%s/test", letter);
    fixture_expect(f, &ANNA, POST, target, "{\"to\":\"gunilla@example.com\",\"municipality\":\"1257\"}", 202, NULL);
    snprintf(id, sizeof id, "%s", fixture_expect(f, &ANNA, GET, "/api/v1/delivery", NULL, 200, "items.0.id"));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(loop_says);
    loop_says = NULL;
    fixture_close(f);
    return 0;
}

static const char *path(const char *action)
{
    static char out[128];
    snprintf(out, sizeof out, "/api/v1/delivery/%s%s", id, action);
    return out;
}

/* Claims everything and records *(enum delivery_state *)ctx for it. */
static int record(struct db *db, void *ctx)
{
    static struct job jobs[CLAIM_MAX];
    struct claim claims = {.room = {10, 10, 10}};
    int n = 0;
    claims.now_us = db_now_us(db);
    int rc = ledger_claim(db, &claims, jobs, &n);
    for (int i = 0; rc == 0 && i < n; i++) {
        struct ledger_result result = {.delivery_id = jobs[i].delivery_id,
                                       .state = *(enum delivery_state *)ctx,
                                       .now_us = db_now_us(db),
                                       .code = 550,
                                       .reply = "no such user"};
        rc = ledger_record(db, &result);
    }
    if (rc == 0)
        rc = ledger_finish(db);
    return rc < 0 ? rc : 0;
}

static void become(enum delivery_state state)
{
    assert_int_equal(fixture_write(f, record, &state), 0);
}

static void test_list__filters(void **state)
{
    (void)state;
    static const struct {
        const char *query, *found;
    } rows[] = {{"state=pending", "gunilla@example.com"},
                {"state=sent", ""},
                {"address=Gunilla@EXAMPLE.com", "gunilla@example.com"},
                {"address=annan@example.com", ""},
                {"letter=latest", ""} /* a test copy is not the letter */};
    char target[128];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(target, sizeof target, "/api/v1/delivery?%s", rows[i].query);
        assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.address"), rows[i].found);
    }
    fixture_expect(f, &ANNA, GET, "/api/v1/delivery?state=lost", NULL, 400, NULL);
    fixture_expect(f, &ANNA, GET, "/api/v1/delivery?message=let_1", NULL, 400, NULL);
    fixture_expect(f, &ANNA, GET, "/api/v1/delivery?address=nowhere", NULL, 422, NULL);
}

static json_t *status(void *ctx)
{
    (void)ctx;
    return json_incref(loop_says);
}

static void say(const char *text)
{
    json_decref(loop_says);
    loop_says = json_loads(text, 0, NULL);
    assert_non_null(loop_says);
    fixture_env(f)->status = status;
}

static const char *member(const char *what)
{
    return fixture_expect(f, &ANNA, GET, path(""), NULL, 200, what);
}

/* A try that is to be made again later, made due at once for the next. */
static int make_due(struct db *db, void *ctx)
{
    int64_t n = 0;
    (void)ctx;
    return ledger_pull_back(db, db_now_us(db), db_now_us(db) - 1, &n);
}

static void test_show__lists_every_try_newest_first(void **state)
{
    (void)state;
    say("{}");
    assert_string_equal(member("tries.0.at"), "");
    become(DELIVERY_PENDING);
    assert_int_equal(fixture_write(f, make_due, NULL), 0);
    assert_string_equal(member("tries.0.result"), "retry");
    assert_string_equal(member("tries.0.code"), "550");
    assert_string_equal(member("tries.0.reply"), "no such user");
    become(DELIVERY_FAILED);
    assert_string_equal(member("tries.0.result"), "failed");
    assert_string_equal(member("tries.1.result"), "retry");
    assert_string_equal(member("waits_for"), "");
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 200, NULL);
    become(DELIVERY_SENT);
    assert_string_equal(member("tries.0.result"), "sent");
    assert_string_equal(member("tries.2.result"), "retry");
    assert_string_equal(member("tries.3.result"), "");
    assert_string_equal(
        fixture_expect(f, &ANNA, GET, "/api/v1/why?address=gunilla@example.com", NULL, 200, "items.0.tries.1.result"),
        "failed");
}

static int try_often(struct db *db, void *ctx)
{
    enum delivery_state state = DELIVERY_PENDING;
    int rc = 0;
    (void)ctx;
    for (int i = 0; rc == 0 && i < LEDGER_ATTEMPTS_MAX + 20; i++) {
        rc = record(db, &state);
        if (rc == 0)
            rc = make_due(db, NULL);
    }
    return rc;
}

static void test_show__keeps_a_bounded_history(void **state)
{
    (void)state;
    char last[32];
    char beyond[32];
    say("{}");
    assert_int_equal(fixture_write(f, try_often, NULL), 0);
    snprintf(last, sizeof last, "tries.%d.result", LEDGER_ATTEMPTS_MAX - 1);
    snprintf(beyond, sizeof beyond, "tries.%d.result", LEDGER_ATTEMPTS_MAX);
    assert_string_equal(member(last), "retry");
    assert_string_equal(member(beyond), "");
}

static void test_show__says_why_it_has_not_gone_yet(void **state)
{
    (void)state;
    say("{}");
    assert_string_equal(member("waits_for.0.why"), "in_the_queue");
    say("{\"relays\":[{\"name\":\"a\",\"state\":\"paused\",\"problem\":\"login refused\",\"retry_in_ms\":1000},"
        "{\"name\":\"b\",\"state\":\"ready\"}]}");
    assert_string_equal(member("waits_for.0.why"), "in_the_queue"); /* it goes by the other relay */
    say("{\"relays\":[{\"name\":\"a\",\"state\":\"paused\",\"problem\":\"login refused\",\"retry_in_ms\":1000}],"
        "\"domains_waiting\":{\"count\":2,\"items\":[{\"domain\":\"other.example\",\"reply\":\"x\"},"
        "{\"domain\":\"example.com\",\"reply\":\"450 busy\",\"retry_in_ms\":60000}]}}");
    assert_string_equal(member("waits_for.0.why"), "domain_waits");
    assert_string_equal(member("waits_for.0.text"), "example.com does not take mail now: 450 busy");
    assert_string_equal(member("waits_for.1.text"), "relay a is paused: login refused");
    assert_string_not_equal(member("waits_for.1.until"), "");
    assert_string_equal(member("waits_for.2.why"), "");
    fixture_expect(f, &ACTOR_ADMIN, POST, "/api/v1/hold", "{\"reason\":\"fel brev\"}", 200, NULL);
    assert_non_null(strstr(member("waits_for.0.text"), "on hold by"));
    assert_non_null(strstr(member("waits_for.0.text"), "fel brev"));
    assert_string_equal(
        fixture_expect(f, &ANNA, GET, "/api/v1/why?address=gunilla@example.com", NULL, 200, "items.0.waits_for.1.why"),
        "domain_waits");
}

static void test_retry__only_failed_and_uncertain(void **state)
{
    (void)state;
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 409, NULL); /* pending */
    become(DELIVERY_FAILED);
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "state"), "failed");
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 200, "state"), "pending");
    become(DELIVERY_UNCERTAIN);
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 200, "state"), "pending");
    become(DELIVERY_SENT); /* it was claimed again, so its message is open again */
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "state"), "sent");
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 409, NULL);
    assert_string_equal(fixture_expect(f, &ACTOR_ADMIN, GET, "/api/v1/audit", NULL, 200, "items.0.action"),
                        "delivery.retry");
}

static int message_state(struct db *db, void *ctx)
{
    struct db_rows *rows = NULL;
    int64_t delivery = 0;
    int rc = id_parse(ID_DELIVERY, id, &delivery);
    struct scope all = {.kind = SCOPE_ALL};
    rc = rc ? rc : db_query_as(db, &all, &rows, Q_DELIVERY_RETRY_LOOK, DB_ARGS(DB_INT(delivery)));
    if (rc)
        return rc;
    if (db_next(rows) > 0)
        snprintf(ctx, 20, "%s", db_text(rows, 2));
    db_done(rows);
    return 0;
}

static void test_retry__opens_the_message_again(void **state)
{
    (void)state;
    char is[20] = "";
    become(DELIVERY_FAILED);
    assert_int_equal(fixture_write(f, message_state, is), 0);
    assert_string_equal(is, "finished");
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 200, NULL);
    assert_int_equal(fixture_write(f, message_state, is), 0);
    assert_string_equal(is, "sending");
}

static int withdraw(struct db *db, void *ctx)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int64_t delivery = 0;
    int64_t message = 0;
    int64_t n = 0;
    (void)ctx;
    int rc = id_parse(ID_DELIVERY, id, &delivery);
    rc = rc ? rc : db_query_as(db, &all, &rows, Q_DELIVERY_SHOW, DB_ARGS(DB_INT(delivery)));
    if (rc)
        return rc;
    if (db_next(rows) > 0)
        message = db_int(rows, 1);
    db_done(rows);
    return ledger_withdraw(db, message, &n);
}

static void test_retry__not_of_what_was_called_off(void **state)
{
    (void)state;
    become(DELIVERY_FAILED);
    assert_int_equal(fixture_write(f, withdraw, NULL), 0);
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 409, NULL);
}

/* A letter's row of a contact person, failed. */
static int fail_letter(struct db *db, void *ctx)
{
    enum delivery_state state = DELIVERY_FAILED;
    struct err err = {.text = ""};
    bool more = true;
    int64_t due = 0;
    (void)ctx;
    int rc = letter_next_due(db, db_now_us(db), &due);
    rc = rc ? rc : letter_open(db, due, db_now_us(db), US_PER_S * 3600, &err);
    while (rc == 0 && more)
        rc = ledger_expand(db, 100, &more);
    return rc ? rc : record(db, &state);
}

static void act(const struct actor *actor, const char *action)
{
    char target[128];
    snprintf(target, sizeof target, "/api/v1/letter/%s/%s", letter, action);
    fixture_expect(f, actor, POST, target, "{}", 200, NULL);
}

static int unsubscribe(struct db *db, void *ctx)
{
    struct db_rows *rows = NULL;
    struct err err = {.text = ""};
    int64_t contact_id = 0;
    int64_t address = 0;
    int rc = id_parse(ID_CONTACT, ctx, &contact_id);
    rc = rc ? rc : db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact_id)));
    if (rc)
        return rc;
    if (db_next(rows) > 0)
        address = db_int(rows, 0);
    db_done(rows);
    return contact_unsubscribe(db, &ACTOR_ADMIN, address, &err);
}

static void test_retry__not_to_who_has_said_no(void **state)
{
    (void)state;
    char group[24];
    char contact[24];
    char target[128];
    become(DELIVERY_SENT); /* the test copy is out of the way */
    fixture_group(f, "1292", "Lärkvägen", group, contact, "lars@example.se");
    act(&ANNA, "submit");
    act(&BERTIL, "approve");
    act(&ANNA, "send");
    assert_int_equal(fixture_write(f, fail_letter, NULL), 0);
    snprintf(id, sizeof id, "%s",
             fixture_expect(f, &ANNA, GET, "/api/v1/delivery?letter=latest", NULL, 200, "items.0.id"));
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 200, "state"), "pending");
    become(DELIVERY_FAILED);
    snprintf(target, sizeof target, "/api/v1/group/%s/state", group);
    fixture_expect(f, &ACTOR_ADMIN, POST, target, "{\"state\":\"dormant\"}", 200, NULL);
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 409, NULL);
    fixture_expect(f, &ACTOR_ADMIN, POST, target, "{\"state\":\"active\"}", 200, NULL);
    assert_string_equal(fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 200, "state"), "pending");
    become(DELIVERY_UNCERTAIN);
    assert_int_equal(fixture_write(f, unsubscribe, contact), 0);
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 409, NULL);
    snprintf(target, sizeof target, "/api/v1/contact/%s", contact);
    fixture_expect(f, &ACTOR_ADMIN, HTTP_METHOD_DELETE, target, NULL, 204, NULL);
    fixture_expect(f, &ANNA, POST, path("/retry"), NULL, 409, NULL);
}

static void test_delivery__of_another_area_is_not_there(void **state)
{
    (void)state;
    become(DELIVERY_FAILED);
    const struct actor *const strangers[] = {&DAVID, &ACTOR_A};
    for (size_t i = 0; i < 2; i++) {
        fixture_expect(f, strangers[i], GET, path(""), NULL, 404, NULL);
        fixture_expect(f, strangers[i], POST, path("/retry"), NULL, 404, NULL);
        assert_string_equal(fixture_expect(f, strangers[i], GET, "/api/v1/delivery", NULL, 200, "items.0.id"), "");
        assert_string_equal(
            fixture_expect(f, strangers[i], GET, "/api/v1/why?address=gunilla@example.com", NULL, 200, "items.0.id"),
            "");
    }
    assert_string_equal(fixture_expect(f, &ANNA, GET, path(""), NULL, 200, "state"), "failed");
}

static void test_delivery__is_not_for_readers(void **state)
{
    (void)state;
    fixture_expect(f, &ACTOR_READER_A, GET, "/api/v1/delivery", NULL, 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, GET, path(""), NULL, 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, POST, path("/retry"), NULL, 403, NULL);
    fixture_expect(f, &ACTOR_READER_A, GET, "/api/v1/why?address=gunilla@example.com", NULL, 403, NULL);
}

static int post_reminder(struct db *db, void *ctx)
{
    int64_t message = 0;
    (void)ctx;
    return ledger_post(db, "reminder", "Glöm inte brevet", "Hej!", "anna@example.se", "anna", &message);
}

static void test_list__shows_mails_to_staff_to_who_sees_all(void **state)
{
    (void)state;
    static const char target[] = "/api/v1/delivery?address=anna@example.se";
    assert_int_equal(fixture_write(f, post_reminder, NULL), 0);
    assert_string_equal(fixture_expect(f, &DAVID, GET, target, NULL, 200, "items.0.id"), "");
    assert_string_not_equal(fixture_expect(f, &ACTOR_ADMIN, GET, target, NULL, 200, "items.0.id"), "");
}

static void test_why__tells_deliveries_and_registrations(void **state)
{
    (void)state;
    char group[24];
    char contact[24];
    static const char target[] = "/api/v1/why?address=gunilla@example.com";
    fixture_group(f, "1257", "Skogsbrynet", group, contact, "gunilla@example.com");
    become(DELIVERY_FAILED);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.id"), id);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.title"), "Brev");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.reply"), "no such user");
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "items.0.letter"), letter);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "registrations.0.contact"), contact);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "registrations.0.groups.0.id"), group);
    assert_string_equal(fixture_expect(f, &ANNA, GET, target, NULL, 200, "registrations.0.unsubscribed_at"), "");
    assert_string_equal(fixture_expect(f, &DAVID, GET, target, NULL, 200, "registrations.0.contact"), "");
    fixture_expect(f, &ANNA, GET, "/api/v1/why", NULL, 400, NULL);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_list__filters, setup, teardown),
    TEST_FIXTURE(test_show__lists_every_try_newest_first, setup, teardown),
    TEST_FIXTURE(test_show__keeps_a_bounded_history, setup, teardown),
    TEST_FIXTURE(test_show__says_why_it_has_not_gone_yet, setup, teardown),
    TEST_FIXTURE(test_retry__only_failed_and_uncertain, setup, teardown),
    TEST_FIXTURE(test_retry__opens_the_message_again, setup, teardown),
    TEST_FIXTURE(test_retry__not_of_what_was_called_off, setup, teardown),
    TEST_FIXTURE(test_retry__not_to_who_has_said_no, setup, teardown),
    TEST_FIXTURE(test_delivery__of_another_area_is_not_there, setup, teardown),
    TEST_FIXTURE(test_delivery__is_not_for_readers, setup, teardown),
    TEST_FIXTURE(test_list__shows_mails_to_staff_to_who_sees_all, setup, teardown),
    TEST_FIXTURE(test_why__tells_deliveries_and_registrations, setup, teardown),
};

TEST_MAIN(tests)
