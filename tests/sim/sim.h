/*
 * The simulation: the whole engine (ledger and store on SQLite, outbox, SMTP sessions, form cache, scheduler) in one
 * thread, under a virtual clock, between relays, people and disks that a seed drives.
 *
 *   sim_run.c     one run from its seed, in a process of its own
 *   sim.c         the loop over virtual time, the lives of the daemon (start, stop, crash)
 *   sim_time.c    the virtual clocks, chance, the queue of events, the trace
 *   sim_store.c   between the engine and its store: late commits, refused ones, what a crash leaves undone
 *   sim_wire.c    the network: latency, bandwidth, partial writes, resets
 *   sim_speech.c  what the engine says on it, read as it leaves
 *   sim_relay.c   the relays: what they answer, what they take responsibility for, their good and bad hours
 *   sim_actor.c   people: letters, alerts, cancels, holds, unsubscriptions, reloads, restarts, crashes, clock jumps
 *   sim_deed.c    what a person asks of the store, for both kinds of people
 *   sim_alert.c   alerts, their updates, recalls and ends, and what is promised of them
 *   sim_world.c   the register that they find, and the daemon's configuration
 *   sim_ledger.c  the shadow: every change of every ledger row, held against what was seen on the wire
 *   sim_check.c   the promises (core/ledger.h, deliver/outbox.h), asked after every step
 *
 * The same seed gives the same run, byte for byte: the trace's hash says so. The daemon's code is linked as it is; only
 * clock_gettime, random_bytes and (by the linker's --wrap) store_write, store_write_later and store_read are the
 * simulation's.
 *
 * Each run is a process of its own (sim_run forks), so that an assertion of the engine ends one run and is told with
 * its seed. Nothing here is the engine's interface: that is the headers in include/.
 */
#ifndef GB_TESTS_SIM_H
#define GB_TESTS_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "core/ledger.h"

enum {
    SIM_RELAYS_MAX = 3,
    SIM_DOMAINS = 20,
    SIM_NAME_BYTES = 16,
    SIM_ADDRESS_BYTES = 64,
    SIM_TEXT_BYTES = 600,
    SIM_CONNECTIONS_MAX = 12,
};

#define SIM_MS INT64_C(1000)
#define SIM_S INT64_C(1000000)
#define SIM_MIN (60 * SIM_S)
#define SIM_HOUR (60 * SIM_MIN)

struct sim;
struct smtp_wire;
struct smtp_wire_ops;
struct sqlite3;
struct store_req;

/* What sim_run is asked for. */
struct sim_options {
    uint64_t seed;
    double hours;     /* of people and faults; then all turns good and what is left must end */
    bool has_trace;   /* print every event */
    bool stays;       /* no process of its own: for a debugger */
    const char *only; /* NULL, or a list of letters: which faults there are (sim_actor.c) */
};

/* What a run gives back; lives in memory that both processes see. */
struct sim_result {
    bool is_done, has_failed;
    uint64_t hash;
    int64_t virtual_us;
    uint64_t letters, taken, doubles, crashes, stops, commits, connections, steps;
    char failure[SIM_TEXT_BYTES];
};

/* Runs one seed; true when every promise was kept. */
bool sim_run(const struct sim_options *options, struct sim_result *result);

/* --- sim_time.c -------------------------------------------------------------------------------------------------- */

/* An event fires once, `at_us` on the monotonic clock; those of one time in the order in which they were made. */
typedef void (*sim_fire)(struct sim *s, void *who, int64_t arg);

struct sim_event {
    int64_t at_us;
    uint64_t number;
    sim_fire fire;
    void *who;
    int64_t arg;
};

struct sim_queue {
    struct sim_event *events; /* a heap */
    int count, room;
    uint64_t number;
};

/* Chance: one stream for the world, one for the engine's random_bytes. */
struct sim_chance {
    uint64_t state;
};

void sim_time_start(struct sim *s);
void sim_at(struct sim *s, int64_t at_us, sim_fire fire, void *who, int64_t arg);
void sim_in(struct sim *s, int64_t in_us, sim_fire fire, void *who, int64_t arg);
/* Takes the first event that is due; false when none is. */
bool sim_take_event(struct sim *s, struct sim_event *out);
int64_t sim_next_event_us(const struct sim *s);

/* 0 .. n-1; n > 0. */
int64_t sim_pick(struct sim *s, int64_t n);
int64_t sim_between(struct sim *s, int64_t low, int64_t high);
/* With a probability of `parts` in 1000. */
bool sim_happens(struct sim *s, int parts);
/* A wait with this mean, memoryless. */
int64_t sim_wait(struct sim *s, int64_t mean_us);
uint64_t sim_mix(uint64_t x);

