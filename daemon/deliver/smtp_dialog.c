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
    assert(s->state != SMTP_STATE_RCPT || (s->now.at < s->now.asked && s->now.asked <= s->now.job->to_count));
}

/* --- states ------------------------------------------------------------------------------------------------------- */

/* The first recipient from number `i` on that may be asked for; to_count when there is none. */
static int next_asked(const struct smtp_job *job, int i)
{
    while (i < job->to_count && job->to[i].is_barred)
        i++;
    return i;
}

static void put(struct smtp_session *s, struct hand *hand, enum smtp_state command)
{
    smtp_output_command(&s->out, command, hand->job, &s->caps);
    hand->written |= 1U << command;
    s->wrote = true;
}

/* RCPT for those in [asked, end). */
static void put_rcpts(struct smtp_session *s, struct hand *hand, int end)
{
    const struct smtp_job *job = hand->job;
    for (int i = next_asked(job, hand->asked); i < end; i = next_asked(job, i + 1))
        smtp_output_rcpt(&s->out, job->to[i].address, i == hand->at);
    hand->asked = end;
    hand->written |= SMTP_TO(RCPT);
    s->wrote = true;
}

void session_arm(struct smtp_session *s)
{
    int64_t ms = s->config->timeout_ms[s->state];
    if (ms <= 0)
        ms = states[s->state].timeout_ms;
    uv_timer_start(&s->timer, session_on_timer, (uint64_t)ms, 0);
}

static bool is_unwritten(const struct smtp_session *s, enum smtp_state command)
{
    if (command == SMTP_STATE_RCPT)
        return s->now.at >= s->now.asked;
    return smtp_output_is_command(command) && (s->now.written & (1U << command)) == 0;
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
    if (is_unwritten(s, state)) {
        bool fits = smtp_output_make_room(&s->out, s->now.job);
        assert(fits);
        if (state == SMTP_STATE_RCPT)
            put_rcpts(s, &s->now, s->now.at + 1);
        else
            put(s, &s->now, state);
    }
    s->body_begun = false;
    if (state == SMTP_STATE_BODY)
        smtp_output_begin_body(&s->out, s->now.job->data, s->now.job->len);
}

static void put_envelope(struct smtp_session *s, struct hand *hand)
{
    put(s, hand, SMTP_STATE_MAIL);
    put_rcpts(s, hand, hand->job->to_count);
    if (s->refusals == 0 || hand->job->to_count > 1)
        put(s, hand, SMTP_STATE_DATA);
}

void session_put_ahead(struct smtp_session *s)
{
    struct hand *next = &s->next;
    bool after_dot = s->state == SMTP_STATE_DOT || (s->state == SMTP_STATE_BODY && smtp_output_has_dot(&s->out));
    if (after_dot && next->job && !next->decided && !next->written && smtp_output_make_room(&s->out, next->job))
        put_envelope(s, next);
}

static void begin_transaction(struct smtp_session *s)
{
    bool has_old = s->transaction;
    bool fits = smtp_output_make_room(&s->out, s->now.job);
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
    if (s->now.decided)
        session_enter(s, SMTP_STATE_CHECK);
    else if (s->now.written)
        session_enter(s, SMTP_STATE_MAIL);
    else
        begin_transaction(s);
}

static void decide_one(struct smtp_recipient *to, const struct outcome *outcome, bool is_untouched)
{
    if (to->is_decided)
        return;
    *to->outcome = *outcome;
    to->is_decided = true;
    if (is_untouched)
        to->outcome->kind = OUTCOME_UNTOUCHED;
}

void session_decide(struct hand *hand, const struct outcome *outcome, bool is_untouched)
{
    if (!hand->job || hand->decided)
        return;
    for (int i = 0; i < hand->job->to_count; i++)
        decide_one(&hand->job->to[i], outcome, is_untouched);
    hand->decided = true;
}

/* A server may hang up because of too many recipients without saying so; or its answers to those before are lost with
 * the connection. */
static bool may_be_crowded(struct smtp_session *s, enum smtp_state reached, enum smtp_break how,
                           const struct outcome *why)
{
    unsigned steps = SMTP_TO(RCPT) | SMTP_TO(DATA) | SMTP_TO(PERMIT);
    bool has_gone = how == SMTP_BREAK_CLOSED || how == SMTP_BREAK_LOST;
    if (s->now.asked > 0 && why->code == 0)
        steps |= SMTP_TO(MAIL);
    if (!has_gone || (steps & (1U << reached)) == 0 || !s->now.job || s->now.job->to_count < 2)
        return false;
    s->now.most = s->now.job->to_count / 2;
    return true;
}

void session_close(struct smtp_session *s, enum smtp_break how, const struct outcome *why)
{
    s->has_why = true;
    s->why = *why;
    bool is_unbegun = s->state == SMTP_STATE_BODY && !s->body_begun;
    enum smtp_state reached = is_unbegun ? SMTP_STATE_PERMIT : s->state;
    bool may_be_limit = may_be_crowded(s, reached, how, why) || s->has_worked;
    session_decide(&s->now, why, smtp_policy_is_untouched(reached, how, may_be_limit));
    session_decide(&s->next, why, true);
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
    s->recipients_max = done.most;
    s->events.on_outcome(s, done.job, s->ctx);
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

/* Enough refusals on this connection, and more recipients to ask. Where they have not been asked they are left out;
 * else we hang up, in good order (has_why is false). */
static bool stop_asking(struct smtp_session *s)
{
    struct outcome why;
    struct hand *now = &s->now;
    smtp_policy_break(SMTP_STATE_RCPT, SMTP_BREAK_TIRED, NULL, &why);
    if (now->asked > now->at) {
        session_decide(now, &why, true);
        session_decide(&s->next, &why, true);
        session_enter(s, SMTP_STATE_CLOSED);
        return true;
    }
    for (int i = now->at; i < now->job->to_count; i++)
        decide_one(&now->job->to[i], &why, true);
    now->at = now->job->to_count;
    return false;
}

static void after_rcpt(struct smtp_session *s, bool accepted)
{
    struct hand *now = &s->now;
    const struct smtp_job *job = now->job;
    now->taken += accepted;
    job->to[now->at].is_taken = accepted;
    now->at = next_asked(job, now->at + 1);
    if (now->at < job->to_count && s->refusals >= SMTP_REFUSALS_MAX && stop_asking(s))
        return;
    if (now->at < job->to_count) {
        if (now->asked > now->at)
            smtp_output_next_rcpt(&s->out, job->to[now->at].address);
        session_enter(s, SMTP_STATE_RCPT);
        return;
    }
    now->decided = now->decided || now->taken == 0;
    if (now->decided && (now->written & SMTP_TO(DATA)) == 0)
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
    else if (s->now.taken == 0)
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
    struct hand *now = &s->now;
    bool is_full = s->state == SMTP_STATE_RCPT && now->taken > 0 && smtp_policy_is_too_many(r);
    s->refusals += !is_full;
    smtp_policy_reply(s->state, r, &refused);
    if (is_full)
        now->most = now->taken;
    if (s->state == SMTP_STATE_RCPT)
        decide_one(&now->job->to[now->at], &refused, is_full);
    else
        session_decide(now, &refused, false);
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
            session_decide(&s->now, &why, false);
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
