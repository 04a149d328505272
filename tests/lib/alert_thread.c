/* An alert and what follows it, for tests; the contract is in lib/alert_thread.h. */
#include "lib/alert_thread.h"

#include <stdio.h>

#include "base/mem.h"
#include "core/ledger_close.h"
#include "lib/ledger_check.h"
#include "lib/test.h"

void alert_thread_init(struct alert_thread *t)
{
    memset(t, 0, sizeof *t);
    store_fixture_init(&t->f);
}

void alert_thread_fini(struct alert_thread *t)
{
    for (int i = 0; i < t->message_count; i++)
        ledger_check(t->f.db, t->messages[i], false);
    store_fixture_fini(&t->f);
}

int64_t alert_thread_person(struct alert_thread *t, const char *group_name, const char *address, int64_t *group)
{
    return store_fixture_person(&t->f, "1292", group_name, "Någon", address, group);
}

int64_t alert_thread_people(struct alert_thread *t, int n)
{
    char address[40];
    int64_t group = 0;
    for (int i = 0; i < n; i++) {
        snprintf(address, sizeof address, "%d@example.se", i);
        alert_thread_person(t, "Lärkvägen", address, &group);
    }
    return group;
}

/* --- messages --------------------------------------------------------------------------------------------------- */

int64_t alert_thread_open(struct alert_thread *t, const struct alert_rows_input *in, int64_t group, int64_t other_group)
{
    int64_t alert = 0;
    store_fixture_ok(&t->f, alert_rows_add(t->f.db, in, &alert));
    if (group)
        store_fixture_ok(&t->f, alert_rows_add_group(t->f.db, alert, group));
    if (other_group)
        store_fixture_ok(&t->f, alert_rows_add_group(t->f.db, alert, other_group));
    if (!in->root_id)
        t->root = alert;
    assert_true(t->message_count < ALERT_THREAD_MAX);
    store_fixture_ok(&t->f, alert_rows_open(t->f.db, in, alert, &t->messages[t->message_count]));
    return t->messages[t->message_count++];
}

int64_t alert_thread_open_root(struct alert_thread *t, int64_t group, int64_t other_group)
{
    const struct alert_rows_input in = {0};
    return alert_thread_open(t, &in, group, other_group);
}

int64_t alert_thread_open_follow(struct alert_thread *t, bool is_update)
{
    const struct alert_rows_input in = {
        .type = is_update ? "update" : "recall", .root_id = t->root, .takes_queued = is_update};
    return alert_thread_open(t, &in, 0, 0);
}

int64_t alert_thread_open_mixed(struct alert_thread *t)
{
    static const char *const who[] = {"sent@example.se", "uncertain@example.se", "failed@example.se",
                                      "claimed@example.se", "queued@example.se"};
    int64_t group = 0;
    for (size_t i = 0; i < ARRAY_LEN(who); i++)
        alert_thread_person(t, "Lärkvägen", who[i], &group);
    int64_t message = alert_thread_open_root(t, group, 0);
    alert_thread_expand(t);
    alert_thread_end_as(t, message, "sent@example.se", DELIVERY_SENT);
    alert_thread_end_as(t, message, "uncertain@example.se", DELIVERY_UNCERTAIN);
    alert_thread_end_as(t, message, "failed@example.se", DELIVERY_FAILED);
    alert_thread_claim(t, CLAIM_MAX);
    for (int i = 0; i < t->claimed; i++)
        if (strcmp(t->jobs[i].address, "claimed@example.se") != 0)
            store_fixture_ok(&t->f, ledger_give_back(t->f.db, t->jobs[i].delivery_id, 0));
    return message;
}

/* --- the scheduler's steps --------------------------------------------------------------------------------------- */

void alert_thread_expand(struct alert_thread *t)
{
    bool more = true;
    while (more)
        store_fixture_ok(&t->f, ledger_expand(t->f.db, 1000, &more));
}

void alert_thread_expand_some(struct alert_thread *t, int people)
{
    bool more = true;
    store_fixture_ok(&t->f, ledger_expand(t->f.db, people, &more));
}

void alert_thread_move_rows(struct alert_thread *t)
{
    bool more = true;
    while (more)
        store_fixture_ok(&t->f, ledger_close_step(t->f.db, &more));
}

void alert_thread_settle(struct alert_thread *t)
{
    int n = LEDGER_FOLLOW_MAX;
    while (n == LEDGER_FOLLOW_MAX)
        store_fixture_ok(&t->f, ledger_follow_decided(t->f.db, &n));
}

/* --- rows -------------------------------------------------------------------------------------------------------- */

int alert_thread_claim(struct alert_thread *t, int room)
{
    memset(t->claims.room, 0, sizeof t->claims.room);
    t->claims.room[LANE_ALERT] = room;
    t->claims.now_us = t->f.now_us;
    store_fixture_ok(&t->f, ledger_claim(t->f.db, &t->claims, t->jobs, &t->claimed));
    return t->claimed;
}

void alert_thread_record(struct alert_thread *t, int64_t delivery_id, enum delivery_state state)
{
    struct ledger_result r = {
        .delivery_id = delivery_id, .state = state, .now_us = t->f.now_us, .due_us = t->f.now_us + 5 * 60 * US_PER_S};
    store_fixture_ok(&t->f, ledger_record(t->f.db, &r));
}

void alert_thread_send_claimed(struct alert_thread *t)
{
    for (int i = 0; i < t->claimed; i++)
        alert_thread_record(t, t->jobs[i].delivery_id, DELIVERY_SENT);
}

void alert_thread_end_as(struct alert_thread *t, int64_t message, const char *address, enum delivery_state state)
{
    int64_t id = alert_thread_row(t, message, address);
    assert_true(id > 0);
    alert_thread_claim(t, CLAIM_MAX);
    bool was_found = false;
    for (int i = 0; i < t->claimed; i++) {
        if (t->jobs[i].delivery_id == id) {
            alert_thread_record(t, id, state);
            was_found = true;
        } else {
            store_fixture_ok(&t->f, ledger_give_back(t->f.db, t->jobs[i].delivery_id, 0));
        }
    }
    assert_true(was_found);
}

int64_t alert_thread_row(struct alert_thread *t, int64_t message, const char *address)
{
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&t->f, db_query_as(t->f.db, &all, &rows, Q_DELIVERY_LIST,
                                        DB_ARGS(DB_INT(message), DB_TEXT(""), DB_TEXT(address), DB_INT(0), DB_INT(1))));
    int64_t id = db_next(rows) > 0 ? db_int(rows, 0) : 0;
    db_done(rows);
    return id;
}

const char *alert_thread_state(struct alert_thread *t, int64_t delivery_id)
{
    static char word[16];
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    store_fixture_ok(&t->f, db_query_as(t->f.db, &all, &rows, Q_DELIVERY_SHOW, DB_ARGS(DB_INT(delivery_id))));
    assert_int_equal(db_next(rows), 1);
    snprintf(word, sizeof word, "%s", db_text(rows, 7));
    db_done(rows);
    return word;
}

int64_t alert_thread_count(struct alert_thread *t, int64_t message, const char *state)
{
    return store_fixture_count(&t->f, message, state);
}
