/*
 * One HTTP client of the daemon's API (see cli/client.h), by libcurl's easy interface.
 *
 * What a failure means is told from where it came: before the connection stood, nothing was asked and code 69 is
 * honest; afterwards nobody can say whether it was done, and the words say so.
 */
#include "cli/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/err.h"
#include "base/mem.h"

struct client {
    CURL *curl;
    char *base;  /* "http://localhost" or the URL, without a slash at its end */
    char *where; /* the socket's path or the URL, for words */
    bool is_unix;
    struct curl_slist *headers; /* of every request */
    char error[CURL_ERROR_SIZE];
};

/* --- the token -----------------------------------------------------------------------------------------------------
 */

static int read_token(const char *path, char out[CLIENT_TOKEN_MAX_BYTES], struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open the token's file %s: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0007)) {
        close(fd);
        return err_set(err, ERR_IO, "others may read the token's file %s: make it private (chmod 600 %s)", path, path);
    }
    ssize_t n = read(fd, out, CLIENT_TOKEN_MAX_BYTES - 1);
    close(fd);
    if (n < 0)
        return err_set(err, ERR_IO, "cannot read the token's file %s: %s", path, strerror(errno));
    out[n] = '\0';
    out[strcspn(out, "\r\n \t")] = '\0';
    if (!out[0])
        return err_set(err, ERR_IO, "the token's file %s is empty: make one with 'grannbud token add'", path);
    for (const char *p = out; *p; p++)
        if (*p < 0x21 || *p > 0x7e)
            return err_set(err, ERR_IO, "the token's file %s holds something else than a token", path);
    return 0;
}

/* May a secret go there? Over TLS, or without when it stays on this machine. */
static bool is_private(const char *url)
{
    static const char *const OWN[] = {"http://localhost", "http://127.0.0.1", "http://[::1]"};
    if (strncmp(url, "https://", 8) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(OWN); i++) {
        size_t n = strlen(OWN[i]);
        if (strncmp(url, OWN[i], n) == 0 && (url[n] == '\0' || url[n] == ':' || url[n] == '/'))
            return true;
    }
    return false;
}

static void add_header(struct client *c, const char *name, const char *value)
{
    char *line = xasprintf("%s: %s", name, value);
    struct curl_slist *list = curl_slist_append(c->headers, line);
    free(line);
    if (!list)
        abort();
    c->headers = list;
}

static int use_token(struct client *c, const struct client_options *options, struct err *err)
{
    char token[CLIENT_TOKEN_MAX_BYTES];
    char bearer[CLIENT_TOKEN_MAX_BYTES + 8];
    int rc = read_token(options->token_file, token, err);
    if (rc)
        return rc;
    snprintf(bearer, sizeof bearer, "Bearer %s", token);
    add_header(c, "Authorization", bearer);
    return 0;
}

static int check_url(const char *url, struct err *err)
{
    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return err_set(err, ERR_USAGE, "--url %s: write https://HOST or http://127.0.0.1:PORT", url);
    if (strpbrk(url, "?#@ "))
        return err_set(err, ERR_USAGE, "--url %s: give scheme, host and port alone", url);
    if (!is_private(url))
        return err_set(err, ERR_USAGE, "--url %s would send the token in clear: write https://", url);
    return 0;
}

/* --- life cycle ----------------------------------------------------------------------------------------------------
 */

static char *without_slash(const char *url)
{
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    return xstrndup(url, n);
}

/* What holds for every request; a failure here is a wrong call of ours, or no memory. */
static void set_up(struct client *c, const struct client_options *options)
{
    CURLcode rc = curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    if (!rc && c->is_unix)
        rc = curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, options->socket);
    if (!rc && c->is_unix)
        rc = curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, (long)CLIENT_CONNECT_TIMEOUT_S);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_TIME, (long)CLIENT_SILENCE_S);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "grannbud/" GRANNBUD_VERSION);
    if (rc)
        abort();
}

