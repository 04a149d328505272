/* Where an alert applies, in CAP; the contracts are in core/cap.h and core/cap_area.h, sections are those of
 * CAP-v1.2-os. */
#include "core/cap_area.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/markup.h"
#include "core/alert_view.h"
#include "core/cap.h"

/* Millionths as a decimal number: -12 is "-0.000012". */
static void add_millionths(struct buf *out, int64_t millionths)
{
    int64_t size = millionths < 0 ? -millionths : millionths;
    buf_addf(out, "%s%" PRId64 ".%06" PRId64, millionths < 0 ? "-" : "", size / 1000000, size % 1000000);
}

static void add_point(struct buf *out, const struct geo_point *point)
{
    add_millionths(out, point->lat_udeg);
    buf_addc(out, ',');
    add_millionths(out, point->lon_udeg);
}

/* "a minimum of four coordinate pairs ... the first and last pairs of coordinates MUST be the same" (3.2.4). */
static void add_polygon(struct buf *out, const struct geo_point *points, size_t count)
{
    if (count > 1 && memcmp(&points[0], &points[count - 1], sizeof points[0]) == 0)
        count--;
    if (count < 3)
        return;
    buf_adds(out, "<polygon>");
    for (size_t i = 0; i <= count; i++) {
        buf_adds(out, i > 0 ? " " : "");
        add_point(out, &points[i % count]);
    }
    buf_adds(out, "</polygon>\n");
}

static void add_circle(struct buf *out, const struct alert_target *target)
{
    buf_adds(out, "<circle>");
    add_point(out, &target->centre);
    buf_addf(out, " %" PRId64 ".%03" PRId64 "</circle>\n", target->radius_m / 1000, target->radius_m % 1000);
}

void cap_area(const struct alert_view *a, struct buf *out)
{
    if (a->target.group_count == 0 && a->area_text[0]) {
        buf_adds(out, a->area_text);
        return;
    }
    for (size_t i = 0; i < a->municipality_count; i++) {
        buf_adds(out, i == 0 ? "" : i + 1 == a->municipality_count ? " och " : ", ");
        buf_adds(out, a->municipalities[i].name);
    }
    if (a->municipality_count == 0)
        buf_adds(out, "Se texten");
}

static void add_area_words(struct buf *out, const struct alert_view *a)
{
    struct buf text;
    size_t begin = out->len;
    buf_init(&text, CAP_MAX_BYTES);
    cap_area(a, &text);
    markup_add_element(out, "areaDesc", buf_str(&text));
    if (out->len == begin)
        markup_add_element(out, "areaDesc", "Se texten"); /* it must be there */
    buf_fini(&text);
}

/* The municipalities are told beside a circle or polygon too: most readers here choose by them. */
void cap_add_area(struct buf *out, const struct alert_view *a)
{
    buf_adds(out, "<area>\n");
    add_area_words(out, a);
    add_polygon(out, a->target.polygon, a->target.polygon_count);
    if (a->target.has_circle)
        add_circle(out, &a->target);
    for (size_t i = 0; i < a->municipality_count; i++) {
        buf_adds(out, "<geocode>\n");
        markup_add_element(out, "valueName", "Kommun");
        markup_add_element(out, "value", a->municipalities[i].code);
        buf_adds(out, "</geocode>\n");
    }
    buf_adds(out, "</area>\n");
}
