/*
 * The store: one writer thread with group commit, a few read-only connections, and the lock that
 * keeps a second daemon away from the same file.
 *
 * An operation is a plain synchronous function on a `struct db`. The loop submits it; the writer
 * takes all that wait, runs each inside a savepoint, commits once, and only then do they complete,
 * back on the loop's thread, in the order they came. An operation that fails is undone alone; when the
 * commit itself fails, all of the batch fail. So a completed write is durable (WAL, synchronous=FULL).
 *
 * Unit tests open the store with `inline_mode`: no threads, each operation runs and commits in
 * store_write itself and completes in store_complete.
 *
 * Threads: open, close, write, read and complete are called from one thread (the loop's). `notify` is
 * called from the store's threads when something waits to be completed, under the store's lock; it must only wake the
 * loop.
 * Ownership: a request belongs to the submitter, embedded in its own struct, and is left alone from
 * the submission until `done`.
 */
#ifndef GB_STORE_STORE_H
#define GB_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"

struct clock;
struct db;
struct err;
struct store;
struct store_req;

/* Runs on a store thread. 0, or a negative code: then everything it wrote is undone. */
typedef int (*store_op)(struct db *db, struct store_req *req);
/* Runs on the loop's thread; `req->status` is what the operation or its commit gave. */
typedef void (*store_done_cb)(struct store_req *req);

struct store_req {
    store_op op;
    store_done_cb done;
    int status;
    struct store_req *next; /* the store's */
};

struct store_config {
    const char *url;
    int readers; /* read-only connections, 1 to 8; with inline_mode reads run on the writer's connection */
    const struct clock *clock;
    void (*notify)(void *ctx);
    void *notify_ctx;
    bool inline_mode;
};

/* Takes the lock, puts a staged restore in place (store/restore_file.h), opens, migrates, checks all statements. */
int store_open(const struct store_config *config, struct store **out, struct err *err);
/* Where the database is that a staged restore replaced in store_open: NULL when none did, "" when there was none. */
const char *store_replaced(const struct store *store);
/* Runs what is queued, completes it, ends the threads, checkpoints, gives the lock back. NULL-safe. */
void store_close(struct store *store);

void store_write(struct store *store, struct store_req *req);
/* A write that lets others pass: it runs, in a transaction of its own, when no other waits or after 20 ms. For work in
 * the background: expansion, housekeeping. Among themselves they run in the order they came. */
void store_write_later(struct store *store, struct store_req *req);
void store_read(struct store *store, struct store_req *req);
/* Run the `done` of all that is finished. Returns how many. */
int store_complete(struct store *store);
/* Requests submitted and not yet completed. */
int store_pending(const struct store *store);

/* Counters since start, for /metrics, and how the store does. */
struct store_stats {
    uint64_t writes, commits, reads, failures;
    struct histogram commit_times; /* of whole transactions */
    int trouble; /* why the last change could not be written (ERR_FULL, ERR_IO, ...); 0 when none has failed for 3 s */
};
struct store_stats store_stats(struct store *store);

/* Take the lock file `path`; *fd is kept open as long as the lock is wanted. ERR_BUSY names the holder's pid. */
int store_lock(const char *path, int *fd, struct err *err);

#endif
