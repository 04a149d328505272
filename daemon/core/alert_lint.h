/*
 * What must not, or should not, stand in an alert: the rules of letters, and those of its kind (README names neither;
 * the words of rules are those of the API). Private to core. On a store thread: names of municipalities are read.
 */
#ifndef GB_DAEMON_CORE_ALERT_LINT_H
#define GB_DAEMON_CORE_ALERT_LINT_H

#include "core/alert_row.h"
#include "core/lint.h"

struct config;
struct sms_text;

/* Fill an initialised report. Lines are those of the text; findings in other fields have line 0. What was given word
 * for word by a public source (row->origin) is not stopped by rules of letters, for it may not be edited. */
int alert_lint(struct db *db, const struct config *config, const struct alert_row *row, const struct sms_text *sms,
               struct lint_report *report);
/* 0; or ERR_INVALID with the first finding that blocks, unless a reason of LETTER_OVERRIDE_MIN_CHARS is given. */
int alert_lint_check(const struct lint_report *report, const char *override_reason, struct err *err);

#endif
