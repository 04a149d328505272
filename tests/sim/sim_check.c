/*
 * The promises, asked where they could break: when bytes leave, when a relay takes a mail, when the ledger changes,
 * between the turns of the loop, at a crash, and at the end. Their texts are in core/ledger.h, deliver/outbox.h and
 * deliver/smtp_session.h; the numbers here are those of the plan's four promises.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/config.h"
#include "sim/sim_wire.h"
#include "store/db.h"
#include "store/store.h"

enum {
    LEFT_MS = 50,   /* what was written already may still leave */
    GATE_MS = 1000, /* OUTBOX_GATE_MS: a wake-up holds the queue up no longer */
    CALM_S = 300,   /* after a fault, pauses last up to a minute */
    ALERT_FIRST_MS = 3000,
    AHEAD_MIN = 32, /* claimed ahead, per lane: this, or AHEAD for each connection */
    AHEAD = 4,
    IN_DOUBT_MAX = 100,
    FAIR_S = 60,
    FAIR_LETTERS = 40,
    PAUSE_MIN = 75, /* a message that is refused because of us may pause so long */
    TURNS_MAX = 20000,
    RELOAD_S = 10,    /* a turn that was under way has ended: the slowest disk takes so long */
    TRIES_ENOUGH = 5, /* a row that is too old may have been tried less, by reason of us */
};

/* --- on the wire ------------------------------------------------------------------------------------------------- */

void sim_check_open(struct smtp_wire *w)
{
    struct sim_relay *r = w->relay;
    if (!r->is_configured)
        sim_fail(w->s, "a connection to %s, which is not configured", r->name);
    if (r->open > r->connections)
        sim_fail(w->s, "%d connections to %s, %d allowed", r->open, r->name, r->connections);
}

/* What was recalled, or held, must not begin once the outbox was told (`told_us`): it asks the ledger, and sends
 * nothing that was queued before for GATE_MS or until it has its answer. */
static void check_told(struct sim *s, const struct sim_row *row, const char *what, int64_t told_us)
{
    int64_t mail_us = row->attempt.mail_us;
    int64_t answered_us = told_us + GATE_MS * SIM_MS + 4 * s->disk.lag_max_us + 500 * SIM_MS;
    bool is_gated = mail_us > told_us + LEFT_MS * SIM_MS && mail_us < told_us + (GATE_MS - 1) * SIM_MS;
    if (told_us > 0 && (is_gated || mail_us > answered_us))
        sim_fail(s, "delivery %lld began though %s %lld ms before", (long long)row->id, what,
                 (long long)((mail_us - told_us) / SIM_MS));
}

static void check_gate(struct sim *s, const struct sim_row *row)
{
    if (row->is_recalled)
        check_told(s, row, "it was recalled", row->told_us);
    if (s->ledger.is_on_hold)
        check_told(s, row, "sending was held", s->ledger.hold_told_us);
}

void sim_check_told(struct sim *s)
{
    struct sim_ledger *l = &s->ledger;
    if (l->is_on_hold && l->hold_told_us == 0)
        l->hold_told_us = s->mono_us;
    for (int i = l->rows.count - 1; l->recalled > 0 && i >= 0; i--) {
        struct sim_row *row = l->rows.all[i].value;
        if (row->is_recalled && row->told_us == 0) {
            row->told_us = s->mono_us;
            l->recalled--;
        }
    }
}

static void check_rate(struct sim *s, struct sim_relay *r)
{
    double now = (double)s->mono_us;
    if (r->rate_per_minute <= 0)
        return;
    double interval = (double)SIM_MIN / r->rate_per_minute;
    double burst = r->rate_per_minute < 60 ? 1 : r->rate_per_minute / 60.0;
    r->tat_us = (r->tat_us > now ? r->tat_us : now) + interval;
    /* An envelope may leave later than its time on a slow line, and one taken back gives its turn to another. */
    if (r->tat_us - now > interval * (burst + 1 + 2 * r->connections))
        sim_fail(s, "%s gets more than %d a minute", r->name, r->rate_per_minute);
}

static bool was_calm(const struct sim *s, int64_t since_us)
{
    bool is_calm = s->trouble_us < since_us;
    for (int i = 0; i < s->relay_count; i++)
        is_calm = is_calm && s->relays[i].good_since_us < since_us && s->relays[i].admits >= s->relays[i].connections;
    for (const struct smtp_wire *w = s->wires; w; w = w->next)
        is_calm = is_calm && (w->is_closed || !w->is_mute); /* an answer that may take ten minutes */
    return is_calm;
}

