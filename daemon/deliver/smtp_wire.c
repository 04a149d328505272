/*
 * libcurl connects, we talk; the contract is in deliver/smtp_wire.h. Everything that depends on how libcurl behaves
 * with CURLOPT_CONNECT_ONLY on smtp:// is in this file, and tests/system/test_smtp_session.py pins it to the release.
 *
 * Why: libcurl's own SMTP transfers block the whole loop while they wait for the reply to the final dot, and close the
 * connection after each refused recipient. With CONNECT_ONLY it resolves, connects, negotiates TLS and logs in without
 * blocking, and then leaves a socket on which curl_easy_send and curl_easy_recv speak through its TLS.
 *
 * The rules that this needs (libcurl 7.88.1):
 *  1. The easy handle stays in the multi while the wire lives; removing it closes the connection, without blocking.
 *  2. curl_easy_send/recv are called outside libcurl's callbacks only (curl_loop.h promises that `done` is).
 *  3. libcurl has stopped its own poll of the socket when `done` comes; uv_poll_init refuses a second one, so a release
 *     that no longer does is seen as a failure to open.
 *  4. libcurl closes the descriptor: our poll is stopped before the handle is removed.
 *  5. It takes an AUTH that is not offered, and with CURLUSESSL_TRY a STARTTLS that is refused, as no reason to stop.
 *     So a password always means CURLUSESSL_ALL, and without a 235 seen the connection is refused.
 *  6. Bytes that follow the 220 of STARTTLS in clear are refused by libcurl (since 7.79.0; tested).
 */
#include "deliver/smtp_wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/err.h"
#include "base/mem.h"
#include "net/curl_loop.h"
#include "deliver/smtp_caps.h"
#include "deliver/smtp_policy.h"

enum { HELO_BYTES = 255, LOGIN_BYTES = 1000, URL_BYTES = 1000 };

struct smtp_wire {
    struct curl_loop *net;
    const struct smtp_wire_config *config;
    struct smtp_wire_events events;
    void *ctx;
    struct curl_transfer transfer;
    bool added; /* the transfer is in the multi */
    bool polls; /* poll is open; else timer alone */
    bool closed;
    bool writes;         /* polled for writable too */
    int handles;         /* uv handles not yet closed */
    uv_poll_t poll;      /* from on_open */
    uv_timer_t fail;     /* carries a failure of open() to the next turn */
    struct outcome *why; /* what it carries; NULL when none */
    struct smtp_greeter greeter;
    char words[CURL_ERROR_SIZE];
};

/* --- configuration ------------------------------------------------------------------------------------------------ */

/* "localhost" is never looked up: libcurl resolves it to the loopback addresses by itself (since 7.78.0). */
static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

static bool is_helo_name(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > HELO_BYTES)
        return false;
    for (; *s; s++) {
        if (!isalnum((unsigned char)*s) && !strchr(".-[]:", *s))
            return false;
    }
    return true;
}

static bool has_part(CURLU *u, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK && strcmp(text, "/") != 0;
    curl_free(text);
    return has;
}

static int check_login(const struct smtp_wire_config *config, const char *scheme, const char *host, struct err *err)
{
    if (!config->username)
        return 0;
    if (!config->password || config->username[0] == '\0' || config->password[0] == '\0')
        return err_set(err, ERR_CONFIG, "a login to %s needs both a username and a password", host);
    if (strlen(config->username) > LOGIN_BYTES || strlen(config->password) > LOGIN_BYTES)
        return err_set(err, ERR_CONFIG, "the username or password for %s is longer than %d bytes", host, LOGIN_BYTES);
    if (config->tls == SMTP_TLS_NONE && strcmp(scheme, "smtps") != 0 && !is_loopback(host))
        return err_set(err, ERR_CONFIG, "a password would go to %s in clear; set tls = required, or drop the username",
                       host);
    return 0;
}

static int check_url(const struct smtp_wire_config *config, CURLU *u, struct err *err)
{
    static const CURLUPart parts[] = {CURLUPART_USER,  CURLUPART_PASSWORD, CURLUPART_OPTIONS,
                                      CURLUPART_QUERY, CURLUPART_FRAGMENT, CURLUPART_PATH};
    if (strlen(config->url) > URL_BYTES || curl_url_set(u, CURLUPART_URL, config->url, 0) != CURLUE_OK)
        return err_set(err, ERR_CONFIG, "'%.200s' is not a URL; write smtp://host:port or smtps://host:port",
                       config->url);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (has_part(u, parts[i]))
            return err_set(err, ERR_CONFIG,
                           "the URL of a relay is smtp://host:port or smtps://host:port and no more; a login has keys "
                           "of its own");
    }
    return 0;
}

