/*
 * Alerts as JSON: the list, one with its thread and figures, the answer of a dry run. What lies outside the acting
 * person's area is counted nowhere.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/hold.h"
#include "http/api.h"
#include "http/api_alert.h"
#include "http/api_delivery.h"
#include "store/db.h"

enum { SHOW_ROOT = 1, SHOW_MESSAGE = 34, SHOW_SMS = 35, UNDER_WAY_MESSAGE = 11 }; /* columns */

static int not_found(struct api_call *call)
{
    return err_set(&call->err, ERR_NOT_FOUND, "there is no such alert in your area: see alert list");
}

/* --- pieces ------------------------------------------------------------------------------------------------------ */

static json_t *sms_json(const struct sms_text *sms)
{
    return json_pack("{s:s, s:I, s:I, s:s}", "text", sms->text ? sms->text : "", "length", (json_int_t)sms->units,
                     "parts", (json_int_t)sms->parts, "encoding", sms->is_gsm7 ? "GSM-7" : "UCS-2");
}

static int add_sms(const char *text, json_t *out)
{
    struct sms_text sms = {.text = NULL};
    if (!text[0]) {
        json_object_set_new(out, "sms", json_null());
        return 0;
    }
    int rc = sms_text_make(text, &sms);
    if (rc == 0)
        json_object_set_new(out, "sms", sms_json(&sms));
    sms_text_fini(&sms);
    return rc;
}

/* What is sent now stays here until somebody says resume: the sender of a warning has to know. */
static int add_hold(struct db *db, json_t *out)
{
    struct hold hold;
    int rc = hold_read(db, &hold);
    if (rc == 0)
        json_object_set_new(out, "hold", json_boolean(hold.is_on));
    return rc;
}

static int add_places(struct db *db, int64_t id, json_t *out)
{
    struct db_rows *rows = NULL;
    json_t *list = NULL;
    int rc = db_query(db, &rows, Q_ALERT_READ_PLACES, DB_ARGS(DB_INT(id)));
    if (rc == 0)
        rc = api_rows(rows, "code:s name:s", &list);
    if (rc == 0)
        json_object_set_new(out, "municipalities", list);
    return rc;
}

static int add_thread(struct api_call *call, struct db *db, int64_t root_id, json_t *out)
{
    struct db_rows *rows = NULL;
    json_t *list = NULL;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_ALERT_READ_THREAD, DB_ARGS(DB_INT(root_id)));
    if (rc == 0)
        rc = api_rows(rows, "id:alr type:s state:s title:s author:s sent_at:t recipients:i message:msg", &list);
    if (rc == 0)
        json_object_set_new(out, "thread", list);
    return rc;
}

static const char *severity_key(const struct lint_finding *f)
{
    return lint_severity_word(f->severity);
}

void api_alert_add_findings(const struct alert_plan *plan, json_t *out)
{
    json_t *findings = json_array();
    for (size_t i = 0; i < plan->lint.count; i++) {
        const struct lint_finding *f = &plan->lint.findings[i];
        json_array_append_new(findings, json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "severity", severity_key(f),
                                                  "rule", f->rule, "line", (json_int_t)f->line, "column",
                                                  (json_int_t)f->column, "text", f->text, "sv", f->sv, "en", f->en));
    }
    json_object_set_new(out, "findings", findings);
}

void api_alert_add_audience(const struct alert_plan *plan, json_t *out)
{
    const struct alert_audience *a = &plan->audience;
    json_t *sample = json_array();
    for (size_t i = 0; i < a->sample_count; i++)
        json_array_append_new(sample, json_pack("{s:s, s:s, s:s}", "name", a->sample[i].person, "group",
                                                a->sample[i].group, "municipality", a->sample[i].municipality));
    json_object_set_new(out, "sample", sample);
    json_object_set_new(out, "groups_without_point", json_integer(a->groups_without_point));
}

static void add_planned_places(const struct alert_audience *a, json_t *out)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->municipality_count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "code", a->municipalities[i].code, "name", a->municipalities[i].name));
    json_object_set_new(out, "municipalities", list);
}

/* --- a dry run -----------------------------------------------------------------------------------------------------
 */

/* A word as given, or the kind's. */
static const char *or_kind(const char *given, const char *of_kind)
{
    return given ? given : of_kind;
}

