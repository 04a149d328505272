/* The outbox: queues, claims and records. The contract is in deliver/outbox.h; sessions are in outbox_relay.c. */
#include "deliver/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "deliver/outbox_private.h"
#include "store/db.h"

static int64_t mono_ms(const struct outbox *o)
{
    return clock_mono_ms(o->env.clock);
}

/* --- queue ----------------------------------------------------------------------------------------------------- */

static void queue_push(struct queue_ring *q, const struct job *job)
{
    assert(q->count < OUTBOX_QUEUE_MAX);
    q->jobs[(q->first + q->count) % OUTBOX_QUEUE_MAX] = *job;
    q->count++;
}

static struct job *queue_head(struct queue_ring *q)
{
    return q->count > 0 ? &q->jobs[q->first] : NULL;
}

static void queue_drop(struct queue_ring *q)
{
    assert(q->count > 0);
    q->first = (q->first + 1) % OUTBOX_QUEUE_MAX;
    q->count--;
}

static int queued(const struct outbox *o)
{
    int n = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        n += o->queue[lane].count;
    return n;
}

/* --- record ---------------------------------------------------------------------------------------------------- */

static int op_record(struct db *db, struct store_req *req)
{
    return ledger_record(db, &CONTAINER_OF(req, struct record, req)->result);
}

static void count_result(struct outbox *o, const struct record *r)
{
    switch (r->result.state) {
    case DELIVERY_SENT:
        o->counters.sent++;
        break;
    case DELIVERY_FAILED:
        o->counters.failed++;
        break;
    case DELIVERY_UNCERTAIN:
        o->counters.uncertain++;
        break;
    default:
        if (r->result.give_back)
            o->counters.given_back++;
        else
            o->counters.retried++;
    }
}

/* The outcome could not be written (disk full): keep it and try until it can. Nothing more is sent on that slot. */
static void record_again(uv_timer_t *timer)
{
    struct record *r = timer->data;
    store_write(r->o->env.store, &r->req);
    uv_close((uv_handle_t *)timer, (uv_close_cb)free);
}

static void retry_record(struct record *r)
{
    uv_timer_t *timer = xmalloc(sizeof *timer);
    uv_timer_init(r->o->env.loop, timer);
    timer->data = r;
    uv_timer_start(timer, record_again, OUTBOX_PAUSE_FIRST_MS, 0);
}

static void on_recorded(struct store_req *req)
{
    struct record *r = CONTAINER_OF(req, struct record, req);
    struct outbox *o = r->o;
    if (req->status != 0 && req->status != ERR_BAD_STATE && req->status != ERR_CORRUPT) {
        log_error("outbox", "an outcome could not be recorded error=%s; trying again", err_name(req->status));
        retry_record(r);
        return;
    }
    if (req->status != 0)
        log_error("outbox", "a delivery was not in flight in the ledger error=%s", err_name(req->status));
    else
        count_result(o, r);
    o->recording--;
    o->unfinished = true;
    o->wanted = true;
    struct slot *slot = r->slot;
    free(r);
    if (slot) {
        assert(slot->state == SLOT_RECORDING);
        slot->state = slot->session ? SLOT_READY : SLOT_EMPTY;
        if (slot->session && !smtp_session_is_ready(slot->session))
            slot->state = SLOT_LEAVING;
    }
    outbox_pump(o);
}

static uint32_t noise(void)
{
    uint32_t n;
    random_bytes(&n, sizeof n);
    return n;
}

void outbox_record(struct outbox *o, struct slot *slot, const struct job *job, const struct outcome *outcome)
{
    struct record *r = xcalloc(1, sizeof *r);
    r->o = o;
    r->slot = slot;
    r->outcome = *outcome;
    snprintf(r->relay, sizeof r->relay, "%s", o->relay->name);
    r->result.relay = r->relay;
    delivery_policy_decide(&o->policy, job, &r->outcome, clock_real_us(o->env.clock), noise(), r->gave_up, &r->result);
    r->req = (struct store_req){.op = op_record, .done = on_recorded};
    if (slot)
        slot->state = SLOT_RECORDING;
    o->recording++;
    store_write(o->env.store, &r->req);
}

void outbox_give_back(struct outbox *o)
{
    static const struct outcome untouched = {
        .kind = OUTCOME_OUR_FAULT, .text = "given back before sending", .step = "queue"};
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        struct job *job;
        while ((job = queue_head(&o->queue[lane]))) {
            outbox_record(o, NULL, job, &untouched);
            queue_drop(&o->queue[lane]);
        }
    }
}

