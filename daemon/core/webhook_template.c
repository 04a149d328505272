/* Bodies with slots; the contract is in core/webhook_template.h. */
#include "core/webhook_template.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/letter_parts.h"
#include "core/webhook_formats.h"

enum { SLOT_NAME_BYTES = 32, CONTENT_TYPE_BYTES = 100 };

/* identifier, name between the braces, does it say that an exercise is one? */
#define TEMPLATE_SLOT_MAP(X)             \
    X(HEADING, "heading", true)          \
    X(TITLE, "title", true)              \
    X(TEXT, "text", true)                \
    X(INSTRUCTION, "instruction", false) \
    X(SMS, "sms", true)                  \
    X(TITLE_EN, "title_en", true)        \
    X(TEXT_EN, "text_en", false)         \
    X(TYPE, "type", false)               \
    X(KIND, "kind", false)               \
    X(KIND_SV, "kind_sv", false)         \
    X(SEVERITY, "severity", false)       \
    X(URGENCY, "urgency", false)         \
    X(CERTAINTY, "certainty", false)     \
    X(AREA, "area", false)               \
    X(EXPIRES, "expires", false)         \
    X(EXPIRES_SV, "expires_sv", false)   \
    X(TIMESTAMP, "timestamp", false)     \
    X(SENDER, "sender", false)           \
    X(URL, "url", false)                 \
    X(ID, "id", false)                   \
    X(THREAD, "thread", false)           \
    X(EVENT_ID, "event_id", false)       \
    X(EXERCISE, "exercise", true)

enum slot_id {
#define SLOT_ENUM(id, name, marks) TEMPLATE_SLOT_##id,
    TEMPLATE_SLOT_MAP(SLOT_ENUM)
#undef SLOT_ENUM
        TEMPLATE_SLOT_COUNT
};

#define SLOT_NAME(id, name, marks) name,
static const char *const NAMES[] = {TEMPLATE_SLOT_MAP(SLOT_NAME) NULL};
#undef SLOT_NAME
#define SLOT_MARKS(id, name, marks) marks,
static const bool MARKS[] = {TEMPLATE_SLOT_MAP(SLOT_MARKS)};
#undef SLOT_MARKS

/* --- escaping ---------------------------------------------------------------------------------------------------- */

typedef void (*add_cb)(struct buf *out, const char *text);

/* Inside a JSON string. */
static void add_json(struct buf *out, const char *text)
{
    json_t *value = webhook_json_string(text);
    char *quoted = json_dumps(value, JSON_ENCODE_ANY);
    size_t n = strlen(quoted);
    buf_add(out, quoted + 1, n - 2);
    free(quoted);
    json_decref(value);
}

