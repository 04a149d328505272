/* Webhook deliveries that a person asks for: a test, a replay; and what a gateway says later. See core/webhook.h. */
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/area.h"
#include "core/webhook.h"
#include "core/webhook_row.h"
#include "core/webhook_state.h"
#include "store/actor.h"
#include "store/db.h"

enum { REPORT_CHARS_MAX = 40 };

static int check_covers(struct db *db, const struct actor *actor, int64_t id, bool *is_enabled, struct err *err)
{
    struct webhook_row row;
    int rc = webhook_row_load(db, id, &row);
    if (rc)
        return rc;
    if (row.scope.kind != SCOPE_ALL)
        rc = scope_check_covers(db, actor, &row.scope, err);
    else if (actor->scope.kind != SCOPE_ALL)
        rc = ERR_NOT_FOUND;
    *is_enabled = row.is_enabled;
    webhook_row_fini(&row);
    return rc == ERR_NOT_FOUND ? err_set(err, ERR_FORBIDDEN,
                                         "the webhook belongs to more than your area: who answers "
                                         "for all of it may use it")
                               : rc;
}

int webhook_test(struct db *db, const struct actor *actor, int64_t id, int64_t *delivery_id, struct err *err)
{
    bool is_enabled = false;
    int64_t now = db_now_us(db);
    int64_t event_id = id_new(now);
    int64_t new_id = id_new(now);
    int rc = check_covers(db, actor, id, &is_enabled, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_EVENT_TEST, DB_ARGS(DB_INT(event_id), DB_INT(now)));
    if (rc == 0)
        rc =
            db_exec(db, NULL, Q_WEBHOOK_OFFER_TEST, DB_ARGS(DB_INT(event_id), DB_INT(new_id), DB_INT(now), DB_INT(id)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_LANE_UNPAUSE, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = webhook_audit(db, actor, "test", id, NULL);
    if (rc == 0)
        *delivery_id = new_id;
    return rc;
}

int webhook_replay(struct db *db, const struct actor *actor, int64_t id, const struct webhook_replay *replay,
                   int64_t *n, struct err *err)
{
    bool is_enabled = false;
    int64_t now = db_now_us(db);
    int rc = check_covers(db, actor, id, &is_enabled, err);
    if (rc == 0 && !is_enabled)
        return err_set(err, ERR_BAD_STATE, "the webhook is disabled: enable it first (webhook enable)");
    if (rc == 0 && replay->delivery_id)
        rc = db_exec(
            db, n, Q_WEBHOOK_REPLAY_ONE,
            DB_ARGS(DB_INT(id), DB_INT(replay->delivery_id), DB_INT(now), DB_INT(replay->with_expired ? 1 : 0)));
    else if (rc == 0)
        rc = db_exec(db, n, Q_WEBHOOK_REPLAY_ALL,
                     DB_ARGS(DB_INT(id), DB_INT(replay->since_us), DB_INT(now), DB_INT(replay->with_expired ? 1 : 0)));
    if (rc == 0 && replay->delivery_id && *n == 0)
        return err_set(err, ERR_BAD_STATE,
                       "there is no such delivery that has ended, or what it tells is over: --expired sends it all the "
                       "same, see webhook deliveries");
    if (rc == 0)
        rc = db_exec(db, NULL, Q_WEBHOOK_LET_GO_ENDPOINT, DB_ARGS(DB_INT(id)));
    return rc || *n == 0 ? rc : webhook_audit(db, actor, "replay", id, NULL);
}

int webhook_report(struct db *db, int64_t delivery_id, const char *status)
{
    int64_t changed = 0;
    size_t n = strlen(status);
    if (n == 0 || n > REPORT_CHARS_MAX || strspn(status, "abcdefghijklmnopqrstuvwxyz_-") != n)
        return ERR_INVALID;
    int rc =
        db_exec(db, &changed, Q_WEBHOOK_REPORT, DB_ARGS(DB_INT(delivery_id), DB_TEXT(status), DB_INT(db_now_us(db))));
    return rc == 0 && changed == 0 ? ERR_NOT_FOUND : rc;
}
