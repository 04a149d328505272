/* Routes that concern the whole: status, hold, audit log. The store's own are in api_store.c. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "core/hold.h"
#include "core/restore.h"
#include "http/api.h"
#include "http/api_scope.h"
#include "http/api_status.h"
#include "store/audit.h"
#include "store/db.h"

enum { EXPORT_ROWS_MAX = 1000000 };

/* --- hold ------------------------------------------------------------------------------------------------------ */

/* The detail {"reason": ...}, made safe for JSON. */
static int audit_reason(struct api_call *call, struct db *db, const char *action, const char *reason)
{
    json_t *detail = reason ? json_pack("{s:s}", "reason", reason) : json_object();
    char *text = json_dumps(detail, JSON_COMPACT);
    int rc = audit_write(db, &call->actor, action, "", text);
    free(text);
    json_decref(detail);
    return rc;
}

/* Twice is fine: in an emergency nobody wants to be told that it has been done already. */
static int answer_hold(struct api_call *call, const struct hold *before, bool hold)
{
    call->result =
        json_pack("{s:b, s:o}", "hold", hold, "held_since", before->is_on ? api_time(before->since_us) : json_null());
    return 0;
}

static int set_hold(struct api_call *call, struct db *db, bool hold)
{
    const char *reason = NULL;
    struct hold before = {.is_on = false};
    int rc = api_body_only(call, "reason");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = api_body_text(call, "reason", &reason);
    if (rc == 0)
        rc = hold_read(db, &before);
    if (rc == 0)
        rc = hold_set(db, &call->actor, hold, reason);
    if (rc == 0 && !hold)
        rc = restore_note_close(db);
    if (rc == 0)
        rc = audit_reason(call, db, hold ? "system.hold" : "system.resume", reason);
    return rc ? rc : answer_hold(call, &before, hold);
}

static int hold(struct api_call *call, struct db *db)
{
    return set_hold(call, db, true);
}

static int resume(struct api_call *call, struct db *db)
{
    return set_hold(call, db, false);
}

/* --- audit ----------------------------------------------------------------------------------------------------- */

static int list_audit(struct api_call *call, struct db *db)
{
    struct api_page page = {.key = NULL};
    struct db_rows *rows = NULL;
    int rc = api_query_only(call, "object after limit");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = api_page_init(call, &page);
    if (rc == 0)
        rc = db_query(db, &rows, Q_AUDIT_PAGE,
                      DB_ARGS(DB_INT(page.id ? page.id : INT64_MAX), DB_INT(page.limit + 1),
                              DB_TEXT(api_query(call, "object", ""))));
    if (rc == 0)
        rc = api_list(call, rows, "seq:i at:t actor:s via:s action:s object:s detail:j prev_hash:s hash:s", -1, &page);
    api_page_fini(&page);
    return rc;
}

/* A broken chain is the answer, not a failure of the call. */
static int verify_audit(struct api_call *call, struct db *db)
{
    struct audit_head head = {0};
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc)
        return rc;
    rc = audit_verify(db, &head, &call->err);
    if (rc && rc != ERR_CORRUPT)
        return rc;
    call->result = rc ? json_pack("{s:b, s:s}", "ok", 0, "problem", err_or(&call->err, rc))
                      : json_pack("{s:b, s:I, s:s}", "ok", 1, "rows", (json_int_t)head.rows, "head", head.hash);
    return 0;
}

/* Exactly what the hashes cover: `at_us` and `detail` as they are kept. */
static int export_row(struct api_call *call, const struct db_rows *rows)
{
    json_t *row = api_row(rows, "seq:i at_us:i actor:s via:s action:s object:s detail:s prev_hash:s hash:s");
    json_object_set_new(row, "at", api_time(db_int(rows, 1)));
    char *text = json_dumps(row, JSON_COMPACT);
    buf_adds(&call->text, text);
    int rc = buf_addc(&call->text, '\n');
    free(text);
    json_decref(row);
    return rc == 0 ? 0
                   : err_set(&call->err, rc,
                             "the log is larger than one answer: export it in parts with after= (the "
                             "last seq) and limit=");
}

static int export_audit(struct api_call *call, struct db *db)
{
    struct db_rows *rows = NULL;
    int64_t after = 0;
    int64_t limit = 0;
    int rc = api_query_only(call, "after limit");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc == 0)
        rc = api_query_int(call, "after", 0, 0, INT64_MAX, &after);
    if (rc == 0)
        rc = api_query_int(call, "limit", EXPORT_ROWS_MAX, 1, EXPORT_ROWS_MAX, &limit);
    if (rc == 0)
        rc = db_query(db, &rows, Q_AUDIT_AFTER, DB_ARGS(DB_INT(after), DB_INT(limit)));
    if (rc)
        return rc;
    call->content_type = "application/x-ndjson";
    call->filename = "grannbud-audit.jsonl";
    while (rc == 0 && (rc = db_next(rows)) > 0)
        rc = export_row(call, rows);
    db_done(rows);
    return rc;
}

const struct api_route API_ROUTES_SYSTEM[] = {
    {HTTP_METHOD_GET, "/api/v1/status", API_READ, PERM_READ, API_NO_BODY, api_status,
     "One screen: version, store, queues, relay, what goes out and what is due, problems."},
    {HTTP_METHOD_POST, "/api/v1/hold", API_WRITE, PERM_OPERATE, API_JSON, hold, "Stop all sending."},
    {HTTP_METHOD_POST, "/api/v1/resume", API_WRITE, PERM_OPERATE, API_JSON, resume, "Start sending again."},
    {HTTP_METHOD_GET, "/api/v1/audit", API_READ, PERM_AUDIT, API_NO_BODY, list_audit,
     "List the audit log, newest first, for one object if asked."},
    {HTTP_METHOD_GET, "/api/v1/audit/verify", API_READ, PERM_AUDIT, API_NO_BODY, verify_audit,
     "Check the audit log's chain of hashes."},
    {HTTP_METHOD_GET, "/api/v1/audit/export", API_READ, PERM_AUDIT, API_NO_BODY, export_audit,
     "The audit log as JSON lines, oldest first."},
    {.pattern = NULL},
};
