/* A relay without a network; the contract is in lib/fake_relay.h. */
#include "lib/fake_relay.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/mem.h"

enum { FAKE_BYTES = 1 << 24 };

struct smtp_wire {
    struct fake_relay *f;
};

void fake_relay_init(struct fake_relay *f)
{
    memset(f, 0, sizeof *f);
    f->caps = (struct smtp_caps){.pipelining = true, .size = true, .smtputf8 = true};
    buf_init(&f->seen, FAKE_BYTES);
    buf_init(&f->in, FAKE_BYTES);
    buf_init(&f->out, FAKE_BYTES);
}

void fake_relay_fini(struct fake_relay *f)
{
    buf_fini(&f->seen);
    buf_fini(&f->in);
    buf_fini(&f->out);
}

/* --- the server ----------------------------------------------------------------------------------------------------
 */

void fake_relay_say(struct fake_relay *f, const char *text)
{
    if (strcmp(text, "!") == 0)
        f->hung_up = true;
    else if (text[0] == '\0')
        f->mute = true;
    else if (!f->mute && f->errors_max > 0 && (text[0] == '4' || text[0] == '5') && f->errors++ >= f->errors_max) {
        f->errors_max = 0;
        fake_relay_say(f, "421 4.7.0 too many errors\r\n");
        f->hung_up = true;
    } else if (!f->mute) {
        buf_adds(&f->out, text);
        f->said += strlen(text);
    }
}

/* The table's reply, or NULL for the usual. */
static const char *reply_to(const struct fake_relay *f, enum smtp_state state)
{
    if (f->is_odd && f->odd_replies[state])
        return f->odd_replies[state];
    return f->usual_first > 0 ? NULL : f->replies[state];
}

static void answer(struct fake_relay *f, enum smtp_state state, const char *usual)
{
    const char *reply = reply_to(f, state);
    fake_relay_say(f, reply ? reply : usual);
}

static const char *reply_to_rcpt(const struct fake_relay *f, bool is_odd, bool is_bad)
{
    const char *reply = NULL;
    if (is_odd && f->odd_replies[SMTP_STATE_RCPT])
        reply = f->odd_replies[SMTP_STATE_RCPT];
    else if (f->usual_first == 0 && (f->rcpt_nth == 0 || f->rcpt_nth == f->rcpts))
        reply = f->replies[SMTP_STATE_RCPT];
    if (!f->has_mail)
        return reply ? reply : "503 5.5.1 MAIL first\r\n";
    if (is_bad && f->rcpt_refusal)
        return f->rcpt_refusal;
    if (f->rcpt_limit > 0 && f->taken_count >= f->rcpt_limit)
        return f->full ? f->full : "452 4.5.3 too many recipients\r\n";
    return reply ? reply : "250 2.1.5 Ok\r\n";
}

static void take_rcpt(struct fake_relay *f, const char *line)
{
    const char *address = strchr(line, '<') + 1;
    bool is_bad = strncmp(address, "bad", 3) == 0;
    bool is_odd = f->odd && strstr(address, f->odd) != NULL;
    int mail = (int)strtol(address + (is_bad ? 3 : 0), NULL, 10);
    assert(mail >= 0 && mail < FAKE_MAILS_MAX);
    f->rcpts++;
    f->is_odd = f->is_odd || is_odd;
    const char *reply = reply_to_rcpt(f, is_odd, is_bad);
    fake_relay_say(f, reply);
    if (reply[0] != '2' || f->hung_up)
        return;
    f->taken_to[f->taken_count++] = mail;
    f->most_rcpts = f->taken_count > f->most_rcpts ? f->taken_count : f->most_rcpts;
}

