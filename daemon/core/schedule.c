/*
 * Schedules; the contract is in core/schedule.h.
 *
 * The rule is walked as dates; only a date that is asked for becomes an instant. Moving to the next working day
 * keeps the order (a later date never moves before an earlier one), so no sorting and no looking back is needed.
 */
#include "core/schedule.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/holiday.h"
#include "core/rrule.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

struct schedule {
    struct rrule rule;
    struct zone *zone;
    struct date anchor;
    unsigned flags;
    int time_s;   /* into the local day */
    int last_day; /* from UNTIL, or INT_MAX */
    enum period_unit unit;
};

static int64_t instant_s(const struct schedule *s, int day)
{
    return zone_to_utc_s(s->zone, (int64_t)day * DAY_S + s->time_s);
}

static void walk_start(struct rrule_walk *w, const struct schedule *s)
{
    rrule_walk_init(w, &s->rule, s->anchor, s->last_day);
}

/* --- making one --- */

static int read_time(const char *text, int *out_s, struct err *err)
{
    if (strlen(text) == 5 && isdigit((unsigned char)text[0]) && isdigit((unsigned char)text[1]) && text[2] == ':' &&
        isdigit((unsigned char)text[3]) && isdigit((unsigned char)text[4])) {
        int hour = (text[0] - '0') * 10 + text[1] - '0';
        int minute = (text[3] - '0') * 10 + text[4] - '0';
        if (hour <= 23 && minute <= 59) {
            *out_s = hour * 3600 + minute * 60;
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "the time of day is wrong: write HH:MM from 00:00 to 23:59, such as 09:00");
}

/* BYHOUR and its like may repeat the time, not change it. */
static int check_time_parts(const struct rrule *r, int time_s, struct err *err)
{
    int hour = time_s / 3600;
    int minute = time_s % 3600 / 60;
    if ((r->by_hour < 0 || r->by_hour == hour) && (r->by_minute < 0 || r->by_minute == minute) && r->by_second <= 0)
        return 0;
    return err_set(err, ERR_INVALID,
                   "BYHOUR, BYMINUTE or BYSECOND in the rule differs from the time of day %02d:%02d: leave them out of "
                   "the rule",
                   hour, minute);
}

/* The last nominal date that UNTIL allows. */
static int last_day_of(const struct schedule *s)
{
    const struct rrule *r = &s->rule;
    int day = r->until_kind == RRULE_UNTIL_NONE ? INT_MAX : date_to_days(r->until);
    if (r->until_kind == RRULE_UNTIL_LOCAL && s->time_s > r->until_s)
        day--;
    if (r->until_kind == RRULE_UNTIL_UTC) {
        int64_t until_s = (int64_t)day * DAY_S + r->until_s;
        /* The local date differs from that in UTC by one day at most. */
        day++;
        while (instant_s(s, day) > until_s)
            day--;
    }
    return day;
}

/* Looks at every date once; false when there is none. */
static bool decide_unit(struct schedule *s)
{
    struct rrule_walk w;
    struct date before = {0};
    int week_before = INT_MIN;
    int day;
    bool any = false;
    bool one_a_month = true;
    bool one_a_week = true;
    walk_start(&w, s);
    while ((one_a_month || one_a_week) && rrule_walk_next(&w, &day)) {
        struct date d = date_from_days(day);
        int week = day - (int)days_weekday(day);
        if (d.year == before.year && d.month == before.month)
            one_a_month = false;
        if (week == week_before)
            one_a_week = false;
        before = d;
        week_before = week;
        any = true;
    }
    s->unit = one_a_month ? PERIOD_MONTH : one_a_week ? PERIOD_WEEK : PERIOD_DAY;
    return any;
}

static int check_anchor(struct date anchor, struct err *err)
{
    if (date_is_valid(anchor) && anchor.year >= RRULE_FIRST_YEAR && anchor.year <= RRULE_LAST_YEAR)
        return 0;
    return err_set(err, ERR_INVALID, "the first day is wrong: write a day that exists, from %d-01-01 to %d-12-31",
                   RRULE_FIRST_YEAR, RRULE_LAST_YEAR);
}

int schedule_new(const struct schedule_spec *spec, struct schedule **out, struct err *err)
{
    struct schedule *s = xcalloc(1, sizeof *s);
    char anchor[DATE_ISO_BYTES];
    int rc;
    s->anchor = spec->anchor;
    s->flags = spec->flags;
    if ((rc = check_anchor(spec->anchor, err)) != 0 || (rc = read_time(spec->time, &s->time_s, err)) != 0 ||
        (rc = rrule_parse(spec->rrule, &s->rule, err)) != 0 || (rc = check_time_parts(&s->rule, s->time_s, err)) != 0 ||
        (rc = zone_open(spec->zone, &s->zone, err)) != 0)
        goto out;
    s->last_day = last_day_of(s);
    if (!decide_unit(s)) {
        rc = err_set(err, ERR_INVALID,
                     "the rule gives no date from %s to %d-12-31: look at its UNTIL, and for days that do not exist, "
                     "such as 30 February",
                     date_format(spec->anchor, anchor), RRULE_LAST_YEAR);
        goto out;
    }
    *out = s;
    s = NULL;
out:
    schedule_free(s);
    return rc;
}

void schedule_free(struct schedule *s)
{
    if (s == NULL)
        return;
    zone_free(s->zone);
    free(s);
}

enum period_unit schedule_period_unit(const struct schedule *s)
{
    return s->unit;
}

/* --- asking --- */

static void format_period(enum period_unit unit, struct date d, char out[PERIOD_TEXT_BYTES])
{
    char date[DATE_ISO_BYTES];
    date_format(d, date);
    if (unit == PERIOD_WEEK) {
        int year;
        int week = days_week(date_to_days(d), MONDAY, &year);
        snprintf(out, PERIOD_TEXT_BYTES, "%04u-W%02u", (unsigned)year % 10000, (unsigned)week % 100);
    } else {
        snprintf(out, PERIOD_TEXT_BYTES, "%.*s", unit == PERIOD_MONTH ? 7 : 10, date);
    }
}

static void fill(const struct schedule *s, int nominal, int scheduled, struct occurrence *o)
{
    *o = (struct occurrence){.utc_us = instant_s(s, scheduled) * US_PER_S,
                             .nominal = date_from_days(nominal),
                             .scheduled = date_from_days(scheduled)};
    zone_format(s->zone, o->utc_us, o->local);
    time_format_utc(o->utc_us, o->utc);
    format_period(s->unit, o->nominal, o->period);
}

/* The first `count` from scheduled day `from_day` on that come after the instant. */
static size_t collect(const struct schedule *s, int from_day, int64_t after_us, size_t count, struct occurrence *out)
{
    struct rrule_walk w;
    size_t n = 0;
    int nominal;
    walk_start(&w, s);
    while (n < count && rrule_walk_next(&w, &nominal)) {
        /* Most days that are passed over are far too early to be asked whether they are holidays. */
        if (nominal + HOLIDAY_MOVE_MAX_DAYS < from_day)
            continue;
        int scheduled = nominal;
        if ((s->flags & SCHEDULE_NEXT_WORKING_DAY) != 0)
            scheduled = date_to_days(next_working_day(date_from_days(nominal)));
        if (scheduled < from_day)
            continue;
        fill(s, nominal, scheduled, &out[n]);
        if (out[n].utc_us > after_us)
            n++;
    }
    return n;
}

void schedule_next(const struct schedule *s, struct date from, size_t count, struct occurrence *out, size_t *n)
{
    assert(date_is_valid(from));
    *n = collect(s, date_to_days(from), INT64_MIN, count, out);
}

void schedule_after(const struct schedule *s, int64_t utc_us, size_t count, struct occurrence *out, size_t *n)
{
    /* No zone is a whole day from UTC, so dates two days before the instant's are over. */
    int64_t from_day = utc_us / US_PER_S / DAY_S - 2;
    int first = date_to_days(s->anchor);
    int end = date_to_days((struct date){RRULE_LAST_YEAR + 1, 12, 31});
    *n = 0;
    if (from_day > end)
        return;
    *n = collect(s, from_day < first ? first : (int)from_day, utc_us, count, out);
}
