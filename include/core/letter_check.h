/*
 * Checking a letter against the rules of lint, with what the store and the configuration know: the municipalities'
 * names as places, the hosts that letters may link to. On a store thread.
 */
#ifndef GB_CORE_LETTER_CHECK_H
#define GB_CORE_LETTER_CHECK_H

struct config;
struct db;
struct err;
struct letter_source;
struct lint_report;

enum { LETTER_OVERRIDE_MIN_CHARS = 10 };

/* The title with its slots written out ("{{municipality}}"), for lists. Returns, caller frees. */
char *letter_plain_title(const struct letter_source *src);
/* Fill an initialised report. `config` may be NULL (built-in hosts only). */
int letter_lint(struct db *db, const struct config *config, const struct letter_source *src,
                struct lint_report *report);
/* The same where links may lead to the police only. */
int letter_lint_police(struct db *db, const struct config *config, const struct letter_source *src,
                       struct lint_report *report);
/* 0; or ERR_INVALID with the first blocking finding, unless `override_reason` has LETTER_OVERRIDE_MIN_CHARS. */
int letter_check(struct db *db, const struct config *config, const char *source, const char *override_reason,
                 struct err *err);

#endif
