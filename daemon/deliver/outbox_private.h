/*
 * The outbox's structs, shared by its files:
 *   outbox.c         life, the pump and its timer
 *   outbox_parcel.c  claimed deliveries: where each one is
 *   outbox_turn.c    the ledger: one request at a time that records, asks and claims
 *   outbox_send.c    which delivery goes through which relay, and when
 *   outbox_relay.c   one relay: sessions, pauses, rate
 *   outbox_slot.c    one connection and what is in its hands
 *   outbox_status.c  what is told to people
 */
#ifndef GB_DELIVER_OUTBOX_PRIVATE_H
#define GB_DELIVER_OUTBOX_PRIVATE_H

#include <uv.h>

#include "base/buf.h"
#include "core/config.h"
#include "deliver/delivery_policy.h"
#include "deliver/form_cache.h"
#include "deliver/letter_mail.h"
#include "deliver/outbox.h"
#include "deliver/outcome.h"
#include "deliver/smtp_session.h"
#include "store/store.h"

enum {
    OUTBOX_SLOTS_MAX = 200, /* connections of one relay; config_keys.h has the same bound */
    OUTBOX_AHEAD_MIN = 16,  /* claimed ahead, per lane: twice the connections, within these bounds */
    OUTBOX_AHEAD_MAX = 400,
    OUTBOX_PROBLEM_BYTES = 256,
    OUTBOX_OUR_FAULTS_MAX = 3,           /* one odd recipient is no reason to pause, several in a row are */
    OUTBOX_MAIL_BYTES = 4 * 1024 * 1024, /* one message, encoded */
    OUTBOX_PAUSE_FIRST_MS = 1000,
    OUTBOX_PAUSE_MAX_MS = 60000,
    OUTBOX_LOOK_MS = 15000, /* look at least this often: the wall clock may jump */
    OUTBOX_HOLD_MS = 1000,  /* the same while sending is on hold, or the store fails */
    OUTBOX_GATE_MS = 1000,  /* writes without end hold up what is queued for no longer than this */
    OUTBOX_FINISH_MS = 50,  /* after a row became final, its message is closed within this time */
    OUTBOX_SKIP_MAX = 32,   /* deliveries whose letter is being compiled let so many others go first */
};

/* --- parcels: claimed deliveries ------------------------------------------------------------------------------- */

enum parcel_place {
    PARCEL_QUEUED,
    PARCEL_SENDING, /* in a slot's hands */
    PARCEL_DONE,    /* on its way to the ledger */
};

struct parcel {
    struct parcel *prev, *next; /* of the list it is in */
    enum parcel_place place;
    struct job job;
    struct slot *slot;   /* that sends it; once done: that waits for the record; or NULL */
    bool is_untouched;   /* given back without an attempt */
    int64_t mono_due_ms; /* once recorded: when it may be claimed again; 0: not this way */
    int status;          /* what the ledger answered */
    struct ledger_result result;
    struct outcome outcome;
    char gave_up[OUTCOME_TEXT_BYTES];
};

struct parcel_list {
    struct parcel *first, *last;
    int count;
};

/* --- turns: the ledger ----------------------------------------------------------------------------------------- */

/* The store's while is_running. */
struct turn {
    struct store_req req;
    struct outbox *o;
    bool is_running;
    struct parcel_list records;
    bool asks;             /* which queued deliveries were recalled, is sending on hold, what is due next */
    bool claims, finishes; /* take more; close messages */
    int64_t now_us;
    int room[LANE_COUNT];
    int64_t after_message[LANE_COUNT]; /* whose turn it was last */

    int asked;
    int asked_room;
    int64_t *asked_id;
    struct parcel **asked_parcel; /* none of them is freed while the turn runs */
    bool *recalled;

    int n;
    struct job *jobs; /* room for what may be claimed */
    int jobs_room;
    int64_t next_due_us; /* 0: nothing is pending later */
    bool is_on_hold;
};

/* --- relays and their connections ------------------------------------------------------------------------------ */

enum slot_state {
    SLOT_EMPTY,
    SLOT_CONNECTING,
    SLOT_OPEN,
    SLOT_LEAVING, /* takes no more; until its session has closed and all is recorded */
};

/* One connection to a relay. */
struct slot {
    struct relay *relay;
    enum slot_state state;
    struct smtp_session *session; /* NULL once closed */
    struct smtp_session_config config;
    bool has_tried;        /* something was sent through this session ... */
    bool has_worked;       /* ... and the conversation went on after it */
    struct parcel *parcel; /* in hand, or NULL */
    int unrecorded;        /* outcomes of this connection that are not durable yet */
    bool is_listed;        /* among its relay's slots with room */
    struct slot *prev_room, *next_room;
    struct buf data;
    struct letter_envelope envelope;
    struct smtp_job smtp;
};

struct relay {
    struct outbox *o;
    char name[CONFIG_RELAY_NAME_MAX + 1];
    const struct config_relay *config; /* NULL once it is no more in the configuration */
    int connections;
    struct slot *slots[OUTBOX_SLOTS_MAX];           /* made when first used */
    struct slot *room_first, *room_last;            /* slots that take a delivery now, the last used first */
    int open, connecting, with_room, busy, letters; /* slots: with a session, ... , with a letter in hand */

