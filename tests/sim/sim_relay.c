/*
 * The relays: servers with moods. A recipient's mailbox behaves the same at every relay (its address decides), a
 * domain may be away for a while, a relay has good and bad hours.
 *
 * A relay takes responsibility for a mail the moment that it decides on 2xx for the dot, whether or not that answer
 * ever reaches the engine: sim_check_taken is told, and nothing it says afterwards takes that back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/outcome.h"
#include "deliver/smtp_policy.h"
#include "deliver/smtp_reply.h"
#include "sim/sim_wire.h"

enum { FLAKY_PARTS = 60, GREY_S = 180, ERRORS_MAX = 20 };

/* What a mailbox is, by its address: parts of 1000. */
enum mailbox { MAILBOX_FINE, MAILBOX_DEAD, MAILBOX_FULL, MAILBOX_GREY, MAILBOX_SPAM };

static const char *const MOODS[] = {
#define MOOD_WORD(id, word) [SIM_MOOD_##id] = word,
    SIM_MOOD_MAP(MOOD_WORD)
#undef MOOD_WORD
};

const char *sim_mood_word(enum sim_mood mood)
{
    return MOODS[mood];
}

/* --- moods ------------------------------------------------------------------------------------------------------- */

static void set_mood(struct sim *s, struct sim_relay *r, enum sim_mood mood)
{
    sim_trace(s, "%s is %s", r->name, MOODS[mood]);
    r->mood = mood;
    r->good_since_us = mood == SIM_MOOD_GOOD ? s->mono_us : INT64_MAX;
    s->trouble_us = s->mono_us;
}

static void on_mood(struct sim *s, void *who, int64_t arg)
{
    struct sim_relay *r = who;
    (void)arg;
    if (s->is_draining)
        return;
    if (r->mood == SIM_MOOD_GOOD && sim_may(s, 'r')) {
        set_mood(s, r, (enum sim_mood)sim_between(s, 1, SIM_MOOD_COUNT - 1));
        sim_in(s, sim_wait(s, 15 * SIM_MIN), on_mood, r, 0);
    } else {
        set_mood(s, r, SIM_MOOD_GOOD);
        sim_in(s, sim_wait(s, 90 * SIM_MIN), on_mood, r, 0);
    }
}

static void on_domain(struct sim *s, void *who, int64_t arg)
{
    (void)who;
    (void)arg;
    if (s->is_draining)
        return;
    if (sim_may(s, 'd'))
        s->people.domain_away_until[sim_pick(s, SIM_DOMAINS)] = s->mono_us + sim_wait(s, 40 * SIM_MIN);
    sim_in(s, sim_wait(s, 2 * SIM_HOUR), on_domain, NULL, 0);
}

void sim_relay_start(struct sim *s)
{
    s->relay_count = (int)sim_between(s, 1, SIM_RELAYS_MAX);
    for (int i = 0; i < s->relay_count; i++) {
        struct sim_relay *r = &s->relays[i];
        *r = (struct sim_relay){.index = i,
                                .has_pipelining = sim_happens(s, 750),
                                .latency_us = sim_between(s, 100, 20000),
                                .service_us = sim_between(s, 50, 8000),
                                .bytes_per_ms = sim_between(s, 100, 20000),
                                .window_bytes = sim_between(s, 2000, 200000),
                                .admits = (int)sim_between(s, 2, SIM_CONNECTIONS_MAX),
                                .takes_recipients = sim_happens(s, 300) ? (int)sim_between(s, 1, 30) : 0,
                                .good_since_us = s->mono_us};
        snprintf(r->name, sizeof r->name, "relay%d", i);
        sim_in(s, sim_wait(s, SIM_HOUR), on_mood, r, 0);
    }
    sim_in(s, sim_wait(s, SIM_HOUR), on_domain, NULL, 0);
}

void sim_relay_all_good(struct sim *s)
{
    for (int i = 0; i < s->relay_count; i++) {
        set_mood(s, &s->relays[i], SIM_MOOD_GOOD);
        s->relays[i].admits = SIM_CONNECTIONS_MAX * 2;
    }
    memset(s->people.domain_away_until, 0, sizeof s->people.domain_away_until);
}

/* --- mailboxes --------------------------------------------------------------------------------------------------- */

static enum mailbox mailbox_of(const struct sim *s, const struct sim_row *row)
{
    uint64_t h = s->options.seed;
    for (const char *p = row->address; *p; p++)
        h = sim_mix(h ^ (unsigned char)*p);
    int part = (int)(h % 1000);
    return part < 30    ? MAILBOX_DEAD
           : part < 45  ? MAILBOX_FULL
           : part < 120 ? MAILBOX_GREY
           : part < 130 ? MAILBOX_SPAM
                        : MAILBOX_FINE;
}

