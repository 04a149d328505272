/* The outbox: queues, sending, life. The contract is in deliver/outbox.h; looks and records are in outbox_ledger.c,
 * sessions in outbox_relay.c. */
#include "deliver/outbox.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "deliver/outbox_private.h"

int64_t outbox_mono_ms(const struct outbox *o)
{
    return clock_mono_ms(o->env.clock);
}

/* --- queue ----------------------------------------------------------------------------------------------------- */

void outbox_push(struct outbox *o, const struct job *job)
{
    struct queue_ring *q = &o->queue[job->lane];
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

int outbox_queued(const struct outbox *o)
{
    int n = 0;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        n += o->queue[lane].count;
    return n;
}

void outbox_give_back(struct outbox *o, bool (*leave)(const struct outbox *o, int64_t delivery_id))
{
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        struct queue_ring *q = &o->queue[lane];
        for (int left = q->count; left > 0; left--) {
            struct job job = q->jobs[q->first];
            queue_drop(q);
            if (!leave || leave(o, job.delivery_id))
                outbox_record_untouched(o, job.delivery_id);
            else
                outbox_push(o, &job);
        }
    }
}

/* --- send ------------------------------------------------------------------------------------------------------ */

static void fail_job(struct outbox *o, const struct job *job, enum outcome_kind kind, const char *why)
{
    struct outcome outcome = {.kind = kind, .step = "render"};
    snprintf(outcome.text, sizeof outcome.text, "%s", why);
    outbox_record(o, NULL, job, &outcome, o->relay->name);
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
    struct slot *slot = relay_ready_slot(o);
    if (!slot || !relay_admits(o, lane))
        return false;
    queue_drop(&o->queue[lane]);
    start_job(slot, &job, mail);
    return true;
}

/* Nothing goes out between a wake-up and the look that follows, in case it was recalled; but where one wake-up chases
 * the other, sending goes on after OUTBOX_GATE_MS. */
static bool gate_is_open(struct outbox *o)
{
    int64_t now = outbox_mono_ms(o);
    bool is_asking = o->woken || (o->look.is_running && o->look.asked > 0);
    if (!is_asking || outbox_queued(o) == 0)
        o->gate_ms = 0;
    else if (o->gate_ms == 0)
        o->gate_ms = now;
    return o->gate_ms == 0 || now - o->gate_ms >= OUTBOX_GATE_MS;
}

static void set_timer(struct outbox *o);

void outbox_pump(struct outbox *o)
{
    if (o->is_stopping) {
        if (!o->is_cut_off && outbox_mono_ms(o) >= o->stop_by_ms) {
            o->is_cut_off = true;
            relay_quit_all(o, true);
        }
        outbox_check_stopped(o);
    } else {
        o->send_ms = 0;
        if (gate_is_open(o))
            for (int lane = 0; lane < LANE_COUNT; lane++)
                while (send_from(o, (enum lane)lane))
                    continue;
        relay_open_sessions(o);
        outbox_look(o);
    }
    if (o->timer_open)
        set_timer(o);
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static void on_timer(uv_timer_t *timer)
{
    outbox_pump(timer->data);
}

/* For the first of all that is waited for. */
static void set_timer(struct outbox *o)
{
    int64_t at = o->is_cut_off ? INT64_MAX : o->is_stopping ? o->stop_by_ms : o->look_ms;
    if (!o->is_stopping && relay_is_paused(o))
        at = o->paused_until_ms;
    else if (!o->is_stopping && o->send_ms > 0 && o->send_ms < at)
        at = o->send_ms;
    int64_t in = at - outbox_mono_ms(o);
    if (at == INT64_MAX || (at == o->look_ms && o->look.is_running))
        uv_timer_stop(&o->timer); /* what is under way wakes us */
    else
        uv_timer_start(&o->timer, on_timer, in > 0 ? (uint64_t)in : 0, 0);
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
    o->look_ms = outbox_mono_ms(o) + OUTBOX_LOOK_MS;
    relay_configure(o, config);
    return o;
}

void outbox_configure(struct outbox *o, const struct config *config)
{
    if (o->is_stopping)
        return;
    relay_configure(o, config);
    relay_quit_all(o, false);
    outbox_wake(o);
}

void outbox_wake(struct outbox *o)
{
    if (o->is_stopping)
        return;
    o->woken = true;
    outbox_pump(o);
}

void outbox_stop(struct outbox *o, int64_t deadline_ms, outbox_stopped_cb stopped, void *ctx)
{
    assert(!o->is_stopping);
    o->is_stopping = true;
    o->stopped = stopped;
    o->stopped_ctx = ctx;
    o->stop_by_ms = outbox_mono_ms(o) + deadline_ms;
    outbox_give_back(o, NULL);
    relay_quit_all(o, false);
    outbox_pump(o);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct outbox *o = handle->data;
    o->stopped(o->stopped_ctx);
}

void outbox_check_stopped(struct outbox *o)
{
    if (!o->is_stopping || !o->timer_open || o->recording > 0 || o->look.is_running || relay_open_count(o) > 0 ||
        form_cache_loading(o->forms) > 0)
        return;
    assert(outbox_queued(o) == 0);
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

const char *outbox_relay_state_word(enum outbox_relay_state state)
{
    static const char *const words[] = {[OUTBOX_RELAY_READY] = "ready",
                                        [OUTBOX_RELAY_PROBING] = "probing",
                                        [OUTBOX_RELAY_PAUSED] = "paused",
                                        [OUTBOX_RELAY_STANDBY] = "standby"};
    return words[state];
}

/* The one relay in use, as the first of the list. */
static void tell_relay(const struct outbox *o, struct outbox_status *s)
{
    s->relay_count = 1;
    s->relays[0] = (struct outbox_relay_status){.name = o->relay->name,
                                                .state = s->is_paused    ? OUTBOX_RELAY_PAUSED
                                                         : o->pauses > 0 ? OUTBOX_RELAY_PROBING
                                                                         : OUTBOX_RELAY_READY,
                                                .priority = o->relay->priority,
                                                .weight = 1,
                                                .connections = o->slot_count,
                                                .window = o->pauses > 0 ? 1 : o->slot_count,
                                                .sessions = s->sessions,
                                                .busy = s->busy,
                                                .retry_in_ms = s->retry_in_ms,
                                                .problem = s->problem,
                                                .sent = s->sent,
                                                .failed = s->failed,
                                                .retried = s->retried,
                                                .uncertain = s->uncertain,
                                                .connects = s->connects,
                                                .connect_failures = s->connect_failures};
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
    s.retry_in_ms = s.is_paused ? o->paused_until_ms - outbox_mono_ms(o) : 0;
    s.problem = o->problem;
    tell_relay(o, &s);
    return s;
}
