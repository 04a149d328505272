/* What an import found, problem by problem, and what lint found: texts for those who keep registers and write letters.
 */
#include "cli/cli.h"

#include <string.h>

#include "cli/show.h"
#include "cli/table.h"

/* The sentences of the chosen language, one a line, the second indented. */
static void print_wording(struct cli *cli, const char *sv, const char *en)
{
    const char *lines[2] = {cli->lang == CLI_EN && en[0] ? "" : sv, cli->lang == CLI_SV && sv[0] ? "" : en};
    const char *indent = "";
    if (strcmp(lines[0], lines[1]) == 0)
        lines[1] = "";
    for (size_t i = 0; i < 2; i++) {
        if (!lines[i][0])
            continue;
        fputs(indent, cli->out);
        print_clean(cli->out, lines[i], false);
        fputc('\n', cli->out);
        indent = "    ";
    }
}

/* "FILE:12:14 (E-post) error:" */
static void print_place(struct cli *cli, const char *file, const json_t *p)
{
    const char *header = show_text(p, "header", "");
    print_clean(cli->out, file, false);
    if (show_number(p, "line") > 0)
        fprintf(cli->out, ":%lld", show_number(p, "line"));
    if (show_number(p, "column") > 0)
        fprintf(cli->out, ":%lld", show_number(p, "column"));
    if (header[0]) {
        fputs(" (", cli->out);
        print_clean(cli->out, header, false);
        fputc(')', cli->out);
    }
    fputc(' ', cli->out);
    print_clean(cli->out, show_text(p, "severity", "error"), false);
    fputs(": ", cli->out);
}

static void print_quoted(struct cli *cli, const char *label, const char *text)
{
    if (!text[0])
        return;
    fprintf(cli->out, "    %s", label);
    print_clean(cli->out, text, false);
    fputc('\n', cli->out);
}

void cli_print_problems(struct cli *cli, const char *file, const json_t *problems)
{
    size_t i;
    json_t *p;
    bool is_swedish = cli->lang == CLI_SV;
    const char *name = strcmp(file, "-") == 0 ? "(stdin)" : file;
    json_array_foreach(problems, i, p)
    {
        print_place(cli, name, p);
        print_wording(cli, show_text(p, "sv", ""), show_text(p, "en", ""));
        print_quoted(cli, is_swedish ? "där står: " : "there stands: ", show_text(p, "value", ""));
        print_quoted(cli, is_swedish ? "menas kanske: " : "perhaps meant: ", show_text(p, "suggestion", ""));
    }
}

void cli_print_totals(struct cli *cli, const json_t *answer)
{
    if (json_object_get(answer, "errors"))
        fprintf(cli->out, "%lld rows read: %lld errors, %lld warnings, %lld notes\n", show_number(answer, "rows"),
                show_number(answer, "errors"), show_number(answer, "warnings"), show_number(answer, "notes"));
}

int cli_view_import(struct cli *cli, const json_t *answer)
{
    const json_t *problems = json_object_get(answer, "problems");
    if (cli->args.json)
        return CLI_DONE;
    bool is_dry = json_is_true(json_object_get(answer, "dry_run")) || cli_args_has(&cli->args, "dry-run");
    fputs(is_dry ? "dry run: nothing was changed; this is what would be done\n" : "taken in\n", cli->out);
    json_t *summary = json_copy((json_t *)answer);
    json_object_del(summary, "problems");
    static const char *const TOTALS[] = {"dry_run", "errors", "warnings", "notes"};
    for (size_t t = 0; t < sizeof TOTALS / sizeof TOTALS[0]; t++)
        json_object_del(summary, TOTALS[t]);
    show_object(cli->out, summary);
    json_decref(summary);
    cli_print_totals(cli, answer);
    if (json_array_size(problems) > 0) {
        fputc('\n', cli->out);
        cli_print_problems(cli, cli->args.args[0], problems);
    }
    return CLI_DONE;
}

int cli_view_lint(struct cli *cli, const json_t *answer)
{
    const json_t *findings = json_object_get(answer, "findings");
    long long blocks = show_number(answer, "blocks");
    size_t i;
    json_t *f;
    if (!cli->args.json) {
        json_array_foreach(findings, i, f)
        {
            json_t *place = json_copy(f);
            json_object_set(place, "header", json_object_get(f, "rule"));
            json_object_set(place, "value", json_object_get(f, "text"));
            json_t *one = json_pack("[o]", place);
            cli_print_problems(cli, cli->args.args[0], one);
            json_decref(one);
        }
        if (json_array_size(findings) == 0)
            fputs("nothing found: the letter may go to approval\n", cli->out);
        else
            fprintf(cli->out, "%lld stop the letter, %lld to look at, %lld notes\n", blocks,
                    show_number(answer, "warns"), show_number(answer, "notes"));
        if (show_number(answer, "lix") > 0)
            fprintf(cli->out, "readability (LIX): %lld; under 40 is easy, over 50 hard\n", show_number(answer, "lix"));
    }
    return blocks > 0 ? CLI_REFUSED : CLI_DONE;
}

int cli_view_audit(struct cli *cli, const json_t *answer)
{
    const json_t *ok = json_object_get(answer, "ok");
    if (!cli->args.json)
        show_object(cli->out, answer);
    return json_is_false(ok) ? CLI_REFUSED : CLI_DONE;
}
