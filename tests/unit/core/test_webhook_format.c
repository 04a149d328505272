/* core/webhook_format.h: every format against a parser of its own, with texts that want to break out of it. */
#include "core/webhook_format.h"

#include <stdio.h>

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/sms_text.h"
#include "core/webhook_event.h"
#include "http/form.h"
#include "lib/test.h"
#include "lib/webhook_fixture.h"

static struct config *config;
static struct webhook_event event;
static struct webhook_message message;

static const struct webhook_target TARGET = {.url = "https://e.example/base/",
                                             .recipient = "+46701740605",
                                             .room = "!rum:example.se",
                                             .topic = "larm",
                                             .from = "Grannar",
                                             .token = "syt_hemlig",
                                             .report_url = "https://grannbud.example/webhook/46elks/abc?x=1&y=å",
                                             .content_type = "application/json",
                                             .body = "{\"t\":\"{{title}}\",\"x\":\"{{text}}\"}"};

static int setup(void **state)
{
    (void)state;
    config = webhook_fixture_config();
    webhook_event_sample(config, 4711, INT64_C(1772366400000000), &event);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    webhook_message_fini(&message);
    webhook_event_fini(&event);
    config_free(config);
    return 0;
}

static void set(char **text, const char *value)
{
    free(*text);
    *text = xstrdup(value);
}

/* A warning as if it were real, or an exercise, with these texts. */
static void make(enum webhook_event_type type, bool is_exercise, const char *title, const char *text)
{
    event.type = type;
    event.is_exercise = event.alert.is_exercise = is_exercise;
    event.severity = "severe";
    set(&event.title, title);
    set(&event.text, text);
    set(&event.alert.title, title);
    set(&event.alert.text, text);
    free(event.heading);
    event.heading = xasprintf("%sVarning: %s", is_exercise ? "ÖVNING: " : "", title);
    set(&event.sms, "");
    set(&event.url, "https://grannbud.example/feed/alerts/alr_1");
}

static const char *format(enum webhook_format form)
{
    struct webhook_target target = TARGET;
    struct err err = {.text = ""};
    target.format = form;
    webhook_message_fini(&message);
    int rc = webhook_format(&event, &target, config, &message, &err);
    if (rc)
        fail_msg("%s: %s %s", webhook_format_word(form), err_name(rc), err.text);
    return buf_str(&message.body);
}

static json_t *format_json(enum webhook_format form)
{
    json_error_t error;
    const char *text = format(form);
    json_t *json = json_loadb(text, message.body.len, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        fail_msg("%s: %s in %s", webhook_format_word(form), error.text, text);
    return json;
}

/* By path: "data.title", "blocks.0.text". */
static const json_t *find(const json_t *json, const char *path)
{
    char name[64];
    while (json && *path) {
        size_t n = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10)) : json_object_get(json, name);
        path += n + (path[n] == '/');
    }
    return json;
}

static const char *text_at(const json_t *json, const char *path)
{
    const char *text = json_string_value(find(json, path));
    if (!text) {
        char *dump = json_dumps(json, 0);
        fail_msg("%s is not in %s", path, dump);
    }
    return text;
}

/* What tries to break out of JSON, XML, HTML, Markdown, forms and chats. */
static const char *const HOSTILE[] = {
    "\"},{\"exercise\":false}",
    "\\\" \\u0022 \\n \\",
    "<!channel> <@U123> <https://evil.example|polisen.se> & &amp; &lt;",
    "</p><script>alert(1)</script><!--]]>",
    "@channel @all @here @everyone",
    "[polisen.se](https://evil.example) ![x](https://evil.example/p.png) **fet** `kod` ~~x~~ # rubrik",
    "&to=%2B4670&message=x+y=z%00%zz",
    "{{title}} {{/x}} ${x} $(x) %s%n",
    "\x01\x02\x1b[31m\x7f",
    "\xf0\x9f\x9a\xa8 åäöÅÄÖ \xe2\x80\xae bidi \xc2\x85",
    "rad 1\nrad 2\r\nrad 3\ttab\n\n\n# inte rubrik\n- inte lista\n> inte citat\n    inte kod",
    "'; DROP TABLE webhook; --",
    "",
};
enum { HOSTILE_N = sizeof HOSTILE / sizeof HOSTILE[0] };

