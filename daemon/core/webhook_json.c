/*
 * Formats for programs: Standard Webhooks' body, and CloudEvents 1.0 in structured JSON mode. Both hold the same
 * `data`. Coordinates are decimal degrees as GeoJSON's users expect them, but latitude first, as everywhere in
 * Grannbud.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/config.h"
#include "core/webhook_formats.h"

static json_t *degrees(int64_t udeg)
{
    return json_real((double)udeg / GEO_UDEG);
}

static json_t *point(const struct geo_point *p)
{
    json_t *pair = json_array();
    json_array_append_new(pair, degrees(p->lat_udeg));
    json_array_append_new(pair, degrees(p->lon_udeg));
    return pair;
}

static void add_area(json_t *data, const struct alert_view *a)
{
    json_t *towns = json_array();
    for (size_t i = 0; i < a->municipality_count; i++)
        json_array_append_new(
            towns, json_pack("{s:s, s:s}", "code", a->municipalities[i].code, "name", a->municipalities[i].name));
    json_object_set_new(data, "municipalities", towns);
    if (a->target.has_circle) {
        json_t *circle = json_object();
        json_object_set_new(circle, "lat", degrees(a->target.centre.lat_udeg));
        json_object_set_new(circle, "lon", degrees(a->target.centre.lon_udeg));
        json_object_set_new(circle, "radius_km", json_real((double)a->target.radius_m / 1000));
        json_object_set_new(data, "circle", circle);
    }
    if (a->target.polygon_count > 0) {
        json_t *polygon = json_array();
        for (size_t i = 0; i < a->target.polygon_count; i++)
            json_array_append_new(polygon, point(&a->target.polygon[i]));
        json_object_set_new(data, "polygon", polygon);
    }
}

static void add_text(json_t *data, const char *name, const char *text)
{
    json_object_set_new(data, name, webhook_json_string(text));
}

/* What an alert says beyond what a letter does. */
static void add_alert(json_t *data, const struct webhook_event *e)
{
    add_text(data, "severity", e->severity);
    add_text(data, "urgency", e->urgency);
    add_text(data, "certainty", e->certainty);
    add_text(data, "instruction", e->instruction);
    add_text(data, "title_en", e->title_en);
    add_text(data, "text_en", e->text_en);
    add_text(data, "sms", e->sms);
    json_object_set_new(data, "expires_at", webhook_json_time(e->expires_us));
    add_area(data, &e->alert);
}

static json_t *data_of(const struct webhook_event *e)
{
    json_t *data = json_object();
    add_text(data, "id", e->object_id);
    add_text(data, "thread", e->thread);
    add_text(data, "kind", e->kind);
    json_object_set_new(data, "exercise", json_boolean(e->is_exercise));
    add_text(data, "title", e->title);
    add_text(data, "text", e->text);
    add_text(data, "area", e->area);
    add_text(data, "sender", e->sender);
    json_object_set_new(data, "url", e->url[0] ? webhook_json_string(e->url) : json_null());
    if (e->has_alert)
        add_alert(data, e);
    return data;
}

/* Standard Webhooks, "Payload structure". */
int webhook_standard(const struct webhook_event *event, struct webhook_message *out)
{
    json_t *body = json_object();
    add_text(body, "type", webhook_event_word(event->type));
    json_object_set_new(body, "timestamp", webhook_json_time(event->at_us));
    json_object_set_new(body, "data", data_of(event));
    return webhook_body_json(out, body);
}

/* CloudEvents 1.0.2 and its JSON format, section 3; `exercise` is an extension attribute. */
int webhook_cloudevents(const struct webhook_event *event, const struct config *config, struct webhook_message *out)
{
    json_t *body = json_object();
    char *type = xasprintf("se.grannbud.%s", webhook_event_word(event->type));
    add_text(body, "specversion", "1.0");
    add_text(body, "id", event->webhook_id);
    add_text(body, "source", config->node.base_url.text);
    add_text(body, "type", type);
    add_text(body, "subject", event->object_id);
    json_object_set_new(body, "time", webhook_json_time(event->at_us));
    add_text(body, "datacontenttype", "application/json");
    json_object_set_new(body, "exercise", json_boolean(event->is_exercise));
    json_object_set_new(body, "data", data_of(event));
    free(type);
    out->content_type = "application/cloudevents+json"; /* bare: not every SDK knows parameters */
    return webhook_body_json(out, body);
}
