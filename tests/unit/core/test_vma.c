/* Reading VMA: what stands in the answer, what is left out, and that nothing is real that does not say so. */
#include "core/vma.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "lib/fixture_file.h"
#include "lib/test.h"

#define NOV_22_1305 (INT64_C(1795349100) * US_PER_S) /* 2026-11-22T13:05:00+01:00 */

static struct vma_list *parse(const char *text)
{
    struct vma_list *list = NULL;
    struct err err = {.text = ""};
    if (vma_parse(text, strlen(text), &list, &err) != 0)
        fail_msg("%s", err.text);
    return list;
}

static struct vma_list *parse_file(const char *name)
{
    char *text = fixture_file(name, NULL);
    struct vma_list *list = parse(text);
    free(text);
    return list;
}

static void test_vma_parse__reads_texts_places_and_times(void **state)
{
    struct vma_list *list = parse_file("vma-actual.json");
    const struct vma_alert *a = &list->alerts[0];
    (void)state;
    assert_int_equal(list->count, 1);
    assert_int_equal(list->faults.count, 0);
    assert_string_equal(a->identifier, "SRCAP-20261122130500I");
    assert_string_equal(a->incident, "SRVMA-20261122130500I");
    assert_int_equal(a->sent_us, NOV_22_1305);
    assert_int_equal(a->expires_us, NOV_22_1305 + INT64_C(5) * 3600 * US_PER_S + INT64_C(55) * 60 * US_PER_S);
    assert_string_equal(a->sv.event, "Brand i lagerbyggnad med farlig rök, Ängelholm");
    assert_non_null(strstr(a->sv.description, "Vejbyslätt & Margretetorp.\n\n1. Gå inomhus.\n2. Stäng"));
    assert_string_equal(a->en.event, "Warehouse fire with dangerous smoke, Ängelholm");
    assert_non_null(strstr(a->en.instruction, "Go indoors"));
    assert_string_equal(a->severity, "severe");
    assert_string_equal(a->urgency, "immediate");
    assert_string_equal(a->certainty, "observed");
    assert_string_equal(a->web, "https://www.krisinformation.se/exempel");
    assert_int_equal(a->code_count, 2);
    assert_string_equal(a->codes[0], "1292");
    assert_string_equal(a->codes[1], "1278");
    vma_list_free(list);
}

static void test_vma_parse__takes_incidents_as_text_and_as_array(void **state)
{
    struct vma_list *list = parse_file("vma-county.json");
    (void)state;
    assert_string_equal(list->alerts[0].incident, "SRVMA-20261122140000I");
    assert_string_equal(list->alerts[0].codes[0], "12");
    assert_null(list->alerts[0].en.event);
    vma_list_free(list);
}

static void test_vma_parse__takes_a_cancel_without_info(void **state)
{
    struct vma_list *list = parse_file("vma-cancel.json");
    (void)state;
    assert_int_equal(list->count, 3);
    assert_int_equal(list->alerts[0].type, VMA_TYPE_CANCEL);
    assert_true(vma_is_real(&list->alerts[0]));
    assert_int_equal(list->alerts[0].code_count, 0);
    vma_list_free(list);
}

static void test_vma_parse__leaves_out_what_it_cannot_understand_and_keeps_the_rest(void **state)
{
    struct vma_list *list = parse_file("vma-odd.json");
    const struct vma_alert *a = &list->alerts[0];
    (void)state;
    assert_int_equal(list->count, 1);
    assert_int_equal(list->faults.count, 9); /* eight left out, and the good one's odd end and sender */
    assert_string_equal(list->faults.first, "alert without a name: its identifier is missing or cannot be understood");
    assert_string_equal(a->identifier, "SRCAP-GOOD");
    assert_int_equal(a->expires_us, 0);
    assert_int_equal(a->code_count, 1); /* info, area: things alone, not lists */
    vma_list_free(list);
}

/* Exercise shown as real is the worst possible error: every status, scope and type, and words that are none. */
static void test_vma_is_real__is_true_only_for_actual_public_messages(void **state)
{
    static const char *const statuses[] = {"Actual", "Exercise", "System", "Test", "Draft", "actual", "ACTUAL", ""};
    static const char *const scopes[] = {"Public", "Restricted", "Private", "public", ""};
    static const char *const types[] = {"Alert", "Update", "Cancel", "Ack", "Error", "alert", ""};
    char *base = fixture_file("vma-actual.json", NULL);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
        for (size_t j = 0; j < ARRAY_LEN(scopes); j++)
            for (size_t k = 0; k < ARRAY_LEN(types); k++) {
                char words[3][40];
                snprintf(words[0], sizeof words[0], "\"status\": \"%s\"", statuses[i]);
                snprintf(words[1], sizeof words[1], "\"scope\": \"%s\"", scopes[j]);
                snprintf(words[2], sizeof words[2], "\"msgType\": \"%s\"", types[k]);
                char *a = text_replaced(base, "\"status\": \"Actual\"", words[0]);
                char *b = text_replaced(a, "\"scope\": \"Public\"", words[1]);
                char *c = text_replaced(b, "\"msgType\": \"Alert\"", words[2]);
                struct vma_list *list = parse(c);
                bool is_known = i < 5 && j < 3 && k < 5;
                assert_int_equal(list->count, is_known ? 1 : 0);
                assert_int_equal(list->faults.count, is_known ? 0 : 1);
                if (is_known)
                    assert_int_equal(vma_is_real(&list->alerts[0]), i == 0 && j == 0 && k < 3);
                vma_list_free(list);
                free(a);
                free(b);
                free(c);
            }
    free(base);
}

