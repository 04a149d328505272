/* core/ledger_alert.h: threads at random. An alert, updates and a recall while rows are claimed, sent, lost in crashes
 * and given back, and people leave, stop alerts and join; a model of who has got what tells whom each must reach. A
 * seed that fails is printed. */
/* run: not under tsan */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/group.h"
#include "core/ledger_alert.h"
#include "lib/alert_rows.h"
#include "lib/ledger_check.h"
#include "lib/store_fixture.h"
#include "lib/test.h"

enum { PEOPLE = 24, NEWCOMERS = 6, ALL = PEOPLE + NEWCOMERS, SEEDS = 60, DEEDS = 120, THREAD_MAX = 6, HELD_MAX = ALL };

/* What the model knows of one reader. */
struct reader {
    int64_t contact, address;
    bool is_in;       /* the register, and has not stopped alerts */
    bool got;         /* a copy, or may have */
    bool last_failed; /* what came last to the address was refused */
    bool is_newcomer; /* joined after the alert */
};

static struct store_fixture f;
static struct reader readers[ALL];
static struct job held[HELD_MAX];
static int held_count;
static int64_t root, thread[THREAD_MAX];
static int thread_count, reader_count;
static unsigned seed;

static unsigned pick(unsigned n)
{
    seed = seed * 1103515245U + 12345U;
    return (seed >> 16) % n;
}

static struct reader *reader_of(const struct job *job)
{
    int i = (int)strtol(job->address, NULL, 10);
    assert_true(i >= 0 && i < reader_count);
    return &readers[i];
}

/* --- deeds ------------------------------------------------------------------------------------------------------ */

static void join(bool is_newcomer)
{
    static const char *const groups[] = {"Lärkvägen", "Ekbacken", "Granen"};
    struct db_rows *rows = NULL;
    char address[40];
    struct reader *r = &readers[reader_count];
    snprintf(address, sizeof address, "%d@example.se", reader_count);
    *r = (struct reader){.is_in = true, .is_newcomer = is_newcomer};
    r->contact = store_fixture_person(&f, "1292", groups[pick(3)], "Någon", address, NULL);
    store_fixture_ok(&f, db_query(f.db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(r->contact))));
    assert_int_equal(db_next(rows), 1);
    r->address = db_int(rows, 0);
    db_done(rows);
    reader_count++;
}

static void leave(void)
{
    struct reader *r = &readers[pick((unsigned)reader_count)];
    if (!r->is_in)
        return;
    r->is_in = false;
    store_fixture_ok(&f, pick(2) ? contact_remove(f.db, &f.anna, r->contact, 0, &f.err)
                                 : contact_stop_alerts(f.db, &f.admin, r->address, &f.err));
}

static void open_next(const char *type, bool takes_queued)
{
    struct alert_rows_input in = {.type = type, .root_id = root, .takes_queued = takes_queued};
    int64_t alert = 0;
    store_fixture_ok(&f, alert_rows_add(f.db, &in, &alert));
    if (!root) {
        char sql[160];
        root = alert;
        snprintf(sql, sizeof sql, "INSERT INTO alert_group SELECT %lld, id FROM watch_group;", (long long)alert);
        store_fixture_ok(&f, db_script(f.db, sql, &f.err));
    }
    assert_true(thread_count < THREAD_MAX);
    store_fixture_ok(&f, alert_rows_open(f.db, &in, alert, &thread[thread_count++]));
}

static void expand(int people)
{
    bool more = true;
    store_fixture_ok(&f, ledger_expand(f.db, people, &more));
}

static void claim(void)
{
    struct claim claims = {.now_us = f.now_us};
    int room = HELD_MAX - held_count;
    int n = 0;
    claims.room[LANE_ALERT] = room < 4 ? room : 1 + (int)pick(4);
    if (room == 0)
        return;
    store_fixture_ok(&f, ledger_claim(f.db, &claims, held + held_count, &n));
    for (int i = 0; i < n; i++) {
        struct reader *r = reader_of(&held[held_count + i]);
        assert_int_equal(held[held_count + i].message_id, thread[thread_count - 1]); /* nothing of a closed message */
        r->last_failed = false;
    }
    held_count += n;
}

static void record(int i, enum delivery_state state)
{
    struct reader *r = reader_of(&held[i]);
    struct ledger_result result = {
        .delivery_id = held[i].delivery_id, .state = state, .now_us = f.now_us, .due_us = f.now_us};
    store_fixture_ok(&f, ledger_record(f.db, &result));
    r->got = r->got || state == DELIVERY_SENT || state == DELIVERY_UNCERTAIN;
    r->last_failed = state == DELIVERY_FAILED;
    held[i] = held[--held_count];
}

static void record_some(void)
{
    static const enum delivery_state ends[] = {DELIVERY_SENT,    DELIVERY_SENT,   DELIVERY_UNCERTAIN,
                                               DELIVERY_PENDING, DELIVERY_FAILED, DELIVERY_PENDING};
    if (held_count == 0)
        return;
    int i = (int)pick((unsigned)held_count);
    unsigned what = pick(ARRAY_LEN(ends) + 1);
    if (what < ARRAY_LEN(ends)) {
        record(i, ends[what]);
        return;
    }
    store_fixture_ok(&f, ledger_give_back(f.db, held[i].delivery_id, 0));
    held[i] = held[--held_count];
}

