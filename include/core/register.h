/*
 * Reading a municipal register: a CSV file with one row per contact person and the group's columns repeated.
 *
 * The reader finds the header row, understands what registers call their columns and how people write dates, numbers,
 * phones and addresses, and reports all that is wrong with line, column and what stood there. It stores nothing: rows
 * go to a callback while the file is read, so the caller takes them in within one transaction and keeps them only when
 * register_read() returns 0. Then no row had an error.
 *
 * A cell that is blank, and a column that is not there, mean "keep what is stored": `filled` tells which fields a
 * row has. Of the rows of one group the first to fill a column counts; a later row that differs is warned about and
 * comes without that field.
 *
 * Limits: cells and rows as core/csv_reader.h, REGISTER_ROWS_MAX rows. Memory: one row, and some 100 bytes for each
 * group and contact seen. Threads: one call at a time per source.
 */
#ifndef GB_CORE_REGISTER_H
#define GB_CORE_REGISTER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/geo.h"
#include "core/address.h"
#include "core/csv_encoding.h"
#include "core/date_text.h"
#include "core/group_words.h"
#include "core/phone.h"
#include "core/register_columns.h"
#include "core/register_problem.h"

struct byte_source;
struct err;

enum {
    REGISTER_ROWS_MAX = 1000000,
    REGISTER_ADDRESSES_MAX = 5,
    REGISTER_NAME_MAX_CHARS = 120, /* of a group, a district or a person */
    REGISTER_NUMBER_MAX = 1000000,
    REGISTER_HEADER_LINES = 30, /* where the header row is looked for */
    REGISTER_CODE_BYTES = 5,    /* "1292" */
    REGISTER_POSTAL_BYTES = 7,  /* "266 32" */
};

struct register_contact {
    const char *name; /* NFC; "" when the row has none */
    enum contact_role role;
    struct address addresses[REGISTER_ADDRESSES_MAX];
    size_t address_count;
    struct phone phones[PHONE_CELL_MAX];
    size_t phone_count;
    int trained;      /* 1, 0, or -1: not told */
    int trained_year; /* or -1 */
};

/* One row, valid during the callback. Texts that are not filled are "", numbers -1. */
struct register_row {
    long line;
    unsigned present; /* REGISTER_BITs of the columns that the file has (NAME also for first and last name, ROLE also
                       * for a column of lead representatives) */
    unsigned filled;  /* those of them in which this row has a value that counts */
    char municipality_code[REGISTER_CODE_BYTES];
    const char *group_name; /* NFC, never "" */
    enum group_kind kind;   /* GROUP_KIND_OTHER unless filled */
    enum group_state state; /* GROUP_STATE_ACTIVE unless filled: what a new group becomes */
    const char *district;
    char postal_code[REGISTER_POSTAL_BYTES];
    char position[GEO_POINT_TEXT_BYTES]; /* "56.242, 12.862" */
    char activated_on[DATE_TEXT_BYTES];  /* "2024-01-31", "2022-05" or "2021" */
    char last_meeting_on[DATE_TEXT_BYTES];
    int household_count;
    int households_joined;
    int sign_count;
    long group_line;  /* where the group first stood; `line` when it is new */
    bool has_contact; /* a name, an address or a phone */
    struct register_contact contact;
    long contact_line; /* where the same person (name, and first address or phone) stood for the group before: to be
                        * merged with that; `line` when new */
};

struct register_options {
    const char *municipality_code; /* for rows that name none; NULL: they are errors */
    /* A municipality by code of four digits or by name: true, and its code. NULL: any four digits are a code, and
     * names are not understood. */
    bool (*municipality)(void *ctx, const char *text, char code[REGISTER_CODE_BYTES]);
    size_t max_problems; /* of each severity that are reported; the rest is counted */
};

struct register_callbacks {
    /* For each row without errors; anything but 0 ends the reading and is returned. */
    int (*on_row)(void *ctx, const struct register_row *row);
    void (*on_problem)(void *ctx, const struct register_problem *problem);
    void *ctx; /* for options.municipality too */
};

struct register_summary {
    enum csv_encoding encoding;
    char delimiter;
    long lines;       /* of the file */
    long header_line; /* 0: none found */
    long rows;        /* with data, erroneous ones too */
    long groups;
    long contacts;                     /* different persons per group */
    long skipped;                      /* blank rows, totals, repeated headers */
    long problems[REGISTER_ERROR + 1]; /* by severity, reported or not */
};

/*
 * Reads the register in `source` from its beginning. *summary_out is always filled. 0: no errors; ERR_INVALID: errors
 * were reported, `err` has the first in English; the source's or a callback's code.
 */
int register_read(const struct byte_source *source, const struct register_options *options,
                  const struct register_callbacks *callbacks, struct register_summary *summary_out, struct err *err);

#endif
