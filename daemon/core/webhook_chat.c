/*
 * Formats for people: Slack, Mattermost, Teams, Matrix and ntfy.
 *
 * What people wrote is shown and never obeyed: where a service has a plain text element that is used, elsewhere its
 * marks are escaped, and mentions (@channel) are broken by a zero-width space. Limits: Slack's block kit reference
 * (header 150, section text 3000 characters), Mattermost 16 383 characters, Teams 28 kB, Matrix 65 536 bytes for a
 * whole event with what its server adds, ntfy 4 096 bytes for a message and twice that for the JSON it comes in. Quotes
 * and markup take more room in a body than in the text, so texts are cut again until the body fits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/markup.h"
#include "base/mem.h"
#include "core/webhook_formats.h"

enum {
    SLACK_HEADER_CHARS = 150,
    SLACK_SECTION_CHARS = 3000,
    SLACK_CONTEXT_CHARS = 1500,
    MATTERMOST_TEXT_CHARS = 12000,
    MATTERMOST_HEADING_CHARS = 600,
    TEAMS_BYTES_MAX = 28 * 1000,
    TEAMS_TEXT_BYTES = 16 * 1024, /* texts at first; halved until the whole fits */
    MATRIX_BYTES_MAX = 60000,
    MATRIX_TEXT_BYTES = 16 * 1024,
    NTFY_BYTES_MAX = 8191, /* a body of 8192 counts as longer there */
    NTFY_TITLE_CHARS = 200,
    NTFY_MESSAGE_BYTES = 4000,
};

/* A body whose texts take about `text_bytes`; a new value. */
typedef json_t *(*make_body)(const struct webhook_event *event, const struct webhook_target *target, size_t text_bytes);

/* The body with as much text as leaves it at most `max` bytes. */
static int body_that_fits(struct webhook_message *out, const struct webhook_event *event,
                          const struct webhook_target *target, make_body make, size_t text_bytes, size_t max)
{
    for (; text_bytes > 0; text_bytes /= 2) {
        buf_reset(&out->body);
        int rc = webhook_body_json(out, make(event, target, text_bytes));
        if (rc || out->body.len <= max)
            return rc;
    }
    return ERR_TOO_LARGE;
}

/* Facts on one line. */
static char *facts_line(const struct webhook_event *event)
{
    struct buf out;
    buf_init(&out, WEBHOOK_BODY_BYTES_MAX);
    webhook_add_facts(&out, event);
    for (size_t i = 0; i + 1 < out.len; i++)
        if (out.data[i] == '\n')
            out.data[i] = ';';
    if (out.len > 0)
        buf_truncate(&out, out.len - 1);
    return buf_take(&out);
}

/* --- Slack -------------------------------------------------------------------------------------------------------- */

/* docs.slack.dev, "Formatting message text": these three, also in plain_text. */
static void escape_slack(struct buf *out, const char *c, size_t n)
{
    if (n == 1 && strchr("&<>", *c))
        buf_adds(out, markup_entity(*c));
    else
        buf_add(out, c, n);
}

static json_t *slack_text(const char *text, size_t max_chars)
{
    return json_pack("{s:s, s:o, s:b}", "type", "plain_text", "text",
                     webhook_json_text(text, escape_slack, WEBHOOK_CHARS, max_chars), "emoji", 0);
}

static void slack_section(json_t *blocks, const char *text)
{
    if (text[0]) /* an empty text is refused */
        json_array_append_new(
            blocks, json_pack("{s:s, s:o}", "type", "section", "text", slack_text(text, SLACK_SECTION_CHARS)));
}

int webhook_slack(const struct webhook_event *event, struct webhook_message *out)
{
    json_t *blocks = json_array();
    json_t *context = json_array();
    char *facts = facts_line(event);
    char *instruction = xasprintf("%s%s", event->instruction[0] ? "Gör så här: " : "", event->instruction);
    char *fallback = xasprintf("%s\n%s", event->heading, event->text);
    json_array_append_new(
        blocks, json_pack("{s:s, s:o}", "type", "header", "text", slack_text(event->heading, SLACK_HEADER_CHARS)));
    slack_section(blocks, event->is_exercise ? WEBHOOK_EXERCISE_LINE : "");
    slack_section(blocks, event->text);
    slack_section(blocks, instruction);
    json_array_append_new(context, slack_text(facts, SLACK_CONTEXT_CHARS));
    if (event->url[0]) {
        char *link = xasprintf("<%s|Läs mer>", event->url);
        json_array_append_new(context, json_pack("{s:s, s:o}", "type", "mrkdwn", "text", webhook_json_string(link)));
        free(link);
    }
    json_array_append_new(blocks, json_pack("{s:s, s:o}", "type", "context", "elements", context));
    json_t *body =
        json_pack("{s:o, s:o}", "text", webhook_json_text(fallback, escape_slack, WEBHOOK_CHARS, SLACK_SECTION_CHARS),
                  "blocks", blocks);
    free(facts);
    free(instruction);
    free(fallback);
    return webhook_body_json(out, body);
}

