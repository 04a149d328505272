/* How the engine goes about the statements of every turn: through indexes, without sorting, and with the same number of
 * steps before a thousand rows as before a hundred thousand. Read from the engine itself, over the schema as it is. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/mem.h"
#include "lib/test.h"
#include "store/query.h"

static const struct {
    const char *name;
    const char *sql;
} QUERIES[] = {
#define QUERY(id, scoped, name, sql) [Q_##id] = {name, sql},
#include "queries.inc"
#undef QUERY
};

static const char *const SCHEMA[] = {
#define MIGRATION(version, name, sql) sql,
#include "schema.inc"
#undef MIGRATION
};

static sqlite3 *db;

static void run(const char *sql)
{
    char *text = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
        fail_msg("%s", text);
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(SCHEMA); i++)
        run(SCHEMA[i]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return 0;
}

/* What is run in every turn of the outbox, at start, and with each tick. */
static const enum query HOT[] = {Q_LANE_TURN,
                                 Q_DELIVERY_CLAIM,
                                 Q_DELIVERY_CLAIM_PERSONAL,
                                 Q_LANE_QUEUE_LEAVE,
                                 Q_LANE_QUEUE_WAIT,
                                 Q_JOB_MESSAGE,
                                 Q_JOB_GROUP,
                                 Q_JOB_MUNICIPALITY,
                                 Q_LANE_NEXT_DUE,
                                 Q_PERSONAL_NEXT_DUE,
                                 Q_DELIVERY_RECALLED,
                                 Q_DELIVERY_RECORD,
                                 Q_DELIVERY_POSTPONE,
                                 Q_DELIVERY_GIVE_BACK,
                                 Q_DELIVERY_RECOVER,
                                 Q_DELIVERY_PULL_BACK,
                                 Q_DELIVERY_PULL_BACK_PERSONAL,
                                 Q_DELIVERY_SHIFT,
                                 Q_DELIVERY_SHIFT_PERSONAL,
                                 Q_DELIVERY_RECALL_MESSAGE,
                                 Q_DELIVERY_CLOSE_PART,
                                 Q_LANE_QUEUE_SHIFT,
                                 Q_LANE_QUEUE_CLOSE,
                                 Q_MESSAGE_EXPIRED,
                                 Q_THREAD_WAIT_DECIDED,
                                 Q_ALERT_PART,
                                 Q_DELIVERY_WITHDRAW_GROUP,
                                 Q_DELIVERY_WITHDRAW_ADDRESS,
                                 Q_DELIVERY_WITHDRAW_CONTACT,
                                 Q_DELIVERY_WITHDRAW_KEY,
                                 Q_MESSAGE_ENDING,
                                 Q_MESSAGE_FINISHABLE,
                                 Q_MESSAGE_LEFT_US,
                                 Q_LETTER_RELEASE_PERIOD};

/* Views: they may sort the few rows that they give, and never walk through all deliveries or all of a message. */
static const enum query VIEWS[] = {
    Q_MESSAGE_COUNTS,   Q_MESSAGE_COUNTS_MUNICIPALITY, Q_QUEUE_COUNTS,  Q_LEDGER_COUNTS, Q_MESSAGE_GROUPS_REACHED,
    Q_MESSAGE_FAILURES, Q_MESSAGE_EXPANDING,           Q_MESSAGE_REOPEN};

/* Parts of a walk: they go through as many rows as they are told, from a cursor on. */
static const enum query PARTS[] = {Q_ALERT_INSERT,     Q_THREAD_PART,      Q_THREAD_INSERT,
                                   Q_THREAD_WAIT_TAKE, Q_THREAD_UNREACHED, Q_MESSAGE_CLOSING_NEXT};

/* Webhooks: never through all deliveries, which are those of a month. */
static const enum query WEBHOOKS[] = {
    Q_WEBHOOK_OFFER_FOLLOW, Q_WEBHOOK_OVERTAKE,   Q_WEBHOOK_LET_GO,    Q_WEBHOOK_CLAIM,          Q_WEBHOOK_HAS_REACHED,
    Q_WEBHOOK_LANE_WAIT,    Q_WEBHOOK_RECORD,     Q_WEBHOOK_GIVE_BACK, Q_WEBHOOK_RECOVER,        Q_WEBHOOK_DOUBT_QUEUED,
    Q_WEBHOOK_SHIFT,        Q_WEBHOOK_PULL_BACK,  Q_WEBHOOK_GIVE_UP,   Q_WEBHOOK_LANE_SHIFT,     Q_WEBHOOK_FORGET,
    Q_WEBHOOK_REPLAY_ALL,   Q_WEBHOOK_REPLAY_ONE, Q_WEBHOOK_NEXT_DUE,  Q_WEBHOOK_LET_GO_ENDPOINT};

