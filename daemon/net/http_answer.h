/*
 * What is kept of an answer while it comes in: the part of a call that knows no libcurl. net/http_call.c feeds it.
 * Bounds are those of net/http_call.h. One thread.
 */
#ifndef GB_NET_HTTP_ANSWER_H
#define GB_NET_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/http_call.h"

struct answer {
    struct buf body;
    struct buf head; /* header lines of the head that is coming or has come */
    bool keeps_head, is_head_cut;
    size_t head_bytes; /* of all heads so far */
    size_t dropped_bytes;
    int status;        /* of the head that is coming or has come; 0: none yet */
    bool has_head;     /* a final one, whole */
    bool is_too_large; /* the head: the call was broken off */
    char retry_after[HTTP_FIELD_BYTES], etag[HTTP_FIELD_BYTES], last_modified[HTTP_FIELD_BYTES],
        content_type[HTTP_FIELD_BYTES];
};

/* max_head_bytes 0: no header line is kept. */
void answer_init(struct answer *a, size_t max_body_bytes, size_t max_head_bytes);
void answer_fini(struct answer *a);
/* A line of a head, with its CR LF. False: too much, break off. */
bool answer_head(struct answer *a, const char *line, size_t n);
/* A piece of the body. False: too much, break off. */
bool answer_body(struct answer *a, const char *data, size_t n);

#endif
