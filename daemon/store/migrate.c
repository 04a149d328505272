/* Numbered migrations; the contract is in store/migrate.h. */
#include "store/migrate.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/db.h"

static const struct {
    int version;
    const char *name;
    const char *sql;
} MIGRATIONS[] = {
#define MIGRATION(version, name, sql) {version, name, sql},
#include "schema.inc"
#undef MIGRATION
};

int migrate_latest(void)
{
    return MIGRATIONS[ARRAY_LEN(MIGRATIONS) - 1].version;
}

/* Every migration that the file has seen must be one of ours, unchanged. */
static int check_history(struct db *db, int *version, struct err *err)
{
    struct db_rows *rows = NULL;
    int rc = db_query(db, &rows, Q_MIGRATION_LIST, DB_NO_ARGS);
    if (rc)
        return err_set(err, rc, "store: %s", db_error(db));
    while ((rc = db_next(rows)) > 0) {
        int64_t number = db_int(rows, 0);
        char sum[SHA256_HEX_BYTES];
        if (number > migrate_latest()) {
            rc = err_set(err, ERR_CONFIG,
                         "store: the file is at version %lld, this program knows %d: install the newer grannbudd",
                         (long long)number, migrate_latest());
            break;
        }
        const char *sql = MIGRATIONS[number - 1].sql;
        if (strcmp(sha256_hex(sql, strlen(sql), sum), db_text(rows, 1)) != 0) {
            rc = err_set(err, ERR_CONFIG, "store: migration %lld is not the one that this file was made with",
                         (long long)number);
            break;
        }
        *version = (int)number;
    }
    db_done(rows);
    return rc;
}

int migrate_version(struct db *db, struct err *err)
{
    int64_t tables = 0;
    int version = 0;
    int rc = db_get_int(db, &tables, Q_SCHEMA_TABLE_COUNT, DB_NO_ARGS);
    if (rc)
        return err_set(err, rc, "store: %s", db_error(db));
    if (tables == 0)
        return 0;
    int64_t ours = 0;
    rc = db_get_int(db, &ours, Q_SCHEMA_IS_OURS, DB_NO_ARGS);
    if (rc)
        return err_set(err, rc, "store: %s", db_error(db));
    if (!ours)
        return err_set(err, ERR_CONFIG, "store: the file holds another program's tables: check [store] url");
    rc = check_history(db, &version, err);
    return rc ? rc : version;
}

static int apply(struct db *db, size_t index, struct err *err)
{
    char sum[SHA256_HEX_BYTES];
    const char *sql = MIGRATIONS[index].sql;
    int rc = db_begin(db);
    if (rc)
        return err_set(err, rc, "store: %s", db_error(db));
    rc = db_script(db, sql, err);
    if (rc == 0) {
        rc = db_exec(db, NULL, Q_MIGRATION_INSERT,
                     DB_ARGS(DB_INT(MIGRATIONS[index].version), DB_TEXT(MIGRATIONS[index].name),
                             DB_TEXT(sha256_hex(sql, strlen(sql), sum)), DB_INT(db_now_us(db))));
        if (rc == 0)
            rc = db_commit(db);
        if (rc)
            err_set(err, rc, "store: migration %d: %s", MIGRATIONS[index].version, db_error(db));
    }
    if (rc)
        db_rollback(db);
    return rc;
}

int migrate_to(struct db *db, int version, struct err *err)
{
    int at = migrate_version(db, err);
    if (at < 0)
        return at;
    for (size_t i = 0; i < ARRAY_LEN(MIGRATIONS); i++) {
        if (MIGRATIONS[i].version <= at || MIGRATIONS[i].version > version)
            continue;
        int rc = apply(db, i, err);
        if (rc)
            return rc;
    }
    return 0;
}
