/* iCalendar, word for word: escaping, folding between characters, times. */
#include "core/icalendar.h"

#include "base/buf.h"
#include "lib/test.h"

static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out, 100000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&out);
    return 0;
}

static void test_icalendar_event__word_for_word(void **state)
{
    (void)state;
    static const struct icalendar_event event = {.uid = "ser_1-2026-03@example.se",
                                                 .summary = "Månadsbrev; mars, 2026",
                                                 .description = "Rad 1\r\nRad 2 \\ slut\x01",
                                                 .location = "",
                                                 .url = "https://example.se/a?b=1,2",
                                                 .stamp_us = 1,
                                                 .start_us = INT64_C(1774010096000000),
                                                 .end_us = INT64_C(1774013696000000),
                                                 .is_transparent = true};
    icalendar_begin(&out, "Grannsamverkan");
    icalendar_event(&out, &event);
    icalendar_end(&out);
    assert_string_equal(buf_str(&out), "BEGIN:VCALENDAR\r\n"
                                       "VERSION:2.0\r\n"
                                       "PRODID:-//Grannbud//Grannbud " GRANNBUD_VERSION "//SV\r\n"
                                       "CALSCALE:GREGORIAN\r\n"
                                       "NAME:Grannsamverkan\r\n"
                                       "X-WR-CALNAME:Grannsamverkan\r\n"
                                       "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n"
                                       "BEGIN:VEVENT\r\n"
                                       "UID:ser_1-2026-03@example.se\r\n"
                                       "DTSTAMP:19700101T000000Z\r\n"
                                       "DTSTART:20260320T123456Z\r\n"
                                       "DTEND:20260320T133456Z\r\n"
                                       "SUMMARY:Månadsbrev\\; mars\\, 2026\r\n"
                                       "DESCRIPTION:Rad 1\\nRad 2 \\\\ slut\r\n"
                                       "URL:https://example.se/a?b=1,2\r\n"
                                       "TRANSP:TRANSPARENT\r\n"
                                       "END:VEVENT\r\n"
                                       "END:VCALENDAR\r\n");
}

static void test_icalendar_event__a_moment_has_no_end(void **state)
{
    (void)state;
    const struct icalendar_event event = {.uid = "1", .start_us = 5000000, .end_us = 5000000};
    icalendar_event(&out, &event);
    assert_null(strstr(buf_str(&out), "DTEND"));
}

/* Unfolded (3.1) the line is what it was, and no line is above 75 octets or cut inside a character. */
static void test_icalendar_event__folds_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 5; shift++) {
        struct buf text, whole;
        struct icalendar_event event = {.uid = "1"};
        buf_init(&text, 4000);
        buf_init(&whole, 100000);
        for (size_t i = 0; i < shift; i++)
            buf_addc(&text, 'x');
        for (int i = 0; i < 60; i++)
            buf_adds(&text, "å,🚤");
        event.summary = buf_str(&text);
        buf_reset(&out);
        icalendar_event(&out, &event);
        for (const char *line = buf_str(&out); *line;) {
            size_t n = strcspn(line, "\r");
            assert_true(n <= 75);
            assert_int_equal(strncmp(line + n, "\r\n", 2), 0);
            assert_int_not_equal((unsigned char)line[*line == ' ' ? 1 : 0] & 0xc0, 0x80);
            bool goes_on = line[n + 2] == ' ';
            buf_add(&whole, line + (*line == ' '), n - (*line == ' '));
            buf_adds(&whole, goes_on ? "" : "\n");
            line += n + 2;
        }
        struct buf want;
        buf_init(&want, 4000);
        buf_adds(&want, "\nSUMMARY:");
        for (const char *p = buf_str(&text); *p; p++) {
            buf_adds(&want, *p == ',' ? "\\" : "");
            buf_addc(&want, *p);
        }
        buf_addc(&want, '\n');
        assert_non_null(strstr(buf_str(&whole), buf_str(&want)));
        buf_fini(&want);
        buf_fini(&whole);
        buf_fini(&text);
    }
}

static void test_icalendar_event__nothing_breaks_out_of_a_line(void **state)
{
    (void)state;
    const struct icalendar_event event = {
        .uid = "1", .summary = "a\nEND:VEVENT\n\xff\xc3", .url = "https://x\r\nEND:VCALENDAR"};
    icalendar_event(&out, &event);
    assert_non_null(strstr(buf_str(&out), "SUMMARY:a\\nEND:VEVENT\\n\xef\xbf\xbd\xef\xbf\xbd\r\n"));
    assert_non_null(strstr(buf_str(&out), "URL:https://x\r\nTRANSP"));
    assert_null(strstr(buf_str(&out), "VCALENDAR"));
}

static const struct CMUnitTest TESTS[] = {
    TEST_FIXTURE(test_icalendar_event__word_for_word, setup, teardown),
    TEST_FIXTURE(test_icalendar_event__a_moment_has_no_end, setup, teardown),
    TEST_FIXTURE(test_icalendar_event__folds_between_characters, setup, teardown),
    TEST_FIXTURE(test_icalendar_event__nothing_breaks_out_of_a_line, setup, teardown),
};

TEST_MAIN(TESTS)
