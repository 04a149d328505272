/* What a letter must pass before it is submitted; private to core. */
#ifndef GB_CORE_LETTER_CHECK_H
#define GB_CORE_LETTER_CHECK_H

struct db;
struct err;
struct letter_source;

/* The title with its slots written out ({{municipality}}), for lists. Points into a static, per-thread buffer. */
const char *letter_plain_title(const struct letter_source *src);
/* Lint; ERR_INVALID with the first blocking finding unless `override_reason` (at least ten characters) is given. */
int letter_check(struct db *db, const char *source, const char *override_reason, struct err *err);

#endif
