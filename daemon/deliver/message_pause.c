/*
 * Messages that wait because they are refused; the contract is in deliver/message_pause.h.
 *
 * `refusals` only grows until a delivery is taken: so once it has paused, the first refusal after the pause begins the
 * next one.
 */
#include "deliver/message_pause.h"

#include <assert.h>
#include <stddef.h>

#include "base/text.h"
#include "deliver/backoff.h"

static struct message_pause_entry *find(struct message_pause *p, int64_t message_id)
{
    for (int i = 0; i < MESSAGE_PAUSE_MAX; i++)
        if (p->entries[i].message_id == message_id)
            return &p->entries[i];
    return NULL;
}

static bool is_paused(const struct message_pause_entry *e, int64_t now_ms)
{
    return e->message_id != 0 && e->pauses > 0 && now_ms < e->until_ms;
}

/* A free entry; else the one that would be tried soonest (those that do not pause at all have until_ms 0 or past). */
static struct message_pause_entry *make_room(struct message_pause *p)
{
    struct message_pause_entry *soonest = &p->entries[0];
    for (int i = 0; i < MESSAGE_PAUSE_MAX; i++) {
        struct message_pause_entry *e = &p->entries[i];
        if (e->message_id == 0)
            return e;
        if (e->until_ms < soonest->until_ms)
            soonest = e;
    }
    return soonest;
}

void message_pause_init(struct message_pause *p, int64_t first_ms, int64_t most_ms)
{
    assert(first_ms > 0);
    *p = (struct message_pause){.first_ms = first_ms, .most_ms = most_ms};
}

void message_pause_configure(struct message_pause *p, int64_t first_ms, int64_t most_ms)
{
    message_pause_init(p, first_ms, most_ms);
}

bool message_pause_refused(struct message_pause *p, int64_t message_id, int64_t delivery_id, const char *problem,
                           int64_t now_ms, uint32_t noise)
{
    assert(message_id > 0);
    struct message_pause_entry *e = find(p, message_id);
    if (!e) {
        e = make_room(p);
        *e = (struct message_pause_entry){.message_id = message_id};
    }
    if (is_paused(e, now_ms))
        return false;
    if (e->refusals == 0 || e->last_delivery != delivery_id)
        e->refusals++;
    e->last_delivery = delivery_id;
    if (e->refusals < MESSAGE_REFUSALS_MAX)
        return false;
    e->pauses++;
    e->until_ms = now_ms + backoff_wait(p->first_ms, p->most_ms, e->pauses, noise);
    text_mask_addresses(problem, e->problem, sizeof e->problem);
    return true;
}

void message_pause_taken(struct message_pause *p, int64_t message_id)
{
    struct message_pause_entry *e = find(p, message_id);
    if (e)
        *e = (struct message_pause_entry){0};
}

bool message_pause_has(const struct message_pause *p, int64_t message_id, int64_t now_ms)
{
    for (int i = 0; i < MESSAGE_PAUSE_MAX; i++)
        if (p->entries[i].message_id == message_id && is_paused(&p->entries[i], now_ms))
            return true;
    return false;
}

int message_pause_list(const struct message_pause *p, int64_t now_ms, int64_t ids[MESSAGE_PAUSE_MAX])
{
    int n = 0;
    for (int i = 0; i < MESSAGE_PAUSE_MAX; i++)
        if (is_paused(&p->entries[i], now_ms))
            ids[n++] = p->entries[i].message_id;
    return n;
}

int64_t message_pause_next_ms(const struct message_pause *p, int64_t now_ms)
{
    int64_t next = -1;
    for (int i = 0; i < MESSAGE_PAUSE_MAX; i++) {
        int64_t wait = p->entries[i].until_ms - now_ms;
        if (is_paused(&p->entries[i], now_ms) && (next < 0 || wait < next))
            next = wait;
    }
    return next;
}
