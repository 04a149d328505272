/*
 * What the engine says on a connection, read as it leaves: commands and dots with their offsets for the relay to come
 * to (sim_relay.c), and at each step the promises about it (sim_check.c). Bytes that have no place here end the run.
 */
#include <string.h>

#include "base/id.h"
#include "base/mem.h"
#include "core/mail_token.h"
#include "sim/sim_wire.h"

static void put_item(struct smtp_wire *w, const struct sim_item *item, uint64_t end)
{
    struct sim_item copy = *item;
    copy.end = end;
    sim_ring_put(&w->up, &copy);
}

static void add_row(struct smtp_wire *w, struct sim_row *row)
{
    struct sim_envelope *all = w->all;
    if (all->count == SIM_TO_MAX)
        sim_fail(w->s, "%d: more than %d recipients", w->number, SIM_TO_MAX);
    all->rows[all->count++] = row;
    sim_check_mail(w, row);
    row->attempt.is_shared = all->message_id > 0;
}

/* MAIL FROM:<b+TOKEN@...>: the delivery is in the return path; or m+TOKEN, the message of those that share it. */
static void take_mail(struct smtp_wire *w)
{
    struct sim *s = w->s;
    enum mail_token_purpose purpose = MAIL_TOKEN_BOUNCE;
    int64_t id = 0;
    const char *address = strchr(w->line, '<');
    struct sim_envelope *all = xcalloc(1, sizeof *all);
    all->next = w->envelopes;
    w->envelopes = w->all = all;
    if (!address || mail_token_open_local(s->people.token_key, address + 1, &purpose, &id) != 0)
        sim_fail(s, "%d: a MAIL of nobody: %s", w->number, w->line);
    if (purpose == MAIL_TOKEN_SHARED)
        all->message_id = id;
    else if (purpose != MAIL_TOKEN_BOUNCE || !sim_ledger_row(s, id))
        sim_fail(s, "%d: a MAIL of no delivery: %s", w->number, w->line);
    else
        add_row(w, sim_ledger_row(s, id));
}

static bool is_for(const struct smtp_wire *w, const struct sim_row *row)
{
    const char *address = strchr(w->line, '<');
    size_t n = strlen(row->address);
    return address && strncmp(address + 1, row->address, n) == 0 && address[1 + n] == '>';
}

static struct sim_row *take_rcpt(struct smtp_wire *w)
{
    struct sim *s = w->s;
    struct sim_envelope *all = w->all;
    if (all->message_id == 0) {
        if (!is_for(w, all->rows[0]))
            sim_fail(s, "%d: delivery to %s is addressed to %s", w->number, all->rows[0]->address, w->line);
        return all->rows[0];
    }
    for (int i = s->ledger.rows.count - 1; i >= 0; i--) {
        struct sim_row *row = sim_ledger_at(s, i);
        if (row->message_id != all->message_id || !is_for(w, row))
            continue;
        if (row->lane != LANE_ALERT)
            sim_fail(s, "%d: a delivery of lane %d shares its transaction", w->number, row->lane);
        add_row(w, row);
        return row;
    }
    sim_fail(s, "%d: a recipient whom the message is not for: %s", w->number, w->line);
}

static bool awaits_answer(struct smtp_wire *w)
{
    const struct sim_item *answer = sim_ring_head(&w->answers);
    return w->up.count > 0 || w->is_serving || (answer && answer->step != STEP_UNASKED);
}

static void command(struct smtp_wire *w, uint64_t end)
{
    struct sim *s = w->s;
    struct sim_item item = {.step = STEP_QUIT};
    sim_trace(s, "%d: > %s", w->number, w->line);
    if (!w->relay->has_pipelining && awaits_answer(w))
        sim_fail(s, "%d: \"%s\" ahead of the answer to what was said before, without PIPELINING", w->number, w->line);
    if (strncmp(w->line, "MAIL FROM:", 10) == 0) {
        item.step = STEP_MAIL;
        take_mail(w);
    } else if (strncmp(w->line, "RCPT TO:", 8) == 0 && w->all) {
        item.step = STEP_RCPT;
        item.row = take_rcpt(w);
    } else if (strcmp(w->line, "DATA") == 0 && w->all) {
        item.step = STEP_DATA;
        w->mode = UP_WAIT;
    } else if (strcmp(w->line, "RSET") == 0) {
        item.step = STEP_RSET;
        w->all = NULL;
    } else if (strcmp(w->line, "QUIT") == 0) {
        w->all = NULL;
    } else {
        sim_fail(s, "%d: what is this? %s", w->number, w->line);
    }
    item.all = w->all;
    put_item(w, &item, end);
}

