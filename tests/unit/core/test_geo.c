/* Points, circles and polygons against tables, slow and independent reckoning, and properties that must always hold. */
#include "core/geo.h"

#include <math.h>
#include <stdio.h>

#include "base/err.h"
#include "lib/test.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define P(lat, lon) ((struct geo_point){(int64_t)((lat)*1000000 + 0.5), (int64_t)((lon)*1000000 + 0.5)})

static uint64_t seed;

/* splitmix64: the same cases in each run. */
static int64_t below(int64_t n)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ (z >> 31)) % (uint64_t)n);
}

static struct geo_point any_point(void)
{
    return (struct geo_point){55000000 + below(14300001), 10500000 + below(14100001)};
}

static void test_parse_point__reads_what_people_write(void **state)
{
    (void)state;
    static const char *const same[] = {
        "56.2428, 12.8622",   "56.2428 12.8622",   "56,2428 12,8622",     "56,2428, 12,8622",
        "56,2428; 12,8622",   "56.2428,12.8622",   "56.2428;12.8622",     "  56.2428 ,12.8622",
        "56.2428°, 12.8622°", "+56.2428\t12.8622", "56.242800 12.862200", "56.24280049, 12.86219951",
    };
    for (size_t i = 0; i < COUNT(same); i++) {
        struct geo_point p = {0, 0};
        struct err err = {.text = ""};
        if (geo_parse_point(same[i], &p, &err) != 0)
            fail_msg("\"%s\": %s", same[i], err.text);
        assert_int_equal(p.lat_udeg, 56242800);
        assert_int_equal(p.lon_udeg, 12862200);
    }
}

static void test_parse_point__tells_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "is no point"},
        {"56.2428", "is no point"},
        {"56,2428,12,8622", "is no point"},
        {"12.8622, 56.2428", "changed places"},
        {"6233123, 365123", "SWEREF 99 TM"},
        {"365123 6233123", "SWEREF 99 TM"},
        {"52.5, 13.4", "outside Sweden"},
        {"0, 0", "outside Sweden"},
        {"-56.2, 12.8", "outside Sweden"},
        {"56.2x, 12.8", "no number of degrees"},
        {"56., 12.8", "no number of degrees"},
        {"., 12.8", "no number of degrees"},
        {"nan, 12.8", "no number of degrees"},
        {"1e2, 12.8", "no number of degrees"},
        {"56.2, 12.8, 3", "no number of degrees"},
        {"99999999999 12.8", "no number of degrees"},
        {"56°14'34\" 12°51'44\"", "no number of degrees"},
        {"56.2428000000000000000001, 12.8", "no number of degrees"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct geo_point p = {1, 2};
        struct err err = {.text = ""};
        assert_int_equal(geo_parse_point(rows[i].text, &p, &err), ERR_INVALID);
        if (!strstr(err.text, rows[i].words))
            fail_msg("\"%s\": \"%s\" lacks \"%s\"", rows[i].text, err.text, rows[i].words);
        assert_int_equal(p.lat_udeg, 1);
    }
}

static void test_parse_degrees__rounds_the_seventh_decimal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t udeg;
    } rows[] = {{"56", 56000000},
                {"56.0000005", 56000001},
                {"56.00000049999", 56000000},
                {"-0.0000015", -2},
                {"9999999", INT64_C(9999999000000)},
                {"56.9999999", 57000000}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t udeg = 0;
        assert_int_equal(geo_parse_degrees(rows[i].text, &udeg, NULL), 0);
        assert_int_equal(udeg, rows[i].udeg);
    }
}

static void test_format_point__reads_back_as_itself(void **state)
{
    (void)state;
    char text[GEO_POINT_TEXT_BYTES];
    assert_string_equal(geo_format_point(P(56.2428, 12.0), text), "56.2428, 12");
    assert_string_equal(geo_format_point((struct geo_point){-1, 12000001}, text), "-0.000001, 12.000001");
    for (int i = 0; i < 2000; i++) {
        struct geo_point p = any_point();
        struct geo_point back = {0, 0};
        assert_int_equal(geo_parse_point(geo_format_point(p, text), &back, NULL), 0);
        assert_memory_equal(&p, &back, sizeof p);
    }
}

static void test_from_degrees__refuses_what_is_no_number(void **state)
{
    (void)state;
    struct geo_point p = {0, 0};
    assert_int_equal(geo_from_degrees(56.2428, 12.8622, &p, NULL), 0);
    assert_int_equal(p.lat_udeg, 56242800);
    assert_int_equal(geo_from_degrees((double)NAN, 12, &p, NULL), ERR_INVALID);
    assert_int_equal(geo_from_degrees(56, (double)INFINITY, &p, NULL), ERR_INVALID);
    assert_int_equal(geo_from_degrees(1e300, 12, &p, NULL), ERR_INVALID);
}

