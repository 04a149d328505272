/* A copy in the place of the database; the contract is in store/restore_file.h. */
#include "store/restore_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/migrate.h"

enum { COPY_BYTES = 256 * 1024, KEPT_TRIES = 100 };

static const char MAGIC[16] = "SQLite format 3"; /* with its NUL */

struct restore_file {
    const struct clock *clock;
    char *database, *part, *staged;
    int fd; /* of the part; locked against a second restore */
    struct db *db;
    int version;
    bool is_staged;
};

/* The path of a store that is a file, or NULL (in memory). */
static const char *path_of(const char *url)
{
    const char *path = strchr(url, ':');
    return path && path[1] == '/' ? path + 1 : NULL;
}

static void remove_file(const char *path, const char *suffix)
{
    char *name = xasprintf("%s%s", path, suffix);
    unlink(name);
    free(name);
}

/* The folder's entries are on the disk. */
static int sync_folder(const char *path, struct err *err)
{
    char *folder = xstrdup(path);
    *strrchr(folder, '/') = '\0';
    int fd = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? 0 : err_set(err, ERR_IO, "restore: %s: %m", folder);
    if (fd >= 0)
        close(fd);
    free(folder);
    return rc;
}

/* --- the copy -------------------------------------------------------------------------------------------------- */

/* A log beside a database holds a part of it: such a file is not whole by itself. */
static int refuse_log(const char *source, const char *suffix, struct err *err)
{
    struct stat st;
    char *name = xasprintf("%s%s", source, suffix);
    bool has_log = stat(name, &st) == 0 && st.st_size > 0;
    free(name);
    return has_log ? err_set(err, ERR_INVALID,
                             "%s is a database in use (%s is beside it): name a copy that 'grannbud store backup' made",
                             source, suffix)
                   : 0;
}

static int check_source(const struct restore_file *f, const char *source, int fd, struct err *err)
{
    struct stat st;
    struct stat own;
    char head[sizeof MAGIC];
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is no file", source);
    if (stat(f->database, &own) == 0 && own.st_dev == st.st_dev && own.st_ino == st.st_ino)
        return err_set(err, ERR_INVALID, "%s is the store itself", source);
    if (pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head, MAGIC, sizeof head) != 0)
        return err_set(err, ERR_INVALID, "%s is no database: name a copy that 'grannbud store backup' made", source);
    int rc = refuse_log(source, "-wal", err);
    return rc ? rc : refuse_log(source, "-journal", err);
}

static int open_source(const struct restore_file *f, const char *source, int *out, struct err *err)
{
    /* Not blocking: a fifo is refused below and must not be waited for. */
    int fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set(err, ERR_INVALID, "cannot open %s: %m: it must be where the daemon's own user may read", source);
    int rc = check_source(f, source, fd, err);
    if (rc)
        close(fd);
    else
        *out = fd;
    return rc;
}

