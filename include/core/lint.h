/*
 * What must not, or should not, stand in a letter: checked before approval.
 *
 * BLOCK stops the letter unless a person overrides it with a reason (the caller's part); WARN asks for a second look;
 * NOTE informs. The rules (words in `rule`) and their sentences are one table, daemon/core/lint_rules.h; README has no
 * copy. Checked is what readers would see: the text of all parts, with emphasis, line breaks, soft hyphens and
 * non-breaking spaces out of the way, and the title; raw HTML is not read, since it is never sent.
 * Heuristics for Swedish, made to miss little in BLOCK and to stay silent on figures, dates, times and short numbers
 * (112, 114 14, 113 13, 1177).
 *
 * Pure: no store, no network, never logs. Any thread. Ownership: the report is the caller's (_init, _fini).
 */
#ifndef GB_CORE_LINT_H
#define GB_CORE_LINT_H

#include <stdbool.h>
#include <stddef.h>

struct letter_source;

enum { LINT_FINDINGS_MAX = 200, LINT_TEXT_MAX_BYTES = 120, LINT_SEVERITIES = 3 };

enum lint_severity { LINT_NOTE, LINT_WARN, LINT_BLOCK };

struct lint_finding {
    enum lint_severity severity;
    const char *rule;    /* "personnummer", "link_host", ...; static */
    size_t line, column; /* in the file, 1-based, columns in characters; 0 when the whole letter is meant */
    char *text;          /* what was found, personnummer masked; "" when nothing was */
    char *sv, *en;       /* one sentence each: what is wrong and what to do */
};

struct lint_report {
    struct lint_finding *findings; /* in the order of the file, those about the whole letter last */
    size_t count;
    size_t totals[LINT_SEVERITIES]; /* by severity, also what no longer fitted into LINT_FINDINGS_MAX */
    int lix;                        /* readability: under 40 easy, over 50 hard; 0 when there is too little text */
};

struct lint_options {
    /* Hosts that links may lead to, beside the built-in ones (polisen.se, krisinformation.se, ...): "engelholm.se",
     * or "*.engelholm.se" for all below it. "www." in front is always fine. */
    const char *const *hosts;
    size_t host_count;
    /* Names of places: a row of a table that names one is a row about a place. */
    const char *const *places;
    size_t place_count;
    bool only_police; /* links may lead to polisen.se alone: in a warning of fraud every other one is suspect */
};

void lint_report_init(struct lint_report *report);
void lint_report_fini(struct lint_report *report);

/* Check `src`; `options` may be NULL. The report is initialised, and gets what was found. */
void lint_letter(const struct letter_source *src, const struct lint_options *options, struct lint_report *report);

/* Is there anything that stops the letter? */
bool lint_blocks(const struct lint_report *report);
/* "block", "warn", "note". */
const char *lint_severity_word(enum lint_severity severity);

#endif
