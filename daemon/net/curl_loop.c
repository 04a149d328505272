/*
 * libcurl under libuv; the contract is in net/curl_loop.h.
 *
 * libcurl tells us through on_curl_socket which sockets it wants to hear of, and through on_curl_timer when it wants to
 * be called at the latest. Neither callback may call libcurl, so they only arm handles. The handles call
 * curl_multi_socket_action, and after it returned drain() hands the finished transfers up.
 *
 * A watch outlives its socket by one turn of the loop (uv_close), but its poll is stopped before the descriptor is
 * closed: the next connection may get the same number.
 *
 * Where connections are kept (curl_loop_keep), so are the watches of their sockets, from on_socket_opened to
 * on_socket_closed: libcurl loses interest after each transfer and finds it again with the next, and each time would
 * cost eight calls of the system. The poll stays armed; what comes while libcurl does not want to hear of it disarms
 * it. A socket that never connected (time-out, call ended, the slower of two addresses) libcurl 7.88 closes without
 * on_socket_closed, right before it says that it wants to hear of it no more: its watch goes then. All other
 * descriptors (the resolver's, those of CURLOPT_CONNECT_ONLY, which their owner watches after us) are watched for as
 * long as libcurl wants to hear of them.
 */
#include "net/curl_loop.h"

#include <assert.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/err.h"
#include "base/mem.h"

struct curl_loop {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    int transfers;       /* added and not removed */
    int handles;         /* uv handles not yet closed: the timer and the watches */
    bool keeps;          /* connections, and so watches */
    struct watch **kept; /* by descriptor: NULL where there is none */
    int kept_room;
    curl_loop_stopped_cb stopped;
    void *stopped_ctx;
};

struct watch {
    uv_poll_t poll;
    struct curl_loop *owner;
    curl_socket_t fd;
    int wanted;        /* events of libuv that libcurl wants to hear of; 0: none */
    int armed;         /* those that the poll tells */
    bool is_connected; /* libcurl has wanted to read, which it does not before */
};

/* Each message is copied before the callback, which may remove the handle and with it the message. */
static void drain(struct curl_loop *c)
{
    CURLMsg *m = NULL;
    int left = 0;
    while ((m = curl_multi_info_read(c->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode result = m->data.result;
        struct curl_transfer *t = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)(void *)&t);
        assert(t && t->easy == m->easy_handle);
        t->done((int)result, t->ctx);
    }
}

