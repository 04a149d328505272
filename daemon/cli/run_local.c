/*
 * Commands that do something here: a schedule worked out, a file linted, a token's secret put away.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "cli/show.h"
#include "cli/table.h"
#include "core/letter_source.h"
#include "core/lint.h"
#include "core/schedule.h"

enum { SCHEDULE_DEFAULT = 12, SCHEDULE_MAX = 10000 };
#define DEFAULT_ZONE "Europe/Stockholm"

/* --- schedule next -------------------------------------------------------------------------------------------------
 */

/* The date that the zone's calendars show just now. */
static int today(const char *zone_name, struct date *out, struct err *err)
{
    struct zone *zone = NULL;
    int rc = zone_open(zone_name, &zone, err);
    if (rc)
        return rc;
    int64_t now_s = clock_real_us(clock_system()) / US_PER_S;
    *out = date_from_days((int)((now_s + zone_offset_s(zone, now_s)) / 86400));
    zone_free(zone);
    return 0;
}

static int read_date(const struct cli_args *args, const char *name, struct date *out, struct err *err)
{
    const char *text = cli_args_get(args, name);
    if (text && date_parse(text, out))
        return err_set(err, ERR_USAGE, "--%s %s: write a date that exists, as 2026-04-01", name, text);
    return 0;
}

static int read_count(const struct cli_args *args, size_t *out, struct err *err)
{
    const char *text = cli_args_get(args, "count");
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : SCHEDULE_DEFAULT;
    if (text && (end == text || *end || n < 1 || n > SCHEDULE_MAX))
        return err_set(err, ERR_USAGE, "--count %s: write a number from 1 to %d", text, SCHEDULE_MAX);
    *out = (size_t)n;
    return 0;
}

/* What was asked, read from the arguments. */
static int read_schedule(const struct cli_args *args, struct schedule_spec *spec, struct date *from, size_t *count,
                         struct err *err)
{
    const char *zone = cli_args_get(args, "tz");
    spec->zone = zone ? zone : DEFAULT_ZONE;
    spec->rrule = cli_args_get(args, "rrule");
    spec->time = cli_args_get(args, "time");
    spec->flags = cli_args_has(args, "working-day") ? SCHEDULE_NEXT_WORKING_DAY : 0;
    int rc = cli_args_has(args, "from") ? 0 : today(spec->zone, from, err);
    if (!rc)
        rc = read_date(args, "from", from, err);
    spec->anchor = *from;
    if (!rc)
        rc = read_date(args, "start", &spec->anchor, err);
    return rc ? rc : read_count(args, count, err);
}

static void print_occurrences(struct cli *cli, const struct occurrence *list, size_t n)
{
    struct table table;
    if (n == 0) {
        fputs("nothing: the rule gives no more dates\n", cli->out);
        return;
    }
    table_init(&table);
    table_column(&table, "Local", false);
    table_column(&table, "UTC", false);
    table_column(&table, "Period", false);
    for (size_t i = 0; i < n; i++) {
        table_cell(&table, list[i].local);
        table_cell(&table, list[i].utc);
        table_cell(&table, list[i].period);
    }
    table_print(&table, cli->out);
    table_fini(&table);
}

static void print_occurrences_json(struct cli *cli, const struct occurrence *list, size_t n)
{
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(all, json_pack("{s:s, s:s}", "local", list[i].local, "utc", list[i].utc));
    cli_print_json(cli, all);
    json_decref(all);
}

int cli_run_schedule(struct cli *cli)
{
    struct schedule_spec spec = {.rrule = NULL};
    struct schedule *schedule = NULL;
    struct date from = {0, 0, 0};
    struct err err = {.text = ""};
    size_t count = 0;
    size_t n = 0;
    int rc = read_schedule(&cli->args, &spec, &from, &count, &err);
    if (!rc)
        rc = schedule_new(&spec, &schedule, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    struct occurrence *list = xcalloc(count, sizeof *list);
    schedule_next(schedule, from, count, list, &n);
    if (cli->args.json)
        print_occurrences_json(cli, list, n);
    else
        print_occurrences(cli, list, n);
    free(list);
    schedule_free(schedule);
    return CLI_DONE;
}

/* --- letter lint ---------------------------------------------------------------------------------------------------
 */

/* The same JSON as the daemon's, so that one view shows both. */
static json_t *lint_json(const struct lint_report *report)
{
    static const char *const WORDS[LINT_SEVERITIES] = {"note", "warn", "block"};
    json_t *findings = json_array();
    for (size_t i = 0; i < report->count; i++) {
        const struct lint_finding *f = &report->findings[i];
        json_array_append_new(findings, json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "severity", WORDS[f->severity],
                                                  "rule", f->rule, "line", (json_int_t)f->line, "column",
                                                  (json_int_t)f->column, "text", f->text, "sv", f->sv, "en", f->en));
    }
    return json_pack("{s:o, s:I, s:I, s:I, s:i}", "findings", findings, "blocks",
                     (json_int_t)report->totals[LINT_BLOCK], "warns", (json_int_t)report->totals[LINT_WARN], "notes",
                     (json_int_t)report->totals[LINT_NOTE], "lix", report->lix);
}

