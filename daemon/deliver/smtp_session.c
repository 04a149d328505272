/*
 * The SMTP conversation; the contract and the table of states are in deliver/smtp_session.h.
 *
 * Invariants:
 *  1. session_enter alone changes the state; it checks the table, arms that state's timer and writes its command.
 *  2. `out` is refilled only when all of it has been sent, and never moves: OpenSSL wants the same bytes at the same
 *     address after a send that would block.
 *  3. State DOT is entered when, and only when, the last byte of the final dot was taken by the wire: before it a lost
 *     connection means RETRY, in it UNCERTAIN.
 *  4. `verdict` is the job's outcome once one is known; the replies still to come to pipelined commands do not change
 * it.
 *  5. Events go up from on_io, the timer and the last close callback only, never from inside a call down.
 *  6. No reply is read before the command that it answers has left: what the server says too early is not an answer.
 *
 * Pipelining (RFC 2920). When offered, RSET (if a transaction was left open), MAIL, RCPT and DATA go out in one write,
 * and the body with its dot in a second: two round trips a message instead of four. DATA joins them only until the
 * first refusal on a connection, since Postfix counts two errors for a refused RCPT with a DATA behind it, delays every
 * reply after 10 errors and hangs up at 20. After SMTP_REFUSALS_MAX refusals we QUIT, so that a new connection starts
 * at none. A server that says 354 although the recipient was refused gets a lone dot (RFC 2920 3.1); the empty message
 * has nobody to go to. If it refused MAIL and took RCPT the connection is closed instead, as the empty message would
 * have.
 */
#include "deliver/smtp_session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "deliver/outcome.h"
#include "deliver/smtp_encode.h"
#include "deliver/smtp_policy.h"
#include "deliver/smtp_reply.h"

enum { OUT_BYTES = 32768, IN_BYTES = 16384 };

struct smtp_session {
    const struct smtp_session_config *config;
    struct smtp_session_events events;
    void *ctx;
    const struct smtp_wire_ops *ops;
    struct smtp_wire *wire; /* NULL once closed */
    uv_timer_t timer;
    enum smtp_state state;
    struct smtp_caps caps;

    bool quitting;    /* leave after the job in flight */
    bool send_failed; /* the wire took no more; what the server said last is still read */
    int refusals;     /* replies 4xx and 5xx on this connection */
    int messages;     /* jobs done on this connection */

    const struct smtp_job *job; /* in flight, or NULL */
    bool decided;
    struct outcome verdict;      /* once decided */
    bool transaction;            /* MAIL was accepted and nothing has ended it: RSET before the next */
    bool rcpt_taken;             /* RCPT got a 2xx */
    unsigned written;            /* SMTP_TO of the commands already in, or past, `out` */
    bool wrote;                  /* a command was written since the chunk in hand was read */
    struct smtp_stuffer stuffer; /* while in BODY */

    bool has_why;
    struct outcome why; /* what closed us, if not in good order */

    struct smtp_reply_parser parser;
    size_t out_len;
    size_t out_sent;
    char out[OUT_BYTES];
};

static const struct {
    int64_t timeout_ms;
    unsigned next;
} states[SMTP_STATE_COUNT] = {
#define STATE_ROW(id, word, ms, follow) [SMTP_STATE_##id] = {(ms), (follow)},
    SMTP_STATE_MAP(STATE_ROW)
#undef STATE_ROW
};

static void on_timer(uv_timer_t *timer);
static void on_timer_closed(uv_handle_t *h);

static void session_check(const struct smtp_session *s)
{
    assert(s->out_sent <= s->out_len && s->out_len <= OUT_BYTES);
    assert((s->wire == NULL) == (s->state == SMTP_STATE_CLOSED));
    bool works = s->state >= SMTP_STATE_CHECK && s->state <= SMTP_STATE_CANCEL;
    assert(s->state == SMTP_STATE_CLOSED || works == (s->job != NULL));
    assert(s->job || !s->decided);
}

/* --- states ------------------------------------------------------------------------------------------------------- */

/* All commands of a group fit: two addresses of at most 320 bytes and fixed words. */
static void put(struct smtp_session *s, enum smtp_state command)
{
    char *at = s->out + s->out_len;
    size_t room = OUT_BYTES - s->out_len;
    const struct smtp_job *job = s->job;
    int n = 0;
    switch (command) {
    case SMTP_STATE_MAIL:
        n = snprintf(at, room, "MAIL FROM:<%s>", job->mail_from);
        if (s->caps.size)
            n += snprintf(at + n, room - (size_t)n, " SIZE=%zu", job->len);
        n += snprintf(at + n, room - (size_t)n, "%s\r\n", job->smtputf8 ? " BODY=8BITMIME SMTPUTF8" : "");
        break;
    case SMTP_STATE_RCPT:
        n = snprintf(at, room, "RCPT TO:<%s>\r\n", job->rcpt_to);
        break;
    case SMTP_STATE_CANCEL:
        n = snprintf(at, room, ".\r\n");
        break;
    default: /* RSET, DATA, QUIT: the command is the word of the step */
        n = snprintf(at, room, "%s\r\n", smtp_state_word(command));
        break;
    }
    assert(n > 0 && (size_t)n < room);
    s->out_len += (size_t)n;
    s->written |= 1U << command;
    s->wrote = true;
}

