/* core/scheduler.h on a store that works inline: what one look does, and what must not stop it. */
#include "core/scheduler.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/ledger.h"
#include "lib/ledger_check.h"
#include "lib/test.h"
#include "store/db.h"
#include "store/store.h"

static const char CONF[] = "[node]\nbase_url = https://grannbud.example.se\n[store]\nurl = sqlite:/tmp/none.db\n"
                           "[sender]\nfrom = brev@example.se\n[relay main]\nurl = smtp://127.0.0.1:25\ntls = none\n";

static struct {
    struct store *store;
    struct clock clock;
    struct config *config;
    struct scheduler *scheduler;
    int64_t now_us;
    int64_t ahead_us; /* by which the wall clock has jumped */
    int woken;
    int64_t message_id, due_us;
    char state[20];
} f;

static int64_t real_us(void *ctx)
{
    (void)ctx;
    return f.now_us;
}

static int64_t mono_ms(void *ctx)
{
    (void)ctx;
    return (f.now_us - f.ahead_us) / 1000;
}

static const struct config *config_now(void *ctx)
{
    (void)ctx;
    return f.config;
}

static void on_work(void *ctx)
{
    (void)ctx;
    f.woken++;
}

static void nothing(struct store_req *req)
{
    (void)req;
}

static int setup(void **state)
{
    (void)state;
    struct err err = {.text = ""};
    struct file_errors errors;
    memset(&f, 0, sizeof f);
    f.now_us = INT64_C(1772366400) * US_PER_S;
    f.clock = (struct clock){.real_us = real_us, .mono_ms = mono_ms};
    file_errors_init(&errors, "test");
    assert_int_equal(config_parse(CONF, strlen(CONF), &f.config, &errors), 0);
    file_errors_fini(&errors);
    struct store_config store = {.url = "sqlite::memory:", .readers = 1, .clock = &f.clock, .inline_mode = true};
    assert_int_equal(store_open(&store, &f.store, &err), 0);
    struct scheduler_env env = {.store = f.store, .clock = &f.clock, .config = config_now, .on_work = on_work};
    f.scheduler = scheduler_new(&env);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_true(scheduler_stop(f.scheduler));
    scheduler_tick(f.scheduler); /* after the end: nothing */
    assert_int_equal(store_pending(f.store), 0);
    scheduler_free(f.scheduler);
    store_close(f.store);
    config_free(f.config);
    return 0;
}

static void in_store(store_op op)
{
    struct store_req req = {.op = op, .done = nothing};
    store_write(f.store, &req);
    while (store_complete(f.store) > 0)
        continue;
    assert_int_equal(req.status, 0);
}

static void look(void)
{
    scheduler_tick(f.scheduler);
    while (store_complete(f.store) > 0)
        continue;
}

static int insert_message(struct db *db, const char *state)
{
    f.message_id = id_new(f.now_us);
    return db_exec(db, NULL, Q_MESSAGE_INSERT,
                   DB_ARGS(DB_INT(f.message_id), DB_TEXT("letter"), DB_INT(LANE_LETTER), DB_NULL, DB_TEXT(state),
                           DB_TEXT("Prov"), DB_TEXT("Hej"), DB_TEXT("x"), DB_TEXT("all"), DB_TEXT(""), DB_NULL,
                           DB_INT(0), DB_INT(f.now_us)));
}

static int op_expanding(struct db *db, struct store_req *req)
{
    (void)req;
    return insert_message(db, "expanding");
}

static int insert_waiting(struct db *db, int64_t wait_us)
{
    int rc = insert_message(db, "sending");
    return rc ? rc
              : db_exec(db, NULL, Q_DELIVERY_INSERT,
                        DB_ARGS(DB_INT(id_new(f.now_us)), DB_INT(f.message_id), DB_NULL, DB_NULL,
                                DB_TEXT("a@example.se"), DB_TEXT("a@example.se"), DB_TEXT("A"), DB_INT(LANE_LETTER),
                                DB_INT(f.now_us + wait_us)));
}

static int op_far_ahead(struct db *db, struct store_req *req)
{
    (void)req;
    return insert_waiting(db, INT64_C(86400) * US_PER_S);
}

static int op_waiting(struct db *db, struct store_req *req)
{
    (void)req;
    return insert_waiting(db, INT64_C(300) * US_PER_S);
}

static int op_broken_series(struct db *db, struct store_req *req)
{
    (void)req;
    return db_exec(db, NULL, Q_SERIES_INSERT,
                   DB_ARGS(DB_INT(1), DB_TEXT("Trasig"), DB_TEXT("police_area"), DB_TEXT("angelholm"),
                           DB_TEXT("monthly"), DB_TEXT("FREQ=MONTHLY"), DB_TEXT("09:00"), DB_TEXT("Nowhere/None"),
                           DB_TEXT("2026-01-01"), DB_INT(0), DB_INT(0), DB_INT(f.now_us)));
}

