/*
 * The SMTP dialogue: states, replies, outcomes. The contract and the table of states are in deliver/smtp_session.h and
 * deliver/smtp_state.h, the invariants in smtp_session_private.h.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/log.h"
#include "deliver/smtp_policy.h"
#include "deliver/smtp_session_private.h"

static const struct {
    int64_t timeout_ms;
    unsigned next;
} states[SMTP_STATE_COUNT] = {
#define STATE_ROW(id, word, ms, follow) [SMTP_STATE_##id] = {(ms), (follow)},
    SMTP_STATE_MAP(STATE_ROW)
#undef STATE_ROW
};

void session_check(const struct smtp_session *s)
{
    smtp_output_check(&s->out);
    assert((s->wire == NULL) == (s->state == SMTP_STATE_CLOSED));
    bool works = s->state >= SMTP_STATE_CHECK && s->state <= SMTP_STATE_CANCEL;
    assert(s->state == SMTP_STATE_CLOSED || works == (s->now.job != NULL));
    assert(s->now.job || (!s->now.decided && !s->now.permitted && !s->next.job));
    assert(s->state != SMTP_STATE_BODY || s->now.permitted);
}

/* --- states ------------------------------------------------------------------------------------------------------- */

static void put(struct smtp_session *s, struct hand *hand, enum smtp_state command)
{
    smtp_output_command(&s->out, command, hand->job, &s->caps);
    hand->written |= 1U << command;
    s->wrote = true;
}

void session_arm(struct smtp_session *s)
{
    int64_t ms = s->config->timeout_ms[s->state];
    if (ms <= 0)
        ms = states[s->state].timeout_ms;
    uv_timer_start(&s->timer, session_on_timer, (uint64_t)ms, 0);
}

void session_enter(struct smtp_session *s, enum smtp_state state)
{
    assert(state == SMTP_STATE_CLOSED || (states[s->state].next & (1U << state)) != 0);
    assert(s->state != SMTP_STATE_CLOSED);
    log_debug("smtp", "session=%p %s -> %s", (void *)s, smtp_state_word(s->state), smtp_state_word(state));
    s->state = state;
    if (state == SMTP_STATE_CLOSED) {
        s->ops->close(s->wire);
        s->wire = NULL;
        uv_timer_stop(&s->timer);
        uv_close((uv_handle_t *)&s->timer, session_on_timer_closed);
        return;
    }
    session_arm(s);
    if (smtp_output_is_command(state) && (s->now.written & (1U << state)) == 0) {
        bool fits = smtp_output_make_room(&s->out);
        assert(fits);
        put(s, &s->now, state);
    }
    s->body_begun = false;
    if (state == SMTP_STATE_BODY)
        smtp_output_begin_body(&s->out, s->now.job->data, s->now.job->len);
}

static void put_envelope(struct smtp_session *s, struct hand *hand)
{
    put(s, hand, SMTP_STATE_MAIL);
    put(s, hand, SMTP_STATE_RCPT);
    if (s->refusals == 0)
        put(s, hand, SMTP_STATE_DATA);
}

void session_put_ahead(struct smtp_session *s)
{
    struct hand *next = &s->next;
    bool after_dot = s->state == SMTP_STATE_DOT || (s->state == SMTP_STATE_BODY && smtp_output_has_dot(&s->out));
    if (after_dot && next->job && !next->decided && !next->written && smtp_output_make_room(&s->out))
        put_envelope(s, next);
}

static void begin_transaction(struct smtp_session *s)
{
    bool has_old = s->transaction;
    bool fits = smtp_output_make_room(&s->out);
    assert(fits);
    if (s->caps.pipelining) {
        if (has_old)
            put(s, &s->now, SMTP_STATE_RSET);
        put_envelope(s, &s->now);
    }
    session_enter(s, has_old ? SMTP_STATE_RSET : SMTP_STATE_MAIL);
}

void session_begin(struct smtp_session *s)
{
    assert(s->now.job && s->state == SMTP_STATE_IDLE);
    s->rcpt_taken = false;
    if (s->now.decided)
        session_enter(s, SMTP_STATE_CHECK);
    else if (s->now.written)
        session_enter(s, SMTP_STATE_MAIL);
    else
        begin_transaction(s);
}

static void decide(struct hand *hand, const struct outcome *outcome, bool is_untouched)
{
    if (!hand->job || hand->decided)
        return;
    hand->verdict = *outcome;
    hand->decided = true;
    if (is_untouched)
        hand->verdict.kind = OUTCOME_UNTOUCHED;
}

