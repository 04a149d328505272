/*
 * The shadow of the ledger. Temporary triggers on the engine's own connection write down every change of a delivery or
 * message; being part of the same transaction, what is rolled back leaves no trace here either. After each operation
 * the shadow takes the changes in, and each is a step that the promises must allow.
 *
 * The connection is seen when SQLite opens it (sqlite3_auto_extension). The shadow outlives the daemon's lives, and is
 * compared with the table after each of them.
 */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/sim_ledger.h"

static const char WATCH[] =
    "CREATE TEMP TABLE sim_log (seq INTEGER PRIMARY KEY, what TEXT, id INTEGER, message_id INTEGER, lane INTEGER,"
    " state TEXT, due_at INTEGER, old_due_at INTEGER, attempts INTEGER, recalled INTEGER, last_at INTEGER, relay TEXT,"
    " address TEXT, first_at INTEGER);"
    "CREATE TEMP TRIGGER sim_delivery_new AFTER INSERT ON main.delivery BEGIN"
    " INSERT INTO sim_log VALUES (NULL, 'row', new.id, new.message_id, new.lane, new.state, new.due_at, 0,"
    " new.attempts, new.recalled, 0, '', new.address, new.first_at); END;"
    "CREATE TEMP TRIGGER sim_delivery_change AFTER UPDATE OF state, due_at, attempts, recalled ON main.delivery BEGIN"
    " INSERT INTO sim_log VALUES (NULL, 'change', new.id, new.message_id, new.lane, new.state, new.due_at, old.due_at,"
    " new.attempts, new.recalled, new.last_at, new.relay, '', new.first_at); END;"
    "CREATE TEMP TRIGGER sim_delivery_gone AFTER DELETE ON main.delivery BEGIN"
    " INSERT INTO sim_log (what, id) VALUES ('gone', old.id); END;"
    "CREATE TEMP TRIGGER sim_message_new AFTER INSERT ON main.message BEGIN"
    " INSERT INTO sim_log (what, id, lane, state, message_id, due_at, old_due_at, attempts, recalled, address) VALUES"
    " ('message', new.id, new.lane, new.state, new.letter_id, new.expires_at, new.thread_id, new.thread_pos,"
    " new.is_exercise, new.walk); END;"
    "CREATE TEMP TRIGGER sim_message_change AFTER UPDATE OF state ON main.message BEGIN"
    " INSERT INTO sim_log (what, id, state) VALUES ('ended', new.id, new.state); END;"
    "CREATE TEMP TRIGGER sim_hold_new AFTER INSERT ON main.setting WHEN new.name = 'hold' BEGIN"
    " INSERT INTO sim_log (what, state) VALUES ('hold', new.value); END;"
    "CREATE TEMP TRIGGER sim_hold_change AFTER UPDATE ON main.setting WHEN new.name = 'hold' BEGIN"
    " INSERT INTO sim_log (what, state) VALUES ('hold', new.value); END;";

/* --- map --------------------------------------------------------------------------------------------------------- */

static int slot_of(const struct sim_map *m, int64_t id)
{
    int i = (int)(sim_mix((uint64_t)id) % (uint64_t)m->slot_count);
    while (m->slots[i] && m->all[m->slots[i] - 1].id != id)
        i = (i + 1) % m->slot_count;
    return i;
}

static void *map_get(const struct sim_map *m, int64_t id)
{
    int slot = m->slot_count > 0 ? m->slots[slot_of(m, id)] : 0;
    return slot ? m->all[slot - 1].value : NULL;
}

static void map_put(struct sim_map *m, int64_t id, void *value)
{
    if (m->count == m->room) {
        m->room = m->room > 0 ? m->room * 2 : 512;
        m->all = xreallocarray(m->all, (size_t)m->room, sizeof *m->all);
        free(m->slots);
        m->slot_count = m->room * 2;
        m->slots = xcalloc((size_t)m->slot_count, sizeof *m->slots);
        for (int i = 0; i < m->count; i++)
            m->slots[slot_of(m, m->all[i].id)] = i + 1;
    }
    m->all[m->count] = (struct sim_entry){id, value};
    m->slots[slot_of(m, id)] = ++m->count;
}

struct sim_row *sim_ledger_row(struct sim *s, int64_t id)
{
    return map_get(&s->ledger.rows, id);
}

