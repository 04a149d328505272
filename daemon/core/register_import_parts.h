/*
 * The inside of the register import: register_import.c (the file), register_import_row.c (one row),
 * register_import_write.c (what came of it, into the store). Nobody else includes it.
 */
#ifndef GB_CORE_REGISTER_IMPORT_PARTS_H
#define GB_CORE_REGISTER_IMPORT_PARTS_H

#include "base/codec.h"
#include "core/area.h"
#include "core/register.h"
#include "core/register_copy.h"
#include "core/register_import.h"
#include "core/register_seen.h"
#include "store/actor.h"

enum { IMPORT_AREAS_MAX = 400 }; /* municipalities of one file; Sweden has 290 */

/* A municipality that the file names. Its register is in the copy unless it is outside. */
struct import_area {
    char code[MUNICIPALITY_CODE_BYTES];
    bool is_outside; /* of the actor's scope */
    bool is_changed; /* who gets letters may have changed */
    int64_t groups_added, active_added, contacts_added;
};

/* What became of a group or person; kept in seen_entry.value. */
enum import_mark { IMPORT_UNSEEN = 0, IMPORT_KEPT = 1, IMPORT_CHANGED = 2, IMPORT_ADDED = 3 };

struct import {
    struct db *store;           /* as a reader sees it: areas and walls */
    struct register_copy *copy; /* made for the import, which is tried out there */
    struct db *db;              /* the copy's */
    const struct actor *asker;  /* who imports */
    struct actor actor;         /* the same, in the copy: with the scope of the row's municipality */
    const struct register_import_options *options;
    struct register_import_result *result;
    struct err *err;
    struct seen groups, contacts;
    struct import_area areas[IMPORT_AREAS_MAX];
    size_t area_count;
    long group_line; /* of the last row: its group, and which columns had told of it */
    int64_t group_id;
    unsigned group_told;
    bool has_errors; /* of our own */
};

/* An import that was tried out and is to be written; register_import_write.c. */
struct register_import {
    struct register_copy *copy;
    int64_t edit_head; /* the audit log's last entry when the register was copied */
    struct actor actor;
    struct register_import_result result;
    struct import_area *areas;
    size_t area_count;
    int64_t first_id, last_id; /* between which what it adds has its ids */
    bool is_staged;            /* it has begun to write what it adds */
    char sha256[SHA256_HEX_BYTES];
};

/* Tell a problem of ours; texts may be NULL. */
void import_report(struct import *im, enum register_problem_code code, long line, const char *found, const char *arg1,
                   const char *arg2);
/* Take one row in; 0 also when it was refused with a report. */
int import_row(struct import *im, struct import_area *area, const struct register_row *row);

#endif
