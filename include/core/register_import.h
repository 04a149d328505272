/*
 * Taking a municipal register (core/register.h) into the store: all rows or none.
 *
 * A group is known by municipality, name and district (a blank district is the one group of that name); a person by
 * name and address, name and phone, or name within the group. What the file does not tell is kept: blank cells clear
 * nothing, persons and addresses that are missing stay, an address that said no stays silent, protected particulars
 * stay protected, and where several rows tell of one person the first counts. So the same file twice changes nothing.
 *
 * No file however large keeps the writer from its letters: register_import_try reads, checks and rehearses on a private
 * copy of the register (a reader's thread); register_import_write puts what differs into the store (the writer's), a
 * little in each operation. The groups and persons that it adds are seen by nobody until the last operation, which also
 * writes all that is changed of those already known. An import that does not come so far is undone, after a crash at
 * the next start.
 *
 * Memory: some 100 bytes for each group and person of the file, and some MiB for the copy, which lies in a temporary
 * file (core/register_copy.h).
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
struct register_import;

struct register_import_options {
    const char *municipality_code; /* for rows that name none, or NULL */
    size_t max_problems;           /* of each severity that are told; the rest is counted */
    void (*on_problem)(void *ctx, const struct register_problem *problem);
    void *ctx;
};

/* What the import will do. */
struct register_import_result {
    long rows;
    long groups_added, groups_changed, groups_unchanged;
    long contacts_added, contacts_changed, contacts_unchanged;
    long addresses_added;
    long problems[REGISTER_ERROR + 1]; /* by severity, told or not */
};

/*
 * Reads `source` from its beginning (twice, it can be rewound) against the store as it is; writes nothing. *out is
 * always filled. 0 and *import_out, which is to be freed; ERR_INVALID when the file has errors, which were told; the
 * store's errors.
 */
int register_import_try(struct db *db, const struct actor *actor, const struct byte_source *source,
                        const struct register_import_options *options, struct register_import_result *out,
                        struct register_import **import_out, struct err *err);
/*
 * Writes some of it, for 20 ms or so; to be called in one transaction after the other until *is_done_out. Only the last
 * takes longer the more is changed (not added). ERR_BAD_STATE: somebody has changed these municipalities' registers
 * since: undo, and try anew; the store's errors. After an error the transaction is to be rolled back, and
 * register_import_undo is to follow.
 */
int register_import_write(struct register_import *import, struct db *db, bool *is_done_out, struct err *err);
/* Takes away, in the same manner, what an import has written that is not going to end; nothing when there is none. */
int register_import_undo(struct db *db, bool *is_done_out);
/* NULL-safe. Any thread, when nobody uses it. */
void register_import_free(struct register_import *import);

#endif