static void take_data(struct fake_relay *f)
{
    const char *reply = reply_to(f, SMTP_STATE_DATA);
    if (!reply && f->taken_count == 0 && !f->data_always)
        reply = "554 5.5.1 No valid recipients\r\n";
    if (!reply)
        reply = "354 Go ahead\r\n";
    fake_relay_say(f, reply);
    f->in_body = strncmp(reply, "354", 3) == 0;
    f->last_body = 0;
    f->body_begun = false;
}

static void take_command(struct fake_relay *f, const char *line)
{
    if (strncmp(line, "MAIL", 4) == 0) {
        assert(!f->has_mail);
        f->is_odd = false;
        f->rcpts = f->taken_count = 0;
        const char *reply = reply_to(f, SMTP_STATE_MAIL);
        answer(f, SMTP_STATE_MAIL, "250 2.1.0 Ok\r\n");
        f->has_mail = !reply || reply[0] == '2';
    } else if (strncmp(line, "RCPT", 4) == 0) {
        take_rcpt(f, line);
    } else if (strcmp(line, "DATA\r\n") == 0) {
        take_data(f);
    } else if (strcmp(line, "RSET\r\n") == 0) {
        f->has_mail = false;
        answer(f, SMTP_STATE_RSET, "250 2.0.0 Ok\r\n");
    } else if (strcmp(line, "QUIT\r\n") == 0) {
        answer(f, SMTP_STATE_QUIT, "221 2.0.0 Bye\r\n");
        f->hung_up = true;
    } else {
        abort(); /* a command that nobody should send */
    }
}

/* A body up to its dot, if that has come. */
static bool take_body(struct fake_relay *f)
{
    f->bodies += !f->body_begun && f->in.len > 0 && f->taken_count > 0;
    f->body_begun = f->body_begun || f->in.len > 0;
    if (f->body_reply && f->last_body == 0 && f->in.len > 0)
        fake_relay_say(f, f->body_reply);
    f->last_body = f->in.len > 0 ? f->in.len : f->last_body;
    const char *end = f->in.len >= 3 && memcmp(f->in.data, ".\r\n", 3) == 0 ? f->in.data : NULL;
    size_t skip = 3;
    if (!end && f->in.len > 0) {
        end = memmem(f->in.data, f->in.len, "\r\n.\r\n", 5);
        skip = 5;
    }
    if (!end)
        return false;
    f->last_body = (size_t)(end - f->in.data) + skip;
    buf_consume(&f->in, f->last_body);
    buf_adds(&f->seen, f->last_body == 3 ? ".\r\n" : "[body]\r\n");
    f->in_body = false;
    f->has_mail = false;
    for (int i = 0; i < f->taken_count; i++)
        f->dots[f->taken_to[i]]++;
    const char *reply = reply_to(f, SMTP_STATE_DOT);
    answer(f, SMTP_STATE_DOT, f->taken_count > 0 ? "250 2.0.0 Queued\r\n" : "554 5.5.1 No valid recipients\r\n");
    if (f->taken_count > 0 && (!reply || reply[0] == '2')) {
        f->ack_at = f->out.len;
        f->acked_count = f->taken_count;
        memcpy(f->acked, f->taken_to, sizeof f->acked);
    }
    f->taken_count = 0;
    f->usual_first -= f->usual_first > 0;
    return true;
}

static bool take_line(struct fake_relay *f)
{
    char line[1000];
    const char *end = f->in.len > 0 ? memchr(f->in.data, '\n', f->in.len) : NULL;
    if (!end)
        return false;
    size_t n = (size_t)(end - f->in.data) + 1;
    assert(n < sizeof line);
    memcpy(line, f->in.data, n);
    line[n] = '\0';
    buf_add(&f->seen, line, n);
    buf_consume(&f->in, n);
    take_command(f, line);
    assert(f->caps.pipelining || f->in.len == 0);
    return true;
}

static void serve(struct fake_relay *f)
{
    while (!f->hung_up && (f->in_body ? take_body(f) : take_line(f)))
        ;
}

/* --- the wire ------------------------------------------------------------------------------------------------------
 */

