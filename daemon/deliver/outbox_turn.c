/* Turns at the ledger. The contract is in outbox_turn.h. */
#include "deliver/outbox_turn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "deliver/outbox_private.h"
#include "store/db.h"

/* --- on the store's writer ------------------------------------------------------------------------------------- */

/* A row that is not claimed any more has had its say; it does not undo the others. */
static int record_all(struct db *db, struct turn *t)
{
    int rc = 0;
    for (struct parcel *p = t->records.first; rc == 0 && p; p = p->next) {
        p->status =
            p->is_untouched ? ledger_give_back(db, p->job.delivery_id, p->due_us) : ledger_record(db, &p->result);
        rc = p->status == ERR_BAD_STATE ? 0 : p->status;
    }
    return rc;
}

static int claim(struct db *db, struct turn *t)
{
    struct claim c = {.now_us = t->now_us, .paused = t->paused, .paused_count = t->paused_count};
    memcpy(c.room, t->room, sizeof c.room);
    memcpy(c.after_message, t->after_message, sizeof c.after_message);
    int rc = ledger_claim(db, &c, t->jobs, &t->n);
    memcpy(t->after_message, c.after_message, sizeof c.after_message);
    return rc;
}

static int op_turn(struct db *db, struct store_req *req)
{
    struct turn *t = CONTAINER_OF(req, struct turn, req);
    t->n = 0;
    t->next_due_us = 0;
    int rc = record_all(db, t);
    if (rc == 0 && t->asks)
        rc = ledger_recalled(db, t->asked_id, t->asked, t->recalled);
    if (rc == 0 && t->asks)
        rc = ledger_is_on_hold(db, &t->is_on_hold);
    if (rc == 0 && t->finishes)
        rc = ledger_finish(db);
    if (rc >= 0 && t->claims)
        rc = claim(db, t);
    if (rc >= 0 && (t->asks || t->claims)) {
        rc = ledger_next_due(db, t->now_us, &t->next_due_us);
        rc = rc == ERR_NOT_FOUND ? 0 : rc;
    }
    return rc < 0 ? rc : 0;
}

/* --- a turn has ended ------------------------------------------------------------------------------------------ */

static void count(struct outbox *o, const struct parcel *p)
{
    struct outbox_relay_status unnamed = {0};
    struct relay *r = p->slot ? p->slot->relay : NULL;
    struct outbox_relay_status *c = r ? &r->counters : &unnamed;
    if (p->is_untouched || p->result.give_back) {
        o->counters.given_back++;
        return;
    }
    switch (p->result.state) {
    case DELIVERY_SENT:
        o->counters.sent++;
        c->sent++;
        rate_meter_add(&o->meters[p->job.lane], o->now_ms, 1);
        if (r)
            rate_meter_add(&r->meter, o->now_ms, 1);
        break;
    case DELIVERY_FAILED:
        o->counters.failed++;
        c->failed++;
        break;
    case DELIVERY_UNCERTAIN:
        o->counters.uncertain++;
        c->uncertain++;
        break;
    default:
        o->counters.retried++;
        c->retried++;
        break;
    }
}

/* The row is durable: its connection may go on, its message may be closed, its next try is looked for when due. */
static void recorded(struct outbox *o, struct parcel *p)
{
    if (p->status == ERR_BAD_STATE)
        log_error("outbox", "an outcome came for a delivery that was not in flight: it is not recorded");
    else
        count(o, p);
    if (!p->is_untouched && p->result.state != DELIVERY_PENDING && o->finish_ms == 0)
        o->finish_ms = o->now_ms + OUTBOX_FINISH_MS;
    if (p->mono_due_ms > 0 && p->mono_due_ms < o->look_ms)
        o->look_ms = p->mono_due_ms;
    if (p->slot)
        slot_recorded(p->slot);
    outbox_spare(o, p);
}

