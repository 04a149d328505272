/*
 * The queue of webhook deliveries: claims. The contract is in core/webhook_queue.h; what becomes of a claim is in
 * webhook_record.c.
 *
 * webhook_lane tells which endpoints may be given something: `ready` is 1, or 2 for those that fail, so that each kind
 * is walked by itself, from the one after the last that was served. A lane that turns out to be paused, full or empty
 * is put to rest right there, so it is looked at once and not at every claim; the schema's triggers set when it is
 * looked at again.
 */
#include "core/webhook_queue.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "core/webhook_job.h"
#include "store/db.h"

enum { LANE_NORMAL = 1, LANE_FAILING = 2, CHUNK_PER_LANE = 32 };

/* One claim on its way. */
struct taking {
    struct db *db;
    struct webhook_claim *claim;
    struct webhook_maker maker;
    struct webhook_job **jobs;
    int n;
    int64_t proven_us; /* what is over by then is over */
};

struct lane_turn {
    int64_t webhook_id;
    int free; /* rows that may still be claimed */
    bool is_done;
};

/* --- rows --------------------------------------------------------------------------------------------------------- */

static int find_rows(struct taking *t, int64_t webhook_id, int wanted, struct webhook_claimed *rows, int *n)
{
    struct db_rows *found = NULL;
    int rc = db_query(t->db, &found, Q_WEBHOOK_CLAIMABLE,
                      DB_ARGS(DB_INT(webhook_id), DB_INT(t->claim->now_us), DB_INT(wanted)));
    if (rc)
        return rc;
    *n = 0;
    while ((rc = db_next(found)) > 0) {
        assert(*n < wanted);
        struct webhook_claimed *row = &rows[(*n)++];
        *row = (struct webhook_claimed){.delivery_id = db_int(found, 0),
                                        .event_id = db_int(found, 1),
                                        .thread_id = db_int(found, 2),
                                        .attempts = (int)db_int(found, 4),
                                        .first_at_us = db_int(found, 5),
                                        .expires_us = db_int(found, 6)};
        snprintf(row->recipient, sizeof row->recipient, "%s", db_text(found, 3));
    }
    db_done(found);
    return rc;
}

static int read_rows(struct taking *t, int64_t webhook_id, int wanted, struct webhook_claimed *rows, int *n)
{
    int rc = find_rows(t, webhook_id, wanted, rows, n);
    for (int i = 0; rc == 0 && i < *n; i++)
        rc = db_exec(t->db, NULL, Q_WEBHOOK_CLAIM,
                     DB_ARGS(DB_INT(rows[i].delivery_id), DB_INT(t->claim->now_us), DB_INT(rows[i].first_at_us)));
    return rc;
}

static int drop(struct taking *t, const struct webhook_claimed *row, enum delivery_state state, const char *why)
{
    return db_exec(
        t->db, NULL, Q_WEBHOOK_DROP,
        DB_ARGS(DB_INT(row->delivery_id), DB_TEXT(delivery_state_word(state)), DB_TEXT(why), DB_INT(t->claim->now_us)));
}

