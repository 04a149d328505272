/*
 * grannbud, the command line: what its parts share.
 *
 * One process runs one command: arguments (cli/args.h) are held against the table (cli/command.h), become a request to
 * the daemon (call.c, cli/client.h), and the answer becomes text (cli/show.h, the views). It holds no rules of its own:
 * who may do what is the daemon's to say. Errors go to `err` as "grannbud: what is wrong: what to do".
 */
#ifndef GB_CLI_CLI_H
#define GB_CLI_CLI_H

#include "base/buf.h"
#include "base/err.h"
#include "cli/args.h"
#include "cli/client.h"

#include <stdio.h>

#include <jansson.h>

enum cli_exit { CLI_DONE = 0, CLI_REFUSED = 1, CLI_USAGE = 2, CLI_UNREACHABLE = 69 };
/* Texts for officers exist in both languages. */
enum cli_lang { CLI_BOTH, CLI_SV, CLI_EN };
enum { CLI_FILE_MAX_BYTES = 64 * 1024 * 1024, CLI_PATH_MAX_BYTES = 16 * 1024, CLI_ROWS_MAX = 2000000 };

struct cli {
    struct cli_args args;
    enum cli_lang lang;
    struct client *client; /* made by the first request */
    FILE *out, *err;
};

/* The whole program; returns its exit code. */
int cli_run(int argc, const char *const *argv, FILE *out, FILE *err);

/* "grannbud: ..." on cli->err; returns `code`. */
int cli_fail(struct cli *cli, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The same for a negative error code: usage is 2, nobody there 69, else 1. */
int cli_fail_words(struct cli *cli, int code, const char *en, const char *sv); /* in the person's language, or both */
int cli_fail_err(struct cli *cli, int code, const struct err *err);

/* What a command asks of the daemon. */
struct cli_request {
    const char *method; /* NULL: the command's */
    struct buf path;    /* with its query */
    json_t *body;       /* or NULL */
    const char *file;   /* its content is the body, or NULL */
    const char *output; /* the answer goes there, or NULL */
};
/* From the table and the arguments; reads the files that become members. 0 or a negative code. */
int cli_request_init(const struct cli_args *args, struct cli_request *out, struct err *err);
void cli_request_fini(struct cli_request *request);
/* Where a key with dots points: "target.areas" is member areas of object target, which is made when missing. `*key`
 * moves behind its last dot. Borrowed. */
json_t *cli_member_place(json_t *body, const char **key);
/* Append percent-encoded (RFC 3986: all but letters, digits, -._~). */
void cli_encode(struct buf *out, const char *text);

/* The command as its table says: asks, follows `next`, and shows. Returns the exit code. */
int cli_call(struct cli *cli);
/* One request; prints what was refused. CLI_DONE with *answer (the caller's; NULL when it is no JSON), or an exit
 * code. `raw`, if not NULL, is initialised and gets the body as it came. */
int cli_ask(struct cli *cli, const struct cli_request *request, json_t **answer, struct buf *raw);
/* The answer by --json, `view`, `columns` or `say`; returns the exit code. */
int cli_show(struct cli *cli, const json_t *answer);
void cli_print_json(struct cli *cli, const json_t *value);

/* The whole file ("-": standard input) into `out`; 0, ERR_IO or ERR_TOO_LARGE with words. */
int cli_read_file(const char *path, struct buf *out, struct err *err);
/* To a file that only the owner can read, whole or not at all ("-": standard output). */
int cli_write_file(struct cli *cli, const char *path, const struct buf *text, struct err *err);

/* Help and completion. `args` tells how much was named. */
void cli_help(struct cli *cli, const struct cli_args *args);
void cli_completion(FILE *out);

/* Functions that the table names. */
int cli_view_status(struct cli *cli, const json_t *answer);
int cli_view_import(struct cli *cli, const json_t *answer);
int cli_view_report(struct cli *cli, const json_t *answer);
int cli_view_lint(struct cli *cli, const json_t *answer);
int cli_view_why(struct cli *cli, const json_t *answer);
int cli_view_delivery(struct cli *cli, const json_t *answer);
int cli_view_audit(struct cli *cli, const json_t *answer);
int cli_view_webhook_made(struct cli *cli, const json_t *answer);
int cli_view_webhook_delivery(struct cli *cli, const json_t *answer);
int cli_run_webhook_add(struct cli *cli);
int cli_run_webhook_test(struct cli *cli);
int cli_view_alert(struct cli *cli, const json_t *answer);
int cli_run_preview(struct cli *cli);
int cli_run_lint(struct cli *cli);
int cli_run_schedule(struct cli *cli);
int cli_run_token(struct cli *cli);
int cli_run_backup(struct cli *cli);
int cli_run_restore(struct cli *cli);
int cli_run_migrate(struct cli *cli);
int cli_run_alert(struct cli *cli);
int cli_run_help(struct cli *cli);
int cli_run_completion(struct cli *cli);

/* The problems of an import, as the daemon lists them: "FILE:12:14 (E-post) error: ...". */
void cli_print_problems(struct cli *cli, const char *file, const json_t *problems);
/* "120 rows read: 2 errors, ...", when the answer is of an import that counts them. */
void cli_print_totals(struct cli *cli, const json_t *answer);

#endif
