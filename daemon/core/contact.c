/* Contact persons: adding, changing, removing, unsubscribing. The contract is in core/group.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/group.h"
#include "core/ledger.h"
#include "core/person.h"
#include "store/audit.h"
#include "store/db.h"

static int group_municipality(struct db *db, const struct actor *actor, int64_t group_id,
                              char out[MUNICIPALITY_CODE_BYTES], struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &actor->scope, &rows, Q_GROUP_MUNICIPALITY, DB_ARGS(DB_INT(group_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        snprintf(out, MUNICIPALITY_CODE_BYTES, "%s", db_text(rows, 0));
    db_done(rows);
    return rc > 0   ? 0
           : rc < 0 ? rc
                    : err_set(err, ERR_NOT_FOUND, "there is no such group in your area: see group list");
}

/* The person is in the register for another group already: what is new of them is added, nothing is taken away. */
static int add_to_person(struct db *db, const struct actor *actor, int64_t id, const struct person *given,
                         const struct contact_input *in, struct err *err)
{
    struct person stored = {0};
    struct contact_input known = CONTACT_INPUT_INIT;
    int added = 0;
    int rc = person_load(db, actor, id, &stored, err);
    if (rc == 0) {
        known.phone = stored.phone ? NULL : in->phone;
        known.phone_alt = stored.phone_alt ? NULL : in->phone_alt;
        known.trained = in->trained >= 0 ? in->trained : -2;
        known.trained_year = in->trained_year >= 0 ? in->trained_year : -2;
        known.is_protected = in->is_protected == 1 ? 1 : -2;
        rc = person_merge(&stored, &known, err);
    }
    if (rc == 0)
        rc = person_update(db, id, &stored, NULL);
    if (rc == 0)
        rc = person_add_missing(db, id, given, &added);
    if (rc == ERR_TOO_LARGE)
        err_set(err, rc, "the person is in the register already and would have more than %d addresses",
                CONTACT_ADDRESSES_MAX);
    person_fini(&stored);
    return rc;
}

