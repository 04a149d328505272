/*
 * Outbound HTTP over libcurl; the contract is in net/http_call.h.
 *
 * Two curl_loops, one per rule: libcurl's pool of connections lives in its multi handle, so what was opened for calls
 * that may reach private addresses is out of reach of those that may not, also after a reload.
 *
 * A call is kept for the next one with its easy handle, and with the handle's options when it went well and was a POST
 * without a login: the next one like it then only sets where to and what. All others reset the handle, which forgets
 * login, headers and whatever went wrong.
 *
 * No CURLOPT_PIPEWAIT: with it, calls to a host wait until its first connection is known to be HTTP/2 or not, which
 * without TLS is when its first answer comes: one call that hangs would hold up all others to that host.
 *
 * CURLOPT_QUICK_EXIT: without it, ending a call whose name is still being looked up waits for that thread, and the
 * whole loop with it.
 */
#include "net/http_call.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <sodium.h>
#include <uv.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/random.h"
#include "net/address_guard.h"
#include "net/curl_loop.h"
#include "net/http_answer.h"
#include "net/http_url.h"

enum { POOL_PUBLIC, POOL_PRIVATE, POOL_COUNT };
enum {
    SPARE_CALLS_MAX = 64,
    KNOWN_URLS = 8192,
    EXPECT_BYTES = 64 * 1024, /* from some size on libcurl asks first: from a megabyte, in 7.88 */
    CONNECTION_LIFE_S = 3600, /* then a name is looked up anew, however busy its connection is */
    CONNECTION_IDLE_S = 60,
};

struct http_client {
    struct curl_loop *pools[POOL_COUNT];
    struct http_call *spare[SPARE_CALLS_MAX];
    int spare_count;
    uint64_t known[KNOWN_URLS]; /* keyed hashes of URLs and rules that http_url_normalize leaves as they are */
    uint8_t known_key[crypto_shorthash_KEYBYTES];
    struct http_client_counts counts;
    int running; /* pools not stopped yet */
    http_stopped_cb stopped;
    void *stopped_ctx;
};

/* What a handle's options were made of, URL, body and headers apart. */
struct options {
    bool is_set; /* else the handle is as new */
    bool allow_http;
    int64_t connect_timeout_ms, timeout_ms;
    char *ca_file; /* NULL: the system's */
};

struct http_call {
    struct http_client *owner;
    struct curl_loop *pool;
    struct curl_transfer transfer;
    struct options options;
    struct curl_slist *headers; /* one block, texts and all */
    struct answer answer;
    http_done_cb done;
    void *ctx;
    bool is_guarded;
    bool is_plain;       /* its options are good for the next one */
    const char *refused; /* why an address was refused; NULL: none was */
    int64_t timeout_ms;
    size_t body_bytes; /* of the request */
    char curl_error[CURL_ERROR_SIZE];
};

const char *http_fault_word(enum http_fault fault)
{
    static const char *const words[] = {
#define FAULT_WORD(id, word, text) [HTTP_FAULT_##id] = (word),
        HTTP_FAULT_MAP(FAULT_WORD)
#undef FAULT_WORD
    };
    assert((size_t)fault < ARRAY_LEN(words));
    return words[fault];
}

static const char *fault_text(enum http_fault fault)
{
    static const char *const texts[] = {
#define FAULT_TEXT(id, word, text) [HTTP_FAULT_##id] = (text),
        HTTP_FAULT_MAP(FAULT_TEXT)
#undef FAULT_TEXT
    };
    return texts[fault];
}

/* --- libcurl's callbacks: none may call libcurl ------------------------------------------------------------------ */

static size_t on_head(char *line, size_t size, size_t n, void *ctx)
{
    struct http_call *call = ctx;
    return answer_head(&call->answer, line, size * n) ? size * n : 0;
}

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct http_call *call = ctx;
    return answer_body(&call->answer, data, size * n) ? size * n : 0;
}

/* After all names are resolved and before anything leaves: the place where an address is judged. */
static curl_socket_t on_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_call *call = ctx;
    (void)purpose;
    const char *what = call->is_guarded ? address_guard_judge(&address->addr, address->addrlen) : NULL;
    if (what) {
        call->refused = what;
        call->owner->counts.refused++;
        return CURL_SOCKET_BAD;
    }
    call->owner->counts.sockets++;
    return socket(address->family, address->socktype, address->protocol);
}

/* --- from libcurl's result to an answer ------------------------------------------------------------------------- */

/* libcurl calls a line of a head that is too long "out of memory": after the request left it is the other side's. */
static bool is_too_large(const struct http_call *call, CURLcode result, bool is_sent)
{
    return call->answer.is_too_large || (result == CURLE_OUT_OF_MEMORY && is_sent);
}