int client_new(const struct client_options *options, struct client **out, struct err *err)
{
    int rc = 0;
    if (options->url && (rc = check_url(options->url, err)))
        return rc;
    if (options->as && strpbrk(options->as, "\r\n"))
        return err_set(err, ERR_USAGE, "--as: a user's name is one word");
    if (options->key && strpbrk(options->key, "\r\n"))
        return err_set(err, ERR_USAGE, "--idempotency-key: a key is one word");
    struct client *c = xcalloc(1, sizeof *c);
    c->curl = curl_easy_init();
    if (!c->curl)
        abort();
    c->is_unix = !options->url;
    c->base = c->is_unix ? xstrdup("http://localhost") : without_slash(options->url);
    c->where = xstrdup(c->is_unix ? options->socket : options->url);
    set_up(c, options);
    add_header(c, "Accept", "application/json");
    add_header(c, "Expect", "");
    if (options->as)
        add_header(c, "X-Grannbud-As", options->as);
    if (options->key)
        add_header(c, "Idempotency-Key", options->key);
    if (options->url && options->token_file)
        rc = use_token(c, options, err);
    if (rc) {
        client_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void client_free(struct client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    curl_slist_free_all(c->headers);
    free(c->base);
    free(c->where);
    free(c);
}

void client_answer_fini(struct client_answer *answer)
{
    buf_fini(&answer->body);
}

/* --- one request ---------------------------------------------------------------------------------------------------
 */

static size_t on_body(char *data, size_t size, size_t n, void *ctx)
{
    struct client_answer *answer = ctx;
    return buf_add(&answer->body, data, size * n) ? 0 : size * n;
}

static int unreachable(const struct client *c, const char *why, struct err *err)
{
    if (!c->is_unix)
        return err_set(err, ERR_BUSY, "nobody answers at %s: %s: look at the address, and at the daemon there",
                       c->where, why);
    return err_set(
        err, ERR_BUSY,
        "no daemon answers at %s: %s: start it (systemctl start grannbudd), or name its socket with --socket "
        "or GRANNBUD_SOCKET",
        c->where, why);
}

static int failure(const struct client *c, CURLcode code, const struct client_answer *answer, struct err *err)
{
    long os_errno = 0;
    curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &os_errno);
    const char *why = c->error[0] ? c->error : curl_easy_strerror(code);
    if (code == CURLE_COULDNT_CONNECT && os_errno == EACCES)
        return err_set(err, ERR_BUSY,
                       "you may not open %s: be root, or a member of the group that the socket belongs to (ls -l %s)",
                       c->where, c->where);
    if (code == CURLE_COULDNT_CONNECT)
        return unreachable(c, os_errno ? strerror((int)os_errno) : why, err);
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR)
        return unreachable(c, why, err);
    if (code == CURLE_WRITE_ERROR && !buf_ok(&answer->body))
        return err_set(err, ERR_TOO_LARGE, "the daemon's answer is larger than %d bytes: ask for less",
                       CLIENT_ANSWER_BYTES);
    return err_set(err, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO,
                   "the connection to %s broke (%s): look whether it was done before you repeat it", c->where, why);
}

static CURLcode set_body(struct client *c, const char *method, const void *body, size_t n)
{
    CURLcode rc = curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
    if (!rc && (body || strcmp(method, "GET") != 0)) {
        rc = curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
        if (!rc)
            rc = curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body ? body : "");
    }
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    return rc;
}

static CURLcode set_request(struct client *c, const char *url, struct curl_slist *headers, struct client_answer *answer)
{
    CURLcode rc = curl_easy_setopt(c->curl, CURLOPT_URL, url);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
    if (!rc)
        rc = curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, answer);
    return rc;
}

int client_call(struct client *c, const char *method, const char *path, const char *type, const void *body, size_t n,
                struct client_answer *out, struct err *err)
{
    long status = 0;
    int result = 0;
    char *url = xasprintf("%s%s", c->base, path);
    char *line = xasprintf("Content-Type:%s%s", body ? " " : "", body ? type : "");
    struct curl_slist type_header = {line, c->headers};
    buf_init(&out->body, CLIENT_ANSWER_BYTES);
    c->error[0] = '\0';
    CURLcode rc = set_body(c, method, body, n);
    if (!rc)
        rc = set_request(c, url, &type_header, out);
    if (!rc)
        rc = curl_easy_perform(c->curl);
    if (!rc)
        rc = curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    if (rc) {
        result = failure(c, rc, out, err);
        buf_fini(&out->body);
    } else {
        out->status = (int)status;
    }
    free(url);
    free(line);
    return result;
}
