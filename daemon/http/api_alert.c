/*
 * Routes of alerts: the table, and what sends, changes or takes one back. The rules are in core/alert.h. What takes
 * time (counting, lint) is planned on a reader; then the writer does it, with that plan, in one transaction.
 */
#include "http/api_alert.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/alert.h"
#include "http/api.h"
#include "store/db.h"

/* What the reader leaves to the writer. */
struct work {
    struct alert_input in; /* texts borrowed from the body */
    struct alert_plan plan;
    int64_t id; /* of the alert that is changed, 0 for a new one */
    const char *hash;
};

static void work_free(void *data)
{
    struct work *work = data;
    alert_target_fini(&work->in.target);
    alert_plan_fini(&work->plan);
    free(work);
}

static struct work *begin(struct api_call *call)
{
    struct work *work = xcalloc(1, sizeof *work);
    work->in = (struct alert_input)ALERT_INPUT_INIT;
    alert_plan_init(&work->plan);
    call->work = work;
    call->work_free = work_free;
    return work;
}

static int go_on(struct api_call *call, int (*then)(struct api_call *, struct db *))
{
    call->then = then;
    call->then_writes = true;
    return 0;
}

/* --- ends ----------------------------------------------------------------------------------------------------------
 */

/* What a refusal tells besides its words: how many it is about, when to come again, what the check found. */
static int refuse(struct api_call *call, const struct work *work, const struct alert_answer *answer, int rc)
{
    call->result = json_object();
    if (answer->needs_confirmation)
        json_object_set_new(call->result, "recipients", json_integer(answer->recipients));
    if (rc == ERR_LIMIT)
        call->retry_after_s = answer->retry_after_s;
    if (lint_blocks(&work->plan.lint))
        api_alert_add_findings(&work->plan, call->result);
    return rc;
}

/* The alert as it is now, with what the plan knows. */
static int finish(struct api_call *call, struct db *db, const struct work *work, const struct alert_answer *answer,
                  bool has_audience)
{
    int rc = api_alert_show(call, db, answer->id);
    if (rc)
        return rc;
    api_alert_add_findings(&work->plan, call->result);
    if (has_audience)
        api_alert_add_audience(&work->plan, call->result);
    return 0;
}

/* --- a new one -----------------------------------------------------------------------------------------------------
 */

static int send_planned(struct api_call *call, struct db *db)
{
    struct work *work = call->work;
    struct alert_answer answer = {.id = 0};
    int rc = alert_send(db, &call->actor, call->config, &work->in, &work->plan, &answer, &call->err);
    if (rc)
        return refuse(call, work, &answer, rc);
    call->status = 201;
    return finish(call, db, work, &answer, true);
}

static int plan_new(struct api_call *call, struct db *db)
{
    bool is_dry_run = false;
    struct work *work = begin(call);
    int rc = api_query_only(call, "dry_run");
    if (rc == 0)
        rc = api_query_bool(call, "dry_run", false, &is_dry_run);
    if (rc == 0)
        rc = api_alert_read_new(call, &work->in);
    if (rc == 0)
        rc = alert_plan_new(db, &call->actor, call->config, &work->in, &work->plan, &call->err);
    if (rc)
        return rc;
    if (!is_dry_run)
        return go_on(call, send_planned);
    call->result = api_alert_planned(&work->in, &work->plan);
    return ERR_DRYRUN;
}

/* --- a draft or a submitted one ------------------------------------------------------------------------------------
 */

static int plan_again(struct api_call *call, struct db *db, struct work *work)
{
    int rc = api_alert_find(call, db, &work->id);
    return rc ? rc : alert_plan_again(db, &call->actor, call->config, work->id, &work->plan, &call->err);
}

/* The draft as it stands, with what sending it now would do. An update or a recall goes to whoever got what came
 * before, whom no plan counts. */
static int show_planned(struct api_call *call, struct db *db, const struct work *work)
{
    int rc = api_alert_show(call, db, work->id);
    if (rc)
        return rc;
    json_object_set_new(call->result, "dry_run", json_true());
    if (work->plan.audience.recipients > 0) {
        json_object_set_new(call->result, "recipients", json_integer(work->plan.audience.recipients));
        api_alert_add_audience(&work->plan, call->result);
    }
    json_object_set_new(call->result, "needs_confirmation", json_boolean(work->plan.needs_confirmation));
    json_object_set_new(call->result, "deferred_until", api_time(work->plan.deferred_until_us));
    api_alert_add_findings(&work->plan, call->result);
    return ERR_DRYRUN;
}

static int send_draft_planned(struct api_call *call, struct db *db)
{
    struct work *work = call->work;
    struct alert_answer answer = {.id = 0};
    const struct alert_release release = {.confirm_recipients = work->in.confirm_recipients,
                                          .override_reason = work->in.override_reason};
    int rc = alert_send_draft(db, &call->actor, call->config, work->id, &release, &work->plan, &answer, &call->err);
    return rc ? refuse(call, work, &answer, rc) : finish(call, db, work, &answer, true);
}

static int plan_draft(struct api_call *call, struct db *db)
{
    bool is_dry_run = false;
    struct work *work = begin(call);
    int rc = api_query_only(call, "dry_run");
    if (rc == 0)
        rc = api_query_bool(call, "dry_run", false, &is_dry_run);
    if (rc == 0)
        rc = api_body_only(call, "confirm_recipients override_reason");
    if (rc == 0)
        rc = api_body_int(call, "confirm_recipients", -1, &work->in.confirm_recipients);
    if (rc == 0)
        rc = api_body_text(call, "override_reason", &work->in.override_reason);
    if (rc == 0)
        rc = plan_again(call, db, work);
    if (rc == 0 && is_dry_run)
        return show_planned(call, db, work);
    return rc ? rc : go_on(call, send_draft_planned);
}

