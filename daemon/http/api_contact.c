/*
 * Routes of contact persons. A person with protected particulars stands in no list, and is shown by id only, to those
 * who look after the register (administrators and coordinators); to others that person does not exist.
 */
#include <stdlib.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/address.h"
#include "core/area.h"
#include "core/group.h"
#include "http/api.h"
#include "store/db.h"

static int unknown(struct api_call *call)
{
    return err_set(&call->err, ERR_NOT_FOUND, "there is no such contact person in your area: see contact list");
}

static int read_id(struct api_call *call, int64_t *id)
{
    return id_parse(ID_CONTACT, api_param(call, "id"), id) ? unknown(call) : 0;
}

/* --- showing --------------------------------------------------------------------------------------------------- */

static int add_rows(struct api_call *call, struct db_rows *rows, const char *member, const char *spec)
{
    json_t *items = NULL;
    int rc = api_rows(rows, spec, &items);
    if (rc == 0)
        json_object_set_new(call->result, member, items);
    return rc;
}

static int show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_CONTACT_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0 && db_int(rows, 8) && !actor_may(&call->actor, PERM_GROUP))
        rc = 0;
    if (rc > 0)
        call->result = api_row(rows, "id:con name:s municipality_code:s municipality:s phone:s phone_alt:s trained:b "
                                     "trained_year:i protected:b created_at:t updated_at:t");
    db_done(rows);
    if (rc <= 0)
        return rc ? rc : unknown(call);
    rc = db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = add_rows(call, rows, "addresses", "- address:s - unsubscribed_at:t alerts_stopped_at:t");
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_CONTACT_GROUPS, DB_ARGS(DB_INT(id)));
    return rc ? rc : add_rows(call, rows, "groups", "id:grp name:s state:s role:s joined_at:t");
}

static int get_contact(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = read_id(call, &id);
    return rc ? rc : show(call, db, id);
}

static int list_contacts(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct address address = {.key = ""};
    char code[MUNICIPALITY_CODE_BYTES] = "";
    struct db_rows *rows = NULL;
    char *q = NULL;
    const char *municipality = api_query(call, "municipality", "");
    const char *typed = api_query(call, "address", "");
    int rc = api_query_only(call, "municipality q address after limit");
    if (rc == 0 && municipality[0])
        rc = area_find_municipality(db, municipality, code, &call->err);
    if (rc == 0 && typed[0])
        rc = address_parse(typed, &address, &call->err);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc)
        return rc;
    q = text_fold(api_query(call, "q", ""));
    const struct db_arg args[] = {DB_TEXT(code),   DB_TEXT(q ? q : ""),    DB_TEXT(page.key),
                                  DB_INT(page.id), DB_INT(page.limit + 1), DB_TEXT(address.key)};
    bool is_at = address.key[0] != '\0';
    rc = db_query_as(db, &call->actor.scope, &rows, is_at ? Q_CONTACT_LIST_AT : Q_CONTACT_LIST,
                     is_at ? ARRAY_LEN(args) : ARRAY_LEN(args) - 1, args);
    if (rc == 0)
        rc = api_list(call, rows,
                      "id:con name:s municipality_code:s municipality:s phone:s phone_alt:s trained:b trained_year:i "
                      "groups:i created_at:t updated_at:t -",
                      11, &page);
    api_page_fini(&page);
    free(q);
    return rc;
}

/* --- changing -------------------------------------------------------------------------------------------------- */

static int read_addresses(struct api_call *call, struct contact_input *in)
{
    const json_t *list = json_object_get(call->body, "addresses");
    if (!list)
        return 0;
    if (!json_is_array(list) || json_array_size(list) > CONTACT_ADDRESSES_MAX)
        return err_set(&call->err, ERR_INVALID, "\"addresses\" must be a list of at most %d mail addresses",
                       CONTACT_ADDRESSES_MAX);
    in->address_count = (int)json_array_size(list);
    for (int i = 0; i < in->address_count; i++) {
        in->addresses[i] = json_string_value(json_array_get(list, (size_t)i));
        if (!in->addresses[i])
            return err_set(&call->err, ERR_USAGE, "\"addresses\" must hold texts only");
    }
    return 0;
}

/* true, false, or null for not known. */
static int read_trained(struct api_call *call, struct contact_input *in)
{
    const json_t *value = json_object_get(call->body, "trained");
    if (!value)
        return 0;
    if (!json_is_boolean(value) && !json_is_null(value))
        return err_set(&call->err, ERR_USAGE, "\"trained\" must be true, false or null");
    in->trained = json_is_null(value) ? -1 : json_is_true(value);
    return 0;
}

