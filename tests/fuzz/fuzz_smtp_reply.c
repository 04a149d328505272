/* Replies of hostile servers, in chunks of hostile sizes: the parser and the reader of a connect. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "deliver/smtp_caps.h"
#include "deliver/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(const struct smtp_reply *r)
{
    size_t n = strlen(r->text);
    assert(r->code >= 200 && r->code <= 599);
    assert(n < sizeof r->text && text_is_utf8(r->text, n) && !text_has_control(r->text, n));
    assert(strlen(r->status) < sizeof r->status);
    assert(r->status[0] == '\0' || r->status[0] == (char)('0' + r->code / 100));
}

static void run_parser(const char *data, size_t size, size_t chunk)
{
    struct smtp_reply_parser *p = xmalloc(sizeof *p);
    smtp_reply_init(p);
    for (size_t at = 0; at < size;) {
        size_t used = 0;
        size_t n = size - at < chunk ? size - at : chunk;
        enum smtp_reply_result result = smtp_reply_feed(p, data + at, n, &used);
        assert(used > 0 && used <= n);
        at += used;
        if (result == SMTP_REPLY_DONE)
            check_reply(&p->reply);
        if (result == SMTP_REPLY_BAD) {
            assert(p->problem);
            break;
        }
    }
    free(p);
}

static void run_greeter(const char *data, size_t size)
{
    struct smtp_greeter *g = xmalloc(sizeof *g);
    smtp_greeter_init(g);
    while (size > 0) {
        const char *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) + 1 : size;
        if (!smtp_greeter_line(g, data, n))
            break;
        data += n;
        size -= n;
    }
    if (g->refusal.code != 0)
        check_reply(&g->refusal);
    free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *text = (const char *)data + 1;
    run_parser(text, size - 1, (size_t)data[0] + 1);
    run_greeter(text, size - 1);
    return 0;
}
