/* Who stopped all sending; the contract is in core/hold.h. */
#include "core/hold.h"

#include "core/ledger.h"
#include "core/setting.h"
#include "store/db.h"

int hold_set(struct db *db, const struct actor *actor, bool on, const char *reason)
{
    bool was = false;
    int rc = ledger_is_on_hold(db, &was);
    if (rc == 0)
        rc = ledger_set_hold(db, on);
    if (rc == 0 && was != on)
        rc = setting_put_int(db, "hold_since", db_now_us(db));
    if (rc == 0)
        rc = setting_put(db, "hold_by", actor->name);
    return rc ? rc : setting_put(db, "hold_reason", reason ? reason : "");
}

int hold_read(struct db *db, struct hold *out)
{
    struct hold hold = {.is_on = false};
    int rc = ledger_is_on_hold(db, &hold.is_on);
    if (rc == 0)
        rc = setting_get_int(db, "hold_since", &hold.since_us);
    if (rc == 0)
        rc = setting_get(db, "hold_by", hold.by, sizeof hold.by);
    if (rc == 0)
        rc = setting_get(db, "hold_reason", hold.reason, sizeof hold.reason);
    if (rc == 0)
        *out = hold;
    return rc;
}
