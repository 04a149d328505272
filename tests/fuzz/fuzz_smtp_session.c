/*
 * The SMTP session between hostile mail and a hostile server: bodies and addresses of any bytes go in, to one recipient
 * or several, replies of any bytes come back at any moment, sends block or fail, permits, aborts and quits come when
 * they like, jobs are taken back.
 *
 * What leaves must be, byte for byte, a row of the pieces that the jobs allow (their envelopes and their bodies,
 * stuffed by a naive reading) and the fixed words: so nothing in a mail can become a command, and nothing that the
 * server says can make the session say it twice, out of order, or without a permit. Outcomes: one a recipient, jobs in
 * order; SENT and UNCERTAIN only when the whole body has left and the recipient was named before it, UNTOUCHED only
 * when none of it has or the recipient was refused or not named.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buf.h"
#include "base/mem.h"
#include "deliver/outcome.h"
#include "deliver/smtp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { JOBS = 4, TO_MAX = 12, WIRE_BYTES = 1 << 22, STEPS_MAX = 4000, ADDRESS_BYTES = 40 };

/* Every body begins so, and no command does. */
static const char marker[] = "Subject: ";

static const char *const replies[] = {"250 2.0.0 Ok\r\n",
                                      "250 2.0.0 Ok\r\n",
                                      "250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n354 Go ahead\r\n",
                                      "354 Go ahead\r\n",
                                      "354 Go ahead\r\n",
                                      "550 5.1.1 Unknown\r\n",
                                      "451 4.3.0 Later\r\n",
                                      "421 4.3.2 Bye\r\n",
                                      "250-more\r\n",
                                      "250 2.0.0 Queued\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n354 Go\r\n",
                                      "554 5.5.1 No valid recipients\r\n",
                                      "452 4.5.3 Too many recipients\r\n",
                                      "221 Bye\r\n"};

struct input {
    const uint8_t *at;
    size_t left;
};

struct world {
    struct input in;
    uv_loop_t loop;
    const struct smtp_wire_events *events;
    void *ctx;
    struct smtp_caps caps;
    struct smtp_session_config config;
    struct smtp_session *session;
    struct buf sent;  /* all that left */
    struct buf heard; /* said by the server and not read yet */
    size_t room;      /* bytes the wire takes before it blocks */
    size_t chunk;
    bool hung_up, fails, closed, ended, ahead;
    struct smtp_job jobs[JOBS];
    char senders[JOBS][ADDRESS_BYTES];
    struct smtp_recipient to[JOBS][TO_MAX];
    char addresses[JOBS][TO_MAX][ADDRESS_BYTES];
    int next, done, permits;
    int handed; /* as `next`, with a job that was taken back: its envelope may have left */
    struct outcome outcomes[JOBS][TO_MAX];
};

