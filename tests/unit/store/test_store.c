/* The store: migrations from every version, group commit, savepoints, the wall between tenants, the audit chain. */
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/migrate.h"

static struct db *open_memory(int version)
{
    struct db *db = NULL;
    struct err err = {.text = ""};
    assert_int_equal(db_open("sqlite::memory:", DB_WRITER, clock_system(), &db, &err), 0);
    int rc = migrate_to(db, version, &err);
    if (rc)
        fail_msg("%s", err.text);
    return db;
}

static void test_migrate_to__from_every_past_version(void **state)
{
    (void)state;
    for (int version = 0; version < migrate_latest(); version++) {
        struct err err = {.text = ""};
        struct db *db = open_memory(version);
        assert_int_equal(migrate_version(db, &err), version);
        assert_int_equal(migrate_to(db, migrate_latest(), &err), 0);
        assert_int_equal(migrate_version(db, &err), migrate_latest());
        if (db_check_statements(db, &err))
            fail_msg("%s", err.text);
        assert_int_equal(db_integrity(db, &err), 0);
        db_close(db);
    }
}

/* A store of version 5 with a letter half sent: what later versions keep beside the rows is filled from them. */
static void test_migrate_to__fills_the_tally(void **state)
{
    (void)state;
    static const char rows[] =
        "INSERT INTO message (id, kind, lane, state, title, source, content_hash, scope_kind, scope_code, walked, "
        "created_at)"
        " VALUES (1, 'letter', 2, 'sending', '', '', '', 'all', '', 0, 1), (2, 'reminder', 1, 'sending', '', '', '', "
        "'all', '', 0, 1),"
        " (3, 'letter', 2, 'sending', '', '', '', 'all', '', 0, 1);"
        "INSERT INTO delivery (id, message_id, municipality_code, address, address_key, to_name, lane, state, due_at, "
        "created_at)"
        " VALUES (1, 1, '1292', 'a', 'a', '', 2, 'sent', 1, 1), (2, 1, '1292', 'b', 'b', '', 2, 'pending', 7, 1),"
        " (3, 1, '1257', 'c', 'c', '', 2, 'claimed', 1, 1), (4, 1, '1257', 'd', 'd', '', 2, 'pending', 3, 1),"
        " (5, 2, NULL, 'a', 'a', '', 1, 'failed', 1, 1), (6, 3, '1257', 'a', 'a', '', 2, 'uncertain', 1, 1)";
    struct err err = {.text = ""};
    struct db *db = open_memory(5);
    struct db_rows *found = NULL;
    assert_int_equal(db_script(db, rows, &err), 0);
    assert_int_equal(migrate_to(db, migrate_latest(), &err), 0);
    assert_int_equal(db_query(db, &found, Q_LEDGER_WRONG, DB_NO_ARGS), 0);
    assert_int_equal(db_next(found), 0);
    db_done(found);
    int64_t due = 0;
    assert_int_equal(db_get_int(db, &due, Q_LANE_NEXT_DUE, DB_ARGS(DB_INT(0))), 0);
    assert_int_equal(due, 3);
    assert_int_equal(db_get_int(db, &due, Q_MESSAGE_ENDING, DB_ARGS(DB_INT(9))), 0);
    db_close(db);
}

static void test_migrate_to__twice_changes_nothing(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct db *db = open_memory(migrate_latest());
    assert_int_equal(migrate_to(db, migrate_latest(), &err), 0);
    db_close(db);
}

static void test_migrate_version__refuses_newer_and_foreign_files(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct db *db = open_memory(migrate_latest());
    assert_int_equal(db_exec(db, NULL, Q_MIGRATION_INSERT,
                             DB_ARGS(DB_INT(migrate_latest() + 1), DB_TEXT("later"), DB_TEXT("x"), DB_INT(1))),
                     0);
    assert_int_equal(migrate_version(db, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "newer"));
    db_close(db);

    assert_int_equal(db_open("sqlite::memory:", DB_WRITER, clock_system(), &db, &err), 0);
    assert_int_equal(db_script(db, "CREATE TABLE other (x)", &err), 0);
    assert_int_equal(migrate_version(db, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "another program"));
    db_close(db);
}

/* --- the writer thread ----------------------------------------------------------------------------------------- */

struct put_req {
    struct store_req req;
    const char *name;
    int fail;
    int done_status;
    bool is_done;
};