/* What takes back or ends a warning is for those who have it. */
static int has_something(struct taking *t, int64_t webhook_id, const struct webhook_claimed *row, bool *out)
{
    bool is_end = false;
    int64_t one = 0;
    int rc = webhook_maker_is_end(&t->maker, row->event_id, &is_end);
    *out = true;
    if (rc || !is_end)
        return rc == ERR_NOT_FOUND || rc == ERR_CORRUPT ? 0 : rc; /* webhook_make says it in words */
    rc = db_get_int(t->db, &one, Q_WEBHOOK_HAS_REACHED,
                    DB_ARGS(DB_INT(row->thread_id), DB_INT(webhook_id), DB_TEXT(row->recipient)));
    *out = rc == 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Back into the queue, until `until_us`; whatever brought it here at night: a retry, a pause that ended, a restart. */
static int put_off(struct taking *t, const struct webhook_claimed *row, int64_t until_us)
{
    int64_t ends_us = row->expires_us + t->claim->now_us - t->proven_us; /* by the clock as it shows */
    bool ends_before = row->expires_us > 0 && ends_us < until_us;
    return db_exec(t->db, NULL, Q_WEBHOOK_PUT_OFF,
                   DB_ARGS(DB_INT(row->delivery_id), DB_INT(ends_before ? ends_us : until_us),
                           DB_TEXT("quiet hours: telephones wait for the morning")));
}

static int take_row(struct taking *t, int64_t webhook_id, const struct webhook_claimed *row, bool is_failing)
{
    struct err err = {.text = ""};
    struct webhook_job *job = NULL;
    bool is_wanted = true;
    int64_t rings_us = 0;
    if (row->expires_us > 0 && row->expires_us <= t->proven_us)
        return drop(t, row, DELIVERY_EXPIRED, "the alert was over before it could be delivered");
    int rc = has_something(t, webhook_id, row, &is_wanted);
    if (rc)
        return rc;
    if (!is_wanted)
        return drop(t, row, DELIVERY_WITHDRAWN, "the receiver has nothing of this alert");
    rc = webhook_maker_rings_us(&t->maker, webhook_id, row->event_id, &rings_us);
    if (rc == 0 && rings_us)
        return put_off(t, row, rings_us);
    rc = rc ? rc : webhook_make(&t->maker, webhook_id, row, &job, &err);
    if (rc == ERR_NOT_FOUND)
        return drop(t, row, DELIVERY_WITHDRAWN, "the format has no message for this event");
    if (rc == ERR_INVALID || rc == ERR_TOO_LARGE || rc == ERR_CORRUPT)
        return drop(t, row, DELIVERY_FAILED, err_or(&err, rc));
    if (rc)
        return rc;
    job->is_endpoint_failing = is_failing;
    t->jobs[t->n++] = job;
    return 0;
}

/* --- lanes -------------------------------------------------------------------------------------------------------- */

/* At most `wanted` rows of one endpoint; rests the lane when it has no more or is full. */
static int take_lane(struct taking *t, struct lane_turn *lane, int wanted, bool is_failing)
{
    struct webhook_claimed rows[CHUNK_PER_LANE];
    int n = 0;
    int before = t->n;
    wanted = wanted < lane->free ? wanted : lane->free;
    wanted = wanted < CHUNK_PER_LANE ? wanted : CHUNK_PER_LANE;
    int rc = read_rows(t, lane->webhook_id, wanted, rows, &n);
    for (int i = 0; rc == 0 && i < n; i++)
        rc = take_row(t, lane->webhook_id, &rows[i], is_failing);
    lane->free -= t->n - before; /* what was dropped is not in flight, and nothing would wake the lane after it */
    lane->is_done = n < wanted || lane->free == 0;
    if (rc)
        return rc;
    if (n < wanted)
        return db_exec(t->db, NULL, Q_WEBHOOK_LANE_WAIT, DB_ARGS(DB_INT(lane->webhook_id), DB_INT(n)));
    if (lane->free == 0)
        return db_exec(t->db, NULL, Q_WEBHOOK_LANE_REST, DB_ARGS(DB_INT(lane->webhook_id), DB_INT(n), DB_NULL));
    return db_exec(t->db, NULL, Q_WEBHOOK_LANE_TOOK, DB_ARGS(DB_INT(lane->webhook_id), DB_INT(n)));
}

/* The lanes whose turn it is: those after `after` up to and with `until`. */
static int list_lanes(struct taking *t, int kind, int64_t after, int64_t until, struct lane_turn *lanes, int *n,
                      int room)
{
    enum { PAUSED_MAX = WEBHOOK_CLAIM_MAX };
    struct {
        int64_t webhook_id, until_us;
    } resting[PAUSED_MAX];
    int resting_n = 0;
    int limit = kind == LANE_FAILING ? 1 : t->claim->per_endpoint;
    struct db_rows *rows = NULL;
    if (*n >= room)
        return 0;
    int rc = db_query(t->db, &rows, Q_WEBHOOK_LANE_TURN,
                      DB_ARGS(DB_INT(kind), DB_INT(after), DB_INT(until), DB_INT(room - *n)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        int64_t id = db_int(rows, 0);
        int left = limit - (int)db_int(rows, 1);
        int64_t paused_until = db_int(rows, 2);
        if (paused_until > t->claim->now_us || left <= 0) {
            resting[resting_n].webhook_id = id;
            resting[resting_n++].until_us = paused_until > t->claim->now_us ? paused_until : -1;
        } else {
            lanes[(*n)++] = (struct lane_turn){.webhook_id = id, .free = left};
        }
    }
    db_done(rows);
    for (int i = 0; rc == 0 && i < resting_n; i++)
        rc = db_exec(t->db, NULL, Q_WEBHOOK_LANE_REST,
                     DB_ARGS(DB_INT(resting[i].webhook_id), DB_INT(0), DB_OPT_INT(resting[i].until_us)));
    return rc;
}

/* Shares `room` among the lanes of one kind; a second pass gives what some could not use to the others. */
static int take_kind(struct taking *t, int kind, int room)
{
    struct lane_turn lanes[WEBHOOK_CLAIM_MAX];
    int n = 0;
    int end = t->n + room;
    int64_t after = t->claim->after_endpoint;
    if (room <= 0)
        return 0;
    int rc = list_lanes(t, kind, after, INT64_MAX, lanes, &n, room);
    if (rc == 0)
        rc = list_lanes(t, kind, 0, after, lanes, &n, room);
    int share = n > 0 ? (room + n - 1) / n : 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; rc == 0 && i < n && t->n < end; i++) {
            int wanted = pass == 0 && share < end - t->n ? share : end - t->n;
            if (lanes[i].is_done)
                continue;
            rc = take_lane(t, &lanes[i], wanted, kind == LANE_FAILING);
            if (kind == LANE_NORMAL)
                t->claim->after_endpoint = lanes[i].webhook_id;
        }
    }
    return rc;
}

