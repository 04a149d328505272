/* core/markdown.h: letters as HTML and as plain text, tables among them, whatever the author wrote. */
/* run: not under tsan */
#include "core/markdown.h"

#include <ctype.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/letter_source.h"
#include "lib/test.h"

enum { OUT_MAX = 4 * 1024 * 1024, DEPTH_MAX = 400 };

static struct markdown *parse(const char *text)
{
    struct markdown *md = NULL;
    assert_int_equal(markdown_parse(text, strlen(text), &md), 0);
    return md;
}

static void assert_text(const char *source, const char *want)
{
    struct markdown *md = parse(source);
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(markdown_text(md, &out), 0);
    assert_string_equal(buf_str(&out), want);
    buf_fini(&out);
    markdown_free(md);
}

/* The HTML without its styles. */
static void html_of(const char *source, struct buf *out)
{
    struct markdown *md = parse(source);
    struct buf full;
    buf_init(&full, OUT_MAX);
    buf_reset(out);
    assert_int_equal(markdown_html(md, &full), 0);
    for (const char *p = buf_str(&full); *p; p++) {
        if (strncmp(p, " style=\"", 8) == 0)
            p = strchr(p + 8, '"') + 1;
        if (*p)
            buf_addc(out, *p);
    }
    buf_fini(&full);
    markdown_free(md);
}

static void assert_html(const char *source, const char *want)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    html_of(source, &out);
    assert_string_equal(buf_str(&out), want);
    buf_fini(&out);
}

/* Well-formed XML after the doctype: every tag closed in order, attributes quoted, only known entities. */
static void assert_well_formed(const char *html)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    static char open[DEPTH_MAX][16];
    size_t depth = 0;
    const char *p = strncmp(html, "<!doctype html>", 15) == 0 ? html + 15 : html;
    while (*p) {
        if (*p == '&') {
            bool known = false;
            for (size_t i = 0; i < ARRAY_LEN(entities); i++)
                known = known || strncmp(p, entities[i], strlen(entities[i])) == 0;
            assert_true(known);
        }
        assert_int_not_equal(*p, '>');
        if (*p != '<') {
            p++;
            continue;
        }
        bool closing = *++p == '/';
        p += closing;
        char name[16];
        size_t n = 0;
        while (islower((unsigned char)*p) || isdigit((unsigned char)*p)) {
            assert_true(n < sizeof name - 1);
            name[n++] = *p++;
        }
        name[n] = '\0';
        assert_true(n > 0);
        while (*p == ' ' && p[1] != '/') {
            p++;
            while (islower((unsigned char)*p) || *p == '-')
                p++;
            assert_int_equal(*p++, '=');
            assert_int_equal(*p++, '"');
            for (; *p != '"'; p++)
                assert_true(*p && *p != '<' && *p != '\n');
            p++;
        }
        if (closing) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else if (strncmp(p, " />", 3) == 0) {
            p += 2;
        } else {
            assert_true(depth < DEPTH_MAX);
            memcpy(open[depth++], name, sizeof name);
        }
        assert_int_equal(*p++, '>');
    }
    assert_int_equal(depth, 0);
}

static void test_markdown_html__blocks(void **state)
{
    (void)state;
    assert_html("Hej *du*,\n**där** `x<y`\\\nny rad",
                "<p>Hej <em>du</em>,\n<strong>där</strong> <code>x&lt;y</code><br "
                "/>\nny rad</p>\n");
    assert_html("- a\n- b\n  1. c\n\n> q", "<ul>\n<li>a</li>\n<li>b\n<ol>\n<li>c</li>\n</ol>\n</li>\n</ul>\n"
                                           "<blockquote>\n<p>q</p>\n</blockquote>\n");
    assert_html("3. c\n\n4. d", "<ol start=\"3\">\n<li><p>c</p>\n</li>\n<li><p>d</p>\n</li>\n</ol>\n");
    assert_html("    a & b\n\n---", "<pre><code>a &amp; b\n</code></pre>\n<hr />\n");
}

