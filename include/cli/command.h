/*
 * The commands of grannbud: one table that parsing, requests, help and completion are made from.
 *
 * Most commands are data alone: a method, a path, and for each option the member or query parameter that it becomes.
 * A command with a `run` of its own does something besides (a file is linted here, a schedule is worked out here).
 * The tables are static and never change: any thread. The texts are for administrators, in English.
 */
#ifndef GB_CLI_COMMAND_H
#define GB_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct json_t;

enum { CLI_ARGS_MAX = 3, CLI_ARG_NAME_BYTES = 32 };

enum cli_type {
    CLI_TEXT,   /* "" clears */
    CLI_NUMBER, /* whole; "" clears */
    CLI_YESNO,  /* yes or no */
    CLI_FLAG,   /* takes no value */
    CLI_LIST,   /* may be repeated; becomes an array of texts */
};
enum cli_place {
    CLI_BODY,  /* member `key` of the JSON body */
    CLI_QUERY, /* parameter `key` of the path */
    CLI_LOCAL, /* for the command's own function */
};

struct cli_option {
    const char *name; /* "municipality" for --municipality; NULL ends a list */
    const char *meta; /* "CODE"; NULL for a flag */
    enum cli_type type;
    enum cli_place place;
    const char *key; /* NULL: the name with _ for -; "target.areas" is a member of object target */
    bool is_required;
    const char *help;
};

struct cli_command {
    const char *noun; /* NULL ends a table */
    const char *verb; /* NULL: the noun alone is the command */
    /*
     * Positional arguments, separated by blanks: "GROUP STATE=state". In [] it may be missing. What follows the name:
     * nothing (it stands in the path as {GROUP}, or `run` takes it), "=key" (member or parameter), "@key" (the
     * file's text as that member), "@" (the file is the body), ">" (the answer goes to that file).
     */
    const char *args;
    const char *help; /* one line */
    const struct cli_option *options;
    const char *method; /* NULL: `run` speaks to nobody, or by itself */
    const char *path;
    int (*run)(struct cli *cli);                               /* NULL: cli_call() */
    int (*view)(struct cli *cli, const struct json_t *answer); /* NULL: by `columns`, or `say`, or member by member */
    const char *columns; /* of a list: "id:Id groups>:Groups reply~40:Reply" (key, > for right-aligned or
                          * ~N for at most N columns, title with _ for blanks) */
    const char *say;     /* a list: what to say when it is empty; else a sentence with {member}s of the answer */
    const char *more;    /* further lines of --help, or NULL */
};

/* The parts of the table. */
extern const struct cli_command CLI_COMMANDS_REGISTER[];
extern const struct cli_command CLI_COMMANDS_LETTER[];
extern const struct cli_command CLI_COMMANDS_INCOMING[];
extern const struct cli_command CLI_COMMANDS_WEBHOOK[];
extern const struct cli_command CLI_COMMANDS_ALERT[];
extern const struct cli_command CLI_COMMANDS_SYSTEM[];
/* What every command takes. */
extern const struct cli_option CLI_GLOBALS[];

/* All commands, one after the other; NULL after the last. */
const struct cli_command *cli_command_at(size_t i);
/* The command of a noun and a verb (NULL for a noun that is a command); NULL when there is none. */
const struct cli_command *cli_command_find(const char *noun, const char *verb);
/* The first command of a noun, NULL when the noun is unknown. */
const struct cli_command *cli_noun_find(const char *noun);
const struct cli_option *cli_option_find(const struct cli_option *options, const char *name, size_t n);

/* One positional argument as its text in `args` says it. */
struct cli_arg {
    char name[CLI_ARG_NAME_BYTES];
    char key[CLI_ARG_NAME_BYTES];
    char kind; /* 0, '=', '@' or '>' */
    bool is_optional;
};
/* Reads command->args; returns how many there are. */
size_t cli_command_args(const struct cli_command *command, struct cli_arg out[CLI_ARGS_MAX]);

/* The word among those offered that was probably meant, or NULL; offer() gives the i-th, NULL after the last. */
const char *cli_nearest(const char *word, const char *(*offer)(void *ctx, size_t i), void *ctx);

#endif