/* In a calm world the first of an alert is on its way at once. */
static void check_alert(struct sim *s, const struct sim_row *row)
{
    struct sim_message *m = sim_ledger_message(s, row->message_id);
    bool is_first = !m->has_begun;
    m->has_begun = true;
    if (row->lane != LANE_ALERT || !is_first || row->is_deferred || !was_calm(s, m->made_us - CALM_S * SIM_S))
        return;
    int64_t waited = s->mono_us - m->made_us;
    if (waited > ALERT_FIRST_MS * SIM_MS)
        sim_fail(s, "an alert waited %lld ms, and nothing was in its way", (long long)(waited / SIM_MS));
}

void sim_check_mail(struct smtp_wire *w, struct sim_row *row)
{
    struct sim *s = w->s;
    struct sim_attempt *a = &row->attempt;
    if (row->state != DELIVERY_CLAIMED && row->claim_life != s->life)
        sim_fail(s, "delivery %lld is on the wire and %s", (long long)row->id, delivery_state_word(row->state));
    if (row->state != DELIVERY_CLAIMED)
        return; /* an envelope that was written already when it was taken back; its body must not follow */
    if (a->has_dot)
        sim_fail(s, "delivery %lld is sent twice for one claim", (long long)row->id);
    check_rate(s, w->relay);
    check_alert(s, row);
    *a = (struct sim_attempt){.mail_us = s->mono_us, .wire = w->number, .relay = w->relay};
    sim_ledger_message(s, row->message_id)->begun++;
    s->result->letters++;
}

static const char *domain_of(const struct sim_row *row)
{
    const char *at = strchr(row->address, '@');
    return at ? at : "";
}

static bool carries_for(const struct smtp_wire *w, const char *domain)
{
    for (int i = 0; !w->is_closed && w->body_all && i < w->body_all->count; i++)
        if (sim_is_under_way(w, w->body_all->rows[i]) && strcmp(domain_of(w->body_all->rows[i]), domain) == 0)
            return true;
    return false;
}

/* Bodies on the wire to one recipient domain, on all relays together. */
static void check_domain(struct smtp_wire *w, const struct sim_row *row)
{
    struct sim *s = w->s;
    int n = 0;
    for (const struct smtp_wire *other = s->wires; other; other = other->next)
        n += carries_for(other, domain_of(row));
    if (s->people.domain_connections > 0 && n > s->people.domain_connections && s->reload_us + SIM_MIN < s->mono_us)
        sim_fail(s, "%d mails at once to %s, %d allowed", n, domain_of(row), s->people.domain_connections);
}

/* Who of a transaction was refused gets no mail; one alone, or all, and there must be none. */
static bool gets_mail(const struct sim_envelope *all, const struct sim_row *row)
{
    return all->message_id == 0 || row->attempt.refused == 0;
}

void sim_check_body(struct smtp_wire *w)
{
    const struct sim_envelope *all = w->all;
    int n = 0;
    if (w->past_dot > 0)
        sim_fail(w->s, "%d: the next body leaves while %d before it are not recorded", w->number, w->past_dot);
    w->body_all = w->all;
    for (int i = 0; i < all->count; i++) {
        struct sim_row *row = all->rows[i];
        if (!gets_mail(all, row))
            continue;
        n++;
        if (row->state != DELIVERY_CLAIMED || row->attempt.wire != w->number)
            sim_fail(w->s, "%d: a body of delivery %lld, which is %s%s", w->number, (long long)row->id,
                     delivery_state_word(row->state), row->attempt.wire != w->number ? " elsewhere" : "");
        check_gate(w->s, row);
        row->attempt.has_body = true;
        check_domain(w, row);
    }
    if (n == 0)
        sim_fail(w->s, "%d: a body, and all %d recipients were refused", w->number, all->count);
}

void sim_check_dot(struct smtp_wire *w, const struct sim_item *dot)
{
    const struct sim_envelope *all = dot->all;
    for (int i = 0; i < all->count; i++) {
        struct sim_attempt *a = &all->rows[i]->attempt;
        if (dot->is_empty && sim_is_under_way(w, all->rows[i]))
            sim_fail(w->s, "%d: a lone dot for a delivery that nobody refused", w->number);
        if (dot->is_empty || !gets_mail(all, all->rows[i]))
            continue;
        if (a->refused != 0)
            sim_fail(w->s, "%d: a mail after its refusal with %d", w->number, a->refused);
        a->has_dot = true;
        w->past_dot++;
    }
}

