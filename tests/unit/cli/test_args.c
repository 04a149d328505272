/* The command line taken apart, and the table that it is held against. */
#include "lib/test.h"

#include <stdio.h>

#include "base/err.h"
#include "cli/args.h"

static int parse(struct cli_args *out, struct err *err, const char *line)
{
    static char copy[512];
    const char *argv[32] = {"grannbud"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *p = copy; *p && argc < 32;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p)
            *p++ = '\0';
    }
    err->text[0] = '\0';
    return cli_args_parse(argc, argv, out, err);
}

static void test_cli_args_parse__takes_globals_before_and_after_the_noun(void **state)
{
    static const char *const LINES[] = {
        "--json --socket /s --as eva group list --state active",
        "group --json list --socket /s --state=active --as=eva",
        "group list --state active --as eva --socket=/s --json",
    };
    struct cli_args args;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        assert_int_equal(parse(&args, &err, LINES[i]), 0);
        assert_string_equal(args.command->verb, "list");
        assert_true(args.json);
        assert_string_equal(args.socket, "/s");
        assert_string_equal(args.as, "eva");
        assert_string_equal(cli_args_get(&args, "state"), "active");
        assert_null(cli_args_get(&args, "kind"));
    }
}

static void test_cli_args_parse__refuses_with_words(void **state)
{
    static const struct {
        const char *line, *words;
    } CASES[] = {
        {"", "no command"},
        {"grup list", "did you mean 'group'"},
        {"group lisst", "did you mean 'group list'"},
        {"group", "needs a word more"},
        {"group list --munisipality 1292", "did you mean --municipality"},
        {"group list --qqqqqq", "unknown option --qqqqqq"},
        {"group list -x", "unknown option -x"},
        {"group list --state", "--state needs a value"},
        {"group list --state --json", "--state needs a value"},
        {"group list --json=yes", "--json takes no value"},
        {"group list --state a --state b", "twice"},
        {"group list more", "one word too many"},
        {"group status grp_1", "STATE is missing"},
        {"series add --name a --rrule b --time 09:00", "needs --scope"},
        {"status --url http://localhost --socket /s", "two daemons"},
        {"status --token-file f", "--token-file is for --url"},
        {"status --lang de", "--lang sv or --lang en"},
    };
    struct cli_args args;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(parse(&args, &err, CASES[i].line), ERR_USAGE);
        if (!strstr(err.text, CASES[i].words))
            fail_msg("'%s' says '%s', not '%s'", CASES[i].line, err.text, CASES[i].words);
    }
}

static void test_cli_args_parse__keeps_lists_lone_dashes_and_what_follows_two(void **state)
{
    struct cli_args args;
    struct err err;
    (void)state;
    assert_int_equal(parse(&args, &err, "contact set con_1 --email a@example.se --email b@example.se"), 0);
    assert_int_equal(args.given_count, 2);
    assert_int_equal(parse(&args, &err, "letter new -"), 0);
    assert_string_equal(args.args[0], "-");
    assert_int_equal(parse(&args, &err, "letter new -- --odd.md"), 0);
    assert_string_equal(args.args[0], "--odd.md");
}

static void test_cli_args_parse__misses_nothing_with_help(void **state)
{
    static const char *const LINES[] = {"--help", "group --help", "group status --help", "--version", "-h", "hold -h"};
    struct cli_args args;
    struct err err;
    (void)state;
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++)
        assert_int_equal(parse(&args, &err, LINES[i]), 0);
}

static void test_cli_args_parse__bounds_the_options(void **state)
{
    const char *argv[2 * CLI_GIVEN_MAX + 8] = {"grannbud", "contact", "set", "con_1"};
    int argc = 4;
    struct cli_args args;
    struct err err;
    (void)state;
    for (int i = 0; i <= CLI_GIVEN_MAX; i++)
        argv[argc++] = "--email=a@example.se";
    assert_int_equal(cli_args_parse(argc, argv, &args, &err), ERR_USAGE);
}

static void test_cli_args_environment__fills_what_is_open(void **state)
{
    struct cli_args args;
    struct err err;
    (void)state;
    setenv("GRANNBUD_SOCKET", "/env", 1);
    setenv("GRANNBUD_AS", "eva", 1);
    parse(&args, &err, "status");
    cli_args_environment(&args);
    assert_string_equal(args.socket, "/env");
    assert_string_equal(args.as, "eva");
    parse(&args, &err, "status --socket /told --as bo");
    cli_args_environment(&args);
    assert_string_equal(args.socket, "/told");
    assert_string_equal(args.as, "bo");
    unsetenv("GRANNBUD_SOCKET");
    parse(&args, &err, "status");
    cli_args_environment(&args);
    assert_string_equal(args.socket, "/run/grannbud/api.sock");
    unsetenv("GRANNBUD_AS");
}