static int op_put(struct db *db, struct store_req *req)
{
    struct put_req *put = CONTAINER_OF(req, struct put_req, req);
    int rc = db_exec(db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT(put->name), DB_TEXT("1")));
    return rc ? rc : put->fail;
}

static int op_get(struct db *db, struct store_req *req)
{
    struct put_req *put = CONTAINER_OF(req, struct put_req, req);
    char *value = NULL;
    int rc = db_get_text(db, &value, Q_SETTING_GET, DB_ARGS(DB_TEXT(put->name)));
    free(value);
    return rc;
}

static void on_done(struct store_req *req)
{
    struct put_req *put = CONTAINER_OF(req, struct put_req, req);
    put->done_status = req->status;
    put->is_done = true;
}

static void complete_all(struct store *store)
{
    while (store_pending(store) > 0) {
        store_complete(store);
        usleep(500);
    }
}

static char log_path[64];

static void with_file_store(bool inline_mode, void (*body)(struct store *))
{
    char dir[] = "/tmp/gb-store-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *url = xasprintf("sqlite:%s/t.db", dir);
    snprintf(log_path, sizeof log_path, "%s/t.db-wal", dir);
    struct err err = {.text = ""};
    struct store *store = NULL;
    struct store_config config = {.url = url, .readers = 2, .clock = clock_system(), .inline_mode = inline_mode};
    assert_int_equal(store_open(&config, &store, &err), 0);
    body(store);
    struct store *second = NULL;
    assert_int_equal(store_open(&config, &second, &err), ERR_BUSY);
    assert_non_null(strstr(err.text, "another grannbudd"));
    store_close(store);
    assert_int_equal(unlink(url + strlen("sqlite:")), 0); /* and no -wal is left behind */
    char *path = xasprintf("%s/t.db.lock", dir);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
    free(path);
    free(url);
}

static void write_read_undo(struct store *store)
{
    struct put_req good = {.req = {.op = op_put, .done = on_done}, .name = "good"};
    struct put_req bad = {.req = {.op = op_put, .done = on_done}, .name = "bad", .fail = ERR_BAD_STATE};
    struct put_req last = {.req = {.op = op_put, .done = on_done}, .name = "last"};
    store_write(store, &good.req);
    store_write(store, &bad.req);
    store_write(store, &last.req);
    complete_all(store);
    assert_true(good.is_done && bad.is_done && last.is_done);
    assert_int_equal(good.done_status, 0);
    assert_int_equal(bad.done_status, ERR_BAD_STATE);
    assert_int_equal(last.done_status, 0);

    struct put_req read_good = {.req = {.op = op_get, .done = on_done}, .name = "good"};
    struct put_req read_bad = {.req = {.op = op_get, .done = on_done}, .name = "bad"};
    store_read(store, &read_good.req);
    store_read(store, &read_bad.req);
    complete_all(store);
    assert_int_equal(read_good.done_status, 0);
    assert_int_equal(read_bad.done_status, ERR_NOT_FOUND); /* the failed step left nothing */
}

static void test_store_write__failed_step_is_undone_alone(void **state)
{
    (void)state;
    with_file_store(false, write_read_undo);
}

static void test_store_write__inline_mode_does_the_same(void **state)
{
    (void)state;
    with_file_store(true, write_read_undo);
}

static void many_writes(struct store *store)
{
    enum { N = 2000 };
    struct put_req *reqs = xcalloc(N, sizeof *reqs);
    for (int i = 0; i < N; i++) {
        reqs[i] = (struct put_req){.req = {.op = op_put, .done = on_done}, .name = "same"};
        store_write(store, &reqs[i].req);
    }
    complete_all(store);
    for (int i = 0; i < N; i++)
        assert_true(reqs[i].is_done && reqs[i].done_status == 0);
    struct store_stats stats = store_stats(store);
    assert_int_equal(stats.writes, N);
    assert_true(stats.commits < N); /* grouped */
    free(reqs);
}

/* The disk is full in the middle of a batch, upon which the engine undoes the whole transaction: then nothing of it may
 * be told as done, and what is told as failed must not be there. */
static int op_slow(struct db *db, struct store_req *req)
{
    (void)db;
    (void)req;
    usleep(20000); /* what comes meanwhile becomes one batch */
    return 0;
}

