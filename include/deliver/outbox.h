/*
 * The outbox: takes due deliveries from the ledger, sends them through the relay, records what became of each.
 *
 *   look (store: claim) -> queue per lane -> form (compiled once, off the loop) -> session -> outcome -> record (store)
 *                                                                              '-- only then it takes the next --'
 *
 * Invariants:
 *  1. At most one delivery per session is on the wire; its outcome is durable before the session takes another.
 *  2. Every claimed delivery is in one place: a queue, a session, or a record on its way to the store.
 *  3. What is claimed ahead is bounded by the number of connections per lane; memory does not grow with the audience.
 *  4. Stopping gives back what is queued and waits for what is on the wire.
 *  5. What was recalled before outbox_wake is not put on the wire after it (but see OUTBOX_GATE_MS); nor is anything
 *     while sending is on hold.
 *  6. Never more connections than the relay's `connections`, not even while sessions of an older configuration end.
 *
 * Loop thread only; callbacks come from the loop. Never blocks, never sleeps: rates and pauses are times to wake up.
 */
#ifndef GB_DELIVER_OUTBOX_H
#define GB_DELIVER_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/outbox_status.h"

struct buf;
struct clock;
struct config;
struct curl_loop;
struct letter_sender;
struct outbox;
struct smtp_wire_ops;
struct store;
struct uv_loop_s;

struct outbox_env {
    struct uv_loop_s *loop;
    struct curl_loop *curl;
    const struct smtp_wire_ops *wire;
    struct store *store;
    const struct clock *clock;
    const struct letter_sender *sender; /* borrowed */
};

/* Starts idle; nothing is claimed before outbox_wake. `config`'s first relay by priority is used; borrowed until the
 * next outbox_configure. */
struct outbox *outbox_new(const struct outbox_env *env, const struct config *config);
/* Another configuration from now on: sessions under the old one end after their delivery in flight. */
void outbox_configure(struct outbox *o, const struct config *config);
/* Something may have become due, or been recalled. Cheap; call it after every such write. */
void outbox_wake(struct outbox *o);

typedef void (*outbox_stopped_cb)(void *ctx);
/* Claim nothing more, give back the queue, let what is on the wire finish until `deadline_ms`, then cut it off.
 * `stopped` comes once, when all is recorded and closed. */
void outbox_stop(struct outbox *o, int64_t deadline_ms, outbox_stopped_cb stopped, void *ctx);
/* Only after `stopped`. NULL is fine. */
void outbox_free(struct outbox *o);

struct outbox_status outbox_status(const struct outbox *o);

#endif
