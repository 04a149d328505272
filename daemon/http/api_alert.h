/*
 * Alerts in the API, shared by the files of their routes: api_alert.c (the table, sending, changing, recalling),
 * api_alert_body.c (from a body to what core takes) and api_alert_show.c (reading, and every answer). Store threads.
 */
#ifndef GB_HTTP_API_ALERT_H
#define GB_HTTP_API_ALERT_H

#include <stdint.h>

#include <jansson.h>

struct alert_input;
struct alert_plan;
struct api_call;
struct db;

/* The alert of the path's {id}, within the acting person's scope. */
int api_alert_find(struct api_call *call, struct db *db, int64_t *id);

/* The body of a new alert, or of an update (texts and end alone). Texts are borrowed from the body; the target is the
 * caller's: alert_target_fini. `out` is initialised. */
int api_alert_read_new(struct api_call *call, struct alert_input *out);
int api_alert_read_update(struct api_call *call, struct alert_input *out);

/* call->result becomes the alert. */
int api_alert_show(struct api_call *call, struct db *db, int64_t id);
/* What the plan knows besides: who would get it, and what the check found. Of an update nobody was counted. */
void api_alert_add_findings(const struct alert_plan *plan, json_t *out);
void api_alert_add_audience(const struct alert_plan *plan, json_t *out);
/* The answer of a dry run. */
json_t *api_alert_planned(const struct alert_input *in, const struct alert_plan *plan);

/* What goes on now, and what waits for a person: for status. */
int api_alert_under_way(struct api_call *call, struct db *db, json_t **out);

int api_alert_list(struct api_call *call, struct db *db);
int api_alert_get(struct api_call *call, struct db *db);

#endif
