/* Routes; the contract is in http/router.h. */
#include "http/router.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct segment {
    const char *text; /* in the pattern: the literal, or the parameter's name */
    size_t len;
    bool is_param;
};

struct shape {
    const struct http_route *route;
    struct segment segments[HTTP_SEGMENTS_MAX];
    size_t count;
};

struct http_router {
    struct shape *shapes; /* sorted: a literal before a parameter, so that the first match is the most exact */
    size_t count;
};

/* Split "/a/{b}" after the first slash; a trailing slash is an empty last segment, which only "/" may have. */
static int parse_pattern(const struct http_route *route, struct shape *shape, struct err *err)
{
    const char *p = route->pattern;
    size_t params = 0;
    *shape = (struct shape){.route = route};
    if (p[0] != '/')
        return err_set(err, ERR_CONFIG, "route '%s' does not begin with a slash", p);
    do {
        size_t len = strcspn(++p, "/");
        bool is_param = len > 2 && p[0] == '{' && p[len - 1] == '}';
        bool has_brace = memchr(p, '{', len) || memchr(p, '}', len);
        if ((len == 0 && route->pattern[1] != '\0') || (has_brace && !is_param))
            return err_set(err, ERR_CONFIG, "route '%s' has an empty or broken segment", route->pattern);
        params += is_param;
        if (shape->count == HTTP_SEGMENTS_MAX || params > HTTP_PARAMS_MAX)
            return err_set(err, ERR_CONFIG, "route '%s' has more than %d segments or %d parameters", route->pattern,
                           HTTP_SEGMENTS_MAX, HTTP_PARAMS_MAX);
        shape->segments[shape->count++] = (struct segment){is_param ? p + 1 : p, is_param ? len - 2 : len, is_param};
        p += len;
    } while (*p == '/');
    return 0;
}

static int compare_segments(const struct segment *a, const struct segment *b)
{
    if (a->is_param || b->is_param)
        return a->is_param - b->is_param;
    size_t n = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, n);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* 0 when the two match the same paths. */
static int compare_shapes(const struct shape *a, const struct shape *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = compare_segments(&a->segments[i], &b->segments[i]);
        if (order)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

static int compare_routes(const void *pa, const void *pb)
{
    const struct shape *a = pa;
    const struct shape *b = pb;
    int order = compare_shapes(a, b);
    return order ? order : (int)a->route->method - (int)b->route->method;
}

int http_router_new(const struct http_route *routes, size_t count, struct http_router **out, struct err *err)
{
    int rc = 0;
    struct http_router *router = xcalloc(1, sizeof *router);
    router->shapes = xcalloc(count + 1, sizeof *router->shapes);
    router->count = count;
    for (size_t i = 0; i < count; i++) {
        rc = parse_pattern(&routes[i], &router->shapes[i], err);
        if (rc != 0)
            goto out;
    }
    qsort(router->shapes, count, sizeof *router->shapes, compare_routes);
    for (size_t i = 1; i < count; i++)
        if (compare_routes(&router->shapes[i - 1], &router->shapes[i]) == 0) {
            rc = err_set(err, ERR_CONFIG, "route '%s' is there twice for one method", router->shapes[i].route->pattern);
            goto out;
        }
    *out = router;
    router = NULL;
out:
    http_router_free(router);
    return rc;
}

void http_router_free(struct http_router *router)
{
    if (!router)
        return;
    free(router->shapes);
    free(router);
}

/* Does `path` have this shape? Parameters are noted in *match. */
static bool matches(const struct shape *shape, const char *path, struct http_match *match)
{
    const char *p = path;
    match->count = 0;
    for (size_t i = 0; i < shape->count; i++) {
        const struct segment *s = &shape->segments[i];
        if (*p++ != '/')
            return false;
        size_t len = strcspn(p, "/");
        if (s->is_param) {
            if (len == 0 || len >= HTTP_PARAM_BYTES)
                return false;
            memcpy(match->params[match->count].value, p, len);
            match->params[match->count].value[len] = '\0';
            match->params[match->count].name = s->text;
            match->params[match->count].name_len = s->len;
            match->count++;
        } else if (len != s->len || memcmp(p, s->text, len) != 0) {
            return false;
        }
        p += len;
    }
    return *p == '\0';
}

/* All routes of one shape stand together: note their methods in `allow`, and the one asked for. */
static void choose_method(const struct http_router *router, size_t first, enum http_method method,
                          struct http_match *out)
{
    size_t used = 0;
    for (size_t i = first; i < router->count && compare_shapes(&router->shapes[first], &router->shapes[i]) == 0; i++) {
        const struct http_route *route = router->shapes[i].route;
        bool is_get = route->method == HTTP_METHOD_GET;
        int n = snprintf(out->allow + used, sizeof out->allow - used, "%s%s%s", used ? ", " : "",
                         http_method_name(route->method), is_get ? ", HEAD" : "");
        used += n > 0 ? (size_t)n : 0;
        if (route->method == method || (is_get && method == HTTP_METHOD_HEAD && !out->route))
            out->route = route;
    }
}

enum http_route_result http_router_find(const struct http_router *router, enum http_method method, const char *path,
                                        struct http_match *out)
{
    out->route = NULL;
    out->allow[0] = '\0';
    out->count = 0;
    for (size_t i = 0; i < router->count; i++) {
        if (!matches(&router->shapes[i], path, out))
            continue;
        choose_method(router, i, method, out);
        return out->route ? HTTP_ROUTE_FOUND : HTTP_ROUTE_NO_METHOD;
    }
    out->count = 0;
    return HTTP_ROUTE_NO_PATH;
}

const char *http_match_param(const struct http_match *match, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < match->count; i++)
        if (match->params[i].name_len == len && memcmp(match->params[i].name, name, len) == 0)
            return match->params[i].value;
    return NULL;
}
