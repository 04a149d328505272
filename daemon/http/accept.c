/* The birth of a connection: accepting, who is there, and the limit. The picture is in http/conn.h. */
#include "http/conn.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

static int on_body(void *ctx, const char *data, size_t len)
{
    struct conn *c = ctx;
    return exchange_add_body(c->exchange, data, len);
}

static struct conn *conn_new(struct listener *listener)
{
    struct http_server *server = listener->server;
    struct conn *c = xcalloc(1, sizeof *c);
    c->server = server;
    c->listener = listener;
    c->state = CONN_IDLE;
    c->peer_uid = UINT32_MAX;
    if (listener->is_unix)
        uv_pipe_init(server->loop, &c->u.pipe, 0);
    else
        uv_tcp_init(server->loop, &c->u.tcp);
    uv_timer_init(server->loop, &c->timer);
    c->u.handle.data = c;
    c->timer.data = c;
    c->handles_open = 2;
    buf_init(&c->pending, conn_input_max(server));
    parse_init(&c->parse, &server->limits, on_body, c);
    c->next = server->conns;
    if (c->next)
        c->next->prev = c;
    server->conns = c;
    server->stats.connections_open++;
    server->stats.connections_total++;
    return c;
}

static void name_tcp_peer(struct conn *c)
{
    struct sockaddr_storage peer = {0};
    int len = sizeof peer;
    char ip[INET6_ADDRSTRLEN] = "?";
    uv_tcp_nodelay(&c->u.tcp, 1);
    if (uv_tcp_getpeername(&c->u.tcp, (struct sockaddr *)&peer, &len) == 0)
        uv_ip_name((struct sockaddr *)&peer, ip, sizeof ip);
    bool is_v6 = peer.ss_family == AF_INET6;
    int port =
        is_v6 ? ntohs(((struct sockaddr_in6 *)&peer)->sin6_port) : ntohs(((struct sockaddr_in *)&peer)->sin_port);
    snprintf(c->remote, sizeof c->remote, is_v6 ? "[%s]:%d" : "%s:%d", ip, port);
}

static void name_unix_peer(struct conn *c)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    uv_os_fd_t fd = -1;
    snprintf(c->remote, sizeof c->remote, "unix");
    if (uv_fileno(&c->u.handle, &fd) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0)
        c->peer_uid = cred.uid;
}

void conn_accept(struct listener *listener)
{
    const struct http_limits *limits = &listener->server->limits;
    struct conn *c = conn_new(listener);
    c->is_refusal = listener->connections >= limits->connections;
    if (c->is_refusal)
        listener->refusals++;
    else
        listener->connections++;
    if (uv_accept(&listener->u.stream, &c->u.stream) != 0) {
        conn_close(c);
        return;
    }
    if (listener->is_unix)
        name_unix_peer(c);
    else
        name_tcp_peer(c);
    if (!c->is_refusal) {
        conn_start(c);
        return;
    }
    listener->server->stats.connections_refused++;
    if (listener->refusals > limits->refusals)
        conn_close(c);
    else
        refuse(c, 503, "too many connections are open; try again later");
}
