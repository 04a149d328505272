/*
 * From the command line to a request, by the table: positional arguments and options become parts of the path, query
 * parameters and JSON members.
 */
#include "cli/cli.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void cli_encode(struct buf *out, const char *text)
{
    static const char PLAIN[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (const char *p = text; *p; p++) {
        if (strchr(PLAIN, *p))
            buf_addc(out, *p);
        else
            buf_addf(out, "%%%02X", (unsigned)(unsigned char)*p);
    }
}

static void add_query(struct buf *path, const char *key, const char *value)
{
    buf_addc(path, strchr(buf_str(path), '?') ? '&' : '?');
    buf_adds(path, key);
    buf_addc(path, '=');
    cli_encode(path, value);
}

static int check_utf8(const char *name, const char *value, struct err *err)
{
    if (text_is_utf8(value, strlen(value)))
        return 0;
    return err_set(err, ERR_USAGE, "%s is not UTF-8 text: set the terminal to UTF-8", name);
}

/* --- members of the body -------------------------------------------------------------------------------------------
 */

static json_t *body_of(struct cli_request *r)
{
    if (!r->body)
        r->body = json_object();
    return r->body;
}

json_t *cli_member_place(json_t *body, const char **key)
{
    const char *dot;
    while ((dot = strchr(*key, '.')) != NULL) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(dot - *key), *key);
        json_t *inner = json_object_get(body, name);
        if (!inner) {
            inner = json_object();
            json_object_set_new(body, name, inner);
        }
        body = inner;
        *key = dot + 1;
    }
    return body;
}

static int put_number(const struct cli_option *o, const char *key, const char *value, json_t *body, struct err *err)
{
    char *end;
    long long n = strtoll(value, &end, 10);
    if (!value[0])
        json_object_set_new(body, key, json_null());
    else if (*end || end == value || n > INT32_MAX || n < INT32_MIN)
        return err_set(err, ERR_USAGE, "--%s %s: write a whole number", o->name, value);
    else
        json_object_set_new(body, key, json_integer(n));
    return 0;
}

static int put_yesno(const struct cli_option *o, const char *key, const char *value, json_t *body, struct err *err)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "ja") == 0;
    bool no = strcmp(value, "no") == 0 || strcmp(value, "nej") == 0;
    bool is_open = !value[0] || strcmp(value, "unknown") == 0;
    if (!yes && !no && !is_open)
        return err_set(err, ERR_USAGE, "--%s %s: write yes, no or unknown", o->name, value);
    json_object_set_new(body, key, is_open ? json_null() : json_boolean(yes));
    return 0;
}

static void put_list(const char *key, const char *value, json_t *body)
{
    json_t *list = json_object_get(body, key);
    if (!list) {
        list = json_array();
        json_object_set_new(body, key, list);
    }
    if (value[0]) /* "" alone clears the list */
        json_array_append_new(list, json_string(value));
}

static int put_member(const struct cli_option *o, const char *key, const char *value, json_t *body, struct err *err)
{
    switch (o->type) {
    case CLI_NUMBER:
        return put_number(o, key, value, body, err);
    case CLI_YESNO:
        return put_yesno(o, key, value, body, err);
    case CLI_FLAG:
        json_object_set_new(body, key, json_true());
        return 0;
    case CLI_LIST:
        put_list(key, value, body);
        return 0;
    case CLI_TEXT:
        json_object_set_new(body, key, json_string(value));
        return 0;
    }
    return 0;
}

/* "joined-households" is member joined_households unless the table says otherwise. */
static const char *option_key(const struct cli_option *o, char out[64])
{
    snprintf(out, 64, "%s", o->key ? o->key : o->name);
    for (char *p = out; *p && !o->key; p++)
        if (*p == '-')
            *p = '_';
    return out;
}

static int put_option(struct cli_request *r, const struct cli_given *given, struct err *err)
{
    char text[64];
    const char *key = text;
    const struct cli_option *o = given->option;
    int rc = check_utf8(o->name, given->value, err);
    if (rc || o->place == CLI_LOCAL)
        return rc;
    option_key(o, text);
    if (o->place == CLI_BODY) {
        json_t *place = cli_member_place(body_of(r), &key);
        return put_member(o, key, given->value, place, err);
    }
    if (o->type == CLI_NUMBER) {
        /* The daemon would say so too, but not in terms of what was typed. */
        json_t *number = json_object();
        rc = put_number(o, key, given->value, number, err);
        json_decref(number);
    }
    if (!rc)
        add_query(&r->path, key, o->type == CLI_FLAG ? "1" : given->value);
    return rc;
}

