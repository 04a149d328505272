/*
 * The dispatcher of webhooks: its calls and its life. The contract is in deliver/webhooks.h.
 *
 * Whatever happens only marks the dispatcher as dirty; one look at everything (pump) follows before the loop waits, so
 * no callback calls up from inside a call down.
 */
#include "deliver/webhooks_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"
#include "core/config.h"
#include "deliver/webhook_hide.h"
#include "deliver/webhook_policy.h"
#include "deliver/webhook_report.h"
#include "net/http_call.h"

enum { CONNECT_MS_MAX = 10000 };

int64_t webhooks_mono_ms(const struct webhooks *w)
{
    return clock_mono_ms(w->env.clock);
}

/* --- results ----------------------------------------------------------------------------------------------------- */

static void add_record(struct webhooks *w, struct webhook_record *r)
{
    if (!w->done)
        w->done_since_ms = webhooks_mono_ms(w);
    *w->done_end = r;
    w->done_end = &r->next;
    w->done_count++;
}

/* How far the wall clock is ahead of what is proven: alerts end so much later. */
static int64_t unproven_us(struct webhooks *w)
{
    int64_t now_us = 0;
    return clock_trust_look(&w->trust, w->env.clock, &now_us);
}

static struct webhook_verdict judge(struct webhooks *w, const struct webhook_flight *f, const struct http_answer *a)
{
    int64_t ahead_us = unproven_us(w);
    struct webhook_case c = {.fault = a->fault,
                             .status = a->status,
                             .retry_after_s = a->retry_after_s,
                             .attempts = f->job->attempts,
                             .first_at_us = f->job->first_at_us,
                             .now_us = clock_real_us(w->env.clock),
                             .expires_us = f->job->expires_us > 0 ? f->job->expires_us + ahead_us : 0,
                             .is_test = f->job->is_test};
    if (a->fault != HTTP_FAULT_NONE || a->status / 100 != 2) /* else nothing is left to chance */
        random_bytes(&c.chance, sizeof c.chance);
    return webhook_policy(&c);
}

/* The answer becomes a result; texts are copied, since the answer ends with the call. */
static struct webhook_record *make_record(const struct webhook_flight *f, const struct http_answer *a,
                                          const struct webhook_verdict *v)
{
    struct webhook_record *r = xcalloc(1, sizeof *r);
    webhook_report_line(a, r->detail, sizeof r->detail);
    webhook_report_text(a->peer, strlen(a->peer), false, r->peer, sizeof r->peer);
    webhook_report_text(a->body, a->body_bytes, false, r->answer, sizeof r->answer);
    webhook_hide(f->job, r->answer);
    if (f->job->is_test)
        r->transcript = webhook_report_transcript(f->job, a);
    r->result =
        (struct webhook_result){.delivery_id = f->job->delivery_id,
                                .endpoint_id = f->job->endpoint_id,
                                .outcome = v->outcome,
                                .disable = v->disable,
                                .is_receiver_failing = v->is_receiver_failing,
                                .may_have_reached = v->outcome != WEBHOOK_DELIVERED && a->status == 0 && a->is_sent,
                                .now_us = clock_real_us(f->owner->env.clock),
                                .due_us = v->due_us,
                                .pause_until_us = v->pause_until_us,
                                .duration_ms = a->duration_ms,
                                .http_status = a->status,
                                .detail = r->detail,
                                .peer = r->peer,
                                .answer = r->answer,
                                .transcript = r->transcript};
    return r;
}

/* --- flights ----------------------------------------------------------------------------------------------------- */

static void join(struct webhook_flights *list, struct webhook_flight *f)
{
    f->prev = list->last;
    f->next = NULL;
    if (list->last)
        list->last->next = f;
    else
        list->first = f;
    list->last = f;
}

static void leave(struct webhook_flights *list, struct webhook_flight *f)
{
    assert((f == list->first) == (f->prev == NULL));
    if (f->prev)
        f->prev->next = f->next;
    else
        list->first = f->next;
    if (f->next)
        f->next->prev = f->prev;
    else
        list->last = f->prev;
    assert(list->first != f && list->last != f);
}

void webhooks_enqueue(struct webhooks *w, struct webhook_job *job)
{
    struct webhook_flight *f = xcalloc(1, sizeof *f);
    f->owner = w;
    f->job = job;
    w->in_flight++;
    w->failing_in_flight += job->is_endpoint_failing;
    join(&w->waiting, f);
}

static void grow_old(struct webhooks *w)
{
    w->oldest_young->is_young = false;
    w->oldest_young = w->oldest_young->next;
    w->young--;
}

/* Its job, for the caller to free. */
static struct webhook_job *drop(struct webhook_flights *list, struct webhook_flight *f)
{
    struct webhooks *w = f->owner;
    struct webhook_job *job = f->job;
    leave(list, f);
    w->in_flight--;
    w->failing_in_flight -= job->is_endpoint_failing;
    free(f);
    return job;
}

