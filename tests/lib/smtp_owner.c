/* The owner of one SMTP session; the contract is in lib/smtp_owner.h. */
#include "lib/smtp_owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/test.h"

enum { DEADLINE_S = 60, QUIET_TURNS = 100 };

static const char message[] = "Subject: Prov\r\n\r\n.punkt\r\nslut\r\n";

/* Jobs that were handed over and are not recorded count against the one that may be; a permit goes to the first. */
static bool may_permit(const struct owner *o)
{
    int recorded = 0;
    if (o->permits_most > 0 && o->permits >= o->permits_most)
        return false;
    if (!o->records)
        return true;
    while (recorded < o->next && o->recorded_at[recorded] > 0 && o->recorded_at[recorded] <= o->turn)
        recorded++;
    /* Every outcome that came must be recorded, and no job in hand have a permit already. */
    return recorded == o->done && o->permits + o->without <= recorded;
}

static void permit(struct owner *o)
{
    while (smtp_session_awaits_permit(o->session) && may_permit(o)) {
        smtp_session_permit(o->session);
        o->permits++;
    }
}

static void send_next(struct owner *o)
{
    o->inside = true;
    while (o->next < o->job_count &&
           (o->ahead ? smtp_session_has_room(o->session) : smtp_session_is_ready(o->session))) {
        smtp_session_send(o->session, &o->jobs[o->next++]);
        permit(o);
        if (o->later)
            break;
    }
    if (o->next == o->job_count && o->quit_when_done && smtp_session_is_ready(o->session))
        smtp_session_quit(o->session);
    o->inside = false;
}

static void on_ready(struct smtp_session *s, void *ctx)
{
    struct owner *o = ctx;
    assert_false(o->inside);
    assert_ptr_equal(s, o->session);
    o->ready++;
    if (!o->later)
        send_next(o);
}

static void on_outcome(struct smtp_session *s, const struct smtp_job *job, void *ctx)
{
    struct owner *o = ctx;
    if (smtp_session_recipients_max(s) > 0)
        o->recipients_max = smtp_session_recipients_max(s);
    assert_false(o->inside);
    assert_int_equal(o->closed, 0);
    ptrdiff_t i = job - o->jobs;
    assert_int_equal(i, o->done); /* in the order of the jobs */
    assert_true(i < o->next);
    o->done++;
    for (int k = 0; k < job->to_count; k++) {
        ptrdiff_t to = &job->to[k] - o->to;
        assert_true(job->to[k].is_decided);
        o->outcomes[to]++;
        o->last[to] = o->given[to];
    }
    o->recorded_at[i] = o->turn + o->record_turns;
    /* A job that ended without a permit is no longer one that may get it. */
    if (o->permits + o->without < o->done)
        o->without = o->done - o->permits;
    if (!o->later)
        send_next(o);
}

static void on_closed(struct smtp_session *s, const struct outcome *why, void *ctx)
{
    struct owner *o = ctx;
    (void)s;
    assert_false(o->inside);
    o->closed++;
    o->has_why = why != NULL;
    if (why)
        o->why = *why;
}

struct owner *owner_new(int jobs)
{
    return owner_new_shared(jobs, 1);
}

struct owner *owner_new_shared(int jobs, int each)
{
    assert_true(jobs <= OWNER_JOBS_MAX && jobs * each <= OWNER_TO_MAX);
    struct owner *o = xcalloc(1, sizeof *o);
    assert_int_equal(uv_loop_init(&o->loop), 0);
    fake_relay_init(&o->relay);
    o->quit_when_done = true;
    o->job_count = jobs;
    for (int i = 0; i < jobs; i++)
        o->jobs[i] = (struct smtp_job){
            .mail_from = "from@x", .to = &o->to[i * each], .to_count = each, .data = message, .len = strlen(message)};
    for (int i = 0; i < jobs * each; i++) {
        snprintf(o->addresses[i], sizeof o->addresses[i], "%d@x", i);
        o->to[i] = (struct smtp_recipient){.address = o->addresses[i], .outcome = &o->given[i]};
    }
    owner_set_timeouts(o, OWNER_SHORT_MS);
    return o;
}

void owner_set_timeouts(struct owner *o, int64_t ms)
{
    for (int i = 0; i < SMTP_STATE_COUNT; i++)
        o->config.timeout_ms[i] = ms;
}

static bool has_dot(const struct owner *o, const struct smtp_job *job)
{
    for (int k = 0; k < job->to_count; k++)
        if (o->relay.dots[&job->to[k] - o->to] > 0)
            return true;
    return false;
}

static void check_permits(const struct owner *o)
{
    int unrecorded = 0;
    assert_true(o->relay.bodies <= o->permits);
    for (int i = 0; i < o->next; i++)
        unrecorded += has_dot(o, &o->jobs[i]) && !(o->recorded_at[i] > 0 && o->recorded_at[i] <= o->turn);
    assert_true(!o->records || unrecorded <= 1);
}

/* At once, as when its time has come. */
static void pass_time(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    uv_timer_t *timer = (uv_timer_t *)handle;
    if (handle->type != UV_TIMER || !uv_is_active(handle) || uv_timer_get_due_in(timer) > OWNER_SHORT_MS)
        return;
    uv_timer_set_repeat(timer, 1);
    uv_timer_again(timer);
}