/* d7.example.se is domain 7. */
static bool domain_is_away(const struct sim *s, const struct sim_row *row)
{
    const char *at = strchr(row->address, '@');
    int64_t n = at ? strtol(at + 2, NULL, 10) : 0;
    return s->mono_us < s->people.domain_away_until[n % SIM_DOMAINS];
}

static const char *rcpt_answer(struct smtp_wire *w, struct sim_row *row)
{
    struct sim *s = w->s;
    if (w->relay->takes_recipients > 0 && w->taken_count >= w->relay->takes_recipients)
        return "452 4.5.3 Too many recipients\r\n";
    if (domain_is_away(s, row))
        return "451 4.4.1 The domain's server is away\r\n";
    switch (mailbox_of(s, row)) {
    case MAILBOX_DEAD:
        return "550 5.1.1 No such mailbox\r\n";
    case MAILBOX_FULL:
        return s->is_draining ? NULL : "452 4.2.2 Mailbox full\r\n";
    case MAILBOX_GREY:
        if (row->greeted == 0) {
            row->greeted = 1;
            row->greeted_us = s->mono_us;
        }
        return s->mono_us - row->greeted_us < GREY_S * SIM_S ? "450 4.7.1 Greylisted\r\n" : NULL;
    default:
        return NULL;
    }
}

/* One picky recipient is enough. */
static const char *dot_answer(struct smtp_wire *w)
{
    for (int i = 0; i < w->taken_count; i++)
        if (mailbox_of(w->s, w->taken[i]) == MAILBOX_SPAM && !w->s->is_draining)
            return "550 5.7.1 Message refused by policy\r\n";
    return w->relay->mood == SIM_MOOD_BUSY && sim_happens(w->s, 500) ? "451 4.3.2 Try later\r\n" : NULL;
}

/* --- conversation ------------------------------------------------------------------------------------------------ */

static void refuse(struct outcome *why, enum smtp_connect_failure failure, int code, const char *status,
                   const char *text)
{
    struct smtp_reply reply = {.code = code};
    snprintf(reply.status, sizeof reply.status, "%s", status);
    snprintf(reply.text, sizeof reply.text, "%s", text);
    smtp_policy_connect(failure, code ? &reply : NULL, code ? NULL : text, why);
}

/* An idle or busy connection breaks by itself. */
static void on_break(struct sim *s, void *who, int64_t arg)
{
    struct smtp_wire *w = who;
    static const struct sim_item unasked = {.step = STEP_UNASKED, .code = 421};
    (void)arg;
    if (!w->is_closed && !w->server_gone) {
        int64_t how = sim_pick(s, 3);
        if (how == 0)
            sim_wire_reset(w);
        if (how == 1)
            sim_wire_say(w, &unasked, "421 4.4.2 Closing\r\n");
        if (how >= 1)
            sim_wire_hang_up(w);
    }
    sim_wire_event_ends(w);
}

enum sim_open sim_relay_open(struct smtp_wire *w, struct outcome *why)
{
    struct sim *s = w->s;
    struct sim_relay *r = w->relay;
    if (r->mood == SIM_MOOD_AWAY && sim_happens(s, 300))
        return OPEN_HANGS;
    if (r->mood == SIM_MOOD_AWAY) {
        refuse(why, SMTP_CONNECT_NETWORK, 0, "", "connection refused");
    } else if (r->served >= r->admits || (r->mood == SIM_MOOD_BUSY && sim_happens(s, 600))) {
        refuse(why, SMTP_CONNECT_REFUSED, 421, "4.7.0", "Too many connections");
    } else if (r->mood == SIM_MOOD_POLICY && sim_happens(s, 500)) {
        refuse(why, sim_happens(s, 500) ? SMTP_CONNECT_LOGIN : SMTP_CONNECT_TLS, 535, "5.7.8", "Wrong password");
    } else {
        w->is_served = true;
        r->served++;
        if (r->mood == SIM_MOOD_FLAKY) {
            w->pending++;
            sim_in(s, sim_wait(s, 20 * SIM_S), on_break, w, 0);
        }
        return OPEN_STANDS;
    }
    return OPEN_FAILS;
}

int64_t sim_relay_service_us(struct smtp_wire *w, const struct sim_item *item)
{
    struct sim *s = w->s;
    int64_t us = w->relay->service_us;
    if (w->relay->mood == SIM_MOOD_SLOW)
        us += sim_between(s, 100 * SIM_MS, item->step == STEP_DOT ? 20 * SIM_S : 2 * SIM_S);
    if (w->relay->mood == SIM_MOOD_SLOW && item->step == STEP_DOT && sim_happens(s, 10))
        us += 540 * SIM_S; /* RFC 5321 4.5.3.2.6 lets it take so long */
    return us;
}

