/* Messages of alerts; the contract is in core/ledger_alert.h. The walks are in ledger_expand_alert.c and
 * ledger_expand_thread.c. */
#include "core/ledger_alert.h"

#include <assert.h>

#include "base/err.h"
#include "base/id.h"
#include "store/db.h"

static int insert_message(struct db *db, const struct ledger_alert *a, int64_t thread_id, int64_t thread_pos,
                          const char *walk, int64_t *message_id)
{
    int64_t now = db_now_us(db);
    int64_t id = id_new(now);
    assert(a->expires_us > 0);
    int rc = db_exec(db, NULL, Q_MESSAGE_INSERT_ALERT,
                     DB_ARGS(DB_INT(id), DB_INT(a->alert_id), DB_TEXT(a->title), DB_INT(thread_id), DB_INT(thread_pos),
                             DB_TEXT(walk), DB_TEXT(a->source), DB_TEXT(a->hash), DB_INT(a->is_exercise),
                             DB_INT(a->not_before_us), DB_INT(a->expires_us), DB_INT(now)));
    if (rc == 0)
        *message_id = id;
    return rc;
}

int ledger_open_alert(struct db *db, const struct ledger_alert *alert, int64_t *message_id)
{
    return insert_message(db, alert, alert->alert_id, 0, "groups", message_id);
}

/* Nothing more of what the thread said before. A thread has few messages: each is a person's doing. */
static int close_earlier(struct db *db, int64_t thread_id, int64_t thread_pos)
{
    int rc = 0;
    for (int64_t pos = 0; rc == 0 && pos < thread_pos; pos++) {
        int64_t message_id = 0;
        rc = db_get_int(db, &message_id, Q_THREAD_MESSAGE, DB_ARGS(DB_INT(thread_id), DB_INT(pos)));
        if (rc == 0)
            rc = ledger_close(db, message_id, DELIVERY_WITHDRAWN);
    }
    return rc;
}

int ledger_open_follow(struct db *db, const struct ledger_alert *alert, int64_t root_alert_id, bool takes_queued,
                       int64_t *message_id)
{
    int64_t pos = 0;
    int64_t id = 0;
    int rc = db_get_int(db, &pos, Q_THREAD_NEXT_POS, DB_ARGS(DB_INT(root_alert_id)));
    if (rc == 0 && pos == 0)
        rc = ERR_NOT_FOUND; /* nothing was ever sent that it could follow */
    if (rc == 0)
        rc = insert_message(db, alert, root_alert_id, pos, takes_queued ? "queued" : "got", &id);
    if (rc == 0) /* before they are closed, when they forget what they wait for */
        rc = db_exec(db, NULL, Q_THREAD_WAIT_TAKE, DB_ARGS(DB_INT(id), DB_INT(root_alert_id), DB_INT(pos)));
    if (rc == 0)
        rc = close_earlier(db, root_alert_id, pos);
    if (rc == 0)
        *message_id = id;
    return rc;
}

int ledger_doubt_queued(struct db *db)
{
    return db_exec(db, NULL, Q_DELIVERY_DOUBT_QUEUED, DB_NO_ARGS);
}