static void test_standard__holds_every_text_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, i % 2, HOSTILE[i], HOSTILE[HOSTILE_N - 1 - i]);
        json_t *json = format_json(WEBHOOK_FORMAT_STANDARD);
        assert_int_equal(json_object_size(json), 3);
        assert_string_equal(text_at(json, "type"), "alert.sent");
        assert_string_equal(text_at(json, "timestamp"), "2026-03-01T12:00:00Z");
        assert_string_equal(text_at(json, "data/title"), HOSTILE[i]);
        assert_string_equal(text_at(json, "data/text"), HOSTILE[HOSTILE_N - 1 - i]);
        assert_int_equal(json_is_true(find(json, "data/exercise")), i % 2);
        assert_true(json_is_boolean(find(json, "data/exercise")));
        json_decref(json);
    }
}

static void test_standard__area_and_thread(void **state)
{
    static struct geo_point corners[] = {{56242000, 12862000}, {56250000, 12862000}, {56250000, 12900000}};
    (void)state;
    make(WEBHOOK_EVENT_ALERT_UPDATED, false, "T", "X");
    event.alert.target.has_circle = true;
    event.alert.target.centre = corners[0];
    event.alert.target.radius_m = 2500;
    event.alert.target.polygon = corners;
    event.alert.target.polygon_count = 3;
    json_t *json = format_json(WEBHOOK_FORMAT_STANDARD);
    event.alert.target.polygon = NULL;
    event.alert.target.polygon_count = 0;
    assert_non_null(strstr(buf_str(&message.body), "{\"lat\":56.242,\"lon\":12.862,\"radius_km\":2.5}"));
    assert_non_null(strstr(buf_str(&message.body), "[[56.242,12.862],[56.25,12.862],[56.25,12.9]]"));
    assert_string_equal(text_at(json, "data/thread"), event.thread);
    assert_string_equal(text_at(json, "data/sender"), "Polisen i Ängelholm");
    json_decref(json);
}

static void test_cloudevents__attributes(void **state)
{
    (void)state;
    make(WEBHOOK_EVENT_ALERT_RECALLED, true, HOSTILE[0], "x");
    json_t *json = format_json(WEBHOOK_FORMAT_CLOUDEVENTS);
    assert_string_equal(text_at(json, "specversion"), "1.0");
    assert_string_equal(text_at(json, "type"), "se.grannbud.alert.recalled");
    assert_string_equal(text_at(json, "source"), "https://grannbud.example");
    assert_string_equal(text_at(json, "id"), event.webhook_id);
    assert_string_equal(text_at(json, "subject"), event.object_id);
    assert_string_equal(text_at(json, "datacontenttype"), "application/json");
    assert_string_equal(text_at(json, "data/title"), HOSTILE[0]);
    assert_true(json_is_true(find(json, "exercise")));
    /* Bare: the official JavaScript SDK looks the whole field up, and refuses "; charset=UTF-8". */
    assert_string_equal(message.content_type, "application/cloudevents+json");
    /* Attribute names: lower-case letters and digits (CloudEvents 1.0.2, "Attribute Naming Convention"). */
    const char *name;
    json_t *value;
    json_object_foreach(json, name, value)
    {
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"), strlen(name));
    }
    json_decref(json);
}

/* --- Slack -------------------------------------------------------------------------------------------------------- */

