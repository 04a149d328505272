/* The buffer of a session's output; the contract is in smtp_output.h. */
#include "deliver/smtp_output.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "deliver/smtp_policy.h"
#include "deliver/smtp_session.h"

enum {
    GROUP_BYTES = SMTP_ADDRESS_BYTES + 128, /* the sender and the fixed words of RSET, MAIL and DATA */
    RCPT_BYTES = sizeof "RCPT TO:<>\r\n" - 1,
};

_Static_assert(GROUP_BYTES + SMTP_RECIPIENTS_MAX * (SMTP_ADDRESS_BYTES + RCPT_BYTES) <= SMTP_OUTPUT_BYTES,
               "an envelope always fits into an empty buffer");

void smtp_output_init(struct smtp_output *out)
{
    memset(out, 0, offsetof(struct smtp_output, bytes));
}

void smtp_output_check(const struct smtp_output *out)
{
    assert(out->sent <= out->len && out->len <= SMTP_OUTPUT_BYTES);
}

bool smtp_output_has_unsent(const struct smtp_output *out)
{
    return out->sent < out->len;
}

bool smtp_output_has_left(const struct smtp_output *out, enum smtp_state state)
{
    return out->sent >= out->end[state];
}

bool smtp_output_has_dot(const struct smtp_output *out)
{
    return out->stuffer.ended;
}

static void clear(struct smtp_output *out)
{
    assert(!smtp_output_has_unsent(out));
    out->len = 0;
    out->sent = 0;
    memset(out->end, 0, sizeof out->end);
}

bool smtp_output_make_room(struct smtp_output *out, const struct smtp_job *job)
{
    size_t bytes = GROUP_BYTES;
    if (!smtp_output_has_unsent(out))
        clear(out);
    for (int i = 0; job && i < job->to_count; i++)
        if (!job->to[i].is_barred)
            bytes += RCPT_BYTES + strlen(job->to[i].address);
    return SMTP_OUTPUT_BYTES - out->len >= bytes;
}

bool smtp_output_is_command(enum smtp_state state)
{
    const unsigned commands =
        SMTP_TO(RSET) | SMTP_TO(MAIL) | SMTP_TO(RCPT) | SMTP_TO(DATA) | SMTP_TO(CANCEL) | SMTP_TO(QUIT);
    return (commands & (1U << state)) != 0;
}

void smtp_output_command(struct smtp_output *out, enum smtp_state command, const struct smtp_job *job,
                         const struct smtp_caps *caps)
{
    char *at = out->bytes + out->len;
    size_t room = SMTP_OUTPUT_BYTES - out->len;
    int n = 0;
    switch (command) {
    case SMTP_STATE_MAIL:
        n = snprintf(at, room, "MAIL FROM:<%s>", job->mail_from);
        if (caps->size)
            n += snprintf(at + n, room - (size_t)n, " SIZE=%zu", job->len);
        n += snprintf(at + n, room - (size_t)n, "%s\r\n", job->smtputf8 ? " BODY=8BITMIME SMTPUTF8" : "");
        break;
    case SMTP_STATE_CANCEL:
        n = snprintf(at, room, ".\r\n");
        break;
    default: /* RSET, DATA, QUIT: the command is the word of the step */
        n = snprintf(at, room, "%s\r\n", smtp_state_word(command));
        break;
    }
    assert(n > 0 && (size_t)n < room); /* GROUP_BYTES is enough */
    out->len += (size_t)n;
    out->end[command] = out->len;
}

void smtp_output_rcpt(struct smtp_output *out, const char *address, bool is_first)
{
    size_t room = SMTP_OUTPUT_BYTES - out->len;
    int n = snprintf(out->bytes + out->len, room, "RCPT TO:<%s>\r\n", address);
    assert(n > 0 && (size_t)n < room);
    out->len += (size_t)n;
    if (is_first)
        out->end[SMTP_STATE_RCPT] = out->len;
}

void smtp_output_next_rcpt(struct smtp_output *out, const char *address)
{
    if (out->end[SMTP_STATE_RCPT] > 0)
        out->end[SMTP_STATE_RCPT] += RCPT_BYTES + strlen(address);
}

void smtp_output_begin_body(struct smtp_output *out, const char *data, size_t len)
{
    smtp_stuffer_init(&out->stuffer, data, len);
}

void smtp_output_next_block(struct smtp_output *out)
{
    assert(!out->stuffer.ended);
    clear(out);
    out->len = smtp_stuffer_next(&out->stuffer, out->bytes, SMTP_OUTPUT_BYTES);
    if (out->stuffer.ended)
        out->end[SMTP_STATE_DOT] = out->len;
}