struct sim_message *sim_ledger_message(struct sim *s, int64_t id)
{
    return map_get(&s->ledger.messages, id);
}

struct sim_row *sim_ledger_at(struct sim *s, int i)
{
    return s->ledger.rows.all[i].value;
}

/* --- the connection ---------------------------------------------------------------------------------------------- */

static sqlite3 *last_opened;

static int on_open(sqlite3 *db, const char **error, const struct sqlite3_api_routines *api)
{
    (void)error;
    (void)api;
    last_opened = db;
    return SQLITE_OK;
}

void sim_ledger_hook(struct sim *s)
{
    (void)s;
    sqlite3_auto_extension((void (*)(void))on_open);
}

void sim_ledger_watch(struct sim *s)
{
    static const char read[] =
        "SELECT what, id, message_id, lane, state, due_at, old_due_at, attempts, recalled, last_at,"
        " relay, address, first_at FROM sim_log ORDER BY seq";
    struct sim_ledger *l = &s->ledger;
    l->sqlite = last_opened;
    if (sqlite3_exec(l->sqlite, WATCH, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(l->sqlite, read, -1, &l->read, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(l->sqlite, "DELETE FROM sim_log", -1, &l->clear, NULL) != SQLITE_OK)
        sim_fail(s, "the ledger cannot be watched: %s", sqlite3_errmsg(l->sqlite));
}

void sim_ledger_unwatch(struct sim *s)
{
    sqlite3_finalize(s->ledger.read);
    sqlite3_finalize(s->ledger.clear);
    s->ledger.read = s->ledger.clear = NULL;
}

/* --- changes ----------------------------------------------------------------------------------------------------- */

static const char *text(sqlite3_stmt *stmt, int column)
{
    const unsigned char *t = sqlite3_column_text(stmt, column);
    return t ? (const char *)t : "";
}

static bool is_open(enum delivery_state state)
{
    return !delivery_state_is_final(state);
}

static void count(struct sim *s, struct sim_row *row, enum delivery_state from, enum delivery_state to)
{
    struct sim_ledger *l = &s->ledger;
    struct sim_message *m = sim_ledger_message(s, row->message_id);
    int opened = (int)is_open(to) - (int)is_open(from);
    l->claimed += (int)(to == DELIVERY_CLAIMED) - (int)(from == DELIVERY_CLAIMED);
    l->open += opened;
    if (!m)
        sim_fail(s, "a row of no message");
    m->open += opened;
}

static enum delivery_state state_of(struct sim *s, const char *word)
{
    enum delivery_state state = DELIVERY_PENDING;
    if (!delivery_state_parse(word, &state))
        sim_fail(s, "no such state: %s", word);
    return state;
}

static void on_new_row(struct sim *s, sqlite3_stmt *stmt)
{
    struct sim_row *row = xcalloc(1, sizeof *row);
    row->id = sqlite3_column_int64(stmt, 1);
    row->message_id = sqlite3_column_int64(stmt, 2);
    row->lane = (enum lane)sqlite3_column_int(stmt, 3);
    row->state = state_of(s, text(stmt, 4));
    row->due_us = sqlite3_column_int64(stmt, 5);
    row->first_us = sqlite3_column_int64(stmt, 12);
    row->made_us = s->mono_us;
    row->is_deferred = row->due_us > sim_wall_us(s) + SIM_S;
    snprintf(row->address, sizeof row->address, "%s", text(stmt, 11));
    if (row->state != DELIVERY_PENDING)
        sim_fail(s, "a new row is %s", text(stmt, 4));
    map_put(&s->ledger.rows, row->id, row);
    struct sim_message *m = sim_ledger_message(s, row->message_id);
    if (!m)
        sim_fail(s, "a row of no message");
    m->rows++;
    m->open++;
    s->ledger.open++;
}

/* A claimed row may stay claimed while it is recalled; any other change of state is an arrow of DELIVERY_STATE_MAP, a
 * person's retry, or the recovery at start. */
static void check_arrow(struct sim *s, const struct sim_row *row, enum delivery_state to)
{
    bool by_hand = to == DELIVERY_PENDING && (row->state == DELIVERY_FAILED || row->state == DELIVERY_UNCERTAIN) &&
                   s->ledger.retries_by_hand > 0;
    if (row->state != to && !by_hand && !delivery_state_may_become(row->state, to))
        sim_fail(s, "delivery %lld went from %s to %s", (long long)row->id, delivery_state_word(row->state),
                 delivery_state_word(to));
    if (s->ledger.is_recovering && row->state == DELIVERY_CLAIMED && to != DELIVERY_PENDING &&
        to != DELIVERY_WITHDRAWN && to != DELIVERY_EXPIRED)
        sim_fail(s, "recovery made a claimed row %s", delivery_state_word(to));
}

static void take_state(struct sim *s, struct sim_row *row, enum delivery_state to, sqlite3_stmt *stmt)
{
    int64_t at_us = sqlite3_column_int64(stmt, 9);
    enum delivery_state from = row->state;
    check_arrow(s, row, to);
    sim_trace(s, "row %lld %s -> %s attempts=%d", (long long)row->id, delivery_state_word(from),
              delivery_state_word(to), row->attempts);
    if (to == DELIVERY_CLAIMED)
        sim_check_claim(s, row, sqlite3_column_int64(stmt, 6), at_us);
    else if (from == DELIVERY_CLAIMED && !s->ledger.is_recovering)
        sim_check_result(s, row, to, text(stmt, 10), at_us);
    else if (from == DELIVERY_CLAIMED)
        row->is_in_doubt = true;
    else if (delivery_state_is_final(from)) {
        row->is_in_doubt = row->is_in_doubt || from == DELIVERY_UNCERTAIN;
        row->excuses++;
        row->was_by_hand = true;
    }
    if (from == DELIVERY_CLAIMED && row->is_recalled) /* who follows in its thread does so now */
        sim_tick_soon(s);
    row->state = to;
    count(s, row, from, to);
}

static void on_change(struct sim *s, sqlite3_stmt *stmt)
{
    struct sim_row *row = sim_ledger_row(s, sqlite3_column_int64(stmt, 1));
    if (!row)
        sim_fail(s, "a row that was never made has changed");
    enum delivery_state to = state_of(s, text(stmt, 4));
    bool was_recalled = row->is_recalled;
    row->due_us = sqlite3_column_int64(stmt, 5);
    row->first_us = sqlite3_column_int64(stmt, 12);
    row->attempts = sqlite3_column_int(stmt, 7);
    row->is_recalled = sqlite3_column_int(stmt, 8) != 0;
    if (row->attempts < 0)
        sim_fail(s, "delivery %lld has %d attempts", (long long)row->id, row->attempts);
    if (row->is_recalled && !was_recalled && row->told_us == 0)
        s->ledger.recalled++;
    if (to != row->state)
        take_state(s, row, to, stmt);
    if (row->is_recalled && to == DELIVERY_PENDING)
        sim_fail(s, "delivery %lld is recalled and pending", (long long)row->id);
}

static bool expands(const char *state)
{
    return strcmp(state, "expanding") == 0;
}

static bool runs(const char *state)
{
    return expands(state) || strcmp(state, "sending") == 0;
}

static void on_message(struct sim *s, sqlite3_stmt *stmt)
{
    struct sim_message *m = sim_ledger_message(s, sqlite3_column_int64(stmt, 1));
    const char *state = text(stmt, 4);
    if (!m) {
        m = xcalloc(1, sizeof *m);
        m->id = sqlite3_column_int64(stmt, 1);
        m->letter_id = sqlite3_column_int64(stmt, 2);
        m->lane = (enum lane)sqlite3_column_int(stmt, 3);
        m->made_us = s->mono_us;
        m->expires_us = sqlite3_column_int64(stmt, 5);
        m->thread_id = sqlite3_column_int64(stmt, 6);
        m->thread_pos = sqlite3_column_int64(stmt, 7);
        m->is_exercise = sqlite3_column_int(stmt, 8) != 0;
        m->is_recall = strcmp(text(stmt, 11), "got") == 0;
        map_put(&s->ledger.messages, m->id, m);
    }
    sim_trace(s, "message %lld is %s, %d of %d open", (long long)m->id, state, m->open, m->rows);
    if (strcmp(state, "finished") == 0 && m->open > 0)
        sim_fail(s, "message %lld is finished with %d rows open", (long long)m->id, m->open);
    s->ledger.running += (int)runs(state) - (int)runs(m->state);
    s->ledger.expanding += (int)expands(state) - (int)expands(m->state);
    bool is_other = strcmp(m->state, state) != 0;
    snprintf(m->state, sizeof m->state, "%s", state);
    if (is_other)
        sim_alert_check_closed(s, m);
}

static void on_hold(struct sim *s, const char *value)
{
    bool hold = strcmp(value, "yes") == 0;
    sim_trace(s, "hold: %s", value);
    if (!hold)
        s->ledger.hold_told_us = 0;
    s->ledger.is_on_hold = hold;
}

void sim_ledger_read(struct sim *s)
{
    sqlite3_stmt *stmt = s->ledger.read;
    bool any = false;
    if (!stmt)
        return;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *what = text(stmt, 0);
        any = true;
        if (strcmp(what, "row") == 0)
            on_new_row(s, stmt);
        else if (strcmp(what, "change") == 0)
            on_change(s, stmt);
        else if (strcmp(what, "hold") == 0)
            on_hold(s, text(stmt, 4));
        else if (strcmp(what, "gone") == 0)
            sim_fail(s, "a row of the ledger was deleted");
        else
            on_message(s, stmt);
    }
    sqlite3_reset(stmt);
    if (any) {
        sqlite3_step(s->ledger.clear);
        sqlite3_reset(s->ledger.clear);
    }
    s->ledger.retries_by_hand = 0;
}

static sqlite3_stmt *prepare(struct sim *s, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->ledger.sqlite, sql, -1, &stmt, NULL) != SQLITE_OK)
        sim_fail(s, "the ledger cannot be read: %s", sqlite3_errmsg(s->ledger.sqlite));
    return stmt;
}

