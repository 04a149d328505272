/* Disk faults between SQLite and the disk; the contract is in lib/faulty_vfs.h. */
#include "lib/faulty_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/test.h"

enum { OPS = 4 };

enum plan { PLAN_NONE, PLAN_FAIL, PLAN_FAIL_ONCE, PLAN_CRASH };

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct, in the same memory */
};

static struct {
    sqlite3_vfs *real;
    enum plan plan;
    unsigned ops;
    int64_t nth;
    enum faulty_result result;
    atomic_llong counts[OPS];
    atomic_llong hits; /* operations that the plan is about */
    atomic_llong failures;
} faulty;

enum verdict { GOES, FAILS, IS_LOST };

static enum verdict judge(enum faulty_op op)
{
    for (int i = 0; i < OPS; i++)
        if (op == (enum faulty_op)(1 << i))
            faulty.counts[i]++;
    if (faulty.plan == PLAN_NONE)
        return GOES;
    int64_t hits = faulty.hits;
    if ((faulty.ops & (unsigned)op) != 0)
        hits = ++faulty.hits;
    else if (faulty.plan != PLAN_CRASH)
        return GOES;
    if (hits < faulty.nth || (faulty.plan == PLAN_FAIL_ONCE && hits > faulty.nth))
        return GOES;
    faulty.failures++;
    return faulty.plan == PLAN_CRASH ? IS_LOST : FAILS;
}

static int error(enum faulty_op op)
{
    if (op == FAULTY_SYNC)
        return SQLITE_IOERR_FSYNC;
    if (op == FAULTY_GROW)
        return SQLITE_IOERR_SHMSIZE;
    if (faulty.result == FAULTY_FULL)
        return SQLITE_FULL;
    return op == FAULTY_WRITE ? SQLITE_IOERR_WRITE : SQLITE_IOERR_TRUNCATE;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)(void *)file)->real;
}

/* --- files ----------------------------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), out, n, at);
}

static int file_write(sqlite3_file *file, const void *data, int n, sqlite3_int64 at)
{
    enum verdict verdict = judge(FAULTY_WRITE);
    if (verdict == GOES)
        return real_of(file)->pMethods->xWrite(real_of(file), data, n, at);
    return verdict == FAILS ? error(FAULTY_WRITE) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    enum verdict verdict = judge(FAULTY_TRUNCATE);
    if (verdict == GOES)
        return real_of(file)->pMethods->xTruncate(real_of(file), size);
    return verdict == FAILS ? error(FAULTY_TRUNCATE) : SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    enum verdict verdict = judge(FAULTY_SYNC);
    if (verdict == GOES)
        return real_of(file)->pMethods->xSync(real_of(file), flags);
    return verdict == FAILS ? error(FAULTY_SYNC) : SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Shared memory is no disk: only its growth can fail, and after a crash the next one to open makes it anew. */
static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    if (extend && judge(FAULTY_GROW) == FAILS)
        return error(FAULTY_GROW);
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete_it)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete_it && faulty.plan != PLAN_CRASH);
}

static const sqlite3_io_methods METHODS = {.iVersion = 2,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_unlock,
                                           .xCheckReservedLock = file_check_lock,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector_size,
                                           .xDeviceCharacteristics = file_characteristics,
                                           .xShmMap = file_shm_map,
                                           .xShmLock = file_shm_lock,
                                           .xShmBarrier = file_shm_barrier,
                                           .xShmUnmap = file_shm_unmap};

/* --- the layer ------------------------------------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    struct faulty_file *f = (struct faulty_file *)(void *)file;
    (void)vfs;
    f->real = (sqlite3_file *)(void *)(f + 1);
    f->base.pMethods = NULL;
    int rc = faulty.real->xOpen(faulty.real, name, f->real, flags, out_flags);
    if (f->real->pMethods)
        f->base.pMethods = &METHODS;
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    bool is_lost = faulty.plan == PLAN_CRASH && faulty.hits >= faulty.nth;
    (void)vfs;
    return is_lost ? SQLITE_OK : faulty.real->xDelete(faulty.real, name, sync_dir);
}

void faulty_vfs_install(void)
{
    static sqlite3_vfs vfs;
    if (faulty.real)
        return;
    faulty.real = sqlite3_vfs_find(NULL);
    vfs = *faulty.real; /* what does not change files goes to the real one, which keeps no state in its struct */
    vfs.pNext = NULL;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(struct faulty_file) + faulty.real->szOsFile;
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

static void set_plan(enum plan plan, unsigned ops, int64_t nth, enum faulty_result result)
{
    assert_non_null(faulty.real);
    for (int i = 0; i < OPS; i++)
        faulty.counts[i] = 0;
    faulty.hits = faulty.failures = 0;
    faulty.plan = plan;
    faulty.ops = ops;
    faulty.nth = nth;
    faulty.result = result;
}

void faulty_vfs_fail(unsigned ops, int64_t nth, enum faulty_result result)
{
    set_plan(PLAN_FAIL, ops, nth, result);
}

void faulty_vfs_fail_once(unsigned ops, int64_t nth, enum faulty_result result)
{
    set_plan(PLAN_FAIL_ONCE, ops, nth, result);
}

void faulty_vfs_crash(void)
{
    set_plan(PLAN_CRASH, FAULTY_ANY, 0, FAULTY_IO);
}

void faulty_vfs_crash_at(unsigned ops, int64_t nth)
{
    set_plan(PLAN_CRASH, ops, nth, FAULTY_IO);
}

void faulty_vfs_heal(void)
{
    set_plan(PLAN_NONE, 0, 0, FAULTY_IO);
}

int64_t faulty_vfs_count(unsigned ops)
{
    int64_t n = 0;
    for (int i = 0; i < OPS; i++)
        n += (ops & (1U << i)) != 0 ? faulty.counts[i] : 0;
    return n;
}

int64_t faulty_vfs_failures(void)
{
    return faulty.failures;
}
