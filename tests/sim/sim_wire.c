/*
 * The network: what the engine writes is read at once for what it means (so that the promises can be asked while it
 * leaves), and arrives at the relay after the line's latency and bandwidth; answers travel back the same way.
 *
 *   send ─► commands and dots with their offsets ─► arrived ─► sim_relay_serve ─► answer ─► readable ─► recv
 *
 * A connection that the engine has closed may still bring what was on its way: a relay can take a mail whose sender is
 * dead.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/outcome.h"
#include "deliver/smtp_wire.h"
#include "sim/sim_wire.h"

enum { DRIBBLE_BYTES = 40, DRIBBLE_MS = 150, IO_AGAIN_MS = 1 };

static const char *const STEPS[] = {"MAIL", "RCPT", "DATA", "dot", "RSET", "QUIT", "unasked"};

/* --- rings ------------------------------------------------------------------------------------------------------- */

void sim_ring_put(struct sim_ring *r, const struct sim_item *item)
{
    if (r->count == SIM_ITEMS_MAX)
        abort(); /* the engine has more than that many commands unanswered */
    r->items[(r->first + r->count++) % SIM_ITEMS_MAX] = *item;
}

struct sim_item *sim_ring_head(struct sim_ring *r)
{
    return r->count > 0 ? &r->items[r->first] : NULL;
}

void sim_ring_drop(struct sim_ring *r)
{
    r->first = (r->first + 1) % SIM_ITEMS_MAX;
    r->count--;
}

/* --- events ------------------------------------------------------------------------------------------------------ */

static void later(struct smtp_wire *w, int64_t at_us, sim_fire fire, int64_t arg)
{
    w->pending++;
    sim_at(w->s, at_us, fire, w, arg);
}

static void leave_relay(struct smtp_wire *w)
{
    if (w->is_served) {
        w->is_served = false;
        w->relay->served--;
    }
    w->server_gone = true;
}

static void let_go(struct smtp_wire *w)
{
    struct smtp_wire **at = &w->s->wires;
    if (!w->is_closed || w->pending > 0)
        return;
    leave_relay(w);
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    while (w->envelopes) {
        struct sim_envelope *e = w->envelopes;
        w->envelopes = e->next;
        free(e);
    }
    free(w->down);
    free(w);
}

void sim_wire_event_ends(struct smtp_wire *w)
{
    w->pending--;
    let_go(w);
}

static void io(struct smtp_wire *w)
{
    if (!w->is_closed && w->is_open)
        w->events->on_io(w->ctx);
}

static bool can_take(const struct smtp_wire *w)
{
    return w->is_reset || (int64_t)(w->sent - w->arrived) < w->relay->window_bytes;
}

static void on_io_due(struct sim *s, void *who, int64_t arg);

/* As epoll does: told again as long as there is something to do. */
static void io_again(struct smtp_wire *w, int64_t in_us)
{
    bool has_some = w->visible > 0 || w->eof || w->is_reset;
    if (w->is_closed || !w->is_open || w->io_is_due || !(has_some || (w->wants_write && can_take(w))))
        return;
    w->io_is_due = true;
    later(w, w->s->mono_us + in_us, on_io_due, 0);
}

static void on_io_due(struct sim *s, void *who, int64_t arg)
{
    struct smtp_wire *w = who;
    (void)s;
    (void)arg;
    w->io_is_due = false;
    if (w->visible > 0 || w->eof || w->is_reset || (w->wants_write && can_take(w)))
        io(w);
    io_again(w, IO_AGAIN_MS * SIM_MS);
    sim_wire_event_ends(w);
}

/* --- down -------------------------------------------------------------------------------------------------------- */

static void on_down(struct sim *s, void *who, int64_t n)
{
    struct smtp_wire *w = who;
    (void)s;
    w->visible += (size_t)n;
    if (!w->is_reset)
        io_again(w, 0);
    sim_wire_event_ends(w);
}

void sim_wire_say(struct smtp_wire *w, const struct sim_item *what, const char *text)
{
    struct sim *s = w->s;
    size_t n = strlen(text);
    struct sim_item answer = *what;
    if (n == 0 || w->is_closed || w->is_reset || w->eof)
        return;
    sim_trace(s, "%d: %s < %.*s", w->number, STEPS[what->step], (int)strcspn(text, "\r\n"), text);
    if (w->down_len + n > w->down_room) {
        w->down_room = w->down_len + n + 1024;
        w->down = xrealloc(w->down, w->down_room);
    }
    memcpy(w->down + w->down_len, text, n);
    w->down_len += n;
    w->down_end += n;
    answer.end = w->down_end;
    sim_ring_put(&w->answers, &answer);
    int64_t at = s->mono_us + w->relay->latency_us;
    at = at > w->down_clear_us ? at : w->down_clear_us;
    bool dribbles = w->relay->mood == SIM_MOOD_DRIBBLE;
    while (n > 0) {
        size_t part = dribbles && n > DRIBBLE_BYTES / 4 ? DRIBBLE_BYTES / 4 : n;
        later(w, at, on_down, (int64_t)part);
        n -= part;
        at += dribbles ? DRIBBLE_MS * SIM_MS : 0;
    }
    w->down_clear_us = at;
}

