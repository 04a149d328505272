/*
 * The protocol machine of the HTTP server (http/parse.h) under arbitrary bytes in arbitrary pieces.
 *
 * The first byte seeds the splitting; the rest is what a client sends. Checked beyond memory errors: in pieces and in
 * one block the same requests are accepted, with the same bodies, up to the same refusal; every accepted path is in
 * normal form; every accepted head is clean; the machine never takes more than it was given.
 */
#include "http/parse.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

enum { BODY_MAX = 5000, LOG_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct trace {
    struct buf log;
    size_t accepted; /* bytes of the log up to the last whole request */
    bool is_refused;
};

static int on_body(void *ctx, const char *data, size_t len)
{
    struct trace *t = ctx;
    return buf_add(&t->log, data, len) == 0 ? 0 : 500;
}

static void check_path(const struct head *h)
{
    const char *path = h->path;
    if (strcmp(path, "*") == 0) {
        assert(h->method == HTTP_METHOD_OPTIONS);
        return;
    }
    size_t len = strlen(path);
    assert(path[0] == '/' && !strstr(path, "//") && !strstr(path, "/../") && !strchr(path, '\\'));
    assert(len < 3 || strcmp(path + len - 3, "/..") != 0);
    assert(text_is_utf8(path, len));
}

static void note_head(const struct head *h, struct buf *log)
{
    check_path(h);
    assert(h->minor == 0 || h->host);
    assert(!(h->is_chunked && h->content_length >= 0));
    buf_addf(log, "[%d %s ? %s @ %s %d %lld", (int)h->method, h->path, h->query, h->host ? h->host : "-", h->keep_alive,
             (long long)h->content_length);
    for (size_t i = 0; i < h->field_count; i++) {
        assert(h->fields[i].name[0] && !strpbrk(h->fields[i].name, " \t:\r\n"));
        assert(!strpbrk(h->fields[i].value, "\r\n"));
        buf_addf(log, "|%s=%s", h->fields[i].name, h->fields[i].value);
    }
    buf_adds(log, "]");
}

/* What a connection makes of the bytes; `seed` 0 gives them in one piece. */
static void run(const char *data, size_t len, uint32_t seed, struct trace *t)
{
    static struct http_limits limits;
    limits = http_limits_default();
    struct parse p;
    struct head head;
    head_init(&head, &limits);
    parse_init(&p, &limits, on_body, t);
    parse_begin(&p, &head);
    for (size_t at = 0; at < len;) {
        seed = seed ? seed * 1664525 + 1013904223 : 0;
        size_t end = seed ? at + 1 + (seed >> 24) % 37 : len;
        if (end > len)
            end = len;
        enum parse_event event = PARSE_HEAD;
        while (event != PARSE_MORE) {
            size_t used = 0;
            event = parse_feed(&p, data + at, end - at, &used);
            assert(event == PARSE_BAD || used <= end - at);
            at += used;
            if (event == PARSE_HEAD) {
                note_head(&head, &t->log);
                parse_allow_body(&p, BODY_MAX);
            } else if (event == PARSE_DONE) {
                buf_adds(&t->log, ";\n");
                t->accepted = t->log.len;
                head_fini(&head);
                head_init(&head, &limits);
                parse_begin(&p, &head);
            } else if (event == PARSE_BAD) {
                assert(p.status >= 400 && p.status < 600 && p.why);
                t->is_refused = true;
                head_fini(&head);
                return;
            }
        }
        assert(at == end);
    }
    head_fini(&head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct trace whole = {0};
    struct trace pieces = {0};
    buf_init(&whole.log, LOG_MAX);
    buf_init(&pieces.log, LOG_MAX);
    run((const char *)data + 1, size - 1, 0, &whole);
    run((const char *)data + 1, size - 1, 1u + data[0], &pieces);
    assert(whole.is_refused == pieces.is_refused && whole.accepted == pieces.accepted);
    assert(memcmp(buf_str(&whole.log), buf_str(&pieces.log), whole.accepted) == 0);
    buf_fini(&whole.log);
    buf_fini(&pieces.log);
    return 0;
}
