/*
 * The SQLite driver, the file as a whole: checkpoints, copies, checks. The contract is in store/db.h.
 *
 * The log is moved into the file by us and not by the engine's automatic checkpoint, which keeps its errors to itself:
 * a sync of the file that failed would be forgotten and done again later, when the kernel has forgotten what it lost.
 * Ours end the process there. Any other failure (disk full, a long read) costs nothing: what is committed stands in the
 * log.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "store/db_private.h"

enum {
    LOG_PAGES_IDLE = 64,   /* worth the two syncs when nobody waits */
    LOG_PAGES_BUSY = 1000, /* while somebody waits */
    LOG_PAGES_LOW = 50,    /* with less than this left on the disk: */
    LOG_PAGES_MAX = 4000,  /* a commit waits for it, if nobody called db_tidy */
    ROOM_LOW_BYTES = 16 * 1024 * 1024,
};

static int checkpoint(struct db *db, int mode)
{
    int in_log = 0;
    assert(db->mode == DB_WRITER);
    int rc = sqlite3_wal_checkpoint_v2(db->sqlite, NULL, mode, &in_log, NULL);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        return db_map_error(db, rc);
    db->log_moved = in_log > 0 ? in_log : 0; /* -1 in memory, where there is no log */
    return 0;
}

/* Pages that came since the log was last moved, as far as readers let it; it begins anew when they all have let it. */
static int log_pages(const struct db *db)
{
    return db->log_pages >= db->log_moved ? db->log_pages - db->log_moved : db->log_pages;
}

/* Little room is left: the log must not take what the file needs to grow when the log is moved into it. */
static bool is_disk_low(const struct db *db)
{
    struct statvfs disk;
    const char *path = sqlite3_db_filename(db->sqlite, "main");
    return path && statvfs(path, &disk) == 0 && disk.f_bavail * disk.f_frsize < ROOM_LOW_BYTES;
}

void db_tidy(struct db *db, bool is_idle)
{
    int pages = log_pages(db);
    if (pages >= (is_idle ? LOG_PAGES_IDLE : LOG_PAGES_BUSY) || (pages >= LOG_PAGES_LOW && is_disk_low(db)))
        checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
}

void db_log_limit(struct db *db)
{
    if (log_pages(db) >= LOG_PAGES_MAX)
        checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
}

void db_make_room(struct db *db)
{
    checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
}

int db_checkpoint(struct db *db)
{
    return checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE);
}

int db_backup(struct db *db, const char *path, struct err *err)
{
    sqlite3 *copy = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "backup: cannot create %s: %m: %s", path,
                       errno == EEXIST ? "name a file that does not exist yet"
                                       : "name one in a directory where the daemon's own user may write");
    int rc = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE, NULL);
    sqlite3_backup *backup = rc == SQLITE_OK ? sqlite3_backup_init(copy, "main", db->sqlite, "main") : NULL;
    if (backup) {
        sqlite3_backup_step(backup, -1);
        rc = sqlite3_backup_finish(backup);
    }
    if (!backup || rc != SQLITE_OK) {
        rc = err_set(err, ERR_IO, "backup: %s: %s", path, copy ? sqlite3_errmsg(copy) : "cannot be opened");
        unlink(path);
    }
    sqlite3_close(copy);
    if (rc == 0 && fsync(fd) != 0)
        rc = err_set(err, ERR_IO, "backup: %s: %m", path);
    close(fd);
    return rc;
}

int db_integrity(struct db *db, struct err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->sqlite, "PRAGMA integrity_check", -1, &stmt, NULL);
    if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        rc = text && strcmp(text, "ok") == 0 ? 0 : err_set(err, ERR_CORRUPT, "store: %s", text ? text : "damaged");
    } else {
        rc = err_set(err, ERR_CORRUPT, "store: %s", sqlite3_errmsg(db->sqlite));
    }
    sqlite3_finalize(stmt);
    if (rc == 0) {
        rc = sqlite3_prepare_v2(db->sqlite, "PRAGMA foreign_key_check", -1, &stmt, NULL);
        if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
            rc = err_set(err, ERR_CORRUPT, "store: a row of %s points to nothing",
                         (const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
    }
    return rc;
}