void session_close(struct smtp_session *s, enum smtp_break how, const struct outcome *why)
{
    s->has_why = true;
    s->why = *why;
    bool is_unbegun = s->state == SMTP_STATE_BODY && !s->body_begun;
    enum smtp_state reached = is_unbegun ? SMTP_STATE_PERMIT : s->state;
    decide(&s->now, why, smtp_policy_is_untouched(reached, how, s->has_worked));
    decide(&s->next, why, true);
    session_enter(s, SMTP_STATE_CLOSED);
}

void session_break(struct smtp_session *s, enum smtp_break how, const char *detail)
{
    struct outcome why;
    smtp_policy_break(s->state, how, detail, &why);
    if (s->state == SMTP_STATE_QUIT) /* all is done, what the goodbye meets is of no interest */
        session_enter(s, SMTP_STATE_CLOSED);
    else
        session_close(s, how, &why);
}

void session_finish(struct smtp_session *s)
{
    assert(s->now.job && s->now.decided);
    const struct hand done = s->now;
    s->now = s->next;
    s->next = (struct hand){.job = NULL};
    s->messages++;
    bool is_full = s->config->max_messages > 0 && s->messages >= s->config->max_messages;
    bool is_leaving = s->quitting || is_full || s->refusals >= SMTP_REFUSALS_MAX;
    if (s->hangs_up)
        session_enter(s, SMTP_STATE_CLOSED);
    else
        session_enter(s, is_leaving && !s->now.job ? SMTP_STATE_QUIT : SMTP_STATE_IDLE);
    if (s->now.job)
        session_begin(s);
    s->events.on_outcome(s, done.job, &done.verdict, s->ctx);
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

static void after_mail(struct smtp_session *s, bool accepted)
{
    s->transaction = accepted;
    if (s->now.decided && (s->now.written & SMTP_TO(RCPT)) == 0)
        session_finish(s);
    else
        session_enter(s, SMTP_STATE_RCPT);
}

static void after_rcpt(struct smtp_session *s, bool accepted)
{
    s->rcpt_taken = accepted;
    if (s->now.decided && (s->now.written & SMTP_TO(DATA)) == 0)
        session_finish(s);
    else
        session_enter(s, SMTP_STATE_DATA);
}

static void after_data(struct smtp_session *s, const struct smtp_reply *r)
{
    if (r->code != 354)
        session_finish(s);
    else if (!s->now.decided)
        session_enter(s, s->now.permitted ? SMTP_STATE_BODY : SMTP_STATE_PERMIT);
    else if (!s->rcpt_taken)
        session_enter(s, SMTP_STATE_CANCEL);
    else
        session_break(s, SMTP_BREAK_PROTOCOL, "MAIL refused and RCPT accepted");
}

/* Is this code an answer to the state's command at all? Before the whole body has left only a refusal is, and nothing
 * but 421 (seen before) is an answer to silence. */
static bool is_answer(enum smtp_state state, int code)
{
    const unsigned silent = SMTP_TO(IDLE) | SMTP_TO(CHECK);
    const unsigned sending = SMTP_TO(PERMIT) | SMTP_TO(BODY);
    unsigned bit = 1U << state;
    int class = code / 100;
    if (class == 4 || class == 5)
        return (bit & (silent | SMTP_TO(RSET))) == 0;
    if (state == SMTP_STATE_DATA)
        return code == 354;
    return class == 2 && (bit & (silent | sending)) == 0;
}

static void take_refusal(struct smtp_session *s, const struct smtp_reply *r)
{
    struct outcome refused;
    s->refusals++;
    smtp_policy_reply(s->state, r, &refused);
    decide(&s->now, &refused, false);
}

void session_take_reply(struct smtp_session *s, const struct smtp_reply *r)
{
    if (s->state == SMTP_STATE_QUIT) {
        session_enter(s, SMTP_STATE_CLOSED);
        return;
    }
    struct outcome why;
    bool waits_for_body = s->state == SMTP_STATE_PERMIT || s->state == SMTP_STATE_BODY;
    if (r->code == 421 || (waits_for_body && r->code >= 400)) {
        /* It hangs up, or has stopped listening to the body: nothing more to say. */
        smtp_policy_reply(s->state, r, &why);
        session_close(s, r->code == 421 ? SMTP_BREAK_CLOSED : SMTP_BREAK_PROTOCOL, &why);
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
            decide(&s->now, &why, false);
            s->has_worked = true;
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
