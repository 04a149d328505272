/* The request object: from the head's arrival to the answer; the contract is in http/request.h. */
#include "http/conn.h"

#include "base/err.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct exchange *exchange_new(struct conn *c)
{
    struct http_server *server = c->server;
    struct exchange *x = xmalloc(sizeof *x); /* not xcalloc: the field table of the head is large and empty */
    x->req = (struct http_request){
        .id = ++server->next_request_id,
        .path = "",
        .query = "",
        .host = "",
        .body = "",
        .body_fd = -1,
        .is_unix = c->listener->is_unix,
        .peer_uid = c->peer_uid,
        .remote = x->remote,
    };
    memcpy(x->remote, c->remote, sizeof x->remote); /* the exchange may outlive the connection */
    head_init(&x->head, &server->limits);
    body_init(&x->body, (size_t)server->limits.body_memory_bytes, conn_input_max(server));
    x->conn = c;
    x->state = EXCHANGE_ARRIVING;
    x->spooled = 0;
    x->is_chunked_answer = false;
    x->has_no_body = false;
    x->waits_for_drain = false;
    x->drained = NULL;
    x->drained_ctx = NULL;
    return x;
}

void exchange_free(struct exchange *x)
{
    if (!x)
        return;
    if (x->conn) {
        assert(x->conn->exchange == x);
        x->conn->server->spool_bytes -= x->spooled;
        x->conn->exchange = NULL;
    }
    head_fini(&x->head);
    body_fini(&x->body);
    free(x);
}

void exchange_take_head(struct exchange *x)
{
    x->req.method = x->head.method;
    x->req.path = x->head.path;
    x->req.query = x->head.query;
    x->req.host = x->head.host ? x->head.host : "";
}

void exchange_take_body(struct exchange *x)
{
    bool is_spooled = x->body.fd >= 0;
    x->req.body = is_spooled ? NULL : buf_str(&x->body.staged);
    x->req.body_fd = x->body.fd;
    x->req.body_len = is_spooled ? x->body.stored : (int64_t)x->body.staged.len;
}

int exchange_add_body(struct exchange *x, const char *data, size_t len)
{
    struct http_server *server = x->conn->server;
    int rc = body_add(&x->body, server->spool_dir, data, len);
    if (rc != 0)
        return rc == -ENOSPC || rc == -EDQUOT ? 507 : 500;
    if (x->body.fd < 0)
        return 0;
    int64_t spooled = x->body.stored + (int64_t)x->body.staged.len;
    server->spool_bytes += spooled - x->spooled;
    x->spooled = spooled;
    return server->spool_bytes <= server->limits.spool_total_bytes ? 0 : 503;
}

/* --- what handlers ask -------------------------------------------------------------------------------------------- */

static const struct exchange *exchange_of(const struct http_request *req)
{
    return (const struct exchange *)(const void *)((const char *)req - offsetof(struct exchange, req));
}

const char *http_method_name(enum http_method method)
{
    switch (method) {
#define METHOD_NAME(name)    \
    case HTTP_METHOD_##name: \
        return #name;
        HTTP_METHODS(METHOD_NAME)
#undef METHOD_NAME
    }
    return "?";
}

const struct http_form *http_query_form(const struct http_request *req)
{
    return &exchange_of(req)->head.form;
}

const char *http_query(const struct http_request *req, const char *name)
{
    return http_form_get(http_query_form(req), name);
}

const char *http_header(const struct http_request *req, const char *name)
{
    const struct head *head = &exchange_of(req)->head;
    for (size_t i = 0; i < head->field_count; i++)
        if (strcasecmp(head->fields[i].name, name) == 0)
            return head->fields[i].value;
    return NULL;
}

bool http_cookie(const struct http_request *req, const char *name, char *out, size_t size)
{
    const char *at = http_header(req, "cookie");
    size_t name_len = strlen(name);
    while (at && *at) {
        at += strspn(at, "; \t");
        size_t len = strcspn(at, ";");
        if (len > name_len && strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
            const char *value = at + name_len + 1;
            size_t n = len - name_len - 1;
            while (n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'))
                n--;
            if (n >= size)
                return false;
            memcpy(out, value, n);
            out[n] = '\0';
            return true;
        }
        at += len;
    }
    return false;
}

bool http_request_is_gone(const struct http_request *req)
{
    const struct exchange *x = exchange_of(req);
    return !x->conn || x->conn->state == CONN_CLOSING;
}
