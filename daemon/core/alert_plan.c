/* What would happen: plans; the contracts are in core/alert.h and alert_plan.h. Nothing here writes. */
#include "core/alert_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/alert_follow_draft.h"
#include "core/alert_lint.h"
#include "core/alert_text.h"
#include "core/config.h"
#include "core/quiet_hours.h"
#include "core/time_words.h"
#include "store/db.h"

enum { HOUR_S = 3600 };

void alert_plan_init(struct alert_plan *plan)
{
    *plan = (struct alert_plan){0};
    lint_report_init(&plan->lint);
}

void alert_plan_fini(struct alert_plan *plan)
{
    alert_audience_fini(&plan->audience);
    lint_report_fini(&plan->lint);
    sms_text_fini(&plan->sms);
    alert_plan_init(plan);
}

/* --- times ---------------------------------------------------------------------------------------------------------
 */

int alert_not_before(const struct config *config, bool life_danger, int64_t now_us, int64_t *not_before_us,
                     struct err *err)
{
    struct zone *zone = NULL;
    *not_before_us = 0;
    if (life_danger)
        return 0;
    int rc = zone_open(config->node.timezone, &zone, err);
    if (rc == 0)
        *not_before_us = quiet_hours_end_us(&config->alert.quiet_hours, zone, now_us);
    zone_free(zone);
    return rc;
}

static int check_end(int64_t expires_us, int64_t now_us, struct err *err)
{
    if (expires_us < now_us + ALERT_EXPIRY_MIN_S * US_PER_S)
        return err_set(err, ERR_INVALID, "the alert would end within 5 minutes: write a later end");
    if (expires_us > now_us + ALERT_EXPIRY_MAX_S * US_PER_S)
        return err_set(err, ERR_INVALID, "an alert is valid for 30 days at most: write an earlier end");
    return 0;
}

int alert_end(const struct config *config, enum alert_kind kind, const struct alert_input *in, int64_t now_us,
              int64_t *expires_us, struct err *err)
{
    int hours = alert_kind_row(kind)->expiry_hours;
    int64_t in_s = in->expires_in_s ? in->expires_in_s : hours ? hours * HOUR_S : config->alert.default_expiry_s;
    if (in->expires_in_s < 0 || in->expires_in_s > ALERT_EXPIRY_MAX_S)
        return err_set(err, ERR_INVALID, "an alert is valid for 5 minutes to 30 days: write another end");
    int64_t end = in->expires_us ? in->expires_us : now_us + in_s * US_PER_S;
    int rc = check_end(end, now_us, err);
    if (rc == 0)
        *expires_us = end;
    return rc;
}

int alert_times(const struct config *config, const struct alert_row *row, const struct alert_input *in, int64_t now_us,
                int64_t *expires_us, int64_t *not_before_us, struct err *err)
{
    char text[TIME_WORDS_BYTES];
    int64_t end = 0;
    int64_t not_before = 0;
    int rc = alert_end(config, row->kind, in, now_us, &end, err);
    if (rc == 0)
        rc = alert_not_before(config, row->life_danger, now_us, &not_before, err);
    if (rc == 0 && not_before && end < not_before + ALERT_EXPIRY_MIN_S * US_PER_S) {
        rc = err_set(
            err, ERR_INVALID,
            "it is night, and the alert would wait until %s, when it has ended or soon does: write a later end, "
            "or say that there is danger to life",
            time_words_en(not_before, text));
        err_add_swedish(err,
                        "Det är natt, och varningen skulle vänta till %s, när den inte längre gäller: ange en senare "
                        "sluttid (--expires), eller säg att det är fara för liv (--life-danger yes).",
                        time_words_sv(not_before, text));
    }
    if (rc == 0) {
        *expires_us = end;
        *not_before_us = not_before;
    }
    return rc;
}

/* --- audience ------------------------------------------------------------------------------------------------------
 */

int alert_check_empty(const struct alert_audience *a, struct err *err)
{
    char pointless[120] = "";
    if (a->groups == 0 && a->groups_without_point > 0)
        snprintf(pointless, sizeof pointless, " (%lld active groups have no point on the map)",
                 (long long)a->groups_without_point);
    if (a->groups == 0)
        return err_set(err, ERR_INVALID, "no active group lies in the target%s: nobody would be warned", pointless);
    if (a->recipients == 0)
        return err_set(err, ERR_INVALID,
                       "nobody in the target's %lld active groups has an address for alerts: nobody would be warned",
                       (long long)a->groups);
    return 0;
}

