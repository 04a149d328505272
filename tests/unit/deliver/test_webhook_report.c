/* deliver/webhook_report.h: what receivers say, made harmless. */
#include "deliver/webhook_report.h"

#include "base/mem.h"
#include "base/text.h"
#include "lib/test.h"

static void test_webhook_report_text__is_clean_whatever_comes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        bool keeps_lines;
        size_t room;
        const char *out;
    } rows[] = {
        {"ok", 2, false, 10, "ok"},
        {"a\0b", 3, false, 10, "a b"},
        {"a\r\nb\tc\x1b[31m\x7f", 11, false, 20, "a  b c [31m"},
        {"a\r\nb", 4, true, 20, "a \nb"},
        {"Hej, \xc3\xa5!", 8, false, 20, "Hej, \xc3\xa5!"},
        {"Hej, \xc3\xa5!", 8, false, 7, "Hej, "},
        {"Hej, \xc3\xa5!", 8, false, 8, "Hej, \xc3\xa5"},
        {"\xf0\x9f\x98\x80x", 5, false, 4, ""},
        {"\xf0\x9f\x98\x80x", 5, false, 5, "\xf0\x9f\x98\x80"},
        {"\xff\xfe, h\xe5", 6, false, 20, "??, h"},
        {"\x80\x80\x80\x80\x80\x80", 6, false, 20, "??????"},
        {"a\xc2\x85z", 4, false, 20, "a  z"},
        {"abcdef", 6, false, 4, "abc"},
        {"", 0, false, 1, ""},
    };
    char out[32];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        webhook_report_text(rows[i].in, rows[i].n, rows[i].keeps_lines, out, rows[i].room);
        if (strcmp(out, rows[i].out) != 0)
            fail_msg("row %zu: '%s'", i, out);
        assert_true(text_is_utf8(out, strlen(out)));
    }
}

static struct http_answer answer(int status)
{
    return (struct http_answer){.fault = HTTP_FAULT_NONE,
                                .status = status,
                                .retry_after_s = -1,
                                .error = "",
                                .etag = "",
                                .last_modified = "",
                                .content_type = "",
                                .body = "",
                                .peer = ""};
}

static void test_webhook_report_line__says_it_in_one_line(void **state)
{
    (void)state;
    char out[80];
    struct http_answer a = answer(200);
    assert_string_equal(webhook_report_line(&a, out, sizeof out), "200 OK");
    a = answer(299);
    assert_string_equal(webhook_report_line(&a, out, sizeof out), "299");
    a = answer(302);
    assert_string_equal(webhook_report_line(&a, out, sizeof out), "302 Found, redirects are not followed");
    a = answer(503);
    a.retry_after_s = 120;
    assert_string_equal(webhook_report_line(&a, out, sizeof out), "503 Service Unavailable, asks for 120 s");
    a = answer(200);
    a.error = "the answer's body is not whole: too long";
    assert_string_equal(webhook_report_line(&a, out, sizeof out), "200 OK; the answer's body is not whole: too long");
    a = answer(0);
    a.fault = HTTP_FAULT_CONNECT;
    a.error = "no connection: \r\nforged";
    assert_string_equal(webhook_report_line(&a, out, sizeof out), "no connection:   forged");
    assert_string_equal(webhook_report_line(&a, out, 6), "");
}

static void test_webhook_report_transcript__has_both_sides_and_no_password(void **state)
{
    (void)state;
    struct webhook_job job = {.method = "POST",
                              .url = "https://example.org/geheim",
                              .shown_url = "https://example.org/...",
                              .user = "anna",
                              .password = "hemligt",
                              .body = "{\n}",
                              .body_bytes = 3,
                              .headers = {{"webhook-id", "evt_1", false}, {"X-Key", "geheim", true}},
                              .header_count = 2};
    struct http_answer a = answer(200);
    a.body = "tack\n\x1b";
    a.body_bytes = 6;
    a.head = "Content-Type: text/plain\r\nSet-Cookie: id=hemlig\r\nX-Odd: \x1b[31m\0\r\n";
    a.head_bytes = 64;
    a.is_head_cut = true;
    a.peer = "192.0.2.1 port 443";
    a.version_tenth = 11;
    a.duration_ms = 7;
    char *text = webhook_report_transcript(&job, &a);
    assert_string_equal(text, "> POST https://example.org/...\n"
                              "> Authorization: Basic (anna, with its password)\n"
                              "> webhook-id: evt_1\n"
                              "> X-Key: (secret)\n"
                              "> Content-Length: 3\n"
                              ">\n"
                              "> {\n"
                              "> }\n"
                              "\n"
                              "< 200 OK\n"
                              "< (192.0.2.1 port 443, HTTP/1.1, 7 ms)\n"
                              "< Content-Type: text/plain\n"
                              "< Set-Cookie: (secret)\n"
                              "< X-Odd:  [31m \n"
                              "< (more header lines, left out)\n"
                              "<\n"
                              "tack\n \n");
    free(text);
}

