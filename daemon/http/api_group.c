/* Routes of watch groups: registering, changing, moving, listing. Import and export are in api_register.c. */
#include <stdlib.h>

#include "base/id.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/area.h"
#include "core/geo.h"
#include "core/group.h"
#include "http/api.h"
#include "store/db.h"

static const char GROUP_MEMBERS[] = "municipality name kind state district postal_code activated_on last_meeting_on "
                                    "household_count households_joined sign_count position";

/* --- showing --------------------------------------------------------------------------------------------------- */

/* Each contact person with the addresses; the addresses of a person seen are theirs, so no scope is needed again. */
static int add_addresses(struct db *db, int64_t contact_id, json_t *contact)
{
    struct db_rows *rows = NULL;
    json_t *addresses = NULL;
    int rc = db_query(db, &rows, Q_ADDRESS_LIST, DB_ARGS(DB_INT(contact_id)));
    if (rc == 0)
        rc = api_rows(rows, "- address:s - unsubscribed_at:t alerts_stopped_at:t", &addresses);
    if (rc == 0)
        json_object_set_new(contact, "addresses", addresses);
    return rc;
}

static int add_contacts(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    json_t *contacts = json_array();
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_GROUP_CONTACTS, DB_ARGS(DB_INT(id)));
    json_object_set_new(call->result, "contacts", contacts);
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        json_t *contact = api_row(rows, "id:con name:s role:s phone:s trained:b trained_year:i joined_at:t");
        json_array_append_new(contacts, contact);
        rc = add_addresses(db, db_int(rows, 0), contact);
        if (rc)
            break;
    }
    db_done(rows);
    return rc;
}

static int add_history(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    json_t *history = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_GROUP_STATES, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = api_rows(rows, "from:s to:s at:t actor:s note:s", &history);
    if (rc == 0)
        json_object_set_new(call->result, "states", history);
    return rc;
}

/* "56.242, 12.862", or null. */
static json_t *position(const struct db_rows *rows, int latitude, int longitude)
{
    char text[GEO_POINT_TEXT_BYTES];
    struct geo_point p = {db_int(rows, latitude), db_int(rows, longitude)};
    return db_is_null(rows, latitude) ? json_null() : json_string(geo_format_point(p, text));
}

static int show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_GROUP_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, "id:grp name:s municipality_code:s municipality:s kind:s state:s district:s "
                                     "postal_code:s activated_on:s household_count:i households_joined:i sign_count:i "
                                     "last_meeting_on:s state_changed_at:t created_at:t updated_at:t - -");
    if (rc > 0)
        json_object_set_new(call->result, "position", position(rows, 16, 17));
    db_done(rows);
    if (rc <= 0)
        return rc ? rc : err_set(&call->err, ERR_NOT_FOUND, "there is no such group in your area: see group list");
    rc = add_contacts(call, db, id);
    return rc ? rc : add_history(call, db, id);
}

static int get_group(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = group_find(db, &call->actor, api_param(call, "id"), &id, &call->err);
    return rc ? rc : show(call, db, id);
}

/* --- listing --------------------------------------------------------------------------------------------------- */

struct filter {
    char municipality[MUNICIPALITY_CODE_BYTES];
    const char *state, *kind;
    char *q;
};

static int read_filter(struct api_call *call, struct db *db, struct filter *out)
{
    enum group_state state = GROUP_STATE_INTEREST;
    enum group_kind kind = GROUP_KIND_OTHER;
    const char *municipality = api_query(call, "municipality", "");
    int rc = api_query_only(call, "municipality state kind q after limit");
    out->state = api_query(call, "state", "");
    out->kind = api_query(call, "kind", "");
    if (rc == 0 && municipality[0])
        rc = area_find_municipality(db, municipality, out->municipality, &call->err);
    if (rc == 0 && out->state[0] && !group_state_parse(out->state, &state))
        rc = err_set(&call->err, ERR_USAGE, "state=%.40s is no state of groups: write one of" GROUP_STATE_MAP(API_WORD),
                     out->state);
    if (rc == 0 && out->kind[0] && !group_kind_parse(out->kind, &kind))
        rc = err_set(&call->err, ERR_USAGE, "kind=%.40s is no kind of group: write one of" GROUP_KIND_MAP(API_WORD),
                     out->kind);
    if (rc == 0)
        out->q = text_fold(api_query(call, "q", ""));
    return rc;
}

static int list_groups(struct api_call *call, struct db *db)
{
    struct filter f = {.q = NULL};
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    int rc = read_filter(call, db, &f);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_GROUP_LIST,
                         DB_ARGS(DB_TEXT(f.municipality), DB_TEXT(f.state), DB_TEXT(f.kind), DB_TEXT(f.q ? f.q : ""),
                                 DB_TEXT(page.key), DB_INT(page.id), DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows,
                      "id:grp name:s municipality_code:s municipality:s kind:s state:s district:s postal_code:s "
                      "activated_on:s household_count:i households_joined:i sign_count:i last_meeting_on:s contacts:i "
                      "created_at:t updated_at:t -",
                      16, &page);
    api_page_fini(&page);
    free(f.q);
    return rc;
}

