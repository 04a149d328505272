/* GET /api/v1/status, apart from the other system routes because it gathers from everywhere. Store thread. */
#ifndef GB_HTTP_API_STATUS_H
#define GB_HTTP_API_STATUS_H

struct api_call;
struct db;

int api_status(struct api_call *call, struct db *db);

#endif
