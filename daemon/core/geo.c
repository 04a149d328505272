/* Points, circles and polygons; the contract is in core/geo.h. */
#include "core/geo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

/* Farther out than any Swedish skerry and border stone. */
static const struct geo_box SWEDEN = {55000000, 69300000, 10500000, 24600000};

enum { DEGREES_TEXT_MAX = 20, WHOLE_DIGITS_MAX = 7, DECIMALS = 6, POINT_TEXT_MAX = 60 };
/* Metres of SWEREF 99 TM within Sweden. */
enum { GRID_NORTH_MIN = 6100000, GRID_NORTH_MAX = 7700000, GRID_EAST_MIN = 200000, GRID_EAST_MAX = 1000000 };

static bool in_box(struct geo_point p, const struct geo_box *box)
{
    return p.lat_udeg >= box->lat_min && p.lat_udeg <= box->lat_max && p.lon_udeg >= box->lon_min &&
           p.lon_udeg <= box->lon_max;
}

bool geo_is_in_sweden(struct geo_point p)
{
    return in_box(p, &SWEDEN);
}

static bool is_grid(int64_t north_udeg, int64_t east_udeg)
{
    int64_t north = north_udeg / GEO_UDEG;
    int64_t east = east_udeg / GEO_UDEG;
    return north >= GRID_NORTH_MIN && north <= GRID_NORTH_MAX && east >= GRID_EAST_MIN && east <= GRID_EAST_MAX;
}

enum geo_fault geo_fault(struct geo_point p)
{
    if (geo_is_in_sweden(p))
        return GEO_OK;
    if (geo_is_in_sweden((struct geo_point){p.lon_udeg, p.lat_udeg}))
        return GEO_SWAPPED;
    return is_grid(p.lat_udeg, p.lon_udeg) || is_grid(p.lon_udeg, p.lat_udeg) ? GEO_GRID : GEO_OUTSIDE;
}

int geo_check(struct geo_point p, struct err *err)
{
    char text[GEO_POINT_TEXT_BYTES];
    enum geo_fault fault = geo_fault(p);
    if (fault == GEO_OK)
        return 0;
    if (fault == GEO_SWAPPED)
        return err_set(err, ERR_INVALID,
                       "%s: latitude and longitude seem to have changed places: write the latitude (55 to 69) first",
                       geo_format_point(p, text));
    if (fault == GEO_GRID)
        return err_set(err, ERR_INVALID,
                       "%s seem to be metres of SWEREF 99 TM: write degrees of WGS 84 (56.242, 12.862)",
                       geo_format_point(p, text));
    return err_set(err, ERR_INVALID,
                   "%s lies outside Sweden: write latitude (55 to 69) and longitude (11 to 24) in degrees",
                   geo_format_point(p, text));
}

/* --- text ------------------------------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int refuse_degrees(const char *text, struct err *err)
{
    return err_set(err, ERR_INVALID, "\"%.30s\" is no number of degrees: write it like 56.242", text);
}

int geo_parse_degrees(const char *text, int64_t *udeg, struct err *err)
{
    const char *p = text;
    int64_t value = 0;
    int64_t scale = GEO_UDEG;
    int digits = 0;
    if (strlen(text) > DEGREES_TEXT_MAX)
        return refuse_degrees(text, err);
    bool is_negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    for (; is_digit(*p) && digits <= WHOLE_DIGITS_MAX; p++, digits++)
        value = value * 10 + (*p - '0');
    if (digits == 0 || digits > WHOLE_DIGITS_MAX)
        return refuse_degrees(text, err);
    value *= GEO_UDEG;
    if ((*p == '.' || *p == ',') && is_digit(p[1])) {
        for (p++; is_digit(*p); p++) {
            if (scale == 1) { /* the seventh decimal rounds, the rest says nothing more */
                value += *p >= '5';
                p += strspn(p, "0123456789");
                break;
            }
            scale /= 10;
            value += (*p - '0') * scale;
        }
    }
    if (strncmp(p, "°", sizeof "°" - 1) == 0)
        p += sizeof "°" - 1;
    if (*p)
        return refuse_degrees(text, err);
    *udeg = is_negative ? -value : value;
    return 0;
}

/* Where the first number ends and the second begins, or false. Between them stand blanks, a semicolon or a comma; a
 * comma alone parts them only where numbers have points. */
static bool split_point(const char *text, size_t *first_len, const char **second)
{
    const char *at = strchr(text, ';');
    const char *comma = strchr(text, ',');
    if (!at)
        at = strpbrk(text, " \t");
    if (!at && strchr(text, '.') && comma && !strchr(comma + 1, ','))
        at = comma;
    if (!at)
        return false;
    size_t n = (size_t)(at - text);
    const char *rest = at + strspn(at, " \t");
    if (*rest == ';' || (*rest == ',' && !(n > 0 && text[n - 1] == ',')))
        rest++;
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    if (n > 0 && text[n - 1] == ',' && *at != ';')
        n--;
    *first_len = n;
    *second = rest + strspn(rest, " \t");
    return true;
}

