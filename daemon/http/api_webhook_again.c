/* What is done with a webhook endpoint that there is; the contract is in http/api_webhook_again.h. */
#include "http/api_webhook_again.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/ledger.h"
#include "core/mail_token.h"
#include "core/webhook.h"
#include "http/api.h"
#include "http/api_webhook.h"
#include "http/form.h"
#include "store/db.h"

enum { REPORT_BYTES_MAX = 4096, REPORT_FIELDS_MAX = 20 };

#define DELIVERY_SPEC                                                                                              \
    "id:dlv event:evt type:s kind:s alert:alr letter:let to:s state:s due_at:t attempts:i http_status:i detail:s " \
    "report:s report_at:t created_at:t first_at:t last_at:t duration_ms:i"

/* --- states, secrets -----------------------------------------------------------------------------------------------
 */

int api_webhook_test(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int64_t delivery = 0;
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = webhook_test(db, &call->actor, id, &delivery, &call->err);
    if (rc == 0)
        call->result =
            json_pack("{s:o, s:o}", "webhook", api_id(ID_WEBHOOK, id), "delivery", api_id(ID_DELIVERY, delivery));
    call->status = 202;
    return rc;
}

/* "24h" or "30m": how long the old secret is valid still. */
static int read_overlap(struct api_call *call, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const char *text = NULL;
    char *end = NULL;
    bool now = false;
    int rc = api_body_bool(call, "now", false, &now);
    if (rc == 0)
        rc = api_body_text(call, "overlap", &text);
    *out = now ? 0 : WEBHOOK_OVERLAP_S;
    if (rc || !text || !text[0])
        return rc;
    if (now)
        return err_set(&call->err, ERR_USAGE, "give \"overlap\" or \"now\", not both");
    long n = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : -1;
    for (size_t i = 0; n >= 0 && n <= WEBHOOK_OVERLAP_MAX_S && i < ARRAY_LEN(units); i++) {
        if (end[0] == units[i].unit && !end[1]) {
            *out = n * units[i].seconds;
            return 0;
        }
    }
    return err_set(&call->err, ERR_USAGE, "\"overlap\" is %.40s: write 30m, 24h or 2d", text);
}

int api_webhook_rotate(struct api_call *call, struct db *db)
{
    struct webhook_made made;
    const char *secret = NULL;
    int64_t id = 0;
    int64_t overlap_s = 0;
    bool is_ed25519 = false;
    bool is_told = json_object_get(call->body, "ed25519") != NULL;
    call->is_secret = true;
    int rc = api_body_only(call, "overlap now ed25519 secret");
    if (rc == 0)
        rc = read_overlap(call, &overlap_s);
    if (rc == 0)
        rc = api_body_bool(call, "ed25519", false, &is_ed25519);
    if (rc == 0)
        rc = api_body_text(call, "secret", &secret);
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = webhook_rotate(db, &call->actor, id, overlap_s,
                            (char)(!is_told     ? 0
                                   : is_ed25519 ? 'e'
                                                : 'h'),
                            secret && secret[0] ? secret : NULL, &made, &call->err);
    if (rc == 0)
        rc = api_webhook_show(call, db, id);
    if (rc == 0)
        api_webhook_tell(call, &made);
    return rc;
}

int api_webhook_enable(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_body_only(call, "");
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = webhook_enable(db, &call->actor, id, &call->err);
    return rc ? rc : api_webhook_show(call, db, id);
}

int api_webhook_disable(struct api_call *call, struct db *db)
{
    const char *reason = NULL;
    int64_t id = 0;
    int rc = api_body_only(call, "reason");
    if (rc == 0)
        rc = api_body_text(call, "reason", &reason);
    if (rc == 0 && reason && strlen(reason) > 300)
        rc = err_set(&call->err, ERR_INVALID, "\"reason\" has more than 300 bytes");
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = webhook_disable(db, &call->actor, id, reason, &call->err);
    return rc ? rc : api_webhook_show(call, db, id);
}

/* --- deliveries -----------------------------------------------------------------------------------------------------
 */

static int parse_delivery(struct api_call *call, const char *text, int64_t *id)
{
    return id_parse(ID_DELIVERY, text, id) == 0
               ? 0
               : err_set(&call->err, ERR_INVALID,
                         "\"%.60s\" is no delivery: write its id (dlv_...), see webhook deliveries", text);
}

