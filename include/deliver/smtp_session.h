/*
 * One SMTP conversation with a relay: connects, takes one message after the other, says goodbye.
 *
 * Called by the outbox (and tests/lib/tools/smtp_send.c). A message has one recipient, or up to SMTP_RECIPIENTS_MAX,
 * which share one transaction: MAIL, RCPT for each, DATA, one body. The order of things:
 *
 *   start ─► on_ready ─► send A, permit ─► send B ─► on_outcome A ─► (A is recorded durably) permit ─► send C ─► … ─►
 *            on_closed
 *
 * on_ready comes once, when the connection stands. Up to two jobs are in hand where the server pipelines: the envelope
 * of B travels in one write behind the body of A, so that a letter costs one write and one read. The body of a job
 * waits for its permit: that is how the owner bounds how many deliveries have left and are not recorded. Whoever wants
 * one job at a time calls send and permit when the session is ready. on_closed is always the last event and always
 * comes; the session is freed after it.
 *
 * Promises: each recipient of a job sent gets exactly one outcome, and the job one on_outcome, in the order of the
 * jobs. SENT only after a 2xx to the final dot; never RETRY or UNTOUCHED once the final dot has wholly left us and no
 * refusal came (then UNCERTAIN); no byte of a body leaves without its permit. No function calls back from inside; in a
 * callback every function may be called. A message or address that could break out of the dialogue is never sent
 * (deliver/smtp_encode.h).
 *
 * Several recipients: who is refused at RCPT has that as outcome, what is said after it is for those who were taken.
 * "Too many recipients" leaves the rest UNTOUCHED; so does a session that has met SMTP_REFUSALS_MAX refusals with
 * recipients still to ask, and a connection that ends before the body, since their number may be why: the next envelope
 * should have fewer (smtp_session_recipients_max).
 *
 * Ownership: config, wire ops and net are borrowed until on_closed; a job and its texts until its on_outcome.
 * Threads: the loop's only. Limits: buffers of fixed size; all waits have a time-out of their own
 * (deliver/smtp_state.h). It never retries, never opens a second connection, and logs at debug level only, without
 * addresses.
 */
#ifndef GB_DELIVER_SMTP_SESSION_H
#define GB_DELIVER_SMTP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/smtp_state.h"
#include "deliver/smtp_wire.h"

struct uv_loop_s;
struct outcome;
struct smtp_session;

enum {
    /* Replies 4xx and 5xx on one connection, after which the session leaves: Postfix delays every reply after 10. */
    SMTP_REFUSALS_MAX = 8,
    /* Of one job. RFC 5321 4.5.3.1.8: every server takes 100. */
    SMTP_RECIPIENTS_MAX = 100,
};

struct smtp_session_config {
    struct smtp_wire_config wire;
    int64_t timeout_ms[SMTP_STATE_COUNT]; /* by state; 0 = the table's */
    int max_messages;                     /* per connection, then QUIT; 0 = no limit */
};

/* Is filled in by the owner but for the flags, which are the session's. */
struct smtp_recipient {
    const char *address;
    struct outcome *outcome; /* the owner's memory; valid when on_outcome comes */
    bool is_decided;         /* `outcome` is known */
    bool is_barred;          /* cannot be sent: is not asked for */
    bool is_taken;           /* the server took the address, whatever became of the message */
};

/* `data`: the whole message with CRLF line ends, 7-bit unless smtputf8, not dot-stuffed. */
struct smtp_job {
    const char *mail_from; /* "" = the null sender */
    struct smtp_recipient *to;
    int to_count;  /* 1 to SMTP_RECIPIENTS_MAX */
    bool smtputf8; /* an address or a header is above ASCII */
    const char *data;
    size_t len;
};

struct smtp_session_events {
    void (*on_ready)(struct smtp_session *s, void *ctx);
    /* The job has ended: every recipient has its outcome. */
    void (*on_outcome)(struct smtp_session *s, const struct smtp_job *job, void *ctx);
    /* `why`: NULL after a QUIT in good order (asked for, idle, max_messages, SMTP_REFUSALS_MAX refusals), else what
     * ended it: OUTCOME_RETRY or OUTCOME_OUR_FAULT (or OUTCOME_UNCERTAIN, the lost job's), never UNTOUCHED. Valid
     * during the call. */
    void (*on_closed)(struct smtp_session *s, const struct outcome *why, void *ctx);
};

/* Begins to connect. Never NULL. `net` goes to wire->open. */
struct smtp_session *smtp_session_start(struct uv_loop_s *loop, const struct smtp_wire_ops *wire, void *net,
                                        const struct smtp_session_config *config,
                                        const struct smtp_session_events *events, void *ctx);
/* Does the connection stand with nothing in hand? */
bool smtp_session_is_ready(const struct smtp_session *s);
/* May smtp_session_send be called now? When ready, and where the server pipelines and has refused nothing on this
 * connection, with one job in hand, unless the session is leaving. */
bool smtp_session_has_room(const struct smtp_session *s);
/* Send one message; only with room. Its envelope goes out as early as it can, its body after its permit. A job that may
 * not be sent gets its outcomes in a later turn of the loop. */
void smtp_session_send(struct smtp_session *s, const struct smtp_job *job);
/* Is there a job in hand whose body may not go out yet? (A job that was refused needs no permit.) */
bool smtp_session_awaits_permit(const struct smtp_session *s);
/* The first such job may send its body. Nothing when there is none. When the server has said 354 and the permit does
 * not come in SMTP_STATE_PERMIT's time-out the connection is closed, and the job is UNTOUCHED. */
void smtp_session_permit(struct smtp_session *s);
/* Take back the permit that was given: no body begins before another. False when there is none to take back, since
 * the body has begun, or was never permitted. */
bool smtp_session_forbid(struct smtp_session *s);
/* The second job in hand is not to be sent after all: false when there is none, or its body is permitted. Else no
 * outcome comes for it, and the session leaves after the first one: without a goodbye where the envelope has gone
 * ahead. */
bool smtp_session_take_back(struct smtp_session *s);
/* Finish what is in hand, then QUIT and close. It still needs its permits. Harmless when repeated. */
void smtp_session_quit(struct smtp_session *s);
/* Close now. What is in hand gets UNTOUCHED; RETRY when its body has begun, UNCERTAIN when its final dot has left. */
void smtp_session_abort(struct smtp_session *s);
/* More recipients than this had better not share a job: so the server said of the one that has just ended, or it hung
 * up on twice as many. 0: it showed no limit. In on_outcome. */
int smtp_session_recipients_max(const struct smtp_session *s);
/* What the server offered; valid from on_ready to on_closed. */
const struct smtp_caps *smtp_session_caps(const struct smtp_session *s);

#endif
