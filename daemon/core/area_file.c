/*
 * Area tables from CSV; see core/area_file.h.
 *
 * Comment lines are made empty before libcsv sees them, so that a quotation mark or a comma in a comment means
 * nothing and line numbers stay right. Then: rows into memory, all checks, and only then the caller's rows.
 */
#include "core/area_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/byte_source.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/area_book.h"
#include "core/csv_reader.h"
#include "core/file_errors.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

#define BIT(column) (1U << AREA_COLUMN_##column)

/* The columns of each table: what must stand in the header, and what may. */
static const struct {
    unsigned must;
    unsigned may;
} layouts[] = {
    [AREA_TABLE_REGION] = {BIT(CODE) | BIT(NAME), 0},
    [AREA_TABLE_COUNTY] = {BIT(CODE) | BIT(NAME) | BIT(POLICE_REGION), 0},
    [AREA_TABLE_MUNICIPALITY] = {BIT(CODE) | BIT(NAME) | BIT(COUNTY_CODE), 0},
    [AREA_TABLE_POLICE_AREA] = {BIT(CODE) | BIT(NAME) | BIT(DIVISION) | BIT(REGION) | BIT(VALID_FROM) | BIT(VALID_TO),
                                BIT(SOURCE)},
    [AREA_TABLE_MEMBER] = {BIT(POLICE_AREA) | BIT(MUNICIPALITY_CODE) | BIT(VALID_FROM) | BIT(VALID_TO), BIT(SOURCE)},
};

struct loader {
    struct area_rows rows;
    enum area_column column[AREA_COLUMN_COUNT]; /* of the n-th cell */
    size_t column_count;                        /* 0: the header is to come */
    bool is_hopeless;                           /* the header is wrong: its rows mean nothing */
    struct file_errors *errors;
};

/* --- header ------------------------------------------------------------------------------------------------------ */

static enum area_column column_of(const char *text)
{
    int c = 0;

    while (c < AREA_COLUMN_COUNT && strcasecmp(area_column_name((enum area_column)c), text) != 0)
        c++;
    return (enum area_column)c;
}

/* The table with these columns, or AREA_TABLE_COUNT. */
static enum area_table table_of(unsigned columns)
{
    int t = 0;

    while (t < AREA_TABLE_COUNT &&
           ((columns & layouts[t].must) != layouts[t].must || (columns & ~(layouts[t].must | layouts[t].may))))
        t++;
    return (enum area_table)t;
}

/* "code,name; code,name,police_region; ..." */
static void tell_header(struct loader *l, int line)
{
    struct buf forms;

    buf_init(&forms, 1000);
    for (size_t t = 0; t < AREA_TABLE_COUNT; t++) {
        const char *separator = t ? "; " : "";
        for (int c = 0; c < AREA_COLUMN_COUNT; c++) {
            if (layouts[t].must & (1U << c)) {
                buf_addf(&forms, "%s%s", separator, area_column_name((enum area_column)c));
                separator = ",";
            }
        }
    }
    file_errors_add(l->errors, line, "", "this is not the header of an area table: write one of %s", buf_str(&forms));
    buf_fini(&forms);
}

static void take_header(struct loader *l, const struct csv_row *row)
{
    unsigned columns = 0;
    bool is_right = row->count <= AREA_COLUMN_COUNT;

    for (size_t i = 0; i < row->count && is_right; i++) {
        enum area_column c = column_of(row->cells[i]);
        is_right = c != AREA_COLUMN_COUNT && !(columns & (1U << c));
        l->column[i] = c;
        columns |= 1U << c;
    }
    l->rows.table = is_right ? table_of(columns) : AREA_TABLE_COUNT;
    l->column_count = row->count;
    if (l->rows.table == AREA_TABLE_COUNT) {
        l->is_hopeless = true;
        tell_header(l, (int)row->line);
        return;
    }
    for (size_t i = 0; i < row->count; i++)
        l->rows.has_column[l->column[i]] = true;
}

/* --- rows -------------------------------------------------------------------------------------------------------- */

static int on_row(void *ctx, const struct csv_row *row)
{
    struct loader *l = ctx;
    struct area_row_cells *r = NULL;

    if (l->is_hopeless)
        return 0;
    if (l->column_count == 0) {
        take_header(l, row);
        return 0;
    }
    if (row->count != l->column_count) {
        file_errors_add(l->errors, (int)row->line, "", "the row has %zu cells and the header %zu: correct the row",
                        row->count, l->column_count);
        return 0;
    }
    if (l->rows.count == AREA_FILE_ROWS_MAX) {
        file_errors_add(l->errors, (int)row->line, "", "the file has more than %d rows: split it", AREA_FILE_ROWS_MAX);
        return ERR_TOO_LARGE;
    }
    l->rows.row = xreallocarray(l->rows.row, l->rows.count + 1, sizeof(*l->rows.row));
    r = &l->rows.row[l->rows.count++];
    *r = (struct area_row_cells){.line = (int)row->line};
    for (size_t i = 0; i < row->count; i++)
        r->cell[l->column[i]] = text_clean(row->cells[i]);
    return 0;
}

