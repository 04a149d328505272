/* A register file: where its header is, which rows are no data, and the bookkeeping of problems. */
#include "core/register.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/register_reader.h"

enum { TEXT_MAX_BYTES = 4096, NUMBER_BYTES = 32, COUNT_DIGITS_MAX = 6 };

void register_report(struct register_reader *r, const struct register_finding *f)
{
    const struct wording *text = register_problem_wording(f->code);
    const char *sv[REGISTER_ARGS_MAX];
    const char *en[REGISTER_ARGS_MAX];
    struct register_problem p = {.code = f->code,
                                 .severity = register_problem_severity(f->code),
                                 .line = f->line,
                                 .column = f->column,
                                 .header = "",
                                 .suggestion = f->suggestion != NULL ? f->suggestion : ""};
    r->has_errors = r->has_errors || p.severity == REGISTER_ERROR;
    long count = ++r->summary->problems[p.severity];
    bool is_first_error = p.severity == REGISTER_ERROR && count == 1;
    if ((size_t)count > r->options->max_problems && !is_first_error)
        return;
    for (int i = 0; i < REGISTER_ARGS_MAX; i++) {
        sv[i] = f->args[i].sv;
        en[i] = f->args[i].en;
    }
    register_fill(&r->sv, text->sv, sv);
    register_fill(&r->en, text->en, en);
    register_show(&r->shown, f->found != NULL ? f->found : "");
    if (f->column > 0 && f->column <= r->layout.count)
        p.header = r->layout.headers[f->column - 1];
    p.found = buf_str(&r->shown);
    p.text = (struct wording){buf_str(&r->sv), buf_str(&r->en)};
    if (is_first_error) {
        char column[NUMBER_BYTES] = "";
        if (p.column > 0)
            snprintf(column, sizeof column, ", column %zu", p.column);
        err_set(r->err, ERR_INVALID, "line %ld%s%s%s%s: %s", p.line, column, p.header[0] != '\0' ? " (" : "", p.header,
                p.header[0] != '\0' ? ")" : "", p.text.en);
    }
    if ((size_t)count <= r->options->max_problems)
        r->cb->on_problem(r->cb->ctx, &p);
}

static void report_number(struct register_reader *r, enum register_problem_code code, long line, long number)
{
    char text[NUMBER_BYTES];
    snprintf(text, sizeof text, "%ld", number);
    register_report(r, &(struct register_finding){.code = code, .line = line, .args = {{text, text}}});
}

/* --- the header ------------------------------------------------------------------------------------------------------
 */

/* The second column of a meaning is left out; addresses and phones may have several. */
static void settle_column(struct register_reader *r, size_t i)
{
    enum register_column column = r->layout.columns[i];
    struct register_finding f = {.line = r->layout.line, .column = i + 1, .found = r->layout.headers[i]};
    char first[NUMBER_BYTES];
    switch (column) {
    case REGISTER_UNKNOWN:
        if (r->layout.headers[i][0] == '\0')
            return;
        f.code = REGISTER_PROBLEM_COLUMN_UNKNOWN;
        break;
    case REGISTER_REMARK:
        f.code = REGISTER_PROBLEM_COLUMN_REMARK;
        break;
    case REGISTER_PERSONNUMMER:
        f.code = REGISTER_PROBLEM_COLUMN_PERSONNUMMER;
        break;
    default:
        if (r->place[column] == 0 || column == REGISTER_EMAIL || column == REGISTER_PHONE) {
            if (r->place[column] == 0)
                r->place[column] = i + 1;
            return;
        }
        f.code = REGISTER_PROBLEM_COLUMN_TWICE;
        snprintf(first, sizeof first, "%zu", r->place[column]);
        f.args[0] = (struct wording){first, first};
        r->layout.columns[i] = REGISTER_UNKNOWN;
        break;
    }
    register_report(r, &f);
}

static void take_header(struct register_reader *r)
{
    r->summary->header_line = r->layout.line;
    if (r->rows_above > 0)
        report_number(r, REGISTER_PROBLEM_TITLE_ROWS, r->layout.line, r->layout.line);
    for (size_t i = 0; i < r->layout.count; i++)
        settle_column(r, i);
    bool has_municipality = r->place[REGISTER_MUNICIPALITY_CODE] > 0 || r->place[REGISTER_MUNICIPALITY] > 0;
    if (!has_municipality && r->options->municipality_code == NULL)
        register_report(
            r, &(struct register_finding){.code = REGISTER_PROBLEM_MUNICIPALITY_MISSING, .line = r->layout.line});
}