/* Control characters but line feeds and tabs could steer a terminal that shows it. */
static void add_plain(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t')
            buf_addc(out, *p);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* By the content type, whatever its parameters; NULL when nobody knows how to escape for it. */
static add_cb escaping_of(const char *content_type)
{
    char type[CONTENT_TYPE_BYTES];
    size_t n = strcspn(content_type, "; ");
    if (n >= sizeof type)
        return NULL;
    for (size_t i = 0; i < n; i++)
        type[i] = (char)(content_type[i] >= 'A' && content_type[i] <= 'Z' ? content_type[i] + 32 : content_type[i]);
    type[n] = '\0';
    if (strcmp(type, "application/json") == 0 || ends_with(type, "+json"))
        return add_json;
    if (strcmp(type, "application/xml") == 0 || strcmp(type, "text/xml") == 0 || strcmp(type, "text/html") == 0 ||
        ends_with(type, "+xml"))
        return markup_add_xml;
    if (strcmp(type, "application/x-www-form-urlencoded") == 0)
        return webhook_add_percent;
    return strcmp(type, "text/plain") == 0 ? add_plain : NULL;
}

/* --- slots ------------------------------------------------------------------------------------------------------- */

/* Texts that stand alone say that an exercise is one. */
static void add_marked(struct buf *out, const char *mark, const char *text, bool is_exercise, add_cb add)
{
    char *marked = xasprintf("%s%s", is_exercise && text[0] ? mark : "", text);
    add(out, marked);
    free(marked);
}

static void add_time(struct buf *out, int64_t us, add_cb add)
{
    char text[TIME_TEXT_BYTES];
    add(out, us > 0 ? time_format_utc(us, text) : "");
}

static const char *plain_value(const struct webhook_event *e, enum slot_id slot)
{
    switch (slot) {
    case TEMPLATE_SLOT_HEADING:
        return e->heading;
    case TEMPLATE_SLOT_INSTRUCTION:
        return e->instruction;
    case TEMPLATE_SLOT_TEXT_EN:
        return e->text_en;
    case TEMPLATE_SLOT_TYPE:
        return webhook_event_word(e->type);
    case TEMPLATE_SLOT_KIND:
        return e->kind;
    case TEMPLATE_SLOT_KIND_SV:
        return e->kind_sv;
    case TEMPLATE_SLOT_SEVERITY:
        return e->severity;
    case TEMPLATE_SLOT_URGENCY:
        return e->urgency;
    case TEMPLATE_SLOT_CERTAINTY:
        return e->certainty;
    case TEMPLATE_SLOT_AREA:
        return e->area;
    case TEMPLATE_SLOT_EXPIRES_SV:
        return e->expires_sv;
    case TEMPLATE_SLOT_SENDER:
        return e->sender;
    case TEMPLATE_SLOT_URL:
        return e->url;
    case TEMPLATE_SLOT_ID:
        return e->object_id;
    case TEMPLATE_SLOT_THREAD:
        return e->thread;
    case TEMPLATE_SLOT_EVENT_ID:
        return e->webhook_id;
    default:
        return "";
    }
}

static void add_value(struct buf *out, const struct webhook_event *e, enum slot_id slot, add_cb add)
{
    switch (slot) {
    case TEMPLATE_SLOT_TITLE:
        add_marked(out, "ÖVNING: ", e->title, e->is_exercise, add);
        break;
    case TEMPLATE_SLOT_TITLE_EN:
        add_marked(out, "EXERCISE: ", e->title_en, e->is_exercise, add);
        break;
    case TEMPLATE_SLOT_TEXT:
        add_marked(out, "DETTA ÄR EN ÖVNING.\n\n", e->text, e->is_exercise, add);
        break;
    case TEMPLATE_SLOT_SMS: {
        const char *sms = e->sms[0] ? e->sms : e->heading;
        add_marked(out, "ÖVNING: ", sms, e->is_exercise && strncmp(sms, "ÖVNING", strlen("ÖVNING")) != 0, add);
        break;
    }
    case TEMPLATE_SLOT_EXPIRES:
        add_time(out, e->expires_us, add);
        break;
    case TEMPLATE_SLOT_TIMESTAMP:
        add_time(out, e->at_us, add);
        break;
    case TEMPLATE_SLOT_EXERCISE:
        add(out, e->is_exercise ? "true" : "false");
        break;
    default:
        add(out, plain_value(e, slot));
    }
}

/* The slot of a name with blanks round it, or TEMPLATE_SLOT_COUNT and words. */
static enum slot_id find_slot(const char *name, size_t n, struct err *err)
{
    while (n > 0 && *name == ' ') {
        name++;
        n--;
    }
    while (n > 0 && name[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < TEMPLATE_SLOT_COUNT; i++)
        if (strlen(NAMES[i]) == n && memcmp(NAMES[i], name, n) == 0)
            return (enum slot_id)i;
    const char *near = n < SLOT_NAME_BYTES ? letter_closest(name, n, NAMES) : NULL;
    char *shown = xstrndup(name, n < SLOT_NAME_BYTES ? n : SLOT_NAME_BYTES);
    err_set(err, ERR_INVALID, "the template has no slot {{%s}}: %s%s%s",
            text_is_utf8(shown, strlen(shown)) ? shown : "?",
            near ? "did you mean {{"
                 : "known are heading, title, text, kind, severity, area, expires, url, id, exercise "
                   "and more, see the manual",
            near ? near : "", near ? "}}?" : "");
    free(shown);
    return TEMPLATE_SLOT_COUNT;
}

/* Walks through the template: text to `out`, slots with `event`'s values; *seen gets a bit for each slot. */
static int fill(const char *body, add_cb add, const struct webhook_event *event, struct buf *out, uint32_t *seen,
                struct err *err)
{
    const char *p = body;
    for (;;) {
        const char *open = strstr(p, "{{");
        buf_add(out, p, open ? (size_t)(open - p) : strlen(p));
        if (!open)
            return buf_ok(out) ? 0 : ERR_TOO_LARGE;
        const char *close = strstr(open + 2, "}}");
        if (!close)
            return err_set(err, ERR_INVALID, "the template opens a slot with {{ and never closes it: write }}");
        enum slot_id slot = find_slot(open + 2, (size_t)(close - open) - 2, err);
        if (slot == TEMPLATE_SLOT_COUNT)
            return ERR_INVALID;
        add_value(out, event, slot, add);
        *seen |= 1U << slot;
        p = close + 2;
    }
}

int webhook_template_fill(const char *body, const char *content_type, const struct webhook_event *event,
                          struct buf *out, struct err *err)
{
    uint32_t seen = 0;
    add_cb add = escaping_of(content_type);
    if (!add)
        return err_set(err, ERR_INVALID,
                       "content type \"%.60s\": write application/json, application/xml, text/html, "
                       "application/x-www-form-urlencoded or text/plain",
                       content_type);
    return fill(body, add, event, out, &seen, err);
}

int webhook_template(const struct webhook_event *event, const struct webhook_target *target,
                     struct webhook_message *out, struct err *err)
{
    out->content_type = target->content_type;
    return webhook_template_fill(target->body, target->content_type, event, &out->body, err);
}

/* --- trying it out ------------------------------------------------------------------------------------------------ */

static void replace(char **text, const char *with)
{
    free(*text);
    *text = xstrdup(with);
}

/* JSON with texts that would break out of a string, if a slot stood outside of one. */
static int try_json(const char *body, const struct webhook_event *event, struct err *err)
{
    struct buf out;
    uint32_t seen = 0;
    json_error_t error;
    buf_init(&out, WEBHOOK_BODY_BYTES_MAX);
    int rc = fill(body, add_json, event, &out, &seen, err);
    json_t *value = rc == 0 ? json_loads(buf_str(&out), JSON_DECODE_ANY, &error) : NULL;
    if (rc == 0 && !value)
        rc =
            err_set(err, ERR_INVALID,
                    "the template does not give JSON: line %d, column %d of a sample: %s (slots stand inside quotation "
                    "marks, all but {{exercise}})",
                    error.line, error.column, error.text);
    json_decref(value);
    buf_fini(&out);
    return rc;
}

int webhook_template_check(const char *body, const char *content_type, const struct config *config, struct err *err)
{
    struct webhook_event event;
    struct buf out;
    uint32_t seen = 0;
    bool marks = false;
    add_cb add = escaping_of(content_type);
    if (strlen(body) > WEBHOOK_TEMPLATE_BYTES_MAX || !text_is_utf8(body, strlen(body)))
        return err_set(err, ERR_INVALID, "the template must be UTF-8 of at most %d bytes", WEBHOOK_TEMPLATE_BYTES_MAX);
    buf_init(&out, WEBHOOK_BODY_BYTES_MAX);
    webhook_event_sample(config, 0, US_PER_S, &event);
    replace(&event.title, "\"Söt\\ & <b>'\n\t}]");
    replace(&event.area, "1 2");
    replace(&event.url, "https://grannbud.example/feed?a=1&b=2");
    int rc = webhook_template_fill(body, content_type, &event, &out, err);
    buf_reset(&out);
    if (rc == 0)
        rc = fill(body, add, &event, &out, &seen, err);
    for (size_t i = 0; i < TEMPLATE_SLOT_COUNT; i++)
        marks = marks || (MARKS[i] && (seen & 1U << i));
    if (rc == 0 && !marks)
        rc = err_set(err, ERR_INVALID,
                     "the template does not tell an exercise from a real warning: put {{heading}}, "
                     "{{title}}, {{text}}, {{sms}} or {{exercise}} into it");
    if (rc == 0 && add == add_json)
        rc = try_json(body, &event, err);
    webhook_event_fini(&event);
    buf_fini(&out);
    return rc;
}
