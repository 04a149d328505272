/*
 * The status: one answer for "is all well?". The store's part is read on its thread; what only the loop knows (relays,
 * rates, problems, uptime) is added there (call->finish), and with it the expected end of what is running. Queues are
 * those of the installation, letters and register those of the acting person's area.
 */
#include "http/api_status.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "core/hold.h"
#include "core/ledger.h"
#include "core/restore.h"
#include "http/api.h"
#include "http/api_alert.h"
#include "http/api_delivery.h"
#include "http/expected_end.h"
#include "store/db.h"
#include "store/migrate.h"

/* Messages whose work counts in the expected ends; with more than so many on their way the ends are too early. */
enum { WORK_MAX = 200 };

/* Between add_work on the store's thread and add_ends on the loop; not part of the answer. */
static const char WORK[] = "work";

static int add_store(struct api_call *call, struct db *db)
{
    int64_t size = 0;
    int version = migrate_version(db, &call->err);
    if (version < 0)
        return version;
    int rc = db_get_int(db, &size, Q_STORE_SIZE, DB_NO_ARGS);
    if (rc == 0)
        json_object_set_new(call->result, "store",
                            json_pack("{s:i, s:i, s:I}", "version", version, "latest", migrate_latest(), "size_bytes",
                                      (json_int_t)size));
    return rc;
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static int add_hold(struct api_call *call, struct db *db)
{
    struct hold hold;
    struct restore_note note;
    int rc = hold_read(db, &hold);
    if (rc == 0)
        rc = restore_note_read(db, &note);
    if (rc)
        return rc;
    json_object_set_new(call->result, "hold", json_boolean(hold.is_on));
    json_object_set_new(call->result, "hold_since", hold.is_on ? api_time(hold.since_us) : json_null());
    json_object_set_new(call->result, "hold_by", hold.is_on ? text_or_null(hold.by) : json_null());
    json_object_set_new(call->result, "hold_reason", hold.is_on ? text_or_null(hold.reason) : json_null());
    json_object_set_new(call->result, "restored",
                        note.at_us
                            ? json_pack("{s:s, s:o, s:s, s:o, s:b}", "id", note.id, "at", api_time(note.at_us), "file",
                                        note.file, "newest", api_time(note.newest_us), "open", note.is_open)
                            : json_null());
    return 0;
}

static void add_oldest(json_t *counts, int64_t due_us, int64_t now_us)
{
    json_object_set_new(counts, "oldest_due", api_time(due_us));
    if (due_us <= now_us)
        json_object_set_new(counts, "oldest_age_s", json_integer((now_us - due_us) / US_PER_S));
}

static int add_queue(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *queue = json_object();
    json_object_set_new(call->result, "queue", queue);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        json_object_set_new(
            queue, lane_word((enum lane)lane),
            json_pack("{s:i, s:i, s:n, s:n}", "pending", 0, "claimed", 0, "oldest_due", "oldest_age_s"));
    int rc = db_query(db, &rows, Q_QUEUE_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        int64_t lane = db_int(rows, 0);
        if (lane < 0 || lane >= LANE_COUNT)
            continue;
        json_t *counts = json_object_get(queue, lane_word((enum lane)lane));
        json_object_set_new(counts, db_text(rows, 1), json_integer(db_int(rows, 2)));
        if (strcmp(db_text(rows, 1), delivery_state_word(DELIVERY_PENDING)) == 0)
            add_oldest(counts, db_int(rows, 3), db_now_us(db));
    }
    db_done(rows);
    return rc;
}

/* --- what is running ------------------------------------------------------------------------------------------- */

/* Rows that wait for a later time, mostly another try: how many, and the first of their times. */
static int count_waiting(struct db *db, int64_t message_id, int64_t *waiting, int64_t *next_us)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MESSAGE_WAITING_ROWS, DB_ARGS(DB_INT(message_id), DB_INT(db_now_us(db))));
    if (rc)
        return rc;
    rc = db_next(rows);
    *waiting = rc > 0 ? db_int(rows, 0) : 0;
    *next_us = rc > 0 ? db_int(rows, 1) : 0;
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int add_waiting(struct db *db, int64_t message_id, json_t *message)
{
    int64_t waiting = 0;
    int64_t next_us = 0;
    int rc = count_waiting(db, message_id, &waiting, &next_us);
    json_object_set_new(message, "waiting", json_integer(waiting));
    json_object_set_new(message, "next_try", api_time(next_us));
    return rc;
}

static int add_running(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *running = json_array();
    json_object_set_new(call->result, "running", running);
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MESSAGE_RUNNING, DB_NO_ARGS);
    if (rc)
        return rc;
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        json_t *message = api_row(rows, "id:msg kind:s title:s state:s letter:let created_at:t lane:l "
                                        "alert:alr exercise:b");
        json_array_append_new(running, message);
        rc = api_delivery_add_counts(call, db, db_int(rows, 0), message);
        if (rc == 0)
            rc = add_waiting(db, db_int(rows, 0), message);
    }
    db_done(rows);
    return rc;
}

/* What all messages on their way have left, also those that this person does not see: they share the lanes. */
static int add_work(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *work = json_array();
    json_object_set_new(call->result, WORK, work);
    int rc = db_query(db, &rows, Q_MESSAGE_OPEN_ROWS, DB_ARGS(DB_INT(WORK_MAX)));
    if (rc)
        return rc;
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        int64_t waiting = 0;
        int64_t next_us = 0;
        rc = count_waiting(db, db_int(rows, 0), &waiting, &next_us);
        json_array_append_new(work,
                              json_pack("{s:o, s:I, s:I}", "id", api_id(ID_MESSAGE, db_int(rows, 0)), "lane",
                                        (json_int_t)db_int(rows, 1), "rows", (json_int_t)(db_int(rows, 2) - waiting)));
    }
    db_done(rows);
    return rc;
}

