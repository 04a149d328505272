/*
 * An alert as the store has it, for the files that read and change alerts. Private to core; texts are owned,
 * alert_row_fini frees.
 */
#ifndef GB_DAEMON_CORE_ALERT_ROW_H
#define GB_DAEMON_CORE_ALERT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/codec.h"
#include "core/alert_target.h"
#include "core/alert_words.h"
#include "core/letter_source.h"

struct actor;
struct db;
struct err;

struct alert_row {
    int64_t id, root_id;
    enum alert_type type;
    enum alert_kind kind;
    enum alert_severity severity;
    enum alert_urgency urgency;
    enum alert_certainty certainty;
    bool is_exercise, life_danger;
    enum letter_class classification;
    char *title, *text, *instruction, *title_en, *text_en, *sms; /* "" for none */
    char *target, *area_text;
    enum alert_state state;
    int64_t author_id;
    char *author, *content_hash;
    char *override_reason, *note; /* NULL: none */
    int64_t recipients;
    int64_t not_before_us, expires_us;
    char *origin, *origin_id, *origin_url;
    int64_t message_id; /* 0: none */
    int64_t created_us, sent_us, ended_us;
};

void alert_row_fini(struct alert_row *row);
/* Within no scope: the caller has checked, or is the scheduler. ERR_NOT_FOUND with words; ERR_CORRUPT. */
int alert_row_load(struct db *db, int64_t id, struct alert_row *out, struct err *err);
/* For a change by `actor`: visible, and the actor's scope covers all of its municipalities. */
int alert_row_load_as(struct db *db, const struct actor *actor, int64_t id, struct alert_row *out, struct err *err);
/* What a second person approves: everything that readers get, whom it is asked to be for, and its end. */
char *alert_row_hash(const struct alert_row *row, char out[SHA256_HEX_BYTES]);
/* Those that it concerns, by code; *out is the caller's to free, NULL for none. */
int alert_row_municipalities(struct db *db, int64_t id, struct alert_municipality **out, size_t *count);
/* A new row, with the actor as its author; its state, times and content_hash are the caller's. ERR_EXISTS: the origin
 * is known. */
int alert_row_insert(struct db *db, const struct actor *actor, const struct alert_row *row);
/* Audit `action` on the alert, with texts written by persons (made safe for JSON); NULL is left out. */
int alert_audit(struct db *db, const struct actor *actor, const char *action, const struct alert_row *row,
                const char *key, const char *text);

#endif
