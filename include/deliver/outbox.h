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

#include "core/config.h"
#include "core/ledger.h"

struct buf;
struct clock;
struct config;
struct curl_loop;
struct letter_sender;
struct outbox;
struct smtp_wire_ops;
struct store;
struct uv_loop_s;

enum {
    OUTBOX_STATUS_DOMAINS = 20,
    OUTBOX_STATUS_MESSAGES = 8,
    OUTBOX_DOMAIN_BYTES = 256,
    OUTBOX_REASON_BYTES = 200,
};

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

/* What a relay does: working, let in by one session after a pause, paused, or waiting behind one of a better priority.
 */
enum outbox_relay_state { OUTBOX_RELAY_READY, OUTBOX_RELAY_PROBING, OUTBOX_RELAY_PAUSED, OUTBOX_RELAY_STANDBY };
const char *outbox_relay_state_word(enum outbox_relay_state state);

struct outbox_relay_status {
    const char *name;
    enum outbox_relay_state state;
    int priority, weight;
    int connections, window;                              /* as configured, and how many its health allows now */
    int sessions, busy;                                   /* open, and with a delivery on the wire */
    int64_t retry_in_ms;                                  /* while paused */
    const char *problem;                                  /* why it paused, or the last refusal because of us; "" */
    uint64_t sent, failed, retried, uncertain, our_fault; /* outcomes recorded, since start */
    uint64_t untouched;                                   /* handed to another session, not tried */
    uint64_t connects, connect_failures;
    uint64_t per_minute; /* sent during the last minute */
};

/* A recipient domain that is waited for. */
struct outbox_domain_status {
    char name[OUTBOX_DOMAIN_BYTES];
    int64_t retry_in_ms;
    char reply[OUTBOX_REASON_BYTES]; /* its last temporary refusal, without addresses */
};

/* A message that relays refuse because of itself. */
struct outbox_message_status {
    int64_t message_id;
    int64_t retry_in_ms;
    char reason[OUTBOX_REASON_BYTES];
};

/* Texts are valid until the next call of any function of the outbox. */
struct outbox_status {
    struct outbox_relay_status relays[CONFIG_RELAYS_MAX]; /* in the order of the configuration */
    int relay_count;
    struct outbox_domain_status domains[OUTBOX_STATUS_DOMAINS]; /* the longest waits */
    int domain_count;
    int domains_waiting; /* all of them */
    struct outbox_message_status messages[OUTBOX_STATUS_MESSAGES];
    int message_count;
    int queued[LANE_COUNT];          /* claimed and waiting for a session */
    uint64_t per_minute[LANE_COUNT]; /* sent during the last minute */
    uint64_t parked;                 /* given back until their domain or message is tried again, since start */

    /* All relays together. */
    const char *relay;   /* of the problem, else the one in use: its name */
    int sessions, busy;  /* open, and with a delivery on the wire */
    bool is_paused;      /* no relay can be used */
    int64_t retry_in_ms; /* while paused: until the first is tried */
    const char *problem; /* why, or "" */
    uint64_t sent, failed, retried, uncertain, given_back, connects, connect_failures; /* since start */
};
struct outbox_status outbox_status(const struct outbox *o);

#endif
