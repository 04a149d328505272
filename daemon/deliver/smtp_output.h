/*
 * What an SMTP session has to say and has not said yet: commands and dot-stuffed bodies in one buffer of fixed size.
 *
 * Called by the session only; no I/O. Invariant: the buffer is emptied only when all of it has been sent, and never
 * moves: OpenSSL wants the same bytes at the same address after a send that would block.
 */
#ifndef GB_DELIVER_SMTP_OUTPUT_H
#define GB_DELIVER_SMTP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/smtp_encode.h"
#include "deliver/smtp_state.h"

struct smtp_caps;
struct smtp_job;

enum { SMTP_OUTPUT_BYTES = 32768 };

struct smtp_output {
    struct smtp_stuffer stuffer; /* the body under way */
    size_t len;
    size_t sent;
    char bytes[SMTP_OUTPUT_BYTES]; /* the first `len` count; not initialised */
};

void smtp_output_init(struct smtp_output *out);
void smtp_output_check(const struct smtp_output *out);
bool smtp_output_has_unsent(const struct smtp_output *out);
/* Is `state` one of those that begin with a command? */
bool smtp_output_is_command(enum smtp_state state);
/* The command of a state; `job` (NULL for those without one) and `caps` fill it in. All commands of a group fit: two
 * addresses of SMTP_ADDRESS_BYTES and fixed words. */
void smtp_output_command(struct smtp_output *out, enum smtp_state command, const struct smtp_job *job,
                         const struct smtp_caps *caps);
/* `data` is borrowed until the body has ended. */
void smtp_output_begin_body(struct smtp_output *out, const char *data, size_t len);
/* All has been sent: make room for what follows. */
void smtp_output_clear(struct smtp_output *out);
/* The next block of the body, into an empty buffer. */
void smtp_output_next_block(struct smtp_output *out);

#endif
