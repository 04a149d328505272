/*
 * The status: one answer for "is all well?". The store's part is read on its thread; relay, problems and uptime are the
 * loop's and are added there (call->finish). Queues are those of the installation, letters and register those of the
 * acting person's area.
 */
#include "http/api_status.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "core/ledger.h"
#include "http/api.h"
#include "store/db.h"
#include "store/migrate.h"

static int add_store(struct api_call *call, struct db *db)
{
    int64_t size = 0;
    bool hold = false;
    int version = migrate_version(db, &call->err);
    if (version < 0)
        return version;
    int rc = db_get_int(db, &size, Q_STORE_SIZE, DB_NO_ARGS);
    if (rc == 0)
        rc = ledger_is_on_hold(db, &hold);
    if (rc)
        return rc;
    json_object_set_new(call->result, "store",
                        json_pack("{s:i, s:I}", "version", version, "size_bytes", (json_int_t)size));
    json_object_set_new(call->result, "hold", json_boolean(hold));
    return 0;
}

static int add_queue(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *queue = json_object();
    json_object_set_new(call->result, "queue", queue);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        json_object_set_new(queue, lane_word((enum lane)lane),
                            json_pack("{s:i, s:i, s:n}", "pending", 0, "claimed", 0, "oldest_due"));
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
            json_object_set_new(counts, "oldest_due", api_time(db_int(rows, 3)));
    }
    db_done(rows);
    return rc;
}

static int add_counts(struct api_call *call, struct db *db, int64_t message_id, json_t *message)
{
    struct db_rows *rows = NULL;
    json_t *counts = json_object();
    json_object_set_new(message, "deliveries", counts);
    for (int i = 0; i <= DELIVERY_EXPIRED; i++)
        json_object_set_new(counts, delivery_state_word((enum delivery_state)i), json_integer(0));
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MESSAGE_COUNTS, DB_ARGS(DB_INT(message_id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        json_object_set_new(counts, db_text(rows, 0), json_integer(db_int(rows, 1)));
    db_done(rows);
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
        json_t *message = api_row(rows, "id:msg kind:s title:s state:s letter:let created_at:t");
        json_array_append_new(running, message);
        rc = add_counts(call, db, db_int(rows, 0), message);
    }
    db_done(rows);
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

/* On the loop: relay, problems, uptime. */
static void add_loop(struct api_call *call)
{
    json_t *status = call->env->status ? call->env->status(call->env->ctx) : NULL;
    if (status)
        json_object_update(call->result, status);
    json_decref(status);
}

int api_status(struct api_call *call, struct db *db)
{
    static int (*const parts[])(struct api_call * call, struct db * db) = {add_store,   add_queue,    add_running,
                                                                           add_letters, add_register, NULL};
    int rc = api_query_only(call, "");
    call->result = json_object();
    json_object_set_new(call->result, "version", json_string(GRANNBUD_VERSION));
    for (int i = 0; rc == 0 && parts[i]; i++)
        rc = parts[i](call, db);
    call->finish = add_loop;
    return rc;
}
