/*
 * Schedules: when a series of letters is due, by the calendar.
 *
 * A schedule is a recurrence rule (RFC 5545), a local time of day, an IANA zone, an anchor date and, if wanted, the
 * move to the next Swedish working day. It is pure: no clock, no store; the same question has the same answer on every
 * machine and after every restart. An occurrence has a *nominal* date, the rule's own, and a *scheduled* one,
 * which differs only when it was moved. Immutable once made: any thread may ask.
 *
 * The wall clock rules: 09:00 is 09:00 in winter and summer. A time that the clocks skip is read with the offset
 * before the gap (02:30 becomes 03:30), a time that comes twice is the first one.
 *
 * Dates run from 1970 to 2199; each question costs at most one walk through them (some milliseconds), no memory.
 */
#ifndef GB_CORE_SCHEDULE_H
#define GB_CORE_SCHEDULE_H

#include "base/clock.h"
#include "base/date.h"

#include <stddef.h>
#include <stdint.h>

struct err;
struct schedule;

enum schedule_flag {
    /* A date on a Saturday, a Sunday or a public holiday moves forward to the next working day (core/holiday.h). Two
     * dates that move to one day stay two occurrences, each with its own period. */
    SCHEDULE_NEXT_WORKING_DAY = 1
};

/* What an operator gives. The texts are borrowed for the call. */
struct schedule_spec {
    const char *rrule; /* "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", with or without "RRULE:" */
    const char *time;  /* "09:00" */
    const char *zone;  /* "Europe/Stockholm" */
    /* DTSTART: the first date that the rule may give. INTERVAL and COUNT count from it. It gives what the rule leaves
     * open: "FREQ=MONTHLY" from the 15th is every 15th, and from the 31st only the months that have a 31st
     * (BYMONTHDAY=-1 is the last day of every month). It is itself an occurrence only if it matches the rule. */
    struct date anchor;
    unsigned flags; /* enum schedule_flag */
};

/* One letter of a series per period; the label of one series has one form. */
enum period_unit {
    PERIOD_MONTH, /* "2026-03": the rule never gives two dates in one calendar month */
    PERIOD_WEEK,  /* "2026-W10": never two in one ISO week */
    PERIOD_DAY    /* "2026-03-10" */
};

enum { PERIOD_TEXT_BYTES = 16 };

struct occurrence {
    int64_t utc_us;
    struct date nominal;            /* the rule's own date; gives the period */
    struct date scheduled;          /* the local date after the move */
    char local[TIME_TEXT_BYTES];    /* "2026-04-01T09:00:00+02:00" */
    char utc[TIME_TEXT_BYTES];      /* "2026-04-01T07:00:00Z" */
    char period[PERIOD_TEXT_BYTES]; /* unique among the schedule's occurrences */
};

/*
 * Checks everything; 0 and *out (caller frees with schedule_free), or a text in `err` and ERR_INVALID (rule, time,
 * zone or anchor are wrong, or no date ever comes), ERR_CONFIG, ERR_CORRUPT or ERR_IO (zone data).
 *
 * UNTIL is held against the nominal date at the local time; one in UTC ("...Z") against the instant. BYHOUR, BYMINUTE
 * and BYSECOND are accepted when they say what `time` says, and refused otherwise.
 */
int schedule_new(const struct schedule_spec *spec, struct schedule **out, struct err *err);
/* NULL is fine. */
void schedule_free(struct schedule *s);

/*
 * The first `count` occurrences whose scheduled local date is `from` or later, by instant, into out[count]; *n is how
 * many there are (fewer when the rule ends). One whose nominal date is before `from` but which is moved to `from` or
 * later is among them.
 */
void schedule_next(const struct schedule *s, struct date from, size_t count, struct occurrence *out, size_t *n);
/* The same for occurrences strictly after an instant. */
void schedule_after(const struct schedule *s, int64_t utc_us, size_t count, struct occurrence *out, size_t *n);

/* Decided once, from all dates of the rule: labels are unique and of one form until 2199. */
enum period_unit schedule_period_unit(const struct schedule *s);

#endif
