/*
 * What the dispatcher of webhooks tells, for main/status.c: as JSON for GET /api/v1/status, and as Prometheus' text.
 * Loop thread only; changes nothing.
 */
#ifndef GB_MAIN_STATUS_WEBHOOKS_H
#define GB_MAIN_STATUS_WEBHOOKS_H

struct buf;
struct json_t;
struct webhooks;

/* A new object: endpoints by how they fare, deliveries by outcome, what is in flight. */
struct json_t *main_webhooks_json(const struct webhooks *webhooks);
/* Appends samples with their heads. */
void main_webhooks_metrics(const struct webhooks *webhooks, struct buf *out);

#endif
