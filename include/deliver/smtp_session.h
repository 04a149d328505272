/*
 * One SMTP conversation with a relay: connects, takes one message after the other, says goodbye.
 *
 * Called by the outbox (and tests/lib/tools/smtp_send.c). One recipient per message. The order of things:
 *
 *   start ─► on_ready ─► send ─► on_outcome ─► (the owner records it durably) ─► send ─► on_outcome ─► … ─► on_closed
 *
 * on_ready comes once, when the connection stands; after each on_outcome smtp_session_is_ready() says whether the
 * session takes another job, or is leaving. on_closed is always the last event and always comes; the session is freed
 * after it.
 *
 * Promises: each job sent gets exactly one outcome. SENT only after a 2xx to the final dot; never RETRY once the final
 * dot has wholly left us and no refusal came (then UNCERTAIN). No function calls back from inside; in a callback every
 * function may be called. A message or address that could break out of the dialogue is never sent
 * (deliver/smtp_encode.h).
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

/* Replies 4xx and 5xx on one connection, after which the session says QUIT: Postfix delays every reply after 10. */
enum { SMTP_REFUSALS_MAX = 8 };

struct smtp_session_config {
    struct smtp_wire_config wire;
    int64_t timeout_ms[SMTP_STATE_COUNT]; /* by state; 0 = the table's */
    int max_messages;                     /* per connection, then QUIT; 0 = no limit */
};

/* `data`: the whole message with CRLF line ends, 7-bit unless smtputf8, not dot-stuffed. */
struct smtp_job {
    const char *mail_from; /* "" = the null sender */
    const char *rcpt_to;
    bool smtputf8; /* an address or a header is above ASCII */
    const char *data;
    size_t len;
    void *owner; /* not touched */
};

struct smtp_session_events {
    void (*on_ready)(struct smtp_session *s, void *ctx);
    void (*on_outcome)(struct smtp_session *s, const struct smtp_job *job, const struct outcome *outcome, void *ctx);
    /* `why`: NULL after a QUIT in good order (asked for, idle, max_messages, SMTP_REFUSALS_MAX refusals), else what
     * ended it: OUTCOME_RETRY or OUTCOME_OUR_FAULT (or OUTCOME_UNCERTAIN, the lost job's). Valid during the call. */
    void (*on_closed)(struct smtp_session *s, const struct outcome *why, void *ctx);
};

/* Begins to connect. Never NULL. `net` goes to wire->open. */
struct smtp_session *smtp_session_start(struct uv_loop_s *loop, const struct smtp_wire_ops *wire, void *net,
                                        const struct smtp_session_config *config,
                                        const struct smtp_session_events *events, void *ctx);
/* May smtp_session_send be called now? */
bool smtp_session_is_ready(const struct smtp_session *s);
/* Send one message; only when ready. A job that may not be sent gets its outcome in the next turn of the loop. */
void smtp_session_send(struct smtp_session *s, const struct smtp_job *job);
/* Finish the job in flight, if any, then QUIT and close. Harmless when repeated. */
void smtp_session_quit(struct smtp_session *s);
/* Close now. A job in flight gets RETRY, or UNCERTAIN when the final dot has left. */
void smtp_session_abort(struct smtp_session *s);
/* What the server offered; valid from on_ready to on_closed. */
const struct smtp_caps *smtp_session_caps(const struct smtp_session *s);

#endif
