/*
 * Limits per recipient domain: sessions, messages a minute, backing off. Pure: time (monotonic) and noise are passed
 * in; owned and called by one thread.
 *
 *  - Sessions. A domain holds a session while a delivery to it is in hand there. Never more than `connections` (0: no
 *    such limit); and in company of another domain, seen within the last minute, never more than three quarters of all
 *    sessions (at least one, and leaving at least one), so that one which hangs leaves room. Alone it may use all,
 *    once a delivery to it has ended (of fewer than four sessions: at once).
 *    A delivery put behind another to the same domain on the same session holds nothing new.
 *  - Rate: `per_minute` messages, as in deliver/rate_limit.h.
 *  - Backing off. Several 4xx in a row that may speak of the domain or its server, without a success in between, and
 *    nothing is sent there for retry_first, doubling to retry_max (RFC 5321 4.5.4.1). Then one delivery probes; a
 *    success ends it, another such 4xx begins the next wait at once.
 *    A warning cannot wait so long because three mailboxes are greylisted or full: meanwhile alerts, to others than
 * those who were refused, probe one at a time, with waits of their own that begin small (ALERT_PROBE_MAP).
 *
 * Parking. What may not go now is told how long to stay away, and each is told another time: the domain keeps a row of
 * slots, one per interval (of the rate, or the mean time of a delivery over the sessions allowed), and gives out the
 * next free one. So 100 000 rows to a domain with 60 a minute leave the queue once each and come back one a second,
 * instead of all at every second. There are two rows of slots: what is urgent, or has waited out a slot already, stands
 * in front; it takes whatever is free and else one of the next slots, not one behind 100 000 others.
 *
 * Bounds: DOMAIN_LIMITS_MAX domains, looked up by a keyed hash; of those without a delivery in flight, a backoff or
 * slots given out the one used longest ago makes room; when there is none a further domain goes without limits.
 */
#ifndef GB_DELIVER_DOMAIN_LIMITS_H
#define GB_DELIVER_DOMAIN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct domain_limits;
struct outcome;

enum {
    DOMAIN_LIMITS_MAX = 4096,
    DOMAIN_COMPANY_MS = 60000,
    DOMAIN_PUT_OFF_MAX = 3, /* 4xx in a row that begin a backoff */
    DOMAIN_PARK_MAX_MS = 24 * 3600 * 1000,
};

struct domain_limits_config {
    int connections; /* [limits] per_domain_connections; 0: no fixed limit */
    int per_minute;  /* [limits] per_domain_per_minute; 0: no limit */
    int64_t retry_first_ms, retry_max_ms;
};

/* `key`: 16 random bytes (SipHash), so that nobody can choose domains that collide. Caller frees. */
struct domain_limits *domain_limits_new(const struct domain_limits_config *config, const uint8_t key[16]);
void domain_limits_free(struct domain_limits *d);
/* Other limits from now on; backoffs go on. Cheap. */
void domain_limits_configure(struct domain_limits *d, const struct domain_limits_config *config);
/* The sessions that all relays in use may have open together, for the three quarters; whenever it changes. */
void domain_limits_set_sessions(struct domain_limits *d, int sessions);

/* Between two alerts that probe a domain while it backs off, by what was said last, in ms: the first wait, doubling to
 * the longest; never longer than the domain's own. What was said of one recipient, perhaps: eight tries in the first
 * minute, then four a minute. What was said of the domain: two in the first minute, four in the first four, then one in
 * five. */
#define ALERT_PROBE_MAP(X) \
    X(LATER, 1000, 15000)  \
    X(PUT_OFF, 15000, 300000)

/* Whose turn it is: see Parking. */
enum domain_rank {
    DOMAIN_LAST,
    DOMAIN_FRONT, /* personal mail, or parked before */
    DOMAIN_ALERT, /* in front, and may probe */
};

/* One delivery in flight: kept by the caller beside its job from admit to end. */
struct domain_hold {
    int entry; /* -1: without limits (the table was full) */
    bool has_session;
    int64_t began_ms;
};

/*
 * May a delivery to `domain` (ASCII, lower case) be given to a session now? 0: yes, and *hold is in flight until
 * domain_limits_end. Else the milliseconds (1 to DOMAIN_PARK_MAX_MS) to park it for; nothing is held then, and a slot
 * is given out, so do not ask again before. A short wait may be waited out in memory.
 * `ahead`: the hold of the delivery in hand on the same session, NULL when the session is idle.
 */
int64_t domain_limits_admit(struct domain_limits *d, const char *domain, enum domain_rank rank,
                            const struct domain_hold *ahead, int64_t now_ms, struct domain_hold *hold);

/* The same for an alert that may go with others on a session now, or else stays where it is: no slot is given out, so
 * it may be asked at any time. False: not now. */
bool domain_limits_try(struct domain_limits *d, const char *domain, const struct domain_hold *ahead, int64_t now_ms,
                       struct domain_hold *hold);

/* identifier, what it means */
#define DOMAIN_RESULT_MAP(X)                                                                    \
    X(TAKEN)     /* 2xx after the final dot */                                                  \
    X(PUT_OFF)   /* 4xx at RCPT, DATA or the final dot that speaks of the domain, its server */ \
    X(LATER)     /* the same that may speak of the domain, or of one recipient: greylisting */  \
    X(OTHER)     /* says nothing about the domain: the mailbox, us, the connection */           \
    X(UNTOUCHED) /* was not tried: its rate is given back */

enum domain_result {
#define DOMAIN_RESULT_ENUM(id) DOMAIN_##id,
    DOMAIN_RESULT_MAP(DOMAIN_RESULT_ENUM)
#undef DOMAIN_RESULT_ENUM
};
/* What an outcome says about the domain, of 4xx but 421: PUT_OFF with an enhanced status x.3 or x.4 (RFC 3463: system,
 * network and routing); LATER with x.0 or x.7 (other, policy) or none; not x.1 and x.2 (address, mailbox). */
enum domain_result domain_limits_judge(const struct outcome *outcome);

/* The delivery has ended with `outcome`; NULL, or one of kind UNTOUCHED, when it was not tried. `behind`: the hold of
 * the one put behind it on the same session, or NULL; it takes over the session. True when the domain has begun to back
 * off just now (a line for the log). */
bool domain_limits_end(struct domain_limits *d, struct domain_hold *hold, struct domain_hold *behind,
                       const struct outcome *outcome, int64_t now_ms, uint32_t noise);

/* For status; the texts are borrowed until the next admit or end. */
struct domain_trouble {
    const char *domain;
    const char *reply;   /* the refusal that began the wait, without addresses */
    int backoffs;        /* in a row */
    int64_t retry_in_ms; /* 0: a probe may go, or is under way */
};
/* The domains that back off, the `most` longest waits of them into `out`, longest first; how many there are in all. */
int domain_limits_troubles(const struct domain_limits *d, int64_t now_ms, struct domain_trouble *out, int most);
/* Deliveries in flight and sessions held; 0 for a domain that is not known. For tests. */
int domain_limits_in_flight(const struct domain_limits *d, const char *domain);
int domain_limits_sessions(const struct domain_limits *d, const char *domain);
/* Domains in the table. For tests. */
int domain_limits_count(const struct domain_limits *d);

#endif