static void on_eof(struct sim *s, void *who, int64_t arg)
{
    struct smtp_wire *w = who;
    (void)s;
    (void)arg;
    w->eof = true;
    io_again(w, 0);
    sim_wire_event_ends(w);
}

void sim_wire_hang_up(struct smtp_wire *w)
{
    int64_t at = w->s->mono_us + w->relay->latency_us;
    sim_trace(w->s, "%d: the relay hangs up", w->number);
    leave_relay(w);
    later(w, at > w->down_clear_us ? at : w->down_clear_us, on_eof, 0);
}

void sim_wire_reset(struct smtp_wire *w)
{
    sim_trace(w->s, "%d: reset", w->number);
    leave_relay(w);
    w->is_reset = true;
    w->visible = 0;
    io_again(w, 0);
}

/* 421 is the answer to all that has none. */
static void end_all(struct smtp_wire *w)
{
    for (int i = 0; i < w->s->ledger.rows.count; i++) {
        struct sim_attempt *a = &sim_ledger_at(w->s, i)->attempt;
        if (a->wire == w->number && !a->is_acked && a->refused == 0)
            a->refused = 421;
    }
}

bool sim_is_under_way(const struct smtp_wire *w, const struct sim_row *row)
{
    return row->attempt.wire == w->number && row->attempt.refused == 0;
}

static void row_was_told(struct smtp_wire *w, const struct sim_item *answer, struct sim_row *row)
{
    if (!sim_is_under_way(w, row))
        return;
    if (answer->step == STEP_DOT && answer->code / 100 == 2) {
        row->attempt.is_acked = true;
    } else if (answer->code >= 400 && !row->attempt.is_acked) {
        row->attempt.refused = answer->code;
        row->attempt.was_about_us = answer->is_about_us;
        if (answer->is_about_us)
            sim_ledger_message(w->s, row->message_id)->refused_us = w->s->mono_us;
        if (answer->step == STEP_DOT && row->attempt.is_shared && answer->code >= 500) {
            row->attempt.has_dot = false; /* it may go again at once, alone */
            w->past_dot--;
        }
    }
}

/* The engine has read the whole answer. */
static void was_told(struct smtp_wire *w, const struct sim_item *answer)
{
    if (answer->step == STEP_UNASKED)
        end_all(w);
    if (answer->step == STEP_DOT)
        w->body_all = NULL;
    if (answer->step == STEP_DATA)
        w->mode = answer->code == 354 ? UP_BODY : UP_COMMAND;
    if (answer->row && answer->code != 421)
        row_was_told(w, answer, answer->row);
    else if (answer->all)
        for (int i = 0; i < answer->all->count; i++)
            row_was_told(w, answer, answer->all->rows[i]);
}

static long wire_recv(struct smtp_wire *w, char *data, size_t n)
{
    if (w->is_reset)
        return UV_ECONNRESET;
    if (w->visible == 0)
        return w->eof ? 0 : UV_EAGAIN;
    if (n > w->visible)
        n = w->visible;
    if (n > 1 && sim_happens(w->s, 30))
        n = (size_t)sim_between(w->s, 1, (int64_t)n);
    memcpy(data, w->down, n);
    memmove(w->down, w->down + n, w->down_len - n);
    w->down_len -= n;
    w->visible -= n;
    w->down_read += n;
    struct sim_item *answer;
    while ((answer = sim_ring_head(&w->answers)) && answer->end <= w->down_read) {
        struct sim_item told = *answer;
        sim_ring_drop(&w->answers);
        was_told(w, &told);
    }
    io_again(w, IO_AGAIN_MS * SIM_MS);
    return (long)n;
}

/* --- up: the way there ------------------------------------------------------------------------------------------- */

static void serve_next(struct smtp_wire *w);

static void on_served(struct sim *s, void *who, int64_t arg)
{
    struct smtp_wire *w = who;
    (void)s;
    (void)arg;
    w->is_serving = false;
    struct sim_item *head = sim_ring_head(&w->up);
    if (head && !w->server_gone && !w->is_mute) {
        struct sim_item item = *head;
        sim_ring_drop(&w->up);
        sim_relay_serve(w, &item);
        serve_next(w);
    }
    sim_wire_event_ends(w);
}

static void serve_next(struct smtp_wire *w)
{
    struct sim_item *item = sim_ring_head(&w->up);
    if (!item || item->end > w->arrived || w->is_serving || w->server_gone || w->is_mute)
        return;
    w->is_serving = true;
    later(w, w->s->mono_us + sim_relay_service_us(w, item), on_served, 0);
}

