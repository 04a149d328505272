/*
 * What the engine says on a connection, read as it leaves: commands and dots with their offsets for the relay to come
 * to (sim_relay.c), and at each step the promises about it (sim_check.c). Bytes that have no place here end the run.
 */
#include <string.h>

#include "base/id.h"
#include "core/mail_token.h"
#include "sim/sim_wire.h"

static void put_item(struct smtp_wire *w, const struct sim_item *item, uint64_t end)
{
    struct sim_item copy = *item;
    copy.end = end;
    sim_ring_put(&w->up, &copy);
}

/* MAIL FROM:<b+TOKEN@...>: the delivery is in the return path. */
static struct sim_row *row_of_mail(struct smtp_wire *w)
{
    struct sim *s = w->s;
    enum mail_token_purpose purpose = MAIL_TOKEN_BOUNCE;
    int64_t id = 0;
    const char *address = strchr(w->line, '<');
    struct sim_row *row = NULL;
    if (address && mail_token_open_local(s->people.token_key, address + 1, &purpose, &id) == 0)
        row = sim_ledger_row(s, id);
    if (!row || purpose != MAIL_TOKEN_BOUNCE)
        sim_fail(s, "%d: a MAIL of no delivery: %s", w->number, w->line);
    return row;
}

static bool is_for(const struct smtp_wire *w)
{
    const char *address = strchr(w->line, '<');
    size_t n = strlen(w->row->address);
    return address && strncmp(address + 1, w->row->address, n) == 0 && address[1 + n] == '>';
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
        w->row = row_of_mail(w);
        sim_check_mail(w, w->row);
    } else if (strncmp(w->line, "RCPT TO:", 8) == 0 && w->row) {
        item.step = STEP_RCPT;
        if (!is_for(w))
            sim_fail(s, "%d: delivery to %s is addressed to %s", w->number, w->row->address, w->line);
    } else if (strcmp(w->line, "DATA") == 0 && w->row) {
        item.step = STEP_DATA;
        w->mode = UP_WAIT;
    } else if (strcmp(w->line, "RSET") == 0) {
        item.step = STEP_RSET;
        w->row = NULL;
    } else if (strcmp(w->line, "QUIT") == 0) {
        w->row = NULL;
    } else {
        sim_fail(s, "%d: what is this? %s", w->number, w->line);
    }
    item.row = w->row;
    put_item(w, &item, end);
}

static void body_begins(struct smtp_wire *w)
{
    w->head_len = 0;
    w->tail = 2; /* the line before ended */
    w->hash = UINT64_C(0xcbf29ce484222325);
    w->body_bytes = 0;
}

static void check_message_id(struct smtp_wire *w)
{
    int64_t id = 0;
    w->head[w->head_len] = '\0';
    char *at = strstr(w->head, "\r\nMessage-ID: <");
    char *end = at ? strchr(at + 15, '@') : NULL;
    if (end)
        *end = '\0';
    if (!end || id_parse(ID_DELIVERY, at + 15, &id) != 0 || id != w->row->id)
        sim_fail(w->s, "%d: the mail to %s has another's Message-ID", w->number, w->row->address);
}

static void body_ends(struct smtp_wire *w, uint64_t end)
{
    struct sim_item dot = {.step = STEP_DOT, .row = w->row, .hash = w->hash, .is_empty = w->body_bytes <= 3};
    if (!dot.is_empty)
        check_message_id(w);
    sim_trace(w->s, "%d: > dot %lld %016llx", w->number, (long long)w->body_bytes, (unsigned long long)w->hash);
    sim_check_dot(w, &dot);
    put_item(w, &dot, end);
    w->mode = UP_COMMAND;
    w->row = NULL;
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
    w->tail = next_tail(w->tail, c);
    if (w->tail == 5)
        body_ends(w, end);
}

void sim_speech_take(struct smtp_wire *w, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        take_byte(w, data[i], ++w->sent);
}
