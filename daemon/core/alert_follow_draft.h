/*
 * Drafts of updates and recalls, which only suggestions are (core/vma_draft.h): a person sends one, and its thread is
 * changed or taken back with its words, as by alert_update and alert_recall; the draft itself is then done with.
 * Private to core; for alert.c and alert_plan.c.
 */
#ifndef GB_DAEMON_CORE_ALERT_FOLLOW_DRAFT_H
#define GB_DAEMON_CORE_ALERT_FOLLOW_DRAFT_H

#include "core/alert.h"
#include "core/alert_row.h"

/* As alert_plan_update, for the draft `row`; a recall needs no plan. */
int alert_follow_draft_plan(struct db *db, const struct actor *actor, const struct config *config,
                            const struct alert_row *row, struct alert_plan *plan, struct err *err);
/* As alert_update or alert_recall; ERR_BAD_STATE with words when the thread has ended meanwhile. */
int alert_follow_draft_send(struct db *db, const struct actor *actor, const struct config *config,
                            const struct alert_row *row, const char *override_reason, struct alert_plan *plan,
                            struct alert_answer *answer, struct err *err);

#endif
