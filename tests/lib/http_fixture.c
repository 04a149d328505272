/* An HTTP server in a thread, and a client; the contract is in lib/http_fixture.h. */
#include "lib/http_fixture.h"

#include "base/err.h"
#include "base/mem.h"
#include "http/problem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

enum { KEPT_MAX = 64 };

struct job {
    void (*run)(struct fixture *f, void *arg);
    void *arg;
    bool is_done;
};

struct fixture {
    uv_loop_t loop;
    uv_async_t async;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *job; /* one at a time, the caller waits */
    struct http_server *server;
    char dir[80];
    char socket[96];
    int port;
    char seen[8192];
    int seen_count;
    struct http_request *kept[KEPT_MAX];
    int kept_count;
    struct http_request *asking; /* whose body waits for fixture_allow_body */
    bool is_stopping;
    bool has_stopped;
};

/* --- the handler -------------------------------------------------------------------------------------------------- */

static void answer_text(struct http_request *req, const char *text)
{
    http_respond(req, 200, "text/plain", text, strlen(text), NULL);
}

static void echo(struct http_request *req)
{
    char *file = NULL;
    const void *body = req->body;
    if (req->body_fd >= 0) {
        file = xmalloc((size_t)req->body_len + 1);
        assert(pread(req->body_fd, file, (size_t)req->body_len, 0) == req->body_len);
        body = file;
    }
    const struct http_pair extra[] = {{"X-Spooled", file ? "yes" : "no"}, {NULL, NULL}};
    http_respond(req, 200, "application/octet-stream", body, (size_t)req->body_len, extra);
    free(file);
}

struct stream {
    long left;
    size_t size;
};

static void stream_on(struct http_request *req, void *ctx)
{
    struct stream *s = ctx;
    char *chunk = xcalloc(1, s->size + 1);
    memset(chunk, 'x', s->size);
    while (s->left > 0 && !http_request_is_gone(req)) {
        s->left--;
        if (http_respond_chunk(req, chunk, s->size) > 65536)
            break;
    }
    free(chunk);
    if (s->left == 0 || http_request_is_gone(req)) {
        free(s);
        http_respond_end(req);
    }
}

static long number(const struct http_request *req, const char *name)
{
    const char *text = http_query(req, name);
    return text ? strtol(text, NULL, 10) : 0;
}

static void start_stream(struct http_request *req)
{
    struct stream *s = xmalloc(sizeof *s);
    *s = (struct stream){.left = number(req, "n"), .size = (size_t)number(req, "size")};
    http_respond_start(req, 200, "text/plain", NULL, stream_on, s);
    if (http_query(req, "abort")) {
        http_respond_chunk(req, "half", 4);
        free(s);
        http_respond_abort(req);
        return;
    }
    stream_on(req, s);
}

static void answer_size(struct http_request *req)
{
    size_t n = (size_t)number(req, "n");
    char *text = xmalloc(n + 1);
    memset(text, 'y', n);
    http_respond(req, 200, "text/plain", text, n, NULL);
    free(text);
}

static void answer_other(struct http_request *req)
{
    char text[1024];
    struct err err;
    if (strcmp(req->path, "/fail") == 0) {
        int code = err_set(&err, ERR_STORE, "no table in /var/lib/x.db");
        problem_respond(req, code, &err);
        return;
    }
    if (strcmp(req->path, "/cookie") == 0) {
        answer_text(req, http_cookie(req, "sid", text, 8) ? text : "none");
        return;
    }
    const struct http_pair bad[] = {{"X-Bad", "a\r\nSet-Cookie: b"}, {NULL, NULL}};
    if (strcmp(req->path, "/header") == 0) {
        http_respond(req, 200, "text/plain", "x", 1, bad);
        return;
    }
    if (strcmp(req->path, "/who") == 0)
        snprintf(text, sizeof text, "unix=%d uid=%ld remote=%s host=%s", req->is_unix,
                 req->is_unix ? (long)req->peer_uid : -1L, req->remote, req->host);
    else
        snprintf(text, sizeof text, "%s %s?%s", http_method_name(req->method), req->path, req->query);
    answer_text(req, text);
}

