/* Swedish public holidays; the contract is in core/holiday.h. */
#include "core/holiday.h"

#include "base/mem.h"

#include <assert.h>
#include <stddef.h>

enum { ALWAYS = 9999, NATIONAL_DAY_FROM = 2005 };

/* Holidays with a fixed date, and those on a Saturday within seven days. */
static const struct {
    int month, day;
    int saturday_within; /* 0, or the number of days from `day` that hold the Saturday */
    int from, until;     /* years, both included */
    const char *name;
} by_date[] = {
    {1, 1, 0, 0, ALWAYS, "nyårsdagen"},      {1, 6, 0, 0, ALWAYS, "trettondedag jul"},
    {5, 1, 0, 0, ALWAYS, "första maj"},      {6, 6, 0, NATIONAL_DAY_FROM, ALWAYS, "nationaldagen"},
    {6, 20, 7, 0, ALWAYS, "midsommardagen"}, {10, 31, 7, 0, ALWAYS, "alla helgons dag"},
    {12, 25, 0, 0, ALWAYS, "juldagen"},      {12, 26, 0, 0, ALWAYS, "annandag jul"},
};

/* Holidays that follow Easter Sunday. */
static const struct {
    int days_after;
    int until;
    const char *name;
} by_easter[] = {
    {-2, ALWAYS, "långfredagen"},           {0, ALWAYS, "påskdagen"},    {1, ALWAYS, "annandag påsk"},
    {39, ALWAYS, "Kristi himmelsfärdsdag"}, {49, ALWAYS, "pingstdagen"}, {50, NATIONAL_DAY_FROM - 1, "annandag pingst"},
};

struct date holiday_easter(int year)
{
    /* The anonymous Gregorian computus (Meeus, Jones, Butcher): epact, then the Sunday after the full moon. */
    int golden = year % 19;
    int century = year / 100;
    int of_century = year % 100;
    int moon = (8 * century + 13) / 25;
    int epact = (19 * golden + century - century / 4 - moon + 15) % 30;
    int late = (golden + 11 * epact) / 319;
    int to_sunday = (2 * (century % 4) + 2 * (of_century / 4) - of_century % 4 - epact + late + 32) % 7;
    int month = (epact - late + to_sunday + 90) / 25;
    return (struct date){.year = year, .month = month, .day = (epact - late + to_sunday + month + 19) % 32};
}

const char *holiday_name(struct date d)
{
    assert(date_is_valid(d));
    int days = date_to_days(d);
    for (size_t i = 0; i < ARRAY_LEN(by_date); i++) {
        if (d.year < by_date[i].from || d.year > by_date[i].until)
            continue;
        int since = days - date_to_days((struct date){d.year, by_date[i].month, by_date[i].day});
        if (since == 0 && by_date[i].saturday_within == 0)
            return by_date[i].name;
        if (since >= 0 && since < by_date[i].saturday_within && days_weekday(days) == SATURDAY)
            return by_date[i].name;
    }
    int since_easter = days - date_to_days(holiday_easter(d.year));
    for (size_t i = 0; i < ARRAY_LEN(by_easter); i++)
        if (since_easter == by_easter[i].days_after && d.year <= by_easter[i].until)
            return by_easter[i].name;
    return NULL;
}

bool is_working_day(struct date d)
{
    return days_weekday(date_to_days(d)) <= FRIDAY && holiday_name(d) == NULL;
}

struct date next_working_day(struct date d)
{
    int first = date_to_days(d);
    int days = first;
    while (!is_working_day(date_from_days(days))) {
        days++;
        assert(days - first <= HOLIDAY_MOVE_MAX_DAYS);
    }
    return date_from_days(days);
}
