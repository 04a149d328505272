/* CAP 1.2; the contract is in core/cap.h, the numbers of sections are those of CAP-v1.2-os. */
#include "core/cap.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/markup.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"
#include "core/alert_view.h"
#include "core/cap_area.h"
#include "core/letter_source.h"
#include "core/markdown.h"

/* What one language calls things. */
struct language {
    const char *code; /* RFC 3066 */
    const char *exercise, *exercise_line;
    const char *prefix[ALERT_TYPE_COUNT];
};

static const struct language SWEDISH = {
    "sv-SE", "ÖVNING: ", "DETTA ÄR EN ÖVNING.\n\n", {"", "Ändrad varning: ", "Varningen är över: "}};
static const struct language ENGLISH = {
    "en-GB", "EXERCISE: ", "THIS IS AN EXERCISE.\n\n", {"", "Changed warning: ", "The warning is over: "}};

static const char EXERCISE_NOTE[] = "ÖVNING: detta är en övning, ingen verklig händelse. EXERCISE: this is an "
                                    "exercise, no real event.";
static const char TEST_NOTE[] = "Teknisk provsändning, bortse från innehållet. Technical test, disregard.";

/* --- small things ---------------------------------------------------------------------------------------------- */

/* With an offset, never "Z"; "the timezone for UTC MUST be represented as -00:00" (3.3.2). */
static const char *time_text(const struct cap_sender *sender, int64_t us, char out[TIME_TEXT_BYTES])
{
    zone_format(sender->zone, us, out);
    char *sign = out + strlen(out) - strlen("+00:00");
    if (strcmp(sign, "+00:00") == 0)
        *sign = '-';
    return out;
}

static void add_time(struct buf *out, const char *name, const struct cap_sender *sender, int64_t us)
{
    char text[TIME_TEXT_BYTES];
    if (us > 0)
        buf_addf(out, "<%s>%s</%s>\n", name, time_text(sender, us, text), name);
}

static void add_headline(const struct alert_view *a, const struct language *language, const char *title,
                         struct buf *out)
{
    struct buf line;
    buf_init(&line, CAP_MAX_BYTES);
    buf_adds(&line, a->is_exercise ? language->exercise : "");
    buf_adds(&line, language->prefix[a->type]);
    buf_adds(&line, title);
    if (text_prefix(buf_str(&line), CAP_HEADLINE_CHARS) < line.len) {
        buf_truncate(&line, text_prefix(buf_str(&line), CAP_HEADLINE_CHARS - 1));
        buf_adds(&line, "…");
    }
    buf_add(out, buf_str(&line), line.len);
    buf_fini(&line);
}

void cap_headline(const struct alert_view *alert, struct buf *out)
{
    add_headline(alert, &SWEDISH, alert->title, out);
}

/* Markdown as plain text in an element; nothing when there is none. */
static int add_markdown(struct buf *out, const char *name, const char *before, const char *source)
{
    struct markdown *md = NULL;
    struct buf text;
    if (!source[0] && !before[0])
        return 0;
    buf_init(&text, CAP_MAX_BYTES);
    buf_adds(&text, before);
    int rc = markdown_parse(source, strlen(source), &md);
    rc = rc ? rc : markdown_text(md, &text);
    while (rc == 0 && text.len > 0 && text.data[text.len - 1] == '\n')
        buf_truncate(&text, text.len - 1);
    if (rc == 0)
        markup_add_element(out, name, buf_str(&text));
    markdown_free(md);
    buf_fini(&text);
    return rc;
}

/* --- info ------------------------------------------------------------------------------------------------------ */

/* What the reader shall do (3.2.2, responseType), or NULL: a relayed announcement says so itself. */
static const char *response_type(const struct alert_view *a)
{
    if (a->type == ALERT_TYPE_RECALL)
        return "AllClear";
    switch (a->kind) {
    case ALERT_KIND_FRAUD_ELDERLY:
        return "Avoid";
    case ALERT_KIND_BOAT_THEFT:
    case ALERT_KIND_MACHINE_THEFT:
        return "Prepare";
    case ALERT_KIND_BURGLARY_ONGOING:
    case ALERT_KIND_FIRE_SETTING:
        return "Monitor";
    case ALERT_KIND_MISSING_PERSON:
        return "Execute"; /* what stands in the instruction: look in your sheds */
    case ALERT_KIND_VMA_RELAY:
    case ALERT_KIND_COUNT:
        break;
    }
    return NULL;
}

/* An http URL that is one for xs:anyURI as well? */
static bool is_web_url(const char *url)
{
    bool is_web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    for (const char *p = url; is_web && *p; p++) {
        is_web = *p > ' ' && *p < 0x7f && !strchr("\"<>\\^`{|}[]#", *p);
        if (*p == '%')
            is_web = isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]);
    }
    return is_web;
}

/* Where there is more: the announcement itself when it is relayed, else our page, which only public alerts have. */
static void add_web(struct buf *out, const struct alert_view *a, const struct cap_sender *sender)
{
    char id[ID_TEXT_BYTES];
    if (is_web_url(a->origin_url)) {
        markup_add_element(out, "web", a->origin_url);
    } else if (a->classification == LETTER_CLASS_PUBLIC) {
        char *url = xasprintf("%s/feed/alerts/%s", sender->base_url, id_format(ID_ALERT, a->id, id));
        markup_add_element(out, "web", url);
        free(url);
    }
}

