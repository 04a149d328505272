/*
 * `status`: one screen that tells an operator what runs, what waits, what is due and what to do. What a newer daemon
 * adds is shown below the rest, member by member. And `why`: all about one address.
 */
#include "cli/cli.h"

#include <string.h>

#include "cli/show.h"
#include "cli/table.h"

enum { BAR_CELLS = 20, UPCOMING_SHOWN = 12 };

static void add_value(struct table *t, const json_t *value)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    show_value(&text, value);
    table_cell(t, buf_str(&text));
    buf_fini(&text);
}

/* --- what runs -----------------------------------------------------------------------------------------------------
 */

/* "3 d 4 h", "2 h 5 min", "41 s" */
static void add_duration(struct buf *out, long long s)
{
    if (s >= 86400)
        buf_addf(out, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        buf_addf(out, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        buf_addf(out, "%lld min", s / 60);
    else
        buf_addf(out, "%lld s", s);
}

static void print_head(struct cli *cli, const json_t *answer)
{
    struct buf line;
    const json_t *store = json_object_get(answer, "store");
    const json_t *reg = json_object_get(answer, "register");
    buf_init(&line, SHOW_VALUE_BYTES);
    buf_addf(&line, "Grannbud %s", show_text(answer, "version", "?"));
    if (json_is_integer(json_object_get(answer, "uptime_s"))) {
        buf_adds(&line, ", up ");
        add_duration(&line, show_number(answer, "uptime_s"));
    }
    if (store)
        buf_addf(&line, "; store version %lld, %.1f MB", show_number(store, "version"),
                 (double)show_number(store, "size_bytes") / 1e6);
    if (reg)
        buf_addf(&line, "; %lld groups (%lld active), %lld contact persons", show_number(reg, "groups"),
                 show_number(reg, "active_groups"), show_number(reg, "contacts"));
    print_clean(cli->out, buf_str(&line), false);
    fputc('\n', cli->out);
    if (json_is_true(json_object_get(answer, "hold")))
        fputs("ON HOLD: nothing is sent until 'grannbud resume'\n", cli->out);
    buf_fini(&line);
}

static void print_queue(struct cli *cli, const json_t *queue)
{
    struct table table;
    const char *lane;
    json_t *counts;
    if (json_object_size(queue) == 0)
        return;
    table_init(&table);
    table_column(&table, "Queue", false);
    table_column(&table, "Waiting", true);
    table_column(&table, "In flight", true);
    table_column(&table, "Oldest due", false);
    json_object_foreach((json_t *)queue, lane, counts)
    {
        table_cell(&table, lane);
        add_value(&table, json_object_get(counts, "pending"));
        add_value(&table, json_object_get(counts, "claimed"));
        add_value(&table, json_object_get(counts, "oldest_due"));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* "sent 40 of 120 ######--------------  33 %" */
static void add_progress(struct table *t, const json_t *counts)
{
    char text[160];
    long long all = 0;
    const char *state;
    json_t *count;
    json_object_foreach((json_t *)counts, state, count)
    {
        all += json_integer_value(count);
    }
    long long open = show_number(counts, "pending") + show_number(counts, "claimed");
    long long percent = all > 0 ? 100 * (all - open) / all : 0;
    int n = snprintf(text, sizeof text, "%lld of %lld ", all - open, all);
    for (int i = 0; i < BAR_CELLS; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s", percent >= (i + 1) * 100 / BAR_CELLS ? "█" : "░");
    snprintf(text + n, sizeof text - (size_t)n, " %lld %%", percent);
    table_cell(t, text);
    add_value(t, json_object_get(counts, "failed"));
    add_value(t, json_object_get(counts, "uncertain"));
}

static void print_running(struct cli *cli, const json_t *running)
{
    struct table table;
    size_t i;
    json_t *message;
    if (json_array_size(running) == 0) {
        fputs("\nNothing is being sent.\n", cli->out);
        return;
    }
    table_init(&table);
    table_column(&table, "Sending", false);
    table_column(&table, "State", false);
    table_column(&table, "Done", false);
    table_column(&table, "Failed", true);
    table_column(&table, "Uncertain", true);
    json_array_foreach(running, i, message)
    {
        table_cell(&table, show_text(message, "title", show_text(message, "kind", "-")));
        table_cell(&table, show_text(message, "state", "-"));
        add_progress(&table, json_object_get(message, "deliveries"));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* --- what is due ---------------------------------------------------------------------------------------------------
 */

static const char *next_step(const char *state)
{
    static const char *const STEPS[][2] = {
        {"missing", "write it: letter new FILE.md"},
        {"draft", "submit it: letter submit"},
        {"submitted", "approve it: letter approve"},
        {"approved", "nothing: it goes out by itself"},
        {"held", "too late to go out by itself: letter send, or letter cancel"},
        {"sending", "nothing: it is going out"},
        {"sent", "nothing: it has been sent"},
        {"cancelled", "nothing, or write another"},
    };
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++)
        if (strcmp(STEPS[i][0], state) == 0)
            return STEPS[i][1];
    return "";
}

static void print_upcoming(struct cli *cli, const json_t *items)
{
    struct table table;
    size_t i;
    json_t *item;
    static const char *const TITLES[] = {"Light", "Due", "Series", "Period", "State", "To do"};
    if (json_array_size(items) == 0) {
        fputs("\nNo letter of a series is due: see series list, or add one with series add.\n", cli->out);
        return;
    }
    table_init(&table);
    for (size_t c = 0; c < sizeof TITLES / sizeof TITLES[0]; c++)
        table_column(&table, TITLES[c], false);
    json_array_foreach(items, i, item)
    {
        if (i == UPCOMING_SHOWN)
            break;
        const char *state = show_text(item, "state", "-");
        table_cell(&table, show_text(item, "colour", "-"));
        add_value(&table, json_object_get(item, "local"));
        table_cell(&table, show_text(item, "series_name", show_text(item, "series", "-")));
        table_cell(&table, show_text(item, "period", "-"));
        table_cell(&table, state);
        table_cell(&table, next_step(state));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* The traffic lights are a list of their own at the daemon. */
static int show_upcoming(struct cli *cli)
{
    struct cli_request request = {.body = NULL};
    json_t *answer = NULL;
    buf_init(&request.path, CLI_PATH_MAX_BYTES);
    buf_adds(&request.path, "/api/v1/schedule/upcoming");
    int rc = cli_ask(cli, &request, &answer, NULL);
    if (rc == CLI_DONE)
        print_upcoming(cli, json_object_get(answer, "items"));
    json_decref(answer);
    cli_request_fini(&request);
    return rc;
}

/* --- the screen ----------------------------------------------------------------------------------------------------
 */

static void print_problem(FILE *out, const json_t *p)
{
    const char *what = json_is_string(p) ? json_string_value(p) : show_text(p, "text", show_text(p, "what", NULL));
    fputs("  ", out);
    if (what) {
        print_clean(out, what, false);
        fputc('\n', out);
    } else {
        show_object(out, p);
    }
}

static void print_problems(struct cli *cli, const json_t *problems)
{
    size_t i;
    json_t *p;
    if (!json_is_array(problems))
        return;
    fputs(json_array_size(problems) ? "\nProblems:\n" : "\nNo problems are known.\n", cli->out);
    json_array_foreach(problems, i, p)
    {
        print_problem(cli->out, p);
    }
}

static void print_relay(struct cli *cli, const json_t *relay)
{
    if (!json_is_object(relay))
        return; /* print_rest shows it */
    json_t *rows = json_pack("[O]", relay);
    fputc('\n', cli->out);
    show_list(
        cli->out, rows,
        "name:Relay sent>:Sent failed>:Failed uncertain>:Uncertain retried>:Retried sessions>:Sessions busy>:Busy "
        "paused:Paused problem:Problem",
        NULL);
    json_decref(rows);
}

/* What the functions above have not shown. */
static void print_rest(struct cli *cli, const json_t *answer)
{
    static const char *const SHOWN[] = {"version",  "uptime_s", "store",   "hold",     "queue",
                                        "register", "running",  "letters", "next_due", "problems"};
    json_t *rest = json_copy((json_t *)answer);
    for (size_t i = 0; i < sizeof SHOWN / sizeof SHOWN[0]; i++)
        json_object_del(rest, SHOWN[i]);
    if (json_is_object(json_object_get(rest, "relay")))
        json_object_del(rest, "relay");
    if (json_object_size(rest) > 0) {
        fputc('\n', cli->out);
        show_object(cli->out, rest);
    }
    json_decref(rest);
}

int cli_view_status(struct cli *cli, const json_t *answer)
{
    if (cli->args.json)
        return CLI_DONE;
    print_head(cli, answer);
    print_queue(cli, json_object_get(answer, "queue"));
    print_running(cli, json_object_get(answer, "running"));
    int rc = show_upcoming(cli);
    if (json_array_size(json_object_get(answer, "next_due")) > 0) {
        fputs("\nApproved, and going out by themselves:\n", cli->out);
        show_list(cli->out, json_object_get(answer, "next_due"), "due_at:Due title:Title period:Period id:Letter",
                  NULL);
    }
    print_relay(cli, json_object_get(answer, "relay"));
    print_rest(cli, answer);
    print_problems(cli, json_object_get(answer, "problems"));
    return rc;
}

int cli_view_why(struct cli *cli, const json_t *answer)
{
    const json_t *people = json_object_get(answer, "registrations");
    size_t i;
    json_t *person;
    if (cli->args.json)
        return CLI_DONE;
    json_array_foreach(people, i, person)
    {
        json_t *groups = json_incref(json_object_get(person, "groups"));
        json_t *head = json_copy(person);
        json_object_del(head, "groups");
        show_object(cli->out, head);
        show_list(cli->out, groups, "id:Group name:Name state:State role:Role joined_at:Since", "in no group");
        fputc('\n', cli->out);
        json_decref(head);
        json_decref(groups);
    }
    if (json_array_size(people) == 0)
        fputs("Nobody in your area has this address now.\n\n", cli->out);
    show_list(cli->out, json_object_get(answer, "items"),
              "last_at:Last kind:Kind title:Title state:State attempts>:Attempts relay:Relay step:Step status:Status "
              "reply:Reply id:Delivery",
              "Nothing was ever sent to it.");
    return CLI_DONE;
}
