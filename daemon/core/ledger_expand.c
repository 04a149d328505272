/*
 * Expansion: the audience of a message becomes ledger rows, in chunks with a durable cursor, so that memory and lock
 * times stay flat however many there are. The contract is in core/ledger.h.
 *
 * A chunk goes in small parts and ends when 10 ms are over: whoever else waits for the writer waits no longer than that
 * and the commit, on a slow disk as on a fast one. Each mail of an alert waits for the writer: while one is
 * under way a letter's chunk is one part, and while mails of it wait for a connection there is one such chunk a look,
 * as no letter leaves then anyway.
 *
 * A message that is open for newcomers is walked through again when its audience has changed; the ledger's UNIQUE
 * keeps everybody who has a row already from getting a second one.
 */
#include "core/ledger_expand.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "store/actor.h"
#include "store/db.h"

enum { EXPAND_PART = 200, EXPAND_MS = 10 };

static const struct {
    const char *word;
    int (*run)(struct db *db, struct expansion *e, int room, bool *is_walked);
} WALKS[] = {
#define ROW(id, word, run) [EXPAND_##id] = {word, run},
    EXPAND_WALK_MAP(ROW)
#undef ROW
};

bool expand_walk_parse(const char *word, enum expand_walk *out)
{
    for (size_t i = 0; i < ARRAY_LEN(WALKS); i++) {
        if (strcmp(WALKS[i].word, word) == 0) {
            *out = (enum expand_walk)i;
            return true;
        }
    }
    return false;
}

static int read_message(struct db *db, const struct db_rows *rows, struct expansion *e)
{
    enum scope_kind kind = SCOPE_ALL;
    int64_t now = db_now_us(db);
    int64_t not_before = db_int(rows, 11);
    *e = (struct expansion){.message_id = db_int(rows, 0),
                            .letter_id = db_int(rows, 1),
                            .cursor = db_int(rows, 2),
                            .lane = (enum lane)db_int(rows, 3),
                            .thread_id = db_int(rows, 7),
                            .thread_pos = db_int(rows, 8),
                            .cursor_person = db_int(rows, 9),
                            .due_us = not_before > now ? not_before : now};
    if (scope_kind_parse(db_text(rows, 4), &kind) && kind == SCOPE_GROUP &&
        id_parse(ID_GROUP, db_text(rows, 5), &e->group_id) != 0)
        return ERR_CORRUPT;
    if (!expand_walk_parse(db_text(rows, 6), &e->walk) || strlen(db_text(rows, 10)) >= sizeof e->cursor_key)
        return ERR_CORRUPT;
    snprintf(e->cursor_key, sizeof e->cursor_key, "%s", db_text(rows, 10));
    return 1;
}

/* The next message to work on: 1 there is one, 0 none, negative an error. */
static int next_message(struct db *db, struct expansion *e)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_EXPANDING, DB_NO_ARGS);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        rc = read_message(db, rows, e);
    db_done(rows);
    return rc;
}

/* The last contact person of the next part, or 0 when all have been taken. */
static int part_end(struct db *db, const struct expansion *e, int room, int64_t *end)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_AUDIENCE_CHUNK_END, DB_ARGS(DB_INT(e->letter_id), DB_INT(e->cursor), DB_INT(room)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        *end = db_int(rows, 0); /* NULL reads as 0 */
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int insert_part(struct db *db, const struct expansion *e, int64_t end)
{
    int64_t count = 0;
    int64_t now = db_now_us(db);
    int rc = db_get_int(db, &count, Q_AUDIENCE_CHUNK_SIZE, DB_ARGS(DB_INT(e->cursor), DB_INT(end)));
    if (rc)
        return rc;
    if (count > 0)
        rc = db_exec(db, NULL, Q_AUDIENCE_INSERT,
                     DB_ARGS(DB_INT(e->message_id), DB_INT(e->letter_id), DB_INT(e->cursor), DB_INT(end),
                             DB_INT(id_new_range(now, count)), DB_INT(now), DB_INT(e->lane), DB_INT(e->group_id)));
    return rc;
}

int expand_audience(struct db *db, struct expansion *e, int room, bool *is_walked)
{
    int64_t end = 0;
    int rc = part_end(db, e, room, &end);
    if (rc == 0 && end == 0)
        *is_walked = true;
    else if (rc == 0)
        rc = insert_part(db, e, end);
    if (rc == 0 && end)
        e->cursor = end;
    return rc;
}

/* How far a letter has to give way to alerts. */
enum way {
    WAY_FREE,
    WAY_SMALL, /* a mail of an alert has not gone: one part at a time */
    WAY_NEXT,  /* and some wait for a connection: one part, and the next at the next look of the scheduler */
};

static int way_for(struct db *db, const struct expansion *e, enum way *out)
{
    int64_t waiting = 0;
    int64_t open = 0;
    int rc = 0;
    if (e->lane != LANE_ALERT)
        rc = db_get_int(db, &waiting, Q_ALERT_WAITING, DB_ARGS(DB_INT(db_now_us(db))));
    if (rc == 0 && e->lane != LANE_ALERT && waiting == 0)
        rc = db_get_int(db, &open, Q_ALERT_UNDER_WAY, DB_NO_ARGS);
    *out = waiting ? WAY_NEXT : open ? WAY_SMALL : WAY_FREE;
    return rc;
}

/* Part after part, until the chunk is full, the time is up or nobody is left (*is_walked). */
static int insert_parts(struct db *db, struct expansion *e, int chunk, bool *is_walked)
{
    int64_t until_ms = clock_mono_ms(db_clock(db)) + EXPAND_MS;
    int rc = 0;
    for (int taken = 0; rc == 0 && !*is_walked && taken < chunk && clock_mono_ms(db_clock(db)) < until_ms;
         taken += EXPAND_PART)
        rc = WALKS[e->walk].run(db, e, chunk - taken < EXPAND_PART ? chunk - taken : EXPAND_PART, is_walked);
    return rc;
}

int ledger_expand(struct db *db, int chunk, bool *more)
{
    struct expansion e = {0};
    enum way way = WAY_FREE;
    bool is_walked = false;
    int64_t now = db_now_us(db);
    int rc = next_message(db, &e);
    if (rc == 0) {
        int64_t reopened = 0;
        rc = db_exec(db, &reopened, Q_MESSAGE_REOPEN, DB_ARGS(DB_INT(now)));
        *more = reopened > 0;
        return rc;
    }
    if (rc < 0)
        return rc;
    rc = way_for(db, &e, &way);
    if (rc == 0)
        rc = insert_parts(db, &e, way != WAY_FREE && chunk > EXPAND_PART ? EXPAND_PART : chunk, &is_walked);
    if (rc == 0 && is_walked)
        /* Everybody seen. Who joined during the walk and stands behind the cursor shows as a change after its
         * beginning (message.walked), and is found by the next one. */
        rc = db_exec(db, NULL, Q_MESSAGE_EXPANDED, DB_ARGS(DB_INT(e.message_id), DB_INT(now)));
    else if (rc == 0)
        rc = db_exec(db, NULL, Q_MESSAGE_CURSOR,
                     DB_ARGS(DB_INT(e.message_id), DB_INT(e.cursor), DB_INT(e.cursor_person), DB_TEXT(e.cursor_key),
                             DB_TEXT(WALKS[e.walk].word)));
    *more = way != WAY_NEXT;
    return rc;
}