/* A letter of that series, approved and due; its hash is not right, and the scheduler holds it. */
static int op_broken_letter(struct db *db, struct store_req *req)
{
    (void)req;
    int rc = db_exec(db, NULL, Q_LETTER_INSERT,
                     DB_ARGS(DB_INT(7), DB_INT(1), DB_TEXT("2026-03"), DB_TEXT("police_area"), DB_TEXT("angelholm"),
                             DB_TEXT("monthly"), DB_TEXT("T"), DB_TEXT("public"), DB_TEXT("Hej"), DB_INT(0),
                             DB_TEXT("anna"), DB_INT(f.now_us)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_SUBMIT, DB_ARGS(DB_INT(7), DB_TEXT("x"), DB_NULL, DB_INT(f.now_us)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_APPROVE,
                     DB_ARGS(DB_INT(7), DB_INT(f.now_us), DB_TEXT("bertil"), DB_INT(f.now_us), DB_INT(1)));
    return rc;
}

static int op_read_message(struct db *db, struct store_req *req)
{
    (void)req;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_STATE, DB_ARGS(DB_INT(f.message_id)));
    if (rc == 0 && db_next(rows) > 0)
        snprintf(f.state, sizeof f.state, "%s", db_text(rows, 0));
    db_done(rows);
    ledger_check(db, f.message_id, true);
    return rc;
}

static int op_next_due(struct db *db, struct store_req *req)
{
    (void)req;
    return ledger_next_due(db, 0, &f.due_us);
}

static int op_nothing_due(struct db *db, struct store_req *req)
{
    (void)req;
    int64_t id = 0;
    return db_get_int(db, &id, Q_LETTER_NEXT_DUE, DB_ARGS(DB_INT(f.now_us))) == ERR_NOT_FOUND ? 0 : ERR_BAD_STATE;
}

static void test_scheduler_tick__expands_ends_and_wakes(void **state)
{
    (void)state;
    in_store(op_expanding);
    look();
    in_store(op_read_message);
    assert_string_equal(f.state, "finished"); /* to nobody: it ends all the same */
    assert_true(f.woken > 0);
}

static void test_scheduler_tick__a_broken_series_stops_nothing(void **state)
{
    (void)state;
    in_store(op_broken_series);
    in_store(op_broken_letter);
    in_store(op_expanding);
    look();
    in_store(op_nothing_due); /* held */
    in_store(op_read_message);
    assert_string_equal(f.state, "finished");
}

static void test_scheduler_tick__a_clock_that_was_ahead(void **state)
{
    (void)state;
    in_store(op_far_ahead);
    look();
    in_store(op_next_due);
    assert_int_equal(f.due_us, f.now_us);
    assert_true(f.woken > 0);
    in_store(op_read_message);
    assert_string_equal(f.state, "sending");
}

static void jump(int64_t seconds)
{
    f.now_us += seconds * US_PER_S;
    f.ahead_us += seconds * US_PER_S;
}

static void test_scheduler_tick__what_waits_moves_with_a_clock_that_jumps(void **state)
{
    (void)state;
    static const int64_t jumps_s[] = {3600, -3600, 86400, -86400, 40 * 86400, -40 * 86400};
    in_store(op_waiting);
    look();
    int64_t wait_us = INT64_C(300) * US_PER_S;
    for (size_t i = 0; i < ARRAY_LEN(jumps_s); i++) {
        f.now_us += US_PER_S;
        wait_us -= US_PER_S;
        jump(jumps_s[i]);
        look();
        in_store(op_next_due);
        assert_int_equal(f.due_us, f.now_us + wait_us);
        look(); /* once for each jump */
        in_store(op_next_due);
        assert_int_equal(f.due_us, f.now_us + wait_us);
    }
}

static void test_scheduler_tick__two_at_once_are_one_after_the_other(void **state)
{
    (void)state;
    scheduler_tick(f.scheduler);
    scheduler_tick(f.scheduler);
    assert_false(scheduler_stop(f.scheduler)); /* one is running */
    while (store_complete(f.store) > 0)
        continue;
}

static int op_meeting(struct db *db, struct store_req *req)
{
    struct err err = {.text = ""};
    (void)req;
    return db_script(db,
                     "INSERT INTO meeting (id, scope_kind, scope_code, title, starts_at, ends_at, author, created_at)"
                     " VALUES (1, 'municipality', '1292', 'Möte', 1772366400000000, 1772370000000000, 'anna', 1)",
                     &err);
}

/* ERR_NOT_FOUND unless it is still there. */
static int op_meeting_is_kept(struct db *db, struct store_req *req)
{
    int64_t changed = 0;
    (void)req;
    int rc = db_exec(db, &changed, Q_MEETING_DELETE, DB_ARGS(DB_INT(1)));
    return rc == 0 && changed != 1 ? ERR_NOT_FOUND : rc;
}

static void test_scheduler_tick__a_clock_that_jumped_throws_nothing_away(void **state)
{
    (void)state;
    look();
    in_store(op_meeting);
    f.ahead_us = INT64_C(11) * 365 * 86400 * US_PER_S;
    f.now_us += f.ahead_us;
    look();
    in_store(op_meeting_is_kept);
}

static const struct CMUnitTest tests[] = {
    TEST_FIXTURE(test_scheduler_tick__expands_ends_and_wakes, setup, teardown),
    TEST_FIXTURE(test_scheduler_tick__a_broken_series_stops_nothing, setup, teardown),
    TEST_FIXTURE(test_scheduler_tick__a_clock_that_was_ahead, setup, teardown),
    TEST_FIXTURE(test_scheduler_tick__a_clock_that_jumped_throws_nothing_away, setup, teardown),
    TEST_FIXTURE(test_scheduler_tick__what_waits_moves_with_a_clock_that_jumps, setup, teardown),
    TEST_FIXTURE(test_scheduler_tick__two_at_once_are_one_after_the_other, setup, teardown),
};

TEST_MAIN(tests)
