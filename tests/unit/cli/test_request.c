/* From a command line to what the daemon is asked. */
#include "lib/test.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

static void check(const char *const *argv, const char *path, const char *body)
{
    struct cli_args args;
    struct cli_request request;
    struct err err = {.text = ""};
    int argc = 0;
    while (argv[argc])
        argc++;
    assert_int_equal(cli_args_parse(argc, argv, &args, &err), 0);
    if (cli_request_init(&args, &request, &err))
        fail_msg("%s", err.text);
    assert_string_equal(buf_str(&request.path), path);
    char *text = request.body ? json_dumps(request.body, JSON_COMPACT) : NULL;
    if (body)
        assert_string_equal(text, body);
    else
        assert_null(text);
    free(text);
    cli_request_fini(&request);
}
#define CHECK(path, body, ...) check((const char *const[]){"grannbud", __VA_ARGS__, NULL}, path, body)

static void refuse(const char *const *argv, const char *words)
{
    struct cli_args args;
    struct cli_request request;
    struct err err = {.text = ""};
    int argc = 0;
    while (argv[argc])
        argc++;
    assert_int_equal(cli_args_parse(argc, argv, &args, &err), 0);
    assert_true(cli_request_init(&args, &request, &err) < 0);
    assert_non_null(strstr(err.text, words));
}
#define REFUSE(words, ...) refuse((const char *const[]){"grannbud", __VA_ARGS__, NULL}, words)

static void test_cli_request_init__makes_paths_and_queries(void **state)
{
    (void)state;
    CHECK("/api/v1/group/L%C3%A4rkv%C3%A4gen%20%2F%20S%3F", NULL, "group", "show", "Lärkvägen / S?");
    CHECK("/api/v1/group?municipality=1292&q=%C3%A5%26", NULL, "group", "list", "--municipality", "1292", "--name",
          "å&");
    CHECK("/api/v1/why?address=a%2Bb%40example.se", NULL, "why", "a+b@example.se");
    CHECK("/api/v1/group/import?dry_run=1&municipality=1292", NULL, "group", "import", "f.csv", "--dry-run",
          "--municipality=1292");
    CHECK("/api/v1/contact/con_1?group=X", NULL, "contact", "remove", "con_1", "--group", "X");
}

static void test_cli_request_init__makes_bodies_by_type(void **state)
{
    (void)state;
    CHECK("/api/v1/group/grp_1/state", "{\"state\":\"active\",\"note\":\"klart\"}", "group", "status", "grp_1",
          "active", "--note", "klart");
    CHECK("/api/v1/group/grp_1", "{\"household_count\":34,\"sign_count\":null,\"district\":\"\"}", "group", "set",
          "grp_1", "--households", "34", "--signs", "", "--district", "");
    CHECK("/api/v1/contact/con_1",
          "{\"addresses\":[\"a@example.se\",\"b@example.se\"],\"trained\":true,\"protected\":false}", "contact", "set",
          "con_1", "--email", "a@example.se", "--trained", "ja", "--email", "b@example.se", "--protected", "no");
    CHECK("/api/v1/contact/con_1", "{\"addresses\":[],\"trained\":null}", "contact", "set", "con_1", "--email", "",
          "--trained", "unknown");
    CHECK("/api/v1/series",
          "{\"name\":\"n\",\"rrule\":\"FREQ=DAILY\",\"time\":\"09:00\",\"scope\":\"1292\",\"working_day\":true}",
          "series", "add", "--name", "n", "--rrule", "FREQ=DAILY", "--time", "09:00", "--scope", "1292",
          "--working-day");
    CHECK("/api/v1/letter/latest/submit", NULL, "letter", "submit", "latest");
}

static void test_cli_request_init__refuses_in_terms_of_what_was_typed(void **state)
{
    (void)state;
    REFUSE("--households x: write a whole number", "group", "set", "g", "--households", "x");
    REFUSE("--signs 99999999999", "group", "set", "g", "--signs", "99999999999");
    REFUSE("--limit ten", "audit", "list", "--limit", "ten");
    REFUSE("--trained perhaps", "contact", "set", "c", "--trained", "perhaps");
    REFUSE("not UTF-8", "group", "set", "g", "--name", "L\xe4rkv\xe4gen");
    REFUSE("nothing to change", "group", "set", "g");
    REFUSE("cannot open", "letter", "new", "/nonexistent/x.md");
}

static void test_cli_request_init__reads_a_letters_text(void **state)
{
    char path[] = "/tmp/grannbud-test-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(write(fd, "\xc3\xa5\n", 3) == 3);
    CHECK("/api/v1/letter/let_1", "{\"source\":\"å\\n\"}", "letter", "edit", "let_1", path);
    assert_true(write(fd, "\xff", 1) == 1);
    REFUSE("not UTF-8", "letter", "edit", "let_1", path);
    close(fd);
    unlink(path);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_cli_request_init__makes_paths_and_queries),
    TEST(test_cli_request_init__makes_bodies_by_type),
    TEST(test_cli_request_init__refuses_in_terms_of_what_was_typed),
    TEST(test_cli_request_init__reads_a_letters_text),
};
TEST_MAIN(TESTS)
