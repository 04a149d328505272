/* The SMTP session: its life, and input and output over the wire. The contract is in deliver/smtp_session.h, the
 * invariants in smtp_session_private.h. */
#include "deliver/smtp_session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/smtp_encode.h"
#include "deliver/smtp_session_private.h"

enum { IN_BYTES = 16384 };

/* --- input and output --------------------------------------------------------------------------------------------- */

/* `out` has left: the next block of the body, or on to DOT. False when there is nothing to send now. */
static bool refill(struct smtp_session *s)
{
    smtp_output_clear(&s->out);
    if (s->state != SMTP_STATE_BODY)
        return false;
    if (s->out.stuffer.ended) {
        session_enter(s, SMTP_STATE_DOT);
        return false;
    }
    smtp_output_next_block(&s->out);
    session_arm(s);
    return true;
}

/* Sends until all has left or the wire takes no more. Never calls up, so send and quit may use it too. */
static void flush(struct smtp_session *s)
{
    while (!s->send_failed && (smtp_output_has_unsent(&s->out) || refill(s))) {
        long n = s->ops->send(s->wire, s->out.bytes + s->out.sent, s->out.len - s->out.sent);
        if (n == UV_EAGAIN)
            break;
        if (n <= 0)
            s->send_failed = true;
        else
            s->out.sent += (size_t)n;
    }
    /* After a failure too: it brings on_io, which reports it. */
    s->ops->want_write(s->wire, smtp_output_has_unsent(&s->out));
}

static void feed(struct smtp_session *s, const char *data, size_t n)
{
    while (n > 0 && s->state != SMTP_STATE_CLOSED) {
        if (s->wrote) {
            session_break(s, SMTP_BREAK_PROTOCOL, "a reply before its command");
            return;
        }
        size_t used = 0;
        enum smtp_reply_result result = smtp_reply_feed(&s->parser, data, n, &used);
        data += used;
        n -= used;
        if (result == SMTP_REPLY_BAD)
            session_break(s, SMTP_BREAK_PROTOCOL, s->parser.problem);
        else if (result == SMTP_REPLY_DONE)
            session_take_reply(s, &s->parser.reply);
    }
}

/* One chunk. False when there is no more for now, or the session has closed. */
static bool receive(struct smtp_session *s)
{
    char in[IN_BYTES];
    s->wrote = false;
    long n = s->ops->recv(s->wire, in, sizeof in);
    if (n == UV_EAGAIN)
        return false;
    if (n > 0)
        feed(s, in, (size_t)n);
    else
        session_break(s, n == 0 ? SMTP_BREAK_CLOSED : SMTP_BREAK_LOST, NULL);
    return s->state != SMTP_STATE_CLOSED;
}

/* Send what waits, then read: not before the commands have left (invariant 6), but beside a body, which the server may
 * refuse in the middle. Ends after a round without input; a flood of replies ends in a broken protocol. */
static void on_io(void *ctx)
{
    struct smtp_session *s = ctx;
    bool more = true;
    while (more) {
        session_check(s);
        flush(s);
        if (smtp_output_has_unsent(&s->out) && s->state != SMTP_STATE_BODY && !s->send_failed)
            return;
        more = receive(s);
    }
    if (s->state != SMTP_STATE_CLOSED && s->send_failed)
        session_break(s, SMTP_BREAK_LOST, NULL);
}

static void on_open(const struct smtp_caps *caps, void *ctx)
{
    struct smtp_session *s = ctx;
    s->caps = *caps;
    session_enter(s, SMTP_STATE_IDLE);
    s->events.on_ready(s, s->ctx);
}

static void on_fail(const struct outcome *why, void *ctx)
{
    session_close(ctx, why);
}

/* Refused by ourselves. Unlike after a reply, no round of on_io follows to send a QUIT. */
static void finish_checked(struct smtp_session *s)
{
    session_finish(s);
    if (s->state != SMTP_STATE_CLOSED)
        flush(s);
}

void session_on_timer(uv_timer_t *timer)
{
    struct smtp_session *s = timer->data;
    if (s->state == SMTP_STATE_CHECK)
        finish_checked(s);
    else if (s->state == SMTP_STATE_IDLE)
        smtp_session_quit(s);
    else
        session_break(s, SMTP_BREAK_TIMEOUT, NULL);
}