static int read_groups(struct db *db, int64_t id, struct alert_audience *out)
{
    struct db_rows *rows = NULL;
    size_t room = 0;
    int rc = db_query(db, &rows, Q_ALERT_GROUPS_OF, DB_ARGS(DB_INT(id)));
    if (rc)
        return rc;
    while ((rc = db_next(rows)) > 0) {
        if ((size_t)out->groups == room) {
            room = room ? 2 * room : 256;
            out->group_ids = xreallocarray(out->group_ids, room, sizeof *out->group_ids);
        }
        out->group_ids[out->groups++] = db_int(rows, 0);
    }
    db_done(rows);
    return rc;
}

int alert_audience_again(struct db *db, const struct alert_row *row, struct alert_audience *out)
{
    int rc = alert_row_municipalities(db, row->id, &out->municipalities, &out->municipality_count);
    if (rc == 0)
        rc = read_groups(db, row->id, out);
    snprintf(out->area_text, sizeof out->area_text, "%s", row->area_text);
    out->target_json = xstrdup(row->target);
    return rc;
}

static void ask_for_confirmation(const struct config *config, struct alert_plan *plan)
{
    plan->needs_confirmation = plan->audience.recipients > config->alert.confirm_above_recipients;
}

/* --- plans ---------------------------------------------------------------------------------------------------------
 */

int alert_plan_new(struct db *db, const struct actor *actor, const struct config *config, const struct alert_input *in,
                   struct alert_plan *plan, struct err *err)
{
    struct alert_row row = {0};
    int rc = alert_compose(in, &row, &plan->sms, err);
    if (rc == 0)
        rc = alert_times(config, &row, in, db_now_us(db), &plan->expires_us, &plan->deferred_until_us, err);
    if (rc == 0)
        rc = alert_lint(db, config, &row, &plan->sms, &plan->lint);
    if (rc == 0)
        rc = alert_target_resolve(db, actor, &in->target, &plan->audience, err);
    if (rc == 0)
        rc = alert_audience_count(db, &plan->audience);
    if (rc == 0)
        rc = alert_check_empty(&plan->audience, err);
    plan->life_danger = row.life_danger;
    ask_for_confirmation(config, plan);
    alert_row_fini(&row);
    return rc;
}

int alert_plan_again(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                     struct alert_plan *plan, struct err *err)
{
    struct alert_row row = {0};
    int rc = alert_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && row.state != ALERT_STATE_DRAFT && row.state != ALERT_STATE_SUBMITTED)
        rc = err_set(err, ERR_BAD_STATE, "the alert is %s: only a draft is sent, only a submitted one approved",
                     alert_state_word(row.state));
    if (rc == 0 && row.type != ALERT_TYPE_ALERT) {
        rc = alert_follow_draft_plan(db, actor, config, &row, plan, err);
        alert_row_fini(&row);
        return rc;
    }
    if (rc == 0)
        rc = sms_text_make(row.sms, &plan->sms);
    if (rc == 0)
        rc = alert_not_before(config, row.life_danger, db_now_us(db), &plan->deferred_until_us, err);
    if (rc == 0)
        rc = alert_lint(db, config, &row, &plan->sms, &plan->lint);
    if (rc == 0)
        rc = alert_audience_again(db, &row, &plan->audience);
    if (rc == 0)
        rc = alert_audience_count(db, &plan->audience);
    if (rc == 0)
        rc = alert_check_empty(&plan->audience, err);
    plan->expires_us = row.expires_us;
    plan->life_danger = row.life_danger;
    ask_for_confirmation(config, plan);
    alert_row_fini(&row);
    return rc;
}

int alert_plan_update(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                      const struct alert_input *in, struct alert_plan *plan, struct err *err)
{
    struct alert_row before = {0};
    struct alert_row row = {.type = ALERT_TYPE_UPDATE};
    int rc = alert_load_current(db, actor, id, "updated", &before, err);
    if (rc == 0)
        rc = alert_compose_follow(in, &before, &row, &plan->sms, err);
    if (rc == 0)
        rc = alert_times(config, &row, in, db_now_us(db), &plan->expires_us, &plan->deferred_until_us, err);
    if (rc == 0)
        rc = alert_lint(db, config, &row, &plan->sms, &plan->lint);
    plan->life_danger = row.life_danger;
    alert_row_fini(&row);
    alert_row_fini(&before);
    return rc;
}
