/*
 * What the routes of webhooks share: finding the endpoint of a path, and showing one. Private to http/api_webhook*.c.
 */
#ifndef GB_DAEMON_HTTP_API_WEBHOOK_H
#define GB_DAEMON_HTTP_API_WEBHOOK_H

#include <stdint.h>

struct api_call;
struct db;
struct webhook_made;

/* The endpoint {id}, as far as the acting person can see it. */
int api_webhook_find(struct api_call *call, struct db *db, int64_t *id);
/* call->result becomes the endpoint, without secrets. */
int api_webhook_show(struct api_call *call, struct db *db, int64_t id);
/* Adds what is told once to call->result, and keeps it out of kept answers. */
void api_webhook_tell(struct api_call *call, const struct webhook_made *made);

#endif
