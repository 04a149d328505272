/* The outbox's structs, shared by outbox.c (queues, claims, records) and outbox_relay.c (sessions, pauses). */
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
    OUTBOX_PROBLEM_BYTES = 256,
    OUTBOX_MAIL_BYTES = 4 * 1024 * 1024, /* one message, encoded */
    OUTBOX_PAUSE_FIRST_MS = 1000,
    OUTBOX_PAUSE_MAX_MS = 60000,
    OUTBOX_LOOK_MS = 15000, /* look at least this often: the wall clock may jump */
};

enum slot_state { SLOT_EMPTY, SLOT_CONNECTING, SLOT_READY, SLOT_SENDING, SLOT_RECORDING, SLOT_LEAVING };

/* One connection to the relay and the delivery on it. */
struct slot {
    struct outbox *o;
    enum slot_state state;
    struct smtp_session *session; /* NULL once closed; a slot may still be recording then */
    bool has_sent;                /* this session has delivered something */
    struct job job;
    struct buf data;
    struct letter_envelope envelope;
    struct smtp_job smtp;
};

/* An outcome on its way to the store; owns its texts. */
struct record {
    struct store_req req;
    struct outbox *o;
    struct slot *slot; /* waits for it, or NULL */
    struct ledger_result result;
    struct outcome outcome;
    char gave_up[OUTCOME_TEXT_BYTES];
    char relay[CONFIG_RELAY_NAME_MAX + 1];
};

struct claim {
    struct store_req req;
    struct outbox *o;
    bool is_running;
    bool finish; /* also close messages whose rows are all final */
    int room[LANE_COUNT];
    int n;
    int64_t now_us;
    int64_t next_due_us; /* 0: nothing is pending */
    struct job jobs[OUTBOX_QUEUE_MAX * LANE_COUNT];
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
    struct claim claim;
    struct queue_ring queue[LANE_COUNT];
    struct slot slots[OUTBOX_SLOTS_MAX];
    int slot_count;  /* connections of the relay; slots above it empty themselves */
    int recording;   /* records under way */
    bool wanted;     /* a claim may find something */
    bool unfinished; /* something was recorded since messages were last closed */

    uv_timer_t timer;
    bool timer_open;
    int64_t due_ms; /* monotonic: look again then; 0 when a claim decides */
    int64_t paused_until_ms;
    int pauses; /* in a row */
    char problem[OUTBOX_PROBLEM_BYTES];
    double tokens; /* messages that the rate allows now */
    int64_t tokens_ms;

    bool is_stopping;
    int64_t stop_by_ms;
    outbox_stopped_cb stopped;
    void *stopped_ctx;
    struct outbox_status counters;
};

/* outbox.c */
/* Wake up in `in_ms` at the latest. */
void outbox_set_timer(struct outbox *o, int64_t in_ms);
void outbox_pump(struct outbox *o);
/* Give the outcome to the ledger; `slot` (or NULL) is recording until then. */
void outbox_record(struct outbox *o, struct slot *slot, const struct job *job, const struct outcome *outcome);
/* Everything queued goes back to the ledger untouched. */
void outbox_give_back(struct outbox *o);
void outbox_check_stopped(struct outbox *o);

/* outbox_relay.c */
void relay_configure(struct outbox *o, const struct config *config);
bool relay_is_paused(const struct outbox *o);
/* The relay is away or refuses us: nothing is sent for a while. */
void relay_pause(struct outbox *o, const struct outcome *why);
/* Open as many sessions as `waiting` deliveries can use. */
void relay_open_sessions(struct outbox *o, int waiting);
/* May one more delivery of this lane be sent now (rate, connections reserved for alerts)? */
bool relay_admits(struct outbox *o, enum lane lane);
/* Send the slot's job, whose bytes stand in slot->data. */
void relay_send(struct slot *slot);
void relay_quit_all(struct outbox *o, bool now);
int relay_open_count(const struct outbox *o);

#endif
