/* core/webhook_emit.h: who gets which event, and who does not. */
#include "core/webhook_emit.h"

#include <stdio.h>

#include "core/letter.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define HOUR (3600 * US_PER_S)

static struct store_fixture f;
static int64_t group_north, group_south; /* in Ängelholm, in Klippan */

static void script(const char *sql)
{
    store_fixture_ok(&f, db_script(f.db, sql, &f.err));
}

static int setup(void **state)
{
    (void)state;
    store_fixture_init(&f);
    store_fixture_person(&f, "1292", "Norra", "Karin Holm", "karin@example.se", &group_north);
    store_fixture_person(&f, "1276", "Södra", "Per Ek", "per@example.se", &group_south);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_fixture_fini(&f);
    return 0;
}

static void add_webhook(int id, const char *scope, const char *code, int64_t group_id, const char *kinds, int exercises)
{
    char sql[1500];
    char group[24] = "NULL";
    if (group_id)
        snprintf(group, sizeof group, "%lld", (long long)group_id);
    snprintf(
        sql, sizeof sql,
        "INSERT INTO webhook (id, name, scope_kind, scope_code, group_id, url, format, exercises, settings, owner_id,"
        " owner, state, created_at, updated_at) VALUES (%d, 'w', '%s', '%s', %s, 'https://e.example/', 'standard', %d,"
        " '{}', 0, 'anna', 'enabled', 1, 1);"
        "INSERT INTO webhook_lane (webhook_id) VALUES (%d);"
        "INSERT INTO webhook_recipient (webhook_id, recipient) VALUES (%d, '');"
        "INSERT INTO webhook_kind (webhook_id, kind) SELECT %d, value FROM json_each('%s');",
        id, scope, code, group, exercises, id, id, id, kinds);
    script(sql);
}

static void add_alert(int id, int root, const char *type, int is_exercise, const char *classification)
{
    char sql[1500];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger,"
        " classification, content_hash, title, text, target, area_text, state, author_id, author, expires_at, "
        "created_at, sent_at)"
        " VALUES (%d, %d, '%s', 'boat_theft', 'severe', 'immediate', 'observed', %d, 0, '%s', 'h', 'T', 'X', '{}', 'A',"
        " 'active', 0, 'anna', %lld, 1, %lld)",
        id, root, type, is_exercise, classification, (long long)f.now_us + HOUR, (long long)f.now_us);
    script(sql);
    if (id != root)
        return;
    snprintf(sql, sizeof sql,
             "INSERT INTO alert_group (alert_id, group_id) VALUES (%d, %lld);"
             "INSERT INTO alert_municipality (alert_id, municipality_code) VALUES (%d, '1292')",
             id, (long long)group_north, id);
    script(sql);
}

/* "1p 3s": the endpoints that have a delivery of events of this type, with the first letter of its state ("h": held).
 */
static const char *who(const char *type)
{
    char select[400];
    snprintf(select, sizeof select,
             "SELECT group_concat(webhook_id || CASE WHEN held = 1 THEN 'h' ELSE substr(state, 1, 1) END, ' ') FROM "
             "(SELECT d.* FROM webhook_delivery AS d JOIN webhook_event AS e ON e.id = d.event_id "
             "WHERE e.type = '%s' ORDER BY d.webhook_id, d.id)",
             type);
    return store_fixture_text(&f, select);
}

static void test_webhook_emit_alert__goes_to_whom_it_touches(void **state)
{
    (void)state;
    add_webhook(1, "all", "", 0, "[\"alert\"]", 1);
    add_webhook(2, "municipality", "1292", 0, "[\"boat_theft\"]", 1);
    add_webhook(3, "municipality", "1276", 0, "[\"alert\"]", 1);
    add_webhook(4, "police_area", "angelholm", 0, "[\"fire_setting\",\"boat_theft\"]", 1);
    add_webhook(5, "police_area", "klippan", 0, "[\"alert\"]", 1);
    add_webhook(6, "group", "n", group_north, "[\"alert\"]", 1);
    add_webhook(7, "group", "s", group_south, "[\"alert\"]", 1);
    add_webhook(8, "all", "", 0, "[\"fire_setting\",\"letter\"]", 1);
    add_webhook(9, "all", "", 0, "[\"alert\"]", 1);
    script("UPDATE webhook SET state = 'disabled' WHERE id = 9");
    add_alert(100, 100, "alert", 0, "public");
    assert_int_equal(webhook_emit_alert(f.db, 100), 0);
    assert_string_equal(who("alert.sent"), "1p 2p 4p 6p");
}

