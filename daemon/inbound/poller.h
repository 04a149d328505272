/*
 * One source that is asked from time to time; the loop's side of core/source.h, for incoming.c.
 *
 *   IDLE -> ASKING -> CALLING -> READING -> KEEPING -> IDLE
 *            |  may it be asked?   |  parsed on a reader
 *            '-> IDLE              '-> TELLING (nothing new, or a failure) -> IDLE
 *
 * ASKING counts the call in the store before CALLING lets it leave. What differs between sources is struct poller_kind.
 */
#ifndef GB_DAEMON_INBOUND_POLLER_H
#define GB_DAEMON_INBOUND_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/source.h"
#include "core/source_json.h"
#include "core/source_places.h"
#include "inbound/incoming.h"
#include "store/store.h"

struct config_hosts;
struct config_url;
struct db;
struct http_answer;
struct http_call;
struct poller;

enum { POLLER_CALLS_MAX = 120, POLLER_AGENT_BYTES = 600 };

/* What one source is. All functions are told the configuration of the round. */
struct poller_kind {
    enum source source;
    int64_t gap_s, refused_wait_s;
    int per_hour; /* at most POLLER_CALLS_MAX */
    bool stops_at_404;
    const struct config_url *(*url)(const struct config *config);
    const struct config_hosts *(*places)(const struct config *config);
    int64_t (*interval_s)(const struct config *config);
    /* Who we are, in ASCII. */
    void (*agent)(const struct config *config, char out[POLLER_AGENT_BYTES]);
    /* Append what comes behind the url, for these places; NULL: nothing. */
    void (*query)(const struct source_places *places, struct buf *out);
    /* Reader: the body to p->parsed; 0, or a failure of the answer with words. */
    int (*parse)(struct poller *p, struct err *err);
    /* Writer, in a transaction: keep the next part of p->parsed; *more: call again. Fills p->faults and p->news. */
    int (*keep)(struct poller *p, struct db *db, bool *more);
    void (*drop)(void *parsed);
    bool is_urgent; /* kept before what waits in the background */
};

extern const struct poller_kind POLLER_VMA;
extern const struct poller_kind POLLER_POLICE_EVENTS;

enum poller_state {
    POLLER_IDLE,
    POLLER_ASKING,
    POLLER_CALLING,
    POLLER_READING,
    POLLER_KEEPING,
    POLLER_TELLING,
};

struct poller {
    const struct poller_kind *kind;
    const struct incoming_env *env;
    enum poller_state state;
    bool is_stopping;
    int64_t due_ms;                     /* monotonic; the next look */
    int64_t calls_ms[POLLER_CALLS_MAX]; /* of the last calls, a ring; 0: none */
    int call_next;
    char url[SOURCE_TEXT_BYTES]; /* of the last round */

    /* The round. */
    struct store_req req;
    const struct config *config;
    struct source_places places;
    char asked_for[SHA256_HEX_BYTES];
    struct source_question question;
    struct http_call *call;
    struct buf body;
    char etag[SOURCE_TAG_BYTES], last_modified[SOURCE_TAG_BYTES];
    struct source_result result;
    struct err err;
    void *parsed;
    size_t kept; /* of `parsed`, for its keep */
    bool more;
    struct source_faults faults;
    char news[SOURCE_TEXT_BYTES]; /* for the log: what came; "" when nothing new did */

    /* For the status. */
    char problem[SOURCE_TEXT_BYTES];
    int64_t problem_since_us;
};

/* Embedded; `env` outlives it. */
void poller_init(struct poller *p, const struct poller_kind *kind, const struct incoming_env *env);
void poller_fini(struct poller *p);
void poller_tick(struct poller *p);
/* As incoming_stop. */
bool poller_stop(struct poller *p);

#endif
