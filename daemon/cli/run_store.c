/*
 * `store backup`, `store restore`, `store migrate`: the store's file. A restore starts the daemon again, which is
 * waited for here.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/show.h"
#include "cli/table.h"

/* The daemon stops within 10 s; opening and checking a large store takes a while. */
enum { RESTORE_WAIT_S = 120, POLL_MS = 200, PATH_ARG = 0 };

/* The daemon has another working directory, so it gets the whole path. Runs `call` with it. */
static int with_whole_path(struct cli *cli, int (*call)(struct cli *cli))
{
    const char *name = cli->args.args[PATH_ARG];
    char *here = name[0] == '/' ? NULL : getcwd(NULL, 0);
    char *path = here ? xasprintf("%s/%s", here, name) : xstrdup(name);
    cli->args.args[PATH_ARG] = path;
    int code = call(cli);
    cli->args.args[PATH_ARG] = name;
    free(path);
    free(here);
    return code;
}

int cli_run_backup(struct cli *cli)
{
    return with_whole_path(cli, cli_call);
}

/* --- restore -------------------------------------------------------------------------------------------------------
 */

static void print_time(struct cli *cli, const char *before, const json_t *time, const char *after)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    show_value(&text, time);
    fputs(before, cli->out);
    print_clean(cli->out, buf_str(&text), false);
    fputs(after, cli->out);
    buf_fini(&text);
}

static bool is_any_expanding(const json_t *messages)
{
    size_t i;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        if (strcmp(show_text(message, "state", ""), "expanding") == 0)
            return true;
    }
    return false;
}

static void print_would_send(struct cli *cli, const json_t *answer)
{
    const json_t *would = json_object_get(answer, "would_send");
    const json_t *messages = json_object_get(would, "messages");
    const json_t *approved = json_object_get(would, "approved");
    if (json_array_size(messages) == 0 && json_array_size(approved) == 0 && show_number(would, "webhooks") == 0) {
        fputs("Nothing in it waits to be sent.\n", cli->out);
        return;
    }
    if (json_array_size(messages) > 0) {
        fprintf(cli->out, "It would send %lld mails that were not sent yet:\n", show_number(would, "deliveries"));
        show_list(cli->out, messages, "deliveries>:Mails due>:Due_now kind:Kind state:State title:Title letter:Letter",
                  NULL);
        if (is_any_expanding(messages))
            fputs("Those that are expanding go to more people: their list was still being written.\n", cli->out);
    }
    if (show_number(would, "webhooks") > 0)
        fprintf(cli->out, "It would call webhooks %lld times, with what had not arrived (grannbud webhook list).\n",
                show_number(would, "webhooks"));
    if (json_array_size(approved) > 0) {
        fputs("And these approved letters, at their time (at once when it has passed):\n", cli->out);
        show_list(cli->out, approved, "due_at:Due title:Title period:Period id:Letter", NULL);
    }
}

static void print_copy(struct cli *cli, const json_t *answer)
{
    size_t i;
    json_t *problem;
    print_clean(cli->out, show_text(answer, "path", "?"), false);
    fprintf(cli->out, " is sound: version %lld, %.1f MB.\n", show_number(answer, "version"),
            (double)show_number(answer, "size_bytes") / 1e6);
    print_time(cli, "It knows nothing after ", json_object_get(answer, "newest"),
               ": what was sent or changed after that is not in it,\nand what was sent may go again.\n");
    json_array_foreach(json_object_get(answer, "problems"), i, problem)
    {
        fputs("Problem: ", cli->out);
        print_clean(cli->out, json_is_string(problem) ? json_string_value(problem) : "?", false);
        fputc('\n', cli->out);
    }
    print_would_send(cli, answer);
}

/* Is the daemon back, with this restore in it? Quiet: that nobody answers is expected for a while. */
static bool is_back(struct cli *cli, const char *id)
{
    struct client_answer got;
    struct err err = {.text = ""};
    if (client_call(cli->client, "GET", "/api/v1/status", NULL, NULL, 0, &got, &err) != 0)
        return false;
    json_t *status = json_loadb(buf_str(&got.body), got.body.len, 0, NULL);
    bool yes = strcmp(show_text(json_object_get(status, "restored"), "id", ""), id) == 0;
    json_decref(status);
    client_answer_fini(&got);
    return yes;
}

static int wait_until_back(struct cli *cli, const json_t *answer)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = POLL_MS * 1000000L};
    for (int i = 0; i < RESTORE_WAIT_S * 1000 / POLL_MS; i++) {
        if (is_back(cli, show_text(answer, "id", "?")))
            return CLI_DONE;
        nanosleep(&pause, NULL);
    }
    return cli_fail(cli, CLI_UNREACHABLE,
                    "the backup is staged, and the daemon has not come back with it within %d s: look at its log "
                    "(journalctl -u grannbud), and start it; the restore then takes place",
                    RESTORE_WAIT_S);
}

static void print_done(struct cli *cli, const json_t *answer)
{
    fputs("\nRestored. The daemon is ON HOLD: nothing is sent until 'grannbud resume'.\n", cli->out);
    if (json_is_string(json_object_get(answer, "kept_as"))) {
        fputs("What the store was is in ", cli->out);
        print_clean(cli->out, show_text(answer, "kept_as", ""), false);
        fputs("\n(it holds personal data: delete it when it is no longer needed).\n", cli->out);
    }
    fputs("Look first: status, letter list, user list, token list. A letter that has gone already: letter cancel.\n",
          cli->out);
}

static int restore(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    int rc = cli_request_init(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    rc = cli_ask(cli, &request, &answer, NULL);
    bool is_staged = rc == CLI_DONE && json_is_true(json_object_get(answer, "staged"));
    if (rc == CLI_DONE && !cli->args.json)
        print_copy(cli, answer);
    if (is_staged) {
        fflush(cli->out);
        rc = wait_until_back(cli, answer);
    }
    if (rc == CLI_DONE && cli->args.json)
        cli_print_json(cli, answer);
    else if (rc == CLI_DONE && is_staged)
        print_done(cli, answer);
    else if (rc == CLI_DONE)
        fputs("\nA dry run: nothing was changed.\n", cli->out);
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}

int cli_run_restore(struct cli *cli)
{
    return with_whole_path(cli, restore);
}

/* --- migrate -------------------------------------------------------------------------------------------------------
 */

int cli_run_migrate(struct cli *cli)
{
    json_t *answer = NULL;
    struct cli_request request = {.body = NULL};
    buf_init(&request.path, CLI_PATH_MAX_BYTES);
    buf_adds(&request.path, cli->args.command->path);
    int rc = cli_ask(cli, &request, &answer, NULL);
    const json_t *store = json_object_get(answer, "store");
    if (rc == CLI_DONE && cli->args.json) {
        cli_print_json(cli, store);
    } else if (rc == CLI_DONE) {
        fprintf(cli->out, "The store is at version %lld; this daemon (", show_number(store, "version"));
        print_clean(cli->out, show_text(answer, "version", "?"), false);
        fprintf(cli->out, ") knows versions 1 to %lld.\n", show_number(store, "latest"));
        fputs(
            "There is nothing to do: a store is brought to the daemon's version when grannbudd starts, each step in a\n"
            "transaction, before any request is taken. Before an upgrade: grannbud store backup FILE. A newer store "
            "is\n"
            "refused by an older daemon: to go back, restore that backup.\n",
            cli->out);
    }
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}