/* Known lengths: a degree of a meridian on this sphere, and by the spherical law of cosines in long double. */
static void test_distance__agrees_with_another_formula(void **state)
{
    (void)state;
    assert_int_equal(geo_distance_cm(P(56, 13), P(57, 13)), llround(6371009.0 * 100 * M_PI / 180));
    assert_int_equal(geo_distance_cm(P(56, 13), P(56, 13)), 0);
    seed = 1;
    for (int i = 0; i < 5000; i++) {
        struct geo_point a = any_point();
        struct geo_point b = any_point();
        const long double rad = 3.14159265358979323846264338327950288L / 180 / 1000000;
        long double c = sinl((long double)a.lat_udeg * rad) * sinl((long double)b.lat_udeg * rad) +
                        cosl((long double)a.lat_udeg * rad) * cosl((long double)b.lat_udeg * rad) *
                            cosl((long double)(a.lon_udeg - b.lon_udeg) * rad);
        int64_t wanted = llroundl(acosl(c > 1 ? 1 : c) * 637100900.0L);
        int64_t got = geo_distance_cm(a, b);
        assert_true(llabs(got - wanted) <= 1);
        assert_int_equal(got, geo_distance_cm(b, a));
    }
}

static void test_circle_box__holds_all_that_is_inside(void **state)
{
    (void)state;
    seed = 2;
    for (int i = 0; i < 300; i++) {
        struct geo_point centre = any_point();
        int64_t radius = 1 + below(i % 2 ? 3000 : GEO_RADIUS_MAX_M);
        struct geo_box box = geo_circle_box(centre, radius);
        for (int k = 0; k < 100; k++) {
            struct geo_point p = {centre.lat_udeg + below(2 * radius * 10 + 1) - radius * 10,
                                  centre.lon_udeg + below(6 * radius * 10 + 1) - 3 * radius * 10};
            bool boxed = p.lat_udeg >= box.lat_min && p.lat_udeg <= box.lat_max && p.lon_udeg >= box.lon_min &&
                         p.lon_udeg <= box.lon_max;
            if (geo_in_circle(p, centre, radius))
                assert_true(boxed);
        }
    }
}

static void test_in_circle__the_border_belongs_to_it(void **state)
{
    (void)state;
    struct geo_point centre = P(56.2428, 12.8622);
    /* 1000 m to the north is 8993.2 millionths of a degree. */
    assert_true(geo_in_circle((struct geo_point){centre.lat_udeg + 8993, centre.lon_udeg}, centre, 1000));
    assert_false(geo_in_circle((struct geo_point){centre.lat_udeg + 8994, centre.lon_udeg}, centre, 1000));
    assert_true(geo_in_circle(centre, centre, 1));
}

/* A slow and independent answer: the winding number by angles in long double, for points that lie on no edge. */
static bool winds_round(struct geo_point p, const struct geo_point *polygon, size_t n)
{
    long double sum = 0;
    for (size_t i = 0; i < n; i++) {
        struct geo_point a = polygon[i];
        struct geo_point b = polygon[(i + 1) % n];
        long double ax = (long double)(a.lon_udeg - p.lon_udeg), ay = (long double)(a.lat_udeg - p.lat_udeg);
        long double bx = (long double)(b.lon_udeg - p.lon_udeg), by = (long double)(b.lat_udeg - p.lat_udeg);
        sum += atan2l(ax * by - ay * bx, ax * bx + ay * by);
    }
    return fabsl(sum) > 3;
}

/* A star-shaped polygon round its centre: corners by rising angle never cross. Small, so that borders are met. */
static size_t any_polygon(struct geo_point *out, int64_t size)
{
    size_t n = 3 + (size_t)below(30);
    double angle = 0;
    struct geo_point centre = {56000000 + below(12000000), 12000000 + below(10000000)};
    for (size_t i = 0; i < n; i++) {
        double reach = (double)size / 4 + (double)below(size);
        angle += 2 * M_PI / (double)n;
        out[i] = (struct geo_point){centre.lat_udeg + llround(reach * sin(angle)),
                                    centre.lon_udeg + llround(reach * cos(angle))};
    }
    return n;
}