static void test_markdown_html__headings_begin_at_h2_and_skip_no_level(void **state)
{
    (void)state;
    assert_html("# A\n### B\n###### C\n# D", "<h2>A</h2>\n<h3>B</h3>\n<h4>C</h4>\n<h2>D</h2>\n");
    assert_html("### A\n#### B", "<h2>A</h2>\n<h3>B</h3>\n");
    assert_html("## A\n# B", "<h2>A</h2>\n<h2>B</h2>\n");
}

static void test_markdown_html__links_of_four_schemes_only(void **state)
{
    (void)state;
    assert_html("[å](https://polisen.se/a?b=1&c=\"x\"å) <https://x.se>",
                "<p><a href=\"https://polisen.se/a?b=1&amp;c=%22x%22%C3%A5\">å</a> <a "
                "href=\"https://x.se\">https://x.se</a></p>\n");
    assert_html("[m](mailto:a@b.se) [t](tel:112) [h](HTTP://x)",
                "<p><a href=\"mailto:a@b.se\">m</a> <a href=\"tel:112\">t</a> <a href=\"HTTP://x\">h</a></p>\n");
    static const char *const refused[] = {"[x](javascript:alert(1))",
                                          "[x](data:text/html,hej)",
                                          "[x](/rel)",
                                          "[x]()",
                                          "[x](&#106;avascript:alert(1))",
                                          "[x](<https://a b>)",
                                          "[x](\x01)",
                                          "[x](https://a/\x01)",
                                          "[x](https:)",
                                          "[x](file:///etc/passwd)"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        assert_html(refused[i], "<p>x</p>\n");
        assert_text(refused[i], "x\n");
    }
}

static void test_markdown_html__raw_html_and_images_never_pass(void **state)
{
    (void)state;
    assert_html("a <b onclick=\"x\">fet</b> <script>alert(1)</script>", "<p>a fet alert(1)</p>\n");
    assert_html("<div>\n<img src=x>\n</div>\n\nsist", "<p>sist</p>\n");
    assert_html("![en *karta*](https://x.se/k.png) ![](https://spy.se/1.gif)", "<p>en <em>karta</em> </p>\n");
    assert_html("&lt;script&gt; \"&amp;quot;\"", "<p>&lt;script&gt; &quot;&amp;quot;&quot;</p>\n");
    assert_html("[![a <b>](x)](https://y.se)", "<p><a href=\"https://y.se\">a </a></p>\n");
}

static void test_markdown__slots_pass_and_other_control_bytes_do_not(void **state)
{
    (void)state;
    assert_html("\x01 **\x02** `\x03`\n\n# \x04\x05", "<p>\x01 <strong>\x02</strong> <code>\x03</code></p>\n"
                                                      "<h2>\x04\x05</h2>\n");
    assert_text("\x01 **\x02** `\x03`\n\n# \x04\x05", "\x01 \x02 \x03\n\n\x04\x05\n---\n");
    assert_html("a\x06\x07\x1b\x7f&#6;&#27;b&#0;", "<p>ab\xef\xbf\xbd</p>\n");
    assert_text("a\x06\x07\x1b\x7f&#6;&#27;b", "ab\n");
    assert_html("a\xff\xc0\x80", "<p>a\xef\xbf\xbd\xef\xbf\xbd</p>\n");
}

#define REGION "<div role=\"region\" tabindex=\"0\" aria-label=\"Tabell\">\n<table>\n<thead>\n"
#define REGION_END "</table>\n</div>\n"

static void test_markdown_html__table_has_scoped_headers(void **state)
{
    (void)state;
    assert_html("| K | **N** |\n|---|--:|\n| Å [r][a] | 4 |\n| x |\n\n[a]: https://x.se",
                REGION "<tr><th scope=\"col\">K</th><th scope=\"col\"><strong>N</strong></th></tr>\n</thead>\n<tbody>\n"
                       "<tr><th scope=\"row\">Å <a href=\"https://x.se\">r</a></th><td>4</td></tr>\n"
                       "<tr><th scope=\"row\">x</th><td></td></tr>\n</tbody>\n" REGION_END);
    assert_html("||N|\n|-|-|\n||1|", REGION "<tr><td></td><th scope=\"col\">N</th></tr>\n</thead>\n<tbody>\n"
                                            "<tr><td></td><td>1</td></tr>\n</tbody>\n" REGION_END);
}

