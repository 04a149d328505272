/*
 * Alerts: an officer warns some groups, real or as an exercise, for minutes or hours; changes the warning, takes it
 * back, or lets its time run out; readers stop alerts. By core/alert.h, as the API does it. And what is promised of
 * them.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_trust.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/config.h"
#include "core/group.h"
#include "core/staff.h"
#include "sim/sim_deed.h"
#include "sim/sim_ledger.h"
#include "store/actor.h"
#include "store/db.h"
#include "store/store.h"

enum { TARGET_GROUPS_MAX = 8, STANDS_MIN = 5, STANDS_MAX_MIN = 300 };

/* Between the reading of the clock and what is done by it, at most: a look each second, and a disk that is slow. */
#define LAG_US (30 * SIM_S)

struct deed {
    struct sim_deed base;
    int64_t id; /* a delivery, or an alert */
    int64_t groups[TARGET_GROUPS_MAX];
    int group_count;
    int64_t stands_s;
    bool is_warning, is_exercise, is_recall;
};

static void follow(struct sim *s, bool is_recall);

static void on_second_thought(struct sim *s, void *who, int64_t is_recall)
{
    (void)who;
    if (sim_is_up(s) && sim_may(s, 'a'))
        follow(s, is_recall != 0);
}

static void after(struct sim_deed *base)
{
    struct sim *s = base->s;
    /* A bad moment to change one's mind is while it still goes out. */
    if (base->req.status == 0 && CONTAINER_OF(base, struct deed, base)->is_warning && sim_happens(s, 500))
        sim_in(s, sim_wait(s, sim_happens(s, 500) ? SIM_S : SIM_MIN), on_second_thought, NULL, sim_pick(s, 2));
}

static struct deed *deed(struct sim *s, const char *name, int (*op)(struct db *db, struct store_req *req))
{
    return sim_deed_new(s, sizeof(struct deed), name, op, after);
}

/* --- deeds ------------------------------------------------------------------------------------------------------- */

static int op_send(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct alert_input in = ALERT_INPUT_INIT;
    struct alert_plan plan;
    struct alert_answer answer = {0};
    struct actor anna;
    char ids[TARGET_GROUPS_MAX][ID_TEXT_BYTES];
    char *groups[TARGET_GROUPS_MAX];
    for (int i = 0; i < d->group_count; i++)
        groups[i] = id_format(ID_GROUP, d->groups[i], ids[i]);
    in.kind = "burglary_ongoing";
    in.title = "Inbrott i området";
    in.text = "Flera inbrott i natt. Ring 112 om du ser något misstänkt.\n";
    in.target.groups = groups;
    in.target.group_count = (size_t)d->group_count;
    in.expires_in_s = d->stands_s;
    in.is_exercise = d->is_exercise;
    alert_plan_init(&plan);
    int rc = staff_actor_by_name(db, "anna", &anna, &d->base.err);
    if (rc == 0)
        rc = alert_plan_new(db, &anna, d->base.s->config, &in, &plan, &d->base.err);
    in.confirm_recipients = plan.audience.recipients;
    if (rc == 0)
        rc = alert_send(db, &anna, d->base.s->config, &in, &plan, &answer, &d->base.err);
    alert_plan_fini(&plan);
    return rc;
}

void sim_alert_send(struct sim *s)
{
    const struct sim_people *p = &s->people;
    struct deed *d = deed(s, "warn", op_send);
    d->group_count = (int)sim_between(s, 1, p->group_count < TARGET_GROUPS_MAX ? p->group_count : TARGET_GROUPS_MAX);
    int64_t first = sim_pick(s, p->group_count);
    for (int i = 0; i < d->group_count; i++)
        d->groups[i] = p->groups[(first + i) % p->group_count];
    d->stands_s = 60 * sim_between(s, STANDS_MIN, sim_happens(s, 400) ? 2 * STANDS_MIN : STANDS_MAX_MIN);
    d->is_exercise = sim_happens(s, 200);
    d->is_warning = true;
    sim_deed_submit(&d->base);
}

