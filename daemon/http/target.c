/*
 * The request target (RFC 9112, 3.2): origin-form, absolute-form and OPTIONS *.
 *
 * The path is decoded exactly once and must then be in normal form already: we refuse what would need rewriting
 * ("//", "." and ".." segments, encoded slashes, backslashes, control characters), since a proxy before us may have
 * decided on another reading of it.
 */
#include "http/head.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool host_check(char *host)
{
    char *p = host;
    if (*p == '[') { /* an IPv6 address */
        p += strspn(p + 1, "0123456789abcdefABCDEF:.") + 1;
        if (*p != ']')
            return false;
        p++;
    } else {
        for (; *p && *p != ':'; p++) {
            *p = lower(*p);
            if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '.' || *p == '_'))
                return false;
        }
    }
    if (*p == '\0')
        return true;
    if (*p != ':')
        return false;
    size_t digits = strspn(p + 1, "0123456789");
    return digits >= 1 && digits <= 5 && p[1 + digits] == '\0' && p != host;
}

/* Is one segment, already decoded, "." or ".."? */
static bool is_dots(const char *segment, size_t len)
{
    return (len == 1 && segment[0] == '.') || (len == 2 && segment[0] == '.' && segment[1] == '.');
}

static const char *path_fault(const char *path, size_t len)
{
    if (!text_is_utf8(path, len))
        return "the path is not UTF-8";
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f || path[i] == '\\')
            return "there is a control character or a backslash in the path";
    for (const char *segment = path + 1; segment <= path + len;) {
        size_t n = strcspn(segment, "/");
        if (is_dots(segment, n))
            return "there is a '.' or '..' segment in the path";
        if (n == 0 && segment[0] == '/')
            return "there is an empty segment in the path";
        segment += n + 1;
    }
    return NULL;
}

/* An encoded slash would become a separator by decoding: somebody wants two readings. */
static bool has_encoded_slash(const char *path)
{
    for (const char *p = strchr(path, '%'); p; p = strchr(p + 1, '%'))
        if (p[1] == '2' && (p[2] == 'f' || p[2] == 'F'))
            return true;
    return false;
}

static int path_check(char *path, const char **why)
{
    *why = "there is an encoded slash in the path";
    if (has_encoded_slash(path))
        return 400;
    *why = "a %XX in the path is broken";
    long len = http_percent_decode(path, strlen(path), path, false);
    if (len < 0)
        return 400;
    *why = path_fault(path, (size_t)len);
    return *why ? 400 : 0;
}

/* "http://host:port/path": the authority replaces Host (RFC 9112, 3.2.2). *path becomes the rest: "", "/..." or "?...".
 */
static int absolute_form(struct head *head, char *target, char **path, const char **why)
{
    size_t scheme = strncasecmp(target, "http://", 7) == 0 ? 7 : strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
    *why = "the request target is neither a path nor an http address";
    if (scheme == 0)
        return 400;
    char *authority = target + scheme;
    size_t n = strcspn(authority, "/?");
    char *host = authority - 1; /* one to the left, over a slash, to make room for its NUL */
    memmove(host, authority, n);
    host[n] = '\0';
    *why = "the authority of the request target is not a host name with an optional port";
    if (n == 0 || !host_check(host))
        return 400;
    head->host = host;
    *path = authority + n;
    return 0;
}

int target_check(struct head *head, const char **why)
{
    char *path = head->target;
    *why = "a fragment (#) does not belong into a request";
    if (strchr(path, '#'))
        return 400;
    head->path = path;
    head->query = "";
    if (head->method == HTTP_METHOD_OPTIONS && strcmp(path, "*") == 0)
        return 0;
    int status = path[0] == '/' ? 0 : absolute_form(head, head->target, &path, why);
    if (status != 0)
        return status;
    char *mark = strchr(path, '?');
    if (mark) {
        *mark = '\0';
        head->query = mark + 1;
    }
    head->path = path[0] ? path : "/";
    return path[0] ? path_check(path, why) : 0;
}