static void on_arrived(struct sim *s, void *who, int64_t n)
{
    struct smtp_wire *w = who;
    (void)s;
    w->arrived += (uint64_t)n;
    serve_next(w);
    io_again(w, 0);
    sim_wire_event_ends(w);
}

static size_t room_for(struct smtp_wire *w, size_t n)
{
    int64_t room = w->relay->window_bytes - (int64_t)(w->sent - w->arrived);
    if (room <= 0)
        return 0;
    if (w->relay->mood == SIM_MOOD_DRIBBLE && room > DRIBBLE_BYTES)
        room = DRIBBLE_BYTES;
    if (sim_happens(w->s, 20))
        room = sim_between(w->s, 0, room);
    return n < (size_t)room ? n : (size_t)room;
}

static long wire_send(struct smtp_wire *w, const char *data, size_t n)
{
    struct sim *s = w->s;
    if (w->again && (w->again != data || w->again_len > n))
        sim_fail(s, "%d: other bytes after a send that would block", w->number);
    w->again = NULL;
    if (w->is_reset || s->phase == SIM_DYING)
        return UV_ECONNRESET;
    if (w->eof)
        return UV_EPIPE;
    size_t take = room_for(w, n);
    if (take == 0) {
        w->again = data;
        w->again_len = n;
        return UV_EAGAIN;
    }
    sim_speech_take(w, data, take);
    int64_t us = (int64_t)take * 1000 / w->relay->bytes_per_ms;
    us += w->relay->mood == SIM_MOOD_DRIBBLE ? DRIBBLE_MS * SIM_MS : 0;
    int64_t at = s->mono_us > w->up_clear_us ? s->mono_us : w->up_clear_us;
    w->up_clear_us = at + us;
    later(w, w->up_clear_us + w->relay->latency_us, on_arrived, (int64_t)take);
    return (long)take;
}

static void wire_want_write(struct smtp_wire *w, bool on)
{
    w->wants_write = on;
    io_again(w, IO_AGAIN_MS * SIM_MS);
}

/* --- open, close ------------------------------------------------------------------------------------------------- */

static void on_opened(struct sim *s, void *who, int64_t arg)
{
    static const struct smtp_caps plain = {.size = true, .smtputf8 = true};
    struct smtp_wire *w = who;
    struct outcome why = {.kind = OUTCOME_RETRY};
    (void)arg;
    enum sim_open how = w->is_closed ? OPEN_HANGS : sim_relay_open(w, &why);
    if (how == OPEN_STANDS) {
        struct smtp_caps caps = plain;
        caps.pipelining = w->relay->has_pipelining;
        w->is_open = true;
        sim_trace(s, "%d: open", w->number);
        w->events->on_open(&caps, w->ctx);
    } else if (how == OPEN_FAILS) {
        sim_trace(s, "%d: not open: %s", w->number, why.text);
        w->events->on_fail(&why, w->ctx);
    }
    sim_wire_event_ends(w);
}

static struct sim_relay *relay_of(struct sim *s, const struct smtp_wire_config *config)
{
    const char *port = strrchr(config->url, ':');
    int index = port ? (int)strtol(port + 1, NULL, 10) - 2500 : -1;
    if (index < 0 || index >= s->relay_count)
        sim_fail(s, "a connection to %s, which is no relay", config->url);
    return &s->relays[index];
}

static struct smtp_wire *wire_open(void *net, const struct smtp_wire_config *config,
                                   const struct smtp_wire_events *events, void *ctx)
{
    struct sim *s = net;
    struct smtp_wire *w = xcalloc(1, sizeof *w);
    w->s = s;
    w->relay = relay_of(s, config);
    w->events = events;
    w->ctx = ctx;
    w->number = ++s->wire_count;
    w->life = s->life;
    w->next = s->wires;
    s->wires = w;
    w->relay->open++;
    s->result->connections++;
    sim_trace(s, "%d: connect %s", w->number, w->relay->name);
    sim_check_open(w);
    later(w, s->mono_us + 4 * w->relay->latency_us, on_opened, 0);
    return w;
}

static void wire_close(struct smtp_wire *w)
{
    sim_trace(w->s, "%d: closed by us", w->number);
    w->is_closed = true;
    w->relay->open--;
    if (w->is_mute) /* only now the engine knows, and the relay pauses */
        w->s->trouble_us = w->s->mono_us;
    if (sim_happens(w->s, 300)) /* with unread bytes a close is a reset: what was on its way is lost */
        leave_relay(w);
    let_go(w);
}

const struct smtp_wire_ops *sim_wire_ops(void)
{
    static const struct smtp_wire_ops ops = {
        .open = wire_open, .send = wire_send, .recv = wire_recv, .want_write = wire_want_write, .close = wire_close};
    return &ops;
}
