/*
 * What happens becomes webhook events: one row for the event and one delivery for each endpoint that it is for.
 *
 * Called by core in the transaction of the change itself (■: an alert without its events does not exist), on the
 * writer. An event goes to enabled endpoints that chose its kind and whose scope it touches; what follows an alert goes
 * where an earlier part of the thread has arrived or may have arrived, and nowhere else. What an endpoint had still to
 * get of the thread is withdrawn (an update takes its place). What is classified for contact persons only goes to no
 * endpoint. Errors are the store's. Nothing is sent here: the dispatcher finds the rows through core/webhook_queue.h.
 */
#ifndef GB_CORE_WEBHOOK_EMIT_H
#define GB_CORE_WEBHOOK_EMIT_H

#include <stdint.h>

struct db;

/* identifier, word */
#define WEBHOOK_EVENT_MAP(X)            \
    X(ALERT_SENT, "alert.sent")         \
    X(ALERT_UPDATED, "alert.updated")   \
    X(ALERT_RECALLED, "alert.recalled") \
    X(ALERT_EXPIRED, "alert.expired")   \
    X(LETTER_SENT, "letter.sent")       \
    X(TEST, "webhook.test")

enum webhook_event_type {
#define WEBHOOK_EVENT_ENUM(id, word) WEBHOOK_EVENT_##id,
    WEBHOOK_EVENT_MAP(WEBHOOK_EVENT_ENUM)
#undef WEBHOOK_EVENT_ENUM
};

/* When an alert, an update or a recall goes out; its row, groups and municipalities are written. By alert.type:
 * alert.sent, alert.updated, alert.recalled. */
int webhook_emit_alert(struct db *db, int64_t alert_id);
/* When an alert's time is over: what has not arrived expires, and who has it is told; telephones (46elks, ntfy) not
 * before `quiet_until_us`, the end of the quiet hours, or 0. */
int webhook_emit_expired(struct db *db, int64_t alert_id, int64_t quiet_until_us);
/* When a letter begins to go out. Only what is classified public. */
int webhook_emit_letter(struct db *db, int64_t letter_id);

#endif
