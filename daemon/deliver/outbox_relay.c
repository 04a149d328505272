/*
 * The outbox's sessions with the relay: opening, sending, pausing.
 *
 * A session that cannot be opened, or refusals that concern us (login, sender, TLS, policy), pause the relay: 1 s,
 * doubling to 60 s; what was queued goes back to the ledger untouched. After a pause one session tries first; the first
 * delivery that is taken ends the pauses.
 *
 * A session may end by itself at any time (idle, the relay hangs up, a new configuration), and says so only in a later
 * turn of the loop. Therefore a slot that stands READY is asked whether its session still is.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/outbox_private.h"

/* --- configuration --------------------------------------------------------------------------------------------- */

static const struct config_relay *first_relay(const struct config *config)
{
    const struct config_relay *best = &config->relays[0];
    for (size_t i = 1; i < config->relay_count; i++)
        if (config->relays[i].priority < best->priority)
            best = &config->relays[i];
    return best;
}

static const char *set_or_null(const char *text)
{
    return text && text[0] ? text : NULL;
}

static void session_configure(struct outbox *o)
{
    const struct config_relay *r = o->relay;
    static const enum smtp_tls tls[] = {[CONFIG_TLS_REQUIRED] = SMTP_TLS_REQUIRED,
                                        [CONFIG_TLS_OPPORTUNISTIC] = SMTP_TLS_OPPORTUNISTIC,
                                        [CONFIG_TLS_NONE] = SMTP_TLS_NONE};
    struct smtp_session_config *c = &o->session_config;
    *c = (struct smtp_session_config){.wire = {.url = r->url.text,
                                               .tls = tls[r->tls],
                                               .ca_file = set_or_null(r->ca_file),
                                               .username = set_or_null(r->username),
                                               .password = r->password,
                                               .helo = r->helo[0] ? r->helo : o->env.sender->envelope_domain,
                                               .connect_ms = r->connect_timeout_s * 1000},
                                      .max_messages = r->max_messages_per_connection};
    c->timeout_ms[SMTP_STATE_CONNECT] = r->connect_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_MAIL] = r->reply_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_RCPT] = r->reply_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_DATA] = r->reply_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_DOT] = r->final_timeout_s * 1000;
    c->timeout_ms[SMTP_STATE_IDLE] = r->idle_timeout_s * 1000;
}

void relay_configure(struct outbox *o, const struct config *config)
{
    o->config = config;
    o->relay = first_relay(config);
    o->slot_count = o->relay->connections < OUTBOX_SLOTS_MAX ? o->relay->connections : OUTBOX_SLOTS_MAX;
    o->policy = (struct delivery_policy){.retry_first_us = config->letter.retry_first_s * US_PER_S,
                                         .retry_max_us = config->letter.retry_max_s * US_PER_S,
                                         .retry_max_age_us = config->letter.retry_max_age_s * US_PER_S};
    if (o->relay->rate_per_minute <= 0 || o->tokens_ms == 0)
        o->tokens = 1;
    o->tokens_ms = outbox_mono_ms(o);
    o->paused_until_ms = 0; /* whoever changed the configuration may have mended it */
    o->pauses = 0;
    o->our_faults = 0;
    o->problem[0] = '\0';
    session_configure(o);
}

/* --- pauses and rates ------------------------------------------------------------------------------------------ */

bool relay_is_paused(const struct outbox *o)
{
    return o->paused_until_ms > outbox_mono_ms(o);
}

void relay_pause(struct outbox *o, const struct outcome *why)
{
    int64_t wait = OUTBOX_PAUSE_FIRST_MS;
    char text[OUTCOME_TEXT_BYTES];
    if (relay_is_paused(o))
        return; /* several sessions fail for one reason */
    for (int i = 0; i < o->pauses && wait < OUTBOX_PAUSE_MAX_MS; i++)
        wait *= 2;
    if (wait > OUTBOX_PAUSE_MAX_MS)
        wait = OUTBOX_PAUSE_MAX_MS;
    o->pauses++;
    o->paused_until_ms = outbox_mono_ms(o) + wait;
    text_mask_addresses(why->text, text, sizeof text);
    snprintf(o->problem, sizeof o->problem, "%s: %.200s", why->step ? why->step : "relay", text);
    log_warn("outbox", "relay=%s pauses seconds=%lld step=%s code=%d reply=%.200s", o->relay->name,
             (long long)(wait / 1000), why->step ? why->step : "-", why->code, text);
    o->look_ms = o->paused_until_ms;
    outbox_give_back(o, NULL);
    outbox_pump(o);
}

/* A token bucket over monotonic time: a second's worth at most, so that a pause does not become a burst. */
static void refill_tokens(struct outbox *o)
{
    int rate = o->relay->rate_per_minute;
    int64_t now = outbox_mono_ms(o);
    double most = rate < 60 ? 1 : rate / 60.0;
    o->tokens += (double)(now - o->tokens_ms) * rate / 60000.0;
    o->tokens_ms = now;
    if (o->tokens > most)
        o->tokens = most;
}

static bool take_token(struct outbox *o)
{
    int rate = o->relay->rate_per_minute;
    if (rate <= 0)
        return true;
    refill_tokens(o);
    if (o->tokens < 1) {
        o->send_ms = o->tokens_ms + (int64_t)((1 - o->tokens) * 60000.0 / rate) + 1;
        return false;
    }
    o->tokens -= 1;
    return true;
}

/* How many more letters may be on the wire: the connections reserved for alerts stay free of them, but one may always
 * be. */
static int letter_room(const struct outbox *o)
{
    int most = o->slot_count - o->relay->reserved_for_alerts;
    int letters = 0;
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++)
        letters += (o->slots[i].state == SLOT_SENDING || o->slots[i].state == SLOT_RECORDING) &&
                   o->slots[i].job.lane == LANE_LETTER;
    if (most < 1)
        most = 1;
    return letters < most ? most - letters : 0;
}

