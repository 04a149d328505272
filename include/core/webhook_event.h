/*
 * One webhook event with everything that the formats say of it, so that they are pure functions of it.
 *
 * Loaded by the queue (once for all deliveries of a claim) on a store thread; the sample is for `webhook test` and for
 * trying templates. Ownership: _load and _sample fill `out`, which the caller ends with _fini; texts are never NULL.
 * Nothing in it names a person: the sender is the organisation of the configuration.
 */
#ifndef GB_CORE_WEBHOOK_EVENT_H
#define GB_CORE_WEBHOOK_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"
#include "core/alert_view.h"
#include "core/webhook_emit.h"

struct config;
struct db;

struct webhook_event {
    int64_t id;
    char webhook_id[ID_TEXT_BYTES]; /* "evt_...": the same over all retries and all receivers */
    enum webhook_event_type type;
    char *kind, *kind_sv; /* of the alert; "letter", "test" */
    int64_t at_us, expires_us;
    bool is_exercise;
    char object_id[ID_TEXT_BYTES], thread[ID_TEXT_BYTES]; /* of the alert or letter; of its first alert */
    const char *severity, *urgency, *certainty;           /* words of CAP, lower case; "" for letters */
    /* Plain text, as for people. */
    char *heading; /* "ÖVNING: Ändrad varning: ..." */
    char *title, *text, *instruction, *title_en, *text_en;
    char *sms;        /* for telephones; "" for what has none of its own */
    char *area;       /* in words */
    char *expires_sv; /* "22 november 2026 kl. 21.30", where the node is; "" without an end */
    char *sender;
    char *url;      /* where more is; "" when nowhere */
    bool has_alert; /* `alert` is loaded, or made up for a test */
    struct alert_view alert;
};

/* "alert.sent", ... */
const char *webhook_event_word(enum webhook_event_type type);
bool webhook_event_parse(const char *word, enum webhook_event_type *out);

/* 0; ERR_NOT_FOUND, ERR_CORRUPT or the store's error. */
int webhook_event_load(struct db *db, const struct config *config, int64_t event_id, struct webhook_event *out);
/* A made-up warning, an exercise that says what it is. `event_id` 0: for trying a template. */
void webhook_event_sample(const struct config *config, int64_t event_id, int64_t now_us, struct webhook_event *out);
/* Harmless for a zeroed one and when repeated. */
void webhook_event_fini(struct webhook_event *event);

#endif