static int report_no_header(struct register_reader *r)
{
    struct register_finding f = {.code = REGISTER_PROBLEM_NO_HEADER, .line = 1};
    if (r->best_line > 0) {
        f.code = REGISTER_PROBLEM_NO_GROUP_COLUMN;
        f.line = r->best_line;
    } else if (r->rows_above == 0) {
        f.code = REGISTER_PROBLEM_EMPTY;
    }
    register_report(r, &f);
    return ERR_INVALID;
}

static int look_for_header(struct register_reader *r, const struct csv_row *row)
{
    size_t known = 0;
    if (row->line > REGISTER_HEADER_LINES)
        return report_no_header(r);
    if (register_layout_take(&r->layout, row, &known)) {
        take_header(r);
        return 0;
    }
    if (known >= 2 && known > r->best_known) {
        r->best_known = known;
        r->best_line = row->line;
    }
    r->rows_above++;
    return 0;
}

/* --- rows ------------------------------------------------------------------------------------------------------------
 */

/* White space of any kind only? */
static bool is_blank_cell(const char *cell)
{
    cell += strspn(cell, " \t\r\n");
    while (strncmp(cell, "\xc2\xa0", 2) == 0)
        cell += 2 + strspn(cell + 2, " \t\r\n");
    return *cell == '\0';
}

static size_t first_filled(const struct csv_row *row, size_t from)
{
    while (from < row->count && is_blank_cell(row->cells[from]))
        from++;
    return from;
}

/* What no person is: a blank cell, or a count of the column above it. */
static bool is_count_cell(const char *cell)
{
    size_t digits = strspn(cell, "0123456789");
    return is_blank_cell(cell) || (digits <= COUNT_DIGITS_MAX && is_blank_cell(cell + digits));
}

/* "Summa", "Totalt: 120 hushåll", in a row without a person. */
static bool is_total(const struct register_reader *r, const struct csv_row *row)
{
    static const char *const words[] = {"summa", "totalt", "total", "totalsumma", "delsumma", "sum", "sammanlagt"};
    static const enum register_column personal[] = {REGISTER_EMAIL, REGISTER_PHONE, REGISTER_NAME, REGISTER_FIRST_NAME,
                                                    REGISTER_LAST_NAME};
    const char *cell = row->cells[first_filled(row, 0)];
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(words) && !found; i++) {
        size_t n = strlen(words[i]);
        found = strncasecmp(cell, words[i], n) == 0 && (cell[n] == '\0' || strchr(" :.=0123456789", cell[n]) != NULL);
    }
    for (size_t i = 0; i < ARRAY_LEN(personal) && found; i++) {
        size_t place = r->place[personal[i]];
        if (place > 0 && place <= row->count && strpbrk(row->cells[place - 1], "@") != NULL)
            found = false;
        if (place > 0 && place <= row->count && !is_count_cell(row->cells[place - 1]) &&
            first_filled(row, 0) != place - 1)
            found = false;
    }
    return found;
}

/* Rows that are no data: true when skipped. */
static bool skip_row(struct register_reader *r, const struct csv_row *row)
{
    if (first_filled(row, 0) == row->count) {
        r->summary->skipped++;
        r->blank_rows++;
        return true;
    }
    if (!is_total(r, row) && !register_layout_is_header(&r->layout, row))
        return false;
    register_report(r, &(struct register_finding){.code = is_total(r, row) ? REGISTER_PROBLEM_TOTAL_ROW
                                                                           : REGISTER_PROBLEM_HEADER_AGAIN,
                                                  .line = row->line,
                                                  .found = row->cells[first_filled(row, 0)]});
    r->summary->skipped++;
    return true;
}

/* More or fewer cells than headers. Cells to the right that are blank do not matter; nor do missing columns that are
 * not imported. */
static void check_width(struct register_reader *r, const struct csv_row *row)
{
    char cells[NUMBER_BYTES];
    char headers[NUMBER_BYTES];
    struct register_finding f = {.line = row->line};
    if (row->count > r->layout.count) {
        size_t extra = first_filled(row, r->layout.count);
        if (extra == row->count)
            return;
        f.code = REGISTER_PROBLEM_ROW_LONG;
        f.column = extra + 1;
        f.found = row->cells[extra];
    } else {
        size_t i = row->count;
        while (i < r->layout.count &&
               (r->layout.columns[i] == REGISTER_UNKNOWN || r->layout.columns[i] == REGISTER_REMARK))
            i++;
        if (i == r->layout.count)
            return;
        f.code = REGISTER_PROBLEM_ROW_SHORT;
    }
    snprintf(cells, sizeof cells, "%zu", row->count);
    snprintf(headers, sizeof headers, "%zu", r->layout.count);
    f.args[0] = (struct wording){cells, cells};
    f.args[1] = (struct wording){headers, headers};
    register_report(r, &f);
}