/* What Slack makes of its escapes; the caller frees. Fails on a bare "<", ">" or "&". */
static char *slack_decode(const char *text)
{
    char *out = xmalloc(strlen(text) + 1);
    size_t n = 0;
    for (const char *p = text; *p;) {
        static const char *const escapes[][2] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
        size_t i = 0;
        while (i < 3 && strncmp(p, escapes[i][0], strlen(escapes[i][0])) != 0)
            i++;
        if (i == 3 && strchr("&<>", *p))
            fail_msg("bare %c in %s", *p, text);
        out[n++] = i < 3 ? escapes[i][1][0] : *p;
        p += i < 3 ? strlen(escapes[i][0]) : 1;
    }
    out[n] = '\0';
    return out;
}

static void test_slack__escapes_and_says_exercise(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, true, HOSTILE[i], HOSTILE[i]);
        json_t *json = format_json(WEBHOOK_FORMAT_SLACK);
        char *heading = slack_decode(text_at(json, "blocks/0/text/text"));
        char *fallback = slack_decode(text_at(json, "text"));
        assert_string_equal(heading, event.heading);
        assert_memory_equal(heading, "ÖVNING: ", strlen("ÖVNING: "));
        assert_memory_equal(fallback, "ÖVNING: ", strlen("ÖVNING: "));
        assert_string_equal(text_at(json, "blocks/1/text/text"), "DETTA ÄR EN ÖVNING.");
        assert_string_equal(text_at(json, "blocks/0/text/type"), "plain_text");
        if (HOSTILE[i][0]) {
            char *text = slack_decode(text_at(json, "blocks/2/text/text"));
            assert_string_equal(text, HOSTILE[i]);
            free(text);
        }
        size_t k;
        json_t *block;
        json_array_foreach(json_object_get(json, "blocks"), k, block) /* Slack refuses empty texts */
            if (json_object_get(block, "text")) assert_true(text_at(block, "text/text")[0]);
        free(heading);
        free(fallback);
        json_decref(json);
    }
}

static char *repeat(const char *piece, size_t bytes)
{
    struct buf out;
    buf_init(&out, bytes + 64);
    while (out.len + strlen(piece) <= bytes)
        buf_adds(&out, piece);
    return buf_take(&out);
}

/* Whole characters, an ellipsis, and a link to the rest. */
static void test_formats__long_texts_are_cut_between_characters(void **state)
{
    static const char *const pieces[] = {"å", "&", "\xf0\x9f\x9a\xa8", "\"\n", "ord "};
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        char *text = repeat(pieces[i], 30000);
        char *title = repeat(pieces[i], 400);
        make(WEBHOOK_EVENT_ALERT_SENT, true, title, text);
        json_t *json = format_json(WEBHOOK_FORMAT_SLACK);
        assert_true(text_length(text_at(json, "blocks/0/text/text")) <= 150);
        assert_true(text_length(text_at(json, "blocks/2/text/text")) <= 3000);
        assert_true(text_length(text_at(json, "blocks/2/text/text")) > 2990);
        assert_non_null(strstr(text_at(json, "blocks/2/text/text"), "…"));
        free(slack_decode(text_at(json, "blocks/2/text/text"))); /* no escape is cut in two */
        assert_non_null(strstr(buf_str(&message.body), "alr_1"));
        json_decref(json);
        json_decref(format_json(WEBHOOK_FORMAT_TEAMS));
        assert_true(message.body.len <= 28000);
        assert_non_null(strstr(buf_str(&message.body), "…"));
        json_decref(format_json(WEBHOOK_FORMAT_MATRIX));
        assert_true(message.body.len <= 60000); /* a whole event has at most 65 536 bytes */
        assert_non_null(strstr(buf_str(&message.body), "alr_1"));
        json = format_json(WEBHOOK_FORMAT_NTFY);
        assert_true(message.body.len < 8192); /* its server reads no more of a JSON body */
        assert_true(strlen(text_at(json, "message")) <= 4096);
        assert_non_null(strstr(text_at(json, "message"), "alr_1"));
        assert_true(text_length(text_at(json, "title")) <= 200);
        json_decref(json);
        json = format_json(WEBHOOK_FORMAT_MATTERMOST);
        assert_true(text_length(text_at(json, "text")) <= 16383);
        assert_non_null(strstr(text_at(json, "text"), "alr_1"));
        json_decref(json);
        format(WEBHOOK_FORMAT_SMS);
        free(text);
        free(title);
    }
}