static void test_cli_command_find__knows_every_promised_name(void **state)
{
    static const char *const NAMES[][2] = {
        {"status", NULL},         {"area", "list"},         {"area", "show"},
        {"area", "import"},       {"municipality", "list"}, {"municipality", "show"},
        {"group", "add"},         {"group", "list"},        {"group", "show"},
        {"group", "set"},         {"group", "status"},      {"group", "import"},
        {"group", "export"},      {"contact", "add"},       {"contact", "list"},
        {"contact", "show"},      {"contact", "set"},       {"contact", "remove"},
        {"series", "add"},        {"series", "list"},       {"series", "show"},
        {"series", "pause"},      {"series", "resume"},     {"schedule", "next"},
        {"schedule", "upcoming"}, {"letter", "new"},        {"letter", "list"},
        {"letter", "show"},       {"letter", "edit"},       {"letter", "lint"},
        {"letter", "preview"},    {"letter", "test"},       {"letter", "submit"},
        {"letter", "approve"},    {"letter", "reject"},     {"letter", "send"},
        {"letter", "cancel"},     {"letter", "report"},     {"delivery", "list"},
        {"delivery", "show"},     {"delivery", "retry"},    {"why", NULL},
        {"user", "add"},          {"user", "list"},         {"user", "show"},
        {"user", "disable"},      {"token", "add"},         {"token", "list"},
        {"token", "revoke"},      {"audit", "list"},        {"audit", "verify"},
        {"audit", "export"},      {"store", "backup"},      {"store", "verify"},
        {"store", "migrate"},     {"hold", NULL},           {"resume", NULL},
        {"help", NULL},           {"completion", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (!cli_command_find(NAMES[i][0], NAMES[i][1]))
            fail_msg("no command %s %s", NAMES[i][0], NAMES[i][1] ? NAMES[i][1] : "");
}

/* What the other parts take for granted of every row. */
static void test_cli_command_at__is_a_sound_table(void **state)
{
    const struct cli_command *c;
    (void)state;
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        struct cli_arg args[CLI_ARGS_MAX];
        size_t n = cli_command_args(c, args);
        assert_non_null(c->help);
        assert_ptr_equal(cli_command_find(c->noun, c->verb), c);
        assert_true(c->run || (c->method && c->path));
        for (size_t k = 1; k < n; k++)
            assert_true(args[k].is_optional || !args[k - 1].is_optional);
        for (const struct cli_option *o = c->options; o && o->name; o++) {
            assert_non_null(o->help);
            assert_true((o->meta == NULL) == (o->type == CLI_FLAG));
            assert_null(cli_option_find(CLI_GLOBALS, o->name, strlen(o->name)));
            assert_ptr_equal(cli_option_find(c->options, o->name, strlen(o->name)), o);
        }
        for (const char *p = c->path ? strchr(c->path, '{') : NULL; p; p = strchr(p + 1, '{')) {
            bool is_known = false;
            for (size_t k = 0; k < n; k++)
                is_known |= strncmp(p + 1, args[k].name, strlen(args[k].name)) == 0;
            assert_true(is_known);
        }
    }
}

static void test_cli_command_args__reads_each_kind(void **state)
{
    static const struct cli_command COMMAND = {.noun = "x", .args = "ID FILE.md@source [OUT]>"};
    struct cli_arg args[CLI_ARGS_MAX];
    (void)state;
    assert_int_equal(cli_command_args(&COMMAND, args), 3);
    assert_string_equal(args[0].name, "ID");
    assert_int_equal(args[0].kind, 0);
    assert_string_equal(args[1].name, "FILE.md");
    assert_int_equal(args[1].kind, '@');
    assert_string_equal(args[1].key, "source");
    assert_false(args[1].is_optional);
    assert_string_equal(args[2].name, "OUT");
    assert_int_equal(args[2].kind, '>');
    assert_true(args[2].is_optional);
}

static const struct CMUnitTest TESTS[] = {
    TEST(test_cli_args_parse__takes_globals_before_and_after_the_noun),
    TEST(test_cli_args_parse__refuses_with_words),
    TEST(test_cli_args_parse__keeps_lists_lone_dashes_and_what_follows_two),
    TEST(test_cli_args_parse__misses_nothing_with_help),
    TEST(test_cli_args_parse__bounds_the_options),
    TEST(test_cli_args_environment__fills_what_is_open),
    TEST(test_cli_command_find__knows_every_promised_name),
    TEST(test_cli_command_at__is_a_sound_table),
    TEST(test_cli_command_args__reads_each_kind),
};
TEST_MAIN(TESTS)
