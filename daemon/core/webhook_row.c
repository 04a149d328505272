/* One endpoint as it stands in the store; the contract is in core/webhook_row.h. */
#include "core/webhook_row.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/db.h"

static int read_row(const struct db_rows *rows, struct webhook_row *row)
{
    *row = (struct webhook_row){.id = db_int(rows, 0),
                                .name = xstrdup(db_text(rows, 1)),
                                .group_id = db_opt_int(rows, 4),
                                .url = xstrdup(db_text(rows, 5)),
                                .exercises = db_int(rows, 7) != 0,
                                .settings = json_loads(db_text(rows, 8), 0, NULL),
                                .user = xstrdup_opt(db_opt_text(rows, 9)),
                                .credential = xstrdup_opt(db_opt_text(rows, 10)),
                                .owner_id = db_int(rows, 11),
                                .owner = xstrdup(db_text(rows, 12)),
                                .owner_email = xstrdup_opt(db_opt_text(rows, 13)),
                                .is_enabled = strcmp(db_text(rows, 14), "enabled") == 0};
    snprintf(row->scope.code, sizeof row->scope.code, "%s", db_text(rows, 3));
    return scope_kind_parse(db_text(rows, 2), &row->scope.kind) &&
                   webhook_format_parse(db_text(rows, 6), &row->format) && json_is_object(row->settings)
               ? 0
               : ERR_CORRUPT;
}

int webhook_row_load(struct db *db, int64_t id, struct webhook_row *out)
{
    struct webhook_row row = {.id = 0};
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_WEBHOOK_LOAD, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    rc = db_next(rows);
    rc = rc > 0 ? read_row(rows, &row) : rc < 0 ? rc : ERR_NOT_FOUND;
    db_done(rows);
    if (rc)
        webhook_row_fini(&row);
    else
        *out = row;
    return rc;
}

static void wipe(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void webhook_row_fini(struct webhook_row *row)
{
    free(row->name);
    wipe(row->url);
    json_decref(row->settings);
    free(row->user);
    wipe(row->credential);
    free(row->owner);
    free(row->owner_email);
    *row = (struct webhook_row){.id = 0};
}

static const char *setting(const struct webhook_row *row, const char *name)
{
    return json_string_value(json_object_get(row->settings, name));
}

struct webhook_target webhook_row_target(const struct webhook_row *row)
{
    return (struct webhook_target){.format = row->format,
                                   .url = row->url,
                                   .recipient = "",
                                   .room = setting(row, "room"),
                                   .topic = setting(row, "topic"),
                                   .from = setting(row, "from"),
                                   .token = row->user ? NULL : row->credential,
                                   .report_url = "",
                                   .content_type = setting(row, "content_type"),
                                   .body = setting(row, "body")};
}
