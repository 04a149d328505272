/* Letters after they are written: approval, sending, cancelling. The contract is in core/letter.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/address.h"
#include "core/ledger.h"
#include "core/letter_row.h"
#include "core/series.h"
#include "core/webhook_emit.h"
#include "store/db.h"

/* Approval is the act of a second person: neither who wrote it nor who touched it last. */
static int check_second_person(const struct actor *actor, const struct letter_row *row, struct err *err)
{
    if (actor->user_id == 0)
        return err_set(err, ERR_FORBIDDEN, "a person has to approve: an administrator writes --as USER");
    if (actor->user_id == row->author_id || actor->user_id == row->editor_id)
        return err_set(err, ERR_FORBIDDEN, "you wrote or edited this letter: another person has to approve it");
    return 0;
}

/* When an approved letter goes out: its period's time, or when told. */
static int due_of(struct db *db, const struct letter_row *row, int64_t *due_us, struct err *err)
{
    struct series series = {0};
    struct occurrence at = {0};
    *due_us = 0;
    if (!row->series_id)
        return 0;
    int rc = series_load(db, row->series_id, &series, err);
    if (rc == 0)
        rc = series_occurrence(&series, row->period, &at);
    if (rc == 0)
        *due_us = at.utc_us;
    else
        err_set(err, rc, "the series has no time for the period %s any more: see series show", row->period);
    series_fini(&series);
    return rc;
}

static int check_hash(struct db *db, const struct letter_row *row, const char *read, struct err *err)
{
    char now[SHA256_HEX_BYTES];
    int rc = letter_row_hash(db, row, now);
    if (rc)
        return rc;
    if (!row->content_hash || strcmp(now, row->content_hash) != 0)
        return err_set(err, ERR_BAD_STATE,
                       "content or audience changed after the letter was submitted: submit it again");
    if (read && strncmp(read, now, strlen(read) < 8 ? SHA256_HEX_BYTES : strlen(read)) != 0)
        return err_set(err, ERR_BAD_STATE, "the letter is not the one you have read (hash %.12s): read it again", now);
    return 0;
}

int letter_approve(struct db *db, const struct actor *actor, int64_t id, const char *hash, struct err *err)
{
    struct letter_row row = {0};
    int64_t due = 0;
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && row.state != LETTER_STATE_SUBMITTED)
        rc = err_set(err, ERR_BAD_STATE, "the letter is %s: only a submitted letter is approved",
                     letter_state_word(row.state));
    if (rc == 0)
        rc = check_second_person(actor, &row, err);
    if (rc == 0)
        rc = check_hash(db, &row, hash, err);
    if (rc == 0)
        rc = due_of(db, &row, &due, err);
    if (rc == 0) {
        bool holds = row.series_id && row.period;
        rc = db_exec(db, NULL, Q_LETTER_APPROVE,
                     DB_ARGS(DB_INT(id), DB_INT(db_now_us(db)), DB_TEXT(actor->name), due ? DB_INT(due) : DB_NULL,
                             DB_INT(holds)));
        if (rc == ERR_EXISTS)
            rc = err_set(err, rc,
                         "another letter of the series is already approved or sent for %s: a period has one letter",
                         row.period);
    }
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.approve", id, "hash", row.content_hash);
    letter_row_fini(&row);
    return rc;
}

int letter_reject(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err)
{
    struct letter_row row = {0};
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && row.state != LETTER_STATE_SUBMITTED)
        rc = err_set(err, ERR_BAD_STATE, "the letter is %s: only a submitted letter is rejected",
                     letter_state_word(row.state));
    if (rc == 0 && (!note || !note[0]))
        rc = err_set(err, ERR_INVALID, "say why, so that the author can mend it: --note TEXT");
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_REJECT, DB_ARGS(DB_INT(id), DB_TEXT(note), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.reject", id, "note", note);
    letter_row_fini(&row);
    return rc;
}

int letter_send(struct db *db, const struct actor *actor, int64_t id, int64_t at_us, struct err *err)
{
    struct letter_row row = {0};
    int64_t now = db_now_us(db);
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && row.state != LETTER_STATE_APPROVED && row.state != LETTER_STATE_HELD)
        rc = err_set(err, ERR_BAD_STATE, "the letter is %s: only an approved letter is sent",
                     letter_state_word(row.state));
    if (rc == 0 && at_us && at_us < now)
        rc = err_set(err, ERR_INVALID, "that time has passed: leave --at out to send now");
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_SET_DUE, DB_ARGS(DB_INT(id), DB_INT(at_us ? at_us : now), DB_INT(now)));
    if (rc == 0) {
        char when[TIME_TEXT_BYTES];
        rc = letter_audit(db, actor, "letter.send", id, "at", time_format_utc(at_us ? at_us : now, when));
    }
    letter_row_fini(&row);
    return rc;
}

