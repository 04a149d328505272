/*
 * People and misfortune, from the seed: officers write letters and cancel them, the daemon posts reminders, alerts
 * come, readers unsubscribe, groups rest and wake, a person tries a delivery again, an administrator holds, resumes,
 * reloads and restarts; the power fails, the clock jumps, the disk fills up.
 *
 * What a person does is an operation of the store like any request of the API, and is followed by what main.c does
 * after a write. Faults can be chosen (sim_options.only): r relays, d domains, c crashes, s stops, h reloads, w wall
 * clock, f full disk, l slow disk, p people who change their mind, a alerts with a thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_trust.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/group.h"
#include "core/ledger_retry.h"
#include "core/letter.h"
#include "core/staff.h"
#include "sim/sim_deed.h"
#include "sim/sim_ledger.h"
#include "store/actor.h"
#include "store/db.h"
#include "store/store.h"

struct deed {
    struct sim_deed base;
    int64_t id, group;
    int number, count;
    enum lane lane;
    char scope[60], where[60];
    bool flag;
};

typedef int (*deed_op)(struct db *db, struct store_req *req);

bool sim_may(const struct sim *s, char fault)
{
    return !s->is_draining && (!s->options.only || strchr(s->options.only, fault));
}

static void on_malice(struct sim *s, void *who, int64_t i);

/* Somebody has changed their mind: what if the power fails now, or the disk is slow and the outbox gets no answer? */
static void tempt_by_recall(struct sim_deed *d)
{
    struct sim *s = d->s;
    static const char *const recalls[] = {"cancel", "group", "hold"};
    bool is_recall = false;
    for (size_t i = 0; i < ARRAY_LEN(recalls); i++)
        is_recall = is_recall || strcmp(d->name, recalls[i]) == 0;
    if (!is_recall || s->ledger.claimed == 0)
        return;
    if (!s->people.has_malice && sim_happens(s, 300)) {
        s->people.has_malice = true;
        sim_in(s, sim_wait(s, 20 * SIM_MS), on_malice, NULL, 0);
    } else if (sim_may(s, 'l') && sim_happens(s, 500)) {
        s->disk.slow_until = s->trouble_us = s->mono_us + 2 * SIM_S;
    }
}

static struct deed *deed(struct sim *s, const char *name, deed_op op)
{
    return sim_deed_new(s, sizeof(struct deed), name, op, tempt_by_recall);
}

/* --- letters, reminders, alerts ---------------------------------------------------------------------------------- */

static int op_letter(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct actor anna;
    struct actor bertil;
    struct letter_options options = {.scope = d->scope};
    char source[400];
    snprintf(source, sizeof source,
             "---\ntitle: Brev %d\nkind: info\n%s\n---\nHej {{name}}!\n\nEn lugn vecka i {{municipality}}.\n",
             d->number, d->flag ? "area: Ängelholm" : d->where);
    int rc = staff_actor_by_name(db, "anna", &anna, &d->base.err);
    if (rc == 0)
        rc = staff_actor_by_name(db, "bertil", &bertil, &d->base.err);
    if (rc == 0)
        rc = letter_add(db, &anna, source, &options, &d->id, &d->base.err);
    if (rc == 0)
        rc = letter_submit(db, &anna, NULL, d->id, NULL, &d->base.err);
    if (rc == 0)
        rc = letter_approve(db, &bertil, d->id, NULL, &d->base.err);
    if (rc == 0)
        rc = letter_send(db, &bertil, d->id, 0, &d->base.err);
    if (rc)
        sim_trace(d->base.s, "letter: %s", d->base.err.text);
    return rc;
}

static void a_letter(struct sim *s)
{
    struct deed *d = deed(s, "letter", op_letter);
    d->number = (int)sim_pick(s, 1000000);
    const char *town = sim_world_town(sim_pick(s, 3));
    d->flag = sim_happens(s, 400);
    snprintf(d->where, sizeof d->where, "municipalities: %s", town);
    snprintf(d->scope, sizeof d->scope, "%s%s",
             d->flag ? "police_area:angelholm" : "municipality:", d->flag ? "" : town);
    sim_deed_submit(&d->base);
}

static int op_reminder(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    char address[SIM_ADDRESS_BYTES];
    snprintf(address, sizeof address, "staff%d@d%d.example.se", d->number, d->number % SIM_DOMAINS);
    return ledger_post(db, "reminder", "Påminnelse", "Hej!\nBrevet för april saknas.\n", address, "Anna", &d->id);
}

static void a_reminder(struct sim *s)
{
    struct deed *d = deed(s, "reminder", op_reminder);
    d->number = (int)sim_pick(s, 200);
    sim_deed_submit(&d->base);
}

