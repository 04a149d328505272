/*
 * The tables of areas as files: counties, municipalities, police regions, local police areas and their
 * municipalities. The shipped ones are in conf/areas/; `grannbud area import FILE` takes more.
 *
 * CSV in UTF-8 with a header row, comma or semicolon; a line that begins with # is a comment. Which of the five
 * tables a file is, its header tells. A file is taken whole or not at all, and all that is wrong with it is told
 * at once: codes, dates, references to what is not known, one municipality in two police areas on the same day.
 *
 * Pure: text in, rows out; the caller stores them (core/area.h). Threads: one at a time.
 */
#ifndef GB_CORE_AREA_FILE_H
#define GB_CORE_AREA_FILE_H

#include <stddef.h>

struct err;
struct file_errors;

enum {
    AREA_FILE_BYTES_MAX = 1024 * 1024,
    AREA_FILE_ROWS_MAX = 2000,
    AREA_CODE_BYTES_MAX = 47, /* of a region or police area: a scope's code, without its NUL */
    AREA_NAME_BYTES_MAX = 100,
    AREA_SOURCE_BYTES_MAX = 500,
};

/* name, file in conf/areas; in the order in which they refer to each other */
#define AREA_TABLE_MAP(X)                 \
    X(REGION, "police_regions.csv")       \
    X(COUNTY, "counties.csv")             \
    X(MUNICIPALITY, "municipalities.csv") \
    X(POLICE_AREA, "police_areas.csv")    \
    X(MEMBER, "police_area_municipalities.csv")

enum area_table {
#define AREA_TABLE_ENUM(name, file) AREA_TABLE_##name,
    AREA_TABLE_MAP(AREA_TABLE_ENUM)
#undef AREA_TABLE_ENUM
        AREA_TABLE_COUNT
};

/* One row. NULL: the table has no such column, or the cell is empty. Valid during the callback. */
struct area_row {
    enum area_table table;
    int line;
    const char *code;         /* of the row itself; of the police area in a MEMBER */
    const char *name;         /* not in a MEMBER */
    const char *region;       /* COUNTY, POLICE_AREA */
    const char *county;       /* MUNICIPALITY */
    const char *municipality; /* MEMBER */
    const char *division;     /* POLICE_AREA, may be empty */
    const char *valid_from;   /* POLICE_AREA, MEMBER: YYYY-MM-DD, the first day */
    const char *valid_to;     /* ... the last day; NULL while it stands */
    const char *source;       /* ... where it was read; may be empty */
};

/* Anything but 0 ends the reading and is returned by area_file_read. */
typedef int (*area_row_cb)(void *ctx, const struct area_row *row, struct err *err);

/* "counties.csv", ... */
const char *area_table_file(enum area_table table);

/* What may be referred to: the codes of the files read so far, and those that the caller tells. */
struct area_book;
struct area_book *area_book_new(void);
void area_book_free(struct area_book *b);
/* `code` is in the store already, as a REGION, COUNTY, MUNICIPALITY or POLICE_AREA. */
void area_book_know(struct area_book *b, enum area_table table, const char *code);

/*
 * Check `n` bytes of text and then give every row to `cb`, in the order of the file; its codes enter the book. 0;
 * ERR_INVALID with at least one text in `errors` (the caller's, initialised with the file's name), and `cb` was not
 * called; or what `cb` returned, whose `err` is passed through (may be NULL).
 */
int area_file_read(struct area_book *b, const char *text, size_t n, area_row_cb cb, void *ctx,
                   struct file_errors *errors, struct err *err);

/* The same for the file at `path`; ERR_IO with a text in `errors` when it cannot be read. */
int area_file_load(struct area_book *b, const char *path, area_row_cb cb, void *ctx, struct file_errors *errors,
                   struct err *err);

#endif
