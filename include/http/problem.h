/*
 * Problem documents (RFC 9457): every error of the API in one shape, made from an ERR_ code and its text.
 *
 *   { "type": "urn:grannbud:problem:not-found", "title": "there is no such thing, or it is outside your area",
 *     "status": 404, "detail": "no group grp_0d4k7h2m9q1r5", "instance": "urn:grannbud:request:17" }
 *
 * `type` is stable, for programs; `detail` says what, where and what to do, for people. Where the fault is ours (500
 * and above but 503 and 507) the detail may name files and servers: it goes to the Unix socket only, and to the log;
 * over TCP the answer refers to the log by the request's number.
 *
 * The texts are pure functions; the respond functions are the loop thread's.
 */
#ifndef GB_HTTP_PROBLEM_H
#define GB_HTTP_PROBLEM_H

#include "http/request.h"

struct err;
struct json_t;

#define PROBLEM_CONTENT_TYPE "application/problem+json"
enum { PROBLEM_TYPE_BYTES = 64 };

/* "urn:grannbud:problem:not-found" for ERR_NOT_FOUND; "about:blank" for codes that are not ours. Returns out. */
char *problem_type(int code, char out[PROBLEM_TYPE_BYTES]);
/* The standard phrase of an HTTP status ("Not Found"), "" for an unknown one. */
const char *http_status_text(int status);

/* The document as text; returns, caller frees. NULL `type` is about:blank, NULL `title` the status' phrase, NULL
 * `detail` and `instance` leave the member out. `extra` (borrowed, may be NULL) is an object whose members are added,
 * never replacing the standard ones. A detail that is not UTF-8 is left out. */
char *problem_text(int status, const char *type, const char *title, const char *detail, const char *instance,
                   struct json_t *extra);

/* Answer `req` with the problem of a negative `code` and its text (`err` may be NULL or empty). */
void problem_respond(struct http_request *req, int code, const struct err *err);
/* The same with members of its own, such as "errors": [...], and headers as in http_respond (NULL: none); both are
 * borrowed. */
void problem_respond_with(struct http_request *req, int code, const struct err *err, struct json_t *extra,
                          const struct http_pair *headers);
/* Answer with a bare status, such as 405 with its Allow header; `headers` as in http_respond. */
void problem_respond_status(struct http_request *req, int status, const char *detail, const struct http_pair *headers);

#endif