static void test_markdown_html__table_is_named_by_its_heading(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, OUT_MAX);
    html_of("## Så *här* \"<är>\" det\n\na|b\n-|-", &out);
    assert_non_null(strstr(out.data, "aria-label=\"Tabell: Så här &quot;&lt;är&gt;&quot; det\""));
    html_of("## I \x03\n\na|b\n-|-", &out); /* no slots in attributes */
    assert_non_null(strstr(out.data, "aria-label=\"Tabell\""));
    buf_fini(&out);
}

static void test_markdown_html__table_alignment(void **state)
{
    (void)state;
    struct markdown *md = parse("|a|b|c|\n|:--|:-:|--:|");
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(markdown_html(md, &out), 0);
    assert_non_null(strstr(out.data, "text-align:left\">a<"));
    assert_non_null(strstr(out.data, "text-align:center\">b<"));
    assert_non_null(strstr(out.data, "text-align:right\">c<"));
    buf_fini(&out);
    markdown_free(md);
}

static void test_markdown__what_is_a_table(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        int tables;
    } rows[] = {
        {"|a|b|\n|-|-|", 1},
        {"a|b\n-|-\n1|2", 1},
        {"text\n|a|\n|-|\n|b|", 1},
        {"[x]: https://y.se\n|a|\n|-|\n|b|", 1},
        {"> |a|b|\n> |-|-|\n> |1|2|", 1},
        {"- |a|b|\n  |-|-|\n  |1|2|\n- x", 1},
        {"1. > |a|b|\n   > |-|-|\n   > |1|2|", 1},
        {"|a|\n|-|\n\n|b|\n|-|\n", 2},
        {"|a|\n|-|\n|b|\n---\n", 1},
        {"|a|\n|-|\n|b|\n===\n", 1},
        {"|a|b|\n|-|", 0}, /* not as many cells */
        {"|a|\n\n|-|", 0}, /* not the same paragraph */
        {"|a|\n|--x|", 0}, /* no delimiter */
        {"|a|\n|::|", 0},
        {"# |a|\n|-|", 0},
        {"# |a|\n|-|\n---\nx", 0},
        {"a\n---", 0}, /* a heading */
        {"```\n|a|b|\n|-|-|\n```", 0},
        {"    |a|b|\n    |-|-|", 0},
        {"`|a|b|`", 0},
        {"<div>\n|a|b|\n|-|-|\n</div>", 0},
        {"~~~\n|a|\n|-|", 0},
        {"- ```\n  |a|\n  |-|\n  ```", 0},
    };
    struct buf out;
    buf_init(&out, OUT_MAX);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        html_of(rows[i].source, &out);
        int n = 0;
        for (const char *p = buf_str(&out); (p = strstr(p, "<table>")) != NULL; p++)
            n++;
        if (n != rows[i].tables)
            fail_msg("row %zu: %d tables: %s", i, n, buf_str(&out));
        assert_well_formed(buf_str(&out));
    }
    buf_fini(&out);
}

static void test_markdown__cells_are_inline_markdown_with_escaped_pipes(void **state)
{
    (void)state;
    assert_html("|a\\|b|`c\\|d`|\n|-|-|\n|- x|# y|\n|1. z|_e_ f|",
                REGION "<tr><th scope=\"col\">a|b</th><th scope=\"col\"><code>c|d</code></th></tr>\n</thead>\n<tbody>\n"
                       "<tr><th scope=\"row\">- x</th><td># y</td></tr>\n"
                       "<tr><th scope=\"row\">1. z</th><td><em>e</em> f</td></tr>\n</tbody>\n" REGION_END);
    assert_html(
        "|a|\n|-|\n|b|c|d|\ntext utan streck", REGION
        "<tr><th scope=\"col\">a</th></tr>\n</thead>\n<tbody>\n"
        "<tr><th scope=\"row\">b</th></tr>\n<tr><th scope=\"row\">text utan streck</th></tr>\n</tbody>\n" REGION_END);
}

