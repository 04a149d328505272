/* The protocol machine; the contract is in http/parse.h. */
#include "http/parse.h"

#include <assert.h>
#include <string.h>

static int on_target(llhttp_t *llhttp, const char *at, size_t len)
{
    struct parse *p = llhttp->data;
    p->head->target = p->head->raw.data + (at - p->head->raw.data);
    p->head->target_len = len;
    return HPE_OK;
}

static int on_field(llhttp_t *llhttp, const char *at, size_t len)
{
    struct parse *p = llhttp->data;
    struct head *h = p->head;
    if (p->phase != PARSE_IN_HEAD) /* trailers are read and thrown away (RFC 9110, 6.5.1) */
        return HPE_OK;
    if (h->field_count == HTTP_FIELDS_MAX) {
        h->too_many_fields = true;
        return HPE_OK;
    }
    char *name = h->raw.data + (at - h->raw.data);
    h->fields[h->field_count++] = (struct head_field){.name = name, .name_len = len, .value = name + len + 1};
    return HPE_OK;
}

static int on_value(llhttp_t *llhttp, const char *at, size_t len)
{
    struct parse *p = llhttp->data;
    struct head *h = p->head;
    if (p->phase != PARSE_IN_HEAD || h->too_many_fields || h->field_count == 0 || len == 0)
        return HPE_OK;
    struct head_field *f = &h->fields[h->field_count - 1];
    if (f->value_len != 0) /* a second piece: only folding makes one, and the guard has refused that */
        return HPE_USER;
    f->value = h->raw.data + (at - h->raw.data);
    f->value_len = len;
    return HPE_OK;
}

static int on_head_end(llhttp_t *llhttp)
{
    struct parse *p = llhttp->data;
    p->head->keep_alive = llhttp_should_keep_alive(llhttp) != 0;
    llhttp->upgrade = 0; /* no protocol is upgraded to; the message is an ordinary one (RFC 9110, 7.8) */
    return HPE_OK;
}

/* The guard over the bytes up to `end` that were not body. */
static bool guard_framing(struct parse *p, const char *end)
{
    while (p->cursor < end) {
        size_t used = 0;
        if (line_guard_scan(&p->guard, p->cursor, (size_t)(end - p->cursor), &used, &p->why) == GUARD_BAD)
            return false;
        p->framing_bytes += (int64_t)used;
        p->cursor += used;
    }
    p->why = "chunk extensions or trailers are too long";
    return p->framing_bytes <= p->limits->framing_bytes + 8 * p->body_bytes;
}

static int on_body_bytes(llhttp_t *llhttp, const char *at, size_t len)
{
    struct parse *p = llhttp->data;
    p->status = 400;
    if (!guard_framing(p, at)) /* before the bytes count, so that splits of the input decide nothing */
        return HPE_USER;
    p->body_bytes += (int64_t)len;
    p->cursor = at + len;
    if (p->body_bytes > p->max_body) {
        p->status = 413;
        p->why = "the body is larger than this address takes";
        return HPE_USER;
    }
    p->why = "the body could not be kept";
    p->status = p->on_body(p->ctx, at, len);
    return p->status == 0 ? HPE_OK : HPE_USER;
}

