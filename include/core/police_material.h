/*
 * Material for a letter from the police's events: a piece of Markdown for a municipality and a period, to be pasted,
 * shortened or left out by the person who writes the letter. Nothing puts it into a letter by itself.
 *
 * It says where it comes from and when it was fetched, and never more than the source does: events are those that the
 * police chose to publish, not statistics; what they placed in the county only is not counted for the municipality; a
 * summary of several events ("Sammanfattning natt") is none of them. Counts of 1 and 2 stand as "färre än 3" and there
 * is no total that would give them away; a summary that the letter's checks would stop is left out.
 *
 * On a store thread, reads only. Never logs.
 */
#ifndef GB_CORE_POLICE_MATERIAL_H
#define GB_CORE_POLICE_MATERIAL_H

#include <stdint.h>

#include "store/actor.h"

struct buf;
struct db;
struct err;

enum { POLICE_MATERIAL_BYTES = 512 * 1024, POLICE_MATERIAL_EVENTS_MAX = 300 };

/* The local days of "2026-11", "2026-W47", "2026" or "2026-11-22" as instants: from the first one's beginning to before
 * the day after. ERR_INVALID when it is none of these. */
int police_period(const char *period, int64_t *from_us, int64_t *to_us);

/* Append the Markdown of `municipality` (a code within the scope) for `period` to `out`. ERR_NOT_FOUND, ERR_INVALID
 * with words; ERR_TOO_LARGE when `out` is full. */
int police_material(struct db *db, const struct scope *scope, const char *municipality, const char *period,
                    struct buf *out, struct err *err);

#endif