static bool is_command(enum smtp_state state)
{
    const unsigned commands =
        SMTP_TO(RSET) | SMTP_TO(MAIL) | SMTP_TO(RCPT) | SMTP_TO(DATA) | SMTP_TO(CANCEL) | SMTP_TO(QUIT);
    return (commands & (1U << state)) != 0;
}

static void arm_timer(struct smtp_session *s)
{
    int64_t ms = s->config->timeout_ms[s->state];
    if (ms <= 0)
        ms = states[s->state].timeout_ms;
    uv_timer_start(&s->timer, on_timer, (uint64_t)ms, 0);
}

static void session_enter(struct smtp_session *s, enum smtp_state state)
{
    assert(state == SMTP_STATE_CLOSED || (states[s->state].next & (1U << state)) != 0);
    assert(s->state != SMTP_STATE_CLOSED);
    log_debug("smtp", "session=%p %s -> %s", (void *)s, smtp_state_word(s->state), smtp_state_word(state));
    s->state = state;
    if (state == SMTP_STATE_CLOSED) {
        s->ops->close(s->wire);
        s->wire = NULL;
        uv_timer_stop(&s->timer);
        uv_close((uv_handle_t *)&s->timer, on_timer_closed);
        return;
    }
    arm_timer(s);
    if (is_command(state) && (s->written & (1U << state)) == 0)
        put(s, state);
    if (state == SMTP_STATE_BODY)
        smtp_stuffer_init(&s->stuffer, s->job->data, s->job->len);
}

static void decide(struct smtp_session *s, const struct outcome *outcome)
{
    if (s->decided)
        return;
    s->verdict = *outcome;
    s->decided = true;
}

/* The job in flight, if any, gets its outcome when the timer's handle has closed. */
static void session_close(struct smtp_session *s, const struct outcome *why)
{
    s->has_why = true;
    s->why = *why;
    if (s->job)
        decide(s, why);
    session_enter(s, SMTP_STATE_CLOSED);
}

static void session_break(struct smtp_session *s, enum smtp_break how, const char *detail)
{
    struct outcome why;
    smtp_policy_break(s->state, how, detail, &why);
    if (s->state == SMTP_STATE_QUIT) /* all is done, what the goodbye meets is of no interest */
        session_enter(s, SMTP_STATE_CLOSED);
    else
        session_close(s, &why);
}

