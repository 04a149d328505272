/*
 * Civil dates of the Gregorian calendar, without any clock or zone.
 *
 * Reckoning is done with day numbers (whole days since 1970-01-01, negative before), people see year, month
 * and day. Weekdays are 0 for Monday to 6 for Sunday, as in ISO 8601. Pure functions, any thread.
 * Years run from DATE_YEAR_MIN to DATE_YEAR_MAX; the reckoning itself holds beyond.
 */
#ifndef GB_BASE_DATE_H
#define GB_BASE_DATE_H

#include <stdbool.h>

enum { DATE_YEAR_MIN = 1, DATE_YEAR_MAX = 9999, DATE_ISO_BYTES = 11 };

enum weekday { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY };

struct date {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

bool year_is_leap(int year);
/* 28 to 31; month is 1 to 12. */
int month_length(int year, int month);
/* Does this day exist (2027-02-29 does not), within the years above? */
bool date_is_valid(struct date d);

/* The day number; `d` is valid. */
int date_to_days(struct date d);
struct date date_from_days(int days);
/* Monday 0 to Sunday 6. */
enum weekday days_weekday(int days);
/* 1 for 1 January. */
int date_year_day(struct date d);

/*
 * The number (1 to 53) of the week that holds the day, for weeks that open on `first` (RFC 5545 WKST; MONDAY
 * gives ISO 8601): week 1 is the first with at least four days in its year. The year that the week
 * belongs to, which differs from the day's at New Year, goes to *year.
 */
int days_week(int days, enum weekday first, int *year);
/* How many weeks that year has: 52 or 53. */
int year_weeks(int year, enum weekday first);

/* "2026-04-01", exactly; 0, or ERR_INVALID with *out untouched (also for a day that does not exist). */
int date_parse(const char *text, struct date *out);
/* "2026-04-01" into out[DATE_ISO_BYTES]; returns out. `d` is valid. */
char *date_format(struct date d, char out[DATE_ISO_BYTES]);

#endif
