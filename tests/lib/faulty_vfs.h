/*
 * A layer between SQLite and the disk that fails or freezes at will: the store under a full disk, a failing disk and
 * kill -9, in one process and to the exact operation.
 *
 *   faulty_vfs_install();                             before the first db_open; in-memory databases are not touched
 *   faulty_vfs_fail(FAULTY_WRITE, 3, FAULTY_FULL);    the third write from now and all after it find the disk full
 *   faulty_vfs_heal();                                there is room again
 *   faulty_vfs_crash();                               what was written stays, nothing more gets there; then close all
 *                                                     handles, call faulty_vfs_heal and open again, as after kill -9
 *
 * A failed sync (FAULTY_IO on FAULTY_SYNC) ends the process by contract of store/db.h: expect it in a child process.
 * Counted are the operations that change files (database, log, journal), in the order in which SQLite asks for them;
 * with one writing connection a scenario gives the same ones each time.
 *
 * Threads: any; the counters are atomic, the plan is changed while no other thread uses the store.
 */
#ifndef GB_TESTS_FAULTY_VFS_H
#define GB_TESTS_FAULTY_VFS_H

#include <stdint.h>

/* Bits: a plan may be about several. FAULTY_GROW is the growth of the log's index in shared memory. */
enum faulty_op { FAULTY_WRITE = 1, FAULTY_SYNC = 2, FAULTY_TRUNCATE = 4, FAULTY_GROW = 8, FAULTY_ANY = 15 };

/* What the operation gives: no room (SQLITE_FULL; for a sync as for a disk error, since SQLite knows no other), or a
 * disk error. */
enum faulty_result { FAULTY_FULL, FAULTY_IO };

/* Becomes the default for every database that is opened from now on. Once per process is enough; again does nothing. */
void faulty_vfs_install(void);

/* The `nth` operation (1: the next) of the kinds in `ops` fails, and all of them after it until faulty_vfs_heal. */
void faulty_vfs_fail(unsigned ops, int64_t nth, enum faulty_result result);
/* The same, but only that one operation fails. */
void faulty_vfs_fail_once(unsigned ops, int64_t nth, enum faulty_result result);
/* From now on nothing reaches the disk, though SQLite is told that it did. */
void faulty_vfs_crash(void);
/* As faulty_vfs_crash, just before the `nth` operation of the kinds in `ops`. */
void faulty_vfs_crash_at(unsigned ops, int64_t nth);
/* No plan any more; the counters begin anew. */
void faulty_vfs_heal(void);

/* Operations of the kinds in `ops` since the last plan or heal, the failed ones too. */
int64_t faulty_vfs_count(unsigned ops);
/* How many of them failed or were lost. */
int64_t faulty_vfs_failures(void);

#endif
