/*
 * Look-up in the table of commands, and the meaning of its small texts (see cli/command.h). The table itself is in
 * commands_*.c.
 */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct cli_command *const PARTS[] = {CLI_COMMANDS_SYSTEM, CLI_COMMANDS_REGISTER, CLI_COMMANDS_LETTER,
                                                  CLI_COMMANDS_ALERT,  CLI_COMMANDS_WEBHOOK,  CLI_COMMANDS_INCOMING};

const struct cli_option CLI_GLOBALS[] = {
    {"socket", "PATH", .help = "the daemon's Unix socket (GRANNBUD_SOCKET; /run/grannbud/api.sock)"},
    {"url", "URL", .help = "speak to a daemon over TCP, with --token-file"},
    {"token-file", "FILE", .help = "file that holds an API token and that others cannot read"},
    {"as", "USER", .help = "act as this staff user, for administrators (GRANNBUD_AS)"},
    {"json", NULL, CLI_FLAG, .help = "print the daemon's JSON"},
    {"lang", "sv|en", .help = "language of texts for officers; default: by LANG, else both"},
    {"help", NULL, CLI_FLAG, .help = "this help"},
    {"version", NULL, CLI_FLAG, .help = "print the version"},
    {.name = NULL},
};

const struct cli_command *cli_command_at(size_t i)
{
    for (size_t p = 0; p < ARRAY_LEN(PARTS); p++)
        for (const struct cli_command *c = PARTS[p]; c->noun; c++)
            if (i-- == 0)
                return c;
    return NULL;
}

const struct cli_command *cli_command_find(const char *noun, const char *verb)
{
    const struct cli_command *c;
    for (size_t i = 0; (c = cli_command_at(i)); i++) {
        bool is_verb = verb ? c->verb && strcmp(c->verb, verb) == 0 : !c->verb;
        if (is_verb && strcmp(c->noun, noun) == 0)
            return c;
    }
    return NULL;
}

const struct cli_command *cli_noun_find(const char *noun)
{
    const struct cli_command *c;
    for (size_t i = 0; (c = cli_command_at(i)); i++)
        if (strcmp(c->noun, noun) == 0)
            return c;
    return NULL;
}

const struct cli_option *cli_option_find(const struct cli_option *options, const char *name, size_t n)
{
    for (const struct cli_option *o = options; o && o->name; o++)
        if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
            return o;
    return NULL;
}

/* One word of `args`: "STATE=state", "[FILE]>". */
static void read_arg(const char *word, size_t n, struct cli_arg *out)
{
    memset(out, 0, sizeof *out);
    out->is_optional = word[0] == '[';
    size_t begin = out->is_optional ? 1 : 0;
    size_t end = begin;
    while (end < n && !strchr("=@>]", word[end]))
        end++;
    snprintf(out->name, sizeof out->name, "%.*s", (int)(end - begin), word + begin);
    if (end < n && word[end] == ']')
        end++;
    if (end < n) {
        out->kind = word[end];
        snprintf(out->key, sizeof out->key, "%.*s", (int)(n - end - 1), word + end + 1);
    }
}

size_t cli_command_args(const struct cli_command *command, struct cli_arg out[CLI_ARGS_MAX])
{
    size_t n = 0;
    for (const char *p = command->args; p && *p && n < CLI_ARGS_MAX;) {
        size_t len = strcspn(p, " ");
        read_arg(p, len, &out[n++]);
        p += len;
        p += strspn(p, " ");
    }
    return n;
}

enum { NEAREST_WORD_MAX = 32 };

/* Levenshtein's distance of two short words. */
static size_t distance(const char *a, const char *b)
{
    size_t na = strlen(a);
    size_t nb = strlen(b);
    size_t row[NEAREST_WORD_MAX + 1];
    if (na > NEAREST_WORD_MAX || nb > NEAREST_WORD_MAX)
        return NEAREST_WORD_MAX;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

const char *cli_nearest(const char *word, const char *(*offer)(void *ctx, size_t i), void *ctx)
{
    const char *best = NULL;
    const char *candidate;
    size_t limit = strlen(word) <= 3 ? 2 : 3; /* one wrong letter in a short word, two in a longer one */
    for (size_t i = 0; (candidate = offer(ctx, i)); i++) {
        size_t d = distance(word, candidate);
        bool begins = strlen(word) >= 2 && strncmp(candidate, word, strlen(word)) == 0;
        if (d < limit || (begins && !best)) {
            best = candidate;
            limit = d < limit ? d : limit;
        }
    }
    return best;
}
