/*
 * Reminders: the officers of a series are told by mail when a period comes near, or has passed, and no letter is
 * approved. Each reminder of a period goes once; after downtime only the latest of those that are due.
 *
 * Runs on the writer thread.
 */
#ifndef GB_CORE_REMINDER_H
#define GB_CORE_REMINDER_H

#include <stdint.h>

struct config;
struct db;
struct err;

/* A schedule's dates take some milliseconds: no transaction looks at more series than this. */
enum { REMINDER_SERIES_MAX = 8 };

/*
 * Look at the next series after *cursor (0: from the beginning) at `now_us`; *cursor is 0 again when the last has been
 * looked at. *sent says how many mails were put in the ledger. A series whose dates cannot be worked out is left out,
 * and `err` says why though 0 is returned.
 */
int reminder_run(struct db *db, const struct config *config, int64_t now_us, int64_t *cursor, int *sent,
                 struct err *err);

#endif
