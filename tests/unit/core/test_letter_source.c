/* core/letter_source.h and core/period_words.h: the border, the head, slots and parts of a letter. */
#include "core/letter_source.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/period_words.h"
#include "lib/test.h"

enum { OUT_MAX = 600 * 1024 };

#define HEAD "---\ntitle: T\n---\n"

static struct letter_source *must_parse(const char *text)
{
    struct letter_source *src = NULL;
    struct letter_problem problem;
    if (letter_source_parse(text, strlen(text), &src, &problem) < 0)
        fail_msg("refused: %s", problem.en);
    return src;
}

static void assert_selected(const struct letter_source *src, const char *code, const char *want)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(letter_source_select(src, code, &out), 0);
    assert_string_equal(buf_str(&out), want);
    buf_fini(&out);
}

static void test_letter_source_parse__reads_the_sample(void **state)
{
    (void)state;
    char text[4096];
    FILE *f = fopen("tests/fixtures/letter-2026-03.md", "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    struct letter_source *src = NULL;
    struct letter_problem problem;
    assert_int_equal(letter_source_parse(text, n, &src, &problem), 0);
    assert_string_equal(letter_source_title(src), "Månadsbrev grannsamverkan, mars 2026");
    assert_int_equal(letter_source_kind(src), LETTER_KIND_MONTHLY);
    assert_int_equal(letter_source_class(src), LETTER_CLASS_OMBUD_AND_HOUSEHOLDS);
    assert_string_equal(letter_source_period(src), "2026-03");
    assert_string_equal(letter_source_area(src), "Ängelholm");
    assert_null(letter_source_series(src));
    assert_int_equal(letter_source_municipality_count(src), 4);
    assert_string_equal(letter_source_municipality(src, 3), "1284");
    letter_source_free(src);
}

static void test_letter_source_parse__head_forms(void **state)
{
    (void)state;
    struct letter_source *src =
        must_parse("\xef\xbb\xbf---\r\n# en kommentar\r\n\r\ntitle : \"Brev: nr 3\"\r\n"
                   "series:\tmanadsbrev \r\nmunicipalities: 1292, 1257\r\narea: 'Ängelholm'\r\n"
                   "kind: weekly\r\nperiod: 2026-W53\r\nclassification: public\r\n---  \r\n\r\nHej\r\n");
    assert_string_equal(letter_source_title(src), "Brev: nr 3");
    assert_string_equal(letter_source_series(src), "manadsbrev");
    assert_string_equal(letter_source_municipality(src, 1), "1257");
    assert_string_equal(letter_source_area(src), "Ängelholm");
    assert_int_equal(letter_source_kind(src), LETTER_KIND_WEEKLY);
    assert_int_equal(letter_source_class(src), LETTER_CLASS_PUBLIC);
    assert_selected(src, NULL, "\nHej\n");
    letter_source_free(src);
}

static void test_letter_source_parse__defaults_are_the_narrowest(void **state)
{
    (void)state;
    struct letter_source *src = must_parse("---\ntitle: Hej\n---");
    assert_int_equal(letter_source_kind(src), LETTER_KIND_INFO);
    assert_int_equal(letter_source_class(src), LETTER_CLASS_OMBUD_ONLY);
    assert_null(letter_source_period(src));
    assert_null(letter_source_area(src));
    assert_int_equal(letter_source_municipality_count(src), 0);
    assert_selected(src, NULL, "");
    letter_source_free(src);
}

static void test_letter_source_parse__refusals_tell_place_and_cure(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line, column;
        const char *says; /* in English */
    } rows[] = {
        {"", 1, 1, "must begin with a head"},
        {"Hej\n", 1, 1, "must begin with a head"},
        {"----\ntitle: T\n---\n", 1, 1, "must begin with a head"},
        {"---\ntitle: T\n", 1, 1, "never closed"},
        {"---\nkind: info\n---\n", 1, 1, "no title"},
        {"---\ntitle:\n---\n", 2, 1, "has no value"},
        {"---\ntitle: \"\"\n---\n", 2, 1, "has no value"},
        {"---\ntitle: \"Hej\n---\n", 2, 8, "not closed"},
        {"---\ntitle: T\ntitle: U\n---\n", 3, 1, "stands on line 2 already"},
        {"---\ntitle: T\narea: A\nlpo: B\n---\n", 4, 1, "stands on line 3 already"},
        {"---\ntitel: T\n---\n", 2, 1, "did you mean title? There are title, kind, period"},
        {"---\nxyzzy: T\n---\n", 2, 1, "in the head; there are title"},
        {"---\nbara text\n---\n", 2, 1, "no colon"},
        {"---\ntitle: T\nkind: montly\n---\n", 3, 7, "choose one of: monthly weekly info"},
        {"---\ntitle: T\nclassification: hemlig\n---\n", 3, 17, "public ombud_and_households ombud_only"},
        {"---\ntitle: T\nperiod: mars\n---\n", 3, 9, "is no period"},
        {"---\ntitle: T\nperiod: 2026-13\n---\n", 3, 9, "is no period"},
        {"---\ntitle: T\nmunicipalities: [\"1292\", \"12x7\"]\n---\n", 3, 27, "\"12x7\" is no municipality code"},
        {"---\ntitle: T\nmunicipalities: [\"1292\"\n---\n", 3, 17, "only one of its brackets"},
        {"---\ntitle: T\nmunicipalities: []\n---\n", 3, 17, "empty"},
        {"---\ntitle: T\nmunicipalities: 1292 1292\n---\n", 3, 22, "stands twice"},
        {"---\ntitle: Hej {{grop}}\n---\n", 2, 12, "did you mean {{group}}?"},
        {"---\ntitle: {{#municipality 1257}}x\n---\n", 2, 8, "cannot stand in the title"},
        {HEAD "Hej\nåäö {{Group}}!\n", 5, 5, "did you mean {{group}}?"},
        {HEAD "{{xyz}}", 4, 1, "there are {{group}} {{name}}"},
        {HEAD "{{}}", 4, 1, "unknown slot {{}}"},
        {HEAD "x {{group\n}}", 4, 3, "without }} on the same line"},
        {HEAD "a {{#municipality 1257}}\nb {{#municipality 1292}}", 5, 3, "close the one from line 4"},
        {HEAD "a {{#municipality 1257}}\nb", 4, 3, "never closed"},
        {HEAD "a {{/municipality}}\nb", 4, 3, "never began"},
        {HEAD "{{#municipality}}", 4, 1, "names no municipality"},
        {HEAD "{{#municipality Ängelholm}}", 4, 17, "four digits"},
        {HEAD "{{#municipalities 1257}}", 4, 1, "did you mean {{#municipality}}?"},
        {"---\ntitle: T\nmunicipalities: 1292\n---\n{{#municipality 1292 1257}}", 5, 22, "not in the head's"},
        {HEAD "åä\xff", 4, 3, "not valid UTF-8 (byte 0xFF)"},
        {HEAD "x\xc0\x80", 4, 2, "not valid UTF-8"},
        {HEAD "x\x01y", 4, 2, "U+0001"},
        {HEAD "x\ry", 4, 2, "U+000D"},
        {HEAD "x\xe2\x80\xaey", 4, 2, "U+202E"},
        {HEAD "ett &#1; tecken", 4, 5, "control character (U+0001)"},
        {HEAD "ett &#x0000A; tecken", 4, 5, "control character (U+000A)"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct letter_source *src = NULL;
        struct letter_problem p = {0};
        int rc = letter_source_parse(rows[i].text, strlen(rows[i].text), &src, &p);
        if (rc != ERR_INVALID || src || p.line != rows[i].line || p.column != rows[i].column ||
            !strstr(p.en, rows[i].says))
            fail_msg("row %zu: rc %d, %zu:%zu %s", i, rc, p.line, p.column, p.en);
        assert_memory_equal(p.sv, "rad ", 4);
        assert_memory_equal(p.en, "line ", 5);
    }
}

static void test_letter_source_parse__nul_and_size_are_refused(void **state)
{
    (void)state;
    static const char nul[] = HEAD "a\0b";
    struct letter_source *src = NULL;
    struct letter_problem p;
    assert_int_equal(letter_source_parse(nul, sizeof nul - 1, &src, &p), ERR_INVALID);
    assert_non_null(strstr(p.en, "U+0000"));
    char *big = xmalloc(LETTER_SOURCE_MAX_BYTES + 1);
    memset(big, 'x', LETTER_SOURCE_MAX_BYTES + 1);
    memcpy(big, HEAD, strlen(HEAD));
    assert_int_equal(letter_source_parse(big, LETTER_SOURCE_MAX_BYTES + 1, &src, &p), ERR_TOO_LARGE);
    assert_non_null(strstr(p.sv, "för stort"));
    assert_null(src);
    assert_int_equal(letter_source_parse(big, LETTER_SOURCE_MAX_BYTES, &src, &p), 0);
    letter_source_free(src);
    free(big);
}

static void test_letter_source_parse__title_length_counts_characters(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1000);
    buf_adds(&text, "---\ntitle: ");
    for (int i = 0; i < LETTER_TITLE_MAX_CHARS; i++)
        buf_adds(&text, "ö");
    size_t title_end = text.len;
    buf_adds(&text, "\n---\n");
    letter_source_free(must_parse(buf_str(&text)));
    buf_truncate(&text, title_end);
    buf_adds(&text, "x\n---\n");
    struct letter_source *src = NULL;
    struct letter_problem p;
    assert_int_equal(letter_source_parse(text.data, text.len, &src, &p), ERR_INVALID);
    buf_fini(&text);
    assert_non_null(strstr(p.en, "longer than 200"));
}

