/* What an import came to, into the store; the contract is in core/register_import.h. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/register_import_parts.h"
#include "store/audit.h"
#include "store/db.h"

/* How long one operation may keep the writer from others. */
enum { BUDGET_MS = 20 };

void register_import_free(struct register_import *import)
{
    if (!import)
        return;
    register_copy_free(import->copy);
    free(import->areas);
    free(import);
}

/* --- has anybody else been at these registers? ------------------------------------------------------------------- */

static bool is_ours(const struct register_import *import, const char *municipality_code)
{
    for (size_t i = 0; i < import->area_count; i++)
        if (strcmp(import->areas[i].code, municipality_code) == 0)
            return true;
    return false;
}

/* One entry of the audit log: does it tell of a change in one of the file's municipalities? What is gone may have been
 * in one. */
static int check_edit(struct register_import *import, struct db *db, const char *action, const char *object,
                      bool *is_conflict)
{
    int64_t id = 0;
    char *code = NULL;
    int rc = ERR_NOT_FOUND;
    bool is_contact = id_parse(ID_CONTACT, object, &id) == 0;
    if (is_contact && strcmp(action, "contact.unsubscribe") == 0)
        return db_exec(db, NULL, Q_ADDRESS_SPREAD_NO, DB_ARGS(DB_INT(id)));
    if (is_contact && strcmp(action, "contact.unsubscribe_alerts") == 0)
        return db_exec(db, NULL, Q_ADDRESS_SPREAD_NO_ALERTS, DB_ARGS(DB_INT(id)));
    if (is_contact)
        rc = db_get_text(db, &code, Q_REGISTER_EDIT_CONTACT, DB_ARGS(DB_INT(id)));
    else if (id_parse(ID_GROUP, object, &id) == 0)
        rc = db_get_text(db, &code, Q_REGISTER_EDIT_GROUP, DB_ARGS(DB_INT(id)));
    *is_conflict = *is_conflict || rc == ERR_NOT_FOUND || (rc == 0 && is_ours(import, code));
    free(code);
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* The audit log knows every change. Called when the new addresses are in: one that said no meanwhile says it there too.
 */
static int check_edits(struct register_import *import, struct db *db, struct err *err)
{
    struct db_rows *rows = NULL;
    bool is_conflict = false;
    int rc = db_query(db, &rows, Q_REGISTER_EDITS, DB_ARGS(DB_INT(import->edit_head)));
    if (rc)
        return rc;
    while (!is_conflict && (rc = db_next(rows)) > 0 &&
           (rc = check_edit(import, db, db_text(rows, 0), db_text(rows, 1), &is_conflict)) == 0)
        continue;
    db_done(rows);
    if (is_conflict)
        return err_set(err, ERR_BAD_STATE,
                       "the register was changed while the file was read, and nothing of the file was taken: "
                       "send it again");
    return rc;
}

/* --- writing ----------------------------------------------------------------------------------------------------- */

static int finish(const struct register_import *import, struct db *db)
{
    const struct register_import_result *r = &import->result;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < import->area_count; i++)
        if (import->areas[i].is_changed)
            rc = db_exec(db, NULL, Q_AUDIENCE_CHANGED, DB_ARGS(DB_TEXT(import->areas[i].code), DB_INT(db_now_us(db))));
    if (rc)
        return rc;
    return audit_writef(db, &import->actor, "register.import", "",
                        "{\"sha256\":\"%s\",\"rows\":%ld,\"groups_added\":%ld,\"groups_changed\":%ld,"
                        "\"contacts_added\":%ld,\"contacts_changed\":%ld,\"addresses_added\":%ld}",
                        import->sha256, r->rows, r->groups_added, r->groups_changed, r->contacts_added,
                        r->contacts_changed, r->addresses_added);
}

