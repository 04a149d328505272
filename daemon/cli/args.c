/*
 * The command line, word by word. A word is an option when it begins with "-" and is longer than that; which options
 * there are is known once noun and verb are.
 */
#include "cli/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

#define DEFAULT_SOCKET "/run/grannbud/api.sock"

struct parse {
    int argc;
    const char *const *argv;
    int i;
    struct cli_args *out;
    struct err *err;
};

/* --- what was probably meant ------------------------------------------------------------------------------------- */

static const char *offer_noun(void *ctx, size_t i)
{
    const struct cli_command *c = cli_command_at(i);
    (void)ctx;
    return c ? c->noun : NULL;
}

static const char *offer_verb(void *ctx, size_t i)
{
    const char *noun = ctx;
    const struct cli_command *c;
    for (size_t k = 0; (c = cli_command_at(k)); k++)
        if (strcmp(c->noun, noun) == 0 && c->verb && i-- == 0)
            return c->verb;
    return NULL;
}

static const char *offer_option(void *ctx, size_t i)
{
    const struct cli_command *command = ctx;
    for (const struct cli_option *o = CLI_GLOBALS; o->name; o++)
        if (i-- == 0)
            return o->name;
    for (const struct cli_option *o = command ? command->options : NULL; o && o->name; o++)
        if (i-- == 0)
            return o->name;
    return NULL;
}

/* "group add", as it is typed. */
static const char *command_name(const struct cli_command *c, char out[64])
{
    snprintf(out, 64, "%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    return out;
}

static int unknown_noun(struct parse *p, const char *word)
{
    const char *near = cli_nearest(word, offer_noun, NULL);
    if (near)
        return err_set(p->err, ERR_USAGE, "there is no command '%s': did you mean '%s'? 'grannbud help' lists all",
                       word, near);
    return err_set(p->err, ERR_USAGE, "there is no command '%s': 'grannbud help' lists all", word);
}

static int unknown_verb(struct parse *p, const char *word)
{
    const char *near = cli_nearest(word, offer_verb, (void *)p->out->noun);
    if (near)
        return err_set(p->err, ERR_USAGE, "there is no command '%s %s': did you mean '%s %s'?", p->out->noun, word,
                       p->out->noun, near);
    return err_set(p->err, ERR_USAGE, "there is no command '%s %s': 'grannbud %s --help' lists what there is",
                   p->out->noun, word, p->out->noun);
}

static int unknown_option(struct parse *p, const char *name, size_t n)
{
    char word[64];
    char command[64];
    const struct cli_command *c = p->out->command;
    snprintf(word, sizeof word, "%.*s", (int)n, name);
    const char *near = cli_nearest(word, offer_option, (void *)c);
    if (near)
        return err_set(p->err, ERR_USAGE, "unknown option --%s: did you mean --%s?", word, near);
    if (c)
        return err_set(p->err, ERR_USAGE, "unknown option --%s: 'grannbud %s --help' lists those there are", word,
                       command_name(c, command));
    return err_set(p->err, ERR_USAGE, "unknown option --%s: a command's own options stand after it", word);
}

/* --- options -------------------------------------------------------------------------------------------------------
 */

static int set_global(struct parse *p, const char *name, const char *value)
{
    struct cli_args *out = p->out;
    const struct {
        const char *name;
        const char **text;
        bool *flag;
    } places[] = {
        {"socket", &out->socket, NULL}, {"url", &out->url, NULL},         {"token-file", &out->token_file, NULL},
        {"as", &out->as, NULL},         {"lang", &out->lang, NULL},       {"json", NULL, &out->json},
        {"help", NULL, &out->help},     {"version", NULL, &out->version},
    };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        if (strcmp(places[i].name, name) != 0)
            continue;
        if (places[i].flag)
            *places[i].flag = true;
        else
            *places[i].text = value;
    }
    if (strcmp(name, "lang") == 0 && strcmp(value, "sv") != 0 && strcmp(value, "en") != 0)
        return err_set(p->err, ERR_USAGE, "--lang %s: write --lang sv or --lang en", value);
    return 0;
}

static int set_own(struct parse *p, const struct cli_option *option, const char *value)
{
    struct cli_args *out = p->out;
    if (out->given_count == CLI_GIVEN_MAX)
        return err_set(p->err, ERR_USAGE, "more than %d options: give fewer", CLI_GIVEN_MAX);
    if (option->type != CLI_LIST && cli_args_has(out, option->name))
        return err_set(p->err, ERR_USAGE, "--%s stands there twice: give it once", option->name);
    out->given[out->given_count++] = (struct cli_given){option, value};
    return 0;
}