static int lint_file(struct cli *cli, const char *path)
{
    struct buf text;
    struct err err = {.text = ""};
    struct letter_source *source = NULL;
    struct letter_problem problem = {0};
    buf_init(&text, LETTER_SOURCE_MAX_BYTES + 64 * 1024);
    int rc = cli_read_file(path, &text, &err);
    if (rc) {
        buf_fini(&text);
        return cli_fail_err(cli, rc, &err);
    }
    rc = letter_source_parse(buf_str(&text), text.len, &source, &problem);
    buf_fini(&text);
    if (rc) {
        if (cli->lang == CLI_BOTH)
            cli_fail(cli, CLI_REFUSED, "%s: %s", path, problem.sv);
        return cli_fail(cli, CLI_REFUSED, "%s: %s", path, cli->lang == CLI_SV ? problem.sv : problem.en);
    }
    struct lint_report report;
    lint_report_init(&report);
    lint_letter(source, NULL, &report);
    json_t *answer = lint_json(&report);
    int code = cli_show(cli, answer);
    json_decref(answer);
    lint_report_fini(&report);
    letter_source_free(source);
    return code;
}

/* Is it a file's name and not a letter's id? */
static bool is_file(const char *text)
{
    size_t n = strlen(text);
    bool has_suffix = n > 3 && strcmp(text + n - 3, ".md") == 0;
    return strcmp(text, "-") == 0 || strchr(text, '/') || has_suffix || access(text, F_OK) == 0;
}

int cli_run_lint(struct cli *cli)
{
    return is_file(cli->args.args[0]) ? lint_file(cli, cli->args.args[0]) : cli_call(cli);
}

/* --- token add -----------------------------------------------------------------------------------------------------
 */

/* The secret goes to the file alone; what is printed no longer has it. */
static int put_away(struct cli *cli, json_t *answer, const char *path)
{
    struct buf secret;
    struct err err = {.text = ""};
    buf_init(&secret, CLIENT_TOKEN_MAX_BYTES);
    buf_addf(&secret, "%s\n", show_text(answer, "secret", ""));
    int rc = cli_write_file(cli, path, &secret, &err);
    buf_fini(&secret);
    if (rc)
        return cli_fail(cli, CLI_REFUSED, "%s; revoke the token (grannbud token revoke) and make another", err.text);
    json_object_del(answer, "secret");
    return CLI_DONE;
}

int cli_run_token(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    const char *path = cli_args_get(&cli->args, "out");
    int rc = cli_request_init(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    rc = cli_ask(cli, &request, &answer, NULL);
    if (rc == CLI_DONE && !json_is_string(json_object_get(answer, "secret")))
        rc = cli_fail(cli, CLI_REFUSED, "the answer has no secret: is the daemon of this version?");
    if (rc == CLI_DONE && path)
        rc = put_away(cli, answer, path);
    if (rc == CLI_DONE && cli->args.json) {
        cli_print_json(cli, answer);
    } else if (rc == CLI_DONE && path) {
        fprintf(cli->out, "token %s made; its secret is in %s\n", cli->args.args[0], path);
    } else if (rc == CLI_DONE) {
        print_clean(cli->out, show_text(answer, "secret", ""), false);
        fputs("\n", cli->out);
        fprintf(cli->err,
                "This is the secret of token %s. It is shown only now: keep it in a file that others cannot "
                "read.\n",
                cli->args.args[0]);
    }
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}

/* --- small things --------------------------------------------------------------------------------------------------
 */

int cli_run_preview(struct cli *cli)
{
    struct cli_request request;
    struct err err = {.text = ""};
    json_t *answer = NULL;
    int rc = cli_request_init(&cli->args, &request, &err);
    if (rc)
        return cli_fail_err(cli, rc, &err);
    rc = cli_ask(cli, &request, &answer, NULL);
    if (rc == CLI_DONE && cli->args.json) {
        cli_print_json(cli, answer);
    } else if (rc == CLI_DONE && cli_args_has(&cli->args, "html")) {
        print_clean(cli->out, show_text(answer, "html", ""), true);
    } else if (rc == CLI_DONE) {
        fputs("Subject: ", cli->out);
        print_clean(cli->out, show_text(answer, "subject", ""), false);
        fputs("\n\n", cli->out);
        print_clean(cli->out, show_text(answer, "text", ""), true);
    }
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}
