/* Routes of the ledger row by row: what was sent to whom, what became of it, and trying again. They show addresses. */
#include "http/api_delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "core/address.h"
#include "core/alert.h"
#include "core/ledger.h"
#include "core/ledger_retry.h"
#include "core/letter.h"
#include "http/api.h"
#include "http/api_waits.h"
#include "store/db.h"

static const char DELIVERY_SPEC[] = "id:dlv message:msg address:s to_name:s municipality_code:s group:grp lane:l "
                                    "state:s due_at:t attempts:i code:i status:s reply:s step:s relay:s created_at:t "
                                    "first_at:t last_at:t";

/* --- figures --------------------------------------------------------------------------------------------------- */

json_t *api_delivery_zeros(void)
{
    json_t *counts = json_object();
    for (int i = 0; i <= DELIVERY_EXPIRED; i++)
        json_object_set_new(counts, delivery_state_word((enum delivery_state)i), json_integer(0));
    return counts;
}

int api_delivery_add_counts(struct api_call *call, struct db *db, int64_t message_id, json_t *out)
{
    struct db_rows *rows = NULL;
    json_t *counts = api_delivery_zeros();
    json_object_set_new(out, "deliveries", counts);
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_MESSAGE_COUNTS, DB_ARGS(DB_INT(message_id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0)
        json_object_set_new(counts, db_text(rows, 0), json_integer(db_int(rows, 1)));
    db_done(rows);
    return rc;
}

/* --- list ------------------------------------------------------------------------------------------------------ */

struct filter {
    int64_t message_id; /* 0: any; -1: of what was not sent, so none */
    const char *state;
    struct address address; /* key "" for any */
};

/* The message that carries a letter, as far as the acting person can see the letter. */
static int message_of_letter(struct api_call *call, struct db *db, const char *letter, int64_t *message_id)
{
    struct db_rows *rows = NULL;
    int64_t id = 0;
    int rc = letter_find(db, &call->actor, letter, &id, &call->err);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_LETTER_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    *message_id = rc > 0 ? db_opt_int(rows, 20) : -1;
    db_done(rows);
    return rc < 0 ? rc : 0;
}

/* And the one that carries an alert. */
static int message_of_alert(struct api_call *call, struct db *db, const char *alert, int64_t *message_id)
{
    int64_t id = 0;
    int rc = alert_find(db, &call->actor, alert, &id, &call->err);
    if (rc == 0)
        rc = db_get_int(db, message_id, Q_ALERT_READ_MESSAGE, DB_ARGS(DB_INT(id)));
    return rc;
}

static int read_filter(struct api_call *call, struct db *db, struct filter *out)
{
    enum delivery_state state = DELIVERY_PENDING;
    const char *message = api_query(call, "message", NULL);
    const char *letter = api_query(call, "letter", NULL);
    const char *address = api_query(call, "address", NULL);
    const char *alert = api_query(call, "alert", NULL);
    int rc = api_query_only(call, "message letter alert state address after limit");
    *out = (struct filter){.state = api_query(call, "state", "")};
    if (rc == 0 && out->state[0] && !delivery_state_parse(out->state, &state))
        rc = err_set(&call->err, ERR_USAGE,
                     "state=%.40s is no state of deliveries: write one of" DELIVERY_STATE_MAP(API_WORD), out->state);
    if (rc == 0 && (message != NULL) + (letter != NULL) + (alert != NULL) > 1)
        rc = err_set(&call->err, ERR_USAGE, "give one of message, letter and alert");
    if (rc == 0 && message && id_parse(ID_MESSAGE, message, &out->message_id) != 0)
        rc = err_set(&call->err, ERR_USAGE, "message=%.40s is no message: write its id (msg_...)", message);
    if (rc == 0 && letter)
        rc = message_of_letter(call, db, letter, &out->message_id);
    if (rc == 0 && alert)
        rc = message_of_alert(call, db, alert, &out->message_id);
    if (rc == 0 && address)
        rc = address_parse(address, &out->address, &call->err);
    return rc;
}

static int list_deliveries(struct api_call *call, struct db *db)
{
    struct filter f;
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    int rc = read_filter(call, db, &f);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_DELIVERY_LIST,
                         DB_ARGS(DB_INT(f.message_id), DB_TEXT(f.state), DB_TEXT(f.address.key), DB_INT(page.id),
                                 DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows, DELIVERY_SPEC, -1, &page);
    api_page_fini(&page);
    return rc;
}

/* --- one ------------------------------------------------------------------------------------------------------- */

static int find_delivery(struct api_call *call, int64_t *id)
{
    const char *text = api_param(call, "id");
    if (id_parse(ID_DELIVERY, text, id) == 0)
        return 0;
    return err_set(&call->err, ERR_INVALID, "\"%.60s\" is no delivery: write its id (dlv_...), see delivery list",
                   text);
}

static int show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_DELIVERY_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, DELIVERY_SPEC);
    db_done(rows);
    return rc > 0   ? api_waits_add(call, db, id, call->result)
           : rc < 0 ? rc
                    : err_set(&call->err, ERR_NOT_FOUND, "there is no such delivery in your area: see delivery list");
}

