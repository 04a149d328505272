/* Alerts on their way out: drafted, sent, approved, discarded, ended by time. The contract is in core/alert.h. */
#include "core/alert.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert_follow_draft.h"
#include "core/alert_lint.h"
#include "core/alert_plan.h"
#include "core/alert_text.h"
#include "core/config.h"
#include "core/ledger_alert.h"
#include "core/time_words.h"
#include "core/webhook_emit.h"
#include "store/db.h"

enum { HASH_DIGITS_MIN = 8, GROUPS_AT_ONCE = 16 };

/* --- what stands in the way ----------------------------------------------------------------------------------------
 */

/* The number that the sender has seen, where one is needed; a wrong one is never good. */
static int check_confirmation(const struct config *config, int64_t recipients, int64_t confirmed,
                              struct alert_answer *answer, struct err *err)
{
    answer->recipients = recipients;
    if (confirmed == recipients)
        return 0;
    answer->needs_confirmation = true;
    if (confirmed >= 0)
        return err_set(err, ERR_BAD_STATE,
                       "the alert would go to %lld recipients, not %lld: look at the target, and confirm %lld",
                       (long long)recipients, (long long)confirmed, (long long)recipients);
    if (recipients > config->alert.confirm_above_recipients)
        return err_set(err, ERR_BAD_STATE,
                       "the alert goes to %lld recipients: confirm the number (confirm_recipients, --confirm %lld), or "
                       "let another person approve it (second_person, --second-person)",
                       (long long)recipients, (long long)recipients);
    answer->needs_confirmation = false;
    return 0;
}

static int check_not_over(const struct alert_row *row, int64_t now_us, int64_t not_before_us, struct err *err)
{
    char text[TIME_WORDS_BYTES];
    if (row->expires_us <= now_us) {
        err_set(err, ERR_BAD_STATE, "the alert ended on %s: discard it and write a new one",
                time_words_en(row->expires_us, text));
        err_add_swedish(err, "Varningen slutade gälla %s: kasta den och skriv en ny.",
                        time_words_sv(row->expires_us, text));
        return ERR_BAD_STATE;
    }
    if (not_before_us && row->expires_us < not_before_us + ALERT_EXPIRY_MIN_S * US_PER_S) {
        err_set(err, ERR_BAD_STATE,
                "it is night, and the alert would wait until %s, when it has ended or soon does: write a new one",
                time_words_en(not_before_us, text));
        err_add_swedish(err,
                        "Det är natt, och varningen skulle vänta till %s, när den inte längre gäller: skriv en ny.",
                        time_words_sv(not_before_us, text));
        return ERR_BAD_STATE;
    }
    return 0;
}

/* --- rows ----------------------------------------------------------------------------------------------------------
 */

static int insert_audience(struct db *db, int64_t id, const struct alert_audience *a)
{
    int rc = 0;
    int64_t done = 0;
    for (; rc == 0 && a->groups - done >= GROUPS_AT_ONCE; done += GROUPS_AT_ONCE) {
        struct db_arg args[1 + GROUPS_AT_ONCE] = {DB_INT(id)};
        for (int i = 0; i < GROUPS_AT_ONCE; i++)
            args[1 + i] = DB_INT(a->group_ids[done + i]);
        rc = db_exec(db, NULL, Q_ALERT_GROUP_INSERT_16, ARRAY_LEN(args), args);
    }
    for (; rc == 0 && done < a->groups; done++)
        rc = db_exec(db, NULL, Q_ALERT_GROUP_INSERT, DB_ARGS(DB_INT(id), DB_INT(a->group_ids[done])));
    for (size_t i = 0; i < a->municipality_count && rc == 0; i++)
        rc = db_exec(db, NULL, Q_ALERT_MUNICIPALITY_INSERT, DB_ARGS(DB_INT(id), DB_TEXT(a->municipalities[i].code)));
    return rc;
}

/* A composed alert with its audience: a thread of its own. */
static int insert(struct db *db, const struct actor *actor, struct alert_row *row, const struct alert_audience *a)
{
    char hash[SHA256_HEX_BYTES];
    row->created_us = db_now_us(db);
    row->id = id_new(row->created_us);
    row->root_id = row->id;
    row->target = xstrdup(a->target_json);
    row->area_text = xstrdup(a->area_text);
    row->recipients = a->recipients;
    row->content_hash = xstrdup(alert_row_hash(row, hash));
    int rc = alert_row_insert(db, actor, row);
    return rc ? rc : insert_audience(db, row->id, a);
}

