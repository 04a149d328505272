/* What follows an alert: updates and its recall. The contract is in core/alert.h; whom they reach is the ledger's. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert_lint.h"
#include "core/alert_plan.h"
#include "core/alert_text.h"
#include "core/config.h"
#include "core/ledger_alert.h"
#include "core/time_words.h"
#include "core/webhook_emit.h"
#include "store/actor.h"
#include "store/db.h"

static int refuse_state(const struct alert_row *row, const char *what, struct err *err)
{
    char text[TIME_WORDS_BYTES];
    switch (row->state) {
    case ALERT_STATE_RECALLED:
        err_set(err, ERR_BAD_STATE, "the alert was recalled on %s already: it cannot be %s",
                time_words_en(row->ended_us, text), what);
        err_add_swedish(err, "Varningen togs tillbaka redan %s: skicka en ny om det behövs.",
                        time_words_sv(row->ended_us, text));
        return ERR_BAD_STATE;
    case ALERT_STATE_EXPIRED:
        err_set(err, ERR_BAD_STATE,
                "the alert ended on %s, as its readers were told: it cannot be %s; send a new one if need be",
                time_words_en(row->expires_us, text), what);
        err_add_swedish(err, "Varningen slutade gälla %s, och läsarna vet det: skicka en ny om det behövs.",
                        time_words_sv(row->expires_us, text));
        return ERR_BAD_STATE;
    case ALERT_STATE_DRAFT:
    case ALERT_STATE_SUBMITTED:
        return err_set(err, ERR_BAD_STATE, "the alert has not been sent: it cannot be %s; discard it instead", what);
    case ALERT_STATE_DISCARDED:
        return err_set(err, ERR_BAD_STATE, "the alert was discarded: it cannot be %s", what);
    case ALERT_STATE_ACTIVE:
    case ALERT_STATE_UPDATED:
    case ALERT_STATE_COUNT:
        break;
    }
    return ERR_CORRUPT; /* the thread has a part in force, or an end */
}

/* Whatever the clock shows: until the scheduler ends it, it goes out. */
static int load_in_force(struct db *db, const struct actor *actor, int64_t id, const char *what, struct alert_row *out,
                         struct err *err)
{
    struct alert_row any = {0};
    int64_t current = 0;
    int rc = alert_row_load_as(db, actor, id, &any, err);
    if (rc)
        return rc;
    rc = db_get_int(db, &current, Q_ALERT_CURRENT, DB_ARGS(DB_INT(any.root_id)));
    if (rc == ERR_NOT_FOUND)
        rc = refuse_state(&any, what, err);
    else if (rc == 0)
        rc = alert_row_load(db, current, out, err);
    alert_row_fini(&any);
    return rc;
}

int alert_load_current(struct db *db, const struct actor *actor, int64_t id, const char *what, struct alert_row *out,
                       struct err *err)
{
    int rc = load_in_force(db, actor, id, what, out, err);
    if (rc == 0 && out->expires_us <= db_now_us(db)) {
        out->state = ALERT_STATE_EXPIRED; /* the scheduler has not come by yet */
        rc = refuse_state(out, what, err);
    }
    return rc;
}

/* A composed part of the thread, with its message. */
static int put_out(struct db *db, const struct actor *actor, struct alert_row *row, struct alert_answer *answer)
{
    char hash[SHA256_HEX_BYTES];
    int64_t message = 0;
    row->created_us = db_now_us(db);
    row->sent_us = row->created_us;
    row->id = id_new(row->created_us);
    row->content_hash = xstrdup(alert_row_hash(row, hash));
    char *source = alert_source(row);
    struct ledger_alert out = {.alert_id = row->id,
                               .title = row->title,
                               .source = source,
                               .hash = row->content_hash,
                               .is_exercise = row->is_exercise,
                               .not_before_us = row->not_before_us,
                               .expires_us = row->expires_us};
    int rc = alert_row_insert(db, actor, row);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_ALERT_MUNICIPALITIES_COPY, DB_ARGS(DB_INT(row->root_id), DB_INT(row->id)));
    if (rc == 0)
        rc = ledger_open_follow(db, &out, row->root_id, row->type == ALERT_TYPE_UPDATE, &message);
    free(source);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_ALERT_SET_MESSAGE, DB_ARGS(DB_INT(row->id), DB_INT(message)));
    if (rc == 0)
        rc = webhook_emit_alert(db, row->id);
    if (rc == 0) {
        answer->id = row->id;
        answer->recipients = row->recipients;
        answer->deferred_until_us = row->not_before_us;
    }
    return rc;
}

