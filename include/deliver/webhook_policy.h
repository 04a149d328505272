/*
 * From what came of a call to what becomes of its delivery: the whole of what a receiver's answer means.
 *
 * Only 2xx is success; the status decides, whatever becomes of the answer's body. Everything else is tried again after
 * 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h (Standard Webhooks), each a little later by chance, and is dead after
 * the tenth try. A Retry-After is honoured as said, up to a day, and gives further tries within the time that the
 * schedule takes. 410 disables the endpoint. What would come after its alert's end is not tried again. A test is tried
 * once.
 *
 * An endpoint that fails as such (no connection, time-out, 5xx, 429, 408) is left alone for some seconds and then given
 * one delivery at a time (core/webhook_queue.h); any other refusal says something of this delivery only.
 *
 * Pure, any thread. Five days of nothing but failures are for the queue to see.
 */
#ifndef GB_DELIVER_WEBHOOK_POLICY_H
#define GB_DELIVER_WEBHOOK_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/webhook_queue.h"
#include "net/http_call.h"

enum {
    WEBHOOK_TRIES = 10,
    WEBHOOK_SPAN_S = 272105, /* 75 h 35 min 5 s: the waits together */
    WEBHOOK_RETRY_AFTER_S_MAX = 86400,
    WEBHOOK_PAUSE_S = 5,  /* of an endpoint that fails */
    WEBHOOK_LOCAL_S = 30, /* this machine could not make the call: nobody's fault there */
};

struct webhook_case {
    enum http_fault fault;
    int status;            /* 0 unless fault is NONE */
    int64_t retry_after_s; /* -1: none */
    int attempts;          /* this one included */
    int64_t first_at_us, now_us;
    int64_t expires_us; /* 0: never */
    bool is_test;
    uint32_t chance; /* for the jitter: any number */
};

struct webhook_verdict {
    enum webhook_outcome outcome;
    int64_t due_us;         /* RETRY and GIVEN_BACK */
    int64_t pause_until_us; /* of the endpoint; 0: none */
    bool disable;
    bool is_receiver_failing;
};

struct webhook_verdict webhook_policy(const struct webhook_case *c);
/* The wait after a number of tries (1 to WEBHOOK_TRIES - 1), without jitter. */
int64_t webhook_policy_wait_s(int tries);

#endif