/* --- Mattermost --------------------------------------------------------------------------------------------------- */

static void escape_mattermost(struct buf *out, const char *c, size_t n)
{
    if (n == 1 && strchr("\\`*_{}[]()#+-.!|~>", *c))
        buf_addf(out, "\\%c", *c);
    else if (n == 1 && *c == '@')
        buf_adds(out, "@\xe2\x80\x8b");
    else if (n == 1 && strchr("&<", *c))
        buf_adds(out, markup_entity(*c));
    else
        buf_add(out, c, n);
}

int webhook_mattermost(const struct webhook_event *event, struct webhook_message *out)
{
    struct buf text;
    char *facts = facts_line(event);
    buf_init(&text, WEBHOOK_BODY_BYTES_MAX);
    buf_adds(&text, "#### ");
    webhook_add_text(&text, event->heading, escape_mattermost, WEBHOOK_CHARS, MATTERMOST_HEADING_CHARS);
    if (event->is_exercise)
        buf_addf(&text, "\n\n**%s**", WEBHOOK_EXERCISE_LINE);
    buf_adds(&text, "\n\n");
    webhook_add_text(&text, event->text, escape_mattermost, WEBHOOK_CHARS, MATTERMOST_TEXT_CHARS);
    if (event->instruction[0]) {
        buf_adds(&text, "\n\n**Gör så här:** ");
        webhook_add_text(&text, event->instruction, escape_mattermost, WEBHOOK_CHARS, MATTERMOST_TEXT_CHARS / 8);
    }
    buf_adds(&text, "\n\n");
    webhook_add_text(&text, facts, escape_mattermost, WEBHOOK_CHARS, MATTERMOST_HEADING_CHARS);
    if (event->url[0])
        buf_addf(&text, "\n[Läs mer](%s)", event->url);
    free(facts);
    json_t *body = json_pack("{s:o, s:{s:b, s:s}}", "text", webhook_json_string(buf_str(&text)), "props", "exercise",
                             event->is_exercise, "grannbud_id", event->object_id);
    buf_fini(&text);
    return webhook_body_json(out, body);
}

/* --- Teams -------------------------------------------------------------------------------------------------------- */

/* A run of text: unlike a TextBlock it knows no Markdown. */
static void teams_text(json_t *items, const char *text, bool is_heading, size_t max_bytes)
{
    if (!text[0])
        return;
    json_t *run = json_pack("{s:s, s:o}", "type", "TextRun", "text",
                            webhook_json_text(text, webhook_escape_none, WEBHOOK_BYTES, max_bytes));
    if (is_heading) {
        json_object_set_new(run, "weight", json_string("Bolder"));
        json_object_set_new(run, "size", json_string("Large"));
    }
    json_array_append_new(items, json_pack("{s:s, s:[o], s:s}", "type", "RichTextBlock", "inlines", run, "spacing",
                                           is_heading ? "None" : "Medium"));
}

static json_t *teams_card(const struct webhook_event *event, size_t max_bytes)
{
    json_t *items = json_array();
    struct buf facts;
    buf_init(&facts, WEBHOOK_BODY_BYTES_MAX);
    webhook_add_facts(&facts, event);
    teams_text(items, event->heading, true, max_bytes / 8);
    teams_text(items, event->is_exercise ? WEBHOOK_EXERCISE_LINE : "", false, max_bytes);
    teams_text(items, event->text, false, max_bytes);
    teams_text(items, event->instruction[0] ? "Gör så här:" : "", false, max_bytes);
    teams_text(items, event->instruction, false, max_bytes / 4);
    teams_text(items, buf_str(&facts), false, max_bytes / 8);
    buf_fini(&facts);
    json_t *card =
        json_pack("{s:s, s:s, s:s, s:s, s:o}", "$schema", "http://adaptivecards.io/schemas/adaptive-card.json", "type",
                  "AdaptiveCard", "version", "1.4", "lang", "sv", "body", items);
    json_object_set_new(card, "fallbackText",
                        webhook_json_text(event->heading, webhook_escape_none, WEBHOOK_BYTES, max_bytes / 8));
    if (event->url[0])
        json_object_set_new(card, "actions",
                            json_pack("[{s:s, s:s, s:o}]", "type", "Action.OpenUrl", "title", "Läs mer", "url",
                                      webhook_json_string(event->url)));
    return card;
}

static json_t *teams_message(const struct webhook_event *event, const struct webhook_target *target, size_t text_bytes)
{
    (void)target;
    return json_pack("{s:s, s:b, s:[{s:s, s:n, s:o}]}", "type", "message", "exercise", event->is_exercise,
                     "attachments", "contentType", "application/vnd.microsoft.card.adaptive", "contentUrl", "content",
                     teams_card(event, text_bytes));
}

