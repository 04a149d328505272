/* Trying a delivery again by hand; the contract is in core/ledger_retry.h. */
#include "core/ledger_retry.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/ledger.h"
#include "store/actor.h"
#include "store/audit.h"
#include "store/db.h"

struct look {
    enum delivery_state state;
    int64_t message_id;
    char message_state[16], group_state[24];
    bool has_address, address_gone, said_no, is_alert, is_over;
};

static int read_look(struct db *db, const struct actor *actor, int64_t id, struct look *out, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &actor->scope, &rows, Q_DELIVERY_RETRY_LOOK, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        *out = (struct look){.message_id = db_int(rows, 1),
                             .has_address = !db_is_null(rows, 3),
                             .address_gone = db_is_null(rows, 4),
                             .said_no = !db_is_null(rows, 5),
                             .is_alert = strcmp(db_text(rows, 6), "alert") == 0,
                             .is_over = db_int(rows, 8) > 0 && db_int(rows, 8) <= db_now_us(db)};
        snprintf(out->message_state, sizeof out->message_state, "%s", db_text(rows, 2));
        snprintf(out->group_state, sizeof out->group_state, "%s", db_text(rows, 7));
        if (!delivery_state_parse(db_text(rows, 0), &out->state))
            rc = ERR_CORRUPT;
    }
    db_done(rows);
    if (rc == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no such delivery in your area: see delivery list");
    return rc < 0 ? rc : 0;
}

static int check(const struct look *look, struct err *err)
{
    if (look->state != DELIVERY_FAILED && look->state != DELIVERY_UNCERTAIN)
        return err_set(err, ERR_BAD_STATE, "the delivery is %s: only a failed or uncertain one is tried again",
                       delivery_state_word(look->state));
    if (look->is_over || strcmp(look->message_state, "expired") == 0)
        return err_set(err, ERR_BAD_STATE, "the alert is over: nothing of it is sent any more");
    if (look->is_alert && strcmp(look->message_state, "withdrawn") == 0)
        return err_set(err, ERR_BAD_STATE,
                       "the alert was recalled or updated: nothing of this version is sent any more");
    if (strcmp(look->message_state, "withdrawn") == 0)
        return err_set(err, ERR_BAD_STATE, "the letter was called off: nothing of it is sent any more");
    if (look->has_address && look->address_gone)
        return err_set(err, ERR_BAD_STATE,
                       "the address is not in the register any more: write to the person's new one");
    if (look->has_address && look->said_no)
        return err_set(err, ERR_BAD_STATE, "the address has unsubscribed since: it gets no more %s",
                       look->is_alert ? "alerts" : "letters");
    if (look->group_state[0] && strcmp(look->group_state, "active") != 0)
        return err_set(err, ERR_BAD_STATE, "the group is %s: only active groups get letters and alerts",
                       look->group_state);
    return 0;
}

int ledger_retry(struct db *db, const struct actor *actor, int64_t id, struct err *err)
{
    struct look look = {0};
    char text[ID_TEXT_BYTES];
    int64_t changed = 0;
    int rc = read_look(db, actor, id, &look, err);
    if (rc == 0)
        rc = check(&look, err);
    if (rc == 0)
        rc = db_exec(db, &changed, Q_DELIVERY_RETRY, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    if (rc == 0 && changed != 1)
        rc = ERR_CORRUPT;
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MESSAGE_RESEND, DB_ARGS(DB_INT(look.message_id)));
    if (rc)
        return rc;
    return audit_writef(db, actor, "delivery.retry", id_format(ID_DELIVERY, id, text), "{\"was\":\"%s\"}",
                        delivery_state_word(look.state));
}