/* What was recalled goes back; what is on the wire by now, because a gate opened, gets there. */
static void take_answers(struct outbox *o, const struct turn *t)
{
    for (int i = 0; i < t->asked; i++) {
        struct parcel *p = t->asked_parcel[i];
        if (!t->recalled[i])
            continue;
        if (p->place == PARCEL_SENDING)
            slot_recall(p->slot, p);
        if (p->place != PARCEL_QUEUED)
            continue;
        outbox_unqueue(o, p);
        outbox_give_back(o, p, 0);
    }
}

static void take_jobs(struct outbox *o, const struct turn *t)
{
    int got[LANE_COUNT] = {0};
    for (int i = 0; i < t->n; i++) {
        got[t->jobs[i].lane]++;
        outbox_enqueue(o, &t->jobs[i]);
    }
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (t->claims && t->room[lane] > 0)
            o->more[lane] = got[lane] >= t->room[lane];
}

/* When to look again by ourselves: at the next due time, and often enough for a wall clock that jumps. Also after a
 * turn that only claimed: it may be the one that finds the rest of a letter due later. */
static void plan_look(struct outbox *o, const struct turn *t)
{
    int64_t wait = t->is_on_hold ? OUTBOX_HOLD_MS : OUTBOX_LOOK_MS;
    if (t->next_due_us > 0) {
        int64_t due = (t->next_due_us - clock_real_us(o->env.clock)) / 1000 + 1;
        wait = due < wait ? due : wait;
    }
    wait = wait > 0 ? wait : 0;
    if (t->asks || o->now_ms + wait < o->look_ms)
        o->look_ms = o->now_ms + wait;
}

static void turn_failed(struct outbox *o, struct turn *t)
{
    if (!o->is_failing)
        log_error("outbox", "the ledger does not answer error=%s; nothing is sent until it does, trying again",
                  err_name(t->req.status));
    parcel_list_append(&t->records, &o->done);
    o->done = t->records;
    t->records = (struct parcel_list){0};
    o->woken = o->woken || t->asks;
    o->is_failing = true;
    o->turn_again_ms = o->now_ms + OUTBOX_HOLD_MS;
}

static void turn_succeeded(struct outbox *o, struct turn *t)
{
    struct parcel *p;
    if (o->is_failing)
        log_notice("outbox", "the ledger answers again");
    o->is_failing = false;
    if (!o->woken)
        outbox_open_gate(o);
    else if (t->asks)
        o->gate_is_chained = true;
    if (t->finishes)
        o->finish_ms = 0;
    if (t->asks || t->claims)
        plan_look(o, t);
    if (t->asks)
        take_answers(o, t);
    while ((p = parcel_list_shift(&t->records)) != NULL)
        recorded(o, p);
    take_jobs(o, t);
    if (o->is_stopping || !outbox_has_relay(o))
        outbox_give_back_queue(o, 0, 0);
}

static void on_turned(struct store_req *req)
{
    struct turn *t = CONTAINER_OF(req, struct turn, req);
    struct outbox *o = t->o;
    t->is_running = false;
    o->now_ms = outbox_mono_ms(o);
    if (req->status != 0)
        turn_failed(o, t);
    else
        turn_succeeded(o, t);
    outbox_touch(o);
}

/* --- to begin one ---------------------------------------------------------------------------------------------- */

static void make_room_to_ask(struct turn *t, int n)
{
    if (n <= t->asked_room)
        return;
    t->asked_room = n < 2 * t->asked_room ? 2 * t->asked_room : n;
    n = t->asked_room;
    t->asked_id = xreallocarray(t->asked_id, (size_t)n, sizeof t->asked_id[0]);
    t->asked_parcel = xreallocarray(t->asked_parcel, (size_t)n, sizeof(struct parcel *));
    t->recalled = xreallocarray(t->recalled, (size_t)n, sizeof t->recalled[0]);
}

static void ask_about(struct turn *t, const struct parcel_list *list)
{
    make_room_to_ask(t, t->asked + list->count);
    for (struct parcel *p = list->first; p; p = p->next) {
        t->asked_id[t->asked] = p->job.delivery_id;
        t->asked_parcel[t->asked++] = p;
    }
}

