/* The scheduler; the contract is in core/scheduler.h. */
#include "core/scheduler.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/clock_trust.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/area.h"
#include "core/config.h"
#include "core/ledger.h"
#include "core/ledger_alert.h"
#include "core/letter.h"
#include "core/meeting.h"
#include "core/reminder.h"
#include "core/webhook.h"
#include "core/webhook_queue.h"
#include "store/db.h"
#include "store/store.h"

enum { REMINDER_EVERY_S = 60, IDEMPOTENCY_DAYS = 7, DAY_S = 86400 };
/* How long webhook deliveries are kept after their end. */
enum { WEBHOOK_KEPT_DAYS = 30, WEBHOOK_DEAD_KEPT_DAYS = 90 };

struct scheduler {
    struct scheduler_env env;
    struct store_req req;
    const struct config *config; /* of the look that runs */
    bool is_running, is_stopping, again;
    int64_t now_us;
    struct clock_watch watch;
    int64_t jumped_us; /* the wall clock has, and the ledger has not followed yet */
    bool was_shifted;  /* by this look */
    bool doubts_clock; /* it has jumped ahead, and alerts do not end by it */
    /* What the look found. */
    bool more, worked;
    bool is_closers_turn; /* with one of the two long walks through rows */
    struct err err;
    const char *step;
    int64_t reminded_s;              /* wall clock at which the last round of reminders began */
    int64_t remind_cursor;           /* in the round; 0: it has ended */
    char scopes_of[AREA_DATE_BYTES]; /* the local date that scopes were worked out for */
    bool forgets_webhooks;           /* old deliveries are left to throw away */
};

/* Once a local day, and at start: areas valid from today, series that follow them, old answers thrown away: old by the
 * clock as far as it is proven, for they are gone for good. */
static int housekeeping(struct scheduler *s, struct db *db)
{
    char today[AREA_DATE_BYTES];
    int64_t proven_us = db_proven_us(db);
    time_local_date(s->now_us, today);
    if (strcmp(today, s->scopes_of) == 0)
        return 0;
    int rc = area_refresh_scopes(db, today);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SERIES_TARGET_CLEAR_AREAS, DB_NO_ARGS);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SERIES_TARGET_FILL_AREAS, DB_NO_ARGS);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_IDEMPOTENCY_CLEAR,
                     DB_ARGS(DB_INT(proven_us - (int64_t)IDEMPOTENCY_DAYS * DAY_S * US_PER_S)));
    if (rc == 0)
        rc = webhook_refresh(db);
    if (rc == 0)
        rc = meeting_forget(db, proven_us);
    if (rc == 0)
        memcpy(s->scopes_of, today, sizeof today);
    s->forgets_webhooks = s->forgets_webhooks || rc == 0;
    return rc;
}

static int forget_webhooks(struct scheduler *s, struct db *db)
{
    int64_t proven_us = db_proven_us(db);
    if (!s->forgets_webhooks)
        return 0;
    int rc = webhook_forget(db, proven_us - (int64_t)WEBHOOK_KEPT_DAYS * DAY_S * US_PER_S,
                            proven_us - (int64_t)WEBHOOK_DEAD_KEPT_DAYS * DAY_S * US_PER_S, &s->forgets_webhooks);
    s->more = s->more || s->forgets_webhooks;
    return rc;
}

static int64_t late_max_us(const struct scheduler *s)
{
    return (int64_t)s->config->letter.late_send_max_days * DAY_S * US_PER_S;
}

static int open_due(struct scheduler *s, struct db *db)
{
    int64_t id = 0;
    int rc = letter_next_due(db, s->now_us, &id);
    if (rc == ERR_NOT_FOUND)
        return 0;
    s->more = s->worked = true;
    if (rc == 0)
        rc = letter_open(db, id, s->now_us, late_max_us(s), &s->err);
    s->err.text[0] = rc ? s->err.text[0] : '\0'; /* a letter that was held says why itself */
    return rc;
}

static void tell_trust(struct scheduler *s, int64_t ahead_us)
{
    bool doubts = ahead_us > CLOCK_JUMP_MIN_US;
    if (doubts && !s->doubts_clock)
        log_warn("scheduler",
                 "the wall clock has jumped ahead by_s=%lld and has no proof of it: alerts stay open until it has "
                 "stood for s=%d; see to the clock",
                 (long long)(ahead_us / US_PER_S), CLOCK_TRUST_S);
    else if (!doubts && s->doubts_clock)
        log_notice("scheduler", "the wall clock is believed: alerts end by it again");
    s->doubts_clock = doubts;
}

/* Alerts and messages whose time is over, by the clock as far as it is proven: what ends here has ended for good.
 * Nothing of them is claimed from here on. */
static int expire(struct scheduler *s, struct db *db)
{
    int n = 0;
    int64_t proven_us = db_proven_us(db);
    tell_trust(s, db_now_us(db) - proven_us);
    int rc = alert_expire_due(db, s->config, proven_us, &n);
    if (n >= ALERT_EXPIRE_MAX)
        s->more = true;
    if (rc == 0)
        rc = ledger_expire(db, proven_us, &n);
    if (n >= LEDGER_EXPIRE_MAX)
        s->more = true;
    return rc;
}

/* What was on the wire when an update or a recall passed by has been decided. Who follows does so now: the outbox has
 * gone to rest, as there was nothing left to claim. */
static int follow_decided(struct scheduler *s, struct db *db)
{
    int n = 0;
    int rc = ledger_follow_decided(db, &n);
    if (n > 0)
        s->worked = true;
    if (n >= LEDGER_FOLLOW_MAX)
        s->more = true;
    return rc;
}