void sim_check_taken(struct smtp_wire *w, const struct sim_item *dot, struct sim_row *row)
{
    struct sim *s = w->s;
    uint64_t *hash = &row->hash[dot->all->message_id > 0];
    sim_trace(s, "%d: %s takes %lld", w->number, w->relay->name, (long long)row->id);
    row->taken++;
    s->result->taken++;
    if (*hash == 0)
        *hash = dot->hash;
    if (*hash != dot->hash)
        sim_fail(s, "delivery %lld comes again with other bytes", (long long)row->id);
    if (row->taken > 1 && row->excuses-- == 0)
        sim_fail(s, "delivery %lld to %s is taken twice", (long long)row->id, row->address);
    s->result->doubles += row->taken > 1;
}

/* --- in the ledger ----------------------------------------------------------------------------------------------- */

void sim_check_claim(struct sim *s, struct sim_row *row, int64_t old_due_us, int64_t at_us)
{
    row->attempt = (struct sim_attempt){0};
    row->claim_life = s->life;
    if (old_due_us > at_us)
        sim_fail(s, "delivery %lld is claimed %lld ms before it is due", (long long)row->id,
                 (long long)((old_due_us - at_us) / SIM_MS));
    sim_alert_check_claim(s, row, at_us);
    if (s->ledger.is_on_hold)
        sim_fail(s, "delivery %lld is claimed while sending is on hold", (long long)row->id);
    sim_actor_tempt(s);
}

/* A recipient is given up only for a refusal of its own, or when its time is over. */
static void check_failed(struct sim *s, const struct sim_row *row, int64_t at_us)
{
    const struct sim_attempt *a = &row->attempt;
    int64_t age = at_us - row->first_us;
    if (age < s->config->letter.retry_max_age_s * SIM_S && (a->refused < 500 || a->was_about_us))
        sim_fail(s, "delivery %lld failed after %lld s, refused with %d%s", (long long)row->id,
                 (long long)(age / SIM_S), a->refused, a->was_about_us ? " because of us" : "");
}

/* Refused for now: it comes back after a wait, which only the end of its time makes shorter, and not for ever. */
static void check_retry(struct sim *s, const struct sim_row *row, int64_t at_us)
{
    const struct config *c = s->config;
    int64_t longest = c->letter.retry_max_s * SIM_S * 11 / 10;
    int64_t wait = row->due_us - at_us;
    int64_t rest = row->first_us + c->letter.retry_max_age_s * SIM_S - at_us;
    int64_t expires_us = sim_ledger_message(s, row->message_id)->expires_us;
    int64_t last_us =
        expires_us - LEDGER_LAST_TRY_S * SIM_S > at_us ? expires_us - LEDGER_LAST_TRY_S * SIM_S : expires_us;
    if (expires_us > 0 && last_us - at_us < rest)
        rest = last_us - at_us;
    /* 421 has not judged it, and a relay that refuses our MAIL leaves it to the others. */
    bool is_judged = row->attempt.refused >= 400 && row->attempt.refused != 421 && !row->attempt.was_about_us;
    /* Decided before the reload, recorded after it. */
    bool is_under_old_rules = s->mono_us - s->reload_us < 10 * SIM_S || row->attempt.mail_us < s->reload_us;
    if ((!is_judged && !row->attempt.has_dot) || is_under_old_rules)
        return;
    if ((wait < c->letter.retry_first_s * SIM_S && wait < rest) || wait > longest + SIM_S)
        sim_fail(s, "delivery %lld was refused with %d and comes again after %lld s", (long long)row->id,
                 row->attempt.refused, (long long)(wait / SIM_S));
    if (rest < -SIM_HOUR - longest && row->attempts > TRIES_ENOUGH && row->made_us > s->jump_us)
        sim_fail(s, "delivery %lld is tried for %lld s", (long long)row->id,
                 (long long)((at_us - row->first_us) / SIM_S));
}

