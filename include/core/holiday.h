/*
 * Public holidays of Sweden: act 1989:253 om allmänna helgdagar.
 *
 * The act names thirteen days, and Sundays. Annandag pingst was one until 2004, nationaldagen is one from 2005.
 * Midsommarafton, julafton and nyårsafton are days off in many contracts but NOT public holidays
 * in law, so here they are working days when they fall on Monday to Friday; so are klämdagar. Today's names are
 * given for all years 1900 to 2199, also for those before the act.
 *
 * Pure functions, any thread.
 */
#ifndef GB_CORE_HOLIDAY_H
#define GB_CORE_HOLIDAY_H

#include "base/date.h"

#include <stdbool.h>

/* A day moves at most four days (långfredagen, or Thursday 25 December, to Monday or Tuesday); with room to spare. */
enum { HOLIDAY_MOVE_MAX_DAYS = 6 };

/* Easter Sunday of the year (Gregorian reckoning). */
struct date holiday_easter(int year);

/* "långfredagen", as Swedish writes it inside a sentence: a static text, or NULL when the day is no holiday. An
 * ordinary Sunday has no name. When two fall on one day (2008-05-01), the one with the fixed date is named. */
const char *holiday_name(struct date d);

/* Monday to Friday and no holiday? */
bool is_working_day(struct date d);

/* The day itself when it is a working day, otherwise the next that is. Never earlier for a later day, so an order of
 * dates survives being moved. */
struct date next_working_day(struct date d);

#endif
