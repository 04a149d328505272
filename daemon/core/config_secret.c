/*
 * Secrets from files; see core/config_secret.h.
 * The file is opened once and judged by its descriptor, so that what was checked is what is read.
 */
#include "core/config_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/config.h"

static int check_file(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return err_set(err, ERR_INVALID, "cannot read %s: %s: correct the path", path, err_text(-errno));
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_INVALID, "%s is not a file: name a regular file", path);
    if (st.st_mode & (S_IROTH | S_IWOTH))
        return err_set(err, ERR_INVALID, "%s is open to every user (mode %04o): chmod 0600 it", path,
                       (unsigned)(st.st_mode & 07777));
    return 0;
}

/* Read up to `size` bytes; the number, or a negative errno. */
static ssize_t read_all(int fd, char *out, size_t size)
{
    size_t n = 0;

    while (n < size) {
        ssize_t got = read(fd, out + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

static size_t cut_newline(const char *s, size_t n)
{
    if (n > 0 && s[n - 1] == '\n')
        n--;
    if (n > 0 && s[n - 1] == '\r')
        n--;
    return n;
}

static bool is_clean(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    }
    return true;
}

/* Judge `got` bytes (one above the limit is read, to see that there is more). */
static int take(char *bytes, ssize_t got, const char *path, char **out, struct err *err)
{
    size_t n = got > 0 ? cut_newline(bytes, (size_t)got) : 0;

    if (got < 0)
        return err_set(err, ERR_INVALID, "cannot read %s: %s: correct the path", path, err_text((int)got));
    if (got > CONFIG_SECRET_BYTES_MAX)
        return err_set(err, ERR_INVALID, "%s is too large for a password: write one of at most %d bytes", path,
                       CONFIG_SECRET_BYTES_MAX);
    if (n == 0)
        return err_set(err, ERR_INVALID, "%s is empty: write the password into it", path);
    if (!is_clean(bytes, n))
        return err_set(err, ERR_INVALID, "%s has more than one line or control characters: write the password alone",
                       path);
    *out = xstrndup(bytes, n);
    return 0;
}

int config_secret_read(const char *path, char **out, struct err *err)
{
    char bytes[CONFIG_SECRET_BYTES_MAX + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = 0;

    if (fd < 0)
        return err_set(err, ERR_INVALID, "cannot read %s: %s: correct the path or let the service's user read it", path,
                       err_text(-errno));
    rc = check_file(fd, path, err);
    if (rc == 0)
        rc = take(bytes, read_all(fd, bytes, sizeof(bytes)), path, out, err);
    close(fd);
    explicit_bzero(bytes, sizeof(bytes));
    return rc;
}

void config_secret_free(char *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

char *config_secret_credential(const char *name)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    char *path = NULL;

    if (!dir || *dir != '/')
        return NULL;
    path = xasprintf("%s/%s.password", dir, name);
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}
