/*
 * `status`: one screen of 80 columns that tells an operator what runs, what waits, what is due and what to do. What a
 * newer daemon adds is shown below the rest, member by member.
 */
#include "cli/cli.h"

#include <string.h>

#include "cli/show.h"
#include "cli/table.h"
#include "cli/words.h"

enum { COLUMNS = 80, BAR_CELLS = 20, UPCOMING_SHOWN = 6, DOMAINS_SHOWN = 5, TITLE_COLUMNS = 60, REPLY_COLUMNS = 40 };

static void add_value(struct table *t, const json_t *value)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    show_value(&text, value);
    table_cell(t, buf_str(&text));
    buf_fini(&text);
}

/* At most so many columns. */
static void add_clipped(struct table *t, const char *value, size_t columns)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    words_clip(&text, value, columns);
    table_cell(t, buf_str(&text));
    buf_fini(&text);
}

/* "4 min", or "-" for null. */
static void add_span(struct table *t, const json_t *seconds, long long divisor)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    if (json_is_integer(seconds))
        words_duration(&text, json_integer_value(seconds) / divisor);
    else
        buf_addc(&text, '-');
    table_cell(t, buf_str(&text));
    buf_fini(&text);
}

static void print_line(FILE *out, struct buf *line)
{
    print_clean(out, buf_str(line), false);
    fputc('\n', out);
    buf_reset(line);
}

/* A line that may be long, over several of the screen; the others are indented as those below the head are. */
static void print_wrapped(FILE *out, struct buf *line)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    words_wrap(&text, buf_str(line), 0, COLUMNS);
    print_clean(out, buf_str(&text), true);
    buf_fini(&text);
    buf_reset(line);
}

/* --- the head ------------------------------------------------------------------------------------------------------
 */

static void print_head(struct cli *cli, const json_t *answer, struct buf *line)
{
    const json_t *store = json_object_get(answer, "store");
    const json_t *reg = json_object_get(answer, "register");
    buf_addf(line, "Grannbud %s", show_text(answer, "version", "?"));
    if (json_is_integer(json_object_get(answer, "uptime_s"))) {
        buf_adds(line, ", up ");
        words_duration(line, show_number(answer, "uptime_s"));
    }
    if (store)
        buf_addf(line, "; store version %lld, %.1f MB", show_number(store, "version"),
                 (double)show_number(store, "size_bytes") / 1e6);
    print_line(cli->out, line);
    if (!reg)
        return;
    buf_addf(line, "Groups: %lld (%lld active); contact persons: %lld", show_number(reg, "groups"),
             show_number(reg, "active_groups"), show_number(reg, "contacts"));
    print_line(cli->out, line);
}

static void print_hold(struct cli *cli, const json_t *answer, struct buf *line)
{
    const json_t *restored = json_object_get(answer, "restored");
    if (!json_is_true(json_object_get(answer, "hold")))
        return;
    fputc('\n', cli->out);
    buf_adds(line, "ON HOLD");
    if (json_is_string(json_object_get(answer, "hold_since"))) {
        buf_adds(line, " since ");
        show_value(line, json_object_get(answer, "hold_since"));
    }
    if (json_is_string(json_object_get(answer, "hold_by")))
        buf_addf(line, " by %s", show_text(answer, "hold_by", ""));
    if (json_is_string(json_object_get(answer, "hold_reason")))
        buf_addf(line, ": %s", show_text(answer, "hold_reason", ""));
    print_wrapped(cli->out, line);
    if (json_is_true(json_object_get(restored, "open"))) {
        buf_addf(line, "  Restored from %s; it knows nothing after ", show_text(restored, "file", "?"));
        show_value(line, json_object_get(restored, "newest"));
        print_line(cli->out, line);
        fputs("  What was sent after that may go again: look below, letter cancel stops it.\n", cli->out);
    }
    fputs("  Nothing is sent until 'grannbud resume'.\n", cli->out);
}

/* --- what runs -----------------------------------------------------------------------------------------------------
 */

