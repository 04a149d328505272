/*
 * Time zones: the offset of an IANA zone at an instant, and the instant of a wall-clock time.
 *
 * Reads the system's compiled zone files (TZif, RFC 8536) from $TZDIR or /usr/share/zoneinfo, as tzset(3) does,
 * but per zone and without the process-wide TZ. A zone is immutable once opened: any thread may use it.
 * Years after the file's last change follow the rule in the file's footer, without an end.
 * Never falls back to UTC: an unknown zone and missing zone data are errors.
 *
 * Why not libical's zones: release 3.0.16 gives offsets other than the zone files' in 32 of 596 zones.
 */
#ifndef GB_BASE_ZONE_H
#define GB_BASE_ZONE_H

#include "base/clock.h"

#include <stddef.h>
#include <stdint.h>

enum { ZONE_NAME_MAX = 64, ZONE_FILE_MAX_BYTES = 128 * 1024 };

struct err;
struct zone;

/*
 * Opens "Europe/Stockholm". 0 and *out (caller frees with zone_free), or ERR_INVALID (no such zone, not a name),
 * ERR_CONFIG (no zone data on this machine), ERR_CORRUPT (not a TZif file), ERR_IO.
 */
int zone_open(const char *name, struct zone **out, struct err *err);
/* The same from the bytes of a TZif file, version 2 or later; 0 or ERR_CORRUPT. */
int zone_parse(const void *tzif, size_t n, struct zone **out, struct err *err);
/* NULL is fine. */
void zone_free(struct zone *z);

/* Seconds to add to UTC at that instant (7200 for Stockholm in summer). */
int zone_offset_s(const struct zone *z, int64_t utc_s);

/*
 * The instant at which the zone's clocks show `local_s` (seconds from 1970-01-01T00:00 on the wall clock).
 * A time that occurs twice (clocks set back) is its first occurrence; a time that is skipped (clocks set forward)
 * is read with the offset before the gap, so 02:30 becomes 03:30 (RFC 5545 section 3.3.5).
 */
int64_t zone_to_utc_s(const struct zone *z, int64_t local_s);

/* "2026-04-01T09:00:00+02:00" (whole seconds; the offset in whole minutes) into out; returns out. */
char *zone_format(const struct zone *z, int64_t utc_us, char out[TIME_TEXT_BYTES]);

#endif
