/*
 * The memory behind core/area_file.h: rows as they were read, and what is known of other tables.
 * Callers: core/area_file.c and core/area_check.c. Threads: one at a time.
 */
#ifndef GB_CORE_AREA_BOOK_H
#define GB_CORE_AREA_BOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/area_file.h"

/* name in the header, field of struct area_row that it fills, how it is checked */
#define AREA_COLUMN_MAP(X)                                  \
    X(CODE, "code", code)                                   \
    X(NAME, "name", name)                                   \
    X(POLICE_REGION, "police_region", region)               \
    X(COUNTY_CODE, "county_code", county)                   \
    X(DIVISION, "division", division)                       \
    X(REGION, "region", region)                             \
    X(POLICE_AREA, "police_area", code)                     \
    X(MUNICIPALITY_CODE, "municipality_code", municipality) \
    X(VALID_FROM, "valid_from", valid_from)                 \
    X(VALID_TO, "valid_to", valid_to)                       \
    X(SOURCE, "source", source)

enum area_column {
#define AREA_COLUMN_ENUM(name, text, field) AREA_COLUMN_##name,
    AREA_COLUMN_MAP(AREA_COLUMN_ENUM)
#undef AREA_COLUMN_ENUM
        AREA_COLUMN_COUNT
};

/* The rows of one file; the cells are owned. */
struct area_rows {
    enum area_table table;
    bool has_column[AREA_COLUMN_COUNT];
    size_t count;
    struct area_row_cells {
        int line;
        char *cell[AREA_COLUMN_COUNT]; /* "" when empty, NULL without such a column */
    } * row;
};

struct area_span {
    char *municipality;
    char *police_area;
    char *valid_from;
    char *valid_to; /* "" while it stands */
};

struct area_book {
    struct area_codes {
        char **item;
        size_t count;
    } known[AREA_TABLE_COUNT];
    struct area_span *span; /* of the MEMBER files read */
    size_t span_count;
};

bool area_book_knows(const struct area_book *b, enum area_table table, const char *code);
/* Take in the codes and spans of a file that is right. */
void area_book_add(struct area_book *b, const struct area_rows *rows);

/* "code", ... */
const char *area_column_name(enum area_column column);

/* Every rule on the cells of `rows`, alone and against the book; what is broken goes to `errors`. */
void area_check(const struct area_book *b, const struct area_rows *rows, struct file_errors *errors);

#endif