/* --- claim ----------------------------------------------------------------------------------------------------- */

static int op_claim(struct db *db, struct store_req *req)
{
    struct claim *c = CONTAINER_OF(req, struct claim, req);
    c->n = 0;
    c->next_due_us = 0;
    int rc = ledger_claim(db, c->now_us, c->room, c->jobs, &c->n);
    if (rc == 0 && c->finish) {
        int closed = ledger_finish(db);
        rc = closed < 0 ? closed : 0;
    }
    if (rc == 0 && c->n == 0) {
        rc = ledger_next_due(db, &c->next_due_us);
        if (rc == ERR_NOT_FOUND)
            rc = 0;
    }
    return rc;
}

/* Nothing was due: sleep until something is, at most OUTBOX_LOOK_MS, since the wall clock may jump. */
static void sleep_until_due(struct outbox *o)
{
    int64_t wait = OUTBOX_LOOK_MS;
    if (o->claim.next_due_us > 0) {
        int64_t ms = (o->claim.next_due_us - clock_real_us(o->env.clock)) / 1000;
        wait = ms < 1 ? 1000 : ms < OUTBOX_LOOK_MS ? ms + 1 : OUTBOX_LOOK_MS; /* due and not claimed: on hold */
    }
    outbox_set_timer(o, wait);
}

static void on_claimed(struct store_req *req)
{
    struct claim *c = CONTAINER_OF(req, struct claim, req);
    struct outbox *o = c->o;
    c->is_running = false;
    if (req->status != 0) {
        log_error("outbox", "nothing could be claimed error=%s", err_name(req->status));
        o->wanted = true;
        outbox_set_timer(o, OUTBOX_PAUSE_FIRST_MS);
        outbox_check_stopped(o);
        return;
    }
    if (c->finish)
        o->unfinished = false;
    for (int i = 0; i < c->n; i++)
        queue_push(&o->queue[c->jobs[i].lane], &c->jobs[i]);
    if (c->n == 0)
        sleep_until_due(o);
    else
        o->wanted = true;
    if (o->is_stopping || relay_is_paused(o))
        outbox_give_back(o);
    outbox_pump(o);
}

/* Ask for as many as each lane has room for: one ahead of every connection. */
static void claim_more(struct outbox *o)
{
    struct claim *c = &o->claim;
    int total = 0;
    if (c->is_running || !o->wanted || o->is_stopping || relay_is_paused(o))
        return;
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        c->room[lane] = o->slot_count - o->queue[lane].count;
        total += c->room[lane];
    }
    if (total <= 0 || c->room[LANE_LETTER] * 2 < o->slot_count)
        return; /* half a batch at least, so that claims stay few */
    c->is_running = true;
    c->o = o;
    c->now_us = clock_real_us(o->env.clock);
    c->finish = o->unfinished && queued(o) == 0;
    c->req = (struct store_req){.op = op_claim, .done = on_claimed};
    o->wanted = false;
    store_write(o->env.store, &c->req);
}

/* --- send ------------------------------------------------------------------------------------------------------ */

static struct slot *ready_slot(struct outbox *o)
{
    for (int i = 0; i < o->slot_count; i++)
        if (o->slots[i].state == SLOT_READY)
            return &o->slots[i];
    return NULL;
}

static void fail_job(struct outbox *o, const struct job *job, enum outcome_kind kind, const char *why)
{
    struct outcome outcome = {.kind = kind, .step = "render"};
    snprintf(outcome.text, sizeof outcome.text, "%s", why);
    outbox_record(o, NULL, job, &outcome);
}

/* Put the job on the slot, or record why it cannot be sent. */
static void start_job(struct slot *slot, const struct job *job, const struct letter_mail *mail)
{
    struct outbox *o = slot->o;
    struct err err = {{0}};
    bool smtputf8 = smtp_session_caps(slot->session)->smtputf8;
    slot->job = *job;
    int rc = letter_mail_fill(mail, o->env.sender, job, smtputf8, &slot->envelope, &slot->data, &err);
    if (rc) {
        fail_job(o, job, OUTCOME_FAILED, err_or(&err, rc));
        return;
    }
    slot->smtp = (struct smtp_job){.mail_from = slot->envelope.mail_from,
                                   .rcpt_to = slot->envelope.rcpt_to,
                                   .smtputf8 = slot->envelope.needs_smtputf8,
                                   .data = slot->data.data,
                                   .len = slot->data.len,
                                   .owner = slot};
    relay_send(slot);
}

