/*
 * The dates of a recurrence rule; the contract is in core/rrule.h.
 *
 * RFC 5545's table of "expand" and "limit" comes to one thing for dates: the set of a period (day, week, month, year)
 * is all its days that pass every BY part, once the parts that the rule leaves open are taken from the anchor;
 * BYSETPOS then picks among them. INTERVAL skips periods.
 */
#include "core/rrule.h"

#include <assert.h>

static bool list_has(const struct rrule_list *list, int from_start, int from_end)
{
    assert(from_start >= 1 && from_start <= RRULE_NUMBER_MAX && from_end >= 1 && from_end <= RRULE_NUMBER_MAX);
    return (list->from_start[from_start / 64] >> (from_start % 64) & 1) != 0 ||
           (list->from_end[from_end / 64] >> (from_end % 64) & 1) != 0;
}

/* One place of `n` (1-based), or every place when the list is not given. */
static bool list_passes(const struct rrule_list *list, int place, int n)
{
    return !list->given || list_has(list, place, n - place + 1);
}

static bool week_passes(const struct rrule *r, int day)
{
    if (!r->by_week.given)
        return true;
    int year;
    int week = days_week(day, r->week_start, &year);
    return list_has(&r->by_week, week, year_weeks(year, r->week_start) - week + 1);
}

/* `place` of `n`: the day's place in the span that numbered weekdays count in. */
static bool weekday_passes(const struct rrule *r, int day, int place, int n)
{
    if (!r->by_day)
        return true;
    enum weekday w = days_weekday(day);
    if (r->every[w])
        return true;
    return r->nth[w].given && list_has(&r->nth[w], (place - 1) / 7 + 1, (n - place) / 7 + 1);
}

static bool day_passes(const struct rrule *r, int day)
{
    struct date d = date_from_days(day);
    if (!list_passes(&r->by_month, d.month, 12))
        return false;
    int in_month = month_length(d.year, d.month);
    if (!list_passes(&r->by_month_day, d.day, in_month))
        return false;
    bool count_in_month = r->freq == RRULE_MONTHLY || r->by_month.given;
    int year_day = count_in_month && !r->by_year_day.given ? 1 : date_year_day(d);
    int in_year = year_is_leap(d.year) ? 366 : 365;
    if (!list_passes(&r->by_year_day, year_day, in_year) || !week_passes(r, day))
        return false;
    return count_in_month ? weekday_passes(r, day, d.day, in_month) : weekday_passes(r, day, year_day, in_year);
}

static void list_set(struct rrule_list *list, int number)
{
    list->given = true;
    list->from_start[number / 64] |= UINT64_C(1) << (number % 64);
}

static void weekday_from_anchor(struct rrule *r, int anchor)
{
    r->by_day = true;
    r->every[days_weekday(anchor)] = true;
}

/* What the rule leaves open comes from DTSTART (RFC 5545 section 3.3.10, last paragraphs). */
static void fill_from_anchor(struct rrule *r, struct date anchor)
{
    bool has_day = r->by_day || r->by_month_day.given || r->by_year_day.given;
    if (has_day || r->freq == RRULE_DAILY)
        return;
    if (r->freq == RRULE_WEEKLY || r->by_week.given) {
        weekday_from_anchor(r, date_to_days(anchor));
        return;
    }
    list_set(&r->by_month_day, anchor.day);
    if (r->freq == RRULE_YEARLY && !r->by_month.given)
        list_set(&r->by_month, anchor.month);
}

/* The period that holds the anchor. */
static int period_of(const struct rrule *r, int anchor)
{
    struct date d = date_from_days(anchor);
    switch (r->freq) {
    case RRULE_DAILY:
        return anchor;
    case RRULE_WEEKLY:
        /* Day number of the week's first day. */
        return anchor - ((int)days_weekday(anchor) - (int)r->week_start + 7) % 7;
    case RRULE_MONTHLY:
        return d.year * 12 + d.month - 1;
    case RRULE_YEARLY:
        break;
    }
    return d.year;
}

/* Its first day, and how many it has. */
static int period_days(const struct rrule *r, int period, int *n)
{
    switch (r->freq) {
    case RRULE_DAILY:
        *n = 1;
        return period;
    case RRULE_WEEKLY:
        *n = 7;
        return period;
    case RRULE_MONTHLY:
        *n = month_length(period / 12, period % 12 + 1);
        return date_to_days((struct date){period / 12, period % 12 + 1, 1});
    case RRULE_YEARLY:
        break;
    }
    *n = year_is_leap(period) ? 366 : 365;
    return date_to_days((struct date){period, 1, 1});
}

static void pick_positions(struct rrule_walk *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++)
        if (list_passes(&w->rule.by_set_pos, (int)i + 1, (int)w->n))
            w->found[kept++] = w->found[i];
    w->n = kept;
}

/* Finds the dates of the next period; false when it begins after the last day. */
static bool next_period(struct rrule_walk *w)
{
    int days;
    int first = period_days(&w->rule, w->period, &days);
    if (first > w->last)
        return false;
    w->n = 0;
    w->at = 0;
    for (int day = first; day < first + days; day++)
        if (day_passes(&w->rule, day))
            w->found[w->n++] = day;
    pick_positions(w);
    w->period += w->rule.freq == RRULE_WEEKLY ? 7 * w->rule.interval : w->rule.interval;
    return true;
}

void rrule_walk_init(struct rrule_walk *w, const struct rrule *rule, struct date anchor, int last)
{
    assert(date_is_valid(anchor) && anchor.year >= RRULE_FIRST_YEAR && anchor.year <= RRULE_LAST_YEAR);
    int end = date_to_days((struct date){RRULE_LAST_YEAR, 12, 31});
    w->rule = *rule;
    fill_from_anchor(&w->rule, anchor);
    w->anchor = date_to_days(anchor);
    w->last = last < end ? last : end;
    w->period = period_of(rule, w->anchor);
    w->left = rule->count > 0 ? rule->count : -1;
    w->n = 0;
    w->at = 0;
}

bool rrule_walk_next(struct rrule_walk *w, int *out)
{
    if (w->left == 0)
        return false;
    for (;;) {
        while (w->at < w->n) {
            int day = w->found[w->at++];
            if (day > w->last)
                return false;
            if (day < w->anchor)
                continue;
            if (w->left > 0)
                w->left--;
            *out = day;
            return true;
        }
        if (!next_period(w))
            return false;
    }
}
