/*
 * A copy takes the place of the database, at no moment leaving a mixture. The files, for a database D:
 *
 *   D.restore.part          being made: a copy of the backup, brought to this program's version and checked
 *   D.restore               staged: complete and durable; takes the place of D when the store is next opened
 *   D.before-restore-TIME   what D was; kept until a person deletes it
 *
 * Making and staging happen while the store is in use (the copy is a file of its own); the exchange happens in
 * store_open, under the store's lock and before D is opened. Each step may be the last before a power cut: the exchange
 * is taken up again at the next start, until its rename has been made. D's own log (D-wal) never meets the new file: it
 * is gone, durably, before the rename.
 *
 * Making and staging: one thread, which may be any. The exchange: as store_open.
 */
#ifndef GB_STORE_RESTORE_FILE_H
#define GB_STORE_RESTORE_FILE_H

#include <stdbool.h>

struct clock;
struct db;
struct err;
struct restore_file;

/*
 * Copies `source` (an absolute path) and opens the copy: a sound database of ours, migrated. ERR_INVALID for a file
 * that is none, is in use, or is the store itself; ERR_CONFIG for one of a newer program; ERR_BUSY when another restore
 * is being made; ERR_FULL, ERR_IO, ERR_CORRUPT; all with words. What is left of an earlier one is overwritten.
 */
int restore_file_make(const char *url, const char *source, const struct clock *clock, struct restore_file **out,
                      struct err *err);
/* The copy, for the caller to write into before it is staged. */
struct db *restore_file_db(struct restore_file *f);
/* The version that the backup was at. */
int restore_file_version(const struct restore_file *f);
/* Closes the copy and stages it: from here on the next store_open makes the exchange. *kept gets the path that the
 * present database will have; the caller frees. */
int restore_file_stage(struct restore_file *f, char **kept, struct err *err);
/* Removes the copy unless it was staged. NULL is fine. */
void restore_file_free(struct restore_file *f);

/* Is a copy staged? */
bool restore_file_is_staged(const char *url);
/* The exchange, if one is staged. *kept: NULL when there was none, else the path of what D was ("" when there was no
 * D); the caller frees. The caller holds the store's lock. */
int restore_file_exchange(const char *url, char **kept, struct err *err);

#endif