static void test_markdown__a_table_keeps_its_surroundings(void **state)
{
    (void)state;
    assert_text("före\n|a|\n|-|\n|b|\n\nefter", "före\n\na\n-\nb\n\nefter\n");
    assert_text("> |a|b|\n> |-|-|\n> |1|2|\n>\n> efter\n\nsist", "> a  b\n> -  -\n> 1  2\n>\n> efter\n\nsist\n");
    assert_text("- |a|\n  |-|\n  |1|\n- x", "- a\n  -\n  1\n\n- x\n");
    assert_text("|a|\n|-|\n|b|\n---\nslut", "a\n-\nb\n\n---\n\nslut\n");
}

static void test_markdown_text__blocks(void **state)
{
    (void)state;
    assert_text("Hej *du*,\nrad två\\\nny **rad**", "Hej du, rad två\nny rad\n");
    assert_text("# Så\n\n## Under\n\ntext", "Så\n---\n\nUnder\n\ntext\n");
    assert_text("före:\n- a\n- b\n  - c\n  - d\n- e\n\nefter", "före:\n\n- a\n- b\n  - c\n  - d\n- e\n\nefter\n");
    assert_text("9. i\n10. j\n\n    två\n11. k", "9. i\n\n10. j\n\n    två\n\n11. k\n");
    assert_text("> a\n>\n> b\n\nc", "> a\n>\n> b\n\nc\n");
    assert_text("a\n> - b\n>   c", "a\n\n> - b c\n");
    assert_text("```\nkod *x*\n\n  rad\n```\nslut", "    kod *x*\n\n      rad\n\nslut\n");
    assert_text("-\n- b", "-\n- b\n");
    assert_text("a\n\n---\n\nb", "a\n\n---\n\nb\n");
    assert_text("", "");
    assert_text("<!-- bara en anteckning -->", "");
}

static void test_markdown_text__links(void **state)
{
    (void)state;
    assert_text("[Tipsa polisen](https://polisen.se/tips)", "Tipsa polisen (https://polisen.se/tips)\n");
    assert_text("[polisen.se/tips](https://polisen.se/tips)", "https://polisen.se/tips\n");
    assert_text("[www.polisen.se](https://www.polisen.se/)", "https://www.polisen.se/\n");
    assert_text("[polisen.se](https://www.polisen.se)", "https://www.polisen.se\n");
    assert_text("<https://polisen.se>", "https://polisen.se\n");
    assert_text("<info@x.se> [skriv](mailto:info@x.se) [ring](tel:11414)",
                "info@x.se skriv (info@x.se) ring (11414)\n");
    assert_text("[![karta](k.png)](https://x.se) [](https://y.se)", "karta (https://x.se) https://y.se\n");
    assert_text("![karta över *byn*](k.png)", "karta över byn\n");
}

static void test_markdown_text__tables(void **state)
{
    (void)state;
    assert_text("| Kommun | Antal | I |\n|:--|--:|:-:|\n| Åstorp | 4 | x |\n| Klippan | färre än 3 | y |",
                "Kommun        Antal  I\n"
                "-------  ----------  -\n"
                "Åstorp            4  x\n"
                "Klippan  färre än 3  y\n");
    assert_text(
        "|Kommun|En mycket lång rubrik som tar plats|Ännu en lång rubrik som tar plats|\n|-|-|-|\n|Å|4||\n|K|5|6|",
        "Kommun: Å\nEn mycket lång rubrik som tar plats: 4\n\n"
        "Kommun: K\nEn mycket lång rubrik som tar plats: 5\nÄnnu en lång rubrik som tar plats: 6\n");
    assert_text("|Grupp|Antal|\n|-|-|\n|\x01|4|", "Grupp: \x01\nAntal: 4\n");
    assert_text("|a|b|\n|-|-|", "a  b\n-  -\n");
}

static void test_markdown__hostile_input_stays_bounded(void **state)
{
    (void)state;
    static const char *const pieces[] = {"[",  "*a ",  "> ",  "<!--",      "- ",           "|",          "|\n",
                                         "`",  "![",   "](",  "1.\n",      "\n|a|\n|-|\n", "a|b\n-|-\n", "&#",
                                         "\\", "- - ", "_a_", "    - a\n", "\t|a\n"};
    struct buf source, out;
    buf_init(&source, LETTER_SOURCE_MAX_BYTES / TEST_SLOWNESS);
    buf_init(&out, OUT_MAX);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        buf_reset(&source);
        while (buf_adds(&source, pieces[i]) == 0)
            ;
        struct markdown *md = NULL;
        if (markdown_parse(source.data, source.len, &md) == 0) {
            buf_reset(&out);
            markdown_html(md, &out);
            buf_reset(&out);
            markdown_text(md, &out);
            markdown_free(md);
        }
    }
    buf_fini(&out);
    buf_fini(&source);
}

