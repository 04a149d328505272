/* The ledger on a bad disk: every operation with each of its writes failing, each of its syncs failing, and the process
 * killed before each of them. What failed is undone whole and succeeds when tried again; the invariants always hold. */
/* run: not under tsan */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/ledger_alert.h"
#include "core/letter.h"
#include "core/series.h"
#include "lib/alert_rows.h"
#include "lib/faulty_vfs.h"
#include "lib/ledger_check.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

#define DAY (86400 * US_PER_S)

enum { PEOPLE = 240, TRIES_MAX = 500 };

static const char SOURCE[] =
    "---\ntitle: Månadsbrev mars 2026\nkind: monthly\nperiod: 2026-03\narea: Ängelholm\n---\nHej {{name}}!\n";

static struct store_fixture f;
static char dir[40];
static char *url;
static int64_t letter, message;
static int64_t groups[2];        /* of everybody */
static int64_t alert, alerts[2]; /* the alert, its message and its recall's */
static int alert_count;
static struct job jobs[CLAIM_MAX];

/* --- a store in a file, with a letter on its way --------------------------------------------------------------- */

static int setup(void **state)
{
    (void)state;
    faulty_vfs_install();
    faulty_vfs_heal();
    snprintf(dir, sizeof dir, "/tmp/gb-faults-XXXXXX");
    assert_non_null(mkdtemp(dir));
    url = xasprintf("sqlite:%s/t.db", dir);
    store_fixture_init_at(&f, url);
    struct series_input in = {.name = "Månadsbrev",
                              .scope = "police_area:angelholm",
                              .rrule = "FREQ=MONTHLY;BYMONTHDAY=2",
                              .time = "09:00",
                              .time_zone = "Europe/Stockholm",
                              .anchor_date = "2026-01-01"};
    struct letter_options options = {0};
    int64_t id = 0;
    for (int i = 0; i < PEOPLE; i++) {
        char address[40];
        snprintf(address, sizeof address, "%d@example.se", i);
        store_fixture_person(&f, i % 2 ? "1292" : "1257", i % 2 ? "Lärkvägen" : "Ekbacken", "Någon", address,
                             &groups[i % 2]);
    }
    alert_count = 0;
    store_fixture_ok(&f, series_add(f.db, &f.anna, &in, &id, &f.err));
    store_fixture_ok(&f, letter_add(f.db, &f.anna, SOURCE, &options, &letter, &f.err));
    store_fixture_ok(&f, letter_submit(f.db, &f.anna, NULL, letter, NULL, &f.err));
    store_fixture_ok(&f, letter_approve(f.db, &f.bertil, letter, NULL, &f.err));
    f.now_us += 2 * DAY;
    store_fixture_ok(&f, letter_open(f.db, letter, f.now_us, 7 * DAY, &f.err));
    store_fixture_ok(&f, db_get_int(f.db, &message, Q_MESSAGE_EXPANDING, DB_NO_ARGS));
    store_fixture_ok(&f, db_commit(f.db));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    faulty_vfs_heal();
    store_fixture_fini(&f);
    char *command[] = {xasprintf("%s/t.db", dir), xasprintf("%s/t.db-wal", dir), xasprintf("%s/t.db-shm", dir)};
    for (size_t i = 0; i < ARRAY_LEN(command); i++) {
        unlink(command[i]);
        free(command[i]);
    }
    rmdir(dir);
    free(url);
    return 0;
}

static void open_again(void)
{
    db_rollback(f.db);
    db_close(f.db);
    faulty_vfs_heal();
    store_fixture_ok(&f, db_open(url, DB_WRITER, &f.clock, &f.db, &f.err));
}

/* --- operations ------------------------------------------------------------------------------------------------ */

static int op_expand(void)
{
    bool more = false;
    return ledger_expand(f.db, 80, &more);
}

/* Claims three; the rows of an earlier claim that was undone are not claimed. */
static int op_claim(void)
{
    struct claim claim = {.now_us = f.now_us, .room = {3, 3, 3}};
    int n = 0;
    int rc = ledger_claim(f.db, &claim, jobs, &n);
    return rc ? rc : n == 3 ? 0 : ERR_NOT_FOUND;
}

static int op_record(void)
{
    static const enum delivery_state states[] = {DELIVERY_SENT, DELIVERY_FAILED, DELIVERY_PENDING};
    int rc = op_claim();
    for (size_t i = 0; rc == 0 && i < 3; i++) {
        struct ledger_result r = {.delivery_id = jobs[i].delivery_id,
                                  .state = states[i],
                                  .now_us = f.now_us,
                                  .due_us = f.now_us + DAY,
                                  .code = 250,
                                  .reply = "ok",
                                  .relay = "main"};
        rc = ledger_record(f.db, &r);
    }
    return rc;
}

