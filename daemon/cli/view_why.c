/*
 * `why` and `delivery show`: all about one address, and about one mail to it: every try with the server's answer,
 * newest first, and what it waits for.
 */
#include "cli/cli.h"

#include <string.h>

#include "cli/show.h"
#include "cli/table.h"
#include "cli/words.h"

enum { COLUMNS = 80, TITLE_COLUMNS = 32, INDENT = 4 };

/* As it is where it fits, else over several lines. */
static void print_line(FILE *out, struct buf *line)
{
    struct buf text;
    buf_init(&text, SHOW_VALUE_BYTES);
    if (text_columns(buf_str(line)) <= COLUMNS) {
        print_clean(out, buf_str(line), false);
        fputc('\n', out);
    } else {
        words_wrap(&text, buf_str(line), INDENT, COLUMNS);
        print_clean(out, buf_str(&text), true);
    }
    buf_fini(&text);
    buf_reset(line);
}

/* "    2026-04-01 09:00  main  RCPT  450 4.2.0 try again later" */
static void print_try(struct cli *cli, const json_t *try, const char *time, struct buf *line)
{
    buf_adds(line, "    ");
    show_value(line, json_object_get(try, time));
    buf_addf(line, "  %s  %s", show_text(try, "relay", "-"), show_text(try, "step", "-"));
    if (show_number(try, "code") > 0)
        buf_addf(line, "  %lld", show_number(try, "code"));
    if (show_text(try, "status", "")[0])
        buf_addf(line, " %s", show_text(try, "status", ""));
    buf_addf(line, "%s%s", show_number(try, "code") > 0 ? " " : "  ", show_text(try, "reply", ""));
    print_line(cli->out, line);
}

static void print_tries(struct cli *cli, const json_t *delivery, struct buf *line)
{
    const json_t *tries = json_object_get(delivery, "tries");
    size_t i;
    json_t *try;
    json_array_foreach(tries, i, try)
    {
        print_try(cli, try, "at", line);
    }
    if (json_array_size(tries) == 0 && show_text(delivery, "reply", "")[0])
        print_try(cli, delivery, "last_at", line); /* of a daemon that kept the last answer only */
}

static void print_waits(struct cli *cli, const json_t *delivery, struct buf *line)
{
    size_t i;
    json_t *reason;
    json_array_foreach(json_object_get(delivery, "waits_for"), i, reason)
    {
        buf_addf(line, "    waits: %s", show_text(reason, "text", "?"));
        if (json_is_string(json_object_get(reason, "until"))) {
            buf_adds(line, ", ");
            show_value(line, json_object_get(reason, "until"));
        }
        print_line(cli->out, line);
    }
}

/* "sent       Månadsbrev  2026-04-01 09:00  dlv_..." and below it what happened. What is no letter says so. */
static void print_delivery(struct cli *cli, const json_t *delivery, struct buf *line)
{
    bool is_exercise = json_is_true(json_object_get(delivery, "exercise"));
    const char *kind = is_exercise ? "EXERCISE" : show_text(delivery, "kind", "-");
    bool is_usual = strcmp(kind, "letter") == 0;
    buf_addf(line, "%-10s ", show_text(delivery, "state", "-"));
    words_clip(line, show_text(delivery, "title", "-"), is_usual ? TITLE_COLUMNS : TITLE_COLUMNS - strlen(kind) - 3);
    if (!is_usual)
        buf_addf(line, " (%s)", kind);
    buf_adds(line, "  ");
    show_value(line, json_object_get(delivery, "created_at"));
    buf_addf(line, "  %s", show_text(delivery, "id", "-"));
    print_line(cli->out, line);
    print_waits(cli, delivery, line);
    print_tries(cli, delivery, line);
}

static void print_people(struct cli *cli, const json_t *people)
{
    size_t i;
    json_t *person;
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
}

int cli_view_why(struct cli *cli, const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    size_t i;
    json_t *delivery;
    struct buf line;
    if (cli->args.json)
        return CLI_DONE;
    buf_init(&line, SHOW_VALUE_BYTES);
    print_people(cli, json_object_get(answer, "registrations"));
    json_array_foreach(items, i, delivery)
    {
        print_delivery(cli, delivery, &line);
    }
    if (json_array_size(items) == 0)
        fputs("Nothing was ever sent to it.\n", cli->out);
    buf_fini(&line);
    return CLI_DONE;
}

int cli_view_delivery(struct cli *cli, const json_t *answer)
{
    struct buf line;
    if (cli->args.json)
        return CLI_DONE;
    json_t *head = json_copy((json_t *)answer);
    json_object_del(head, "tries");
    json_object_del(head, "waits_for");
    show_object(cli->out, head);
    json_decref(head);
    buf_init(&line, SHOW_VALUE_BYTES);
    fputs(json_array_size(json_object_get(answer, "tries")) ? "\nWhat happened, newest first:\n"
                                                            : "\nIt has not been tried, or was cut off.\n",
          cli->out);
    print_waits(cli, answer, &line);
    print_tries(cli, answer, &line);
    buf_fini(&line);
    return CLI_DONE;
}