/* While it goes out: what is with no relay yet stays here. *keeps: a copy left, so the period has had its letter. */
static int withdraw(struct db *db, const struct letter_row *row, bool *keeps)
{
    int64_t withdrawn = 0;
    int64_t left_us = 0;
    int rc = ledger_withdraw(db, row->message_id, &withdrawn);
    if (rc == 0)
        rc = db_get_int(db, &left_us, Q_MESSAGE_LEFT_US, DB_ARGS(DB_INT(row->message_id)));
    *keeps = left_us > 0 && row->holds_period;
    return rc;
}

int letter_cancel(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err)
{
    struct letter_row row = {0};
    bool keeps = false;
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0 && (row.state == LETTER_STATE_SENT || row.state == LETTER_STATE_CANCELLED))
        rc = err_set(err, ERR_BAD_STATE, "the letter is %s already", letter_state_word(row.state));
    if (rc == 0 && row.state == LETTER_STATE_SENDING)
        rc = withdraw(db, &row, &keeps);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_CANCEL,
                     DB_ARGS(DB_INT(id), DB_TEXT(note), DB_INT(keeps), DB_INT(db_now_us(db))));
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.cancel", id, "note", note);
    letter_row_fini(&row);
    return rc;
}

int letter_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err)
{
    int64_t wanted = 0;
    bool latest = strcmp(text, "latest") == 0;
    if (!latest && id_parse(ID_LETTER, text, &wanted) != 0)
        return err_set(err, ERR_INVALID, "\"%.60s\" is no letter: write its id (let_...) or latest, see letter list",
                       text);
    int rc = latest ? db_get_int_as(db, &actor->scope, id, Q_LETTER_LATEST, DB_NO_ARGS)
                    : db_get_int_as(db, &actor->scope, id, Q_LETTER_VISIBLE, DB_ARGS(DB_INT(wanted)));
    if (rc == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "there is no such letter in your area: see letter list");
    return rc;
}

/* The municipality a test copy is rendered for: the given one, else the letter's first. */
static int test_municipality(struct db *db, const struct letter_row *row, const char *wanted, char out[8],
                             struct err *err)
{
    struct db_rows *rows = NULL;
    out[0] = '\0';
    int rc = db_query(db, &rows, Q_LETTER_TARGETS, DB_ARGS(DB_INT(row->id)));
    if (rc)
        return rc;
    while (!out[0] && (rc = db_next(rows)) > 0) {
        if (!wanted || strcmp(wanted, db_text(rows, 0)) == 0)
            snprintf(out, 8, "%s", db_text(rows, 0));
    }
    db_done(rows);
    if (rc < 0)
        return rc;
    return out[0] ? 0 : err_set(err, ERR_INVALID, "the letter does not go to municipality %.20s", wanted ? wanted : "");
}

int letter_test(struct db *db, const struct actor *actor, int64_t id, const char *address,
                const char *municipality_code, int64_t *message_id, struct err *err)
{
    struct letter_row row = {0};
    struct address to;
    char municipality[8];
    char hash[SHA256_HEX_BYTES];
    int64_t now = db_now_us(db);
    int64_t message = id_new(now);
    int rc = letter_row_load_as(db, actor, id, &row, err);
    if (rc == 0)
        rc = address_parse(address, &to, err);
    if (rc == 0)
        rc = test_municipality(db, &row, municipality_code, municipality, err);
    if (rc == 0)
        rc = letter_row_hash(db, &row, hash);
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MESSAGE_INSERT,
                     DB_ARGS(DB_INT(message), DB_TEXT("test"), DB_INT(LANE_PERSONAL), DB_INT(id), DB_TEXT("sending"),
                             DB_TEXT(row.title), DB_TEXT(row.source), DB_TEXT(hash),
                             DB_TEXT(scope_kind_word(row.scope.kind)), DB_TEXT(row.scope.code), DB_TEXT(row.period),
                             DB_INT(0), DB_INT(now)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_DELIVERY_INSERT,
                     DB_ARGS(DB_INT(id_new(now)), DB_INT(message), DB_TEXT(municipality), DB_NULL, DB_TEXT(to.full),
                             DB_TEXT(to.key), DB_TEXT(actor->name), DB_INT(LANE_PERSONAL), DB_INT(now)));
    if (rc == 0)
        rc = letter_audit(db, actor, "letter.test", id, NULL, NULL);
    if (rc == 0)
        *message_id = message;
    letter_row_fini(&row);
    return rc;
}

