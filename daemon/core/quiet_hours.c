/* The end of the night; the contract is in core/quiet_hours.h. */
#include "core/quiet_hours.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/zone.h"

enum { DAY_S = 86400, MINUTE_S = 60 };

/* Floor, also before 1970. */
static int64_t day_of(int64_t local_s)
{
    return local_s / DAY_S - (local_s % DAY_S < 0);
}

int64_t quiet_hours_end_us(const struct config_hours *hours, const struct zone *zone, int64_t now_us)
{
    int64_t now_s = now_us / US_PER_S;
    int64_t local_s = now_s + zone_offset_s(zone, now_s);
    int64_t day = day_of(local_s);
    int64_t minute = (local_s - day * DAY_S) / MINUTE_S;
    bool over_midnight = hours->to_min < hours->from_min;
    bool evening = minute >= hours->from_min;
    bool morning = minute < hours->to_min;
    if (hours->from_min == hours->to_min || !(over_midnight ? evening || morning : evening && morning))
        return 0;
    int64_t end_day = over_midnight && evening ? day + 1 : day;
    int64_t end_us = zone_to_utc_s(zone, end_day * DAY_S + (int64_t)hours->to_min * MINUTE_S) * US_PER_S;
    return end_us > now_us ? end_us : 0; /* the hour that comes twice, after the first end */
}
