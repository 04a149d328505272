/*
 * `alert send`, `alert update`, `alert recall`: the options, the file and standard input become one request. Nothing is
 * asked back: what the daemon wants confirmed is refused with the option to add.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/alert_file.h"

/* The file's text, or standard input's for "-", as it is. */
static int read_text(const char *path, struct buf *out, struct err *err)
{
    buf_init(out, ALERT_FILE_MAX_BYTES + 64 * 1024);
    int rc = cli_read_file(path, out, err);
    return rc == ERR_TOO_LARGE ? err_set(err, rc, "%s is longer than %d bytes: an alert is short",
                                         strcmp(path, "-") == 0 ? "standard input" : path, ALERT_FILE_MAX_BYTES)
                               : rc;
}

static int take_file(const char *path, json_t *body, struct err *err)
{
    struct buf text;
    int rc = read_text(path, &text, err);
    if (rc == 0)
        rc = alert_file_parse(buf_str(&text), text.len, strcmp(path, "-") == 0 ? "standard input" : path, body, err);
    buf_fini(&text);
    return rc;
}

/* --text - */
static int take_input(json_t *body, struct err *err)
{
    const char *given = json_string_value(json_object_get(body, "text"));
    struct buf text;
    if (!given || strcmp(given, "-") != 0)
        return 0;
    int rc = read_text("-", &text, err);
    json_t *value = rc == 0 ? json_stringn(buf_str(&text), text.len) : NULL;
    if (rc == 0 && !value)
        rc = err_set(err, ERR_INVALID, "standard input is not UTF-8 text");
    if (value)
        json_object_set_new(body, "text", value);
    buf_fini(&text);
    return rc;
}

static int take_shape(const struct cli_args *args, const char *name, json_t *(*read)(const char *, struct err *),
                      json_t *body, struct err *err)
{
    const char *text = cli_args_get(args, name);
    if (!text)
        return 0;
    json_t *shape = read(text, err);
    if (!shape)
        return ERR_USAGE;
    const char *key = "target.";
    json_object_set_new(cli_member_place(body, &key), name, shape);
    return 0;
}

/* What the options say takes the place of what the file says: the whole target, and the expiry in either spelling. */
static void put_over(json_t *file, json_t *options)
{
    if (json_object_get(options, "expires") || json_object_get(options, "expires_in")) {
        json_object_del(file, "expires");
        json_object_del(file, "expires_in");
    }
    json_object_update(file, options);
}

static bool is_alert(const char *text)
{
    return strncmp(text, "alr_", 4) == 0 || strcmp(text, "latest") == 0;
}

/* The positional argument that is a file or, for alert send, a draft that is at the daemon already. */
static int take_source(const struct cli_args *args, struct cli_request *request, struct err *err)
{
    bool is_send = strcmp(args->command->verb, "send") == 0;
    size_t at = is_send ? 0 : 1;
    if (args->arg_count <= at)
        return 0;
    const char *source = args->args[at];
    if (is_send && is_alert(source)) {
        bool is_dry = cli_args_has(args, "dry-run");
        buf_reset(&request->path);
        buf_adds(&request->path, "/api/v1/alert/");
        cli_encode(&request->path, source);
        buf_adds(&request->path, is_dry ? "/send?dry_run=1" : "/send");
        return 0;
    }
    json_t *file = json_object();
    int rc = take_file(source, file, err);
    if (rc == 0) {
        put_over(file, request->body);
        json_decref(request->body);
        request->body = json_incref(file);
    }
    json_decref(file);
    return rc;
}

static int make_request(const struct cli_args *args, struct cli_request *request, struct err *err)
{
    const char *expires = cli_args_get(args, "expires");
    int rc = cli_request_init(args, request, err);
    if (rc)
        return rc;
    if (!request->body)
        request->body = json_object();
    if (expires)
        alert_put_expiry(request->body, expires);
    rc = take_input(request->body, err);
    if (rc == 0)
        rc = take_shape(args, "circle", alert_circle, request->body, err);
    if (rc == 0)
        rc = take_shape(args, "polygon", alert_polygon, request->body, err);
    if (rc == 0)
        rc = take_source(args, request, err);
    if (rc)
        cli_request_fini(request);
    return rc;
}

int cli_run_alert(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    int rc = make_request(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    rc = cli_ask(cli, &request, &answer, NULL);
    if (rc == CLI_DONE)
        rc = cli_show(cli, answer);
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}