static int approve_planned(struct api_call *call, struct db *db)
{
    struct work *work = call->work;
    struct alert_answer answer = {.id = 0};
    int rc = alert_approve(db, &call->actor, work->id, work->hash, &work->plan, &answer, &call->err);
    return rc ? refuse(call, work, &answer, rc) : finish(call, db, work, &answer, true);
}

static int plan_approval(struct api_call *call, struct db *db)
{
    struct work *work = begin(call);
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_body_only(call, "hash");
    if (rc == 0)
        rc = api_body_text(call, "hash", &work->hash);
    if (rc == 0 && work->hash && !work->hash[0])
        work->hash = NULL;
    if (rc == 0)
        rc = plan_again(call, db, work);
    return rc ? rc : go_on(call, approve_planned);
}

static int with_note(struct api_call *call, struct db *db,
                     int (*change)(struct db *, const struct actor *, int64_t, const char *, struct err *))
{
    const char *note = NULL;
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_body_only(call, "note");
    if (rc == 0)
        rc = api_body_text(call, "note", &note);
    if (rc == 0)
        rc = api_alert_find(call, db, &id);
    if (rc == 0)
        rc = change(db, &call->actor, id, note, &call->err);
    return rc ? rc : api_alert_show(call, db, id);
}

static int reject_alert(struct api_call *call, struct db *db)
{
    return with_note(call, db, alert_reject);
}

static int discard_alert(struct api_call *call, struct db *db)
{
    return with_note(call, db, alert_discard);
}

/* --- what follows ----------------------------------------------------------------------------------------------------
 */

static int update_planned(struct api_call *call, struct db *db)
{
    struct work *work = call->work;
    struct alert_answer answer = {.id = 0};
    int rc = alert_update(db, &call->actor, call->config, work->id, &work->in, &work->plan, &answer, &call->err);
    if (rc)
        return refuse(call, work, &answer, rc);
    call->status = 201;
    return finish(call, db, work, &answer, false);
}

static int plan_update(struct api_call *call, struct db *db)
{
    struct work *work = begin(call);
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_alert_read_update(call, &work->in);
    if (rc == 0)
        rc = api_alert_find(call, db, &work->id);
    if (rc == 0)
        rc = alert_plan_update(db, &call->actor, call->config, work->id, &work->in, &work->plan, &call->err);
    return rc ? rc : go_on(call, update_planned);
}

/* Nothing is counted for a recall, so that it waits for no reader. */
static int recall_alert(struct api_call *call, struct db *db)
{
    struct alert_answer answer = {.id = 0};
    struct alert_recall_input in = {.title = NULL};
    int64_t id = 0;
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_body_only(call, "title text note");
    if (rc == 0)
        rc = api_body_text(call, "title", &in.title);
    if (rc == 0)
        rc = api_body_text(call, "text", &in.text);
    if (rc == 0)
        rc = api_body_text(call, "note", &in.note);
    if (rc == 0)
        rc = api_alert_find(call, db, &id);
    if (rc == 0)
        rc = alert_recall(db, &call->actor, call->config, id, &in, &answer, &call->err);
    if (rc)
        return rc;
    call->status = 201;
    return api_alert_show(call, db, answer.id);
}

const struct api_route API_ROUTES_ALERT[] = {
    {HTTP_METHOD_GET, "/api/v1/alert", API_READ, PERM_READ, API_NO_BODY, api_alert_list,
     "List alerts, newest first, by state."},
    {HTTP_METHOD_POST, "/api/v1/alert", API_PLAN_THEN_WRITE, PERM_ALERT, API_JSON, plan_new,
     "Send an alert now; with dry_run tell who would get it and send nothing."},
    {HTTP_METHOD_GET, "/api/v1/alert/{id}", API_READ, PERM_READ, API_NO_BODY, api_alert_get,
     "Show an alert with its thread and how far it has come; the id may be latest."},
    {HTTP_METHOD_POST, "/api/v1/alert/{id}/update", API_PLAN_THEN_WRITE, PERM_ALERT, API_JSON, plan_update,
     "Tell those who got or may have got an alert how it goes on."},
    {HTTP_METHOD_POST, "/api/v1/alert/{id}/recall", API_WRITE, PERM_ALERT, API_JSON, recall_alert,
     "Take an alert back: what has not left stays here, and those who got or may have got it are told."},
    {HTTP_METHOD_POST, "/api/v1/alert/{id}/approve", API_PLAN_THEN_WRITE, PERM_APPROVE, API_JSON, plan_approval,
     "Send an alert that another person wrote; hash is that of what was read."},
    {HTTP_METHOD_POST, "/api/v1/alert/{id}/reject", API_WRITE, PERM_APPROVE, API_JSON, reject_alert,
     "Do not send an alert that another person wrote, with the reason."},
    {HTTP_METHOD_POST, "/api/v1/alert/{id}/send", API_PLAN_THEN_WRITE, PERM_ALERT, API_JSON, plan_draft,
     "Send a draft, such as one that Grannbud has suggested; with dry_run tell who would get it and send nothing."},
    {HTTP_METHOD_POST, "/api/v1/alert/{id}/discard", API_WRITE, PERM_ALERT, API_JSON, discard_alert,
     "Throw away a draft or a submitted alert."},
    {.pattern = NULL},
};