/* --- changing -------------------------------------------------------------------------------------------------- */

static int read_count(struct api_call *call, const char *name, int *out)
{
    int64_t value = 0;
    int rc = api_body_int(call, name, -2, &value);
    bool is_given = rc == 0 && json_object_get(call->body, name) != NULL;
    if (is_given && (value < (json_is_null(json_object_get(call->body, name)) ? -1 : 0) || value > INT32_MAX))
        return err_set(&call->err, ERR_INVALID, "\"%s\" must be a number from 0 on, or null for not known", name);
    *out = (int)value;
    return rc;
}

static int read_group(struct api_call *call, struct group_input *in)
{
    const struct {
        const char *name;
        const char **slot;
    } texts[] = {{"name", &in->name},
                 {"kind", &in->kind},
                 {"district", &in->district},
                 {"postal_code", &in->postal_code},
                 {"activated_on", &in->activated_on},
                 {"last_meeting_on", &in->last_meeting_on},
                 {"position", &in->position}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(texts); i++)
        rc = api_body_text(call, texts[i].name, texts[i].slot);
    if (rc == 0)
        rc = read_count(call, "household_count", &in->household_count);
    if (rc == 0)
        rc = read_count(call, "households_joined", &in->households_joined);
    return rc ? rc : read_count(call, "sign_count", &in->sign_count);
}

static int add_group(struct api_call *call, struct db *db)
{
    struct group_input in = GROUP_INPUT_INIT;
    const char *municipality = NULL;
    char code[MUNICIPALITY_CODE_BYTES];
    int64_t id = 0;
    int rc = api_body_only(call, GROUP_MEMBERS);
    if (rc == 0)
        rc = api_body_text(call, "municipality", &municipality);
    if (rc == 0 && !municipality)
        rc = err_set(&call->err, ERR_INVALID, "\"municipality\" is missing: write its code (1292) or name (Ängelholm)");
    if (rc == 0)
        rc = api_body_text(call, "state", &in.state);
    if (rc == 0)
        rc = read_group(call, &in);
    if (rc == 0)
        rc = area_find_municipality(db, municipality, code, &call->err);
    if (rc == 0)
        rc = group_add(db, &call->actor, code, &in, &id, &call->err);
    call->status = 201;
    return rc ? rc : show(call, db, id);
}

static int set_group(struct api_call *call, struct db *db)
{
    struct group_input in = GROUP_INPUT_INIT;
    int64_t id = 0;
    /* municipality and state are left out on purpose: a group does not move, and states have their own route */
    int rc = api_body_only(call, "name kind district postal_code activated_on last_meeting_on household_count "
                                 "households_joined sign_count position");
    if (rc == 0)
        rc = read_group(call, &in);
    if (rc == 0)
        rc = group_find(db, &call->actor, api_param(call, "id"), &id, &call->err);
    if (rc == 0)
        rc = group_set(db, &call->actor, id, &in, &call->err);
    return rc ? rc : show(call, db, id);
}

static int move_group(struct api_call *call, struct db *db)
{
    const char *state = NULL;
    const char *note = NULL;
    int64_t id = 0;
    int rc = api_body_only(call, "state note");
    if (rc == 0)
        rc = api_body_text(call, "state", &state);
    if (rc == 0)
        rc = api_body_text(call, "note", &note);
    if (rc == 0 && !state)
        rc = err_set(&call->err, ERR_INVALID, "\"state\" is missing: where shall the group move?");
    if (rc == 0)
        rc = group_find(db, &call->actor, api_param(call, "id"), &id, &call->err);
    if (rc == 0)
        rc = group_set_state(db, &call->actor, id, state, note && note[0] ? note : NULL, &call->err);
    return rc ? rc : show(call, db, id);
}

const struct api_route API_ROUTES_GROUP[] = {
    {HTTP_METHOD_GET, "/api/v1/group", API_READ, PERM_READ, API_NO_BODY, list_groups,
     "List watch groups, by municipality, state, kind or part of the name."},
    {HTTP_METHOD_POST, "/api/v1/group", API_WRITE, PERM_GROUP, API_JSON, add_group, "Register a watch group."},
    {HTTP_METHOD_GET, "/api/v1/group/{id}", API_READ, PERM_READ, API_NO_BODY, get_group,
     "Show a group, its contact persons and its history."},
    {HTTP_METHOD_PATCH, "/api/v1/group/{id}", API_WRITE, PERM_GROUP, API_JSON, set_group,
     "Change what is known of a group."},
    {HTTP_METHOD_POST, "/api/v1/group/{id}/state", API_WRITE, PERM_GROUP_STATE, API_JSON, move_group,
     "Move a group to another state."},
    {.pattern = NULL},
};
