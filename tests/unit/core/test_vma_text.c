/* What a suggestion says: the original letter by letter, its source and its time. */
#include "core/vma_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "core/alert.h"
#include "core/markdown.h"
#include "core/vma.h"
#include "lib/fixture_file.h"
#include "lib/test.h"

static struct vma_list *parse_file(const char *name)
{
    struct vma_list *list = NULL;
    struct err err = {.text = ""};
    size_t n = 0;
    char *text = fixture_file(name, &n);
    if (vma_parse(text, n, &list, &err) != 0)
        fail_msg("%s", err.text);
    free(text);
    setenv("TZ", "Europe/Stockholm", 1);
    tzset();
    return list;
}

/* As readers of the plain text get it. */
static char *shown(const char *markdown)
{
    struct markdown *md = NULL;
    struct buf out;
    buf_init(&out, 65536);
    assert_int_equal(markdown_parse(markdown, strlen(markdown), &md), 0);
    assert_int_equal(markdown_text(md, &out), 0);
    markdown_free(md);
    return buf_take(&out);
}

static void test_vma_words_make__gives_the_original_letter_by_letter(void **state)
{
    struct vma_list *list = parse_file("vma-actual.json");
    const struct vma_alert *a = &list->alerts[0];
    struct vma_words words;
    (void)state;
    assert_int_equal(vma_words_make(a, &words, NULL), 0);
    assert_string_equal(words.title, a->sv.event);
    assert_string_equal(words.title_en, a->en.event);
    char *text = shown(words.text);
    assert_memory_equal(text, a->sv.description, strlen(a->sv.description));
    assert_string_equal(text + strlen(a->sv.description),
                        "\n\nKälla: viktigt meddelande till allmänheten (VMA) från Räddningstjänsten Skåne Nordväst, "
                        "sänt av Sveriges Radio den 22 november 2026 kl. 13.05. Texten är återgiven ordagrant.\n");
    char *instruction = shown(words.instruction);
    assert_memory_equal(instruction, a->sv.instruction, strlen(a->sv.instruction));
    char *en = shown(words.text_en);
    assert_memory_equal(en, a->en.description, strlen(a->en.description));
    assert_non_null(strstr(en, a->en.instruction));
    assert_non_null(strstr(en, "word for word"));
    free(en);
    free(instruction);
    free(text);
    vma_words_fini(&words);
    vma_list_free(list);
}

static void test_vma_words_make__puts_a_long_event_into_the_text_whole(void **state)
{
    struct vma_list *list = parse_file("vma-county.json");
    struct vma_alert *a = &list->alerts[0];
    struct vma_words words;
    (void)state;
    free(a->sv.event);
    a->sv.event =
        xstrdup("ååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååååå"
                "åååååååååååååååååååååååååååååååååååååååååslut");
    assert_int_equal(vma_words_make(a, &words, NULL), 0);
    assert_int_equal(strlen(words.title), (size_t)ALERT_TITLE_CHARS * 2);
    assert_int_equal(strncmp(words.text, a->sv.event, strlen(a->sv.event)), 0);
    assert_string_equal(words.title_en, "");
    assert_string_equal(words.text_en, "");
    assert_string_equal(words.instruction, "");
    vma_words_fini(&words);
    vma_list_free(list);
}

static void test_vma_words_make__refuses_what_it_would_have_to_cut(void **state)
{
    struct vma_list *list = parse_file("vma-county.json");
    struct vma_alert *a = &list->alerts[0];
    struct vma_words words;
    struct err err = {.text = ""};
    (void)state;
    free(a->sv.description);
    a->sv.description = xcalloc(1, VMA_TEXT_BYTES + 1);
    memset(a->sv.description, '*', VMA_TEXT_BYTES); /* each becomes two bytes */
    assert_int_equal(vma_words_make(a, &words, &err), ERR_TOO_LARGE);
    assert_non_null(strstr(err.text, "SRCAP-20261122140000I"));
    assert_null(words.text);
    vma_list_free(list);
}

static void test_vma_words_make__moves_a_long_instruction_into_the_text(void **state)
{
    struct vma_list *list = parse_file("vma-county.json");
    struct vma_alert *a = &list->alerts[0];
    struct vma_words words;
    (void)state;
    a->sv.instruction = xcalloc(1, ALERT_INSTRUCTION_BYTES + 2);
    memset(a->sv.instruction, 'x', ALERT_INSTRUCTION_BYTES + 1);
    assert_int_equal(vma_words_make(a, &words, NULL), 0);
    assert_string_equal(words.instruction, "");
    assert_non_null(strstr(words.text, a->sv.instruction));
    vma_words_fini(&words);
    vma_list_free(list);
}

static void test_vma_words_make_end__claims_no_more_than_the_source(void **state)
{
    struct vma_list *list = parse_file("vma-cancel.json");
    struct vma_words words;
    (void)state;
    assert_int_equal(vma_words_make_end(&list->alerts[0], "Brand", &words, NULL), 0);
    assert_string_equal(words.title, "Brand");
    assert_string_equal(words.text,
                        "Sveriges Radio har avslutat det viktiga meddelandet till allmänheten (VMA).\n\n"
                        "Källa: viktigt meddelande till allmänheten (VMA), sänt av Sveriges Radio den 22 november 2026 "
                        "kl. 15.20. Texten är återgiven ordagrant.");
    vma_words_fini(&words);
    vma_list_free(list);
}

static const struct CMUnitTest tests[] = {
    TEST(test_vma_words_make__gives_the_original_letter_by_letter),
    TEST(test_vma_words_make__puts_a_long_event_into_the_text_whole),
    TEST(test_vma_words_make__refuses_what_it_would_have_to_cut),
    TEST(test_vma_words_make__moves_a_long_instruction_into_the_text),
    TEST(test_vma_words_make_end__claims_no_more_than_the_source),
};

TEST_MAIN(tests)