static void rows_fini(struct area_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t c = 0; c < AREA_COLUMN_COUNT; c++)
            free(rows->row[i].cell[c]);
    }
    free(rows->row);
}

static const char *or_null(const char *cell)
{
    return cell && *cell ? cell : NULL;
}

static int give_rows(const struct area_rows *rows, area_row_cb cb, void *ctx, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < rows->count; i++) {
        struct area_row row = {.table = rows->table, .line = rows->row[i].line};
#define GIVE(column, text, field)                \
    if (rows->row[i].cell[AREA_COLUMN_##column]) \
        row.field = or_null(rows->row[i].cell[AREA_COLUMN_##column]);
        AREA_COLUMN_MAP(GIVE)
#undef GIVE
        rc = cb(ctx, &row, err);
    }
    return rc;
}

/* --- text -------------------------------------------------------------------------------------------------------- */

/* A copy with the comment lines made empty. */
static char *without_comments(const char *text, size_t n)
{
    char *copy = xmalloc(n + 1);
    bool is_start = true;
    bool is_comment = false;
    size_t skip = n >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
    size_t out = 0;

    for (size_t i = skip; i < n; i++) {
        bool is_end = text[i] == '\n' || text[i] == '\r';
        is_comment = !is_end && (is_comment || (is_start && text[i] == '#'));
        is_start = is_end;
        if (!is_comment)
            copy[out++] = text[i];
    }
    copy[out] = '\0';
    return copy;
}

/* The words of a fault, with its {1}, the line where the cell begins. */
static void tell_fault(struct loader *l, const struct csv_fault *fault)
{
    const char *words = csv_fault_wording(fault->code)->en;
    const char *mark = strstr(words, "{1}");

    if (mark)
        file_errors_add(l->errors, (int)fault->line, "", "%.*s%ld%s", (int)(mark - words), words, fault->begin_line,
                        mark + 3);
    else
        file_errors_add(l->errors, (int)fault->line, "", "%s", words);
}

static void read_rows(struct loader *l, const char *text, size_t n)
{
    char *copy = without_comments(text, n);
    struct byte_memory memory;
    const struct byte_source source = byte_source_memory(&memory, copy, strlen(copy));
    struct csv_info info;
    struct csv_fault fault = {.code = CSV_OK};

    if (csv_read(&source, on_row, l, &info, &fault) != 0 && fault.code != CSV_OK)
        tell_fault(l, &fault);
    free(copy);
}

static bool check_text(const char *text, size_t n, struct file_errors *errors)
{
    if (n > AREA_FILE_BYTES_MAX)
        file_errors_add(errors, 0, "", "the file has more than %d bytes: split it", AREA_FILE_BYTES_MAX);
    else if (memchr(text, '\0', n))
        file_errors_add(errors, 0, "", "the file has NUL bytes: save it as CSV in UTF-8");
    else if (!text_is_utf8(text, n))
        file_errors_add(errors, 0, "", "the file is not UTF-8: save it as CSV in UTF-8");
    else
        return true;
    return false;
}

int area_file_read(struct area_book *b, const char *text, size_t n, area_row_cb cb, void *ctx,
                   struct file_errors *errors, struct err *err)
{
    struct loader l = {.errors = errors};
    const size_t errors_before = errors->count + errors->dropped;
    int rc = ERR_INVALID;

    if (!check_text(text, n, errors))
        return ERR_INVALID;
    read_rows(&l, text, n);
    if (l.column_count == 0 && errors->count + errors->dropped == errors_before)
        file_errors_add(errors, 0, "", "the file is empty: write a header and rows like those in conf/areas");
    if (!l.is_hopeless)
        area_check(b, &l.rows, errors);
    if (errors->count + errors->dropped == errors_before) {
        area_book_add(b, &l.rows);
        rc = give_rows(&l.rows, cb, ctx, err);
    }
    rows_fini(&l.rows);
    return rc;
}

/* The whole file, one byte more than the limit at most. 0 or a negative errno. */
static int read_file(const char *path, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    int rc = 0;

    if (fd < 0)
        return -errno;
    const struct byte_source source = byte_source_fd(&fd);
    rc = byte_source_read_full(&source, buf_reserve(text, text->max), text->max, &n);
    if (rc == 0)
        buf_commit(text, n);
    close(fd);
    return rc;
}

int area_file_load(struct area_book *b, const char *path, area_row_cb cb, void *ctx, struct file_errors *errors,
                   struct err *err)
{
    struct buf text;
    int rc = 0;

    buf_init(&text, AREA_FILE_BYTES_MAX + 1);
    rc = read_file(path, &text);
    if (rc) {
        file_errors_add(errors, 0, "", "the file cannot be read: %s: correct the path", err_text(rc));
        rc = ERR_IO;
    } else {
        rc = area_file_read(b, buf_str(&text), text.len, cb, ctx, errors, err);
    }
    buf_fini(&text);
    return rc;
}
