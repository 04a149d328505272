/* The service manager's notification protocol; see base/notify.h. */
#include "base/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

enum { MESSAGE_BYTES_MAX = 512 };

/* A copy of the variable, which is taken out of the environment; NULL when it is not set. */
static char *take_env(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): at start, before any thread */
    char *copy = xstrdup_opt(value);

    unsetenv(name); /* NOLINT(concurrency-mt-unsafe): at start, before any thread */
    return copy;
}

/* A positive decimal number, or -1. */
static int64_t positive(const char *text)
{
    size_t n = strspn(text, "0123456789");
    int64_t value = 0;

    if (n == 0 || n > 18 || text[n] != '\0')
        return -1;
    value = strtoll(text, NULL, 10);
    return value > 0 ? value : -1;
}

/* "/run/systemd/notify" or "@name" of the abstract space, whose address begins with a NUL. */
static int set_address(struct notify *n, const char *path)
{
    size_t len = strlen(path);

    if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(n->to.sun_path))
        return ERR_INVALID;
    n->to.sun_family = AF_UNIX;
    memcpy(n->to.sun_path, path, len);
    n->to_len = offsetof(struct sockaddr_un, sun_path) + len;
    if (path[0] == '@')
        n->to.sun_path[0] = '\0';
    else
        n->to_len++; /* its NUL counts */
    return 0;
}

/* The interval, 0 when it is for another process, or ERR_INVALID. */
static int64_t watchdog_interval(const char *usec, const char *pid)
{
    int64_t interval = usec ? positive(usec) : 0;
    int64_t whose = pid ? positive(pid) : getpid();

    if (interval < 0 || whose < 0)
        return ERR_INVALID;
    return whose == getpid() ? interval : 0;
}

static int open_socket(struct notify *n, const char *path, const char *usec, const char *pid)
{
    int64_t interval = watchdog_interval(usec, pid);
    int rc = set_address(n, path);

    if (rc)
        return rc;
    if (interval < 0)
        return ERR_INVALID;
    n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (n->fd < 0)
        return -errno;
    n->watchdog_us = interval;
    return 0;
}

int notify_init(struct notify *n)
{
    char *path = take_env("NOTIFY_SOCKET");
    char *usec = take_env("WATCHDOG_USEC");
    char *pid = take_env("WATCHDOG_PID");
    int rc = 0;

    *n = (struct notify){.fd = -1};
    if (path)
        rc = open_socket(n, path, usec, pid);
    free(path);
    free(usec);
    free(pid);
    return rc;
}

void notify_fini(struct notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    *n = (struct notify){.fd = -1};
}

void notify_hand_on(const struct notify *n)
{
    char path[sizeof n->to.sun_path + 1] = "";
    char number[32];
    if (n->fd < 0)
        return;
    memcpy(path, n->to.sun_path, n->to_len - offsetof(struct sockaddr_un, sun_path));
    if (path[0] == '\0')
        path[0] = '@';
    setenv("NOTIFY_SOCKET", path, 1); /* NOLINT(concurrency-mt-unsafe): at the end, after all threads */
    if (n->watchdog_us == 0)
        return;
    snprintf(number, sizeof number, "%lld", (long long)n->watchdog_us);
    setenv("WATCHDOG_USEC", number, 1); /* NOLINT(concurrency-mt-unsafe) */
    snprintf(number, sizeof number, "%ld", (long)getpid());
    setenv("WATCHDOG_PID", number, 1); /* NOLINT(concurrency-mt-unsafe) */
}

static int send_text(const struct notify *n, const char *text, size_t len)
{
    ssize_t sent = 0;

    if (n->fd < 0)
        return 0;
    do {
        sent =
            sendto(n->fd, text, len, MSG_NOSIGNAL, (const struct sockaddr *)(const void *)&n->to, (socklen_t)n->to_len);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/* How much of `status` is shown: its first line, at most NOTIFY_STATUS_BYTES_MAX bytes, whole characters. */
static int shown_bytes(const char *status)
{
    size_t n = strcspn(status, "\r\n");

    if (n <= NOTIFY_STATUS_BYTES_MAX)
        return (int)n;
    for (n = NOTIFY_STATUS_BYTES_MAX; n > 0 && ((unsigned char)status[n] & 0xc0) == 0x80;)
        n--;
    return (int)n;
}

/* `state` is whole lines or "". */
static int send_state(const struct notify *n, const char *state, const char *status)
{
    struct buf text;
    int rc = 0;

    buf_init(&text, MESSAGE_BYTES_MAX);
    buf_adds(&text, state);
    if (status)
        buf_addf(&text, "STATUS=%.*s\n", shown_bytes(status), status);
    rc = send_text(n, buf_str(&text), text.len);
    buf_fini(&text);
    return rc;
}

int notify_ready(struct notify *n, const char *status)
{
    return send_state(n, "READY=1\n", status);
}

int notify_reloading(struct notify *n, int64_t mono_us)
{
    char *state = xasprintf("RELOADING=1\nMONOTONIC_USEC=%lld\n", (long long)mono_us);
    int rc = send_state(n, state, NULL);

    free(state);
    return rc;
}

int notify_stopping(struct notify *n, const char *status)
{
    return send_state(n, "STOPPING=1\n", status);
}

int notify_status(struct notify *n, const char *status)
{
    return send_state(n, "", status ? status : "");
}

int notify_watchdog(struct notify *n)
{
    return send_state(n, "WATCHDOG=1\n", NULL);
}
