/*
 * What the outbox tells about itself: lanes, relays, who is waited for and why. For status, metrics and the log; plain
 * values. Loop thread only; texts are valid until the next call of any function of the outbox.
 */
#ifndef GB_DELIVER_OUTBOX_STATUS_H
#define GB_DELIVER_OUTBOX_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "core/config.h"
#include "core/ledger.h"

enum {
    OUTBOX_STATUS_DOMAINS = 20,
    OUTBOX_STATUS_MESSAGES = 8,
    OUTBOX_DOMAIN_BYTES = 256,
    OUTBOX_REASON_BYTES = 200,
};

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
    uint64_t per_minute;       /* sent during the last minute */
    struct histogram hand_off; /* from the permit to send a body to the reply */
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

struct outbox_status {
    struct outbox_relay_status relays[CONFIG_RELAYS_MAX]; /* in the order of the configuration */
    int relay_count;
    struct outbox_domain_status domains[OUTBOX_STATUS_DOMAINS]; /* the longest waits */
    int domain_count;
    int domains_waiting; /* all of them */
    struct outbox_message_status messages[OUTBOX_STATUS_MESSAGES];
    int message_count;
    struct histogram queue_age[LANE_COUNT]; /* from a row's making to a session, first attempts */
    int queued[LANE_COUNT];                 /* claimed and waiting for a session */
    uint64_t per_minute[LANE_COUNT];        /* sent during the last minute */
    double pace[LANE_COUNT];                /* sent per second since the first of that minute */
    uint64_t parked;                        /* given back until their domain or message is tried again, since start */

    /* All relays together. */
    const char *relay;   /* of the problem, else the one in use: its name */
    int sessions, busy;  /* open, and with a delivery on the wire */
    bool is_paused;      /* no relay can be used */
    int64_t retry_in_ms; /* while paused: until the first is tried */
    const char *problem; /* why, or "" */
    uint64_t sent, failed, retried, uncertain, given_back, connects, connect_failures; /* since start */
};
#endif
