/*
 * All that is needed to show an alert: to the mail writer, CAP, the feeds and webhooks, which read no rows of their
 * own. Called on a store thread, reader or writer. No scope is asked: the caller has checked, or shows what is public.
 * Ownership: _load fills `out`, the caller ends it with _fini; texts are never NULL. Never logs.
 */
#ifndef GB_CORE_ALERT_VIEW_H
#define GB_CORE_ALERT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alert_target.h"
#include "core/alert_words.h"
#include "core/letter_source.h"

struct db;

/* One that was sent before it in its thread. */
struct alert_earlier {
    int64_t id, sent_us;
};

struct alert_view {
    int64_t id, root_id;
    int64_t message_id; /* 0: none */
    enum alert_type type;
    enum alert_kind kind;
    enum alert_severity severity;
    enum alert_urgency urgency;
    enum alert_certainty certainty;
    enum alert_state state;
    enum letter_class classification;
    bool is_exercise, life_danger;
    char *title, *text, *instruction; /* text and instruction are Markdown; instruction "" when there is none */
    char *title_en, *text_en;         /* "" when there is none */
    char *sms;                        /* as it goes to phones, in GSM-7; never empty once sent */
    char *area_text, *author, *origin, *origin_id, *origin_url;
    int64_t recipients;
    int64_t created_us, sent_us, not_before_us, expires_us, ended_us; /* 0: not (yet) */
    struct alert_target target;                                       /* codes; circle and polygon for CAP */
    struct alert_municipality *municipalities;                        /* by code */
    size_t municipality_count;
    struct alert_earlier *earlier; /* oldest first */
    size_t earlier_count;
};

/* 0; ERR_NOT_FOUND; ERR_CORRUPT for words that this version does not know; or the store's error. */
int alert_view_load(struct db *db, int64_t id, struct alert_view *out);
/* Harmless for a zeroed one and when repeated. */
void alert_view_fini(struct alert_view *view);

#endif