static void test_webhook_report_transcript__is_bounded_and_keeps_the_answer(void **state)
{
    (void)state;
    size_t size = 100000;
    char *body = xmalloc(size);
    memset(body, '\n', size);
    struct webhook_job job = {.method = "POST", .shown_url = "https://example.org/", .body = body, .body_bytes = size};
    struct http_answer a = answer(500);
    a.body = body;
    a.body_bytes = WEBHOOK_ANSWER_TEST_BYTES;
    char *text = webhook_report_transcript(&job, &a);
    assert_true(strlen(text) < WEBHOOK_TRANSCRIPT_BYTES);
    assert_non_null(strstr(text, "< 500 Internal Server Error\n"));
    free(text);
    free(body);
}

/* A receiver that repeats what it was sent. */
static void test_webhook_report_transcript__hides_what_is_repeated(void **state)
{
    (void)state;
    struct webhook_job job = {.method = "POST",
                              .url = "https://hooks.example.org/services/T0000001/B0000001/hemligthemligt",
                              .shown_url = "https://hooks.example.org/…",
                              .user = "anna",
                              .password = "tyst",
                              .body = "",
                              .headers = {{"Authorization", "Bearer mycket-hemligt", true}},
                              .header_count = 1};
    struct http_answer a = answer(302);
    char head[] = "Location: https://hooks.example.org/services/T0000001/B0000001/hemligthemligt/\r\n"
                  "X-Echo: Basic YW5uYTp0eXN0, Bearer mycket-hemligt\r\n";
    a.head = head;
    a.head_bytes = sizeof head - 1;
    a.body = "no such page: /services/T0000001/B0000001/hemligthemligt; password tyst tysttyst";
    a.body_bytes = strlen(a.body);
    char *text = webhook_report_transcript(&job, &a);
    static const char *const secrets[] = {"T0000001", "B0000001", "hemligt", "tyst", "YW5uYTp0eXN0"};
    for (size_t i = 0; i < ARRAY_LEN(secrets); i++)
        if (strstr(text, secrets[i]))
            fail_msg("%s in %s", secrets[i], text);
    assert_non_null(strstr(text, "< Location: https://hooks.example.org/***/***/***/***/\n"));
    assert_non_null(strstr(text, "< X-Echo: Basic ***, Bearer ***\n"));
    assert_non_null(strstr(text, "password *** ******\n"));
    free(text);
}

/* Each receiver's worst: a full head, a full body, and a request that fills what is left. */
static void test_webhook_report_transcript__has_room_for_head_and_body(void **state)
{
    (void)state;
    struct webhook_job job = {
        .method = "POST", .url = "https://e.example/", .shown_url = "https://e.example/", .body = ""};
    struct http_answer a = answer(200);
    char *head = xmalloc(WEBHOOK_HEAD_TEST_BYTES);
    char *body = xmalloc(WEBHOOK_ANSWER_TEST_BYTES);
    memset(head, '\n', WEBHOOK_HEAD_TEST_BYTES);
    memset(body, 'b', WEBHOOK_ANSWER_TEST_BYTES);
    a.head = head;
    a.head_bytes = WEBHOOK_HEAD_TEST_BYTES;
    a.body = body;
    a.body_bytes = WEBHOOK_ANSWER_TEST_BYTES;
    char *text = webhook_report_transcript(&job, &a);
    assert_true(strlen(text) < WEBHOOK_TRANSCRIPT_BYTES);
    assert_non_null(strstr(text, "bbbb"));
    free(text);
    free(head);
    free(body);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_webhook_report_text__is_clean_whatever_comes),
    TEST(test_webhook_report_line__says_it_in_one_line),
    TEST(test_webhook_report_transcript__has_both_sides_and_no_password),
    TEST(test_webhook_report_transcript__hides_what_is_repeated),
    TEST(test_webhook_report_transcript__has_room_for_head_and_body),
    TEST(test_webhook_report_transcript__is_bounded_and_keeps_the_answer),
};

TEST_MAIN(TESTS)
