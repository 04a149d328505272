/* The lock that refuses a second daemon on one database; the contract is in store/store.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"
#include "store/store.h"

int store_lock(const char *path, int *fd, struct err *err)
{
    /* flock and not fcntl: SQLite closes its own descriptors, which would drop a process's fcntl locks. */
    int f = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (f < 0)
        return err_set(err, ERR_IO, "store: cannot open the lock file %s: %m", path);
    if (flock(f, LOCK_EX | LOCK_NB) != 0) {
        char pid[32] = {0};
        ssize_t n = pread(f, pid, sizeof pid - 1, 0);
        pid[n > 0 ? strcspn(pid, "\n") : 0] = '\0';
        close(f);
        return err_set(err, ERR_BUSY, "store: %s is held by another grannbudd (pid %s): stop that one first", path,
                       pid[0] ? pid : "unknown");
    }
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(f, 0) != 0 || pwrite(f, text, (size_t)n, 0) != n) {
        int rc = err_set(err, ERR_IO, "store: cannot write the lock file %s: %m", path);
        close(f);
        return rc;
    }
    *fd = f;
    return 0;
}