static int op_fill_disk(struct db *db, struct store_req *req)
{
    struct err err = {.text = ""};
    char value[60000];
    int rc = db_script(db, "PRAGMA max_page_count = 1", &err); /* none beyond those that are there */
    (void)req;
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    return rc ? rc : db_exec(db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT("large"), DB_TEXT(value)));
}

static void full_disk(struct store *store)
{
    struct put_req slow = {.req = {.op = op_slow, .done = on_done}};
    struct put_req before = {.req = {.op = op_put, .done = on_done}, .name = "before"};
    struct put_req full = {.req = {.op = op_fill_disk, .done = on_done}};
    struct put_req after = {.req = {.op = op_put, .done = on_done}, .name = "after"};
    store_write(store, &slow.req);
    usleep(5000);
    store_write(store, &before.req);
    store_write(store, &full.req);
    store_write(store, &after.req);
    complete_all(store);
    assert_int_equal(full.done_status, ERR_FULL);
    struct put_req *const puts[] = {&before, &after};
    for (size_t i = 0; i < ARRAY_LEN(puts); i++) {
        struct put_req get = {.req = {.op = op_get, .done = on_done}, .name = puts[i]->name};
        store_read(store, &get.req);
        complete_all(store);
        assert_int_equal(get.done_status, puts[i]->done_status == 0 ? 0 : ERR_NOT_FOUND);
    }
    struct put_req later = {.req = {.op = op_put, .done = on_done}, .name = "x"};
    store_write(store, &later.req);
    complete_all(store);
    assert_int_equal(later.done_status, 0); /* small things fit: the store lives on */
}

static void test_store_write__a_full_disk_tells_no_lies(void **state)
{
    (void)state;
    with_file_store(false, full_disk);
}

/* Work that can wait lets pass what came after it, but not for ever. */
struct order_req {
    struct store_req req;
    int turn; /* the how many-th it was */
    bool is_done;
};
static int turns; /* the writer's thread only, then read when all is done */

static int op_turn(struct db *db, struct store_req *req)
{
    (void)db;
    CONTAINER_OF(req, struct order_req, req)->turn = ++turns;
    usleep(1000);
    return 0;
}

static void on_turn(struct store_req *req)
{
    CONTAINER_OF(req, struct order_req, req)->is_done = true;
}

static atomic_bool all_wait;

static int op_until_all_wait(struct db *db, struct store_req *req)
{
    (void)db;
    (void)req;
    while (!all_wait)
        usleep(100);
    return 0;
}

/* True when the one that could wait came last. */
static bool let_others_pass(struct store *store)
{
    enum { N = 8 };
    struct put_req first = {.req = {.op = op_until_all_wait, .done = on_done}};
    struct order_req later = {.req = {.op = op_turn, .done = on_turn}};
    struct order_req urgent[N];
    bool is_last = true;
    turns = 0;
    all_wait = false;
    store_write(store, &first.req);
    store_write_later(store, &later.req);
    for (int i = 0; i < N; i++) {
        urgent[i] = (struct order_req){.req = {.op = op_turn, .done = on_turn}};
        store_write(store, &urgent[i].req);
    }
    all_wait = true;
    complete_all(store);
    assert_int_equal(turns, N + 1);
    for (int i = 0; i < N; i++)
        is_last = is_last && urgent[i].turn < later.turn;
    return is_last;
}

/* On a machine that stands still meanwhile it has waited long enough: then once more. */
static void later_waits(struct store *store)
{
    for (int i = 0; i < 20; i++)
        if (let_others_pass(store))
            return;
    fail_msg("it never let the others pass");
}

static void test_store_write_later__lets_others_pass(void **state)
{
    (void)state;
    with_file_store(false, later_waits);
}

/* One write always waits: each submits the next when it is done. */
static struct store *busy_store;
static bool busy_is_over;

static void on_busy(struct store_req *req)
{
    if (!busy_is_over)
        store_write(busy_store, req);
}

static void on_later_at_last(struct store_req *req)
{
    (void)req;
    busy_is_over = true;
}

static void later_comes(struct store *store)
{
    struct order_req busy[2];
    struct order_req later = {.req = {.op = op_turn, .done = on_later_at_last}};
    busy_store = store;
    busy_is_over = false;
    for (int i = 0; i < 2; i++) {
        busy[i] = (struct order_req){.req = {.op = op_turn, .done = on_busy}};
        store_write(store, &busy[i].req);
    }
    store_write_later(store, &later.req);
    for (int i = 0; i < 10000 && !busy_is_over; i++) {
        store_complete(store);
        usleep(100);
    }
    assert_true(busy_is_over);
    complete_all(store);
}