static enum http_fault fault_of(const struct http_call *call, CURLcode result, bool is_sent)
{
    if (call->answer.has_head)
        return HTTP_FAULT_NONE;
    if (is_too_large(call, result, is_sent))
        return HTTP_FAULT_PROTOCOL;
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return HTTP_FAULT_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return call->refused ? HTTP_FAULT_FORBIDDEN : HTTP_FAULT_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_FAULT_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_FAULT_TLS;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return HTTP_FAULT_CLOSED;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_FAILED_INIT:
        return HTTP_FAULT_LOCAL;
    default:
        return HTTP_FAULT_PROTOCOL;
    }
}

static const char *words_of(const struct http_call *call, const struct http_answer *a, CURLcode result)
{
    long number = 0;
    if (is_too_large(call, result, a->is_sent))
        return "its head is too large";
    if (a->fault == HTTP_FAULT_CONNECT)
        curl_easy_getinfo(call->transfer.easy, CURLINFO_OS_ERRNO, &number);
    if (number > 0)
        return uv_strerror(-(int)number);
    return call->curl_error[0] ? call->curl_error : curl_easy_strerror(result);
}

/* One line: libcurl's own words may have the server's in them. */
static void put_error(const struct http_call *call, const struct http_answer *a, CURLcode result, char *out,
                      size_t room)
{
    const char *words = words_of(call, a, result);
    if (a->fault == HTTP_FAULT_NONE && !a->is_cut)
        out[0] = '\0';
    else if (a->fault == HTTP_FAULT_NONE)
        snprintf(out, room, "the answer's body is not whole: %s", call->answer.dropped_bytes > 0 ? "too long" : words);
    else if (a->fault == HTTP_FAULT_FORBIDDEN)
        snprintf(out, room, "the host's address is not public (%s)", call->refused);
    else if (a->fault == HTTP_FAULT_TIMEOUT)
        snprintf(out, room, "%s (%.0f s)", fault_text(a->fault), (double)call->timeout_ms / 1000);
    else
        snprintf(out, room, "%s: %s", fault_text(a->fault), words);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
}

static void put_peer(CURL *easy, char *out, size_t room)
{
    const char *ip = NULL;
    long port = 0;
    out[0] = '\0';
    if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip) == CURLE_OK && ip && ip[0] &&
        curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port) == CURLE_OK)
        snprintf(out, room, "%s port %ld", ip, port);
}

static int version_of(CURL *easy)
{
    long version = CURL_HTTP_VERSION_NONE;
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    return version == CURL_HTTP_VERSION_1_0   ? 10
           : version == CURL_HTTP_VERSION_1_1 ? 11
           : version == CURL_HTTP_VERSION_2_0 ? 20
                                              : 0;
}

static bool is_sent(const struct http_call *call, CURL *easy)
{
    curl_off_t body_bytes = 0;
    long head_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &body_bytes);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &head_bytes);
    return head_bytes > 0 && (size_t)body_bytes >= call->body_bytes;
}

static void forget_options(struct http_call *call)
{
    if (call->options.is_set)
        curl_easy_reset(call->transfer.easy);
    free(call->options.ca_file);
    call->options = (struct options){.is_set = false};
}

static void free_call(struct http_call *call)
{
    forget_options(call);
    curl_easy_cleanup(call->transfer.easy);
    free(call->headers);
    answer_fini(&call->answer);
    free(call);
}

/* Off the multi; only free_call or spare_call may follow. */
static void end_call(struct http_call *call)
{
    curl_loop_remove(call->pool, &call->transfer);
    call->owner->counts.in_flight--;
}

/* Kept for another call, or not. */
static void spare_call(struct http_call *call)
{
    struct http_client *c = call->owner;
    if (c->spare_count == SPARE_CALLS_MAX) {
        free_call(call);
        return;
    }
    free(call->headers);
    call->headers = NULL;
    answer_fini(&call->answer);
    c->spare[c->spare_count++] = call;
}

