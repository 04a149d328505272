/*
 * Numbered migrations: daemon/store/schema/NNNN_name.sql, each run once in a transaction of its own,
 * recorded with its checksum. A file written by a newer program, or by a changed migration, is refused.
 */
#ifndef GB_STORE_MIGRATE_H
#define GB_STORE_MIGRATE_H

struct db;
struct err;

/* The newest version that this program knows. */
int migrate_latest(void);
/* The version the database is at (0: empty), or a negative code (ERR_CONFIG: not ours, or newer). */
int migrate_version(struct db *db, struct err *err);
/* Bring the database to `version` (migrate_latest() at start; tests take each older one). */
int migrate_to(struct db *db, int version, struct err *err);

#endif
