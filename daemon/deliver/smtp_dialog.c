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
    assert(s->state == SMTP_STATE_CLOSED || works == (s->job != NULL));
    assert(s->job || !s->decided);
}

/* --- states ------------------------------------------------------------------------------------------------------- */

void session_put(struct smtp_session *s, enum smtp_state command)
{
    smtp_output_command(&s->out, command, s->job, &s->caps);
    s->written |= 1U << command;
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
    if (smtp_output_is_command(state) && (s->written & (1U << state)) == 0)
        session_put(s, state);
    if (state == SMTP_STATE_BODY)
        smtp_output_begin_body(&s->out, s->job->data, s->job->len);
}

static void decide(struct smtp_session *s, const struct outcome *outcome)
{
    if (s->decided)
        return;
    s->verdict = *outcome;
    s->decided = true;
}

/* The job in flight, if any, gets its outcome when the timer's handle has closed. */
void session_close(struct smtp_session *s, const struct outcome *why)
{
    s->has_why = true;
    s->why = *why;
    if (s->job)
        decide(s, why);
    session_enter(s, SMTP_STATE_CLOSED);
}

void session_break(struct smtp_session *s, enum smtp_break how, const char *detail)
{
    struct outcome why;
    smtp_policy_break(s->state, how, detail, &why);
    if (s->state == SMTP_STATE_QUIT) /* all is done, what the goodbye meets is of no interest */
        session_enter(s, SMTP_STATE_CLOSED);
    else
        session_close(s, &why);
}

/* The verdict is known and the connection in step: over to the owner, and on to the next job or to QUIT. */
void session_finish(struct smtp_session *s)
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

void session_take_reply(struct smtp_session *s, const struct smtp_reply *r)
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
