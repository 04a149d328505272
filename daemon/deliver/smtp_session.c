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

/* Something to send? Then it is in `out`. */
static bool refill(struct smtp_session *s)
{
    if (s->state == SMTP_STATE_BODY && !smtp_output_has_unsent(&s->out)) {
        smtp_output_next_block(&s->out);
        session_arm(s);
    }
    session_put_ahead(s);
    return smtp_output_has_unsent(&s->out);
}

/* Sends until all has left or the wire takes no more. Never calls up, so send and quit may use it too. */
static void flush(struct smtp_session *s)
{
    while (!s->send_failed && refill(s)) {
        long n = s->ops->send(s->wire, s->out.bytes + s->out.sent, s->out.len - s->out.sent);
        if (n == UV_EAGAIN)
            break;
        if (n <= 0)
            s->send_failed = true;
        else
            s->out.sent += (size_t)n;
        s->body_begun = s->body_begun || (s->state == SMTP_STATE_BODY && n > 0);
        if (s->state == SMTP_STATE_BODY && smtp_output_has_dot(&s->out) &&
            smtp_output_has_left(&s->out, SMTP_STATE_DOT))
            session_enter(s, SMTP_STATE_DOT);
    }
    /* After a failure too: it brings on_io, which reports it. */
    s->ops->want_write(s->wire, s->send_failed || smtp_output_has_unsent(&s->out));
}

/* A reply that is too early is not an answer (invariant 6), unless it says that the server hangs up; either way it is
 * the last. */
static void take(struct smtp_session *s, const struct smtp_reply *reply)
{
    if (s->is_early && reply->code != 421)
        session_break(s, SMTP_BREAK_PROTOCOL, "a reply before its command");
    else
        session_take_reply(s, reply);
}

static void feed(struct smtp_session *s, const char *data, size_t n)
{
    while (n > 0 && s->state != SMTP_STATE_CLOSED) {
        size_t used = 0;
        if (s->wrote || !smtp_output_has_left(&s->out, s->state))
            s->is_early = true;
        enum smtp_reply_result result = smtp_reply_feed(&s->parser, data, n, &used);
        data += used;
        n -= used;
        if (result == SMTP_REPLY_BAD)
            session_break(s, SMTP_BREAK_PROTOCOL, s->parser.problem);
        else if (result == SMTP_REPLY_DONE)
            take(s, &s->parser.reply);
    }
}

/* One chunk. False when there is no more for now, or the session has closed. A chunk that does not fill the buffer was
 * all there is: the poll will tell of more, and a call that would only say EAGAIN is saved. Not so through TLS, which
 * may hold bytes that no poll knows of; and after a failed send all that the server said last is wanted. */
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
    return s->state != SMTP_STATE_CLOSED && (s->caps.tls || s->send_failed || (size_t)n == sizeof in);
}

/* Send what waits, then read, and send what the replies ask for. A flood of replies ends in a broken protocol. */
static void on_io(void *ctx)
{
    struct smtp_session *s = ctx;
    session_check(s);
    flush(s);
    bool has_failed = s->send_failed; /* then all that came is read below, whatever it is */
    while (receive(s)) {
        session_check(s);
        flush(s);
    }
    if (s->state == SMTP_STATE_CLOSED)
        return;
    if (has_failed)
        session_break(s, SMTP_BREAK_LOST, NULL);
    else
        flush(s);
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
    session_close(ctx, SMTP_BREAK_CLOSED, why);
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
        session_break(s, s->state == SMTP_STATE_PERMIT ? SMTP_BREAK_HELD : SMTP_BREAK_TIMEOUT, NULL);
}

static void tell(struct smtp_session *s, const struct hand *hand)
{
    if (!hand->job)
        return;
    assert(hand->decided);
    s->recipients_max = hand->most;
    s->events.on_outcome(s, hand->job, s->ctx);
}

