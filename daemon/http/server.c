/* The server: its configuration, its end, its numbers; the contract is in http/server.h. */
#include "http/conn.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct http_limits http_limits_default(void)
{
    return (struct http_limits){
#define LIMIT_DEFAULT(name, value, text) .name = (value),
        HTTP_LIMIT_MAP(LIMIT_DEFAULT)
#undef LIMIT_DEFAULT
    };
}

/* The allowed names in lower case, for comparing with checked Host values. */
static char **copy_hosts(const char *const *hosts)
{
    size_t n = 0;
    while (hosts && hosts[n])
        n++;
    char **copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++) {
        copy[i] = xstrdup(hosts[i]);
        for (char *p = copy[i]; *p; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p + 32);
    }
    return copy;
}

static bool is_host(const char *allowed, const char *name, size_t len)
{
    return strlen(allowed) == len && strncmp(allowed, name, len) == 0;
}

bool server_host_is_allowed(const struct http_server *server, const char *host)
{
    if (!server->allowed_hosts[0] || !host) /* browsers, which rebinding needs, always send Host */
        return true;
    const char *end = strrchr(host, ':');
    size_t name_len = end && !strchr(end, ']') ? (size_t)(end - host) : strlen(host);
    /* A URL has brackets around an IPv6 address (RFC 3986, 3.2.2), the configuration need not. */
    bool is_bracketed = name_len > 2 && host[0] == '[' && host[name_len - 1] == ']';
    for (char **allowed = server->allowed_hosts; *allowed; allowed++)
        if (strcmp(*allowed, host) == 0 || is_host(*allowed, host, name_len) ||
            (is_bracketed && is_host(*allowed, host + 1, name_len - 2)))
            return true;
    return false;
}

/* libuv writes without MSG_NOSIGNAL: a client that hangs up must not end the daemon. */
static void ignore_sigpipe(void)
{
    struct sigaction old;
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

int http_server_new(const struct http_server_config *config, struct http_server **out, struct err *err)
{
    int fd = spool_open(config->spool_dir);
    if (fd < 0)
        return err_set(err, ERR_CONFIG, "cannot keep request bodies in %s: %s", config->spool_dir, strerror(-fd));
    close(fd);
    struct http_server *server = xcalloc(1, sizeof *server);
    server->loop = config->loop;
    server->clock = config->clock ? config->clock : clock_system();
    server->limits = config->limits;
    server->spool_dir = xstrdup(config->spool_dir);
    server->allowed_hosts = copy_hosts(config->allowed_hosts);
    server->ctx = config->ctx;
    server->max_body = config->max_body;
    server->on_request = config->on_request;
    server->date_s = -1;
    ignore_sigpipe();
    *out = server;
    return 0;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    assert(server->handles_open == 0 && !server->conns);
    while (server->listeners) {
        struct listener *l = server->listeners;
        server->listeners = l->next;
        free(l->path);
        free(l);
    }
    for (char **host = server->allowed_hosts; *host; host++)
        free(*host);
    free(server->allowed_hosts);
    free(server->spool_dir);
    free(server);
}

/* --- stopping ---------------------------------------------------------------------------------------------------- */

static void on_deadline_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    server->handles_open--;
    server_check_stopped(server);
}

/* Connections first, then listeners and the deadline's timer, then the word to the caller. */
void server_check_stopped(struct http_server *server)
{
    if (!server->is_stopping || server->conns)
        return;
    uv_handle_t *deadline = (uv_handle_t *)&server->deadline;
    if (!uv_is_closing(deadline)) {
        uv_close(deadline, on_deadline_closed);
    } else if (server->handles_open == 0 && server->stopped) {
        http_stopped_cb stopped = server->stopped;
        server->stopped = NULL;
        stopped(server->stopped_ctx); /* may free the server */
    }
}

static void on_deadline(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    for (struct conn *c = server->conns; c; c = c->next)
        conn_close(c);
}

void http_server_stop(struct http_server *server, int64_t deadline_ms, http_stopped_cb stopped, void *ctx)
{
    assert(!server->is_stopping && deadline_ms >= 0);
    server->is_stopping = true;
    server->stopped = stopped;
    server->stopped_ctx = ctx;
    for (struct listener *l = server->listeners; l; l = l->next)
        if (!uv_is_closing(&l->u.handle))
            listener_close(l);
    for (struct conn *c = server->conns; c; c = c->next)
        conn_wind_down(c);
    uv_timer_init(server->loop, &server->deadline);
    server->deadline.data = server;
    server->handles_open++;
    uv_timer_start(&server->deadline, on_deadline, (uint64_t)deadline_ms, 0);
    server_check_stopped(server);
}

struct http_stats http_server_stats(const struct http_server *server)
{
    return server->stats;
}
