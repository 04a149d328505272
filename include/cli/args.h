/*
 * The command line of grannbud, taken apart by the table of commands.
 *
 * Global options stand anywhere; a command's own after its noun and verb. `--name VALUE` and `--name=VALUE` are the
 * same; `--` ends the options. Everything borrowed from argv; no allocation. Pure but for the environment, which
 * cli_args_environment reads.
 */
#ifndef GB_CLI_ARGS_H
#define GB_CLI_ARGS_H

#include "cli/command.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { CLI_GIVEN_MAX = 64 };

struct cli_given {
    const struct cli_option *option;
    const char *value; /* "" for a flag */
};

struct cli_args {
    const char *noun;                  /* NULL: none was named */
    const struct cli_command *command; /* NULL: --help or --version of less than a command */
    const char *args[CLI_ARGS_MAX];
    size_t arg_count;
    struct cli_given given[CLI_GIVEN_MAX]; /* the command's own options, in order */
    size_t given_count;
    const char *socket, *url, *token_file, *as, *lang; /* NULL: not given */
    bool json, version, help;
};

/* 0, or ERR_USAGE with what is wrong and what to write. With --help or --version nothing is missed. */
int cli_args_parse(int argc, const char *const *argv, struct cli_args *out, struct err *err);
/* What the command line left open, from GRANNBUD_SOCKET and GRANNBUD_AS, else the default. */
void cli_args_environment(struct cli_args *args);

/* The value of a command's option (the last one given), or NULL. */
const char *cli_args_get(const struct cli_args *args, const char *name);
bool cli_args_has(const struct cli_args *args, const char *name);

#endif
