/*
 * A private copy of some municipalities' register, on which an import is tried out, and the way of what differs then
 * into the store. So the writer never waits for the reading of a file: it only gets rows to write.
 *
 *   register_copy_new ─► take (each municipality) ─► the import's statements on its db ─► carry (the writer) ─► free
 *
 * The copy lies in a temporary file (store/db.h); its clock stands, so that the times of its rows tell which of them
 * are new or changed (store/sql/register_copy.sql). Groups, persons, addresses and memberships are copied, and what
 * tells which mailboxes said no.
 *
 * Used by register_import.c only. Threads: one at a time; taking on a reader's, carrying on the writer's. Memory: some
 * MiB of the engine's cache, however large the register.
 */
#ifndef GB_CORE_REGISTER_COPY_H
#define GB_CORE_REGISTER_COPY_H

#include <stdbool.h>
#include <stdint.h>

struct db;
struct err;
struct register_copy;

/* `from`: the store, as one reader sees it, for register_copy_take too. */
int register_copy_new(struct db *from, struct register_copy **out, struct err *err);
/* NULL-safe. */
void register_copy_free(struct register_copy *copy);
/* The copy itself, in a transaction that is never committed. */
struct db *register_copy_db(struct register_copy *copy);
/* Copy a municipality's register, before anything of it is asked for or changed; afterwards its scope (and no other) is
 * known in the copy. */
int register_copy_take(struct register_copy *copy, struct db *from, const char *municipality_code);
/* The time that new rows have in created_at. */
int64_t register_copy_stamp(const struct register_copy *copy);

/* What differs goes into the store in two parts, the new groups and persons with all that is theirs (REGISTER_NEW), and
 * what is new or changed of those that the store knows (REGISTER_KNOWN). */
enum register_part { REGISTER_NEW, REGISTER_KNOWN };
/*
 * Write the part into the store, for `budget_ms` or a little longer (below 0: without an end). *is_done_out tells
 * whether that was all, else call again. ERR_EXISTS and ERR_INVALID: the store has changed since it was copied.
 */
int register_copy_carry(struct register_copy *copy, struct db *to, enum register_part part, int64_t budget_ms,
                        bool *is_done_out);

#endif
