/*
 * Asking the daemon: a command as its table says, page after page, and what was refused in words.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "cli/show.h"
#include "cli/table.h"

/* --- one request ---------------------------------------------------------------------------------------------------
 */

static int make_client(struct cli *cli, struct err *err)
{
    struct client_options options = {.socket = cli->args.socket,
                                     .url = cli->args.url,
                                     .token_file = cli->args.token_file,
                                     .as = cli->args.as,
                                     .key = cli_args_get(&cli->args, "idempotency-key")};
    return cli->client ? 0 : client_new(&options, &cli->client, err);
}

/* What the daemon refused, in its own words (RFC 9457). */
static int refused(struct cli *cli, int status, const json_t *problem)
{
    const char *what = show_text(problem, "detail", show_text(problem, "title", NULL));
    const json_t *problems = json_object_get(problem, "problems");
    if (cli->args.json && problem)
        cli_print_json(cli, problem);
    if (json_array_size(problems) > 0 && !cli->args.json) {
        struct cli_arg list[CLI_ARGS_MAX];
        size_t n = cli_command_args(cli->args.command, list);
        const char *file = "";
        for (size_t i = 0; i < n && i < cli->args.arg_count; i++)
            if (list[i].kind == '@')
                file = cli->args.args[i];
        cli_print_totals(cli, problem);
        cli_print_problems(cli, file, problems);
    }
    if (!what)
        return cli_fail(cli, CLI_REFUSED,
                        "the answer has status %d and no words: is that Grannbud's daemon? Look at its log", status);
    if (status == 401 && cli->args.url)
        return cli_fail(cli, CLI_REFUSED, "%s: give a valid token with --token-file", what);
    return cli_fail_words(cli, CLI_REFUSED, what, show_text(problem, "detail_sv", NULL));
}

static int send_request(struct cli *cli, const struct cli_request *request, struct client_answer *answer,
                        struct err *err)
{
    struct buf file;
    char *text = NULL;
    const char *type = "application/json";
    int rc = make_client(cli, err);
    buf_init(&file, CLI_FILE_MAX_BYTES);
    if (!rc && request->file) {
        type = "application/octet-stream";
        rc = cli_read_file(request->file, &file, err);
    } else if (!rc && request->body) {
        text = json_dumps(request->body, JSON_COMPACT);
        buf_adds(&file, text ? text : "{}");
    }
    bool has_body = request->file || request->body;
    if (!rc)
        rc = client_call(cli->client, request->method ? request->method : cli->args.command->method,
                         buf_str(&request->path), type, has_body ? buf_str(&file) : NULL, file.len, answer, err);
    free(text);
    buf_fini(&file);
    return rc;
}