/* In the ledger, and with the receivers of webhooks. `approver` NULL: none was needed. */
static int put_out(struct db *db, const struct alert_row *row, int64_t recipients, int64_t not_before_us,
                   const char *approver, const char *override_reason)
{
    int64_t now = db_now_us(db);
    int64_t message = 0;
    char *source = alert_source(row);
    struct ledger_alert out = {.alert_id = row->id,
                               .title = row->title,
                               .source = source,
                               .hash = row->content_hash,
                               .is_exercise = row->is_exercise,
                               .not_before_us = not_before_us,
                               .expires_us = row->expires_us};
    int rc = ledger_open_alert(db, &out, &message);
    free(source);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_ALERT_SET_SENT,
                     DB_ARGS(DB_INT(row->id), DB_INT(now), DB_INT(recipients), DB_INT(not_before_us), DB_INT(message),
                             DB_TEXT(approver), approver ? DB_INT(now) : DB_NULL, DB_TEXT(override_reason)));
    return rc ? rc : webhook_emit_alert(db, row->id);
}

/* --- sending -------------------------------------------------------------------------------------------------------
 */

/* The plan's audience as it is on the writer: when the register has changed since, all of it is worked out again. */
static int renew_audience(struct db *db, const struct actor *actor, const struct alert_target *target,
                          struct alert_audience *a, struct err *err)
{
    struct alert_audience now = {0};
    int64_t version = 0;
    int rc = alert_audience_version(db, a, &version);
    if (rc || version == a->version)
        return rc;
    rc = alert_target_resolve(db, actor, target, &now, err);
    if (rc == 0)
        rc = alert_audience_count(db, &now);
    if (rc == 0)
        rc = alert_check_empty(&now, err);
    if (rc) {
        alert_audience_fini(&now);
        return rc;
    }
    alert_audience_fini(a);
    *a = now;
    return 0;
}

static int send_row(struct db *db, const struct actor *actor, const struct alert_input *in, struct alert_row *row,
                    const struct alert_plan *plan)
{
    int rc = insert(db, actor, row, &plan->audience);
    if (rc == 0 && !in->second_person)
        rc = put_out(db, row, plan->audience.recipients, plan->deferred_until_us, NULL, NULL);
    if (rc == 0)
        rc = alert_audit(db, actor, in->second_person ? "alert.submit" : "alert.send", row, "override_reason",
                         row->override_reason);
    return rc;
}

int alert_send(struct db *db, const struct actor *actor, const struct config *config, const struct alert_input *in,
               struct alert_plan *plan, struct alert_answer *answer, struct err *err)
{
    struct alert_row row = {0};
    struct sms_text sms = {0};
    *answer = (struct alert_answer){0};
    int rc = alert_compose(in, &row, &sms, err);
    if (rc == 0)
        rc = alert_check_rate(db, actor, config, answer, err);
    if (rc == 0)
        rc = alert_lint_check(&plan->lint, in->override_reason, err);
    if (rc == 0)
        rc = renew_audience(db, actor, &in->target, &plan->audience, err);
    if (rc == 0 && !in->second_person)
        rc = check_confirmation(config, plan->audience.recipients, in->confirm_recipients, answer, err);
    if (rc == 0) {
        row.state = in->second_person ? ALERT_STATE_SUBMITTED : ALERT_STATE_ACTIVE;
        row.expires_us = plan->expires_us;
        rc = send_row(db, actor, in, &row, plan);
    }
    if (rc == 0) {
        answer->id = row.id;
        answer->recipients = plan->audience.recipients;
        answer->deferred_until_us = in->second_person ? 0 : plan->deferred_until_us;
    }
    sms_text_fini(&sms);
    alert_row_fini(&row);
    return rc;
}

/* --- drafts and submitted ones -------------------------------------------------------------------------------------
 */

int alert_add_draft(struct db *db, const struct actor *actor, const struct config *config, const struct alert_input *in,
                    int64_t *id, struct err *err)
{
    struct alert_row row = {0};
    struct alert_audience audience = {0};
    struct sms_text sms = {0};
    int rc = alert_compose(in, &row, &sms, err);
    if (rc == 0) /* not alert_times: a draft may be written in any night, and waits for a person */
        rc = alert_end(config, row.kind, in, db_now_us(db), &row.expires_us, err);
    if (rc == 0)
        rc = alert_target_resolve(db, actor, &in->target, &audience, err);
    if (rc == 0 && audience.municipality_count == 0)
        rc = err_set(err, ERR_INVALID, "the draft concerns no municipality: nobody could see it");
    if (rc == 0) {
        row.state = ALERT_STATE_DRAFT;
        rc = insert(db, actor, &row, &audience);
    }
    if (rc == 0)
        rc = alert_audit(db, actor, "alert.draft", &row, "origin", row.origin);
    if (rc == 0)
        *id = row.id;
    sms_text_fini(&sms);
    alert_audience_fini(&audience);
    alert_row_fini(&row);
    return rc;
}