static int read_contact(struct api_call *call, struct contact_input *in)
{
    int64_t year = -2;
    bool is_protected = false;
    int rc = api_body_text(call, "name", &in->name);
    if (rc == 0)
        rc = api_body_text(call, "phone", &in->phone);
    if (rc == 0)
        rc = api_body_text(call, "phone_alt", &in->phone_alt);
    if (rc == 0)
        rc = read_addresses(call, in);
    if (rc == 0)
        rc = read_trained(call, in);
    if (rc == 0)
        rc = api_body_int(call, "trained_year", -2, &year);
    if (rc == 0 && (year < -2 || year > INT16_MAX || (year == -2 && json_object_get(call->body, "trained_year"))))
        rc = err_set(&call->err, ERR_INVALID, "\"trained_year\" must be a year with four digits, or null");
    if (rc == 0)
        rc = api_body_bool(call, "protected", false, &is_protected);
    if (rc)
        return rc;
    in->trained_year = (int)year;
    if (json_object_get(call->body, "protected"))
        in->is_protected = is_protected;
    return 0;
}

static int add_contact(struct api_call *call, struct db *db)
{
    struct contact_input in = CONTACT_INPUT_INIT;
    const char *group = NULL;
    const char *role = NULL;
    int64_t group_id = 0;
    int64_t id = 0;
    int rc = api_body_only(call, "group role name addresses phone phone_alt trained trained_year protected");
    if (rc == 0)
        rc = api_body_text(call, "group", &group);
    if (rc == 0 && !group)
        rc = err_set(&call->err, ERR_INVALID, "\"group\" is missing: write the group's id or name");
    if (rc == 0)
        rc = api_body_text(call, "role", &role);
    if (rc == 0)
        rc = read_contact(call, &in);
    if (rc == 0)
        rc = group_find(db, &call->actor, group, &group_id, &call->err);
    if (rc == 0) {
        in.trained = in.trained == -2 ? -1 : in.trained;
        in.trained_year = in.trained_year == -2 ? -1 : in.trained_year;
        in.is_protected = in.is_protected == -2 ? 0 : in.is_protected;
        in.address_count = in.address_count == -1 ? 0 : in.address_count;
        rc = contact_add(db, &call->actor, group_id, role, &in, &id, &call->err);
    }
    call->status = 201;
    return rc ? rc : show(call, db, id);
}

/* "group" and "role" go together: what the person is to that group. */
static int set_role(struct api_call *call, struct db *db, int64_t id)
{
    const char *group = NULL;
    const char *role = NULL;
    int64_t group_id = 0;
    int rc = api_body_text(call, "group", &group);
    if (rc == 0)
        rc = api_body_text(call, "role", &role);
    if (rc || (!group && !role))
        return rc;
    if (!group || !role)
        return err_set(&call->err, ERR_INVALID, "\"group\" and \"role\" go together: the role is one in that group");
    rc = group_find(db, &call->actor, group, &group_id, &call->err);
    return rc ? rc : contact_set_role(db, &call->actor, id, group_id, role, &call->err);
}

static int set_contact(struct api_call *call, struct db *db)
{
    struct contact_input in = CONTACT_INPUT_INIT;
    int64_t id = 0;
    int rc = api_body_only(call, "group role name addresses phone phone_alt trained trained_year protected");
    if (rc == 0)
        rc = read_id(call, &id);
    if (rc == 0)
        rc = read_contact(call, &in);
    if (rc == 0)
        rc = contact_set(db, &call->actor, id, &in, &call->err);
    if (rc == 0)
        rc = set_role(call, db, id);
    return rc ? rc : show(call, db, id);
}

static int remove_contact(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int64_t group_id = 0;
    const char *group = api_query(call, "group", "");
    int rc = api_query_only(call, "group");
    if (rc == 0)
        rc = read_id(call, &id);
    if (rc == 0 && group[0])
        rc = group_find(db, &call->actor, group, &group_id, &call->err);
    return rc ? rc : contact_remove(db, &call->actor, id, group_id, &call->err);
}

const struct api_route API_ROUTES_CONTACT[] = {
    {HTTP_METHOD_GET, "/api/v1/contact", API_READ, PERM_READ, API_NO_BODY, list_contacts,
     "List contact persons, by municipality, part of the name, or mail address."},
    {HTTP_METHOD_POST, "/api/v1/contact", API_WRITE, PERM_GROUP, API_JSON, add_contact,
     "Add a contact person to a group."},
    {HTTP_METHOD_GET, "/api/v1/contact/{id}", API_READ, PERM_READ, API_NO_BODY, get_contact,
     "Show a contact person, addresses and groups."},
    {HTTP_METHOD_PATCH, "/api/v1/contact/{id}", API_WRITE, PERM_GROUP, API_JSON, set_contact,
     "Change what is known of a contact person."},
    {HTTP_METHOD_DELETE, "/api/v1/contact/{id}", API_WRITE, PERM_GROUP, API_NO_BODY, remove_contact,
     "Take a contact person out of one group, or out of the register."},
    {.pattern = NULL},
};