static int on_message_end(llhttp_t *llhttp)
{
    struct parse *p = llhttp->data;
    p->is_complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t SETTINGS = {
    .on_url = on_target,
    .on_header_field = on_field,
    .on_header_value = on_value,
    .on_headers_complete = on_head_end,
    .on_body = on_body_bytes,
    .on_message_complete = on_message_end,
};

void parse_init(struct parse *p, const struct http_limits *limits, parse_body_cb on_body, void *ctx)
{
    memset(p, 0, sizeof *p);
    llhttp_init(&p->llhttp, HTTP_REQUEST, &SETTINGS);
    p->llhttp.data = p;
    p->limits = limits;
    p->on_body = on_body;
    p->ctx = ctx;
    p->phase = PARSE_ENDED;
}

void parse_begin(struct parse *p, struct head *head)
{
    assert(p->phase == PARSE_ENDED);
    llhttp_reset(&p->llhttp);
    line_guard_init(&p->guard);
    p->head = head;
    p->phase = PARSE_IN_HEAD;
    p->has_blank_line = false;
    p->is_complete = false;
    p->max_body = 0;
    p->body_bytes = 0;
    p->framing_bytes = 0;
    p->status = 0;
    p->why = NULL;
}

void parse_allow_body(struct parse *p, int64_t max_body)
{
    p->max_body = max_body;
}

static enum parse_event bad(struct parse *p, int status, const char *why)
{
    p->phase = PARSE_ENDED;
    p->status = status;
    p->why = why;
    return PARSE_BAD;
}

static bool is_tchar(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Why llhttp refused a head, as a status: an unknown method is 501, an unknown version 505, the rest 400. */
static int head_status(const struct parse *p, llhttp_errno_t code)
{
    const char *line = p->head->raw.data;
    size_t n = 0;
    switch (code) {
    case HPE_INVALID_METHOD:
        while (is_tchar(line[n]))
            n++;
        return n > 0 && line[n] == ' ' && strncmp(line, "HTTP/", 5) != 0 ? 501 : 400;
    case HPE_INVALID_VERSION: /* well-formed but unknown, or not well-formed? */
        n = strcspn(line, "\r");
        return n > 9 && strncmp(line + n - 9, " HTTP/", 6) == 0 && line[n - 2] == '.' ? 505 : 400;
    case HPE_PAUSED_H2_UPGRADE:
        return 505;
    default:
        return 400;
    }
}

/* The whole head is in head->raw: let llhttp and head_check judge it. */
static enum parse_event take_head(struct parse *p)
{
    struct head *h = p->head;
    llhttp_errno_t code = llhttp_execute(&p->llhttp, h->raw.data, h->raw.len);
    if (code != HPE_OK && !(code == HPE_PAUSED && p->is_complete))
        return bad(p, head_status(p, code), llhttp_get_error_reason(&p->llhttp));
    if (!h->target)
        return bad(p, 400, "there is no request target");
    const char *why = NULL;
    int status = head_check(h, p->limits, &why);
    if (status != 0)
        return bad(p, status, why);
    if (p->is_complete == head_has_body(h)) /* two readings of where the message ends: never go on */
        return bad(p, 400, "the length of the body is not clear");
    p->phase = PARSE_IN_BODY;
    line_guard_init(&p->guard);
    return PARSE_HEAD;
}

/* The head is full; `next` is what does not fit. Was it the request line or the headers? */
static enum parse_event too_long(struct parse *p, const char *next)
{
    const struct buf *raw = &p->head->raw;
    bool has_line = (raw->len > 0 && memchr(raw->data, '\r', raw->len)) || memchr(next, '\r', raw->max - raw->len);
    return has_line ? bad(p, 431, "the headers are too long") : bad(p, 414, "the request line is too long");
}

static enum parse_event feed_head(struct parse *p, const char *data, size_t len, size_t *used)
{
    struct buf *raw = &p->head->raw;
    while (*used < len) {
        size_t n = 0;
        enum guard_result seen = line_guard_scan(&p->guard, data + *used, len - *used, &n, &p->why);
        if (seen == GUARD_BAD)
            return bad(p, 400, p->why);
        if (buf_add(raw, data + *used, n) != 0)
            return too_long(p, data + *used);
        *used += n;
        if (seen == GUARD_MORE)
            break;
        if (raw->len > 2)
            return take_head(p);
        if (p->has_blank_line)
            return bad(p, 400, "there are empty lines before the request");
        p->has_blank_line = true; /* RFC 9112, 2.2: one is to be overlooked */
        buf_reset(raw);
    }
    return PARSE_MORE;
}

static enum parse_event feed_body(struct parse *p, const char *data, size_t len, size_t *used)
{
    if (p->is_complete) {
        p->phase = PARSE_ENDED;
        return PARSE_DONE;
    }
    if (len == 0)
        return PARSE_MORE;
    p->cursor = data;
    p->status = 0;
    llhttp_errno_t code = llhttp_execute(&p->llhttp, data, len);
    if (code == HPE_USER && p->status != 0)
        return bad(p, p->status, p->why);
    if (code != HPE_OK && !(code == HPE_PAUSED && p->is_complete))
        return bad(p, 400, llhttp_get_error_reason(&p->llhttp));
    const char *end = code == HPE_OK ? data + len : llhttp_get_error_pos(&p->llhttp);
    if (!guard_framing(p, end))
        return bad(p, 400, p->why);
    *used = (size_t)(end - data);
    if (!p->is_complete)
        return PARSE_MORE;
    p->phase = PARSE_ENDED;
    return PARSE_DONE;
}

enum parse_event parse_feed(struct parse *p, const char *data, size_t len, size_t *used)
{
    assert(p->phase != PARSE_ENDED);
    *used = 0;
    return p->phase == PARSE_IN_HEAD ? feed_head(p, data, len, used) : feed_body(p, data, len, used);
}