int alert_update(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                 const struct alert_input *in, struct alert_plan *plan, struct alert_answer *answer, struct err *err)
{
    struct alert_row before = {0};
    struct alert_row row = {.type = ALERT_TYPE_UPDATE, .state = ALERT_STATE_ACTIVE};
    struct sms_text sms = {0};
    *answer = (struct alert_answer){0};
    int rc = alert_load_current(db, actor, id, "updated", &before, err);
    if (rc == 0 && !in->title && !in->text)
        rc = err_set(err, ERR_INVALID, "an update says something new: write title or text");
    if (rc == 0)
        rc = alert_compose_follow(in, &before, &row, &sms, err);
    if (rc == 0)
        rc = alert_check_rate(db, actor, config, answer, err);
    if (rc == 0)
        rc = alert_lint_check(&plan->lint, in->override_reason, err);
    if (rc == 0)
        rc = db_exec(
            db, NULL, Q_ALERT_SET_STATE,
            DB_ARGS(DB_INT(before.id), DB_TEXT(alert_state_word(ALERT_STATE_UPDATED)), DB_INT(db_now_us(db)), DB_NULL));
    if (rc == 0) {
        row.expires_us = plan->expires_us;
        row.not_before_us = plan->deferred_until_us;
        rc = put_out(db, actor, &row, answer);
    }
    if (rc == 0)
        rc = alert_audit(db, actor, "alert.update", &row, "override_reason", row.override_reason);
    sms_text_fini(&sms);
    alert_row_fini(&row);
    alert_row_fini(&before);
    return rc;
}

/* --- recall --------------------------------------------------------------------------------------------------------
 */

static const char *standard_text(enum alert_kind kind)
{
    return kind == ALERT_KIND_MISSING_PERSON ? "Sökandet är avslutat. Du behöver inte leta mer. Tack för hjälpen."
                                             : "Varningen gäller inte längre. Tack för att du var uppmärksam.";
}

/* The recall's own texts, and what must not stand in them. */
static int compose_recall(struct db *db, const struct config *config, const struct alert_row *before,
                          const struct alert_recall_input *said, struct alert_row *row, struct err *err)
{
    struct alert_input in = ALERT_INPUT_INIT;
    struct sms_text sms = {0};
    struct lint_report lint;
    bool has_text = said->text && said->text[0];
    in.title = said->title && said->title[0] ? said->title : NULL;
    in.text = has_text ? said->text : standard_text(before->kind);
    in.instruction = in.title_en = in.text_en = "";
    in.urgency = alert_urgency_word(ALERT_URGENCY_PAST);
    lint_report_init(&lint);
    int rc = alert_compose_follow(&in, before, row, &sms, err);
    if (rc == 0 && (has_text || in.title))
        rc = alert_lint(db, config, row, &sms, &lint);
    if (rc == 0 && lint_blocks(&lint))
        rc = alert_lint_check(&lint, NULL, err);
    lint_report_fini(&lint);
    sms_text_fini(&sms);
    return rc;
}

int alert_recall(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                 const struct alert_recall_input *in, struct alert_answer *answer, struct err *err)
{
    struct alert_row before = {0};
    struct alert_row row = {.type = ALERT_TYPE_RECALL, .state = ALERT_STATE_RECALLED};
    int64_t now = db_now_us(db);
    *answer = (struct alert_answer){0};
    int rc = load_in_force(db, actor, id, "recalled", &before, err); /* who gets it yet must hear that it is over */
    if (rc == 0)
        rc = compose_recall(db, config, &before, in, &row, err);
    if (rc == 0)
        rc = alert_not_before(config, row.life_danger, now, &row.not_before_us, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_ALERT_END_THREAD,
                     DB_ARGS(DB_INT(row.root_id), DB_TEXT(alert_state_word(ALERT_STATE_RECALLED)), DB_INT(now)));
    if (rc == 0) {
        /* A recall is tried for as long as a letter would be: who got the alert must hear that it is over. */
        int64_t tried_s = config->letter.retry_max_age_s;
        int64_t from = row.not_before_us > now ? row.not_before_us : now;
        row.expires_us = from + tried_s * US_PER_S;
        row.ended_us = now;
        row.note = in->note && in->note[0] ? xstrdup(in->note) : NULL;
        rc = put_out(db, actor, &row, answer);
    }
    if (rc == 0)
        rc = alert_audit(db, actor, "alert.recall", &row, "note", in->note);
    alert_row_fini(&row);
    alert_row_fini(&before);
    return rc;
}
