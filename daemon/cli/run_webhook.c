/*
 * Commands of webhooks that do something here: secrets and templates are read from files, a test is waited for.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "cli/show.h"
#include "cli/table.h"

enum { TEST_WAIT_S = 90, TEST_POLL_MS = 150 };

/* --- add, rotate ----------------------------------------------------------------------------------------------------
 */

static int set_text(json_t *body, const char *key, const char *text, size_t n, const char *where, struct err *err)
{
    json_t *value = json_stringn(text, n);
    if (!value)
        return err_set(err, ERR_INVALID, "%s is not UTF-8 text", where);
    json_object_set_new(body, key, value);
    return 0;
}

/* The first line of a file, or all of it, as a member. */
static int from_file(json_t *body, const char *key, const char *path, bool first_line, struct err *err)
{
    struct buf text;
    buf_init(&text, CLI_FILE_MAX_BYTES);
    int rc = cli_read_file(path, &text, err);
    if (rc == 0)
        rc = set_text(body, key, buf_str(&text), first_line ? strcspn(buf_str(&text), "\r\n") : text.len, path, err);
    buf_fini(&text);
    return rc;
}

/* A secret as it is, or "@FILE", so that it need not stand on the command line for all to see. */
static int put_secret(const struct cli_args *args, json_t *body, const char *name, struct err *err)
{
    const char *value = cli_args_get(args, name);
    if (!value)
        return 0;
    return value[0] == '@' ? from_file(body, name, value + 1, true, err)
                           : set_text(body, name, value, strlen(value), name, err);
}

static int put_local(const struct cli_args *args, json_t *body, struct err *err)
{
    const char *password = cli_args_get(args, "password-file");
    const char *template = cli_args_get(args, "template");
    int rc = put_secret(args, body, "secret", err);
    if (rc == 0)
        rc = put_secret(args, body, "token", err);
    if (rc == 0 && password)
        rc = from_file(body, "password", password, true, err);
    if (rc == 0 && template)
        rc = from_file(body, "template", template, false, err);
    if (cli_args_has(args, "no-exercises"))
        json_object_set_new(body, "exercises", json_false());
    return rc;
}

int cli_run_webhook_add(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    int rc = cli_request_init(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    if (!request.body)
        request.body = json_object();
    rc = put_local(&cli->args, request.body, &err);
    rc = rc ? cli_fail_err(cli, rc, &err) : cli_ask(cli, &request, &answer, NULL);
    if (rc == CLI_DONE)
        rc = cli_show(cli, answer);
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}

/* What is shown once goes out alone, so that a script can take it. */
int cli_view_webhook_made(struct cli *cli, const json_t *answer)
{
    const char *secret = show_text(answer, "secret", "");
    const char *public_key = show_text(answer, "public_key", "");
    if (cli->args.json)
        return CLI_DONE;
    fprintf(cli->out, "webhook %s: ", show_text(answer, "id", ""));
    print_clean(cli->out, show_text(answer, "name", ""), false);
    fputs("\n", cli->out);
    if (secret[0])
        fprintf(cli->out, "secret: %s\n", secret);
    if (public_key[0])
        fprintf(cli->out, "public key: %s\n", public_key);
    if (secret[0])
        fputs("The secret is shown only now: the receiver needs it to check signatures.\n", cli->err);
    return CLI_DONE;
}

/* --- deliveries -----------------------------------------------------------------------------------------------------
 */

static void print_lines(struct cli *cli, const char *text)
{
    print_clean(cli->out, text, true);
    if (text[0] && text[strlen(text) - 1] != '\n')
        fputs("\n", cli->out);
}

int cli_view_webhook_delivery(struct cli *cli, const json_t *answer)
{
    json_t *rest = json_copy((json_t *)answer);
    const char *transcript = show_text(answer, "transcript", "");
    if (!cli->args.json) {
        json_object_del(rest, "transcript");
        show_object(cli->out, rest);
        if (transcript[0]) {
            fputs("\n", cli->out);
            print_lines(cli, transcript);
        }
    }
    json_decref(rest);
    return CLI_DONE;
}

/* --- test -----------------------------------------------------------------------------------------------------------
 */

static bool has_ended(const json_t *delivery)
{
    const char *state = show_text(delivery, "state", "");
    return strcmp(state, "pending") != 0 && strcmp(state, "claimed") != 0;
}

/* Asks until the delivery has ended; *out is the caller's. */
static int wait_for(struct cli *cli, const char *webhook, const char *delivery, json_t **out)
{
    int64_t until_us = clock_stopwatch_us() + TEST_WAIT_S * US_PER_S;
    struct cli_request request = {.method = "GET"};
    int rc = CLI_DONE;
    buf_init(&request.path, CLI_PATH_MAX_BYTES);
    buf_addf(&request.path, "/api/v1/webhook/%s/deliveries/%s", webhook, delivery);
    while (rc == CLI_DONE) {
        const struct timespec pause = {.tv_nsec = TEST_POLL_MS * 1000000L};
        json_decref(*out);
        *out = NULL;
        rc = cli_ask(cli, &request, out, NULL);
        if (rc != CLI_DONE || has_ended(*out) || clock_stopwatch_us() >= until_us)
            break;
        nanosleep(&pause, NULL);
    }
    cli_request_fini(&request);
    return rc;
}

static int show_test(struct cli *cli, const json_t *delivery)
{
    bool is_sent = strcmp(show_text(delivery, "state", ""), "sent") == 0;
    const char *detail = show_text(delivery, "detail", "");
    if (cli->args.json)
        cli_print_json(cli, delivery);
    else
        print_lines(cli, show_text(delivery, "transcript", ""));
    if (!has_ended(delivery))
        return cli_fail(cli, CLI_REFUSED, "the test was not sent within %d s: is sending on hold (grannbud status)?",
                        TEST_WAIT_S);
    if (!is_sent)
        return cli_fail(cli, CLI_REFUSED, "the receiver did not take the test: %s", detail[0] ? detail : "no answer");
    if (!cli->args.json)
        fprintf(cli->out, "the receiver took the test: %s\n", detail);
    return CLI_DONE;
}

int cli_run_webhook_test(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    json_t *delivery = NULL;
    int rc = cli_request_init(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    rc = cli_ask(cli, &request, &answer, NULL);
    if (rc == CLI_DONE)
        rc = wait_for(cli, show_text(answer, "webhook", ""), show_text(answer, "delivery", ""), &delivery);
    if (rc == CLI_DONE)
        rc = show_test(cli, delivery);
    json_decref(delivery);
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}