static void on_done(int result, void *ctx)
{
    struct http_call *call = ctx;
    const struct answer *in = &call->answer;
    CURL *easy = call->transfer.easy;
    char error[HTTP_ERROR_BYTES];
    char peer[80];
    curl_off_t us = 0;
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
    put_peer(easy, peer, sizeof peer);
    bool has_left = is_sent(call, easy);
    struct http_answer a = {.fault = fault_of(call, (CURLcode)result, has_left),
                            .is_cut = result != CURLE_OK || in->dropped_bytes > 0,
                            .retry_after_s = -1,
                            .error = error,
                            .etag = in->etag,
                            .last_modified = in->last_modified,
                            .content_type = in->content_type,
                            .head = in->head.data,
                            .head_bytes = in->head.len,
                            .is_head_cut = in->is_head_cut,
                            .body = buf_str(&in->body),
                            .body_bytes = in->body.len,
                            .peer = peer,
                            .duration_ms = us / 1000,
                            .is_sent = has_left};
    if (a.fault == HTTP_FAULT_NONE) {
        a.status = in->status;
        a.version_tenth = version_of(easy);
        if (in->retry_after[0])
            a.retry_after_s = http_retry_after_s(in->retry_after, clock_real_us(clock_system()) / US_PER_S);
    }
    put_error(call, &a, (CURLcode)result, error, sizeof error);
    end_call(call);
    if (result != CURLE_OK || !call->is_plain)
        forget_options(call);
    call->done(&a, call->ctx);
    spare_call(call);
}

/* --- start ------------------------------------------------------------------------------------------------------- */

static bool is_clean(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static bool is_header(const struct http_header *h)
{
    return h->name[0] && !strpbrk(h->name, ": ;") && is_clean(h->name) && is_clean(h->value);
}

/* The list and its texts in one block, which libcurl only reads. */
static int put_headers(struct http_call *call, const struct http_request *r, struct err *err)
{
    static char no_expect[] = "Expect:"; /* no 100-continue: one round trip less, one fault less */
    size_t n = 0;
    size_t room = (r->header_count + 1) * sizeof(struct curl_slist);
    for (size_t i = 0; i < r->header_count; i++) {
        if (!is_header(&r->headers[i]))
            return err_set(err, ERR_INVALID, "header %zu has a character in it that no header may have", i + 1);
        room += strlen(r->headers[i].name) + strlen(r->headers[i].value) + sizeof ": ";
    }
    struct curl_slist *list = xmalloc(room);
    char *text = (char *)(list + r->header_count + 1);
    const char *end = (char *)list + room;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct http_header *h = &r->headers[i];
        const char *between = h->value[0] ? ": " : ";"; /* how libcurl is told of an empty one */
        list[n++].data = text;
        text += snprintf(text, (size_t)(end - text), "%s%s%s", h->name, between, h->value) + 1;
    }
    if (r->body && r->body_bytes > EXPECT_BYTES) /* libcurl looks through this list more than ten times a request */
        list[n++].data = no_expect;
    for (size_t i = 0; i < n; i++)
        list[i].next = i + 1 < n ? &list[i + 1] : NULL;
    if (n == 0) {
        free(list);
        list = NULL;
    }
    call->headers = list;
    return 0;
}

static void set_body(CURL *easy, const struct http_request *r)
{
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_bytes);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
}

static void set_method(CURL *easy, const struct http_request *r)
{
    if (r->body || strcmp(r->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        set_body(easy, r);
    } else if (strcmp(r->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0 && strcmp(r->method, "POST") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_policy(CURL *easy, const struct http_request *r)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, r->allow_http ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* nor what the environment says */
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)CONNECTION_LIFE_S);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Grannbud/" GRANNBUD_VERSION);
    if (r->ca_file && r->ca_file[0])
        curl_easy_setopt(easy, CURLOPT_CAINFO, r->ca_file);
    if (r->user) {
        curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(easy, CURLOPT_USERNAME, r->user);
        curl_easy_setopt(easy, CURLOPT_PASSWORD, r->password ? r->password : "");
    }
}

static void set_callbacks(CURL *easy, struct http_call *call)
{
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_error);
}

static bool is_plain(const struct http_request *r)
{
    return r->body && strcmp(r->method, "POST") == 0 && !r->user;
}

static bool is_same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool has_options(const struct options *o, const struct http_request *r)
{
    return o->is_set && o->allow_http == r->allow_http && o->connect_timeout_ms == r->connect_timeout_ms &&
           o->timeout_ms == r->timeout_ms && is_same_text(o->ca_file, r->ca_file);
}

static void set_options(struct http_call *call, const struct http_request *r)
{
    CURL *easy = call->transfer.easy;
    if (call->is_plain && has_options(&call->options, r)) {
        set_body(easy, r);
        return;
    }
    forget_options(call);
    call->options = (struct options){.is_set = true,
                                     .allow_http = r->allow_http,
                                     .connect_timeout_ms = r->connect_timeout_ms,
                                     .timeout_ms = r->timeout_ms,
                                     .ca_file = xstrdup_opt(r->ca_file)};
    set_method(easy, r);
    set_policy(easy, r);
    set_callbacks(easy, call);
}

