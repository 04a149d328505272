/*
 * The dispatcher of webhooks: takes due deliveries from the queue, calls the receivers, records what became of each.
 *
 *   turn (store: record, claim, what is due next) -> call (net/http_call.h) -> webhook_policy -> record
 *     '------------------------------------- outcome <-----------------------------------------'
 *
 * Invariants:
 *  1. At most WEBHOOKS_IN_FLIGHT_MAX deliveries are claimed, and as many results again on their way to the store. What
 *     is claimed is called when fewer than WEBHOOKS_YOUNG_MAX calls are younger than WEBHOOKS_YOUNG_MS and fewer than
 *     WEBHOOKS_CALLS_MAX are open: at once, unless there are hundreds.
 *  2. A delivery is in one place: a call, a result, or the store. An outcome is durable before its successor in the
 *     same thread leaves: the queue gives that one out only then.
 *  3. One lane per endpoint: at most WEBHOOKS_PER_ENDPOINT calls of one are open, one of an endpoint that is failing,
 *     and WEBHOOKS_FAILING_MAX of all that are failing; a slow one holds up itself only.
 *  4. At least once: what was in flight when the process ended is called again, under the same webhook-id.
 *  5. Nothing is claimed while sending is on hold, and what waits for its call is given back; nor is anything claimed
 * while the store takes no results.
 *
 * Loop thread only; callbacks come from the loop. Never blocks. Which outcome disables an endpoint and who is told is
 * the queue's business.
 */
#ifndef GB_DELIVER_WEBHOOKS_H
#define GB_DELIVER_WEBHOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "core/webhook_queue.h"

struct clock;
struct config;
struct http_client;
struct store;
struct uv_loop_s;
struct webhooks;

enum {
    WEBHOOKS_IN_FLIGHT_MAX = 1024, /* claimed: called, or next to be */
    WEBHOOKS_CALLS_MAX = 512,
    WEBHOOKS_FAILING_MAX = 128,
    WEBHOOKS_PER_ENDPOINT = 4,
    WEBHOOKS_YOUNG_MAX = 16,
    WEBHOOKS_YOUNG_MS = 10,
};

struct webhooks_env {
    struct uv_loop_s *loop;
    struct http_client *http; /* borrowed until stopped */
    struct store *store;
    const struct clock *clock;
};

/* Starts idle; nothing is claimed before webhooks_wake. A configuration is borrowed until webhooks_free. */
struct webhooks *webhooks_new(const struct webhooks_env *env, const struct config *config);
/* Another configuration for the calls from now on. */
void webhooks_configure(struct webhooks *w, const struct config *config);
/* Something may have become due. Cheap; call it after every such write. */
void webhooks_wake(struct webhooks *w);

typedef void (*webhooks_stopped_cb)(void *ctx);
/* Claim nothing more; what is in flight may finish for `deadline_ms` and is then broken off: it stays claimed, and is
 * called again after the next start. `stopped` comes once, when all results are recorded and everything is closed. */
void webhooks_stop(struct webhooks *w, int64_t deadline_ms, webhooks_stopped_cb stopped, void *ctx);
/* Only after `stopped`. NULL is fine. */
void webhooks_free(struct webhooks *w);

struct webhooks_status {
    int in_flight;                            /* claimed, and not decided */
    uint64_t outcomes[WEBHOOK_OUTCOME_COUNT]; /* recorded, since start */
    uint64_t disabled;                        /* endpoints, by an outcome, since start */
    uint64_t refused;                         /* sockets that were not opened: the address was not public */
    uint64_t per_minute;                      /* delivered during the last 60 s */
    struct webhook_counts counts;             /* of the queue, as of the last turn that asked */
    struct histogram answer_times;            /* of the calls */
    bool is_failing;                          /* the store takes no results */
};
struct webhooks_status webhooks_status(const struct webhooks *w);

#endif