void sim_check_result(struct sim *s, struct sim_row *row, enum delivery_state to, const char *relay, int64_t at_us)
{
    const struct sim_attempt *a = &row->attempt;
    bool may_be_taken = a->has_dot && a->refused == 0;
    if (to == DELIVERY_SENT && !a->is_acked)
        sim_fail(s, "delivery %lld is sent, and no relay said so", (long long)row->id);
    if (to == DELIVERY_SENT && strcmp(relay, a->relay->name) != 0)
        sim_fail(s, "delivery %lld went through %s, the ledger says %s", (long long)row->id, a->relay->name, relay);
    if (to == DELIVERY_UNCERTAIN && (!may_be_taken || a->is_acked))
        sim_fail(s, "delivery %lld is uncertain, but %s", (long long)row->id,
                 a->is_acked ? "taken" : "its dot has not left, or was refused");
    if (to != DELIVERY_SENT && to != DELIVERY_UNCERTAIN && may_be_taken)
        sim_fail(s, "delivery %lld is %s, but a relay may have it", (long long)row->id, delivery_state_word(to));
    if (to == DELIVERY_WITHDRAWN && !row->is_recalled)
        sim_fail(s, "delivery %lld is withdrawn, and nobody asked for it", (long long)row->id);
    if (to == DELIVERY_EXPIRED)
        sim_alert_check_expired(s, row);
    if (to == DELIVERY_FAILED)
        check_failed(s, row, at_us);
    if (to == DELIVERY_PENDING)
        check_retry(s, row, at_us);
    bool is_given_up = to == DELIVERY_WITHDRAWN || to == DELIVERY_EXPIRED;
    if (delivery_state_is_final(to) && !is_given_up && row->attempts < 1)
        sim_fail(s, "delivery %lld is %s after no attempt", (long long)row->id, delivery_state_word(to));
    for (struct smtp_wire *w = s->wires; w; w = w->next)
        w->past_dot -= w->number == a->wire && a->has_dot;
}

/* --- life and death ---------------------------------------------------------------------------------------------- */

/* How many connections there may be: as configured, or as they were before the last reload. */
static int connections(const struct sim *s)
{
    int n = 0;
    for (int i = 0; i < s->relay_count; i++)
        n += s->relays[i].connections > s->relays[i].open ? s->relays[i].connections : s->relays[i].open;
    return n;
}

/* Transactions, that is, wires; a handful. */
static void note_wire(struct sim *s, int wire, int *wires, int *n)
{
    int i = 0;
    while (i < *n && wires[i] != wire)
        i++;
    if (i == IN_DOUBT_MAX)
        sim_fail(s, "a crash leaves more than %d connections in doubt", IN_DOUBT_MAX);
    if (i == *n)
        wires[(*n)++] = wire;
}

void sim_check_crash(struct sim *s)
{
    int wires[IN_DOUBT_MAX];
    int n = 0;
    for (int i = 0; i < s->ledger.rows.count; i++) {
        struct sim_row *row = sim_ledger_at(s, i);
        if (row->state != DELIVERY_CLAIMED || !row->attempt.has_dot || row->attempt.refused != 0)
            continue;
        note_wire(s, row->attempt.wire, wires, &n);
        row->excuses++;
        row->is_lost_at_crash = true;
    }
    if (n > connections(s))
        sim_fail(s, "a crash leaves %d transactions in doubt on %d connections", n, connections(s));
}

/* A stop in good order leaves nothing claimed, unless the disk took no outcome: then it is as after a crash. */
void sim_check_stop(struct sim *s)
{
    if (s->ledger.claimed == 0)
        return;
    if (s->disk.full_until < s->stop_us)
        sim_fail(s, "%d deliveries are claimed after the stop", s->ledger.claimed);
    sim_check_crash(s);
}

struct audit {
    struct store_req req;
    int64_t message_id;
    char what[40];
};

static int op_audit(struct db *db, struct store_req *req)
{
    struct audit *a = CONTAINER_OF(req, struct audit, req);
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_LEDGER_WRONG, DB_NO_ARGS);
    if (rc == 0 && (rc = db_next(rows)) > 0) {
        snprintf(a->what, sizeof a->what, "%s", db_text(rows, 0));
        a->message_id = db_int(rows, 1);
        rc = 0;
    }
    db_done(rows);
    return rc;
}

static void audited(struct store_req *req)
{
    (void)req;
}

void sim_check_file(struct sim *s)
{
    struct audit a = {.req = {.done = audited}};
    sim_store_now(s, op_audit, &a.req);
    if (a.what[0])
        sim_fail(s, "%s of message %lld is wrong", a.what, (long long)a.message_id);
    sim_ledger_compare(s);
}

/* Does somebody of this letter wait in the ledger for longer than others would? */
static bool waits(const struct sim *s, const struct sim_message *m)
{
    int64_t now = sim_wall_us(s);
    for (int i = s->ledger.rows.count - 1; i >= 0; i--) {
        const struct sim_row *row = s->ledger.rows.all[i].value;
        if (row->message_id == m->id && row->state == DELIVERY_PENDING && row->due_us < now - FAIR_S * SIM_S)
            return true;
    }
    return false;
}

