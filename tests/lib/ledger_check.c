/* The ledger's invariants; the contract is in lib/ledger_check.h. */
#include "lib/ledger_check.h"

#include <stdio.h>

#include "core/ledger.h"
#include "lib/test.h"
#include "store/db.h"

enum { ROWS_MAX = 1000, ADDRESS_ROOM = 100 };

struct tally {
    int rows, pending, claimed;
    char addresses[ROWS_MAX][ADDRESS_ROOM];
};

static void check_row(struct tally *t, const struct db_rows *rows)
{
    enum delivery_state state = DELIVERY_PENDING;
    const char *address = db_text(rows, 2);
    if (!delivery_state_parse(db_text(rows, 7), &state))
        fail_msg("%s: no such state: %s", address, db_text(rows, 7));
    t->pending += state == DELIVERY_PENDING;
    t->claimed += state == DELIVERY_CLAIMED;
    if (db_int(rows, 9) < 0)
        fail_msg("%s: %d attempts", address, (int)db_int(rows, 9));
    for (int i = 0; i < t->rows; i++)
        if (strcmp(t->addresses[i], address) == 0)
            fail_msg("%s: twice in one message", address);
    assert_true(t->rows < ROWS_MAX);
    snprintf(t->addresses[t->rows++], ADDRESS_ROOM, "%s", address);
}

/* What is kept beside the rows says what the rows say. */
static void check_kept(struct db *db)
{
    struct db_rows *rows = NULL;
    assert_int_equal(db_query(db, &rows, Q_LEDGER_WRONG, DB_NO_ARGS), 0);
    int rc = db_next(rows);
    if (rc > 0)
        fail_msg("%s: message %lld", db_text(rows, 0), (long long)db_int(rows, 1));
    assert_int_equal(rc, 0);
    db_done(rows);
}

void ledger_check(struct db *db, int64_t message_id, bool at_rest)
{
    static struct tally t;
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    t = (struct tally){0};
    check_kept(db);
    assert_int_equal(db_query_as(db, &all, &rows, Q_DELIVERY_LIST,
                                 DB_ARGS(DB_INT(message_id), DB_TEXT(""), DB_TEXT(""), DB_INT(0), DB_INT(ROWS_MAX))),
                     0);
    while (db_next(rows) > 0)
        check_row(&t, rows);
    db_done(rows);
    assert_int_equal(db_query(db, &rows, Q_MESSAGE_STATE, DB_ARGS(DB_INT(message_id))), 0);
    assert_int_equal(db_next(rows), 1);
    const char *state = db_text(rows, 0);
    if (strcmp(state, "finished") == 0 && t.pending + t.claimed > 0)
        fail_msg("finished with %d pending and %d claimed", t.pending, t.claimed);
    bool is_closed = strcmp(state, "withdrawn") == 0 || strcmp(state, "expired") == 0;
    if (at_rest && is_closed && t.pending > 0)
        fail_msg("%s with %d pending", state, t.pending);
    if (at_rest && t.claimed > 0)
        fail_msg("%d claimed at rest", t.claimed);
    if (at_rest && strcmp(state, "sending") == 0 && t.pending == 0)
        fail_msg("sending, though nothing is pending");
    db_done(rows);
}