static bool is_on_border(struct geo_point p, const struct geo_point *polygon, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct geo_point a = polygon[i];
        struct geo_point b = polygon[(i + 1) % n];
        __int128 cross = (__int128)(b.lon_udeg - a.lon_udeg) * (p.lat_udeg - a.lat_udeg) -
                         (__int128)(b.lat_udeg - a.lat_udeg) * (p.lon_udeg - a.lon_udeg);
        __int128 dot = (__int128)(p.lon_udeg - a.lon_udeg) * (p.lon_udeg - b.lon_udeg) +
                       (__int128)(p.lat_udeg - a.lat_udeg) * (p.lat_udeg - b.lat_udeg);
        if (cross == 0 && dot <= 0)
            return true;
    }
    return false;
}

static void test_in_polygon__agrees_with_the_winding_number(void **state)
{
    (void)state;
    struct geo_point polygon[40];
    size_t inside = 0, borders = 0;
    seed = 3;
    for (int i = 0; i < 600; i++) {
        int64_t size = i % 3 == 0 ? 8 : i % 3 == 1 ? 400 : 500000;
        size_t n = any_polygon(polygon, size);
        if (geo_check_polygon(polygon, n, NULL) != 0)
            continue; /* of the small ones some have a corner twice */
        for (int k = 0; k < 200; k++) {
            struct geo_point p = {polygon[0].lat_udeg + below(4 * size) - 2 * size,
                                  polygon[0].lon_udeg + below(4 * size) - 2 * size};
            bool border = is_on_border(p, polygon, n);
            bool got = geo_in_polygon(p, polygon, n);
            assert_int_equal(got, border || winds_round(p, polygon, n));
            inside += got;
            borders += border;
        }
    }
    assert_true(inside > 5000);
    assert_true(borders > 500);
}

/* Turning the corners round, or beginning at another one, changes nothing. */
static void test_in_polygon__does_not_depend_on_where_it_begins(void **state)
{
    (void)state;
    struct geo_point polygon[40];
    struct geo_point turned[40];
    seed = 4;
    for (int i = 0; i < 300; i++) {
        size_t n = any_polygon(polygon, 50);
        size_t from = (size_t)below((int64_t)n);
        for (size_t k = 0; k < n; k++)
            turned[k] = polygon[i % 2 ? (from + k) % n : (from + n - k) % n];
        assert_int_equal(geo_check_polygon(polygon, n, NULL), geo_check_polygon(turned, n, NULL));
        for (int k = 0; k < 100; k++) {
            struct geo_point p = {polygon[0].lat_udeg + below(200) - 100, polygon[0].lon_udeg + below(200) - 100};
            assert_int_equal(geo_in_polygon(p, polygon, n), geo_in_polygon(p, turned, n));
        }
    }
}

static void test_in_polygon__corners_and_edges_are_inside(void **state)
{
    (void)state;
    const struct geo_point square[] = {P(56, 12), P(56, 13), P(57, 13), P(57, 12)};
    for (size_t i = 0; i < 4; i++)
        assert_true(geo_in_polygon(square[i], square, 4));
    assert_true(geo_in_polygon(P(56, 12.5), square, 4));
    assert_true(geo_in_polygon(P(56.5, 13), square, 4));
    assert_false(geo_in_polygon(P(56.5, 13.000001), square, 4));
    assert_false(geo_in_polygon(P(55.999999, 12.5), square, 4));
}

static void test_check_polygon__refuses_what_has_no_inside(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        size_t n;
        struct geo_point points[6];
    } rows[] = {
        {"3 to 200 corners", 2, {{56000000, 12000000}, {57000000, 13000000}}},
        {"same point", 4, {{56000000, 12000000}, {56000000, 13000000}, {57000000, 13000000}, {56000000, 12000000}}},
        {"cross or touch", 3, {{56000000, 12000000}, {56500000, 12500000}, {57000000, 13000000}}}, /* a line */
        {"cross or touch",
         4, /* a bow tie */
         {{56000000, 12000000}, {57000000, 13000000}, {57000000, 12000000}, {56000000, 13000000}}},
        {"cross or touch",
         5, /* a corner on another edge */
         {{56000000, 12000000},
          {56000000, 14000000},
          {57000000, 14000000},
          {56000000, 13000000},
          {57000000, 12000000}}},
        {"cross or touch",
         4, /* a spike that goes back on itself */
         {{56000000, 12000000}, {56000000, 14000000}, {56000000, 13000000}, {57000000, 12000000}}},
        {"corner 2", 3, {{56000000, 12000000}, {12000000, 56000000}, {57000000, 13000000}}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct err err = {.text = ""};
        assert_int_equal(geo_check_polygon(rows[i].points, rows[i].n, &err), ERR_INVALID);
        if (!strstr(err.text, rows[i].words))
            fail_msg("row %zu: %s", i, err.text);
    }
    struct geo_point many[GEO_POLYGON_MAX + 1] = {{0, 0}};
    assert_int_equal(geo_check_polygon(many, GEO_POLYGON_MAX + 1, NULL), ERR_INVALID);
}

