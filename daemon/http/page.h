/*
 * What is answered outside /api, without a login: the table is in page.c. Handlers as in http/api.h.
 */
#ifndef GB_HTTP_PAGE_H
#define GB_HTTP_PAGE_H

struct api_call;
struct db;

/* GET /metrics: figures for Prometheus, nothing personal. */
int page_metrics(struct api_call *call, struct db *db);
/* GET and POST /u/{token}: no more letters to one mailbox. */
int page_unsubscribe_ask(struct api_call *call, struct db *db);
int page_unsubscribe_do(struct api_call *call, struct db *db);

#endif
