/*
 * The inside of working out a target: the groups found so far, shared by alert_resolve.c and alert_area_text.c only.
 */
#ifndef GB_DAEMON_CORE_ALERT_RESOLVE_H
#define GB_DAEMON_CORE_ALERT_RESOLVE_H

#include "core/alert_target.h"
#include "core/area.h"
#include "core/group_words.h"
#include "store/actor.h"

enum { MUNICIPALITY_CODES = 10000 };

struct resolve {
    struct db *db;
    const struct actor *actor;
    const struct alert_target *asked;
    struct alert_target found; /* with codes instead of names; owned */
    struct err *err;
    unsigned kinds;                    /* bits of the kinds of group that count; all when none is named */
    bool is_there[MUNICIPALITY_CODES]; /* municipalities asked for, or of a group */
    int64_t *ids;                      /* groups, in any order, perhaps twice */
    size_t count, room;
};

/* In words for residents: where it applies. The municipalities of `out` are filled. */
int alert_area_text(struct resolve *r, const struct alert_audience *audience, char out[ALERT_AREA_TEXT_BYTES]);
/* The JSON form of a target; returns, caller frees. */
char *alert_target_dump(const struct alert_target *target);

#endif
