/*
 * Points and areas on the map in whole millionths of a degree (WGS 84), so that "is this group inside?" has the same
 * answer on every engine and machine.
 *
 * A circle is decided by the great-circle distance on a sphere of GEO_EARTH_RADIUS_M, rounded to whole centimetres:
 * finer than any point is known, coarser than what the last bits of sin and cos differ by. A polygon is decided in
 * whole numbers by the even-odd rule, with degrees taken as a plane; what lies on its border is inside. Both are for
 * Sweden: nothing reaches over a pole or the date line.
 *
 * Called by core/alert_target, core/group and register import; the API and the command line parse with it. Pure: no
 * store, never logs, no allocation. Any thread.
 */
#ifndef GB_CORE_GEO_H
#define GB_CORE_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum { GEO_UDEG = 1000000, GEO_EARTH_RADIUS_M = 6371009, GEO_RADIUS_MAX_M = 500000, GEO_POLYGON_MAX = 200 };
enum { GEO_POINT_TEXT_BYTES = 40 };

struct geo_point {
    int64_t lat_udeg, lon_udeg;
};
/* Both ends belong to it. */
struct geo_box {
    int64_t lat_min, lat_max, lon_min, lon_max;
};

/* What is wrong with a point. */
enum geo_fault { GEO_OK, GEO_OUTSIDE, GEO_SWAPPED, GEO_GRID };
/* Outside Sweden's box, and there: latitude and longitude changed places, or metres of SWEREF 99 TM. */
enum geo_fault geo_fault(struct geo_point p);
/* Within the box round Sweden (55.0 to 69.3 north, 10.5 to 24.6 east)? */
bool geo_is_in_sweden(struct geo_point p);
/* ERR_INVALID with words for a point outside Sweden's box: whether latitude and longitude seem swapped, or a national
 * grid (SWEREF 99 TM) to be meant. */
int geo_check(struct geo_point p, struct err *err);

/* "56.242", "56,242", "56.242°": at most 20 characters; digits beyond the sixth decimal are rounded. ERR_INVALID. Any
 * number from -9 999 999 to 9 999 999, so that geo_check can tell what it seems to be. */
int geo_parse_degrees(const char *text, int64_t *udeg, struct err *err);
/* "56.242, 12.862", "56,242 12,862", "56,242; 12,862": latitude first. ERR_INVALID with words. */
int geo_read_point(const char *text, struct geo_point *out, struct err *err);
/* The same, checked with geo_check. */
int geo_parse_point(const char *text, struct geo_point *out, struct err *err);
/* From numbers of JSON, checked with geo_check. */
int geo_from_degrees(double lat, double lon, struct geo_point *out, struct err *err);
/* "56.242, 12.862" into out; returns out. */
char *geo_format_point(struct geo_point p, char out[GEO_POINT_TEXT_BYTES]);

/* Centimetres along the surface. */
int64_t geo_distance_cm(struct geo_point a, struct geo_point b);
/* Not further from the centre than radius_m? */
bool geo_in_circle(struct geo_point p, struct geo_point centre, int64_t radius_m);
/* n >= 3; the last point is joined to the first. */
bool geo_in_polygon(struct geo_point p, const struct geo_point *polygon, size_t n);
/* 0; or ERR_INVALID with words: fewer than three or more than GEO_POLYGON_MAX points, one outside Sweden, the same
 * point twice, edges that cross or touch, or no area inside. A last point equal to the first is not part of `n`. */
int geo_check_polygon(const struct geo_point *polygon, size_t n, struct err *err);
/* 0; or ERR_INVALID with words: the centre is outside Sweden, or the radius not 1 to GEO_RADIUS_MAX_M. */
int geo_check_circle(struct geo_point centre, int64_t radius_m, struct err *err);

/* Boxes that hold all that can be inside. */
struct geo_box geo_circle_box(struct geo_point centre, int64_t radius_m);
struct geo_box geo_polygon_box(const struct geo_point *polygon, size_t n);

#endif
