/*
 * What webhooks.c (calls, life) and webhooks_turn.c (the store) share. Loop thread only, but for the turn, which is the
 * store's while it runs. Private to the dispatcher.
 */
#ifndef GB_DELIVER_WEBHOOKS_PRIVATE_H
#define GB_DELIVER_WEBHOOKS_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock_trust.h"
#include "base/rate_meter.h"
#include "core/webhook_queue.h"
#include "deliver/webhooks.h"
#include "store/store.h"

#include <uv.h>

struct config;
struct http_call;

/* A delivery that is claimed: waits for its call, or is on the wire. */
struct webhook_flight {
    struct webhooks *owner;
    struct webhook_job *job;
    struct http_call *call; /* NULL: waits */
    int64_t called_ms;
    bool is_young; /* called, and not long ago */
    struct webhook_flight *prev, *next;
};

/* In the order of joining. */
struct webhook_flights {
    struct webhook_flight *first, *last;
};

/* A result on its way to the store. */
struct webhook_record {
    struct webhook_record *next;
    struct webhook_job *job; /* done with; freed by the thread that made it, or both wait for each other's heap */
    struct webhook_result result;
    int status;
    bool disabled;
    char detail[WEBHOOK_DETAIL_BYTES];
    char peer[80];
    char answer[WEBHOOK_ANSWER_BYTES];
    char *transcript;
};

/* The store's while is_running. */
struct webhooks_turn {
    struct store_req req;
    struct webhooks *w;
    bool is_running;
    bool is_again; /* the one before it failed */
    struct webhook_record *records;
    bool claims, counts;
    const struct config *config;
    struct webhook_claim claim;
    struct webhook_job *jobs[WEBHOOK_CLAIM_MAX];
    int n;
    bool more, is_on_hold;
    int64_t next_due_us; /* 0: nothing */
    struct webhook_counts queue;
};

struct webhooks {
    struct webhooks_env env;
    const struct config *config;
    uv_timer_t timer;
    uv_prepare_t prepare;
    int handles;
    struct clock_trust trust; /* the store's writer has one as well */
    bool is_dirty;            /* a look at everything is due before the loop waits again */

    struct webhook_flights waiting, called;
    struct webhook_flight *oldest_young; /* of the called; those after it are young too */
    int young, calls;
    int in_flight, failing_in_flight;        /* waiting and called */
    struct webhook_record *done, **done_end; /* results not on their way yet, in order */
    int done_count;
    int64_t done_since_ms; /* when the first of them came */
    struct webhooks_turn turn;
    int64_t after_endpoint;

    bool woken;      /* something may be due */
    bool is_failing; /* the last turn failed */
    int64_t look_ms, again_ms, counts_ms;
    struct webhooks_status status;
    struct rate_meter meter;

    bool is_stopping, is_cut_off;
    int64_t stop_by_ms;
    webhooks_stopped_cb stopped;
    void *stopped_ctx;
};

/* Something changed: look at everything before the loop waits again. */
static inline void webhooks_touch(struct webhooks *w)
{
    w->is_dirty = true;
}
int64_t webhooks_mono_ms(const struct webhooks *w);
/* Its call comes next, after those that wait already; takes the job. */
void webhooks_enqueue(struct webhooks *w, struct webhook_job *job);
/* What waits for its call goes back to the queue, as a result. */
void webhooks_give_back_waiting(struct webhooks *w);

/* Begin a turn, if there is a reason to and none is running. */
void webhooks_turn_begin(struct webhooks *w);
/* When results that wait for others must go at the latest; INT64_MAX: none wait. */
int64_t webhooks_turn_by_ms(const struct webhooks *w);
/* Nothing is on its way to the store, nor waits to go there. */
bool webhooks_turns_ended(const struct webhooks *w);
void webhook_records_free(struct webhook_record *r);

#endif
