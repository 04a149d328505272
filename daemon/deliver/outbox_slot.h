/*
 * One connection of the outbox to a relay, and the deliveries in its hands: one that is being answered, and one whose
 * envelope travels behind it. Private to the outbox.
 *
 * Invariants:
 *  1. The body of a delivery is permitted only when all earlier outcomes of the connection are durable, so at most
 *     OUTBOX_UNRECORDED_MAX of a connection are past their final dot and not in the ledger.
 *  2. A letter stands behind letters only, anything else never behind a letter.
 *  3. One that stands behind another that is not answered for SLOT_PATIENCE_MS is taken back and goes elsewhere.
 */
#ifndef GB_DELIVER_OUTBOX_SLOT_H
#define GB_DELIVER_OUTBOX_SLOT_H

#include "base/buf.h"
#include "deliver/letter_mail.h"
#include "deliver/outbox_parcel.h"
#include "deliver/smtp_session.h"

struct relay;

enum {
    SLOT_HANDS = 2,
    SLOT_PATIENCE_MS = 3000,
    OUTBOX_UNRECORDED_MAX = 1,
};

enum slot_state {
    SLOT_EMPTY,
    SLOT_CONNECTING,
    SLOT_OPEN,
    SLOT_LEAVING, /* takes no more; until its session has closed and all is recorded */
};

/* What a slot can take now. */
enum slot_room { ROOM_NONE, ROOM_IDLE, ROOM_BEHIND_LETTER, ROOM_BEHIND_OTHER, ROOM_COUNT };

struct slot_list {
    struct slot *first;
    int count;
};

struct slot_hand {
    struct parcel *parcel;
    bool is_permitted;
    int64_t permitted_ms;
    struct letter_envelope envelope;
    struct smtp_recipient to;
    struct smtp_job smtp;
    struct buf data;
};

struct slot {
    struct relay *relay;
    enum slot_state state;
    enum slot_room room; /* the list of its relay that it stands in */
    struct slot *prev, *next;
    struct smtp_session *session; /* NULL once closed */
    struct smtp_session_config config;
    bool has_tried;  /* something was sent through this session ... */
    bool has_worked; /* ... and a delivery was taken */
    int unrecorded;  /* outcomes of this connection that are not durable yet */
    int first, count;
    struct slot_hand hands[SLOT_HANDS]; /* a ring */
};

struct slot *slot_new(struct relay *r);
void slot_free(struct slot *slot);
/* Connect under the relay's configuration. */
void slot_open(struct slot *slot);
/* The first slot of this list that really has that room, or NULL. */
struct slot *slot_with(struct relay *r, enum slot_room room);
/* The hand that the next delivery goes into, to be filled before slot_send. */
struct slot_hand *slot_free_hand(struct slot *slot);
/* The domain hold of the delivery in front, NULL when the slot is idle. */
const struct domain_hold *slot_hold_ahead(const struct slot *slot);
/* Send the parcel, which is in no list, with what stands in the free hand. */
void slot_send(struct slot *slot, struct parcel *p);
/* Permit the next body, if it may go now. */
void slot_permit(struct slot *slot);
/* What it has in hand counts no longer against its domains: it is the relay that hangs. Not for limits
 * that somebody has set: it may get there yet. */
void slot_leave_domains(struct slot *slot);
/* An outcome of this connection is durable. */
void slot_recorded(struct slot *slot);
/* Do not send this one, which is in this slot's hands; nothing when its body may be on the way already. */
void slot_recall(struct slot *slot, struct parcel *p);
/* See to invariant 3. */
void slot_rescue(struct slot *slot, int64_t now_ms);
/* Take no more; what is on the wire finishes, what is not comes back. `now`: close. */
void slot_quit(struct slot *slot, bool now);

#endif