/* Check, and set the EHLO name as libcurl wants it: the path of the URL. */
static int prepare_url(const struct smtp_wire_config *config, CURLU *u, struct err *err)
{
    char *scheme = NULL;
    char *host = NULL;
    int rc = check_url(config, u, err);
    if (rc < 0)
        goto out;
    if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0)) {
        rc = err_set(err, ERR_CONFIG, "'%.200s' is neither smtp://host:port nor smtps://host:port", config->url);
        goto out;
    }
    if (!is_helo_name(config->helo)) {
        rc = err_set(err, ERR_CONFIG, "'%.200s' is not a host name to say in EHLO", config->helo);
        goto out;
    }
    char *path = xasprintf("/%s", config->helo);
    curl_url_set(u, CURLUPART_PATH, path, CURLU_URLENCODE);
    free(path);
    rc = check_login(config, scheme, host, err);
out:
    curl_free(scheme);
    curl_free(host);
    return rc;
}

int smtp_wire_check(const struct smtp_wire_config *config, struct err *err)
{
    CURLU *u = curl_url();
    if (!u)
        abort();
    int rc = prepare_url(config, u, err);
    curl_url_cleanup(u);
    return rc;
}

/* --- connecting --------------------------------------------------------------------------------------------------- */

static size_t on_line(char *line, size_t size, size_t n, void *ctx)
{
    struct smtp_wire *w = ctx;
    return smtp_greeter_line(&w->greeter, line, size * n) ? size * n : 0;
}

static void fail_later(struct smtp_wire *w, enum smtp_connect_failure failure, const char *words)
{
    w->why = xcalloc(1, sizeof *w->why);
    smtp_policy_connect(failure, NULL, words, w->why);
}

static void on_fail_timer(uv_timer_t *timer)
{
    struct smtp_wire *w = timer->data;
    w->events.on_fail(w->why, w->ctx);
}

static enum smtp_connect_failure classify(CURLcode rc)
{
    switch (rc) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return SMTP_CONNECT_TLS;
    case CURLE_LOGIN_DENIED:
    case CURLE_AUTH_ERROR:
        return SMTP_CONNECT_LOGIN;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
        return SMTP_CONNECT_REFUSED;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return SMTP_CONNECT_CONFIG;
    default:
        return SMTP_CONNECT_NETWORK;
    }
}

static void report(struct smtp_wire *w, enum smtp_connect_failure failure, const char *words)
{
    struct outcome why;
    const struct smtp_reply *refusal = w->greeter.refusal.code > 0 ? &w->greeter.refusal : NULL;
    smtp_policy_connect(failure, refusal, words, &why);
    w->events.on_fail(&why, w->ctx);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an error shows in the next send or recv */
    (void)events;
    struct smtp_wire *w = poll->data;
    w->events.on_io(w->ctx);
}

static int start_poll(struct smtp_wire *w)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(w->transfer.easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
        return UV_ENOTCONN;
    int rc = uv_poll_init_socket(curl_loop_uv(w->net), &w->poll, fd);
    if (rc < 0)
        return rc;
    w->poll.data = w;
    w->polls = true;
    w->handles++;
    return uv_poll_start(&w->poll, UV_READABLE, on_poll);
}

static bool is_smtps(const struct smtp_wire_config *config)
{
    return strncasecmp(config->url, "smtps:", 6) == 0;
}

static void on_connected(int result, void *ctx)
{
    struct smtp_wire *w = ctx;
    const struct smtp_wire_config *config = w->config;
    struct smtp_greeter *g = &w->greeter;
    g->caps.tls = g->caps.tls || is_smtps(config);
    bool needs_tls = config->tls == SMTP_TLS_REQUIRED || (config->username && config->tls != SMTP_TLS_NONE);
    if (g->problem)
        report(w, SMTP_CONNECT_NETWORK, g->problem);
    else if (result != CURLE_OK)
        report(w, classify((CURLcode)result), w->words[0] ? w->words : curl_easy_strerror((CURLcode)result));
    else if (needs_tls && !g->caps.tls)
        report(w, SMTP_CONNECT_TLS, "the server does not speak TLS");
    else if (config->username && !g->logged_in)
        report(w, SMTP_CONNECT_LOGIN, "the server offers no login that we can use (AUTH PLAIN or LOGIN)");
    else if (start_poll(w) < 0)
        report(w, SMTP_CONNECT_NETWORK, "the connection could not be watched");
    else
        w->events.on_open(&g->caps, w->ctx);
}

