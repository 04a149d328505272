/* What an alert is asked to be for: the JSON form. The contract is in core/alert_target.h; the groups that it comes to
 * are worked out in alert_resolve.c. */
#include "core/alert_target.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define MEMBERS "municipalities, areas, groups, group_kinds, circle and polygon"

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

void alert_target_fini(struct alert_target *target)
{
    free_names(target->municipalities, target->municipality_count);
    free_names(target->areas, target->area_count);
    free_names(target->groups, target->group_count);
    free_names(target->group_kinds, target->group_kind_count);
    free(target->polygon);
    *target = (struct alert_target){0};
}

/* A list of texts, or one text. */
static int read_names(const char *member, const json_t *json, char ***out, size_t *count, struct err *err)
{
    size_t n = json_is_string(json) ? 1 : json_array_size(json);
    if (!json_is_array(json) && !json_is_string(json))
        return err_set(err, ERR_INVALID, "target.%s: write a list of texts", member);
    if (n > ALERT_TARGET_NAMES_MAX)
        return err_set(err, ERR_INVALID, "target.%s has %zu entries, at most %d are taken: name a larger area", member,
                       n, ALERT_TARGET_NAMES_MAX);
    *out = xcalloc(n + 1, sizeof **out);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_is_string(json) ? json : json_array_get(json, i));
        if (!text || !text[0])
            return err_set(err, ERR_INVALID, "target.%s: entry %zu is no text", member, i + 1);
        (*out)[(*count)++] = xstrdup(text);
    }
    return 0;
}

static int read_circle(const json_t *json, struct alert_target *out, struct err *err)
{
    const json_t *lat = json_object_get(json, "lat");
    const json_t *lon = json_object_get(json, "lon");
    const json_t *km = json_object_get(json, "radius_km");
    struct err why = {.text = ""};
    if (!json_is_number(lat) || !json_is_number(lon) || !json_is_number(km) || json_object_size(json) != 3)
        return err_set(err, ERR_INVALID, "target.circle: write {\"lat\": 56.242, \"lon\": 12.862, \"radius_km\": 2}");
    double radius = json_number_value(km) * 1000;
    if (!(radius >= 1 && radius <= GEO_RADIUS_MAX_M))
        return err_set(err, ERR_INVALID, "target.circle: radius_km: write kilometres from 0.001 to %d",
                       GEO_RADIUS_MAX_M / 1000);
    if (geo_from_degrees(json_number_value(lat), json_number_value(lon), &out->centre, &why) != 0) {
        err_set(err, ERR_INVALID, "target.circle: %s", why.text);
        if (why.sv[0])
            err_add_swedish(err, "Cirkeln: %s", why.sv);
        return ERR_INVALID;
    }
    out->has_circle = true;
    out->radius_m = llround(radius);
    return 0;
}

static int read_corner(const json_t *json, size_t i, struct geo_point *out, struct err *err)
{
    struct err why = {.text = ""};
    if (json_array_size(json) != 2 || !json_is_number(json_array_get(json, 0)) ||
        !json_is_number(json_array_get(json, 1)))
        return err_set(err, ERR_INVALID, "target.polygon: corner %zu: write [latitude, longitude]", i + 1);
    if (geo_from_degrees(json_number_value(json_array_get(json, 0)), json_number_value(json_array_get(json, 1)), out,
                         &why) != 0) {
        err_set(err, ERR_INVALID, "target.polygon: corner %zu: %s", i + 1, why.text);
        if (why.sv[0])
            err_add_swedish(err, "Polygonens hörn %zu: %s", i + 1, why.sv);
        return ERR_INVALID;
    }
    return 0;
}

static bool is_same_point(struct geo_point a, struct geo_point b)
{
    return a.lat_udeg == b.lat_udeg && a.lon_udeg == b.lon_udeg;
}

static int read_polygon(const json_t *json, struct alert_target *out, struct err *err)
{
    size_t n = json_array_size(json);
    struct err why = {.text = ""};
    int rc = 0;
    if (!json_is_array(json))
        return err_set(err, ERR_INVALID, "target.polygon: write a list of corners: [[56.2, 12.8], ...]");
    if (n > GEO_POLYGON_MAX + 1)
        return err_set(err, ERR_INVALID, "target.polygon has %zu corners, at most %d are taken", n, GEO_POLYGON_MAX);
    if (n == 0)
        return 0;
    out->polygon = xcalloc(n, sizeof *out->polygon);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = read_corner(json_array_get(json, i), i, &out->polygon[i], err);
    if (n > 3 && is_same_point(out->polygon[0], out->polygon[n - 1]))
        n--; /* closed as in GeoJSON */
    out->polygon_count = n;
    if (rc == 0 && geo_check_polygon(out->polygon, n, &why) != 0) {
        rc = err_set(err, ERR_INVALID, "target: %s", why.text);
        if (why.sv[0])
            err_add_swedish(err, "Målet: %s", why.sv);
    }
    return rc;
}

static int read_member(const char *key, const json_t *value, struct alert_target *out, struct err *err)
{
    if (json_is_null(value))
        return 0;
    if (strcmp(key, "municipalities") == 0)
        return read_names(key, value, &out->municipalities, &out->municipality_count, err);
    if (strcmp(key, "areas") == 0)
        return read_names(key, value, &out->areas, &out->area_count, err);
    if (strcmp(key, "groups") == 0)
        return read_names(key, value, &out->groups, &out->group_count, err);
    if (strcmp(key, "group_kinds") == 0)
        return read_names(key, value, &out->group_kinds, &out->group_kind_count, err);
    if (strcmp(key, "circle") == 0)
        return read_circle(value, out, err);
    if (strcmp(key, "polygon") == 0)
        return read_polygon(value, out, err);
    return err_set(err, ERR_INVALID, "target has no member \"%.40s\": there are " MEMBERS, key);
}

int alert_target_parse(struct json_t *json, struct alert_target *out, struct err *err)
{
    struct alert_target target = {0};
    int rc = 0;
    void *iter = NULL;
    if (json && !json_is_null(json) && !json_is_object(json))
        return err_set(err, ERR_INVALID, "target: write an object with " MEMBERS);
    for (iter = json_object_iter(json); iter && rc == 0; iter = json_object_iter_next(json, iter))
        rc = read_member(json_object_iter_key(iter), json_object_iter_value(iter), &target, err);
    if (rc) {
        alert_target_fini(&target);
        return rc;
    }
    *out = target;
    return 0;
}
