/* The queue of webhook deliveries: outcomes, recovery, figures, forgetting. The contract is in core/webhook_queue.h. */
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/ledger.h"
#include "core/webhook_queue.h"
#include "core/webhook_state.h"
#include "store/db.h"

enum { REACHED_NO, REACHED_PERHAPS, REACHED_YES, FORGET_CHUNK = 2000 };

static const char *const OUTCOMES[] = {
#define ROW(id, word) [WEBHOOK_##id] = (word),
    WEBHOOK_OUTCOME_MAP(ROW)
#undef ROW
};

const char *webhook_outcome_word(enum webhook_outcome outcome)
{
    return OUTCOMES[outcome];
}

/* --- outcomes ----------------------------------------------------------------------------------------------------- */

static const char *state_of(enum webhook_outcome outcome)
{
    static const enum delivery_state states[] = {[WEBHOOK_DELIVERED] = DELIVERY_SENT,
                                                 [WEBHOOK_RETRY] = DELIVERY_PENDING,
                                                 [WEBHOOK_DEAD] = DELIVERY_FAILED,
                                                 [WEBHOOK_EXPIRED] = DELIVERY_EXPIRED,
                                                 [WEBHOOK_GIVEN_BACK] = DELIVERY_PENDING};
    return delivery_state_word(states[outcome]);
}

static int give_back(struct db *db, const struct webhook_result *r)
{
    int64_t changed = 0;
    int rc = db_exec(db, &changed, Q_WEBHOOK_GIVE_BACK, DB_ARGS(DB_INT(r->delivery_id), DB_INT(r->due_us)));
    return rc == 0 && changed == 0 ? ERR_BAD_STATE : rc;
}

/* How far `now_us` is ahead of what is proven: alerts end so much later. */
static int64_t unproven_us(struct db *db, int64_t now_us)
{
    int64_t proven_us = db_proven_us(db);
    return now_us > proven_us ? now_us - proven_us : 0;
}

/* The row's own end. */
static int end_row(struct db *db, const struct webhook_result *r)
{
    int64_t changed = 0;
    int reached = r->outcome == WEBHOOK_DELIVERED ? REACHED_YES : r->may_have_reached ? REACHED_PERHAPS : REACHED_NO;
    int rc =
        db_exec(db, &changed, Q_WEBHOOK_RECORD,
                DB_ARGS(DB_INT(r->delivery_id), DB_TEXT(state_of(r->outcome)), DB_INT(r->due_us), DB_INT(r->now_us),
                        DB_INT(r->duration_ms), r->http_status ? DB_INT(r->http_status) : DB_NULL, DB_TEXT(r->detail),
                        DB_TEXT(r->peer), DB_TEXT(r->answer), DB_TEXT(r->transcript), DB_INT(reached),
                        DB_INT(r->endpoint_id), DB_INT(unproven_us(db, r->now_us))));
    return rc == 0 && changed == 0 ? ERR_BAD_STATE : rc;
}

/* Disables an endpoint of which nothing has arrived for so long. */
static int check_patience(struct db *db, const struct webhook_result *r, bool *disabled)
{
    static const char WHY[] = "nothing has arrived for five days; the last answer: ";
    struct actor actor = actor_daemon();
    char reason[sizeof WHY + WEBHOOK_DETAIL_BYTES];
    int64_t since_us = 0;
    int rc = db_get_int(db, &since_us, Q_WEBHOOK_FAILING_SINCE, DB_ARGS(DB_INT(r->endpoint_id)));
    if (rc == ERR_NOT_FOUND) /* disabled already */
        return 0;
    if (rc || (!r->disable && (since_us == 0 || r->now_us - since_us < WEBHOOK_FAILING_MAX_S * US_PER_S)))
        return rc;
    if (r->disable)
        snprintf(reason, sizeof reason, "the receiver says that it is gone for good (%.200s)",
                 r->detail ? r->detail : "");
    else
        snprintf(reason, sizeof reason, "%s%.200s", WHY, r->detail ? r->detail : "");
    rc = webhook_state_disable(db, &actor, r->endpoint_id, reason, true);
    *disabled = rc == 0;
    return rc == ERR_BAD_STATE ? 0 : rc;
}