static int op_give_back(void)
{
    int rc = op_claim();
    for (size_t i = 0; rc == 0 && i < 3; i++)
        rc = ledger_give_back(f.db, jobs[i].delivery_id, i == 1 ? f.now_us + DAY : 0);
    return rc;
}

static int op_recover(void)
{
    int64_t n = 0;
    int rc = op_claim();
    return rc ? rc : ledger_recover(f.db, &n);
}

static int op_shift(void)
{
    int64_t n = 0;
    return ledger_shift_due(f.db, -DAY, f.now_us, &n);
}

static int op_withdraw(void)
{
    int64_t n = 0;
    return ledger_withdraw(f.db, message, &n);
}

static int op_finish(void)
{
    int rc = ledger_finish(f.db);
    return rc < 0 ? rc : 0;
}

/* To everybody; another number of it with each try, as nothing of one that failed is left. */
static int op_alert(void)
{
    const struct alert_rows_input in = {.title = NULL};
    int64_t message_id = 0;
    int rc = alert_rows_add(f.db, &in, &alert);
    for (size_t i = 0; rc == 0 && i < 2; i++)
        rc = alert_rows_add_group(f.db, alert, groups[i]);
    return rc ? rc : alert_rows_open(f.db, &in, alert, &message_id);
}

/* While three of its rows are claimed. */
static int op_recall(void)
{
    const struct alert_rows_input in = {.type = "recall", .root_id = alert};
    int64_t id = 0;
    int64_t message_id = 0;
    int rc = op_claim();
    if (rc == 0)
        rc = alert_rows_add(f.db, &in, &id);
    return rc ? rc : alert_rows_open(f.db, &in, id, &message_id);
}

static int op_follow(void)
{
    int decided = 0;
    int64_t n = 0;
    int rc = ledger_recover(f.db, &n);
    return rc ? rc : ledger_follow_decided(f.db, &decided);
}

static int op_close(void)
{
    bool more = false;
    return ledger_close_step(f.db, &more);
}

static int op_expire(void)
{
    int n = 0;
    return ledger_expire(f.db, f.now_us + 2 * DAY, &n);
}

/* In their order: the letter is expanded first, and withdrawn; then an alert goes out, and is recalled. */
static const struct {
    const char *name;
    int (*run)(void);
    bool checkpoint; /* and what the log holds goes into the file */
} OPS[] = {{"expand", op_expand, false},       {"expand", op_expand, false},  {"expand", op_expand, false},
           {"expand", op_expand, true},        {"claim", op_claim, false},    {"record", op_record, true},
           {"give back", op_give_back, false}, {"recover", op_recover, true}, {"shift", op_shift, false},
           {"withdraw", op_withdraw, false},   {"finish", op_finish, true},   {"alert", op_alert, false},
           {"expand", op_expand, false},       {"expand", op_expand, true},   {"record", op_record, false},
           {"recall", op_recall, false},       {"expand", op_expand, false},  {"follow", op_follow, true},
           {"close", op_close, false},         {"expand", op_expand, false},  {"expire", op_expire, false},
           {"close", op_close, true}};

/* As the store's writer does it. */
static int transact(size_t op)
{
    int rc = db_begin(f.db);
    if (rc == 0)
        rc = OPS[op].run();
    if (rc == 0)
        rc = db_commit(f.db);
    if (rc)
        db_rollback(f.db);
    if (rc == 0 && OPS[op].checkpoint)
        rc = db_checkpoint(f.db);
    return rc;
}

static void check(const char *name)
{
    struct err err = {.text = ""};
    if (db_integrity(f.db, &err) != 0)
        fail_msg("%s: %s", name, err.text);
    ledger_check(f.db, message, false);
    for (int i = 0; i < alert_count; i++)
        ledger_check(f.db, alerts[i], false);
}

/* The operation is done for good, perhaps by a child: which message it made stands in the store. */
static void note(size_t op)
{
    struct db_rows *rows = NULL;
    if (OPS[op].run != op_alert && OPS[op].run != op_recall)
        return;
    store_fixture_ok(&f, db_query(f.db, &rows, Q_MESSAGE_EXPANDING, DB_NO_ARGS));
    assert_int_equal(db_next(rows), 1);
    alerts[alert_count++] = db_int(rows, 0);
    alert = db_int(rows, 7);
    db_done(rows);
}

/* What the recall has to be whatever failed on the way: to the one that was sent and the three that were in flight. Not
 * after a kill or a failed sync, when an operation that did its work is done once more. */
