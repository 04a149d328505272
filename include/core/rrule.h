/*
 * Recurrence rules of RFC 5545 section 3.3.10, for dates: DAILY, WEEKLY, MONTHLY and YEARLY.
 *
 * Text is read into a plain struct of fixed size; walking it yields dates. A date is in the set when it passes every
 * part of the rule, so the work is one test per day between the anchor and RRULE_LAST_YEAR: at most 84 000 tests
 * (some 2 ms), whatever the rule says. No allocation.
 *
 * Why not libical: release 3.0.16 passes over BYSETPOS in WEEKLY rules, negative BYMONTHDAY in DAILY ones, all months
 * but the anchor's in YEARLY;BYMONTHDAY, and can search for half a second for a date that does not exist. This
 * code is held against python3-dateutil's (tests/fixtures/schedule_expected.py).
 *
 * Used by core/schedule.c. Pure, any thread.
 */
#ifndef GB_CORE_RRULE_H
#define GB_CORE_RRULE_H

#include "base/date.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum { RRULE_FIRST_YEAR = 1970, RRULE_LAST_YEAR = 2199, RRULE_TEXT_MAX = 2000, RRULE_NUMBER_MAX = 366 };

enum rrule_freq { RRULE_DAILY, RRULE_WEEKLY, RRULE_MONTHLY, RRULE_YEARLY };

/* A BY list: numbers counted from the start (1, 2, ...) and from the end (-1, -2, ...). */
struct rrule_list {
    bool given;
    uint64_t from_start[RRULE_NUMBER_MAX / 64 + 1];
    uint64_t from_end[RRULE_NUMBER_MAX / 64 + 1];
};

enum rrule_until_kind { RRULE_UNTIL_NONE, RRULE_UNTIL_DATE, RRULE_UNTIL_LOCAL, RRULE_UNTIL_UTC };

struct rrule {
    enum rrule_freq freq;
    int interval;
    int count; /* 0: no end by count */
    enum rrule_until_kind until_kind;
    struct date until;
    int until_s; /* seconds into that day */
    enum weekday week_start;
    int by_hour, by_minute, by_second; /* -1: not given */
    struct rrule_list by_month, by_month_day, by_year_day, by_week, by_set_pos;
    bool by_day;              /* BYDAY given */
    bool every[7];            /* "MO" */
    struct rrule_list nth[7]; /* "2MO", "-1FR": in the month, or in the year (YEARLY without BYMONTH) */
};

/*
 * Reads a rule, with or without "RRULE:" before it, in either case. 0, or ERR_INVALID with a text that
 * quotes the bad part and says what to write. Refused beside what the RFC refuses: SECONDLY, MINUTELY and HOURLY,
 * unknown and repeated parts, and lists in BYHOUR, BYMINUTE and BYSECOND (the caller compares the single values with
 * the time that is given beside the rule).
 */
int rrule_parse(const char *text, struct rrule *out, struct err *err);

/*
 * A walk through the dates, ascending, from the anchor (DTSTART) on. The anchor counts INTERVAL, gives what the
 * rule leaves open (the weekday of WEEKLY and BYWEEKNO, the day of MONTHLY, day and month of YEARLY), and is itself in
 * the set only when it matches.
 */
struct rrule_walk {
    struct rrule rule; /* with the anchor's parts filled in */
    int anchor;        /* day numbers */
    int last;
    int period; /* of the FREQ: days, weeks, months or years from some origin */
    int left;   /* by COUNT */
    size_t n, at;
    int found[RRULE_NUMBER_MAX]; /* the present period's dates, ascending */
};

/* `last` is the last day that may come (of UNTIL), cut at RRULE_LAST_YEAR. */
void rrule_walk_init(struct rrule_walk *w, const struct rrule *rule, struct date anchor, int last);
/* The next date's day number in *out; false at the end. */
bool rrule_walk_next(struct rrule_walk *w, int *out);

#endif