/* A message of the alert lane with its rows, as an alert makes them. */
static int op_alert(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    int64_t now = db_now_us(db);
    d->id = id_new(now);
    int rc = db_exec(db, NULL, Q_MESSAGE_INSERT,
                     DB_ARGS(DB_INT(d->id), DB_TEXT("reminder"), DB_INT(LANE_ALERT), DB_NULL, DB_TEXT("sending"),
                             DB_TEXT("Larm"), DB_TEXT("Inbrott pågår.\n"), DB_TEXT("x"), DB_TEXT("all"), DB_TEXT(""),
                             DB_NULL, DB_INT(0), DB_INT(now)));
    for (int i = 0; rc == 0 && i < d->count; i++) {
        char address[SIM_ADDRESS_BYTES];
        snprintf(address, sizeof address, "p%d@d%d.example.se", i, i % SIM_DOMAINS);
        rc = db_exec(db, NULL, Q_DELIVERY_INSERT,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(d->id), DB_NULL, DB_NULL, DB_TEXT(address), DB_TEXT(address),
                             DB_TEXT("Någon"), DB_INT(LANE_ALERT), DB_INT(now)));
    }
    return rc;
}

static void an_alert(struct sim *s)
{
    struct deed *d = deed(s, "alert", op_alert);
    d->count = (int)sim_between(s, 1, 40);
    sim_deed_submit(&d->base);
}

/* --- second thoughts --------------------------------------------------------------------------------------------- */

/* A row or message of those that came last; NULL while there is none. */
static struct sim_row *some_row(struct sim *s)
{
    int n = s->ledger.rows.count;
    return n > 0 ? sim_ledger_at(s, n - 1 - (int)sim_pick(s, n < 500 ? n : 500)) : NULL;
}

static int op_cancel(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct actor anna;
    int64_t n = 0;
    if (d->group == 0)
        return ledger_withdraw(db, d->id, &n);
    int rc = staff_actor_by_name(db, "anna", &anna, &d->base.err);
    return rc ? rc : letter_cancel(db, &anna, d->group, "fel", &d->base.err);
}

static void a_cancel(struct sim *s)
{
    struct sim_row *row = some_row(s);
    struct sim_message *m = row ? sim_ledger_message(s, row->message_id) : NULL;
    if (!m || m->open == 0)
        return;
    struct deed *d = deed(s, "cancel", op_cancel);
    d->id = m->id;
    d->group = m->letter_id;
    sim_deed_submit(&d->base);
}

static int op_hold(struct db *db, struct store_req *req)
{
    return ledger_set_hold(db, CONTAINER_OF(req, struct deed, base.req)->flag);
}

static void set_hold(struct sim *s, bool on)
{
    struct deed *d = deed(s, on ? "hold" : "resume", op_hold);
    d->flag = on;
    s->trouble_us = s->mono_us;
    sim_deed_submit(&d->base);
}

static void on_resume(struct sim *s, void *who, int64_t arg)
{
    (void)who;
    (void)arg;
    if (sim_is_up(s))
        set_hold(s, false);
    else
        sim_in(s, 10 * SIM_S, on_resume, NULL, 0);
}

static void a_hold(struct sim *s)
{
    set_hold(s, true);
    sim_in(s, sim_wait(s, 10 * SIM_MIN), on_resume, NULL, 0);
}

static int op_unsubscribe(struct db *db, struct store_req *req)
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
    return rc ? rc : contact_unsubscribe(db, &admin, address_id, &d->base.err);
}

static void an_unsubscription(struct sim *s)
{
    struct sim_row *row = some_row(s);
    if (!row)
        return;
    struct deed *d = deed(s, "unsubscribe", op_unsubscribe);
    d->id = row->id;
    sim_deed_submit(&d->base);
}

static int op_group(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct actor admin = actor_daemon();
    return group_set_state(db, &admin, d->group, d->flag ? "active" : "dormant", NULL, &d->base.err);
}

static void a_group(struct sim *s)
{
    struct sim_people *p = &s->people;
    int i = (int)sim_pick(s, p->group_count);
    struct deed *d = deed(s, "group", op_group);
    d->group = p->groups[i];
    d->flag = p->is_active[i] = !p->is_active[i];
    sim_deed_submit(&d->base);
}

static int op_newcomer(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    return sim_world_person(db, d->base.s, d->group, d->number);
}

static void a_newcomer(struct sim *s)
{
    struct deed *d = deed(s, "newcomer", op_newcomer);
    d->group = s->people.groups[sim_pick(s, s->people.group_count)];
    d->number = s->people.person_count++;
    sim_deed_submit(&d->base);
}

