/*
 * The rule that a zone file gives for all years after its last listed change: a POSIX TZ text with the extension
 * of RFC 8536 section 3.3.1 (hours from -167 to 167), such as "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * Used by base/zone.c only. Pure, no allocation.
 */
#ifndef GB_BASE_ZONE_RULE_H
#define GB_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

enum zone_change_kind {
    ZONE_CHANGE_JULIAN, /* "J60": day 1 to 365, 29 February never counted */
    ZONE_CHANGE_DAY,    /* "59": day 0 to 365, 29 February counted */
    ZONE_CHANGE_WEEKDAY /* "M3.5.0": month, week (5 is the last), weekday (0 is Sunday) */
};

struct zone_change {
    enum zone_change_kind kind;
    int month, week, weekday;
    int day;
    int time_s; /* on the clock that the change puts an end to */
};

struct zone_rule {
    bool has_dst;
    int std_offset_s; /* to add to UTC */
    int dst_offset_s;
    struct zone_change to_dst, to_std;
};

/* 0 and *out, or ERR_INVALID. */
int zone_rule_parse(const char *text, struct zone_rule *out);
/* Seconds to add to UTC at that instant. */
int zone_rule_offset_s(const struct zone_rule *r, int64_t utc_s);

#endif
