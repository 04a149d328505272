/* A target in words for residents, and in its JSON form; the contracts are in core/alert_target.h, alert_resolve.h. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/mem.h"
#include "core/alert_resolve.h"
#include "store/db.h"

enum { GROUP_NAMES_MAX = 3, NAMES_SHOWN_MAX = 12, SIGNIFICANT_DIGITS = 9 };

/* ", " or " och " before the i-th of n. */
static void add_joint(struct buf *out, size_t i, size_t n)
{
    if (i > 0)
        buf_adds(out, i + 1 == n ? " och " : ", ");
}

static int add_named(struct resolve *r, struct buf *out, char *const *codes, size_t n, enum query q, const char *before)
{
    int rc = 0;
    if (n > NAMES_SHOWN_MAX) {
        buf_addf(out, "%zu %s", n, q == Q_MUNICIPALITY_NAME ? "kommuner" : "lokalpolisområden");
        return 0;
    }
    buf_adds(out, before);
    for (size_t i = 0; i < n && rc == 0; i++) {
        char *name = NULL;
        rc = db_get_text(r->db, &name, q, DB_ARGS(DB_TEXT(codes[i])));
        add_joint(out, i, n);
        buf_adds(out, name ? name : codes[i]);
        free(name);
    }
    return rc;
}

/* "Rosen och Tulpanen", or "12 grannsamverkansområden". */
static int add_groups(struct resolve *r, struct buf *out)
{
    const struct alert_target *t = &r->found;
    int rc = 0;
    if (t->group_count > GROUP_NAMES_MAX) {
        buf_addf(out, "%zu grannsamverkansområden", t->group_count);
        return 0;
    }
    for (size_t i = 0; i < t->group_count && rc >= 0; i++) {
        struct db_rows *rows = NULL;
        int64_t id = 0;
        rc = id_parse(ID_GROUP, t->groups[i], &id);
        if (rc == 0)
            rc = db_query_as(r->db, &r->actor->scope, &rows, Q_ALERT_GROUP_ONE, DB_ARGS(DB_INT(id)));
        if (rc)
            return rc;
        rc = db_next(rows);
        add_joint(out, i, t->group_count);
        if (rc > 0)
            buf_adds(out, db_text(rows, 4));
        db_done(rows);
    }
    return rc < 0 ? rc : 0;
}

/* "2,5 km runt 56.242, 12.862". */
static void add_circle(struct buf *out, const struct alert_target *t)
{
    char point[GEO_POINT_TEXT_BYTES];
    long long km = (long long)(t->radius_m / 1000);
    long long rest = (long long)(t->radius_m % 1000);
    if (t->radius_m < 1000)
        buf_addf(out, "%lld m", (long long)t->radius_m);
    else if (rest == 0)
        buf_addf(out, "%lld km", km);
    else
        buf_addf(out, "%lld,%0*lld km", km, rest % 100 ? rest % 10 ? 3 : 2 : 1,
                 rest % 100 ? rest % 10 ? rest : rest / 10 : rest / 100);
    buf_addf(out, " runt %s", geo_format_point(t->centre, point));
}

static void part(struct buf *out, size_t *parts)
{
    if ((*parts)++ > 0)
        buf_adds(out, "; ");
}

/* The municipalities of what was found, for parts that do not name any themselves. */
static void add_where(struct buf *out, const struct alert_audience *audience)
{
    size_t n = audience->municipality_count;
    if (n == 0)
        return;
    buf_adds(out, " (");
    for (size_t i = 0; i < n && n <= NAMES_SHOWN_MAX; i++) {
        add_joint(out, i, n);
        buf_adds(out, audience->municipalities[i].name);
    }
    if (n > NAMES_SHOWN_MAX)
        buf_addf(out, "%zu kommuner", n);
    buf_addc(out, ')');
}

static void add_kinds(struct buf *out, const struct alert_target *t)
{
    for (size_t i = 0; i < t->group_kind_count; i++) {
        enum group_kind kind = GROUP_KIND_OTHER;
        if (group_kind_parse(t->group_kinds[i], &kind))
            buf_addf(out, "%s%s",
                     i == 0                         ? " – områden av slaget "
                     : i + 1 == t->group_kind_count ? " och "
                                                    : ", ",
                     group_kind_sv(kind));
    }
}

static int add_parts(struct resolve *r, const struct alert_audience *audience, struct buf *out)
{
    const struct alert_target *t = &r->found;
    size_t parts = 0;
    int rc = 0;
    bool names_places = t->municipality_count || t->area_count;
    if (t->municipality_count > 0) {
        part(out, &parts);
        rc = add_named(r, out, t->municipalities, t->municipality_count, Q_MUNICIPALITY_NAME, "");
    }
    if (rc == 0 && t->area_count > 0) {
        part(out, &parts);
        rc = add_named(r, out, t->areas, t->area_count, Q_POLICE_AREA_NAME,
                       t->area_count == 1 ? "lokalpolisområde " : "lokalpolisområdena ");
    }
    if (rc == 0 && t->group_count > 0) {
        part(out, &parts);
        rc = add_groups(r, out);
    }
    if (t->has_circle) {
        part(out, &parts);
        add_circle(out, t);
    }
    if (t->polygon_count > 0) {
        part(out, &parts);
        buf_adds(out, "ett område på kartan");
    }
    if (parts == 0)
        buf_adds(out, "hela området");
    if (!names_places)
        add_where(out, audience);
    add_kinds(out, t);
    return rc;
}

int alert_area_text(struct resolve *r, const struct alert_audience *audience, char out[ALERT_AREA_TEXT_BYTES])
{
    struct buf text;
    buf_init(&text, ALERT_AREA_TEXT_BYTES - 1);
    int rc = add_parts(r, audience, &text);
    if (rc == 0 && buf_ok(&text))
        snprintf(out, ALERT_AREA_TEXT_BYTES, "%s", buf_str(&text));
    else if (rc == 0)
        snprintf(out, ALERT_AREA_TEXT_BYTES, "%zu kommuner", audience->municipality_count);
    buf_fini(&text);
    return rc;
}

/* --- JSON ----------------------------------------------------------------------------------------------------------
 */

static void put_names(json_t *json, const char *key, char *const *names, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(names[i]));
    if (n > 0)
        json_object_set(json, key, list);
    json_decref(list);
}

static json_t *degrees(int64_t udeg)
{
    return json_real((double)udeg / GEO_UDEG);
}

char *alert_target_dump(const struct alert_target *t)
{
    json_t *json = json_object();
    put_names(json, "municipalities", t->municipalities, t->municipality_count);
    put_names(json, "areas", t->areas, t->area_count);
    put_names(json, "groups", t->groups, t->group_count);
    put_names(json, "group_kinds", t->group_kinds, t->group_kind_count);
    if (t->has_circle)
        json_object_set_new(json, "circle",
                            json_pack("{s:o, s:o, s:o}", "lat", degrees(t->centre.lat_udeg), "lon",
                                      degrees(t->centre.lon_udeg), "radius_km", json_real((double)t->radius_m / 1000)));
    if (t->polygon_count > 0) {
        json_t *list = json_array();
        for (size_t i = 0; i < t->polygon_count; i++)
            json_array_append_new(
                list, json_pack("[o, o]", degrees(t->polygon[i].lat_udeg), degrees(t->polygon[i].lon_udeg)));
        json_object_set_new(json, "polygon", list);
    }
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(SIGNIFICANT_DIGITS));
    char *out = xstrdup(text ? text : "{}");
    free(text);
    json_decref(json);
    return out;
}
