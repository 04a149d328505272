/*
 * From a request's body to struct alert_input. Types and unknown members are refused here; what the words mean is for
 * core to say. An empty text counts as not given.
 */
#include <string.h>

#include "base/err.h"
#include "core/alert.h"
#include "http/api.h"
#include "http/api_alert.h"

enum { EXPIRES_IN_MAX_S = 366 * 86400 };

struct text_member {
    const char *name;
    const char **out;
};

static int read_texts(struct api_call *call, const struct text_member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int rc = api_body_text(call, members[i].name, members[i].out);
        if (rc)
            return rc;
        if (*members[i].out && !(*members[i].out)[0])
            *members[i].out = NULL;
    }
    return 0;
}

/* "2h", "90m", "1d", "45s". */
static int read_span(struct api_call *call, const char *text, int64_t *out)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    const char *p = text;
    int64_t n = 0;
    while (*p >= '0' && *p <= '9' && n < EXPIRES_IN_MAX_S)
        n = n * 10 + (*p++ - '0');
    for (size_t i = 0; p != text && i < sizeof units / sizeof units[0]; i++) {
        if (*p != units[i].unit || p[1] || n <= 0 || n > EXPIRES_IN_MAX_S / units[i].seconds)
            continue;
        *out = n * units[i].seconds;
        return 0;
    }
    return err_set(&call->err, ERR_USAGE, "\"expires_in\" is %.40s: write 90m, 2h or 1d", text);
}

static int read_end(struct api_call *call, struct alert_input *out)
{
    const char *span = NULL;
    int rc = api_body_time(call, "expires", &out->expires_us);
    if (rc == 0)
        rc = api_body_text(call, "expires_in", &span);
    if (rc == 0 && span && span[0] && out->expires_us)
        rc = err_set(&call->err, ERR_USAGE, "give expires or expires_in, not both");
    if (rc == 0 && span && span[0])
        rc = read_span(call, span, &out->expires_in_s);
    return rc;
}

/* What an update may say. */
static int read_common(struct api_call *call, struct alert_input *out)
{
    const struct text_member members[] = {
        {"title", &out->title},
        {"text", &out->text},
        {"instruction", &out->instruction},
        {"title_en", &out->title_en},
        {"text_en", &out->text_en},
        {"sms", &out->sms},
        {"severity", &out->severity},
        {"urgency", &out->urgency},
        {"certainty", &out->certainty},
        {"override_reason", &out->override_reason},
    };
    int rc = read_texts(call, members, sizeof members / sizeof members[0]);
    return rc ? rc : read_end(call, out);
}

static int read_flags(struct api_call *call, struct alert_input *out)
{
    bool life_danger = false;
    int rc = api_body_bool(call, "exercise", false, &out->is_exercise);
    if (rc == 0)
        rc = api_body_bool(call, "life_danger", false, &life_danger);
    if (rc == 0 && json_object_get(call->body, "life_danger"))
        out->life_danger = life_danger;
    if (rc == 0)
        rc = api_body_bool(call, "second_person", false, &out->second_person);
    if (rc == 0)
        rc = api_body_int(call, "confirm_recipients", -1, &out->confirm_recipients);
    return rc;
}

int api_alert_read_new(struct api_call *call, struct alert_input *out)
{
    *out = (struct alert_input)ALERT_INPUT_INIT;
    const struct text_member members[] = {{"kind", &out->kind}, {"classification", &out->classification}};
    int rc = api_body_only(call, "kind title text instruction title_en text_en sms severity urgency certainty "
                                 "classification expires expires_in exercise life_danger confirm_recipients "
                                 "second_person override_reason target");
    if (rc == 0)
        rc = read_common(call, out);
    if (rc == 0)
        rc = read_texts(call, members, sizeof members / sizeof members[0]);
    if (rc == 0)
        rc = read_flags(call, out);
    return rc ? rc : alert_target_parse(json_object_get(call->body, "target"), &out->target, &call->err);
}

int api_alert_read_update(struct api_call *call, struct alert_input *out)
{
    *out = (struct alert_input)ALERT_INPUT_INIT;
    int rc = api_body_only(call, "title text instruction title_en text_en sms severity urgency certainty expires "
                                 "expires_in override_reason");
    return rc ? rc : read_common(call, out);
}