static int op_follow(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct alert_input in = ALERT_INPUT_INIT;
    struct alert_plan plan;
    struct alert_answer answer = {0};
    struct actor anna;
    int rc = staff_actor_by_name(db, "anna", &anna, &d->base.err);
    if (rc == 0 && d->is_recall)
        return alert_recall(db, &anna, d->base.s->config, d->id, &(struct alert_recall_input){.note = "över"}, &answer,
                            &d->base.err);
    in.text = "Nu också i grannkvarteret.\n";
    alert_plan_init(&plan);
    if (rc == 0)
        rc = alert_plan_update(db, &anna, d->base.s->config, d->id, &in, &plan, &d->base.err);
    if (rc == 0)
        rc = alert_update(db, &anna, d->base.s->config, d->id, &in, &plan, &answer, &d->base.err);
    alert_plan_fini(&plan);
    return rc;
}

/* One of the last threads; those that are over already refuse it. */
static void follow(struct sim *s, bool is_recall)
{
    struct sim_map *all = &s->ledger.messages;
    int64_t root = 0;
    for (int i = 0; i < 20 && root == 0 && all->count > 0; i++) {
        int last = all->count < 6 ? all->count : 6;
        const struct sim_message *m = all->all[all->count - 1 - (int)sim_pick(s, last)].value;
        root = m->thread_id;
    }
    if (root == 0)
        return;
    struct deed *d = deed(s, is_recall ? "recall" : "update", op_follow);
    d->id = root;
    d->is_recall = is_recall;
    sim_deed_submit(&d->base);
}

void sim_alert_update(struct sim *s)
{
    follow(s, false);
}

void sim_alert_recall(struct sim *s)
{
    follow(s, true);
}

static int op_stop(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct actor admin = actor_daemon();
    struct scope all = {.kind = SCOPE_ALL};
    struct db_rows *rows = NULL;
    int64_t address_id = 0;
    int rc = db_query_as(db, &all, &rows, Q_DELIVERY_RETRY_LOOK, DB_ARGS(DB_INT(d->id)));
    if (rc == 0 && db_next(rows) > 0)
        address_id = db_int(rows, 3);
    db_done(rows);
    if (rc == 0 && address_id == 0)
        rc = ERR_NOT_FOUND;
    return rc ? rc : contact_stop_alerts(db, &admin, address_id, &d->base.err);
}

void sim_alert_stop(struct sim *s)
{
    int n = s->ledger.rows.count;
    if (n == 0)
        return;
    struct deed *d = deed(s, "stop alerts", op_stop);
    d->id = sim_ledger_at(s, n - 1 - (int)sim_pick(s, n < 300 ? n : 300))->id;
    sim_deed_submit(&d->base);
}

/* --- promises ---------------------------------------------------------------------------------------------------- */

static bool is_over(const struct sim_message *m, int64_t at_us)
{
    return m->expires_us > 0 && at_us >= m->expires_us;
}

/* How far the wall clock is ahead of what is proven, when it has been so for `least_us` and `late_us` does not matter.
 */
static int64_t unproven_us(const struct sim *s, int64_t least_us, int64_t late_us)
{
    int64_t ahead_us = s->wall_ahead_us - s->trusted_ahead_us;
    int64_t since_us = s->mono_us - s->jump_us;
    bool is_ahead = ahead_us > 0 && since_us >= least_us && since_us < CLOCK_TRUST_S * SIM_S + late_us;
    return is_ahead ? ahead_us : 0;
}

/* A clock that has jumped ahead ends no alert before it has stood there. */
void sim_alert_check_closed(struct sim *s, const struct sim_message *m)
{
    if (strcmp(m->state, "expired") == 0 && !is_over(m, sim_wall_us(s) - unproven_us(s, LAG_US, -LAG_US)))
        sim_fail(s, "message %lld is expired before its time, by a clock that jumped", (long long)m->id);
}

void sim_alert_check_claim(struct sim *s, const struct sim_row *row, int64_t at_us)
{
    const struct sim_message *m = sim_ledger_message(s, row->message_id);
    if (is_over(m, at_us - unproven_us(s, 0, LAG_US)) && s->mono_us - s->jump_us > LAG_US)
        sim_fail(s, "delivery %lld is claimed %lld ms after its alert was over", (long long)row->id,
                 (long long)((at_us - m->expires_us) / SIM_MS));
    if (strcmp(m->state, "withdrawn") == 0 || strcmp(m->state, "expired") == 0)
        sim_fail(s, "delivery %lld is claimed, and its message is %s", (long long)row->id, m->state);
}