static void test_markdown_parse__too_large_is_refused(void **state)
{
    (void)state;
    char *big = xmalloc(MARKDOWN_MAX_BYTES + 1);
    memset(big, 'x', MARKDOWN_MAX_BYTES + 1);
    struct markdown *md = NULL;
    assert_int_equal(markdown_parse(big, MARKDOWN_MAX_BYTES + 1, &md), ERR_TOO_LARGE);
    assert_null(md);
    assert_int_equal(markdown_parse(big, MARKDOWN_MAX_BYTES, &md), 0);
    struct buf out;
    buf_init(&out, 1000);
    assert_int_equal(markdown_html(md, &out), ERR_TOO_LARGE);
    assert_int_equal(markdown_text(md, &out), ERR_TOO_LARGE);
    assert_true(out.len <= 1000);
    buf_fini(&out);
    markdown_free(md);
    free(big);
}

static const struct markdown_line footer[] = {
    {"Skickat av Polisen & <kommunen>", NULL},
    {"Ändra eller avsluta", "https://x.se/m/a?b=1&c='\"\x05"},
};

static void test_markdown_html_document__is_whole_and_well_formed(void **state)
{
    (void)state;
    struct markdown *md = parse("## A\n\n|a|b|\n|-|-|\n|1|\n\n- x\n\n  y\n\n> [z](https://z.se) <i>\n\n```\n&\n```");
    struct markdown_page page = {
        .title = "Brev <1> till \x01", .notice = "Får spridas till \"hushåll\"", .footer = footer, .footer_count = 2};
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(markdown_html_document(md, &page, &out), 0);
    assert_well_formed(buf_str(&out));
    assert_non_null(strstr(out.data, "<html lang=\"sv\">"));
    assert_non_null(strstr(out.data, "<title>Brev &lt;1&gt; till \x01</title>"));
    assert_non_null(strstr(out.data, "\">Brev &lt;1&gt; till \x01</h1>"));
    assert_non_null(strstr(out.data, "font-size:18px;line-height:1.5"));
    assert_non_null(strstr(out.data, "Får spridas till &quot;hushåll&quot;"));
    assert_non_null(strstr(out.data, "<a href=\"https://x.se/m/a?b=1&amp;c=&#39;%22\x05\">Ändra eller avsluta</a>"));
    assert_null(strstr(out.data, "src="));
    assert_null(strstr(out.data, "url("));
    page.forwardable = true;
    buf_reset(&out);
    assert_int_equal(markdown_html_document(md, &page, &out), 0);
    assert_well_formed(buf_str(&out));
    assert_null(strstr(out.data, "footer"));
    buf_fini(&out);
    markdown_free(md);
}

static void test_markdown_document__a_banner_above_and_another_language_below(void **state)
{
    (void)state;
    struct markdown *md = parse("Hej");
    struct markdown *en = parse("Hello <b>\n\n# More\n\nx");
    const struct markdown_also also = {.language = "en", .title = "Letter <1>", .notice = "Notice", .body = en};
    struct markdown_page page = {.banner = "LÄS & TÄNK", .title = "Brev", .notice = "Notis", .also = &also};
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(markdown_text_document(md, &page, &out), 0);
    assert_string_equal(buf_str(&out), "LÄS & TÄNK\n\nBrev\n====\n\nNotis\n\nHej\n\n---\n\nLetter <1>\n----------\n\n"
                                       "Notice\n\nHello\n\nMore\n----\n\nx\n");
    buf_reset(&out);
    assert_int_equal(markdown_html_document(md, &page, &out), 0);
    assert_well_formed(buf_str(&out));
    const char *banner = strstr(out.data, "<strong>LÄS &amp; TÄNK</strong>");
    assert_non_null(banner);
    assert_true(banner < strstr(out.data, "<h1 "));
    assert_non_null(strstr(out.data, "<section lang=\"en\""));
    assert_non_null(strstr(out.data, "Letter &lt;1&gt;</h2>"));
    buf_fini(&out);
    markdown_free(en);
    markdown_free(md);
}