/* One line of the trace: hashed always, printed if asked for, the last ones kept for a failure. */
void sim_trace(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A promise is broken: tells it and ends the process. */
void sim_fail(struct sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
void sim_print_trace(const struct sim *s);
int64_t sim_wall_us(const struct sim *s);

/* --- sim_store.c ------------------------------------------------------------------------------------------------- */

struct sim_line { /* requests that wait, linked by their own `next` */
    struct store_req *head, **tail;
};

struct sim_store {
    struct sim_line writes, batch, reads;
    bool is_writing;    /* `batch` is on its way to the disk, or committed already and nobody told */
    int epoch;          /* events of an earlier life are void */
    int64_t full_until; /* every commit is refused until then */
    int64_t slow_until; /* the disk takes seconds */
    int64_t lag_max_us; /* the longest that a request has taken of late ... */
    int64_t lag_us;     /* ... since then */
};

void sim_store_start(struct sim *s);
bool sim_store_is_idle(const struct sim *s);
/* The end of a life: everything that waits is answered by an error, nothing more is written. */
void sim_store_give_up(struct sim *s);
/* The power fails while a batch is being written: what of it is durable is for the next life to see. False when none
 * was. */
bool sim_store_crash(struct sim *s);
/* Run `op` at once, outside of the engine's time; fails the run on an error. */
void sim_store_now(struct sim *s, int (*op)(struct db *db, struct store_req *req), struct store_req *req);

/* --- sim_relay.c -------------------------------------------------- */

#define SIM_MOOD_MAP(X)                                                           \
    X(GOOD, "good")                                                               \
    X(SLOW, "slow")       /* seconds before every answer */                       \
    X(AWAY, "away")       /* refuses connections, or does not answer them */      \
    X(FLAKY, "flaky")     /* resets, closes, 421, 4xx, garbage, at any step */    \
    X(MUTE, "mute")       /* stops answering, sometimes after it took the mail */ \
    X(DRIBBLE, "dribble") /* a few bytes at a time, both ways */                  \
    X(BUSY, "busy")       /* 421 at connect, 451 to mails */                      \
    X(POLICY, "policy")   /* refuses us: MAIL, login, TLS */

enum sim_mood {
#define SIM_MOOD_ENUM(id, word) SIM_MOOD_##id,
    SIM_MOOD_MAP(SIM_MOOD_ENUM)
#undef SIM_MOOD_ENUM
        SIM_MOOD_COUNT
};

struct sim_relay {
    int index;
    char name[SIM_NAME_BYTES];
    bool has_pipelining;
    int64_t latency_us; /* one way */
    int64_t service_us; /* before each answer, when good */
    int64_t bytes_per_ms;
    int64_t window_bytes; /* on their way at most */
    int admits;           /* connections that it takes */
    int takes_recipients; /* of a transaction; 0: all */
    enum sim_mood mood;
    int64_t good_since_us; /* INT64_MAX while it is not */
    /* --- what the configuration says --- */
    bool is_configured;
    int connections, rate_per_minute, priority, alert_recipients;
    /* --- now --- */
    int open;      /* by the engine's count */
    int served;    /* by its own */
    double tat_us; /* of the rate: the next may leave then (theoretical arrival time) */
};

void sim_relay_start(struct sim *s);
void sim_relay_all_good(struct sim *s);
const struct smtp_wire_ops *sim_wire_ops(void);

/* --- sim_ledger.c -------------------------------------------------- */

struct sim_map { /* id to what it is; in the order of their coming in `all` */
    int *slots;  /* index into `all` + 1, or 0 */
    int slot_count;
    struct sim_entry {
        int64_t id;
        void *value;
    } * all;
    int count, room;
};

struct sim_ledger {
    struct sim_map rows, messages; /* struct sim_row, struct sim_message */
    int claimed, open;             /* rows */
    int running, expanding;        /* messages; expanding ones are running, too */
    bool is_recovering, is_on_hold;
    int retries_by_hand;    /* under way */
    int64_t hold_told_us;   /* monotonic: when the outbox was told of the hold; 0: not yet */
    int recalled;           /* rows of which the outbox was not told yet */
    struct sqlite3 *sqlite; /* the engine's own connection */
    struct sqlite3_stmt *read, *clear;
};

/* --- sim_check.c ------------------------------------------------------------------------------------------------- */

void sim_check_crash(struct sim *s);
void sim_check_stop(struct sim *s);
/* Now and then: the file is as the shadow says, and so is what is kept beside the rows. */
void sim_check_file(struct sim *s);
/* Every minute. */
void sim_check_fairness(struct sim *s);
/* The outbox is woken now. */
void sim_check_told(struct sim *s);
/* Between two turns of the loop. */
void sim_check_turn(struct sim *s);
/* True when every row is final and every message has ended. */
bool sim_check_is_over(const struct sim *s);
void sim_check_end(struct sim *s);

/* --- sim_actor.c ------------------------------------------------------------------------------------------------- */

enum { SIM_GROUPS_MAX = 40 };

struct sim_people {
    int64_t groups[SIM_GROUPS_MAX];
    bool is_active[SIM_GROUPS_MAX];
    int group_count, person_count;
    int64_t domain_away_until[SIM_DOMAINS];
    int domain_connections; /* as configured; 0: no limit */
    int busy;               /* requests under way */
    bool has_malice;        /* a misfortune is on its way */
    uint8_t token_key[32];
};

void sim_actor_start(struct sim *s);
/* No more people, no more faults. */
void sim_actor_end(struct sim *s);
/* A delivery was claimed: a good moment for a misfortune. */
void sim_actor_tempt(struct sim *s);
bool sim_may(const struct sim *s, char fault);

/* --- sim_alert.c ------------------------------------------------------------------------------------------------- */

void sim_alert_send(struct sim *s);
void sim_alert_update(struct sim *s);
void sim_alert_recall(struct sim *s);
/* A reader wants no more. */
void sim_alert_stop(struct sim *s);

/* --- sim_world.c ------------------------------------------------------------------------------------------------- */

/* Fills the new store; the first life does. */
void sim_world_boot(struct sim *s);
/* A new person in the group; on the store's writer. */
int sim_world_person(struct db *db, struct sim *s, int64_t group, int number);
/* The code of one of the municipalities. */
const char *sim_world_town(int64_t i);
/* Another configuration: connections, rates, priorities, waits. */
struct config *sim_world_config(struct sim *s);

/* --- sim.c ------------------------------------------------------------------------------------------------------- */

enum sim_phase { SIM_DOWN, SIM_UP, SIM_STOPPING, SIM_DYING };

enum { SIM_KEPT_LINES = 400, SIM_LINE_BYTES = 200 };

struct sim {
    struct sim_options options;
    struct sim_result *result;
    int64_t mono_us, wall_ahead_us;
    int64_t jump_us;          /* when the wall clock jumped last */
    int64_t trusted_ahead_us; /* wall_ahead_us of the last time that it had stood for CLOCK_TRUST_S, or at the start */
    int64_t reload_us;
    int claims_max; /* what may be claimed: as configured, or what is left of what was before the last reload */
    struct sim_queue queue;
    struct sim_chance world, engine;
    struct clock clock;
    uint64_t hash;
    char (*kept)[SIM_LINE_BYTES];
    uint64_t kept_count;

    enum sim_phase phase;
    int life;
    int64_t life_us; /* when it began */
    bool ticks_soon; /* one is on its way */
    int64_t stop_us;
    bool outbox_stopped, is_draining;
    bool is_in_doubt;   /* the last crash was in the middle of a commit */
    int64_t drain_us;   /* since when all is good */
    int64_t trouble_us; /* the last fault of any kind: bounds on time hold only well after it */
    char path[100];
    uv_loop_t loop;
    uv_check_t check;
    int sleep_ms; /* that the loop would have slept in its last turn; -1: until something happens */
    struct store *store;
    struct config *config;
    struct letter_sender *sender;
    struct outbox *outbox;
    struct scheduler *scheduler;
    int64_t turns_at_us; /* turns of the loop without time going on */
    int turns;

    struct sim_store disk;
    struct sim_relay relays[SIM_RELAYS_MAX];
    int relay_count;
    struct smtp_wire *wires;
    int wire_count;
    struct sim_ledger ledger;
    struct sim_people people;
};

/* The daemon starts. */
void sim_start(struct sim *s);
/* One turn of the loop, or one event. */
void sim_step(struct sim *s);
/* For actors: what the daemon's own signals and the kernel do. */
void sim_crash(struct sim *s);
void sim_stop(struct sim *s);
void sim_reload(struct sim *s);
/* Something that the scheduler sees at its next tick, which is a second away in the daemon and a minute here. */
void sim_tick_soon(struct sim *s);
/* Something was written by a person: what main.c does then. */
void sim_changed(struct sim *s);
bool sim_is_up(const struct sim *s);

#endif
