/* Writing: bytes to the kernel, and what follows when they are out. The picture is in http/conn.h. */
#include "http/conn.h"

#include "base/mem.h"

#include <stdlib.h>

struct write {
    uv_write_t req;
    struct conn *c;
    struct buf bytes;
};

size_t conn_queued(const struct conn *c)
{
    return uv_stream_get_write_queue_size(&c->u.stream);
}

/* The answer is out. */
void conn_finish_answer(struct conn *c)
{
    c->is_answered = false;
    if (!c->keep_alive || c->server->is_stopping) {
        conn_linger(c);
        return;
    }
    conn_enter(c, CONN_IDLE);
    conn_resume(c);
}

static void on_written(uv_write_t *req, int status)
{
    struct write *w = CONTAINER_OF(req, struct write, req);
    struct conn *c = w->c;
    buf_fini(&w->bytes);
    free(w);
    c->writes--;
    if (c->state == CONN_CLOSING)
        return;
    if (status < 0) {
        conn_close(c);
        return;
    }
    struct exchange *x = c->exchange;
    if (x && x->waits_for_drain && conn_queued(c) <= (size_t)c->server->limits.stream_mark_bytes) {
        x->waits_for_drain = false;
        x->drained(&x->req, x->drained_ctx);
    }
    if (c->is_answered && c->writes == 0 && c->state == CONN_ANSWER)
        conn_finish_answer(c);
}

void conn_write(struct conn *c, struct buf *bytes)
{
    if (c->state == CONN_ANSWER && conn_queued(c) == 0) { /* the clock runs from now, not from the last chunk */
        c->taken_seen = c->given_bytes;
        conn_arm(c, c->server->limits.write_ms);
    }
    struct write *w = xmalloc(sizeof *w);
    w->c = c;
    w->bytes = *bytes;
    *bytes = (struct buf){.max = bytes->max};
    c->given_bytes += w->bytes.len;
    uv_buf_t out = uv_buf_init(w->bytes.data, (unsigned)w->bytes.len);
    if (uv_write(&w->req, &c->u.stream, &out, 1, on_written) != 0) {
        buf_fini(&w->bytes);
        free(w);
        conn_close(c);
        return;
    }
    c->writes++;
}

void conn_answered(struct conn *c)
{
    c->is_answered = true;
    if (c->writes == 0 && c->state != CONN_CLOSING) /* all is out: go on from the loop, not from inside the handler */
        conn_arm_now(c);
}
