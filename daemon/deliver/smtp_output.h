/*
 * What an SMTP session has to say and has not said yet: commands and dot-stuffed bodies in one buffer of fixed size.
 *
 * Called by the session only; no I/O. Invariant: bytes are added behind those that wait, the buffer is emptied only
 * when all of it has been sent, and it never moves: OpenSSL wants the same bytes at the same address after a send that
 * would block.
 */
#ifndef GB_DELIVER_SMTP_OUTPUT_H
#define GB_DELIVER_SMTP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/smtp_encode.h"
#include "deliver/smtp_state.h"

struct smtp_caps;
struct smtp_job;

/* A usual letter of 16 kB, its dot and the envelope of the next fit: one write. So does the largest envelope. */
enum { SMTP_OUTPUT_BYTES = 65536 };

struct smtp_output {
    struct smtp_stuffer stuffer;  /* the body under way */
    size_t end[SMTP_STATE_COUNT]; /* where in `bytes` a state's command ends (DOT: the final dot; RCPT: the one whose
                                     reply is awaited); 0 = none there */
    size_t len;
    size_t sent;
    char bytes[SMTP_OUTPUT_BYTES]; /* the first `len` count; not initialised */
};

void smtp_output_init(struct smtp_output *out);
void smtp_output_check(const struct smtp_output *out);
bool smtp_output_has_unsent(const struct smtp_output *out);
/* Has the command of `state` (DOT: the final dot) wholly been sent? Also true when there is none. */
bool smtp_output_has_left(const struct smtp_output *out, enum smtp_state state);
/* Has the final dot of the body under way been put into the buffer? */
bool smtp_output_has_dot(const struct smtp_output *out);
/* Is there room for one more group of commands (RSET, MAIL, RCPT for all of the job's recipients, DATA)? Makes it, when
 * all has been sent. `job` may be NULL: without recipients. */
bool smtp_output_make_room(struct smtp_output *out, const struct smtp_job *job);
/* Is `state` one of those that begin with a command? */
bool smtp_output_is_command(enum smtp_state state);
/* The command of a state other than RCPT; `job` (NULL for those without one) and `caps` fill it in. Only after
 * make_room said yes, once a group. */
void smtp_output_command(struct smtp_output *out, enum smtp_state command, const struct smtp_job *job,
                         const struct smtp_caps *caps);
/* RCPT for one recipient; the others of the group directly behind it. `is_first`: its reply is the next of RCPT's. */
void smtp_output_rcpt(struct smtp_output *out, const char *address, bool is_first);
/* The RCPT awaited is now the one for this recipient, which stands behind the last one awaited or is gone long since.
 */
void smtp_output_next_rcpt(struct smtp_output *out, const char *address);
/* `data` is borrowed until the body has ended. */
void smtp_output_begin_body(struct smtp_output *out, const char *data, size_t len);
/* The next block of the body; all before it must have been sent. */
void smtp_output_next_block(struct smtp_output *out);

#endif
