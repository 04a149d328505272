/* Closing messages; the contract is in core/ledger_close.h. */
#include "core/ledger_close.h"

#include <assert.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/db.h"

enum { CLOSE_PART = 200, CLOSE_MS = 10 };

/* 1 closed now, and its lane; 0 it was closed before. */
static int mark_closed(struct db *db, int64_t message_id, enum delivery_state state, int64_t *lane)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_CLOSE,
                      DB_ARGS(DB_INT(message_id), DB_TEXT(delivery_state_word(state)), DB_INT(db_now_us(db))));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        *lane = db_int(rows, 0);
        rc = db_next(rows); /* to its end: the change is whole then */
        rc = rc < 0 ? rc : 1;
    }
    db_done(rows);
    return rc;
}

int ledger_close(struct db *db, int64_t message_id, enum delivery_state state)
{
    int64_t lane = 0;
    assert(state == DELIVERY_WITHDRAWN || state == DELIVERY_EXPIRED);
    int rc = mark_closed(db, message_id, state, &lane);
    if (rc <= 0)
        return rc;
    rc = db_exec(db, NULL, Q_LANE_QUEUE_CLOSE, DB_ARGS(DB_INT(lane), DB_INT(message_id)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MESSAGE_CLOSING_INSERT,
                     DB_ARGS(DB_INT(message_id), DB_TEXT(delivery_state_word(state))));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_DELIVERY_RECALL_MESSAGE, DB_ARGS(DB_INT(message_id)));
    if (rc == 0) /* nobody follows in it any more; the next message of the thread sees to them */
        rc = db_exec(db, NULL, Q_THREAD_WAIT_CLEAR, DB_ARGS(DB_INT(message_id)));
    return rc;
}

/* Part after part of its rows, until there is none or the time is up. */
static int move_rows(struct db *db, int64_t message_id, enum delivery_state state)
{
    int64_t until_ms = clock_mono_ms(db_clock(db)) + CLOSE_MS;
    int64_t moved = CLOSE_PART;
    int rc = 0;
    while (rc == 0 && moved == CLOSE_PART && clock_mono_ms(db_clock(db)) < until_ms)
        rc = db_exec(db, &moved, Q_DELIVERY_CLOSE_PART,
                     DB_ARGS(DB_INT(message_id), DB_TEXT(delivery_state_word(state)), DB_INT(db_now_us(db)),
                             DB_INT(CLOSE_PART)));
    if (rc == 0 && moved < CLOSE_PART)
        rc = db_exec(db, NULL, Q_MESSAGE_CLOSING_END, DB_ARGS(DB_INT(message_id)));
    return rc;
}

int ledger_close_step(struct db *db, bool *more)
{
    struct db_rows *rows = NULL;
    enum delivery_state state = DELIVERY_WITHDRAWN;
    int64_t message_id = 0;
    int rc = db_query(db, &rows, Q_MESSAGE_CLOSING_NEXT, DB_NO_ARGS);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        message_id = db_int(rows, 0);
        rc = delivery_state_parse(db_text(rows, 1), &state) ? 0 : ERR_CORRUPT;
    }
    db_done(rows);
    if (rc)
        return rc;
    *more = message_id != 0;
    return message_id ? move_rows(db, message_id, state) : 0;
}

int ledger_expire(struct db *db, int64_t now_us, int *n)
{
    int64_t ids[LEDGER_EXPIRE_MAX];
    int count = 0;
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_EXPIRED, DB_ARGS(DB_INT(now_us), DB_INT(LEDGER_EXPIRE_MAX)));
    if (rc)
        return rc;
    while (count < LEDGER_EXPIRE_MAX && (rc = db_next(rows)) > 0)
        ids[count++] = db_int(rows, 0);
    db_done(rows);
    for (int i = 0; rc >= 0 && i < count; i++)
        rc = ledger_close(db, ids[i], DELIVERY_EXPIRED);
    if (rc < 0)
        return rc;
    *n = count;
    return 0;
}

int ledger_withdraw(struct db *db, int64_t message_id, int64_t *n)
{
    int rc = db_get_int(db, n, Q_MESSAGE_OPEN_COUNT, DB_ARGS(DB_INT(message_id)));
    if (rc == 0)
        rc = ledger_close(db, message_id, DELIVERY_WITHDRAWN);
    return rc ? rc : move_rows(db, message_id, DELIVERY_WITHDRAWN);
}
