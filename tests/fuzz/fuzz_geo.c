/* Points as typed: whatever is read lies in Sweden and is written and read as itself; polygons of any corners. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "core/geo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_text(const uint8_t *data, size_t size)
{
    char text[80];
    char back[GEO_POINT_TEXT_BYTES];
    struct geo_point p;
    struct geo_point again;
    struct err err;
    size_t n = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, n);
    text[n] = '\0';
    if (geo_parse_point(text, &p, &err) != 0)
        return;
    assert(geo_is_in_sweden(p));
    assert(geo_parse_point(geo_format_point(p, back), &again, &err) == 0);
    assert(p.lat_udeg == again.lat_udeg && p.lon_udeg == again.lon_udeg);
}

/* Two bytes a corner: a small grid, where edges meet often. */
static void try_polygon(const uint8_t *data, size_t size)
{
    struct geo_point polygon[GEO_POLYGON_MAX] = {{0, 0}};
    size_t n = size / 2 < GEO_POLYGON_MAX ? size / 2 : GEO_POLYGON_MAX;
    for (size_t i = 0; i < n; i++)
        polygon[i] = (struct geo_point){56000000 + data[2 * i], 12000000 + data[2 * i + 1]};
    if (geo_check_polygon(polygon, n, NULL) != 0)
        return;
    struct geo_box box = geo_polygon_box(polygon, n);
    for (size_t i = 0; i < n; i++) {
        assert(geo_in_polygon(polygon[i], polygon, n));
        assert(polygon[i].lat_udeg >= box.lat_min && polygon[i].lat_udeg <= box.lat_max);
    }
    assert(!geo_in_polygon((struct geo_point){box.lat_max + 1, box.lon_min}, polygon, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_text(data, size);
    try_polygon(data, size);
    return 0;
}