/* Two letters share the relays: none stands still while the other goes. */
void sim_check_fairness(struct sim *s)
{
    int all = 0;
    for (int i = 0; i < s->ledger.messages.count; i++) {
        const struct sim_message *m = s->ledger.messages.all[i].value;
        all += m->lane == LANE_LETTER ? m->begun : 0;
    }
    for (int i = 0; i < s->ledger.messages.count; i++) {
        struct sim_message *m = s->ledger.messages.all[i].value;
        bool is_old = m->made_us < s->mono_us - 2 * FAIR_S * SIM_S && s->trouble_us < s->mono_us - FAIR_S * SIM_S &&
                      m->refused_us < s->mono_us - PAUSE_MIN * SIM_MIN;
        if (all >= FAIR_LETTERS && m->lane == LANE_LETTER && m->begun == 0 && m->open > 0 && is_old && waits(s, m))
            sim_fail(s, "message %lld has stood still for %d s, in which others sent %d", (long long)m->id, FAIR_S,
                     all);
    }
    for (int i = 0; i < s->ledger.messages.count; i++)
        ((struct sim_message *)s->ledger.messages.all[i].value)->begun = 0;
}

/* What may be claimed, as configured. */
static int claims_max(const struct sim *s)
{
    int ahead = AHEAD * connections(s) > AHEAD_MIN ? AHEAD * connections(s) : AHEAD_MIN;
    int shared = 0;
    for (int i = 0; i < s->relay_count; i++)
        shared += s->relays[i].alert_recipients > 1 ? 2 * SIM_TO_MAX * s->relays[i].connections + CLAIM_MAX : 0;
    return LANE_COUNT * ahead + connections(s) + shared;
}

/* A reload that allows less takes nothing back: what was claimed before ends as it ends, but a turn that was under way
 * adds nothing after RELOAD_S, and from then on they only become fewer. */
static void check_claims(struct sim *s)
{
    int now = claims_max(s);
    int claimed = s->ledger.claimed;
    int most = s->claims_max > now ? s->claims_max : now;
    if (claimed > most)
        sim_fail(s, "%d deliveries are claimed for %d connections", claimed, connections(s));
    if (now >= most || s->mono_us - s->reload_us >= RELOAD_S * SIM_S)
        s->claims_max = claimed > now ? claimed : now;
}

void sim_check_turn(struct sim *s)
{
    check_claims(s);
    if (s->turns_at_us != s->mono_us) {
        s->turns_at_us = s->mono_us;
        s->turns = 0;
    }
    if (++s->turns > TURNS_MAX)
        sim_fail(s, "the loop turns and turns, and time stands still");
}

bool sim_check_is_over(const struct sim *s)
{
    return s->ledger.open == 0 && s->ledger.running == 0 && s->people.busy == 0;
}

static void check_row_at_end(struct sim *s, const struct sim_row *row)
{
    if (!delivery_state_is_final(row->state))
        sim_fail(s, "delivery %lld to %s is still %s, %d attempts, though all has been well for %lld min",
                 (long long)row->id, row->address, delivery_state_word(row->state), row->attempts,
                 (long long)((s->mono_us - s->drain_us) / SIM_MIN));
    if (row->state == DELIVERY_SENT && row->taken == 0)
        sim_fail(s, "delivery %lld is lost: sent, and no relay has it", (long long)row->id);
    bool is_known = row->state == DELIVERY_SENT || row->state == DELIVERY_UNCERTAIN;
    if (row->taken > 0 && !is_known && !row->is_lost_at_crash && !row->was_by_hand)
        sim_fail(s, "delivery %lld is %s, but a relay has it", (long long)row->id, delivery_state_word(row->state));
}

void sim_check_end(struct sim *s)
{
    sqlite3_stmt *stmt = NULL;
    for (int i = 0; i < s->ledger.rows.count; i++)
        check_row_at_end(s, sim_ledger_at(s, i));
    if (s->ledger.running > 0)
        sim_fail(s, "%d messages have not ended, though all their rows have", s->ledger.running);
    sim_check_file(s);
    sim_alert_check_end(s);
    if (sqlite3_prepare_v2(s->ledger.sqlite, "PRAGMA integrity_check", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
        sim_fail(s, "the database is damaged");
    sqlite3_finalize(stmt);
}
