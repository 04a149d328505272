/* deliver/smtp_reply.h: what an SMTP server may answer, and what it may not. */
#include "deliver/smtp_reply.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "lib/test.h"

static enum smtp_reply_result feed_all(struct smtp_reply_parser *p, const char *data, size_t n, size_t chunk)
{
    enum smtp_reply_result result = SMTP_REPLY_MORE;
    smtp_reply_init(p);
    for (size_t at = 0; at < n && result == SMTP_REPLY_MORE;) {
        size_t used = 0;
        size_t len = n - at < chunk ? n - at : chunk;
        result = smtp_reply_feed(p, data + at, len, &used);
        assert_true(used <= len);
        at += used;
    }
    return result;
}

static void test_smtp_reply_feed__reads_good_replies_in_any_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int code;
        const char *status;
        const char *text;
    } rows[] = {
        {"250 2.1.5 Ok\r\n", 250, "2.1.5", "Ok"},
        {"250\r\n", 250, "", ""},
        {"250 \r\n", 250, "", ""},
        {"354 go ahead\n", 354, "", "go ahead"},
        {"550-5.1.1 <x>: Recipient refused:\r\n550 5.1.1 User unknown\r\n", 550, "5.1.1",
         "<x>: Recipient refused: / User unknown"},
        {"550-no status here\r\n550 5.7.26 but here\r\n", 550, "5.7.26", "no status here / but here"},
        {"550 4.1.1 of another class\r\n", 550, "", "4.1.1 of another class"},
        {"550 5.1.1\r\n", 550, "5.1.1", ""},
        {"550 5.1.1234 too long\r\n", 550, "", "5.1.1234 too long"},
        {"550 5.1 short\r\n", 550, "", "5.1 short"},
        {"421-\r\n421 \r\n", 421, "", ""},
        {"550 m\xc3\xa5ste inte\r\n", 550, "", "m\xc3\xa5ste inte"},
        {"550 latin \xe5 one\r\n", 550, "", "latin ? one"},
        {"550 esc\x1b[31m tab\there \x7f\r\n", 550, "", "esc [31m tab here  "},
        {"550 bidi \xe2\x80\xae here\r\n", 550, "", "bidi   here"},
    };
    struct smtp_reply_parser *p = xmalloc(sizeof *p);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t chunk = 1; chunk < 60; chunk += 7) {
            assert_int_equal(feed_all(p, rows[i].in, strlen(rows[i].in), chunk), SMTP_REPLY_DONE);
            assert_int_equal(p->reply.code, rows[i].code);
            assert_string_equal(p->reply.status, rows[i].status);
            assert_string_equal(p->reply.text, rows[i].text);
        }
    }
    free(p);
}

static void test_smtp_reply_feed__stops_at_the_end_of_one_reply(void **state)
{
    (void)state;
    struct smtp_reply_parser *p = xmalloc(sizeof *p);
    const char *in = "250-a\r\n250 b\r\n354 c\r\n42";
    const char *end = in + strlen(in);
    size_t used = 0;
    smtp_reply_init(p);
    assert_int_equal(smtp_reply_feed(p, in, (size_t)(end - in), &used), SMTP_REPLY_DONE);
    assert_int_equal(used, 14);
    assert_string_equal(p->reply.text, "a / b");
    in += used;
    assert_int_equal(smtp_reply_feed(p, in, (size_t)(end - in), &used), SMTP_REPLY_DONE);
    assert_int_equal(p->reply.code, 354);
    assert_string_equal(p->reply.text, "c");
    in += used;
    assert_int_equal(smtp_reply_feed(p, in, (size_t)(end - in), &used), SMTP_REPLY_MORE);
    assert_int_equal(smtp_reply_feed(p, "1 x\n", 4, &used), SMTP_REPLY_DONE);
    assert_int_equal(p->reply.code, 421);
    free(p);
}

static void test_smtp_reply_feed__refuses_what_is_not_smtp(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
    } rows[] = {
        {"\r\n", 2},         {"hello\r\n", 7},  {"25\r\n", 4},    {"2500 x\r\n", 8},          {"250x\r\n", 6},
        {"150 x\r\n", 7},    {"650 x\r\n", 7},  {"099 x\r\n", 7}, {"250-a\r\n550 b\r\n", 14}, {"25\0 ok\r\n", 8},
        {"250 a\0b\r\n", 9}, {" 250 x\r\n", 8},
    };
    struct smtp_reply_parser *p = xmalloc(sizeof *p);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t chunk = 1; chunk < 20; chunk += 6) {
            assert_int_equal(feed_all(p, rows[i].in, rows[i].n, chunk), SMTP_REPLY_BAD);
            assert_non_null(p->problem);
        }
    }
    free(p);
}

static void test_smtp_reply_feed__bounds_lines_and_their_number(void **state)
{
    (void)state;
    struct smtp_reply_parser *p = xmalloc(sizeof *p);
    char line[SMTP_REPLY_LINE_BYTES + 10];
    memset(line, 'x', sizeof line);
    memcpy(line, "250 ", 4);
    size_t used = 0;
    smtp_reply_init(p);
    assert_int_equal(smtp_reply_feed(p, line, SMTP_REPLY_LINE_BYTES, &used), SMTP_REPLY_MORE);
    assert_int_equal(smtp_reply_feed(p, "\n", 1, &used), SMTP_REPLY_DONE);
    assert_int_equal(strlen(p->reply.text), OUTCOME_TEXT_BYTES - 1);
    assert_int_equal(feed_all(p, line, sizeof line, 1000), SMTP_REPLY_BAD);

    smtp_reply_init(p);
    for (int i = 0; i < SMTP_REPLY_LINES; i++)
        assert_int_equal(smtp_reply_feed(p, "250-x\r\n", 7, &used), SMTP_REPLY_MORE);
    assert_int_equal(smtp_reply_feed(p, "250-x\r\n", 7, &used), SMTP_REPLY_BAD);
    free(p);
}

static void test_smtp_reply_clean__cuts_between_characters(void **state)
{
    (void)state;
    for (size_t room = 1; room < 12; room++) {
        char out[12];
        size_t len = 0;
        smtp_reply_clean(out, room, &len, "\xc3\xa5\xe2\x82\xac\xf0\x9f\x90\x95!", 10);
        assert_true(len < room);
        assert_int_equal(strlen(out), len);
        assert_true(text_is_utf8(out, len));
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_smtp_reply_feed__reads_good_replies_in_any_chunks),
    TEST(test_smtp_reply_feed__stops_at_the_end_of_one_reply),
    TEST(test_smtp_reply_feed__refuses_what_is_not_smtp),
    TEST(test_smtp_reply_feed__bounds_lines_and_their_number),
    TEST(test_smtp_reply_clean__cuts_between_characters),
};

TEST_MAIN(tests)