static void test_markdown_text_document__footer_unless_forwardable(void **state)
{
    (void)state;
    struct markdown *md = parse("Hej");
    struct markdown_page page = {.title = "Brev \x01", .notice = "Notis", .footer = footer, .footer_count = 2};
    struct buf out;
    buf_init(&out, OUT_MAX);
    assert_int_equal(markdown_text_document(md, &page, &out), 0);
    assert_string_equal(buf_str(&out), "Brev \x01\n======\n\nNotis\n\nHej\n\n---\nSkickat av Polisen & <kommunen>\n"
                                       "Ändra eller avsluta: https://x.se/m/a?b=1&c='\"\x05\n");
    page.forwardable = true;
    page.notice = NULL;
    buf_reset(&out);
    assert_int_equal(markdown_text_document(md, &page, &out), 0);
    assert_string_equal(buf_str(&out), "Brev \x01\n======\n\nHej\n");
    buf_fini(&out);
    markdown_free(md);
}

static void read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    char *to = buf_reserve(out, 60000);
    buf_commit(out, fread(to, 1, 60000, f));
    fclose(f);
}

/* The whole way of the sample; a change of these files is a change of what residents read. */
static void test_markdown_document__sample_letter_as_kept(void **state)
{
    (void)state;
    struct buf file, body, out, want;
    buf_init(&file, 64 * 1024);
    buf_init(&body, OUT_MAX);
    buf_init(&out, OUT_MAX);
    buf_init(&want, 64 * 1024);
    read_file("tests/fixtures/letter-2026-03.md", &file);
    struct letter_source *src = NULL;
    struct letter_problem problem;
    assert_int_equal(letter_source_parse(file.data, file.len, &src, &problem), 0);
    assert_int_equal(letter_source_select(src, NULL, &body), 0);
    struct markdown *md = NULL;
    assert_int_equal(markdown_parse(body.data, body.len, &md), 0);
    struct markdown_page page = {.title = letter_source_title(src), .footer = footer, .footer_count = 1};
    assert_int_equal(markdown_html_document(md, &page, &out), 0);
    assert_well_formed(buf_str(&out));
    read_file("tests/fixtures/letter-2026-03.html", &want);
    assert_string_equal(buf_str(&out), buf_str(&want));
    buf_reset(&out);
    buf_reset(&want);
    assert_int_equal(markdown_text_document(md, &page, &out), 0);
    read_file("tests/fixtures/letter-2026-03.txt", &want);
    assert_string_equal(buf_str(&out), buf_str(&want));
    markdown_free(md);
    letter_source_free(src);
    buf_fini(&file);
    buf_fini(&body);
    buf_fini(&out);
    buf_fini(&want);
}

static const struct CMUnitTest tests[] = {
    TEST(test_markdown_html__blocks),
    TEST(test_markdown_html__headings_begin_at_h2_and_skip_no_level),
    TEST(test_markdown_html__links_of_four_schemes_only),
    TEST(test_markdown_html__raw_html_and_images_never_pass),
    TEST(test_markdown__slots_pass_and_other_control_bytes_do_not),
    TEST(test_markdown_html__table_has_scoped_headers),
    TEST(test_markdown_html__table_is_named_by_its_heading),
    TEST(test_markdown_html__table_alignment),
    TEST(test_markdown__what_is_a_table),
    TEST(test_markdown__cells_are_inline_markdown_with_escaped_pipes),
    TEST(test_markdown__a_table_keeps_its_surroundings),
    TEST(test_markdown_text__blocks),
    TEST(test_markdown_text__links),
    TEST(test_markdown_text__tables),
    TEST(test_markdown__hostile_input_stays_bounded),
    TEST(test_markdown_parse__too_large_is_refused),
    TEST(test_markdown_html_document__is_whole_and_well_formed),
    TEST(test_markdown_document__a_banner_above_and_another_language_below),
    TEST(test_markdown_text_document__footer_unless_forwardable),
    TEST(test_markdown_document__sample_letter_as_kept),
};

TEST_MAIN(tests)
