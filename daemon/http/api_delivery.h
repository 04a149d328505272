/*
 * How many deliveries of a message are in which state, as every answer tells it: alerts, status, the report of a
 * letter. Store threads.
 */
#ifndef GB_HTTP_API_DELIVERY_H
#define GB_HTTP_API_DELIVERY_H

#include <stdint.h>

#include <jansson.h>

struct api_call;
struct db;

/* Every state with 0: a state that nothing is in is told, not left out. The caller's. */
json_t *api_delivery_zeros(void);
/* Adds "deliveries" to `out`: those of the message within the acting person's scope. message_id below 0: none is sent.
 * 0 or the store's error. */
int api_delivery_add_counts(struct api_call *call, struct db *db, int64_t message_id, json_t *out);

#endif