static void act(struct curl_loop *c, curl_socket_t fd, int events)
{
    int running = 0;
    curl_multi_socket_action(c->multi, fd, events, &running);
    drain(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct curl_loop *c = timer->data;
    act(c, CURL_SOCKET_TIMEOUT, 0);
}

static void watch_disarm(struct watch *w)
{
    uv_poll_stop(&w->poll);
    w->armed = 0;
}

/* An error (libuv then stops watching) is for libcurl to read from the socket. Told CURL_CSELECT_ERR, it fails the
 * transfer as one of sending, without its second try where a kept connection was closed meanwhile. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    if (status < 0 || w->wanted == 0)
        watch_disarm(w); /* a kept connection was closed by the other side, say: libcurl looks before it uses it */
    if (w->wanted == 0)
        return;
    int flags = status < 0 ? CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(w->owner, w->fd, flags);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    (void)multi;
    struct curl_loop *c = ctx;
    if (timeout_ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static void free_if_done(struct curl_loop *c)
{
    if (--c->handles > 0)
        return;
    curl_loop_stopped_cb stopped = c->stopped;
    void *ctx = c->stopped_ctx;
    free(c->kept);
    free(c);
    curl_global_cleanup();
    stopped(ctx);
}

static void on_watch_closed(uv_handle_t *h)
{
    struct watch *w = h->data;
    struct curl_loop *c = w->owner;
    free(w);
    free_if_done(c);
}

static void on_timer_closed(uv_handle_t *h)
{
    free_if_done(h->data);
}

static struct watch *watch_new(struct curl_loop *c, curl_socket_t fd)
{
    struct watch *w = xcalloc(1, sizeof *w);
    w->owner = c;
    w->fd = fd;
    if (uv_poll_init_socket(c->loop, &w->poll, fd) < 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    c->handles++;
    return w;
}

static void watch_close(struct watch *w)
{
    watch_disarm(w);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static int watch_want(struct watch *w, int events)
{
    w->wanted = events;
    if (w->armed == events)
        return 0;
    int rc = uv_poll_start(&w->poll, events, on_poll);
    w->armed = rc == 0 ? events : 0;
    return rc;
}

static struct watch *kept_watch(const struct curl_loop *c, curl_socket_t fd)
{
    return fd < c->kept_room ? c->kept[fd] : NULL;
}

static int on_socket_opened(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    struct curl_loop *c = ctx;
    (void)purpose;
    if (fd >= c->kept_room) {
        int room = (fd + 1) * 2;
        c->kept = xrealloc(c->kept, (size_t)room * sizeof(struct watch *));
        memset(c->kept + c->kept_room, 0, (size_t)(room - c->kept_room) * sizeof(struct watch *));
        c->kept_room = room;
    }
    if (c->kept[fd])
        watch_close(c->kept[fd]); /* of a socket that was closed behind our back */
    c->kept[fd] = watch_new(c, fd);
    return c->kept[fd] ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static int on_socket_closed(void *ctx, curl_socket_t fd)
{
    struct curl_loop *c = ctx;
    struct watch *w = kept_watch(c, fd);
    if (w) {
        c->kept[fd] = NULL;
        watch_close(w);
    }
    return close(fd);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    (void)easy;
    struct curl_loop *c = ctx;
    struct watch *kept = kept_watch(c, fd);
    struct watch *w = kept ? kept : assigned;
    if (what == CURL_POLL_REMOVE) {
        if (kept && kept->is_connected) {
            kept->wanted = 0;
        } else if (w) {
            if (kept)
                c->kept[fd] = NULL;
            watch_close(w);
        }
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!w) {
        w = watch_new(c, fd);
        curl_multi_assign(c->multi, fd, w);
    }
    if (!w)
        return -1; /* libcurl fails the transfer */
    int events = 0;
    if (what != CURL_POLL_OUT)
        events |= UV_READABLE;
    if (what != CURL_POLL_IN)
        events |= UV_WRITABLE;
    w->is_connected = w->is_connected || what != CURL_POLL_OUT;
    return watch_want(w, events);
}

struct curl_loop *curl_loop_new(struct uv_loop_s *loop)
{
    signal(SIGPIPE, SIG_IGN);
    CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(rc == CURLE_OK);
    (void)rc;
    struct curl_loop *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->multi = curl_multi_init();
    if (!c->multi)
        abort();
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->handles = 1;
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
    return c;
}

void curl_loop_keep(struct curl_loop *c, int connections)
{
    assert(c->transfers == 0);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)connections);
    c->keeps = true;
}

struct uv_loop_s *curl_loop_uv(const struct curl_loop *c)
{
    return c->loop;
}

int curl_loop_add(struct curl_loop *c, struct curl_transfer *t)
{
    assert(!c->stopped && t->easy && t->done);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    if (c->keeps) {
        curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_socket_opened);
        curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, c);
        curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_socket_closed);
        curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, c);
    }
    if (curl_multi_add_handle(c->multi, t->easy) != CURLM_OK)
        return ERR_IO;
    c->transfers++;
    return 0;
}

void curl_loop_remove(struct curl_loop *c, struct curl_transfer *t)
{
    assert(c->transfers > 0);
    CURLMcode rc = curl_multi_remove_handle(c->multi, t->easy);
    assert(rc == CURLM_OK);
    (void)rc;
    c->transfers--;
}

int curl_loop_count(const struct curl_loop *c)
{
    return c->transfers;
}

void curl_loop_stop(struct curl_loop *c, curl_loop_stopped_cb stopped, void *ctx)
{
    assert(c->transfers == 0 && !c->stopped && stopped);
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    curl_multi_cleanup(c->multi); /* closes idle connections: their watches go through on_curl_socket */
    c->multi = NULL;
    uv_timer_stop(&c->timer);
    uv_close((uv_handle_t *)&c->timer, on_timer_closed);
}
