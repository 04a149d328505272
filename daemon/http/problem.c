/* Problem documents (RFC 9457); the contract is in http/problem.h. */
#include "http/problem.h"

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* status, phrase (RFC 9110, 15; 6585; 4918) */
#define STATUS_TABLE(X)                       \
    X(200, "OK")                              \
    X(201, "Created")                         \
    X(202, "Accepted")                        \
    X(204, "No Content")                      \
    X(206, "Partial Content")                 \
    X(301, "Moved Permanently")               \
    X(302, "Found")                           \
    X(303, "See Other")                       \
    X(304, "Not Modified")                    \
    X(307, "Temporary Redirect")              \
    X(308, "Permanent Redirect")              \
    X(400, "Bad Request")                     \
    X(401, "Unauthorized")                    \
    X(403, "Forbidden")                       \
    X(404, "Not Found")                       \
    X(405, "Method Not Allowed")              \
    X(406, "Not Acceptable")                  \
    X(408, "Request Timeout")                 \
    X(409, "Conflict")                        \
    X(410, "Gone")                            \
    X(411, "Length Required")                 \
    X(412, "Precondition Failed")             \
    X(413, "Content Too Large")               \
    X(414, "URI Too Long")                    \
    X(415, "Unsupported Media Type")          \
    X(417, "Expectation Failed")              \
    X(421, "Misdirected Request")             \
    X(422, "Unprocessable Content")           \
    X(428, "Precondition Required")           \
    X(429, "Too Many Requests")               \
    X(431, "Request Header Fields Too Large") \
    X(500, "Internal Server Error")           \
    X(501, "Not Implemented")                 \
    X(502, "Bad Gateway")                     \
    X(503, "Service Unavailable")             \
    X(504, "Gateway Timeout")                 \
    X(505, "HTTP Version Not Supported")      \
    X(507, "Insufficient Storage")

const char *http_status_text(int status)
{
    switch (status) {
#define STATUS_CASE(code, text) \
    case code:                  \
        return text;
        STATUS_TABLE(STATUS_CASE)
#undef STATUS_CASE
    default:
        return "";
    }
}

char *problem_type(int code, char out[PROBLEM_TYPE_BYTES])
{
    snprintf(out, PROBLEM_TYPE_BYTES, "about:blank");
    switch (code) {
#define IS_OURS(name, value, http, exit, text) case value:
        ERR_MAP(IS_OURS)
#undef IS_OURS
        snprintf(out, PROBLEM_TYPE_BYTES, "urn:grannbud:problem:%s", err_name(code));
        for (char *p = out + sizeof "urn:grannbud:problem:" - 1; *p; p++)
            *p = *p == '_' ? '-' : (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
        break;
    default:
        break;
    }
    return out;
}

/* Leaves the member out when the text is NULL or not UTF-8. */
static void set_text(json_t *doc, const char *name, const char *text)
{
    json_t *value = text ? json_string(text) : NULL;
    if (value)
        json_object_set_new(doc, name, value);
}

char *problem_text(int status, const char *type, const char *title, const char *detail, const char *instance,
                   struct json_t *extra)
{
    json_t *doc = json_object();
    set_text(doc, "type", type ? type : "about:blank");
    set_text(doc, "title", title ? title : http_status_text(status));
    json_object_set_new(doc, "status", json_integer(status));
    set_text(doc, "detail", detail);
    set_text(doc, "instance", instance);
    if (extra)
        json_object_update_missing(doc, extra);
    char *text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);
    return text ? text : xstrdup("{}"); /* cannot fail but for memory */
}

/* Is the fault ours, so that the detail may name what outsiders should not see? */
static bool is_internal(int status)
{
    return status >= 500 && status != 503 && status != 507;
}

void problem_respond_with(struct http_request *req, int code, const struct err *err, struct json_t *extra,
                          const struct http_pair *headers)
{
    char type[PROBLEM_TYPE_BYTES];
    char instance[64];
    char hidden[128];
    int status = err_http_status(code);
    const char *detail = err && err->text[0] ? err->text : NULL;
    snprintf(instance, sizeof instance, "urn:grannbud:request:%lld", (long long)req->id);
    if (is_internal(status)) {
        log_error("http", "request failed request=%lld error=%s detail=%s", (long long)req->id, err_name(code),
                  err_or(err, code));
        snprintf(hidden, sizeof hidden, "the log has the reason under request=%lld", (long long)req->id);
        if (!req->is_unix)
            detail = hidden;
    }
    json_t *more = extra ? json_copy(extra) : json_object();
    if (err && detail == err->text && err->sv[0])
        set_text(more, "detail_sv", err->sv);
    char *text = problem_text(status, problem_type(code, type), err_text(code), detail, instance, more);
    json_decref(more);
    http_respond(req, status, PROBLEM_CONTENT_TYPE, text, strlen(text), headers);
    free(text);
}

void problem_respond(struct http_request *req, int code, const struct err *err)
{
    problem_respond_with(req, code, err, NULL, NULL);
}

void problem_respond_status(struct http_request *req, int status, const char *detail, const struct http_pair *headers)
{
    char *text = problem_text(status, NULL, NULL, detail, NULL, NULL);
    http_respond(req, status, PROBLEM_CONTENT_TYPE, text, strlen(text), headers);
    free(text);
}
