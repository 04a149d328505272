/*
 * cap_random FOLDER COUNT SEED: COUNT random alerts as CAP documents FOLDER/000.xml and on, for a reader nobody here
 * wrote. Hostile: control characters, bytes that are no UTF-8, markup, Markdown, very long and empty texts, polygons of
 * three and two hundred points, south and west, the zone's both offsets. The same seed gives the same files.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "core/alert_view.h"
#include "core/cap.h"

static uint64_t state;

/* xorshift64*: plain, and the same everywhere. */
static uint64_t next(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static int64_t below(int64_t n)
{
    return (int64_t)(next() % (uint64_t)n);
}

static const char *const PIECES[] = {
    "Lås altandörren. ",
    "åäö ÅÄÖ é ",
    "🚤🔥 ",
    "<script>alert(1)</script>",
    "</description>",
    "&amp; & &#1; &lt;",
    "]]>",
    "<![CDATA[",
    "\"citat\" 'x' ",
    "\x01\x08\x0b\x1f\x7f",
    "\n\n- punkt\n- punkt\n\n",
    "**fet** _kursiv_ ",
    "# Rubrik\n\n",
    "[länk](https://polisen.se/tips?a=1&b=2)",
    "\xff\xfe\xc3",
    "\xed\xa0\x80",
    "\xef\xbf\xbe\xef\xbf\xbf",
    "\t",
    "\r\n",
    "| a | b |\n|---|---|\n| 1 | <2 |\n\n",
    "<?xml version=\"1.0\"?>",
    "<!DOCTYPE x [<!ENTITY a \"b\">]>",
    "%s%n",
    "  ",
};

static char *text(int pieces)
{
    struct buf b;
    buf_init(&b, 1024 * 1024);
    for (int i = 0; i < pieces; i++)
        buf_adds(&b, PIECES[below((int64_t)ARRAY_LEN(PIECES))]);
    return buf_take(&b);
}

static char *some_text(int most)
{
    return text((int)below(most + 1));
}

static struct geo_point point(void)
{
    return (struct geo_point){.lat_udeg = below(180000001) - 90000000, .lon_udeg = below(360000001) - 180000000};
}

static void make_area(struct alert_view *a)
{
    a->area_text = below(9) ? some_text(3) : xstrdup("");
    a->target.has_circle = below(2) == 0;
    a->target.centre = point();
    a->target.radius_m = 1 + below(500000);
    if (below(2) == 0) {
        a->target.polygon_count = (size_t)(below(4) ? 3 + below(198) : below(3));
        a->target.polygon = xcalloc(a->target.polygon_count + 1, sizeof *a->target.polygon);
        for (size_t i = 0; i < a->target.polygon_count; i++)
            a->target.polygon[i] = point();
        if (a->target.polygon_count > 3 && below(2) == 0) /* closed by its writer */
            a->target.polygon[a->target.polygon_count - 1] = a->target.polygon[0];
    }
    a->municipality_count = (size_t)below(5);
    a->municipalities = xcalloc(5, sizeof *a->municipalities);
    for (size_t i = 0; i < a->municipality_count; i++) {
        snprintf(a->municipalities[i].code, sizeof a->municipalities[i].code, "%04d", (int)(below(2400) + 100));
        snprintf(a->municipalities[i].name, sizeof a->municipalities[i].name, "Kommun & <%zu>", i);
    }
}

static void make(struct alert_view *a)
{
    static const char *const urls[] = {"",
                                       "https://sverigesradio.se/vma?id=1&x=%C3%A5",
                                       "javascript:alert(1)",
                                       "http://exempel.se/å",
                                       "https://a b",
                                       "https://a/%zz",
                                       "https://[::1]/#a#b"};
    *a = (struct alert_view){
        .id = 1 + below(INT64_MAX - 1),
        .root_id = 1 + below(INT64_MAX - 1),
        .type = (enum alert_type)below(ALERT_TYPE_COUNT),
        .kind = (enum alert_kind)below(ALERT_KIND_COUNT),
        .severity = (enum alert_severity)below(ALERT_SEVERITY_COUNT),
        .urgency = (enum alert_urgency)below(ALERT_URGENCY_COUNT),
        .certainty = (enum alert_certainty)below(ALERT_CERTAINTY_COUNT),
        .state = ALERT_STATE_ACTIVE,
        .classification = (enum letter_class)below(3),
        .is_exercise = below(2) == 0,
        .title = some_text(1 + (below(10) == 0) * 40),
        .text = some_text(1 + (below(10) == 0) * 900),
        .instruction = some_text(4),
        .title_en = some_text(2),
        .text_en = some_text(6),
        .sms = xstrdup(""),
        .author = xstrdup("anna"),
        .origin = xstrdup(below(3) ? "" : "vma"),
        .origin_id = some_text(2),
        .origin_url = xstrdup(urls[below((int64_t)ARRAY_LEN(urls))]),
        .sent_us = (INT64_C(1767225600) + below(86400 * 3650)) * US_PER_S,
    };
    a->expires_us = a->sent_us + below(86400 * 30) * US_PER_S;
    make_area(a);
    a->earlier_count = (size_t)(a->type == ALERT_TYPE_ALERT ? 0 : 1 + below(4));
    a->earlier = xcalloc(5, sizeof *a->earlier);
    for (size_t i = 0; i < a->earlier_count; i++)
        a->earlier[i] =
            (struct alert_earlier){.id = 1 + below(INT64_MAX - 1), .sent_us = a->sent_us - below(86400) * US_PER_S};
}

static void drop(struct alert_view *a)
{
    char *const texts[] = {a->title,     a->text,   a->instruction, a->title_en,  a->text_en,   a->sms,
                           a->area_text, a->author, a->origin,      a->origin_id, a->origin_url};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free(texts[i]);
    free(a->target.polygon);
    free(a->municipalities);
    free(a->earlier);
}

static int write_file(const char *folder, int number, const struct cap_sender *sender)
{
    struct alert_view a;
    struct buf out;
    char *path = xasprintf("%s/%03d.xml", folder, number);
    FILE *file = fopen(path, "wb");
    free(path);
    if (!file)
        return 1;
    buf_init(&out, CAP_MAX_BYTES);
    make(&a);
    int rc = cap_write(&a, sender, &out);
    if (rc == 0 && fwrite(out.data, 1, out.len, file) != out.len)
        rc = 1;
    drop(&a);
    buf_fini(&out);
    return fclose(file) == 0 && rc == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static char id[] = "grannsamverkan@example.se", name[] = "Polisen <Ängelholm> & kommunen", contact[] = "114 14",
                base[] = "https://grannbud.example.se";
    struct cap_sender sender = {.id = id, .name = name, .contact = contact, .base_url = base};
    const char *const zones[] = {"Europe/Stockholm", "UTC"};
    if (argc != 4) {
        fprintf(stderr, "cap_random FOLDER COUNT SEED\n");
        return 64;
    }
    state = strtoull(argv[3], NULL, 10) | 1;
    for (int i = 0; i < strtol(argv[2], NULL, 10); i++) {
        if (zone_open(zones[i % 8 == 0], &sender.zone, NULL) != 0)
            return 1;
        sender.is_test = i % 16 == 3;
        int rc = write_file(argv[1], i, &sender);
        zone_free(sender.zone);
        if (rc)
            return 1;
    }
    return 0;
}
