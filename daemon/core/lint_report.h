/*
 * How a report of lint grows, for who finds: lint.c (letters) and alert_lint.c (alerts). Private to core.
 */
#ifndef GB_DAEMON_CORE_LINT_REPORT_H
#define GB_DAEMON_CORE_LINT_REPORT_H

#include "core/lint.h"

/* Takes the finding's texts; it is counted, and kept while there are fewer than LINT_FINDINGS_MAX. */
void lint_report_add(struct lint_report *report, struct lint_finding finding);
/* Frees the texts of one that goes into no report. */
void lint_finding_fini(struct lint_finding *finding);
/* A rule's sentence with what was found in place of its %s, if it has one; the caller frees. */
char *lint_sentence(const char *sentence, const char *shown);

#endif
