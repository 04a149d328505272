/* A receiver in the test's loop; the contract is in lib/hook_server.h. */
#include "lib/hook_server.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib/test.h"

struct hook_peer {
    uv_tcp_t tcp;
    uv_write_t write;
    struct hook_server *server;
    struct hook *waiting; /* has no answer yet */
    char in[HOOK_REQUEST_MAX];
    size_t n;
};

static void on_closed(uv_handle_t *handle)
{
    struct hook_peer *p = handle->data;
    p->server->open--;
    if (p->waiting)
        p->waiting->open--;
    free(p);
}

static void drop(struct hook_peer *p)
{
    if (!uv_is_closing((uv_handle_t *)&p->tcp))
        uv_close((uv_handle_t *)&p->tcp, on_closed);
}

static void on_written(uv_write_t *write, int status)
{
    if (status < 0)
        drop(write->data);
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
    struct hook_peer *p = handle->data;
    (void)wanted;
    *out = uv_buf_init(p->in + p->n, (unsigned)(sizeof p->in - p->n - 1));
}

/* The value of a header of the request, into out. */
static void header(const char *head, const char *name, char *out, size_t room)
{
    const char *at = strcasestr(head, name);
    out[0] = '\0';
    if (!at)
        return;
    at += strlen(name) + 2;
    size_t n = strcspn(at, "\r");
    snprintf(out, room, "%.*s", (int)n, at);
}

/* Whether the request is whole; then it has been taken. */
static bool take(struct hook_peer *p)
{
    char length[24];
    const char *end = strstr(p->in, "\r\n\r\n");
    if (!end)
        return false;
    header(p->in, "\r\nContent-Length", length, sizeof length);
    if (p->n < (size_t)(end + 4 - p->in) + strtoul(length, NULL, 10))
        return false;
    const char *path = strstr(p->in, "/hook/");
    long number = path ? strtol(path + 6, NULL, 10) : -1;
    assert_in_range(number, 0, HOOKS_MAX - 1);
    struct hook *hook = &p->server->hooks[number];
    hook->hits++;
    hook->open++;
    hook->most_open = hook->open > hook->most_open ? hook->open : hook->most_open;
    header(p->in, "\r\nwebhook-id", hook->id, sizeof hook->id);
    memcpy(hook->request, p->in, p->n + 1);
    p->waiting = hook;
    p->n = 0;
    return true;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *data)
{
    struct hook_peer *p = stream->data;
    (void)data;
    if (n < 0) {
        drop(p);
        return;
    }
    p->n += (size_t)n;
    p->in[p->n] = '\0';
    if (!take(p))
        return;
    const char *reply = p->waiting->reply ? p->waiting->reply : HOOK_OK;
    if (!reply[0])
        return;
    p->waiting->open--;
    p->waiting = NULL;
    uv_buf_t out = uv_buf_init((char *)reply, (unsigned)strlen(reply));
    p->write.data = p;
    uv_write(&p->write, stream, &out, 1, on_written);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct hook_server *s = listener->data;
    assert_int_equal(status, 0);
    struct hook_peer *p = xcalloc(1, sizeof *p);
    p->server = s;
    p->tcp.data = p;
    uv_tcp_init(s->loop, &p->tcp);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&p->tcp), 0);
    uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
    s->connections++;
    s->open++;
}

void hook_server_init(struct hook_server *s, uv_loop_t *loop)
{
    struct sockaddr_in any;
    int n = sizeof any;
    memset(s, 0, sizeof *s);
    s->loop = loop;
    uv_tcp_init(loop, &s->listener);
    s->listener.data = s;
    uv_ip4_addr("127.0.0.1", 0, &any);
    uv_tcp_bind(&s->listener, (const struct sockaddr *)&any, 0);
    assert_int_equal(uv_listen((uv_stream_t *)&s->listener, 512, on_connection), 0);
    uv_tcp_getsockname(&s->listener, (struct sockaddr *)&any, &n);
    s->port = ntohs(any.sin_port);
}

void hook_server_close(struct hook_server *s)
{
    uv_close((uv_handle_t *)&s->listener, NULL);
}
