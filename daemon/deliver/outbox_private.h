/* The outbox's structs, shared by outbox.c (queues, sending, life), outbox_ledger.c (looks, records) and outbox_relay.c
 * (sessions, pauses, rates). */
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
    OUTBOX_SLOTS_MAX = 200,              /* connections of one relay; config_keys.h has the same bound */
    OUTBOX_QUEUE_MAX = OUTBOX_SLOTS_MAX, /* claimed ahead, per lane */
    OUTBOX_JOBS_MAX = OUTBOX_QUEUE_MAX * LANE_COUNT,
    OUTBOX_PROBLEM_BYTES = 256,
    OUTBOX_OUR_FAULTS_MAX = 3,           /* one odd recipient is no reason to pause, several in a row are */
    OUTBOX_MAIL_BYTES = 4 * 1024 * 1024, /* one message, encoded */
    OUTBOX_PAUSE_FIRST_MS = 1000,
    OUTBOX_PAUSE_MAX_MS = 60000,
    OUTBOX_LOOK_MS = 15000, /* look at least this often: the wall clock may jump */
    OUTBOX_HOLD_MS = 1000,  /* the same while sending is on hold, or the store fails */
    OUTBOX_GATE_MS = 1000,  /* writes without end hold up what is queued for no longer than this */
};

enum slot_state {
    SLOT_EMPTY,
    SLOT_CONNECTING,
    SLOT_READY,
    SLOT_SENDING,
    SLOT_RECORDING, /* the session may have closed meanwhile */
    SLOT_LEAVING,   /* takes no more; until its session has closed */
};

/* One connection to the relay and the delivery on it. */
struct slot {
    struct outbox *o;
    enum slot_state state;
    struct smtp_session *session; /* NULL once closed; a slot may still be recording then */
    bool has_tried;               /* something was sent through this session ... */
    bool has_worked;              /* ... and the conversation went on after it */
    struct job job;
    struct buf data;
    struct letter_envelope envelope;
    struct smtp_job smtp;
    char relay[CONFIG_RELAY_NAME_MAX + 1]; /* the session's */
};

/* An outcome on its way to the store; owns its texts. */
struct record {
    struct store_req req;
    struct outbox *o;
    struct slot *slot; /* waits for it, or NULL */
    bool is_untouched; /* given back without an attempt: only the id counts */
    struct ledger_result result;
    struct outcome outcome;
    char gave_up[OUTCOME_TEXT_BYTES];
    char relay[CONFIG_RELAY_NAME_MAX + 1];
};

/* One look at the ledger: which of the queued jobs were recalled, what is due, what has ended. The store's while
 * is_running. */
struct look {
    struct store_req req;
    struct outbox *o;
    bool is_running;
    int64_t now_us;
    int room[LANE_COUNT];
    int asked; /* queued jobs that are asked about */
    int64_t asked_id[OUTBOX_JOBS_MAX];
    bool recalled[OUTBOX_JOBS_MAX];
    int n;
    struct job jobs[OUTBOX_JOBS_MAX];
    int64_t next_due_us; /* 0: nothing is pending later */
    bool is_on_hold;
};

struct queue_ring {
    struct job jobs[OUTBOX_QUEUE_MAX];
    int first, count;
};

struct outbox {
    struct outbox_env env;
    const struct config *config;
    const struct config_relay *relay;
    struct delivery_policy policy;
    struct smtp_session_config session_config;
    struct form_cache *forms;
    struct look look;
    struct queue_ring queue[LANE_COUNT];
    struct slot slots[OUTBOX_SLOTS_MAX];
    int slot_count;        /* connections of the relay; slots above it empty themselves */
    int recording;         /* records under way */
    bool more[LANE_COUNT]; /* the last look filled the lane: there may be more */
    bool woken;            /* something may have changed: look, and send nothing queued before */
    int64_t gate_ms;       /* since when `woken` holds up the queue; 0: it does not */

    uv_timer_t timer;
    bool timer_open;
    int64_t look_ms; /* monotonic: look then */
    int64_t send_ms; /* the rate allows the next then; 0: no matter */
    int64_t paused_until_ms;
    int pauses;     /* in a row */
    int our_faults; /* refusals because of us in a row, without a letter taken in between */
    char problem[OUTBOX_PROBLEM_BYTES];
    double tokens; /* messages that the rate allows now */
    int64_t tokens_ms;

    bool is_stopping;
    bool is_cut_off; /* the deadline has passed */
    int64_t stop_by_ms;
    outbox_stopped_cb stopped;
    void *stopped_ctx;
    struct outbox_status counters;
};

/* outbox.c */
int64_t outbox_mono_ms(const struct outbox *o);
/* Send what can be sent, open what is needed, look if it is time, set the timer. Called after everything. */
void outbox_pump(struct outbox *o);
int outbox_queued(const struct outbox *o);
void outbox_push(struct outbox *o, const struct job *job);
/* Take the jobs for which `leave` is true, or all (NULL), from the queue and give them back. */
void outbox_give_back(struct outbox *o, bool (*leave)(const struct outbox *o, int64_t delivery_id));
void outbox_check_stopped(struct outbox *o);

/* outbox_ledger.c */
/* Ask the ledger, if there is a reason to and no look is running. */
void outbox_look(struct outbox *o);
/* Give the outcome to the ledger; `slot` (or NULL) is recording until then. `relay` is copied. */
void outbox_record(struct outbox *o, struct slot *slot, const struct job *job, const struct outcome *outcome,
                   const char *relay);
void outbox_record_untouched(struct outbox *o, int64_t delivery_id);

/* outbox_relay.c */
void relay_configure(struct outbox *o, const struct config *config);
bool relay_is_paused(const struct outbox *o);
/* The relay is away or refuses us: nothing is sent for a while. */
void relay_pause(struct outbox *o, const struct outcome *why);
/* Open the sessions that what is queued can use. */
void relay_open_sessions(struct outbox *o);
/* A session that takes a message now, or NULL. */
struct slot *relay_ready_slot(struct outbox *o);
/* May one more delivery of this lane be sent now (rate, connections reserved for alerts)? Takes it from the rate. */
bool relay_admits(struct outbox *o, enum lane lane);
/* Send the slot's job, whose bytes stand in slot->data. */
void relay_send(struct slot *slot);
void relay_quit_all(struct outbox *o, bool now);
int relay_open_count(const struct outbox *o);

#endif
