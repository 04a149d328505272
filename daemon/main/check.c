/* grannbudd --check; the contract is in main/check.h. */
#include "main/check.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/config.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/restore_file.h"

/* The store as it is, read only, so that a running daemon is not disturbed. */
static int check_store(const struct config *config)
{
    struct err err = {.text = ""};
    struct db *db = NULL;
    const char *path = config->store.url.path;
    if (access(path, F_OK) != 0) {
        printf("store: %s does not exist yet and will be made at the first start\n", path);
        return 0;
    }
    int rc = db_open(config->store.url.text, DB_READER, clock_system(), &db, &err);
    int version = rc == 0 ? migrate_version(db, &err) : rc;
    if (version < 0) {
        fprintf(stderr, "grannbudd: %s\n", err_or(&err, version));
        db_close(db);
        return err_exit_code(version);
    }
    rc = version == migrate_latest() ? db_integrity(db, &err) : 0;
    db_close(db);
    if (rc) {
        fprintf(stderr, "grannbudd: %s\n", err_or(&err, rc));
        return err_exit_code(rc);
    }
    if (restore_file_is_staged(config->store.url.text))
        printf("store: a restore is staged and takes its place at the next start\n");
    printf("store: %s version %d of %d%s\n", path, version, migrate_latest(),
           version < migrate_latest() ? ", will be migrated at the next start" : ", sound");
    return 0;
}

int main_check(const char *path, const struct config *config)
{
    int rc = check_store(config);
    if (rc == 0)
        printf("%s: good\n", path);
    return rc;
}
