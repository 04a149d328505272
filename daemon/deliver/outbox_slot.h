/*
 * One connection of the outbox to a relay, and the transactions in its hands: one that is being answered, and one whose
 * envelope travels behind it. A transaction is one delivery, or on a relay that shares up to relay_recipients alerts of
 * one message. Private to the outbox.
 *
 * Invariants:
 *  1. A body is permitted only when all earlier outcomes of the connection are durable, so at most one transaction of a
 *     connection is past its final dot and not in the ledger.
 *  2. A letter stands behind letters only, anything else never behind a letter.
 *  3. What stands behind another that is not answered for SLOT_PATIENCE_MS is taken back and goes elsewhere.
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
    struct parcel_list parcels;
    bool is_permitted;
    int64_t permitted_ms;
    struct letter_envelope envelope; /* of the first; mail_from of all */
    struct smtp_recipient *to;       /* one for each parcel, in their order */
    int to_room;
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
/* The hand that the next transaction goes into: envelope and data are to be filled before slot_send. */
struct slot_hand *slot_free_hand(struct slot *slot);
/* The domain hold of a delivery to this domain in front, NULL when there is none. */
const struct domain_hold *slot_hold_ahead(const struct slot *slot, const char *domain);
/* Send the parcels, each with its rcpt_to, with what stands in the free hand; the list is empty afterwards. */
void slot_send(struct slot *slot, struct parcel_list *parcels);
/* Permit the next body, if it may go now. */
void slot_permit(struct slot *slot);
/* Take the permit back, unless the body has begun: it may be recalled, and an envelope can take long. */
void slot_forbid(struct slot *slot);
/* What it has in hand counts no longer against its domains: it is the relay that hangs. Not for limits
 * that somebody has set: it may get there yet. */
void slot_leave_domains(struct slot *slot);
/* An outcome of this connection is durable. */
void slot_recorded(struct slot *slot);
/* Do not send this one, which is in this slot's hands. When its body may be on the way already it finishes, but does
 * not go again should it come back. What shares its transaction goes again. */
void slot_recall(struct slot *slot, struct parcel *p);
/* See to invariant 3. */
void slot_rescue(struct slot *slot, int64_t now_ms);
/* Take no more; what is on the wire finishes, what is not comes back. `now`: close. */
void slot_quit(struct slot *slot, bool now);

#endif