static void body_begins(struct smtp_wire *w)
{
    w->head_len = 0;
    w->tail = 2; /* the line before ended */
    w->hash = UINT64_C(0xcbf29ce484222325);
    w->body_bytes = 0;
    w->mark = 0;
}

/* "DETTA ÄR EN ÖVNING." as it is encoded in a body. */
static const char MARK[] = "R EN =C3=96VNING.";

static void look_for_mark(struct smtp_wire *w, char c)
{
    if (MARK[w->mark] != '\0')
        w->mark = c == MARK[w->mark] ? w->mark + 1 : c == MARK[0];
}

static void check_message_id(struct smtp_wire *w)
{
    int64_t id = 0;
    const struct sim_envelope *all = w->all;
    bool is_shared = all->message_id > 0;
    w->head[w->head_len] = '\0';
    if (is_shared && strstr(w->head, "@d")) /* every reader's address has that, and nothing else does */
        sim_fail(w->s, "%d: a mail to %d shows an address of one of them", w->number, all->count);
    char *at = strstr(w->head, "\r\nMessage-ID: <");
    char *end = at ? strchr(at + 15, '@') : NULL;
    if (end)
        *end = '\0';
    if (!end || id_parse(is_shared ? ID_MESSAGE : ID_DELIVERY, at + 15, &id) != 0 ||
        id != (is_shared ? all->message_id : all->rows[0]->id))
        sim_fail(w->s, "%d: the mail to %s has another's Message-ID", w->number, all->rows[0]->address);
}

static void body_ends(struct smtp_wire *w, uint64_t end)
{
    struct sim_item dot = {.step = STEP_DOT, .all = w->all, .hash = w->hash, .is_empty = w->body_bytes <= 3};
    if (!dot.is_empty) {
        check_message_id(w);
        sim_alert_check_mark(w->s, w->all->rows[0], MARK[w->mark] == '\0');
    }
    sim_trace(w->s, "%d: > dot %lld %016llx", w->number, (long long)w->body_bytes, (unsigned long long)w->hash);
    sim_check_dot(w, &dot);
    put_item(w, &dot, end);
    w->mode = UP_COMMAND;
    w->all = NULL;
}

/* CRLF.CRLF: tail counts how many of its five bytes stand at the end of what was seen. */
static int next_tail(int tail, char c)
{
    static const char DOT[] = "\r\n.\r\n";
    if (c == DOT[tail])
        return tail + 1;
    return c == '\r' ? 1 : 0;
}

static void take_byte(struct smtp_wire *w, char c, uint64_t end)
{
    if (w->mode == UP_WAIT)
        sim_fail(w->s, "%d: bytes behind DATA before its answer was read", w->number);
    if (w->mode == UP_COMMAND) {
        if (w->line_len + 1 >= (int)sizeof w->line)
            sim_fail(w->s, "%d: a command without end", w->number);
        w->line[w->line_len++] = c;
        if (c != '\n')
            return;
        if (w->line_len < 2 || w->line[w->line_len - 2] != '\r')
            sim_fail(w->s, "%d: a line that does not end in CRLF", w->number);
        w->line[w->line_len - 2] = '\0';
        w->line_len = 0;
        command(w, end);
        body_begins(w);
        return;
    }
    if (w->body_bytes++ == 0 && c != '.')
        sim_check_body(w);
    if (w->head_len + 1 < SIM_HEAD_BYTES)
        w->head[w->head_len++] = c;
    w->hash = (w->hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
    look_for_mark(w, c);
    w->tail = next_tail(w->tail, c);
    if (w->tail == 5)
        body_ends(w, end);
}

void sim_speech_take(struct smtp_wire *w, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        take_byte(w, data[i], ++w->sent);
}