static int load_in_state(struct db *db, const struct actor *actor, int64_t id, enum alert_state state, const char *what,
                         struct alert_row *row, struct err *err)
{
    int rc = alert_row_load_as(db, actor, id, row, err);
    if (rc == 0 && row->state != state)
        rc = err_set(err, ERR_BAD_STATE, "the alert is %s: only a %s alert is %s", alert_state_word(row->state),
                     state == ALERT_STATE_DRAFT ? "drafted" : alert_state_word(state), what);
    return rc;
}

/* What was decided about `row` happens: groups that have gone to sleep are left out, and the plan's number stands. */
static int release(struct db *db, const struct actor *actor, const struct alert_row *row, const char *override_reason,
                   const struct alert_plan *plan, struct alert_answer *answer, struct err *err)
{
    int rc = check_not_over(row, db_now_us(db), plan->deferred_until_us, err);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_ALERT_GROUPS_DROP_INACTIVE, DB_ARGS(DB_INT(row->id)));
    if (rc == 0)
        rc = put_out(db, row, plan->audience.recipients, plan->deferred_until_us, actor->name, override_reason);
    if (rc == 0) {
        answer->id = row->id;
        answer->recipients = plan->audience.recipients;
        answer->deferred_until_us = plan->deferred_until_us;
    }
    return rc;
}

int alert_send_draft(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                     const struct alert_release *by, struct alert_plan *plan, struct alert_answer *answer,
                     struct err *err)
{
    struct alert_row row = {0};
    *answer = (struct alert_answer){0};
    int rc = load_in_state(db, actor, id, ALERT_STATE_DRAFT, "sent", &row, err);
    if (rc == 0 && row.type != ALERT_TYPE_ALERT) {
        rc = alert_follow_draft_send(db, actor, config, &row, by->override_reason, plan, answer, err);
        alert_row_fini(&row);
        return rc;
    }
    if (rc == 0)
        rc = alert_check_rate(db, actor, config, answer, err);
    if (rc == 0)
        rc = alert_lint_check(&plan->lint, by->override_reason, err);
    if (rc == 0)
        rc = check_confirmation(config, plan->audience.recipients, by->confirm_recipients, answer, err);
    if (rc == 0)
        rc = release(db, actor, &row, by->override_reason, plan, answer, err);
    if (rc == 0)
        rc = alert_audit(db, actor, "alert.send", &row, "override_reason", by->override_reason);
    alert_row_fini(&row);
    return rc;
}

static int check_second_person(const struct actor *actor, const struct alert_row *row, struct err *err)
{
    if (actor->user_id == 0)
        return err_set(err, ERR_FORBIDDEN, "a person has to approve: an administrator writes --as USER");
    if (actor->user_id == row->author_id)
        return err_set(err, ERR_FORBIDDEN, "you wrote this alert: another person has to approve it");
    return 0;
}

/* The approver has read what was submitted, and that is what the store holds. */
static int check_hash(const struct alert_row *row, const char *read, struct err *err)
{
    char now[SHA256_HEX_BYTES];
    size_t n = read ? strlen(read) : 0;
    alert_row_hash(row, now);
    if (strcmp(now, row->content_hash) != 0)
        return err_set(err, ERR_BAD_STATE, "the alert is not what was submitted: discard it and write a new one");
    if (read && (n < HASH_DIGITS_MIN || strncmp(read, now, n) != 0))
        return err_set(err, ERR_BAD_STATE, "the alert is not the one you have read (hash %.12s): read it again", now);
    return 0;
}

int alert_approve(struct db *db, const struct actor *actor, int64_t id, const char *hash, const struct alert_plan *plan,
                  struct alert_answer *answer, struct err *err)
{
    struct alert_row row = {0};
    *answer = (struct alert_answer){0};
    int rc = load_in_state(db, actor, id, ALERT_STATE_SUBMITTED, "approved", &row, err);
    if (rc == 0)
        rc = check_second_person(actor, &row, err);
    if (rc == 0)
        rc = check_hash(&row, hash, err);
    if (rc == 0)
        rc = release(db, actor, &row, NULL, plan, answer, err);
    if (rc == 0)
        rc = alert_audit(db, actor, "alert.approve", &row, NULL, NULL);
    alert_row_fini(&row);
    return rc;
}

