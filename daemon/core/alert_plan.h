/*
 * The inside of plans, shared by the files that make and carry them out: alert_plan.c, alert_rate.c, alert.c,
 * alert_follow.c.
 * Private to core.
 */
#ifndef GB_DAEMON_CORE_ALERT_PLAN_H
#define GB_DAEMON_CORE_ALERT_PLAN_H

#include "core/alert.h"
#include "core/alert_row.h"

/* When it ends and when it may leave, from what is asked for and the configuration. *expires_us and *not_before_us (0:
 * at once), or ERR_INVALID with words. */
int alert_times(const struct config *config, const struct alert_row *row, const struct alert_input *in, int64_t now_us,
                int64_t *expires_us, int64_t *not_before_us, struct err *err);
/* Only the quiet hours. */
int alert_not_before(const struct config *config, const struct alert_row *row, int64_t now_us, int64_t *not_before_us,
                     struct err *err);
/* Fills the audience of a draft or submitted alert: its groups that are active still, its municipalities, its words. */
int alert_audience_again(struct db *db, const struct alert_row *row, struct alert_audience *out);
/* ERR_INVALID with words when nobody is there. */
int alert_check_empty(const struct alert_audience *audience, struct err *err);
/* 0; or ERR_LIMIT with words and answer->retry_after_s: [alert] per_sender_per_hour alerts and updates are out. */
int alert_check_rate(struct db *db, const struct actor *actor, const struct config *config, struct alert_answer *answer,
                     struct err *err);
/* The part of the thread that is in force, loaded for a change by `actor`; ERR_BAD_STATE with words when it is over or
 * has not begun. `what` is "updated" or "recalled". */
int alert_load_current(struct db *db, const struct actor *actor, int64_t id, const char *what, struct alert_row *out,
                       struct err *err);

#endif
