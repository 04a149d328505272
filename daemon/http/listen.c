/* Listeners: the Unix socket, TCP, and sockets that the service manager opened; the contract is in http/server.h. */
#include "http/conn.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 511 };

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;
    if (status != 0)
        log_warn("http", "cannot accept a connection error=%s", uv_err_name(status));
    else
        conn_accept(listener);
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct listener *l = handle->data;
    l->server->handles_open--;
    server_check_stopped(l->server);
}

/* Remove the socket file only if it is still the one that we made. */
static void remove_socket_file(const struct listener *l)
{
    struct stat st;
    if (l->path && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
        unlink(l->path);
}

void listener_close(struct listener *l)
{
    remove_socket_file(l);
    uv_close(&l->u.handle, on_listener_closed);
}

/* Hand a bound socket to libuv, and the path and the identity of its file to the listener. Owns fd in all cases. */
static int listen_on(struct http_server *server, int fd, bool is_unix, const char *path)
{
    struct listener *l = xcalloc(1, sizeof *l);
    struct stat st;
    l->server = server;
    l->is_unix = is_unix;
    if (path && lstat(path, &st) == 0) {
        l->path = xstrdup(path);
        l->dev = st.st_dev;
        l->ino = st.st_ino;
    }
    if (is_unix)
        uv_pipe_init(server->loop, &l->u.pipe, 0);
    else
        uv_tcp_init(server->loop, &l->u.tcp);
    l->u.handle.data = l;
    server->handles_open++;
    l->next = server->listeners;
    server->listeners = l;

    int rc = is_unix ? uv_pipe_open(&l->u.pipe, fd) : uv_tcp_open(&l->u.tcp, fd);
    if (rc != 0)
        close(fd);
    else
        rc = uv_listen(&l->u.stream, BACKLOG, on_connection);
    if (rc != 0)
        listener_close(l);
    return rc;
}

/* --- Unix socket -------------------------------------------------------------------------------------------------- */

/* Make way for a new socket file: 0 when the path is free now. */
static int clear_path(const struct sockaddr_un *addr, struct err *err)
{
    const char *path = addr->sun_path;
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? 0 : err_set(err, ERR_IO, "cannot look at %s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, ERR_EXISTS, "%s exists and is not a socket: remove it or choose another path", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
    int answered = connect(fd, (const struct sockaddr *)addr, sizeof *addr);
    int reason = errno;
    close(fd);
    if (answered == 0 || reason == EAGAIN)
        return err_set(err, ERR_EXISTS, "another process listens on %s: stop it first", path);
    if (reason != ECONNREFUSED)
        return err_set(err, ERR_IO, "cannot tell whether anybody listens on %s: %s", path, strerror(reason));
    if (unlink(path) != 0)
        return err_set(err, ERR_IO, "cannot remove the stale socket %s: %s", path, strerror(errno));
    return 0;
}

int http_server_listen_unix(struct http_server *server, const char *path, struct err *err)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof addr.sun_path)
        return err_set(err, ERR_CONFIG, "the socket path '%s' must have 1 to %zu bytes", path,
                       sizeof addr.sun_path - 1);
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int rc = clear_path(&addr, err);
    if (rc != 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot make a socket: %s", strerror(errno));
    /* The mode is set before listen(): until then every connect is refused. */
    if (bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || chmod(path, 0660) != 0) {
        rc = err_set(err, ERR_IO, "cannot bind %s: %s", path, strerror(errno));
        close(fd);
        return rc;
    }
    rc = listen_on(server, fd, true, path);
    return rc == 0 ? 0 : err_set(err, ERR_IO, "cannot listen on %s: %s", path, uv_strerror(rc));
}

/* --- TCP ---------------------------------------------------------------------------------------------------------- */

/* "host:port", "[v6]:port" or ":port" to an address; *out is to be freed with freeaddrinfo. */
static int resolve(const char *address, struct addrinfo **out, struct err *err)
{
    const char *colon = strrchr(address, ':');
    char *host = colon ? xstrndup(address, (size_t)(colon - address)) : NULL;
    int rc = 0;
    size_t n = host ? strlen(host) : 0;
    bool is_v6 = n >= 2 && host[0] == '[' && host[n - 1] == ']';
    if (!host || !colon[1] || (strchr(host, ':') && !is_v6)) {
        rc = err_set(err, ERR_CONFIG, "'%s' is not host:port; write 127.0.0.1:8080 or [::1]:8080", address);
        goto out;
    }
    if (is_v6)
        host[n - 1] = '\0';
    const char *node = is_v6 ? host + 1 : host;
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int gai = getaddrinfo(node[0] ? node : NULL, colon + 1, &hints, out);
    if (gai != 0)
        rc = err_set(err, ERR_CONFIG, "cannot resolve '%s': %s", address, gai_strerror(gai));
out:
    free(host);
    return rc;
}

static int bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } addr = {.v6 = {.sin6_port = 0}};
    socklen_t len = sizeof addr;
    if (getsockname(fd, &addr.any, &len) != 0)
        return 0;
    return ntohs(addr.any.sa_family == AF_INET6 ? addr.v6.sin6_port : addr.v4.sin_port);
}

int http_server_listen_tcp(struct http_server *server, const char *address, int *port, struct err *err)
{
    struct addrinfo *ai = NULL;
    int rc = resolve(address, &ai, err);
    if (rc != 0)
        return rc;
    int one = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, ai->ai_addr, ai->ai_addrlen) != 0) {
        rc = err_set(err, ERR_IO, "cannot bind %s: %s", address, strerror(errno));
        if (fd >= 0)
            close(fd);
        goto out;
    }
    int chosen = bound_port(fd);
    rc = listen_on(server, fd, false, NULL);
    if (rc != 0)
        rc = err_set(err, ERR_IO, "cannot listen on %s: %s", address, uv_strerror(rc));
    else if (port)
        *port = chosen;
out:
    freeaddrinfo(ai);
    return rc;
}

/* --- from the service manager ------------------------------------------------------------------------------------- */

int http_server_listen_fd(struct http_server *server, int fd, struct err *err)
{
    struct sockaddr_storage addr = {0};
    socklen_t len = sizeof addr;
    int type = 0;
    socklen_t type_len = sizeof type;
    if (getsockname(fd, (struct sockaddr *)&addr, &len) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_STREAM) {
        int bad =
            err_set(err, ERR_CONFIG, "descriptor %d is not a stream socket: see ListenStream= in the .socket unit", fd);
        close(fd);
        return bad;
    }
    int rc = listen_on(server, fd, addr.ss_family == AF_UNIX, NULL);
    return rc == 0 ? 0 : err_set(err, ERR_IO, "cannot listen on descriptor %d: %s", fd, uv_strerror(rc));
}