int webhook_teams(const struct webhook_event *event, struct webhook_message *out)
{
    return body_that_fits(out, event, NULL, teams_message, TEAMS_TEXT_BYTES, TEAMS_BYTES_MAX);
}

/* --- Matrix ------------------------------------------------------------------------------------------------------- */

static void add_html(struct buf *out, const char *plain)
{
    for (const char *line = plain; *line;) {
        size_t n = strcspn(line, "\n");
        char *text = xstrndup(line, n);
        markup_add(out, text);
        free(text);
        line += n;
        if (*line) {
            buf_adds(out, "<br>");
            line++;
        }
    }
}

/* Client-Server API, "PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}": the same transaction twice is
 * one message. */
static char *matrix_url(const struct webhook_event *event, const struct webhook_target *target)
{
    struct buf url;
    size_t n = strlen(target->url);
    buf_init(&url, 8192);
    while (n > 0 && target->url[n - 1] == '/')
        n--;
    buf_add(&url, target->url, n);
    buf_adds(&url, "/_matrix/client/v3/rooms/");
    webhook_add_percent(&url, target->room);
    buf_adds(&url, "/send/m.room.message/");
    webhook_add_percent(&url, event->webhook_id);
    return buf_take(&url);
}

static json_t *matrix_event(const struct webhook_event *event, const struct webhook_target *target, size_t text_bytes)
{
    struct buf plain;
    struct buf html;
    (void)target;
    buf_init(&plain, WEBHOOK_BODY_BYTES_MAX);
    buf_init(&html, WEBHOOK_BODY_BYTES_MAX);
    webhook_add_prose(&plain, event, text_bytes);
    buf_adds(&html, "<h4>");
    markup_add(&html, event->heading);
    buf_adds(&html, "</h4><p>");
    add_html(&html, buf_str(&plain));
    buf_adds(&html, "</p>");
    char *text = xasprintf("%s\n\n%s", event->heading, buf_str(&plain));
    json_t *body = json_pack("{s:s, s:o, s:s, s:o, s:b}", "msgtype", "m.text", "body", webhook_json_string(text),
                             "format", "org.matrix.custom.html", "formatted_body", webhook_json_string(buf_str(&html)),
                             "se.grannbud.exercise", event->is_exercise);
    /* Nobody is mentioned, whatever the text says (m.mentions). */
    json_object_set_new(body, "m.mentions", json_object());
    free(text);
    buf_fini(&plain);
    buf_fini(&html);
    return body;
}

int webhook_matrix(const struct webhook_event *event, const struct webhook_target *target, struct webhook_message *out)
{
    out->method = "PUT";
    out->url = matrix_url(event, target);
    if (target->token)
        out->authorization = xasprintf("Bearer %s", target->token);
    return body_that_fits(out, event, target, matrix_event, MATRIX_TEXT_BYTES, MATRIX_BYTES_MAX);
}

/* --- ntfy --------------------------------------------------------------------------------------------------------- */

/* docs.ntfy.sh, "Message priority": 1 to 5. */
static int ntfy_priority(const struct webhook_event *event)
{
    if (event->type != WEBHOOK_EVENT_ALERT_SENT && event->type != WEBHOOK_EVENT_ALERT_UPDATED)
        return 3;
    return strcmp(event->severity, "extreme") == 0  ? 5
           : strcmp(event->severity, "severe") == 0 ? 4
           : strcmp(event->severity, "minor") == 0  ? 2
                                                    : 3;
}

static json_t *ntfy_message(const struct webhook_event *event, const struct webhook_target *target, size_t text_bytes)
{
    struct buf text;
    json_t *tags = json_array();
    int priority = ntfy_priority(event);
    buf_init(&text, WEBHOOK_BODY_BYTES_MAX);
    webhook_add_prose(&text, event, text_bytes);
    json_array_append_new(tags, json_string(priority > 3 ? "rotating_light" : "house"));
    json_array_append_new(tags, webhook_json_string(event->kind));
    if (event->is_exercise)
        json_array_append_new(tags, json_string("exercise"));
    json_t *body = json_pack("{s:o, s:o, s:o, s:i, s:o}", "topic", webhook_json_string(target->topic), "title",
                             webhook_json_text(event->heading, webhook_escape_none, WEBHOOK_CHARS, NTFY_TITLE_CHARS),
                             "message", webhook_json_string(buf_str(&text)), "priority", priority, "tags", tags);
    if (event->url[0])
        json_object_set_new(body, "click", webhook_json_string(event->url));
    buf_fini(&text);
    return body;
}

/* "Publish as JSON": to the root of the server. */
int webhook_ntfy(const struct webhook_event *event, const struct webhook_target *target, struct webhook_message *out)
{
    if (target->token)
        out->authorization = xasprintf("Bearer %s", target->token);
    return body_that_fits(out, event, target, ntfy_message, NTFY_MESSAGE_BYTES, NTFY_BYTES_MAX);
}