/* --- the claim ---------------------------------------------------------------------------------------------------- */

/* A failing endpoint that waits for its room is no reason to come again: its turn comes when a call ends. */
static int is_more(struct db *db, int64_t now_us, bool has_room_failing, bool *more)
{
    int64_t one = 0;
    int rc = db_get_int(db, &one, Q_WEBHOOK_LANE_MORE,
                        DB_ARGS(DB_INT(now_us), DB_INT(has_room_failing ? LANE_FAILING : LANE_NORMAL)));
    *more = rc == 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

int webhook_claim(struct db *db, const struct config *config, struct webhook_claim *claim, struct webhook_job **jobs,
                  int *n, bool *more)
{
    struct taking t = {.db = db, .claim = claim, .jobs = jobs, .proven_us = db_proven_us(db)};
    if (claim->now_us < t.proven_us)
        t.proven_us = claim->now_us;
    assert(claim->room >= 0 && claim->room <= WEBHOOK_CLAIM_MAX && claim->per_endpoint > 0);
    webhook_maker_init(&t.maker, db, config, claim->now_us);
    *n = 0;
    int rc = db_exec(db, NULL, Q_WEBHOOK_LANE_WAKE, DB_ARGS(DB_INT(claim->now_us)));
    if (rc == 0)
        rc = take_kind(&t, LANE_NORMAL, claim->room);
    int healthy = t.n;
    if (rc == 0)
        rc = take_kind(&t, LANE_FAILING,
                       claim->room_failing < claim->room - t.n ? claim->room_failing : claim->room - t.n);
    if (rc == 0)
        rc = is_more(db, claim->now_us, t.n - healthy < claim->room_failing, more);
    webhook_maker_fini(&t.maker);
    while (rc && t.n > 0)
        webhook_job_free(jobs[--t.n]);
    *n = t.n;
    return rc;
}

int webhook_next_due(struct db *db, int64_t after_us, int64_t *due_us)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_NEXT_DUE, DB_ARGS(DB_INT(after_us)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && db_is_null(rows, 0))
        rc = 0;
    if (rc > 0)
        *due_us = db_int(rows, 0);
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}
