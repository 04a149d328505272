/*
 * The scheduler: opens letters whose time has come, turns audiences into ledger rows chunk by chunk, closes messages
 * that expire and moves the rows of closed ones, looks for newcomers, reminds the officers, and does the day's
 * housekeeping.
 *
 * It keeps no calendar in memory: every look asks the store what is due at this wall-clock second, so that a clock that
 * jumps, a machine that slept, and a restored backup need no special case; only what waits for another try is moved
 * along with a clock that jumps (base/clock_watch.h). Each step is one short transaction.
 *
 * Loop thread; the work runs on the store's writer. No timer of its own: main calls scheduler_tick every second.
 */
#ifndef GB_CORE_SCHEDULER_H
#define GB_CORE_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

struct clock;
struct config;
struct scheduler;
struct store;

struct scheduler_env {
    struct store *store;
    const struct clock *clock;
    /* The configuration in force. Any thread; stays valid. */
    const struct config *(*config)(void *ctx);
    /* Deliveries may have become due. */
    void (*on_work)(void *ctx);
    void *ctx;
};

struct scheduler *scheduler_new(const struct scheduler_env *env);
/* Look, unless the last look is still running. Call it every second and after writes. */
void scheduler_tick(struct scheduler *s);
/* No further look begins; true when none is running (else call again after store_complete). */
bool scheduler_stop(struct scheduler *s);
void scheduler_free(struct scheduler *s);

#endif