/* --- Mattermost, Teams, Matrix, ntfy ---------------------------------------------------------------------------------
 */

static void test_mattermost__mentions_nobody_and_marks_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, true, HOSTILE[i], HOSTILE[i]);
        json_t *json = format_json(WEBHOOK_FORMAT_MATTERMOST);
        const char *text = text_at(json, "text");
        for (const char *p = text; (p = strchr(p, '@')) != NULL; p++)
            assert_memory_equal(p + 1, "\xe2\x80\x8b", 3);
        assert_null(strchr(text, '<'));
        assert_null(strstr(text, "](https://evil"));
        assert_null(strstr(text, "**fet**"));
        assert_non_null(strstr(text, "ÖVNING"));
        assert_true(json_is_true(find(json, "props/exercise")));
        json_decref(json);
    }
}

static void test_teams__a_card_without_markdown(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, true, HOSTILE[i], HOSTILE[i]);
        json_t *json = format_json(WEBHOOK_FORMAT_TEAMS);
        assert_string_equal(text_at(json, "type"), "message");
        assert_string_equal(text_at(json, "attachments/0/contentType"), "application/vnd.microsoft.card.adaptive");
        assert_string_equal(text_at(json, "attachments/0/content/type"), "AdaptiveCard");
        assert_string_equal(text_at(json, "attachments/0/content/version"), "1.4");
        assert_string_equal(text_at(json, "attachments/0/content/body/0/inlines/0/text"), event.heading);
        assert_string_equal(text_at(json, "attachments/0/content/body/1/inlines/0/text"), "DETTA ÄR EN ÖVNING.");
        size_t k;
        json_t *item;
        const json_t *body = find(json, "attachments/0/content/body");
        json_array_foreach(body, k, item)
        {
            assert_string_equal(text_at(item, "type"), "RichTextBlock");
        }
        json_decref(json);
    }
}

/* No tag but our own, and every "<" of a text is escaped. */
static void check_html(const char *html)
{
    static const char *const tags[] = {"<h4>", "</h4>", "<p>", "</p>", "<br>"};
    for (const char *p = html; (p = strchr(p, '<')) != NULL; p++) {
        bool is_ours = false;
        for (size_t i = 0; i < 5; i++)
            is_ours = is_ours || strncmp(p, tags[i], strlen(tags[i])) == 0;
        if (!is_ours)
            fail_msg("a tag: %s", p);
    }
}

static void test_matrix__same_transaction_for_a_retry(void **state)
{
    char url[400];
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, true, HOSTILE[i], HOSTILE[i]);
        json_t *json = format_json(WEBHOOK_FORMAT_MATRIX);
        assert_string_equal(text_at(json, "msgtype"), "m.text");
        assert_string_equal(text_at(json, "format"), "org.matrix.custom.html");
        assert_non_null(strstr(text_at(json, "body"), HOSTILE[i]));
        check_html(text_at(json, "formatted_body"));
        assert_non_null(strstr(text_at(json, "body"), "DETTA ÄR EN ÖVNING."));
        json_decref(json);
        assert_string_equal(message.method, "PUT");
        assert_string_equal(message.authorization, "Bearer syt_hemlig");
        snprintf(url, sizeof url,
                 "https://e.example/base/_matrix/client/v3/rooms/%%21rum%%3Aexample.se/send/m.room.message/%s",
                 event.webhook_id);
        assert_string_equal(message.url, url);
    }
}

