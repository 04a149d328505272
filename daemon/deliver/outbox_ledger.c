/*
 * The outbox and the ledger: looks (what was recalled, what is due, what has ended) and records. The contract is in
 * deliver/outbox.h.
 *
 * A look runs on the store's writer, so it sees every write that was done before it. After a wake-up nothing that was
 * queued before is sent until a look has said that it was not recalled: what is cancelled stays here.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "deliver/outbox_private.h"
#include "store/db.h"

/* --- look ------------------------------------------------------------------------------------------------------ */

static int op_look(struct db *db, struct store_req *req)
{
    struct look *l = CONTAINER_OF(req, struct look, req);
    l->n = 0;
    l->next_due_us = 0;
    int rc = ledger_recalled(db, l->asked_id, l->asked, l->recalled);
    if (rc == 0)
        rc = ledger_is_on_hold(db, &l->is_on_hold);
    if (rc == 0)
        rc = ledger_finish(db);
    if (rc >= 0)
        rc = ledger_claim(db, l->now_us, l->room, l->jobs, &l->n);
    if (rc == 0) {
        rc = ledger_next_due(db, l->now_us, &l->next_due_us);
        if (rc == ERR_NOT_FOUND)
            rc = 0;
    }
    return rc;
}

static bool was_recalled(const struct outbox *o, int64_t delivery_id)
{
    const struct look *l = &o->look;
    for (int i = 0; i < l->asked; i++)
        if (l->asked_id[i] == delivery_id)
            return l->recalled[i];
    return false;
}

/* When to look again by ourselves: at the next due time, and often enough for a wall clock that jumps. */
static int64_t next_look_in_ms(const struct outbox *o)
{
    const struct look *l = &o->look;
    int64_t wait = l->is_on_hold ? OUTBOX_HOLD_MS : OUTBOX_LOOK_MS;
    if (l->next_due_us > 0) {
        int64_t due = (l->next_due_us - clock_real_us(o->env.clock)) / 1000 + 1;
        wait = due < wait ? due : wait;
    }
    return wait > 0 ? wait : 0;
}

static void on_looked(struct store_req *req)
{
    struct look *l = CONTAINER_OF(req, struct look, req);
    struct outbox *o = l->o;
    int64_t now_ms = outbox_mono_ms(o);
    l->is_running = false;
    if (req->status != 0) {
        log_error("outbox", "the ledger could not be asked error=%s; trying again", err_name(req->status));
        o->look_ms = now_ms + OUTBOX_HOLD_MS;
        outbox_pump(o);
        return;
    }
    outbox_give_back(o, was_recalled);
    int got[LANE_COUNT] = {0};
    for (int i = 0; i < l->n; i++) {
        got[l->jobs[i].lane]++;
        outbox_push(o, &l->jobs[i]);
    }
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (l->room[lane] > 0)
            o->more[lane] = got[lane] >= l->room[lane];
    int64_t wait = next_look_in_ms(o);
    if (!relay_is_paused(o))
        o->look_ms = now_ms + wait;
    if (o->is_stopping || relay_is_paused(o))
        outbox_give_back(o, NULL);
    outbox_pump(o);
}

/* One ahead of every connection. True when a lane that may have more has room for half of that: so claims stay few. */
static bool needs_more(struct outbox *o)
{
    bool needs = false;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        int room = o->slot_count - o->queue[lane].count;
        o->look.room[lane] = room > 0 ? room : 0;
        needs = needs || (o->more[lane] && room * 2 >= o->slot_count);
    }
    return needs;
}

void outbox_look(struct outbox *o)
{
    struct look *l = &o->look;
    if (l->is_running || o->is_stopping || relay_is_paused(o))
        return;
    bool is_due = o->woken || outbox_mono_ms(o) >= o->look_ms;
    if (!needs_more(o) && !is_due)
        return;
    l->asked = 0;
    for (int lane = 0; is_due && lane < LANE_COUNT; lane++)
        for (int i = 0; i < o->queue[lane].count; i++)
            l->asked_id[l->asked++] = o->queue[lane].jobs[(o->queue[lane].first + i) % OUTBOX_QUEUE_MAX].delivery_id;
    l->is_running = true;
    l->o = o;
    l->now_us = clock_real_us(o->env.clock);
    l->req = (struct store_req){.op = op_look, .done = on_looked};
    o->woken = false;
    store_write(o->env.store, &l->req);
}

