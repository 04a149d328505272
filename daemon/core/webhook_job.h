/*
 * Making jobs of claimed deliveries: event, endpoint, secrets, format. For core/webhook_queue.c, and for showing what a
 * delivery looks like. On a store thread. What deliveries of one claim share is loaded once (struct webhook_maker).
 */
#ifndef GB_CORE_WEBHOOK_JOB_H
#define GB_CORE_WEBHOOK_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/webhook_event.h"
#include "core/webhook_queue.h"
#include "core/webhook_row.h"
#include "core/webhook_sign.h"

struct err;

enum { WEBHOOK_MAKER_EVENTS = 16, WEBHOOK_MAKER_BODIES = 16, WEBHOOK_RECIPIENT_BYTES = 32 };

/* A message that is the same for every endpoint of its format. */
struct webhook_shared {
    int64_t event_id;
    enum webhook_format format;
    struct webhook_message message;
};

struct webhook_maker {
    struct db *db;
    const struct config *config;
    int64_t now_us;
    bool has_row;
    struct webhook_row row; /* of the last endpoint */
    struct webhook_secret secrets[WEBHOOK_SIGNATURES_MAX];
    size_t secret_count;
    struct webhook_event events[WEBHOOK_MAKER_EVENTS]; /* the last ones, in a ring */
    size_t event_count, next_event;
    struct webhook_shared shared[WEBHOOK_MAKER_BODIES]; /* likewise */
    size_t shared_count, next_shared;
    bool knows_night;
    int64_t night_ends_us; /* 0: it is day */
    bool has_token_key;
    uint8_t token_key[32];
};

/* One claimed row. */
struct webhook_claimed {
    int64_t delivery_id, event_id, thread_id;
    char recipient[WEBHOOK_RECIPIENT_BYTES];
    int attempts;
    int64_t first_at_us, expires_us;
};

void webhook_maker_init(struct webhook_maker *maker, struct db *db, const struct config *config, int64_t now_us);
void webhook_maker_fini(struct webhook_maker *maker);

/* Is the event the end of something, a recall or an expiry? Errors as below. */
int webhook_maker_is_end(struct webhook_maker *maker, int64_t event_id, bool *out);

/* When the event may ring this endpoint: the end of the quiet hours that it is in, or 0: now. Danger to life may at
 * once, and so may a test, which somebody waits for. Errors as below. */
int webhook_maker_rings_us(struct webhook_maker *maker, int64_t webhook_id, int64_t event_id, int64_t *out);

/* 0 and *out; ERR_NOT_FOUND when there is nothing to say to this receiver (*out NULL); ERR_INVALID, ERR_TOO_LARGE or
 * ERR_CORRUPT with words when this delivery can never be made; else the store's error. */
int webhook_make(struct webhook_maker *maker, int64_t webhook_id, const struct webhook_claimed *claimed,
                 struct webhook_job **out, struct err *err);

#endif