/* Groups and persons that the file brings, in as many operations as it takes; nobody sees them. */
static int write_new(struct register_import *import, struct db *db, bool *is_done_out)
{
    if (import->is_staged)
        return register_copy_carry(import->copy, db, REGISTER_NEW, BUDGET_MS, is_done_out);
    bool is_clear = false;
    int rc = register_import_undo(db, &is_clear); /* of another, which was cut off */
    if (rc || !is_clear)
        return rc;
    rc = db_exec(db, NULL, Q_REGISTER_STAGING_BEGIN,
                 DB_ARGS(DB_INT(register_copy_stamp(import->copy)), DB_INT(import->first_id), DB_INT(import->last_id)));
    import->is_staged = rc == 0;
    return rc ? rc : register_copy_carry(import->copy, db, REGISTER_NEW, BUDGET_MS, is_done_out);
}

/* What is new of those that the store knew already, and the word that makes everything seen, in one operation. */
static int write_rest(struct register_import *import, struct db *db, struct err *err)
{
    bool is_done = false;
    int rc = register_copy_carry(import->copy, db, REGISTER_KNOWN, -1, &is_done);
    if (rc == 0)
        rc = check_edits(import, db, err);
    for (size_t i = 0; rc == 0 && i < import->area_count; i++) {
        const struct import_area *area = &import->areas[i];
        rc = db_exec(db, NULL, Q_REGISTER_STAGING_TALLY,
                     DB_ARGS(DB_TEXT(area->code), DB_INT(area->groups_added), DB_INT(area->active_added),
                             DB_INT(area->contacts_added)));
    }
    if (rc == 0)
        rc = db_exec(db, NULL, Q_REGISTER_STAGING_END, DB_NO_ARGS);
    if (rc == 0)
        rc = finish(import, db);
    db_shrink(db); /* pages of the register are not the writer's daily bread */
    return rc;
}

int register_import_write(struct register_import *import, struct db *db, bool *is_done_out, struct err *err)
{
    *is_done_out = false;
    int rc = write_new(import, db, is_done_out);
    if (rc == 0 && *is_done_out)
        rc = write_rest(import, db, err);
    if (rc == ERR_EXISTS || rc == ERR_INVALID) { /* it does not fit on what is there by now */
        int checked = check_edits(import, db, err);
        rc = checked ? checked : rc;
    }
    return rc;
}

/* --- undoing ----------------------------------------------------------------------------------------------------- */

/* Some hundred of one kind, what points to them first. *n_out: how many rows. */
static int drop_some(struct db *db, const enum query drops[3], const struct db_arg staged[3], int64_t *n_out)
{
    int rc = 0;
    *n_out = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        int64_t n = 0;
        rc = db_exec(db, &n, drops[i], 3, staged);
        *n_out += n;
    }
    return rc;
}

/* What is staged: first id, last id, stamp. 1, 0 when nothing is, or the store's error. */
static int get_staged(struct db *db, struct db_arg out[3])
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_REGISTER_STAGING_GET, DB_NO_ARGS);
    if (rc)
        return rc;
    rc = db_next(rows);
    for (int i = 0; rc > 0 && i < 3; i++)
        out[i] = db_value(rows, i);
    db_done(rows);
    return rc;
}

int register_import_undo(struct db *db, bool *is_done_out)
{
    static const enum query of_persons[] = {Q_REGISTER_STAGING_DROP_MEMBERSHIPS, Q_REGISTER_STAGING_DROP_ADDRESSES,
                                            Q_REGISTER_STAGING_DROP_CONTACTS};
    static const enum query of_groups[] = {Q_REGISTER_STAGING_DROP_MEMBERSHIPS, Q_REGISTER_STAGING_DROP_STATES,
                                           Q_REGISTER_STAGING_DROP_GROUPS};
    int64_t until_ms = clock_mono_ms(db_clock(db)) + BUDGET_MS;
    struct db_arg staged[3];
    int64_t n = 1;
    int rc = get_staged(db, staged);
    *is_done_out = rc == 0;
    if (rc <= 0)
        return rc;
    for (rc = 0; rc == 0 && n > 0 && clock_mono_ms(db_clock(db)) < until_ms;) {
        rc = drop_some(db, of_persons, staged, &n);
        if (rc == 0 && n == 0)
            rc = drop_some(db, of_groups, staged, &n);
    }
    *is_done_out = rc == 0 && n == 0;
    return *is_done_out ? db_exec(db, NULL, Q_REGISTER_STAGING_END, DB_NO_ARGS) : rc;
}
