/*
 * One relay's health: may it be used, and with how many sessions? A circuit breaker and a concurrency window. Pure:
 * time (monotonic) and noise (any random number, for the jitter) are passed in; no memory of its own; any one thread.
 *
 *            refuses us, or a failure when nothing works
 *    READY ─────────────────────────────────────────────► PAUSED ──── its time has come ───► PROBING (one session)
 *      ▲                                                     ▲ ◄─── twice the wait: fails ──────┘ │
 *      └── window 1 ─────────────────────────────────────────────────────── a delivery is taken ──┘
 *
 * The window is the number of sessions that may be open, 1 to `connections` (after Postfix's SCHEDULER_README,
 * "concurrency feedback"):
 *  - It begins with RELAY_WINDOW_FIRST, Postfix's initial concurrency, which nearly every server grants, and grows by
 *    1, 2, 4, 4 ... each time all of it is in use and works, until the first refusal or `connections`: 20 sessions
 *    take six handshakes one after another, and a relay that allows 5 has refused one. At first start a handshake
 *    proves that a session works; after a pause only a delivery does, and it begins at 1.
 *  - A session that fails while others work says "not so many": the window falls by 1, by 2 more when the next one
 *    fails as well ..., never below what works; that is the ceiling.
 *  - One session passes the ceiling after 5 s, doubling to 5 min; after a delivery for each session of the window
 *    (Postfix's 1/N); and when RELAY_TRIES_PER_REFUSAL sessions came about for each that was refused, or the longest
 *    wait is over. So a relay that never allows more refuses one connection in seven (14 %; Postfix reckons with 17 %
 *    for a limit of 5), and one that does is found out: the next tries are by 2 and 4, without a wait.
 *  - A window that is not in use proves nothing and does not grow.
 */
#ifndef GB_DELIVER_RELAY_HEALTH_H
#define GB_DELIVER_RELAY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

/* identifier, word for status and log */
#define RELAY_STATE_MAP(X)                        \
    X(READY, "ready")     /* `window` sessions */ \
    X(PAUSED, "paused")   /* none, for a while */ \
    X(PROBING, "probing") /* one, until a delivery is taken */

enum relay_state {
#define RELAY_STATE_ENUM(id, word) RELAY_STATE_##id,
    RELAY_STATE_MAP(RELAY_STATE_ENUM)
#undef RELAY_STATE_ENUM
};

enum {
    RELAY_WINDOW_FIRST = 5,
    RELAY_GROWTH_MAX = 4, /* sessions tried at once above what is known to work */
    RELAY_PAUSE_FIRST_MS = 1000,
    RELAY_PAUSE_MAX_MS = 60000,
    RELAY_CEILING_FIRST_MS = 5000,
    RELAY_CEILING_MAX_MS = 300000,
    RELAY_TRIES_PER_REFUSAL = 6,
};

/* Owned by the caller; the members are relay_health.c's. */
struct relay_health {
    int connections;
    int window;
    int step;             /* sessions by which it grows next, 1 to RELAY_GROWTH_MAX */
    bool trusts_connects; /* no refusal, no pause yet: a handshake is proof enough */
    int taken;            /* deliveries since the window changed */
    int ceiling;          /* sessions that worked when one more was refused; 0: none known */
    int refusals;         /* in a row, without a session that came about in between */
    int tries;            /* refusals at this ceiling: the longer the next wait */
    int credit;           /* sessions that came about against those refused */
    int64_t refused_ms, wait_ms;

    bool is_broken;  /* PAUSED until until_ms, PROBING from then on */
    bool is_refused; /* broken because of us */
    int pauses;      /* in a row */
    int64_t until_ms;
};

/* A relay that nothing is known about. connections >= 1. */
void relay_health_init(struct relay_health *h, int connections);
/* Another configuration of the same server (for another, init): whoever changed it may have mended it, so a pause ends;
 * what was learnt about the window is kept as far as `connections` allows. */
void relay_health_configure(struct relay_health *h, int connections);

enum relay_state relay_health_state(const struct relay_health *h, int64_t now_ms);
const char *relay_state_word(enum relay_state state);
/* How many sessions may be open now, connecting ones included: 0, 1 (probing), or the window. Open ones above it need
 * not be closed. */
int relay_health_sessions(const struct relay_health *h, int64_t now_ms);
/* The rest of the pause; 0 when there is none. */
int64_t relay_health_retry_in_ms(const struct relay_health *h, int64_t now_ms);

/*
 * What happened. `working`: sessions of this relay that are past their handshake and not leaving, the one spoken of
 * included when it is one of them. Those that return bool tell whether the relay has begun to pause just now (a line
 * for the log); what comes during a pause has the same cause and does not lengthen it.
 */
/* A session is ready for MAIL. During a pause for want of connections it takes the pause back: the relay is there. */
void relay_health_connected(struct relay_health *h, int working, int64_t now_ms);
/* No connection, no greeting, 4xx or 5xx to it, no answer to EHLO ...: whatever does not say that we are refused. */
bool relay_health_failed(struct relay_health *h, int working, int64_t now_ms, uint32_t noise);
/* A session that was ready ended otherwise than in good order. One that never took a delivery counts as failed (421
 * instead of an answer to MAIL is how many servers say "too many"); one that did tells nothing: its successor will. */
bool relay_health_lost(struct relay_health *h, bool has_worked, int working, int64_t now_ms, uint32_t noise);
/* 2xx after the final dot. */
void relay_health_delivered(struct relay_health *h, int working, int64_t now_ms);
/* Refused because of us, before a recipient was named: login, TLS, MAIL. Pauses at once; open sessions may finish. */
bool relay_health_refused(struct relay_health *h, int64_t now_ms, uint32_t noise);

#endif