static struct webhook_job *drop_called(struct webhook_flight *f)
{
    struct webhooks *w = f->owner;
    if (f == w->oldest_young)
        grow_old(w);
    else
        w->young -= f->is_young;
    w->calls--;
    return drop(&w->called, f);
}

static void finish(struct webhook_flight *f, const struct http_answer *a)
{
    struct webhooks *w = f->owner;
    struct webhook_verdict v = judge(w, f, a);
    struct webhook_record *r = make_record(f, a, &v);
    r->job = drop_called(f);
    add_record(w, r);
    webhooks_touch(w);
}

static void on_answer(const struct http_answer *a, void *ctx)
{
    struct webhook_flight *f = ctx;
    histogram_add(&f->owner->status.answer_times, a->duration_ms * 1000);
    finish(f, a);
}

/* --- calls ------------------------------------------------------------------------------------------------------- */

/* The URL was good when it was registered; another configuration may see it otherwise. */
static void refuse(struct webhook_flight *f, int rc, const struct err *err)
{
    struct http_answer a = {.fault = rc == ERR_INVALID ? HTTP_FAULT_FORBIDDEN : HTTP_FAULT_LOCAL,
                            .retry_after_s = -1,
                            .error = err_or(err, rc),
                            .etag = "",
                            .last_modified = "",
                            .content_type = "",
                            .body = "",
                            .peer = ""};
    finish(f, &a);
}

static void call(struct webhook_flight *f)
{
    struct webhooks *w = f->owner;
    struct webhook_job *job = f->job;
    const struct config_webhook *config = &w->config->webhook;
    struct http_header headers[WEBHOOK_HEADERS_MAX];
    struct err err = {.text = ""};
    int64_t timeout_ms = config->timeout_s * 1000;
    leave(&w->waiting, f);
    join(&w->called, f);
    f->called_ms = webhooks_mono_ms(w);
    f->is_young = true;
    w->young++;
    w->calls++;
    if (!w->oldest_young)
        w->oldest_young = f;
    webhook_job_sign(job, clock_real_us(w->env.clock) / US_PER_S);
    assert(job->header_count <= WEBHOOK_HEADERS_MAX);
    for (size_t i = 0; i < job->header_count; i++)
        headers[i] = (struct http_header){job->headers[i].name, job->headers[i].value};
    struct http_request request = {.method = job->method,
                                   .url = job->url,
                                   .headers = headers,
                                   .header_count = job->header_count,
                                   .body = job->body,
                                   .body_bytes = job->body_bytes,
                                   .user = job->user,
                                   .password = job->password,
                                   .connect_timeout_ms = timeout_ms < CONNECT_MS_MAX ? timeout_ms : CONNECT_MS_MAX,
                                   .timeout_ms = timeout_ms,
                                   .max_body_bytes = job->is_test ? WEBHOOK_ANSWER_TEST_BYTES : WEBHOOK_ANSWER_BYTES,
                                   .max_head_bytes = job->is_test ? WEBHOOK_HEAD_TEST_BYTES : 0,
                                   .ca_file = config->ca_file,
                                   .allow_private = config->allow_private,
                                   .allow_http = config->allow_http};
    int rc = http_call_start(w->env.http, &request, on_answer, f, &f->call, &err);
    if (rc)
        refuse(f, rc, &err);
}

/* libcurl's way to a free connection grows with the number that is open to a host, so quick receivers get few at once.
 * A call that takes long does not count, and holds up nobody. */
static void call_waiting(struct webhooks *w)
{
    int64_t now_ms = webhooks_mono_ms(w);
    while (w->oldest_young && now_ms - w->oldest_young->called_ms >= WEBHOOKS_YOUNG_MS)
        grow_old(w);
    while (w->waiting.first && w->young < WEBHOOKS_YOUNG_MAX && w->calls < WEBHOOKS_CALLS_MAX)
        call(w->waiting.first);
}

void webhooks_give_back_waiting(struct webhooks *w)
{
    while (w->waiting.first) {
        struct webhook_flight *f = w->waiting.first;
        struct webhook_record *r = xcalloc(1, sizeof *r);
        r->result = (struct webhook_result){.delivery_id = f->job->delivery_id,
                                            .endpoint_id = f->job->endpoint_id,
                                            .outcome = WEBHOOK_GIVEN_BACK,
                                            .now_us = clock_real_us(w->env.clock)};
        r->job = drop(&w->waiting, f);
        add_record(w, r);
    }
}

/* --- the pump ---------------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct webhooks *w = handle->data;
    if (--w->handles > 0)
        return;
    w->status.refused = (uint64_t)http_client_counts(w->env.http).refused;
    w->env.http = NULL; /* borrowed until now; the status may still be asked for */
    w->stopped(w->stopped_ctx);
}

