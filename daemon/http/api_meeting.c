/* Routes of meetings, which stand in the public calendar. */
#include "base/clock.h"
#include "base/err.h"
#include "core/meeting.h"
#include "http/api.h"
#include "store/db.h"

static const char MEETING_SPEC[] =
    "id:mtg title:s starts_at:t ends_at:t place:s note:s scope_kind:s scope_code:s author:s created_at:t "
    "updated_at:t sequence:i";

static int show_meeting(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MEETING_LIST, DB_ARGS(DB_INT(id), DB_INT(0), DB_INT(1)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, MEETING_SPEC);
    db_done(rows);
    return rc < 0 ? rc : 0;
}

static int read_meeting(struct api_call *call, struct meeting_input *in)
{
    int rc = api_body_only(call, "title scope place note starts_at ends_at");
    if (rc == 0)
        rc = api_body_text(call, "title", &in->title);
    if (rc == 0)
        rc = api_body_text(call, "scope", &in->scope);
    if (rc == 0)
        rc = api_body_text(call, "place", &in->place);
    if (rc == 0)
        rc = api_body_text(call, "note", &in->note);
    if (rc == 0)
        rc = api_body_time(call, "starts_at", &in->starts_us);
    return rc ? rc : api_body_time(call, "ends_at", &in->ends_us);
}

static bool is_null(const struct api_call *call, const char *name)
{
    return json_is_null(json_object_get(call->body, name));
}

/* RFC 7396: null takes away what need not be there. */
static int edit_meeting(struct api_call *call, struct db *db)
{
    struct meeting_input in = {.title = NULL};
    int64_t id = 0;
    int rc = read_meeting(call, &in);
    if (rc == 0 && is_null(call, "starts_at"))
        rc = err_set(&call->err, ERR_INVALID, "a meeting has a beginning: write a time, or take the meeting away");
    if (rc == 0 && is_null(call, "ends_at"))
        in.ends_us = MEETING_ENDS_AS_USUAL;
    if (rc == 0)
        rc = meeting_edit(db, &call->actor, api_param(call, "id"), &in, &id, &call->err);
    return rc ? rc : show_meeting(call, db, id);
}

static int add_meeting(struct api_call *call, struct db *db)
{
    struct meeting_input in = {.title = NULL};
    int64_t id = 0;
    int rc = read_meeting(call, &in);
    if (rc == 0)
        rc = meeting_add(db, &call->actor, &in, &id, &call->err);
    call->status = 201;
    return rc ? rc : show_meeting(call, db, id);
}

static int list_meetings(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    json_t *items = NULL;
    int64_t days = 0;
    int rc = api_query_only(call, "days_back");
    if (rc == 0)
        rc = api_query_int(call, "days_back", 0, 0, MEETING_KEPT_DAYS, &days);
    if (rc)
        return rc;
    int64_t after_us = db_now_us(db) - (days * 86400 + (days ? 0 : MEETING_HOURS * 3600)) * US_PER_S;
    rc = db_query_as(db, &call->actor.scope, &rows, Q_MEETING_LIST,
                     DB_ARGS(DB_INT(0), DB_INT(after_us), DB_INT(MEETING_LIST_MAX)));
    if (rc == 0)
        rc = api_rows(rows, MEETING_SPEC, &items);
    if (rc == 0)
        call->result = json_pack("{s:o, s:n}", "items", items, "next");
    return rc;
}

static int remove_meeting(struct api_call *call, struct db *db)
{
    return meeting_remove(db, &call->actor, api_param(call, "id"), &call->err);
}

const struct api_route API_ROUTES_MEETING[] = {
    {HTTP_METHOD_GET, "/api/v1/meeting", API_READ, PERM_READ, API_NO_BODY, list_meetings,
     "List meetings to come, and those of the last days_back days."},
    {HTTP_METHOD_POST, "/api/v1/meeting", API_WRITE, PERM_SERIES, API_JSON, add_meeting,
     "Put a meeting into the public calendar."},
    {HTTP_METHOD_PATCH, "/api/v1/meeting/{id}", API_WRITE, PERM_SERIES, API_JSON, edit_meeting,
     "Change a meeting (JSON merge patch); calendars that subscribe follow."},
    {HTTP_METHOD_DELETE, "/api/v1/meeting/{id}", API_WRITE, PERM_SERIES, API_NO_BODY, remove_meeting,
     "Take a meeting out of the calendar."},
    {.pattern = NULL},
};