static int op_retry(struct db *db, struct store_req *req)
{
    struct deed *d = CONTAINER_OF(req, struct deed, base.req);
    struct actor admin = actor_daemon();
    d->base.s->ledger.retries_by_hand = 1;
    return ledger_retry(db, &admin, d->id, &d->base.err);
}

static void a_retry(struct sim *s)
{
    struct sim_row *row = NULL;
    for (int i = 0; i < 50 && !(row && (row->state == DELIVERY_FAILED || row->state == DELIVERY_UNCERTAIN)); i++)
        row = some_row(s);
    if (!row)
        return;
    struct deed *d = deed(s, "retry", op_retry);
    d->id = row->id;
    sim_deed_submit(&d->base);
}

/* --- misfortune -------------------------------------------------------------------------------------------------- */

static void a_clock_jump(struct sim *s)
{
    static const int64_t hours[] = {1, -1, 24, -24, 40 * 24, -40 * 24};
    int64_t by = hours[sim_pick(s, (int64_t)ARRAY_LEN(hours))] * SIM_HOUR;
    if (s->mono_us - s->jump_us >= CLOCK_TRUST_S * SIM_S)
        s->trusted_ahead_us = s->wall_ahead_us;
    s->wall_ahead_us += by;
    s->trouble_us = s->jump_us = s->mono_us;
    sim_trace(s, "the clock jumps %lld h", (long long)(by / SIM_HOUR));
}

static void a_full_disk(struct sim *s)
{
    s->disk.full_until = s->mono_us + sim_wait(s, 2 * SIM_MIN);
    s->trouble_us = s->disk.full_until;
}

static void a_slow_disk(struct sim *s)
{
    s->disk.slow_until = s->mono_us + sim_wait(s, 2 * SIM_MIN);
    s->trouble_us = s->disk.slow_until;
}

/* --- who does what, how often ------------------------------------------------------------------------------------ */

static const struct {
    char fault; /* 0: always there */
    int64_t every_us;
    void (*happen)(struct sim *s);
} DEEDS[] = {
    {0, 3 * SIM_HOUR, a_letter},         {0, 30 * SIM_MIN, a_reminder},         {0, 2 * SIM_HOUR, an_alert},
    {'p', 6 * SIM_HOUR, a_cancel},       {'p', 8 * SIM_HOUR, a_hold},           {'p', 2 * SIM_HOUR, an_unsubscription},
    {'p', 3 * SIM_HOUR, a_group},        {'p', 1 * SIM_HOUR, a_newcomer},       {'p', 4 * SIM_HOUR, a_retry},
    {'h', 5 * SIM_HOUR, sim_reload},     {'s', 6 * SIM_HOUR, sim_stop},         {'c', 3 * SIM_HOUR, sim_crash},
    {'w', 20 * SIM_HOUR, a_clock_jump},  {'f', 6 * SIM_HOUR, a_full_disk},      {'l', 6 * SIM_HOUR, a_slow_disk},
    {'a', 1 * SIM_HOUR, sim_alert_send}, {'a', 1 * SIM_HOUR, sim_alert_update}, {'a', 1 * SIM_HOUR, sim_alert_recall},
    {'a', 6 * SIM_HOUR, sim_alert_stop},
};

static void on_deed(struct sim *s, void *who, int64_t i)
{
    (void)who;
    if (s->is_draining)
        return;
    sim_in(s, sim_wait(s, DEEDS[i].every_us), on_deed, NULL, i);
    if (sim_is_up(s))
        DEEDS[i].happen(s);
}

/* Misfortune comes when it hurts: while something is being sent. */
static void on_malice(struct sim *s, void *who, int64_t i)
{
    static void (*const worst[])(struct sim * s) = {sim_crash, sim_stop, sim_reload, a_cancel, a_hold, a_full_disk};
    static const char faults[] = "cshppf";
    (void)who;
    s->people.has_malice = false;
    if (sim_is_up(s) && sim_may(s, faults[i]))
        worst[i](s);
}

void sim_actor_tempt(struct sim *s)
{
    if (s->is_draining || s->people.has_malice || !sim_happens(s, 4))
        return;
    s->people.has_malice = true;
    sim_in(s, sim_wait(s, sim_happens(s, 500) ? 50 * SIM_MS : 2 * SIM_S), on_malice, NULL, sim_pick(s, 6));
}

void sim_actor_start(struct sim *s)
{
    for (size_t i = 0; i < ARRAY_LEN(DEEDS); i++)
        if (DEEDS[i].fault == 0 || sim_may(s, DEEDS[i].fault))
            sim_in(s, sim_wait(s, DEEDS[i].every_us), on_deed, NULL, (int64_t)i);
}

void sim_actor_end(struct sim *s)
{
    sim_relay_all_good(s);
    s->disk.full_until = s->disk.slow_until = 0;
    on_resume(s, NULL, 0);
}