static long ssl_mode(const struct smtp_wire_config *config)
{
    if (config->tls == SMTP_TLS_NONE)
        return CURLUSESSL_NONE;
    return config->tls == SMTP_TLS_REQUIRED || config->username ? CURLUSESSL_ALL : CURLUSESSL_TRY;
}

static void set_options(struct smtp_wire *w, CURL *e, const char *url)
{
    const struct smtp_wire_config *config = w->config;
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* closing never waits for a resolver that hangs */
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)config->connect_ms);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, w->words);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_line);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, w);
    curl_easy_setopt(e, CURLOPT_USE_SSL, ssl_mode(config));
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    if (config->ca_file) {
        curl_easy_setopt(e, CURLOPT_CAINFO, config->ca_file);
        curl_easy_setopt(e, CURLOPT_CAPATH, NULL); /* else Debian's list would count too */
    }
    if (config->username) {
        curl_easy_setopt(e, CURLOPT_USERNAME, config->username);
        curl_easy_setopt(e, CURLOPT_PASSWORD, config->password);
        /* Else libcurl tries Kerberos for a username with '@' where the server offers it. */
        curl_easy_setopt(e, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    }
}

static void connect_now(struct smtp_wire *w)
{
    struct err err = {.text = ""};
    char *url = NULL;
    CURLU *u = curl_url();
    if (!u)
        abort();
    if (prepare_url(w->config, u, &err) < 0 || curl_url_get(u, CURLUPART_URL, &url, 0) != CURLUE_OK) {
        fail_later(w, SMTP_CONNECT_CONFIG, err_or(&err, ERR_CONFIG));
        goto out;
    }
    w->transfer = (struct curl_transfer){.easy = curl_easy_init(), .done = on_connected, .ctx = w};
    if (!w->transfer.easy)
        abort();
    set_options(w, w->transfer.easy, url);
    w->added = curl_loop_add(w->net, &w->transfer) == 0;
    if (!w->added)
        fail_later(w, SMTP_CONNECT_NETWORK, "libcurl did not begin to connect");
out:
    curl_free(url);
    curl_url_cleanup(u);
}

/* --- the operations ----------------------------------------------------------------------------------------------- */

static struct smtp_wire *wire_open(void *net, const struct smtp_wire_config *config,
                                   const struct smtp_wire_events *events, void *ctx)
{
    assert(config->connect_ms > 0);
    struct smtp_wire *w = xcalloc(1, sizeof *w);
    w->net = net;
    w->config = config;
    w->events = *events;
    w->ctx = ctx;
    smtp_greeter_init(&w->greeter);
    uv_timer_init(curl_loop_uv(w->net), &w->fail);
    w->fail.data = w;
    w->handles = 1;
    connect_now(w);
    if (w->why)
        uv_timer_start(&w->fail, on_fail_timer, 0, 0);
    return w;
}

static long wire_send(struct smtp_wire *w, const char *data, size_t n)
{
    size_t done = 0;
    CURLcode rc = curl_easy_send(w->transfer.easy, data, n, &done);
    if (rc == CURLE_OK)
        return done > 0 ? (long)done : UV_EAGAIN;
    return rc == CURLE_AGAIN ? UV_EAGAIN : UV_ECONNRESET;
}

static long wire_recv(struct smtp_wire *w, char *data, size_t n)
{
    size_t done = 0;
    CURLcode rc = curl_easy_recv(w->transfer.easy, data, n, &done);
    if (rc == CURLE_OK)
        return (long)done;
    return rc == CURLE_AGAIN ? UV_EAGAIN : UV_ECONNRESET;
}

static void wire_want_write(struct smtp_wire *w, bool on)
{
    assert(w->polls && !w->closed);
    if (w->writes == on)
        return;
    w->writes = on;
    uv_poll_start(&w->poll, on ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_poll);
}

static void on_handle_closed(uv_handle_t *h)
{
    struct smtp_wire *w = h->data;
    if (--w->handles > 0)
        return;
    free(w->why);
    free(w);
}

static void wire_close(struct smtp_wire *w)
{
    assert(!w->closed);
    w->closed = true;
    if (w->polls) {
        uv_poll_stop(&w->poll);
        uv_close((uv_handle_t *)&w->poll, on_handle_closed);
    }
    if (w->added)
        curl_loop_remove(w->net, &w->transfer);
    curl_easy_cleanup(w->transfer.easy);
    uv_close((uv_handle_t *)&w->fail, on_handle_closed);
}

const struct smtp_wire_ops *smtp_wire_curl(void)
{
    static const struct smtp_wire_ops ops = {
        .open = wire_open,
        .send = wire_send,
        .recv = wire_recv,
        .want_write = wire_want_write,
        .close = wire_close,
    };
    return &ops;
}