static int add_alerts(struct api_call *call, struct db *db)
{
    json_t *alerts = NULL;
    int rc = api_alert_under_way(call, db, &alerts);
    if (rc == 0)
        json_object_set_new(call->result, "alerts", alerts);
    return rc;
}

static int add_register(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_REGISTER_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        json_object_set_new(call->result, "register", api_row(rows, "groups:i active_groups:i contacts:i"));
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int add_letters(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *coming = NULL;
    json_t *states = json_object();
    json_object_set_new(call->result, "letters", states);
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_STATE_COUNTS, DB_NO_ARGS);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        json_object_set_new(states, db_text(rows, 0), json_integer(db_int(rows, 1)));
    db_done(rows);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_COMING, DB_NO_ARGS);
    if (rc == 0)
        rc = api_rows(rows, "id:let title:s period:s due_at:t", &coming);
    if (rc == 0)
        json_object_set_new(call->result, "next_due", coming);
    return rc;
}

/* --- on the loop ----------------------------------------------------------------------------------------------- */

/* An entry of `list` by its id, or NULL. */
static const json_t *find(const json_t *list, const char *id)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        if (strcmp(json_string_value(json_object_get(entry, "id")), id) == 0)
            return entry;
    }
    return NULL;
}

static bool no_relay_works(const json_t *relays)
{
    size_t i;
    json_t *relay;
    json_array_foreach(relays, i, relay)
    {
        const char *state = json_string_value(json_object_get(relay, "state"));
        if (state && strcmp(state, "paused") != 0)
            return false;
    }
    return json_array_size(relays) > 0;
}

/* Why the end of a message cannot be told, or NULL. The words are part of the API. */
static const char *why_unknown(const json_t *result, const json_t *message, int64_t rows_now, double pace)
{
    if (json_is_true(json_object_get(result, "hold")))
        return "on_hold";
    if (find(json_object_get(result, "messages_paused"), json_string_value(json_object_get(message, "id"))))
        return "message_paused";
    if (no_relay_works(json_object_get(result, "relays")))
        return "relays_paused";
    if (strcmp(json_string_value(json_object_get(message, "state")), "expanding") == 0)
        return "expanding";
    if (rows_now == 0)
        return "waiting_for_retries";
    return pace > 0 ? NULL : "nothing_moves";
}

static int read_work(const json_t *list, struct expected_work *work, const char *id, int *which)
{
    size_t i;
    json_t *entry;
    int n = 0;
    *which = -1;
    json_array_foreach(list, i, entry)
    {
        if (n == WORK_MAX)
            break;
        if (strcmp(json_string_value(json_object_get(entry, "id")), id) == 0)
            *which = n;
        work[n++] = (struct expected_work){.lane = (int)json_integer_value(json_object_get(entry, "lane")),
                                           .rows = json_integer_value(json_object_get(entry, "rows"))};
    }
    return n;
}

static void add_end(const struct api_call *call, const json_t *lanes, json_t *message)
{
    struct expected_work work[WORK_MAX];
    int which = -1;
    const char *lane = json_string_value(json_object_get(message, "lane"));
    double pace = lane ? json_number_value(json_object_get(json_object_get(lanes, lane), "pace")) : 0;
    int n =
        read_work(json_object_get(call->result, WORK), work, json_string_value(json_object_get(message, "id")), &which);
    const char *why = which < 0 ? "nothing_moves" : why_unknown(call->result, message, work[which].rows, pace);
    int64_t seconds = why ? 0 : expected_end_s(work, n, which, pace);
    json_object_set_new(message, "expected_end_unknown", why ? json_string(why) : json_null());
    json_object_set_new(message, "expected_in_s", why ? json_null() : json_integer(seconds));
    json_object_set_new(message, "expected_end",
                        why ? json_null() : api_time(clock_real_us(call->env->clock) + seconds * US_PER_S));
}

/* Relays, rates, problems, uptime; a lane's rates go where its counts are. */
static void add_loop(struct api_call *call)
{
    json_t *status = call->env->status ? call->env->status(call->env->ctx) : json_object();
    json_t *lanes = json_incref(json_object_get(status, "lanes"));
    const char *lane;
    json_t *rates;
    size_t i;
    json_t *message;
    json_object_del(status, "lanes");
    json_object_update(call->result, status);
    json_object_foreach(lanes, lane, rates)
    {
        json_object_update(json_object_get(json_object_get(call->result, "queue"), lane), rates);
    }
    json_array_foreach(json_object_get(call->result, "running"), i, message)
    {
        add_end(call, lanes, message);
    }
    json_object_del(call->result, WORK);
    json_decref(lanes);
    json_decref(status);
}

int api_status(struct api_call *call, struct db *db)
{
    static int (*const parts[])(struct api_call * call, struct db * db) = {
        add_store, add_hold, add_queue, add_running, add_alerts, add_work, add_letters, add_register, NULL};
    int rc = api_query_only(call, "");
    call->result = json_object();
    json_object_set_new(call->result, "version", json_string(GRANNBUD_VERSION));
    for (int i = 0; rc == 0 && parts[i]; i++)
        rc = parts[i](call, db);
    call->finish = add_loop;
    return rc;
}