/* By the clock: a row that is given back keeps the time of its claim. */
void sim_alert_check_expired(struct sim *s, const struct sim_row *row)
{
    const struct sim_message *m = sim_ledger_message(s, row->message_id);
    if (strcmp(m->state, "expired") != 0 && !is_over(m, sim_wall_us(s)))
        sim_fail(s, "delivery %lld is expired, and its alert is not", (long long)row->id);
}

void sim_alert_check_mark(struct sim *s, const struct sim_row *row, bool is_marked)
{
    const struct sim_message *m = sim_ledger_message(s, row->message_id);
    if (m->thread_id && m->is_exercise != is_marked)
        sim_fail(s, "delivery %lld of %s leaves %s its mark", (long long)row->id,
                 m->is_exercise ? "an exercise" : "a real alert", is_marked ? "with" : "without");
}

static bool has_or_may_have(const struct sim_row *row)
{
    return row->state == DELIVERY_SENT || row->state == DELIVERY_UNCERTAIN || row->is_in_doubt;
}

/* An earlier row of the thread for this address: the first that its reader has or may have; NULL when there is none. */
static const struct sim_row *earlier(struct sim *s, const struct sim_message *m, const char *address)
{
    for (int i = 0; i < s->ledger.rows.count; i++) {
        const struct sim_row *row = sim_ledger_at(s, i);
        const struct sim_message *of = sim_ledger_message(s, row->message_id);
        if (of->thread_id == m->thread_id && of->thread_pos < m->thread_pos && has_or_may_have(row) &&
            strcmp(row->address, address) == 0)
            return row;
    }
    return NULL;
}

static bool has_row(struct sim *s, int64_t message_id, const char *address)
{
    for (int i = 0; i < s->ledger.rows.count; i++) {
        const struct sim_row *row = sim_ledger_at(s, i);
        if (row->message_id == message_id && strcmp(row->address, address) == 0)
            return true;
    }
    return false;
}

/* Has this mailbox stopped alerts? Asked of the store itself. */
static bool has_stopped(struct sim *s, const char *address)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->ledger.sqlite,
                           "SELECT count(*) FROM contact_address WHERE address = ? AND alerts_stopped_at IS NULL", -1,
                           &stmt, NULL) != SQLITE_OK)
        sim_fail(s, "the register cannot be read");
    sqlite3_bind_text(stmt, 1, address, -1, SQLITE_TRANSIENT);
    bool is_there = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_int(stmt, 0) > 0;
    sqlite3_finalize(stmt);
    return !is_there;
}

/* To nobody else ... */
static void check_reached(struct sim *s, const struct sim_message *recall)
{
    for (int i = 0; i < s->ledger.rows.count; i++) {
        const struct sim_row *row = sim_ledger_at(s, i);
        if (row->message_id == recall->id && !earlier(s, recall, row->address))
            sim_fail(s, "%s is told that a warning is over, and never got one", row->address);
    }
}

/* ... and to all of them. */
static void check_missed(struct sim *s, const struct sim_message *recall)
{
    for (int i = 0; i < s->ledger.rows.count; i++) {
        const struct sim_row *row = sim_ledger_at(s, i);
        const struct sim_message *m = sim_ledger_message(s, row->message_id);
        if (m->thread_id == recall->thread_id && m->thread_pos < recall->thread_pos && has_or_may_have(row) &&
            !has_row(s, recall->id, row->address) && !has_stopped(s, row->address))
            sim_fail(s, "%s got a warning, and not that it is over", row->address);
    }
}

void sim_alert_check_end(struct sim *s)
{
    for (int i = 0; i < s->ledger.messages.count; i++) {
        const struct sim_message *m = s->ledger.messages.all[i].value;
        if (m->thread_id == 0 || !m->is_recall)
            continue;
        check_reached(s, m);
        if (strcmp(m->state, "expired") != 0) /* a recall whose own time was over before it was all written */
            check_missed(s, m);
    }
}
