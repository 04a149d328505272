/*
 * The inside of plans, shared by the files that make and carry them out: alert_plan.c, alert_rate.c, alert.c,
 * alert_follow.c.
 * Private to core.
 */
#ifndef GB_DAEMON_CORE_ALERT_PLAN_H
#define GB_DAEMON_CORE_ALERT_PLAN_H

#include "core/alert.h"
#include "core/alert_row.h"

/* When an alert of this kind ends: as asked for, else as its kind or the configuration has it. ERR_INVALID with words.
 */
int alert_end(const struct config *config, enum alert_kind kind, const struct alert_input *in, int64_t now_us,
              int64_t *expires_us, struct err *err);
/* That, and when it may leave (0: at once); ERR_INVALID with words also when it would end in the night that it waits
 * for. */
int alert_times(const struct config *config, const struct alert_row *row, const struct alert_input *in, int64_t now_us,
                int64_t *expires_us, int64_t *not_before_us, struct err *err);
/* The end of the quiet hours; 0: none now, or `life_danger`, which waits for no morning. */
int alert_not_before(const struct config *config, bool life_danger, int64_t now_us, int64_t *not_before_us,
                     struct err *err);
/* Fills the audience of a draft or submitted alert: its groups that are active still, its municipalities, its words. */
int alert_audience_again(struct db *db, const struct alert_row *row, struct alert_audience *out);
/* ERR_INVALID with words when nobody is there. */
int alert_check_empty(const struct alert_audience *audience, struct err *err);
/* 0; or ERR_LIMIT with words and answer->retry_after_s: [alert] per_sender_per_hour alerts and updates are out. */
int alert_check_rate(struct db *db, const struct actor *actor, const struct config *config, struct alert_answer *answer,
                     struct err *err);
/* The part of the thread that is in force, loaded for a change by `actor`; ERR_BAD_STATE with words when it is over or
 * has not begun. `what`: "updated", a word for people. */
int alert_load_current(struct db *db, const struct actor *actor, int64_t id, const char *what, struct alert_row *out,
                       struct err *err);

#endif