static int get_delivery(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = find_delivery(call, &id);
    call->finish = api_waits_finish;
    return rc ? rc : show(call, db, id);
}

static int retry_delivery(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = find_delivery(call, &id);
    if (rc == 0)
        rc = ledger_retry(db, &call->actor, id, &call->err);
    return rc ? rc : show(call, db, id);
}

/* --- why ------------------------------------------------------------------------------------------------------- */

/* One object per person who gave the address, with the groups inside; the rows come person by person. */
static int read_registrations(struct api_call *call, struct db *db, const char *key, json_t **out)
{
    struct db_rows *rows = NULL;
    json_t *list = json_array();
    json_t *person = NULL;
    int64_t person_id = 0;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_ADDRESS_REGISTRATIONS, DB_ARGS(DB_TEXT(key)));
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        if (db_int(rows, 0) != person_id) {
            person_id = db_int(rows, 0);
            person =
                api_row(rows, "contact:con name:s municipality_code:s address:s unsubscribed_at:t alerts_stopped_at:t "
                              "created_at:t");
            json_object_set_new(person, "groups", json_array());
            json_array_append_new(list, person);
        }
        if (!db_is_null(rows, 7))
            json_array_append_new(json_object_get(person, "groups"),
                                  api_row(rows, "- - - - - - - id:grp name:s state:s role:s joined_at:t"));
        rc = 0;
    }
    if (rows)
        db_done(rows);
    if (rc)
        json_decref(list);
    else
        *out = list;
    return rc;
}

static int add_waits(struct api_call *call, struct db *db)
{
    size_t i;
    json_t *delivery;
    int rc = 0;
    json_array_foreach(json_object_get(call->result, "items"), i, delivery)
    {
        int64_t id = 0;
        if (rc == 0)
            rc = id_parse(ID_DELIVERY, json_string_value(json_object_get(delivery, "id")), &id);
        if (rc == 0)
            rc = api_waits_add(call, db, id, delivery);
    }
    call->finish = api_waits_finish;
    return rc;
}

static int why(struct api_call *call, struct db *db)
{
    struct address address;
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    json_t *registrations = NULL;
    const char *text = api_query(call, "address", NULL);
    int rc = api_query_only(call, "address after limit");
    if (rc == 0 && !text)
        rc = err_set(&call->err, ERR_USAGE, "whose letters? Give address=NAME@DOMAIN");
    if (rc == 0)
        rc = address_parse(text, &address, &call->err);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = read_registrations(call, db, address.key, &registrations);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_DELIVERY_WHY,
                         DB_ARGS(DB_TEXT(address.key), DB_INT(page.id ? page.id : INT64_MAX), DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows,
                      "id:dlv message:msg kind:s title:s letter:let municipality_code:s group:grp state:s due_at:t "
                      "attempts:i code:i status:s reply:s step:s relay:s created_at:t first_at:t last_at:t alert:alr "
                      "exercise:b",
                      -1, &page);
    if (rc == 0)
        rc = add_waits(call, db);
    if (rc == 0) {
        json_object_set_new(call->result, "address", json_string(address.full));
        json_object_set(call->result, "registrations", registrations);
    }
    json_decref(registrations);
    api_page_fini(&page);
    return rc;
}

const struct api_route API_ROUTES_DELIVERY[] = {
    {HTTP_METHOD_GET, "/api/v1/delivery", API_READ, PERM_DELIVERY, API_NO_BODY, list_deliveries,
     "List deliveries, by message, letter, alert, state or address."},
    {HTTP_METHOD_GET, "/api/v1/delivery/{id}", API_READ, PERM_DELIVERY, API_NO_BODY, get_delivery,
     "Show a delivery and the relay's last reply."},
    {HTTP_METHOD_POST, "/api/v1/delivery/{id}/retry", API_WRITE, PERM_DELIVERY, API_JSON, retry_delivery,
     "Try a failed or uncertain delivery again."},
    {HTTP_METHOD_GET, "/api/v1/why", API_READ, PERM_DELIVERY, API_NO_BODY, why,
     "All that was sent to one address, newest first, and who has given it."},
    {.pattern = NULL},
};