int contact_add(struct db *db, const struct actor *actor, int64_t group_id, const char *role,
                const struct contact_input *in, int64_t *id, struct err *err)
{
    struct person p = {.trained = -1, .trained_year = -1};
    enum contact_role parsed = CONTACT_ROLE_CONTACT_REP;
    char text[ID_TEXT_BYTES];
    char group[ID_TEXT_BYTES];
    int64_t contact_id = 0;
    if (role && !contact_role_parse(role, &parsed))
        return err_set(err, ERR_INVALID, "role \"%.40s\": write lead_rep or contact_rep", role);
    int rc = group_municipality(db, actor, group_id, p.municipality, err);
    if (rc == 0)
        rc = person_merge(&p, in, err);
    if (rc)
        goto out;
    rc = person_find_same(db, &p, group_id, &contact_id);
    if (rc == ERR_NOT_FOUND)
        rc = person_insert(db, &p, &contact_id);
    else if (rc == 0)
        rc = add_to_person(db, actor, contact_id, &p, in, err);
    if (rc == 0)
        rc = db_exec(
            db, NULL, Q_MEMBERSHIP_INSERT,
            DB_ARGS(DB_INT(group_id), DB_INT(contact_id), DB_TEXT(contact_role_word(parsed)), DB_INT(db_now_us(db))));
    if (rc == ERR_EXISTS)
        err_set(err, rc, "that person already represents the group: change it with contact set");
    if (rc == 0)
        rc = db_exec(db, NULL, Q_AUDIENCE_CHANGED, DB_ARGS(DB_TEXT(p.municipality), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = audit_writef(db, actor, "contact.add", id_format(ID_CONTACT, contact_id, text),
                          "{\"group\":\"%s\",\"role\":\"%s\"}", id_format(ID_GROUP, group_id, group),
                          contact_role_word(parsed));
    if (rc == 0)
        *id = contact_id;
out:
    person_fini(&p);
    return rc;
}

int contact_set(struct db *db, const struct actor *actor, int64_t id, const struct contact_input *in, struct err *err)
{
    struct person p = {0};
    char text[ID_TEXT_BYTES];
    int rc = person_load(db, actor, id, &p, err);
    if (rc == 0)
        rc = person_merge(&p, in, err);
    if (rc == 0)
        rc = person_update(db, id, &p, NULL);
    if (rc == 0 && p.address_count >= 0)
        rc = person_set_addresses(db, id, &p);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_AUDIENCE_CHANGED, DB_ARGS(DB_TEXT(p.municipality), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = audit_write(db, actor, "contact.set", id_format(ID_CONTACT, id, text), NULL);
    person_fini(&p);
    return rc;
}

int contact_set_role(struct db *db, const struct actor *actor, int64_t id, int64_t group_id, const char *role,
                     struct err *err)
{
    struct person p = {0};
    enum contact_role parsed = CONTACT_ROLE_CONTACT_REP;
    char text[ID_TEXT_BYTES];
    char group[ID_TEXT_BYTES];
    char *stored = NULL;
    if (!contact_role_parse(role, &parsed))
        return err_set(err, ERR_INVALID, "role \"%.40s\": write lead_rep or contact_rep", role);
    int rc = person_load(db, actor, id, &p, err);
    if (rc == 0)
        rc = db_get_text(db, &stored, Q_MEMBERSHIP_ROLE, DB_ARGS(DB_INT(group_id), DB_INT(id)));
    if (rc == ERR_NOT_FOUND)
        err_set(err, rc, "that person does not represent that group");
    if (rc == 0 && strcmp(stored, role) != 0) {
        rc = db_exec(db, NULL, Q_MEMBERSHIP_SET_ROLE,
                     DB_ARGS(DB_INT(group_id), DB_INT(id), DB_TEXT(contact_role_word(parsed))));
        if (rc == 0)
            rc = audit_writef(db, actor, "contact.role", id_format(ID_CONTACT, id, text),
                              "{\"group\":\"%s\",\"role\":\"%s\"}", id_format(ID_GROUP, group_id, group), role);
    }
    free(stored);
    person_fini(&p);
    return rc;
}

/* Out of the register: nobody needs the person any more. */
static int forget(struct db *db, int64_t id)
{
    int rc = db_exec(db, NULL, Q_DELIVERY_WITHDRAW_CONTACT, DB_ARGS(DB_INT(id), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_ADDRESS_DELETE_ALL, DB_ARGS(DB_INT(id)));
    return rc ? rc : db_exec(db, NULL, Q_CONTACT_DELETE, DB_ARGS(DB_INT(id)));
}

int contact_remove(struct db *db, const struct actor *actor, int64_t id, int64_t group_id, struct err *err)
{
    struct person p = {0};
    char text[ID_TEXT_BYTES];
    int64_t removed = 0;
    int64_t left = 0;
    int rc = person_load(db, actor, id, &p, err);
    if (rc == 0)
        rc = db_exec(db, &removed, Q_MEMBERSHIP_DELETE, DB_ARGS(DB_INT(id), DB_INT(group_id)));
    if (rc == 0 && removed == 0 && group_id)
        rc = err_set(err, ERR_NOT_FOUND, "that person does not represent that group");
    if (rc == 0)
        rc = db_get_int(db, &left, Q_MEMBERSHIP_COUNT, DB_ARGS(DB_INT(id)));
    if (rc == 0 && left == 0)
        rc = forget(db, id);
    if (rc == 0)
        rc = audit_writef(db, actor, "contact.remove", id_format(ID_CONTACT, id, text), "{\"groups_left\":%lld}",
                          (long long)left);
    person_fini(&p);
    return rc;
}

/* The no of one mailbox, to letters or to alerts; each leaves the other alone. */
struct no {
    enum person_no kind;
    enum query mark;
    enum lane lane; /* what is withdrawn */
    const char *action;
};

static const struct no NO_LETTERS = {PERSON_NO_LETTERS, Q_ADDRESS_UNSUBSCRIBE, LANE_LETTER, "contact.unsubscribe"};
static const struct no NO_ALERTS = {PERSON_NO_ALERTS, Q_ADDRESS_STOP_ALERTS, LANE_ALERT, "contact.unsubscribe_alerts"};

static int read_mailbox(struct db *db, int64_t address_id, int64_t *contact_id, char key[ADDRESS_KEY_BYTES],
                        struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_ADDRESS_GET, DB_ARGS(DB_INT(address_id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        *contact_id = db_int(rows, 0);
        snprintf(key, ADDRESS_KEY_BYTES, "%s", db_text(rows, 2));
    }
    db_done(rows);
    return rc > 0 ? 0 : rc < 0 ? rc : err_set(err, ERR_NOT_FOUND, "the address is not in the register any more");
}

static int say_no(struct db *db, const struct actor *actor, const struct no *no, int64_t address_id, struct err *err)
{
    char key[ADDRESS_KEY_BYTES] = "";
    char hash[SHA256_HEX_BYTES];
    char text[ID_TEXT_BYTES];
    int64_t contact_id = 0;
    int64_t now = db_now_us(db);
    int64_t changed = 0;
    int rc = read_mailbox(db, address_id, &contact_id, key, err);
    if (rc == 0)
        rc = person_suppression_hash(db, no->kind, key, hash);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_SUPPRESSION_PUT, DB_ARGS(DB_TEXT(hash), DB_INT(now)));
    if (rc == 0)
        rc = db_exec(db, &changed, no->mark, DB_ARGS(DB_INT(address_id), DB_INT(now)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_DELIVERY_WITHDRAW_KEY, DB_ARGS(DB_TEXT(key), DB_INT(now), DB_INT(no->lane)));
    if (rc == 0 && changed > 0)
        rc = audit_write(db, actor, no->action, id_format(ID_CONTACT, contact_id, text), NULL);
    return rc;
}

int contact_unsubscribe(struct db *db, const struct actor *actor, int64_t address_id, struct err *err)
{
    return say_no(db, actor, &NO_LETTERS, address_id, err);
}

int contact_stop_alerts(struct db *db, const struct actor *actor, int64_t address_id, struct err *err)
{
    return say_no(db, actor, &NO_ALERTS, address_id, err);
}