static void test_store_write_later__is_not_starved(void **state)
{
    (void)state;
    with_file_store(false, later_comes);
}

/* The log is moved into the file when nobody waits, and cannot grow without end while somebody does. */
static int op_put_much(struct db *db, struct store_req *req)
{
    char name[24];
    char value[3000];
    int rc = 0;
    (void)req;
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; rc == 0 && i < 100; i++) {
        snprintf(name, sizeof name, "much %d", i);
        rc = db_exec(db, NULL, Q_SETTING_PUT, DB_ARGS(DB_TEXT(name), DB_TEXT(value)));
    }
    return rc;
}

static void log_stays_short(struct store *store)
{
    struct put_req put;
    for (int i = 0; i < 60; i++) { /* 6 000 pages, of a log of 1 000 */
        put = (struct put_req){.req = {.op = op_put_much, .done = on_done}};
        store_write(store, &put.req);
        complete_all(store);
        assert_int_equal(put.done_status, 0);
    }
    struct stat log;
    assert_int_equal(stat(log_path, &log), 0);
    assert_in_range(log.st_size, 1, 1400 * 4120);
}

static void test_store__the_log_stays_short(void **state)
{
    (void)state;
    with_file_store(false, log_stays_short);
}

static void test_store_write__groups_what_waits(void **state)
{
    (void)state;
    with_file_store(false, many_writes);
}

/* --- the audit chain ------------------------------------------------------------------------------------------- */

static void test_audit_verify__whole_chain(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct audit_head head;
    struct db *db = open_memory(migrate_latest());
    struct actor actor = actor_daemon();
    assert_int_equal(audit_verify(db, &head, &err), 0);
    assert_int_equal(head.rows, 0);
    for (int i = 0; i < 50; i++)
        assert_int_equal(audit_writef(db, &actor, "test.do", "x", "{\"n\":%d}", i), 0);
    assert_int_equal(audit_verify(db, &head, &err), 0);
    assert_int_equal(head.rows, 50);
    db_close(db);
}

static void assert_tampering_shows(const char *sql, const char *words)
{
    struct err err = {.text = ""};
    struct audit_head head;
    struct db *db = open_memory(migrate_latest());
    struct actor actor = actor_daemon();
    for (int i = 0; i < 9; i++)
        assert_int_equal(audit_writef(db, &actor, "test.do", "x", "{\"n\":%d}", i), 0);
    assert_int_not_equal(db_script(db, sql, &err), 0); /* the triggers refuse it */
    assert_int_equal(db_script(db, "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete", &err), 0);
    assert_int_equal(db_script(db, sql, &err), 0);
    assert_int_equal(audit_verify(db, &head, &err), ERR_CORRUPT);
    if (!strstr(err.text, words))
        fail_msg("%s", err.text);
    db_close(db);
}

static void test_audit_verify__tells_changed_and_missing_rows(void **state)
{
    (void)state;
    assert_tampering_shows("UPDATE audit SET detail = '{\"n\":7}' WHERE seq = 5", "row 5 has been changed");
    assert_tampering_shows("UPDATE audit SET actor = 'eve' WHERE seq = 1", "row 1 has been changed");
    assert_tampering_shows("DELETE FROM audit WHERE seq = 4", "row 4 is missing");
    assert_tampering_shows("DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 WHERE seq > 4",
                           "row 4 does not follow");
}

static const struct CMUnitTest tests[] = {
    TEST(test_migrate_to__from_every_past_version),
    TEST(test_migrate_to__fills_the_tally),
    TEST(test_migrate_to__twice_changes_nothing),
    TEST(test_migrate_version__refuses_newer_and_foreign_files),
    TEST(test_store_write__failed_step_is_undone_alone),
    TEST(test_store_write__inline_mode_does_the_same),
    TEST(test_store_write__a_full_disk_tells_no_lies),
    TEST(test_store_write__groups_what_waits),
    TEST(test_store_write_later__lets_others_pass),
    TEST(test_store_write_later__is_not_starved),
    TEST(test_store__the_log_stays_short),
    TEST(test_audit_verify__whole_chain),
    TEST(test_audit_verify__tells_changed_and_missing_rows),
};

TEST_MAIN(tests)
