/*
 * What happened to a delivery, and why it has not gone yet: shared by `delivery show` and `why`.
 */
#ifndef GB_HTTP_API_WAITS_H
#define GB_HTTP_API_WAITS_H

#include <stdint.h>

#include <jansson.h>

struct api_call;
struct db;

/* On the store's thread, for a delivery as api_row made it: adds "tries", each with the server's answer, newest first,
 * and "waits_for", the reasons that the store knows (null for one that has ended). 0 or the store's error. */
int api_waits_add(struct api_call *call, struct db *db, int64_t delivery_id, json_t *delivery);
/* On the loop, as call->finish: adds the reasons that only the loop knows, to call->result or its "items". */
void api_waits_finish(struct api_call *call);

#endif
