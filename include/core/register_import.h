/*
 * Taking a municipal register (core/register.h) into the store: all rows or none, in the caller's transaction, which is
 * to be rolled back unless 0 is returned.
 *
 * A group is known by municipality, name and district (a blank district is the one group of that name); a person by
 * name and address, name and phone, or name within the group. What the file does not tell is kept: blank cells clear
 * nothing, persons and addresses that are missing stay, an address that said no stays silent, protected particulars
 * stay protected, and where several rows tell of one person the first counts. So the same file twice changes nothing.
 *
 * Memory: some 100 bytes for each group and person of the file. Store thread.
 */
#ifndef GB_CORE_REGISTER_IMPORT_H
#define GB_CORE_REGISTER_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/register_problem.h"

struct actor;
struct byte_source;
struct db;
struct err;

struct register_import_options {
    const char *municipality_code; /* for rows that name none, or NULL */
    bool dry_run;
    size_t max_problems; /* of each severity that are told; the rest is counted */
    void (*on_problem)(void *ctx, const struct register_problem *problem);
    void *ctx;
};

/* What the import did, or would have done. */
struct register_import_result {
    long rows;
    long groups_added, groups_changed, groups_unchanged;
    long contacts_added, contacts_changed, contacts_unchanged;
    long addresses_added;
    long problems[REGISTER_ERROR + 1]; /* by severity, told or not */
};

/*
 * Reads `source` from its beginning (twice, it can be rewound). *out is always filled. 0; ERR_DRYRUN after a dry run
 * without errors; ERR_INVALID when the file has errors, which were told; the store's errors.
 */
int register_import(struct db *db, const struct actor *actor, const struct byte_source *source,
                    const struct register_import_options *options, struct register_import_result *out, struct err *err);

#endif
