/*
 * The outbox: takes due deliveries from the ledger, sends them through the relays, records what became of each.
 *
 *   turn (store: record, ask, claim) -> queue per lane -> letter (compiled once, off the loop) -> relay -> session
 *     '--------------------------------------- outcome <-------------------------------------------------'
 *
 * Invariants:
 *  1. At most one transaction of a connection is past its final dot and not durable: one letter, or up to
 *     alert_recipients alerts. So a crash doubles no more than connections, or connections x alert_recipients alerts.
 *  2. Every claimed delivery is in one place: a queue, a session, or a record on its way to the store.
 *  3. What is claimed ahead is bounded by the number of connections per lane (alerts: CLAIM_MAX), what shares
 *     transactions by RELAY_SHARED_MAX a relay; memory does not grow with the audience.
 *  4. Stopping gives back what is not on the wire and waits for what is.
 *  5. What was recalled before outbox_wake does not leave after it, unless wake-ups chase each other and would hold up
 *     everything (OUTBOX_GATE_MS); nor does anything while sending is on hold, or while the store takes no outcomes.
 *  6. Never more connections than a relay's `connections`, not even while sessions of an older configuration end.
 *  7. Alerts before personal mail before letters, at every decision; letters leave `reserved_for_alerts` connections.
 *  8. A relay, a domain, a message or a connection that hangs or refuses holds up only what is in its own hands.
 *
 * An alert needs no connection that is kept warm: it opens its own and takes the first of all that is free, and
 * letters wait for it meanwhile.
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

/* Starts idle; nothing is claimed before outbox_wake. A configuration is borrowed until outbox_free. */
struct outbox *outbox_new(const struct outbox_env *env, const struct config *config);
/* Another configuration from now on: sessions under the old one end after what is on the wire. A relay that keeps name
 * and URL keeps its health and counters. */
void outbox_configure(struct outbox *o, const struct config *config);
/* Something may have become due, or been recalled. Cheap; call it after every such write. */
void outbox_wake(struct outbox *o);
/* Rows were added, and nothing was recalled: the same without holding up what is in hand. */
void outbox_more(struct outbox *o);

typedef void (*outbox_stopped_cb)(void *ctx);
/* Claim nothing more, give back the queue, let what is on the wire finish until `deadline_ms`, then cut it off.
 * `stopped` comes once, when all is recorded and closed. */
void outbox_stop(struct outbox *o, int64_t deadline_ms, outbox_stopped_cb stopped, void *ctx);
/* Only after `stopped`. NULL is fine. */
void outbox_free(struct outbox *o);

struct outbox_status outbox_status(const struct outbox *o);

#endif