static int judge_endpoint(struct db *db, const struct webhook_result *r, bool *disabled)
{
    int64_t is_test = 0;
    if (r->outcome == WEBHOOK_DELIVERED)
        return db_exec(db, NULL, Q_WEBHOOK_LANE_SUCCEEDED, DB_ARGS(DB_INT(r->endpoint_id), DB_INT(r->now_us)));
    if (r->outcome == WEBHOOK_EXPIRED && r->http_status == 0 && !r->is_receiver_failing)
        return 0; /* it was not tried */
    int rc = db_get_int(db, &is_test, Q_WEBHOOK_IS_TEST, DB_ARGS(DB_INT(r->delivery_id)));
    if (rc)
        return rc;
    if (is_test && !r->disable)
        return db_exec(db, NULL, Q_WEBHOOK_LANE_TEST_FAILED,
                       DB_ARGS(DB_INT(r->endpoint_id), DB_INT(r->now_us), DB_TEXT(r->detail)));
    rc = db_exec(db, NULL, Q_WEBHOOK_LANE_FAILED,
                 DB_ARGS(DB_INT(r->endpoint_id), DB_INT(r->now_us), DB_INT(r->is_receiver_failing ? 1 : 0),
                         DB_TEXT(r->detail), DB_INT(r->pause_until_us)));
    return rc ? rc : check_patience(db, r, disabled);
}

int webhook_record(struct db *db, const struct webhook_result *result, bool *disabled)
{
    *disabled = false;
    if (result->outcome == WEBHOOK_GIVEN_BACK)
        return give_back(db, result);
    int rc = end_row(db, result);
    return rc ? rc : judge_endpoint(db, result, disabled);
}

/* --- start, clock, figures, forgetting ---------------------------------------------------------------------------- */

/* The lanes after their rows; nothing waits longer than any wait is long. */
static int settle_clock(struct db *db, int64_t delta_us, int64_t from_us, int64_t now_us)
{
    int64_t limit_us = now_us + WEBHOOK_WAIT_MAX_S * US_PER_S;
    int rc = db_exec(db, NULL, Q_WEBHOOK_PULL_BACK, DB_ARGS(DB_INT(now_us), DB_INT(limit_us)));
    return rc ? rc
              : db_exec(db, NULL, Q_WEBHOOK_LANE_SHIFT,
                        DB_ARGS(DB_INT(delta_us), DB_INT(from_us), DB_INT(now_us), DB_INT(limit_us)));
}

int webhook_recover(struct db *db, int64_t *n)
{
    int64_t now = db_now_us(db);
    int rc = db_exec(db, n, Q_WEBHOOK_RECOVER, DB_ARGS(DB_INT(now)));
    return rc ? rc : settle_clock(db, 0, now, now);
}

int webhook_doubt_queued(struct db *db)
{
    return db_exec(db, NULL, Q_WEBHOOK_DOUBT_QUEUED, DB_NO_ARGS);
}

int webhook_shift_due(struct db *db, int64_t delta_us, int64_t now_us)
{
    /* After a jump back also what is due already lies ahead of the clock. */
    int64_t from = delta_us < 0 ? now_us + delta_us : now_us;
    int rc = db_exec(db, NULL, Q_WEBHOOK_SHIFT, DB_ARGS(DB_INT(delta_us), DB_INT(from), DB_INT(now_us)));
    return rc ? rc : settle_clock(db, delta_us, from, now_us + delta_us);
}

int webhook_counts(struct db *db, struct webhook_counts *out)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        *out = (struct webhook_counts){.endpoints = db_int(rows, 0),
                                       .failing = db_int(rows, 1),
                                       .disabled = db_int(rows, 2),
                                       .pending = db_int(rows, 3),
                                       .dead = db_int(rows, 4)};
    db_done(rows);
    return rc < 0 ? rc : 0;
}

int webhook_forget(struct db *db, int64_t ended_before_us, int64_t dead_before_us, bool *more)
{
    int64_t rows = 0;
    int64_t events = 0;
    int rc = db_exec(db, &rows, Q_WEBHOOK_FORGET,
                     DB_ARGS(DB_INT(ended_before_us), DB_INT(dead_before_us), DB_INT(FORGET_CHUNK)));
    if (rc == 0)
        rc = db_exec(db, &events, Q_WEBHOOK_FORGET_EVENTS, DB_ARGS(DB_INT(ended_before_us), DB_INT(FORGET_CHUNK)));
    *more = rows == FORGET_CHUNK || events == FORGET_CHUNK;
    return rc;
}