static void test_letter_source_parse__text_becomes_nfc(void **state)
{
    (void)state;
    struct letter_source *src = must_parse("---\ntitle: A\xcc\x8ambud\n---\no\xcc\x88l");
    assert_string_equal(letter_source_title(src), "Åmbud");
    assert_selected(src, NULL, "öl");
    letter_source_free(src);
}

static void test_letter_source_select__slots_become_their_byte(void **state)
{
    (void)state;
    struct letter_source *src = must_parse("---\ntitle: {{period}}: {{ group }} \\{{x}}\n---\n"
                                           "{{group}}{{ name }} i {{municipality}},\t{{area}} {{period}}\n");
    assert_string_equal(letter_source_title(src), "\x05: \x01 {{x}}");
    assert_selected(src, NULL, "\x01\x02 i \x03,\t\x04 \x05\n");
    assert_true(letter_source_uses(src, SLOT_AREA));
    letter_source_free(src);
    src = must_parse("---\ntitle: {{group}}\n---\n\\{{name}}");
    assert_true(letter_source_uses(src, SLOT_GROUP));
    assert_false(letter_source_uses(src, SLOT_NAME));
    letter_source_free(src);
}

static void test_letter_source_select__escaped_braces_are_text(void **state)
{
    (void)state;
    static const struct {
        const char *body, *want;
    } rows[] = {
        {"\\{{group}}", "{{group}}"},
        {"a \\{{ b", "a {{ b"},
        {"\\\\{{group}}", "\\\\\x01"},
        {"\\\\\\{{name}}", "\\\\{{name}}"},
        {"}} {x} {", "}} {x} {"},
        {"\\{{\\{{{{name}}", "{{{{\x02"},
        {"\\{{#municipality x", "{{#municipality x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[200];
        snprintf(text, sizeof text, HEAD "%s", rows[i].body);
        struct letter_source *src = must_parse(text);
        assert_selected(src, NULL, rows[i].want);
        letter_source_free(src);
    }
}

static void test_letter_source_select__a_municipality_sees_only_its_parts(void **state)
{
    (void)state;
    struct letter_source *src = must_parse("---\ntitle: T\nmunicipalities: 1257 1292 1278\n---\n"
                                           "| K | N |\n|---|--:|\n"
                                           "{{#municipality 1257}}\n| Ö | 4 |\n{{/municipality}}\n"
                                           "  {{#municipality 1292,1278}}  \n| Ä | {{group}} |\n{{ / municipality }}\n"
                                           "| S | 9 |\n"
                                           "Hej {{#municipality 1278}}Båstad{{/municipality}}!");
    assert_selected(src, "1257", "| K | N |\n|---|--:|\n| Ö | 4 |\n| S | 9 |\nHej !");
    assert_selected(src, "1278", "| K | N |\n|---|--:|\n| Ä | \x01 |\n| S | 9 |\nHej Båstad!");
    assert_selected(src, "1284", "| K | N |\n|---|--:|\n| S | 9 |\nHej !");
    assert_selected(src, NULL, "| K | N |\n|---|--:|\n| S | 9 |\nHej !");
    assert_selected(src, " ", "| K | N |\n|---|--:|\n| S | 9 |\nHej !");
    letter_source_free(src);
}

static void test_letter_source_select__stops_at_the_maximum(void **state)
{
    (void)state;
    struct letter_source *src = must_parse(HEAD "abc{{group}}defghi");
    struct buf out;
    buf_init(&out, 5);
    assert_int_equal(letter_source_select(src, NULL, &out), ERR_TOO_LARGE);
    assert_int_equal(letter_source_select_all(src, &out), ERR_TOO_LARGE);
    buf_fini(&out);
    letter_source_free(src);
}

static void test_letter_source_locate__leads_back_to_the_file(void **state)
{
    (void)state;
    struct letter_source *src = must_parse(HEAD "åä {{group}} x\n{{#municipality 1257}}\nY\n{{/municipality}}\nZ");
    struct buf out;
    size_t line, column;
    buf_init(&out, OUT_MAX);
    assert_int_equal(letter_source_select_all(src, &out), 0);
    assert_string_equal(buf_str(&out), "åä \x01 x\nY\nZ");
    static const struct {
        char what;
        size_t line, column;
    } rows[] = {{1, 4, 4}, {'x', 4, 14}, {'Y', 6, 1}, {'Z', 8, 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *at = strchr(out.data, rows[i].what);
        letter_source_locate(src, (size_t)(at - out.data), &line, &column);
        assert_int_equal(line, rows[i].line);
        assert_int_equal(column, rows[i].column);
    }
    letter_source_locate(src, out.len + 100, &line, &column); /* beyond: the end */
    assert_int_equal(line, 8);
    letter_source_locate_title(src, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 8);
    buf_fini(&out);
    letter_source_free(src);
}

static void test_letter_source_parse__many_parts_stay_fast(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, LETTER_SOURCE_MAX_BYTES);
    buf_adds(&text, HEAD);
    while (text.len < LETTER_SOURCE_MAX_BYTES - 60)
        buf_adds(&text, "{{#municipality 1257}}{{name}}{{/municipality}}");
    struct letter_source *src = must_parse(buf_str(&text));
    letter_source_free(src);
    buf_fini(&text);
}

static void test_period_words_sv__table(void **state)
{
    (void)state;
    static const struct {
        const char *period, *want; /* NULL: refused */
    } rows[] = {
        {"2026-03", "mars 2026"},
        {"2026-12", "december 2026"},
        {"2026-W10", "vecka 10 2026"},
        {"2026-W01", "vecka 1 2026"},
        {"2026-W53", "vecka 53 2026"},
        {"2025-W53", NULL},
        {"2020-W53", "vecka 53 2020"},
        {"2026-W00", NULL},
        {"2026-03-10", "10 mars 2026"},
        {"2026-02-29", NULL},
        {"2028-02-29", "29 februari 2028"},
        {"2100-02-29", NULL},
        {"2026", "2026"},
        {"2026-00", NULL},
        {"2026-13", NULL},
        {"2026-3", NULL},
        {"0026-03", NULL},
        {"", NULL},
        {"2026-03-1O", NULL},
        {"2026-w10", NULL},
        {"2026-03-10 ", NULL},
        {"2026-04-31", NULL},
        {"2026-01-00", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[PERIOD_WORDS_BYTES] = "untouched";
        int rc = period_words_sv(rows[i].period, out);
        if (rc != (rows[i].want ? 0 : ERR_INVALID))
            fail_msg("%s: %d", rows[i].period, rc);
        assert_string_equal(out, rows[i].want ? rows[i].want : "untouched");
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_letter_source_parse__reads_the_sample),
    TEST(test_letter_source_parse__head_forms),
    TEST(test_letter_source_parse__defaults_are_the_narrowest),
    TEST(test_letter_source_parse__refusals_tell_place_and_cure),
    TEST(test_letter_source_parse__nul_and_size_are_refused),
    TEST(test_letter_source_parse__title_length_counts_characters),
    TEST(test_letter_source_parse__text_becomes_nfc),
    TEST(test_letter_source_select__slots_become_their_byte),
    TEST(test_letter_source_select__escaped_braces_are_text),
    TEST(test_letter_source_select__a_municipality_sees_only_its_parts),
    TEST(test_letter_source_select__stops_at_the_maximum),
    TEST(test_letter_source_locate__leads_back_to_the_file),
    TEST(test_letter_source_parse__many_parts_stay_fast),
    TEST(test_period_words_sv__table),
};

TEST_MAIN(tests)