/* What is still in flight may arrive or not: it stays claimed, and is called again after the next start. */
static void cut_off(struct webhooks *w)
{
    w->is_cut_off = true;
    for (struct webhook_flight *f = w->called.first, *next = NULL; f; f = next) {
        next = f->next;
        http_call_cancel(f->call);
        webhook_job_free(drop_called(f));
    }
}

static void stop_further(struct webhooks *w)
{
    if (uv_is_closing((uv_handle_t *)&w->timer))
        return;
    if (!w->is_cut_off && webhooks_mono_ms(w) >= w->stop_by_ms)
        cut_off(w);
    webhooks_give_back_waiting(w);
    webhooks_turn_begin(w);
    if (w->in_flight > 0 || !webhooks_turns_ended(w))
        return;
    uv_close((uv_handle_t *)&w->timer, on_closed);
    uv_close((uv_handle_t *)&w->prepare, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    webhooks_touch(timer->data);
}

/* To the next time that something is due by itself. */
static void set_timer(struct webhooks *w)
{
    int64_t at_ms = w->is_failing ? w->again_ms : w->look_ms;
    if (w->is_stopping && !w->is_cut_off && w->stop_by_ms < at_ms)
        at_ms = w->stop_by_ms;
    int64_t wait_ms = at_ms - webhooks_mono_ms(w);
    bool is_full = w->in_flight == WEBHOOKS_IN_FLIGHT_MAX; /* then a result is what is waited for */
    if ((w->turn.is_running || is_full) && !w->is_stopping && !w->is_failing)
        wait_ms = INT64_MAX;
    int64_t turn_ms = webhooks_turn_by_ms(w);
    if (turn_ms < INT64_MAX && turn_ms - webhooks_mono_ms(w) < wait_ms)
        wait_ms = turn_ms - webhooks_mono_ms(w);
    if (w->waiting.first && w->oldest_young) {
        int64_t young_ms = w->oldest_young->called_ms + WEBHOOKS_YOUNG_MS - webhooks_mono_ms(w);
        wait_ms = young_ms < wait_ms ? young_ms : wait_ms;
    }
    if (wait_ms == INT64_MAX)
        uv_timer_stop(&w->timer);
    else
        uv_timer_start(&w->timer, on_timer, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void pump(struct webhooks *w)
{
    w->is_dirty = false;
    unproven_us(w); /* each ten seconds at least: a jump shows by the look before it */
    if (w->is_stopping) {
        stop_further(w);
    } else {
        call_waiting(w);
        webhooks_turn_begin(w);
    }
    if (!uv_is_closing((uv_handle_t *)&w->timer))
        set_timer(w);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct webhooks *w = prepare->data;
    if (w->is_dirty)
        pump(w);
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct webhooks *webhooks_new(const struct webhooks_env *env, const struct config *config)
{
    static const int64_t bounds[] = HISTOGRAM_FAST;
    struct webhooks *w = xcalloc(1, sizeof *w);
    w->env = *env;
    w->config = config;
    w->done_end = &w->done;
    w->look_ms = INT64_MAX;
    unproven_us(w);
    uv_timer_init(env->loop, &w->timer);
    w->timer.data = w;
    uv_prepare_init(env->loop, &w->prepare);
    w->prepare.data = w;
    uv_prepare_start(&w->prepare, on_prepare);
    w->handles = 2;
    histogram_init(&w->status.answer_times, bounds, (int)ARRAY_LEN(bounds));
    rate_meter_init(&w->meter, webhooks_mono_ms(w));
    return w;
}

void webhooks_configure(struct webhooks *w, const struct config *config)
{
    w->config = config;
    webhooks_wake(w);
}

void webhooks_wake(struct webhooks *w)
{
    w->woken = true;
    webhooks_touch(w);
}

void webhooks_stop(struct webhooks *w, int64_t deadline_ms, webhooks_stopped_cb stopped, void *ctx)
{
    assert(!w->is_stopping);
    w->is_stopping = true;
    w->stopped = stopped;
    w->stopped_ctx = ctx;
    w->stop_by_ms = webhooks_mono_ms(w) + deadline_ms;
    webhooks_touch(w);
}

void webhooks_free(struct webhooks *w)
{
    if (!w)
        return;
    assert(w->handles == 0 && w->in_flight == 0);
    webhook_records_free(w->done);
    free(w);
}

struct webhooks_status webhooks_status(const struct webhooks *w)
{
    struct webhooks_status s = w->status;
    s.in_flight = w->in_flight;
    if (w->env.http)
        s.refused = (uint64_t)http_client_counts(w->env.http).refused;
    s.per_minute = rate_meter_per_minute(&w->meter, webhooks_mono_ms(w));
    s.is_failing = w->is_failing;
    return s;
}