static struct smtp_wire *fake_open(void *net, const struct smtp_wire_config *config,
                                   const struct smtp_wire_events *events, void *ctx)
{
    (void)config;
    struct smtp_wire *w = xcalloc(1, sizeof *w);
    w->f = net;
    w->f->events = events;
    w->f->ctx = ctx;
    return w;
}

/* Does the countdown hit this operation? Then *rc is its result. */
static bool fails(struct fake_relay *f, long *rc)
{
    if (f->dead)
        *rc = UV_ECONNRESET;
    else if (f->countdown == 0 || --f->countdown > 0)
        return false;
    else if (f->fault == FAKE_DEAF) {
        f->fired = true;
        f->is_deaf = true;
        return false;
    } else {
        f->fired = true;
        f->dead = f->fault != FAKE_AGAIN;
        *rc = f->fault == FAKE_EOF ? 0 : f->fault == FAKE_RESET ? UV_ECONNRESET : UV_EAGAIN;
    }
    return true;
}

static long fake_send(struct smtp_wire *w, const char *data, size_t n)
{
    struct fake_relay *f = w->f;
    long rc = 0;
    assert(n > 0);
    f->sends++;
    assert(!f->again_data || (f->again_data == data && n >= f->again_len));
    f->again_data = NULL;
    if (fails(f, &rc)) {
        if (rc == UV_EAGAIN) {
            f->again_data = data;
            f->again_len = n;
        }
        return rc == 0 ? UV_EPIPE : rc;
    }
    if (f->hung_up || f->is_deaf)
        return UV_EPIPE;
    if (f->room > 0 && n > f->room - f->taken)
        n = f->room - f->taken;
    if (n == 0)
        return UV_EAGAIN;
    if (f->in_body && f->body_room > 0 && f->in.len >= f->body_room)
        return UV_EAGAIN;
    if (f->chunk > 0 && n > f->chunk)
        n = f->chunk;
    f->taken += n;
    buf_add(&f->in, data, n);
    serve(f);
    return (long)n;
}

static long fake_recv(struct smtp_wire *w, char *data, size_t n)
{
    struct fake_relay *f = w->f;
    long rc = 0;
    f->recvs++;
    if (fails(f, &rc))
        return rc;
    if (f->out.len == 0)
        return f->hung_up ? 0 : UV_EAGAIN;
    if (n > f->out.len)
        n = f->out.len;
    if (f->chunk > 0 && n > f->chunk)
        n = f->chunk;
    memcpy(data, f->out.data, n);
    buf_consume(&f->out, n);
    if (f->acked_count > 0 && f->ack_at <= n) {
        for (int i = 0; i < f->acked_count; i++)
            f->acks[f->acked[i]]++;
        f->acked_count = 0;
    }
    f->ack_at -= f->acked_count > 0 ? n : 0;
    return (long)n;
}

static void fake_want_write(struct smtp_wire *w, bool on)
{
    w->f->wants_write = on;
}

static void fake_close(struct smtp_wire *w)
{
    assert(!w->f->closed);
    w->f->closed = true;
    free(w);
}

const struct smtp_wire_ops *fake_relay_ops(void)
{
    static const struct smtp_wire_ops ops = {
        .open = fake_open, .send = fake_send, .recv = fake_recv, .want_write = fake_want_write, .close = fake_close};
    return &ops;
}

void fake_relay_tick(struct fake_relay *f)
{
    if (f->closed)
        return;
    if (!f->open) {
        f->open = true;
        if (f->connect_failure)
            f->events->on_fail(f->connect_failure, f->ctx);
        else
            f->events->on_open(&f->caps, f->ctx);
        return;
    }
    bool is_readable = f->hides ? f->said > f->shown : f->out.len > 0;
    f->shown = f->said;
    if (is_readable || f->hung_up || f->dead || f->is_deaf || f->wants_write)
        f->events->on_io(f->ctx);
}