void session_on_timer_closed(uv_handle_t *h)
{
    struct smtp_session *s = h->data;
    tell(s, &s->now);
    tell(s, &s->next);
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

bool smtp_session_has_room(const struct smtp_session *s)
{
    if (s->state == SMTP_STATE_IDLE)
        return true;
    bool is_leaving = s->state == SMTP_STATE_CLOSED || s->quitting || s->send_failed;
    bool is_full = s->config->max_messages > 0 && s->messages + 2 > s->config->max_messages;
    return s->now.job && !s->next.job && s->caps.pipelining && s->refusals == 0 && !is_leaving && !is_full;
}

/* Everything was checked when it was stored and rendered; see deliver/smtp_encode.h for why again. */
static void check_job(const struct smtp_session *s, struct hand *hand)
{
    struct outcome refused;
    const struct smtp_job *job = hand->job;
    const char *problem = smtp_data_problem(job->data, job->len, job->smtputf8);
    if (!problem && !smtp_address_is_safe(job->mail_from, job->smtputf8, true))
        problem = "the sender's address cannot be sent";
    if (problem) {
        smtp_policy_local(OUTCOME_OUR_FAULT, problem, &refused);
        session_decide(hand, &refused, false);
    } else if (job->smtputf8 && !s->caps.smtputf8) {
        smtp_policy_local(OUTCOME_FAILED, "the address needs SMTPUTF8, which the relay does not offer", &refused);
        session_decide(hand, &refused, false);
    }
}

/* Who cannot be sent to is left out; the job is decided when nobody is left. */
static void check_recipient(struct hand *hand, struct smtp_recipient *to)
{
    to->is_barred = !smtp_address_is_safe(to->address, hand->job->smtputf8, false);
    to->is_decided = to->is_barred;
    hand->decided = hand->decided && to->is_barred;
    if (to->is_barred)
        smtp_policy_local(OUTCOME_FAILED, "the recipient's address cannot be sent", to->outcome);
}

static void check(const struct smtp_session *s, struct hand *hand)
{
    const struct smtp_job *job = hand->job;
    assert(job->to_count > 0 && job->to_count <= SMTP_RECIPIENTS_MAX);
    hand->decided = true;
    for (int i = 0; i < job->to_count; i++)
        check_recipient(hand, &job->to[i]);
    while (!hand->decided && job->to[hand->at].is_barred)
        hand->at++;
    check_job(s, hand);
}

void smtp_session_send(struct smtp_session *s, const struct smtp_job *job)
{
    assert(smtp_session_has_room(s));
    struct hand *hand = s->now.job ? &s->next : &s->now;
    hand->job = job;
    check(s, hand);
    if (hand == &s->now)
        session_begin(s);
    flush(s);
    session_check(s);
}

static bool awaits_permit(const struct hand *hand)
{
    return hand->job && !hand->permitted && !hand->decided;
}

bool smtp_session_awaits_permit(const struct smtp_session *s)
{
    return awaits_permit(&s->now) || awaits_permit(&s->next);
}

void smtp_session_permit(struct smtp_session *s)
{
    if (!smtp_session_awaits_permit(s))
        return;
    struct hand *hand = awaits_permit(&s->now) ? &s->now : &s->next;
    hand->permitted = true;
    if (s->state == SMTP_STATE_PERMIT && hand == &s->now) {
        session_enter(s, SMTP_STATE_BODY);
        flush(s);
    }
}

/* A permit for the one behind is given only when the one in front was refused, so both go. */
bool smtp_session_forbid(struct smtp_session *s)
{
    bool was_permitted = s->next.permitted;
    s->next.permitted = false;
    if (s->now.permitted && s->state < SMTP_STATE_BODY) {
        s->now.permitted = false;
        was_permitted = true;
    }
    return was_permitted;
}

bool smtp_session_take_back(struct smtp_session *s)
{
    if (!s->next.job || s->next.permitted || s->state == SMTP_STATE_CLOSED)
        return false;
    s->hangs_up = s->next.written != 0;
    s->next = (struct hand){.job = NULL};
    s->quitting = true;
    return true;
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

int smtp_session_recipients_max(const struct smtp_session *s)
{
    return s->recipients_max;
}

const struct smtp_caps *smtp_session_caps(const struct smtp_session *s)
{
    return &s->caps;
}