static void test_ntfy__priority_and_topic(void **state)
{
    static const struct {
        const char *severity;
        int priority;
    } rows[] = {{"extreme", 5}, {"severe", 4}, {"moderate", 3}, {"minor", 2}, {"unknown", 3}};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, i == 0, HOSTILE[i], HOSTILE[i]);
        event.severity = rows[i].severity;
        json_t *json = format_json(WEBHOOK_FORMAT_NTFY);
        assert_int_equal(json_integer_value(find(json, "priority")), rows[i].priority);
        assert_string_equal(text_at(json, "topic"), "larm");
        assert_string_equal(text_at(json, "title"), event.heading);
        assert_non_null(strstr(text_at(json, "message"), HOSTILE[i]));
        json_decref(json);
    }
    event.type = WEBHOOK_EVENT_ALERT_RECALLED;
    event.severity = "extreme";
    json_t *json = format_json(WEBHOOK_FORMAT_NTFY);
    assert_int_equal(json_integer_value(find(json, "priority")), 3);
    json_decref(json);
}

/* The server takes a body of exactly the 8192 bytes that it reads for a longer one. */
static void test_ntfy__a_body_at_the_servers_limit(void **state)
{
    enum { TITLE = 150, QUOTES = 3000, LIMIT = 8192 };
    (void)state;
    char *title = repeat("\"", TITLE);
    char *text = repeat("\"", QUOTES);
    make(WEBHOOK_EVENT_ALERT_SENT, false, title, text);
    json_decref(format_json(WEBHOOK_FORMAT_NTFY));
    size_t missing = LIMIT - message.body.len;
    assert_true(message.body.len < LIMIT && missing < 2000);
    free(text);
    text = repeat("\"", QUOTES + missing / 2); /* two bytes each */
    char *longer = xasprintf("%s%s", title, missing % 2 ? "x" : "");
    make(WEBHOOK_EVENT_ALERT_SENT, false, longer, text);
    json_decref(format_json(WEBHOOK_FORMAT_NTFY));
    assert_true(message.body.len < LIMIT);
    free(text);
    free(title);
    free(longer);
}

/* --- 46elks --------------------------------------------------------------------------------------------------------
 */

static void test_sms__a_form_that_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        struct http_form form;
        struct sms_text sms = {.text = NULL};
        make(WEBHOOK_EVENT_ALERT_SENT, true, "T", "X");
        set(&event.sms, HOSTILE[i]);
        format(WEBHOOK_FORMAT_SMS);
        http_form_init(&form);
        assert_int_equal(http_form_parse(&form, message.body.data, message.body.len, 10), 0);
        assert_int_equal(form.count, 4);
        assert_string_equal(http_form_get(&form, "from"), "Grannar");
        assert_string_equal(http_form_get(&form, "to"), "+46701740605");
        assert_string_equal(http_form_get(&form, "whendelivered"), TARGET.report_url);
        const char *text = http_form_get(&form, "message");
        assert_memory_equal(text, "ÖVNING: ", strlen("ÖVNING: "));
        assert_int_equal(sms_text_make(HOSTILE[i], &sms), 0);
        if (HOSTILE[i][0] > ' ') /* white space at the ends is not kept */
            assert_non_null(strstr(text, sms.text));
        sms_text_fini(&sms);
        http_form_fini(&form);
    }
}

static void test_sms__is_cut_to_its_parts(void **state)
{
    struct http_form form;
    struct sms_text sms = {.text = NULL};
    (void)state;
    make(WEBHOOK_EVENT_ALERT_SENT, false, "T", "X");
    char *text = repeat("Det stjäls båtar. ", 3000);
    set(&event.sms, text);
    free(text);
    format(WEBHOOK_FORMAT_SMS);
    http_form_init(&form);
    assert_int_equal(http_form_parse(&form, message.body.data, message.body.len, 10), 0);
    assert_int_equal(sms_text_make(http_form_get(&form, "message"), &sms), 0);
    assert_int_equal(sms.parts, 4);
    assert_non_null(strstr(sms.text, "... https://grannbud.example/feed/alerts/alr_1"));
    sms_text_fini(&sms);
    http_form_fini(&form);
}

/* --- CAP, template --------------------------------------------------------------------------------------------------
 */

