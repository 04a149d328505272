/*
 * The notification protocol against a real datagram socket in systemd's place: by path and in the abstract
 * space, with the kernel's word on who sent it, and the watchdog's variables.
 */
#include "base/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "lib/test.h"

/* systemd's end. */
struct manager {
    int fd;
    char dir[64];
    char name[100]; /* for $NOTIFY_SOCKET */
};

static void set_env(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static const char *env(const char *name)
{
    return getenv(name); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static void manager_listen(struct manager *m, bool is_abstract)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = 0;
    const int on = 1;

    (void)snprintf(m->dir, sizeof(m->dir), "/tmp/test_notify.XXXXXX");
    assert_non_null(mkdtemp(m->dir));
    (void)snprintf(m->name, sizeof(m->name), "%s%s/s", is_abstract ? "@" : "", m->dir);
    memcpy(a.sun_path, m->name, strlen(m->name));
    len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(m->name) + (is_abstract ? 0 : 1));
    if (is_abstract)
        a.sun_path[0] = '\0';
    m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(m->fd, (const struct sockaddr *)(const void *)&a, len), 0);
    assert_int_equal(setsockopt(m->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
    set_env("NOTIFY_SOCKET", m->name);
}

static void manager_close(struct manager *m)
{
    close(m->fd);
    if (m->name[0] == '/')
        unlink(m->name);
    rmdir(m->dir);
}

/* The next datagram is `want`, and the kernel says that this process sent it. */
static void assert_told(const struct manager *m, const char *want)
{
    char text[1000] = "";
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {.iov_base = text, .iov_len = sizeof(text) - 1};
    struct msghdr msg = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    const struct cmsghdr *head = NULL;
    struct ucred who = {0};

    assert_true(recvmsg(m->fd, &msg, 0) >= 0);
    head = CMSG_FIRSTHDR(&msg);
    if (head)
        memcpy(&who, CMSG_DATA(head), sizeof(who));
    assert_int_equal(who.pid, getpid());
    assert_string_equal(text, want);
}

static void assert_silent(const struct manager *m)
{
    char text[10];

    assert_int_equal(recv(m->fd, text, sizeof(text), 0), -1);
    assert_int_equal(errno, EAGAIN);
}

static void tell_everything(bool is_abstract)
{
    struct manager m;
    struct notify n;

    manager_listen(&m, is_abstract);
    assert_int_equal(notify_init(&n), 0);
    assert_int_equal(notify_ready(&n, "sending"), 0);
    assert_told(&m, "READY=1\nSTATUS=sending\n");
    assert_int_equal(notify_ready(&n, NULL), 0);
    assert_told(&m, "READY=1\n");
    assert_int_equal(notify_reloading(&n, INT64_C(1234567890123)), 0);
    assert_told(&m, "RELOADING=1\nMONOTONIC_USEC=1234567890123\n");
    assert_int_equal(notify_status(&n, "12 letters\nREADY=0"), 0);
    assert_told(&m, "STATUS=12 letters\n");
    assert_int_equal(notify_status(&n, NULL), 0);
    assert_told(&m, "STATUS=\n");
    assert_int_equal(notify_watchdog(&n), 0);
    assert_told(&m, "WATCHDOG=1\n");
    assert_int_equal(notify_stopping(&n, "bye"), 0);
    assert_told(&m, "STOPPING=1\nSTATUS=bye\n");
    assert_silent(&m);
    notify_fini(&n);
    manager_close(&m);
}

static void test_notify__reaches_a_socket_by_its_path(void **state)
{
    (void)state;
    tell_everything(false);
}

static void test_notify__reaches_a_socket_in_the_abstract_space(void **state)
{
    (void)state;
    tell_everything(true);
}

static void test_notify_status__is_cut_between_characters(void **state)
{
    struct manager m;
    struct notify n;
    char status[300];
    char want[300];

    (void)state;
    manager_listen(&m, true);
    assert_int_equal(notify_init(&n), 0);
    memset(status, 'x', sizeof(status));
    status[sizeof(status) - 1] = '\0';
    memcpy(status + 199, "å", 2);
    (void)snprintf(want, sizeof(want), "STATUS=%.199s\n", status);
    assert_int_equal(notify_status(&n, status), 0);
    assert_told(&m, want);
    notify_fini(&n);
    manager_close(&m);
}

static void test_notify_init__without_systemd_does_nothing(void **state)
{
    struct notify n;

    (void)state;
    set_env("WATCHDOG_USEC", "1000000");
    assert_int_equal(notify_init(&n), 0);
    assert_int_equal(n.fd, -1);
    assert_int_equal(n.watchdog_us, 0);
    assert_int_equal(notify_ready(&n, "x"), 0);
    assert_int_equal(notify_watchdog(&n), 0);
    notify_fini(&n);
}

static void test_notify_init__takes_the_variables_out(void **state)
{
    struct manager m;
    struct notify n;

    (void)state;
    manager_listen(&m, true);
    set_env("WATCHDOG_USEC", "30000000");
    set_env("WATCHDOG_PID", "1");
    assert_int_equal(notify_init(&n), 0);
    assert_null(env("NOTIFY_SOCKET"));
    assert_null(env("WATCHDOG_USEC"));
    assert_null(env("WATCHDOG_PID"));
    notify_fini(&n);
    notify_fini(&n);
    manager_close(&m);
}

static void hand_on(bool is_abstract)
{
    struct manager m;
    struct notify n;
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    manager_listen(&m, is_abstract);
    set_env("WATCHDOG_USEC", "30000000");
    assert_int_equal(notify_init(&n), 0);
    assert_null(env("NOTIFY_SOCKET"));
    notify_hand_on(&n);
    assert_string_equal(env("NOTIFY_SOCKET"), m.name);
    assert_string_equal(env("WATCHDOG_USEC"), "30000000");
    assert_string_equal(env("WATCHDOG_PID"), pid);
    notify_fini(&n);
    assert_int_equal(notify_init(&n), 0); /* and it can be taken up again */
    assert_int_equal(n.watchdog_us, 30000000);
    assert_int_equal(notify_ready(&n, NULL), 0);
    assert_told(&m, "READY=1\n");
    notify_fini(&n);
    manager_close(&m);
}

static void test_notify_hand_on__puts_the_variables_back(void **state)
{
    struct notify n;
    (void)state;
    hand_on(false);
    hand_on(true);
    assert_int_equal(notify_init(&n), 0);
    notify_hand_on(&n); /* nobody listens: nothing to hand on */
    assert_null(env("NOTIFY_SOCKET"));
}

static void test_notify_init__reads_the_watchdog(void **state)
{
    char *own_pid = xasprintf("%d", (int)getpid());
    const struct {
        const char *usec;
        const char *pid;
        int rc;
        int64_t interval;
    } rows[] = {
        {"30000000", NULL, 0, 30000000},
        {"30000000", own_pid, 0, 30000000},
        {"30000000", "1", 0, 0},
        {NULL, own_pid, 0, 0},
        {"0", NULL, ERR_INVALID, 0},
        {"-5", NULL, ERR_INVALID, 0},
        {"30s", NULL, ERR_INVALID, 0},
        {"99999999999999999999", NULL, ERR_INVALID, 0},
        {"30000000", "me", ERR_INVALID, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct notify n;

        set_env("NOTIFY_SOCKET", "@test-notify-watchdog");
        if (rows[i].usec)
            set_env("WATCHDOG_USEC", rows[i].usec);
        if (rows[i].pid)
            set_env("WATCHDOG_PID", rows[i].pid);
        assert_int_equal(notify_init(&n), rows[i].rc);
        assert_int_equal(n.watchdog_us, rows[i].interval);
        assert_int_equal(n.fd >= 0, rows[i].rc == 0);
        notify_fini(&n);
    }
    free(own_pid);
}

static void test_notify_init__refuses_what_is_no_address(void **state)
{
    char too_long[110];
    const char *const rows[] = {"", "@", "/", "run/notify", "vsock:2:1234", too_long};

    (void)state;
    memset(too_long, '/', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct notify n;

        set_env("NOTIFY_SOCKET", rows[i]);
        assert_int_equal(notify_init(&n), ERR_INVALID);
        assert_int_equal(notify_ready(&n, NULL), 0);
        notify_fini(&n);
    }
}

static void test_notify__tells_when_nobody_is_at_the_other_end(void **state)
{
    struct notify n;

    (void)state;
    set_env("NOTIFY_SOCKET", "/nonexistent/notify");
    assert_int_equal(notify_init(&n), 0);
    assert_int_equal(notify_ready(&n, NULL), -ENOENT);
    notify_fini(&n);
}

/* systemd that does not read must not stop us. */
static void test_notify__never_waits_for_a_full_queue(void **state)
{
    struct manager m;
    struct notify n;
    int rc = 0;

    (void)state;
    manager_listen(&m, true);
    assert_int_equal(notify_init(&n), 0);
    for (int i = 0; i < 100000 && rc == 0; i++)
        rc = notify_watchdog(&n);
    assert_int_equal(rc, -EAGAIN);
    notify_fini(&n);
    manager_close(&m);
}

static const struct CMUnitTest tests[] = {
    TEST(test_notify__reaches_a_socket_by_its_path),     TEST(test_notify__reaches_a_socket_in_the_abstract_space),
    TEST(test_notify_status__is_cut_between_characters), TEST(test_notify_init__without_systemd_does_nothing),
    TEST(test_notify_init__takes_the_variables_out),     TEST(test_notify_init__reads_the_watchdog),
    TEST(test_notify_init__refuses_what_is_no_address),  TEST(test_notify__tells_when_nobody_is_at_the_other_end),
    TEST(test_notify_hand_on__puts_the_variables_back),  TEST(test_notify__never_waits_for_a_full_queue),
};
TEST_MAIN(tests)
