/*
 * The rules on area tables; see area_check in core/area_book.h.
 *
 * Each cell is judged by its column alone, then rows against each other and against other tables. A cell that is
 * wrong in itself is told once: what would compare it finds "" or a form that matches nothing and passes it over.
 */
#include "core/area_book.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/date_text.h"
#include "core/file_errors.h"
#include "store/actor.h"

enum { COUNTY_DIGITS = 2, MUNICIPALITY_DIGITS = 4 };

_Static_assert(AREA_CODE_BYTES_MAX == SCOPE_CODE_BYTES - 1, "the code of a police area is the code of its scope");

static bool is_digits(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789") == n;
}

static bool is_slug(const char *s)
{
    size_t n = strlen(s);

    return n > 0 && n <= AREA_CODE_BYTES_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
           s[0] != '-' && s[n - 1] != '-';
}

static bool is_day(const char *s)
{
    struct date_text day;

    return date_text_read(s, &day) == DATE_OK && day.form == DATE_FORM_ISO && strcmp(day.text, s) == 0;
}

/* What must be written there instead, or NULL when the code is right. */
static const char *code_fault(enum area_table table, const char *cell)
{
    if (table == AREA_TABLE_COUNTY)
        return is_digits(cell, COUNTY_DIGITS) ? NULL : "write two digits, with a leading zero";
    if (table == AREA_TABLE_MUNICIPALITY)
        return is_digits(cell, MUNICIPALITY_DIGITS) ? NULL : "write four digits, with a leading zero";
    return is_slug(cell) ? NULL : "write 1 to 47 of a-z 0-9 and -, such as angelholm";
}

static const char *text_fault(const char *cell, size_t max, bool may_be_empty)
{
    if (*cell == '\0' && !may_be_empty)
        return "write a name";
    if (strlen(cell) > max)
        return "write a shorter text";
    return text_has_control(cell, strlen(cell)) ? "take out the line break or control character" : NULL;
}

/* The table whose code a column holds; AREA_TABLE_COUNT for a column that is no code. */
static enum area_table code_table(const struct area_rows *rows, enum area_column column)
{
    switch (column) {
    case AREA_COLUMN_CODE:
        return rows->table;
    case AREA_COLUMN_POLICE_REGION:
    case AREA_COLUMN_REGION:
        return AREA_TABLE_REGION;
    case AREA_COLUMN_COUNTY_CODE:
        return AREA_TABLE_COUNTY;
    case AREA_COLUMN_POLICE_AREA:
        return AREA_TABLE_POLICE_AREA;
    case AREA_COLUMN_MUNICIPALITY_CODE:
        return AREA_TABLE_MUNICIPALITY;
    default:
        return AREA_TABLE_COUNT;
    }
}

static const char *cell_fault(const struct area_rows *rows, enum area_column column, const char *cell)
{
    enum area_table table = code_table(rows, column);

    if (table != AREA_TABLE_COUNT)
        return code_fault(table, cell);
    switch (column) {
    case AREA_COLUMN_NAME:
        return text_fault(cell, AREA_NAME_BYTES_MAX, false);
    case AREA_COLUMN_DIVISION:
        return text_fault(cell, AREA_NAME_BYTES_MAX, true);
    case AREA_COLUMN_SOURCE:
        return text_fault(cell, AREA_SOURCE_BYTES_MAX, true);
    case AREA_COLUMN_VALID_TO:
        return *cell == '\0' || is_day(cell) ? NULL : "write the last day as YYYY-MM-DD, or nothing while it stands";
    default: /* AREA_COLUMN_VALID_FROM */
        return is_day(cell) ? NULL : "write the first day as YYYY-MM-DD";
    }
}

/* Long cells are not repeated: they may be a whole paragraph behind a forgotten quotation mark. */
static void tell(struct file_errors *errors, int line, enum area_column column, const char *cell, const char *what)
{
    bool is_short = strlen(cell) <= AREA_CODE_BYTES_MAX && !text_has_control(cell, strlen(cell));

    file_errors_add(errors, line, area_column_name(column), "'%s' %s", is_short ? cell : "...", what);
}

static void check_cells(const struct area_rows *rows, const struct area_row_cells *r, struct file_errors *errors)
{
    for (int c = 0; c < AREA_COLUMN_COUNT; c++) {
        const char *fault = r->cell[c] ? cell_fault(rows, (enum area_column)c, r->cell[c]) : NULL;

        if (fault) {
            char *what = xasprintf("does not fit here: %s", fault);
            tell(errors, r->line, (enum area_column)c, r->cell[c], what);
            free(what);
        }
    }
}

