/* Alerts in files: every key, the parts of the text, and what is refused with its line. */
#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/alert_file.h"

static void check(const char *text, const char *expected)
{
    struct err err = {.text = ""};
    json_t *body = json_object();
    if (alert_file_parse(text, strlen(text), "f.md", body, &err))
        fail_msg("%s", err.text);
    char *got = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(6));
    assert_string_equal(got, expected);
    free(got);
    json_decref(body);
}

static void refuse_bytes(const char *text, size_t n, const char *words)
{
    struct err err = {.text = ""};
    json_t *body = json_object();
    assert_int_equal(alert_file_parse(text, n, "f.md", body, &err), ERR_INVALID);
    if (!strstr(err.text, words))
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
    json_decref(body);
}
static void refuse(const char *text, const char *words)
{
    refuse_bytes(text, strlen(text), words);
}

static void test_alert_file_parse__reads_all_that_a_head_may_hold(void **state)
{
    (void)state;
    check(
        "---\nkind: boat_theft\ntitle: \"Båtar: stulna\"\nareas: [\"angelholm\", 'klippan']\nmunicipalities: 1292, "
        "1257\n"
        "groups: Norra hamnen, Södra hamnen\ngroup_kinds: boat\nexpires: 2h\nexercise: ja\nlife_danger: no\n"
        "severity: severe\nurgency: future\ncertainty: likely\nclassification: ombud_only\ntitle_en: Boats\nsms: Kort\n"
        "# en rad till oss själva\n\ncircle: 56.24, 12.86, 5\n---\nText\n",
        "{\"kind\":\"boat_theft\",\"title\":\"Båtar: stulna\",\"target\":{\"areas\":[\"angelholm\",\"klippan\"],"
        "\"municipalities\":[\"1292\",\"1257\"],\"groups\":[\"Norra hamnen\",\"Södra "
        "hamnen\"],\"group_kinds\":[\"boat\"],"
        "\"circle\":{\"lat\":56.24,\"lon\":12.86,\"radius_km\":5.0}},\"expires_in\":\"2h\",\"exercise\":true,"
        "\"life_danger\":false,\"severity\":\"severe\",\"urgency\":\"future\",\"certainty\":\"likely\","
        "\"classification\":\"ombud_only\",\"title_en\":\"Boats\",\"sms\":\"Kort\",\"text\":\"Text\"}");
}

static void test_alert_file_parse__splits_the_text_at_its_headings(void **state)
{
    (void)state;
    check("Först.\n\nMera.\n\n## Gör så här\n\n* Ring 112.\n\n## In English\nFirst.\n## Annat\nTill texten.\n",
          "{\"text\":\"Först.\\n\\nMera.\",\"instruction\":\"* Ring 112.\",\"text_en\":\"First.\\n## Annat\\nTill "
          "texten.\"}");
    check("## Gör så här\nRing.", "{\"instruction\":\"Ring.\"}");
    check("", "{}");
}

static void test_alert_file_parse__takes_files_as_windows_writes_them(void **state)
{
    (void)state;
    check("\xef\xbb\xbf---\r\ntitle: Två\r\n---\r\nEn\r\ntill\r\n", "{\"title\":\"Två\",\"text\":\"En\\ntill\"}");
}

static void test_alert_file_parse__tells_the_line_of_what_is_wrong(void **state)
{
    (void)state;
    refuse("---\ntitle: A\ntitel: B\n---\n", "f.md, line 3: there is no key 'titel': did you mean 'title'?");
    refuse("---\nqqqqqqq: B\n---\n", "line 2: there is no key 'qqqqqqq'");
    refuse("---\ntitle\n---\n", "line 2: no colon");
    refuse("---\ntitle:  \n---\n", "line 2: title has no value");
    refuse("---\ntitle: A\ntitle: B\n---\n", "line 3: title stands there already");
    refuse("---\nlpo: A\narea: B\n---\n", "line 3: area stands there already");
    refuse("---\nexpires: 2h\nexpires: 2026-04-01T09:00\n---\n", "line 3: expires stands there already");
    refuse("---\nexercise: perhaps\n---\n", "line 2: exercise: perhaps: write yes or no");
    refuse("---\nareas: [\"a\"\n---\n", "line 2: areas is no list");
    refuse("---\nareas: , ,\n---\n", "line 2: areas is no list");
    refuse("---\ncircle: 56.2,12\n---\n", "line 2: circle 56.2,12: write");
    refuse("---\npolygon: 56.2,12.8 56.3,12.8\n---\n", "line 2: polygon");
    refuse("---\ntitle: A\n", "the head is never closed");
    refuse("\xff\xfe", "is not UTF-8");
    refuse_bytes("a\0b", 3, "is not UTF-8");
    char *large = malloc(ALERT_FILE_MAX_BYTES + 1);
    memset(large, 'a', ALERT_FILE_MAX_BYTES + 1);
    refuse_bytes(large, ALERT_FILE_MAX_BYTES + 1, "is longer than");
    free(large);
}

static void test_alert_polygon__takes_points_however_they_are_written(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"56.2,12.8 56.3,12.8 56.3,12.9", "[[56.2, 12.8], [56.3, 12.8], [56.3, 12.9]]",
                                       "56.2 12.8; 56.3 12.8; 56.3 12.9"};
    struct err err = {.text = ""};
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        json_t *points = alert_polygon(GOOD[i], &err);
        if (!points)
            fail_msg("%s", err.text);
        assert_int_equal(json_array_size(points), 3);
        assert_true(json_number_value(json_array_get(json_array_get(points, 2), 1)) == 12.9);
        json_decref(points);
    }
    assert_null(alert_polygon("56.2,12.8 56.3,12.8 here", &err));
    assert_null(alert_polygon("nan,1 2,3 4,5", &err));
    assert_null(alert_circle("56.2,12.8,5 and more", &err));
}

static void test_alert_put_expiry__tells_spans_from_times(void **state)
{
    (void)state;
    static const struct {
        const char *text, *member;
    } rows[] = {{"2h", "expires_in"},
                {"90m", "expires_in"},
                {"1d", "expires_in"},
                {"45s", "expires_in"},
                {"2026-04-01T09:00", "expires"},
                {"2 hours", "expires"},
                {"h", "expires"},
                {"12", "expires"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *body = json_object();
        alert_put_expiry(body, rows[i].text);
        assert_string_equal(json_string_value(json_object_get(body, rows[i].member)), rows[i].text);
        json_decref(body);
    }
}

static const struct CMUnitTest TESTS[] = {TEST(test_alert_file_parse__reads_all_that_a_head_may_hold),
                                          TEST(test_alert_file_parse__splits_the_text_at_its_headings),
                                          TEST(test_alert_file_parse__takes_files_as_windows_writes_them),
                                          TEST(test_alert_file_parse__tells_the_line_of_what_is_wrong),
                                          TEST(test_alert_polygon__takes_points_however_they_are_written),
                                          TEST(test_alert_put_expiry__tells_spans_from_times)};
TEST_MAIN(TESTS)
