/*
 * One relay of the outbox: its connections, pauses and rate.
 *
 * A session that cannot be opened, or refusals that concern us (login, sender, TLS, policy), pause the relay: 1 s,
 * doubling to 60 s; what was queued goes back to the ledger untouched. After a pause one session tries first; the first
 * delivery that is taken ends the pauses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/outbox_private.h"

struct relay *relay_new(struct outbox *o, const char *name)
{
    struct relay *r = xcalloc(1, sizeof *r);
    r->o = o;
    snprintf(r->name, sizeof r->name, "%s", name);
    return r;
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++)
        slot_free(r->slots[i]);
    free(r);
}

void relay_configure(struct relay *r, const struct config_relay *config)
{
    r->config = config;
    r->connections = config->connections < OUTBOX_SLOTS_MAX ? config->connections : OUTBOX_SLOTS_MAX;
    if (config->rate_per_minute <= 0 || r->tokens_ms == 0)
        r->tokens = 1;
    r->tokens_ms = outbox_mono_ms(r->o);
    r->paused_until_ms = 0; /* whoever changed the configuration may have mended it */
    r->pauses = 0;
    r->our_faults = 0;
    r->problem[0] = '\0';
}

/* --- pauses ---------------------------------------------------------------------------------------------------- */

bool relay_is_paused(const struct relay *r)
{
    return r->paused_until_ms > outbox_mono_ms(r->o);
}

void relay_pause(struct relay *r, const struct outcome *why)
{
    struct outbox *o = r->o;
    int64_t wait = OUTBOX_PAUSE_FIRST_MS;
    char text[OUTCOME_TEXT_BYTES];
    if (relay_is_paused(r))
        return; /* several sessions fail for one reason */
    for (int i = 0; i < r->pauses && wait < OUTBOX_PAUSE_MAX_MS; i++)
        wait *= 2;
    if (wait > OUTBOX_PAUSE_MAX_MS)
        wait = OUTBOX_PAUSE_MAX_MS;
    r->pauses++;
    r->paused_until_ms = outbox_mono_ms(o) + wait;
    text_mask_addresses(why->text, text, sizeof text);
    snprintf(r->problem, sizeof r->problem, "%s: %.200s", why->step ? why->step : "relay", text);
    log_warn("outbox", "relay=%s pauses seconds=%lld step=%s code=%d reply=%.200s", r->name, (long long)(wait / 1000),
             why->step ? why->step : "-", why->code, text);
    o->look_ms = r->paused_until_ms;
    outbox_give_back_queue(o);
}

void relay_works(struct relay *r)
{
    r->pauses = 0;
    r->our_faults = 0;
    r->problem[0] = '\0';
}

/* A refusal of MAIL says that the relay does not want us; one of a recipient or of a letter may be about that one, so
 * several in a row have to say it. */
void relay_on_our_fault(struct relay *r, const struct outcome *outcome)
{
    bool is_sender = outcome->step && strcmp(outcome->step, smtp_state_word(SMTP_STATE_MAIL)) == 0;
    char text[OUTCOME_TEXT_BYTES];
    if (is_sender || ++r->our_faults >= OUTBOX_OUR_FAULTS_MAX) {
        relay_pause(r, outcome);
        return;
    }
    log_warn("outbox", "relay=%s refuses a letter because of us step=%s code=%d reply=%.200s", r->name,
             outcome->step ? outcome->step : "-", outcome->code, text_mask_addresses(outcome->text, text, sizeof text));
}

/* --- rate ------------------------------------------------------------------------------------------------------ */

/* A token bucket over monotonic time: a second's worth at most, so that a pause does not become a burst. */
static void refill_tokens(struct relay *r)
{
    int rate = r->config->rate_per_minute;
    int64_t now = r->o->now_ms;
    double most = rate < 60 ? 1 : rate / 60.0;
    r->tokens += (double)(now - r->tokens_ms) * rate / 60000.0;
    r->tokens_ms = now;
    if (r->tokens > most)
        r->tokens = most;
}

bool relay_take_token(struct relay *r)
{
    int rate = r->config->rate_per_minute;
    if (rate <= 0)
        return true;
    refill_tokens(r);
    if (r->tokens < 1) {
        r->o->send_ms = r->tokens_ms + (int64_t)((1 - r->tokens) * 60000.0 / rate) + 1;
        return false;
    }
    r->tokens -= 1;
    return true;
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

int relay_letter_room(const struct relay *r)
{
    int most = r->connections - r->config->reserved_for_alerts;
    if (most < 1)
        most = 1;
    return r->letters < most ? most - r->letters : 0;
}

/* How many sessions what is queued can use now; a paced relay needs no more than a second's worth. */
static int sessions_wanted(const struct relay *r)
{
    const struct outbox *o = r->o;
    int letters = relay_letter_room(r);
    int wanted = o->queue[LANE_LETTER].count;
    int pace = 1 + r->config->rate_per_minute / 60;
    if (wanted > letters)
        wanted = letters;
    wanted += o->queue[LANE_ALERT].count + o->queue[LANE_PERSONAL].count;
    return r->config->rate_per_minute > 0 && wanted > pace ? pace : wanted;
}

void relay_open_sessions(struct relay *r)
{
    int room = (r->pauses > 0 ? 1 : r->connections) - r->open;
    int wanted = sessions_wanted(r) - r->connecting - r->with_room;
    if (wanted <= 0 || room <= 0 || relay_is_paused(r))
        return;
    for (int i = 0; i < r->connections && wanted > 0 && room > 0; i++) {
        if (!r->slots[i])
            r->slots[i] = slot_new(r);
        if (r->slots[i]->state != SLOT_EMPTY)
            continue;
        slot_open(r->slots[i]);
        wanted--;
        room--;
    }
}

void relay_quit_all(struct relay *r, bool now)
{
    for (int i = 0; i < OUTBOX_SLOTS_MAX; i++)
        if (r->slots[i])
            slot_quit(r->slots[i], now);
}