/* --- record ---------------------------------------------------------------------------------------------------- */

static int op_record(struct db *db, struct store_req *req)
{
    struct record *r = CONTAINER_OF(req, struct record, req);
    return r->is_untouched ? ledger_give_back(db, r->result.delivery_id) : ledger_record(db, &r->result);
}

static void count_result(struct outbox *o, const struct record *r)
{
    if (r->is_untouched || r->result.give_back)
        o->counters.given_back++;
    else if (r->result.state == DELIVERY_SENT)
        o->counters.sent++;
    else if (r->result.state == DELIVERY_FAILED)
        o->counters.failed++;
    else if (r->result.state == DELIVERY_UNCERTAIN)
        o->counters.uncertain++;
    else
        o->counters.retried++;
}

static void record_again(uv_timer_t *timer)
{
    struct record *r = timer->data;
    store_write(r->o->env.store, &r->req);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

/* The outcome could not be written (disk full): keep it and try until it can. Nothing more is sent on that slot. When
 * there is no time left the row stays claimed, as after a crash: the next start makes it pending again. */
static bool try_again(struct record *r)
{
    struct outbox *o = r->o;
    int status = r->req.status;
    if (status == 0 || status == ERR_BAD_STATE)
        return false;
    log_error("outbox", "an outcome could not be recorded error=%s; %s", err_name(status),
              o->is_cut_off ? "the delivery is tried again after the next start" : "trying again");
    if (o->is_cut_off)
        return false;
    uv_timer_t *timer = xmalloc(sizeof *timer);
    uv_timer_init(o->env.loop, timer);
    timer->data = r;
    uv_timer_start(timer, record_again, OUTBOX_PAUSE_FIRST_MS, 0);
    return true;
}

static void release_slot(struct slot *slot)
{
    assert(slot->state == SLOT_RECORDING);
    if (!slot->session)
        slot->state = SLOT_EMPTY;
    else
        slot->state = smtp_session_is_ready(slot->session) ? SLOT_READY : SLOT_LEAVING;
}

/* A row that waits for another try is looked for when it is due, a row given back with the next look. */
static void expect(struct outbox *o, const struct record *r)
{
    if (r->is_untouched || r->result.state != DELIVERY_PENDING)
        return;
    int64_t due = outbox_mono_ms(o) + (r->result.due_us - r->result.now_us) / 1000 + 1;
    if (due < o->look_ms && !relay_is_paused(o))
        o->look_ms = due;
}

static void on_recorded(struct store_req *req)
{
    struct record *r = CONTAINER_OF(req, struct record, req);
    struct outbox *o = r->o;
    if (try_again(r))
        return;
    if (req->status == ERR_BAD_STATE)
        log_error("outbox", "an outcome came for a delivery that was not in flight: it is not recorded");
    else if (req->status == 0)
        count_result(o, r);
    o->recording--;
    expect(o, r);
    if (r->slot)
        release_slot(r->slot);
    free(r);
    /* The last of it all: what has ended is closed now, not at the next look. */
    if (o->recording == 0 && outbox_queued(o) == 0)
        o->woken = true;
    outbox_pump(o);
}

static void submit(struct outbox *o, struct record *r)
{
    r->o = o;
    r->req = (struct store_req){.op = op_record, .done = on_recorded};
    o->recording++;
    store_write(o->env.store, &r->req);
}

void outbox_record(struct outbox *o, struct slot *slot, const struct job *job, const struct outcome *outcome,
                   const char *relay)
{
    struct record *r = xcalloc(1, sizeof *r);
    uint32_t noise;
    random_bytes(&noise, sizeof noise);
    r->slot = slot;
    r->outcome = *outcome;
    snprintf(r->relay, sizeof r->relay, "%s", relay);
    r->result.relay = r->relay;
    delivery_policy_decide(&o->policy, job, &r->outcome, clock_real_us(o->env.clock), noise, r->gave_up, &r->result);
    if (slot)
        slot->state = SLOT_RECORDING;
    submit(o, r);
}

void outbox_record_untouched(struct outbox *o, int64_t delivery_id)
{
    struct record *r = xcalloc(1, sizeof *r);
    r->is_untouched = true;
    r->result.delivery_id = delivery_id;
    submit(o, r);
}
