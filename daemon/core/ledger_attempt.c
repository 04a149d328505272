/* The history of a delivery; the contract is in core/ledger_attempt.h. */
#include "core/ledger_attempt.h"

#include "base/id.h"
#include "core/ledger.h"
#include "store/db.h"

static const char *word_of(const struct ledger_result *r)
{
    if (r->state != DELIVERY_PENDING)
        return delivery_state_word(r->state);
    return r->give_back ? "not_counted" : "retry";
}

int ledger_attempt_keep(struct db *db, const struct ledger_result *r)
{
    if (r->state == DELIVERY_SENT)
        return 0;
    int rc = db_exec(db, NULL, Q_ATTEMPT_FORGET, DB_ARGS(DB_INT(r->delivery_id), DB_INT(LEDGER_ATTEMPTS_MAX - 1)));
    if (rc)
        return rc;
    return db_exec(db, NULL, Q_ATTEMPT_INSERT,
                   DB_ARGS(DB_INT(id_new(r->now_us)), DB_INT(r->delivery_id), DB_INT(r->now_us), DB_TEXT(word_of(r)),
                           DB_TEXT(r->relay), DB_TEXT(r->step), r->code ? DB_INT(r->code) : DB_NULL, DB_TEXT(r->status),
                           DB_TEXT(r->reply)));
}