static void test_cap__a_test_is_one(void **state)
{
    struct webhook_target target = TARGET;
    struct err err;
    (void)state;
    target.format = WEBHOOK_FORMAT_CAP;
    assert_non_null(strstr(format(WEBHOOK_FORMAT_CAP), "<status>Test</status>"));
    assert_string_equal(message.content_type, "application/cap+xml");
    make(WEBHOOK_EVENT_ALERT_SENT, true, "<T>&", "x");
    assert_non_null(strstr(format(WEBHOOK_FORMAT_CAP), "<status>Exercise</status>"));
    assert_non_null(strstr(buf_str(&message.body), "&lt;T&gt;&amp;"));
    event.type = WEBHOOK_EVENT_ALERT_EXPIRED;
    webhook_message_fini(&message);
    assert_int_equal(webhook_format(&event, &target, config, &message, &err), ERR_NOT_FOUND);
}

static void test_template__escapes_by_content_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < HOSTILE_N; i++) {
        make(WEBHOOK_EVENT_ALERT_SENT, false, HOSTILE[i], HOSTILE[i]);
        json_t *json = format_json(WEBHOOK_FORMAT_TEMPLATE);
        assert_string_equal(text_at(json, "t"), HOSTILE[i]);
        assert_string_equal(text_at(json, "x"), HOSTILE[i]);
        json_decref(json);
    }
}

static void test_formats__words_read_back(void **state)
{
    static const char *const words[] = {"standard", "cloudevents", "slack",  "mattermost", "teams",
                                        "matrix",   "ntfy",        "46elks", "cap",        "template"};
    enum webhook_format form;
    (void)state;
    for (size_t i = 0; i < 10; i++) {
        assert_true(webhook_format_parse(words[i], &form));
        assert_string_equal(webhook_format_word(form), words[i]);
    }
    assert_false(webhook_format_parse("Slack", &form));
}

static void test_webhook_url_shown__hides_what_may_be_secret(void **state)
{
    static const struct {
        enum webhook_format format;
        const char *url, *shown;
    } rows[] = {
        {WEBHOOK_FORMAT_STANDARD, "https://e.example/hook", "https://e.example/hook"},
        {WEBHOOK_FORMAT_STANDARD, "https://e.example/hook?key=1", "https://e.example/hook?…"},
        {WEBHOOK_FORMAT_STANDARD, "https://e.example?key=1", "https://e.example?…"},
        {WEBHOOK_FORMAT_SLACK, "https://hooks.slack.example/services/T/B/x", "https://hooks.slack.example/…"},
        {WEBHOOK_FORMAT_TEAMS, "https://x.logic.example?sig=1", "https://x.logic.example/…"},
        {WEBHOOK_FORMAT_MATTERMOST, "https://m.example/", "https://m.example/"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *shown = webhook_url_shown(rows[i].format, rows[i].url);
        assert_string_equal(shown, rows[i].shown);
        free(shown);
    }
}

#define ROW(name) TEST_FIXTURE(name, setup, teardown)
static const struct CMUnitTest tests[] = {
    ROW(test_standard__holds_every_text_as_it_is),
    ROW(test_standard__area_and_thread),
    ROW(test_cloudevents__attributes),
    ROW(test_slack__escapes_and_says_exercise),
    ROW(test_formats__long_texts_are_cut_between_characters),
    ROW(test_mattermost__mentions_nobody_and_marks_nothing),
    ROW(test_teams__a_card_without_markdown),
    ROW(test_matrix__same_transaction_for_a_retry),
    ROW(test_ntfy__priority_and_topic),
    ROW(test_ntfy__a_body_at_the_servers_limit),
    ROW(test_sms__a_form_that_reads_back),
    ROW(test_sms__is_cut_to_its_parts),
    ROW(test_cap__a_test_is_one),
    ROW(test_template__escapes_by_content_type),
    ROW(test_formats__words_read_back),
    ROW(test_webhook_url_shown__hides_what_may_be_secret),
};

TEST_MAIN(tests)