static void test_webhook_emit_alert__exercises_only_where_wanted(void **state)
{
    (void)state;
    add_webhook(1, "all", "", 0, "[\"alert\"]", 1);
    add_webhook(2, "all", "", 0, "[\"alert\"]", 0);
    add_alert(100, 100, "alert", 1, "public");
    assert_int_equal(webhook_emit_alert(f.db, 100), 0);
    assert_string_equal(who("alert.sent"), "1p");
}

static void test_webhook_emit_alert__not_what_is_for_contact_persons_only(void **state)
{
    (void)state;
    add_webhook(1, "all", "", 0, "[\"alert\"]", 1);
    add_alert(100, 100, "alert", 0, "ombud_only");
    assert_int_equal(webhook_emit_alert(f.db, 100), 0);
    assert_string_equal(who("alert.sent"), "");
}

/* Four endpoints in the four states that an update can find them in, and one that is new. */
static void sent_to_four(void)
{
    for (int i = 1; i <= 4; i++)
        add_webhook(i, "all", "", 0, "[\"alert\"]", 1);
    add_alert(100, 100, "alert", 0, "public");
    assert_int_equal(webhook_emit_alert(f.db, 100), 0);
    script("UPDATE webhook_delivery SET state = 'claimed' WHERE webhook_id <> 2;"
           "UPDATE webhook_delivery SET state = 'sent', reached = 2 WHERE webhook_id = 1;"
           "UPDATE webhook_delivery SET state = 'failed' WHERE webhook_id = 4;");
    add_webhook(5, "all", "", 0, "[\"alert\"]", 1);
}

static void test_webhook_emit_alert__update_takes_over_what_waits(void **state)
{
    (void)state;
    sent_to_four();
    add_alert(101, 100, "update", 0, "public");
    assert_int_equal(webhook_emit_alert(f.db, 101), 0);
    assert_string_equal(who("alert.sent"), "1s 2w 3c 4f");
    assert_string_equal(who("alert.updated"), "1p 2p 3h");
    script("UPDATE webhook_delivery SET state = 'sent', reached = 2 WHERE state = 'claimed'");
    assert_string_equal(who("alert.updated"), "1p 2p 3p");
}

static void test_webhook_emit_alert__recall_only_where_it_may_be(void **state)
{
    (void)state;
    sent_to_four();
    add_alert(101, 100, "recall", 0, "public");
    assert_int_equal(webhook_emit_alert(f.db, 101), 0);
    assert_string_equal(who("alert.sent"), "1s 2w 3c 4f");
    assert_string_equal(who("alert.recalled"), "1p 3h");
}

static void test_webhook_emit_expired__tells_who_has_it(void **state)
{
    (void)state;
    sent_to_four();
    assert_int_equal(webhook_emit_expired(f.db, 100, 0), 0);
    assert_string_equal(who("alert.sent"), "1s 2e 3c 4f");
    assert_string_equal(who("alert.expired"), "1p 3h");
}

static void letter(const char *classification)
{
    char source[400];
    struct letter_options options = {0};
    int64_t id = 0;
    snprintf(source, sizeof source,
             "---\ntitle: Till alla\nkind: info\nclassification: %s\nmunicipalities: 1292\n---\nLås cykeln.\n",
             classification);
    store_fixture_ok(&f, letter_add(f.db, &f.anna, source, &options, &id, &f.err));
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, id, NULL, &f.err));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, id, NULL, &f.err));
    store_fixture_ok(&f, letter_send(f.db, &f.anna, id, 0, &f.err));
    store_fixture_ok(&f, letter_open(f.db, id, f.now_us, HOUR, &f.err));
}

static void test_webhook_emit_letter__public_ones_only(void **state)
{
    (void)state;
    script("UPDATE watch_group SET state = 'active'");
    add_webhook(1, "municipality", "1292", 0, "[\"letter\"]", 1);
    add_webhook(2, "municipality", "1276", 0, "[\"letter\"]", 1);
    add_webhook(3, "all", "", 0, "[\"alert\"]", 1);
    add_webhook(4, "police_area", "angelholm", 0, "[\"letter\",\"alert\"]", 0);
    add_webhook(5, "group", "n", group_north, "[\"letter\"]", 1);
    add_webhook(6, "group", "s", group_south, "[\"letter\"]", 1);
    letter("ombud_and_households");
    assert_string_equal(who("letter.sent"), "");
    letter("public");
    assert_string_equal(who("letter.sent"), "1p 4p 5p");
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_webhook_emit_alert__goes_to_whom_it_touches, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_alert__exercises_only_where_wanted, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_alert__not_what_is_for_contact_persons_only, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_alert__update_takes_over_what_waits, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_alert__recall_only_where_it_may_be, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_expired__tells_who_has_it, setup, teardown),
    TEST_FIXTURE(test_webhook_emit_letter__public_ones_only, setup, teardown),
};

TEST_MAIN(tests)