/* --- the path and the positional arguments -------------------------------------------------------------------------
 */

static int put_file_text(struct cli_request *r, const char *key, const char *path, struct err *err)
{
    struct buf text;
    buf_init(&text, CLI_FILE_MAX_BYTES);
    int rc = cli_read_file(path, &text, err);
    if (!rc) {
        json_t *value = json_stringn(buf_str(&text), text.len);
        if (value)
            json_object_set_new(body_of(r), key, value);
        else
            rc = err_set(err, ERR_INVALID, "%s is not UTF-8 text: save it as UTF-8", path);
    }
    buf_fini(&text);
    return rc;
}

static int put_arg(struct cli_request *r, const struct cli_arg *arg, const char *value, bool has_body, struct err *err)
{
    int rc = arg->kind == '@' || arg->kind == '>' ? 0 : check_utf8(arg->name, value, err);
    if (rc)
        return rc;
    if (arg->kind == '@' && arg->key[0])
        return put_file_text(r, arg->key, value, err);
    if (arg->kind == '@')
        r->file = value;
    else if (arg->kind == '>')
        r->output = value;
    else if (arg->kind == '=' && has_body)
        json_object_set_new(body_of(r), arg->key, json_string(value));
    else if (arg->kind == '=')
        add_query(&r->path, arg->key, value);
    return 0;
}

static const char *arg_value(const struct cli_args *args, const struct cli_arg *list, size_t n, const char *name,
                             size_t name_len)
{
    for (size_t i = 0; i < n && i < args->arg_count; i++)
        if (strlen(list[i].name) == name_len && memcmp(list[i].name, name, name_len) == 0)
            return args->args[i];
    return "";
}

/* "/api/v1/group/{GROUP}/state" */
static void put_path(struct cli_request *r, const struct cli_args *args, const struct cli_arg *list, size_t n)
{
    for (const char *p = args->command->path; *p; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;
        if (!end) {
            buf_addc(&r->path, *p);
            continue;
        }
        cli_encode(&r->path, arg_value(args, list, n, p + 1, (size_t)(end - p - 1)));
        p = end;
    }
}

/* Of a change: nothing is given that could become part of it, here or in the command's own function. */
static bool is_empty(const struct cli_args *args, const struct cli_request *r)
{
    bool has_local = false;
    for (size_t i = 0; i < args->given_count; i++)
        has_local = has_local || args->given[i].option->place == CLI_LOCAL;
    return !r->body && !r->file && !has_local;
}

int cli_request_init(const struct cli_args *args, struct cli_request *out, struct err *err)
{
    struct cli_arg list[CLI_ARGS_MAX];
    size_t n = cli_command_args(args->command, list);
    bool has_body = strcmp(args->command->method, "GET") != 0;
    int rc = 0;
    memset(out, 0, sizeof *out);
    buf_init(&out->path, CLI_PATH_MAX_BYTES);
    put_path(out, args, list, n);
    for (size_t i = 0; i < args->arg_count && !rc; i++)
        rc = put_arg(out, &list[i], args->args[i], has_body, err);
    for (size_t i = 0; i < args->given_count && !rc; i++)
        rc = put_option(out, &args->given[i], err);
    if (!rc && strcmp(args->command->method, "PATCH") == 0 && is_empty(args, out))
        rc = err_set(err, ERR_USAGE, "nothing to change: name at least one option, see 'grannbud %s %s --help'",
                     args->command->noun, args->command->verb);
    if (!rc && !buf_ok(&out->path))
        rc = err_set(err, ERR_USAGE, "the arguments are longer than %d bytes: shorten them", CLI_PATH_MAX_BYTES);
    if (rc)
        cli_request_fini(out);
    return rc;
}

void cli_request_fini(struct cli_request *r)
{
    buf_fini(&r->path);
    json_decref(r->body);
    r->body = NULL;
}