void session_on_timer_closed(uv_handle_t *h)
{
    struct smtp_session *s = h->data;
    const struct smtp_job *job = s->job;
    assert(!job || s->decided);
    if (job)
        s->events.on_outcome(s, job, &s->verdict, s->ctx);
    s->events.on_closed(s, s->has_why ? &s->why : NULL, s->ctx);
    free(s);
}

/* --- the owner's calls -------------------------------------------------------------------------------------------- */

struct smtp_session *smtp_session_start(struct uv_loop_s *loop, const struct smtp_wire_ops *wire, void *net,
                                        const struct smtp_session_config *config,
                                        const struct smtp_session_events *events, void *ctx)
{
    static const struct smtp_wire_events wire_events = {.on_open = on_open, .on_fail = on_fail, .on_io = on_io};
    struct smtp_session *s = xmalloc(sizeof *s);
    memset(s, 0, offsetof(struct smtp_session, out));
    smtp_output_init(&s->out);
    s->config = config;
    s->events = *events;
    s->ctx = ctx;
    s->ops = wire;
    s->state = SMTP_STATE_CONNECT;
    smtp_reply_init(&s->parser);
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    s->wire = wire->open(net, &config->wire, &wire_events, s);
    session_arm(s);
    return s;
}

bool smtp_session_is_ready(const struct smtp_session *s)
{
    return s->state == SMTP_STATE_IDLE;
}

/* Everything was checked when it was stored and rendered; see deliver/smtp_encode.h for why again. */
static bool may_send(const struct smtp_session *s, const struct smtp_job *job, struct outcome *refused)
{
    const char *problem = smtp_data_problem(job->data, job->len, job->smtputf8);
    if (!problem && !smtp_address_is_safe(job->mail_from, job->smtputf8, true))
        problem = "the sender's address cannot be sent";
    if (problem) {
        smtp_policy_local(OUTCOME_OUR_FAULT, problem, refused);
        return false;
    }
    if (!smtp_address_is_safe(job->rcpt_to, job->smtputf8, false)) {
        smtp_policy_local(OUTCOME_FAILED, "the recipient's address cannot be sent", refused);
        return false;
    }
    if (job->smtputf8 && !s->caps.smtputf8) {
        smtp_policy_local(OUTCOME_FAILED, "the address needs SMTPUTF8, which the relay does not offer", refused);
        return false;
    }
    return true;
}

static void begin_transaction(struct smtp_session *s)
{
    bool has_old = s->transaction;
    s->rcpt_taken = false;
    s->written = 0;
    if (s->caps.pipelining) {
        if (has_old)
            session_put(s, SMTP_STATE_RSET);
        session_put(s, SMTP_STATE_MAIL);
        session_put(s, SMTP_STATE_RCPT);
        if (s->refusals == 0)
            session_put(s, SMTP_STATE_DATA);
    }
    session_enter(s, has_old ? SMTP_STATE_RSET : SMTP_STATE_MAIL);
    flush(s);
}

void smtp_session_send(struct smtp_session *s, const struct smtp_job *job)
{
    assert(smtp_session_is_ready(s) && !smtp_output_has_unsent(&s->out));
    s->job = job;
    s->decided = !may_send(s, job, &s->verdict);
    if (s->decided)
        session_enter(s, SMTP_STATE_CHECK);
    else
        begin_transaction(s);
    session_check(s);
}

void smtp_session_quit(struct smtp_session *s)
{
    s->quitting = true;
    if (s->state == SMTP_STATE_CONNECT) {
        session_enter(s, SMTP_STATE_CLOSED);
    } else if (s->state == SMTP_STATE_IDLE) {
        session_enter(s, SMTP_STATE_QUIT);
        flush(s);
    }
}

void smtp_session_abort(struct smtp_session *s)
{
    if (s->state != SMTP_STATE_CLOSED)
        session_break(s, SMTP_BREAK_ABORTED, NULL);
}

const struct smtp_caps *smtp_session_caps(const struct smtp_session *s)
{
    return &s->caps;
}
