/*
 * Messages that the relays refuse because of us (content, policy, 550 5.7.515 and its kin at RCPT, DATA or the final
 * dot): each waits by itself, so that one odd letter stops neither its relay nor the others. Pure; any one thread.
 *
 * One odd recipient says nothing; MESSAGE_REFUSALS_MAX refusals in a row of different deliveries, without one taken in
 * between, pause the message: retry_first doubling to retry_max, with jitter. After the wait the message is claimed
 * again, and the first refusal pauses it anew; the first delivery that is taken forgets it all.
 *
 * Bounded: MESSAGE_PAUSE_MAX messages; beyond that the one that would be tried soonest is forgotten, that is, tried.
 */
#ifndef GB_DELIVER_MESSAGE_PAUSE_H
#define GB_DELIVER_MESSAGE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

enum { MESSAGE_PAUSE_MAX = 64, MESSAGE_REFUSALS_MAX = 3, MESSAGE_PROBLEM_BYTES = 256 };

struct message_pause_entry {
    int64_t message_id;    /* 0: free */
    int64_t last_delivery; /* the one refused last */
    int refusals;          /* in a row, of different deliveries */
    int pauses;            /* in a row; 0: not paused yet */
    int64_t until_ms;
    char problem[MESSAGE_PROBLEM_BYTES];
};

/* Owned by the caller; the members are message_pause.c's, but anyone may read `entries` for status. */
struct message_pause {
    int64_t first_ms, most_ms;
    struct message_pause_entry entries[MESSAGE_PAUSE_MAX];
};

/* The first and the longest wait ([letter] retry_first, retry_max). */
void message_pause_init(struct message_pause *p, int64_t first_ms, int64_t most_ms);
/* Other waits from now on, and all messages may be tried now: whoever changed the configuration may have mended it. */
void message_pause_configure(struct message_pause *p, int64_t first_ms, int64_t most_ms);

/* A delivery was refused because of us; `problem` (valid UTF-8) is kept without mail addresses, cut to its room. True
 * when the message has begun to pause just now (a line for the log). What comes during a pause was on its way and
 * changes nothing. message_id > 0. */
bool message_pause_refused(struct message_pause *p, int64_t message_id, int64_t delivery_id, const char *problem,
                           int64_t now_ms, uint32_t noise);
/* A delivery of it was taken. */
void message_pause_taken(struct message_pause *p, int64_t message_id);

bool message_pause_has(const struct message_pause *p, int64_t message_id, int64_t now_ms);
/* The messages paused now, into ids[MESSAGE_PAUSE_MAX]; their number. */
int message_pause_list(const struct message_pause *p, int64_t now_ms, int64_t ids[MESSAGE_PAUSE_MAX]);
/* The milliseconds until the first pause ends; -1 when none is paused. */
int64_t message_pause_next_ms(const struct message_pause *p, int64_t now_ms);

#endif
