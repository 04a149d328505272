/*
 * The service manager's notification protocol, sd_notify(3) and sd_watchdog_enabled(3), without libsystemd:
 * one datagram of "NAME=value" lines to the socket named in $NOTIFY_SOCKET.
 *
 * Outside systemd every call does nothing and succeeds. A datagram that cannot be sent is an error code for the
 * caller to log, and never a reason to stop; nothing here blocks.
 *
 * Ownership: embedded. Threads: one at a time (main's loop). notify_init reads the environment and takes its
 * variables out, so that child processes cannot speak in our name.
 */
#ifndef GB_BASE_NOTIFY_H
#define GB_BASE_NOTIFY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

enum { NOTIFY_STATUS_BYTES_MAX = 200 };

struct notify {
    int fd;                /* -1: nobody listens */
    struct sockaddr_un to; /* a path, or a name in the abstract space ("@...") */
    size_t to_len;
    int64_t watchdog_us; /* 0: no watchdog; else WATCHDOG=1 must come more often, best twice as often */
};

/*
 * From $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID (a watchdog meant for another process is none). 0 with *n ready
 * for every call below, also when nobody listens; ERR_INVALID when the variables make no sense (*n is then as if nobody
 * listened), or a negative errno.
 */
int notify_init(struct notify *n);
void notify_fini(struct notify *n);
/* Puts the variables back, for the program that this process is about to become (execve): it speaks in our name. */
void notify_hand_on(const struct notify *n);

/* All: 0 or a negative errno. `status` is one line in English for `systemctl status`, cut at 200 bytes; NULL for none.
 */
int notify_ready(struct notify *n, const char *status);
/* SIGHUP is being worked on; notify_ready says that it is done. `mono_us` is CLOCK_MONOTONIC. */
int notify_reloading(struct notify *n, int64_t mono_us);
int notify_stopping(struct notify *n, const char *status);
int notify_status(struct notify *n, const char *status);
int notify_watchdog(struct notify *n);

#endif
