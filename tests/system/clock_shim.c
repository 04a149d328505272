/*
 * A clock that a test owns, preloaded into a program: a wall clock that jumps while the program runs, and time that
 * passes faster. Built and steered by fake_clock.py through the file named by FAKE_CLOCK, which is mapped, so a change
 * is seen at once.
 *
 * Wall and monotonic time run `rate` times as fast as the machine's monotonic clock; what waits in epoll or poll waits
 * accordingly shorter. The system calls are made directly: the shim has to work below a sanitizer's own wrappers.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define SIGNAL_SET_BYTES 8 /* the kernel's, not the larger one of the C library */
#define PUBLIC __attribute__((visibility("default")))

/* fake_clock.py writes these, in this order. */
struct steering {
    int64_t mono_from_ns; /* the machine's monotonic clock when the test began ... */
    int64_t wall_from_ns; /* ... and what the wall clock showed then */
    int64_t rate;
    _Atomic int64_t jump_ns; /* all jumps of the wall clock since */
    _Atomic int64_t skip_ns; /* time that has passed besides, on both clocks */
};

static struct steering *steering(void)
{
    static _Atomic(struct steering *) mapped;
    struct steering *s = atomic_load(&mapped);
    const char *path = getenv("FAKE_CLOCK");
    if (s)
        return s;
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        _exit(99); /* preloaded without its file: a mistake of the test */
    s = (struct steering *)syscall(SYS_mmap, NULL, sizeof *s, PROT_READ, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (s == MAP_FAILED)
        _exit(99);
    atomic_store(&mapped, s);
    return s;
}

static int64_t passed_ns(const struct steering *s)
{
    struct timespec ts;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
    return ((int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec - s->mono_from_ns) * s->rate + atomic_load(&s->skip_ns);
}

static int64_t wall_ns(void)
{
    struct steering *s = steering();
    return s->wall_from_ns + passed_ns(s) + atomic_load(&s->jump_ns);
}

PUBLIC int clock_gettime(clockid_t id, struct timespec *ts)
{
    int64_t ns = 0;
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
        ns = wall_ns();
    } else if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_MONOTONIC_RAW ||
               id == CLOCK_BOOTTIME) {
        struct steering *s = steering();
        ns = s->mono_from_ns + passed_ns(s);
    } else {
        return (int)syscall(SYS_clock_gettime, id, ts);
    }
    ts->tv_sec = (time_t)(ns / NS_PER_S);
    ts->tv_nsec = (long)(ns % NS_PER_S);
    return 0;
}

PUBLIC int gettimeofday(struct timeval *tv, void *zone)
{
    int64_t ns = wall_ns();
    (void)zone;
    tv->tv_sec = (time_t)(ns / NS_PER_S);
    tv->tv_usec = (suseconds_t)(ns % NS_PER_S / 1000);
    return 0;
}

PUBLIC time_t time(time_t *out)
{
    time_t now = (time_t)(wall_ns() / NS_PER_S);
    if (out)
        *out = now;
    return now;
}

/* Never shorter than a millisecond: what polls must not spin. */
static int real_ms(int ms)
{
    int64_t rate = steering()->rate;
    return ms <= 0 || rate == 1 ? ms : (int)((ms + rate - 1) / rate);
}

PUBLIC int epoll_pwait(int fd, struct epoll_event *events, int max, int ms, const sigset_t *mask)
{
    return (int)syscall(SYS_epoll_pwait, fd, events, max, real_ms(ms), mask, SIGNAL_SET_BYTES);
}

PUBLIC int epoll_wait(int fd, struct epoll_event *events, int max, int ms)
{
    return epoll_pwait(fd, events, max, ms, NULL);
}

PUBLIC int poll(struct pollfd *fds, nfds_t n, int ms)
{
    struct timespec wait = {.tv_sec = real_ms(ms) / 1000, .tv_nsec = (long)(real_ms(ms) % 1000) * 1000000};
    return (int)syscall(SYS_ppoll, fds, n, ms < 0 ? NULL : &wait, NULL, SIGNAL_SET_BYTES);
}