static void check_references(const struct area_book *b, const struct area_rows *rows, const struct area_row_cells *r,
                             struct file_errors *errors)
{
    for (int c = 0; c < AREA_COLUMN_COUNT; c++) {
        enum area_table table = code_table(rows, (enum area_column)c);

        if (c == AREA_COLUMN_CODE || !r->cell[c] || table == AREA_TABLE_COUNT || code_fault(table, r->cell[c]) ||
            area_book_knows(b, table, r->cell[c]))
            continue;
        char *what = xasprintf("is not known: correct it, or import it first (a file like %s)", area_table_file(table));
        tell(errors, r->line, (enum area_column)c, r->cell[c], what);
        free(what);
    }
}

static void check_county(const struct area_row_cells *r, struct file_errors *errors)
{
    const char *code = r->cell[AREA_COLUMN_CODE];
    const char *county = r->cell[AREA_COLUMN_COUNTY_CODE];

    if (is_digits(code, MUNICIPALITY_DIGITS) && is_digits(county, COUNTY_DIGITS) &&
        strncmp(code, county, COUNTY_DIGITS) != 0)
        tell(errors, r->line, AREA_COLUMN_COUNTY_CODE, county,
             "is another county than the code's first two digits: correct one of them");
}

static void check_span(const struct area_row_cells *r, struct file_errors *errors)
{
    const char *from = r->cell[AREA_COLUMN_VALID_FROM];
    const char *to = r->cell[AREA_COLUMN_VALID_TO];

    if (is_day(from) && is_day(to) && strcmp(from, to) > 0)
        tell(errors, r->line, AREA_COLUMN_VALID_TO, to, "comes before valid_from: correct one of them");
}

/* Days of the form YYYY-MM-DD sort as text; "" is the end of time. */
static bool spans_meet(const char *from_a, const char *to_a, const char *from_b, const char *to_b)
{
    return (*to_b == '\0' || strcmp(from_a, to_b) <= 0) && (*to_a == '\0' || strcmp(from_b, to_a) <= 0);
}

static void check_double(const struct area_rows *rows, size_t at, struct file_errors *errors)
{
    const struct area_row_cells *r = &rows->row[at];
    const char *code = r->cell[AREA_COLUMN_CODE];

    for (size_t i = 0; i < at; i++) {
        if (strcmp(rows->row[i].cell[AREA_COLUMN_CODE], code) == 0) {
            char *what = xasprintf("stands in line %d too: take one out", rows->row[i].line);
            tell(errors, r->line, AREA_COLUMN_CODE, code, what);
            free(what);
            return;
        }
    }
}

static void tell_overlap(const struct area_row_cells *r, const char *other, int line, struct file_errors *errors)
{
    char *at = line ? xasprintf(" (line %d)", line) : xstrdup("");
    char *what = xasprintf("belongs to '%s'%s on some of these days: end the one before the other begins", other, at);

    tell(errors, r->line, AREA_COLUMN_MUNICIPALITY_CODE, r->cell[AREA_COLUMN_MUNICIPALITY_CODE], what);
    free(what);
    free(at);
}

/* One municipality, one police area a day: against the rows above and the files before. */
static void check_overlap(const struct area_book *b, const struct area_rows *rows, size_t at,
                          struct file_errors *errors)
{
    char *const *cell = rows->row[at].cell;
    const char *code = cell[AREA_COLUMN_MUNICIPALITY_CODE];
    const char *from = cell[AREA_COLUMN_VALID_FROM];
    const char *to = cell[AREA_COLUMN_VALID_TO];

    if (code_fault(AREA_TABLE_MUNICIPALITY, code) || !is_day(from) || (*to && !is_day(to)))
        return;
    for (size_t i = 0; i < at; i++) {
        char *const *other = rows->row[i].cell;
        if (strcmp(other[AREA_COLUMN_MUNICIPALITY_CODE], code) == 0 &&
            spans_meet(from, to, other[AREA_COLUMN_VALID_FROM], other[AREA_COLUMN_VALID_TO])) {
            tell_overlap(&rows->row[at], other[AREA_COLUMN_POLICE_AREA], rows->row[i].line, errors);
            return;
        }
    }
    for (size_t i = 0; i < b->span_count; i++) {
        const struct area_span *s = &b->span[i];
        if (strcmp(s->municipality, code) == 0 && spans_meet(from, to, s->valid_from, s->valid_to) &&
            (strcmp(s->police_area, cell[AREA_COLUMN_POLICE_AREA]) != 0 || strcmp(s->valid_from, from) != 0)) {
            tell_overlap(&rows->row[at], s->police_area, 0, errors);
            return;
        }
    }
}

void area_check(const struct area_book *b, const struct area_rows *rows, struct file_errors *errors)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct area_row_cells *r = &rows->row[i];

        check_cells(rows, r, errors);
        check_references(b, rows, r, errors);
        if (rows->table == AREA_TABLE_MUNICIPALITY)
            check_county(r, errors);
        if (rows->has_column[AREA_COLUMN_VALID_FROM])
            check_span(r, errors);
        if (rows->table == AREA_TABLE_MEMBER)
            check_overlap(b, rows, i, errors);
        else
            check_double(rows, i, errors);
    }
}
