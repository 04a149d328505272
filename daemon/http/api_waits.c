/* What happened to a delivery, and what it waits for; the contract is in http/api_waits.h. */
#include "http/api_waits.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/address.h"
#include "core/hold.h"
#include "core/ledger.h"
#include "http/api.h"
#include "store/db.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_open(const json_t *delivery)
{
    enum delivery_state state = DELIVERY_SENT;
    return delivery_state_parse(text_of(delivery, "state"), &state) && !delivery_state_is_final(state);
}

/* --- on the store's thread ------------------------------------------------------------------------------------- */

/* What a delivery that was sent says in its own row. */
static void add_sent(const json_t *delivery, json_t *tries)
{
    static const char *const SAME[] = {"relay", "step", "code", "status", "reply"};
    if (strcmp(text_of(delivery, "state"), delivery_state_word(DELIVERY_SENT)) != 0)
        return;
    json_t *last = json_pack("{s:O, s:s}", "at", json_object_get(delivery, "last_at"), "result", "sent");
    for (size_t i = 0; i < sizeof SAME / sizeof SAME[0]; i++)
        json_object_set(last, SAME[i], json_object_get(delivery, SAME[i]));
    json_array_insert_new(tries, 0, last);
}

/* `why` is for programs, `text` for people; `until_us` 0: nobody knows. */
static void add_reason(json_t *delivery, const char *why, json_t *text, int64_t until_us)
{
    json_array_append_new(json_object_get(delivery, "waits_for"),
                          json_pack("{s:s, s:o, s:o}", "why", why, "text", text, "until", api_time(until_us)));
}

static int add_store_reasons(struct db *db, int64_t due_us, json_t *delivery)
{
    struct hold hold;
    int rc = hold_read(db, &hold);
    if (rc)
        return rc;
    if (hold.is_on)
        add_reason(delivery, "on_hold",
                   json_sprintf("all sending is on hold by %s%s%s: grannbud resume", hold.by[0] ? hold.by : "somebody",
                                hold.reason[0] ? ", " : "", hold.reason),
                   0);
    if (due_us > db_now_us(db))
        add_reason(delivery, "not_due", json_string("it is tried again at its time"), due_us);
    return 0;
}

int api_waits_add(struct api_call *call, struct db *db, int64_t delivery_id, json_t *delivery)
{
    struct db_rows *rows = NULL;
    json_t *tries = NULL;
    int64_t due_us = 0;
    (void)call;
    int rc = db_query(db, &rows, Q_ATTEMPT_LIST, DB_ARGS(DB_INT(delivery_id)));
    if (rc == 0)
        rc = api_rows(rows, "at:t result:s relay:s step:s code:i status:s reply:s", &tries);
    if (rc)
        return rc;
    add_sent(delivery, tries);
    json_object_set_new(delivery, "tries", tries);
    if (!is_open(delivery)) {
        json_object_set_new(delivery, "waits_for", json_null());
        return 0;
    }
    json_object_set_new(delivery, "waits_for", json_array());
    rc = db_get_int(db, &due_us, Q_DELIVERY_DUE_AT, DB_ARGS(DB_INT(delivery_id)));
    return rc ? rc : add_store_reasons(db, due_us, delivery);
}

/* --- on the loop ----------------------------------------------------------------------------------------------- */

static int64_t in_ms(const struct api_call *call, const json_t *ms)
{
    return clock_real_us(call->env->clock) + json_integer_value(ms) * 1000;
}

static void add_message_reason(const struct api_call *call, const json_t *status, json_t *delivery)
{
    size_t i;
    json_t *message;
    json_array_foreach(json_object_get(status, "messages_paused"), i, message)
    {
        if (strcmp(text_of(message, "id"), text_of(delivery, "message")) == 0)
            add_reason(delivery, "message_paused",
                       json_sprintf("relays refuse this message because of itself: %s", text_of(message, "reason")),
                       in_ms(call, json_object_get(message, "retry_in_ms")));
    }
}

static void add_domain_reason(const struct api_call *call, const json_t *status, const char *address, json_t *delivery)
{
    struct address parsed;
    size_t i;
    json_t *domain;
    if (address_parse(address, &parsed, NULL) != 0)
        return;
    const char *name = strrchr(parsed.ascii, '@') + 1;
    json_array_foreach(json_object_get(json_object_get(status, "domains_waiting"), "items"), i, domain)
    {
        if (strcmp(text_of(domain, "domain"), name) == 0)
            add_reason(delivery, "domain_waits",
                       json_sprintf("%s does not take mail now: %s", name, text_of(domain, "reply")),
                       in_ms(call, json_object_get(domain, "retry_in_ms")));
    }
}

/* Only when no relay is left: otherwise it goes another way. */
static void add_relay_reasons(const struct api_call *call, const json_t *status, json_t *delivery)
{
    const json_t *relays = json_object_get(status, "relays");
    size_t i;
    json_t *relay;
    json_array_foreach(relays, i, relay)
    {
        if (strcmp(text_of(relay, "state"), "paused") != 0)
            return;
    }
    json_array_foreach(relays, i, relay)
    {
        add_reason(delivery, "relay_paused",
                   json_sprintf("relay %s is paused: %s", text_of(relay, "name"), text_of(relay, "problem")),
                   in_ms(call, json_object_get(relay, "retry_in_ms")));
    }
}

static void finish_one(const struct api_call *call, const json_t *status, const char *address, json_t *delivery)
{
    json_t *reasons = json_object_get(delivery, "waits_for");
    if (!json_is_array(reasons))
        return;
    add_message_reason(call, status, delivery);
    add_domain_reason(call, status, address, delivery);
    add_relay_reasons(call, status, delivery);
    if (json_array_size(reasons) > 0)
        return;
    if (strcmp(text_of(delivery, "state"), delivery_state_word(DELIVERY_CLAIMED)) == 0)
        add_reason(delivery, "in_hand", json_string("it is in the daemon's hands just now"), 0);
    else
        add_reason(delivery, "in_the_queue", json_string("nothing but its turn"), 0);
}

void api_waits_finish(struct api_call *call)
{
    json_t *status = call->env->status ? call->env->status(call->env->ctx) : json_object();
    json_t *items = json_object_get(call->result, "items");
    size_t i;
    json_t *delivery;
    if (!items)
        finish_one(call, status, text_of(call->result, "address"), call->result);
    json_array_foreach(items, i, delivery)
    {
        finish_one(call, status, text_of(call->result, "address"), delivery);
    }
    json_decref(status);
}
