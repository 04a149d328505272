/*
 * Help and completion, made from the table of commands, so that neither can forget one.
 *
 * No line is longer than HELP_COLUMNS or the terminal; longer texts are broken at blanks under their own beginning.
 */
#include "cli/cli.h"

#include <string.h>

#include "cli/table.h"
#include "cli/words.h"

enum { HELP_COLUMNS = 100, HELP_INDENT = 2 };

/* `text` from column `at`, broken before HELP_COLUMNS, with a line end. */
static void print_wrapped(FILE *out, const char *text, size_t at)
{
    size_t column = at;
    size_t columns = words_columns(HELP_COLUMNS);
    while (*text) {
        size_t n = strcspn(text, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        size_t width = text_columns(word);
        if (column > at && column + 1 + width > columns) {
            fprintf(out, "\n%*s", (int)at, "");
            column = at;
        }
        if (column > at) {
            fputc(' ', out);
            column++;
        }
        fputs(word, out);
        column += width;
        text += n;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

/* "  left      text" */
static void print_pair(FILE *out, const char *left, size_t width, const char *text)
{
    fprintf(out, "%*s%-*s  ", HELP_INDENT, "", (int)width, left);
    print_wrapped(out, text, HELP_INDENT + width + 2);
}

/* --- one command ---------------------------------------------------------------------------------------------------
 */

static void option_word(const struct cli_option *o, char out[96])
{
    snprintf(out, 96, "--%s%s%s", o->name, o->meta ? " " : "", o->meta ? o->meta : "");
}

static void add_synopsis(struct buf *out, const struct cli_command *c)
{
    struct cli_arg args[CLI_ARGS_MAX];
    size_t n = cli_command_args(c, args);
    char word[96];
    buf_addf(out, "grannbud %s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
    for (size_t i = 0; i < n; i++)
        buf_addf(out, args[i].is_optional ? " [%s]" : " %s", args[i].name);
    for (const struct cli_option *o = c->options; o && o->name; o++) {
        /* A blank between an option and its value must not be where the line is broken. */
        option_word(o, word);
        buf_addf(out, o->is_required ? " %s" : " [%s]", word);
    }
}

static size_t option_width(const struct cli_option *options, size_t width)
{
    char word[96];
    for (const struct cli_option *o = options; o && o->name; o++) {
        option_word(o, word);
        width = strlen(word) > width ? strlen(word) : width;
    }
    return width;
}

static void print_options(FILE *out, const char *title, const struct cli_option *options, size_t width)
{
    char word[96];
    if (!options)
        return;
    fprintf(out, "\n%s:\n", title);
    for (const struct cli_option *o = options; o->name; o++) {
        option_word(o, word);
        print_pair(out, word, width, o->help);
    }
}

static void print_more(FILE *out, const char *text)
{
    fputc('\n', out);
    while (*text) {
        size_t n = strcspn(text, "\n");
        char line[512];
        size_t indent = strspn(text, " ");
        snprintf(line, sizeof line, "%.*s", (int)(n - indent), text + indent);
        fprintf(out, "%*s", (int)indent, "");
        print_wrapped(out, line, indent);
        text += n + (text[n] == '\n');
    }
}

static void help_command(FILE *out, const struct cli_command *c)
{
    struct buf synopsis;
    size_t width = option_width(c->options, option_width(CLI_GLOBALS, 0));
    buf_init(&synopsis, 4096);
    add_synopsis(&synopsis, c);
    fputs("usage: ", out);
    print_wrapped(out, buf_str(&synopsis), strlen("usage: "));
    fputc('\n', out);
    print_wrapped(out, c->help, 0);
    print_options(out, "options", c->options, width);
    print_options(out, "options of every command", CLI_GLOBALS, width);
    if (c->more)
        print_more(out, c->more);
    buf_fini(&synopsis);
}

/* --- lists of commands ---------------------------------------------------------------------------------------------
 */

/* "GROUP STATE", as it follows noun and verb. */
static void command_words(const struct cli_command *c, bool with_noun, char out[96])
{
    struct cli_arg args[CLI_ARGS_MAX];
    size_t n = cli_command_args(c, args);
    struct buf text;
    buf_init(&text, 95);
    buf_addf(&text, "%s%s%s", with_noun ? c->noun : "", with_noun && c->verb ? " " : "", c->verb ? c->verb : "");
    for (size_t i = 0; i < n; i++)
        buf_addf(&text, args[i].is_optional ? " [%s]" : " %s", args[i].name);
    snprintf(out, 96, "%s", buf_str(&text));
    buf_fini(&text);
}

static size_t words_width(const char *noun, bool with_noun)
{
    const struct cli_command *c;
    size_t width = 0;
    char words[96];
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        if (noun && strcmp(c->noun, noun) != 0)
            continue;
        command_words(c, with_noun, words);
        width = strlen(words) > width ? strlen(words) : width;
    }
    return width;
}

static void print_commands(FILE *out, const char *noun, bool with_noun)
{
    const struct cli_command *c;
    const char *before = NULL;
    size_t width = words_width(noun, with_noun);
    char words[96];
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        if (noun && strcmp(c->noun, noun) != 0)
            continue;
        if (!noun && c->verb && before && strcmp(before, c->noun) != 0)
            fputc('\n', out);
        before = c->noun;
        command_words(c, with_noun, words);
        print_pair(out, words, width, c->help);
    }
}

static void help_noun(FILE *out, const char *noun)
{
    fprintf(out, "usage: grannbud %s VERB ...\n\n", noun);
    print_commands(out, noun, false);
    fprintf(out, "\n'grannbud %s VERB --help' says more about one of them.\n", noun);
}

static void help_all(FILE *out)
{
    fputs("usage: grannbud [--socket PATH | --url URL --token-file FILE] [--json] NOUN VERB ...\n\n"
          "Command line of Grannbud: letters to neighbourhood-watch groups, and the proof that they arrived.\n\n",
          out);
    print_commands(out, NULL, true);
    print_options(out, "options of every command", CLI_GLOBALS, option_width(CLI_GLOBALS, 0));
    fputs("\nexit code: 0 done, 1 refused or failed, 2 usage, 69 the daemon cannot be reached\n", out);
}

void cli_help(struct cli *cli, const struct cli_args *args)
{
    if (args->command)
        help_command(cli->out, args->command);
    else if (args->noun)
        help_noun(cli->out, args->noun);
    else
        help_all(cli->out);
}

int cli_run_help(struct cli *cli)
{
    const struct cli_args *args = &cli->args;
    struct cli_args asked = {.noun = NULL};
    struct err err = {.text = ""};
    const char *words[CLI_ARGS_MAX + 2] = {"grannbud", args->args[0], args->args[1]};
    int count = 1 + (int)args->arg_count;
    words[count++] = "--help";
    int rc = cli_args_parse(count, words, &asked, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    cli_help(cli, &asked);
    return CLI_DONE;
}

/* --- completion ----------------------------------------------------------------------------------------------------
 */

static void completion_nouns(FILE *out)
{
    const struct cli_command *c;
    const char *before = "";
    fputs("    local nouns='", out);
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        if (strcmp(before, c->noun) != 0)
            fprintf(out, "%s%s", before[0] ? " " : "", c->noun);
        before = c->noun;
    }
    fputs("'\n    local globals='", out);
    for (const struct cli_option *o = CLI_GLOBALS; o->name; o++)
        fprintf(out, "%s--%s", o == CLI_GLOBALS ? "" : " ", o->name);
    fputs("'\n", out);
}

static void completion_verbs(FILE *out)
{
    const struct cli_command *c;
    fputs("    case \"$noun\" in\n", out);
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        if (!c->verb || cli_noun_find(c->noun) != c)
            continue;
        fprintf(out, "        %s) verbs='", c->noun);
        const struct cli_command *each;
        for (size_t k = i; (each = cli_command_at(k)) && strcmp(each->noun, c->noun) == 0; k++)
            fprintf(out, "%s%s", k == i ? "" : " ", each->verb);
        fputs("' ;;\n", out);
    }
    fputs("    esac\n", out);
}

static void completion_options(FILE *out)
{
    const struct cli_command *c;
    fputs("    case \"$noun $verb\" in\n", out);
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        if (!c->options)
            continue;
        fprintf(out, "        '%s %s') options='", c->noun, c->verb ? c->verb : "");
        for (const struct cli_option *o = c->options; o->name; o++)
            fprintf(out, "%s--%s", o == c->options ? "" : " ", o->name);
        fputs("' ;;\n", out);
    }
    fputs("    esac\n", out);
}

