/*
 * The report of a letter: who was reached, by municipality, and what to do about the rest. An officer shows it to those
 * she answers to, so it is in Swedish unless --lang en asks for English.
 */
#include "cli/cli.h"

#include <string.h>

#include "cli/show.h"
#include "cli/table.h"

enum { BAR_CELLS = 10, REPORT_FAILURES = 50 /* so many the daemon lists */ };

/* What the table and the sentences say, in the reader's language. */
struct report_words {
    const char *letter, *state, *due, *municipality, *groups, *contacts, *sent, *waiting, *failed, *uncertain,
        *withdrawn, *share, *total, *nobody, *failures, *more, *advice_failed, *advice_uncertain, *advice_waiting,
        *advice_hold, *all_done, *failure_columns;
};
static const struct report_words SV = {
    .letter = "Brev",
    .state = "Läge",
    .due = "Utskick",
    .municipality = "Kommun",
    .groups = "Grupper",
    .contacts = "Mottagare",
    .sent = "Skickade",
    .waiting = "Väntar",
    .failed = "Misslyckade",
    .uncertain = "Osäkra",
    .withdrawn = "Återtagna",
    .share = "Framme",
    .total = "Totalt",
    .nobody = "Brevet har inte skickats till någon ännu.",
    .failures = "Kom inte fram",
    .more = "... och fler: grannbud delivery list --letter",
    .advice_failed =
        "Misslyckade: mottagarens server sa nej, svarade inte på flera dagar, eller så går adressen inte att skicka "
        "till; grannbud delivery show visar vilket. Rätta adressen (grannbud contact set) och försök igen "
        "(grannbud delivery retry).",
    .advice_uncertain =
        "Osäkra: brevet lämnade oss men svaret uteblev. De kan ha kommit fram; fråga innan du skickar igen.",
    .advice_waiting = "Väntar: skickas utan att du behöver göra något.",
    .advice_hold = "Väntar: alla utskick är stoppade tills en administratör startar dem (grannbud resume).",
    .all_done = "Alla brev är framme hos mottagarnas servrar.",
    .failure_columns = "delivery:Id municipality:Kommun address:E-post state:Läge status:Kod reply~40:Svar",
};
static const struct report_words EN = {
    .letter = "Letter",
    .state = "State",
    .due = "Due",
    .municipality = "Municipality",
    .groups = "Groups",
    .contacts = "Recipients",
    .sent = "Sent",
    .waiting = "Waiting",
    .failed = "Failed",
    .uncertain = "Uncertain",
    .withdrawn = "Withdrawn",
    .share = "Arrived",
    .total = "Total",
    .nobody = "The letter has not been sent to anybody yet.",
    .failures = "Did not arrive",
    .more = "... and more: grannbud delivery list --letter",
    .advice_failed = "Failed: the recipient's server said no or put us off for days, or the address cannot be sent to; "
                     "grannbud delivery show tells which. Correct the address (grannbud contact set) and try again "
                     "(grannbud delivery retry).",
    .advice_uncertain =
        "Uncertain: the letter left us and no answer came. They may have arrived; ask before you resend.",
    .advice_waiting = "Waiting: they go out by themselves.",
    .advice_hold = "Waiting: all sending is stopped until an administrator starts it (grannbud resume).",
    .all_done = "All letters have arrived at the recipients' servers.",
    .failure_columns = "delivery:Id municipality:Municipality address:Address state:State status:Code reply~40:Reply",
};

struct figures {
    long long groups, groups_all, sent, waiting, failed, uncertain, withdrawn;
};

static void read_figures(const json_t *row, struct figures *out)
{
    const json_t *counts = json_object_get(row, "deliveries");
    out->groups = show_number(row, "groups_reached");
    out->groups_all = show_number(row, "groups_active");
    out->sent = show_number(counts, "sent");
    out->waiting = show_number(counts, "pending") + show_number(counts, "claimed");
    out->failed = show_number(counts, "failed");
    out->uncertain = show_number(counts, "uncertain");
    out->withdrawn = show_number(counts, "withdrawn") + show_number(counts, "expired");
}

static void add_figures(struct figures *sum, const struct figures *f)
{
    sum->groups += f->groups;
    sum->groups_all += f->groups_all;
    sum->sent += f->sent;
    sum->waiting += f->waiting;
    sum->failed += f->failed;
    sum->uncertain += f->uncertain;
    sum->withdrawn += f->withdrawn;
}

static long long all_of(const struct figures *f)
{
    return f->sent + f->waiting + f->failed + f->uncertain + f->withdrawn;
}

static void number_cell(struct table *t, long long n)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", n);
    table_cell(t, text);
}