/* The part, empty and ours alone. */
static int open_part(struct restore_file *f, struct err *err)
{
    int fd = open(f->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set(err, ERR_IO, "restore: cannot create %s: %m", f->part);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(err, ERR_BUSY, "another restore is being made: wait for it");
    }
    f->fd = fd; /* from here on restore_file_free removes the file */
    remove_file(f->part, "-wal");
    remove_file(f->part, "-shm");
    return ftruncate(fd, 0) == 0 ? 0 : err_set(err, ERR_IO, "restore: %s: %m", f->part);
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_IO;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

static int copy_bytes(int from, int to)
{
    char *block = xmalloc(COPY_BYTES);
    int rc = 0;
    ssize_t n;
    do {
        n = read(from, block, COPY_BYTES);
        if (n > 0)
            rc = write_all(to, block, (size_t)n);
        else if (n < 0 && errno != EINTR)
            rc = ERR_IO;
    } while (rc == 0 && n != 0);
    free(block);
    return rc;
}

static int copy_source(struct restore_file *f, const char *source, struct err *err)
{
    int from = -1;
    int rc = open_source(f, source, &from, err);
    if (rc == 0)
        rc = open_part(f, err);
    if (rc == 0) {
        rc = copy_bytes(from, f->fd);
        if (rc)
            err_set(err, rc, "restore: copying %s to %s: %s", source, f->part, strerror(errno));
    }
    if (from >= 0)
        close(from);
    return rc;
}

/* Brought to our version, and sound. */
static int open_copy(struct restore_file *f, const char *source, struct err *err)
{
    struct err why = {.text = ""};
    char *url = xasprintf("sqlite:%s", f->part);
    int rc = db_open(url, DB_WRITER, f->clock, &f->db, &why);
    free(url);
    if (rc == 0)
        rc = db_integrity(f->db, &why);
    if (rc == 0)
        f->version = migrate_version(f->db, &why);
    if (rc == 0 && f->version < 0)
        rc = f->version;
    if (rc == 0 && f->version == 0)
        rc = err_set(&why, ERR_INVALID, "it is empty");
    if (rc == 0)
        rc = migrate_to(f->db, migrate_latest(), &why);
    if (rc == 0)
        rc = db_check_statements(f->db, &why);
    if (rc == 0 || rc == ERR_FULL)
        return rc ? err_set(err, rc, "restore: %s", err_or(&why, rc)) : 0;
    /* The file that was named is wrong, not the store. */
    return err_set(err, ERR_INVALID, "%s cannot be restored: %s", source, err_or(&why, rc));
}

int restore_file_make(const char *url, const char *source, const struct clock *clock, struct restore_file **out,
                      struct err *err)
{
    const char *database = path_of(url);
    if (!database)
        return err_set(err, ERR_BAD_STATE, "a store in memory cannot be restored");
    struct restore_file *f = xcalloc(1, sizeof *f);
    f->clock = clock;
    f->fd = -1;
    f->database = xstrdup(database);
    f->part = xasprintf("%s.restore.part", database);
    f->staged = xasprintf("%s.restore", database);
    int rc = copy_source(f, source, err);
    if (rc == 0)
        rc = open_copy(f, source, err);
    if (rc)
        restore_file_free(f);
    else
        *out = f;
    return rc;
}

struct db *restore_file_db(struct restore_file *f)
{
    return f->db;
}

int restore_file_version(const struct restore_file *f)
{
    return f->version;
}

void restore_file_free(struct restore_file *f)
{
    if (!f)
        return;
    db_close(f->db);
    if (f->fd >= 0 && !f->is_staged) {
        remove_file(f->part, "-wal");
        remove_file(f->part, "-shm");
        remove_file(f->part, "");
    }
    if (f->fd >= 0)
        close(f->fd); /* after SQLite's own descriptors: closing drops its locks */
    free(f->database);
    free(f->part);
    free(f->staged);
    free(f);
}

/* --- staging --------------------------------------------------------------------------------------------------- */

/* D.before-restore-20261122T091455Z: by the time of the staged file, so that an exchange that was cut off finds the
 * same name again. */
static char *kept_name(const char *database, const struct stat *staged, int number)
{
    char time[32];
    char more[16] = "";
    struct tm tm;
    gmtime_r(&staged->st_mtim.tv_sec, &tm);
    strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &tm);
    if (number > 0)
        snprintf(more, sizeof more, "-%d", number + 1);
    return xasprintf("%s.before-restore-%s%s", database, time, more);
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x;
    struct stat y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A name that is free, or that D has already. NULL when there is none. */
static char *choose_kept(const char *database, const struct stat *staged)
{
    for (int i = 0; i < KEPT_TRIES; i++) {
        char *name = kept_name(database, staged, i);
        if (access(name, F_OK) != 0 || is_same_file(name, database))
            return name;
        free(name);
    }
    return NULL;
}

int restore_file_stage(struct restore_file *f, char **kept, struct err *err)
{
    struct stat st;
    int rc = db_checkpoint(f->db);
    db_close(f->db); /* its log is in the file now, and gone */
    f->db = NULL;
    if (rc)
        return err_set(err, rc, "restore: %s: %s", f->part, err_text(rc));
    if (fsync(f->fd) != 0 || fstat(f->fd, &st) != 0 || rename(f->part, f->staged) != 0)
        return err_set(err, ERR_IO, "restore: %s: %m", f->part);
    f->is_staged = true;
    rc = sync_folder(f->staged, err);
    *kept = rc == 0 ? choose_kept(f->database, &st) : NULL;
    return rc;
}

/* --- the exchange ---------------------------------------------------------------------------------------------- */

bool restore_file_is_staged(const char *url)
{
    const char *database = path_of(url);
    char *staged = database ? xasprintf("%s.restore", database) : NULL;
    bool yes = staged && access(staged, F_OK) == 0;
    free(staged);
    return yes;
}

/* A second name for a file; one that it has already, and no file at all, are fine. */
static int add_name(const char *from, const char *to, const char *suffix, struct err *err)
{
    char *old = xasprintf("%s%s", from, suffix);
    char *name = xasprintf("%s%s", to, suffix);
    int rc = 0;
    if (link(old, name) != 0 && errno != ENOENT && !(errno == EEXIST && is_same_file(old, name)))
        rc = err_set(err, ERR_IO, "restore: cannot keep %s as %s: %m", old, name);
    free(old);
    free(name);
    return rc;
}

static int exchange(const char *database, const char *staged, char **kept, struct err *err)
{
    struct stat st;
    bool has_old = access(database, F_OK) == 0;
    if (stat(staged, &st) != 0)
        return err_set(err, ERR_IO, "restore: %s: %m", staged);
    char *name = choose_kept(database, &st);
    int rc = name ? 0 : err_set(err, ERR_EXISTS, "restore: too many files %s.before-restore-...", database);
    if (rc == 0)
        rc = add_name(database, name, "", err);
    if (rc == 0)
        rc = add_name(database, name, "-wal", err);
    if (rc == 0)
        rc = sync_folder(database, err); /* ■ the old database is whole under its new name */
    if (rc == 0) {
        remove_file(database, "-wal");
        remove_file(database, "-shm");
        rc = sync_folder(database, err); /* ■ no log that could meet the new file */
    }
    if (rc == 0 && rename(staged, database) != 0)
        rc = err_set(err, ERR_IO, "restore: cannot put %s in the place of %s: %m", staged, database);
    if (rc == 0)
        rc = sync_folder(database, err); /* ■ done */
    if (rc == 0 && has_old) {
        *kept = name;
        name = NULL;
    } else if (rc == 0) {
        *kept = xstrdup("");
    }
    free(name);
    return rc;
}

int restore_file_exchange(const char *url, char **kept, struct err *err)
{
    const char *database = path_of(url);
    int rc = 0;
    *kept = NULL;
    if (!database)
        return 0;
    char *part = xasprintf("%s.restore.part", database);
    char *staged = xasprintf("%s.restore", database);
    /* Whoever was making it is no more: the lock is ours. */
    remove_file(part, "-wal");
    remove_file(part, "-shm");
    remove_file(part, "");
    if (access(staged, F_OK) == 0)
        rc = exchange(database, staged, kept, err);
    free(part);
    free(staged);
    return rc;
}