int geo_read_point(const char *text, struct geo_point *out, struct err *err)
{
    char first[POINT_TEXT_MAX + 1];
    const char *second = NULL;
    size_t n = 0;
    struct geo_point p;
    text += strspn(text, " \t");
    if (strlen(text) > POINT_TEXT_MAX || !split_point(text, &n, &second))
        return err_set(err, ERR_INVALID, "\"%.60s\" is no point: write latitude and longitude, like 56.242, 12.862",
                       text);
    memcpy(first, text, n);
    first[n] = '\0';
    int rc = geo_parse_degrees(first, &p.lat_udeg, err);
    if (rc == 0)
        rc = geo_parse_degrees(second, &p.lon_udeg, err);
    if (rc == 0)
        *out = p;
    return rc;
}

int geo_parse_point(const char *text, struct geo_point *out, struct err *err)
{
    struct geo_point p = {0, 0};
    int rc = geo_read_point(text, &p, err);
    if (rc == 0)
        rc = geo_check(p, err);
    if (rc == 0)
        *out = p;
    return rc;
}

int geo_from_degrees(double lat, double lon, struct geo_point *out, struct err *err)
{
    const double limit = 9999999.0;
    if (!(fabs(lat) <= limit) || !(fabs(lon) <= limit)) /* also what is not a number */
        return err_set(err, ERR_INVALID, "a point needs latitude (55 to 69) and longitude (11 to 24) in degrees");
    struct geo_point p = {llround(lat * GEO_UDEG), llround(lon * GEO_UDEG)};
    int rc = geo_check(p, err);
    if (rc == 0)
        *out = p;
    return rc;
}

/* "56.242": six decimals without the zeros at the end. */
static size_t format_degrees(int64_t udeg, char *out, size_t room)
{
    int64_t size = udeg < 0 ? -udeg : udeg;
    size_t n = (size_t)snprintf(out, room, "%s%lld.%06lld", udeg < 0 ? "-" : "", (long long)(size / GEO_UDEG),
                                (long long)(size % GEO_UDEG));
    while (n > 0 && out[n - 1] == '0')
        n--;
    if (n > 0 && out[n - 1] == '.')
        n--;
    out[n] = '\0';
    return n;
}

char *geo_format_point(struct geo_point p, char out[GEO_POINT_TEXT_BYTES])
{
    char lat[24];
    char lon[24];
    format_degrees(p.lat_udeg, lat, sizeof lat);
    format_degrees(p.lon_udeg, lon, sizeof lon);
    snprintf(out, GEO_POINT_TEXT_BYTES, "%.18s, %.18s", lat, lon);
    return out;
}

/* --- circle ---------------------------------------------------------------------------------------------------- */

static double radians(int64_t udeg)
{
    return (double)udeg * (M_PI / 180.0 / GEO_UDEG);
}

int64_t geo_distance_cm(struct geo_point a, struct geo_point b)
{
    double lat = sin(radians(b.lat_udeg - a.lat_udeg) / 2);
    double lon = sin(radians(b.lon_udeg - a.lon_udeg) / 2);
    double h = lat * lat + cos(radians(a.lat_udeg)) * cos(radians(b.lat_udeg)) * lon * lon;
    return llround(2.0 * GEO_EARTH_RADIUS_M * 100 * asin(fmin(1.0, sqrt(h))));
}

bool geo_in_circle(struct geo_point p, struct geo_point centre, int64_t radius_m)
{
    return geo_distance_cm(p, centre) <= radius_m * 100;
}

int geo_check_circle(struct geo_point centre, int64_t radius_m, struct err *err)
{
    if (radius_m < 1 || radius_m > GEO_RADIUS_MAX_M)
        return err_set(err, ERR_INVALID, "the circle's radius: write kilometres from 0.001 to %d",
                       GEO_RADIUS_MAX_M / 1000);
    return geo_check(centre, err);
}

struct geo_box geo_circle_box(struct geo_point centre, int64_t radius_m)
{
    const int64_t margin = 10; /* a metre, far above any rounding */
    double angle = (double)radius_m / GEO_EARTH_RADIUS_M;
    double lon = asin(fmin(1.0, sin(angle) / cos(radians(centre.lat_udeg))));
    int64_t lat_reach = (int64_t)(angle * 180 / M_PI * GEO_UDEG) + margin;
    int64_t lon_reach = (int64_t)(lon * 180 / M_PI * GEO_UDEG) + margin;
    return (struct geo_box){centre.lat_udeg - lat_reach, centre.lat_udeg + lat_reach, centre.lon_udeg - lon_reach,
                            centre.lon_udeg + lon_reach};
}

/* --- polygon --------------------------------------------------------------------------------------------------- */

/* Twice the area of the triangle a, b, p: above 0 when p is on the one side of a-b, below on the other, 0 in line.
 * Points of Sweden's box are below 2^27 apart, so that products are far from 2^63. */
