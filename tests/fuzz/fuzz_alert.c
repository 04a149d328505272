/* What of an alert is parsed: the target's JSON form, Markdown and lines on their way to the store, and SMS. Whatever
 * is accepted is a letter that lint can read, and says the same when it is read again. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/alert_text.h"
#include "core/letter_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_target(const char *text)
{
    struct alert_target target = {0};
    struct err err;
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (json && alert_target_parse(json, &target, &err) == 0) {
        assert(target.polygon_count == 0 || geo_check_polygon(target.polygon, target.polygon_count, NULL) == 0);
        assert(!target.has_circle || geo_check_circle(target.centre, target.radius_m, NULL) == 0);
        assert(target.municipality_count <= ALERT_TARGET_NAMES_MAX);
    }
    alert_target_fini(&target);
    json_decref(json);
}

/* Title, text and SMS from one input, parted by NUL bytes. */
static void try_texts(const char *title, const char *text, const char *sms)
{
    struct alert_input in = ALERT_INPUT_INIT;
    struct alert_row row = {0};
    struct alert_row again = {0};
    struct sms_text counted = {0};
    struct sms_text recounted = {0};
    struct err err;
    in.kind = "boat_theft";
    in.title = title;
    in.text = text;
    in.instruction = sms[0] ? text : NULL;
    in.sms = sms;
    if (alert_compose(&in, &row, &counted, &err) == 0) {
        struct letter_source *src = NULL;
        struct letter_problem problem;
        char *source = alert_source(&row);
        assert(letter_source_parse(source, strlen(source), &src, &problem) == 0);
        assert(row.sms[0] && counted.parts > 0);
        in.title = row.title;
        in.text = row.text;
        in.instruction = row.instruction;
        in.sms = row.sms;
        assert(alert_compose(&in, &again, &recounted, &err) == 0);
        assert(strcmp(row.title, again.title) == 0 && strcmp(row.text, again.text) == 0);
        assert(strcmp(row.sms, again.sms) == 0 && counted.units == recounted.units);
        letter_source_free(src);
        free(source);
    }
    sms_text_fini(&counted);
    sms_text_fini(&recounted);
    alert_row_fini(&row);
    alert_row_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = xcalloc(size + 3, 1); /* three texts, the last ones perhaps empty */
    memcpy(copy, data, size);
    const char *text = copy + strlen(copy) + 1;
    const char *sms = text < copy + size ? text + strlen(text) + 1 : text;
    try_target(copy);
    try_texts(copy, text, sms < copy + size ? sms : "");
    free(copy);
    return 0;
}