/* All that is queued or in hand: also what is on the wire may come back. */
static void ask(struct outbox *o, struct turn *t)
{
    for (int lane = 0; lane < LANE_COUNT; lane++)
        ask_about(t, &o->queue[lane]);
    for (struct relay *r = o->all_relays; r; r = r->next)
        for (int i = 0; r->busy > 0 && i < RELAY_SLOTS_MAX; i++)
            for (int h = 0; r->slots[i] && h < SLOT_HANDS; h++)
                ask_about(t, &r->slots[i]->hands[h].parcels);
    o->woken = o->has_more = false;
}

/* Up to `ahead` of each lane, when half of that is gone: so claims stay few. *is_wanted: a lane that may have more has
 * a quarter left; then a turn is worth while for that alone. */
static bool measure_room(const struct outbox *o, struct turn *t, bool takes_all, bool *is_wanted)
{
    int total = 0;
    *is_wanted = false;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        int room = o->ahead[lane] - o->queue[lane].count;
        bool may = takes_all || (o->more[lane] && room * 2 >= o->ahead[lane]);
        t->room[lane] = may && room > 0 ? room : 0;
        total += t->room[lane];
        *is_wanted = *is_wanted || (o->more[lane] && room * 4 >= o->ahead[lane] * 3);
    }
    return total > 0;
}

static void make_room_for_jobs(const struct outbox *o, struct turn *t)
{
    int most = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        most += o->ahead[lane];
    if (t->jobs_room >= most)
        return;
    free(t->jobs);
    t->jobs = xmalloc((size_t)most * sizeof t->jobs[0]);
    t->jobs_room = most;
}

/* All that was claimed is recorded with this turn: its messages are closed at once. */
static bool is_last(const struct outbox *o)
{
    if (o->done.count == 0 || outbox_queued(o) > 0)
        return false;
    for (const struct relay *r = o->all_relays; r; r = r->next)
        if (r->busy > 0)
            return false;
    return true;
}

static void submit(struct outbox *o, struct turn *t)
{
    t->records = o->done;
    o->done = (struct parcel_list){0};
    t->is_running = true;
    t->o = o;
    t->now_us = clock_real_us(o->env.clock);
    t->req = (struct store_req){.op = op_turn, .done = on_turned};
    store_write(o->env.store, &t->req);
}

/* While the store fails, and when stopping, a turn only records. */
void outbox_turn(struct outbox *o)
{
    struct turn *t = &o->turn;
    if (t->is_running || (o->is_failing && (o->is_cut_off || o->now_ms < o->turn_again_ms)))
        return;
    bool may_claim = !o->is_failing && !o->is_stopping && outbox_has_relay(o);
    bool is_wanted = false;
    t->asks = may_claim && (o->woken || o->has_more || o->now_ms >= o->look_ms);
    t->claims = measure_room(o, t, t->asks, &is_wanted) && may_claim;
    t->finishes = !o->is_failing && (t->asks || is_last(o) || (o->finish_ms > 0 && o->now_ms >= o->finish_ms));
    t->asked = 0;
    if (o->done.count == 0 && !t->asks && !t->finishes && !(may_claim && is_wanted) && !o->is_failing)
        return;
    if (t->asks)
        ask(o, t);
    if (t->claims)
        make_room_for_jobs(o, t);
    t->paused_count = o->messages_ms > 0 ? message_pause_list(&o->messages, o->now_ms, t->paused) : 0;
    submit(o, t);
}

int64_t outbox_turn_ms(const struct outbox *o)
{
    if (o->turn.is_running)
        return INT64_MAX;
    if (o->is_failing)
        return o->turn_again_ms;
    int64_t at = outbox_has_relay(o) ? o->look_ms : INT64_MAX;
    return o->finish_ms > 0 && o->finish_ms < at ? o->finish_ms : at;
}

bool outbox_turns_ended(const struct outbox *o)
{
    return !o->turn.is_running && (o->done.count == 0 || (o->is_failing && o->is_cut_off));
}

void outbox_free_turn(struct outbox *o)
{
    free(o->turn.asked_id);
    free(o->turn.asked_parcel);
    free(o->turn.recalled);
    free(o->turn.jobs);
}