json_t *api_alert_planned(const struct alert_input *in, const struct alert_plan *plan)
{
    enum alert_kind kind = ALERT_KIND_BURGLARY_ONGOING;
    json_t *out = json_pack("{s:b, s:n, s:s, s:s, s:s, s:b, s:b}", "dry_run", 1, "id", "type", "alert", "kind",
                            in->kind ? in->kind : "", "title", in->title ? in->title : "", "exercise",
                            (int)in->is_exercise, "life_danger", (int)plan->life_danger);
    if (in->kind && alert_kind_parse(in->kind, &kind)) {
        const struct alert_kind_row *row = alert_kind_row(kind);
        const char *words[][2] = {{"severity", or_kind(in->severity, alert_severity_word(row->severity))},
                                  {"urgency", or_kind(in->urgency, alert_urgency_word(row->urgency))},
                                  {"certainty", or_kind(in->certainty, alert_certainty_word(row->certainty))}};
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            json_object_set_new(out, words[i][0], json_string(words[i][1]));
    }
    json_object_set_new(out, "area", json_string(plan->audience.area_text));
    json_object_set_new(out, "target", json_loads(plan->audience.target_json, 0, NULL));
    json_object_set_new(out, "recipients", json_integer(plan->audience.recipients));
    json_object_set_new(out, "groups", json_integer(plan->audience.groups));
    add_planned_places(&plan->audience, out);
    api_alert_add_audience(plan, out);
    json_object_set_new(out, "needs_confirmation", json_boolean(plan->needs_confirmation));
    json_object_set_new(out, "deferred_until", api_time(plan->deferred_until_us));
    json_object_set_new(out, "expires_at", api_time(plan->expires_us));
    json_object_set_new(out, "sms", sms_json(&plan->sms));
    api_alert_add_findings(plan, out);
    return out;
}

/* --- one -----------------------------------------------------------------------------------------------------------
 */

static const char SHOW_SPEC[] =
    "id:alr root:alr type:s state:s kind:s severity:s urgency:s certainty:s exercise:b life_danger:b classification:s "
    "title:s text:s instruction:s title_en:s text_en:s area:s author:s content_hash:s approved_by:s approved_at:t "
    "override_reason:s note:s recipients:i target:j groups:i deferred_until:t expires_at:t created_at:t sent_at:t "
    "ended_at:t origin:s origin_id:s origin_url:s message:msg";

int api_alert_show(struct api_call *call, struct db *db, int64_t id)
{
    struct db_rows *rows = NULL;
    char *sms = NULL;
    int64_t root_id = 0;
    int64_t message_id = 0;
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_ALERT_READ_SHOW, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    if (rc > 0) {
        call->result = api_row(rows, SHOW_SPEC);
        root_id = db_int(rows, SHOW_ROOT);
        message_id = db_opt_int(rows, SHOW_MESSAGE);
        sms = xstrdup(db_text(rows, SHOW_SMS));
    }
    db_done(rows);
    if (rc <= 0)
        return rc ? rc : not_found(call);
    rc = add_sms(sms, call->result);
    free(sms);
    if (rc == 0)
        rc = add_hold(db, call->result);
    if (rc == 0)
        rc = add_places(db, id, call->result);
    if (rc == 0)
        rc = api_delivery_add_counts(call, db, message_id, call->result);
    return rc ? rc : add_thread(call, db, root_id, call->result);
}

int api_alert_find(struct api_call *call, struct db *db, int64_t *id)
{
    return alert_find(db, &call->actor, api_param(call, "id"), id, &call->err);
}

int api_alert_get(struct api_call *call, struct db *db)
{
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_alert_find(call, db, &id);
    return rc ? rc : api_alert_show(call, db, id);
}

/* --- many ----------------------------------------------------------------------------------------------------------
 */

int api_alert_list(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    enum alert_state state = ALERT_STATE_DRAFT;
    const char *word = api_query(call, "state", "");
    int rc = api_query_only(call, "state after limit");
    if (rc == 0 && word[0] && !alert_state_parse(word, &state))
        rc = err_set(&call->err, ERR_USAGE, "state=%.40s is no state of alerts: write one of" ALERT_STATE_MAP(API_WORD),
                     word);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = db_query_as(db, &call->actor.scope, &rows, Q_ALERT_READ_LIST,
                         DB_ARGS(DB_TEXT(word), DB_INT(page.id ? page.id : INT64_MAX), DB_INT(page.limit + 1)));
    if (rc == 0)
        rc = api_list(call, rows,
                      "id:alr type:s kind:s severity:s title:s exercise:b state:s area:s classification:s recipients:i "
                      "sent:i author:s deferred_until:t expires_at:t created_at:t sent_at:t root:alr",
                      -1, &page);
    api_page_fini(&page);
    return rc;
}

int api_alert_under_way(struct api_call *call, struct db *db, json_t **out)
{
    struct db_rows *rows = NULL;
    json_t *list = json_array();
    int rc = db_query_as(db, &call->actor.scope, &rows, Q_ALERT_READ_UNDER_WAY, DB_NO_ARGS);
    while (rc == 0 && (rc = db_next(rows)) > 0) {
        json_t *alert = api_row(rows, "id:alr type:s kind:s title:s exercise:b state:s author:s recipients:i "
                                      "deferred_until:t expires_at:t sent_at:t message:msg");
        json_array_append_new(list, alert);
        rc = api_delivery_add_counts(call, db, db_opt_int(rows, UNDER_WAY_MESSAGE), alert);
    }
    if (rows)
        db_done(rows);
    if (rc) {
        json_decref(list);
        return rc;
    }
    *out = list;
    return 0;
}
