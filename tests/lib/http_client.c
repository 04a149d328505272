/* The blocking client of lib/http_fixture.h: sockets in a test's own hands. */
#include "lib/http_fixture.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int with_timeouts(int fd)
{
    struct timeval long_enough = {.tv_sec = 60};
    assert(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &long_enough, sizeof long_enough) == 0);
    assert(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &long_enough, sizeof long_enough) == 0);
    return fd;
}

int client_unix(const struct fixture *f)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", fixture_socket(f));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0);
    return with_timeouts(fd);
}

int client_tcp(const struct fixture *f)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fixture_port(f))};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0);
    return with_timeouts(fd);
}

bool client_send_bytes(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

void client_send(int fd, const char *text)
{
    client_send_bytes(fd, text, strlen(text));
}

/* Up to and including `end`; false when the connection ends or the buffer is full first. */
static bool read_until(int fd, char *out, size_t size, const char *end)
{
    size_t n = 0;
    out[0] = '\0';
    while (n + 1 < size && recv(fd, out + n, 1, 0) == 1) {
        out[++n] = '\0';
        if (n >= strlen(end) && strcmp(out + n - strlen(end), end) == 0)
            return true;
    }
    return false;
}

static void read_exactly(int fd, struct reply *r, size_t n)
{
    r->body = xrealloc(r->body, r->len + n + 1);
    while (n > 0 && !r->is_cut) {
        ssize_t got = recv(fd, r->body + r->len, n, 0);
        r->is_cut = got <= 0;
        r->len += got > 0 ? (size_t)got : 0;
        n -= got > 0 ? (size_t)got : 0;
    }
    r->body[r->len] = '\0';
}

static void read_chunks(int fd, struct reply *r)
{
    char line[64];
    size_t n = 1;
    while (n > 0 && !r->is_cut) {
        r->is_cut = !read_until(fd, line, sizeof line, "\r\n");
        n = r->is_cut ? 0 : strtoul(line, NULL, 16);
        read_exactly(fd, r, n);
        r->is_cut = r->is_cut || !read_until(fd, line, sizeof line, "\r\n");
    }
}

static void read_to_end(int fd, struct reply *r)
{
    while (!r->is_cut)
        read_exactly(fd, r, 65536);
    r->is_cut = false;
}

struct reply client_read(int fd, bool is_head)
{
    struct reply r = {.body = xcalloc(1, 1)};
    if (!read_until(fd, r.head, sizeof r.head, "\r\n\r\n"))
        return r;
    r.status = (int)strtol(r.head + 9, NULL, 10);
    const char *length = reply_header(&r, "content-length");
    bool has_no_body = is_head || r.status == 204 || r.status == 304 || r.status < 200;
    if (has_no_body)
        return r;
    if (length[0])
        read_exactly(fd, &r, strtoul(length, NULL, 10));
    else if (strcmp(reply_header(&r, "transfer-encoding"), "chunked") == 0)
        read_chunks(fd, &r);
    else
        read_to_end(fd, &r);
    return r;
}

void reply_fini(struct reply *r)
{
    free(r->body);
    r->body = NULL;
}

const char *reply_header(const struct reply *r, const char *name)
{
    static char value[1024];
    value[0] = '\0';
    for (const char *line = strstr(r->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        size_t n = strlen(name);
        if (strncasecmp(at, name, n) != 0 || at[n] != ':')
            continue;
        at += n + 1 + strspn(at + n + 1, " ");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
        break;
    }
    return value;
}

const char *client_ask(int fd, const char *text, int *status)
{
    static char body[65536];
    client_send(fd, text);
    struct reply r = client_read(fd, strncmp(text, "HEAD ", 5) == 0);
    *status = r.status;
    snprintf(body, sizeof body, "%s", r.body);
    reply_fini(&r);
    return body;
}

bool client_is_closed(int fd)
{
    char buf[4096];
    struct timeval long_enough = {.tv_sec = 60};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &long_enough, sizeof long_enough);
    ssize_t n;
    while ((n = recv(fd, buf, sizeof buf, 0)) > 0)
        continue;
    return n == 0 || errno == ECONNRESET;
}
