/*
 * Webhook endpoints and alerts in a store fixture: what tests of core/webhook*.h begin with.
 */
#ifndef GB_TESTS_WEBHOOK_FIXTURE_H
#define GB_TESTS_WEBHOOK_FIXTURE_H

#include <stdbool.h>

#include "core/config.h"
#include "core/webhook.h"
#include "core/webhook_queue.h"
#include "lib/store_fixture.h"

struct webhook_fixture {
    struct store_fixture s;
    struct config *config;
    struct webhook_rules rules; /* any URL will do */
    int64_t next_alert;
};

void webhook_fixture_init(struct webhook_fixture *f);
void webhook_fixture_fini(struct webhook_fixture *f);
/* The configuration that it uses, for tests without a store; the caller frees. */
struct config *webhook_fixture_config(void);

/* Run SQL; fails the test when it does. */
void webhook_fixture_sql(struct webhook_fixture *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An endpoint of the administrator's for all alerts, in the format `standard` unless said otherwise; its id. */
int64_t webhook_fixture_add(struct webhook_fixture *f, const char *url, const struct webhook_input *in);
/* An alert to Ängelholm (root 0), or an update or recall of one, valid for an hour, with its events; its id. */
int64_t webhook_fixture_alert(struct webhook_fixture *f, int64_t root, const char *type);

/* A claim of up to `room`; how many jobs there are in `jobs`. */
int webhook_fixture_claim(struct webhook_fixture *f, struct webhook_job **jobs, int room, int per_endpoint);
/* Records what became of a job, and frees it; tells whether the endpoint was disabled. */
bool webhook_fixture_record(struct webhook_fixture *f, struct webhook_job *job, const struct webhook_result *result);
/* The same with just an outcome; a retry in a minute. */
bool webhook_fixture_end(struct webhook_fixture *f, struct webhook_job *job, enum webhook_outcome outcome);
/* Replays one delivery of the endpoint, or (0) all that are dead; how many, or the ERR_ code. */
int64_t webhook_fixture_replay(struct webhook_fixture *f, int64_t id, int64_t delivery_id, bool with_expired);
/* How many deliveries are in this state. */
int64_t webhook_fixture_count(struct webhook_fixture *f, const char *state);

#endif
