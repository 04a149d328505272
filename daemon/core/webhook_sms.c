/*
 * The format for text messages: 46elks' API, POST /a1/sms as a form (46elks.se/docs/send-sms).
 *
 * An alert brings its own short text; everything else is the heading and a link. What would take more than
 * SMS_PARTS_MAX parts is cut, with a link where there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/sms_text.h"
#include "core/webhook_formats.h"

enum { SMS_PARTS_MAX = 4, CUT_STEP_CHARS = 8 };

static const char EXERCISE[] = "ÖVNING: ";

/* As it should be said, before it is cut; the caller frees. */
static char *whole(const struct webhook_event *event)
{
    bool has_own = event->sms[0] && event->type != WEBHOOK_EVENT_ALERT_EXPIRED;
    const char *link = event->type == WEBHOOK_EVENT_LETTER_SENT ? event->url : "";
    bool is_marked = !event->is_exercise || strncmp(event->sms, EXERCISE, sizeof EXERCISE - 1) == 0;
    if (has_own)
        return xasprintf("%s%s", is_marked ? "" : EXERCISE, event->sms);
    return xasprintf("%s%s%s", event->heading, link[0] ? " " : "", link);
}

/* 0 and the text as it goes to the telephone; the caller ends it. */
static int fit(const struct webhook_event *event, struct sms_text *out)
{
    char *text = whole(event);
    size_t chars = text_length(text);
    int rc = sms_text_make(text, out);
    while (rc == 0 && out->parts > SMS_PARTS_MAX && chars > CUT_STEP_CHARS) {
        chars -= CUT_STEP_CHARS;
        char *cut = xasprintf("%.*s...%s%s", (int)text_prefix(text, chars), text, event->url[0] ? " " : "", event->url);
        sms_text_fini(out);
        *out = (struct sms_text){.text = NULL};
        rc = sms_text_make(cut, out);
        free(cut);
    }
    free(text);
    return rc;
}

static void add_field(struct buf *out, const char *name, const char *value)
{
    buf_addf(out, "%s%s=", out->len > 0 ? "&" : "", name);
    webhook_add_percent(out, value);
}

int webhook_sms(const struct webhook_event *event, const struct webhook_target *target, struct webhook_message *out)
{
    struct sms_text sms = {.text = NULL};
    int rc = fit(event, &sms);
    if (rc == 0) {
        add_field(&out->body, "from", target->from);
        add_field(&out->body, "to", target->recipient);
        add_field(&out->body, "message", sms.text);
        if (target->report_url && target->report_url[0])
            add_field(&out->body, "whendelivered", target->report_url);
        out->content_type = "application/x-www-form-urlencoded";
    }
    sms_text_fini(&sms);
    return rc;
}
