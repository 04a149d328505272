/*
 * What only the loop knows, told: to GET /api/v1/status as JSON, to GET /metrics as Prometheus' text, to systemd in a
 * line. The store's part of both is in daemon/http (api_status.c, page_metrics.c). Loop thread only; changes nothing.
 */
#ifndef GB_MAIN_STATUS_H
#define GB_MAIN_STATUS_H

#include <stddef.h>
#include <stdint.h>

struct api;
struct buf;
struct http_server;
struct incoming;
struct json_t;
struct loop_delay;
struct outbox;
struct store;
struct webhooks;

/* The parts that are asked. */
struct main_parts {
    struct store *store;
    const struct outbox *outbox;
    const struct webhooks *webhooks;
    const struct incoming *incoming;
    const struct http_server *http;
    const struct api *api;
    const struct loop_delay *loop_delay;
    const char *reload_problem; /* why the last SIGHUP changed nothing, or "" */
    int64_t started_ms, now_ms; /* monotonic */
};

/* A new object: uptime, lanes, relays, waiting domains, paused messages, the loop's delay, problems. */
struct json_t *main_status_json(const struct main_parts *parts);
/* Appends samples with their heads. Domains and messages are counted, not named. */
void main_metrics_text(const struct main_parts *parts, struct buf *out);
/* One line for `systemctl status`. */
void main_status_line(const struct main_parts *parts, char *out, size_t room);

#endif