static void let_time_pass(struct owner *o)
{
    const struct fake_relay *r = &o->relay;
    size_t bytes = r->seen.len + r->in.len + r->out.len + r->taken + r->said + r->shown;
    long events = (long)bytes + o->next + o->done + o->ready + o->permits + o->closed;
    o->quiet_turns = events == o->events ? o->quiet_turns + 1 : 0;
    o->events = events;
    if (o->quiet_turns < QUIET_TURNS)
        return;
    o->quiet_turns = 0;
    uv_walk(&o->loop, pass_time, NULL);
}

void owner_run(struct owner *o)
{
    static const struct smtp_session_events events = {
        .on_ready = on_ready, .on_outcome = on_outcome, .on_closed = on_closed};
    o->turn = 1;
    o->inside = true;
    o->session = smtp_session_start(&o->loop, fake_relay_ops(), &o->relay, &o->config, &events, o);
    o->inside = false;
    uint64_t start = uv_hrtime();
    for (; !o->closed; o->turn++) {
        assert_true(uv_hrtime() - start < DEADLINE_S * UINT64_C(1000000000));
        if (o->turn == o->abort_after)
            smtp_session_abort(o->session);
        if (o->turn == o->quit_after) {
            o->job_count = o->next;
            smtp_session_quit(o->session);
        }
        if (o->turn == o->take_back_after && smtp_session_take_back(o->session)) {
            o->took_back = true;
            o->job_count = --o->next;
        }
        fake_relay_tick(&o->relay);
        check_permits(o);
        if (!o->relay.closed && o->ready) {
            if (o->later)
                send_next(o);
            o->inside = true;
            permit(o);
            o->inside = false;
        }
        uv_run(&o->loop, UV_RUN_NOWAIT);
        check_permits(o);
        let_time_pass(o);
    }
    assert_int_equal(o->closed, 1);
    assert_true(o->relay.closed);
    assert_int_equal(uv_loop_close(&o->loop), 0);
}

void owner_free(struct owner *o)
{
    fake_relay_fini(&o->relay);
    free(o);
}

void owner_expect(const struct owner *o, int i, enum outcome_kind kind, const char *step)
{
    assert_int_equal(o->outcomes[i], 1);
    if (o->last[i].kind != kind)
        fail_msg("job %d: %s at %s (%s)", i, outcome_word(o->last[i].kind), o->last[i].step, o->last[i].text);
    if (step)
        assert_string_equal(o->last[i].step, step);
}

static void check_job(const struct owner *o, int job, bool dots_may_be_refused)
{
    ptrdiff_t first = o->jobs[job].to - o->to;
    for (ptrdiff_t i = first; i < first + o->jobs[job].to_count; i++) {
        assert_int_equal(o->outcomes[i], job < o->next);
        if (job >= o->next)
            continue;
        enum outcome_kind kind = o->last[i].kind;
        assert_int_equal(kind == OUTCOME_SENT, o->relay.acks[i] == 1);
        if (o->relay.dots[i] > 0) {
            assert_int_not_equal(kind, OUTCOME_UNTOUCHED);
            assert_true(dots_may_be_refused || kind == OUTCOME_SENT || kind == OUTCOME_UNCERTAIN);
        }
        if (kind == OUTCOME_UNCERTAIN)
            assert_int_equal(o->relay.dots[i], 1);
    }
}

void owner_check_promises(const struct owner *o, bool dots_may_be_refused)
{
    for (int i = 0; i < o->job_count; i++)
        check_job(o, i, dots_may_be_refused);
}

/* --- faults ------------------------------------------------------------------------------------------------------ */

void owner_vary(struct owner *o, int variant)
{
    static const size_t chunks[] = {0, 1, 7};
    o->relay.chunk = chunks[variant % 3];
    o->later = variant / 3 % 2 == 0;
    o->record_turns = variant / 6 % 2 * 2;
    o->relay.fault = (enum fake_fault)(variant / 12 % 4);
    owner_set_timeouts(o, OWNER_LONG_MS);
}

void owner_fail_each(struct owner *(*scenario)(int variant), int variants, int stride,
                     void (*on_whole)(const struct owner *o))
{
    int runs = 0;
    for (int variant = 0; variant < variants; variant++) {
        bool fired = true;
        for (int n = 1; fired; n += variant % 3 == 1 ? stride : 1) {
            struct owner *o = scenario(variant);
            o->relay.countdown = n;
            owner_run(o);
            owner_check_promises(o, false);
            fired = o->relay.fired;
            if (!fired || o->relay.fault == FAKE_AGAIN)
                on_whole(o);
            owner_free(o);
            runs++;
        }
    }
    assert_true(runs > 1000);
}

void owner_abort_each(struct owner *(*scenario)(int variant), int variants, int step,
                      void (*on_end)(const struct owner *o))
{
    for (int variant = 0; variant < variants; variant += step) {
        for (int turn = 1; turn < 60; turn++) {
            struct owner *o = scenario(variant);
            o->abort_after = turn;
            if (turn % 3 == 0)
                o->relay.replies[SMTP_STATE_DOT] = ""; /* silence: aborted while uncertain */
            owner_set_timeouts(o, OWNER_SHORT_MS);
            owner_run(o);
            owner_check_promises(o, false);
            if (on_end)
                on_end(o);
            owner_free(o);
        }
    }
}
