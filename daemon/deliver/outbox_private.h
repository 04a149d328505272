/*
 * The outbox's own struct, shared by its files:
 *   outbox.c         life, the pump and its timer
 *   outbox_parcel.c  claimed deliveries: where each one is
 *   outbox_turn.c    the ledger: one request at a time that records, asks and claims
 *   outbox_send.c    which delivery goes through which relay, and when
 *   outbox_share.c   alerts that share a transaction
 *   outbox_outcome.c what an outcome means: for its delivery, and for others
 *   outbox_relay.c   one relay: sessions, health, rate
 *   outbox_slot.c    one connection and what is in its hands
 *   outbox_status.c  what is told to people
 */
#ifndef GB_DELIVER_OUTBOX_PRIVATE_H
#define GB_DELIVER_OUTBOX_PRIVATE_H

#include <uv.h>

#include "base/histogram.h"
#include "deliver/delivery_policy.h"
#include "deliver/form_cache.h"
#include "deliver/outbox.h"
#include "deliver/outbox_relay.h"
#include "deliver/outbox_turn.h"
#include "deliver/relay_choice.h"

enum {
    OUTBOX_AHEAD_MIN = 32, /* claimed ahead, per lane: four times the connections, within these bounds; of alerts as
                              many as fill the connections of relays that share, up to CLAIM_MAX */
    OUTBOX_AHEAD_MAX = 400,
    OUTBOX_MAIL_BYTES = 4 * 1024 * 1024, /* one message, encoded */
    OUTBOX_LOOK_MS = 15000,              /* look at least this often: the wall clock may jump */
    OUTBOX_HOLD_MS = 1000,               /* the same while sending is on hold, or the store fails */
    OUTBOX_GATE_MS = 500,                /* wake-ups that chase each other hold up what is in hand no longer ... */
    OUTBOX_GATE_PART = 10,               /* ... than this, and for this part of the time */
    OUTBOX_FINISH_MS = 50,               /* after a row became final, its message is closed within this time */
    OUTBOX_RESCUE_MS = 1000,             /* how often slots are asked whether something stands behind one that hangs */
    OUTBOX_PARK_MS = 2000,               /* what waits longer for its domain waits in the ledger */
};

struct outbox {
    struct outbox_env env;
    const struct config *config;
    struct delivery_policy policy;
    struct form_cache *forms;

    struct relay *relays[CONFIG_RELAYS_MAX]; /* in the order of the configuration */
    int relay_count;
    struct relay *all_relays; /* those and the leaving ones */
    struct relay_choice send_choice, open_choice;
    bool had_relay; /* one could be used at the last pump */
    struct domain_limits *domains;
    int domain_sessions; /* as told to them */
    struct message_pause messages;
    bool has_refusals;   /* some message has been refused: `messages` wants to know what is taken */
    int64_t messages_ms; /* when the next message may be tried again; 0: none is paused */

    struct parcel_list queue[LANE_COUNT];
    int ready[LANE_COUNT];       /* transactions that could go now, if somebody took them */
    struct parcel *next_to_send; /* while a lane is looked through: behind the one in hand */
    struct parcel_list done;     /* goes to the ledger with the next turn */
    struct parcel_list spare;
    int ahead[LANE_COUNT]; /* claimed at most */
    bool more[LANE_COUNT]; /* the last claim filled the lane: there may be more */
    struct turn turn;
    bool is_failing;       /* the store did not take the last turn: nothing is sent until it does */
    int64_t turn_again_ms; /* while failing */
    int64_t finish_ms;     /* a row became final: close its message by then; 0: none */

    bool has_more;        /* rows were added: look */
    bool woken;           /* something may have changed: look, and send nothing that is in hand before */
    int64_t gate_ms;      /* since when that is so; 0: it is not */
    int64_t gate_left_ms; /* how long that may be, once ... */
    bool gate_is_chained; /* ... the ledger has answered and there was another wake-up meanwhile */
    int64_t gate_end_ms;  /* when it was so last */
    bool is_gated;        /* at the last pump: nothing was permitted */
    int64_t look_ms;      /* monotonic: look then */
    int64_t send_ms;      /* a rate or a domain lets the next go then; 0: no matter */
    int64_t rescue_ms;    /* ask the slots then; 0: no matter */
    int64_t now_ms;       /* of this pump, or of what is being told */

    uv_prepare_t prepare; /* before the loop sleeps: what happened since is dealt with at once */
    uv_timer_t timer;
    int handles;
    bool is_dirty; /* pump before the loop sleeps */
    bool is_stopping;
    bool is_cut_off; /* the deadline has passed */
    int64_t stop_by_ms;
    outbox_stopped_cb stopped;
    void *stopped_ctx;

    struct outbox_status counters;
    struct rate_meter meters[LANE_COUNT]; /* sent */
};

/* outbox.c */
int64_t outbox_mono_ms(const struct outbox *o);
/* Something happened: pump before the loop sleeps. Callbacks do no more than this. */
void outbox_touch(struct outbox *o);
/* Send what can be sent, open what is needed, see to the ledger, set the timer. */
void outbox_pump(struct outbox *o);
/* May a body go out, and anything be given to a session? Not between a wake-up and the turn that follows, in case it
 * was recalled; nor while it could not be recorded. */
bool outbox_may_send(const struct outbox *o);
/* A turn has answered the last wake-up. */
void outbox_open_gate(struct outbox *o);

/* outbox_send.c */
void outbox_send(struct outbox *o);
void outbox_open_sessions(struct outbox *o);
/* Is there a relay that can be used, or tried? */
bool outbox_has_relay(const struct outbox *o);

/* outbox_share.c */
/* The queued alerts that may go with the first of `list`, which is admitted and has its rcpt_to, into `list`: each is
 * admitted and counted by the relay's rate. */
void outbox_gather(struct outbox *o, const struct slot *slot, struct parcel_list *list, bool needs_smtputf8);
/* How many transactions the `waiting` queued alerts become, at most: those in a row that are alike share. */
int outbox_count_shared(const struct outbox *o, int waiting);

/* outbox_outcome.c */
/* A transaction has ended, with an outcome in each parcel of `done`: their domains, their message and the relay learn
 * of it, and they are on their way to the ledger, all with the same turn, or back in the queue. `behind` (or NULL):
 * what is next in the same slot's hands. `done` is empty afterwards. */
void outbox_outcome(struct outbox *o, struct parcel_list *done, const struct parcel_list *behind, struct slot *slot);
/* It was not tried. */
void outbox_untouched(struct outbox *o, struct parcel_list *list, const struct parcel_list *behind);

#endif
