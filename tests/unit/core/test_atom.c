/* Atom, word for word; that the daemon's feeds are good Atom is held against strict checks in system/test_feed. */
#include "core/atom.h"

#include "base/buf.h"
#include "base/mem.h"
#include "lib/test.h"

static void test_atom_entry__word_for_word(void **state)
{
    (void)state;
    static const struct atom_feed feed = {.id = "tag:example.se,2026:alerts",
                                          .title = "Varningar & annat",
                                          .subtitle = "",
                                          .author = "Polisen <Ängelholm>",
                                          .self = "https://example.se/feed?a=1&b=2",
                                          .updated_us = INT64_C(1774010096000000)};
    static const struct atom_link links[] = {{"alternate", "text/html", "https://example.se/1"},
                                             {"alternate", NULL, "https://example.se/\"2\""}};
    static const struct atom_category categories[] = {{"boat_theft", "Båtstölder", NULL}, {"1292", "", "urn:x"}};
    static const struct atom_entry entry = {.id = "tag:example.se,2026:alert/1",
                                            .title = "\x01",
                                            .published_us = INT64_C(1774010096000000),
                                            .updated_us = INT64_C(1774010097000000),
                                            .summary = "a < b",
                                            .content_html = "<p>a &lt; b</p>",
                                            .links = links,
                                            .link_count = ARRAY_LEN(links),
                                            .categories = categories,
                                            .category_count = ARRAY_LEN(categories)};
    struct buf out;
    buf_init(&out, 10000);
    atom_begin(&out, &feed);
    atom_entry(&out, &entry);
    atom_end(&out);
    assert_string_equal(
        buf_str(&out),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"sv\">\n"
        "<id>tag:example.se,2026:alerts</id>\n"
        "<title>Varningar &amp; annat</title>\n"
        "<updated>2026-03-20T12:34:56Z</updated>\n"
        "<author>\n<name>Polisen &lt;Ängelholm&gt;</name>\n</author>\n"
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"https://example.se/feed?a=1&amp;b=2\"/>\n"
        "<generator version=\"" GRANNBUD_VERSION "\">Grannbud</generator>\n"
        "<entry>\n"
        "<id>tag:example.se,2026:alert/1</id>\n"
        "<title>Utan rubrik</title>\n"
        "<published>2026-03-20T12:34:56Z</published>\n"
        "<updated>2026-03-20T12:34:57Z</updated>\n"
        "<link rel=\"alternate\" type=\"text/html\" href=\"https://example.se/1\"/>\n"
        "<link rel=\"alternate\" href=\"https://example.se/&quot;2&quot;\"/>\n"
        "<category term=\"boat_theft\" label=\"Båtstölder\"/>\n"
        "<category term=\"1292\" scheme=\"urn:x\"/>\n"
        "<summary>a &lt; b</summary>\n"
        "<content type=\"html\">&lt;p&gt;a &amp;lt; b&lt;/p&gt;</content>\n"
        "</entry>\n</feed>\n");
    buf_fini(&out);
}

static void test_atom_begin__a_full_buffer_is_told(void **state)
{
    (void)state;
    struct atom_feed feed = {.id = "tag:x", .self = "https://x"};
    struct buf out;
    buf_init(&out, 200);
    atom_begin(&out, &feed);
    atom_end(&out);
    assert_false(buf_ok(&out));
    buf_fini(&out);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_atom_entry__word_for_word),
    TEST(test_atom_begin__a_full_buffer_is_told),
};

TEST_MAIN(TESTS)
