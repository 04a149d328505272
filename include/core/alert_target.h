/*
 * Whom an alert is for: what is asked for, and the active groups that it comes to.
 *
 * A target is the union of municipalities, police areas, groups, a circle and a polygon, narrowed to kinds of group
 * when any is named; kinds alone mean all such groups within the acting person's scope. Only active groups count.
 * Groups without a point are in no circle and no polygon; the audience tells how many there are. The walls: a group
 * outside the scope is never reached; a municipality, area or group outside it that is asked for by name is refused by
 * name, while a circle or polygon reaches what is inside both.
 *
 * alert_target_parse reads the JSON form, which is that of the API and of the store:
 *   {"municipalities": ["1292", "Båstad"], "areas": ["angelholm"], "groups": ["grp_..."], "group_kinds": ["boat"],
 *    "circle": {"lat": 56.242, "lon": 12.862, "radius_km": 2.5}, "polygon": [[56.2, 12.8], [56.3, 12.8], [56.3, 12.9]]}
 *
 * Called on a store thread, reader or writer; nothing here writes. Ownership: _parse and
 * _resolve fill structs that the caller ends with _fini. Never names protected persons; never logs.
 */
#ifndef GB_CORE_ALERT_TARGET_H
#define GB_CORE_ALERT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/geo.h"

struct actor;
struct db;
struct err;
struct json_t;

enum { ALERT_SAMPLE_MAX = 10, ALERT_TARGET_NAMES_MAX = 500, ALERT_AREA_TEXT_BYTES = 400 };

/* Texts as typed: codes or names. Owned when it comes from alert_target_parse; else the caller's. */
struct alert_target {
    char **municipalities, **areas, **groups, **group_kinds;
    size_t municipality_count, area_count, group_count, group_kind_count;
    bool has_circle;
    struct geo_point centre;
    int64_t radius_m;
    struct geo_point *polygon; /* at least 3 when there is one; the last is joined to the first */
    size_t polygon_count;
};

/* `json` is an object as above, or NULL for an empty target. ERR_INVALID names the member that is wrong. */
int alert_target_parse(struct json_t *json, struct alert_target *out, struct err *err);
void alert_target_fini(struct alert_target *target);

/* One of those who would get it. */
struct alert_sample {
    char *person, *group, *municipality; /* owned */
};
struct alert_municipality {
    char code[5];
    char name[96];
};
/* Who would get it. Protected persons and all others who have not stopped alerts are counted, each address once. */
struct alert_audience {
    int64_t recipients;
    int64_t groups;                            /* active, within target and scope */
    int64_t groups_without_point;              /* active, within the scope: in no circle or polygon */
    int64_t *group_ids;                        /* `groups` of them, rising */
    struct alert_municipality *municipalities; /* asked for, or of those groups; by code */
    size_t municipality_count;
    struct alert_sample sample[ALERT_SAMPLE_MAX]; /* spread over the groups; nobody protected */
    size_t sample_count;
    char area_text[ALERT_AREA_TEXT_BYTES]; /* in Swedish: "Ängelholm och Båstad", "2 km runt 56.242, 12.862 (Båstad)" */
    char *target_json;                     /* as above, names replaced by codes */
    int64_t version;                       /* of the register, as the count was made */
};

/* The groups, municipalities and words, nobody counted: recipients 0, no sample. ERR_INVALID with words when something
 * asked for does not exist, is not within the scope, or nothing is asked for. `out` is zeroed by the caller. */
int alert_target_resolve(struct db *db, const struct actor *actor, const struct alert_target *target,
                         struct alert_audience *out, struct err *err);
/* Fill recipients, sample and version for group_ids; some 100 ms for 100 000 people: best on a reader. */
int alert_audience_count(struct db *db, struct alert_audience *audience);
/* The register's version now; the count holds as long as it is audience->version. */
int alert_audience_version(struct db *db, const struct alert_audience *audience, int64_t *out);
void alert_audience_fini(struct alert_audience *audience);

#endif
