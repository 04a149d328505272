/*
 * iCalendar (RFC 5545), written piece by piece: icalendar_begin, icalendar_event for each, icalendar_end.
 *
 * Called by the calendar page. Texts are borrowed and escaped; NULL or "" leaves out what need not be there. Lines end
 * in CRLF and are folded at 75 octets, never inside a character; times are UTC, so that no VTIMEZONE is needed.
 * Overflow is the buffer's (buf_ok). Pure, any thread.
 */
#ifndef GB_CORE_ICALENDAR_H
#define GB_CORE_ICALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct buf;

#define ICALENDAR_CONTENT_TYPE "text/calendar; charset=utf-8"

/* One line of the file, before folding: a longer value is cut. */
enum { ICALENDAR_LINE_BYTES = 64 * 1024 };

struct icalendar_event {
    const char *uid; /* the same for ever, and nobody else's */
    const char *summary, *description, *location;
    const char *url;     /* ASCII */
    int64_t stamp_us;    /* when the event was last changed (3.8.7.2) */
    int64_t modified_us; /* 0: never changed since it was made (3.8.7.3) */
    int64_t sequence;    /* how often (3.8.7.4) */
    int64_t start_us;
    int64_t end_us;      /* 0, or not after the start: a moment */
    bool is_transparent; /* nobody is busy because of it */
};

void icalendar_begin(struct buf *out, const char *name);
void icalendar_event(struct buf *out, const struct icalendar_event *event);
void icalendar_end(struct buf *out);

#endif
