/*
 * One relay of the outbox: its connections, health, rate and counters. Private to the outbox.
 *
 * relay_health.h decides how many sessions there may be and when it pauses; here is what follows from it. A relay is
 * known by its name: one that keeps its URL over a new configuration keeps what was learnt about it.
 */
#ifndef GB_DELIVER_OUTBOX_RELAY_H
#define GB_DELIVER_OUTBOX_RELAY_H

#include "base/rate_meter.h"
#include "core/config.h"
#include "deliver/outbox_slot.h"
#include "deliver/outbox_status.h"
#include "deliver/rate_limit.h"
#include "deliver/relay_health.h"

enum {
    RELAY_SLOTS_MAX = 200, /* config_keys.h has the same bound */
    RELAY_SLOW_MS = 1000,  /* one that answers no sooner gains nothing from an envelope sent ahead */
    /* One that says so long nothing on any session while it has work is left aside for those that do, although RFC 5321
     * lets it take ten minutes: it keeps what it has, and is used again as soon as it says something. */
    RELAY_SILENCE_MS = 30000,
    RELAY_SHARED_MAX = 2000, /* recipients under way on all connections of a relay whose transactions have several */
    RELAY_CROWD_MS = 600000, /* "too many recipients" is believed for so long */
};

struct relay {
    struct outbox *o;
    struct relay *next; /* of all, also those that are no more in the configuration */
    char name[CONFIG_RELAY_NAME_MAX + 1];
    char *url;
    const struct config_relay *config; /* NULL once it is no more in the configuration */
    int connections;
    struct slot *slots[RELAY_SLOTS_MAX]; /* made when first used */
    struct slot_list room[ROOM_COUNT];
    int active;                                   /* slots that are not empty */
    int open, connecting, working, busy, letters; /* slots: with a session, ..., past the handshake and not leaving,
                                                     with something in hand, with a letter in hand */
    struct relay_health health;
    struct rate_limit rate;
    int answer_ms;      /* from permit to reply, smoothed */
    int recipients_max; /* of a transaction, as the server said last ... */
    int64_t crowd_ms;   /* ... and believed until then */
    int64_t heard_ms;   /* when it said something last, or got work */
    bool is_silent;     /* for RELAY_SILENCE_MS */
    bool is_aside;      /* silent, and another relay is there */
    char problem[OUTBOX_REASON_BYTES];
    struct rate_meter meter; /* sent */
    struct outbox_relay_status counters;
};

struct relay *relay_new(struct outbox *o, const char *name);
void relay_free(struct relay *r);
/* `config` NULL: it takes no more, and its sessions end. */
void relay_configure(struct relay *r, const struct config_relay *config);
/* As its health says; PAUSED also while it is left aside. */
enum relay_state relay_state(const struct relay *r);
/* Sees whether it has fallen silent; tells the problem. */
void relay_listen(struct relay *r);
void relay_put_aside(struct relay *r, bool is_aside);

/* A slot that takes a delivery of this lane now, or NULL. `waiting`: how many of the lane stand in line. */
struct slot *relay_slot_for(struct relay *r, enum lane lane, int waiting);
/* How many more slots may carry letters. */
int relay_letter_room(const struct relay *r);
/* How many alerts may share a transaction now; 1: none do. */
int relay_recipients(const struct relay *r);
/* The server takes no more than so many (0: nothing was learned). */
void relay_learn_recipients(struct relay *r, int most);
/* The sessions of those it may have now that letters leave free. */
int relay_reserve(const struct relay *r);
/* May one more session be opened now? */
bool relay_may_open(const struct relay *r);
void relay_open(struct relay *r);
void relay_permit_all(struct relay *r);
void relay_forbid_all(struct relay *r);
void relay_rescue_all(struct relay *r);
void relay_quit_all(struct relay *r, bool now);

/* What a slot tells. `why` may be NULL where the session ended in good order. */
void relay_connected(struct relay *r);
void relay_not_connected(struct relay *r, const struct outcome *why);
void relay_lost(struct relay *r, bool has_worked, const struct outcome *why);
void relay_delivered(struct relay *r);
/* It refused our MAIL. */
void relay_refused(struct relay *r, const struct outcome *why);

#endif