static void print_queue(struct cli *cli, const json_t *queue)
{
    static const char *const TITLES[] = {"Queue", "Waiting", "In hand", "Oldest", "Sent/min"};
    struct table table;
    const char *lane;
    json_t *counts;
    if (json_object_size(queue) == 0)
        return;
    table_init(&table);
    for (size_t i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++)
        table_column(&table, TITLES[i], i > 0);
    json_object_foreach((json_t *)queue, lane, counts)
    {
        table_cell(&table, lane);
        add_value(&table, json_object_get(counts, "pending"));
        add_value(&table, json_object_get(counts, "claimed"));
        add_span(&table, json_object_get(counts, "oldest_age_s"), 1);
        add_value(&table, json_object_get(counts, "per_minute"));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* "3/8": open of those that its health allows now; "3/5 of 8" when that is less than configured. */
static void add_sessions(struct table *t, const json_t *relay)
{
    char text[80];
    long long window = show_number(relay, "window");
    long long limit = show_number(relay, "connections");
    int n = snprintf(text, sizeof text, "%lld/%lld", show_number(relay, "sessions"), window);
    if (window != limit)
        snprintf(text + n, sizeof text - (size_t)n, " of %lld", limit);
    table_cell(t, text);
}

static void print_relays(struct cli *cli, const json_t *relays)
{
    static const char *const TITLES[] = {"Relay", "State",  "Sessions", "Sent/min",
                                         "Sent",  "Failed", "Retried",  "Next try"};
    struct table table;
    size_t i;
    json_t *relay;
    if (json_array_size(relays) == 0)
        return;
    table_init(&table);
    for (i = 0; i < sizeof TITLES / sizeof TITLES[0]; i++)
        table_column(&table, TITLES[i], i > 1);
    json_array_foreach(relays, i, relay)
    {
        add_clipped(&table, show_text(relay, "name", "-"), 12);
        table_cell(&table, show_text(relay, "state", "-"));
        add_sessions(&table, relay);
        add_value(&table, json_object_get(relay, "per_minute"));
        add_value(&table, json_object_get(relay, "sent"));
        add_value(&table, json_object_get(relay, "failed"));
        add_value(&table, json_object_get(relay, "retried"));
        add_span(&table, json_object_get(relay, "retry_in_ms"), 1000);
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* "  ######--------------  33 %  40 of 120; 2 failed, 1 uncertain" */
static void add_progress(struct buf *line, const json_t *counts)
{
    long long all = 0;
    const char *state;
    json_t *count;
    json_object_foreach((json_t *)counts, state, count)
    {
        all += json_integer_value(count);
    }
    long long open = show_number(counts, "pending") + show_number(counts, "claimed");
    long long percent = all > 0 ? 100 * (all - open) / all : 0;
    buf_adds(line, "    ");
    for (int i = 0; i < BAR_CELLS; i++)
        buf_adds(line, percent >= (i + 1) * 100 / BAR_CELLS ? "█" : "░");
    buf_addf(line, " %3lld %%  %lld of %lld", percent, all - open, all);
    const char *separator = "; ";
    for (size_t i = 0; i < 3; i++) {
        static const char *const STATES[] = {"failed", "uncertain", "withdrawn"};
        if (show_number(counts, STATES[i]) > 0) {
            buf_addf(line, "%s%lld %s", separator, show_number(counts, STATES[i]), STATES[i]);
            separator = ", ";
        }
    }
}

static void add_end(struct buf *line, const json_t *message)
{
    static const char *const WHY[][2] = {
        {"on_hold", "on hold: it goes on after 'grannbud resume'"},
        {"message_paused", "paused: relays refuse it because of itself, see the problems below"},
        {"relays_paused", "no relay can be used just now, see above"},
        {"expanding", "its readers are being listed"},
        {"nothing_moves", "its end is not known while nothing goes out"},
    };
    const char *why = show_text(message, "expected_end_unknown", NULL);
    if (json_is_string(json_object_get(message, "expected_end"))) {
        buf_adds(line, "    ends about ");
        show_value(line, json_object_get(message, "expected_end"));
        buf_adds(line, ", in ");
        words_duration(line, show_number(message, "expected_in_s"));
    }
    for (size_t i = 0; why && i < sizeof WHY / sizeof WHY[0]; i++)
        if (strcmp(WHY[i][0], why) == 0)
            buf_addf(line, "    %s", WHY[i][1]);
}

static void print_message(struct cli *cli, const json_t *message, struct buf *line)
{
    buf_adds(line, "  ");
    words_clip(line, show_text(message, "title", "-"), TITLE_COLUMNS);
    buf_addf(line, " (%s)",
             json_is_true(json_object_get(message, "exercise")) ? "EXERCISE" : show_text(message, "kind", "-"));
    print_line(cli->out, line);
    add_progress(line, json_object_get(message, "deliveries"));
    print_line(cli->out, line);
    add_end(line, message);
    if (line->len > 0)
        print_line(cli->out, line);
    if (show_number(message, "waiting") > 0) {
        buf_addf(line, "    %lld wait for another try, the next ", show_number(message, "waiting"));
        show_value(line, json_object_get(message, "next_try"));
        print_line(cli->out, line);
    }
}

static void print_running(struct cli *cli, const json_t *running, struct buf *line)
{
    size_t i;
    json_t *message;
    fputs(json_array_size(running) ? "\nSending:\n" : "\nNothing is being sent.\n", cli->out);
    json_array_foreach(running, i, message)
    {
        print_message(cli, message, line);
    }
}

/* What an alert waits for, or how it stands. */
static void add_alert_state(struct buf *line, const json_t *alert)
{
    const char *state = show_text(alert, "state", "-");
    const char *id = show_text(alert, "id", "-");
    const json_t *counts = json_object_get(alert, "deliveries");
    if (strcmp(state, "submitted") == 0) {
        buf_addf(line, "    waits for another person: alert approve %s", id);
        return;
    }
    if (strcmp(state, "draft") == 0) {
        buf_addf(line, "    is a draft: alert show %s, then alert send or alert discard", id);
        return;
    }
    buf_addf(line, "    %lld sent", show_number(counts, "sent"));
    if (json_is_integer(json_object_get(alert, "recipients")))
        buf_addf(line, " of %lld", show_number(alert, "recipients"));
    bool has_begun = show_number(counts, "sent") > 0;
    bool waits = json_is_string(json_object_get(alert, "deferred_until")) && !has_begun;
    buf_adds(line, waits ? ", waits until " : ", valid until ");
    show_value(line, json_object_get(alert, waits ? "deferred_until" : "expires_at"));
    buf_addf(line, "; %s", id);
}

static void print_alerts(struct cli *cli, const json_t *alerts, struct buf *line)
{
    size_t i;
    json_t *alert;
    if (json_array_size(alerts) > 0)
        fputs("\nAlerts:\n", cli->out);
    json_array_foreach(alerts, i, alert)
    {
        const char *type = show_text(alert, "type", "alert");
        buf_adds(line, json_is_true(json_object_get(alert, "exercise")) ? "  EXERCISE " : "  ");
        words_clip(line, show_text(alert, "title", "-"), TITLE_COLUMNS - 10);
        buf_addf(line, " (%s, %s)", strcmp(type, "alert") == 0 ? show_text(alert, "kind", "-") : type,
                 show_text(alert, "author", "-"));
        print_line(cli->out, line);
        add_alert_state(line, alert);
        print_line(cli->out, line);
    }
}

static void print_domains(struct cli *cli, const json_t *waiting)
{
    struct table table;
    size_t i;
    json_t *domain;
    const json_t *items = json_object_get(waiting, "items");
    long long count = show_number(waiting, "count");
    if (count == 0)
        return;
    fprintf(cli->out, "\n%lld recipients' domains do not take mail now; their letters wait:\n", count);
    table_init(&table);
    table_column(&table, "  Domain", false);
    table_column(&table, "Next try in", true);
    table_column(&table, "Last answer", false);
    json_array_foreach(items, i, domain)
    {
        char name[300];
        if (i == DOMAINS_SHOWN)
            break;
        snprintf(name, sizeof name, "  %s", show_text(domain, "domain", "-"));
        add_clipped(&table, name, 24);
        add_span(&table, json_object_get(domain, "retry_in_ms"), 1000);
        add_clipped(&table, show_text(domain, "reply", ""), REPLY_COLUMNS);
    }
    table_print(&table, cli->out);
    table_fini(&table);
    if (count > DOMAINS_SHOWN)
        fprintf(cli->out, "  and %lld more (--json has the first %zu)\n", count - DOMAINS_SHOWN,
                json_array_size(items));
}

/* --- what is due ---------------------------------------------------------------------------------------------------
 */

static const char *next_step(const char *state)
{
    static const char *const STEPS[][2] = {
        {"missing", "write it: letter new"},
        {"draft", "letter submit"},
        {"submitted", "letter approve"},
        {"approved", "goes by itself"},
        {"held", "letter send or cancel"},
        {"sending", "it is going out"},
        {"sent", "nothing"},
        {"cancelled", "nothing"},
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
        add_clipped(&table, show_text(item, "colour", "-"), 6);
        add_value(&table, json_object_get(item, "local"));
        add_clipped(&table, show_text(item, "series_name", show_text(item, "series", "-")), 12);
        table_cell(&table, show_text(item, "period", "-"));
        table_cell(&table, state);
        table_cell(&table, next_step(state));
    }
    fputc('\n', cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
    if (json_array_size(items) > UPCOMING_SHOWN)
        fprintf(cli->out, "and %zu more: schedule upcoming\n", json_array_size(items) - UPCOMING_SHOWN);
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

static void print_approved(struct cli *cli, const json_t *letters)
{
    struct table table;
    size_t i;
    json_t *letter;
    if (json_array_size(letters) == 0)
        return;
    table_init(&table);
    table_column(&table, "Due", false);
    table_column(&table, "Title", false);
    table_column(&table, "Period", false);
    table_column(&table, "Letter", false);
    json_array_foreach(letters, i, letter)
    {
        add_value(&table, json_object_get(letter, "due_at"));
        add_clipped(&table, show_text(letter, "title", "-"), 32);
        table_cell(&table, show_text(letter, "period", "-"));
        table_cell(&table, show_text(letter, "id", "-"));
    }
    fputs("\nApproved, and going out by themselves:\n", cli->out);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* --- the screen ----------------------------------------------------------------------------------------------------
 */

static void print_problem(FILE *out, const json_t *p)
{
    const char *what = json_is_string(p) ? json_string_value(p) : show_text(p, "text", show_text(p, "what", NULL));
    struct buf text;
    if (!what) {
        show_object(out, p);
        return;
    }
    buf_init(&text, SHOW_VALUE_BYTES);
    words_wrap(&text, what, 2, COLUMNS);
    print_clean(out, buf_str(&text), true);
    buf_fini(&text);
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

static long long count_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void print_webhooks(FILE *out, const json_t *w)
{
    if (count_of(w, "endpoints") == 0)
        return;
    fprintf(out,
            "\nWebhooks: %lld endpoints, %lld failing, %lld disabled; %lld waiting, %lld in flight, %lld given up\n",
            count_of(w, "endpoints"), count_of(w, "failing"), count_of(w, "disabled"), count_of(w, "pending"),
            count_of(w, "in_flight"), count_of(w, "dead"));
}

/* What the functions above have not shown. */
static void print_rest(struct cli *cli, const json_t *answer)
{
    static const char *const SHOWN[] = {"version",         "uptime_s",        "store",         "hold",     "hold_since",
                                        "hold_by",         "hold_reason",     "restored",      "queue",    "relays",
                                        "domains_waiting", "messages_paused", "register",      "running",  "letters",
                                        "alerts",          "next_due",        "loop_delay_ms", "webhooks", "problems"};
    json_t *rest = json_copy((json_t *)answer);
    for (size_t i = 0; i < sizeof SHOWN / sizeof SHOWN[0]; i++)
        json_object_del(rest, SHOWN[i]);
    if (json_object_size(rest) > 0) {
        fputc('\n', cli->out);
        show_object(cli->out, rest);
    }
    json_decref(rest);
}

int cli_view_status(struct cli *cli, const json_t *answer)
{
    struct buf line;
    if (cli->args.json)
        return CLI_DONE;
    buf_init(&line, SHOW_VALUE_BYTES);
    print_head(cli, answer, &line);
    print_hold(cli, answer, &line);
    print_queue(cli, json_object_get(answer, "queue"));
    print_relays(cli, json_object_get(answer, "relays"));
    print_alerts(cli, json_object_get(answer, "alerts"), &line);
    print_running(cli, json_object_get(answer, "running"), &line);
    print_domains(cli, json_object_get(answer, "domains_waiting"));
    int rc = show_upcoming(cli);
    print_approved(cli, json_object_get(answer, "next_due"));
    print_webhooks(cli->out, json_object_get(answer, "webhooks"));
    print_rest(cli, answer);
    print_problems(cli, json_object_get(answer, "problems"));
    buf_fini(&line);
    return rc;
}
