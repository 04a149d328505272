/*
 * The dispatcher and the queue: turns. The contract is in webhooks_private.h.
 *
 * One request to the store at a time records all results that came since the last one and claims as much as there is
 * room for. A turn costs a commit, so while enough is claimed to go on with, results wait for each other, though not
 * for long: under load a turn carries hundreds, when idle one, at once. A turn that fails is kept whole and tried again
 * each second, and nothing is claimed until it succeeds. The second time each result is a step of its own, and one that
 * the store refuses for what it is (a constraint) is set aside: its delivery stays claimed until the next start.
 */
#include "deliver/webhooks_private.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "store/db.h"

enum {
    LOOK_MS = 10000, /* at the latest: for a wall clock that jumps */
    LOOK_MS_MIN = 10,
    AGAIN_MS = 1000,     /* after a turn that failed, and while sending is on hold */
    COUNTS_MS = 2000,    /* how old the figures of the queue may be while there is work */
    TOGETHER_ROWS = 256, /* a quarter of what may be in flight: the rest keeps the loop busy meanwhile */
    TOGETHER_MS = 20,
};

void webhook_records_free(struct webhook_record *r)
{
    while (r) {
        struct webhook_record *next = r->next;
        webhook_job_free(r->job);
        free(r->transcript);
        free(r);
        r = next;
    }
}

/* --- turns: on the store's writer -------------------------------------------------------------------------------- */

/* The store will never take this value, whatever else it takes. */
static bool is_refusal(int rc)
{
    return rc == ERR_INVALID || rc == ERR_EXISTS || rc == ERR_TOO_LARGE;
}

static int record_apart(struct db *db, struct webhook_record *r)
{
    int rc = db_step_begin(db);
    if (rc)
        return rc;
    r->status = webhook_record(db, &r->result, &r->disabled);
    if (r->status == 0 || r->status == ERR_BAD_STATE)
        return db_step_keep(db);
    rc = db_step_undo(db);
    r->disabled = false;
    return is_refusal(r->status) ? rc : r->status;
}

/* A row that is not claimed any more has had its say; it does not undo the others. */
static int record_all(struct db *db, struct webhooks_turn *t)
{
    int rc = 0;
    for (struct webhook_record *r = t->records; rc == 0 && r; r = r->next) {
        if (t->is_again) {
            rc = record_apart(db, r);
            continue;
        }
        r->status = webhook_record(db, &r->result, &r->disabled);
        rc = r->status == ERR_BAD_STATE ? 0 : r->status;
    }
    return rc;
}

