/* How many alerts one person may send; the contract is in alert_plan.h. */
#include "base/clock.h"
#include "base/err.h"
#include "core/alert_plan.h"
#include "core/config.h"
#include "store/actor.h"
#include "store/db.h"

enum { HOUR_S = 3600 };

int alert_check_rate(struct db *db, const struct actor *actor, const struct config *config, struct alert_answer *answer,
                     struct err *err)
{
    int64_t now = db_now_us(db);
    int64_t since = now - HOUR_S * US_PER_S;
    int64_t sent = 0;
    int64_t oldest = now;
    int limit = config->alert.per_sender_per_hour;
    if (limit == 0)
        return 0;
    int rc = db_get_int(db, &sent, Q_ALERT_SENT_SINCE, DB_ARGS(DB_TEXT(actor->name), DB_INT(since)));
    if (rc || sent < limit)
        return rc;
    rc = db_get_int(db, &oldest, Q_ALERT_SENT_NTH, DB_ARGS(DB_TEXT(actor->name), DB_INT(since), DB_INT(limit - 1)));
    if (rc)
        return rc;
    answer->retry_after_s = (oldest - since) / US_PER_S + 1;
    return err_set(
        err, ERR_LIMIT,
        "you have sent %lld alerts within an hour, and the limit is %d ([alert] per_sender_per_hour): wait %lld "
        "minutes",
        (long long)sent, limit, (long long)(answer->retry_after_s / 60 + 1));
}
