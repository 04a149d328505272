/*
 * The SMTP session's struct, shared by smtp_session.c (life, input and output) and smtp_dialog.c (states and replies).
 *
 * Invariants:
 *  1. session_enter alone changes the state; it checks the table, arms that state's timer and writes its command.
 *  2. `out` is refilled only when all of it has been sent, and never moves: OpenSSL wants the same bytes at the same
 *     address after a send that would block.
 *  3. State DOT is entered when, and only when, the last byte of the final dot was taken by the wire: before it a lost
 *     connection means RETRY, in it UNCERTAIN.
 *  4. `verdict` is the job's outcome once one is known; the replies still to come to pipelined commands do not change
 * it.
 *  5. Events go up from on_io, the timer and the last close callback only, never from inside a call down.
 *  6. No reply is read before the command that it answers has left: what the server says too early is not an answer.
 *
 * Pipelining (RFC 2920). When offered, RSET (if a transaction was left open), MAIL, RCPT and DATA go out in one write,
 * and the body with its dot in a second: two round trips a message instead of four. DATA joins them only until the
 * first refusal on a connection, since Postfix counts two errors for a refused RCPT with a DATA behind it, delays every
 * reply after 10 errors and hangs up at 20. After SMTP_REFUSALS_MAX refusals we QUIT, so that a new connection starts
 * at none. A server that says 354 although the recipient was refused gets a lone dot (RFC 2920 3.1); the empty message
 * has nobody to go to. If it refused MAIL and took RCPT the connection is closed instead, as the empty message would
 * have.
 */
#ifndef GB_DELIVER_SMTP_SESSION_PRIVATE_H
#define GB_DELIVER_SMTP_SESSION_PRIVATE_H

#include <uv.h>

#include "deliver/outcome.h"
#include "deliver/smtp_output.h"
#include "deliver/smtp_policy.h"
#include "deliver/smtp_reply.h"
#include "deliver/smtp_session.h"

struct smtp_session {
    const struct smtp_session_config *config;
    struct smtp_session_events events;
    void *ctx;
    const struct smtp_wire_ops *ops;
    struct smtp_wire *wire; /* NULL once closed */
    uv_timer_t timer;
    enum smtp_state state;
    struct smtp_caps caps;

    bool quitting;    /* leave after the job in flight */
    bool send_failed; /* the wire took no more; what the server said last is still read */
    int refusals;     /* replies 4xx and 5xx on this connection */
    int messages;     /* jobs done on this connection */

    const struct smtp_job *job; /* in flight, or NULL */
    bool decided;
    struct outcome verdict; /* once decided */
    bool transaction;       /* MAIL was accepted and nothing has ended it: RSET before the next */
    bool rcpt_taken;        /* RCPT got a 2xx */
    unsigned written;       /* SMTP_TO of the commands already in, or past, `out` */
    bool wrote;             /* a command was written since the chunk in hand was read */

    bool has_why;
    struct outcome why; /* what closed us, if not in good order */

    struct smtp_reply_parser parser;
    struct smtp_output out;
};

/* smtp_dialog.c */
void session_check(const struct smtp_session *s);
/* Change the state: checks the table, arms the state's timer, writes its command. */
void session_enter(struct smtp_session *s, enum smtp_state state);
/* The state's time-out begins anew. */
void session_arm(struct smtp_session *s);
/* A command for the job in hand. */
void session_put(struct smtp_session *s, enum smtp_state command);
/* End it. The job in flight, if any, gets its outcome when the timer's handle has closed. */
void session_close(struct smtp_session *s, const struct outcome *why);
void session_break(struct smtp_session *s, enum smtp_break how, const char *detail);
/* The verdict is known and the connection in step: over to the owner, and on to the next job or to QUIT. */
void session_finish(struct smtp_session *s);
void session_take_reply(struct smtp_session *s, const struct smtp_reply *r);

/* smtp_session.c */
void session_on_timer(uv_timer_t *timer);
void session_on_timer_closed(uv_handle_t *h);

#endif