/* The verdict is known and the connection in step: over to the owner, and on to the next job or to QUIT. */
static void session_finish(struct smtp_session *s)
{
    assert(s->job && s->decided);
    const struct smtp_job *job = s->job;
    struct outcome verdict = s->verdict;
    s->job = NULL;
    s->decided = false;
    s->messages++;
    bool is_full = s->config->max_messages > 0 && s->messages >= s->config->max_messages;
    session_enter(s, s->quitting || is_full || s->refusals >= SMTP_REFUSALS_MAX ? SMTP_STATE_QUIT : SMTP_STATE_IDLE);
    s->events.on_outcome(s, job, &verdict, s->ctx);
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

static void after_mail(struct smtp_session *s, bool accepted)
{
    s->transaction = accepted;
    if (s->decided && (s->written & SMTP_TO(RCPT)) == 0)
        session_finish(s);
    else
        session_enter(s, SMTP_STATE_RCPT);
}

static void after_rcpt(struct smtp_session *s, bool accepted)
{
    s->rcpt_taken = accepted;
    if (s->decided && (s->written & SMTP_TO(DATA)) == 0)
        session_finish(s);
    else
        session_enter(s, SMTP_STATE_DATA);
}

static void after_data(struct smtp_session *s, const struct smtp_reply *r)
{
    if (r->code != 354)
        session_finish(s);
    else if (!s->decided)
        session_enter(s, SMTP_STATE_BODY);
    else if (!s->rcpt_taken)
        session_enter(s, SMTP_STATE_CANCEL);
    else
        session_break(s, SMTP_BREAK_PROTOCOL, "MAIL refused and RCPT accepted");
}

/* Is this code an answer to the state's command at all? Before the whole body has left only a refusal is, and nothing
 * but 421 (seen before) is an answer to silence. */
static bool is_answer(enum smtp_state state, int code)
{
    int class = code / 100;
    if (class == 4 || class == 5)
        return state != SMTP_STATE_IDLE && state != SMTP_STATE_CHECK && state != SMTP_STATE_RSET;
    if (state == SMTP_STATE_DATA)
        return code == 354;
    return class == 2 && state != SMTP_STATE_BODY && state != SMTP_STATE_IDLE && state != SMTP_STATE_CHECK;
}

static void take_refusal(struct smtp_session *s, const struct smtp_reply *r)
{
    struct outcome refused;
    s->refusals++;
    smtp_policy_reply(s->state, r, &refused);
    decide(s, &refused);
}

static void take_reply(struct smtp_session *s, const struct smtp_reply *r)
{
    if (s->state == SMTP_STATE_QUIT) {
        session_enter(s, SMTP_STATE_CLOSED);
        return;
    }
    struct outcome why;
    if (r->code == 421 || (s->state == SMTP_STATE_BODY && r->code >= 400)) {
        smtp_policy_reply(s->state, r, &why);
        session_close(s, &why); /* it hangs up, or has stopped listening to the body: nothing more to say */
        return;
    }
    if (!is_answer(s->state, r->code)) {
        session_break(s, SMTP_BREAK_PROTOCOL, r->text);
        return;
    }
    bool accepted = r->code < 400;
    if (!accepted)
        take_refusal(s, r);
    switch (s->state) {
    case SMTP_STATE_RSET:
        session_enter(s, SMTP_STATE_MAIL);
        break;
    case SMTP_STATE_MAIL:
        after_mail(s, accepted);
        break;
    case SMTP_STATE_RCPT:
        after_rcpt(s, accepted);
        break;
    case SMTP_STATE_DATA:
        after_data(s, r);
        break;
    case SMTP_STATE_DOT:
        if (accepted) {
            smtp_policy_reply(s->state, r, &why);
            decide(s, &why);
        }
        s->transaction = false;
        session_finish(s);
        break;
    case SMTP_STATE_CANCEL:
        s->transaction = false;
        session_finish(s);
        break;
    default:
        abort(); /* is_answer let a reply through to a state that awaits none */
    }
}

/* --- input and output --------------------------------------------------------------------------------------------- */

static bool has_unsent(const struct smtp_session *s)
{
    return s->out_sent < s->out_len;
}

/* `out` has left: the next block of the body, or on to DOT. False when there is nothing to send now. */
static bool refill(struct smtp_session *s)
{
    s->out_len = 0;
    s->out_sent = 0;
    if (s->state != SMTP_STATE_BODY)
        return false;
    if (s->stuffer.ended) {
        session_enter(s, SMTP_STATE_DOT);
        return false;
    }
    s->out_len = smtp_stuffer_next(&s->stuffer, s->out, OUT_BYTES);
    arm_timer(s);
    return true;
}

/* Sends until all has left or the wire takes no more. Never calls up, so send and quit may use it too. */
static void flush(struct smtp_session *s)
{
    while (!s->send_failed && (has_unsent(s) || refill(s))) {
        long n = s->ops->send(s->wire, s->out + s->out_sent, s->out_len - s->out_sent);
        if (n == UV_EAGAIN)
            break;
        if (n <= 0)
            s->send_failed = true;
        else
            s->out_sent += (size_t)n;
    }
    /* After a failure too: it brings on_io, which reports it. */
    s->ops->want_write(s->wire, has_unsent(s));
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
            take_reply(s, &s->parser.reply);
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
        if (has_unsent(s) && s->state != SMTP_STATE_BODY && !s->send_failed)
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

static void on_timer(uv_timer_t *timer)
{
    struct smtp_session *s = timer->data;
    if (s->state == SMTP_STATE_CHECK)
        finish_checked(s);
    else if (s->state == SMTP_STATE_IDLE)
        smtp_session_quit(s);
    else
        session_break(s, SMTP_BREAK_TIMEOUT, NULL);
}

static void on_timer_closed(uv_handle_t *h)
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
    s->config = config;
    s->events = *events;
    s->ctx = ctx;
    s->ops = wire;
    s->state = SMTP_STATE_CONNECT;
    smtp_reply_init(&s->parser);
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    s->wire = wire->open(net, &config->wire, &wire_events, s);
    arm_timer(s);
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
            put(s, SMTP_STATE_RSET);
        put(s, SMTP_STATE_MAIL);
        put(s, SMTP_STATE_RCPT);
        if (s->refusals == 0)
            put(s, SMTP_STATE_DATA);
    }
    session_enter(s, has_old ? SMTP_STATE_RSET : SMTP_STATE_MAIL);
    flush(s);
}

void smtp_session_send(struct smtp_session *s, const struct smtp_job *job)
{
    assert(smtp_session_is_ready(s) && !has_unsent(s));
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