/* Random corners in random order: accepted exactly when no two edges meet, by exact fractions of another kind. */
static bool brute_simple(const struct geo_point *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            struct geo_point a = p[i], b = p[(i + 1) % n], c = p[j], d = p[(j + 1) % n];
            __int128 rx = b.lon_udeg - a.lon_udeg, ry = b.lat_udeg - a.lat_udeg;
            __int128 sx = d.lon_udeg - c.lon_udeg, sy = d.lat_udeg - c.lat_udeg;
            __int128 qx = c.lon_udeg - a.lon_udeg, qy = c.lat_udeg - a.lat_udeg;
            __int128 den = rx * sy - ry * sx;
            bool neighbours = j == i + 1 || (i == 0 && j == n - 1);
            if (den != 0) {
                __int128 t = qx * sy - qy * sx, u = qx * ry - qy * rx;
                if (den < 0)
                    den = -den, t = -t, u = -u;
                bool meet = t >= 0 && t <= den && u >= 0 && u <= den;
                if (meet && !neighbours)
                    return false;
                continue;
            }
            if (qx * ry - qy * rx != 0)
                continue;
            __int128 len = rx * rx + ry * ry; /* on one line: where c and d lie along a-b */
            __int128 c_at = qx * rx + qy * ry;
            __int128 d_at = c_at + sx * rx + sy * ry;
            __int128 low = c_at < d_at ? c_at : d_at, high = c_at < d_at ? d_at : c_at;
            __int128 from = low > 0 ? low : 0, to = high < len ? high : len;
            if (from < to || (from == to && !neighbours))
                return false;
        }
    }
    return true;
}

static void test_check_polygon__agrees_with_brute_force(void **state)
{
    (void)state;
    size_t good = 0, bad = 0;
    seed = 5;
    for (int i = 0; i < 40000; i++) {
        struct geo_point p[8];
        size_t n = 3 + (size_t)below(5);
        for (size_t k = 0; k < n; k++)
            p[k] = (struct geo_point){56000000 + below(5), 12000000 + below(5)};
        bool twice = false;
        for (size_t k = 0; k < n; k++)
            for (size_t m = 0; m < k; m++)
                twice = twice || memcmp(&p[k], &p[m], sizeof p[k]) == 0;
        if (twice)
            continue;
        bool wanted = brute_simple(p, n);
        assert_int_equal(geo_check_polygon(p, n, NULL) == 0, wanted);
        good += wanted;
        bad += !wanted;
    }
    assert_true(good > 1000);
    assert_true(bad > 1000);
}

static void test_check_circle__has_limits(void **state)
{
    (void)state;
    assert_int_equal(geo_check_circle(P(56, 13), 1, NULL), 0);
    assert_int_equal(geo_check_circle(P(56, 13), GEO_RADIUS_MAX_M, NULL), 0);
    assert_int_equal(geo_check_circle(P(56, 13), 0, NULL), ERR_INVALID);
    assert_int_equal(geo_check_circle(P(56, 13), GEO_RADIUS_MAX_M + 1, NULL), ERR_INVALID);
    assert_int_equal(geo_check_circle(P(13, 56), 1000, NULL), ERR_INVALID);
}

static const struct CMUnitTest tests[] = {
    TEST(test_parse_point__reads_what_people_write),       TEST(test_parse_point__tells_what_is_wrong),
    TEST(test_parse_degrees__rounds_the_seventh_decimal),  TEST(test_format_point__reads_back_as_itself),
    TEST(test_from_degrees__refuses_what_is_no_number),    TEST(test_distance__agrees_with_another_formula),
    TEST(test_circle_box__holds_all_that_is_inside),       TEST(test_in_circle__the_border_belongs_to_it),
    TEST(test_in_polygon__agrees_with_the_winding_number), TEST(test_in_polygon__does_not_depend_on_where_it_begins),
    TEST(test_in_polygon__corners_and_edges_are_inside),   TEST(test_check_polygon__refuses_what_has_no_inside),
    TEST(test_check_polygon__agrees_with_brute_force),     TEST(test_check_circle__has_limits),
};

TEST_MAIN(tests)
