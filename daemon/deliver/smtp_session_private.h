/*
 * The SMTP session's struct, shared by smtp_session.c (life, input and output) and smtp_dialog.c (states and replies).
 *
 * Invariants:
 *  1. session_enter alone changes the state; it checks the table, arms that state's timer and writes its command.
 *  2. The state is about the job in `now` alone, and says which reply is awaited. `next` has at most its envelope in
 *     `out`, behind the final dot of `now`; it becomes `now` when that is finished.
 *  3. State DOT is entered when, and only when, the last byte of the final dot was taken by the wire, whatever still
 *     waits behind it: before it a lost connection means RETRY, in it UNCERTAIN.
 *  4. A recipient's outcome stands once one is known; the replies still to come to pipelined commands do not change it.
 *  5. Events go up from on_io, the timer and the last close callback only, never from inside a call down.
 *  6. No reply is taken for an answer to a command that has not left, or was written since the chunk in hand was read:
 *     what the server says too early is not an answer. A 421 is, at any time: the server hangs up.
 *  7. State BODY is entered with a permit only, so no byte of a body leaves without one.
 *
 * Pipelining (RFC 2920). When offered, RSET (if a transaction was left open), MAIL, RCPT and DATA go out in one write,
 * and the body with its dot and the envelope of the next job, if that is there already, in a second: one round trip a
 * message in the steady state. DATA joins them, and a second job is taken, only until the first refusal on a
 * connection, since Postfix counts two errors for a refused RCPT with a DATA behind it, delays every reply after 10
 * errors and hangs up at 20. (Several recipients are worth it: only when all are refused is that DATA an error.) After
 * SMTP_REFUSALS_MAX refusals we QUIT, so that a new connection starts at none; when recipients in one write are still
 * to be answered we hang up instead, since the answers would come a second each and none after the 20th error: those
 * that were not refused go out again at once. "Too many recipients" is not counted: Postfix does not either. A server
 * that says 354 although the recipient was refused gets a lone dot (RFC 2920 3.1); the empty message has nobody to go
 * to. If it refused MAIL and took RCPT the connection is closed instead, as the empty message would have.
 */
#ifndef GB_DELIVER_SMTP_SESSION_PRIVATE_H
#define GB_DELIVER_SMTP_SESSION_PRIVATE_H

#include <uv.h>

#include "deliver/outcome.h"
#include "deliver/smtp_output.h"
#include "deliver/smtp_policy.h"
#include "deliver/smtp_reply.h"
#include "deliver/smtp_session.h"

/* A job in hand. */
struct hand {
    const struct smtp_job *job; /* NULL: none, and all else is zero */
    bool decided;               /* all of its recipients are */
    bool permitted;             /* its body may go out */
    unsigned written;           /* SMTP_TO of its commands already in, or past, `out`; RCPT: the first of them */
    int at;                     /* the recipient whose RCPT is written or answered next */
    int asked;                  /* the RCPTs of those before this one are written */
    int taken;                  /* recipients that got a 2xx */
    int most;                   /* how many the server takes, as it showed; 0: it did not */
};

struct smtp_session {
    const struct smtp_session_config *config;
    struct smtp_session_events events;
    void *ctx;
    const struct smtp_wire_ops *ops;
    struct smtp_wire *wire; /* NULL once closed */
    uv_timer_t timer;
    enum smtp_state state;
    struct smtp_caps caps;

    bool quitting;    /* leave after what is in hand */
    bool hangs_up;    /* and without QUIT: an envelope has left that nobody will finish */
    bool send_failed; /* the wire took no more; what the server said last is still read */
    bool has_worked;  /* a delivery was taken */
    int refusals;     /* replies 4xx and 5xx on this connection */
    int messages;     /* jobs done on this connection */

    struct hand now;    /* the conversation is about this one */
    struct hand next;   /* only when there is one in `now` */
    int recipients_max; /* of the job that ended last */
    bool transaction;   /* MAIL was accepted and nothing has ended it: RSET before the next */
    bool body_begun;    /* a byte of the body of `now` has left */
    bool wrote;         /* a command was written since the chunk in hand was read */
    bool is_early;      /* a byte of the reply in hand came before its command had left */

    bool has_why;
    struct outcome why; /* what closed us, if not in good order */

    struct smtp_reply_parser parser;
    struct smtp_output out;
};

/* smtp_dialog.c */
/* Those of its recipients without an outcome get this one. */
void session_decide(struct hand *hand, const struct outcome *outcome, bool is_untouched);
void session_check(const struct smtp_session *s);
/* Change the state: checks the table, arms the state's timer, writes its command. */
void session_enter(struct smtp_session *s, enum smtp_state state);
/* The state's time-out begins anew. */
void session_arm(struct smtp_session *s);
/* Start on the job in `now`, which stands idle or has its envelope written already. */
void session_begin(struct smtp_session *s);
/* Where the dot of the body under way is in the buffer already: the envelope of the next job behind it, if it fits. */
void session_put_ahead(struct smtp_session *s);
/* End it: `how` it ends is for the jobs in hand, which get their outcomes when the timer's handle has closed. */
void session_close(struct smtp_session *s, enum smtp_break how, const struct outcome *why);
void session_break(struct smtp_session *s, enum smtp_break how, const char *detail);
/* The verdict is known and the connection in step: over to the owner, and on to the next job or to QUIT. */
void session_finish(struct smtp_session *s);
void session_take_reply(struct smtp_session *s, const struct smtp_reply *r);

/* smtp_session.c */
void session_on_timer(uv_timer_t *timer);
void session_on_timer_closed(uv_handle_t *h);

#endif
