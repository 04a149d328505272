/*
 * An event in the form that a receiver wants: method, address, headers and body.
 *
 * Pure functions of an event (core/webhook_event.h) and a target (an endpoint's settings); called by the queue for
 * every claimed delivery, and at registration to try an endpoint out. The same event and target give the same bytes, so
 * that a retry is the same message. Everything that people wrote is escaped for where it stands; texts are cut between
 * characters to what the receiver takes, with "…" and a link. Exercises say so in every form.
 *
 * Threads: any. Ownership: webhook_message_init/_fini; a target's texts are borrowed. Never logs; the target holds
 * secrets, which no error text repeats.
 */
#ifndef GB_CORE_WEBHOOK_FORMAT_H
#define GB_CORE_WEBHOOK_FORMAT_H

#include <stdbool.h>

#include "base/buf.h"

struct config;
struct err;
struct webhook_event;

/* identifier, word, is signed after Standard Webhooks?, takes letters too? */
#define WEBHOOK_FORMAT_MAP(X)                 \
    X(STANDARD, "standard", true, true)       \
    X(CLOUDEVENTS, "cloudevents", true, true) \
    X(SLACK, "slack", false, true)            \
    X(MATTERMOST, "mattermost", false, true)  \
    X(TEAMS, "teams", false, true)            \
    X(MATRIX, "matrix", false, true)          \
    X(NTFY, "ntfy", false, true)              \
    X(SMS, "46elks", false, true)             \
    X(CAP, "cap", true, false)                \
    X(TEMPLATE, "template", true, true)

enum webhook_format {
#define WEBHOOK_FORMAT_ENUM(id, word, is_signed, letters) WEBHOOK_FORMAT_##id,
    WEBHOOK_FORMAT_MAP(WEBHOOK_FORMAT_ENUM)
#undef WEBHOOK_FORMAT_ENUM
};

const char *webhook_format_word(enum webhook_format format);
bool webhook_format_parse(const char *word, enum webhook_format *out);
bool webhook_format_is_signed(enum webhook_format format);
bool webhook_format_takes_letters(enum webhook_format format);
/* Does it ring a telephone? Then it keeps the quiet hours. */
bool webhook_format_rings(enum webhook_format format);
/* Is the message, but for its address, the same for every target? */
bool webhook_format_is_shared(enum webhook_format format);

enum {
    WEBHOOK_BODY_BYTES_MAX = 600 * 1024, /* more than CAP's largest document */
    WEBHOOK_TEMPLATE_BYTES_MAX = 16 * 1024,
    WEBHOOK_SMS_FROM_CHARS = 11,
};

/* Where to and how. Texts may be NULL where the format does not need them. */
struct webhook_target {
    enum webhook_format format;
    const char *url;
    const char *recipient;    /* 46elks: the number, E.164 */
    const char *room;         /* matrix: "!id:server" */
    const char *topic;        /* ntfy */
    const char *from;         /* 46elks */
    const char *token;        /* matrix, ntfy: bearer token; a secret */
    const char *report_url;   /* 46elks: where the gateway reports to; "" for none */
    const char *content_type; /* template */
    const char *body;         /* template */
};

struct webhook_message {
    const char *method; /* static */
    char *url;          /* as it is called */
    char *shown_url;    /* without secrets, for people */
    const char *content_type;
    char *authorization; /* "Bearer ...", or NULL; a secret */
    struct buf body;
};

/* 0; ERR_INVALID with words when a template cannot be filled; ERR_TOO_LARGE; ERR_NOT_FOUND when this format has
 * nothing to say of the event (CAP: that an alert has expired stands in the alert). `out` is filled for _fini in
 * every case. */
int webhook_format(const struct webhook_event *event, const struct webhook_target *target, const struct config *config,
                   struct webhook_message *out, struct err *err);
void webhook_message_fini(struct webhook_message *message);

/* The URL as people may see it: without its query, and for chat services (whose paths are secrets) without its path.
 * The caller frees. */
char *webhook_url_shown(enum webhook_format format, const char *url);

#endif
