/*
 * The hours of the night in which only danger to life is worth a warning, on the clocks of the node's zone.
 * Pure but for the zone that is given; any thread.
 */
#ifndef GB_CORE_QUIET_HOURS_H
#define GB_CORE_QUIET_HOURS_H

#include <stdint.h>

#include "core/config_value.h"

struct zone;

/*
 * When the quiet hours that `now_us` lies in end (microseconds, later than now), or 0 when it lies in none. They begin
 * with their first minute and end with the first of the next waking hour. Where clocks are changed: an end that is
 * skipped comes as soon as the clocks show a later time, and one that comes twice is the first.
 */
int64_t quiet_hours_end_us(const struct config_hours *hours, const struct zone *zone, int64_t now_us);

#endif