static void on_request(void *ctx, struct http_request *req)
{
    struct fixture *f = ctx;
    pthread_mutex_lock(&f->lock);
    size_t used = strlen(f->seen);
    snprintf(f->seen + used, sizeof f->seen - used, "%s%s", used ? " " : "", req->path);
    f->seen_count++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    if (strncmp(req->path, "/later", 6) == 0) {
        assert(f->kept_count < KEPT_MAX);
        f->kept[f->kept_count++] = req;
    } else if (strcmp(req->path, "/hello") == 0) {
        http_respond(req, 200, "application/json", "{\"ok\":true}", 11, NULL);
    } else if (strcmp(req->path, "/echo") == 0) {
        echo(req);
    } else if (strcmp(req->path, "/stream") == 0) {
        start_stream(req);
    } else if (strcmp(req->path, "/size") == 0) {
        answer_size(req);
    } else {
        answer_other(req);
    }
}

static int64_t max_body(void *ctx, struct http_request *req)
{
    struct fixture *f = ctx;
    if (strcmp(req->path, "/skip") == 0)
        return HTTP_BODY_SKIP;
    if (strncmp(req->path, "/ask", 4) == 0) {
        pthread_mutex_lock(&f->lock);
        assert(!f->asking);
        f->asking = req;
        pthread_cond_broadcast(&f->changed);
        pthread_mutex_unlock(&f->lock);
        return HTTP_BODY_ASK;
    }
    return strcmp(req->path, "/echo") == 0 ? 4 << 20 : 1000;
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void on_async(uv_async_t *async)
{
    struct fixture *f = async->data;
    pthread_mutex_lock(&f->lock);
    struct job *job = f->job;
    f->job = NULL;
    pthread_mutex_unlock(&f->lock);
    if (!job)
        return;
    job->run(f, job->arg);
    pthread_mutex_lock(&f->lock);
    job->is_done = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* Run something on the loop's thread and wait for it. */
static void on_loop(struct fixture *f, void (*run)(struct fixture *, void *), void *arg)
{
    struct job job = {.run = run, .arg = arg};
    pthread_mutex_lock(&f->lock);
    f->job = &job;
    uv_async_send(&f->async);
    while (!job.is_done)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void *run_thread(void *arg)
{
    struct fixture *f = arg;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    return NULL;
}

struct fixture *fixture_start(const struct http_limits *limits, const char *const *hosts)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct err err = {0};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    const char *tmp = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/http-XXXXXX", tmp ? tmp : "/tmp");
    assert(mkdtemp(f->dir));
    snprintf(f->socket, sizeof f->socket, "%s/api.sock", f->dir);
    uv_loop_init(&f->loop);
    uv_async_init(&f->loop, &f->async, on_async);
    f->async.data = f;
    struct http_server_config config = {
        .loop = &f->loop,
        .limits = limits ? *limits : http_limits_default(),
        .spool_dir = f->dir,
        .allowed_hosts = hosts,
        .ctx = f,
        .max_body = max_body,
        .on_request = on_request,
    };
    int rc = http_server_new(&config, &f->server, &err);
    assert(rc == 0);
    rc = http_server_listen_unix(f->server, f->socket, &err);
    assert(rc == 0);
    rc = http_server_listen_tcp(f->server, "127.0.0.1:0", &f->port, &err);
    assert(rc == 0);
    rc = pthread_create(&f->thread, NULL, run_thread, f);
    assert(rc == 0);
    return f;
}

static void on_stopped(void *ctx)
{
    struct fixture *f = ctx;
    http_server_free(f->server);
    f->server = NULL;
    pthread_mutex_lock(&f->lock);
    f->has_stopped = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void stop_job(struct fixture *f, void *arg)
{
    if (!f->is_stopping)
        http_server_stop(f->server, *(int *)arg, on_stopped, f);
    f->is_stopping = true;
}

void fixture_begin_stop(struct fixture *f, int deadline_ms)
{
    on_loop(f, stop_job, &deadline_ms);
}

static void allow_job(struct fixture *f, void *arg)
{
    struct http_request *req = f->asking;
    f->asking = NULL;
    http_body_answer(req, *(int64_t *)arg);
}

bool fixture_allow_body(struct fixture *f, int64_t max)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60; /* a guard against hanging */
    int rc = 0;
    pthread_mutex_lock(&f->lock);
    while (rc == 0 && !f->asking)
        rc = pthread_cond_timedwait(&f->changed, &f->lock, &until);
    pthread_mutex_unlock(&f->lock);
    if (rc == 0)
        on_loop(f, allow_job, &max);
    return rc == 0;
}

static void finish_job(struct fixture *f, void *arg)
{
    (void)arg;
    int64_t skip = HTTP_BODY_SKIP;
    if (f->asking)
        allow_job(f, &skip);
    for (int i = 0; i < f->kept_count; i++) /* the server is gone: answering must be harmless */
        answer_text(f->kept[i], "too late");
    uv_close((uv_handle_t *)&f->async, NULL);
}

void fixture_stop(struct fixture *f, int deadline_ms)
{
    fixture_begin_stop(f, deadline_ms);
    pthread_mutex_lock(&f->lock);
    while (!f->has_stopped)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
    on_loop(f, finish_job, NULL);
    pthread_join(f->thread, NULL);
    int rc = uv_loop_close(&f->loop);
    assert(rc == 0); /* no handle was forgotten */
    rc = rmdir(f->dir);
    assert(rc == 0); /* nor a socket or a spool file */
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

bool fixture_has_stopped(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    bool stopped = f->has_stopped;
    pthread_mutex_unlock(&f->lock);
    return stopped;
}

const char *fixture_socket(const struct fixture *f)
{
    return f->socket;
}

int fixture_port(const struct fixture *f)
{
    return f->port;
}

const char *fixture_seen(struct fixture *f)
{
    static char copy[sizeof f->seen];
    pthread_mutex_lock(&f->lock);
    memcpy(copy, f->seen, sizeof copy);
    pthread_mutex_unlock(&f->lock);
    return copy;
}

bool fixture_wait_seen(struct fixture *f, int n)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60; /* a guard against hanging */
    pthread_mutex_lock(&f->lock);
    int rc = 0;
    while (f->seen_count < n && rc == 0)
        rc = pthread_cond_timedwait(&f->changed, &f->lock, &until);
    bool reached = f->seen_count >= n;
    pthread_mutex_unlock(&f->lock);
    return reached;
}

static void answer_job(struct fixture *f, void *arg)
{
    bool *found = arg;
    *found = f->kept_count > 0;
    if (!*found)
        return;
    struct http_request *req = f->kept[0];
    memmove(f->kept, f->kept + 1, (size_t)--f->kept_count * sizeof f->kept[0]);
    answer_text(req, req->path);
}

bool fixture_answer(struct fixture *f)
{
    bool found = false;
    on_loop(f, answer_job, &found);
    return found;
}

static void gone_job(struct fixture *f, void *arg)
{
    *(bool *)arg = f->kept_count > 0 && http_request_is_gone(f->kept[0]);
}

bool fixture_kept_is_gone(struct fixture *f)
{
    bool gone = false;
    on_loop(f, gone_job, &gone);
    return gone;
}

static void stats_job(struct fixture *f, void *arg)
{
    *(struct http_stats *)arg = http_server_stats(f->server);
}

struct http_stats fixture_stats(struct fixture *f)
{
    struct http_stats stats;
    on_loop(f, stats_job, &stats);
    return stats;
}