static int discard(struct db *db, const struct actor *actor, const struct alert_row *row, const char *action,
                   const char *note)
{
    int rc = db_exec(db, NULL, Q_ALERT_SET_STATE,
                     DB_ARGS(DB_INT(row->id), DB_TEXT(alert_state_word(ALERT_STATE_DISCARDED)), DB_INT(db_now_us(db)),
                             DB_TEXT(note)));
    return rc ? rc : alert_audit(db, actor, action, row, "note", note);
}

int alert_reject(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err)
{
    struct alert_row row = {0};
    int rc = load_in_state(db, actor, id, ALERT_STATE_SUBMITTED, "rejected", &row, err);
    if (rc == 0 && (!note || !note[0]))
        rc = err_set(err, ERR_INVALID, "say why, so that the author can write it anew: --note TEXT");
    if (rc == 0)
        rc = discard(db, actor, &row, "alert.reject", note);
    alert_row_fini(&row);
    return rc;
}

int alert_discard(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err)
{
    struct alert_row row = {0};
    int rc = alert_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && row.state != ALERT_STATE_DRAFT && row.state != ALERT_STATE_SUBMITTED)
        rc = err_set(err, ERR_BAD_STATE, "the alert is %s: only what has not been sent is discarded%s",
                     alert_state_word(row.state), row.state == ALERT_STATE_ACTIVE ? "; recall it instead" : "");
    if (rc == 0)
        rc = discard(db, actor, &row, "alert.discard", note);
    alert_row_fini(&row);
    return rc;
}

/* --- finding, ending -----------------------------------------------------------------------------------------------
 */

int alert_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err)
{
    int64_t wanted = 0;
    bool latest = strcmp(text, "latest") == 0;
    if (!latest && id_parse(ID_ALERT, text, &wanted) != 0)
        return err_set(err, ERR_INVALID, "\"%.60s\" is no alert: write its id (alr_...) or latest, see alert list",
                       text);
    int rc = latest ? db_get_int_as(db, &actor->scope, id, Q_ALERT_LATEST, DB_NO_ARGS)
                    : db_get_int_as(db, &actor->scope, id, Q_ALERT_VISIBLE, DB_ARGS(DB_INT(wanted)));
    if (rc == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "there is no such alert in your area: see alert list");
    return rc;
}

static int expire(struct db *db, const struct config *config, int64_t id)
{
    struct actor actor = actor_daemon();
    struct alert_row row = {0};
    int64_t quiet_until_us = 0;
    struct err err;
    int rc = alert_row_load(db, id, &row, NULL);
    if (rc == 0 && row.state != ALERT_STATE_ACTIVE) {
        rc = discard(db, &actor, &row, "alert.discard", "its time was over before it was sent");
    } else if (rc == 0) {
        rc = db_exec(
            db, NULL, Q_ALERT_END_THREAD,
            DB_ARGS(DB_INT(row.root_id), DB_TEXT(alert_state_word(ALERT_STATE_EXPIRED)), DB_INT(db_now_us(db))));
        if (rc == 0)
            /* false, whatever the alert was: that danger to life is over wakes nobody */
            rc = alert_not_before(config, false, db_now_us(db), &quiet_until_us, &err);
        if (rc == 0)
            rc = webhook_emit_expired(db, id, quiet_until_us);
        if (rc == 0)
            rc = alert_audit(db, &actor, "alert.expire", &row, NULL, NULL);
    }
    alert_row_fini(&row);
    return rc;
}

int alert_expire_due(struct db *db, const struct config *config, int64_t now_us, int *n)
{
    int64_t ids[ALERT_EXPIRE_MAX];
    struct db_rows *rows = NULL;
    int count = 0;
    int rc = db_query(db, &rows, Q_ALERT_DUE, DB_ARGS(DB_INT(now_us), DB_INT(ALERT_EXPIRE_MAX)));
    if (rc)
        return rc;
    while (count < ALERT_EXPIRE_MAX && (rc = db_next(rows)) > 0)
        ids[count++] = db_int(rows, 0);
    db_done(rows);
    for (int i = 0; i < count && rc >= 0; i++)
        rc = expire(db, config, ids[i]);
    if (rc >= 0)
        *n = count;
    return rc < 0 ? rc : 0;
}