static void test_vma_is_real__picks_three_of_the_six_examples(void **state)
{
    struct vma_list *list = parse_file("vma-examples.json");
    static const bool real[] = {true, true, true, false, false, false};
    (void)state;
    assert_int_equal(list->count, 6);
    for (size_t i = 0; i < list->count; i++)
        assert_int_equal(vma_is_real(&list->alerts[i]), real[i]);
    vma_list_free(list);
}

static void test_vma_is_newer__goes_by_time_then_by_type(void **state)
{
    struct vma_alert a = {.identifier = (char *)"B", .sent_us = 10, .type = VMA_TYPE_UPDATE};
    (void)state;
    assert_true(vma_is_newer(&a, 9, VMA_TYPE_CANCEL, "A"));
    assert_false(vma_is_newer(&a, 11, VMA_TYPE_ALERT, "A"));
    assert_false(vma_is_newer(&a, 10, VMA_TYPE_CANCEL, "A"));
    assert_true(vma_is_newer(&a, 10, VMA_TYPE_ALERT, "Z"));
    assert_true(vma_is_newer(&a, 10, VMA_TYPE_UPDATE, "A"));
    assert_false(vma_is_newer(&a, 10, VMA_TYPE_UPDATE, "B"));
}

static void expect_refused(const char *text, size_t n, int code, const char *words)
{
    struct vma_list *list = NULL;
    struct err err = {.text = ""};
    assert_int_equal(vma_parse(text, n, &list, &err), code);
    assert_null(list);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_vma_parse__refuses_an_answer_that_is_cut_off_anywhere(void **state)
{
    size_t n = 0;
    char *text = fixture_file("vma-actual.json", &n);
    (void)state;
    while (n > 0 && text[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < n; i++) {
        struct vma_list *list = NULL;
        struct err err = {.text = ""};
        assert_int_equal(vma_parse(text, i, &list, &err), ERR_PROTOCOL);
    }
    free(text);
}

static void test_vma_parse__refuses_what_is_not_the_api(void **state)
{
    struct buf big;
    (void)state;
    expect_refused("<html>", 6, ERR_PROTOCOL, "not valid JSON");
    expect_refused("[]", 2, ERR_PROTOCOL, "is the address right");
    expect_refused("{}", 2, ERR_PROTOCOL, "is the address right");
    expect_refused("{\"alerts\":null}", 15, ERR_PROTOCOL, "is the address right");
    expect_refused("{\"alerts\":[],\"alerts\":[]}", 25, ERR_PROTOCOL, "not valid JSON");
    expect_refused("{\"alerts\":[1e999]}", 18, ERR_PROTOCOL, "not valid JSON");
    expect_refused("{\"alerts\":[99999999999999999999]}", 33, ERR_PROTOCOL, "not valid JSON");
    buf_init(&big, 8 * 1024 * 1024);
    for (int i = 0; i < 100; i++)
        buf_adds(&big, "[");
    expect_refused(buf_str(&big), big.len, ERR_TOO_LARGE, "brackets");
    buf_reset(&big);
    buf_adds(&big, "{\"alerts\":[");
    for (int i = 0; i < 300000; i++)
        buf_adds(&big, "{},");
    buf_adds(&big, "{}]}");
    expect_refused(buf_str(&big), big.len, ERR_TOO_LARGE, "values");
    buf_reset(&big);
    while (big.len <= SOURCE_BYTES_MAX)
        buf_adds(&big, "                                                                ");
    expect_refused(buf_str(&big), big.len, ERR_TOO_LARGE, "larger than 4 MB");
    buf_fini(&big);
}

static void test_vma_parse__drops_what_cannot_be_seen(void **state)
{
    struct vma_list *list = parse(
        "{\"alerts\":[{\"identifier\":\"A\",\"sent\":\"2026-11-22T13:05:00+01:00\",\"status\":\"Actual\",\"msgType\":"
        "\"Alert\",\"scope\":\"Public\",\"info\":[{\"language\":\"sv-SE\",\"event\":\" Fara\\u202e \\n nära\\u0007 \","
        "\"description\":\"\\r\\nRad ett \\r\\nrad\\ttv\\u00e5\\u001b[31m\\n\\n\"}]}]}");
    (void)state;
    assert_string_equal(list->alerts[0].sv.event, "Fara nära");
    assert_string_equal(list->alerts[0].sv.description, "Rad ett\nrad två[31m");
    assert_string_equal(list->alerts[0].incident, "A");
    vma_list_free(list);
}

static const struct CMUnitTest tests[] = {
    TEST(test_vma_parse__reads_texts_places_and_times),
    TEST(test_vma_parse__takes_incidents_as_text_and_as_array),
    TEST(test_vma_parse__takes_a_cancel_without_info),
    TEST(test_vma_parse__leaves_out_what_it_cannot_understand_and_keeps_the_rest),
    TEST(test_vma_is_real__is_true_only_for_actual_public_messages),
    TEST(test_vma_is_real__picks_three_of_the_six_examples),
    TEST(test_vma_is_newer__goes_by_time_then_by_type),
    TEST(test_vma_parse__refuses_an_answer_that_is_cut_off_anywhere),
    TEST(test_vma_parse__refuses_what_is_not_the_api),
    TEST(test_vma_parse__drops_what_cannot_be_seen),
};

TEST_MAIN(tests)
