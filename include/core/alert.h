/*
 * An alert's way: sent at once by one person, changed, taken back from exactly those who got it.
 *
 *   draft --send--> active --update--> updated      (the update is an alert of its own in the same thread: active)
 *     |    |           |----recall---> recalled     (the whole thread, and the recall itself)
 *     |  submitted ----'approve, by another person
 *     |    |    '--reject--> discarded       active --time--> expired (the whole thread)
 *     '----'--discard, or time--> discarded
 *
 * A thread is the first alert, its updates and at most one recall; kind, exercise, danger to life, target and
 * classification are the first one's for ever. Whom an update or recall reaches is the ledger's to say
 * (core/ledger_alert.h): who got or may have got what came before.
 *
 * What takes time (resolving, counting 100 000 people, lint) is a plan, made on a reader; the change then runs on the
 * writer, inside a transaction that the caller commits, with that plan. Acting person, scope and audit as in
 * core/group.h: a change needs a scope that covers every municipality of the alert. Errors have words in `err`:
 * ERR_INVALID, ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_BAD_STATE, ERR_LIMIT.
 */
#ifndef GB_CORE_ALERT_H
#define GB_CORE_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alert_target.h"
#include "core/alert_words.h"
#include "core/lint.h"
#include "core/sms_text.h"

struct actor;
struct config;
struct db;
struct err;

enum {
    ALERT_TITLE_CHARS = 120,
    ALERT_TEXT_BYTES = 16384, /* of text and of text_en */
    ALERT_INSTRUCTION_BYTES = 4096,
    ALERT_SMS_CHARS = 700,
    ALERT_EXPIRY_MIN_S = 300,
    ALERT_EXPIRY_MAX_S = 30 * 86400,
};

/* What is asked for; texts as typed, NULL: not given. An update gives title or text, and may give the other texts,
 * severity, urgency, certainty and the end; what it leaves out stays as it was. The rest is the first one's. */
struct alert_input {
    const char *kind, *title, *text, *instruction, *title_en, *text_en, *sms;
    const char *severity, *urgency, *certainty; /* NULL: the kind's */
    const char *classification;                 /* NULL: public */
    struct alert_target target;
    int64_t expires_us;         /* when; 0: see expires_in_s */
    int64_t expires_in_s;       /* from now; 0: the kind's or [alert] default_expiry */
    bool is_exercise;           /* for ever */
    int life_danger;            /* 1, 0; -1: the kind's, or severity extreme */
    int64_t confirm_recipients; /* the number that the sender has seen; -1: not given */
    bool second_person;         /* submit it for another person's approval */
    const char *override_reason;
    const char *origin, *origin_id, *origin_url; /* of a suggestion (alert_add_draft); else NULL */
};
#define ALERT_INPUT_INIT                            \
    {                                               \
        .life_danger = -1, .confirm_recipients = -1 \
    }

/* What a recall says; NULL: a standard sentence. `note`: why, for the log. */
struct alert_recall_input {
    const char *title, *text, *note;
};

/* What the sender of a draft says. */
struct alert_release {
    int64_t confirm_recipients; /* as in alert_input */
    const char *override_reason;
};

/* What would happen; the answer of a dry run, and what a change needs. */
struct alert_plan {
    struct alert_audience audience;
    struct lint_report lint; /* lines are those of the text; 0 for the title and other fields */
    struct sms_text sms;
    int64_t expires_us;
    int64_t deferred_until_us; /* quiet hours end; 0: it leaves at once */
    bool life_danger;
    bool needs_confirmation; /* more recipients than [alert] confirm_above_recipients */
};
void alert_plan_init(struct alert_plan *plan);
void alert_plan_fini(struct alert_plan *plan);

/* What a change has done. */
struct alert_answer {
    int64_t id;                /* the alert that was made or changed; 0: nothing was done */
    int64_t deferred_until_us; /* 0: it leaves at once */
    int64_t recipients;        /* as counted now; also when a confirmation is missing or wrong (ERR_BAD_STATE) */
    bool needs_confirmation;   /* ERR_BAD_STATE for that reason */
    int64_t retry_after_s;     /* with ERR_LIMIT */
};

/* --- plans: reader or writer; the plan is initialised ------------------------------------------------------------ */

/* Checks and counts a new alert. ERR_INVALID also when nobody would get it. Findings that block are no error here. */
int alert_plan_new(struct db *db, const struct actor *actor, const struct config *config, const struct alert_input *in,
                   struct alert_plan *plan, struct err *err);
/* For a draft that is sent or a submitted one that is approved: those of its groups that are active still. */
int alert_plan_again(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                     struct alert_plan *plan, struct err *err);
/* For an update: lint, SMS, end and quiet hours; nobody is counted. */
int alert_plan_update(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                      const struct alert_input *in, struct alert_plan *plan, struct err *err);

/* --- changes: writer, in a transaction --------------------------------------------------------------------------- */

/* Sends it, or submits it when in->second_person. A plan that the register has outrun is counted anew. Confirmation by
 * number is asked for when there are many: ERR_BAD_STATE, answer->needs_confirmation. */
int alert_send(struct db *db, const struct actor *actor, const struct config *config, const struct alert_input *in,
               struct alert_plan *plan, struct alert_answer *answer, struct err *err);
/* A suggestion of the daemon, for a person to send or discard. May have no groups. ERR_EXISTS: origin and origin_id are
 * known. */
int alert_add_draft(struct db *db, const struct actor *actor, const struct config *config, const struct alert_input *in,
                    int64_t *id, struct err *err);
/* A draft of an update or a recall (core/vma_draft.h) changes or takes back its thread, as alert_update and
 * alert_recall; nobody is counted and no confirmation is asked for. */
int alert_send_draft(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                     const struct alert_release *by, struct alert_plan *plan, struct alert_answer *answer,
                     struct err *err);
/* By another person than the author. `hash`: what the approver has read (8 digits or more), or NULL. */
int alert_approve(struct db *db, const struct actor *actor, int64_t id, const char *hash, const struct alert_plan *plan,
                  struct alert_answer *answer, struct err *err);
int alert_reject(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err);
/* Drafts and submitted ones. */
int alert_discard(struct db *db, const struct actor *actor, int64_t id, const char *note, struct err *err);
/* `id` is any of the thread. */
int alert_update(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                 const struct alert_input *in, struct alert_plan *plan, struct alert_answer *answer, struct err *err);
/* Of the whole thread. No limit of rate. */
int alert_recall(struct db *db, const struct actor *actor, const struct config *config, int64_t id,
                 const struct alert_recall_input *in, struct alert_answer *answer, struct err *err);

/* By id ("alr_..."), or "latest" for the newest that the person can see. */
int alert_find(struct db *db, const struct actor *actor, const char *text, int64_t *id, struct err *err);

/* For the scheduler: threads whose time is over become expired, drafts are discarded; at most ALERT_EXPIRE_MAX a call,
 * *n of them. */
enum { ALERT_EXPIRE_MAX = 32 };
int alert_expire_due(struct db *db, const struct config *config, int64_t now_us, int *n);

#endif