/* Take the head of one lane as far as it goes: true when a job left the queue. */
static bool send_from(struct outbox *o, enum lane lane)
{
    const struct letter_mail *mail = NULL;
    const char *why = "";
    struct job *head = queue_head(&o->queue[lane]);
    if (!head)
        return false;
    enum form_state form = form_cache_get(o->forms, head->message_id, head->municipality_code, &mail, &why);
    if (form == FORM_LOADING)
        return false;
    struct job job = *head;
    if (form != FORM_READY) {
        queue_drop(&o->queue[lane]);
        fail_job(o, &job, form == FORM_BROKEN ? OUTCOME_FAILED : OUTCOME_RETRY, why);
        return true;
    }
    struct slot *slot = ready_slot(o);
    if (!slot || !relay_admits(o, lane))
        return false;
    queue_drop(&o->queue[lane]);
    start_job(slot, &job, mail);
    return true;
}

void outbox_pump(struct outbox *o)
{
    if (o->is_stopping) {
        outbox_check_stopped(o);
        return;
    }
    for (int lane = 0; lane < LANE_COUNT; lane++)
        while (send_from(o, (enum lane)lane))
            continue;
    if (!relay_is_paused(o))
        relay_open_sessions(o, queued(o));
    claim_more(o);
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer)
{
    struct outbox *o = timer->data;
    if (o->is_stopping && mono_ms(o) >= o->stop_by_ms) {
        relay_quit_all(o, true);
        o->stop_by_ms = INT64_MAX;
    }
    o->wanted = true;
    outbox_pump(o);
    if (!o->is_stopping && !o->claim.is_running)
        outbox_set_timer(o, relay_is_paused(o) ? o->paused_until_ms - mono_ms(o) : OUTBOX_LOOK_MS);
}

void outbox_set_timer(struct outbox *o, int64_t in_ms)
{
    uv_timer_start(&o->timer, on_timer, in_ms > 0 ? (uint64_t)in_ms : 0, 0);
}

static void on_form_ready(void *ctx)
{
    outbox_pump(ctx);
}

struct outbox *outbox_new(const struct outbox_env *env, const struct config *config)
{
    struct outbox *o = xcalloc(1, sizeof *o);
    o->env = *env;
    o->forms = form_cache_new(env->store, env->sender, on_form_ready, o);
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++) {
        o->slots[i].o = o;
        buf_init(&o->slots[i].data, OUTBOX_MAIL_BYTES);
    }
    uv_timer_init(env->loop, &o->timer);
    o->timer.data = o;
    o->timer_open = true;
    relay_configure(o, config);
    return o;
}

void outbox_configure(struct outbox *o, const struct config *config)
{
    relay_configure(o, config);
    relay_quit_all(o, false);
    outbox_wake(o);
}

void outbox_wake(struct outbox *o)
{
    if (o->is_stopping)
        return;
    o->wanted = true;
    outbox_pump(o);
    if (relay_is_paused(o))
        outbox_set_timer(o, o->paused_until_ms - mono_ms(o));
}

void outbox_stop(struct outbox *o, int64_t deadline_ms, outbox_stopped_cb stopped, void *ctx)
{
    assert(!o->is_stopping);
    o->is_stopping = true;
    o->stopped = stopped;
    o->stopped_ctx = ctx;
    o->stop_by_ms = mono_ms(o) + deadline_ms;
    outbox_give_back(o);
    relay_quit_all(o, false);
    outbox_set_timer(o, deadline_ms);
    outbox_check_stopped(o);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct outbox *o = handle->data;
    o->stopped(o->stopped_ctx);
}

void outbox_check_stopped(struct outbox *o)
{
    if (!o->is_stopping || !o->timer_open || o->recording > 0 || o->claim.is_running || relay_open_count(o) > 0 ||
        form_cache_loading(o->forms) > 0)
        return;
    o->timer_open = false;
    uv_close((uv_handle_t *)&o->timer, on_timer_closed);
}

void outbox_free(struct outbox *o)
{
    if (!o)
        return;
    assert(!o->timer_open);
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++)
        buf_fini(&o->slots[i].data);
    form_cache_free(o->forms);
    free(o);
}

struct outbox_status outbox_status(const struct outbox *o)
{
    struct outbox_status s = o->counters;
    s.relay = o->relay->name;
    s.sessions = relay_open_count(o);
    s.busy = 0;
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++)
        s.busy += o->slots[i].state == SLOT_SENDING;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        s.queued[lane] = o->queue[lane].count;
    s.is_paused = relay_is_paused(o);
    s.retry_in_ms = s.is_paused ? o->paused_until_ms - mono_ms(o) : 0;
    s.problem = o->problem;
    return s;
}
