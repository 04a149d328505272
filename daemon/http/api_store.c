/* Routes of the store's file: backup, verification, restore. Paths are those of the server, so: Unix socket only. */
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "core/config.h"
#include "core/restore.h"
#include "http/api.h"
#include "http/api_scope.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/restore_file.h"

/* `which` says what file is meant. */
static int read_path(struct api_call *call, const char *which, const char **out)
{
    if (!call->req->is_unix)
        return err_set(&call->err, ERR_FORBIDDEN, "a backup is a file on the server: ask for it on the Unix socket");
    int rc = api_scope_all(call);
    if (rc == 0)
        rc = api_body_text(call, "path", out);
    if (rc == 0 && (!*out || (*out)[0] != '/'))
        rc = err_set(&call->err, ERR_INVALID, "\"path\" must be an absolute path, %s", which);
    return rc;
}

static int backup_store(struct api_call *call, struct db *db)
{
    const char *path = NULL;
    int rc = api_body_only(call, "path");
    if (rc == 0)
        rc = read_path(call, "of a file that does not exist yet", &path);
    if (rc == 0)
        rc = db_backup(db, path, &call->err);
    if (rc)
        return rc;
    /* A read has no transaction that an audit row could be part of; the journal has it. */
    log_notice("http", "backup by=%s path=%s", call->actor.name, path);
    call->status = 201;
    call->result = json_pack("{s:s}", "path", path);
    return 0;
}

static int verify_store(struct api_call *call, struct db *db)
{
    struct audit_head head = {0};
    int rc = api_query_only(call, "");
    if (rc == 0)
        rc = api_scope_all(call);
    if (rc)
        return rc;
    rc = db_integrity(db, &call->err);
    if (rc == 0)
        rc = audit_verify(db, &head, &call->err);
    if (rc && rc != ERR_CORRUPT)
        return rc;
    call->result =
        rc ? json_pack("{s:b, s:s}", "ok", 0, "problem", err_or(&call->err, rc))
           : json_pack("{s:b, s:I, s:s}", "ok", 1, "audit_rows", (json_int_t)head.rows, "audit_head", head.hash);
    return 0;
}

/* --- restore --------------------------------------------------------------------------------------------------- */

/* What the copy would send without the hold. */
static int add_would_send(struct api_call *call, struct db *copy)
{
    struct db_rows *rows = NULL;
    json_t *messages = NULL;
    json_t *approved = NULL;
    int64_t deliveries = 0;
    int64_t webhooks = 0;
    int rc = db_get_int(copy, &deliveries, Q_RESTORE_ROWS, DB_NO_ARGS);
    if (rc == 0)
        rc = db_get_int(copy, &webhooks, Q_RESTORE_WEBHOOKS, DB_NO_ARGS);
    if (rc == 0)
        rc = db_query(copy, &rows, Q_RESTORE_MESSAGES, DB_ARGS(DB_INT(db_now_us(copy))));
    if (rc == 0)
        rc = api_rows(rows, "id:msg kind:s title:s letter:let state:s created_at:t deliveries:i due:i", &messages);
    if (rc == 0)
        rc = db_query(copy, &rows, Q_RESTORE_LETTERS, DB_NO_ARGS);
    if (rc == 0)
        rc = api_rows(rows, "id:let title:s period:s due_at:t", &approved);
    if (rc) {
        json_decref(messages);
        return rc;
    }
    json_object_set_new(call->result, "would_send",
                        json_pack("{s:I, s:o, s:o, s:I}", "deliveries", (json_int_t)deliveries, "messages", messages,
                                  "approved", approved, "webhooks", (json_int_t)webhooks));
    return 0;
}

/* A log whose chain is broken is told of and does not stand in the way: it may be the only backup there is. */
static int add_log(struct api_call *call, struct db *copy)
{
    struct audit_head head = {0};
    struct err err = {.text = ""};
    json_t *problems = json_array();
    json_object_set_new(call->result, "problems", problems);
    int rc = audit_verify(copy, &head, &err);
    if (rc == ERR_CORRUPT) {
        json_array_append_new(problems, json_sprintf("the audit log of the backup: %s", err_or(&err, rc)));
        rc = 0;
    }
    return rc;
}

static int describe(struct api_call *call, const struct restore_file *file, struct db *copy,
                    const struct restore_note *note)
{
    int64_t size = 0;
    int rc = db_get_int(copy, &size, Q_STORE_SIZE, DB_NO_ARGS);
    if (rc)
        return rc;
    call->result = json_pack("{s:s, s:s, s:I, s:i, s:i, s:o}", "id", note->id, "path", note->file, "size_bytes",
                             (json_int_t)size, "version", restore_file_version(file), "migrated_to", migrate_latest(),
                             "newest", api_time(note->newest_us));
    rc = add_would_send(call, copy);
    return rc ? rc : add_log(call, copy);
}

/* On the loop: the copy is staged, and takes the store's place when the process has started again. */
static void restart(struct api_call *call)
{
    if (call->env->restart)
        call->env->restart(call->env->ctx);
}

static int stage(struct api_call *call, struct restore_file *file)
{
    char *kept = NULL;
    int rc = restore_file_stage(file, &kept, &call->err);
    if (rc)
        return rc;
    json_object_set_new(call->result, "staged", json_true());
    json_object_set_new(call->result, "kept_as", kept ? json_string(kept) : json_null());
    free(kept);
    log_notice("http", "restore staged by=%s path=%s", call->actor.name,
               json_string_value(json_object_get(call->result, "path")));
    call->status = 202;
    call->finish = restart;
    return 0;
}

static int restore_store(struct api_call *call, struct db *db)
{
    struct restore_file *file = NULL;
    struct restore_note note;
    const char *path = NULL;
    bool dry_run = false;
    int rc = api_body_only(call, "path dry_run");
    if (rc == 0)
        rc = read_path(call, "of a copy that store backup made", &path);
    if (rc == 0)
        rc = api_body_bool(call, "dry_run", false, &dry_run);
    if (rc == 0)
        rc = restore_file_make(call->config->store.url.text, path, db_clock(db), &file, &call->err);
    if (rc == 0)
        rc = restore_prepare(restore_file_db(file), &call->actor, path, &note);
    if (rc == 0)
        rc = describe(call, file, restore_file_db(file), &note);
    if (rc == 0 && !dry_run)
        rc = stage(call, file);
    else if (rc == 0)
        json_object_set_new(call->result, "staged", json_false());
    restore_file_free(file);
    return rc;
}

const struct api_route API_ROUTES_STORE[] = {
    {HTTP_METHOD_POST, "/api/v1/store/backup", API_READ, PERM_OPERATE, API_JSON, backup_store,
     "Copy the store into a new file on the server; Unix socket only."},
    {HTTP_METHOD_GET, "/api/v1/store/verify", API_READ, PERM_OPERATE, API_NO_BODY, verify_store,
     "Check the store's file and the audit log."},
    {HTTP_METHOD_POST, "/api/v1/store/restore", API_READ, PERM_OPERATE, API_JSON, restore_store,
     "Put a backup in the store's place: the daemon starts again with it, on hold, and tells what it would send; Unix "
     "socket only."},
    {.pattern = NULL},
};