static void check_recall(void)
{
    assert_int_equal(alert_count, 2);
    assert_int_equal(store_fixture_count(&f, alerts[1], ""), 4);
    assert_int_equal(store_fixture_count(&f, alerts[0], "pending"), 0);
    assert_int_equal(store_fixture_count(&f, alerts[1], "expired"), 4);
}

/* --- the tests ------------------------------------------------------------------------------------------------- */

static void fail_each(unsigned ops, enum faulty_result result, int want)
{
    for (size_t op = 0; op < ARRAY_LEN(OPS); op++) {
        bool was_hit = true;
        for (int n = 1; was_hit; n++) {
            assert_true(n < TRIES_MAX);
            faulty_vfs_fail(ops, n, result);
            int rc = transact(op);
            was_hit = faulty_vfs_failures() > 0;
            faulty_vfs_heal();
            if (rc != (was_hit ? want : 0))
                fail_msg("%s, operation %d: %s", OPS[op].name, n, err_name(rc));
            check(OPS[op].name);
        }
        note(op);
    }
    check_recall();
    ledger_check(f.db, message, true);
    assert_int_equal(store_fixture_count(&f, message, ""), PEOPLE);
}

static void test_ledger__a_full_disk_at_every_write(void **state)
{
    (void)state;
    fail_each(FAULTY_WRITE | FAULTY_TRUNCATE | FAULTY_GROW, FAULTY_FULL, ERR_FULL);
}

static void test_ledger__a_disk_error_at_every_write(void **state)
{
    (void)state;
    fail_each(FAULTY_WRITE | FAULTY_TRUNCATE, FAULTY_IO, ERR_IO);
}

/* The process ends by SIGABRT, and what is there afterwards is whole. */
static void test_ledger__a_failed_sync_ends_the_process(void **state)
{
    (void)state;
    for (size_t op = 0; op < ARRAY_LEN(OPS); op++) {
        bool was_hit = true;
        for (int n = 1; was_hit; n++) {
            int status = 0;
            db_close(f.db);
            f.db = NULL;
            f.now_us += US_PER_S; /* ids of one child are not those of the next */
            pid_t child = fork();
            assert_true(child >= 0);
            if (child == 0) {
                if (!freopen("/dev/null", "w", stderr) || db_open(url, DB_WRITER, &f.clock, &f.db, &f.err) != 0)
                    _exit(2);
                signal(SIGABRT, SIG_DFL);
                faulty_vfs_fail(FAULTY_SYNC, n, FAULTY_IO);
                int rc = transact(op);
                _exit(faulty_vfs_failures() > 0 ? 3 : rc ? 4 : 0);
            }
            assert_int_equal(waitpid(child, &status, 0), child);
            was_hit = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
            if (!was_hit && status != 0)
                fail_msg("%s, sync %d: status %d", OPS[op].name, n, WEXITSTATUS(status));
            store_fixture_ok(&f, db_open(url, DB_WRITER, &f.clock, &f.db, &f.err));
            check(OPS[op].name);
        }
        note(op);
    }
}

/* Killed before each operation on the disk: what was committed is there, the rest is not, and work goes on. */
static void test_ledger__killed_before_every_operation(void **state)
{
    (void)state;
    for (size_t op = 0; op < ARRAY_LEN(OPS); op++) {
        bool was_hit = true;
        for (int n = 1; was_hit; n++) {
            assert_true(n < TRIES_MAX);
            faulty_vfs_crash_at(FAULTY_ANY, n);
            int rc = transact(op);
            was_hit = faulty_vfs_failures() > 0; /* then the dying process may read what it did not write */
            store_fixture_ok(&f, was_hit ? 0 : rc);
            open_again();
            check(OPS[op].name);
            if (was_hit) {
                int64_t recovered = 0;
                store_fixture_ok(&f, db_begin(f.db));
                store_fixture_ok(&f, ledger_recover(f.db, &recovered));
                store_fixture_ok(&f, db_commit(f.db));
                check("recovered");
            }
        }
        note(op);
    }
    assert_int_equal(store_fixture_count(&f, message, ""), PEOPLE);
    assert_int_equal(store_fixture_count(&f, message, "pending"), 0);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_ledger__a_full_disk_at_every_write, setup, teardown),
    TEST_FIXTURE(test_ledger__a_disk_error_at_every_write, setup, teardown),
    TEST_FIXTURE(test_ledger__a_failed_sync_ends_the_process, setup, teardown),
    TEST_FIXTURE(test_ledger__killed_before_every_operation, setup, teardown),
};

TEST_MAIN(tests)