/* --- for the scheduler ----------------------------------------------------------------------------------------- */

int letter_next_due(struct db *db, int64_t now_us, int64_t *id)
{
    return db_get_int(db, id, Q_LETTER_NEXT_DUE, DB_ARGS(DB_INT(now_us)));
}

static const char TOO_LATE[] = "too late for its period: send it or cancel it";

static int hold(struct db *db, int64_t id, const char *why)
{
    struct actor actor = actor_daemon();
    int rc = db_exec(db, NULL, Q_LETTER_HOLD, DB_ARGS(DB_INT(id), DB_TEXT(why), DB_INT(db_now_us(db))));
    return rc ? rc : letter_audit(db, &actor, "letter.hold", id, "note", why);
}

int letter_release_late(struct db *db, int64_t due_after_us, int *n)
{
    struct actor actor = actor_daemon();
    int64_t id = 0;
    int rc = 0;
    int count = 0;
    while ((rc = db_get_int(db, &id, Q_LETTER_HELD_AFTER, DB_ARGS(DB_TEXT(TOO_LATE), DB_INT(due_after_us)))) == 0) {
        rc = db_exec(db, NULL, Q_LETTER_RELEASE, DB_ARGS(DB_INT(id)));
        if (rc == 0)
            rc = letter_audit(db, &actor, "letter.release", id, "note", "the clock that made it late was wrong");
        if (rc)
            return rc;
        count++;
    }
    *n = count;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Newcomers get the letter until the next one of its series is due. */
static int open_until(struct db *db, const struct letter_row *row, int64_t *until, struct err *err)
{
    struct series series = {0};
    struct occurrence this_one;
    struct occurrence next;
    size_t n = 0;
    *until = 0;
    if (!row->series_id || !row->period)
        return 0;
    int rc = series_load(db, row->series_id, &series, err);
    if (rc == 0)
        rc = series_occurrence(&series, row->period, &this_one);
    if (rc == 0) {
        schedule_after(series.schedule, this_one.utc_us, 1, &next, &n);
        *until = n == 1 ? next.utc_us : 0;
    }
    series_fini(&series);
    return rc;
}

int letter_open(struct db *db, int64_t id, int64_t now_us, int64_t late_max_us, struct err *err)
{
    struct actor actor = actor_daemon();
    struct letter_row row = {0};
    char hash[SHA256_HEX_BYTES];
    int64_t until = 0;
    int64_t message = id_new(now_us);
    int rc = letter_row_load(db, id, &row, err);
    if (rc == 0)
        rc = letter_row_hash(db, &row, hash);
    if (rc)
        goto out;
    if (!row.approved_hash || strcmp(hash, row.approved_hash) != 0) {
        rc = hold(db, id, "content or audience is not what was approved");
        goto out;
    }
    if (now_us - row.due_at > late_max_us) {
        rc = hold(db, id, TOO_LATE);
        goto out;
    }
    rc = open_until(db, &row, &until, err);
    if (rc == ERR_NOT_FOUND) { /* sent by hand outside its series' dates: nobody joins later */
        until = 0;
        rc = 0;
    } else if (rc == ERR_INVALID || rc == ERR_CONFIG) {
        /* One broken series must not stand in the way of every other letter. */
        rc = hold(db, id, err && err->text[0] ? err->text : "the dates of its series cannot be worked out");
        goto out;
    }
    if (rc == 0)
        rc = db_exec(db, NULL, Q_MESSAGE_INSERT,
                     DB_ARGS(DB_INT(message), DB_TEXT("letter"), DB_INT(LANE_LETTER), DB_INT(id), DB_TEXT("expanding"),
                             DB_TEXT(row.title), DB_TEXT(row.source), DB_TEXT(hash),
                             DB_TEXT(scope_kind_word(row.scope.kind)), DB_TEXT(row.scope.code), DB_TEXT(row.period),
                             DB_INT(until), DB_INT(now_us)));
    if (rc == 0)
        rc = db_exec(db, NULL, Q_LETTER_SENDING, DB_ARGS(DB_INT(id), DB_INT(message), DB_INT(now_us)));
    if (rc == 0)
        rc = webhook_emit_letter(db, id);
    if (rc == 0)
        rc = letter_audit(db, &actor, "letter.open", id, "hash", hash);
out:
    letter_row_fini(&row);
    return rc;
}
