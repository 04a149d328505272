/*
 * Connections and relays of the simulation: both ends of a wire, what is said on it, what a relay answers. Used by
 * sim_wire.c (the way there and back), sim_speech.c (what the engine says), sim_relay.c (what the relay does) and
 * sim_check.c (what must not be).
 *
 * A wire lives until the engine has closed it and nothing is under way; an event that uses it ends with
 * sim_wire_event_ends. No function here calls the engine from inside a call of the engine's.
 */
#ifndef GB_TESTS_SIM_WIRE_H
#define GB_TESTS_SIM_WIRE_H

#include <stddef.h>

#include "deliver/outcome.h"
#include "deliver/smtp_wire.h"
#include "sim/sim.h"
#include "sim/sim_ledger.h"

enum { SIM_TO_MAX = 100 };

/* Commands and dots on their way up, answers on their way down. */
enum sim_step { STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_DOT, STEP_RSET, STEP_QUIT, STEP_UNASKED };

/* A transaction as it is written: one delivery, or some of one message. */
struct sim_envelope {
    struct sim_envelope *next; /* all of a wire's */
    int64_t message_id;        /* that they share; 0: one delivery */
    struct sim_row *rows[SIM_TO_MAX];
    int count;
};

struct sim_item {
    enum sim_step step;
    uint64_t end;             /* offset of the byte after it */
    struct sim_row *row;      /* RCPT */
    struct sim_envelope *all; /* MAIL to dot */
    uint64_t hash;            /* DOT: of the body */
    bool is_empty;            /* DOT: a lone dot */
    bool is_about_us;         /* answers: no fault of the recipient's */
    int code;
};

enum { SIM_ITEMS_MAX = 300, SIM_HEAD_BYTES = 2048 };

struct sim_ring {
    struct sim_item items[SIM_ITEMS_MAX];
    int first, count;
};

/* A connection, both ends of it. */
struct smtp_wire {
    struct sim *s;
    struct sim_relay *relay;
    const struct smtp_wire_events *events;
    void *ctx;
    int number, life;
    int pending;      /* events under way; freed when it is closed and none is left */
    bool is_open;     /* on_open was said */
    bool is_closed;   /* by the engine: it hears nothing more */
    bool is_reset;    /* both ends know nothing of each other any more */
    bool is_served;   /* the relay has it among its connections */
    bool server_gone; /* the relay listens no more */
    bool eof;         /* after what is readable comes the end */
    bool wants_write, io_is_due;
    /* up */
    enum { UP_COMMAND, UP_WAIT, UP_BODY } mode;
    uint64_t sent, arrived;
    int64_t up_clear_us;
    struct sim_ring up;
    char line[1024];
    int line_len;
    char head[SIM_HEAD_BYTES]; /* of the body */
    int head_len;
    int tail; /* how much of CRLF.CRLF has been seen */
    uint64_t hash;
    int mark; /* how much of the mark of an exercise stands at the end of what was seen; all of it: was seen */
    int64_t body_bytes;
    struct sim_envelope *all;      /* the transaction that is being written */
    struct sim_envelope *body_all; /* whose mail is on the wire, until its answer is read */
    struct sim_envelope *envelopes;
    int past_dot;      /* deliveries whose dot has left and whose outcome is not durable */
    const char *again; /* what a send that would block was offered */
    size_t again_len;
    /* the relay */
    bool is_serving, is_mute, has_mail;
    struct sim_row *taken[SIM_TO_MAX]; /* recipients of the transaction in hand */
    int taken_count, errors;
    /* down */
    char *down;
    size_t down_len, down_room, visible;
    uint64_t down_end, down_read;
    int64_t down_clear_us;
    struct sim_ring answers;
    struct smtp_wire *next; /* all of them */
};

/* The relay says something. `text` "" is nothing. */
void sim_wire_say(struct smtp_wire *w, const struct sim_item *what, const char *text);
void sim_wire_hang_up(struct smtp_wire *w);
void sim_wire_reset(struct smtp_wire *w);
/* Last in each event of a connection: frees it when it was the last of a closed one. */
void sim_wire_event_ends(struct smtp_wire *w);
void sim_ring_put(struct sim_ring *r, const struct sim_item *item);
struct sim_item *sim_ring_head(struct sim_ring *r);
void sim_ring_drop(struct sim_ring *r);

/* A connection comes: tells why it is refused (OPEN_FAILS with *why), or that it stands, or nothing for ever. */
enum sim_open { OPEN_STANDS, OPEN_FAILS, OPEN_HANGS };
enum sim_open sim_relay_open(struct smtp_wire *w, struct outcome *why);
/* How long the relay thinks before it answers this. */
int64_t sim_relay_service_us(struct smtp_wire *w, const struct sim_item *item);
/* Answers it. */
void sim_relay_serve(struct smtp_wire *w, const struct sim_item *item);
const char *sim_mood_word(enum sim_mood mood);

/* sim_speech.c: the engine has written these. */
void sim_speech_take(struct smtp_wire *w, const char *data, size_t n);

/* Was the recipient named on this wire last, and not refused? */
bool sim_is_under_way(const struct smtp_wire *w, const struct sim_row *row);

/* sim_check.c: at a connection's events. */
void sim_check_open(struct smtp_wire *w);
void sim_check_mail(struct smtp_wire *w, struct sim_row *row);
void sim_check_body(struct smtp_wire *w);
void sim_check_dot(struct smtp_wire *w, const struct sim_item *dot);
void sim_check_taken(struct smtp_wire *w, const struct sim_item *dot, struct sim_row *row);

#endif