int api_webhook_replay(struct api_call *call, struct db *db)
{
    struct webhook_replay replay = {.delivery_id = 0};
    const char *delivery = NULL;
    int64_t id = 0;
    int64_t n = 0;
    int rc = api_body_only(call, "delivery since expired");
    if (rc == 0)
        rc = api_body_text(call, "delivery", &delivery);
    if (rc == 0)
        rc = api_body_time(call, "since", &replay.since_us);
    if (rc == 0)
        rc = api_body_bool(call, "expired", false, &replay.with_expired);
    if (rc == 0 && delivery && replay.since_us)
        rc = err_set(&call->err, ERR_USAGE, "give \"delivery\" or \"since\", not both");
    if (rc == 0 && delivery)
        rc = parse_delivery(call, delivery, &replay.delivery_id);
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = webhook_replay(db, &call->actor, id, &replay, &n, &call->err);
    if (rc == 0)
        call->result = json_pack("{s:o, s:I}", "webhook", api_id(ID_WEBHOOK, id), "replayed", (json_int_t)n);
    return rc;
}

int api_webhook_deliveries(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    enum delivery_state state = DELIVERY_PENDING;
    const char *word = api_query(call, "state", "");
    int64_t id = 0;
    int rc = api_query_only(call, "state after limit");
    if (rc == 0 && word[0] && !delivery_state_parse(word, &state))
        rc = err_set(&call->err, ERR_USAGE,
                     "state=%.40s is no state of deliveries: write one of" DELIVERY_STATE_MAP(API_WORD), word);
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc =
            db_query(db, &rows, Q_WEBHOOK_DELIVERY_LIST,
                     DB_ARGS(DB_INT(id), DB_TEXT(word), DB_INT(page.id ? page.id : INT64_MAX), DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows, DELIVERY_SPEC, -1, &page);
    api_page_fini(&page);
    return rc;
}

int api_webhook_delivery(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    int64_t id = 0;
    int64_t delivery = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = parse_delivery(call, api_param(call, "delivery"), &delivery);
    if (rc == 0)
        rc = api_webhook_find(call, db, &id);
    if (rc == 0)
        rc = db_query(db, &rows, Q_WEBHOOK_DELIVERY_SHOW, DB_ARGS(DB_INT(id), DB_INT(delivery)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0)
        call->result = api_row(rows, DELIVERY_SPEC " expires_at:t peer:s answer:s transcript:s");
    db_done(rows);
    return rc > 0   ? 0
           : rc < 0 ? rc
                    : err_set(&call->err, ERR_NOT_FOUND, "there is no such delivery: see webhook deliveries");
}

/* --- what a gateway reports
 * ------------------------------------------------------------------------------------------- */

/* 46elks: a form with id, status (delivered, failed, sent), delivered. The address itself is the permission; 204, or it
 * is reported again. */
static int record_report(struct api_call *call, struct db *db, const struct http_form *form)
{
    uint8_t key[MAIL_TOKEN_KEY_BYTES];
    int64_t delivery = 0;
    const char *status = http_form_get(form, "status");
    int rc = ledger_token_key(db, key);
    if (rc)
        return rc;
    if (mail_token_open(key, MAIL_TOKEN_SMS_REPORT, api_param(call, "token"), &delivery) != 0)
        return err_set(&call->err, ERR_NOT_FOUND, "there is nothing at this address");
    rc = webhook_report(db, delivery, status ? status : "");
    if (rc == ERR_INVALID)
        return err_set(&call->err, rc, "a report has a status: created, sent, delivered or failed");
    return rc == ERR_NOT_FOUND ? err_set(&call->err, rc, "there is nothing at this address") : rc;
}

int page_webhook_report(struct api_call *call, struct db *db)
{
    struct api_body_state state;
    struct byte_source source;
    struct http_form form;
    char text[REPORT_BYTES_MAX];
    size_t n = 0;
    size_t used = 0;
    int rc = api_body_source(call, &state, &source);
    while (rc == 0 && used < sizeof text && (rc = source.read(source.ctx, text + used, sizeof text - used, &n)) == 0 &&
           n > 0)
        used += n;
    http_form_init(&form);
    if (rc == 0 && used == sizeof text)
        rc = err_set(&call->err, ERR_TOO_LARGE, "a report has fewer than %d bytes", REPORT_BYTES_MAX);
    if (rc == 0 && http_form_parse(&form, text, used, REPORT_FIELDS_MAX) != 0)
        rc = err_set(&call->err, ERR_USAGE, "send a form: id=...&status=delivered");
    if (rc == 0)
        rc = record_report(call, db, &form);
    http_form_fini(&form);
    call->status = 204;
    return rc;
}
