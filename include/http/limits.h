/*
 * Every bound of the HTTP server, once: what a client may send, hold open or wait for,
 * and what happens beyond it. A `struct http_limits` holds the numbers in force; tests
 * shorten them, the daemon uses http_limits_default().
 */
#ifndef GB_HTTP_LIMITS_H
#define GB_HTTP_LIMITS_H

#include <stdint.h>

/* name, default, what it bounds and what follows */
#define HTTP_LIMIT_MAP(X)                                                                           \
    X(head_bytes, 16384, "request line and headers; beyond: 431")                                   \
    X(target_bytes, 8192, "the request target; beyond: 414")                                        \
    X(body_memory_bytes, 262144, "a body in memory; a larger one goes to an unlinked file")         \
    X(spool_total_bytes, INT64_C(1) << 30, "all such files of running requests; beyond: 503")       \
    X(framing_bytes, 4096, "chunk lines and trailers, above 8 bytes per byte of body; beyond: 400") \
    X(pending_bytes, 16384, "input waiting behind a running request; beyond: not read")             \
    X(connections, 512, "open connections per listener; beyond: 503 and close")                     \
    X(refusals, 64, "connections being told 503 per listener; beyond: closed without a word")       \
    X(stream_queue_bytes, INT64_C(8) << 20, "unsent bytes of a streamed answer; beyond: cut off")   \
    X(stream_mark_bytes, 65536, "a streamed answer is drained when its queue falls to this")        \
    X(head_ms, 10000, "from the first byte (or the connect) to a whole head; beyond: 408")          \
    X(body_ms, 30000, "without a byte of the body; beyond: 408")                                    \
    X(body_total_ms, 600000, "the whole body; beyond: 408")                                         \
    X(idle_ms, 60000, "between two requests; beyond: closed")                                       \
    X(write_ms, 60000, "without the client taking a byte of the answer; beyond: closed")            \
    X(linger_bytes, 262144, "unread input thrown away before closing; beyond: closed")              \
    X(linger_ms, 2000, "waiting for the client to close first; beyond: closed")

struct http_limits {
#define HTTP_LIMIT_FIELD(name, value, text) int64_t name;
    HTTP_LIMIT_MAP(HTTP_LIMIT_FIELD)
#undef HTTP_LIMIT_FIELD
};

/* Fixed bounds: header fields of one request (beyond: 431), parameters of one query (beyond: 400). */
enum { HTTP_FIELDS_MAX = 100, HTTP_QUERY_MAX = 64 };

struct http_limits http_limits_default(void);

#endif
