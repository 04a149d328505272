/*
 * The queue of webhook deliveries, as the dispatcher (deliver/webhooks.h) sees it.
 *
 *   pending --claim--> claimed --record--> sent
 *      ^                  |----------------> pending    (due later, same webhook-id)
 *      |                  |----------------> failed     (schedule used up, endpoint disabled; kept, can be replayed)
 *      |                  '----------------> expired    (its alert is over)
 *      '------recover-----'                  withdrawn  (overtaken by an update or recall)
 *
 * A claim takes what is due of enabled endpoints whose pause is over:
 *  1. What has expired becomes `expired` instead (nothing is due later than that); a recall that finds nothing to take
 * back becomes `withdrawn`.
 *  2. At most `per_endpoint` rows of an endpoint are claimed at a time, only one of an endpoint that is failing (its
 * last result said so), and of all that are failing at most `room_failing`.
 *  3. Within an endpoint, a recipient and an alert's thread strictly in order; else what is due longest goes first.
 *  4. What rings a telephone (46elks, ntfy) goes back until the quiet hours are over, unless a life is in danger.
 *  5. Round robin over endpoints from `after_endpoint` on, room shared equally. Which endpoints have something due is
 * kept in webhook_lane by the schema's triggers: a claim costs what it takes, however many rows and endpoints wait.
 *
 * One store request of the dispatcher is: webhook_record for each result, then one webhook_claim, then
 * webhook_next_due. All run on the writer thread, except webhook_job_sign and webhook_job_free (any one thread at a
 * time) and webhook_counts (reader or writer). Never logs.
 */
#ifndef GB_CORE_WEBHOOK_QUEUE_H
#define GB_CORE_WEBHOOK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct db;

enum {
    WEBHOOK_CLAIM_MAX = 512,
    WEBHOOK_HEADERS_MAX = 8,
    WEBHOOK_ANSWER_BYTES = 2048, /* of the receiver's body that are kept for people */
    WEBHOOK_DETAIL_BYTES = 256,
    WEBHOOK_FAILING_MAX_S = 5 * 86400, /* an endpoint that only fails for so long is disabled */
    WEBHOOK_WAIT_MAX_S = 2 * 86400,    /* no wait is longer: the schedule's longest is a day and a fifth */
};

struct webhook_header {
    const char *name, *value; /* no control characters */
    bool is_secret;           /* not for transcripts */
};

/* One claimed delivery; everything belongs to the job. */
struct webhook_job {
    int64_t delivery_id, endpoint_id;
    int attempts;                /* this one included: 1 at first (a replay begins at 1 again) */
    int64_t first_at_us;         /* of the first attempt, perhaps this one */
    int64_t expires_us;          /* the alert's end; 0: never */
    bool is_endpoint_failing;    /* it counted against room_failing */
    bool is_test;                /* webhook.test: one try only, and the transcript is wanted */
    const char *webhook_id;      /* "evt_...": the same over all retries */
    const char *method;          /* "POST"; matrix: "PUT" */
    const char *url;             /* as it is called; may be a secret */
    const char *shown_url;       /* as people may see it */
    const char *user, *password; /* Basic; NULL: none */
    const char *body;
    size_t body_bytes;
    struct webhook_header headers[WEBHOOK_HEADERS_MAX];
    size_t header_count;
    struct webhook_job_secrets *secrets; /* what it is signed with, and the texts behind the pointers above */
};

/* Puts webhook-id, webhook-timestamp (now_s) and webhook-signature of this attempt into the headers, if the format is
 * signed. Right before the call goes out; some microseconds. */
void webhook_job_sign(struct webhook_job *job, int64_t now_s);
/* Wipes secrets. NULL is fine. */
void webhook_job_free(struct webhook_job *job);

struct webhook_claim {
    int64_t now_us;
    int room;               /* rows, at most WEBHOOK_CLAIM_MAX */
    int room_failing;       /* of these, for endpoints that are failing */
    int per_endpoint;       /* > 0 */
    int64_t after_endpoint; /* in and out: whose turn it was last; 0 at first */
};
/* Up to room jobs into jobs[], each then the caller's (webhook_job_free). *more: something that is due was left for
 * lack of room. On an error *n is 0. */
