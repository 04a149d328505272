/*
 * The area tables that come with Grannbud: found from where the program lies, loaded into a store that has none yet.
 *
 * PREFIX/sbin/grannbudd has them in PREFIX/share/grannbud/areas, a source tree's build/ in conf/areas beside it; so no
 * path is compiled in, and a moved tree still works. Callers: the daemon's start. Threads: the store's writer.
 */
#ifndef GB_CORE_AREA_SHIPPED_H
#define GB_CORE_AREA_SHIPPED_H

struct db;
struct err;

/* The directory for a program at `exe` (an absolute path); NULL when there is none. The caller frees it. */
char *area_shipped_dir(const char *exe);

/* Loads them, as valid from today, if the store has no municipality yet, and logs it. 0, ERR_NOT_FOUND when they are
 * not where they should be, or what the load said, with words in `err`. */
int area_load_shipped(struct db *db, struct err *err);

#endif