static int take_row(struct register_reader *r, const struct csv_row *row)
{
    int rc = 0;
    r->csv = row;
    register_row_read(r);
    check_width(r, row);
    register_group_check(r);
    if (!r->has_errors)
        rc = r->cb->on_row(r->cb->ctx, &r->row);
    register_row_forget(r);
    return rc;
}

static int on_csv_row(void *ctx, const struct csv_row *row)
{
    struct register_reader *r = ctx;
    if (r->layout.line == 0)
        return first_filled(row, 0) == row->count ? 0 : look_for_header(r, row);
    if (skip_row(r, row))
        return 0;
    if (r->summary->rows == REGISTER_ROWS_MAX) {
        report_number(r, REGISTER_PROBLEM_TOO_MANY_ROWS, row->line, REGISTER_ROWS_MAX);
        return ERR_INVALID;
    }
    r->summary->rows++;
    return take_row(r, row);
}

static void report_file(struct register_reader *r, const struct csv_fault *fault)
{
    const struct wording *text = csv_fault_wording(fault->code);
    char begin[NUMBER_BYTES];
    struct buf sv;
    struct buf en;
    snprintf(begin, sizeof begin, "%ld", fault->begin_line);
    const char *const args[REGISTER_ARGS_MAX] = {begin, csv_encoding_name(r->summary->encoding)};
    buf_init(&sv, TEXT_MAX_BYTES);
    buf_init(&en, TEXT_MAX_BYTES);
    register_fill(&sv, text->sv, args);
    register_fill(&en, text->en, args);
    register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_FILE,
                                                  .line = fault->line,
                                                  .column = fault->column,
                                                  .args = {{buf_str(&sv), buf_str(&en)}}});
    buf_fini(&sv);
    buf_fini(&en);
}

/* What the whole file has shown. `rc` is of csv_read(); returns what register_read() does. */
static int finish(struct register_reader *r, int rc, const struct csv_info *info, const struct csv_fault *fault)
{
    r->summary->encoding = info->encoding;
    r->summary->delimiter = info->delimiter;
    r->summary->lines = info->lines;
    r->summary->skipped += info->blank_lines;
    if (fault->code != CSV_OK)
        report_file(r, fault);
    else if (rc == 0 && r->layout.line == 0)
        rc = report_no_header(r);
    else if (rc == 0 && r->summary->rows == 0)
        register_report(r, &(struct register_finding){.code = REGISTER_PROBLEM_NO_ROWS, .line = r->layout.line});
    if (r->blank_rows + info->blank_lines > 0 && r->layout.line > 0)
        report_number(r, REGISTER_PROBLEM_BLANK_ROWS, info->lines, r->blank_rows + info->blank_lines);
    return rc == 0 && r->summary->problems[REGISTER_ERROR] > 0 ? ERR_INVALID : rc;
}

int register_read(const struct byte_source *source, const struct register_options *options,
                  const struct register_callbacks *callbacks, struct register_summary *summary_out, struct err *err)
{
    struct register_reader *r = xcalloc(1, sizeof *r);
    struct csv_info info = {.delimiter = ';'};
    struct csv_fault fault = {.code = CSV_OK};
    *summary_out = (struct register_summary){.delimiter = ';'};
    r->options = options;
    r->cb = callbacks;
    r->summary = summary_out;
    r->err = err;
    seen_init(&r->groups);
    seen_init(&r->contacts);
    buf_init(&r->shown, TEXT_MAX_BYTES);
    buf_init(&r->sv, TEXT_MAX_BYTES);
    buf_init(&r->en, TEXT_MAX_BYTES);

    int rc = finish(r, csv_read(source, on_csv_row, r, &info, &fault), &info, &fault);

    register_row_forget(r);
    register_layout_fini(&r->layout);
    free(r->municipality_text);
    free(r->facts);
    seen_fini(&r->groups);
    seen_fini(&r->contacts);
    buf_fini(&r->shown);
    buf_fini(&r->sv);
    buf_fini(&r->en);
    free(r);
    return rc;
}