static void answer(struct smtp_wire *w, const struct sim_item *item, const char *text)
{
    struct sim_item a = *item;
    a.code = (int)strtol(text, NULL, 10);
    a.is_about_us = (item->step == STEP_MAIL && a.code >= 400 && a.code != 421) ||
                    (a.code >= 500 && (strstr(text, " 5.7.") || strstr(text, " 5.5.")));
    w->errors += a.code >= 400;
    if (a.is_about_us) /* the relay may pause for it */
        w->s->trouble_us = w->s->mono_us;
    sim_wire_say(w, &a, text);
}

/* The mood strikes: true when that is all there is to say. */
static bool strikes(struct smtp_wire *w, const struct sim_item *item)
{
    struct sim *s = w->s;
    enum sim_mood mood = w->relay->mood;
    if (mood == SIM_MOOD_MUTE && sim_happens(s, 150)) {
        sim_trace(s, "%d: mute", w->number);
        w->is_mute = true;
        return true;
    }
    if (mood != SIM_MOOD_FLAKY || !sim_happens(s, FLAKY_PARTS))
        return false;
    switch (sim_pick(s, 6)) {
    case 0:
        sim_wire_reset(w);
        return true;
    case 1:
        sim_wire_hang_up(w);
        return true;
    case 2:
        answer(w, item, "421 4.3.2 Going down\r\n");
        sim_wire_hang_up(w);
        return true;
    case 3:
        answer(w, item, "451 4.3.0 Something broke\r\n");
        w->has_mail = w->has_mail && item->step != STEP_DOT && item->step != STEP_MAIL;
        if (item->step != STEP_RCPT)
            w->taken_count = 0;
        return true;
    case 4:
        answer(w, item, "hello?\r\n");
        sim_wire_hang_up(w);
        return true;
    default:
        return false;
    }
}

static void take_dot(struct smtp_wire *w, const struct sim_item *item)
{
    struct sim *s = w->s;
    int count = w->taken_count;
    const char *refusal = count > 0 ? dot_answer(w) : "554 5.5.1 No valid recipients\r\n";
    w->has_mail = false;
    w->taken_count = 0;
    if (refusal) {
        answer(w, item, refusal);
        return;
    }
    if (count == 0 || item->is_empty)
        sim_fail(s, "%d: an empty mail was taken", w->number);
    for (int i = 0; i < count; i++)
        sim_check_taken(w, item, w->taken[i]);
    w->errors = 0;
    if (w->relay->mood == SIM_MOOD_FLAKY && sim_happens(s, 40)) /* it has the mail, and is gone */
        sim_wire_reset(w);
    else if (w->relay->mood == SIM_MOOD_MUTE && sim_happens(s, 100))
        w->is_mute = true;
    else
        answer(w, item, "250 2.0.0 Queued\r\n");
}

void sim_relay_serve(struct smtp_wire *w, const struct sim_item *item)
{
    const char *refusal = NULL;
    if (strikes(w, item))
        return;
    if (w->errors >= ERRORS_MAX) { /* as Postfix */
        answer(w, item, "421 4.7.0 Too many errors\r\n");
        sim_wire_hang_up(w);
        return;
    }
    switch (item->step) {
    case STEP_MAIL:
        if (w->relay->mood == SIM_MOOD_POLICY)
            refusal = "550 5.7.1 Sender refused\r\n";
        w->has_mail = !refusal;
        w->taken_count = 0;
        answer(w, item, refusal ? refusal : "250 2.1.0 Ok\r\n");
        break;
    case STEP_RCPT:
        refusal = w->has_mail ? rcpt_answer(w, item->row) : "503 5.5.1 MAIL first\r\n";
        if (!refusal)
            w->taken[w->taken_count++] = item->row;
        answer(w, item, refusal ? refusal : "250 2.1.5 Ok\r\n");
        break;
    case STEP_DATA:
        answer(w, item,
               w->taken_count > 0 || (w->has_mail && sim_happens(w->s, 100)) ? "354 Go on\r\n"
                                                                             : "554 5.5.1 No valid recipients\r\n");
        break;
    case STEP_DOT:
        take_dot(w, item);
        break;
    case STEP_RSET:
        w->has_mail = false;
        w->taken_count = 0;
        answer(w, item, "250 2.0.0 Ok\r\n");
        break;
    default:
        answer(w, item, "221 2.0.0 Bye\r\n");
        sim_wire_hang_up(w);
        break;
    }
}
