/*
 * The walk through the earlier messages of a thread, from the oldest to the newest and within each from address to
 * address: who got something, or may have, gets an update or a recall. The contracts are in ledger_expand.h and
 * core/ledger_alert.h; which row of an earlier message counts how stands at Q_THREAD_INSERT.
 *
 * The earlier messages are closed, so that their rows only ever move from claimed to decided while the walk is under
 * way. What was claimed when they were closed is noted in thread_wait: it is passed by here, unless its reader has got
 * something before, and seen to by ledger_follow_decided.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/ledger_alert.h"
#include "core/ledger_expand.h"
#include "store/db.h"

/* What Q_THREAD_INSERT is to take besides those who got something. */
enum takes { TAKES_NOTHING, TAKES_QUEUED, TAKES_GIVEN_BACK };

struct part {
    int64_t earlier_id; /* the message */
    char first[ADDRESS_KEY_BYTES], last[ADDRESS_KEY_BYTES];
    int64_t count;
};

static int copy_key(char out[ADDRESS_KEY_BYTES], const char *key)
{
    int n = snprintf(out, ADDRESS_KEY_BYTES, "%s", key);
    return n < ADDRESS_KEY_BYTES ? 0 : ERR_CORRUPT;
}

static int find_part(struct db *db, const struct expansion *e, int room, struct part *part)
{
    struct db_rows *rows = NULL;
    int rc = db_get_int(db, &part->earlier_id, Q_THREAD_MESSAGE, DB_ARGS(DB_INT(e->thread_id), DB_INT(e->cursor)));
    if (rc == 0)
        rc =
            db_query(db, &rows, Q_THREAD_PART, DB_ARGS(DB_INT(part->earlier_id), DB_TEXT(e->cursor_key), DB_INT(room)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && (part->count = db_int(rows, 2)) > 0) {
        rc = copy_key(part->first, db_text(rows, 0));
        if (rc == 0)
            rc = copy_key(part->last, db_text(rows, 1));
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int insert(struct db *db, const struct expansion *e, const struct part *part, enum takes takes)
{
    int64_t now = db_now_us(db);
    return db_exec(db, NULL, Q_THREAD_INSERT,
                   DB_ARGS(DB_INT(e->message_id), DB_INT(e->thread_id), DB_INT(e->thread_pos), DB_INT(part->earlier_id),
                           DB_TEXT(part->first), DB_TEXT(part->last), DB_INT(id_new_range(now, part->count)),
                           DB_INT(now), DB_INT(e->due_us), DB_INT(takes)));
}

/* All rows of the thread have been seen. An update goes on where the walk through the groups was stopped, if it was. */
static int end_walk(struct db *db, struct expansion *e, bool *is_walked)
{
    struct db_rows *rows = NULL;
    *is_walked = true;
    if (e->walk != EXPAND_QUEUED)
        return 0;
    int rc = db_query(db, &rows, Q_THREAD_UNREACHED, DB_ARGS(DB_INT(e->thread_id), DB_INT(e->thread_pos)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && db_is_null(rows, 2)) {
        *is_walked = false;
        e->walk = EXPAND_GROUPS;
        e->cursor = db_int(rows, 0);
        e->cursor_person = db_int(rows, 1);
        e->cursor_key[0] = '\0';
    }
    db_done(rows);
    return rc < 0 ? rc : 0;
}

int expand_thread(struct db *db, struct expansion *e, int room, bool *is_walked)
{
    struct part part = {0};
    if (e->cursor >= e->thread_pos)
        return end_walk(db, e, is_walked);
    int rc = find_part(db, e, room, &part);
    if (rc == 0 && part.count == 0) {
        e->cursor++;
        e->cursor_key[0] = '\0';
        return 0;
    }
    if (rc == 0)
        rc = insert(db, e, &part, e->walk == EXPAND_QUEUED ? TAKES_QUEUED : TAKES_NOTHING);
    memcpy(e->cursor_key, part.last, sizeof e->cursor_key);
    return rc;
}

/* --- rows that were waited for --------------------------------------------------------------------------------- */

struct decided {
    struct expansion follow; /* the update or recall */
    int64_t delivery_id, earlier_id;
    char key[ADDRESS_KEY_BYTES];
};

static int read_decided(struct db *db, const struct db_rows *rows, struct decided *d)
{
    int64_t now = db_now_us(db);
    int64_t not_before = db_int(rows, 4);
    d->follow = (struct expansion){.message_id = db_int(rows, 0),
                                   .thread_id = db_int(rows, 2),
                                   .thread_pos = db_int(rows, 3),
                                   .due_us = not_before > now ? not_before : now};
    d->delivery_id = db_int(rows, 1);
    d->earlier_id = db_int(rows, 6);
    if (!expand_walk_parse(db_text(rows, 5), &d->follow.walk))
        return ERR_CORRUPT;
    return copy_key(d->key, db_text(rows, 7));
}

static int settle(struct db *db, const struct decided *d)
{
    struct part part = {.earlier_id = d->earlier_id, .count = 1};
    memcpy(part.first, d->key, sizeof part.first);
    memcpy(part.last, d->key, sizeof part.last);
    int rc = insert(db, &d->follow, &part, d->follow.walk == EXPAND_GOT ? TAKES_NOTHING : TAKES_GIVEN_BACK);
    return rc ? rc
              : db_exec(db, NULL, Q_THREAD_WAIT_DELETE, DB_ARGS(DB_INT(d->follow.message_id), DB_INT(d->delivery_id)));
}

/* 1 and the first that has been decided, 0 none. */
static int next_decided(struct db *db, struct decided *d)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_THREAD_WAIT_DECIDED, DB_ARGS(DB_INT(1)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        rc = read_decided(db, rows, d);
        rc = rc ? rc : 1;
    }
    db_done(rows);
    return rc;
}

int ledger_follow_decided(struct db *db, int *n)
{
    struct decided d = {0};
    int rc = 1;
    *n = 0;
    while (*n < LEDGER_FOLLOW_MAX && (rc = next_decided(db, &d)) > 0) {
        rc = settle(db, &d);
        if (rc)
            return rc;
        (*n)++;
    }
    return rc < 0 ? rc : 0;
}
