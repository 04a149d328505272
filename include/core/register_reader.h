/*
 * The inside of the register reader, shared by its files: register.c (the file: header, rows, summary),
 * register_row.c (one row), register_take.c (one cell) and register_group.c (a row against the rows before). Nobody
 * else includes it.
 */
#ifndef GB_CORE_REGISTER_READER_H
#define GB_CORE_REGISTER_READER_H

#include "base/buf.h"
#include "core/register.h"
#include "core/register_seen.h"

/* Texts made for one row: two at most for a cell, and the name. */
enum { REGISTER_OWNED_MAX = 2 * CSV_COLUMNS_MAX + 8 };

/* What the rows of one group have told so far: hashes, 0 for nothing yet. */
enum { REGISTER_FACTS = 10 };
struct register_facts {
    uint32_t values[REGISTER_FACTS];
};

struct register_reader {
    const struct register_options *options;
    const struct register_callbacks *cb;
    struct register_summary *summary;
    struct err *err; /* gets the first error's words */

    struct register_layout layout;
    size_t place[REGISTER_COLUMN_COUNT]; /* the first column of each meaning, from 1; 0: none */
    long rows_above;                     /* rows seen before the header */
    long best_line;                      /* of them the one most like a header; 0: none like it */
    size_t best_known;
    long blank_rows;
    bool is_mojibake_told;

    struct seen groups, contacts;
    struct register_facts *facts; /* of the groups; a group's value is its place here, from 1 */
    size_t fact_count, fact_cap;
    char *municipality_text; /* the last one looked up, and its code */
    char municipality_code[REGISTER_CODE_BYTES];

    const struct csv_row *csv; /* the present row */
    struct register_row row;
    size_t column;                                                 /* the present cell, from 1 */
    bool has_errors;                                               /* this row */
    const char *first_name, *last_name, *full_name, *municipality; /* cells of this row; "" */
    const char *position, *latitude, *longitude;
    bool is_lead;                    /* a column of lead representatives says so */
    char *owned[REGISTER_OWNED_MAX]; /* texts of this row that are not in `csv` */
    size_t owned_count;

    struct buf shown, sv, en;
};

/* What to report beside the code. Only `code` and `line` are needed; texts may be NULL. */
struct register_finding {
    enum register_problem_code code;
    long line;
    size_t column;
    const char *found;
    const char *suggestion;
    struct wording args[REGISTER_ARGS_MAX];
};

void register_report(struct register_reader *r, const struct register_finding *f);
/* About the present cell. */
void register_report_cell(struct register_reader *r, enum register_problem_code code, const char *found);

/* Reads the cells of r->csv into r->row. */
void register_row_read(struct register_reader *r);
/* Drops the texts of a row. */
void register_row_forget(struct register_reader *r);
/* Takes `text` (heap) over until the row is forgotten; returns it. */
const char *register_keep(struct register_reader *r, char *text);

/* Is a column with this meaning imported? */
bool register_is_taken(enum register_column column);
/* Reads the present cell, `text` (clean, not ""), as what its column means. Only for a column that is taken. */
void register_take(struct register_reader *r, enum register_column column, const char *text);

static inline void register_fill_in(struct register_reader *r, enum register_column column)
{
    r->row.filled |= 1U << column;
}

/* Checks r->row against the rows before it: group_line, contact_line, fields that differ. */
void register_group_check(struct register_reader *r);

#endif
