/*
 * Routes: a static table of (method, pattern) matched against the path of a request.
 *
 * A pattern is "/api/v1/group/{id}/state": literal segments and parameters that take one whole, non-empty segment.
 * Where several patterns match, a literal beats a parameter from the left; the winning pattern then decides the method,
 * so "no such path" (404) and "not with this method" (405, with Allow) are told apart. HEAD is served by GET's route.
 *
 * The router borrows the table, which lives as long. After http_router_new it is read-only: any thread.
 */
#ifndef GB_HTTP_ROUTER_H
#define GB_HTTP_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include "http/request.h"

struct err;
struct http_router;

struct http_route {
    enum http_method method;
    const char *pattern;
    const void *data; /* the caller's: a handler's description */
    int64_t max_body; /* bytes */
};

/* Segments of a pattern, parameters in one, bytes of a parameter's value (longer: no match). */
enum { HTTP_SEGMENTS_MAX = 12, HTTP_PARAMS_MAX = 4, HTTP_PARAM_BYTES = 256, HTTP_ALLOW_BYTES = 64 };

struct http_match {
    const struct http_route *route; /* NULL unless HTTP_ROUTE_FOUND */
    char allow[HTTP_ALLOW_BYTES];   /* "GET, HEAD, POST" unless HTTP_ROUTE_NO_PATH */
    size_t count;
    struct {
        const char *name; /* in the pattern, without NUL */
        size_t name_len;
        char value[HTTP_PARAM_BYTES];
    } params[HTTP_PARAMS_MAX];
};

enum http_route_result { HTTP_ROUTE_FOUND, HTTP_ROUTE_NO_PATH, HTTP_ROUTE_NO_METHOD };

/* 0, or ERR_CONFIG naming the bad or doubled pattern. */
int http_router_new(const struct http_route *routes, size_t count, struct http_router **out, struct err *err);
void http_router_free(struct http_router *router);

/* Find the route of `path` (as in http_request.path). *out is set in all cases. */
enum http_route_result http_router_find(const struct http_router *router, enum http_method method, const char *path,
                                        struct http_match *out);
/* The value of parameter `name`, or NULL. Valid as long as *match. */
const char *http_match_param(const struct http_match *match, const char *name);

#endif