static void add_headline_element(struct buf *out, const struct alert_view *a, const struct language *language,
                                 const char *title)
{
    struct buf line;
    buf_init(&line, CAP_MAX_BYTES);
    add_headline(a, language, title, &line);
    markup_add_element(out, "headline", buf_str(&line));
    buf_fini(&line);
}

/* What an info holds besides its times and its area. */
struct info_text {
    const struct language *language;
    const char *event, *title, *text, *instruction;
};

static int add_info(struct buf *out, const struct alert_view *a, const struct cap_sender *sender,
                    const struct info_text *words)
{
    bool is_recall = a->type == ALERT_TYPE_RECALL;
    buf_adds(out, "<info>\n");
    markup_add_element(out, "language", words->language->code);
    markup_add_element(out, "category", alert_kind_row(a->kind)->category);
    markup_add_element(out, "event", words->event);
    markup_add_element(out, "responseType", response_type(a));
    markup_add_element(out, "urgency", alert_urgency_cap(is_recall ? ALERT_URGENCY_PAST : a->urgency));
    markup_add_element(out, "severity", alert_severity_cap(a->severity));
    markup_add_element(out, "certainty", alert_certainty_cap(a->certainty));
    buf_adds(out, "<eventCode>\n");
    markup_add_element(out, "valueName", "grannbud");
    markup_add_element(out, "value", alert_kind_word(a->kind));
    buf_adds(out, "</eventCode>\n");
    add_time(out, "effective", sender, a->sent_us);
    add_time(out, "expires", sender, a->expires_us);
    markup_add_element(out, "senderName", sender->name);
    add_headline_element(out, a, words->language, words->title);
    int rc = add_markdown(out, "description", a->is_exercise ? words->language->exercise_line : "", words->text);
    rc = rc ? rc : add_markdown(out, "instruction", "", words->instruction);
    if (rc)
        return rc;
    add_web(out, a, sender);
    markup_add_element(out, "contact", sender->contact);
    cap_add_area(out, a);
    buf_adds(out, "</info>\n");
    return 0;
}

static int add_infos(struct buf *out, const struct alert_view *a, const struct cap_sender *sender)
{
    const struct alert_kind_row *kind = alert_kind_row(a->kind);
    const struct info_text swedish = {&SWEDISH, kind->sv, a->title, a->text, a->instruction};
    const struct info_text english = {&ENGLISH, kind->en, a->title_en[0] ? a->title_en : kind->en, a->text_en, ""};
    int rc = add_info(out, a, sender, &swedish);
    if (rc == 0 && (a->title_en[0] || a->text_en[0]))
        rc = add_info(out, a, sender, &english);
    return rc;
}

/* --- the alert ------------------------------------------------------------------------------------------------- */

static const char *status_of(const struct alert_view *a, const struct cap_sender *sender)
{
    return sender->is_test ? "Test" : a->is_exercise ? "Exercise" : "Actual";
}

static void add_scope(struct buf *out, const struct alert_view *a)
{
    bool is_public = a->classification == LETTER_CLASS_PUBLIC;
    markup_add_element(out, "scope", is_public ? "Public" : "Restricted");
    if (a->classification == LETTER_CLASS_OMBUD_ONLY)
        markup_add_element(out, "restriction", "Kontaktombud i grannsamverkan");
    else if (!is_public)
        markup_add_element(out, "restriction", "Kontaktombud och hushåll i grannsamverkan");
}

/* "sender,identifier,sent" of what this one changes or ends (3.2.1, references). */
static void add_references(struct buf *out, const struct alert_view *a, const struct cap_sender *sender)
{
    char id[ID_TEXT_BYTES];
    char sent[TIME_TEXT_BYTES];
    if (a->type == ALERT_TYPE_ALERT || a->earlier_count == 0)
        return;
    buf_adds(out, "<references>");
    for (size_t i = 0; i < a->earlier_count; i++) {
        buf_adds(out, i > 0 ? " " : "");
        markup_add_xml(out, sender->id);
        buf_addf(out, ",%s,%s", id_format(ID_ALERT, a->earlier[i].id, id),
                 time_text(sender, a->earlier[i].sent_us, sent));
    }
    buf_adds(out, "</references>\n");
}

/* Whose words these are when they are not ours. */
static void add_source(struct buf *out, const struct alert_view *a)
{
    if (strcmp(a->origin, "vma") != 0)
        return;
    char *text = xasprintf("Sveriges Radio, VMA %s", a->origin_id);
    markup_add_element(out, "source", text);
    free(text);
}

int cap_write(const struct alert_view *a, const struct cap_sender *sender, struct buf *out)
{
    char id[ID_TEXT_BYTES];
    if (a->sent_us <= 0)
        return ERR_INVALID;
    buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\">\n");
    markup_add_element(out, "identifier", id_format(ID_ALERT, a->id, id));
    markup_add_element(out, "sender", sender->id);
    add_time(out, "sent", sender, a->sent_us);
    markup_add_element(out, "status", status_of(a, sender));
    markup_add_element(out, "msgType", alert_type_cap(a->type));
    add_source(out, a);
    add_scope(out, a);
    markup_add_element(out, "note", sender->is_test ? TEST_NOTE : a->is_exercise ? EXERCISE_NOTE : NULL);
    add_references(out, a, sender);
    markup_add_element(out, "incidents", id_format(ID_ALERT, a->root_id, id));
    int rc = add_infos(out, a, sender);
    buf_adds(out, "</alert>\n");
    return rc ? rc : buf_ok(out) ? 0 : ERR_TOO_LARGE;
}