    int64_t paused_until_ms;
    int pauses;     /* in a row */
    int our_faults; /* refusals because of us in a row, without a letter taken in between */
    char problem[OUTBOX_PROBLEM_BYTES];
    double tokens; /* messages that the rate allows now */
    int64_t tokens_ms;
    struct outbox_relay_status counters;
};

struct outbox {
    struct outbox_env env;
    const struct config *config;
    struct delivery_policy policy;
    struct form_cache *forms;
    struct relay *relay;

    struct parcel_list queue[LANE_COUNT];
    struct parcel_list done; /* goes to the ledger with the next turn */
    struct parcel_list spare;
    int ahead;             /* claimed per lane at most */
    bool more[LANE_COUNT]; /* the last claim filled the lane: there may be more */
    struct turn turn;
    bool is_failing;       /* the store did not take the last turn: nothing is sent until it does */
    int64_t turn_again_ms; /* while failing */
    int64_t finish_ms;     /* a row became final: close its message by then; 0: none */

    bool woken;      /* something may have changed: look, and send nothing queued before */
    int64_t gate_ms; /* since when `woken` holds up the queue; 0: it does not */
    int64_t look_ms; /* monotonic: look then */
    int64_t send_ms; /* a rate allows the next then; 0: no matter */
    int64_t now_ms;  /* of this pump */

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
};

/* outbox.c */
int64_t outbox_mono_ms(const struct outbox *o);
/* Something happened: pump before the loop sleeps. Callbacks do no more than this. */
void outbox_touch(struct outbox *o);
/* Send what can be sent, open what is needed, see to the ledger, set the timer. */
void outbox_pump(struct outbox *o);

/* outbox_parcel.c */
void parcel_list_push(struct parcel_list *list, struct parcel *p);
void parcel_list_push_front(struct parcel_list *list, struct parcel *p);
void parcel_list_remove(struct parcel_list *list, struct parcel *p);
struct parcel *parcel_list_shift(struct parcel_list *list);
void parcel_list_append(struct parcel_list *list, struct parcel_list *tail); /* `tail` is empty afterwards */
/* Queue a job that was just claimed. */
void outbox_enqueue(struct outbox *o, const struct job *job);
/* Back to the head of its lane: it was not tried. */
void outbox_requeue(struct outbox *o, struct parcel *p);
int outbox_queued(const struct outbox *o);
/* Take it out of the queue: the caller puts it somewhere. */
void outbox_unqueue(struct outbox *o, struct parcel *p);
/* What became of a parcel that is in no list; `slot` (or NULL) waits for the record. `relay` lives until then. */
void outbox_finish(struct outbox *o, struct parcel *p, struct slot *slot, const struct outcome *outcome,
                   const char *relay);
/* A parcel that is in no list goes back as it came. */
void outbox_give_back(struct outbox *o, struct parcel *p);
/* The same with all that is queued. */
void outbox_give_back_queue(struct outbox *o);
void outbox_spare(struct outbox *o, struct parcel *p); /* done with: its memory serves the next */
void outbox_free_parcels(struct outbox *o);

/* outbox_turn.c */
/* Begin a turn, if there is a reason to and none is running. */
void outbox_turn(struct outbox *o);
/* When the next turn is due by itself; INT64_MAX: what is under way brings it. */
int64_t outbox_turn_ms(const struct outbox *o);
/* Nothing is on its way to the ledger, and nothing waits to go there. */
bool outbox_turns_ended(const struct outbox *o);
void outbox_free_turn(struct outbox *o);

/* outbox_send.c */
void outbox_send(struct outbox *o);

/* outbox_relay.c */
struct relay *relay_new(struct outbox *o, const char *name);
void relay_free(struct relay *r);
void relay_configure(struct relay *r, const struct config_relay *config);
bool relay_is_paused(const struct relay *r);
/* It is away or refuses us: nothing is sent for a while. */
void relay_pause(struct relay *r, const struct outcome *why);
/* It took something. */
void relay_works(struct relay *r);
/* A refusal because of us. */
void relay_on_our_fault(struct relay *r, const struct outcome *outcome);
/* How many more letters may be on the wire: the connections reserved for alerts stay free of them. */
int relay_letter_room(const struct relay *r);
/* Take one from the rate; false: `send_ms` says when there is one. */
bool relay_take_token(struct relay *r);
/* Open the sessions that what is queued can use. */
void relay_open_sessions(struct relay *r);
void relay_quit_all(struct relay *r, bool now);

/* outbox_slot.c */
struct slot *slot_new(struct relay *r);
void slot_free(struct slot *slot);
void slot_open(struct slot *slot);
/* A slot that takes a delivery now, or NULL. */
struct slot *slot_with_room(struct relay *r);
/* Send the parcel, which is in no list; its message stands in slot->data and slot->envelope. */
void slot_send(struct slot *slot, struct parcel *p);
/* An outcome of this connection is durable. */
void slot_recorded(struct slot *slot);
void slot_quit(struct slot *slot, bool now);

#endif