/* The value of an option: behind its "=", or the next word. */
static int option_value(struct parse *p, const struct cli_option *option, const char *equals, const char **out)
{
    *out = "";
    if (option->type == CLI_FLAG) {
        if (equals)
            return err_set(p->err, ERR_USAGE, "--%s takes no value: leave '%s' out", option->name, equals);
        return 0;
    }
    if (equals) {
        *out = equals + 1;
        return 0;
    }
    if (p->i + 1 >= p->argc || strncmp(p->argv[p->i + 1], "--", 2) == 0)
        return err_set(p->err, ERR_USAGE, "--%s needs a value: write --%s %s", option->name, option->name,
                       option->meta);
    *out = p->argv[++p->i];
    return 0;
}

static int take_option(struct parse *p, const char *word)
{
    const char *value = NULL;
    if (strcmp(word, "-h") == 0)
        word = "--help";
    if (word[1] != '-')
        return err_set(p->err, ERR_USAGE, "unknown option %s: options are written with two dashes and in full", word);
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    const struct cli_option *option = cli_option_find(CLI_GLOBALS, name, n);
    bool is_global = option != NULL;
    if (!option && p->out->command)
        option = cli_option_find(p->out->command->options, name, n);
    if (!option)
        return unknown_option(p, name, n);
    int rc = option_value(p, option, equals, &value);
    if (rc)
        return rc;
    return is_global ? set_global(p, option->name, value) : set_own(p, option, value);
}

/* --- words ---------------------------------------------------------------------------------------------------------
 */

static int take_word(struct parse *p, const char *word)
{
    struct cli_args *out = p->out;
    if (!out->noun) {
        const struct cli_command *c = cli_noun_find(word);
        if (!c)
            return unknown_noun(p, word);
        out->noun = c->noun;
        out->command = cli_command_find(word, NULL);
        return 0;
    }
    if (!out->command) {
        out->command = cli_command_find(out->noun, word);
        return out->command ? 0 : unknown_verb(p, word);
    }
    struct cli_arg args[CLI_ARGS_MAX];
    size_t most = cli_command_args(out->command, args);
    char name[64];
    if (out->arg_count == most)
        return err_set(p->err, ERR_USAGE,
                       "'%s' is one word too many for '%s': put a text with blanks in quotation marks", word,
                       command_name(out->command, name));
    out->args[out->arg_count++] = word;
    return 0;
}

/* Is everything there that the command cannot do without? */
static int check_complete(struct parse *p)
{
    struct cli_args *out = p->out;
    struct cli_arg args[CLI_ARGS_MAX];
    char name[64];
    if (out->help || out->version)
        return 0;
    if (!out->noun)
        return err_set(p->err, ERR_USAGE, "no command: 'grannbud help' lists them");
    if (!out->command)
        return err_set(p->err, ERR_USAGE, "'%s' needs a word more: 'grannbud %s --help' lists what there is", out->noun,
                       out->noun);
    size_t n = cli_command_args(out->command, args);
    command_name(out->command, name);
    if (out->arg_count < n && !args[out->arg_count].is_optional)
        return err_set(p->err, ERR_USAGE, "%s is missing: 'grannbud %s --help' shows how it is written",
                       args[out->arg_count].name, name);
    for (const struct cli_option *o = out->command->options; o && o->name; o++)
        if (o->is_required && !cli_args_has(out, o->name))
            return err_set(p->err, ERR_USAGE, "'%s' needs --%s %s: %s", name, o->name, o->meta, o->help);
    if (out->url && out->socket)
        return err_set(p->err, ERR_USAGE, "--url and --socket name two daemons: give one of them");
    if (out->token_file && !out->url)
        return err_set(p->err, ERR_USAGE, "--token-file is for --url: the Unix socket knows you by your uid");
    return 0;
}

int cli_args_parse(int argc, const char *const *argv, struct cli_args *out, struct err *err)
{
    struct parse p = {argc, argv, 1, out, err};
    bool only_words = false;
    memset(out, 0, sizeof *out);
    for (; p.i < argc; p.i++) {
        const char *word = argv[p.i];
        int rc;
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (!only_words && word[0] == '-' && word[1])
            rc = take_option(&p, word);
        else
            rc = take_word(&p, word);
        if (rc)
            return rc;
    }
    return check_complete(&p);
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

void cli_args_environment(struct cli_args *args)
{
    if (!args->socket && !args->url) {
        args->socket = environment("GRANNBUD_SOCKET");
        if (!args->socket)
            args->socket = DEFAULT_SOCKET;
    }
    if (!args->as)
        args->as = environment("GRANNBUD_AS");
}

const char *cli_args_get(const struct cli_args *args, const char *name)
{
    for (size_t i = args->given_count; i-- > 0;)
        if (strcmp(args->given[i].option->name, name) == 0)
            return args->given[i].value;
    return NULL;
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    return cli_args_get(args, name) != NULL;
}
