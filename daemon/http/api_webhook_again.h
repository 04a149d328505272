/*
 * Handlers of what is done with a webhook endpoint that there is, and of its deliveries; their routes stand in
 * api_webhook.c. The last is the page that a gateway of text messages reports to (page.c).
 */
#ifndef GB_DAEMON_HTTP_API_WEBHOOK_AGAIN_H
#define GB_DAEMON_HTTP_API_WEBHOOK_AGAIN_H

struct api_call;
struct db;

int api_webhook_test(struct api_call *call, struct db *db);
int api_webhook_rotate(struct api_call *call, struct db *db);
int api_webhook_enable(struct api_call *call, struct db *db);
int api_webhook_disable(struct api_call *call, struct db *db);
int api_webhook_replay(struct api_call *call, struct db *db);
int api_webhook_deliveries(struct api_call *call, struct db *db);
int api_webhook_delivery(struct api_call *call, struct db *db);
int page_webhook_report(struct api_call *call, struct db *db);

#endif