static void check_plan(enum query q, bool may_sort, bool is_part)
{
    char sql[8192];
    sqlite3_stmt *stmt = NULL;
    assert_true(snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", QUERIES[q].sql) < (int)sizeof sql);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", QUERIES[q].name, sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);
        if (strcmp(step, "SCAN delivery") == 0 || strcmp(step, "SCAN d") == 0 || strcmp(step, "SCAN message") == 0 ||
            strncmp(step, "SCAN d ", 7) == 0 || strncmp(step, "SCAN webhook_delivery", 21) == 0 ||
            strstr(step, "AUTOMATIC") || (!is_part && strstr(step, "sqlite_autoindex_delivery")))
            fail_msg("%s: %s", QUERIES[q].name, step);
        if (!may_sort && strstr(step, "TEMP B-TREE"))
            fail_msg("%s: %s", QUERIES[q].name, step);
    }
    sqlite3_finalize(stmt);
}

static void test_plans__every_turn_goes_through_indexes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(HOT); i++)
        check_plan(HOT[i], false, false);
    for (size_t i = 0; i < ARRAY_LEN(VIEWS); i++)
        check_plan(VIEWS[i], true, false);
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++)
        check_plan(PARTS[i], true, true);
    for (size_t i = 0; i < ARRAY_LEN(WEBHOOKS); i++)
        check_plan(WEBHOOKS[i], true, false);
}

/* What strangers may ask for as often as they like: straight to the rows that are shown, however many there are. */
static void test_plans__public_feeds_walk_through_no_table(void **state)
{
    (void)state;
    static const enum query feeds[] = {Q_FEED_ALERTS, Q_FEED_ALERT_LATEST, Q_FEED_LETTERS, Q_FEED_LETTER,
                                       Q_MEETING_LIST};
    for (size_t i = 0; i < ARRAY_LEN(feeds); i++) {
        char *sql = xasprintf("EXPLAIN QUERY PLAN %s", QUERIES[feeds[i]].sql);
        sqlite3_stmt *stmt = NULL;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(stmt, 3);
            /* public letters from the newest on, until there are enough: an index of nothing else */
            bool is_newest_first = strcmp(step, "SCAN l USING INDEX letter_public") == 0;
            if ((strncmp(step, "SCAN ", 5) == 0 && !is_newest_first) || strstr(step, "AUTOMATIC"))
                fail_msg("%s: %s", QUERIES[feeds[i]].name, step);
        }
        sqlite3_finalize(stmt);
        free(sql);
    }
}

/* Counting 100 000 people for an alert, and looking for ended ones with each tick. Scans are of one row only. */
static void test_plans__alerts_go_through_indexes(void **state)
{
    (void)state;
    static const enum query alerts[] = {
        Q_ALERT_GROUPS_MUNICIPALITY, Q_ALERT_GROUPS_AREA,     Q_ALERT_GROUPS_SCOPE,
        Q_ALERT_GROUPS_BOX,          Q_ALERT_GROUP_ADDRESSES, Q_ALERT_GROUP_ADDRESSES_WHOLE,
        Q_ALERT_GROUP_SAMPLE,        Q_ALERT_STOPPED,         Q_ALERT_DUE,
        Q_ALERT_SENT_SINCE,          Q_ALERT_SENT_NTH,        Q_ALERT_CURRENT,
        Q_ALERT_END_THREAD,          Q_ALERT_GROUPS_OF};
    static const char *const small[] = {"SCAN rs", "SCAN contact_address USING INDEX contact_address_stopped"};
    for (size_t i = 0; i < ARRAY_LEN(alerts); i++) {
        char *sql = xasprintf("EXPLAIN QUERY PLAN %s", QUERIES[alerts[i]].sql);
        sqlite3_stmt *stmt = NULL;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(stmt, 3);
            bool is_small = strcmp(step, small[0]) == 0 || strcmp(step, small[1]) == 0;
            if ((strstr(step, "SCAN ") && !is_small) || strstr(step, "AUTOMATIC"))
                fail_msg("%s: %s", QUERIES[alerts[i]].name, step);
        }
        sqlite3_finalize(stmt);
        free(sql);
    }
}

/* --- steps ----------------------------------------------------------------------------------------------------- */

