/*
 * One endpoint as it stands in the store, with its secrets: for core/webhook*.c only. Ownership: _load fills, _fini
 * frees and wipes. On a store thread; no scope is asked.
 */
#ifndef GB_CORE_WEBHOOK_ROW_H
#define GB_CORE_WEBHOOK_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "core/webhook_format.h"
#include "store/actor.h"

struct db;

struct webhook_row {
    int64_t id;
    char *name, *url;
    struct scope scope;
    int64_t group_id; /* of a group's; else -1 */
    enum webhook_format format;
    bool exercises, is_enabled;
    json_t *settings;        /* an object: room, topic, from, content_type, body */
    char *user, *credential; /* NULL: none */
    int64_t owner_id;
    char *owner, *owner_email; /* the address may be NULL */
};

/* 0, ERR_NOT_FOUND, ERR_CORRUPT, or the store's error. */
int webhook_row_load(struct db *db, int64_t id, struct webhook_row *out);
void webhook_row_fini(struct webhook_row *row);
/* As the formats see it; texts are the row's. recipient and report_url are left to the caller. */
struct webhook_target webhook_row_target(const struct webhook_row *row);

#endif