/* In the columns of the log. */
void sim_ledger_adopt(struct sim *s)
{
    sqlite3_stmt *stmt = prepare(
        s, "SELECT 'message', id, letter_id, lane, state, expires_at, thread_id, thread_pos, is_exercise, 0, '', walk"
           " FROM message ORDER BY id");
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const struct sim_message *m = sim_ledger_message(s, sqlite3_column_int64(stmt, 1));
        if (!m)
            on_message(s, stmt);
    }
    sqlite3_finalize(stmt);
    stmt =
        prepare(s, "SELECT 'change', id, message_id, lane, state, due_at, due_at, attempts, recalled, last_at, relay,"
                   " address, first_at FROM delivery ORDER BY id");
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const struct sim_row *row = sim_ledger_row(s, sqlite3_column_int64(stmt, 1));
        if (!row)
            on_new_row(s, stmt);
        else if (row->state != state_of(s, text(stmt, 4)) || row->attempts != sqlite3_column_int(stmt, 7) ||
                 row->is_recalled != (sqlite3_column_int(stmt, 8) != 0))
            on_change(s, stmt);
    }
    sqlite3_finalize(stmt);
    stmt = prepare(s, "SELECT 'ended', id, letter_id, lane, state FROM message ORDER BY id");
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const struct sim_message *m = sim_ledger_message(s, sqlite3_column_int64(stmt, 1));
        if (m && strcmp(m->state, text(stmt, 4)) != 0)
            on_message(s, stmt);
    }
    sqlite3_finalize(stmt);
    stmt = prepare(s, "SELECT value FROM setting WHERE name = 'hold'");
    if (sqlite3_step(stmt) == SQLITE_ROW)
        on_hold(s, text(stmt, 0));
    sqlite3_finalize(stmt);
}

void sim_ledger_compare(struct sim *s)
{
    sqlite3_stmt *stmt = prepare(s, "SELECT id, state, attempts, recalled FROM delivery");
    int n = 0;
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(stmt, 0);
        struct sim_row *row = sim_ledger_row(s, id);
        n++;
        if (!row || row->state != state_of(s, text(stmt, 1)) || row->attempts != sqlite3_column_int(stmt, 2) ||
            row->is_recalled != (sqlite3_column_int(stmt, 3) != 0))
            sim_fail(s, "delivery %lld is %s in the file, and %s by all that was committed", (long long)id,
                     text(stmt, 1), row ? delivery_state_word(row->state) : "nothing");
    }
    sqlite3_finalize(stmt);
    if (n != s->ledger.rows.count)
        sim_fail(s, "%d rows in the file, %d by all that was committed", n, s->ledger.rows.count);
}