/* "100 % ##########"; never 100 while one is missing. */
static void share_cell(struct table *t, const struct figures *f)
{
    char text[96];
    long long all = all_of(f);
    long long percent = all > 0 ? 100 * f->sent / all : 0;
    int n = snprintf(text, sizeof text, "%3lld %% ", percent);
    for (int i = 0; i < BAR_CELLS; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s", percent >= (i + 1) * 100 / BAR_CELLS ? "█" : "░");
    table_cell(t, all > 0 ? text : "-");
}

static void print_row(struct table *t, const char *name, const struct figures *f)
{
    char groups[64];
    snprintf(groups, sizeof groups, "%lld/%lld", f->groups, f->groups_all);
    table_cell(t, name);
    table_cell(t, groups);
    number_cell(t, all_of(f));
    number_cell(t, f->sent);
    number_cell(t, f->waiting);
    number_cell(t, f->failed);
    number_cell(t, f->uncertain);
    number_cell(t, f->withdrawn);
    share_cell(t, f);
}

static void print_table(struct cli *cli, const struct report_words *w, const json_t *rows, struct figures *sum)
{
    struct table table;
    size_t i;
    json_t *row;
    const char *const numbers[] = {w->groups, w->contacts, w->sent, w->waiting, w->failed, w->uncertain, w->withdrawn};
    table_init(&table);
    table_column(&table, w->municipality, false);
    for (size_t c = 0; c < sizeof numbers / sizeof numbers[0]; c++)
        table_column(&table, numbers[c], true);
    table_column(&table, w->share, false);
    json_array_foreach(rows, i, row)
    {
        struct figures f;
        read_figures(row, &f);
        add_figures(sum, &f);
        print_row(&table, show_text(row, "name", show_text(row, "code", "-")), &f);
    }
    if (json_array_size(rows) > 1)
        print_row(&table, w->total, sum);
    table_print(&table, cli->out);
    table_fini(&table);
}

/* The letter's state in words; a state that is not known here as it is. */
static const char *state_word(const struct cli *cli, const char *state)
{
    static const char *const WORDS[][2] = {
        {"draft", "utkast"},       {"submitted", "väntar på godkännande"},
        {"approved", "godkänt"},   {"held", "stoppat, för sent"},
        {"sending", "skickas nu"}, {"sent", "skickat"},
        {"cancelled", "inställt"},
    };
    for (size_t i = 0; cli->lang != CLI_EN && i < sizeof WORDS / sizeof WORDS[0]; i++)
        if (strcmp(state, WORDS[i][0]) == 0)
            return WORDS[i][1];
    return state;
}

static void print_line(FILE *out, const char *label, const char *text)
{
    fprintf(out, "%s: ", label);
    print_clean(out, text, false);
    fputc('\n', out);
}

static void print_head(struct cli *cli, const struct report_words *w, const json_t *answer)
{
    struct buf due;
    const json_t *letter = json_object_get(answer, "letter");
    print_line(cli->out, w->letter, show_text(letter, "title", "-"));
    print_line(cli->out, w->state, state_word(cli, show_text(answer, "state", "-")));
    buf_init(&due, 128);
    show_value(&due, json_object_get(letter, "due_at"));
    print_line(cli->out, w->due, buf_str(&due));
    buf_fini(&due);
    fputc('\n', cli->out);
}

static void print_failures(struct cli *cli, const struct report_words *w, const json_t *answer)
{
    const json_t *failures = json_object_get(answer, "failures");
    if (json_array_size(failures) == 0)
        return;
    fprintf(cli->out, "\n%s:\n", w->failures);
    show_list(cli->out, failures, w->failure_columns, NULL);
    if (json_array_size(failures) >= REPORT_FAILURES) {
        fprintf(cli->out, "%s ", w->more);
        print_clean(cli->out, cli->args.args[0], false);
        fputc('\n', cli->out);
    }
}

int cli_view_report(struct cli *cli, const json_t *answer)
{
    const struct report_words *w = cli->lang == CLI_EN ? &EN : &SV;
    struct figures sum = {0};
    if (cli->args.json)
        return CLI_DONE;
    print_head(cli, w, answer);
    print_table(cli, w, json_object_get(answer, "municipalities"), &sum);
    print_failures(cli, w, answer);
    fputc('\n', cli->out);
    if (all_of(&sum) == 0)
        fprintf(cli->out, "%s\n", w->nobody);
    else if (sum.sent == all_of(&sum))
        fprintf(cli->out, "%s\n", w->all_done);
    if (sum.waiting)
        fprintf(cli->out, "%s\n", json_is_true(json_object_get(answer, "hold")) ? w->advice_hold : w->advice_waiting);
    if (sum.failed)
        fprintf(cli->out, "%s\n", w->advice_failed);
    if (sum.uncertain)
        fprintf(cli->out, "%s\n", w->advice_uncertain);
    return CLI_DONE;
}