static int claim(struct db *db, struct webhooks_turn *t)
{
    int rc = ledger_is_on_hold(db, &t->is_on_hold);
    if (rc == 0 && !t->is_on_hold)
        rc = webhook_claim(db, t->config, &t->claim, t->jobs, &t->n, &t->more);
    if (rc < 0)
        return rc;
    rc = webhook_next_due(db, t->claim.now_us, &t->next_due_us);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static void free_jobs(struct webhooks_turn *t)
{
    while (t->n > 0)
        webhook_job_free(t->jobs[--t->n]);
}

static void free_done_jobs(struct webhooks_turn *t)
{
    for (struct webhook_record *r = t->records; r; r = r->next) {
        webhook_job_free(r->job);
        r->job = NULL;
    }
}

static int op_turn(struct db *db, struct store_req *req)
{
    struct webhooks_turn *t = CONTAINER_OF(req, struct webhooks_turn, req);
    t->n = 0;
    t->more = t->is_on_hold = false;
    t->next_due_us = 0;
    free_done_jobs(t);
    int rc = record_all(db, t);
    if (rc == 0 && t->claims)
        rc = claim(db, t);
    if (rc == 0 && t->counts)
        rc = webhook_counts(db, &t->queue);
    return rc;
}

/* --- turns: on the loop ------------------------------------------------------------------------------------------ */

static void tell(const struct webhook_record *r)
{
    char delivery[ID_TEXT_BYTES], endpoint[ID_TEXT_BYTES];
    const struct webhook_result *result = &r->result;
    id_format(ID_DELIVERY, result->delivery_id, delivery);
    id_format(ID_WEBHOOK, result->endpoint_id, endpoint);
    if (is_refusal(r->status))
        log_error("webhooks",
                  "the store refuses an outcome; its delivery stays in flight until the next start, and is then "
                  "tried again delivery=%s webhook=%s outcome=%s error=%s",
                  delivery, endpoint, webhook_outcome_word(result->outcome), err_name(r->status));
    else if (r->status == ERR_BAD_STATE)
        log_notice("webhooks", "an outcome came for a delivery that is not in flight any more delivery=%s webhook=%s",
                   delivery, endpoint);
    else if (r->disabled)
        log_warn("webhooks", "endpoint disabled webhook=%s status=%d", endpoint, result->http_status);
    else if (result->outcome != WEBHOOK_DELIVERED)
        log_info("webhooks", "not delivered delivery=%s webhook=%s outcome=%s status=%d", delivery, endpoint,
                 webhook_outcome_word(result->outcome), result->http_status);
}

/* Durable: counted, and another try is looked for when it is due. */
static void recorded(struct webhooks *w, const struct webhook_record *r)
{
    tell(r);
    if (r->status)
        return;
    w->status.outcomes[r->result.outcome]++;
    w->status.disabled += r->disabled;
    if (r->result.outcome == WEBHOOK_DELIVERED)
        rate_meter_add(&w->meter, webhooks_mono_ms(w), 1);
}

static void turn_failed(struct webhooks *w, struct webhooks_turn *t)
{
    struct webhook_record **end = &t->records;
    if (!w->is_failing)
        log_error("webhooks", "the store does not answer error=%s; nothing is sent until it does, trying again",
                  err_name(t->req.status));
    free_jobs(t); /* their claims are undone with the turn */
    while (*end)
        end = &(*end)->next;
    *end = w->done;
    if (!w->done)
        w->done_end = end;
    w->done = t->records;
    if (!w->done)
        w->done_end = &w->done;
    t->records = NULL;
    w->woken = w->woken || t->claims;
    bool is_first_refusal = !w->is_failing && is_refusal(t->req.status);
    w->is_failing = true;
    w->again_ms = webhooks_mono_ms(w) + (is_first_refusal ? 0 : AGAIN_MS);
}

static void plan_look(struct webhooks *w, const struct webhooks_turn *t)
{
    int64_t wait_ms = t->is_on_hold ? AGAIN_MS : LOOK_MS;
    if (!t->is_on_hold && t->next_due_us > 0) {
        int64_t due_ms = (t->next_due_us - clock_real_us(w->env.clock)) / 1000 + 1;
        wait_ms = due_ms < wait_ms ? due_ms : wait_ms;
    }
    w->look_ms = webhooks_mono_ms(w) + (wait_ms > LOOK_MS_MIN ? wait_ms : LOOK_MS_MIN);
}

static void turn_succeeded(struct webhooks *w, struct webhooks_turn *t)
{
    struct webhook_record *records = t->records;
    t->records = NULL;
    if (w->is_failing)
        log_notice("webhooks", "the store answers again");
    w->is_failing = false;
    for (const struct webhook_record *r = records; r; r = r->next)
        recorded(w, r);
    webhook_records_free(records);
    if (t->counts)
        w->status.counts = t->queue;
    if (t->claims) {
        w->after_endpoint = t->claim.after_endpoint;
        plan_look(w, t);
    }
    if (t->is_on_hold)
        webhooks_give_back_waiting(w);
    if (t->more && t->n == 0 && t->claim.room > 0)
        w->woken = true; /* all that it looked at rests or was dropped: no result will bring it here again */
    for (int i = 0; i < t->n; i++)
        webhooks_enqueue(w, t->jobs[i]);
    t->n = 0;
}

static void on_turned(struct store_req *req)
{
    struct webhooks_turn *t = CONTAINER_OF(req, struct webhooks_turn, req);
    struct webhooks *w = t->w;
    t->is_running = false;
    if (req->status != 0)
        turn_failed(w, t);
    else
        turn_succeeded(w, t);
    webhooks_touch(w);
}

int64_t webhooks_turn_by_ms(const struct webhooks *w)
{
    bool waits = w->done && w->waiting.first && w->done_count < TOGETHER_ROWS && !w->turn.is_running &&
                 !w->is_failing && !w->is_stopping;
    return waits ? w->done_since_ms + TOGETHER_MS : INT64_MAX;
}

/* Results may open a lane that was full or held, so a turn that records claims as well; one without room looks whether
 * sending is on hold by now. What a claim left for lack of
 * room needs no turn of its own for the same reason. */
void webhooks_turn_begin(struct webhooks *w)
{
    struct webhooks_turn *t = &w->turn;
    int64_t now_ms = webhooks_mono_ms(w);
    int room = WEBHOOKS_IN_FLIGHT_MAX - w->in_flight;
    bool is_due = w->woken || w->done || now_ms >= w->look_ms;
    int64_t by_ms = webhooks_turn_by_ms(w);
    if (t->is_running || (w->is_failing && (w->is_cut_off || now_ms < w->again_ms)))
        return;
    if (by_ms < INT64_MAX && now_ms < by_ms && !w->woken && now_ms < w->look_ms)
        return;
    t->claims = !w->is_failing && !w->is_stopping && is_due;
    t->counts = !w->is_failing && now_ms >= w->counts_ms && (t->claims || w->done);
    if (!w->done && !t->claims && !w->is_failing)
        return;
    if (t->counts)
        w->counts_ms = now_ms + COUNTS_MS;
    if (t->claims)
        w->woken = false;
    t->w = w;
    t->is_again = w->is_failing;
    t->config = w->config;
    t->claim = (struct webhook_claim){.now_us = clock_real_us(w->env.clock),
                                      .room = room < WEBHOOK_CLAIM_MAX ? room : WEBHOOK_CLAIM_MAX,
                                      .room_failing = WEBHOOKS_FAILING_MAX - w->failing_in_flight,
                                      .per_endpoint = WEBHOOKS_PER_ENDPOINT,
                                      .after_endpoint = w->after_endpoint};
    t->records = w->done;
    w->done = NULL;
    w->done_end = &w->done;
    w->done_count = 0;
    t->is_running = true;
    t->req = (struct store_req){.op = op_turn, .done = on_turned};
    store_write(w->env.store, &t->req);
}

bool webhooks_turns_ended(const struct webhooks *w)
{
    return !w->turn.is_running && (!w->done || (w->is_failing && w->is_cut_off));
}
