/* The formats' common ground; the contract is in core/webhook_format.h. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/cap.h"
#include "core/webhook_formats.h"

const char WEBHOOK_EXERCISE_LINE[] = "DETTA ÄR EN ÖVNING.";

static const struct {
    const char *word;
    bool is_signed, letters;
} FORMATS[] = {
#define ROW(id, word, is_signed, letters) [WEBHOOK_FORMAT_##id] = {word, is_signed, letters},
    WEBHOOK_FORMAT_MAP(ROW)
#undef ROW
};

const char *webhook_format_word(enum webhook_format format)
{
    return FORMATS[format].word;
}

bool webhook_format_parse(const char *word, enum webhook_format *out)
{
    for (size_t i = 0; i < ARRAY_LEN(FORMATS); i++) {
        if (strcmp(FORMATS[i].word, word) == 0) {
            *out = (enum webhook_format)i;
            return true;
        }
    }
    return false;
}

bool webhook_format_is_signed(enum webhook_format format)
{
    return FORMATS[format].is_signed;
}

bool webhook_format_takes_letters(enum webhook_format format)
{
    return FORMATS[format].letters;
}

bool webhook_format_rings(enum webhook_format format)
{
    return format == WEBHOOK_FORMAT_SMS || format == WEBHOOK_FORMAT_NTFY;
}

bool webhook_format_is_shared(enum webhook_format format)
{
    return format == WEBHOOK_FORMAT_STANDARD || format == WEBHOOK_FORMAT_CLOUDEVENTS ||
           format == WEBHOOK_FORMAT_SLACK || format == WEBHOOK_FORMAT_MATTERMOST || format == WEBHOOK_FORMAT_TEAMS ||
           format == WEBHOOK_FORMAT_CAP;
}

/* --- texts ------------------------------------------------------------------------------------------------------- */

void webhook_escape_none(struct buf *out, const char *character, size_t n)
{
    buf_add(out, character, n);
}

static size_t units(const struct buf *b, enum webhook_unit unit)
{
    return unit == WEBHOOK_BYTES ? b->len : text_length(buf_str(b));
}

void webhook_add_text(struct buf *out, const char *text, webhook_escape escape, enum webhook_unit unit, size_t max)
{
    static const char ellipsis[] = "…";
    struct buf one;
    size_t used = 0;
    size_t before_ellipsis = out->len; /* where the text is cut if it turns out too long */
    size_t mark = unit == WEBHOOK_BYTES ? sizeof ellipsis - 1 : 1;
    buf_init(&one, 64);
    for (const char *p = text; *p;) {
        size_t n = text_prefix(p, 1);
        buf_reset(&one);
        escape(&one, p, n);
        used += units(&one, unit);
        if (used > max) {
            buf_truncate(out, before_ellipsis);
            buf_adds(out, max >= mark ? ellipsis : "");
            break;
        }
        buf_add(out, buf_str(&one), one.len);
        if (used + mark <= max)
            before_ellipsis = out->len;
        p += n;
    }
    buf_fini(&one);
}

json_t *webhook_json_string(const char *text)
{
    json_t *value = json_string(text);
    return value ? value : json_string("\xef\xbf\xbd");
}

json_t *webhook_json_text(const char *text, webhook_escape escape, enum webhook_unit unit, size_t max)
{
    struct buf out;
    buf_init(&out, WEBHOOK_BODY_BYTES_MAX);
    webhook_add_text(&out, text, escape, unit, max);
    json_t *value = webhook_json_string(buf_str(&out));
    buf_fini(&out);
    return value;
}

json_t *webhook_json_time(int64_t us)
{
    char text[TIME_TEXT_BYTES];
    return us > 0 ? json_string(time_format_utc(us, text)) : json_null();
}

void webhook_add_facts(struct buf *out, const struct webhook_event *event)
{
    bool has_end = event->type != WEBHOOK_EVENT_ALERT_RECALLED && event->type != WEBHOOK_EVENT_ALERT_EXPIRED;
    if (event->area[0])
        buf_addf(out, "Område: %s\n", event->area);
    if (event->expires_sv[0] && has_end)
        buf_addf(out, "Gäller till: %s\n", event->expires_sv);
    buf_addf(out, "Från: %s\n", event->sender);
}

void webhook_add_prose(struct buf *out, const struct webhook_event *event, size_t max_bytes)
{
    struct buf text;
    struct buf facts;
    buf_init(&text, WEBHOOK_BODY_BYTES_MAX);
    buf_init(&facts, WEBHOOK_BODY_BYTES_MAX);
    webhook_add_facts(&facts, event);
    if (event->url[0])
        buf_addf(&facts, "Läs mer: %s\n", event->url);
    if (event->is_exercise)
        buf_addf(&text, "%s\n\n", WEBHOOK_EXERCISE_LINE);
    buf_adds(&text, event->text);
    if (event->instruction[0])
        buf_addf(&text, "\n\nGör så här: %s", event->instruction);
    size_t room = max_bytes > facts.len + 2 ? max_bytes - facts.len - 2 : 0;
    if (text.len > 0)
        webhook_add_text(out, buf_str(&text), webhook_escape_none, WEBHOOK_BYTES, room);
    buf_adds(out, "\n\n");
    webhook_add_text(out, buf_str(&facts), webhook_escape_none, WEBHOOK_BYTES, max_bytes);
    buf_fini(&text);
    buf_fini(&facts);
}

