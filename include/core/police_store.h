/*
 * The police's events as they are kept: 400 days of those that lie in our municipalities, or in their counties.
 *
 * Events are public as the police publish them. What they placed in a county only is shown to all of it, as that.
 * Writer for _keep and _forget, any connection for the rest. Never logs.
 */
#ifndef GB_CORE_POLICE_STORE_H
#define GB_CORE_POLICE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/source_places.h"

struct db;
struct police_event_list;

enum { POLICE_KEEP_DAYS = 400 };

/* An event of the list that is ours: where it lies. */
struct police_place {
    size_t event;                                                    /* index in the list */
    char municipality[SOURCE_CODE_BYTES], county[SOURCE_CODE_BYTES]; /* one of the two is "" */
};
/* Those of the list that lie in our places: the source is asked for them, and does not always obey. Returns how many of
 * `out` (room for list->count). Pure. */
size_t police_events_ours(const struct police_event_list *list, const struct source_places *places,
                          struct police_place *out);

/* Keep events `from` to before `to` of `ours`; what is known is changed where the police changed it. *changed: how many
 * are new or different. */
int police_events_keep(struct db *db, const struct police_event_list *list, const struct police_place *ours,
                       size_t from, size_t to, int64_t now_us, int *changed);
/* What has been here for longer than POLICE_KEEP_DAYS. */
int police_events_forget(struct db *db, int64_t now_us);

#endif
