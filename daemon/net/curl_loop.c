/*
 * libcurl under libuv; the contract is in net/curl_loop.h.
 *
 * libcurl tells us through on_curl_socket which sockets it wants to hear of, and through on_curl_timer when it wants to
 * be called at the latest. Neither callback may call libcurl, so they only arm handles. The handles call
 * curl_multi_socket_action, and after it returned drain() hands the finished transfers up.
 *
 * A watch outlives libcurl's interest by one turn of the loop (uv_close), but its poll is stopped at once: libcurl
 * closes the descriptor right after, and the next connection may get the same number.
 */
#include "net/curl_loop.h"

#include <assert.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/mem.h"

struct curl_loop {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    int transfers; /* added and not removed */
    int handles;   /* uv handles not yet closed: the timer and the watches */
    curl_loop_stopped_cb stopped;
    void *stopped_ctx;
};

struct watch {
    uv_poll_t poll;
    struct curl_loop *owner;
    curl_socket_t fd;
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

/* An error (libuv then stops watching) is for libcurl to read from the socket. Told CURL_CSELECT_ERR, it fails the
 * transfer as one of sending, without its second try where a kept connection was closed meanwhile. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
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
    curl_multi_assign(c->multi, fd, w);
    return w;
}

static void watch_close(struct watch *w)
{
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *assigned)
{
    (void)easy;
    struct curl_loop *c = ctx;
    struct watch *w = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            watch_close(w);
        curl_multi_assign(c->multi, fd, NULL);
        return 0;
    }
    if (!w)
        w = watch_new(c, fd);
    if (!w)
        return -1; /* libcurl fails the transfer */
    int events = 0;
    if (what != CURL_POLL_OUT)
        events |= UV_READABLE;
    if (what != CURL_POLL_IN)
        events |= UV_WRITABLE;
    return uv_poll_start(&w->poll, events, on_poll);
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
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)connections);
}

struct uv_loop_s *curl_loop_uv(const struct curl_loop *c)
{
    return c->loop;
}

int curl_loop_add(struct curl_loop *c, struct curl_transfer *t)
{
    assert(!c->stopped && t->easy && t->done);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
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