/* Options before the noun that are followed by a value. */
static void completion_valued(FILE *out)
{
    const char *bar = "";
    for (const struct cli_option *o = CLI_GLOBALS; o->name; o++) {
        if (o->type == CLI_FLAG)
            continue;
        fprintf(out, "%s--%s", bar, o->name);
        bar = " | ";
    }
}

void cli_completion(FILE *out)
{
    fputs("# Completion of grannbud for bash. Made by `grannbud completion`; do not edit.\n"
          "_grannbud()\n"
          "{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} noun='' verb='' verbs='' options='' i\n",
          out);
    completion_nouns(out);
    fputs("    COMPREPLY=()\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case \"${COMP_WORDS[i]}\" in\n"
          "            ",
          out);
    completion_valued(out);
    fputs(") ((i++)) ;;\n"
          "            -*) ;;\n"
          "            *) if [[ -z $noun ]]; then noun=${COMP_WORDS[i]}; elif [[ -z $verb ]]; then "
          "verb=${COMP_WORDS[i]}; fi ;;\n"
          "        esac\n"
          "    done\n",
          out);
    completion_verbs(out);
    fputs("    [[ -n $verbs ]] || verb=''\n", out);
    completion_options(out);
    fputs("    if [[ $cur == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$options $globals\" -- \"$cur\")\n"
          "    elif [[ -z $noun ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$nouns\" -- \"$cur\")\n"
          "    elif [[ -n $verbs && -z $verb ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$verbs\" -- \"$cur\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _grannbud grannbud\n",
          out);
}

int cli_run_completion(struct cli *cli)
{
    cli_completion(cli->out);
    return CLI_DONE;
}
