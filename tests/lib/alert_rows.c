/* Alerts as rows; the contract is in lib/alert_rows.h. */
#include "lib/alert_rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/ledger_alert.h"
#include "store/db.h"

#define DAY_US (INT64_C(86400) * US_PER_S)

static const char *either(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

int alert_rows_add(struct db *db, const struct alert_rows_input *in, int64_t *id)
{
    int64_t now = db_now_us(db);
    int64_t new_id = id_new(now);
    char *sql = xasprintf(
        "INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger, "
        "classification, title, text, instruction, title_en, text_en, target, area_text, state, author_id, author, "
        "content_hash, not_before, expires_at, created_at) VALUES (%lld, %lld, '%s', 'burglary_ongoing', 'severe', "
        "'immediate', "
        "'observed', %d, %d, 'public', '%s', '%s', '%s', '%s', '%s', '{}', 'Ängelholm', 'active', 0, 'anna', '', %lld, "
        "%lld, "
        "%lld);",
        (long long)new_id, (long long)(in->root_id ? in->root_id : new_id), either(in->type, "alert"), in->is_exercise,
        in->life_danger, either(in->title, "Inbrott i Vejbystrand"), either(in->text, "Lås dörren."),
        either(in->instruction, ""), either(in->title_en, ""), either(in->text_en, ""), (long long)in->not_before_us,
        (long long)(in->expires_us ? in->expires_us : now + DAY_US), (long long)now);
    int rc = db_script(db, sql, NULL);
    free(sql);
    if (rc == 0)
        *id = new_id;
    return rc;
}

int alert_rows_add_group(struct db *db, int64_t alert_id, int64_t group_id)
{
    char sql[160];
    snprintf(sql, sizeof sql, "INSERT INTO alert_group (alert_id, group_id) VALUES (%lld, %lld);", (long long)alert_id,
             (long long)group_id);
    return db_script(db, sql, NULL);
}

int alert_rows_open(struct db *db, const struct alert_rows_input *in, int64_t alert_id, int64_t *message_id)
{
    struct ledger_alert a = {.alert_id = alert_id,
                             .title = either(in->title, "Inbrott i Vejbystrand"),
                             .source = either(in->text, "Lås dörren."),
                             .hash = "0",
                             .is_exercise = in->is_exercise,
                             .not_before_us = in->not_before_us,
                             .expires_us = in->expires_us ? in->expires_us : db_now_us(db) + DAY_US};
    return in->root_id ? ledger_open_follow(db, &a, in->root_id, in->takes_queued, message_id)
                       : ledger_open_alert(db, &a, message_id);
}