/* One stretch of 10 ms: audiences become rows, or the rows of closed messages are moved; in turns when there is both to
 * do, so that neither waits for the other and the writer for no more than one. */
static int walk(struct scheduler *s, struct db *db)
{
    bool more = false;
    int rc = 0;
    s->is_closers_turn = !s->is_closers_turn;
    if (s->is_closers_turn)
        rc = ledger_close_step(db, &more);
    if (rc == 0 && !more) {
        rc = ledger_expand(db, s->config->limits.expand_chunk, &more);
        if (rc == 0 && more)
            s->worked = true;
    }
    if (rc == 0 && !more && !s->is_closers_turn)
        rc = ledger_close_step(db, &more);
    if (rc == 0 && more)
        s->more = true;
    return rc;
}

/* Closes what has ended: also a message without a single recipient, and what ended when the process did. */
static int finish(struct scheduler *s, struct db *db)
{
    int n = ledger_finish(db);
    if (n >= LEDGER_FINISH_MAX)
        s->more = true;
    return n < 0 ? n : 0;
}

/* The wall clock has jumped. What waits for another try waits for a stretch of time, not for an hour of the day, so it
 * moves along; letters are due by the calendar and do not. A letter that was held while the clock was ahead may be in
 * time after all. */
static int follow_clock(struct scheduler *s, struct db *db)
{
    int64_t moved = 0;
    int released = 0;
    if (s->jumped_us == 0)
        return 0;
    int rc = ledger_shift_due(db, s->jumped_us, s->now_us - s->jumped_us, &moved);
    if (rc == 0)
        rc = webhook_shift_due(db, s->jumped_us, s->now_us - s->jumped_us);
    if (rc == 0 && s->jumped_us < 0)
        rc = letter_release_late(db, s->now_us - late_max_us(s), &released);
    if (rc)
        return rc;
    log_notice("scheduler", "the wall clock has jumped by_s=%lld: deliveries that wait moved=%lld, letters released=%d",
               (long long)(s->jumped_us / US_PER_S), (long long)moved, released);
    s->was_shifted = s->worked = true;
    return 0;
}

/* After a clock that was ahead has been set right, no delivery waits for the time that it showed. */
static int pull_back(struct scheduler *s, struct db *db)
{
    int64_t longest_us = 2 * s->config->letter.retry_max_s * US_PER_S;
    int64_t n = 0;
    int rc = ledger_pull_back(db, s->now_us, s->now_us + longest_us, &n);
    if (n > 0) {
        log_notice("scheduler", "deliveries due in a future that no wait explains count=%lld: due now", (long long)n);
        s->worked = true;
    }
    return rc;
}

static int remind(struct scheduler *s, struct db *db)
{
    int sent = 0;
    int64_t now_s = s->now_us / US_PER_S;
    if (s->remind_cursor == 0) {
        /* Also when the clock was set back: the last round then lies ahead. */
        if (now_s >= s->reminded_s && now_s - s->reminded_s < REMINDER_EVERY_S)
            return 0;
        s->reminded_s = now_s;
    }
    int rc = reminder_run(db, s->config, s->now_us, &s->remind_cursor, &sent, &s->err);
    if (rc)
        s->reminded_s = 0; /* soon again */
    if (rc == 0 && s->err.text[0])
        log_error("scheduler", "a series cannot be looked at text=%s", s->err.text);
    if (sent > 0)
        s->worked = true;
    return rc;
}

static int op_look(struct db *db, struct store_req *req)
{
    struct scheduler *s = CONTAINER_OF(req, struct scheduler, req);
    static const struct {
        const char *name;
        int (*run)(struct scheduler *s, struct db *db);
    } steps[] = {{"follow clock", follow_clock},
                 {"housekeeping", housekeeping},
                 {"forget webhooks", forget_webhooks},
                 {"open", open_due},
                 {"expire", expire},
                 {"follow", follow_decided},
                 {"walk", walk},
                 {"finish", finish},
                 {"pull back", pull_back},
                 {"remind", remind}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(steps); i++) {
        s->step = steps[i].name;
        rc = steps[i].run(s, db);
    }
    return rc;
}

static void look(struct scheduler *s);

static void on_looked(struct store_req *req)
{
    struct scheduler *s = CONTAINER_OF(req, struct scheduler, req);
    s->is_running = false;
    if (req->status) {
        log_error("scheduler", "step=%s failed error=%s text=%s", s->step, err_name(req->status),
                  err_or(&s->err, req->status));
        s->scopes_of[0] = '\0'; /* undone with the rest */
        return;                 /* the next tick tries again */
    }
    if (s->was_shifted)
        s->jumped_us = 0;
    if (s->worked)
        s->env.on_work(s->env.ctx);
    if ((s->more || s->again) && !s->is_stopping)
        look(s);
}

static void look(struct scheduler *s)
{
    s->is_running = true;
    s->again = s->more = s->worked = s->was_shifted = false;
    s->err.text[0] = '\0';
    s->jumped_us += clock_watch_look(&s->watch, s->env.clock, &s->now_us);
    s->config = s->env.config(s->env.ctx);
    s->req = (struct store_req){.op = op_look, .done = on_looked};
    store_write_later(s->env.store, &s->req);
}

struct scheduler *scheduler_new(const struct scheduler_env *env)
{
    struct scheduler *s = xcalloc(1, sizeof *s);
    s->env = *env;
    return s;
}

void scheduler_tick(struct scheduler *s)
{
    if (s->is_stopping)
        return;
    if (s->is_running)
        s->again = true;
    else
        look(s);
}

bool scheduler_stop(struct scheduler *s)
{
    s->is_stopping = true;
    return !s->is_running;
}

void scheduler_free(struct scheduler *s)
{
    assert(!s || !s->is_running);
    free(s);
}