static void crash(void)
{
    int64_t n = 0;
    for (int i = 0; i < held_count; i++)
        reader_of(&held[i])->got = true; /* or may have */
    store_fixture_ok(&f, ledger_recover(f.db, &n));
    assert_int_equal(n, held_count);
    held_count = 0;
}

static void deed(bool may_leave)
{
    bool more = false;
    int n = 0;
    switch (pick(10)) {
    case 0:
    case 1:
        expand(1 + (int)pick(6));
        break;
    case 2:
    case 3:
        claim();
        break;
    case 4:
    case 5:
        record_some();
        break;
    case 6:
        store_fixture_ok(&f, ledger_close_step(f.db, &more));
        break;
    case 7:
        store_fixture_ok(&f, ledger_follow_decided(f.db, &n));
        break;
    case 8:
        if (pick(4) == 0)
            crash();
        break;
    default:
        assert_true(ledger_finish(f.db) >= 0);
        if (may_leave && pick(3) == 0)
            leave();
        else if (may_leave && pick(3) == 0 && reader_count < ALL)
            join(true);
    }
}

/* Until nothing is left to do: every row that is claimed gets there. */
static void drain(void)
{
    for (int i = 0; i < 20 + 3 * ALL; i++) {
        bool more = false;
        int n = 0;
        expand(100);
        claim();
        while (held_count > 0)
            record(0, DELIVERY_SENT);
        store_fixture_ok(&f, ledger_close_step(f.db, &more));
        store_fixture_ok(&f, ledger_follow_decided(f.db, &n));
        while (ledger_finish(f.db) > 0)
            continue;
    }
}

/* --- what must be ----------------------------------------------------------------------------------------------- */

static bool has_row(int64_t message, int reader)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    char address[40];
    snprintf(address, sizeof address, "%d@example.se", reader);
    store_fixture_ok(&f, db_query_as(f.db, &all, &rows, Q_DELIVERY_LIST,
                                     DB_ARGS(DB_INT(message), DB_TEXT(""), DB_TEXT(address), DB_INT(0), DB_INT(1))));
    bool found = db_next(rows) > 0;
    db_done(rows);
    return found;
}

static void check_thread(unsigned first_seed)
{
    struct err err = {.text = ""};
    if (db_integrity(f.db, &err) != 0)
        fail_msg("seed %u: %s", first_seed, err.text);
    for (int i = 0; i < thread_count; i++)
        ledger_check(f.db, thread[i], true);
}

static void run(unsigned first_seed, bool ends_in_recall)
{
    bool expected[ALL];
    seed = first_seed;
    root = thread_count = held_count = reader_count = 0;
    for (int i = 0; i < PEOPLE; i++)
        join(false);
    open_next(NULL, false);
    unsigned updates = pick(4);
    for (unsigned u = 0; u <= updates; u++) {
        for (unsigned n = pick(DEEDS); n > 0; n--)
            deed(true);
        if (u < updates)
            open_next("update", true);
    }
    if (ends_in_recall)
        open_next("recall", false);
    for (unsigned n = pick(DEEDS); n > 0; n--)
        deed(false);
    /* What is on the wire now ends in one way or another; then the last message knows whom it is for. */
    while (held_count > 0)
        record_some();
    for (int i = 0; i < reader_count; i++)
        expected[i] = readers[i].is_in && readers[i].got;
    drain();
    for (int i = 0; i < reader_count; i++) {
        bool is_there = has_row(thread[thread_count - 1], i);
        if (ends_in_recall && is_there != expected[i])
            fail_msg("seed %u: reader %d %s the recall", first_seed, i, is_there ? "got" : "did not get");
        if (!ends_in_recall && updates > 0 && readers[i].is_in && !readers[i].is_newcomer && !is_there &&
            !readers[i].last_failed)
            fail_msg("seed %u: reader %d did not get the update", first_seed, i);
        if (!ends_in_recall && readers[i].is_in && !readers[i].is_newcomer && !readers[i].last_failed &&
            !readers[i].got)
            fail_msg("seed %u: reader %d got nothing at all", first_seed, i);
    }
    check_thread(first_seed);
}

static void run_all(bool ends_in_recall)
{
    const char *only = getenv("SEED");
    unsigned from = only ? (unsigned)strtoul(only, NULL, 10) : 1;
    for (unsigned s = from; s < (only ? from + 1 : SEEDS); s++) {
        store_fixture_init(&f);
        run(s, ends_in_recall);
        store_fixture_fini(&f);
    }
}

static void test_ledger_open_follow__a_recall_reaches_exactly_who_has_it(void **state)
{
    (void)state;
    run_all(true);
}

static void test_ledger_open_follow__updates_lose_nobody(void **state)
{
    (void)state;
    run_all(false);
}

static const struct CMUnitTest tests[] = {
    TEST(test_ledger_open_follow__a_recall_reaches_exactly_who_has_it),
    TEST(test_ledger_open_follow__updates_lose_nobody),
};

TEST_MAIN(tests)