int cli_ask(struct cli *cli, const struct cli_request *request, json_t **answer, struct buf *raw)
{
    struct client_answer got;
    struct err err = {.text = ""};
    *answer = NULL;
    int rc = send_request(cli, request, &got, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    json_t *json = json_loadb(buf_str(&got.body), got.body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    int result = CLI_DONE;
    if (got.status < 200 || got.status > 299) {
        result = refused(cli, got.status, json);
    } else if (raw) {
        buf_add(raw, buf_str(&got.body), got.body.len);
    } else if (!json && got.body.len > 0) {
        result = cli_fail(cli, CLI_REFUSED, "the answer is no JSON: is that Grannbud's daemon, of this version?");
    } else {
        *answer = json;
        json = NULL;
    }
    json_decref(json);
    client_answer_fini(&got);
    return result;
}

/* --- lists ---------------------------------------------------------------------------------------------------------
 */

/* The rest of a list behind its first page; `all` grows. */
static int follow(struct cli *cli, const struct cli_request *first, json_t *all)
{
    json_t *items = json_object_get(all, "items");
    int rc = CLI_DONE;
    const char *next;
    while (rc == CLI_DONE && (next = json_string_value(json_object_get(all, "next"))) != NULL) {
        struct cli_request request = {.body = NULL};
        json_t *page = NULL;
        if (json_array_size(items) > CLI_ROWS_MAX)
            return cli_fail(cli, CLI_REFUSED, "more than %d rows: ask for less", CLI_ROWS_MAX);
        buf_init(&request.path, CLI_PATH_MAX_BYTES);
        buf_adds(&request.path, buf_str(&first->path));
        buf_addf(&request.path, "%climit=1000&after=", strchr(buf_str(&first->path), '?') ? '&' : '?');
        cli_encode(&request.path, next);
        rc = cli_ask(cli, &request, &page, NULL);
        if (rc == CLI_DONE) {
            json_t *more = json_object_get(page, "items");
            bool is_stuck = json_array_size(more) == 0;
            json_array_extend(items, more);
            json_object_set(all, "next", is_stuck ? json_null() : json_object_get(page, "next"));
        }
        json_decref(page);
        cli_request_fini(&request);
    }
    return rc;
}

static bool has_option(const struct cli *cli, const char *name)
{
    return cli_option_find(cli->args.command->options, name, strlen(name)) != NULL;
}

/* --- the command ---------------------------------------------------------------------------------------------------
 */

static const char *output_of(const struct cli_command *command, const struct cli_request *request)
{
    if (request->output)
        return request->output;
    return command->args && strchr(command->args, '>') ? "-" : NULL;
}

/* What is no JSON into a file, or shown; with --json shown as the member "text" of an object, for programs. */
static int save(struct cli *cli, const struct cli_request *request, const char *path)
{
    struct buf raw;
    struct err err = {.text = ""};
    json_t *none = NULL;
    buf_init(&raw, CLIENT_ANSWER_BYTES);
    int code = cli_ask(cli, request, &none, &raw);
    bool is_shown = strcmp(path, "-") == 0;
    json_t *wrapped =
        cli->args.json && is_shown ? json_pack("{s:o?}", "text", json_stringn(buf_str(&raw), raw.len)) : NULL;
    int rc = code == CLI_DONE && !wrapped ? cli_write_file(cli, path, &raw, &err) : 0;
    if (rc)
        code = cli_fail_err(cli, rc, &err);
    else if (code == CLI_DONE && wrapped)
        cli_print_json(cli, wrapped);
    else if (code == CLI_DONE && cli->args.json)
        fprintf(cli->out, "{\"bytes\": %zu}\n", raw.len);
    else if (code == CLI_DONE && !is_shown)
        fprintf(cli->out, "%s: %zu bytes written, for your eyes only (mode 0600)\n", path, raw.len);
    json_decref(wrapped);
    buf_fini(&raw);
    return code;
}

int cli_call(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    int rc = cli_request_init(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    const char *output = output_of(cli->args.command, &request);
    if (output) {
        rc = save(cli, &request, output);
    } else {
        rc = cli_ask(cli, &request, &answer, NULL);
        if (rc == CLI_DONE && json_is_array(json_object_get(answer, "items")) && !has_option(cli, "limit"))
            rc = follow(cli, &request, answer);
        if (rc == CLI_DONE)
            rc = cli_show(cli, answer);
    }
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}

void cli_print_json(struct cli *cli, const json_t *value)
{
    json_dumpf(value, cli->out, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', cli->out);
}

int cli_show(struct cli *cli, const json_t *answer)
{
    const struct cli_command *command = cli->args.command;
    const json_t *rows = json_is_array(answer) ? answer : json_object_get(answer, "items");
    if (cli->args.json && answer)
        cli_print_json(cli, answer);
    if (command->view)
        return command->view(cli, answer);
    if (cli->args.json)
        return CLI_DONE;
    if (json_is_array(rows))
        show_list(cli->out, rows, command->columns, command->say);
    else if (command->say)
        show_sentence(cli->out, command->say, answer);
    else if (json_object_size(answer) > 0)
        show_object(cli->out, answer);
    else
        fputs("done\n", cli->out);
    return CLI_DONE;
}