bool relay_admits(struct outbox *o, enum lane lane)
{
    return (lane != LANE_LETTER || letter_room(o) > 0) && take_token(o);
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

static void on_ready(struct smtp_session *session, void *ctx)
{
    struct slot *slot = ctx;
    (void)session;
    if (slot->state == SLOT_CONNECTING)
        slot->state = SLOT_READY;
    outbox_pump(slot->o);
}

/* A refusal of MAIL says that the relay does not want us; one of a recipient or of a letter may be about that one, so
 * several in a row have to say it. */
static void on_our_fault(struct outbox *o, const struct outcome *outcome)
{
    bool is_sender = outcome->step && strcmp(outcome->step, smtp_state_word(SMTP_STATE_MAIL)) == 0;
    char text[OUTCOME_TEXT_BYTES];
    if (is_sender || ++o->our_faults >= OUTBOX_OUR_FAULTS_MAX) {
        relay_pause(o, outcome);
        return;
    }
    log_warn("outbox", "relay=%s refuses a letter because of us step=%s code=%d reply=%.200s", o->relay->name,
             outcome->step ? outcome->step : "-", outcome->code, text_mask_addresses(outcome->text, text, sizeof text));
}

static void on_outcome(struct smtp_session *session, const struct smtp_job *job, const struct outcome *outcome,
                       void *ctx)
{
    struct slot *slot = ctx;
    struct outbox *o = slot->o;
    (void)job;
    assert(slot->state == SLOT_SENDING);
    if (smtp_session_is_ready(session))
        slot->has_worked = true;
    if (outcome->kind == OUTCOME_SENT) {
        slot->has_worked = true;
        o->pauses = 0;
        o->our_faults = 0;
        o->problem[0] = '\0';
    }
    outbox_record(o, slot, &slot->job, outcome, slot->relay);
    if (outcome->kind == OUTCOME_OUR_FAULT)
        on_our_fault(o, outcome);
}

/* Did the session end in a way that says the relay is away? One that did its work, or had none, may end as it likes. */
static bool is_away(const struct slot *slot, const struct outcome *why)
{
    if (!why || slot->o->is_stopping || slot->state == SLOT_LEAVING)
        return false;
    return slot->state == SLOT_CONNECTING || (slot->has_tried && !slot->has_worked);
}

static void on_closed(struct smtp_session *session, const struct outcome *why, void *ctx)
{
    struct slot *slot = ctx;
    struct outbox *o = slot->o;
    (void)session;
    bool away = is_away(slot, why);
    assert(slot->state != SLOT_EMPTY && slot->state != SLOT_SENDING);
    slot->session = NULL;
    if (slot->state != SLOT_RECORDING)
        slot->state = SLOT_EMPTY;
    if (away) {
        o->counters.connect_failures++;
        relay_pause(o, why);
    }
    outbox_pump(o);
}

static const struct smtp_session_events EVENTS = {
    .on_ready = on_ready, .on_outcome = on_outcome, .on_closed = on_closed};

static bool is_ready(const struct slot *slot)
{
    return slot->state == SLOT_READY && smtp_session_is_ready(slot->session);
}

struct slot *relay_ready_slot(struct outbox *o)
{
    for (int i = 0; i < o->slot_count; i++)
        if (is_ready(&o->slots[i]))
            return &o->slots[i];
    return NULL;
}

/* How many sessions what is queued can use now; a paced relay needs no more than a second's worth. */
static int sessions_wanted(const struct outbox *o)
{
    int letters = letter_room(o);
    int wanted = o->queue[LANE_LETTER].count;
    int pace = 1 + o->relay->rate_per_minute / 60;
    if (wanted > letters)
        wanted = letters;
    wanted += o->queue[LANE_ALERT].count + o->queue[LANE_PERSONAL].count;
    return o->relay->rate_per_minute > 0 && wanted > pace ? pace : wanted;
}

void relay_open_sessions(struct outbox *o)
{
    int wanted = sessions_wanted(o);
    int room = (o->pauses > 0 ? 1 : o->slot_count) - relay_open_count(o);
    if (relay_is_paused(o))
        return;
    for (int i = 0; i < o->slot_count; i++)
        wanted -= o->slots[i].state == SLOT_CONNECTING || is_ready(&o->slots[i]);
    for (int i = 0; i < o->slot_count && wanted > 0 && room > 0; i++) {
        struct slot *slot = &o->slots[i];
        if (slot->state != SLOT_EMPTY)
            continue;
        slot->state = SLOT_CONNECTING;
        slot->has_tried = slot->has_worked = false;
        snprintf(slot->relay, sizeof slot->relay, "%s", o->relay->name);
        o->counters.connects++;
        slot->session = smtp_session_start(o->env.loop, o->env.wire, o->env.curl, &o->session_config, &EVENTS, slot);
        wanted--;
        room--;
    }
}

void relay_send(struct slot *slot)
{
    assert(slot->state == SLOT_READY);
    slot->state = SLOT_SENDING;
    slot->has_tried = true;
    smtp_session_send(slot->session, &slot->smtp);
}

void relay_quit_all(struct outbox *o, bool now)
{
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++) {
        struct slot *slot = &o->slots[i];
        if (!slot->session)
            continue;
        if (slot->state == SLOT_READY || slot->state == SLOT_CONNECTING)
            slot->state = SLOT_LEAVING;
        if (now)
            smtp_session_abort(slot->session);
        else
            smtp_session_quit(slot->session);
    }
}

int relay_open_count(const struct outbox *o)
{
    int n = 0;
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++)
        n += o->slots[i].session != NULL;
    return n;
}
