/*
 * libcurl's multi interface under a libuv loop (curl_multi_socket_action): one for SMTP connects, and one per pool of
 * connections of outbound HTTP (net/http_call.h).
 *
 * Ownership: the easy handle and its `struct curl_transfer` belong to the submitter; from
 * curl_loop_add until curl_loop_remove nobody else touches them. `done` comes from the loop, never from
 * inside a call down and never inside one of libcurl's own callbacks, so it may call any function of libcurl.
 * Threads: the loop's only.
 * Limits: none of its own; the submitters bound the number of their transfers.
 * It never retries, never logs, and never looks at what is transferred.
 *
 * Process-wide: curl_loop_new ignores SIGPIPE, since the transfers set CURLOPT_NOSIGNAL and a peer that went away
 * must be an error and not the end of the daemon.
 */
#ifndef GB_NET_CURL_LOOP_H
#define GB_NET_CURL_LOOP_H

struct uv_loop_s;
struct curl_loop;

/* `result` is a CURLcode. The transfer stays added until curl_loop_remove. */
typedef void (*curl_loop_done_cb)(int result, void *ctx);
typedef void (*curl_loop_stopped_cb)(void *ctx);

struct curl_transfer {
    void *easy; /* a CURL *; its CURLOPT_PRIVATE is taken by curl_loop_add */
    curl_loop_done_cb done;
    void *ctx;
};

/* Starts with no transfer; aborts when libcurl cannot start (out of memory). `loop` is borrowed until stopped. */
struct curl_loop *curl_loop_new(struct uv_loop_s *loop);
/* At most `connections` idle ones are kept for reuse; libcurl's own bound grows with the number of transfers. Before
 * the first transfer, and for transfers that nobody else watches the sockets of (no CURLOPT_CONNECT_ONLY); their
 * CURLOPT_SOCKOPTFUNCTION and CURLOPT_CLOSESOCKETFUNCTION are taken by curl_loop_add. */
void curl_loop_keep(struct curl_loop *c, int connections);
struct uv_loop_s *curl_loop_uv(const struct curl_loop *c);

/* Begins the transfer; 0, or ERR_IO when libcurl refuses it (then nothing was added). */
int curl_loop_add(struct curl_loop *c, struct curl_transfer *t);
/* Ends the transfer in any phase; `done` comes no more. Closes the connection of a CURLOPT_CONNECT_ONLY handle. */
void curl_loop_remove(struct curl_loop *c, struct curl_transfer *t);
/* The number of transfers added and not removed. */
int curl_loop_count(const struct curl_loop *c);

/* Every transfer must have been removed. Frees everything; `stopped` is the last thing called. */
void curl_loop_stop(struct curl_loop *c, curl_loop_stopped_cb stopped, void *ctx);

#endif