static struct http_call *take_call(struct http_client *c)
{
    if (c->spare_count > 0)
        return c->spare[--c->spare_count];
    struct http_call *call = xcalloc(1, sizeof *call);
    call->owner = c;
    call->transfer = (struct curl_transfer){.easy = curl_easy_init(), .done = on_done, .ctx = call};
    if (!call->transfer.easy)
        abort();
    return call;
}

/* What identifies a URL under a rule; nobody who does not know the key can make two alike. */
static uint64_t hash_url(const struct http_client *c, const char *url, const struct http_url_rule *rule)
{
    uint8_t key[crypto_shorthash_KEYBYTES];
    uint64_t hash = 0;
    uint8_t bytes[crypto_shorthash_BYTES];
    memcpy(key, c->known_key, sizeof key);
    key[0] ^= (uint8_t)((rule->allow_http ? 1 : 0) | (rule->allow_private ? 2 : 0));
    crypto_shorthash(bytes, (const uint8_t *)url, strlen(url), key);
    memcpy(&hash, bytes, sizeof hash);
    return hash;
}

/* The URL in its one spelling in *out: `url` itself, or *made, which the caller frees. An endpoint is called again and
 * again, and looking at its URL costs a tenth of a call, so what was found good is remembered. */
static int normal_url(struct http_client *c, const char *url, const struct http_url_rule *rule, const char **out,
                      char **made, struct err *err)
{
    uint64_t hash = hash_url(c, url, rule);
    uint64_t *known = &c->known[hash % KNOWN_URLS];
    *out = url;
    if (*known == hash && hash != 0)
        return 0;
    int rc = http_url_normalize(url, rule, made, err);
    if (rc)
        return rc;
    if (strcmp(*made, url) == 0)
        *known = hash;
    *out = *made;
    return 0;
}

int http_call_start(struct http_client *c, const struct http_request *r, http_done_cb done, void *ctx,
                    struct http_call **out, struct err *err)
{
    const struct http_url_rule rule = {.allow_http = r->allow_http, .allow_private = r->allow_private};
    const char *url = NULL;
    char *made = NULL;
    assert(!c->stopped && done && r->max_body_bytes > 0 && r->timeout_ms > 0);
    int rc = normal_url(c, r->url, &rule, &url, &made, err);
    if (rc)
        return rc;
    struct http_call *call = take_call(c);
    call->pool = c->pools[r->allow_private ? POOL_PRIVATE : POOL_PUBLIC];
    call->done = done;
    call->ctx = ctx;
    call->is_guarded = !r->allow_private;
    call->is_plain = is_plain(r);
    call->refused = NULL;
    call->timeout_ms = r->timeout_ms;
    call->body_bytes = r->body ? r->body_bytes : 0;
    call->curl_error[0] = '\0';
    answer_init(&call->answer, r->max_body_bytes, r->max_head_bytes);
    rc = put_headers(call, r, err);
    if (rc == 0) {
        set_options(call, r);
        curl_easy_setopt(call->transfer.easy, CURLOPT_URL, url);
        curl_easy_setopt(call->transfer.easy, CURLOPT_HTTPHEADER, call->headers);
        rc = curl_loop_add(call->pool, &call->transfer);
    }
    free(made);
    if (rc) {
        free_call(call);
        return rc;
    }
    c->counts.in_flight++;
    *out = call;
    return 0;
}

void http_call_cancel(struct http_call *call)
{
    end_call(call);
    forget_options(call);
    spare_call(call);
}

/* --- life -------------------------------------------------------------------------------------------------------- */

struct http_client *http_client_new(struct uv_loop_s *loop)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    random_bytes(c->known_key, sizeof c->known_key);
    for (int i = 0; i < POOL_COUNT; i++) {
        c->pools[i] = curl_loop_new(loop);
        curl_loop_keep(c->pools[i], HTTP_IDLE_CONNECTIONS_MAX);
    }
    c->running = POOL_COUNT;
    return c;
}

struct http_client_counts http_client_counts(const struct http_client *c)
{
    return c->counts;
}

static void on_pool_stopped(void *ctx)
{
    struct http_client *c = ctx;
    if (--c->running > 0)
        return;
    http_stopped_cb stopped = c->stopped;
    void *stopped_ctx = c->stopped_ctx;
    free(c);
    stopped(stopped_ctx);
}

void http_client_stop(struct http_client *c, http_stopped_cb stopped, void *ctx)
{
    assert(c->counts.in_flight == 0 && !c->stopped && stopped);
    c->stopped = stopped;
    c->stopped_ctx = ctx;
    while (c->spare_count > 0)
        free_call(c->spare[--c->spare_count]);
    for (int i = 0; i < POOL_COUNT; i++)
        curl_loop_stop(c->pools[i], on_pool_stopped, c);
}
