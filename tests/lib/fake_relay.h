/*
 * A relay without a network: a wire (deliver/smtp_wire.h) with an SMTP server behind it, both driven by
 * fake_relay_tick, so that a test decides what is said, in which pieces it arrives, and which operation fails.
 *
 * One connection. A transaction may have several recipients. The server answers by a table (replies[state]) and
 * remembers what it got; with `pipelining` off in caps it is strict and asserts that nothing comes ahead of its reply.
 */
#ifndef GB_TESTS_FAKE_RELAY_H
#define GB_TESTS_FAKE_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deliver/smtp_state.h"
#include "deliver/smtp_wire.h"

enum { FAKE_MAILS_MAX = 256 };

/* What happens at the operation that the countdown hits. */
enum fake_fault {
    FAKE_RESET,
    FAKE_EOF,
    FAKE_AGAIN,
    FAKE_DEAF /* no send works from then on, and recv says nothing of it */
};

struct fake_relay {
    /* --- set by the test --- */
    struct smtp_caps caps;
    const char
        *replies[SMTP_STATE_COUNT]; /* to MAIL, RCPT, ...; NULL = the usual; "" = silence from then on; "!" = hang up */
    int usual_first;                /* so many mails get the usual replies before the table counts */
    const char *odd;                /* recipients that have this in their address ... */
    const char *odd_replies[SMTP_STATE_COUNT]; /* ... get these from RCPT on; NULL as above */
    const char *rcpt_refusal;                  /* to recipients that begin with "bad"; NULL = take them */
    const char *body_reply;                    /* said when the first byte of a body arrives; NULL = nothing */
    int rcpt_nth;     /* replies[RCPT] is for the n-th RCPT of a transaction alone; 0 = for all */
    int rcpt_limit;   /* takes no more recipients in a transaction; 0 = no limit ... */
    const char *full; /* ... and says this to the others; NULL = "452 4.5.3 ..." */
    int errors_max; /* 421 instead of the reply after so many refusals on the connection, as Postfix does; 0 = never */
    bool data_always; /* 354 although no recipient was taken */
    bool hides;       /* as TLS may: on_io only when something new comes, not while some is unread */
    size_t body_room; /* so many bytes of a body it takes, then send says EAGAIN; 0 = all */
    size_t room;      /* so many bytes it takes in all, then send says EAGAIN; 0 = no limit */
    size_t chunk;     /* bytes a send or recv moves at most; 0 = no limit */
    int countdown;    /* the n-th send or recv fails; 0 = none */
    enum fake_fault fault;
    const struct outcome *connect_failure; /* on_fail instead of on_open */

    /* --- seen by the test --- */
    struct buf seen;          /* every byte that came, "[body]" instead of bodies */
    int dots[FAKE_MAILS_MAX]; /* final dots that came whole, by the number at the front of the recipient */
    int acks[FAKE_MAILS_MAX]; /* 2xx to a final dot that the session has wholly read */
    int most_rcpts;           /* that were taken in one transaction */
    int bodies;               /* whose first byte came */
    int sends, recvs;         /* operations */
    size_t last_body;         /* bytes of the last body, with dots stuffed */
    bool fired;               /* the countdown has hit */
    bool closed;              /* the session closed the wire */

    /* --- inside --- */
    const struct smtp_wire_events *events;
    void *ctx;
    struct buf in;
    struct buf out;
    size_t ack_at; /* when so many bytes of `out` are read, the mails in `acked` are acknowledged */
    int acked[FAKE_MAILS_MAX];
    int acked_count;
    size_t said, shown; /* bytes put into `out`; the same at the last on_io */
    bool body_begun;
    size_t taken;
    bool is_deaf;
    bool open, mute, hung_up, dead, wants_write, in_body, has_mail, is_odd;
    int rcpts;                    /* RCPTs of the transaction */
    int taken_to[FAKE_MAILS_MAX]; /* the numbers of those that were taken */
    int taken_count;
    int errors;
    const char *again_data;
    size_t again_len;
};

void fake_relay_init(struct fake_relay *f);
void fake_relay_fini(struct fake_relay *f);
/* Pass this and the struct itself (as `net`) to smtp_session_start. */
const struct smtp_wire_ops *fake_relay_ops(void);
/* Lets one event happen, if any is due. */
void fake_relay_tick(struct fake_relay *f);
/* The server says something unasked ("!" hangs up). */
void fake_relay_say(struct fake_relay *f, const char *text);

#endif
