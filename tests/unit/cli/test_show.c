/* Tables, sentences and things on a terminal. */
#include "lib/test.h"

#include <stdio.h>

#include <jansson.h>

#include "base/buf.h"
#include "cli/show.h"
#include "cli/table.h"

/* What a function prints, as a string that the caller frees. */
#define PRINTED(text, call)                                 \
    do {                                                    \
        size_t printed_size;                                \
        FILE *out = open_memstream(&(text), &printed_size); \
        call;                                               \
        fclose(out);                                        \
    } while (0)

static void test_text_columns__counts_what_the_terminal_shows(void **state)
{
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("Ängelholm"), 9);
    assert_int_equal(text_columns("A\xcc\x8angstr\xc3\xb6m"), 8); /* A with a combining ring */
    assert_int_equal(text_columns("a\tb"), 3);
    assert_int_equal(text_columns("\xff"), 1);
}

static void test_table_print__aligns_by_columns_not_bytes(void **state)
{
    struct table t;
    char *text = NULL;
    (void)state;
    table_init(&t);
    table_column(&t, "Namn", false);
    table_column(&t, "N", true);
    table_column(&t, "Ort", false);
    table_cell(&t, "Örkelljunga");
    table_cell(&t, "7");
    table_cell(&t, "x");
    table_cell(&t, "Abc");
    table_cell(&t, "1284");
    table_cell(&t, NULL);
    PRINTED(text, table_print(&t, out));
    assert_string_equal(text, "Namn            N  Ort\n"
                              "Örkelljunga     7  x\n"
                              "Abc          1284  \n");
    free(text);
    table_fini(&t);
}

static void test_print_clean__lets_no_name_steer_the_terminal(void **state)
{
    char *text = NULL;
    (void)state;
    PRINTED(text, print_clean(out,
                              "a\x1b[2Jb\nc\xe2\x80\xae"
                              "d\xc2\x9b\xff",
                              false));
    assert_string_equal(text, "a?[2Jb?c?d??");
    free(text);
    PRINTED(text, print_clean(out, "a\n\tb\r", true));
    assert_string_equal(text, "a\n\tb?");
    free(text);
}

static void check_value(const char *json, const char *want)
{
    struct buf text;
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    buf_init(&text, 4096);
    show_value(&text, value);
    assert_string_equal(buf_str(&text), want);
    buf_fini(&text);
    json_decref(value);
}

static void test_show_value__is_for_people(void **state)
{
    (void)state;
    check_value("null", "-");
    check_value("true", "yes");
    check_value("9007199254740993", "9007199254740993");
    check_value("\"2026-04-01T09:00:00+02:00\"", "2026-04-01 09:00");
    check_value("\"2026-04-01T07:00:00Z\"", "2026-04-01 07:00 UTC");
    check_value("\"2026-04-01T\"", "2026-04-01T");
    check_value("[\"a\", 1]", "a, 1");
    check_value("[{\"address\": \"a@example.se\", \"unsubscribed_at\": null}]", "a@example.se");
    check_value("{\"pending\": 1, \"claimed\": 0}", "pending 1, claimed 0");
}

static void test_show_list__cuts_what_would_not_fit(void **state)
{
    json_t *rows =
        json_loads("[{\"id\": \"a\", \"reply\": \"no such user here\"}, {\"id\": \"b\", \"reply\": \"ok\"}]", 0, NULL);
    char *text = NULL;
    (void)state;
    PRINTED(text, show_list(out, rows, "reply~8:Reply id:Id", NULL));
    assert_string_equal(text, "Reply     Id\n"
                              "no such\u2026  a\n"
                              "ok        b\n");
    free(text);
    json_decref(rows);
}

static void test_show_list__leaves_out_columns_that_no_row_has(void **state)
{
    json_t *rows =
        json_loads("[{\"id\": \"grp_1\", \"contacts\": 2}, {\"id\": \"grp_22\", \"contacts\": null}]", 0, NULL);
    char *text = NULL;
    (void)state;
    PRINTED(text, show_list(out, rows, "id:Id gone:Gone contacts>:Contact_persons", "none"));
    assert_string_equal(text, "Id      Contact persons\n"
                              "grp_1                 2\n"
                              "grp_22                -\n");
    free(text);
    json_decref(rows);
}

static void test_show_list__says_when_there_is_nothing(void **state)
{
    json_t *rows = json_array();
    char *text = NULL;
    (void)state;
    PRINTED(text, show_list(out, rows, "id:Id", "no groups yet"));
    assert_string_equal(text, "no groups yet\n");
    free(text);
    json_decref(rows);
}

static void test_show_object__shows_lines_tables_and_texts(void **state)
{
    json_t *thing = json_loads(
        "{\"id\": \"let_1\", \"due_at\": null, \"source\": \"a\\nb\", \"groups\": [{\"name\": \"X\"}]}", 0, NULL);
    char *text = NULL;
    (void)state;
    PRINTED(text, show_object(out, thing));
    assert_string_equal(text, "Id:     let_1\nDue at: -\n\nSource:\na\nb\n\nGroups:\nName\nX\n");
    free(text);
    json_decref(thing);
}

static void test_show_sentence__drops_what_is_not_known(void **state)
{
    json_t *thing = json_loads("{\"id\": \"let_1\", \"state\": \"approved\", \"due_at\": null}", 0, NULL);
    char *text = NULL;
    (void)state;
    PRINTED(text, show_sentence(out, "letter {id} is {state}[, due {due_at}][ {gone}]: done", thing));
    assert_string_equal(text, "letter let_1 is approved: done\n");
    free(text);
    json_decref(thing);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_text_columns__counts_what_the_terminal_shows), TEST(test_table_print__aligns_by_columns_not_bytes),
    TEST(test_print_clean__lets_no_name_steer_the_terminal), TEST(test_show_value__is_for_people),
    TEST(test_show_list__cuts_what_would_not_fit),           TEST(test_show_list__leaves_out_columns_that_no_row_has),
    TEST(test_show_list__says_when_there_is_nothing),        TEST(test_show_object__shows_lines_tables_and_texts),
    TEST(test_show_sentence__drops_what_is_not_known),
};
TEST_MAIN(TESTS)
