/*
 * The one place that decides what a reply or a failure means for a delivery (RFC 5321 4.2.1, 4.3.2; RFC 3463).
 *
 * Called by the session and the wire. Pure functions over tables; any thread.
 *
 *   reply            MAIL        RCPT                        DATA, final dot
 *   2xx              goes on     goes on                     SENT (final dot only)
 *   421              RETRY       RETRY                       RETRY
 *   other 4xx        OUR_FAULT   RETRY                       RETRY
 *   5xx about us     OUR_FAULT   OUR_FAULT                   OUR_FAULT
 *   other 5xx        OUR_FAULT   FAILED, this recipient      FAILED
 *   anything else    as a broken protocol
 *
 *   failure (closed, lost, no answer, broken protocol): RETRY until the final dot has wholly left us, then UNCERTAIN.
 *
 *   UNTOUCHED instead of RETRY, before the first byte of the body has left: when we ourselves end the connection, and
 *   when one on which a delivery was taken is closed, lost or ends with 421 (a server's limit of messages per
 *   connection looks so); also on a new one when several recipients share the envelope, whose number may be why. The
 *   delivery behind the one in hand is always UNTOUCHED.
 *
 * "Too many recipients" (452 or 552, RFC 5321 4.5.3.1.10) after one was taken: UNTOUCHED, the transaction goes on.
 *
 * "About us" (login, sender, policy, syntax, size, content) is STATUS_MAP and CODE_MAP in smtp_policy.c. A server that
 * hides that behind a bare 550 at RCPT cannot be told from a dead mailbox; the owner of many deliveries sees the
 * pattern.
 */
#ifndef GB_DELIVER_SMTP_POLICY_H
#define GB_DELIVER_SMTP_POLICY_H

#include <stdbool.h>

#include "deliver/outcome.h"
#include "deliver/smtp_state.h"

struct smtp_reply;

/* How a conversation breaks. identifier, words */
#define SMTP_BREAK_MAP(X)                         \
    X(CLOSED, "the server closed the connection") \
    X(LOST, "the connection was lost")            \
    X(TIMEOUT, "no answer in time")               \
    X(PROTOCOL, "the server broke the protocol")  \
    X(HELD, "we could not send the body in time") \
    X(TIRED, "too many refusals on a connection") \
    X(ABORTED, "stopped by us")

enum smtp_break {
#define SMTP_BREAK_ENUM(id, words) SMTP_BREAK_##id,
    SMTP_BREAK_MAP(SMTP_BREAK_ENUM)
#undef SMTP_BREAK_ENUM
};

/* How a connection fails to come about. identifier, outcome when the server gave no reply that decides */
#define SMTP_CONNECT_FAILURE_MAP(X)                                              \
    X(NETWORK, RETRY)   /* no address, refused, lost, no answer */               \
    X(REFUSED, RETRY)   /* the server said so: its code decides */               \
    X(LOGIN, OUR_FAULT) /* login refused or not offered; 4xx: try again later */ \
    X(TLS, OUR_FAULT)   /* certificate, no STARTTLS */                           \
    X(CONFIG, OUR_FAULT)

enum smtp_connect_failure {
#define SMTP_CONNECT_ENUM(id, kind) SMTP_CONNECT_##id,
    SMTP_CONNECT_FAILURE_MAP(SMTP_CONNECT_ENUM)
#undef SMTP_CONNECT_ENUM
};

/* The outcome that a 2xx to the final dot, or a 4xx or 5xx in any state, decides. Any other code is a broken protocol
 * and the caller's to see first (asserted). */
void smtp_policy_reply(enum smtp_state state, const struct smtp_reply *reply, struct outcome *out);
/* The conversation broke while a reply in `state` was awaited. `detail` (may be NULL) is added in brackets. */
void smtp_policy_break(enum smtp_state state, enum smtp_break why, const char *detail, struct outcome *out);
/* Is the job in `state` UNTOUCHED by this (421: CLOSED)? `may_be_limit`: the server may have ended the connection for
 * its number of deliveries or of recipients. */
bool smtp_policy_is_untouched(enum smtp_state state, enum smtp_break why, bool may_be_limit);
/* Does a refusal at RCPT only say that the envelope has as many recipients as the server takes? */
bool smtp_policy_is_too_many(const struct smtp_reply *reply);
/* No connection. `reply` is the server's last refusal, NULL when it gave none; `words` (UTF-8, may be NULL) say more.
 */
void smtp_policy_connect(enum smtp_connect_failure failure, const struct smtp_reply *reply, const char *words,
                         struct outcome *out);
/* Refused by us, before a byte was sent. `words` are ours. */
void smtp_policy_local(enum outcome_kind kind, const char *words, struct outcome *out);

#endif