static unsigned take(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static size_t take_bytes(struct input *in, char *out, size_t n)
{
    n = n < in->left ? n : in->left;
    memcpy(out, in->at, n);
    in->at += n;
    in->left -= n;
    return n;
}

/* --- the wire ------------------------------------------------------------------------------------------------------
 */

struct smtp_wire {
    struct world *w;
};

static struct smtp_wire *wire_open(void *net, const struct smtp_wire_config *config,
                                   const struct smtp_wire_events *events, void *ctx)
{
    struct smtp_wire *wire = xmalloc(sizeof *wire);
    (void)config;
    wire->w = net;
    wire->w->events = events;
    wire->w->ctx = ctx;
    return wire;
}

static long wire_send(struct smtp_wire *wire, const char *data, size_t n)
{
    struct world *w = wire->w;
    if (w->fails)
        return UV_EPIPE;
    n = n < w->room ? n : w->room;
    n = n < w->chunk ? n : w->chunk;
    if (n == 0)
        return UV_EAGAIN;
    w->room -= n;
    buf_add(&w->sent, data, n);
    return (long)n;
}

static long wire_recv(struct smtp_wire *wire, char *data, size_t n)
{
    struct world *w = wire->w;
    if (w->heard.len == 0)
        return w->hung_up ? 0 : UV_EAGAIN;
    n = n < w->heard.len ? n : w->heard.len;
    n = n < w->chunk ? n : w->chunk;
    memcpy(data, w->heard.data, n);
    buf_consume(&w->heard, n);
    return (long)n;
}

static void wire_want_write(struct smtp_wire *wire, bool on)
{
    (void)wire;
    (void)on;
}

static void wire_close(struct smtp_wire *wire)
{
    wire->w->closed = true;
    free(wire);
}

static const struct smtp_wire_ops OPS = {
    .open = wire_open, .send = wire_send, .recv = wire_recv, .want_write = wire_want_write, .close = wire_close};

/* --- the owner -----------------------------------------------------------------------------------------------------
 */

static void send_next(struct world *w)
{
    while (w->next < JOBS && (w->ahead ? smtp_session_has_room(w->session) : smtp_session_is_ready(w->session)))
        smtp_session_send(w->session, &w->jobs[w->handed = w->next++]);
}

static void on_ready(struct smtp_session *s, void *ctx)
{
    (void)s;
    send_next(ctx);
}

static void on_outcome(struct smtp_session *s, const struct smtp_job *job, void *ctx)
{
    struct world *w = ctx;
    (void)s;
    assert(job == &w->jobs[w->done] && w->done < w->next);
    for (int i = 0; i < job->to_count; i++)
        assert(job->to[i].is_decided);
    w->done++;
    send_next(w);
}

static void on_closed(struct smtp_session *s, const struct outcome *why, void *ctx)
{
    struct world *w = ctx;
    (void)s;
    assert(!why || why->kind != OUTCOME_UNTOUCHED);
    w->ended = true;
}

/* --- what may have left --------------------------------------------------------------------------------------------
 */

static bool is_sound(const struct smtp_job *job)
{
    for (size_t i = 0; i < job->len; i++) {
        bool is_end = job->data[i] == '\r' && i + 1 < job->len && job->data[i + 1] == '\n';
        if (is_end)
            i++;
        else if (job->data[i] == '\r' || job->data[i] == '\n' || job->data[i] == '\0')
            return false;
    }
    return !strpbrk(job->mail_from, "\r\n<> ");
}

static void stuff(struct buf *out, const struct smtp_job *job)
{
    bool begins = true;
    for (size_t i = 0; i < job->len; i++) {
        if (begins && job->data[i] == '.')
            buf_adds(out, ".");
        buf_add(out, &job->data[i], 1);
        begins = job->data[i] == '\n';
    }
    buf_adds(out, begins ? ".\r\n" : "\r\n.\r\n");
}

/* Does the stream go on with this piece, whole or as far as it goes? Then that is taken. */
static bool take_piece(const char **at, const char *end, const char *piece, size_t n, bool *whole)
{
    size_t left = (size_t)(end - *at);
    *whole = left >= n;
    if (memcmp(*at, piece, *whole ? n : left) != 0)
        return false;
    *at += *whole ? n : left;
    return true;
}

static bool take_words(const char **at, const char *end, const char *words)
{
    bool whole = false;
    return take_piece(at, end, words, strlen(words), &whole);
}

/* A further recipient of the job, if the stream names one: each once, in their order, those that cannot be sent left
 * out. *named: the number after it. */
static bool take_rcpt(const struct smtp_job *job, const char **at, const char *end, int *named)
{
    for (int i = *named; i < job->to_count; i++) {
        char line[3 * ADDRESS_BYTES];
        snprintf(line, sizeof line, "RCPT TO:<%s>\r\n", job->to[i].address);
        if (strpbrk(job->to[i].address, "\r\n<> ") || !take_words(at, end, line))
            continue;
        *named = i + 1;
        return true;
    }
    return false;
}

/* Reads the stream; begun[i] and whole[i] tell of the bodies, named[i] of the recipients. */
static void read_stream(const struct world *w, bool *begun, bool *whole, int *named)
{
    const char *at = w->sent.len > 0 ? w->sent.data : "";
    const char *end = at + w->sent.len;
    int mail = -1; /* the last envelope seen */
    int bodies = 0;
    while (at < end) {
        bool taken = take_words(&at, end, "DATA\r\n") || take_words(&at, end, "RSET\r\n") ||
                     take_words(&at, end, "QUIT\r\n") || take_words(&at, end, ".\r\n");
        for (int i = mail < 0 ? 0 : mail; i <= w->handed && !taken; i++) {
            char line[3 * ADDRESS_BYTES];
            if (!is_sound(&w->jobs[i]))
                continue;
            snprintf(line, sizeof line, "MAIL FROM:<%s>\r\n", w->jobs[i].mail_from);
            taken = i > mail && take_words(&at, end, line);
            if (taken)
                mail = i;
        }
        if (!taken && mail >= 0 && !begun[mail])
            taken = take_rcpt(&w->jobs[mail], &at, end, &named[mail]);
        if (!taken && mail >= 0 && !begun[mail]) {
            struct buf body;
            buf_init(&body, WIRE_BYTES);
            stuff(&body, &w->jobs[mail]);
            taken = take_piece(&at, end, body.data, body.len, &whole[mail]);
            begun[mail] = taken;
            bodies += taken;
            buf_fini(&body);
        }
        assert(taken); /* else something left that no job allows */
    }
    assert(bodies <= w->permits);
}

static void check_outcome(const struct outcome *o, bool begun, bool whole, bool named)
{
    bool was_asked = o->step && strcmp(o->step, smtp_state_word(SMTP_STATE_RCPT)) == 0;
    if (o->kind == OUTCOME_SENT || o->kind == OUTCOME_UNCERTAIN)
        assert(whole && named);
    if (o->kind == OUTCOME_UNTOUCHED)
        assert(!begun || was_asked);
    if (o->kind == OUTCOME_RETRY && whole)
        assert(o->code / 100 == 4);
}

static void check(const struct world *w)
{
    bool begun[JOBS] = {false};
    bool whole[JOBS] = {false};
    int named[JOBS] = {0};
    read_stream(w, begun, whole, named);
    assert(w->done == w->next);
    for (int i = 0; i < w->done; i++)
        for (int k = 0; k < w->jobs[i].to_count; k++)
            check_outcome(&w->outcomes[i][k], begun[i], whole[i], k < named[i]);
}

/* --- the script ----------------------------------------------------------------------------------------------------
 */

static void step(struct world *w)
{
    unsigned op = take(&w->in);
    char said[64];
    switch (op % 8) {
    case 0:
        buf_add(&w->heard, said, take_bytes(&w->in, said, take(&w->in) % sizeof said));
        break;
    case 1:
        w->room = take(&w->in);
        break;
    case 2:
        w->room = SIZE_MAX;
        break;
    case 3:
        if (smtp_session_awaits_permit(w->session))
            w->permits++;
        smtp_session_permit(w->session);
        break;
    case 4:
        op /= 8;
        w->hung_up = w->hung_up || op == 0;
        w->fails = w->fails || op == 1;
        if (op == 2)
            smtp_session_quit(w->session);
        if (op == 3)
            smtp_session_abort(w->session);
        if (op == 4 && smtp_session_take_back(w->session))
            w->next--;
        break;
    default:
        buf_adds(&w->heard, replies[op / 8 % (sizeof replies / sizeof *replies)]);
        break;
    }
}

static const char *make_address(struct world *w, char *a, int job, int number)
{
    size_t len = take_bytes(&w->in, a, take(&w->in) % 16);
    snprintf(a + strnlen(a, len), ADDRESS_BYTES - 16, "%d.%d@x", job, number);
    return a;
}

static void make_jobs(struct world *w, char *bodies[JOBS])
{
    for (int i = 0; i < JOBS; i++) {
        size_t n = take(&w->in) * (i == 0 ? 8 : 1);
        bodies[i] = xmalloc(sizeof marker + n);
        memcpy(bodies[i], marker, sizeof marker - 1);
        n = take_bytes(&w->in, bodies[i] + sizeof marker - 1, n);
        unsigned kind = take(&w->in);
        int count = kind % 4 == 0 ? 1 + (int)(kind / 4) % TO_MAX : 1;
        for (int k = 0; k < count; k++)
            w->to[i][k] = (struct smtp_recipient){.address = make_address(w, w->addresses[i][k], i, k),
                                                  .outcome = &w->outcomes[i][k]};
        w->jobs[i] = (struct smtp_job){.mail_from = make_address(w, w->senders[i], i, 0),
                                       .to = w->to[i],
                                       .to_count = count,
                                       .data = bodies[i],
                                       .len = sizeof marker - 1 + n};
    }
}

static void run(struct world *w)
{
    static const struct smtp_session_events events = {
        .on_ready = on_ready, .on_outcome = on_outcome, .on_closed = on_closed};
    w->session = smtp_session_start(&w->loop, &OPS, w, &w->config, &events, w);
    w->events->on_open(&w->caps, w->ctx);
    for (int i = 0; !w->ended; i++) {
        if (!w->closed && w->in.left > 0 && i < STEPS_MAX)
            step(w);
        else
            w->hung_up = true;
        if (!w->closed)
            w->events->on_io(w->ctx);
        uv_run(&w->loop, UV_RUN_NOWAIT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w = xcalloc(1, sizeof *w);
    char *bodies[JOBS];
    w->in = (struct input){data, size};
    unsigned flags = take(&w->in);
    w->caps = (struct smtp_caps){.pipelining = (flags & 1) == 0, .tls = (flags & 2) != 0};
    w->ahead = (flags & 4) == 0;
    w->config.max_messages = flags & 8 ? 3 : 0;
    w->chunk = flags & 16 ? 1 + (flags >> 5) : SIZE_MAX;
    w->room = SIZE_MAX;
    buf_init(&w->sent, WIRE_BYTES);
    buf_init(&w->heard, WIRE_BYTES);
    uv_loop_init(&w->loop);
    make_jobs(w, bodies);
    run(w);
    check(w);
    assert(uv_loop_close(&w->loop) == 0);
    buf_fini(&w->sent);
    buf_fini(&w->heard);
    for (int i = 0; i < JOBS; i++)
        free(bodies[i]);
    free(w);
    return 0;
}