static int64_t side(struct geo_point a, struct geo_point b, struct geo_point p)
{
    return (b.lon_udeg - a.lon_udeg) * (p.lat_udeg - a.lat_udeg) -
           (b.lat_udeg - a.lat_udeg) * (p.lon_udeg - a.lon_udeg);
}

static bool between(int64_t x, int64_t a, int64_t b)
{
    return a < b ? a <= x && x <= b : b <= x && x <= a;
}

static bool on_edge(struct geo_point a, struct geo_point b, struct geo_point p)
{
    return side(a, b, p) == 0 && between(p.lat_udeg, a.lat_udeg, b.lat_udeg) &&
           between(p.lon_udeg, a.lon_udeg, b.lon_udeg);
}

bool geo_in_polygon(struct geo_point p, const struct geo_point *polygon, size_t n)
{
    struct geo_box box = geo_polygon_box(polygon, n);
    bool inside = false;
    if (!in_box(p, &box))
        return false;
    for (size_t i = 0, last = n - 1; i < n; last = i++) {
        struct geo_point a = polygon[last];
        struct geo_point b = polygon[i];
        if (on_edge(a, b, p))
            return true;
        /* Does the ray from p to the east cross the edge? Each edge has its lower end and not its upper. */
        if ((a.lat_udeg > p.lat_udeg) != (b.lat_udeg > p.lat_udeg) && (side(a, b, p) > 0) == (b.lat_udeg > a.lat_udeg))
            inside = !inside;
    }
    return inside;
}

static int sign(int64_t x)
{
    return (x > 0) - (x < 0);
}

/* Do the segments a-b and c-d have a point in common? */
static bool touch(struct geo_point a, struct geo_point b, struct geo_point c, struct geo_point d)
{
    int c_side = sign(side(a, b, c));
    int d_side = sign(side(a, b, d));
    int a_side = sign(side(c, d, a));
    int b_side = sign(side(c, d, b));
    if (c_side * d_side < 0 && a_side * b_side < 0)
        return true;
    return on_edge(a, b, c) || on_edge(a, b, d) || on_edge(c, d, a) || on_edge(c, d, b);
}

static bool same(struct geo_point a, struct geo_point b)
{
    return a.lat_udeg == b.lat_udeg && a.lon_udeg == b.lon_udeg;
}

/* Do the edges from i and from j (i < j) get in each other's way? Neighbours share a corner and may share no more. */
static bool edges_clash(const struct geo_point *polygon, size_t n, size_t i, size_t j)
{
    struct geo_point a = polygon[i];
    struct geo_point b = polygon[i + 1];
    struct geo_point c = polygon[j];
    struct geo_point d = polygon[(j + 1) % n];
    if (j == i + 1)
        return on_edge(a, b, d) || on_edge(c, d, a);
    if ((j + 1) % n == i)
        return on_edge(a, b, c) || on_edge(c, d, b);
    return touch(a, b, c, d);
}

static int check_corners(const struct geo_point *polygon, size_t n, struct err *err)
{
    char text[GEO_POINT_TEXT_BYTES];
    for (size_t i = 0; i < n; i++) {
        struct err why = {.text = ""};
        if (geo_check(polygon[i], &why) != 0)
            return err_set(err, ERR_INVALID, "corner %zu of the polygon: %s", i + 1, why.text);
        for (size_t j = 0; j < i; j++)
            if (same(polygon[i], polygon[j]))
                return err_set(err, ERR_INVALID, "corners %zu and %zu of the polygon are the same point (%s)", j + 1,
                               i + 1, geo_format_point(polygon[i], text));
    }
    return 0;
}

int geo_check_polygon(const struct geo_point *polygon, size_t n, struct err *err)
{
    if (n < 3 || n > GEO_POLYGON_MAX)
        return err_set(err, ERR_INVALID, "a polygon has 3 to %d corners, this one has %zu", GEO_POLYGON_MAX, n);
    int rc = check_corners(polygon, n, err);
    for (size_t i = 0; rc == 0 && i + 1 < n; i++)
        for (size_t j = i + 1; rc == 0 && j < n; j++)
            if (edges_clash(polygon, n, i, j))
                rc = err_set(err, ERR_INVALID,
                             "the polygon's edges after corner %zu and corner %zu cross or touch: write the corners in "
                             "order round the area",
                             i + 1, j + 1);
    return rc;
}

struct geo_box geo_polygon_box(const struct geo_point *polygon, size_t n)
{
    struct geo_box box = {INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < n; i++) {
        struct geo_point p = polygon[i];
        box.lat_min = p.lat_udeg < box.lat_min ? p.lat_udeg : box.lat_min;
        box.lat_max = p.lat_udeg > box.lat_max ? p.lat_udeg : box.lat_max;
        box.lon_min = p.lon_udeg < box.lon_min ? p.lon_udeg : box.lon_min;
        box.lon_max = p.lon_udeg > box.lon_max ? p.lon_udeg : box.lon_max;
    }
    return box;
}