/* A letter of `rows` pending rows as message 1, and one row each of message 2 and of the personal lane. */
static void fill(int rows)
{
    char sql[1024];
    run("INSERT INTO message (id, kind, lane, state, title, source, content_hash, scope_kind, scope_code, walked, "
        "created_at)"
        " VALUES (1, 'letter', 2, 'sending', '', '', '', 'all', '', 0, 1), (2, 'letter', 2, 'sending', '', '', '', "
        "'all', '', 0, 1),"
        " (3, 'reminder', 1, 'sending', '', '', '', 'all', '', 0, 1)");
    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
        "INSERT INTO delivery (id, message_id, municipality_code, address, address_key, to_name, lane, state, due_at, "
        "created_at) SELECT 10 + i, 1, '1292', 'a' || i, 'a' || i, '', 2, 'pending', 5, 1 FROM n",
        rows);
    run(sql);
    run("INSERT INTO delivery (id, message_id, address, address_key, to_name, lane, state, due_at, created_at)"
        " VALUES (8, 2, 'a', 'a', '', 2, 'pending', 5, 1), (9, 3, 'a', 'a', '', 1, 'pending', 5, 1)");
}

/* Runs the statement, undoes it, and tells how many steps it took. */
static int steps(enum query q, const int64_t *args, int n)
{
    sqlite3_stmt *stmt = NULL;
    run("BEGIN");
    assert_int_equal(sqlite3_prepare_v2(db, QUERIES[q].sql, -1, &stmt, NULL), SQLITE_OK);
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "$%d", i + 1);
        sqlite3_bind_int64(stmt, sqlite3_bind_parameter_index(stmt, name), args[i]);
    }
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
        continue;
    if (rc != SQLITE_DONE)
        fail_msg("%s: %s", QUERIES[q].name, sqlite3_errmsg(db));
    int result = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 0);
    sqlite3_finalize(stmt);
    run("ROLLBACK");
    return result;
}

static const struct {
    enum query query;
    int64_t args[4];
    int n;
} COUNTED[] = {{Q_LANE_TURN, {2, 0, INT64_MAX, 9}, 4},
               {Q_DELIVERY_CLAIM, {1, 9, 16}, 3},
               {Q_DELIVERY_CLAIM_PERSONAL, {9, 16}, 2},
               {Q_LANE_QUEUE_LEAVE, {2, 1}, 2},
               {Q_LANE_QUEUE_WAIT, {2, 1}, 2},
               {Q_LANE_NEXT_DUE, {9}, 1},
               {Q_PERSONAL_NEXT_DUE, {9}, 1},
               {Q_DELIVERY_RECOVER, {9}, 1},
               {Q_DELIVERY_PULL_BACK, {9, 99}, 2},
               {Q_DELIVERY_SHIFT, {9, 99}, 2},
               {Q_MESSAGE_FINISHABLE, {1}, 1},
               {Q_QUEUE_COUNTS, {0}, 0},
               {Q_LEDGER_COUNTS, {0}, 0},
               {Q_MESSAGE_LEFT_US, {1}, 1},
               {Q_DELIVERY_RECALL_MESSAGE, {1}, 1},
               {Q_DELIVERY_CLOSE_PART, {1, 0, 9, 16}, 4},
               {Q_LANE_QUEUE_CLOSE, {2, 1}, 2},
               {Q_MESSAGE_EXPIRED, {9, 9}, 2},
               {Q_THREAD_PART, {1, 0, 16}, 3},
               {Q_THREAD_WAIT_DECIDED, {1}, 1}};

static void test_steps__do_not_depend_on_the_size_of_the_letter(void **state)
{
    (void)state;
    int before[ARRAY_LEN(COUNTED)];
    fill(1000);
    for (size_t i = 0; i < ARRAY_LEN(COUNTED); i++)
        before[i] = steps(COUNTED[i].query, COUNTED[i].args, COUNTED[i].n);
    teardown(state);
    setup(state);
    fill(100000);
    for (size_t i = 0; i < ARRAY_LEN(COUNTED); i++) {
        int after = steps(COUNTED[i].query, COUNTED[i].args, COUNTED[i].n);
        if (after > before[i] + 2)
            fail_msg("%s: %d steps, and %d with 100 times the rows", QUERIES[COUNTED[i].query].name, before[i], after);
    }
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_plans__every_turn_goes_through_indexes, setup, teardown),
    TEST_FIXTURE(test_plans__public_feeds_walk_through_no_table, setup, teardown),
    TEST_FIXTURE(test_plans__alerts_go_through_indexes, setup, teardown),
    TEST_FIXTURE(test_steps__do_not_depend_on_the_size_of_the_letter, setup, teardown),
};

TEST_MAIN(tests)