void webhook_add_percent(struct buf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (const char *p = text; *p; p++) {
        if (strchr(plain, *p))
            buf_addc(out, *p);
        else
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)*p);
    }
}

static int add_bytes(const char *bytes, size_t n, void *ctx)
{
    return buf_add(ctx, bytes, n) ? -1 : 0;
}

int webhook_body_json(struct webhook_message *message, json_t *value)
{
    json_dump_callback(value, add_bytes, &message->body, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(value);
    return buf_ok(&message->body) ? 0 : ERR_TOO_LARGE;
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

/* Chat services hand out URLs that are secrets themselves. */
static bool has_secret_path(enum webhook_format format)
{
    return format == WEBHOOK_FORMAT_SLACK || format == WEBHOOK_FORMAT_MATTERMOST || format == WEBHOOK_FORMAT_TEAMS ||
           format == WEBHOOK_FORMAT_TEMPLATE;
}

char *webhook_url_shown(enum webhook_format format, const char *url)
{
    const char *host = strstr(url, "://");
    size_t host_end = host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/?") : strlen(url);
    if (has_secret_path(format) && url[host_end] && strcmp(url + host_end, "/") != 0)
        return xasprintf("%.*s/…", (int)host_end, url);
    size_t n = strcspn(url, "?");
    return xasprintf("%.*s%s", (int)n, url, url[n] ? "?…" : "");
}

/* --- one event for one target ------------------------------------------------------------------------------------- */

static int as_cap(const struct webhook_event *event, const struct config *config, struct webhook_message *out,
                  struct err *err)
{
    struct cap_sender sender;
    if (!event->has_alert || event->type == WEBHOOK_EVENT_ALERT_EXPIRED)
        return err_set(err, ERR_NOT_FOUND, "CAP has no document for this event");
    int rc = cap_sender_init(&sender, config, err);
    if (rc)
        return rc;
    sender.is_test = event->type == WEBHOOK_EVENT_TEST;
    rc = cap_write(&event->alert, &sender, &out->body);
    cap_sender_fini(&sender);
    out->content_type = CAP_CONTENT_TYPE;
    return rc;
}

static int fill(const struct webhook_event *event, const struct webhook_target *target, const struct config *config,
                struct webhook_message *out, struct err *err)
{
    switch (target->format) {
    case WEBHOOK_FORMAT_STANDARD:
        return webhook_standard(event, out);
    case WEBHOOK_FORMAT_CLOUDEVENTS:
        return webhook_cloudevents(event, config, out);
    case WEBHOOK_FORMAT_SLACK:
        return webhook_slack(event, out);
    case WEBHOOK_FORMAT_MATTERMOST:
        return webhook_mattermost(event, out);
    case WEBHOOK_FORMAT_TEAMS:
        return webhook_teams(event, out);
    case WEBHOOK_FORMAT_MATRIX:
        return webhook_matrix(event, target, out);
    case WEBHOOK_FORMAT_NTFY:
        return webhook_ntfy(event, target, out);
    case WEBHOOK_FORMAT_SMS:
        return webhook_sms(event, target, out);
    case WEBHOOK_FORMAT_CAP:
        return as_cap(event, config, out, err);
    case WEBHOOK_FORMAT_TEMPLATE:
        return webhook_template(event, target, out, err);
    }
    return ERR_INVALID;
}

int webhook_format(const struct webhook_event *event, const struct webhook_target *target, const struct config *config,
                   struct webhook_message *out, struct err *err)
{
    *out = (struct webhook_message){.method = "POST", .content_type = "application/json"};
    buf_init(&out->body, WEBHOOK_BODY_BYTES_MAX);
    int rc = fill(event, target, config, out, err);
    if (rc == 0 && !buf_ok(&out->body))
        rc = ERR_TOO_LARGE;
    if (!out->url)
        out->url = xstrdup(target->url);
    if (!out->shown_url)
        out->shown_url = webhook_url_shown(target->format, out->url);
    return rc == ERR_TOO_LARGE ? err_set(err, rc, "the message would be larger than %d bytes", WEBHOOK_BODY_BYTES_MAX)
                               : rc;
}

void webhook_message_fini(struct webhook_message *message)
{
    free(message->url);
    free(message->shown_url);
    free(message->authorization);
    message->url = message->shown_url = message->authorization = NULL;
    buf_fini(&message->body);
}
