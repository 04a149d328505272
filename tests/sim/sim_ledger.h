/*
 * The shadow of the ledger: each row and message as the committed changes tell them, and what was seen of them on the
 * wire. Filled by sim_ledger.c from the engine's own connection, asked by sim_check.c. Rows and messages live as long
 * as the run, over all lives of the daemon.
 */
#ifndef GB_TESTS_SIM_LEDGER_H
#define GB_TESTS_SIM_LEDGER_H

#include "sim/sim.h"

/* What the engine has done with a row since it was claimed, as seen on the wire. */
struct sim_attempt {
    bool has_body, has_dot, is_acked;
    int refused; /* the first 4xx or 5xx that the engine read for it */
    bool was_about_us, is_shared;
    int64_t mail_us;
    int wire; /* its number */
    const struct sim_relay *relay;
};

/* A row of the ledger. */
struct sim_row {
    int64_t id, message_id, due_us;
    int64_t first_us; /* wall clock: of the first attempt, or 0 */
    char address[SIM_ADDRESS_BYTES];
    enum lane lane;
    enum delivery_state state;
    int attempts;
    bool is_recalled;
    int64_t told_us; /* monotonic: when the outbox was told that it is; 0: not yet */
    int64_t made_us; /* monotonic */
    int claim_life;  /* in which it was claimed last */
    struct sim_attempt attempt;
    int taken;             /* by relays, in all */
    int excuses;           /* times that it may come again: a crash, a person */
    bool is_lost_at_crash; /* perhaps taken, and the engine never knew */
    bool was_by_hand;      /* tried again by a person */
    bool is_in_doubt;      /* claimed when a life ended, or uncertain and tried again: its reader may have it */
    bool is_deferred;      /* made for a later hour */
    uint64_t hash[2];      /* of its bytes, the first time: alone, and shared with others */
    int greeted;           /* greylisting: bits of relays */
    int64_t greeted_us;
};

struct sim_message {
    int64_t id, letter_id;
    enum lane lane;
    char state[12];
    int64_t thread_id, thread_pos, expires_us; /* of an alert */
    bool is_exercise, is_recall;
    int rows, open;
    int64_t made_us, refused_us; /* refused_us: because of us */
    bool has_begun;              /* something of it was on the wire */
    int begun;                   /* deliveries since the last look at fairness */
};

/* Before the first store_open: so that the engine's connection is seen. */
void sim_ledger_hook(struct sim *s);
/* After store_open and before store_close. */
void sim_ledger_watch(struct sim *s);
void sim_ledger_unwatch(struct sim *s);
/* Take in what the last operation has changed. */
void sim_ledger_read(struct sim *s);
/* NULL when there is none. */
struct sim_row *sim_ledger_row(struct sim *s, int64_t id);
struct sim_message *sim_ledger_message(struct sim *s, int64_t id);
struct sim_row *sim_ledger_at(struct sim *s, int i);
/* After a crash in the middle of a commit: what the file holds is the truth, and each difference a change. */
void sim_ledger_adopt(struct sim *s);
/* Walk the whole table: it is as the shadow says. */
void sim_ledger_compare(struct sim *s);

/* sim_check.c: at a row's changes. */
void sim_check_claim(struct sim *s, struct sim_row *row, int64_t old_due_us, int64_t at_us);
/* sim_alert.c: the same of alerts; a body that has left, with the mark of an exercise or without; the end. */
void sim_alert_check_claim(struct sim *s, const struct sim_row *row, int64_t at_us);
/* A message has changed its state. */
void sim_alert_check_closed(struct sim *s, const struct sim_message *m);
void sim_alert_check_expired(struct sim *s, const struct sim_row *row);
void sim_alert_check_mark(struct sim *s, const struct sim_row *row, bool is_marked);
void sim_alert_check_end(struct sim *s);

void sim_check_result(struct sim *s, struct sim_row *row, enum delivery_state to, const char *relay, int64_t at_us);

#endif
