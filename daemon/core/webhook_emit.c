/*
 * Webhook events as things happen; the contract is in core/webhook_emit.h.
 *
 * Who gets an event is one INSERT ... SELECT. For what follows an alert the order matters: first the new rows, held;
 * then the rest of the thread is withdrawn, and what lay in front of a new row lets it go by the schema's triggers; at
 * last those that had nothing in front.
 */
#include "core/webhook_emit.h"

#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/ledger.h"
#include "store/db.h"

/* --- parts ----------------------------------------------------------------------------------------------------- */

/* Ids for all deliveries that an event can have. */
static int set_aside(struct db *db, int64_t *first_id)
{
    int64_t n = 0;
    int rc = db_get_int(db, &n, Q_WEBHOOK_RECIPIENT_COUNT, DB_NO_ARGS);
    *first_id = id_new_range(db_now_us(db), n > 0 ? n : 1);
    return rc;
}

/* The event's row by `q`; *event_id 0 when it is for no webhook. */
static int add_event(struct db *db, enum query q, int64_t object_id, int64_t *event_id)
{
    int64_t id = id_new(db_now_us(db));
    int64_t added = 0;
    int rc = db_exec(db, &added, q, DB_ARGS(DB_INT(id), DB_INT(object_id), DB_INT(db_now_us(db))));
    *event_id = added > 0 ? id : 0;
    return rc;
}

static int offer(struct db *db, enum query q, int64_t event_id)
{
    int64_t first_id = 0;
    int rc = set_aside(db, &first_id);
    return rc ? rc : db_exec(db, NULL, q, DB_ARGS(DB_INT(event_id), DB_INT(first_id), DB_INT(db_now_us(db))));
}

/* --- what follows an alert -------------------------------------------------------------------------------------- */

/* `rings_us`: when telephones may ring for the end of an alert. */
static int follow(struct db *db, int64_t event_id, int64_t thread_id, bool takes_pending, enum delivery_state rest,
                  int64_t rings_us)
{
    int64_t first_id = 0;
    int64_t now = db_now_us(db);
    int rc = set_aside(db, &first_id);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_OFFER_FOLLOW,
                     DB_ARGS(DB_INT(event_id), DB_INT(first_id), DB_INT(now), DB_INT(takes_pending ? 1 : 0),
                             DB_INT(rings_us > now ? rings_us : now), DB_INT(thread_id)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_OVERTAKE,
                     DB_ARGS(DB_INT(thread_id), DB_INT(event_id), DB_TEXT(delivery_state_word(rest)), DB_INT(now)));
    return rc ? rc : db_exec(db, NULL, Q_WEBHOOK_LET_GO, DB_ARGS(DB_INT(thread_id)));
}

/* Type and thread of an event of an alert. */
static int read_event(struct db *db, int64_t event_id, bool *is_first, bool *is_update, int64_t *thread_id)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_EVENT_GET, DB_ARGS(DB_INT(event_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        *is_first = strcmp(db_text(rows, 0), "alert.sent") == 0;
        *is_update = strcmp(db_text(rows, 0), "alert.updated") == 0;
        *thread_id = db_int(rows, 2);
    }
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : ERR_NOT_FOUND;
}

/* --- the events ------------------------------------------------------------------------------------------------- */

int webhook_emit_alert(struct db *db, int64_t alert_id)
{
    int64_t event_id = 0;
    int64_t thread_id = 0;
    bool is_first = false;
    bool is_update = false;
    int rc = add_event(db, Q_WEBHOOK_EVENT_ALERT, alert_id, &event_id);
    if (rc || event_id == 0)
        return rc;
    rc = read_event(db, event_id, &is_first, &is_update, &thread_id);
    if (rc)
        return rc;
    return is_first ? offer(db, Q_WEBHOOK_OFFER_ALERT, event_id)
                    : follow(db, event_id, thread_id, is_update, DELIVERY_WITHDRAWN, 0);
}

int webhook_emit_expired(struct db *db, int64_t alert_id, int64_t quiet_until_us)
{
    int64_t event_id = 0;
    int64_t thread_id = 0;
    bool is_first = false;
    bool is_update = false;
    int rc = add_event(db, Q_WEBHOOK_EVENT_EXPIRED, alert_id, &event_id);
    if (rc || event_id == 0)
        return rc;
    rc = read_event(db, event_id, &is_first, &is_update, &thread_id);
    return rc ? rc : follow(db, event_id, thread_id, false, DELIVERY_EXPIRED, quiet_until_us);
}

int webhook_emit_letter(struct db *db, int64_t letter_id)
{
    int64_t event_id = 0;
    int rc = add_event(db, Q_WEBHOOK_EVENT_LETTER, letter_id, &event_id);
    return rc || event_id == 0 ? rc : offer(db, Q_WEBHOOK_OFFER_LETTER, event_id);
}