int webhook_claim(struct db *db, const struct config *config, struct webhook_claim *claim, struct webhook_job **jobs,
                  int *n, bool *more);

/* identifier, word (labels of metrics) */
#define WEBHOOK_OUTCOME_MAP(X) \
    X(DELIVERED, "delivered")  \
    X(RETRY, "retry")          \
    X(DEAD, "dead")            \
    X(EXPIRED, "expired")      \
    X(GIVEN_BACK, "given_back") /* not tried, no attempt counted */

enum webhook_outcome {
#define WEBHOOK_OUTCOME_ENUM(id, word) WEBHOOK_##id,
    WEBHOOK_OUTCOME_MAP(WEBHOOK_OUTCOME_ENUM)
#undef WEBHOOK_OUTCOME_ENUM
        WEBHOOK_OUTCOME_COUNT
};
const char *webhook_outcome_word(enum webhook_outcome outcome);

struct webhook_result {
    int64_t delivery_id, endpoint_id;
    enum webhook_outcome outcome;
    bool disable; /* 410: disable the endpoint at once, tell its owner */
    /* The endpoint as such fails (no connection, TLS, time-out, 5xx, 429). False for what only says something of this
     * body (4xx): that does not make the endpoint failing, but counts for the five days. */
    bool is_receiver_failing;
    /* Not delivered, but the request left us whole and no answer came: the receiver may have it, so a recall follows.
     */
    bool may_have_reached;
    int64_t now_us;
    int64_t due_us;         /* RETRY: when; GIVEN_BACK: when, or 0: as it was */
    int64_t pause_until_us; /* > 0: nothing of this endpoint before (Retry-After) */
    int64_t duration_ms;
    int http_status;        /* 0: no answer */
    const char *detail;     /* one line in plain English: "503 Service Unavailable, asks for 120 s" */
    const char *peer;       /* "192.0.2.1 port 443", or "" */
    const char *answer;     /* how the body begins, printable UTF-8, or "" */
    const char *transcript; /* is_test: request and answer as text, without secrets; else NULL */
};
/* ERR_BAD_STATE: the row is not claimed (its endpoint was removed): nothing changed. *disabled tells that this result
 * disabled the endpoint: by 410, or after WEBHOOK_FAILING_MAX_S of nothing but failures. Its owner is told by mail. */
int webhook_record(struct db *db, const struct webhook_result *result, bool *disabled);

/* The first time after `after_us` at which something becomes due or expires, or ERR_NOT_FOUND. At worst too early. */
int webhook_next_due(struct db *db, int64_t after_us, int64_t *due_us);
/* At start: what was in flight when the process ended is due again (what was overtaken: withdrawn), and so is what was
 * written while the clock was ahead and would wait for more than WEBHOOK_WAIT_MAX_S. */
int webhook_recover(struct db *db, int64_t *n);
/* The store is a backup: whatever was queued may have been delivered since it was made, so a recall goes there, too. */
int webhook_doubt_queued(struct db *db);

struct webhook_counts {
    int64_t endpoints, failing, disabled; /* endpoints */
    int64_t pending, dead;                /* deliveries */
};
int webhook_counts(struct db *db, struct webhook_counts *out);

/* The wall clock has jumped by delta_us from now_us: what waits for a later time moves with it, and so does the time
 * since which an endpoint fails. What waits for the end of the quiet hours does not: that is an hour of the day. */
int webhook_shift_due(struct db *db, int64_t delta_us, int64_t now_us);
/* Housekeeping: forgets what ended before these times, failed deliveries (dead letters) and others apart, with the
 * events that nobody got or still gets; at most some thousand rows a call. *more: there are others. */
int webhook_forget(struct db *db, int64_t ended_before_us, int64_t dead_before_us, bool *more);

#endif
