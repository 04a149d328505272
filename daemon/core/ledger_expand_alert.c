/* The walk through an alert's groups, membership by membership; the contract is in ledger_expand.h. */
#include "base/err.h"
#include "base/id.h"
#include "core/ledger_expand.h"
#include "store/db.h"

/* The last membership of a part. */
struct end {
    int64_t group_id, contact_id;
    int64_t addresses; /* that the part brings, at most */
};

static int part_end(struct db *db, const struct expansion *e, int room, struct end *end)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ALERT_PART,
                      DB_ARGS(DB_INT(e->thread_id), DB_INT(e->cursor), DB_INT(e->cursor_person), DB_INT(room)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        end->group_id = db_int(rows, 0);
        end->contact_id = db_int(rows, 1);
        end->addresses += db_int(rows, 2);
    }
    db_done(rows);
    return rc;
}

int expand_groups(struct db *db, struct expansion *e, int room, bool *is_walked)
{
    struct end end = {0};
    int64_t now = db_now_us(db);
    int rc = part_end(db, e, room, &end);
    if (rc)
        return rc;
    if (end.group_id == 0) {
        *is_walked = true;
        return 0;
    }
    if (end.addresses > 0)
        rc = db_exec(db, NULL, Q_ALERT_INSERT,
                     DB_ARGS(DB_INT(e->message_id), DB_INT(e->thread_id), DB_INT(e->cursor), DB_INT(e->cursor_person),
                             DB_INT(end.group_id), DB_INT(end.contact_id), DB_INT(id_new_range(now, end.addresses)),
                             DB_INT(now), DB_INT(e->due_us)));
    e->cursor = end.group_id;
    e->cursor_person = end.contact_id;
    return rc;
}
