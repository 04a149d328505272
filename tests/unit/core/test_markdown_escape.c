/* Text of others as Markdown: what a reader sees is the text, letter by letter. */
#include "core/markdown_escape.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/markdown.h"
#include "lib/test.h"

/* The plain text that readers get of it. */
static char *shown(const char *text, void (*escape)(struct buf *out, const char *text))
{
    struct buf markdown;
    struct buf out;
    struct markdown *md = NULL;
    buf_init(&markdown, 65536);
    buf_init(&out, 65536);
    escape(&markdown, text);
    assert_int_equal(markdown_parse(buf_str(&markdown), markdown.len, &md), 0);
    assert_int_equal(markdown_text(md, &out), 0);
    markdown_free(md);
    buf_fini(&markdown);
    while (out.len > 0 && out.data[out.len - 1] == '\n')
        buf_truncate(&out, out.len - 1);
    return buf_take(&out);
}

static void test_markdown_escape__shows_the_text_as_it_was(void **state)
{
    static const char *const texts[] = {
        "Det brinner i en lagerbyggnad. Röken är farlig.",
        "Rad ett\nrad två\n\nNytt stycke",
        "# Rubrik\n## Rubrik",
        "1. Gå inomhus.\n2. Stäng dörrar.\n10) Lyssna.",
        "- ett\n- två\n* tre\n+ fyra",
        "> citat\n>> mer",
        "*fet* _kursiv_ **mer** __mer__ `kod` ~~struket~~",
        "[länk](https://example.se) ![bild](x.png) <https://example.se> [a]: b",
        "<b>html</b> &amp; &lt; a < b > c",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "Rubrik\n=====\nRubrik\n-----",
        "---\n***\n___",
        "```\nkod\n```\n~~~\nkod\n~~~",
        "slut med snedstreck\\\noch en till\\",
        "{{group}} {{#municipality 1292}}",
        "C:\\temp\\*.txt 5*3*2 snake_case_name",
        "100 % säkert! 12.05 kl. 13.30 – 2026-11-22",
        "!\n[x]\n: definition\n:::\n",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char *seen = shown(texts[i], markdown_escape);
        size_t n = strlen(texts[i]);
        while (n > 0 && texts[i][n - 1] == '\n')
            n--;
        if (strlen(seen) != n || memcmp(seen, texts[i], n) != 0)
            fail_msg("this:\n%s\nis shown as:\n%s", texts[i], seen);
        free(seen);
    }
}

static void test_markdown_escape__drops_indentation_that_would_be_code(void **state)
{
    char *seen = shown("    fyra blanksteg\n      sex", markdown_escape);
    (void)state;
    assert_string_equal(seen, "fyra blanksteg\nsex");
    free(seen);
}

static void test_markdown_escape_line__makes_one_line(void **state)
{
    char *seen = shown("\n# Rad ett\n\n  2. rad | två\n- tre\n", markdown_escape_line);
    (void)state;
    assert_string_equal(seen, "# Rad ett 2. rad | två - tre");
    free(seen);
}

static const struct CMUnitTest tests[] = {
    TEST(test_markdown_escape__shows_the_text_as_it_was),
    TEST(test_markdown_escape__drops_indentation_that_would_be_code),
    TEST(test_markdown_escape_line__makes_one_line),
};

TEST_MAIN(tests)
